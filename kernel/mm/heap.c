/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap under newlib's malloc: one area that grows by 2 MiB, or by pages when memory is in pieces. Assumes malloc's
 * lock. */
#include "kernel/mm/mm.h"

#include "kernel/memlayout.h"
#include "kernel/x86/paging.h"

static uint64_t brk = HEAP_BASE, mapped = HEAP_BASE;

static bool grow(uint64_t size) {
    uint64_t pa = pmm_alloc(size, size, PMM_ANYWHERE);
    if (pa == PMM_NONE || !paging_map(mapped, pa, size, PG_WRITE))
        return false;
    vmm_zero(pa, size);
    mapped += size;
    return true;
}

void *heap_sbrk(ptrdiff_t incr) {
    uint64_t old = brk, next = brk + (uint64_t)incr;
    if (incr < 0 ? next < HEAP_BASE || next > old : next < old || next > HEAP_BASE + HEAP_SIZE)
        return (void *)-1;
    while (mapped < next)
        if (!((mapped & (PAGE_2M - 1)) == 0 && grow(PAGE_2M)) && !grow(PAGE_SIZE))
            return (void *)-1;
    brk = next;
    return (void *)old;
}

/* Fixed by the memory that there was at the first call. */
uint64_t heap_reserve(void) {
    static uint64_t reserve;
    const uint64_t most = 512ull << 20, least = 24ull << 20;
    uint64_t part = pmm_free_bytes() / 8;
    if (!reserve)
        reserve = part > most ? most : part < least ? least : part;
    return reserve;
}
