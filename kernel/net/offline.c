/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets (kernel/plat.h) of a kernel that drives no network card: each of these gives way to the function of the same
 * name of one that does. */
#include <errno.h>

#include "kernel/plat.h"

#define GIVES_WAY __attribute__((weak))

GIVES_WAY int plat_net_open(const char *kind, const char *name, struct plat_net **out, const char **why) {
    (void)kind, (void)name, (void)out;
    *why = "no network card is driven";
    return ENODEV;
}
GIVES_WAY void plat_net_info(struct plat_net *n, struct plat_net_info *out) {
    (void)n;
    *out = (struct plat_net_info){.link = false};
}
GIVES_WAY bool plat_net_send(struct plat_net *n, const struct plat_net_hdr *h, const void *frame, size_t len) {
    (void)n, (void)h, (void)frame, (void)len;
    return true;
}
GIVES_WAY size_t plat_net_recv(struct plat_net *n, struct plat_net_hdr *h, void *frame, size_t len) {
    (void)n, (void)h, (void)frame, (void)len;
    return 0;
}
