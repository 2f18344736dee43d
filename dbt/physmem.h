/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's physical address space: RAM, ROM and device registers. */
#ifndef PYRITE_DBT_PHYSMEM_H
#define PYRITE_DBT_PHYSMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/plat.h"

/* Device registers. `off` is relative to the region; size is 1, 2, 4 or 8, off is a multiple of it, and only sizes
 * within [min, max] arrive (others give an access fault). Called in the hart loop or from a helper. */
struct mmio_ops {
    uint64_t (*read)(void *dev, uint64_t off, unsigned size);
    void (*write)(void *dev, uint64_t off, uint64_t val, unsigned size);
    uint8_t min, max;
};

/* Regions must not overlap; base and size are multiples of 4096 (MMIO smaller than a page is rounded up; accesses
 * beyond mmio_size fault). False: too many regions or an overlap. */
bool physmem_map_ram(uint64_t base, const struct plat_user_mem *mem, const char *name);
bool physmem_map_rom(uint64_t base, const struct plat_user_mem *mem, const char *name); /* stores fault */
bool physmem_map_mmio(uint64_t base, uint64_t size, const struct mmio_ops *ops, void *dev, const char *name);

/* RAM of which a device wants to know when a hart has stored to it: `written` is called after each store to this page,
 * in a helper, as mmio_ops are. Loads, fetches, page tables and DMA are those of any RAM. */
struct physmem_watch {
    uint64_t page; /* guest physical address, a multiple of 4096 */
    void (*written)(void *dev, uint64_t gpa, unsigned size);
    void *dev;
};
bool physmem_watch(const struct physmem_watch *w); /* false: too many */
bool physmem_watched(uint64_t gpa, uint64_t size); /* some page of these is */

/* What translated code and the helpers use. RAM: *ptr (engine) and *user. */
struct physmem_hit {
    void *ptr;
    uint64_t user;
    bool writable;
    const struct mmio_ops *mmio; /* non-NULL: a device */
    void *dev;
    uint64_t off;                /* in the region */
    uint64_t left;               /* bytes from here to the end of the region */
    const char *name;
    const struct physmem_watch *watch; /* NULL: nobody asked */
};
bool physmem_find(uint64_t gpa, struct physmem_hit *hit);

/* DMA by devices. `ptr`: engine address of [gpa, gpa+len) if all of it is RAM, else NULL; a range that is written must
 * be announced by physmem_dma_written() afterwards, so that code pages in it are noticed. */
void *physmem_dma_ptr(uint64_t gpa, uint64_t len);
void physmem_dma_written(uint64_t gpa, uint64_t len);
bool physmem_dma_read(uint64_t gpa, void *buf, size_t len);
bool physmem_dma_write(uint64_t gpa, const void *buf, size_t len);

#endif
