/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical memory of this machine: extents.c over one table. One core allocates, with interrupts off. */
#include "kernel/mm/extents.h"
#include "kernel/mm/mm.h"

static struct extents host;

void pmm_reset(void) { host.count = 0; }
void pmm_add(uint64_t base, uint64_t size) { extents_add(&host, base, size); }
void pmm_reserve(uint64_t base, uint64_t size) { extents_reserve(&host, base, size); }
uint64_t pmm_alloc(uint64_t size, uint64_t align, uint64_t below) { return extents_alloc(&host, size, align, below); }
uint64_t pmm_free_bytes(void) { return extents_bytes(&host); }
uint64_t pmm_largest(uint64_t align) { return extents_largest(&host, align); }
uint64_t pmm_units(uint64_t unit) { return extents_units(&host, unit); }
