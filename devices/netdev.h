/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest's network card is plugged into: the NAT (devices/netuser.c), or a wire of the platform's. All calls in
 * the loop of hart 0, under the board's lock. */
#ifndef PYRITE_DEVICES_NETDEV_H
#define PYRITE_DEVICES_NETDEV_H

#include "kernel/plat.h"

struct netdev;
struct netdev_ops {
    void (*info)(struct netdev *n, struct plat_net_info *out);
    /* As plat_net_send() and plat_net_recv(). */
    bool (*send)(struct netdev *n, const struct plat_net_hdr *h, const uint8_t *frame, size_t len);
    size_t (*recv)(struct netdev *n, struct plat_net_hdr *h, uint8_t *frame, size_t len);
    /* Looks at what is upstream; recv() may have frames then. */
    void (*poll)(struct netdev *n);
    /* When to poll next without any event (plat_clock_ns() scale; UINT64_MAX: never). */
    uint64_t (*due)(struct netdev *n);
    /* The machine starts anew. */
    void (*reset)(struct netdev *n);
    /* As plat_net_set_mac(); NULL: any address will do. */
    bool (*set_mac)(struct netdev *n, const uint8_t mac[6]);
};
struct netdev {
    const struct netdev_ops *ops;
    uint32_t takes; /* PLAT_NET_CSUM, PLAT_NET_TSO4: what the guest takes; kept by the card */
};

/* From the value of `netdev=` (docs/configuration.md). NULL: *why says what and where. */
struct netdev *netdev_create(const char *option, const char **why);
/* "52:54:00:12:34:56"; not a multicast address, not zero. */
bool netdev_parse_mac(const char *text, uint8_t mac[6]);
/* The NAT; the words of the option behind "user", ended by ',' or 0. */
struct netdev *netuser_create(const char *words, const char **why);

#endif
