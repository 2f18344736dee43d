/* SPDX-License-Identifier: BSD-2-Clause */
/* Address translation: Sv39, Sv48, Sv57 (privileged spec 10.3 to 10.6), Svade and Svadu, Svnapot, Svpbmt, and PMP for
 * what translation reads and yields.
 *
 * A and D are set by the walk itself, by compare-and-swap, where menvcfg.ADUE says so; else a clear bit is a page
 * fault. PBMT types are checked, and make no difference to this memory. Assumes guest memory may change under the walk
 * (other harts, DMA): each entry is read once. */
#include <string.h>

#include "dbt/rv64/sys.h"

enum {
    PTE_V = 1,
    PTE_R = 2,
    PTE_W = 4,
    PTE_X = 8,
    PTE_U = 16,
    PTE_G = 32,
    PTE_A = 64,
    PTE_D = 128,
    PTE_PPN_SHIFT = 10,
    PHYSICAL_BITS = 56,
    PTE_SIZE = 8
};
enum { NAPOT_64K = 8, NAPOT_BITS = 4 }; /* ppn[0] of an N page: the only size there is */
#define PTE_N ((uint64_t)1 << 63)
#define PTE_PBMT ((uint64_t)3 << 61)
#define PTE_RESERVED ((uint64_t)0x7f << 54)
#define PTE_PPN_MASK (((uint64_t)1 << 44) - 1)

static bool fault(struct guest_walk *w, uint64_t va, enum guest_access access, bool page) {
    static const uint8_t page_fault[] = {EXC_LOAD_PAGE, EXC_STORE_PAGE, EXC_INSN_PAGE};
    static const uint8_t access_fault[] = {EXC_LOAD_ACCESS, EXC_STORE_ACCESS, EXC_INSN_ACCESS};
    w->cause = (page ? page_fault : access_fault)[access];
    w->tval = va;
    return false;
}

/* What a leaf allows a role, by its R, W, X and U alone. */
static unsigned leaf_prot(uint64_t pte, unsigned role) {
    bool user_page = pte & PTE_U, user = (role & 3) == ROLE_U, sum = (role & 3) == ROLE_S_SUM;
    unsigned data = (pte & PTE_R || (role & ROLE_MXR && pte & PTE_X) ? 1 << GUEST_LOAD : 0) |
                    (pte & PTE_W ? 1 << GUEST_STORE : 0);
    unsigned fetch = pte & PTE_X ? 1 << GUEST_FETCH : 0;
    if (user)
        return user_page ? data | fetch : 0;
    if (user_page)
        return sum ? data : 0; /* never executable for the supervisor */
    return data | fetch;
}

/* The first store to a page whose D is clear walks again, to set it. */
static unsigned leaf_allows(uint64_t pte, unsigned role) {
    return leaf_prot(pte, role) & ~(pte & PTE_D ? 0 : 1u << GUEST_STORE);
}

/* One level of the table: where the entry is and what it was. */
struct step {
    uint64_t at, pte;
    unsigned level;
    bool global; /* G was set on the way: all that lies below is global (10.3.1) */
};

enum outcome { WALK_OK, WALK_PAGE_FAULT, WALK_ACCESS_FAULT, WALK_AGAIN };

/* N and PBMT belong to leaves, N to those of the last level; bits 60:54 to nobody. */
static bool reserved_attributes(const struct rv64_cpu *r, const struct step *s) {
    uint64_t pte = s->pte;
    if (!(pte & (PTE_N | PTE_PBMT | PTE_RESERVED)))
        return false;
    if (pte & PTE_RESERVED || !(pte & (PTE_R | PTE_X)))
        return true;
    if (pte & PTE_PBMT && (!(r->menvcfg & MENVCFG_PBMTE) || (pte & PTE_PBMT) == PTE_PBMT))
        return true;
    bool size_known = (pte >> PTE_PPN_SHIFT & ((1 << NAPOT_BITS) - 1)) == NAPOT_64K;
    return pte & PTE_N && (!rv64_has(r->model, EXT_svnapot) || s->level || !size_known);
}

static enum outcome read_pte(const struct rv64_cpu *r, struct step *s) {
    bool whole;
    if (!rv64_pmp_allows(r, s->at, PTE_SIZE, GUEST_LOAD, PRV_S, &whole) || !phys_ld64(s->at, &s->pte))
        return WALK_ACCESS_FAULT;
    if (!(s->pte & PTE_V) || (s->pte & (PTE_R | PTE_W)) == PTE_W || reserved_attributes(r, s))
        return WALK_PAGE_FAULT;
    return WALK_OK;
}

/* Down to the leaf. A, D and U of a pointer are reserved; a superpage must be aligned. */
static enum outcome find_leaf(const struct rv64_cpu *r, uint64_t va, unsigned levels, struct step *s) {
    uint64_t table = (r->satp & SATP_PPN) << GUEST_PAGE_BITS;
    s->global = false;
    for (s->level = levels; s->level-- > 0;) {
        s->at = table + (va >> (GUEST_PAGE_BITS + 9 * s->level) & 511) * PTE_SIZE;
        enum outcome o = read_pte(r, s);
        if (o != WALK_OK)
            return o;
        uint64_t ppn = s->pte >> PTE_PPN_SHIFT & PTE_PPN_MASK;
        s->global |= (s->pte & PTE_G) != 0;
        if (s->pte & (PTE_R | PTE_X))
            return ppn & (((uint64_t)1 << 9 * s->level) - 1) ? WALK_PAGE_FAULT : WALK_OK;
        if (s->pte & (PTE_A | PTE_D | PTE_U))
            return WALK_PAGE_FAULT;
        table = ppn << GUEST_PAGE_BITS;
    }
    return WALK_PAGE_FAULT;
}

static bool updates_ad(const struct rv64_cpu *r) {
    return rv64_has(r->model, EXT_svadu) ? r->menvcfg & MENVCFG_ADUE : !rv64_has(r->model, EXT_svade);
}

/* Sets A, and D for a store, or faults for them. The entry must still be what was read. */
static enum outcome set_ad(const struct rv64_cpu *r, struct step *s, enum guest_access access) {
    uint64_t want = s->pte | PTE_A | (access == GUEST_STORE ? PTE_D : 0);
    bool whole, swapped;
    if (want == s->pte)
        return WALK_OK;
    if (!updates_ad(r))
        return WALK_PAGE_FAULT;
    if (!rv64_pmp_allows(r, s->at, PTE_SIZE, GUEST_STORE, PRV_S, &whole) || !phys_cas64(s->at, s->pte, want, &swapped))
        return WALK_ACCESS_FAULT;
    s->pte = want;
    return swapped ? WALK_OK : WALK_AGAIN;
}

static enum outcome translate(const struct rv64_cpu *r, uint64_t va, enum guest_access access, unsigned role,
                              unsigned levels, struct step *s) {
    unsigned unused = 64 - GUEST_PAGE_BITS - 9 * levels;
    enum outcome o;
    if ((uint64_t)((int64_t)(va << unused) >> unused) != va)
        return WALK_PAGE_FAULT;
    do {
        o = find_leaf(r, va, levels, s);
        if (o == WALK_OK && !(leaf_prot(s->pte, role) >> access & 1))
            o = WALK_PAGE_FAULT;
        if (o == WALK_OK)
            o = set_ad(r, s, access);
    } while (o == WALK_AGAIN);
    return o;
}

static void log_walk(const struct vcpu *cpu, uint64_t va, enum guest_access access, unsigned role, bool ok,
                     const struct guest_walk *w) {
    static const char *const what[] = {"load", "store", "fetch"};
    if (ok)
        plat_log("mmu %u: %s of %#llx in role %u: %#llx, prot %u, page of 2^%u%s\n", cpu->hart.id, what[access],
                 (unsigned long long)va, role, (unsigned long long)w->gpa, w->prot, w->lg_size,
                 w->cacheable ? "" : ", in part");
    else
        plat_log("mmu %u: %s of %#llx in role %u: cause %llu\n", cpu->hart.id, what[access], (unsigned long long)va,
                 role, (unsigned long long)w->cause);
}

static bool walk(const struct rv64_cpu *r, uint64_t va, unsigned size, enum guest_access access, unsigned role,
                 struct guest_walk *w) {
    unsigned mode = (unsigned)(r->satp >> SATP_MODE_SHIFT), allowed = 7;
    w->gpa = va;
    w->lg_size = PHYSICAL_BITS;
    w->common = false;
    w->entry = 0;
    if ((role & 3) != ROLE_M && mode != SATP_BARE) {
        struct step s;
        enum outcome o = translate(r, va, access, role, mode - SATP_SV39 + 3, &s);
        if (o != WALK_OK)
            return fault(w, va, access, o == WALK_PAGE_FAULT);
        w->lg_size = (uint8_t)(GUEST_PAGE_BITS + (s.pte & PTE_N ? NAPOT_BITS : 9 * s.level));
        uint64_t offset = ((uint64_t)1 << w->lg_size) - 1;
        w->gpa = (((s.pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << GUEST_PAGE_BITS) & ~offset) | (va & offset);
        w->entry = w->lg_size == GUEST_PAGE_BITS ? s.at : 0;
        w->global = s.global;
        w->common = s.global && !(s.pte & PTE_U);
        allowed = leaf_allows(s.pte, role);
    }
    w->prot = (uint8_t)(allowed & rv64_pmp_prot(r, w->gpa, size, rv64_role_priv(role), &w->cacheable));
    return w->prot >> access & 1 ? true : fault(w, va, access, false);
}

bool rv64_walk(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role,
               struct guest_walk *w) {
    if (rv64(cpu)->hpm_walks)
        rv64_count_walk(cpu, access);
    bool ok = walk(rv64(cpu), va, size, access, role, w);
    if (plat_log_on(LOG_mmu))
        log_walk(cpu, va, access, role, ok, w);
    return ok;
}

/* The entries lie side by side in one table, which walk() came through. */
void rv64_around(const struct vcpu *cpu, unsigned n, unsigned skip, unsigned role, const struct guest_walk *from,
                 struct guest_walk *w) {
    const struct rv64_cpu *r = rv64(cpu);
    enum { USED = PTE_V | PTE_R | PTE_A };
    uint64_t first = from->entry & ~(uint64_t)(n * PTE_SIZE - 1);
    bool whole;
    memset(w, 0, n * sizeof *w);
    if (!rv64_pmp_allows(r, first, n * PTE_SIZE, GUEST_LOAD, PRV_S, &whole))
        return;
    for (unsigned i = 0; i < n; i++) {
        struct step s = {.at = first + i * PTE_SIZE};
        if (skip >> i & 1 || s.at == from->entry || !phys_ld64(s.at, &s.pte))
            continue;
        if ((s.pte & USED) != USED || s.pte & PTE_N || reserved_attributes(r, &s))
            continue;
        bool global = s.pte & PTE_G;
        if (from->global && !global) /* by a pointer above, perhaps: its own walk will tell */
            continue;
        w[i] = (struct guest_walk){.gpa = (s.pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << GUEST_PAGE_BITS,
                                   .lg_size = GUEST_PAGE_BITS, .global = global,
                                   .common = global && !(s.pte & PTE_U), .entry = s.at};
        w[i].prot = (uint8_t)(leaf_allows(s.pte, role) &
                              rv64_pmp_prot(r, w[i].gpa, 1, rv64_role_priv(role), &w[i].cacheable));
    }
}
