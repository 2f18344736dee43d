/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine around a disk driver under test (fake_disk.h). Writes of one round do not overlap, so that what the
 * medium must hold is known whatever their order. */
#include "tests/unit/fake_disk.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { PAGE = 4096, HALF = 2 << 20, TICK = 50000, MAX_DATA = 64 << 10 };
/* The first half of the memory is the driver's, as it lies; of the second, which is the data's, no two pages touch. */
#define PHYS 0x100000ull
#define SCATTERED 0x10000000ull

struct fake_disk fake;
static uint8_t *raw, *memory, *expected;
static size_t used, data; /* bytes of the halves */
static struct {
    struct blk_req req; /* first */
    bool busy, ended;
    int err;
} reqs[FAKE_REQS];
static bool again;

static uint64_t now(void) { return fake.clock += TICK; }
static uint64_t phys(const void *p) {
    size_t off = (size_t)((const uint8_t *)p - memory);
    return off < HALF ? PHYS + off : SCATTERED + (off - HALF) / PAGE * (2 * PAGE) + off % PAGE;
}

static void cut_off(void *arg) {
    (void)arg;
    fake.cut = true;
}

static void *take(size_t size, size_t *from, uint8_t *half) {
    size_t bytes = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (*from + bytes > HALF)
        return NULL;
    *from += bytes;
    return memset(half + *from - bytes, 0, bytes);
}

static void *alloc(size_t size, uint64_t max_phys, uint64_t *out) {
    uint8_t *p = take(size, &used, memory);
    CHECK(max_phys >= UINT32_MAX);
    if (p)
        *out = phys(p);
    return p;
}

static bool get_memory(void) {
    if (!raw && (raw = malloc(2 * HALF + PAGE)))
        memory = raw + (-(uintptr_t)raw & (PAGE - 1));
    if (!fake.medium)
        fake.medium = malloc(FAKE_BYTES);
    if (!expected)
        expected = malloc(FAKE_BYTES);
    return memory && fake.medium && expected;
}

void fake_disk_reset(unsigned sector_size) {
    uint8_t *medium = get_memory() ? fake.medium : NULL;
    if (!medium) {
        CHECK(medium);
        abort();
    }
    fake = (struct fake_disk){.medium = medium, .sector_size = sector_size, .seed = 1, .clock = 1};
    fake.hw = (struct hw){.now = now, .phys = phys, .alloc = alloc, .cut_off = cut_off};
    used = data = 0;
    memset(reqs, 0, sizeof reqs);
    for (unsigned i = 0; i < FAKE_BYTES; i++)
        medium[i] = (uint8_t)(i * 31 + i / 509);
    memcpy(expected, medium, FAKE_BYTES);
}

static void *scattered(uint64_t off, uint32_t len) {
    uint64_t page = off / (2 * PAGE), at = off % (2 * PAGE);
    bool good = page < data / PAGE && at < PAGE && len <= PAGE - at;
    CHECK(good);
    return good ? memory + HALF + page * PAGE + at : NULL;
}

void *fake_memory(uint64_t at, uint32_t len) {
    if (!fake.cut && at >= SCATTERED)
        return scattered(at - SCATTERED, len);
    bool good = !fake.cut && at >= PHYS && at - PHYS <= used && len <= used - (at - PHYS);
    CHECK(good);
    return good ? memory + (at - PHYS) : NULL;
}

uint32_t fake_number(uint32_t below) {
    fake.seed = fake.seed * 1664525 + 1013904223;
    return (fake.seed >> 8) % below;
}

void fake_disk_open(struct disk *d) {
    CHECK_EQ(d->q->sector_size, fake.sector_size);
    CHECK_EQ(d->q->sectors, FAKE_BYTES / fake.sector_size);
    d->q->write_lba = FAKE_WRITE_FIRST;
    d->q->write_sectors = FAKE_WRITE_COUNT;
    d->due = UINT64_MAX;
}

static void done(struct blk_req *req, int err) {
    for (unsigned i = 0; i < FAKE_REQS; i++)
        if (&reqs[i].req == req) {
            CHECK(reqs[i].busy && !reqs[i].ended);
            reqs[i].ended = true;
            reqs[i].err = err;
        }
    again = true;
}

struct blk_req *fake_submit(struct disk *d, enum blk_op op, uint64_t lba, uint64_t sectors) {
    unsigned i = 0;
    while (i < FAKE_REQS && reqs[i].busy)
        i++;
    size_t len = (size_t)sectors * fake.sector_size;
    uint8_t *buf = i < FAKE_REQS && len <= MAX_DATA ? take(len + PAGE, &data, memory + HALF) : NULL;
    if (!buf)
        return NULL;
    buf += 2 * fake_number(PAGE / 2);
    for (size_t k = 0; op == BLK_WRITE && k < len; k++)
        buf[k] = (uint8_t)(fake.seed + k * 7 + k / 251);
    reqs[i].busy = true;
    reqs[i].ended = false;
    reqs[i].req = (struct blk_req){.op = op, .lba = lba, .sectors = sectors, .buf = buf, .done = done};
    blkq_submit(d->q, &reqs[i].req);
    return &reqs[i].req;
}

static bool all_ended(void) {
    for (unsigned i = 0; i < FAKE_REQS; i++)
        if (reqs[i].busy && !reqs[i].ended)
            return false;
    return true;
}

bool fake_pump(struct disk *d, uint64_t ns) {
    uint64_t end = fake.clock + ns;
    do {
        again = fake.irq = false;
        d->due = d->run(d);
        if (!fake.irq && !again && d->due != UINT64_MAX && fake.clock < d->due)
            fake.clock = d->due;
    } while (!all_ended() && fake.clock < end);
    return all_ended();
}

int fake_error(const struct blk_req *req) {
    for (unsigned i = 0; i < FAKE_REQS; i++)
        if (&reqs[i].req == req && reqs[i].ended)
            return reqs[i].err;
    return -1;
}

void fake_settle(void) {
    for (unsigned i = 0; i < FAKE_REQS; i++) {
        struct blk_req *r = &reqs[i].req;
        size_t at = (size_t)r->lba * fake.sector_size, len = (size_t)r->sectors * fake.sector_size;
        if (reqs[i].busy && reqs[i].ended && r->op == BLK_WRITE && at + len <= FAKE_BYTES) {
            if (!reqs[i].err) /* one that failed may have been written, or not */
                CHECK_EQ(memcmp(fake.medium + at, r->buf, len), 0);
            memcpy(expected + at, fake.medium + at, len);
        }
    }
    for (unsigned i = 0; i < FAKE_REQS; i++) {
        struct blk_req *r = &reqs[i].req;
        if (reqs[i].busy && reqs[i].ended && r->op == BLK_READ && !reqs[i].err)
            CHECK_EQ(memcmp(expected + r->lba * fake.sector_size, r->buf, r->sectors * fake.sector_size), 0);
        reqs[i].busy = reqs[i].busy && !reqs[i].ended;
    }
    CHECK_EQ(memcmp(fake.medium, expected, FAKE_BYTES), 0);
    if (all_ended())
        data = 0;
}
