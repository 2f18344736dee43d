/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI functions in use. Interrupts are messages (MSI-X, MSI): PCI Local Bus 3.0, 6.8. All of them share one vector, and
 * each handler looks whether it is meant. Lines (INTx) come through the IOAPIC to the same vector. Used from interrupt
 * handlers: no vector registers. */
#pragma GCC target("general-regs-only")
#include "kernel/drivers/pci_dev.h"

#include <stddef.h>

#include "kernel/drivers/acpi.h"
#include "kernel/mm/mm.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"

enum { COMMAND = 4, IO = 1, MEMORY = 2, MASTER = 4, NO_INTX = 1 << 10, CAP_MSI = 5, CAP_MSIX = 17, MAX_HANDLERS = 64 };
enum { VEC_PCI = 0x50 };

static struct {
    void (*fn)(void *);
    void *arg;
} handlers[MAX_HANDLERS];
static unsigned count;

static void on_interrupt(void) {
    for (unsigned i = 0; i < count; i++)
        handlers[i].fn(handlers[i].arg);
}

static void command(const struct pci_dev *d, uint32_t set) {
    const struct pci_access *a = pci_host();
    a->write(d->bdf, COMMAND, (a->read(d->bdf, COMMAND) & 0xffff) | set);
}

void pci_bus_master(const struct pci_dev *d) { command(d, MASTER); }

void *pci_map_bar(const struct pci_dev *d, unsigned bar, uint64_t *size) {
    struct pci_bar b;
    if (!pci_bar_read(pci_host(), d, bar, &b) || b.io || !b.base)
        return NULL;
    command(d, MEMORY);
    *size = b.size;
    return vmm_map_phys(b.base, b.size, PG_WRITE | PG_UC);
}

uint16_t pci_io_bar(const struct pci_dev *d, unsigned bar, uint64_t *size) {
    struct pci_bar b;
    if (!pci_bar_read(pci_host(), d, bar, &b) || !b.io || b.base + b.size > 0x10000)
        return 0;
    command(d, IO);
    *size = b.size;
    return (uint16_t)b.base;
}

void pci_cut_off(const struct pci_dev *d) {
    const struct pci_access *a = pci_host();
    a->write(d->bdf, COMMAND, a->read(d->bdf, COMMAND) & 0xffff & ~(uint32_t)MASTER);
}

static uint32_t message_address(void) { return 0xfee00000u | apic_id() << 12; }

static bool msix(const struct pci_access *a, const struct pci_dev *d, unsigned cap, unsigned index) {
    uint32_t head = a->read(d->bdf, cap), where = a->read(d->bdf, cap + 4);
    uint64_t size;
    if (index > (head >> 16 & 0x7ff))
        return false;
    volatile uint8_t *bar = pci_map_bar(d, where & 7, &size);
    uint64_t at = (where & ~7u) + 16ull * index;
    if (!bar || at + 16 > size)
        return false;
    volatile uint32_t *entry = (void *)(bar + at);
    a->write(d->bdf, cap, head | 1u << 31);
    entry[0] = message_address();
    entry[1] = 0;
    entry[2] = VEC_PCI;
    entry[3] = 0;
    return true;
}

static bool msi(const struct pci_access *a, const struct pci_dev *d, unsigned cap, unsigned index) {
    uint32_t head = a->read(d->bdf, cap);
    bool wide = head >> 23 & 1;
    if (index)
        return false;
    a->write(d->bdf, cap + 4, message_address());
    if (wide)
        a->write(d->bdf, cap + 8, 0);
    unsigned data = cap + (wide ? 12 : 8);
    a->write(d->bdf, data, (a->read(d->bdf, data) & 0xffff0000) | VEC_PCI);
    a->write(d->bdf, cap, (head & ~(7u << 20)) | 1 << 16);
    return true;
}

static bool add_handler(void (*fn)(void *), void *arg) {
    if (count == MAX_HANDLERS || apic_id() > 0xff)
        return false;
    handlers[count].fn = fn;
    handlers[count].arg = arg;
    __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
    irq_handler(VEC_PCI, on_interrupt);
    return true;
}

bool pci_irq(const struct pci_dev *d, unsigned index, void (*fn)(void *), void *arg) {
    const struct pci_access *a = pci_host();
    if (!add_handler(fn, arg))
        return false;
    unsigned cap = pci_cap_find(a, d, CAP_MSIX);
    bool good = (cap && msix(a, d, cap, index)) || ((cap = pci_cap_find(a, d, CAP_MSI)) != 0 && msi(a, d, cap, index));
    if (good)
        command(d, NO_INTX);
    else
        count--;
    return good;
}

bool pci_line_irq(const struct pci_dev *d, void (*fn)(void *), void *arg) {
    const struct pci_access *a = pci_host();
    uint32_t gsi = d->irq_line;
    bool level = true, low = true;
    if (!d->irq_pin || !d->irq_line || d->irq_line == 0xff || !add_handler(fn, arg))
        return false;
    if (d->irq_line < 16) { /* edge and high are the ISA bus's own: where no override says otherwise PCI's hold */
        acpi_isa_irq(d->irq_line, &gsi, &level, &low);
        low = level ? low : true;
        level = true;
    }
    a->write(d->bdf, COMMAND, a->read(d->bdf, COMMAND) & 0xffff & ~(uint32_t)NO_INTX);
    if (ioapic_route(gsi, VEC_PCI, level, low))
        return true;
    count--;
    return false;
}
