/* SPDX-License-Identifier: BSD-2-Clause */
/* What a driver does with its PCI function: registers, interrupts, bus mastering; and the table of drivers. */
#ifndef PYRITE_KERNEL_PCI_DEV_H
#define PYRITE_KERNEL_PCI_DEV_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/drivers/pci.h"

struct pci_driver {
    const char *name;
    bool (*match)(const struct pci_dev *d);
    bool (*probe)(const struct pci_dev *d); /* true: driven. d lasts for ever */
};

extern const struct pci_driver *const pci_drivers[]; /* kernel/drivers/table.c; ended by NULL */

/* The BAR's registers, mapped uncached; NULL: not a memory BAR. The function answers to memory accesses from then
 * on. */
void *pci_map_bar(const struct pci_dev *d, unsigned bar, uint64_t *size);
/* The BAR's first I/O port; 0: not a BAR of ports. The function answers to them from then on. */
uint16_t pci_io_bar(const struct pci_dev *d, unsigned bar, uint64_t *size);
/* fn(arg) at the function's interrupt `index` (of MSI-X; 0 with MSI). It runs in ring 0 with interrupts off and may not
 * use vector registers. False: no such interrupt. */
bool pci_irq(const struct pci_dev *d, unsigned index, void (*fn)(void *), void *arg);
/* The same by the function's INTx line, which is a level and may be shared: fn must look whether the function asks, and
 * see to it that it asks no more. The IOAPIC's input is the one that firmware gave the function (its Interrupt Line
 * register; the MADT's overrides count), since AML's routing is not read. */
bool pci_line_irq(const struct pci_dev *d, void (*fn)(void *), void *arg);
/* The function can reach memory no more. */
void pci_cut_off(const struct pci_dev *d);
/* From here on the device reads and writes memory. */
void pci_bus_master(const struct pci_dev *d);

#endif
