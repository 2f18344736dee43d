/* SPDX-License-Identifier: BSD-2-Clause */
/* AHCI controllers on PCI: class 01 06 01, registers in BAR 5, interrupts by message, else by line. Controllers set to
 * RAID by firmware (class 01 04) are another thing: not driven. */
#include <stdlib.h>

#include "kernel/drivers/ahci.h"
#include "kernel/drivers/pci_dev.h"
#include "kernel/mm/dma.h"
#include "kernel/plat.h"

enum { CLASS = 0x010601, BAR = 5 };

struct card {
    struct ahci c;
    struct hw hw;
    const struct pci_dev *dev;
    volatile uint8_t *regs;
};

static uint32_t reg_read(void *arg, unsigned space, unsigned off, unsigned size) {
    const struct card *k = arg;
    (void)space;
    (void)size;
    return *(volatile uint32_t *)(k->regs + off);
}

static void reg_write(void *arg, unsigned space, unsigned off, unsigned size, uint32_t v) {
    const struct card *k = arg;
    (void)space;
    (void)size;
    *(volatile uint32_t *)(k->regs + off) = v;
}

static void cut_off(void *arg) { pci_cut_off(((const struct card *)arg)->dev); }

/* Acknowledges, and keeps what was seen. A port with an error asks no more: some of its bits stay until the hart loop
 * has looked. The port's register comes before the controller's (10.7.2.1). */
__attribute__((target("general-regs-only"))) static void on_interrupt(void *arg) {
    const struct card *k = arg;
    volatile uint32_t *is = (volatile uint32_t *)(k->regs + AHCI_IS);
    uint32_t ports = *is;
    if (!ports || ports == ~0u)
        return;
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        struct ahci_port *p = ports >> i & 1 ? k->c.port[i] : NULL;
        if (!p)
            continue;
        volatile uint32_t *port = (volatile uint32_t *)(k->regs + AHCI_PORT_BASE + AHCI_PORT_SIZE * i);
        uint32_t seen = port[AHCI_PXIS / 4];
        port[AHCI_PXIS / 4] = seen;
        if (seen & AHCI_ERRORS)
            port[AHCI_PXIE / 4] = 0;
        __atomic_fetch_or(&p->seen, seen, __ATOMIC_SEQ_CST);
    }
    *is = ports;
    disk_interrupt();
}

static bool match(const struct pci_dev *d) { return d->class == CLASS; }

static bool give_up(struct card *k, const char *why) {
    plat_log("AHCI controller: %s\n", why);
    pci_cut_off(k->dev);
    return false; /* its memory stays: an interrupt may still name it */
}

static bool probe(const struct pci_dev *d) {
    uint64_t size;
    struct card *k = calloc(1, sizeof *k);
    if (!k || !(k->regs = pci_map_bar(d, BAR, &size)))
        return false;
    k->dev = d;
    k->hw = (struct hw){k, reg_read, reg_write, plat_clock_ns, dma_phys, dma_alloc, cut_off};
    k->c.hw = &k->hw;
    k->c.registers = size > 1 << 20 ? 1 << 20 : (uint32_t)size;
    if (k->c.registers < AHCI_PORT_BASE + AHCI_PORT_SIZE)
        return give_up(k, "its registers do not fit");
    if (!pci_irq(d, 0, on_interrupt, k) && !pci_line_irq(d, on_interrupt, k))
        return give_up(k, "no interrupt is to be had");
    pci_bus_master(d);
    const char *why = ahci_start(&k->c);
    if (why)
        return give_up(k, why);
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        struct ahci_port *p = k->c.port[i];
        if (p && p->state == AHCI_RUN) {
            p->disk.bdf = d->bdf;
            disk_add(&p->disk, "sata");
        } else if (p && p->why) {
            plat_log("AHCI controller, port %u: %s\n", i, p->why);
        }
    }
    return true;
}

const struct pci_driver ahci_driver = {"ahci", match, probe};
