/* SPDX-License-Identifier: BSD-2-Clause */
/* Network card of a VM: virtio-net over PCI (virtio 1.2, 5.1), modern or transitional. One pair of queues; each buffer
 * is one descriptor with header and frame, and stays where it is. Assumes the hart loop but for on_interrupt(). A
 * device that breaks the rules is reset and set up anew a few times, then left alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/pci_dev.h"
#include "kernel/drivers/virtio_pci.h"
#include "kernel/mm/dma.h"
#include "kernel/net/net.h"
#include "kernel/plat.h"

enum { VENDOR = 0x1af4, TRANSITIONAL = 0x1000, MODERN = 0x1041 };
enum { F_CSUM = 1 << 0, F_GUEST_CSUM = 1 << 1, F_MTU = 1 << 3, F_MAC = 1 << 5, F_STATUS = 1 << 16 };
enum { HEADER = 12, BUFFER = 2048, RX = 0, TX = 1, RX_RING = 256, TX_RING = 256, BUDGET = 128, MAX_RESETS = 8 };
enum { CONFIG_STATUS = 6, CONFIG_MTU = 10, LINK_UP = 1, NEEDS_CSUM = 1, DATA_VALID = 2 };

struct queue {
    struct vring ring;
    uint8_t *buffers;             /* BUFFER bytes each */
    uint64_t phys;
    volatile uint16_t *doorbell;
};
struct card {
    struct nic nic;
    struct virtio_pci v;
    struct queue q[2];
    bool running, full;           /* full: room for frames is waited for */
};

/* Nothing to acknowledge: messages have no level. */
__attribute__((target("general-regs-only"))) static void on_interrupt(void *arg) {
    (void)arg;
    plat_kick(0, PLAT_EV_NET);
}

static void ring_bell(struct queue *q, uint16_t index) {
    if (vring_wants_notify(&q->ring))
        *q->doorbell = index;
}

static void offer(struct queue *q, uint16_t id, uint32_t len, bool device_writes) {
    vring_offer(&q->ring, id, q->phys + (uint64_t)id * BUFFER, len, device_writes);
}

static bool make_queue(struct card *c, unsigned index, uint16_t max) {
    struct queue *q = &c->q[index];
    if (!virtio_pci_queue(&c->v, (uint16_t)index, max, 0, &q->ring, &q->doorbell))
        return false;
    if (!q->buffers) /* kept over resets: a ring is never larger than the first time */
        q->buffers = dma_alloc((size_t)max * BUFFER, UINT64_MAX, &q->phys);
    return q->buffers != NULL;
}

static void read_link(struct card *c) {
    uint16_t status = LINK_UP;
    if (c->v.features & F_STATUS)
        virtio_pci_config(&c->v, CONFIG_STATUS, &status, sizeof status);
    bool up = status & LINK_UP;
    if (up == c->nic.link)
        return;
    c->nic.link = up;
    if (c->nic.link_changed)
        c->nic.link_changed(&c->nic);
}

static bool set_up(struct card *c) {
    struct virtio_pci *v = &c->v;
    c->running = false;
    if (!virtio_pci_start(v, F_CSUM | F_GUEST_CSUM | F_MTU | F_MAC | F_STATUS))
        return false;
    virtio_pci_config_vector(v, 0);
    if (!make_queue(c, RX, RX_RING) || !make_queue(c, TX, TX_RING))
        return false;
    virtio_pci_ready(v);
    vring_interrupts(&c->q[TX].ring, false);
    for (uint16_t i = 0; i < c->q[RX].ring.size; i++)
        offer(&c->q[RX], i, BUFFER, true);
    ring_bell(&c->q[RX], RX);
    c->nic.offloads = v->features & F_CSUM ? NET_CSUM : 0;
    c->full = false;
    return c->running = true;
}

static void broken(struct card *c, const char *what) {
    plat_log("%s: %s: reset\n", c->nic.name, what);
    virtio_pci_reset(&c->v);
    if (++c->nic.stats.resets > MAX_RESETS || !set_up(c)) {
        plat_log("%s: given up\n", c->nic.name);
        c->running = c->nic.link = false;
        c->nic.link_changed(&c->nic);
    }
}

/* ---- frames ---- */

/* Takes back what was sent. False: the device broke the rules. */
static bool reclaim(struct card *c) {
    uint16_t id;
    uint32_t len;
    enum vring_got got;
    while ((got = vring_take(&c->q[TX].ring, &id, &len)) == VRING_USED)
        ;
    return got == VRING_NONE;
}

static bool has_room(struct nic *n) {
    struct card *c = (struct card *)n;
    struct vring *r = &c->q[TX].ring;
    if (!c->running || !n->link)
        return true; /* what is sent is lost */
    if (r->nout < r->size)
        return true;
    for (unsigned twice = 0; twice < 2; twice++) {
        if (!reclaim(c))
            return true; /* the next poll resets it */
        if (r->nout < r->size) {
            vring_interrupts(r, false);
            c->full = false;
            return true;
        }
        vring_interrupts(r, true);
    }
    return !(c->full = true);
}

static bool send(struct nic *n, const struct net_frame *f) {
    struct card *c = (struct card *)n;
    struct queue *q = &c->q[TX];
    uint16_t id;
    if (!c->running || !n->link || !has_room(n) || !vring_free(&q->ring, &id)) {
        n->stats.tx_dropped++;
        return false;
    }
    uint8_t *b = q->buffers + (size_t)id * BUFFER;
    memset(b, 0, HEADER);
    if (f->csum) {
        b[0] = NEEDS_CSUM;
        memcpy(b + 6, &f->csum_start, 2);
        memcpy(b + 8, &f->csum_offset, 2);
    }
    net_copy(f, 0, b + HEADER, f->len);
    offer(q, id, (uint32_t)(HEADER + f->len), false);
    ring_bell(q, TX);
    return true;
}

/* A frame whose checksum the device left open (another guest of the same host sent it) is whole for us. */
static void received(struct card *c, uint8_t *b, uint32_t len) {
    struct net_seg seg = {b + HEADER, len - HEADER};
    struct net_frame f = {.seg = &seg, .nseg = 1, .len = seg.len, .csum_good = b[0] & (NEEDS_CSUM | DATA_VALID)};
    uint16_t start, offset;
    memcpy(&start, b + 6, 2);
    memcpy(&offset, b + 8, 2);
    if (len > BUFFER || len < HEADER + NET_HEADER || b[1] != 0 ||
        ((b[0] & NEEDS_CSUM) && !net_csum_fill(b + HEADER, seg.len, start, offset)))
        c->nic.stats.rx_bad++;
    else
        c->nic.receive(&c->nic, &f);
}

static bool poll(struct nic *n) {
    struct card *c = (struct card *)n;
    struct queue *q = &c->q[RX];
    enum vring_got got = VRING_USED;
    uint16_t id;
    uint32_t len;
    unsigned done = 0;
    if (!c->running)
        return false;
    if (virtio_pci_needs_reset(&c->v) || !reclaim(c)) {
        broken(c, "the device is at fault");
        return c->running;
    }
    for (; done < BUDGET && (got = vring_take(&q->ring, &id, &len)) == VRING_USED; done++) {
        received(c, q->buffers + (size_t)id * BUFFER, len);
        offer(q, id, BUFFER, true);
    }
    if (done)
        ring_bell(q, RX);
    if (got == VRING_BROKEN)
        broken(c, "the device returned a buffer that it does not have");
    read_link(c);
    return got == VRING_USED;
}

/* ---- the card ---- */

static bool start(struct nic *n) {
    struct card *c = (struct card *)n;
    pci_bus_master(c->v.dev);
    if (!set_up(c))
        return false;
    read_link(c);
    return true;
}

static void stop(struct nic *n) {
    struct card *c = (struct card *)n;
    virtio_pci_reset(&c->v);
    c->running = n->link = false;
}

static bool match(const struct pci_dev *d) {
    return d->vendor == VENDOR && (d->device == TRANSITIONAL || d->device == MODERN);
}

static void read_mac(struct card *c) {
    if (c->v.features & F_MAC)
        virtio_pci_config(&c->v, 0, c->nic.mac, 6);
    if (!(c->v.features & F_MAC) || (c->nic.mac[0] & 1)) { /* 5.1.5: a random one of ours */
        plat_entropy(c->nic.mac, 6);
        c->nic.mac[0] = (uint8_t)((c->nic.mac[0] | 2) & ~1);
    }
    c->nic.mtu = 1500;
    if (c->v.features & F_MTU)
        virtio_pci_config(&c->v, CONFIG_MTU, &c->nic.mtu, 2);
    c->nic.mtu = c->nic.mtu < 576 || c->nic.mtu > 1500 ? 1500 : c->nic.mtu;
}

static bool probe(const struct pci_dev *d) {
    struct card *c = calloc(1, sizeof *c);
    if (!c || !virtio_pci_open(&c->v, pci_host(), d) || !virtio_pci_start(&c->v, F_MAC | F_MTU | F_STATUS) ||
        !pci_irq(d, 0, on_interrupt, c)) {
        free(c);
        return false;
    }
    read_mac(c);
    virtio_pci_reset(&c->v);
    c->nic = (struct nic){.driver = "virtio-net", .vendor = d->vendor, .device = d->device, .bdf = d->bdf,
                          .mtu = c->nic.mtu, .start = start, .stop = stop, .send = send, .room = has_room, .poll = poll,
                          .mac = {c->nic.mac[0], c->nic.mac[1], c->nic.mac[2], c->nic.mac[3], c->nic.mac[4],
                                  c->nic.mac[5]}};
    if (net_add(&c->nic))
        return true;
    free(c);
    return false;
}

const struct pci_driver virtio_net_driver = {"virtio-net", match, probe};
