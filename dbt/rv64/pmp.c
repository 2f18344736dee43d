/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory protection (privileged spec 3.7): 16 entries, grain 4 bytes. The lowest entry that matches any byte of an
 * access decides; it must match all of them. Guarantees that *whole is only true when each byte of the page gets the same
 * answer, so that the TLB may keep it. */
#include "dbt/rv64/sys.h"

#define PMP_ADDR_MASK (((uint64_t)1 << 54) - 1)

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

static unsigned prot_of(uint8_t cfg, unsigned priv) {
    if (priv == PRV_M && !(cfg & PMP_L))
        return 1 << GUEST_LOAD | 1 << GUEST_STORE | 1 << GUEST_FETCH;
    return (cfg & PMP_R ? 1 << GUEST_LOAD : 0) | (cfg & PMP_W ? 1 << GUEST_STORE : 0) | (cfg & PMP_X ? 1 << GUEST_FETCH : 0);
}

unsigned rv64_pmp_prot(const struct rv64_cpu *r, uint64_t gpa, unsigned size, unsigned priv, bool *whole) {
    uint64_t end = gpa + size - 1, page = gpa & GUEST_PAGE_MASK, page_end = page | (GUEST_PAGE_SIZE - 1), first, last;
    *whole = true;
    for (unsigned i = 0; r->pmp_any && i < RV64_PMP; i++) {
        if (!range(r, i, &first, &last) || last < page || first > page_end)
            continue;
        if (first > page || last < page_end)
            *whole = false;
        if (last < gpa || first > end)
            continue;
        return first <= gpa && end <= last ? prot_of(r->pmpcfg[i], priv) : 0;
    }
    return priv == PRV_M ? prot_of(0, PRV_M) : 0;
}

bool rv64_pmp_allows(const struct rv64_cpu *r, uint64_t gpa, unsigned size, enum guest_access a, unsigned priv, bool *whole) {
    return rv64_pmp_prot(r, gpa, size, priv, whole) >> a & 1;
}

void rv64_pmp_write_cfg(struct rv64_cpu *r, unsigned i, uint8_t v) {
    if (r->pmpcfg[i] & PMP_L)
        return;
    v &= PMP_R | PMP_W | PMP_X | PMP_A | PMP_L;
    if ((v & (PMP_R | PMP_W)) == PMP_W) /* reserved: becomes no access */
        v &= ~PMP_W;
    r->pmpcfg[i] = v;
    r->pmp_any = false;
    for (unsigned k = 0; k < RV64_PMP; k++)
        r->pmp_any |= (r->pmpcfg[k] & PMP_A) != PMP_OFF;
}

/* A locked TOR entry locks the address below it as well. */
void rv64_pmp_write_addr(struct rv64_cpu *r, unsigned i, uint64_t v) {
    bool above = i + 1 < RV64_PMP && r->pmpcfg[i + 1] & PMP_L && (r->pmpcfg[i + 1] & PMP_A) == PMP_TOR;
    if (!(r->pmpcfg[i] & PMP_L) && !above)
        r->pmpaddr[i] = v & PMP_ADDR_MASK;
}
