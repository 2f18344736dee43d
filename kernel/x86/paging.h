/* SPDX-License-Identifier: BSD-2-Clause */
/* Host page tables: one root for the engine and translated code, or one each (pti.c), and one for firmware calls. */
#ifndef PYRITE_KERNEL_PAGING_H
#define PYRITE_KERNEL_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/bootinfo.h"

enum {
    PG_WRITE = 1, PG_USER = 2, PG_EXEC = 4,
    PG_WC = 8,  /* write-combining: framebuffers */
    PG_UC = 16, /* uncached: device registers */
};

/* Builds the root and switches to it: the image with W^X, the direct map, nothing below slot 256. */
void paging_init(const struct boot_info *bi);
void paging_cpu_init(void); /* CR0, CR4, EFER, PAT of this core */
/* Maps [va, va + size) to [pa, ...), all multiples of 4096, with the largest pages that fit. Nothing may be mapped
 * there.
 * False: no memory for tables. */
bool paging_map(uint64_t va, uint64_t pa, uint64_t size, unsigned flags);
/* Physical address behind va; false: not mapped. */
bool paging_walk(uint64_t va, uint64_t *pa);
/* What a root of the guest's has besides the guest, into its top table: all slots of the engine (256 to 510) but the
 * window on guest RAM, or where ring 3 has tables of its own only its window and the entry; and a number that changes
 * when there is one more. */
void paging_copy_slots(uint64_t *top);
uint32_t paging_slots(void);
/* The top table that ring 3 runs on, physical. */
uint64_t paging_ring3_top(void);
/* From now on ring 3 has tables of its own: the CR3 for those without a guest's own slots (soft memory), 0: no memory.
 * The engine's own pages must not be global then. */
uint64_t paging_split(void);
/* A root on which the ranges of `type` are also mapped one to one, writable and executable, supervisor; 0: no
 * memory. */
uint64_t paging_firmware_root(const struct boot_info *bi);

/* A root below 4 GiB for a core that starts: the engine's slots, and the page at `phys` one to one, executable; 0: no
 * memory. */
uint64_t paging_start_root(uint64_t phys);

#endif
