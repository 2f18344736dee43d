/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks PCI configuration space: functions, BARs, capabilities. Assumes nothing of what it reads; pure but for the
 * caller's access functions. */
#include "kernel/drivers/pci.h"

#include <stddef.h>
#include <string.h>

enum { BUSES = 256, DEVICES = 32, FUNCTIONS = 8 };
enum {
    REG_ID = 0,
    REG_COMMAND = 4,
    REG_CLASS = 8,
    REG_HEADER = 12,
    REG_BAR = 16,
    REG_BUSES = 24,
    REG_CAP = 0x34,
    REG_IRQ = 0x3c
};
enum { COMMAND_DECODE = 3, STATUS_CAPS = 1 << 20, CAP_EXPRESS = 0x10, PORT_ROOT = 4, PORT_DOWN = 6, MULTI = 0x80 };

struct walk {
    const struct pci_access *a;
    struct pci_dev *out;
    unsigned n, max;
    bool seen[BUSES];       /* queued, or looked at */
    uint8_t queue[BUSES];
    bool single[BUSES];     /* behind a port of PCI Express: device 0 only; some answer to every number */
    unsigned head, tail;
};

unsigned pci_cap_find(const struct pci_access *a, const struct pci_dev *d, uint8_t id) {
    if (d->header > 2 || !(a->read(d->bdf, REG_COMMAND) & STATUS_CAPS))
        return 0;
    unsigned at = a->read(d->bdf, d->header == 2 ? 0x14 : REG_CAP) & 0xfc;
    for (unsigned left = 48; at >= 0x40 && left; left--) { /* 48: as many as there is room for, so a loop ends */
        uint32_t cap = a->read(d->bdf, at);
        if (cap == ~0u)
            return 0;
        if ((cap & 0xff) == id)
            return at;
        at = cap >> 8 & 0xfc;
    }
    return 0;
}

static void queue_bus(struct walk *w, unsigned bus, bool single) {
    if (w->seen[bus])
        return;
    w->seen[bus] = true;
    w->single[bus] = single;
    w->queue[w->tail++] = (uint8_t)bus;
}

static void bridge(struct walk *w, const struct pci_dev *d) {
    unsigned second = w->a->read(d->bdf, REG_BUSES) >> 8 & 0xff;
    unsigned cap = d->header == 1 ? pci_cap_find(w->a, d, CAP_EXPRESS) : 0;
    unsigned port = cap ? w->a->read(d->bdf, cap) >> 20 & 15 : 0;
    if (second) /* 0: firmware has given it no bus */
        queue_bus(w, second, port == PORT_ROOT || port == PORT_DOWN);
}

/* One function; false: not there. */
static bool function(struct walk *w, uint16_t bdf, bool *multi) {
    uint32_t id = w->a->read(bdf, REG_ID);
    if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0)
        return false;
    uint32_t header = w->a->read(bdf, REG_HEADER) >> 16 & 0xff, irq = w->a->read(bdf, REG_IRQ);
    struct pci_dev d = {.bdf = bdf, .vendor = (uint16_t)id, .device = (uint16_t)(id >> 16),
                        .class = w->a->read(bdf, REG_CLASS) >> 8, .header = header & 0x7f, .irq_line = (uint8_t)irq};
    d.irq_pin = (irq >> 8 & 0xff) <= 4 ? (uint8_t)(irq >> 8) : 0;
    *multi = header & MULTI;
    if (w->n < w->max)
        w->out[w->n++] = d;
    if (d.header == 1 || d.header == 2)
        bridge(w, &d);
    return true;
}

static void scan_bus(struct walk *w, unsigned bus) {
    for (unsigned dev = 0; dev < (w->single[bus] ? 1 : DEVICES); dev++) {
        uint16_t bdf = (uint16_t)(bus << 8 | dev << 3);
        bool multi, ignored;
        if (!function(w, bdf, &multi) || !multi)
            continue;
        for (unsigned fn = 1; fn < FUNCTIONS; fn++)
            function(w, (uint16_t)(bdf | fn), &ignored);
    }
}

unsigned pci_enumerate(const struct pci_access *a, struct pci_dev *out, unsigned max) {
    static struct walk w;
    memset(&w, 0, sizeof w);
    w.a = a;
    w.out = out;
    w.max = max;
    for (unsigned root = 0; root < BUSES; root++) { /* other roots are named in AML only */
        queue_bus(&w, root, false);
        while (w.head < w.tail)
            scan_bus(&w, w.queue[w.head++]);
    }
    return w.n;
}

/* What stays of all ones in the BAR. */
static uint32_t probe(const struct pci_access *a, uint16_t bdf, unsigned off, uint32_t was) {
    a->write(bdf, off, ~0u);
    uint32_t v = a->read(bdf, off);
    a->write(bdf, off, was);
    return v;
}

bool pci_bar_read(const struct pci_access *a, const struct pci_dev *d, unsigned n, struct pci_bar *out) {
    unsigned count = d->header == 0 ? 6 : d->header == 1 ? 2 : 0, off = REG_BAR + 4 * n;
    if (n >= count)
        return false;
    uint32_t low = a->read(d->bdf, off), high = 0, command = a->read(d->bdf, REG_COMMAND) & 0xffff;
    struct pci_bar bar = {.io = low & 1, .wide = (low & 7) == 4, .prefetch = (low & 9) == 8};
    if (bar.wide && n + 1 >= count)
        return false;
    if (bar.wide)
        high = a->read(d->bdf, off + 4);
    a->write(d->bdf, REG_COMMAND, command & ~COMMAND_DECODE); /* the status half clears by ones: zeros leave it */
    uint64_t mask = probe(a, d->bdf, off, low) & (bar.io ? ~3u : ~15u);
    uint64_t upper = bar.wide ? probe(a, d->bdf, off + 4, high) : ~0u;
    a->write(d->bdf, REG_COMMAND, command);
    if (bar.io && mask < 0x10000 && mask)
        mask |= 0xffff0000; /* 16 address lines */
    bar.base = (uint64_t)high << 32 | (low & (bar.io ? ~3u : ~15u));
    bar.size = mask || bar.wide ? -(upper << 32 | mask) : 0;
    *out = bar;
    return bar.size && !(bar.size & (bar.size - 1)) && !(bar.base & (bar.size - 1));
}

const char *pci_class_name(uint32_t class) {
    static const struct {
        uint32_t class, mask;
        const char *name;
    } names[] = {
        {0x010000, 0xffff00, "SCSI controller"},     {0x010100, 0xffff00, "IDE controller"},
        {0x010400, 0xffff00, "RAID controller"},     {0x010601, 0xffffff, "AHCI controller"},
        {0x010600, 0xffff00, "SATA controller"},     {0x010700, 0xffff00, "SAS controller"},
        {0x010802, 0xffffff, "NVMe controller"},     {0x010000, 0xff0000, "storage controller"},
        {0x020000, 0xffff00, "Ethernet controller"}, {0x020000, 0xff0000, "network controller"},
        {0x0d0000, 0xff0000, "wireless controller"},
    };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if ((class & names[i].mask) == names[i].class)
            return names[i].name;
    return NULL;
}
