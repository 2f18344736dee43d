/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory protection (privileged spec 3.7, Smepmp): 64 entries, grain 4 bytes. The lowest entry that matches
 * any byte of an access decides; it must match all of them. Look-ups work on the entries that are not OFF, decoded when
 * one changes. Guarantees that *whole is only true when each byte of the page gets the same answer, so that the TLB may
 * keep it. */
#include <string.h>

#include "dbt/rv64/sys.h"

#define PMP_ADDR_MASK (((uint64_t)1 << 54) - 1)
#define PMP_END ((uint64_t)1 << 57) /* above all that an entry can name */

enum { LD = 1 << GUEST_LOAD, ST = 1 << GUEST_STORE, EX = 1 << GUEST_FETCH, ALL = LD | ST | EX };

/* ---- what an entry means ----------------------------------------------------------------------------------------- */

/* Bytes first to last (inclusive: the last byte of the address space has none behind it). False: matches nothing. */
static bool range(const struct rv64_cpu *r, unsigned i, uint64_t *first, uint64_t *last) {
    uint64_t addr = r->pmpaddr[i];
    switch (r->pmpcfg[i] & PMP_A) {
    case PMP_TOR:
        *first = i ? r->pmpaddr[i - 1] << 2 : 0;
        *last = (addr << 2) - 1;
        return *first < addr << 2;
    case PMP_NA4:
        *first = addr << 2;
        *last = *first + 3;
        return true;
    case PMP_NAPOT: {
        uint64_t ones = addr ^ (addr + 1); /* up to and with the lowest zero */
        *first = (addr & ~ones) << 2;
        *last = (addr | ones) << 2 | 3;
        return true;
    }
    default: return false;
    }
}

static uint8_t rwx(uint8_t cfg) {
    return (cfg & PMP_R ? LD : 0) | (cfg & PMP_W ? ST : 0) | (cfg & PMP_X ? EX : 0);
}

/* mseccfg.MML: what L, R, W, X mean to M-mode and to S and U (Smepmp, "Truth table when mseccfg.MML is set"), in the
 * order of the number LRWX. */
static const struct pmp_prot mml[16] = {
    {0, 0},  {0, EX}, {LD | ST, LD}, {LD | ST, LD | ST}, {0, LD},  {0, LD | EX},  {0, LD | ST}, {0, ALL},
    {0, 0},  {EX, 0}, {EX, EX},      {LD | EX, EX},      {LD, 0},  {LD | EX, 0},  {LD | ST, 0}, {LD, LD},
};

static unsigned lrwx(uint8_t cfg) {
    return (cfg & PMP_L ? 8u : 0) | (cfg & PMP_R ? 4u : 0) | (cfg & PMP_W ? 2u : 0) | (cfg & PMP_X ? 1u : 0);
}

static struct pmp_prot prot_of(const struct rv64_cpu *r, uint8_t cfg) {
    if (r->mseccfg & MSECCFG_MML)
        return mml[lrwx(cfg)];
    return (struct pmp_prot){cfg & PMP_L ? rwx(cfg) : ALL, rwx(cfg)};
}

/* Where no entry matches. */
static struct pmp_prot background(const struct rv64_cpu *r) {
    unsigned m = r->mseccfg & MSECCFG_MMWP ? 0 : r->mseccfg & MSECCFG_MML ? LD | ST : ALL;
    return (struct pmp_prot){(uint8_t)m, 0};
}

/* The whole pages from `first` on up to where the next entry begins or ends; there may be none. */
static struct pmp_range stretch(const struct pmp_ranges *all, uint64_t first) {
    struct pmp_range s = {.first = (first + GUEST_PAGE_SIZE - 1) & GUEST_PAGE_MASK, .prot = all->none};
    uint64_t end = PMP_END;
    bool found = false;
    for (const struct pmp_range *p = all->range; p < all->range + all->n; p++) {
        if (p->first > first) {
            end = p->first < end ? p->first : end;
        } else if (p->last >= first) {
            end = p->last + 1 < end ? p->last + 1 : end;
            s.prot = found ? s.prot : p->prot;
            found = true;
        }
    }
    end &= GUEST_PAGE_MASK;
    s.last = end - 1;
    return end > s.first ? s : (struct pmp_range){.first = 1};
}

static struct pmp_range widest(const struct pmp_ranges *all) {
    struct pmp_range best = stretch(all, 0);
    for (unsigned i = 0; i < 2 * all->n; i++) {
        const struct pmp_range *p = &all->range[i / 2];
        struct pmp_range s = stretch(all, i & 1 ? p->last + 1 : p->first);
        if (s.first <= s.last && (best.first > best.last || s.last - s.first > best.last - best.first))
            best = s;
    }
    return best;
}

bool rv64_pmp_update(struct rv64_cpu *r) {
    struct pmp_ranges now;
    memset(&now, 0, sizeof now); /* padding too: it is compared below */
    now.none = background(r);
    for (unsigned i = 0; i < RV64_PMP; i++) {
        struct pmp_range *p = &now.range[now.n];
        if (!range(r, i, &p->first, &p->last))
            continue;
        p->prot = prot_of(r, r->pmpcfg[i]);
        now.n++;
    }
    struct pmp_range w = widest(&now);
    now.widest.first = w.first;
    now.widest.last = w.last;
    now.widest.prot = w.prot;
    if (!memcmp(&now, &r->pmp, sizeof now))
        return false;
    r->pmp = now;
    return true;
}

/* ---- look-ups ---------------------------------------------------------------------------------------------------- */

static unsigned for_priv(struct pmp_prot p, unsigned priv) { return priv == PRV_M ? p.m : p.su; }

unsigned rv64_pmp_prot(const struct rv64_cpu *r, uint64_t gpa, unsigned size, unsigned priv, bool *whole) {
    uint64_t end = gpa + size - 1, page = gpa & GUEST_PAGE_MASK, page_end = page | (GUEST_PAGE_SIZE - 1);
    const struct pmp_range *widest = &r->pmp.widest;
    *whole = true;
    if (gpa >= widest->first && end <= widest->last)
        return for_priv(widest->prot, priv);
    for (const struct pmp_range *p = r->pmp.range, *stop = p + r->pmp.n; p < stop; p++) {
        if (p->last < page || p->first > page_end)
            continue;
        if (p->first > page || p->last < page_end)
            *whole = false;
        if (p->last < gpa || p->first > end)
            continue;
        return p->first <= gpa && end <= p->last ? for_priv(p->prot, priv) : 0;
    }
    return for_priv(r->pmp.none, priv);
}

bool rv64_pmp_allows(const struct rv64_cpu *r, uint64_t gpa, unsigned size, enum guest_access a, unsigned priv,
                     bool *whole) {
    return rv64_pmp_prot(r, gpa, size, priv, whole) >> a & 1;
}

/* No entry begins or ends inside. */
bool rv64_pmp_uniform(const struct vcpu *cpu, uint64_t gpa, uint64_t size) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t last = gpa + size - 1;
    for (const struct pmp_range *p = r->pmp.range, *stop = p + r->pmp.n; p < stop; p++)
        if (p->first <= last && p->last >= gpa && (p->first > gpa || p->last < last))
            return false;
    return true;
}

/* ---- writes ------------------------------------------------------------------------------------------------------ */

static bool locked(const struct rv64_cpu *r, unsigned i) { return r->pmpcfg[i] & PMP_L && !(r->mseccfg & MSECCFG_RLB); }

/* Under MML no rule that lets M-mode execute can be added, unless RLB is set. */
static bool forbidden(const struct rv64_cpu *r, uint8_t cfg) {
    return (r->mseccfg & (MSECCFG_MML | MSECCFG_RLB)) == MSECCFG_MML && mml[lrwx(cfg)].m & EX;
}

void rv64_pmp_write_cfg(struct rv64_cpu *r, unsigned i, uint8_t v) {
    v &= PMP_R | PMP_W | PMP_X | PMP_A | PMP_L;
    if (locked(r, i) || forbidden(r, v))
        return;
    if (!(r->mseccfg & MSECCFG_MML) && (v & (PMP_R | PMP_W)) == PMP_W) /* reserved: becomes no access */
        v &= ~PMP_W;
    r->pmpcfg[i] = v;
}

/* A locked TOR entry locks the address below it as well. */
void rv64_pmp_write_addr(struct rv64_cpu *r, unsigned i, uint64_t v) {
    bool above = i + 1 < RV64_PMP && locked(r, i + 1) && (r->pmpcfg[i + 1] & PMP_A) == PMP_TOR;
    if (!locked(r, i) && !above)
        r->pmpaddr[i] = v & PMP_ADDR_MASK;
}

/* MML and MMWP stay once they are set. RLB cannot be set again while something is locked: once it is clear, that holds
 * for good. */
void rv64_pmp_write_mseccfg(struct rv64_cpu *r, uint64_t v) {
    bool any_locked = false;
    for (unsigned i = 0; i < RV64_PMP; i++)
        any_locked |= (r->pmpcfg[i] & PMP_L) != 0;
    if (!(r->mseccfg & MSECCFG_RLB) && any_locked)
        v &= ~MSECCFG_RLB;
    r->mseccfg = v | (r->mseccfg & (MSECCFG_MML | MSECCFG_MMWP));
}
