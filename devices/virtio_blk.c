/* SPDX-License-Identifier: BSD-2-Clause */
/* Block device (virtio 1.2, section 5.2): read, write, flush, get-id, write-zeroes. Requests go to the storage as they
 * come, several at a time, and end in any order.
 *
 * The framing of a request is the driver's business (2.7.4): header and status byte may be anywhere in the segments.
 * Data in one segment go straight between storage and guest RAM; data in several go through a buffer, so that the
 * storage sees one request. A request that makes no sense ends with VIRTIO_BLK_S_IOERR or _UNSUPP; one without room for
 * the status byte stops the device. */
#include <stdlib.h>
#include <string.h>

#include "devices/virtio_devices.h"

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };
enum { F_SEG_MAX = 1 << 2, F_RO = 1 << 5, F_BLK_SIZE = 1 << 6, F_FLUSH = 1 << 9, F_WRITE_ZEROES = 1 << 14 };
enum { SECTOR = 512, HEADER = 16, MAX_BOUNCE = 64 << 20, MAX_ZERO_SECTORS = 8192 };

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};
struct zero_range {
    uint64_t sector;
    uint32_t sectors, flags;
};

/* A request under way. */
struct request {
    struct virtio_blk *dev;
    struct plat_block_req io;
    uint64_t skip, data;  /* bytes before the data in their part of the chain; bytes of data */
    uint64_t gpa;         /* of the data, when they are in one piece */
    uint8_t *bounce;      /* else the buffer they go through */
    bool to_guest;
    struct vq_chain chain;
};

static void finish(struct request *r, uint8_t status, uint64_t written) {
    struct virtio_blk *b = r->dev;
    vq_write(&r->chain, r->chain.write_bytes - 1, &status, 1);
    vq_push(&b->virtio.vq[0], r->chain.head, (uint32_t)(written + 1));
    virtio_pushed(&b->virtio, 0);
    free(r->bounce);
    free(r);
}

/* A failing host disk is no guest error, and worth a line without -d; but only one. */
static void report(struct virtio_blk *b, const struct plat_block_req *io, int err) {
    if (!b->reported)
        plat_log("%s: %s of %llu bytes at %llu failed (error %d); further errors are not shown\n", b->virtio.name,
                 io->op == PLAT_BLOCK_READ ? "read" : io->op == PLAT_BLOCK_WRITE ? "write" : "flush",
                 (unsigned long long)io->len, (unsigned long long)io->off, err);
    b->reported = true;
}

static void count(struct virtio_blk *b, const struct plat_block_req *io, int err) {
    b->requests++;
    b->errors += err != 0;
    if (!err && io->op == PLAT_BLOCK_READ)
        b->bytes_read += io->len;
    if (!err && io->op == PLAT_BLOCK_WRITE)
        b->bytes_written += io->len;
}

static void io_done(struct plat_block_req *io, int err) {
    struct request *r = io->opaque;
    r->dev->in_flight--;
    count(r->dev, io, err);
    if (err) {
        report(r->dev, io, err);
        finish(r, S_IOERR, 0);
    } else if (!r->to_guest) {
        finish(r, S_OK, 0);
    } else {
        if (r->bounce)
            vq_write(&r->chain, r->skip, r->bounce, r->data);
        else
            physmem_dma_written(r->gpa, r->data);
        finish(r, S_OK, r->data);
    }
}

static void submit(struct request *r, enum plat_block_op op, uint64_t sector, void *buf) {
    struct block *block = r->dev->block;
    r->io = (struct plat_block_req){op, sector * SECTOR, buf, r->data, io_done, r};
    r->dev->in_flight++;
    block->submit(block, &r->io);
}

/* The engine address of [skip, skip + len) of n segments if it is in one piece. */
static uint8_t *one_piece(const struct vq_segment *s, unsigned n, uint64_t skip, uint64_t len, uint64_t *gpa) {
    unsigned i = 0;
    while (i < n && skip >= s[i].len)
        skip -= s[i++].len;
    if (i == n)
        return NULL;
    uint8_t *p = s[i].ptr + skip;
    uint64_t have = s[i].len - skip;
    *gpa = s[i].gpa + skip;
    for (i++; have < len && i < n && s[i].ptr == s[i - 1].ptr + s[i - 1].len; i++)
        have += s[i].len;
    return have >= len ? p : NULL;
}

static bool in_range(const struct virtio_blk *b, uint64_t sector, uint64_t bytes) {
    uint64_t sectors = b->block->size / SECTOR;
    return bytes % SECTOR == 0 && sector <= sectors && bytes / SECTOR <= sectors - sector;
}

static void transfer(struct request *r, const struct header *h) {
    const struct vq_chain *c = &r->chain;
    enum plat_block_op op = r->to_guest ? PLAT_BLOCK_READ : PLAT_BLOCK_WRITE;
    const struct vq_segment *s = r->to_guest ? c->seg + c->nread : c->seg;
    uint8_t *p = one_piece(s, r->to_guest ? c->nwrite : c->nread, r->skip, r->data, &r->gpa);
    if (!p) {
        r->bounce = r->data <= MAX_BOUNCE ? malloc(r->data) : NULL;
        p = r->bounce;
        if (p && !r->to_guest)
            vq_read(c, r->skip, p, r->data);
    }
    if (p)
        submit(r, op, h->sector, p);
    else
        finish(r, S_IOERR, 0);
}

static void read_or_write(struct request *r, const struct header *h) {
    const struct virtio_blk *b = r->dev;
    r->to_guest = h->type == T_IN;
    r->skip = r->to_guest ? 0 : HEADER;
    r->data = r->to_guest ? r->chain.write_bytes - 1 : r->chain.read_bytes - HEADER;
    if (!in_range(b, h->sector, r->data) || (!r->to_guest && b->block->read_only)) {
        dev_error("%s: %s of %llu bytes at sector %llu\n", b->virtio.name, r->to_guest ? "read" : "write",
                  (unsigned long long)r->data, (unsigned long long)h->sector);
        finish(r, S_IOERR, 0);
    } else if (r->data == 0) {
        finish(r, S_OK, 0);
    } else {
        transfer(r, h);
    }
}

static void write_zeroes(struct request *r) {
    struct zero_range z;
    const struct virtio_blk *b = r->dev;
    if (r->chain.read_bytes != HEADER + sizeof z || vq_read(&r->chain, HEADER, &z, sizeof z) != sizeof z ||
        z.flags & ~1u) {
        finish(r, S_UNSUPP, 0);
        return;
    }
    r->data = (uint64_t)z.sectors * SECTOR;
    if (b->block->read_only || z.sectors > MAX_ZERO_SECTORS || !in_range(b, z.sector, r->data)) {
        finish(r, S_IOERR, 0);
    } else if (r->data == 0) {
        finish(r, S_OK, 0);
    } else {
        r->bounce = calloc(1, r->data);
        if (r->bounce)
            submit(r, PLAT_BLOCK_WRITE, z.sector, r->bounce);
        else
            finish(r, S_IOERR, 0);
    }
}

static void get_id(struct request *r) {
    const struct virtio_blk *b = r->dev;
    uint64_t room = r->chain.write_bytes - 1;
    size_t n = room < sizeof b->serial ? (size_t)room : sizeof b->serial;
    vq_write(&r->chain, 0, b->serial, n);
    finish(r, S_OK, n);
}

static void start(struct request *r) {
    struct header h;
    if (vq_read(&r->chain, 0, &h, sizeof h) != sizeof h) {
        finish(r, S_IOERR, 0);
        return;
    }
    switch (h.type) {
    case T_IN:
    case T_OUT: read_or_write(r, &h); break;
    case T_FLUSH: submit(r, PLAT_BLOCK_FLUSH, 0, NULL); break;
    case T_GET_ID: get_id(r); break;
    case T_WRITE_ZEROES: write_zeroes(r); break;
    default: finish(r, S_UNSUPP, 0); break;
    }
}

static void notify(struct virtio *v, unsigned q) {
    for (;;) {
        struct request *r = calloc(1, sizeof *r);
        if (!r) {
            virtio_broken(v, q, "not enough host memory for a request");
            return;
        }
        r->dev = (struct virtio_blk *)v;
        if (!virtio_pop(v, q, &r->chain)) {
            free(r);
            return;
        }
        if (r->chain.write_bytes == 0) {
            free(r);
            virtio_broken(v, q, "request without room for its status");
            return;
        }
        start(r);
    }
}

/* What is under way reads or writes guest memory: waits for it. Events other than ours are put back. */
static void reset(struct virtio *v) {
    struct virtio_blk *b = (struct virtio_blk *)v;
    uint32_t kept = 0;
    while (b->in_flight) {
        plat_block_poll();
        if (!b->in_flight)
            break;
        plat_wait(0);
        kept |= plat_events(0);
    }
    if (kept)
        plat_kick(0, kept);
}

static const struct virtio_ops ops = {VIRTIO_ID_BLOCK, 1, notify, reset};

void virtio_blk_init(struct virtio_blk *b, struct block *block, const char *serial) {
    b->block = block;
    strncpy(b->serial, serial, sizeof b->serial - 1);
    b->config = (struct virtio_blk_config){
        .capacity = block->size / SECTOR,
        .seg_max = VQ_MAX_SEGMENTS - 2,
        .blk_size = block->sector ? block->sector : SECTOR,
        .max_write_zeroes_sectors = MAX_ZERO_SECTORS,
        .max_write_zeroes_seg = 1,
    };
    b->virtio.ops = &ops;
    b->virtio.features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (block->read_only ? F_RO : F_WRITE_ZEROES);
    b->virtio.config = &b->config;
    b->virtio.config_len = sizeof b->config;
}
