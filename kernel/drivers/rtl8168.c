/* SPDX-License-Identifier: BSD-2-Clause */
/* Realtek RTL8111/8168 by its data sheet (registers: RTL8169/RTL8110S data sheet, chapter 6, which the PCI Express
 * chips keep). UNTESTED: no emulator has a model of it. Firmware patches for single revisions are not loaded. Assumes
 * the hart loop but for on_interrupt(). */
#include <stdlib.h>

#include "kernel/drivers/pci_dev.h"
#include "kernel/drivers/rtl8168_ring.h"
#include "kernel/mm/dma.h"
#include "kernel/net/net.h"
#include "kernel/plat.h"

enum {
    IDR = 0, MAR = 8, TNPDS = 0x20, CR = 0x37, TPPOLL = 0x38, IMR = 0x3c, ISR = 0x3e, TCR = 0x40, RCR = 0x44,
    CR9346 = 0x50, PHY_STATUS = 0x6c, RMS = 0xda, CPCR = 0xe0, RDSAR = 0xe4, MTPS = 0xec, REGISTERS = 0x100
};
enum { CR_RST = 0x10, CR_RE = 8, CR_TE = 4, NORMAL_QUEUE = 0x40, UNLOCK = 0xc0, LINK_UP = 2 };
enum { INT_ROK = 1, INT_RER = 2, INT_TOK = 4, INT_TER = 8, INT_RDU = 0x10, INT_LINK = 0x20, INT_FOVW = 0x40 };
enum { RCR_ALL = 15 /* any address */, DMA_UNLIMITED = 7 << 8, NO_THRESHOLD = 7 << 13, GAP = 3 << 24, BUDGET = 128 };
enum { CAUSES = INT_ROK | INT_RER | INT_TOK | INT_TER | INT_RDU | INT_LINK | INT_FOVW };
#define RESET_NS 100000000ull

struct card {
    struct nic nic;
    const struct pci_dev *dev;
    volatile uint8_t *regs;
    bool running;
    struct rtl_ring rx, tx;
    uint64_t rx_phys, tx_phys; /* of the descriptors */
};

static volatile uint16_t *reg16(const struct card *c, unsigned reg) { return (void *)(c->regs + reg); }
static volatile uint32_t *reg32(const struct card *c, unsigned reg) { return (void *)(c->regs + reg); }

/* Ones acknowledge, and let go of a line. */
__attribute__((target("general-regs-only"))) static void on_interrupt(void *arg) {
    const struct card *c = arg;
    volatile uint16_t *isr = (void *)(c->regs + ISR);
    uint16_t cause = *isr;
    if (cause == 0 || cause == 0xffff)
        return;
    *isr = cause;
    plat_kick(0, PLAT_EV_NET);
}

static bool reset(struct card *c) {
    c->running = false;
    *reg16(c, IMR) = 0;
    c->regs[CR] = CR_RST;
    for (uint64_t until = plat_clock_ns() + RESET_NS; (c->regs[CR] & CR_RST) && plat_clock_ns() < until;)
        ;
    *reg16(c, ISR) = 0xffff;
    return !(c->regs[CR] & CR_RST);
}

static void set_address(struct card *c, unsigned reg, uint64_t phys) { /* the upper half first */
    *reg32(c, reg + 4) = (uint32_t)(phys >> 32);
    *reg32(c, reg) = (uint32_t)phys;
}

static bool set_up(struct card *c) {
    if (!reset(c))
        return false;
    rtl_rx_init(&c->rx);
    rtl_tx_init(&c->tx);
    c->regs[CR9346] = UNLOCK;
    *reg16(c, CPCR) = 0;
    *reg16(c, RMS) = RTL_BUFFER - 1;
    c->regs[MTPS] = 0x3f; /* send when the frame is there whole */
    set_address(c, TNPDS, c->tx_phys);
    set_address(c, RDSAR, c->rx_phys);
    *reg32(c, MAR) = *reg32(c, MAR + 4) = ~0u;
    c->regs[CR] = CR_RE | CR_TE; /* before the two below, which only count then */
    *reg32(c, TCR) = GAP | DMA_UNLIMITED;
    *reg32(c, RCR) = RCR_ALL | DMA_UNLIMITED | NO_THRESHOLD;
    c->regs[CR9346] = 0;
    *reg16(c, IMR) = CAUSES;
    return c->running = true;
}

static void read_link(struct card *c) {
    uint8_t status = c->regs[PHY_STATUS];
    bool up = status != 0xff && (status & LINK_UP); /* all ones: the card is gone */
    c->nic.mbit = status & 0x10 ? 1000 : status & 8 ? 100 : 10;
    if (up == c->nic.link)
        return;
    c->nic.link = up;
    if (c->nic.link_changed)
        c->nic.link_changed(&c->nic);
}

static bool has_room(struct nic *n) {
    struct card *c = (struct card *)n;
    if (!c->running || !n->link)
        return true; /* what is sent is lost */
    rtl_tx_reclaim(&c->tx);
    return rtl_tx_buffer(&c->tx) != NULL;
}

static bool send(struct nic *n, const struct net_frame *f) {
    struct card *c = (struct card *)n;
    uint8_t *b = c->running && n->link && has_room(n) ? rtl_tx_buffer(&c->tx) : NULL;
    if (!b) {
        n->stats.tx_dropped++;
        return false;
    }
    net_copy(f, 0, b, f->len);
    rtl_tx_put(&c->tx, (uint16_t)f->len);
    c->regs[TPPOLL] = NORMAL_QUEUE;
    return true;
}

static bool poll(struct nic *n) {
    struct card *c = (struct card *)n;
    enum rtl_got got = RTL_NONE;
    uint8_t *at;
    uint16_t len;
    if (!c->running)
        return false;
    read_link(c);
    rtl_tx_reclaim(&c->tx);
    for (unsigned done = 0; done < BUDGET && (got = rtl_rx_next(&c->rx, &at, &len)) != RTL_NONE; done++) {
        struct net_seg seg = {at, len};
        if (got == RTL_FRAME)
            n->receive(n, &(struct net_frame){.seg = &seg, .nseg = 1, .len = len});
        else
            n->stats.rx_bad++;
        rtl_rx_done(&c->rx);
    }
    return got != RTL_NONE;
}

static bool start(struct nic *n) {
    struct card *c = (struct card *)n;
    pci_bus_master(c->dev);
    if (!set_up(c))
        return false;
    read_link(c);
    return true;
}

static void stop(struct nic *n) {
    reset((struct card *)n);
    n->link = false;
}

static bool match(const struct pci_dev *d) {
    return d->vendor == 0x10ec && (d->device == 0x8168 || d->device == 0x8161) && d->class >> 8 == 0x0200;
}

static bool make_ring(struct rtl_ring *r, uint64_t *phys) { /* descriptors at multiples of 256 */
    r->desc = dma_alloc(RTL_RING * sizeof *r->desc, UINT64_MAX, phys);
    r->buffers = dma_alloc(RTL_RING * RTL_BUFFER, UINT64_MAX, &r->buffers_phys);
    return r->desc && r->buffers;
}

static bool probe(const struct pci_dev *d) {
    struct card *c = calloc(1, sizeof *c);
    uint64_t size = 0;
    if (!c)
        return false;
    c->dev = d;
    c->nic = (struct nic){.driver = "rtl8168", .vendor = d->vendor, .device = d->device, .bdf = d->bdf, .mtu = 1500,
                          .start = start, .stop = stop, .send = send, .room = has_room, .poll = poll};
    c->regs = pci_map_bar(d, 2, &size);
    if (!c->regs || size < REGISTERS) {
        free(c);
        return false;
    }
    unsigned any = 0;
    for (unsigned i = 0; i < 6; i++)
        any |= c->nic.mac[i] = c->regs[IDR + i];
    if (reset(c) && any && !(c->nic.mac[0] & 1) && make_ring(&c->rx, &c->rx_phys) && make_ring(&c->tx, &c->tx_phys) &&
        (pci_irq(d, 0, on_interrupt, c) || pci_line_irq(d, on_interrupt, c)) && net_add(&c->nic))
        return true;
    plat_log("rtl8168: no reset, address, memory or interrupt: not driven\n");
    return false; /* c stays: an interrupt may still name it */
}

const struct pci_driver rtl8168_driver = {"rtl8168", match, probe};
