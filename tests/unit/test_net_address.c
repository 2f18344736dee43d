/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of net= and mac=. */
#include <string.h>

#include "kernel/net/net.h"
#include "tests/unit/unit.h"

static struct stack_config s;
static enum net_address parse(const char *text) {
    const char *why = "";
    s = (struct stack_config){0};
    enum net_address kind = net_parse(text, &s, &why);
    CHECK((kind == NET_BAD) == (*why && strlen(why) > 10) || kind != NET_BAD);
    return kind;
}

UNIT_TEST(net_address_good) {
    CHECK_EQ(parse("off"), NET_OFF);
    CHECK_EQ(parse("dhcp"), NET_DHCP);
    CHECK_EQ(parse("192.168.1.9/24"), NET_STATIC);
    CHECK(s.address == 0xc0a80109 && s.mask == 0xffffff00 && !s.gateway && !s.dns[0]);
    CHECK_EQ(parse("10.1.2.3/8,gw=10.0.0.1,dns=8.8.8.8,dns=9.9.9.9"), NET_STATIC);
    CHECK(s.mask == 0xff000000 && s.gateway == 0x0a000001 && s.dns[0] == 0x08080808 && s.dns[1] == 0x09090909);
    CHECK_EQ(parse("10.0.0.1/30"), NET_STATIC);
}

UNIT_TEST(net_address_bad) {
    static const char *const bad[] = {
        "", "on", "10.0.0.1", "10.0.0.1/", "10.0.0.1/31", "10.0.0.1/7", "10.0.0.1/024", "10.0.0.256/24", "10.0.0/24",
        "10.0.0.0/24", "10.0.0.255/24", "127.0.0.1/8", "224.0.0.1/24", "0.0.0.1/8", "10.0.0.1/24,", "10.0.0.1/24,gw=",
        "10.0.0.1/24,gw=10.0.1.1", "10.0.0.1/24,gw=10.0.0.2,gw=10.0.0.3", "10.0.0.1/24,dns=1.1.1.1x", "-1.0.0.1/24",
        "10.0.0.1/24,dns=1.1.1.1,dns=1.1.1.2,dns=1.1.1.3", "4294967306.0.0.1/24", "10.0.0.1/24 ", "10..0.1/24"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(parse(bad[i]), NET_BAD);
}

UNIT_TEST(net_mac) {
    uint8_t mac[6];
    CHECK(net_parse_mac("52:54:00:aB:Cd:ef", mac) && !memcmp(mac, "\x52\x54\x00\xab\xcd\xef", 6));
    CHECK(!net_parse_mac("53:54:00:12:34:56", mac) && !net_parse_mac("00:00:00:00:00:00", mac));
    CHECK(!net_parse_mac("52:54:00:12:34:5", mac) && !net_parse_mac("52:54:00:12:34:567", mac));
    CHECK(!net_parse_mac("52-54-00-12-34-56", mac) && !net_parse_mac("", mac) && !net_parse_mac("5g:0:0:0:0:0", mac));
}
