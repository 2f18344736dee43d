/* SPDX-License-Identifier: BSD-2-Clause */
/* `netdev=`: which netdev, and the platform's wires as netdevs. */
#include <stdio.h>
#include <string.h>

#include "devices/netdev.h"

static struct wire {
    struct netdev netdev;
    struct plat_net *net;
} wire;

static void wire_info(struct netdev *n, struct plat_net_info *out) { plat_net_info(((struct wire *)n)->net, out); }
static bool wire_send(struct netdev *n, const struct plat_net_hdr *h, const uint8_t *frame, size_t len) {
    return plat_net_send(((struct wire *)n)->net, h, frame, len);
}
static size_t wire_recv(struct netdev *n, struct plat_net_hdr *h, uint8_t *frame, size_t len) {
    return plat_net_recv(((struct wire *)n)->net, h, frame, len);
}
static void wire_nothing(struct netdev *n) { (void)n; }
static uint64_t wire_due(struct netdev *n) {
    (void)n;
    return UINT64_MAX;
}
static bool wire_set_mac(struct netdev *n, const uint8_t mac[6]) {
    return plat_net_set_mac(((struct wire *)n)->net, mac);
}
static const struct netdev_ops wire_ops = {wire_info, wire_send,    wire_recv,   wire_nothing,
                                           wire_due,  wire_nothing, wire_set_mac};

/* The words of "tap,ifname=N" and "bridge,nic=N" behind the kind. */
static struct netdev *open_wire(const char *kind, const char *words, const char **why) {
    static char name[64], text[160];
    const char *key = !strcmp(kind, "tap") ? "ifname=" : "nic=", *reason = "";
    name[0] = 0;
    while (*words) {
        size_t n = strcspn(words, ","), k = strlen(key);
        if (!strncmp(words, key, k) && n - k < sizeof name) {
            memcpy(name, words + k, n - k);
            name[n - k] = 0;
        } else if (strncmp(words, "id=", 3) &&
                   strncmp(words, "script=no,", 10) && strncmp(words, "downscript=no", 13) &&
                   strcmp(words, "script=no")) {
            snprintf(text, sizeof text, "%s: '%.*s' is not %sNAME", kind, (int)(n < 60 ? n : 60), words, key);
            *why = text;
            return NULL;
        }
        words += n + (words[n] == ',');
    }
    if (plat_net_open(kind, name[0] ? name : NULL, &wire.net, &reason) != 0) {
        snprintf(text, sizeof text, "%s%s%s: %s", kind, name[0] ? " " : "", name, reason);
        *why = text;
        return NULL;
    }
    wire.netdev.ops = &wire_ops;
    return &wire.netdev;
}

struct netdev *netdev_create(const char *option, const char **why) {
    size_t n = strcspn(option, ",");
    const char *words = option + n + (option[n] == ',');
    if (n == 4 && !memcmp(option, "user", n))
        return netuser_create(words, why);
    if (n == 3 && !memcmp(option, "tap", n))
        return open_wire("tap", words, why);
    if (n == 6 && !memcmp(option, "bridge", n))
        return open_wire("bridge", words, why);
    *why = "not known; known: user, bridge, tap";
    return NULL;
}

bool netdev_parse_mac(const char *text, uint8_t mac[6]) {
    unsigned v[6];
    int used = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", v, v + 1, v + 2, v + 3, v + 4, v + 5, &used) != 6 || text[used])
        return false;
    unsigned any = 0;
    for (unsigned i = 0; i < 6; i++)
        any |= mac[i] = (uint8_t)v[i];
    return any && !(mac[0] & 1);
}
