/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets (kernel/plat.h) by a TAP device of the host, with virtio's header before each frame. Assumes that whoever
 * starts Pyrite may open it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tools/hosted/hosted.h"

struct plat_net {
    int fd;
};

static int fail(int fd, int err, const char **why) {
    if (fd >= 0)
        close(fd);
    *why = strerror(err);
    return err;
}

int plat_net_open(const char *kind, const char *name, struct plat_net **out, const char **why) {
    struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    if (strcmp(kind, "tap") || !name || strlen(name) >= IFNAMSIZ) {
        *why = strcmp(kind, "tap") ? "only Pyrite on the bare PC has cards to bridge; here: user, tap,ifname=NAME"
                                   : "ifname=NAME: up to 15 characters";
        return EINVAL;
    }
    strcpy(ifr.ifr_name, name);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) != 0)
        return fail(fd, errno, why);
    struct plat_net *n = malloc(sizeof *n);
    int size = sizeof(struct plat_net_hdr);
    if (!n || ioctl(fd, TUNSETVNETHDRSZ, &size) != 0 || !hosted_net_watch(fd)) {
        free(n);
        return fail(fd, ENOMEM, why);
    }
    n->fd = fd;
    *out = n;
    return 0;
}

void plat_net_info(struct plat_net *n, struct plat_net_info *out) {
    (void)n;
    *out = (struct plat_net_info){.link = true, .offloads = PLAT_NET_CSUM | PLAT_NET_TSO4};
}

bool plat_net_send(struct plat_net *n, const struct plat_net_hdr *h, const void *frame, size_t len) {
    struct iovec iov[2] = {{(void *)h, sizeof *h}, {(void *)frame, len}};
    return writev(n->fd, iov, 2) >= 0 || errno != EAGAIN;
}

/* What the TAP device is plugged into learns addresses by itself. */
bool plat_net_set_mac(struct plat_net *n, const uint8_t mac[6]) {
    (void)n;
    return !(mac[0] & 1);
}

size_t plat_net_recv(struct plat_net *n, struct plat_net_hdr *h, void *frame, size_t len) {
    struct iovec iov[2] = {{h, sizeof *h}, {frame, len}};
    ssize_t got = readv(n->fd, iov, 2);
    return got > (ssize_t)sizeof *h ? (size_t)got - sizeof *h : 0;
}
