/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicbom and Zicboz (CMO specification 1.0). Guest memory is coherent with everything that can see it, so that clean,
 * flush and inval (which may always write back first) have nothing to do but raise what they must: privilege first,
 * then the permissions of the block, with rs1 itself as tval. No alignment is asked of rs1: it names the block that it
 * lies in. */
#include "dbt/helper.h"
#include "dbt/rv64/sys.h"

/* Management needs leave to load or to store. If neither is given, the page fault is raised only where translation
 * itself forbids both. */
static bool may_manage(struct vcpu *cpu, uint64_t block, unsigned role, bool *page_fault) {
    uint64_t load, store;
    *page_fault = false;
    if (cpu_probe(cpu, block, RV64_CACHE_BLOCK, GUEST_LOAD, role, &load))
        return true;
    if (load == EXC_LOAD_PAGE && cpu_probe(cpu, block, RV64_CACHE_BLOCK, GUEST_STORE, role, &store))
        return true;
    *page_fault = load == EXC_LOAD_PAGE && store == EXC_STORE_PAGE;
    return false;
}

void helper_cbo(struct vcpu *cpu, uint64_t va, uint64_t op, uint64_t role, uint64_t bits) {
    uint64_t block = va & ~(uint64_t)(RV64_CACHE_BLOCK - 1);
    bool page_fault;
    if (!rv64_cbo_enabled(rv64(cpu), (enum rv64_cbo)op)) {
        rv64_illegal(cpu, bits);
        return;
    }
    if (op == CBO_ZERO)
        helper_guest_zero(cpu, va, 0, role);
    else if (!may_manage(cpu, block, (unsigned)role, &page_fault))
        cpu_raise(cpu, page_fault ? EXC_STORE_PAGE : EXC_STORE_ACCESS, va);
}
