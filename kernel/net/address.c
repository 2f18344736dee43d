/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of net= and mac=. Pure. */
#include <string.h>

#include "kernel/net/net.h"

/* A number up to max without superfluous zeros; NULL: none. */
static const char *number(const char *p, uint32_t max, uint32_t *v) {
    const char *start = p;
    for (*v = 0; *p >= '0' && *p <= '9' && *v <= max; p++)
        *v = *v * 10 + (uint32_t)(*p - '0');
    return p == start || *v > max || (*start == '0' && p - start > 1) ? NULL : p;
}

static const char *address(const char *p, uint32_t *ip) {
    *ip = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t v;
        if ((i && *p++ != '.') || !(p = number(p, 255, &v)))
            return NULL;
        *ip = *ip << 8 | v;
    }
    return p;
}

static bool is_host(uint32_t ip) { return ip >> 24 != 0 && ip >> 24 != 127 && ip >> 24 < 224; }

static const char *word(const char *p, struct stack_config *out) {
    uint32_t ip;
    bool gw = !strncmp(p, ",gw=", 4), dns = !strncmp(p, ",dns=", 5);
    if ((!gw && !dns) || !(p = address(p + (gw ? 4 : 5), &ip)) || !is_host(ip))
        return NULL;
    if (gw && out->gateway == 0)
        out->gateway = ip;
    else if (dns && (out->dns[0] == 0 || out->dns[1] == 0))
        out->dns[out->dns[0] != 0] = ip;
    else
        return NULL;
    return p;
}

enum net_address net_parse(const char *text, struct stack_config *out, const char **why) {
    uint32_t bits;
    const char *p;
    if (!strcmp(text, "off"))
        return NET_OFF;
    if (!strcmp(text, "dhcp"))
        return NET_DHCP;
    *why = "must be dhcp, off, or ADDRESS/LENGTH[,gw=ADDRESS][,dns=ADDRESS][,dns=ADDRESS]";
    if (!(p = address(text, &out->address)) || *p != '/' || !(p = number(p + 1, 30, &bits)) || bits < 8)
        return NET_BAD;
    out->mask = ~0u << (32 - bits);
    if (!is_host(out->address) || !(out->address & ~out->mask) || !(~out->address & ~out->mask)) {
        *why = "not the address of a host in that network";
        return NET_BAD;
    }
    while (*p)
        if (!(p = word(p, out)))
            return NET_BAD;
    if (out->gateway && ((out->gateway ^ out->address) & out->mask)) {
        *why = "the gateway is not in that network";
        return NET_BAD;
    }
    return NET_STATIC;
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

bool net_parse_mac(const char *text, uint8_t mac[6]) {
    unsigned any = 0;
    for (unsigned i = 0; i < 6; i++, text += 2) {
        if ((i && *text++ != ':') || digit(text[0]) < 0 || digit(text[1]) < 0)
            return false;
        any |= mac[i] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
    return any && !(mac[0] & 1) && *text == 0;
}
