/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets and sockets (kernel/plat.h) of a kernel that has no network: every one of these gives way to a driver's or
 * the stack's function of the same name. */
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

GIVES_WAY int plat_sock_connect(struct plat_addr to, struct plat_sock **out) {
    (void)to, (void)out;
    return -ENETDOWN;
}
GIVES_WAY int plat_sock_connected(struct plat_sock *s) {
    (void)s;
    return -ENETDOWN;
}
GIVES_WAY int plat_sock_listen(struct plat_addr at, struct plat_sock **out) {
    (void)at, (void)out;
    return -ENETDOWN;
}
GIVES_WAY int plat_sock_accept(struct plat_sock *listening, struct plat_sock **out, struct plat_addr *from) {
    (void)listening, (void)out, (void)from;
    return -EAGAIN;
}
GIVES_WAY int plat_sock_udp(struct plat_addr at, struct plat_sock **out) {
    (void)at, (void)out;
    return -ENETDOWN;
}
GIVES_WAY int64_t plat_sock_send(struct plat_sock *s, const void *buf, size_t len, const struct plat_addr *to) {
    (void)s, (void)buf, (void)len, (void)to;
    return -ENETDOWN;
}
GIVES_WAY int64_t plat_sock_recv(struct plat_sock *s, void *buf, size_t len, struct plat_addr *from) {
    (void)s, (void)buf, (void)len, (void)from;
    return -ENETDOWN;
}
GIVES_WAY void plat_sock_shutdown(struct plat_sock *s) { (void)s; }
GIVES_WAY void plat_sock_close(struct plat_sock *s) { (void)s; }
GIVES_WAY uint32_t plat_sock_dns(void) { return 0; }
GIVES_WAY void plat_sock_poll(void) {}
