/* SPDX-License-Identifier: BSD-2-Clause */
/* NVMe controllers on PCI: class 01 08 02, registers in BAR 0, interrupts by message, else by line. */
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/nvme.h"
#include "kernel/drivers/pci_dev.h"
#include "kernel/mm/dma.h"
#include "kernel/plat.h"

enum { CLASS = 0x010802, INTMS = 0xc };

struct card {
    struct nvme c;
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

/* A message has no level; a line is masked until the hart loop has looked, whoever pulls it. */
__attribute__((target("general-regs-only"))) static void on_interrupt(void *arg) {
    const struct card *k = arg;
    if (k->c.line)
        *(volatile uint32_t *)(k->regs + INTMS) = 1;
    disk_interrupt();
}

static bool match(const struct pci_dev *d) { return d->class == CLASS; }

static bool interrupts(struct card *k) {
    if (pci_irq(k->dev, 0, on_interrupt, k))
        return true;
    k->c.line = true; /* before the first can come */
    return pci_line_irq(k->dev, on_interrupt, k);
}

static bool give_up(struct card *k, const char *why) {
    plat_log("NVMe controller: %s\n", why);
    pci_cut_off(k->dev);
    return false; /* its memory stays: an interrupt may still name it */
}

static bool probe(const struct pci_dev *d) {
    uint64_t size;
    struct card *k = calloc(1, sizeof *k);
    if (!k || !(k->regs = pci_map_bar(d, 0, &size)))
        return false;
    k->dev = d;
    k->hw = (struct hw){k, reg_read, reg_write, plat_clock_ns, dma_phys, dma_alloc, cut_off};
    k->c.hw = &k->hw;
    k->c.registers = size > 1 << 20 ? 1 << 20 : (uint32_t)size;
    if (k->c.registers < 0x1008)
        return give_up(k, "its registers do not fit");
    if (!interrupts(k))
        return give_up(k, "no interrupt is to be had");
    pci_bus_master(d);
    const char *why = nvme_start(&k->c);
    if (why)
        return give_up(k, why);
    for (unsigned i = 0; i < k->c.nns; i++) {
        k->c.ns[i]->disk.bdf = d->bdf;
        disk_add(&k->c.ns[i]->disk, "nvme");
    }
    return true;
}

const struct pci_driver nvme_driver = {"nvme", match, probe};
