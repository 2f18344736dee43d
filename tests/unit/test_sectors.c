/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of 512 bytes to a disk with larger sectors: what is read and written, writes that meet in a sector, errors.
 * The disk moves its data when it takes a request or when it ends it, and ends several in any order. */
#include "kernel/drivers/sectors.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { SIZE = 4096, DISK = 16, FIRST = 3, COUNT = 10, UNITS = COUNT * SIZE / 512, REQS = 12, FLIGHT = 32 };
enum { NEVER = DISK };

static uint8_t medium[DISK * SIZE], expected[DISK * SIZE], buffer[REQS][COUNT * SIZE];
static struct {
    struct blk_req *req;
    bool moved;
} flight[FLIGHT];
static unsigned nflight, most, reads, writes, flushes;
static uint64_t bad_read, bad_write; /* sectors */
static struct plat_block_req req[REQS];
static int ended[REQS];
static uint32_t seed;
static struct sectors range;
static bool at_once;

static uint32_t number(uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static int move(const struct blk_req *r) {
    if (r->op == BLK_FLUSH)
        return 0;
    uint64_t bad = r->op == BLK_READ ? bad_read : bad_write;
    CHECK(r->sectors && r->lba >= range.first && r->lba + r->sectors <= range.first + range.count);
    if (bad - r->lba < r->sectors)
        return EIO;
    uint8_t *at = medium + r->lba * range.size;
    memcpy(r->op == BLK_READ ? r->buf : at, r->op == BLK_READ ? at : r->buf, r->sectors * range.size);
    return 0;
}

static void end(unsigned i) {
    struct blk_req *r = flight[i].req;
    int err = flight[i].moved ? 0 : move(r);
    flight[i] = flight[--nflight];
    r->done(r, err);
}

static void take(void *arg, struct blk_req *r) {
    CHECK(arg == medium && nflight < FLIGHT);
    bool moved = number(2) && move(r) == 0;
    reads += r->op == BLK_READ;
    writes += r->op == BLK_WRITE;
    flushes += r->op == BLK_FLUSH;
    flight[nflight].req = r;
    flight[nflight++].moved = moved;
    most = nflight > most ? nflight : most;
    if (at_once)
        end(nflight - 1);
}

static void done(struct plat_block_req *r, int err) {
    CHECK_EQ(ended[r - req], -1);
    ended[r - req] = err;
}

static void setup(void) {
    for (unsigned i = 0; i < sizeof medium; i++)
        medium[i] = (uint8_t)(i * 31 + i / 509);
    memcpy(expected, medium, sizeof medium);
    range = (struct sectors){FIRST, COUNT, SIZE, take, medium, NULL};
    bad_read = bad_write = NEVER;
    nflight = most = reads = writes = flushes = 0;
    at_once = false;
    seed = 1;
}

/* Request i, in units of 512 bytes; what a write changes is expected from now on. */
static void submit(unsigned i, enum plat_block_op op, unsigned unit, unsigned units) {
    req[i] = (struct plat_block_req){op, unit * 512ull, buffer[i], units * 512ull, done, NULL};
    ended[i] = -1;
    for (unsigned k = 0; op == PLAT_BLOCK_WRITE && k < units * 512 && unit + units <= UNITS; k++) {
        buffer[i][k] = (uint8_t)(seed + k * 7 + k / 251);
        expected[FIRST * SIZE + unit * 512 + k] = buffer[i][k];
    }
    sectors_submit(&range, &req[i]);
}

static void end_all(void) {
    while (nflight)
        end(number(nflight));
    CHECK(!range.writes);
}

static bool as_expected(void) { return memcmp(medium, expected, sizeof medium) == 0; }

/* One write: how many sectors it reads for its ends, and that all else stays. */
static void one(unsigned unit, unsigned units, unsigned want) {
    setup();
    submit(0, PLAT_BLOCK_WRITE, unit, units);
    end_all();
    CHECK(ended[0] == 0 && as_expected() && writes == 1);
    CHECK_EQ(reads, want);
}

UNIT_TEST(sectors_written_in_part) {
    one(0, 8, 0);
    one(8, 24, 0);
    one(0, 1, 1);
    one(7, 1, 1);
    one(3, 2, 1);
    one(7, 2, 2);
    one(8, 9, 1);
    one(9, 7, 1);
    one(9, 8, 2);
    one(1, UNITS - 2, 2);
    one(UNITS - 1, 1, 1);
}

UNIT_TEST(sectors_read_in_part) {
    setup();
    for (unsigned unit = 0; unit < 17; unit++)
        for (unsigned units = 1; units < 20; units++) {
            submit(0, PLAT_BLOCK_READ, unit, units);
            end_all();
            CHECK(ended[0] == 0 && memcmp(buffer[0], medium + FIRST * SIZE + unit * 512, units * 512) == 0);
        }
    CHECK(as_expected() && writes == 0);
}

UNIT_TEST(sectors_not_inside_the_range) {
    setup();
    static const unsigned bad[][2] = {{UNITS, 1}, {UNITS - 1, 2}, {0, UNITS + 1}, {0, 0}, {1u << 30, 1}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        for (enum plat_block_op op = PLAT_BLOCK_READ; op <= PLAT_BLOCK_WRITE; op++) {
            submit(0, op, bad[i][0], bad[i][1]);
            CHECK_EQ(ended[0], EINVAL);
        }
    CHECK(reads + writes == 0 && as_expected() && !range.writes);
}

/* Each eighth of a sector is another request's. */
UNIT_TEST(sectors_writes_that_meet_in_one) {
    for (unsigned round = 0; round < 20; round++) {
        setup();
        seed = round;
        for (unsigned i = 0; i < 8; i++)
            submit(i, PLAT_BLOCK_WRITE, 16 + (i * 3 + round) % 8, 1);
        CHECK_EQ(nflight, 1);
        submit(8, PLAT_BLOCK_WRITE, 8, 8); /* whole sectors beside it wait for nobody, */
        submit(9, PLAT_BLOCK_WRITE, 24, 2);
        CHECK_EQ(nflight, 3);
        submit(10, PLAT_BLOCK_WRITE, 16, 16); /* over it they do */
        CHECK_EQ(nflight, 3);
        submit(11, PLAT_BLOCK_FLUSH, 0, 0);
        CHECK(nflight == 4 && flushes == 1);
        end_all();
        for (unsigned i = 0; i < 12; i++)
            CHECK_EQ(ended[i], 0);
        CHECK(as_expected());
    }
}

UNIT_TEST(sectors_errors) {
    setup();
    bad_read = FIRST + 2;
    submit(0, PLAT_BLOCK_WRITE, 9, 8); /* its second sector cannot be read: nothing is written */
    submit(1, PLAT_BLOCK_WRITE, 20, 1);
    submit(2, PLAT_BLOCK_READ, 20, 1);
    end_all();
    CHECK(ended[0] == EIO && ended[1] == EIO && ended[2] == EIO && writes == 0);
    memcpy(expected, medium, sizeof medium);
    submit(0, PLAT_BLOCK_WRITE, 16, 8); /* all of it can be written, and so can what waits for it */
    bad_read = NEVER;
    submit(1, PLAT_BLOCK_WRITE, 23, 2);
    end_all();
    CHECK(ended[0] == 0 && ended[1] == 0 && as_expected());
    bad_write = FIRST + 4;
    submit(0, PLAT_BLOCK_WRITE, 33, 1);
    submit(1, PLAT_BLOCK_WRITE, 31, 2); /* waits, and fails for itself */
    submit(2, PLAT_BLOCK_WRITE, 30, 1);
    end_all();
    CHECK(ended[0] == EIO && ended[1] == EIO && ended[2] == 0);
}

UNIT_TEST(sectors_of_512_bytes_wait_for_nothing) {
    setup();
    range.size = 512;
    range.first = FIRST * 8;
    range.count = COUNT * 8;
    submit(0, PLAT_BLOCK_WRITE, 1, 2);
    submit(1, PLAT_BLOCK_WRITE, 2, 2); /* the same sector: the guest's own doing */
    CHECK(nflight == 2 && flight[1].req->lba == FIRST * 8 + 2 && flight[1].req->buf == buffer[1] && !range.writes);
    end_all();
    CHECK(ended[0] == 0 && ended[1] == 0 && reads == 0);
}

/* Writes that touch, but do not cover, each other, with reads among them, and a disk in any mood. */
UNIT_TEST(sectors_at_random) {
    setup();
    for (unsigned round = 0; round < 400; round++) {
        unsigned at = number(6), n = 0;
        at_once = number(8) == 0;
        for (; n < REQS && at < UNITS; n++) {
            unsigned units = 1 + number(number(3) ? 5 : 20);
            units = units < UNITS - at ? units : UNITS - at;
            submit(n, number(5) ? PLAT_BLOCK_WRITE : PLAT_BLOCK_READ, at, units);
            at += units + (number(4) ? 0 : number(9));
            if (nflight && number(3) == 0)
                end(number(nflight));
        }
        end_all();
        CHECK(as_expected());
        for (unsigned i = 0; i < n; i++) {
            CHECK_EQ(ended[i], 0);
            CHECK_EQ(memcmp(buffer[i], medium + FIRST * SIZE + req[i].off, req[i].len), 0);
        }
    }
    CHECK(most > 2);
}
