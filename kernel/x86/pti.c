/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of ring 3's own, for CPUs that let it read by speculation what its tables map but forbid (Meltdown) or what
 * lies in the first-level cache (L1TF): they map of the engine the entry text, descriptor tables, TSS and entry stacks,
 * and nothing else (paging_split()). gate.asm and vectors.asm change CR3 on the way in and out. With PCID both sides
 * keep their translations: PCID 0 is the engine's, SOFT_PCID that of ring 3 with soft memory; roots have the others. */
#include "kernel/kernel.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { SOFT_PCID = 4095 };
#define MSR_ARCH_CAPABILITIES 0x10au
#define NOFLUSH (1ull << 63)

void gate_syscall_tables(void);
uint64_t entry_engine_cr3 ENTRY_DATA;

/* AMD's and Hygon's CPUs check rights before data goes on (AMD, "Software techniques for managing speculation");
 * Intel's say so by RDCL_NO (SDM volume 4, IA32_ARCH_CAPABILITIES), which covers L1TF too. */
bool pti_needed(const char **why) {
    struct cpuid v = cpuid(0, 0);
    bool amd = v.b == 0x68747541 && v.d == 0x69746e65, hygon = v.b == 0x6f677948 && v.d == 0x6e65476e;
    *why = amd || hygon ? "the CPU checks rights before it speculates" : "the CPU says that it is immune";
    if (amd || hygon || (cpuid_checked(7, 0).d >> 29 & 1 && rdmsr(MSR_ARCH_CAPABILITIES) & 1))
        return false;
    *why = "the CPU does not say that it is immune to Meltdown and L1TF";
    return true;
}

void pti_start(enum pti how) {
    const char *why;
    bool needed = pti_needed(&why);
    if (how == PTI_OFF && needed)
        plat_log("pti=off: %s, translated code can read the engine's memory\n", why);
    if (how == PTI_OFF || (how == PTI_AUTO && !needed))
        return;
    uint64_t top = paging_split();
    if (!top)
        plat_panic("no memory for page tables of ring 3");
    /* No page of the engine's may stay in the TLB while ring 3 runs: none is global any more. */
    write_cr4(read_cr4() & ~(uint64_t)CR4_PGE);
    bool pcid = cpuid(1, 0).c >> 17 & 1;
    if (pcid) /* CR3 holds PCID 0 now, as it must */
        write_cr4(read_cr4() | CR4_PCIDE);
    cpu_this()->user_keep = pcid ? NOFLUSH : 0;
    entry_engine_cr3 = read_cr3() | cpu_this()->user_keep;
    pti_use(top | (pcid ? SOFT_PCID : 0), false);
    wrmsr(MSR_LSTAR, (uint64_t)gate_syscall_tables);
    plat_log("ring 3 has page tables of its own%s: %s\n", pcid ? "" : " (slow: no PCID)",
             how == PTI_ON ? "pti=on" : why);
}

void pti_use(uint64_t cr3, bool keep) { cpu_this()->user_cr3 = cr3 | (keep ? cpu_this()->user_keep : 0); }
