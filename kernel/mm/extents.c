/* SPDX-License-Identifier: BSD-2-Clause */
/* A sorted table of free extents of physical memory (extents.h). Pure. Assumes one caller at a time. Guarantees that no
 * page is given out twice and that the first MiB never is. Memory is given from the top, so that what must lie below 4
 * GiB is still there later. */
#include "kernel/mm/extents.h"

#include <string.h>

#define PAGE 4096ull
#define FIRST_MIB (1ull << 20)
#define PHYS_END (1ull << 52) /* MAXPHYADDR of the architecture */

static void insert(struct extents *x, unsigned at, uint64_t base, uint64_t end) {
    if (x->count == EXTENTS_MAX)
        return;
    memmove(&x->ext[at + 1], &x->ext[at], (x->count - at) * sizeof x->ext[0]);
    x->ext[at] = (struct extent){base, end};
    x->count++;
}

static void drop(struct extents *x, unsigned at) {
    x->count--;
    memmove(&x->ext[at], &x->ext[at + 1], (x->count - at) * sizeof x->ext[0]);
}

void extents_add(struct extents *x, uint64_t base, uint64_t size) {
    uint64_t end = size > PHYS_END || base > PHYS_END - size ? PHYS_END : base + size;
    if (base < FIRST_MIB)
        base = FIRST_MIB;
    if (base >= PHYS_END)
        return;
    base = (base + PAGE - 1) & ~(PAGE - 1);
    end &= ~(PAGE - 1);
    if (end <= base)
        return;
    unsigned i = 0;
    while (i < x->count && x->ext[i].end < base)
        i++;
    while (i < x->count && x->ext[i].base <= end) { /* swallow all that touch */
        if (x->ext[i].base < base)
            base = x->ext[i].base;
        if (x->ext[i].end > end)
            end = x->ext[i].end;
        drop(x, i);
    }
    insert(x, i, base, end);
}

void extents_reserve(struct extents *x, uint64_t base, uint64_t size) {
    uint64_t end = size > PHYS_END || base > PHYS_END - size ? PHYS_END : base + size;
    if (size == 0)
        return; /* touches no page */
    base &= ~(PAGE - 1);
    end = (end + PAGE - 1) & ~(PAGE - 1);
    for (unsigned i = 0; i < x->count;) {
        struct extent e = x->ext[i];
        if (e.end <= base || e.base >= end) {
            i++;
            continue;
        }
        drop(x, i);
        if (e.end > end)
            insert(x, i, end, e.end);
        if (e.base < base)
            insert(x, i++, e.base, base);
    }
}

uint64_t extents_alloc(struct extents *x, uint64_t size, uint64_t align, uint64_t below) {
    size = (size + PAGE - 1) & ~(PAGE - 1);
    if (size == 0)
        return EXTENTS_NONE;
    for (unsigned i = x->count; i-- > 0;) {
        uint64_t end = x->ext[i].end < below ? x->ext[i].end : below;
        if (end < size)
            continue;
        uint64_t at = (end - size) & ~(align - 1);
        if (at < x->ext[i].base)
            continue;
        extents_reserve(x, at, size);
        return at;
    }
    return EXTENTS_NONE;
}

uint64_t extents_bytes(const struct extents *x) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < x->count; i++)
        sum += x->ext[i].end - x->ext[i].base;
    return sum;
}

static uint64_t aligned_size(const struct extent *e, uint64_t align) {
    uint64_t base = (e->base + align - 1) & ~(align - 1);
    return e->end > base ? e->end - base : 0;
}

uint64_t extents_largest(const struct extents *x, uint64_t align) {
    uint64_t best = 0;
    for (unsigned i = 0; i < x->count; i++) {
        uint64_t n = aligned_size(&x->ext[i], align);
        if (n > best)
            best = n;
    }
    return best;
}

uint64_t extents_units(const struct extents *x, uint64_t unit) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < x->count; i++)
        sum += aligned_size(&x->ext[i], unit) / unit * unit;
    return sum;
}
