/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-blk and the overlay, over a base that answers at once or when told to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtio_devices.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

enum { DISK = 40 * 512, MAX_WAITING = 16 }; /* not a multiple of a page */
static uint8_t disk[DISK];
static struct plat_block_req *waiting[MAX_WAITING];
static unsigned nwaiting, writes;
static bool deferred;
static int fail_with;

static void answer(struct plat_block_req *r) {
    if (!fail_with && r->op == PLAT_BLOCK_READ)
        memcpy(r->buf, disk + r->off, r->len);
    if (!fail_with && r->op == PLAT_BLOCK_WRITE)
        memcpy(disk + r->off, r->buf, r->len), writes++;
    r->done(r, fail_with);
}
static void submit(struct block *b, struct plat_block_req *r) {
    (void)b;
    if (deferred && nwaiting < MAX_WAITING)
        waiting[nwaiting++] = r;
    else
        answer(r);
}
/* Answers request i of those that wait. */
static void release(unsigned i) {
    struct plat_block_req *r = waiting[i];
    waiting[i] = waiting[--nwaiting];
    answer(r);
}

static struct block base = {submit, DISK, false, 0};
static struct virtio_blk blk;
static struct fake_line line;
static struct fake_queue f;
#define V (&blk.virtio)
#define HDR 0x80000
#define DATA 0x81000
#define STATUS 0x8f000

static void start(struct block *b) {
    CHECK(fake_ram() != NULL);
    for (unsigned i = 0; i < DISK; i++)
        disk[i] = (uint8_t)(i / 512 * 7 + i);
    deferred = false;
    nwaiting = writes = 0;
    fail_with = 0;
    memset(&line, 0, sizeof line);
    memset(&blk, 0, sizeof blk);
    V->irq = (struct dev_line){fake_line_set, &line, 0};
    strcpy(V->name, "disk-under-test");
    virtio_blk_init(&blk, b, "serial-no");
    fake_start(&f, V, 16);
}

/* Request n (0-4): header, one data segment, status. */
static void request(unsigned n, uint32_t type, uint64_t sector, uint32_t len, bool to_guest) {
    uint8_t *ram = fake_ram();
    uint64_t hdr = HDR + 16 * n, status = STATUS + n, data = DATA + 0x2000 * n;
    memcpy(ram + hdr, &type, 4);
    memset(ram + hdr + 4, 0, 4);
    memcpy(ram + hdr + 8, &sector, 8);
    ram[status] = 0xee;
    struct fake_desc *d = f.desc + 3 * n;
    d[0] = (struct fake_desc){FAKE_RAM_BASE + hdr, 16, FAKE_NEXT, (uint16_t)(len ? 3 * n + 1 : 3 * n + 2)};
    d[1] =
        (struct fake_desc){FAKE_RAM_BASE + data, len, FAKE_NEXT | (to_guest ? FAKE_WRITE : 0), (uint16_t)(3 * n + 2)};
    d[2] = (struct fake_desc){FAKE_RAM_BASE + status, 1, FAKE_WRITE, 0};
    fake_add(&f, (uint16_t)(3 * n));
}
static uint8_t status(unsigned n) { return fake_ram()[STATUS + n]; }
static uint8_t *data(unsigned n) { return fake_ram() + DATA + 0x2000 * n; }

UNIT_TEST(virtio_blk_tells_the_sectors_of_the_disk) {
    static struct block large = {submit, DISK, false, 4096};
    start(&large);
    CHECK_EQ(blk.config.blk_size, 4096);
    struct block *overlay = overlay_create(&large);
    CHECK(overlay && overlay->sector == 4096);
    if (overlay)
        overlay_destroy(overlay);
    start(&base);
    CHECK_EQ(blk.config.blk_size, 512);
}

UNIT_TEST(virtio_blk_configuration) {
    uint64_t sectors = 0;
    start(&base);
    for (unsigned i = 0; i < 8; i++)
        sectors |= virtio_mmio_ops.read(V, 0x100 + i, 1) << 8 * i;
    CHECK_EQ(sectors, 40);
    CHECK_EQ(virtio_mmio_ops.read(V, 0x100, 8), 40);
    CHECK_EQ(virtio_mmio_ops.read(V, 0x114, 4), 512);
    CHECK_EQ(virtio_mmio_ops.read(V, 0xff8, 8), 0);
}

UNIT_TEST(virtio_blk_read_write) {
    uint32_t head, len;
    start(&base);
    request(0, 0, 3, 1024, true);
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(len, 1025);
    CHECK_EQ(status(0), 0);
    CHECK(!memcmp(data(0), disk + 3 * 512, 1024));
    memset(data(1), 0x77, 512);
    request(1, 1, 39, 512, false);
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(len, 1);
    CHECK_EQ(status(1), 0);
    CHECK(disk[DISK - 1] == 0x77 && disk[DISK - 513] != 0x77);
}

UNIT_TEST(virtio_blk_out_of_range) {
    static const struct {
        uint64_t sector;
        uint32_t len;
    } bad[] = {{40, 512}, {39, 1024}, {UINT64_MAX, 512}, {UINT64_MAX / 512, 512},
               {0, 511},  {0, 513},   {1ull << 55, 512}};
    uint32_t head, len;
    start(&base);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (unsigned type = 0; type < 2; type++) {
            request(0, type, bad[i].sector, bad[i].len, type == 0);
            fake_kick(&f);
            CHECK(fake_used(&f, &head, &len));
            CHECK_EQ(status(0), 1);
            CHECK_EQ(len, 1);
        }
    }
    CHECK_EQ(writes, 0);
    CHECK(!fake_needs_reset(V));
}

UNIT_TEST(virtio_blk_odd_segments) {
    uint32_t head, len;
    start(&base);
    request(0, 0, 1, 512, true); /* the data in three pieces, the last with the status */
    f.desc[1] = (struct fake_desc){FAKE_RAM_BASE + DATA, 100, FAKE_NEXT | FAKE_WRITE, 10};
    f.desc[10] = (struct fake_desc){FAKE_RAM_BASE + DATA + 0x1000, 411, FAKE_NEXT | FAKE_WRITE, 11};
    f.desc[11] = (struct fake_desc){FAKE_RAM_BASE + DATA + 0x1800, 2, FAKE_WRITE, 0};
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(len, 513);
    CHECK(!memcmp(data(0), disk + 512, 100) && !memcmp(data(0) + 0x1000, disk + 612, 411));
    CHECK(data(0)[0x1800] == disk[1023] && data(0)[0x1801] == 0);
    request(0, 1, 2, 512, false); /* the header in two pieces, the second with data */
    memcpy(data(0), fake_ram() + HDR + 4, 12);
    memset(data(0) + 12, 0x55, 512);
    f.desc[0].len = 4;
    f.desc[1].len = 524;
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(status(0), 0);
    CHECK(disk[1024] == 0x55 && disk[1535] == 0x55 && disk[1536] != 0x55);
}

UNIT_TEST(virtio_blk_flush_id_unknown) {
    uint32_t head, len;
    start(&base);
    request(0, 4, 0, 0, false);
    request(1, 8, 0, 20, true);
    request(2, 99, 0, 512, true);
    fake_kick(&f);
    CHECK_EQ(status(0), 0);
    CHECK_EQ(status(1), 0);
    CHECK(!strcmp((char *)data(1), "serial-no"));
    CHECK_EQ(status(2), 2);
    for (int i = 0; i < 3; i++)
        CHECK(fake_used(&f, &head, &len));
    request(0, 13, 0, 16, false);
    uint32_t range[4] = {4, 0, 2, 1};
    memcpy(data(0), range, 16);
    fake_kick(&f);
    CHECK_EQ(status(0), 0);
    CHECK(disk[2048] == 0 && disk[3071] == 0 && disk[3072] != 0 && disk[2047] != 0);
}

UNIT_TEST(virtio_blk_read_only) {
    static struct block ro = {submit, DISK, true, 0};
    start(&ro);
    CHECK(fake_read(V, 0x10) == 0 || (fake_write(V, 0x14, 0), fake_read(V, 0x10) & 1 << 5));
    request(0, 1, 0, 512, false);
    fake_kick(&f);
    CHECK_EQ(status(0), 1);
    CHECK_EQ(writes, 0);
}

UNIT_TEST(virtio_blk_several_in_flight) {
    uint32_t head, len;
    start(&base);
    deferred = true;
    for (unsigned n = 0; n < 4; n++)
        request(n, 0, n * 4, 512, true);
    fake_kick(&f);
    CHECK_EQ(nwaiting, 4);
    CHECK_EQ(blk.in_flight, 4);
    CHECK(!fake_used(&f, &head, &len));
    release(2);
    CHECK(line.level);
    CHECK(fake_used(&f, &head, &len) && head == 6);
    release(0);
    CHECK(fake_used(&f, &head, &len) && head == 0);
    fail_with = EIO;
    release(0);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(len, 1);
    CHECK_EQ(status(head / 3), 1);
    fail_with = 0;
    release(0);
    CHECK_EQ(blk.in_flight, 0);
}

UNIT_TEST(virtio_blk_short_requests) {
    uint32_t head, len;
    start(&base);
    request(0, 0, 0, 512, true);
    f.desc[0].len = 15; /* no whole header */
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(status(0), 1);
    request(0, 1, 0, 512, false);
    f.desc[1].flags = 0; /* no status */
    fake_kick(&f);
    CHECK(fake_needs_reset(V));
    CHECK_EQ(writes, 0);
}

/* ---- the overlay ---- */

static void overlay_read(struct block *o, uint64_t off, void *buf, size_t len);
static int last_err;
static unsigned ended;
static void done(struct plat_block_req *r, int err) {
    (void)r;
    last_err = err;
    ended++;
}
static void overlay_read(struct block *o, uint64_t off, void *buf, size_t len) {
    static struct plat_block_req r;
    r = (struct plat_block_req){PLAT_BLOCK_READ, off, buf, len, done, NULL};
    o->submit(o, &r);
}

UNIT_TEST(overlay_keeps_base_clean) {
    static uint8_t want[DISK], got[DISK], noise[DISK];
    uint64_t seed = 42;
    start(&base);
    struct block *o = overlay_create(&base);
    CHECK(o && o->size == DISK && !o->read_only);
    memcpy(want, disk, DISK);
    for (int i = 0; i < 500; i++) {
        uint64_t r = fake_random(&seed), off = r % 40, n = 1 + (r >> 16) % (40 - off);
        struct plat_block_req w = {PLAT_BLOCK_WRITE, off * 512, noise, n * 512, done, NULL};
        memset(noise, (int)i, sizeof noise);
        o->submit(o, &w);
        CHECK_EQ(last_err, 0);
        memset(want + off * 512, i, n * 512);
        overlay_read(o, 0, got, DISK);
        CHECK(!memcmp(got, want, DISK));
        if (i % 50 == 49) { /* start again from the base */
            overlay_destroy(o);
            o = overlay_create(&base);
            memcpy(want, disk, DISK);
            overlay_read(o, 0, got, DISK);
            CHECK(!memcmp(got, disk, DISK));
        }
    }
    CHECK_EQ(writes, 0);
    overlay_destroy(o);
}

UNIT_TEST(overlay_two_partial_writes_of_one_page) {
    static uint8_t a[512], b[512], got[4096];
    struct plat_block_req w1 = {PLAT_BLOCK_WRITE, 0, a, 512, done, NULL},
                          w2 = {PLAT_BLOCK_WRITE, 1024, b, 512, done, NULL};
    start(&base);
    struct block *o = overlay_create(&base);
    memset(a, 0xaa, 512);
    memset(b, 0xbb, 512);
    deferred = true;
    ended = 0;
    o->submit(o, &w1);
    o->submit(o, &w2); /* both read the page from the base first */
    CHECK_EQ(nwaiting, 2);
    release(1);
    release(0);
    CHECK_EQ(ended, 2);
    deferred = false;
    overlay_read(o, 0, got, 4096);
    CHECK(!memcmp(got, a, 512) && !memcmp(got + 1024, b, 512) && !memcmp(got + 512, disk + 512, 512));
    overlay_destroy(o);
}

UNIT_TEST(overlay_base_error) {
    static uint8_t a[512];
    struct plat_block_req w = {PLAT_BLOCK_WRITE, 512, a, 512, done, NULL};
    start(&base);
    struct block *o = overlay_create(&base);
    fail_with = EIO;
    o->submit(o, &w);
    CHECK_EQ(last_err, EIO);
    overlay_read(o, 0, a, 512);
    CHECK_EQ(last_err, EIO);
    fail_with = 0;
    overlay_read(o, 512, a, 512);
    CHECK_EQ(last_err, 0);
    CHECK(!memcmp(a, disk + 512, 512));
    overlay_destroy(o);
}
