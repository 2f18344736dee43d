/* SPDX-License-Identifier: BSD-2-Clause */
/* A core of the host: what its GS base points to in ring 0, and its set-up. */
#ifndef PYRITE_KERNEL_CPU_H
#define PYRITE_KERNEL_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/plat.h"
#include "kernel/plat_mmu.h"

/* Selectors; their order is fixed by SYSCALL and SYSRET. */
enum {
    SEL_CODE = 0x08,
    SEL_DATA = 0x10,
    SEL_USER32 = 0x18,
    SEL_USER_DATA = 0x20,
    SEL_USER_CODE = 0x28,
    SEL_TSS = 0x30
};

struct __attribute__((packed)) tss {
    uint32_t pad0;
    uint64_t rsp[3];
    uint64_t pad1;
    uint64_t ist[7];
    uint64_t pad2;
    uint16_t pad3, iomap;
};

struct _reent;
struct cpu {
    struct plat_hart *hart; /* 0: gate.asm */
    struct cpu *self;       /* 8 */
    uint64_t fs_base;       /* 16: gate.asm */
    uint32_t fsgsbase;      /* 24 */
    unsigned id;
    uint64_t trap_stack;    /* 32, its top: vectors.asm leaves the entry stack for it on the way from ring 3 */
    /* Where ring 3 has tables of its own (pti.c), else 0: CR3 for it, and what that has once it has been loaded: bit 63
     * if translations may stay. */
    uint64_t user_cr3;      /* 40 */
    uint64_t user_keep;     /* 48 */
    struct _reent *reent;
    uint64_t gdt[8];
    struct tss tss __attribute__((aligned(16)));
    struct plat_fault fault;
} __attribute__((aligned(4096)));
extern struct cpu cpu_boot;

/* What ring 3's own tables map of the engine (pti.c), and nothing else may lie there: text in nasm's section .entry,
 * and data. */
#define ENTRY_DATA __attribute__((section(".bss..entry")))
extern char entry_text[], entry_text_end[], entry_data[], entry_data_end[];

static inline struct cpu *cpu_this(void) {
    struct cpu *c;
    __asm__ volatile("mov %%gs:8, %0" : "=r"(c));
    return c;
}

/* What vectors.asm pushes. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Interrupt vectors of ours; 0x20-0x2f belong to the masked PICs. */
enum { VEC_PIC = 0x20, VEC_TIMER = 0xe0, VEC_SERIAL = 0xe1, VEC_ERROR = 0xfe, VEC_SPURIOUS = 0xff };

void gdt_init(struct cpu *cpu);  /* GDT, TSS, GS and FS base */
void idt_init(void);             /* before the first fault is possible; stacks for IST come from gdt_init */
void idt_load(void);
/* fn runs in ring 0 with interrupts off, compiled without vector registers; the LAPIC is acknowledged after it. */
void irq_handler(unsigned vector, void (*fn)(void));
void events_sample(uint64_t user_pc); /* kernel/events.c: the timer's interrupt came while ring 3 was there */
void gate_init(void); /* SYSCALL's MSRs */

/* CR3 of the engine where ring 3 has tables of its own, else 0. */
extern uint64_t entry_engine_cr3;
/* Gives ring 3 tables that hold of the engine what lies between entry_text and entry_data_end alone: always if `on`,
 * with "auto" on CPUs that let ring 3 read what it may not (Meltdown, L1TF), never with "off". Before ring 3 first
 * runs. */
enum pti { PTI_AUTO, PTI_ON, PTI_OFF };
void pti_start(enum pti how);
bool pti_needed(const char **why);
/* Ring 3 runs on the tables at cr3 (with its PCID) from now on; `keep`: with the translations that the CPU has of
 * them. */
void pti_use(uint64_t cr3, bool keep);

void fpu_init(void);
/* NULL, or the names of the features that x86-64-v2 asks for and this CPU lacks. */
const char *cpu_missing(void);
const char *cpu_name(void);
unsigned cpu_level(void);

void pic_disable(void);
void apic_init(uint64_t madt_base); /* 0: from the MSR */
void apic_eoi(void);
uint32_t apic_id(void);
/* An interrupt command (SDM volume 3A, 10.6.1) to the core with this APIC id, once the one before is on its way. False:
 * no such id can be named. */
bool apic_ipi(uint32_t id, uint32_t command);
const char *apic_timer_kind(void);
void apic_timer_calibrate(void);
void apic_timer_set(uint64_t ns); /* from now; UINT64_MAX: off */

bool ioapic_init(void);
/* Routes a GSI to a vector of this core. False: no IOAPIC has it. */
bool ioapic_route(uint32_t gsi, unsigned vector, bool level, bool low);

void tsc_init(void);
uint64_t tsc_ns(void);
/* Compares the clock with the PC's other one and steers it. On the boot core only, interrupts off; takes some
 * microseconds. Returns the seconds after which it is wanted again; 0: never. */
unsigned tsc_refine(void);
uint64_t tsc_to_ns(uint64_t ticks);
uint64_t tsc_from_ns(uint64_t ns);
uint64_t tsc_hz(void);
const char *tsc_source(void);
void tsc_delay_us(unsigned us);

#endif
