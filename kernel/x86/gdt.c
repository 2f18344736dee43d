/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments of a core: GDT, TSS with its stacks, GS and FS base, and the MSRs of SYSCALL. Ring 3 has a 64-bit code and a
 * data segment and no other (no 32-bit code, no LDT, no I/O bitmap). */
#include "kernel/x86/cpu.h"

#include <reent.h>
#include <string.h>

#include "kernel/x86/x86.h"

_Static_assert(offsetof(struct cpu, hart) == 0 && offsetof(struct cpu, self) == 8, "gate.asm");
_Static_assert(offsetof(struct cpu, fs_base) == 16 && offsetof(struct cpu, fsgsbase) == 24, "gate.asm");
_Static_assert(offsetof(struct cpu, trap_stack) == 32 && offsetof(struct cpu, user_cr3) == 40, "gate.inc");
_Static_assert(offsetof(struct cpu, user_keep) == 48, "gate.inc");
_Static_assert(offsetof(struct plat_hart, pc) == 128, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, engine_sp) == 136, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, env) == 144, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, mxcsr) == 152, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, engine_mxcsr) == 156, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, user_sp) == 160, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, xmm) == 192, "plat_gate.inc");

enum { STACK = 16384, IST_STACKS = 4 };
#define CR4_FSGSBASE (1u << 16)
#define MSR_SYSENTER_CS 0x174u
/* Cleared by SYSCALL: TF, IF, DF, NT, AC; IOPL too, for good measure. */
#define FMASK_BITS 0x47700u

struct cpu cpu_boot ENTRY_DATA;
static struct _reent boot_reent;
static uint8_t boot_stacks[1 + IST_STACKS][STACK] ENTRY_DATA __attribute__((aligned(16)));
static uint8_t boot_trap_stack[STACK] __attribute__((aligned(16)));
/* Debian's libfdt.a is built with a stack protector, which reads FS:0x28. */
static uint64_t boot_fs[512] __attribute__((aligned(4096)));

void gate_syscall(void);

static void load(struct cpu *cpu) {
    struct __attribute__((packed)) {
        uint16_t limit;
        const void *base;
    } gdtr = {sizeof cpu->gdt - 1, cpu->gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %2, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs\n\t"
                     "lldt %%ax\n\t"
                     "ltr %w3"
                     :
                     : "m"(gdtr), "i"(SEL_CODE), "i"(SEL_DATA), "r"(SEL_TSS)
                     : "rax", "memory");
}

void gdt_init(struct cpu *cpu) {
    uint64_t tss = (uint64_t)&cpu->tss, limit = sizeof cpu->tss - 1;

    cpu->self = cpu;
    cpu->gdt[SEL_CODE / 8] = 0x00209b0000000000;
    cpu->gdt[SEL_DATA / 8] = 0x00cf93000000ffff;
    cpu->gdt[SEL_USER_DATA / 8] = 0x00cff3000000ffff;
    cpu->gdt[SEL_USER_CODE / 8] = 0x0020fb0000000000;
    cpu->gdt[SEL_TSS / 8] = limit | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    cpu->gdt[SEL_TSS / 8 + 1] = tss >> 32;
    cpu->tss.rsp[0] = (uint64_t)boot_stacks[0] + STACK;
    for (unsigned i = 0; i < IST_STACKS; i++)
        cpu->tss.ist[i] = (uint64_t)boot_stacks[1 + i] + STACK;
    cpu->trap_stack = (uint64_t)boot_trap_stack + STACK;
    cpu->tss.iomap = sizeof cpu->tss;
    load(cpu);

    cpu->fs_base = (uint64_t)boot_fs;
    boot_fs[5] = 0x00f00d5afec0de00 ^ rdtsc() << 8; /* FS:0x28, the canary; its low byte stays 0 */
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    wrmsr(MSR_FS_BASE, cpu->fs_base);
    _REENT_INIT_PTR(&boot_reent);
    cpu->reent = &boot_reent;
}

void gate_init(void) {
    if (cpuid_checked(7, 0).b & 1) {
        write_cr4(read_cr4() | CR4_FSGSBASE);
        cpu_this()->fsgsbase = 1;
    }
    wrmsr(MSR_STAR, (uint64_t)((SEL_USER_DATA - 8) | 3) << 48 | (uint64_t)SEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)gate_syscall);
    wrmsr(MSR_FMASK, FMASK_BITS);
    wrmsr(MSR_SYSENTER_CS, 0);
}
