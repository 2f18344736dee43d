/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio transport and split queues, with the entropy device as the simplest that uses them: the status protocol,
 * and every way in which rings can be bad. A bad ring stops the device, and a reset brings it back. */
#include <string.h>

#include "devices/virtio_devices.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

#define F_VERSION_1 ((uint64_t)1 << 32)
static struct virtio_rng rng;
static struct fake_line line;
static struct fake_queue f;
#define V (&rng.virtio)
#define DATA (FAKE_RAM_BASE + 0x80000)

static void start(unsigned size) {
    uint8_t *ram = fake_ram();
    CHECK(ram != NULL);
    memset(ram + 0x80000, 0, 0x10000);
    memset(&line, 0, sizeof line);
    V->irq = (struct dev_line){fake_line_set, &line, 0};
    virtio_rng_init(&rng);
    fake_start(&f, V, size);
}

static void desc(unsigned i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next) {
    f.desc[i] = (struct fake_desc){addr, len, flags, next};
}

static bool filled(uint64_t at, unsigned len) {
    unsigned zeroes = 0;
    for (unsigned i = 0; i < len; i++)
        zeroes += fake_ram()[at - FAKE_RAM_BASE + i] == 0;
    return zeroes < len / 2;
}

UNIT_TEST(virtio_identity_and_empty_slot) {
    static struct virtio empty;
    start(8);
    CHECK_EQ(fake_read(V, 0), 0x74726976);
    CHECK_EQ(fake_read(V, 4), 2);
    CHECK_EQ(fake_read(V, 8), 4);
    CHECK_EQ(fake_read(V, 12), 0x554d4551);
    CHECK_EQ(fake_read(V, 0xb0), UINT32_MAX); /* no shared memory */
    CHECK_EQ(fake_read(&empty, 8), 0);
    CHECK_EQ(fake_read(&empty, 0x70), 0);
    fake_write(&empty, 0x70, 1);
    fake_write(&empty, 0x50, 0);
    virtio_reset(&empty);
}

UNIT_TEST(virtio_feature_negotiation) {
    start(8);
    CHECK(fake_features(V, F_VERSION_1));
    CHECK(fake_features(V, 0));                         /* as xv6 does, which does not know of VERSION_1 */
    CHECK(!fake_features(V, F_VERSION_1 | 1ull << 40)); /* was not offered */
    fake_driver_ok(V);
    CHECK(!virtio_running(V));
    CHECK(fake_features(V, F_VERSION_1 | 1ull << 29));
    fake_write(V, 0x24, 0);
    fake_write(V, 0x20, 0); /* too late */
    fake_driver_ok(V);
    CHECK(virtio_running(V));
    CHECK(V->driver_features == (F_VERSION_1 | 1ull << 29));
    fake_write(V, 0x70, 0x8f); /* FAILED: the driver gave up */
    CHECK(!virtio_running(V));
    fake_write(V, 0x70, 0);
    CHECK_EQ(fake_read(V, 0x70), 0);
}

UNIT_TEST(virtio_legacy_registers) {
    uint32_t head, len;
    uint8_t *ring = fake_ram();
    start(8);
    V->legacy = true;
    virtio_reset(V);
    memset(ring, 0, 3 * 4096);
    CHECK_EQ(fake_read(V, 4), 1);
    fake_write(V, 0x70, 3);
    fake_write(V, 0x24, 1);
    CHECK_EQ(fake_read(V, 0x10) >> 31, 0);
    fake_write(V, 0x28, 4096);
    fake_write(V, 0x30, 0);
    CHECK_EQ(fake_read(V, 0x40), 0);
    fake_write(V, 0x38, 8);
    fake_write(V, 0x3c, 4096);
    fake_write(V, 0x40, FAKE_RAM_BASE >> 12);
    CHECK_EQ(fake_read(V, 0x40), FAKE_RAM_BASE >> 12);
    CHECK_EQ(fake_read(V, 0x44), 0); /* there is no QueueReady */
    CHECK_EQ(V->vq[0].avail, FAKE_RAM_BASE + 128);
    CHECK_EQ(V->vq[0].used, FAKE_RAM_BASE + 4096);
    f = (struct fake_queue){V, 0, 8, (void *)ring, (void *)(ring + 128), (void *)(ring + 4096), 0, false};
    desc(3, DATA, 64, FAKE_WRITE, 0);
    fake_write(V, 0x70, 7); /* no FEATURES_OK */
    fake_add(&f, 3);
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(head, 3);
    CHECK_EQ(len, 64);
    CHECK(line.level);
    fake_write(V, 0x40, 0);
    CHECK(!V->vq[0].ready);
    fake_write(V, 0x40, 1); /* not RAM */
    CHECK(fake_needs_reset(V));
    V->legacy = false;
    virtio_reset(V);
    fake_write(V, 0x40, FAKE_RAM_BASE >> 12);
    CHECK_EQ(fake_read(V, 0x40), 0);
}

UNIT_TEST(virtio_request_and_interrupt) {
    uint32_t head, len;
    start(8);
    desc(3, DATA, 64, FAKE_WRITE | FAKE_NEXT, 5);
    desc(5, DATA + 0x1000, 100, FAKE_WRITE, 0);
    fake_add(&f, 3);
    CHECK(!fake_used(&f, &head, &len));
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(head, 3);
    CHECK_EQ(len, 164);
    CHECK(filled(DATA, 64) && filled(DATA + 0x1000, 100));
    CHECK(line.level);
    CHECK_EQ(fake_read(V, 0x60), 1);
    fake_write(V, 0x64, 1);
    CHECK(!line.level);
}

UNIT_TEST(virtio_event_index_suppresses) {
    start(8);
    desc(0, DATA, 4, FAKE_WRITE, 0);
    fake_add(&f, 0);
    fake_kick(&f);
    fake_write(V, 0x64, 1);
    CHECK_EQ(line.rises, 1);
    f.seen = 4; /* used_event: not before the fifth */
    for (int i = 0; i < 3; i++) {
        fake_add(&f, 0);
        fake_kick(&f);
        CHECK(!line.level);
    }
    fake_add(&f, 0);
    fake_kick(&f);
    CHECK(line.level);
    CHECK_EQ(f.used[2 + 4 * f.size], 5); /* avail_event: tell about the sixth */
}

UNIT_TEST(virtio_no_interrupt_flag) {
    start(8);
    CHECK(fake_features(V, F_VERSION_1));
    fake_queue_init(&f, V, 0, 8);
    fake_driver_ok(V);
    desc(0, DATA, 4, FAKE_WRITE, 0);
    f.avail[0] = 1;
    fake_add(&f, 0);
    fake_kick(&f);
    CHECK(!line.level);
    f.avail[0] = 0;
    fake_add(&f, 0);
    fake_kick(&f);
    CHECK(line.level);
}

UNIT_TEST(virtio_indirect) {
    uint32_t head, len;
    start(4);
    struct fake_desc *t = (struct fake_desc *)(fake_ram() + 0x90000);
    for (unsigned i = 0; i < 40; i++)
        t[i] = (struct fake_desc){DATA + i * 16, 16, FAKE_WRITE | (i < 39 ? FAKE_NEXT : 0), (uint16_t)(i + 1)};
    desc(1, FAKE_RAM_BASE + 0x90000, 40 * 16, FAKE_INDIRECT, 0);
    fake_add(&f, 1);
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len));
    CHECK_EQ(head, 1);
    CHECK_EQ(len, 640);
    CHECK(!fake_needs_reset(V));
}

/* What the driver can get wrong: fill() makes descriptor 0 (and 1) bad. */
static void expect_broken(void (*fill)(void), const char *what) {
    uint32_t head, len;
    start(4);
    desc(0, DATA, 16, FAKE_WRITE, 0);
    fill();
    fake_add(&f, 0);
    fake_kick(&f);
    bool broken = fake_needs_reset(V);
    if (!broken)
        plat_log("not noticed: %s\n", what);
    CHECK(broken);
    CHECK_EQ(fake_read(V, 0x60) & 2, 2); /* configuration interrupt: the driver learns of it */
    fake_kick(&f);
    CHECK(!fake_used(&f, &head, &len));
    start(4); /* a reset brings it back */
    desc(0, DATA, 16, FAKE_WRITE, 0);
    fake_add(&f, 0);
    fake_kick(&f);
    CHECK(fake_used(&f, &head, &len) && len == 16);
}

static void outside(void) { f.desc[0].addr = FAKE_RAM_BASE + FAKE_RAM_SIZE - 8; }
static void wraps(void) { f.desc[0].addr = UINT64_MAX - 4; }
static void huge(void) { f.desc[0].len = UINT32_MAX; }
static void nowhere(void) { f.desc[0].addr = 0x1234; }
static void loop(void) { f.desc[0].flags |= FAKE_NEXT, f.desc[0].next = 0; }
static void bad_next(void) { f.desc[0].flags |= FAKE_NEXT, f.desc[0].next = 4; }
static void order(void) { f.desc[0].flags |= FAKE_NEXT, f.desc[0].next = 1; desc(1, DATA, 8, 0, 0); }
static void indirect_size(void) { desc(0, DATA, 15, FAKE_INDIRECT, 0); }
static void indirect_empty(void) { desc(0, DATA, 0, FAKE_INDIRECT, 0); }
static void indirect_outside(void) { desc(0, FAKE_RAM_BASE + FAKE_RAM_SIZE - 16, 32, FAKE_INDIRECT, 0); }
static void indirect_next(void) { desc(0, DATA, 16, FAKE_INDIRECT | FAKE_NEXT, 1); }
static void indirect_nested(void) {
    desc(0, DATA, 16, FAKE_INDIRECT, 0);
    struct fake_desc d = {DATA, 16, FAKE_INDIRECT, 0};
    memcpy(fake_ram() + (DATA - FAKE_RAM_BASE), &d, sizeof d);
}
static void indirect_loop(void) {
    desc(0, DATA, 16, FAKE_INDIRECT, 0);
    struct fake_desc d = {DATA + 64, 16, FAKE_NEXT | FAKE_WRITE, 0};
    memcpy(fake_ram() + (DATA - FAKE_RAM_BASE), &d, sizeof d);
}
static void jump(void) { f.avail[1] = 4; } /* plus one: five in a ring of four */

UNIT_TEST(virtio_bad_rings_need_reset) {
    static const struct {
        void (*fill)(void);
        const char *name;
    } bad[] = {{outside, "outside"},
               {wraps, "wraps"},
               {huge, "huge"},
               {nowhere, "nowhere"},
               {loop, "loop"},
               {bad_next, "next"},
               {order, "order"},
               {indirect_size, "indirect size"},
               {indirect_empty, "indirect empty"},
               {indirect_outside, "indirect outside"},
               {indirect_next, "indirect next"},
               {indirect_nested, "nested"},
               {indirect_loop, "indirect loop"},
               {jump, "index"}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_broken(bad[i].fill, bad[i].name);
}

UNIT_TEST(virtio_bad_head) {
    start(4);
    fake_add(&f, 4);
    fake_kick(&f);
    CHECK(fake_needs_reset(V));
}

UNIT_TEST(virtio_bad_ring_addresses) {
    static const uint64_t at[][3] = {
        {FAKE_RAM_BASE + 8, FAKE_RAM_BASE + 0x4000, FAKE_RAM_BASE + 0x8000},
        {FAKE_RAM_BASE, FAKE_RAM_BASE + 0x4001, FAKE_RAM_BASE + 0x8000},
        {FAKE_RAM_BASE, FAKE_RAM_BASE + 0x4000, FAKE_RAM_BASE + 0x8002},
        {FAKE_RAM_BASE + FAKE_RAM_SIZE - 16, FAKE_RAM_BASE + 0x4000, FAKE_RAM_BASE + 0x8000},
        {FAKE_RAM_BASE, 0, FAKE_RAM_BASE + 0x8000},
        {FAKE_RAM_BASE, FAKE_RAM_BASE + 0x4000, UINT64_MAX - 3},
    };
    for (unsigned i = 0; i < sizeof at / sizeof *at; i++) {
        start(4);
        CHECK(fake_features(V, F_VERSION_1));
        fake_write(V, 0x30, 0);
        fake_write(V, 0x38, 4);
        for (unsigned k = 0; k < 3; k++) {
            fake_write(V, 0x80 + 0x10 * k, (uint32_t)at[i][k]);
            fake_write(V, 0x84 + 0x10 * k, (uint32_t)(at[i][k] >> 32));
        }
        fake_write(V, 0x44, 1);
        CHECK(fake_needs_reset(V));
        CHECK_EQ(fake_read(V, 0x44), 0);
    }
}

UNIT_TEST(virtio_nothing_runs_before_driver_ok) {
    uint32_t head, len;
    start(4);
    CHECK(fake_features(V, F_VERSION_1));
    fake_queue_init(&f, V, 0, 4);
    desc(0, DATA, 16, FAKE_WRITE, 0);
    fake_add(&f, 0);
    fake_kick(&f);
    CHECK(!fake_used(&f, &head, &len));
    fake_driver_ok(V);
    CHECK(fake_used(&f, &head, &len));
}

static size_t none(void *arg, void *buf, size_t len) {
    (void)arg, (void)buf, (void)len;
    return 0;
}
static char typed[8];
static size_t some(void *arg, void *buf, size_t len) {
    size_t n = strlen(typed);
    (void)arg;
    n = n < len ? n : len;
    memcpy(buf, typed, n);
    memmove(typed, typed + n, strlen(typed) - n + 1);
    return n;
}
static char shown[64];
static void show(void *arg, const void *buf, size_t len) {
    (void)arg;
    if (strlen(shown) + len < sizeof shown)
        strncat(shown, buf, len);
}

UNIT_TEST(virtio_console_both_ways) {
    static struct virtio_console c;
    static struct fake_queue rx, tx;
    const struct dev_chars chars = {show, some, NULL};
    uint32_t head, len;
    uint8_t *ram = fake_ram();
    virtio_console_init(&c, &chars);
    CHECK(fake_features(&c.virtio, F_VERSION_1));
    fake_queue_init(&rx, &c.virtio, 0, 4);
    fake_queue_init(&tx, &c.virtio, 1, 4);
    fake_driver_ok(&c.virtio);
    rx.desc[0] = (struct fake_desc){DATA, 3, FAKE_WRITE, 0};
    rx.desc[1] = (struct fake_desc){DATA + 16, 16, FAKE_WRITE, 0};
    fake_add(&rx, 0);
    fake_add(&rx, 1);
    CHECK(!virtio_console_listening(&c)); /* a driver that only probes gets no input */
    memcpy(ram + 0x80100, "hello", 5);
    tx.desc[0] = (struct fake_desc){DATA + 0x100, 5, 0, 0};
    fake_add(&tx, 0);
    fake_kick(&tx);
    CHECK(fake_used(&tx, &head, &len) && len == 0);
    CHECK(!strcmp(shown, "hello"));
    CHECK(virtio_console_listening(&c));
    c.chars.read = none;
    virtio_console_poll(&c);
    CHECK(!fake_used(&rx, &head, &len));
    c.chars.read = some;
    strcpy(typed, "abcd");
    virtio_console_poll(&c);
    CHECK(fake_used(&rx, &head, &len) && head == 0 && len == 3);
    CHECK(fake_used(&rx, &head, &len) && head == 1 && len == 1);
    CHECK(!memcmp(ram + 0x80000, "abc", 3) && ram[0x80010] == 'd');
}
