/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC of the running core, by MSR (x2APIC) where there is one, else by memory, and its timer: TSC-deadline
 * where there is one, else one-shot. Used from interrupt handlers: no vector registers. Intel SDM volume 3A, chapter
 * 10. */
#pragma GCC target("general-regs-only")
#include "kernel/x86/cpu.h"

#include "kernel/mm/mm.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum {
    REG_ICR = 0x300,
    REG_ICR_HIGH = 0x310,
    REG_ID = 0x20,
    REG_TPR = 0x80,
    REG_EOI = 0xb0,
    REG_SVR = 0xf0,
    REG_ESR = 0x280,
    REG_LVT_CMCI = 0x2f0,
    REG_LVT_TIMER = 0x320,
    REG_LVT_THERMAL = 0x330,
    REG_LVT_PERF = 0x340,
    REG_LVT_LINT0 = 0x350,
    REG_LVT_LINT1 = 0x360,
    REG_LVT_ERROR = 0x370,
    REG_TIMER_INIT = 0x380,
    REG_TIMER_NOW = 0x390,
    REG_TIMER_DIV = 0x3e0,
};
enum { LVT_MASKED = 1 << 16, LVT_DEADLINE = 2 << 17, LVT_NMI = 4 << 8, SVR_ENABLE = 1 << 8, DIV_1 = 0xb };
enum { ICR_PENDING = 1 << 12, ICR_SPINS = 1000000 };
enum { APIC_GLOBAL = 1 << 11, APIC_X2 = 1 << 10 };

static volatile uint32_t *regs; /* NULL: x2APIC */
static bool deadline;
static uint64_t timer_hz;

static uint32_t apic_read(unsigned reg) { return regs ? regs[reg / 4] : (uint32_t)rdmsr(MSR_X2APIC + reg / 16); }

static void apic_write(unsigned reg, uint32_t v) {
    if (regs)
        regs[reg / 4] = v;
    else
        wrmsr(MSR_X2APIC + reg / 16, v);
}

void apic_eoi(void) { apic_write(REG_EOI, 0); }
uint32_t apic_id(void) { return regs ? apic_read(REG_ID) >> 24 : apic_read(REG_ID); }

/* Firmware leaves the other cores in a loop of its own, which spins under some (OVMF); INIT makes them wait, without
 * running anything, until they are started. SDM volume 3A, 8.4.4. */
static void park_other_cores(void) {
    enum { INIT = 5 << 8, ASSERT = 1 << 14, ALL_BUT_SELF = 3 << 18 };
    apic_write(REG_ICR, INIT | ASSERT | ALL_BUT_SELF);
}

bool apic_ipi(uint32_t id, uint32_t command) {
    if (!regs) {
        wrmsr(MSR_X2APIC + REG_ICR / 16, (uint64_t)id << 32 | command);
        return true;
    }
    if (id >= 0xff)
        return false;
    apic_write(REG_ICR_HIGH, id << 24);
    apic_write(REG_ICR, command);
    for (unsigned i = 0; i < ICR_SPINS && (apic_read(REG_ICR) & ICR_PENDING); i++)
        cpu_relax();
    return true;
}

void pic_disable(void) {
    static const uint8_t init[][2] = {{0x20, 0x11}, {0xa0, 0x11}, {0x21, VEC_PIC}, {0xa1, VEC_PIC + 8},
                                      {0x21, 4},    {0xa1, 2},    {0x21, 1},       {0xa1, 1},
                                      {0x21, 0xff}, {0xa1, 0xff}};
    for (unsigned i = 0; i < sizeof init / sizeof *init; i++)
        outb(init[i][0], init[i][1]);
}

void apic_init(uint64_t madt_base) {
    uint64_t msr = rdmsr(MSR_APIC_BASE);
    if (cpuid(1, 0).c >> 21 & 1) {
        wrmsr(MSR_APIC_BASE, msr | APIC_GLOBAL);
        wrmsr(MSR_APIC_BASE, msr | APIC_GLOBAL | APIC_X2);
    } else {
        uint64_t base = madt_base ? madt_base : msr & 0x000ffffffffff000ull;
        wrmsr(MSR_APIC_BASE, msr | APIC_GLOBAL);
        regs = vmm_map_phys(base, 4096, PG_WRITE | PG_UC);
    }
    apic_write(REG_TPR, 0);
    apic_write(REG_LVT_TIMER, LVT_MASKED);
    apic_write(REG_LVT_LINT0, LVT_MASKED);
    apic_write(REG_LVT_LINT1, LVT_NMI);
    apic_write(REG_LVT_ERROR, LVT_MASKED);
    apic_write(REG_SVR, SVR_ENABLE | VEC_SPURIOUS);
    apic_eoi();
    park_other_cores();
}

/* Ticks of the LAPIC timer in 10 ms; the smallest of a few, since a delay of ours only makes it larger. */
static uint64_t timer_ticks(void) {
    uint64_t best = ~0ull;
    for (unsigned i = 0; i < 5; i++) {
        apic_write(REG_TIMER_INIT, ~0u);
        uint64_t t0 = rdtsc(), span = tsc_from_ns(10000000), t;
        do {
            plat_relax();
            t = rdtsc();
        } while (t - t0 < span);
        uint64_t n = (~0u - apic_read(REG_TIMER_NOW)) * span / (rdtsc() - t0);
        best = n < best ? n : best;
    }
    apic_write(REG_TIMER_INIT, 0);
    return best;
}

void apic_timer_calibrate(void) {
    deadline = cpuid(1, 0).c >> 24 & 1;
    if (deadline) {
        apic_write(REG_LVT_TIMER, LVT_DEADLINE | VEC_TIMER);
        __asm__ volatile("mfence" ::: "memory"); /* before the first write of the MSR: SDM 10.5.4.1 */
        return;
    }
    apic_write(REG_TIMER_DIV, DIV_1);
    apic_write(REG_LVT_TIMER, LVT_MASKED | VEC_TIMER);
    timer_hz = timer_ticks() * 100;
    apic_write(REG_LVT_TIMER, VEC_TIMER);
}

const char *apic_timer_kind(void) {
    return deadline ? "TSC-deadline" : regs ? "LAPIC one-shot" : "x2APIC one-shot";
}

void apic_timer_set(uint64_t ns) {
    if (deadline) {
        wrmsr(MSR_TSC_DEADLINE, ns == UINT64_MAX ? 0 : rdtsc() + tsc_from_ns(ns) + 1);
        return;
    }
    uint64_t n = 0;
    if (ns != UINT64_MAX) {
        uint64_t most = ns < 4000000000ull ? ns : 4000000000ull; /* early is harmless: the deadline is tested again */
        n = most * (timer_hz / 1000) / 1000000 + 1;
        n = n > 0xffffffffu ? 0xffffffffu : n;
    }
    apic_write(REG_TIMER_INIT, (uint32_t)n);
}
