/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory: a sorted table of free extents. Assumes one caller at a time. Guarantees that no page is given out twice
 * and that the first MiB never is. Memory is given from the top, so that what must lie below 4 GiB is still there later. */
#include "kernel/mm/mm.h"

#include <string.h>

enum { MAX_EXTENTS = 1024 };
#define PAGE 4096ull
#define FIRST_MIB (1ull << 20)
#define PHYS_END (1ull << 52) /* MAXPHYADDR of the architecture */

static struct extent {
    uint64_t base, end;
} ext[MAX_EXTENTS];
static unsigned count;

void pmm_reset(void) { count = 0; }

static void insert(unsigned at, uint64_t base, uint64_t end) {
    if (count == MAX_EXTENTS)
        return;
    memmove(&ext[at + 1], &ext[at], (count - at) * sizeof *ext);
    ext[at] = (struct extent){base, end};
    count++;
}

static void drop(unsigned at) {
    count--;
    memmove(&ext[at], &ext[at + 1], (count - at) * sizeof *ext);
}

void pmm_add(uint64_t base, uint64_t size) {
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
    while (i < count && ext[i].end < base)
        i++;
    while (i < count && ext[i].base <= end) { /* swallow all that touch */
        if (ext[i].base < base)
            base = ext[i].base;
        if (ext[i].end > end)
            end = ext[i].end;
        drop(i);
    }
    insert(i, base, end);
}

void pmm_reserve(uint64_t base, uint64_t size) {
    uint64_t end = size > PHYS_END || base > PHYS_END - size ? PHYS_END : base + size;
    base &= ~(PAGE - 1);
    end = (end + PAGE - 1) & ~(PAGE - 1);
    for (unsigned i = 0; i < count;) {
        struct extent e = ext[i];
        if (e.end <= base || e.base >= end) {
            i++;
            continue;
        }
        drop(i);
        if (e.end > end)
            insert(i, end, e.end);
        if (e.base < base)
            insert(i++, e.base, base);
    }
}

uint64_t pmm_alloc(uint64_t size, uint64_t align, uint64_t below) {
    size = (size + PAGE - 1) & ~(PAGE - 1);
    if (size == 0)
        return PMM_NONE;
    for (unsigned i = count; i-- > 0;) {
        uint64_t end = ext[i].end < below ? ext[i].end : below;
        if (end < size)
            continue;
        uint64_t at = (end - size) & ~(align - 1);
        if (at < ext[i].base)
            continue;
        pmm_reserve(at, size);
        return at;
    }
    return PMM_NONE;
}

uint64_t pmm_free_bytes(void) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += ext[i].end - ext[i].base;
    return sum;
}

static uint64_t aligned_size(const struct extent *e, uint64_t align) {
    uint64_t base = (e->base + align - 1) & ~(align - 1);
    return e->end > base ? e->end - base : 0;
}

uint64_t pmm_largest(uint64_t align) {
    uint64_t best = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t n = aligned_size(&ext[i], align);
        if (n > best)
            best = n;
    }
    return best;
}

uint64_t pmm_units(uint64_t unit) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += aligned_size(&ext[i], unit) / unit * unit;
    return sum;
}
