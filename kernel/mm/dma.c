/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for devices, from the direct map. */
#include "kernel/mm/dma.h"

#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"
#include "kernel/x86/paging.h"

void *dma_alloc(size_t size, uint64_t max_phys, uint64_t *phys) {
    uint64_t bytes = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    uint64_t below = max_phys == UINT64_MAX ? PMM_ANYWHERE : max_phys + 1;
    uint64_t pa = bytes ? pmm_alloc(bytes, PAGE_SIZE, below) : PMM_NONE;
    if (pa == PMM_NONE)
        return NULL;
    vmm_zero(pa, bytes);
    *phys = pa;
    return phys_direct(pa);
}

uint64_t dma_phys(const void *engine_address) {
    uint64_t pa;
    if (!paging_walk((uint64_t)engine_address, &pa))
        plat_panic("DMA: %p is not mapped", engine_address);
    return pa;
}
