/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct memory (DESIGN 4): the host's page tables as the guest's TLB. What an address space and a role may access is
 * mapped in a root of theirs (kernel/plat_mmu.h) when translated code faults on it; dbt/tlb.c says what to drop. */
#ifndef PYRITE_DBT_DIRECT_H
#define PYRITE_DBT_DIRECT_H

#include "dbt/engine_int.h"

extern bool direct_on; /* constant once the engine is initialised */

/* The roots of one address space, one a role, made when they are needed. */
struct direct_space {
    struct plat_root *root[TCG_MMU_ROLES];
};

/* Before guest RAM is mapped: the host's kind of roots. */
void direct_start(enum plat_mmu kind);
/* Guest RAM [base, base + size) is there. False: no memory. */
bool direct_ram(uint64_t base, uint64_t size);

/* Nothing of the space is mapped any more; without `global` what is shared with others may stay. */
void direct_clear(struct direct_space *s, bool global);
void direct_unmap(struct direct_space *s, uint64_t va);
/* Translated code runs on the root of (space, role) from now on; `global`: what the guest calls global is the same in
 * every space that is used so. */
void direct_use(struct vcpu *cpu, struct direct_space *s, unsigned role, bool global);

/* No store to the frame passes unseen from now on. */
void direct_protect(uint64_t gpa);
/* The frame holds code, or no more: no leaf larger than a page lets stores through to it. */
void direct_code(uint64_t gpa, bool code);

/* The instruction at this guest physical address met devices: its accesses should go to the helper at once. */
bool direct_device_site(uint64_t insn);

/* plat_set_fault()'s: where to go on, or 0: this is no access to guest memory. */
uint64_t direct_fault(struct vcpu *cpu, const struct plat_fault *f);

#endif
