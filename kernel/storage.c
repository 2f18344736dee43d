/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and block storage (kernel/plat.h): what the door loaded, in memory, read-only; and the PC's
 * disks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/disk.h"
#include "kernel/drivers/sectors.h"
#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/plat.h"

struct plat_block {
    const uint8_t *data;
    uint64_t size;
    bool disk; /* then sectors leads to it, and data is not used */
    struct sectors sectors;
};

/* ---- files in memory that were given a name ---- */

static struct added {
    const char *name;
    struct plat_file file;
} added[16];
static unsigned nadded;

bool plat_file_add(const char *name, const void *data, uint64_t size) {
    if (nadded == sizeof added / sizeof *added)
        return false;
    added[nadded++] = (struct added){name, {data, size}};
    return true;
}

static const struct plat_file *find_added(const char *name) {
    for (unsigned i = 0; i < nadded; i++)
        if (!strcmp(added[i].name, name))
            return &added[i].file;
    return NULL;
}

int plat_file_open(const char *name, struct plat_file *out, const char **why) {
    const struct plat_file *in_memory = find_added(name);
    if (in_memory) {
        *out = *in_memory;
        return 0;
    }
    const struct boot_file *f = files_find(boot_info, name);
    if (!f) {
        *why = "No such file on the boot medium";
        return ENOENT;
    }
    *out = (struct plat_file){phys_direct(f->base), f->size};
    return 0;
}

int plat_block_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    struct plat_file f;
    int err = plat_file_open(name, &f, why);
    if (err)
        return err;
    if (writable) {
        *why = "Files of the boot medium and the network are in memory and cannot be written "
               "(leave out rw: changes stay in RAM)";
        return EROFS;
    }
    struct plat_block *b = malloc(sizeof *b);
    if (!b) {
        *why = "No memory";
        return ENOMEM;
    }
    *b = (struct plat_block){.data = f.data, .size = f.size};
    *size = f.size & ~511ull;
    *out = b;
    return 0;
}

static int perform(const struct plat_block *b, const struct plat_block_req *req) {
    if (req->op == PLAT_BLOCK_FLUSH)
        return 0;
    if (req->op != PLAT_BLOCK_READ)
        return EROFS;
    if (req->off > b->size || req->len > b->size - req->off)
        return EINVAL;
    memcpy(req->buf, b->data + req->off, req->len);
    return 0;
}

/* ---- disks ---- */

static void to_disk(void *disk, struct blk_req *req) { disk_submit(disk, req); }

int plat_disk_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    struct plat_block *b = calloc(1, sizeof *b);
    if (!b) {
        *why = "No memory";
        return ENOMEM;
    }
    struct disk_range range;
    int err = disk_open(name, writable, &range, why);
    if (err) {
        free(b);
        return err;
    }
    b->disk = true;
    b->sectors = (struct sectors){range.first, range.sectors, range.disk->q->sector_size, to_disk, range.disk, NULL};
    *size = b->size = range.sectors * b->sectors.size;
    *out = b;
    return 0;
}

uint32_t plat_block_sector(const struct plat_block *b) { return b->disk ? b->sectors.size : 512; }

void plat_block_submit(struct plat_block *b, struct plat_block_req *req) {
    if (b->disk)
        sectors_submit(&b->sectors, req);
    else
        req->done(req, perform(b, req));
}

void plat_block_poll(void) { disk_poll(); }
