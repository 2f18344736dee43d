/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio block devices on PCI: where their registers are. A device with modern registers is driven by them,
 * transitional ones too; one without has its legacy registers in the I/O ports of BAR 0 (virtio 1.2, 4.1.4.10).
 * Interrupts by MSI-X, else by line. */
#include <stdlib.h>

#include "kernel/drivers/pci_dev.h"
#include "kernel/drivers/vblk.h"
#include "kernel/drivers/virtio_pci.h"
#include "kernel/mm/dma.h"
#include "kernel/plat.h"
#include "kernel/x86/x86.h"

enum { VENDOR = 0x1af4, TRANSITIONAL = 0x1001, MODERN = 0x1042, CAP_MSIX = 17, COMMON_SIZE = 56 };
enum { OLD_ISR = 19, OLD_CONFIG = 20, OLD_CONFIG_MSIX = 24, OLD_CONFIG_LEN = 24 };

struct card {
    struct vblk v;
    struct hw hw;
    const struct pci_dev *dev;
    volatile uint8_t *space[3], *isr; /* modern */
    uint16_t port, config_port;       /* legacy */
};

static uint32_t mem_read(void *arg, unsigned space, unsigned off, unsigned size) {
    volatile uint8_t *p = ((const struct card *)arg)->space[space] + off;
    return size == 1 ? *p : size == 2 ? *(volatile uint16_t *)p : *(volatile uint32_t *)p;
}

static void mem_write(void *arg, unsigned space, unsigned off, unsigned size, uint32_t v) {
    volatile uint8_t *p = ((const struct card *)arg)->space[space] + off;
    if (size == 1)
        *p = (uint8_t)v;
    else if (size == 2)
        *(volatile uint16_t *)p = (uint16_t)v;
    else
        *(volatile uint32_t *)p = v;
}

static uint16_t port_of(const struct card *k, unsigned space, unsigned off) {
    return (uint16_t)((space == VBLK_CONFIG ? k->config_port : k->port) + off);
}

static uint32_t port_read(void *arg, unsigned space, unsigned off, unsigned size) {
    uint16_t port = port_of(arg, space, off);
    return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void port_write(void *arg, unsigned space, unsigned off, unsigned size, uint32_t v) {
    uint16_t port = port_of(arg, space, off);
    if (size == 1)
        outb(port, (uint8_t)v);
    else if (size == 2)
        outw(port, (uint16_t)v);
    else
        outl(port, v);
}

static void cut_off(void *arg) { pci_cut_off(((const struct card *)arg)->dev); }

/* A message has no level; the line goes down when the ISR is read. */
__attribute__((target("general-regs-only"))) static void on_interrupt(void *arg) {
    const struct card *k = arg;
    if (k->v.messages || (k->v.legacy ? inb((uint16_t)(k->port + OLD_ISR)) : *k->isr))
        disk_interrupt();
}

static bool match(const struct pci_dev *d) {
    return d->vendor == VENDOR && (d->device == TRANSITIONAL || d->device == MODERN);
}

/* NULL: the structure does not lie inside its BAR, or is shorter than `least` bytes. */
static volatile uint8_t *map(const struct pci_dev *d, uint8_t kind, uint32_t least, struct virtio_pci_region *r) {
    uint64_t size;
    if (!virtio_pci_find(pci_host(), d, kind, r) || r->length < least)
        return NULL;
    volatile uint8_t *bar = pci_map_bar(d, r->bar, &size);
    return bar && r->offset < size && r->length <= size - r->offset ? bar + r->offset : NULL;
}

static bool modern(struct card *k) {
    struct virtio_pci_region common, notify, isr, config;
    k->space[VBLK_COMMON] = map(k->dev, VIRTIO_PCI_COMMON, COMMON_SIZE, &common);
    k->space[VBLK_NOTIFY] = map(k->dev, VIRTIO_PCI_NOTIFY, 2, &notify);
    k->space[VBLK_CONFIG] = map(k->dev, VIRTIO_PCI_DEVICE, 8, &config);
    k->isr = map(k->dev, VIRTIO_PCI_ISR, 1, &isr);
    if (!k->space[VBLK_COMMON] || !k->space[VBLK_NOTIFY] || !k->space[VBLK_CONFIG] || !k->isr)
        return false;
    k->hw.read = mem_read;
    k->hw.write = mem_write;
    k->v.notify_len = notify.length;
    k->v.multiplier = notify.multiplier;
    k->v.config_len = config.length;
    return true;
}

static bool legacy(struct card *k) {
    uint64_t size;
    k->port = pci_io_bar(k->dev, 0, &size);
    if (!k->port || size < OLD_CONFIG_MSIX + OLD_CONFIG_LEN)
        return false;
    k->hw.read = port_read;
    k->hw.write = port_write;
    k->v.legacy = true;
    k->v.config_len = OLD_CONFIG_LEN;
    return true;
}

/* MSI-X moves a legacy device's configuration: whether it is on is known before the first access. */
static bool interrupts(struct card *k) {
    const struct pci_access *a = pci_host();
    unsigned cap = pci_cap_find(a, k->dev, CAP_MSIX);
    bool any = cap && pci_irq(k->dev, 0, on_interrupt, k);
    k->v.messages = any && a->read(k->dev->bdf, cap) >> 31;
    k->config_port = (uint16_t)(k->port + (k->v.messages ? OLD_CONFIG_MSIX : OLD_CONFIG));
    return any || pci_line_irq(k->dev, on_interrupt, k);
}

static bool give_up(struct card *k, const char *why) {
    plat_log("virtio disk: %s\n", why);
    pci_cut_off(k->dev);
    return false; /* its memory stays: an interrupt may still name it */
}

static bool probe(const struct pci_dev *d) {
    struct card *k = calloc(1, sizeof *k);
    if (!k)
        return false;
    k->dev = d;
    k->hw = (struct hw){.arg = k, .now = plat_clock_ns, .phys = dma_phys, .alloc = dma_alloc, .cut_off = cut_off};
    k->v.hw = &k->hw;
    if (!modern(k) && (d->device == MODERN || !legacy(k)))
        return give_up(k, "its registers are not to be found");
    if (!interrupts(k))
        return give_up(k, "no interrupt is to be had");
    pci_bus_master(d);
    const char *why = vblk_start(&k->v);
    if (why)
        return give_up(k, why);
    k->v.disk.bdf = d->bdf;
    disk_add(&k->v.disk, "virtio");
    return true;
}

const struct pci_driver vblk_driver = {"virtio-blk", match, probe};
