/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O APICs: routes lines to vectors of the running core. Without ACPI the PC's usual address is tried. Intel
 * 82093AA. */
#include "kernel/x86/cpu.h"

#include "kernel/drivers/acpi.h"
#include "kernel/mm/mm.h"
#include "kernel/x86/paging.h"

enum { MAX_IOAPICS = ACPI_MAX_IOAPICS, REG_VERSION = 1, REG_TABLE = 16, ENTRY_MASKED = 1 << 16 };
#define USUAL_BASE 0xfec00000u

static struct {
    volatile uint32_t *regs;
    uint32_t base, lines;
} io[MAX_IOAPICS];
static unsigned count;

static uint32_t io_read(unsigned i, unsigned reg) {
    io[i].regs[0] = reg;
    return io[i].regs[4];
}

static void io_write(unsigned i, unsigned reg, uint32_t v) {
    io[i].regs[0] = reg;
    io[i].regs[4] = v;
}

static void add(uint64_t addr, uint32_t gsi_base) {
    if (count == MAX_IOAPICS)
        return;
    io[count].regs = vmm_map_phys(addr, 32, PG_WRITE | PG_UC);
    if (!io[count].regs)
        return;
    uint32_t version = io_read(count, REG_VERSION);
    if (version == ~0u || version == 0)
        return;
    io[count].base = gsi_base;
    io[count].lines = (version >> 16 & 0xff) + 1;
    for (unsigned line = 0; line < io[count].lines; line++)
        io_write(count, REG_TABLE + 2 * line, ENTRY_MASKED);
    count++;
}

bool ioapic_init(void) {
    for (unsigned i = 0; i < acpi.nioapics; i++)
        add(acpi.ioapic[i].addr, acpi.ioapic[i].gsi_base);
    if (!acpi.found)
        add(USUAL_BASE, 0);
    return count != 0;
}

bool ioapic_route(uint32_t gsi, unsigned vector, bool level, bool low) {
    for (unsigned i = 0; i < count; i++) {
        uint32_t line = gsi - io[i].base;
        if (gsi < io[i].base || line >= io[i].lines || apic_id() > 0xff)
            continue;
        io_write(i, REG_TABLE + 2 * line + 1, apic_id() << 24);
        io_write(i, REG_TABLE + 2 * line, vector | (low ? 1u << 13 : 0) | (level ? 1u << 15 : 0));
        return true;
    }
    return false;
}
