/* SPDX-License-Identifier: BSD-2-Clause */
/* What the drivers of disks share: requests of any length are cut into commands that fit a device's slots, wait for a
 * free slot, and end once, after their last command. No hardware is touched here, and all that a driver wants of the
 * machine comes through struct hw, so that drivers run against fake devices in the unit tests.
 *
 * Every write passes blkq_start(), which is the second of two places that hold it against the range that may be
 * written (blkq_submit() is the first): what is outside never becomes a command. Called in the hart loop
 * only: not locked. */
#ifndef PYRITE_KERNEL_BLKQ_H
#define PYRITE_KERNEL_BLKQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The machine, as a driver sees it. Registers of `space` (a driver's own numbering) are read and written in `size`
 * bytes, 1, 2 or 4. */
struct hw {
    void *arg;
    uint32_t (*read)(void *arg, unsigned space, unsigned off, unsigned size);
    void (*write)(void *arg, unsigned space, unsigned off, unsigned size, uint32_t v);
    uint64_t (*now)(void);           /* ns, monotonic */
    uint64_t (*phys)(const void *p); /* good to the end of p's page */
    /* Zeroed, contiguous, whole pages, never freed. NULL: none. */
    void *(*alloc)(size_t size, uint64_t max_phys, uint64_t *phys);
    void (*cut_off)(void *arg); /* the device can reach memory no more */
};

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH };

struct blk_req {
    enum blk_op op;
    uint64_t lba, sectors; /* in sectors of the disk; of a flush 0 */
    uint8_t *buf;
    void (*done)(struct blk_req *req, int err); /* once; 0 or errno; may submit again */
    /* The queue's own. */
    struct blk_req *next;
    uint64_t cut;     /* sectors that have become commands */
    unsigned flying;  /* commands that have not ended */
    int err;
};

struct blk_seg {
    uint64_t phys;
    uint32_t len;
};

enum { BLK_SLOTS = 32, BLK_BOUNCE = 64 << 10, BLK_TRIES = 3 };
#define BLK_MS 1000000ull
#define BLK_S 1000000000ull

/* A command, from the request to the device and back. */
struct blk_slot {
    bool busy, issued;    /* busy: holds a command; issued: the device has it */
    enum blk_op op;
    unsigned tries;       /* times that it failed or was lost through no fault of its own */
    uint64_t lba;
    uint32_t sectors;
    uint8_t *buf;
    uint64_t deadline;    /* hw->now() */
    struct blk_req *req;
    uint8_t *bounce;      /* BLK_BOUNCE bytes that the device can reach, once they were needed */
    uint64_t bounce_phys;
    bool bounced;
};

struct blkq {
    const struct hw *hw;
    /* Set by the driver. */
    uint64_t sectors;
    uint32_t sector_size;
    unsigned depth, max_segs; /* slots in use, at most BLK_SLOTS; segments a command */
    uint32_t max_sectors;     /* a command */
    uint32_t max_seg;         /* bytes a segment */
    uint64_t max_phys;        /* last byte that the device can reach */
    uint32_t align;           /* of a segment's address and length, bytes, a power of two */
    bool read_only, flush_alone, no_flush; /* no_flush: what is written is on the medium */
    /* What may be written, 0 sectors at first. */
    uint64_t write_lba, write_sectors;

    struct blk_slot slot[BLK_SLOTS];
    unsigned busy;
    bool flushing;
    struct blk_req *head, **tail;
    int dead;                 /* errno with which all requests end; 0: none */
};

void blkq_init(struct blkq *q, const struct hw *hw);
/* Takes a request, or ends it with EINVAL (not inside the disk), EROFS (a write outside what may be written) or what
 * the disk died of. */
void blkq_submit(struct blkq *q, struct blk_req *req);
/* The next command to give to the device, busy, its data not yet described. NULL: nothing waits, no slot is free, or a
 * flush that must be alone waits. */
struct blk_slot *blkq_start(struct blkq *q);
/* The command's data as segments that the device can take, at most max_segs, through the slot's bounce buffer where
 * need be; a fresh command, before the next blkq_start(), is made shorter when it would have too many. Returns how
 * many, 0: no memory. A command that is issued again gets the same segments. */
unsigned blkq_segments(struct blkq *q, struct blk_slot *s, struct blk_seg *out);
/* The command ended: errno or 0. */
void blkq_end(struct blkq *q, struct blk_slot *s, int err);
/* The command was lost or failed in a way that may pass: true if it is to be issued again, else it has ended with
 * EIO. */
bool blkq_again(struct blkq *q, struct blk_slot *s);
/* The disk is gone: everything ends with err, and what is submitted from now on. The device must not reach memory any
 * more. 0: it is back. */
void blkq_kill(struct blkq *q, int err);
/* The command that is issued and longest past its deadline; NULL: none. */
struct blk_slot *blkq_late(struct blkq *q);

#endif
