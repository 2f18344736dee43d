/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical memory of this machine: extents.c over one table, under a lock that is the innermost of all. */
#include "kernel/mm/extents.h"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"

static struct extents host;
static plat_lock_t lock;

#define LOCKED(type, expression) \
    do { \
        plat_lock(&lock); \
        type value = expression; \
        plat_unlock(&lock); \
        return value; \
    } while (0)

/* At the start, when there is one core. */
void pmm_reset(void) { host.count = 0; }
void pmm_add(uint64_t base, uint64_t size) { extents_add(&host, base, size); }
void pmm_reserve(uint64_t base, uint64_t size) { extents_reserve(&host, base, size); }

uint64_t pmm_alloc(uint64_t size, uint64_t align, uint64_t below) {
    LOCKED(uint64_t, extents_alloc(&host, size, align, below));
}
uint64_t pmm_free_bytes(void) { LOCKED(uint64_t, extents_bytes(&host)); }
uint64_t pmm_largest(uint64_t align) { LOCKED(uint64_t, extents_largest(&host, align)); }
uint64_t pmm_units(uint64_t unit) { LOCKED(uint64_t, extents_units(&host, unit)); }
