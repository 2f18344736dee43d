/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and block storage (kernel/plat.h): what the door loaded, in memory, read-only; and the PC's
 * disks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/disk.h"
#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/plat.h"

struct plat_block {
    const uint8_t *data;
    uint64_t size;
    struct disk_range range; /* where there is a disk: data is not used */
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

struct transfer {
    struct blk_req req;
    struct plat_block_req *guest;
    uint8_t *buf;   /* whole sectors around what is wanted; NULL: the request's own */
    uint32_t skip;  /* bytes of buf before it */
};

int plat_disk_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    struct plat_block *b = calloc(1, sizeof *b);
    if (!b) {
        *why = "No memory";
        return ENOMEM;
    }
    int err = disk_open(name, writable, &b->range, why);
    if (err) {
        free(b);
        return err;
    }
    *size = b->size = b->range.sectors * b->range.disk->q->sector_size;
    *out = b;
    return 0;
}

static void transferred(struct blk_req *req, int err) {
    struct transfer *t = (struct transfer *)req;
    struct plat_block_req *guest = t->guest;
    if (t->buf && !err)
        memcpy(guest->buf, t->buf + t->skip, guest->len);
    free(t->buf);
    free(t);
    guest->done(guest, err);
}

/* Requests are of 512 bytes, sectors may be larger: then whole ones are read. (Such a disk is never written.) 0 or
 * errno. */
static int fit(const struct plat_block *b, const struct plat_block_req *req, struct transfer *t) {
    uint32_t sector = b->range.disk->q->sector_size;
    if (req->off > b->size || req->len > b->size - req->off)
        return EINVAL;
    uint64_t first = req->off / sector, end = (req->off + req->len + sector - 1) / sector;
    t->req.lba = b->range.first + first;
    t->req.sectors = end - first;
    t->req.buf = req->buf;
    if ((req->off | req->len) % sector == 0)
        return 0;
    if (req->op != PLAT_BLOCK_READ)
        return EROFS;
    t->skip = (uint32_t)(req->off % sector);
    t->req.buf = t->buf = malloc(t->req.sectors * sector);
    return t->buf ? 0 : ENOMEM;
}

static void submit_disk(const struct plat_block *b, struct plat_block_req *req) {
    static const enum blk_op op[] = {
        [PLAT_BLOCK_READ] = BLK_READ, [PLAT_BLOCK_WRITE] = BLK_WRITE, [PLAT_BLOCK_FLUSH] = BLK_FLUSH};
    struct transfer *t = calloc(1, sizeof *t);
    if (!t) {
        req->done(req, ENOMEM);
        return;
    }
    t->guest = req;
    t->req.op = op[req->op];
    t->req.done = transferred;
    int err = req->op == PLAT_BLOCK_FLUSH ? 0 : fit(b, req, t);
    if (err)
        transferred(&t->req, err);
    else
        disk_submit(b->range.disk, &t->req);
}

void plat_block_submit(struct plat_block *b, struct plat_block_req *req) {
    if (b->range.disk)
        submit_disk(b, req);
    else
        req->done(req, perform(b, req));
}

void plat_block_poll(void) { disk_poll(); }
