/* SPDX-License-Identifier: BSD-2-Clause */
/* Block storage as virtio-blk sees it: the platform's (kernel/plat.h), or an overlay over one. */
#ifndef PYRITE_DEVICES_BLOCK_H
#define PYRITE_DEVICES_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/plat.h"

struct block {
    /* As plat_block_submit(): off and len are multiples of 512 and inside size; done may be called before it
     * returns. */
    void (*submit)(struct block *b, struct plat_block_req *req);
    uint64_t size; /* bytes, a multiple of 512 */
    bool read_only;
    uint32_t sector; /* bytes that the guest had best read and write at a time, as plat_block_sector(); 0: 512 */
};

/* A file, opened through the platform. NULL: *why. */
struct block *block_open(const char *file, bool disk, bool writable, const char **why);
/* Writes go to memory, the base is only read. NULL: no memory. */
struct block *overlay_create(struct block *base);
/* Frees an overlay, not its base. No request may be under way. */
void overlay_destroy(struct block *overlay);

#endif
