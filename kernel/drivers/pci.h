/* SPDX-License-Identifier: BSD-2-Clause */
/* The PC's PCI functions (PCI Local Bus 3.0, chapter 6; PCI Express 5.0, chapter 7). Whatever the configuration space
 * holds, the walks end and the answers are within their bounds: a device, or a VM's host, may lie. */
#ifndef PYRITE_KERNEL_PCI_H
#define PYRITE_KERNEL_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* Configuration space. `bdf` is bus << 8 | device << 3 | function, `off` a multiple of 4 below 4096; what is not there
 * reads as all ones. */
struct pci_access {
    uint32_t (*read)(uint16_t bdf, unsigned off);
    void (*write)(uint16_t bdf, unsigned off, uint32_t v);
};

struct pci_dev {
    uint16_t bdf, vendor, device;
    uint32_t class;            /* base class << 16 | subclass << 8 | programming interface */
    uint8_t header;            /* 0: function, 1: bridge, 2: CardBus */
    uint8_t irq_line, irq_pin; /* pin 0: none, 1-4: INTA-INTD; the line is firmware's word for PICs */
};

struct pci_bar {
    uint64_t base, size; /* bytes; size is a power of two */
    bool io, wide, prefetch;
};

/* Every function of every bus, at most `max`, in the order found: bus 0 and what its bridges lead to, then the other
 * root buses. Each bus is looked at once. Writes nothing. */
unsigned pci_enumerate(const struct pci_access *a, struct pci_dev *out, unsigned max);
/* BAR `n` (0-5; of a bridge 0-1). Sized with decoding off; all registers are as before after it. False: no such BAR, or
 * not a sensible one. */
bool pci_bar_read(const struct pci_access *a, const struct pci_dev *d, unsigned n, struct pci_bar *out);
/* Offset of the first capability of this kind; 0: none. */
unsigned pci_cap_find(const struct pci_access *a, const struct pci_dev *d, uint8_t id);
/* "NVMe controller"; NULL: neither storage nor network. */
const char *pci_class_name(uint32_t class);

/* The PC's own configuration space: by memory (ECAM) where ACPI's MCFG gives it and it agrees with the ports, else by
 * ports 0xcf8, 0xcfc. NULL: no PCI. */
const struct pci_access *pci_host(void);
const char *pci_host_kind(void); /* "ECAM" or "ports", after pci_host() */

#endif
