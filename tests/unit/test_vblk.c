/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver of virtio disks against a fake device, modern and legacy: one that keeps the rules, one that errs, one
 * that hangs, and one that says what cannot be. */
#include "kernel/drivers/vblk.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/fake_disk.h"
#include "tests/unit/unit.h"

enum { OLD_QUEUE = 64, MAX_CHAIN = 200 };
#define F_RO (1ull << 5)
#define F_BLK_SIZE (1ull << 6)
#define F_FLUSH (1ull << 9)
#define F_INDIRECT (1ull << 28)
#define F_VERSION_1 (1ull << 32)
#define USUAL (1ull << 2 | F_BLK_SIZE | F_FLUSH | F_INDIRECT)
#define S 1000000000ull

/* What the device does to its next `left` commands. */
enum fault {
    NO_FAULT, IO_ERROR, UNSUPPORTED, GARBAGE_STATUS, NO_STATUS, SHORT, HANG, /* to the command */
    BAD_ID, TWICE, JUMP, NEEDS_RESET,                                        /* beside it */
    FAULTS
};

static struct {
    bool legacy, silent, gone, never_resets, refuses, other_disk;
    uint64_t offered, accepted, capacity;
    uint32_t select, seg_max, blk_size;
    uint16_t queue_max, size, vector;
    uint8_t status;
    bool enabled;
    uint64_t desc, avail, used;
    uint16_t seen, used_idx;
    enum fault fault;
    unsigned left;
    unsigned commands, flushes, most, longest, resets;
} dev;
static struct vblk v;

static void reset(void) {
    dev.resets++;
    dev.enabled = false;
    dev.seen = dev.used_idx = 0;
    dev.status = 0;
}

/* ---- the device's work ---- */

static struct vring_desc *table(uint64_t at, unsigned n) {
    return fake_memory(at, (uint32_t)(n * sizeof(struct vring_desc)));
}

struct chain {
    struct vring_desc d[MAX_CHAIN];
    unsigned n;
};

static bool walk(uint16_t head, struct chain *c) {
    struct vring_desc *t = table(dev.desc, dev.size);
    unsigned size = dev.size, at = head;
    if (t && t[head].flags & 4) {
        CHECK(dev.accepted & F_INDIRECT);
        CHECK_EQ(t[head].flags, 4);
        size = t[head].len / sizeof *t;
        t = table(t[head].addr, size);
        at = 0;
    }
    c->n = 0;
    do {
        CHECK(t && at < size && c->n < MAX_CHAIN);
        if (!t || at >= size || c->n >= MAX_CHAIN)
            return false;
        c->d[c->n++] = t[at];
        at = t[at].next;
    } while (c->d[c->n - 1].flags & 1);
    dev.longest = c->n > dev.longest ? c->n : dev.longest;
    CHECK(c->n <= dev.size);
    return true;
}

static void answer(uint32_t id, uint32_t len) {
    uint8_t *u = fake_memory(dev.used, 4 + 8 * dev.size);
    if (!u)
        return;
    uint32_t elem[2] = {id, len};
    memcpy(u + 4 + 8 * (dev.used_idx % dev.size), elem, 8);
    dev.used_idx++;
    memcpy(u + 2, &dev.used_idx, 2);
    fake.irq |= !dev.silent;
}

/* Moves the data; how many bytes the device wrote. 0 with a status where it cannot. */
static uint32_t transfer(const struct chain *c, uint32_t type, uint64_t sector, uint8_t *status) {
    uint64_t at = sector * 512;
    uint32_t wrote = 0;
    for (unsigned i = 1; i + 1 < c->n; i++) {
        uint8_t *p = fake_memory(c->d[i].addr, c->d[i].len);
        CHECK_EQ(c->d[i].flags, type ? 1 : 3);
        CHECK(at + c->d[i].len <= FAKE_BYTES && sector % (fake.sector_size / 512) == 0);
        if (!p || at + c->d[i].len > FAKE_BYTES) {
            *status = 1;
            return 0;
        }
        if (type)
            memcpy(fake.medium + at, p, c->d[i].len);
        else
            memcpy(p, fake.medium + at, c->d[i].len);
        wrote += type ? 0 : c->d[i].len;
        at += c->d[i].len;
    }
    return wrote;
}

static void execute(uint16_t head) {
    struct chain c;
    uint32_t word[4];
    if (!walk(head, &c) || c.n < 2)
        return;
    uint8_t *h = fake_memory(c.d[0].addr, 16), *st = fake_memory(c.d[c.n - 1].addr, 1), status = 0;
    CHECK(c.d[0].len == 16 && c.d[c.n - 1].len == 1 && c.d[c.n - 1].flags == 2);
    if (!h || !st)
        return;
    memcpy(word, h, 16);
    uint32_t wrote = 0;
    if (word[0] == 8) { /* GET_ID */
        char *id = fake_memory(c.d[1].addr, 20);
        if (id)
            strcpy(id, dev.other_disk ? "another" : "serial");
        wrote = 20;
    }
    enum fault f = word[0] != 8 && dev.left ? dev.fault : NO_FAULT;
    dev.left -= f != NO_FAULT;
    dev.commands += word[0] != 8;
    if (f == HANG)
        return;
    if (f == NEEDS_RESET) {
        dev.status |= 64;
        return;
    }
    if (f == IO_ERROR || f == UNSUPPORTED || f == GARBAGE_STATUS)
        status = (uint8_t)(f == IO_ERROR ? 1 : f == UNSUPPORTED ? 2 : 77);
    else if (word[0] < 2)
        wrote = transfer(&c, word[0], word[2] | (uint64_t)word[3] << 32, &status);
    dev.flushes += word[0] == 4;
    if (f == BAD_ID)
        answer(dev.size + 5u, 1);
    if (f != NO_STATUS)
        *st = status;
    answer(head, f == SHORT ? 0 : wrote + 1);
    if (f == TWICE)
        answer(head, wrote + 1);
    if (f == JUMP) {
        dev.used_idx = (uint16_t)(dev.used_idx + 9);
        answer(head, 1);
    }
}

/* Takes all there is, and does the last first. */
static void work(void) {
    uint16_t head[1024], idx;
    unsigned n = 0;
    uint8_t *a = dev.enabled && dev.status & 4 ? fake_memory(dev.avail, 4 + 2 * dev.size) : NULL;
    if (!a)
        return;
    memcpy(&idx, a + 2, 2);
    CHECK((uint16_t)(idx - dev.seen) <= dev.size);
    for (; dev.seen != idx && n < 1024; n++, dev.seen++)
        memcpy(&head[n], a + 4 + 2 * (dev.seen % dev.size), 2);
    dev.most = n > dev.most ? n : dev.most;
    while (n && dev.enabled)
        execute(head[--n]);
}

/* ---- its registers ---- */

static uint32_t config(unsigned off) {
    return off == 0 ? (uint32_t)dev.capacity : off == 4 ? (uint32_t)(dev.capacity >> 32) : off == 12 ? dev.seg_max :
           off == 20 ? dev.blk_size : 0;
}

static uint32_t new_read(unsigned off) {
    switch (off) {
    case 4: return dev.select > 1 ? 0 : (uint32_t)(dev.offered >> 32 * dev.select);
    case 18: return 1;
    case 20: return dev.status;
    case 24: return dev.queue_max;
    case 26: return dev.vector;
    case 30: return 3;
    default: return 0;
    }
}

static uint32_t old_read(unsigned off) {
    switch (off) {
    case 0: return (uint32_t)dev.offered;
    case 12: return OLD_QUEUE;
    case 18: return dev.status;
    case 22: return dev.vector;
    default: return 0;
    }
}

static uint32_t read_reg(void *arg, unsigned space, unsigned off, unsigned size) {
    (void)arg;
    uint32_t x = space == VBLK_CONFIG ? config(off) : dev.legacy ? old_read(off) : new_read(off);
    if (dev.gone)
        x = ~0u;
    return size == 4 ? x : x & ((1u << 8 * size) - 1);
}

static void set_status(uint32_t x) {
    if (x == 0 && !dev.never_resets)
        reset();
    else if (x)
        dev.status = (uint8_t)(dev.refuses ? x & ~8u : x);
}

static void half(uint64_t *x, bool high, uint32_t w) {
    *x = high ? (*x & UINT32_MAX) | (uint64_t)w << 32 : (*x & ~(uint64_t)UINT32_MAX) | w;
}

static void new_write(unsigned off, uint32_t x) {
    if (off == 0 || off == 8)
        dev.select = x;
    else if (off == 12)
        half(&dev.accepted, dev.select, x);
    else if (off == 20)
        set_status(x);
    else if (off == 24)
        dev.size = (uint16_t)x;
    else if (off == 26)
        dev.vector = (uint16_t)x;
    else if (off == 28)
        dev.enabled = x;
    else if (off >= 32 && off < 40)
        half(&dev.desc, off & 4, x);
    else if (off >= 40 && off < 48)
        half(&dev.avail, off & 4, x);
    else if (off >= 48)
        half(&dev.used, off & 4, x);
}

static void old_write(unsigned off, uint32_t x) {
    if (off == 4) {
        dev.accepted = x;
    } else if (off == 8) {
        dev.size = OLD_QUEUE;
        dev.desc = (uint64_t)x << 12;
        dev.avail = dev.desc + 16 * OLD_QUEUE;
        dev.used = (dev.avail + 4 + 2 * OLD_QUEUE + 2 + 4095) & ~4095ull;
        dev.enabled = x;
    } else if (off == 16) {
        work();
    } else if (off == 18) {
        set_status(x);
    } else if (off == 22) {
        dev.vector = (uint16_t)x;
    }
}

static void write_reg(void *arg, unsigned space, unsigned off, unsigned size, uint32_t x) {
    (void)arg;
    (void)size;
    if (dev.gone)
        return;
    if (space == VBLK_NOTIFY)
        CHECK_EQ(off, 12);
    if (space == VBLK_NOTIFY)
        work();
    else if (dev.legacy)
        old_write(off, x);
    else
        new_write(off, x);
}

/* ---- tests ---- */

static void make(bool legacy, uint64_t features, unsigned sector_size) {
    fake_disk_reset(sector_size);
    fake.hw.read = read_reg;
    fake.hw.write = write_reg;
    memset(&dev, 0, sizeof dev);
    dev.legacy = legacy;
    dev.offered = features | (legacy ? 0 : F_VERSION_1);
    dev.capacity = FAKE_BYTES / 512;
    dev.seg_max = 20;
    dev.blk_size = sector_size;
    dev.queue_max = 128;
    memset(&v, 0, sizeof v);
    v = (struct vblk){.hw = &fake.hw, .legacy = legacy, .messages = true, .config_len = 24, .notify_len = 64,
                      .multiplier = 4};
    strcpy(v.disk.name, "disk-under-test");
}

static void start(bool legacy, uint64_t features, unsigned sector_size) {
    make(legacy, features, sector_size);
    const char *why = vblk_start(&v);
    CHECK(!why);
    CHECK(strcmp(v.disk.serial, "serial") == 0);
    fake_disk_open(&v.disk);
}

static void some_requests(void) {
    for (unsigned i = 0; i < 6; i++)
        CHECK(fake_submit(&v.disk, BLK_WRITE, FAKE_WRITE_FIRST + 3 * i, 1 + i % 3));
    CHECK(fake_submit(&v.disk, BLK_READ, 0, 7));
    CHECK(fake_submit(&v.disk, BLK_READ, FAKE_WRITE_FIRST + FAKE_WRITE_COUNT, 14));
    CHECK(fake_submit(&v.disk, BLK_FLUSH, 0, 0));
}

UNIT_TEST(vblk_reads_writes_and_flushes) {
    for (unsigned i = 0; i < 8; i++) {
        start(i & 1, i & 2 ? USUAL & ~F_INDIRECT : USUAL, i & 4 ? 4096 : 512);
        some_requests();
        CHECK(fake_pump(&v.disk, S));
        fake_settle();
        CHECK(dev.most > 1 && dev.flushes == 1 && v.resets == 0 && fake.clock < S / 10);
        CHECK(dev.longest > 3 && dev.longest <= 22);
    }
}

UNIT_TEST(vblk_one_segment_and_no_cache) {
    start(false, F_BLK_SIZE, 512);
    CHECK(v.q.max_segs == 1 && v.q.no_flush);
    some_requests();
    CHECK(fake_pump(&v.disk, S));
    fake_settle();
    CHECK(dev.longest == 3 && dev.flushes == 0);
}

UNIT_TEST(vblk_writes_only_where_it_may) {
    start(false, USUAL, 512);
    struct blk_req *r = fake_submit(&v.disk, BLK_WRITE, FAKE_WRITE_FIRST + FAKE_WRITE_COUNT, 1);
    CHECK(fake_pump(&v.disk, S) && fake_error(r) == EROFS && dev.commands == 0);
    fake_settle();
    start(false, USUAL | F_RO, 512);
    r = fake_submit(&v.disk, BLK_WRITE, FAKE_WRITE_FIRST, 1);
    CHECK(fake_pump(&v.disk, S) && fake_error(r) == EROFS && dev.commands == 0);
    fake_settle();
}

UNIT_TEST(vblk_lost_interrupts) {
    for (unsigned legacy = 0; legacy < 2; legacy++) {
        start(legacy, USUAL, 512);
        dev.silent = true;
        some_requests();
        CHECK(fake_pump(&v.disk, 2 * S));
        fake_settle();
        CHECK_EQ(v.resets, 0);
    }
}

/* The error of a read whose first `times` tries meet the fault. */
static int read_with(bool legacy, enum fault f, unsigned times, unsigned resets) {
    start(legacy, USUAL, 512);
    dev.fault = f;
    dev.left = times;
    struct blk_req *r = fake_submit(&v.disk, BLK_READ, 1, 3);
    CHECK(fake_pump(&v.disk, 100 * S));
    int err = fake_error(r);
    fake_settle();
    CHECK_EQ(v.resets, resets);
    return err;
}

UNIT_TEST(vblk_errors) {
    CHECK_EQ(read_with(false, IO_ERROR, 1, 0), 0);
    CHECK_EQ(read_with(false, IO_ERROR, BLK_TRIES, 0), EIO);
    CHECK_EQ(read_with(true, GARBAGE_STATUS, 2, 0), 0);
    CHECK_EQ(read_with(false, NO_STATUS, BLK_TRIES, 0), EIO);
    CHECK_EQ(read_with(false, UNSUPPORTED, 1, 0), EIO);
    CHECK_EQ(read_with(false, SHORT, 2, 0), 0);
    CHECK_EQ(read_with(false, SHORT, BLK_TRIES, 0), EIO);
    CHECK_EQ(read_with(true, SHORT, BLK_TRIES, 0), 0); /* legacy lengths say nothing */
}

UNIT_TEST(vblk_hangs) {
    for (unsigned legacy = 0; legacy < 2; legacy++) {
        CHECK_EQ(read_with(legacy, HANG, 1, 1), 0);
        CHECK_EQ(read_with(legacy, HANG, BLK_TRIES, BLK_TRIES), EIO);
        CHECK_EQ(read_with(legacy, NEEDS_RESET, 1, 1), 0);
    }
    CHECK(!v.dead);
    start(false, USUAL, 512);
    dev.fault = HANG;
    dev.left = UINT32_MAX;
    some_requests();
    CHECK(fake_pump(&v.disk, 100 * S));
    some_requests(); /* the device gets one more chance, no more */
    CHECK(fake_pump(&v.disk, 100 * S));
    CHECK(v.dead && fake.cut);
    struct blk_req *r = fake_submit(&v.disk, BLK_READ, 0, 1);
    CHECK_EQ(fake_error(r), EIO);
    fake_settle();
}

UNIT_TEST(vblk_answers_what_was_not_asked) {
    static const enum fault bad[] = {BAD_ID, TWICE, JUMP};
    for (unsigned i = 0; i < 6; i++) {
        start(i & 1, USUAL, 512);
        dev.fault = bad[i / 2];
        dev.left = 1;
        some_requests();
        CHECK(fake_pump(&v.disk, 100 * S));
        CHECK(v.resets == 1 && !v.dead && fake.clock < S); /* seen at once, not at the deadline */
        fake_settle();
    }
}

/* Something that must end in death: after it nothing reaches the medium. */
static void dies(void) {
    uint8_t *before = fake_memory(fake.hw.phys(fake_submit(&v.disk, BLK_READ, 0, 1)->buf), 1);
    CHECK(before && fake_pump(&v.disk, 200 * S));
    CHECK(v.dead && fake.cut);
    unsigned commands = dev.commands;
    struct blk_req *r = fake_submit(&v.disk, BLK_WRITE, FAKE_WRITE_FIRST, 1);
    CHECK_EQ(v.disk.run(&v.disk), UINT64_MAX);
    CHECK(fake_error(r) == EIO && dev.commands == commands);
    fake_settle();
}

UNIT_TEST(vblk_gives_up) {
    start(false, USUAL, 512);
    dev.fault = HANG;
    dev.left = 1;
    dev.other_disk = true;
    dies();
    start(false, USUAL, 512);
    dev.fault = NEEDS_RESET;
    dev.left = 1;
    dev.capacity--;
    dies();
    start(true, USUAL, 512);
    dev.fault = BAD_ID;
    dev.left = 1;
    dev.never_resets = true;
    dies();
    start(false, USUAL, 512);
    dev.fault = HANG;
    dev.left = 1;
    dev.gone = true;
    dies();
}

/* Devices that are not driven. */
UNIT_TEST(vblk_refuses) {
    make(false, USUAL, 512);
    dev.offered &= ~F_VERSION_1;
    CHECK(vblk_start(&v));
    make(false, USUAL, 512);
    dev.refuses = true;
    CHECK(vblk_start(&v));
    make(false, USUAL, 512);
    dev.gone = true;
    CHECK(vblk_start(&v));
    for (unsigned i = 0; i < 7; i++) {
        make(i == 6, USUAL, 512);
        dev.blk_size = i == 0 ? 513 : i == 1 ? 0 : i == 2 ? 8192 : 512;
        dev.seg_max = i == 3 ? 0 : 20;
        dev.queue_max = i == 4 ? 0 : i == 5 ? 2 : 128;
        dev.capacity = i == 6 ? 0 : 64;
        CHECK(vblk_start(&v));
    }
}

/* Any faults at any time: every request ends, once, and what is acknowledged is so. */
UNIT_TEST(vblk_random_faults) {
    for (unsigned round = 0; round < 40; round++) {
        start(round & 1, round & 2 ? USUAL : USUAL & ~F_INDIRECT, 512);
        fake.seed = round;
        v.resets = 100; /* resets are no news here */
        for (unsigned i = 0; i < 10 && !v.dead; i++) {
            dev.fault = (enum fault)fake_number(FAULTS);
            dev.left = fake_number(4);
            dev.silent = fake_number(2);
            some_requests();
            CHECK(fake_pump(&v.disk, 300 * S));
            fake_settle();
        }
    }
}
