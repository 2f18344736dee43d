/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the host: physical extents (pmm), address space and mappings (vmm), the C library's heap. */
#ifndef PYRITE_KERNEL_MM_H
#define PYRITE_KERNEL_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMM_NONE (~0ull)
#define PMM_ANYWHERE (~0ull)

/* ---- physical memory: a sorted list of free extents, page granular. No locks: one core, interrupts off. ---- */
void pmm_reset(void);
/* Gives [base, base + size) to the allocator, shrunk to whole pages and clipped to [1 MiB, 2^52). Overlaps with what is
 * free already, and what does not fit into the table, are dropped. */
void pmm_add(uint64_t base, uint64_t size);
/* Takes a range out, whether or not it is free. */
void pmm_reserve(uint64_t base, uint64_t size);
/* A contiguous piece from the highest addresses that end at or below `below`; size and align in bytes, align a power of
 * two of at least 4096. Not zeroed. PMM_NONE: none. */
uint64_t pmm_alloc(uint64_t size, uint64_t align, uint64_t below);
uint64_t pmm_free_bytes(void);
/* The largest piece that pmm_alloc() could give with this alignment. */
uint64_t pmm_largest(uint64_t align);
/* Sum of all whole, aligned units of `unit` bytes. */
uint64_t pmm_units(uint64_t unit);

/* ---- address space ---- */
/* `size` bytes (rounded up to pages) of zeroed engine memory, contiguous in its address, from several extents if need be.
 * NULL: none left. */
void *vmm_alloc(uint64_t size);
/* A stack of `size` bytes with an unmapped page below it; returns its top. Panics without memory. */
void *vmm_stack(uint64_t size);
/* Device or table memory at a physical address, mapped with paging flags. NULL: no memory for tables. */
void *vmm_map_phys(uint64_t phys, uint64_t size, unsigned flags);
/* Physical memory of `size` bytes gathered in 2 MiB units and mapped at one or two addresses (va2 0: one). All or nothing
 * is not promised: on false some of it may be mapped. */
bool vmm_gather(uint64_t size, uint64_t va1, unsigned flags1, uint64_t va2, unsigned flags2, bool zero);
/* Zeroes physical memory through the direct map. */
void vmm_zero(uint64_t phys, uint64_t size);

void *heap_sbrk(ptrdiff_t incr); /* (void *)-1: none left */
/* Bytes that code memory must leave for the heap and tables. */
uint64_t heap_reserve(void);

#endif
