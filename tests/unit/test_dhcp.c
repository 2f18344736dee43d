/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a DHCP answer says that the boot file is; answers cut short anywhere. */
#include <string.h>

#include "boot/dhcp.h"
#include "tests/unit/unit.h"

static uint8_t packet[300];
static uint8_t server[4];
static char file[32];

static void start(void) {
    memset(packet, 0, sizeof packet);
    memcpy(packet + 236, (const uint8_t[]){99, 130, 83, 99}, 4);
    memset(file, 0, sizeof file);
}

static bool parse(size_t size) { return dhcp_boot(packet, size, server, file, sizeof file); }

UNIT_TEST(dhcp_fields) {
    start();
    memcpy(packet + 20, (const uint8_t[]){10, 0, 2, 2}, 4);
    memcpy(packet + 108, "pyrite/pyrite.efi", 17);
    CHECK(parse(sizeof packet) && parse(240));
    CHECK(!memcmp(server, (const uint8_t[]){10, 0, 2, 2}, 4) && !strcmp(file, "pyrite/pyrite.efi"));
    memset(packet + 108, 'x', 128);
    CHECK(!parse(sizeof packet)); /* does not fit */
    packet[236] = 98;
    CHECK(!parse(sizeof packet));
}

UNIT_TEST(dhcp_options) {
    static const uint8_t options[] = {0, 53, 1, 5, 54, 4, 192, 168, 1, 9, 52, 1, 1, 67, 5, 'a', '/', 'b', 'c', 0, 255};
    uint8_t exact[240 + sizeof options];
    start();
    packet[108] = 'z'; /* overloaded: not the name */
    memcpy(packet + 240, options, sizeof options);
    CHECK(parse(sizeof packet));
    CHECK(!memcmp(server, options + 6, 4) && !strcmp(file, "a/bc"));
    for (size_t n = 0; n <= sizeof exact; n++) { /* behind what is there the sanitizer watches */
        memcpy(exact + sizeof exact - n, packet, n);
        bool whole = n >= sizeof exact - 1;
        bool got = dhcp_boot(exact + sizeof exact - n, n, server, file, sizeof file);
        CHECK(got == whole || (got && n >= 250 && n < 253)); /* without option 52 the field counts */
    }
    packet[240 + 5] = 200; /* a length that goes on behind the end */
    CHECK(!parse(sizeof packet));
}
