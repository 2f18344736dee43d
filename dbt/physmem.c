/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's physical address space: a short sorted table of regions. Filled before the harts start, read-only
 * after. */
#include <string.h>

#include "dbt/physmem.h"

#include "dbt/engine_int.h"

enum { MAX_REGIONS = 64, MAX_WATCHES = 2 };
enum kind { REGION_RAM, REGION_ROM, REGION_MMIO };
static struct region {
    uint64_t base, size;
    enum kind kind;
    struct plat_user_mem mem;
    const struct mmio_ops *ops;
    void *dev;
    const char *name;
} regions[MAX_REGIONS];
static unsigned nregions;
static struct region largest; /* of RAM: what is looked for, nearly always */
static struct physmem_watch watches[MAX_WATCHES];
static unsigned nwatches;

static bool add(const struct region *r) {
    unsigned i = nregions;
    if (nregions == MAX_REGIONS || r->size == 0 || r->base + r->size < r->base)
        return false;
    for (unsigned k = 0; k < nregions; k++)
        if (r->base < regions[k].base + regions[k].size && regions[k].base < r->base + r->size)
            return false;
    for (; i > 0 && regions[i - 1].base > r->base; i--)
        regions[i] = regions[i - 1];
    regions[i] = *r;
    nregions++;
    if (r->kind == REGION_RAM && r->size > largest.size)
        largest = *r;
    return true;
}

bool physmem_map_ram(uint64_t base, const struct plat_user_mem *mem, const char *name) {
    struct region r = {base, mem->size, REGION_RAM, *mem, NULL, NULL, name};
    return frame_init(base, mem->size) && add(&r);
}

bool physmem_map_rom(uint64_t base, const struct plat_user_mem *mem, const char *name) {
    struct region r = {base, mem->size, REGION_ROM, *mem, NULL, NULL, name};
    return add(&r);
}

bool physmem_map_mmio(uint64_t base, uint64_t size, const struct mmio_ops *ops, void *dev, const char *name) {
    struct region r = {base, size, REGION_MMIO, {0}, ops, dev, name};
    return add(&r);
}

bool physmem_watch(const struct physmem_watch *w) {
    if (nwatches == MAX_WATCHES)
        return false;
    watches[nwatches++] = *w;
    return true;
}

static const struct physmem_watch *watch_of(uint64_t gpa) {
    for (unsigned i = 0; i < nwatches; i++)
        if (gpa - watches[i].page < GUEST_PAGE_SIZE)
            return &watches[i];
    return NULL;
}

bool physmem_watched(uint64_t gpa, uint64_t size) {
    for (unsigned i = 0; i < nwatches; i++)
        if (watches[i].page - gpa < size || gpa - watches[i].page < GUEST_PAGE_SIZE)
            return true;
    return false;
}

static const struct region *find(uint64_t gpa) {
    unsigned lo = 0, hi = nregions;
    if (gpa - largest.base < largest.size)
        return &largest;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (gpa < regions[mid].base)
            hi = mid;
        else if (gpa - regions[mid].base >= regions[mid].size)
            lo = mid + 1;
        else
            return &regions[mid];
    }
    return NULL;
}

bool physmem_find(uint64_t gpa, struct physmem_hit *hit) {
    const struct region *r = find(gpa);
    if (!r)
        return false;
    uint64_t off = gpa - r->base;
    bool mmio = r->kind == REGION_MMIO;
    *hit = (struct physmem_hit){
        .ptr = mmio ? NULL : (uint8_t *)r->mem.engine + off,
        .user = mmio ? 0 : r->mem.user + off,
        .writable = r->kind == REGION_RAM,
        .mmio = r->ops,
        .dev = r->dev,
        .off = off,
        .left = r->size - off,
        .name = r->name,
        .watch = watch_of(gpa),
    };
    return true;
}

void *physmem_dma_ptr(uint64_t gpa, uint64_t len) {
    const struct region *r = find(gpa);
    if (!r || r->kind != REGION_RAM || len > r->size - (gpa - r->base))
        return NULL;
    return (uint8_t *)r->mem.engine + (gpa - r->base);
}

void physmem_dma_written(uint64_t gpa, uint64_t len) {
    if (len == 0)
        return;
    for (uint64_t page = gpa & GUEST_PAGE_MASK; page <= ((gpa + len - 1) & GUEST_PAGE_MASK); page += GUEST_PAGE_SIZE)
        frame_written(page);
}

bool physmem_dma_read(uint64_t gpa, void *buf, size_t len) {
    const void *p = physmem_dma_ptr(gpa, len);
    if (p)
        memcpy(buf, p, len);
    return p != NULL;
}

bool physmem_dma_write(uint64_t gpa, const void *buf, size_t len) {
    void *p = physmem_dma_ptr(gpa, len);
    if (!p)
        return false;
    memcpy(p, buf, len);
    physmem_dma_written(gpa, len);
    return true;
}

bool phys_ld64(uint64_t gpa, uint64_t *out) {
    const uint64_t *p = gpa & 7 ? NULL : physmem_dma_ptr(gpa, 8);
    if (p)
        *out = __atomic_load_n(p, __ATOMIC_ACQUIRE);
    return p != NULL;
}

bool phys_cas64(uint64_t gpa, uint64_t expect, uint64_t val, bool *swapped) {
    uint64_t *p = gpa & 7 ? NULL : physmem_dma_ptr(gpa, 8);
    if (!p)
        return false;
    *swapped = __atomic_compare_exchange_n(p, &expect, val, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    if (*swapped)
        frame_written(gpa & GUEST_PAGE_MASK);
    return true;
}
