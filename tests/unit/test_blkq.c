/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of a disk: cutting, segments, bounce buffers, flushes, what may be written, errors, death. */
#include "kernel/drivers/blkq.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { SECTORS = 1000, PAGE = 4096 };
#define SCATTER 0x100000ull /* between the physical addresses of two pages when they are scattered */

static uint8_t memory[16 * PAGE] __attribute__((aligned(PAGE))), low[4 * BLK_BOUNCE] __attribute__((aligned(PAGE)));
static uint32_t low_used;
static bool scattered;
static uint64_t clock_ns;
static int ended[4];
static unsigned calls;

static uint64_t now(void) { return clock_ns; }
static uint64_t phys(const void *p) {
    uint64_t off = (uint64_t)((const uint8_t *)p - memory);
    return SCATTER + (scattered ? off / PAGE * SCATTER + off % PAGE : off);
}
static void *alloc(size_t size, uint64_t max_phys, uint64_t *out) {
    CHECK(size == BLK_BOUNCE && max_phys >= 0x1000);
    if (low_used + size > sizeof low)
        return NULL;
    *out = 0x1000 + low_used;
    low_used += (uint32_t)size;
    return low + low_used - size;
}
static const struct hw hw = {.now = now, .phys = phys, .alloc = alloc};

static struct blkq q;
static struct blk_req req[4];
static struct blk_seg seg[64];

static void done(struct blk_req *r, int err) {
    ended[r - req] = err;
    calls++;
}

static void setup(void) {
    blkq_init(&q, &hw);
    q.sectors = SECTORS;
    q.sector_size = 512;
    q.depth = 4;
    q.max_segs = 4;
    q.max_sectors = 64;
    q.max_seg = 1 << 20;
    q.max_phys = ~0ull;
    q.align = 2;
    scattered = false;
    low_used = 0;
    clock_ns = 0;
    calls = 0;
    memset(ended, 0xff, sizeof ended);
}

static void submit(unsigned i, enum blk_op op, uint64_t lba, uint64_t sectors) {
    req[i] = (struct blk_req){.op = op, .lba = lba, .sectors = sectors, .buf = memory, .done = done};
    blkq_submit(&q, &req[i]);
}

UNIT_TEST(blkq_cuts_requests) {
    setup();
    submit(0, BLK_READ, 10, 120);
    struct blk_slot *a = blkq_start(&q);
    CHECK(a && a->lba == 10 && a->sectors == 64 && a->buf == memory);
    CHECK_EQ(blkq_segments(&q, a, seg), 1);
    CHECK(seg[0].phys == SCATTER && seg[0].len == 64 * 512);
    struct blk_slot *b = blkq_start(&q);
    CHECK(b && b != a && b->lba == 74 && b->sectors == 56 && b->buf == memory + 64 * 512);
    CHECK(!blkq_start(&q));
    blkq_end(&q, b, 0); /* in any order */
    CHECK_EQ(calls, 0);
    blkq_end(&q, a, 0);
    CHECK(calls == 1 && ended[0] == 0 && q.busy == 0);
}

UNIT_TEST(blkq_too_many_segments) {
    setup();
    scattered = true;
    q.max_segs = 3;
    submit(0, BLK_READ, 0, 40);
    req[0].buf = memory + 256; /* pages hold a half of a sector at their ends */
    submit(1, BLK_READ, 500, 1);
    struct blk_slot *a = blkq_start(&q);
    CHECK_EQ(blkq_segments(&q, a, seg), 3);
    CHECK_EQ(a->sectors, 23); /* 3 pages less 256 bytes, whole sectors */
    CHECK_EQ(seg[0].len + seg[1].len + seg[2].len, 23 * 512);
    CHECK(seg[0].phys == SCATTER + 256 && seg[2].phys == 3 * SCATTER);
    struct blk_slot *b = blkq_start(&q);
    CHECK(b && b->lba == 23 && b->buf == memory + 256 + 23 * 512);
    CHECK_EQ(blkq_segments(&q, b, seg), 3);
    CHECK(b->sectors == 16 && seg[0].len == 256 && seg[2].len == 3840); /* 16 and a half would fit */
    struct blk_slot *c = blkq_start(&q), *d;
    CHECK(c && c->lba == 39 && c->sectors == 1);
    CHECK(blkq_segments(&q, c, seg) == 2 && seg[0].len == 256 && seg[1].len == 256);
    CHECK((d = blkq_start(&q)) && d->lba == 500);
    CHECK(blkq_segments(&q, d, seg) == 1 && !blkq_start(&q));
    blkq_end(&q, a, 0);
    blkq_end(&q, d, 0);
    CHECK(calls == 1 && ended[1] == 0);
    blkq_end(&q, c, 0);
    CHECK_EQ(calls, 1);
    blkq_end(&q, b, 0);
    CHECK(calls == 2 && ended[0] == 0);
}

static void bounced(uint64_t max_phys, unsigned shift) {
    setup();
    q.max_phys = max_phys;
    q.write_sectors = SECTORS;
    for (unsigned i = 0; i < sizeof memory; i++)
        memory[i] = (uint8_t)(i * 7 + i / 251);
    submit(0, BLK_WRITE, 5, 4);
    req[0].buf = memory + shift;
    struct blk_slot *s = blkq_start(&q);
    CHECK(blkq_segments(&q, s, seg) == 1 && seg[0].phys == 0x1000 && seg[0].len == 2048);
    CHECK_EQ(memcmp(low, memory + shift, 2048), 0);
    blkq_end(&q, s, 0);
    submit(0, BLK_READ, 5, 4);
    req[0].buf = memory + shift;
    s = blkq_start(&q);
    CHECK_EQ(blkq_segments(&q, s, seg), 1);
    memset(low, 0x5a, 2048);
    uint8_t after = memory[shift + 2048];
    blkq_end(&q, s, 0);
    CHECK(memory[shift] == 0x5a && memory[shift + 2047] == 0x5a && memory[shift + 2048] == after);
    CHECK(calls == 2 && ended[0] == 0 && low_used == BLK_BOUNCE);
}

UNIT_TEST(blkq_out_of_reach_or_odd) {
    bounced(0xfffff, 0);
    bounced(~0ull, 1);
    setup();
    q.max_phys = 0xfffff;
    low_used = sizeof low;
    submit(0, BLK_READ, 0, 1);
    struct blk_slot *s = blkq_start(&q);
    CHECK_EQ(blkq_segments(&q, s, seg), 0); /* no memory */
    blkq_end(&q, s, ENOMEM);
    CHECK_EQ(ended[0], ENOMEM);
}

UNIT_TEST(blkq_writes_only_where_it_may) {
    setup();
    submit(0, BLK_WRITE, 0, 1); /* nothing at first */
    CHECK_EQ(ended[0], EROFS);
    q.write_lba = 100;
    q.write_sectors = 50;
    static const uint64_t bad[][2] = {{99, 1}, {99, 2}, {149, 2}, {150, 1}, {0, 1000}, {100, 51}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        submit(0, BLK_WRITE, bad[i][0], bad[i][1]);
        CHECK_EQ(ended[0], EROFS);
        CHECK(!blkq_start(&q));
    }
    submit(0, BLK_WRITE, 100, 50);
    struct blk_slot *s = blkq_start(&q);
    CHECK(s && s->lba == 100);
    blkq_end(&q, s, 0);
    CHECK_EQ(ended[0], 0);
    submit(1, BLK_WRITE, 149, 1); /* taken; then the range shrinks */
    q.write_sectors = 49;
    CHECK(!blkq_start(&q));
    CHECK_EQ(ended[1], EROFS);
    q.write_sectors = 50;
    q.read_only = true;
    submit(2, BLK_WRITE, 100, 1);
    CHECK_EQ(ended[2], EROFS);
    CHECK_EQ(calls, 10);
}

UNIT_TEST(blkq_not_inside_the_disk) {
    setup();
    static const uint64_t bad[][2] = {{SECTORS, 1}, {SECTORS - 1, 2}, {0, 0}, {~0ull, 2}, {2, ~0ull}, {0, SECTORS + 1}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        submit(0, BLK_READ, bad[i][0], bad[i][1]);
        CHECK(ended[0] == EINVAL && calls == i + 1);
    }
    submit(0, BLK_READ, SECTORS - 1, 1);
    CHECK(blkq_start(&q) != NULL);
}

UNIT_TEST(blkq_flush_alone) {
    setup();
    q.flush_alone = true;
    submit(0, BLK_READ, 0, 1);
    submit(1, BLK_FLUSH, 0, 0);
    submit(2, BLK_READ, 1, 1);
    struct blk_slot *a = blkq_start(&q);
    CHECK(a && !blkq_start(&q));
    blkq_end(&q, a, 0);
    struct blk_slot *f = blkq_start(&q);
    CHECK(f && f->op == BLK_FLUSH && f->sectors == 0 && !blkq_start(&q));
    blkq_end(&q, f, EIO);
    CHECK_EQ(ended[1], EIO);
    CHECK((a = blkq_start(&q)) && a->lba == 1);
    q.no_flush = true;
    submit(3, BLK_FLUSH, 0, 0);
    CHECK_EQ(ended[3], 0);
}

UNIT_TEST(blkq_errors_retries_and_deadlines) {
    setup();
    submit(0, BLK_READ, 0, 200); /* four commands */
    struct blk_slot *a = blkq_start(&q), *b = blkq_start(&q);
    a->issued = b->issued = true;
    a->deadline = 100;
    b->deadline = 200;
    CHECK(!blkq_late(&q));
    clock_ns = 150;
    CHECK(blkq_late(&q) == a);
    blkq_end(&q, a, EIO); /* the rest is not run, the first error counts */
    CHECK(!blkq_start(&q) && calls == 0);
    blkq_end(&q, b, ENOMEM);
    CHECK(calls == 1 && ended[0] == EIO && q.busy == 0);
    submit(1, BLK_READ, 0, 1);
    a = blkq_start(&q);
    for (unsigned i = 1; i < BLK_TRIES; i++)
        CHECK(blkq_again(&q, a) && a->busy && !a->issued);
    CHECK(!blkq_again(&q, a));
    CHECK(calls == 2 && ended[1] == EIO);
}

UNIT_TEST(blkq_dead_disk) {
    setup();
    submit(0, BLK_READ, 0, 200);
    submit(1, BLK_FLUSH, 0, 0);
    CHECK(blkq_start(&q) && blkq_start(&q));
    blkq_kill(&q, ENXIO);
    CHECK(calls == 2 && ended[0] == ENXIO && ended[1] == ENXIO && q.busy == 0);
    submit(2, BLK_FLUSH, 0, 0);
    CHECK(ended[2] == ENXIO && !blkq_start(&q));
    blkq_kill(&q, 0);
    submit(3, BLK_READ, 0, 1);
    CHECK(blkq_start(&q) && calls == 3);
}
