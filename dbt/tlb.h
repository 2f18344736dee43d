/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's side of the soft TLB. */
#ifndef PYRITE_DBT_TLB_H
#define PYRITE_DBT_TLB_H

#include "dbt/engine_int.h"

/* What the engine knows of a TLB entry. */
struct tlb_page {
    uint64_t va;            /* page address; ~0: none */
    uint64_t gpa;           /* page address */
    uint8_t prot;           /* bit per enum guest_access */
    bool global;            /* guest_walk.global */
    struct physmem_hit hit; /* of the page's first byte */
};

/* guest_walk.cause when nothing (or ROM, for a store) is at the physical address. */
#define TLB_ACCESS_FAULT GUEST_NOTHING

/* Direct memory: translated code runs on the root of the present address space and role from now on. */
void tlb_select_root(struct vcpu *cpu);
/* The cached page, or NULL. */
struct tlb_page *tlb_cached(struct vcpu *cpu, uint64_t va, enum guest_access access, unsigned role);
/* The page of `size` bytes at va (inside one page), filled if need be. The result is valid until the next look-up.
 * NULL: w->cause and w->tval say which exception, or w->cause is TLB_ACCESS_FAULT. */
struct tlb_page *tlb_lookup(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role,
                            struct guest_walk *w);
/* A store through the slow path is about to happen on RAM: notes it for fence.i and lets later ones pass inline. */
void tlb_open_for_store(struct vcpu *cpu, struct tlb_page *p, unsigned role);

#endif
