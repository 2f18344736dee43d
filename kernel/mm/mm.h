/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the host: physical extents (pmm), address space and mappings (vmm), the C library's heap. */
#ifndef PYRITE_KERNEL_MM_H
#define PYRITE_KERNEL_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PMM_NONE (~0ull)
#define PMM_ANYWHERE (~0ull)

/* ---- physical memory: kernel/mm/extents.h says what each does; not zeroed; PMM_NONE: none ---- */
void pmm_reset(void);
void pmm_add(uint64_t base, uint64_t size);
void pmm_reserve(uint64_t base, uint64_t size);
uint64_t pmm_alloc(uint64_t size, uint64_t align, uint64_t below);
uint64_t pmm_free_bytes(void);
uint64_t pmm_largest(uint64_t align);
uint64_t pmm_units(uint64_t unit);

/* ---- address space ---- */
/* `size` bytes (rounded up to pages) of zeroed engine memory, contiguous in its address, from several extents if need
 * be.
 * NULL: none left. */
void *vmm_alloc(uint64_t size);
/* A stack of `size` bytes with an unmapped page below it; returns its top. Panics without memory. */
void *vmm_stack(uint64_t size);
/* Device or table memory at a physical address, mapped with paging flags. NULL: no memory for tables. */
void *vmm_map_phys(uint64_t phys, uint64_t size, unsigned flags);
/* Physical memory of `size` bytes gathered in 2 MiB units and mapped at one or two addresses (va2 0: one). All or
 * nothing is not promised: on false some of it may be mapped. */
bool vmm_gather(uint64_t size, uint64_t va1, unsigned flags1, uint64_t va2, unsigned flags2, bool zero);
/* Zeroes physical memory, whole pages, through the direct map. */
void vmm_zero(uint64_t phys, uint64_t size);

void *heap_sbrk(ptrdiff_t incr); /* (void *)-1: none left */
/* Bytes that code memory must leave for the heap and tables. */
uint64_t heap_reserve(void);

#endif
