/* SPDX-License-Identifier: BSD-2-Clause */
/* Roots: host page tables that act as the guest's TLB (DESIGN 4, "direct"). The first version runs with soft memory
 * only; the one upcall it needs is the fault of translated code that should not have faulted. */
#ifndef PYRITE_KERNEL_PLAT_MMU_H
#define PYRITE_KERNEL_PLAT_MMU_H

#include "kernel/plat.h"

struct plat_fault {
    unsigned vector;   /* x86 exception number */
    uint64_t error;    /* error code, 0 if it has none */
    uint64_t address;  /* CR2 for #PF, else 0 */
    uint64_t pc;       /* user address of the faulting instruction */
};
/* Called on the engine's stack for a fault in translated code, with hart->gpr and hart->pc saved (all registers valid).
 * It ends in plat_tb_unwind(). */
typedef void plat_fault_fn(struct plat_hart *hart, const struct plat_fault *f);
void plat_set_fault(plat_fault_fn *fn);

#endif
