/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual address map. Everything of Pyrite lies in PML4 slots 256-510 (docs/design.md, guest memory); slots 0-255
 * and 511 are the guest's, later. A slot is 512 GiB. */
#ifndef PYRITE_KERNEL_MEMLAYOUT_H
#define PYRITE_KERNEL_MEMLAYOUT_H

#include <stdint.h>

#define SLOT_SIZE (1ull << 39)
#define SLOT(n) (0xffff000000000000ull | ((uint64_t)(n) << 39))

/* All RAM but the kernel image, supervisor, read-write, never executable: slots 256-383. */
#define DIRECT_BASE SLOT(256)
#define DIRECT_SIZE (128 * SLOT_SIZE)

/* What ring 3 sees: code regions, environment and tables, guest RAM: slots 384-447. gate.asm tests the bounds. */
#define USER_CODE_BASE SLOT(384)
#define USER_CODE_SIZE (16 * SLOT_SIZE)
#define USER_MEM_BASE SLOT(400)
#define USER_MEM_SIZE SLOT_SIZE
#define USER_RAM_BASE SLOT(401)
#define USER_RAM_SIZE (40 * SLOT_SIZE)
#define USER_END SLOT(448)

/* The engine's own mappings: guest RAM and tables that are not contiguous (slots 450-499), then stacks, MMIO, heap. */
#define ENGINE_RAM_BASE SLOT(450)
#define ENGINE_RAM_SIZE (50 * SLOT_SIZE)
#define VM_BASE SLOT(508)
#define VM_SIZE SLOT_SIZE
#define HEAP_BASE SLOT(509)
#define HEAP_SIZE SLOT_SIZE

#define KERNEL_VMA SLOT(510)

#define PAGE_SIZE 4096ull
#define PAGE_2M (2ull << 20)
#define PAGE_1G (1ull << 30)

static inline void *phys_direct(uint64_t phys) { return (void *)(DIRECT_BASE + phys); }
static inline uint64_t direct_phys(const void *p) { return (uint64_t)p - DIRECT_BASE; }

#endif
