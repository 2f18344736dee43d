/* SPDX-License-Identifier: BSD-2-Clause */
/* Block storage of the platform as a struct block. */
#include "devices/block.h"

#include <stdlib.h>

struct plat_backed {
    struct block block;
    struct plat_block *plat;
};

static void submit(struct block *b, struct plat_block_req *req) {
    plat_block_submit(((struct plat_backed *)b)->plat, req);
}

struct block *block_open(const char *file, bool disk, bool writable, const char **why) {
    struct plat_backed *p = calloc(1, sizeof *p);
    uint64_t size;
    *why = "not enough memory";
    if (!p)
        return NULL;
    if ((disk ? plat_disk_open : plat_block_open)(file, writable, &p->plat, &size, why) != 0) {
        free(p);
        return NULL;
    }
    p->block = (struct block){submit, size & ~(uint64_t)511, !writable, plat_block_sector(p->plat)};
    return &p->block;
}
