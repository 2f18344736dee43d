/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that devices read and write. */
#ifndef PYRITE_KERNEL_DMA_H
#define PYRITE_KERNEL_DMA_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, contiguous, page aligned, for ever; its last byte is at most at max_phys. NULL: none left. */
void *dma_alloc(size_t size, uint64_t max_phys, uint64_t *phys);
/* The physical address of a byte of engine memory; only up to the page's end is known by it. */
uint64_t dma_phys(const void *engine_address);

#endif
