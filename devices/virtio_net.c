/* SPDX-License-Identifier: BSD-2-Clause */
/* Network device (virtio 1.2, section 5.1), one pair of queues and the control queue. A notification only asks for
 * virtio_net_poll() in hart 0's loop: all traffic is moved there.
 *
 * A frame that finds no buffers waits (one; the rest waits in the netdev). What cannot be a frame is dropped; a
 * control request without room for its answer stops the device. */
#include <string.h>

#include "devices/virtio_devices.h"

enum { RX, TX, CTRL };
enum { F_CSUM = 1 << 0, F_GUEST_CSUM = 1 << 1, F_MAC = 1 << 5, F_GUEST_TSO4 = 1 << 7, F_HOST_TSO4 = 1 << 11,
       F_MRG_RXBUF = 1 << 15, F_STATUS = 1 << 16, F_CTRL_VQ = 1 << 17, F_CTRL_RX = 1 << 18, F_CTRL_MAC_ADDR = 1 << 23 };
enum { CLASS_RX = 0, CLASS_MAC = 1, RX_PROMISC = 0, RX_ALLMULTI = 1, MAC_TABLE_SET = 0, MAC_ADDR_SET = 1 };
enum { S_LINK_UP = 1, ETH_HEADER = 14, MAX_PER_POLL = 256, MAX_BUFFERS = 64, NUM_BUFFERS = 10 };
#define F_VERSION_1 ((uint64_t)1 << 32)

static bool has(const struct virtio_net *n, uint64_t f) { return (n->virtio.driver_features & f) == f; }
/* Bytes of the header before each frame. */
static unsigned header(const struct virtio_net *n) { return has(n, F_MRG_RXBUF) || has(n, F_VERSION_1) ? 12 : 10; }

/* ---- from the guest ---- */

/* Makes a header of the driver's one that can be relied on. False: such a frame is not sent. */
static bool check_header(const struct virtio_net *n, struct plat_net_hdr *h, size_t len) {
    h->flags &= PLAT_NET_NEEDS_CSUM;
    if (h->flags && (!has(n, F_CSUM) || h->csum_start < ETH_HEADER || (size_t)h->csum_start + h->csum_offset + 2 > len))
        return false;
    if (h->gso_type == PLAT_NET_GSO_NONE)
        return len <= 1514 + 4;
    return h->gso_type == PLAT_NET_GSO_TCP4 && has(n, F_HOST_TSO4) && h->flags && h->gso_size >= 8;
}

/* False: the netdev has no room now. */
static bool send(struct virtio_net *n) {
    struct plat_net_hdr h;
    size_t skip = header(n), len = vq_read(&n->chain, skip, n->frame, sizeof n->frame);
    if (vq_read(&n->chain, 0, &h, sizeof h) != sizeof h || n->chain.read_bytes > skip + sizeof n->frame ||
        len < ETH_HEADER || !check_header(n, &h, len)) {
        dev_error("%s: a frame of %llu bytes that cannot be sent\n", n->virtio.name,
                  (unsigned long long)n->chain.read_bytes);
        return true;
    }
    return n->netdev->ops->send(n->netdev, &h, n->frame, len);
}

static void transmit(struct virtio_net *n) {
    struct virtio *v = &n->virtio;
    bool pushed = false;
    for (unsigned i = 0; v->vq[TX].ready && virtio_pop(v, TX, &n->chain); i++) {
        if (i == MAX_PER_POLL || !send(n)) {
            vq_unpop(&v->vq[TX]);
            if (i == MAX_PER_POLL)
                plat_kick(0, PLAT_EV_NET); /* the guest runs in between */
            break;
        }
        vq_push(&v->vq[TX], n->chain.head, 0);
        pushed = true;
    }
    if (pushed)
        virtio_pushed(v, TX);
}

/* ---- to the guest ---- */

static bool same_mac(const uint8_t *a, const uint8_t *b) { return !memcmp(a, b, 6); }

static bool wanted(const struct virtio_net *n, const uint8_t *to) {
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    if (n->promisc || same_mac(to, n->config.mac) || same_mac(to, broadcast) || (to[0] & 1 && n->allmulti))
        return true;
    for (unsigned i = 0; i < n->nfilters; i++)
        if (same_mac(to, n->filter[i]))
            return true;
    return false;
}

/* The next frame into n->pending. */
static bool fetch(struct virtio_net *n) {
    while (n->pending_len == 0) {
        n->pending_len = n->netdev->ops->recv(n->netdev, &n->pending_hdr, n->pending, sizeof n->pending);
        if (n->pending_len == 0)
            return false;
        if (n->pending_len < ETH_HEADER || !wanted(n, n->pending))
            n->pending_len = 0;
    }
    if (!has(n, F_GUEST_CSUM))
        n->pending_hdr.flags = 0;
    return true;
}

/* Writes [off, ...) of header and frame to a chain; how much. */
static size_t fill(const struct virtio_net *n, const struct vq_chain *c, size_t off) {
    uint8_t h[12] = {0};
    size_t at = 0, hlen = header(n);
    memcpy(h, &n->pending_hdr, sizeof n->pending_hdr);
    h[NUM_BUFFERS] = 1;
    if (off == 0)
        at = vq_write(c, 0, h, hlen);
    size_t from = off + at - hlen;
    return off + at < hlen ? at : at + vq_write(c, at, n->pending + from, n->pending_len - from);
}

/* Puts n->pending into the guest's buffers. False: there are not enough now. */
static bool deliver(struct virtio_net *n) {
    struct virtio *v = &n->virtio;
    struct virtqueue *vq = &v->vq[RX];
    struct vq_chain *c = &n->first;
    struct { uint16_t head; uint32_t len; } used[MAX_BUFFERS];
    size_t done = 0, all = n->pending_len + header(n);
    uint16_t count = 0;
    for (; done < all && count < MAX_BUFFERS && (count == 0 || has(n, F_MRG_RXBUF)); c = &n->chain) {
        if (!virtio_pop(v, RX, c)) {
            for (; count; count--)
                vq_unpop(vq);
            return false;
        }
        used[count].len = (uint32_t)fill(n, c, done);
        used[count].head = c->head;
        done += used[count++].len;
        if (done < header(n))
            break; /* no driver's buffers are that small */
    }
    if (done < all)
        dev_error("%s: buffers too small for a frame of %zu bytes\n", v->name, n->pending_len);
    for (uint16_t i = 0; i < count; i++)
        vq_fill(vq, i, used[i].head, done < all ? 0 : used[i].len);
    if (header(n) == 12)
        vq_write(&n->first, NUM_BUFFERS, &(uint16_t){done < all ? 1 : count}, 2);
    vq_flush(vq, count);
    n->pending_len = 0;
    return true;
}

static void receive(struct virtio_net *n) {
    bool pushed = false;
    for (unsigned i = 0; n->virtio.vq[RX].ready && virtio_running(&n->virtio) && fetch(n) && deliver(n); i++) {
        pushed = true;
        if (i == MAX_PER_POLL) {
            plat_kick(0, PLAT_EV_NET);
            break;
        }
    }
    if (pushed)
        virtio_pushed(&n->virtio, RX);
}

/* ---- control (5.1.6.5) ---- */

static bool set_table(struct virtio_net *n, uint64_t len) {
    uint64_t at = 2;
    n->nfilters = 0;
    for (unsigned part = 0; part < 2; part++) { /* unicast, multicast */
        uint32_t count = 0;
        if (vq_read(&n->chain, at, &count, 4) != 4 || count > (len - at - 4) / 6)
            return false;
        at += 4;
        for (uint32_t i = 0; i < count; i++, at += 6) {
            if (n->nfilters < VIRTIO_NET_FILTERS)
                vq_read(&n->chain, at, n->filter[n->nfilters++], 6);
            else if (part)
                n->allmulti = true;
            else
                n->promisc = true;
        }
    }
    return at == len;
}

/* The wire sends frames to the new address here, where it agrees. */
static bool set_mac(struct virtio_net *n, const uint8_t mac[6]) {
    const struct netdev_ops *o = n->netdev->ops;
    if (mac[0] & 1 || (o->set_mac && !o->set_mac(n->netdev, mac)))
        return false;
    memcpy(n->config.mac, mac, 6);
    return true;
}

static bool control(struct virtio_net *n) {
    uint8_t cmd[3] = {0};
    uint64_t len = n->chain.read_bytes;
    if (vq_read(&n->chain, 0, cmd, 3) != 3)
        return false;
    if (cmd[0] == CLASS_RX && len == 3 && cmd[1] <= RX_ALLMULTI) {
        *(cmd[1] == RX_PROMISC ? &n->promisc : &n->allmulti) = cmd[2] != 0;
        return true;
    }
    if (cmd[0] == CLASS_MAC && cmd[1] == MAC_TABLE_SET)
        return set_table(n, len);
    uint8_t mac[6];
    return cmd[0] == CLASS_MAC && cmd[1] == MAC_ADDR_SET && len == 8 && vq_read(&n->chain, 2, mac, 6) == 6 &&
           set_mac(n, mac);
}

static void run_control(struct virtio_net *n) {
    struct virtio *v = &n->virtio;
    bool pushed = false;
    while (virtio_pop(v, CTRL, &n->chain)) {
        if (n->chain.write_bytes == 0) {
            virtio_broken(v, CTRL, "control request without room for its answer");
            return;
        }
        uint8_t ack = !control(n);
        vq_write(&n->chain, 0, &ack, 1);
        vq_push(&v->vq[CTRL], n->chain.head, 1);
        pushed = true;
    }
    if (pushed)
        virtio_pushed(v, CTRL);
}

/* ---- the card ---- */

static void check_link(struct virtio_net *n) {
    struct plat_net_info info;
    n->netdev->ops->info(n->netdev, &info);
    uint16_t status = info.link ? S_LINK_UP : 0;
    if (status == n->config.status)
        return;
    n->config.status = status;
    virtio_config_changed(&n->virtio);
}

void virtio_net_poll(struct virtio_net *n) {
    n->netdev->ops->poll(n->netdev);
    check_link(n);
    if (!virtio_running(&n->virtio))
        return;
    n->netdev->takes = (has(n, F_GUEST_CSUM) ? PLAT_NET_CSUM : 0) |
                       (has(n, F_GUEST_CSUM | F_GUEST_TSO4 | F_MRG_RXBUF) ? PLAT_NET_TSO4 : 0);
    transmit(n);
    receive(n);
}

uint64_t virtio_net_due(struct virtio_net *n) { return n->netdev->ops->due(n->netdev); }

static void notify(struct virtio *v, unsigned q) {
    if (q == CTRL)
        run_control((struct virtio_net *)v);
    else
        plat_kick(0, PLAT_EV_NET);
}

static void reset(struct virtio *v) {
    struct virtio_net *n = (struct virtio_net *)v;
    n->promisc = true;
    n->allmulti = false;
    n->nfilters = 0;
    n->pending_len = 0;
    set_mac(n, n->mac);
}

static const struct virtio_ops ops = {VIRTIO_ID_NET, 3, notify, reset};

void virtio_net_init(struct virtio_net *n, struct netdev *netdev, const uint8_t mac[6]) {
    struct plat_net_info info;
    netdev->ops->info(netdev, &info);
    n->netdev = netdev;
    memcpy(n->mac, mac, 6);
    memcpy(n->config.mac, mac, 6);
    n->config.status = info.link ? S_LINK_UP : 0;
    n->promisc = true;
    n->virtio.ops = &ops;
    n->virtio.features = F_MAC | F_GUEST_CSUM | F_GUEST_TSO4 | F_MRG_RXBUF | F_STATUS | F_CTRL_VQ | F_CTRL_RX |
                         F_CTRL_MAC_ADDR | (info.offloads & PLAT_NET_CSUM ? F_CSUM : 0) |
                         (info.offloads & PLAT_NET_TSO4 ? F_HOST_TSO4 : 0);
    n->virtio.config = &n->config;
    n->virtio.config_len = sizeof n->config;
}
