/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel's gigabit cards: 8254x (e1000), 82566 to 82583 and I217 to I219 (e1000e), 82575 to I350, I210, I211 (igb). One
 * queue each way; what differs is how interrupts are named, and that igb has other descriptors and its queues are
 * switched on one by one. Registers: 82540EP/EM manual chapter 13, 82574 data sheet chapter 10, 82576
 * data sheet chapter 8. Assumes the hart loop but for on_interrupt(). */
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/e1000_ring.h"
#include "kernel/drivers/pci_dev.h"
#include "kernel/mm/dma.h"
#include "kernel/net/net.h"
#include "kernel/plat.h"

enum {
    CTRL = 0, STATUS = 8, CTRL_EXT = 0x18, MDIC = 0x20, ICR = 0xc0, IMS = 0xd0, IMC = 0xd8, IVAR = 0xe4,
    RCTL = 0x100, TCTL = 0x400, TIPG = 0x410, ITR = 0xc4, EIMS = 0x1524, EIMC = 0x1528, EIAC = 0x152c,
    EIAM = 0x1530, EICR = 0x1580, GPIE = 0x1514,
    IVAR0 = 0x1700, IVAR_MISC = 0x1740, RX = 0x2800, TX = 0x3800, IGB_RX = 0xc000, IGB_TX = 0xe000, RXCSUM = 0x5000,
    MTA = 0x5200, RAL = 0x5400, RAH = 0x5404, REGISTERS = 0x10000
};
enum { BASE_LOW = 0, BASE_HIGH = 4, LENGTH = 8, SRRCTL = 12, HEAD = 0x10, TAIL = 0x18,
       QUEUE_CTL = 0x28 }; /* of a queue */
enum { CTRL_FD = 1, CTRL_ASDE = 1 << 5, CTRL_SLU = 1 << 6, CTRL_RST = 1 << 26, LINK_UP = 2, QUEUE_ON = 1 << 25 };
enum { RCTL_EN = 2, RCTL_UPE = 8, RCTL_MPE = 16, RCTL_BAM = 1 << 15, RCTL_SECRC = 1 << 26 };
enum { TCTL_EN = 2, TCTL_PSP = 8, TCTL_CT = 15 << 4, TCTL_COLD = 0x40 << 12, TIPG_COPPER = 8 | 8 << 10 | 6 << 20 };
enum { INT_TXDW = 1, INT_LSC = 4, INT_RXDMT0 = 0x10, INT_RXO = 0x40, INT_RXT0 = 0x80, INT_MSIX = 0x15 << 20 };
enum { PBA_CLR = 1u << 31, VALID = 0x80, GPIE_MSIX = 1 << 4, GPIE_NSICR = 1, BUDGET = 128 };
#define RESET_NS 10000000ull /* 82574: 4.6.1, 1 ms and some more */

enum family { E1000, E1000E, IGB };
struct card {
    struct nic nic;
    const struct pci_dev *dev;
    volatile uint8_t *regs;
    enum family family;
    bool msix, running;
    struct e1000_ring rx, tx;
    uint64_t rx_phys, tx_phys; /* of the descriptors */
};

static uint32_t rd(const struct card *c, unsigned reg) { return *(volatile uint32_t *)(c->regs + reg); }
static void wr(struct card *c, unsigned reg, uint32_t v) { *(volatile uint32_t *)(c->regs + reg) = v; }

/* Reading ICR acknowledges, and lets go of a line. */
__attribute__((target("general-regs-only"))) static void on_interrupt(void *arg) {
    const struct card *c = arg;
    uint32_t cause = *(volatile uint32_t *)(c->regs + ICR);
    if (c->family == IGB) {
        uint32_t extended = *(volatile uint32_t *)(c->regs + EICR);
        *(volatile uint32_t *)(c->regs + EICR) = extended;
        cause |= extended;
    }
    if (cause && cause != ~0u)
        plat_kick(0, PLAT_EV_NET);
}

static void reset(struct card *c) {
    c->running = false;
    wr(c, IMC, ~0u);
    if (c->family == IGB)
        wr(c, EIMC, ~0u);
    wr(c, RCTL, 0);
    wr(c, TCTL, TCTL_PSP);
    (void)rd(c, STATUS);
    wr(c, CTRL, rd(c, CTRL) | CTRL_RST);
    for (uint64_t until = plat_clock_ns() + RESET_NS; plat_clock_ns() < until;)
        ;
    wr(c, IMC, ~0u);
    (void)rd(c, ICR);
}

static void set_queue(struct card *c, unsigned at, uint64_t phys) {
    wr(c, at + BASE_LOW, (uint32_t)phys);
    wr(c, at + BASE_HIGH, (uint32_t)(phys >> 32));
    wr(c, at + LENGTH, E1000_RING * 16);
    wr(c, at + HEAD, 0);
    if (c->family == IGB) {
        wr(c, at + QUEUE_CTL, QUEUE_ON);
        for (uint64_t until = plat_clock_ns() + RESET_NS;
             !(rd(c, at + QUEUE_CTL) & QUEUE_ON) && plat_clock_ns() < until;)
            ;
    }
    wr(c, at + TAIL, 0);
}

static unsigned rx_at(const struct card *c) { return c->family == IGB ? IGB_RX : RX; }
static unsigned tx_at(const struct card *c) { return c->family == IGB ? IGB_TX : TX; }

/* All causes to message 0. */
static void set_interrupts(struct card *c) {
    uint32_t causes = INT_TXDW | INT_LSC | INT_RXDMT0 | INT_RXO | INT_RXT0;
    if (c->family == E1000E && c->msix) {
        wr(c, CTRL_EXT, rd(c, CTRL_EXT) | PBA_CLR);
        wr(c, IVAR, 0x88888); /* 10.2.4.8: five times "vector 0, valid" */
        causes |= INT_MSIX;
    } else if (c->family == IGB && c->msix) {
        wr(c, GPIE, GPIE_MSIX | GPIE_NSICR | PBA_CLR);
        wr(c, IVAR0, VALID | VALID << 8); /* 82576 7.3.1.2: queue 0, receive and transmit */
        wr(c, IVAR_MISC, VALID << 8);
        wr(c, EIAC, 0);
        wr(c, EIAM, 0);
        wr(c, EIMS, 1);
    }
    wr(c, IMS, causes);
}

/* igb's PHY may wait for a word after a reset of the MAC: auto-negotiation anew (IEEE 802.3, 22.2.4.1), unless there is
 * a link already. */
static void wake_phy(struct card *c) {
    enum { WRITE = 1 << 26, PHY = 1 << 21, READY = 1 << 28, ANEG_RESTART = 0x1200 };
    if (c->family != IGB || (rd(c, STATUS) & LINK_UP))
        return;
    wr(c, MDIC, WRITE | PHY | ANEG_RESTART); /* register 0 */
    for (uint64_t until = plat_clock_ns() + RESET_NS; !(rd(c, MDIC) & READY) && plat_clock_ns() < until;)
        ;
}

/* Takes all addresses: the bridge sorts, and the guest's is not the card's. */
static void set_up(struct card *c) {
    reset(c);
    wr(c, CTRL, (rd(c, CTRL) | CTRL_SLU | CTRL_ASDE | CTRL_FD) & ~(uint32_t)CTRL_RST);
    for (unsigned i = 0; i < 128; i++)
        wr(c, MTA + 4 * i, 0);
    wr(c, RAL, (uint32_t)c->nic.mac[0] | c->nic.mac[1] << 8 | c->nic.mac[2] << 16 | (uint32_t)c->nic.mac[3] << 24);
    wr(c, RAH, (uint32_t)c->nic.mac[4] | c->nic.mac[5] << 8 | 1u << 31);
    e1000_rx_init(&c->rx);
    e1000_tx_init(&c->tx);
    if (c->family == IGB)
        wr(c, IGB_RX + SRRCTL, E1000_BUFFER >> 10 | 1 << 25); /* one buffer a descriptor, advanced */
    wr(c, ITR, 0);
    wr(c, RXCSUM, 3 << 8);
    set_queue(c, tx_at(c), c->tx_phys);
    wr(c, TIPG, TIPG_COPPER);
    wr(c, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD);
    set_queue(c, rx_at(c), c->rx_phys);
    wr(c, RCTL, RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_BAM | RCTL_SECRC);
    wr(c, rx_at(c) + TAIL, c->rx.tail);
    set_interrupts(c);
    wake_phy(c);
    c->running = true;
}

static void read_link(struct card *c) {
    uint32_t status = rd(c, STATUS);
    bool up = status != ~0u && (status & LINK_UP); /* all ones: the card is gone */
    c->nic.mbit = (status >> 6 & 3) == 0 ? 10 : (status >> 6 & 3) == 1 ? 100 : 1000;
    if (up == c->nic.link)
        return;
    c->nic.link = up;
    if (c->nic.link_changed)
        c->nic.link_changed(&c->nic);
}

/* ---- frames ---- */

static bool has_room(struct nic *n) {
    struct card *c = (struct card *)n;
    if (!c->running || !n->link)
        return true; /* what is sent is lost */
    if (!e1000_tx_buffer(&c->tx))
        e1000_tx_reclaim(&c->tx);
    return e1000_tx_buffer(&c->tx) != NULL;
}

static bool send(struct nic *n, const struct net_frame *f) {
    struct card *c = (struct card *)n;
    uint8_t *b = c->running && n->link && has_room(n) ? e1000_tx_buffer(&c->tx) : NULL;
    if (!b) {
        n->stats.tx_dropped++;
        return false;
    }
    net_copy(f, 0, b, f->len);
    e1000_tx_put(&c->tx, (uint16_t)f->len);
    wr(c, tx_at(c) + TAIL, c->tx.tail);
    return true;
}

static bool poll(struct nic *n) {
    struct card *c = (struct card *)n;
    enum e1000_got got = E1000_NONE;
    unsigned done = 0;
    struct net_seg seg;
    uint8_t *at;
    uint16_t len;
    bool good;
    if (!c->running)
        return false;
    read_link(c);
    e1000_tx_reclaim(&c->tx);
    for (; done < BUDGET && (got = e1000_rx_next(&c->rx, &at, &len, &good)) != E1000_NONE; done++) {
        seg = (struct net_seg){at, len};
        if (got == E1000_FRAME)
            n->receive(n, &(struct net_frame){.seg = &seg, .nseg = 1, .len = len, .csum_good = good});
        else
            n->stats.rx_bad++;
        e1000_rx_done(&c->rx);
    }
    if (done)
        wr(c, rx_at(c) + TAIL, c->rx.tail);
    return got != E1000_NONE;
}

/* ---- the card ---- */

static bool start(struct nic *n) {
    struct card *c = (struct card *)n;
    pci_bus_master(c->dev);
    set_up(c);
    read_link(c);
    return rd(c, STATUS) != ~0u;
}

static void stop(struct nic *n) {
    struct card *c = (struct card *)n;
    reset(c);
    n->link = false;
}

struct model {
    uint16_t first, last;
    enum family family;
};
static const struct model models[] = {
    {0x1000, 0x1028, E1000},  {0x1075, 0x107c, E1000},  {0x108a, 0x108a, E1000},  {0x1099, 0x1099, E1000},
    {0x10b5, 0x10b5, E1000},  {0x105e, 0x1060, E1000E}, {0x107d, 0x107f, E1000E}, {0x108b, 0x108c, E1000E},
    {0x109a, 0x109a, E1000E}, {0x10d3, 0x10d3, E1000E}, {0x10f6, 0x10f6, E1000E}, {0x150c, 0x150c, E1000E},
    {0x10ea, 0x10eb, E1000E}, {0x10ef, 0x10f0, E1000E}, {0x1502, 0x1503, E1000E}, {0x153a, 0x153b, E1000E},
    {0x155a, 0x155a, E1000E}, {0x1559, 0x1559, E1000E}, {0x156f, 0x1570, E1000E}, {0x15b7, 0x15b9, E1000E},
    {0x10a7, 0x10a9, IGB},    {0x10c9, 0x10c9, IGB},    {0x150e, 0x1511, IGB},    {0x1521, 0x1524, IGB},
    {0x1533, 0x1539, IGB},
};

static const struct model *model(const struct pci_dev *d) {
    for (unsigned i = 0; d->vendor == 0x8086 && d->class >> 8 == 0x0200 && i < sizeof models / sizeof *models; i++)
        if (d->device >= models[i].first && d->device <= models[i].last)
            return &models[i];
    return NULL;
}
static bool match(const struct pci_dev *d) { return model(d) != NULL; }

static bool make_ring(struct e1000_ring *r, uint64_t *phys) {
    r->desc = dma_alloc(E1000_RING * 16, UINT64_MAX, phys);
    r->buffers = dma_alloc(E1000_RING * E1000_BUFFER, UINT64_MAX, &r->buffers_phys);
    return r->desc && r->buffers;
}

/* The address that the EEPROM or firmware has put into the first filter; it outlives a reset. */
static bool read_mac(struct card *c) {
    uint32_t low = rd(c, RAL), high = rd(c, RAH);
    unsigned any = 0;
    for (unsigned i = 0; i < 6; i++)
        any |= c->nic.mac[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    return any && !(c->nic.mac[0] & 1);
}

static bool probe(const struct pci_dev *d) {
    static const char *const name[] = {"e1000", "e1000e", "igb"};
    struct card *c = calloc(1, sizeof *c);
    uint64_t size = 0;
    if (!c)
        return false;
    c->dev = d;
    c->family = model(d)->family;
    c->rx.advanced = c->tx.advanced = c->family == IGB;
    c->msix = pci_cap_find(pci_host(), d, 17) != 0;
    c->nic = (struct nic){.driver = name[c->family], .vendor = d->vendor, .device = d->device, .bdf = d->bdf,
                          .mtu = 1500, .start = start, .stop = stop, .send = send, .room = has_room, .poll = poll};
    c->regs = pci_map_bar(d, 0, &size);
    if (!c->regs || size < REGISTERS) {
        free(c);
        return false;
    }
    reset(c);
    if (read_mac(c) && make_ring(&c->rx, &c->rx_phys) && make_ring(&c->tx, &c->tx_phys) &&
        (pci_irq(d, 0, on_interrupt, c) || pci_line_irq(d, on_interrupt, c)) && net_add(&c->nic))
        return true;
    plat_log("%s: no address, memory or interrupt: not driven\n", name[c->family]);
    return false; /* c stays: an interrupt may still name it */
}

const struct pci_driver e1000_driver = {"e1000", match, probe};
