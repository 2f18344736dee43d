/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests in units of 512 bytes to a range of a disk, whose sectors may be larger: whole sectors go as they are, what
 * covers a part of one is read, and written, around it. Called in the hart loop only. */
#ifndef PYRITE_KERNEL_SECTORS_H
#define PYRITE_KERNEL_SECTORS_H

#include "kernel/drivers/blkq.h"
#include "kernel/plat.h"

struct sectors {
    uint64_t first, count;      /* the range, in the disk's sectors */
    uint32_t size;              /* of a sector: bytes, 512 to 4096, a power of two */
    void (*submit)(void *arg, struct blk_req *req); /* to the disk; may end it at once */
    void *arg;
    struct sectors_transfer *writes; /* those that have not ended, in the order of their coming; the module's own */
};

/* Ends the request once, with EINVAL (not inside the range), ENOMEM or what the disk says. Of a sector that is written
 * in part the rest stays as it is, also beside other writes that are under way; when it cannot be read, nothing of the
 * request is written. */
void sectors_submit(struct sectors *s, struct plat_block_req *req);

#endif
