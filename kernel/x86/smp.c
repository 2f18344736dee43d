/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the other cores, one at a time: they have waited since apic_init()'s INIT for a startup interrupt (SDM
 * volume 3A, 8.4.4). No hart runs on them yet: a core says that it is there and is parked by another INIT, so that none
 * runs anything later, whether it came or not. Runs on cores without vector registers. */
#pragma GCC target("general-regs-only")
#include "kernel/x86/smp.h"

#include <string.h>

#include "kernel/drivers/acpi.h"
#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { ICR_INIT = 5 << 8 | 1 << 14, ICR_STARTUP = 6 << 8 | 1 << 14 };
enum { TRIES = 2, SECOND_TRY_US = 200, PATIENCE_US = 500000, STEP_US = 10, AP_STACK = 16384 };
#define CR0_LONG 0x80010033u /* PG, WP, NE, ET, MP, PE; caches on: SDM volume 3A, 2.5 */

extern char ap_trampoline[], ap_trampoline_end[];
extern char ap_far[], ap_gdtr[], ap_gdt[], ap_long[], ap_cr0[], ap_cr3[], ap_stack[], ap_entry[];

static unsigned arrived;

/* First C of a core, on its stack; no GDT, IDT or GS base of its own, so nothing may fault here. */
static _Noreturn void core_main(void) {
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void put(uint8_t *page, const char *where, uint64_t value, unsigned size) {
    memcpy(page + (where - ap_trampoline), &value, size);
}

/* False: no memory for its tables. */
static bool fill_page(uint64_t phys) {
    uint8_t *page = phys_direct(phys);
    uint64_t root = paging_start_root(phys);
    if (!root)
        return false;
    memcpy(page, ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
    put(page, ap_gdtr + 2, phys + (uint64_t)(ap_gdt - ap_trampoline), 4);
    put(page, ap_far, phys + (uint64_t)(ap_long - ap_trampoline), 4);
    put(page, ap_cr0, CR0_LONG, 4);
    put(page, ap_cr3, root, 4);
    put(page, ap_stack, (uint64_t)vmm_stack(AP_STACK), 8);
    put(page, ap_entry, (uint64_t)core_main, 8);
    return true;
}

static bool wait_for(unsigned count, unsigned us) {
    for (unsigned t = 0; t < us; t += STEP_US) {
        if (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) >= count)
            return true;
        tsc_delay_us(STEP_US);
    }
    return false;
}

static bool start_core(uint32_t id, uint64_t trampoline) {
    unsigned want = arrived + 1;
    bool came = false;
    for (unsigned i = 0; i < TRIES && !came; i++)
        came = apic_ipi(id, ICR_STARTUP | (uint32_t)(trampoline / PAGE_SIZE)) &&
               wait_for(want, i + 1 < TRIES ? SECOND_TRY_US : PATIENCE_US);
    apic_ipi(id, ICR_INIT);
    return came;
}

void smp_start(uint64_t trampoline) {
    unsigned others = 0, came = 0;
    if (acpi.cores < 2)
        return;
    if (!trampoline || !fill_page(trampoline)) {
        plat_log("no memory to start other cores in: they stay parked\n");
        return;
    }
    for (unsigned i = 0; i < acpi.cores; i++)
        if (acpi.core[i] != apic_id()) {
            others++;
            came += start_core(acpi.core[i], trampoline);
        }
    plat_log("%u of %u other cores started; parked, since only one hart runs\n", came, others);
}
