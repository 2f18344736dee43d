/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: faults of ring 3 go to the engine, faults of ring 0 are bugs of ours, interrupts go to their handlers. Runs
 * with interrupts off, never nested (but for NMI and #MC, which end everything), and without vector registers. */
#pragma GCC target("general-regs-only")
#include "kernel/x86/cpu.h"

#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "kernel/x86/x86.h"

enum { TRAP_DB = 1, TRAP_NMI = 2, TRAP_DF = 8, TRAP_PF = 14, TRAP_MF = 16, TRAP_MC = 18, NTRAPS = 32 };

struct __attribute__((packed)) idt_entry {
    uint16_t low, selector;
    uint8_t ist, type;
    uint16_t mid;
    uint32_t high, zero;
};
static struct idt_entry idt[256] ENTRY_DATA __attribute__((aligned(4096)));
static void (*handlers[256])(void);
plat_fault_fn *metal_fault_fn;

extern const uint64_t vector_table[256];
void trap_dispatch(struct trap_frame *f);
_Noreturn void gate_fault(struct plat_hart *hart, const struct plat_fault *f, plat_fault_fn *fn,
                          const struct trap_frame *frame);
_Static_assert(offsetof(struct trap_frame, rip) == 17 * 8, "gate.asm");

void plat_set_fault(plat_fault_fn *fn) { metal_fault_fn = fn; }
void irq_handler(unsigned vector, void (*fn)(void)) { handlers[vector] = fn; }

void idt_load(void) {
    struct __attribute__((packed)) {
        uint16_t limit;
        const void *base;
    } idtr = {sizeof idt - 1, idt};
    __asm__ volatile("lidt %0" ::"m"(idtr));
}

void idt_init(void) {
    static const uint8_t ist[NTRAPS] = {[TRAP_DB] = 1, [TRAP_NMI] = 2, [TRAP_DF] = 3, [TRAP_MC] = 4};
    for (unsigned v = 0; v < 256; v++) {
        uint64_t at = vector_table[v];
        idt[v] = (struct idt_entry){
            .low = (uint16_t)at, .selector = SEL_CODE, .ist = v < NTRAPS ? ist[v] : 0, .type = 0x8e, /* DPL 0 */
            .mid = (uint16_t)(at >> 16), .high = (uint32_t)(at >> 32),
        };
    }
    idt_load();
}

static void save_registers(struct plat_hart *hart, const struct trap_frame *f) {
    hart->gpr[0] = f->rax;
    hart->gpr[1] = f->rcx;
    hart->gpr[2] = f->rdx;
    hart->gpr[3] = f->rbx;
    hart->gpr[4] = f->rsp;
    hart->gpr[5] = f->rbp;
    hart->gpr[6] = f->rsi;
    hart->gpr[7] = f->rdi;
    hart->gpr[8] = f->r8;
    hart->gpr[9] = f->r9;
    hart->gpr[10] = f->r10;
    hart->gpr[11] = f->r11;
    hart->gpr[12] = f->r12;
    hart->gpr[13] = f->r13;
    hart->gpr[14] = f->r14;
    hart->gpr[15] = f->r15;
    hart->pc = f->rip;
}

static _Noreturn void user_fault(const struct trap_frame *f) {
    struct cpu *cpu = cpu_this();
    if (!metal_fault_fn || !cpu->hart)
        panic_trap(f);
    save_registers(cpu->hart, f);
    cpu->fault = (struct plat_fault){.vector = (unsigned)f->vector,
                                     .error = f->error,
                                     .address = f->vector == TRAP_PF ? read_cr2() : 0,
                                     .pc = f->rip};
    gate_fault(cpu->hart, &cpu->fault, metal_fault_fn, f);
}

static void exception(const struct trap_frame *f) {
    bool hardware = f->vector == TRAP_NMI || f->vector == TRAP_MC;
    if ((f->cs & 3) && !hardware)
        user_fault(f);
    if (f->vector == TRAP_MF) { /* ring 3 left the x87 unit with an exception pending; the engine keeps nothing in it */
        __asm__ volatile("fninit");
        return;
    }
    panic_trap(f);
}

void trap_dispatch(struct trap_frame *f) {
    if (f->vector < NTRAPS) {
        exception(f);
        return;
    }
    if (f->vector == VEC_TIMER && f->cs & 3)
        events_sample(f->rip);
    if (handlers[f->vector])
        handlers[f->vector]();
    bool pic = f->vector >= VEC_PIC && f->vector < VEC_PIC + 16; /* masked: spurious */
    if (!pic && f->vector != VEC_SPURIOUS)
        apic_eoi();
}
