/* SPDX-License-Identifier: BSD-2-Clause */
/* HTIF: the console both ways, the write system call; exits are shown by the guest tests. */
#include "devices/htif.h"

#include <string.h>

#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

#define PAGE (FAKE_RAM_BASE + 0xf0000)
static struct htif h;
static char shown[32], typed;

static void show(void *arg, const void *buf, size_t len) {
    (void)arg;
    if (strlen(shown) + len < sizeof shown)
        strncat(shown, buf, len);
}
static size_t type(void *arg, void *buf, size_t len) {
    (void)arg;
    if (!typed || !len)
        return 0;
    *(char *)buf = typed;
    typed = 0;
    return 1;
}

static void start(void) {
    uint8_t *ram = fake_ram();
    CHECK(ram != NULL);
    memset(ram + 0xf0000, 0, 4096);
    memset(shown, 0, sizeof shown);
    typed = 0;
    h = (struct htif){.chars = {show, type, NULL}, .tohost = PAGE + 64, .fromhost = PAGE + 128};
}
static void wr(uint64_t off, uint64_t v, unsigned size) {
    memcpy(fake_ram() + 0xf0000 + off, &v, size);
    htif_written(&h, PAGE + off, size);
}
static uint64_t rd(uint64_t off) {
    uint64_t v;
    memcpy(&v, fake_ram() + 0xf0000 + off, 8);
    return v;
}

UNIT_TEST(htif_console) {
    start();
    wr(64, (uint64_t)1 << 56 | (uint64_t)1 << 48 | 'A', 8);
    CHECK(!strcmp(shown, "A"));
    CHECK_EQ(rd(64), 0); /* ready for the next */
    wr(128, 0, 8);
    wr(64, (uint64_t)1 << 56, 8);
    CHECK_EQ(rd(128), 0);
    typed = 'z';
    htif_poll(&h);
    CHECK_EQ(rd(128), (uint64_t)1 << 56 | 0x100 | 'z');
}

UNIT_TEST(htif_write_system_call) {
    uint64_t m[8] = {64, 1, FAKE_RAM_BASE + 0x80000, 3};
    start();
    memcpy(fake_ram() + 0x80000, "abc", 3);
    memcpy(fake_ram() + 0x81000, m, sizeof m);
    wr(64, FAKE_RAM_BASE + 0x81000, 8);
    CHECK(!strcmp(shown, "abc"));
    CHECK_EQ(rd(128), 1);
    memcpy(m, fake_ram() + 0x81000, sizeof m);
    CHECK_EQ(m[0], 3);
    m[0] = 64;
    m[2] = 0x10; /* not RAM */
    memcpy(fake_ram() + 0x81000, m, sizeof m);
    wr(64, FAKE_RAM_BASE + 0x81000, 8);
    memcpy(m, fake_ram() + 0x81000, sizeof m);
    CHECK_EQ(m[0], (uint64_t)-14);
    wr(64, 0x10, 8); /* the block itself is not RAM */
    CHECK_EQ(rd(64), 0);
}

UNIT_TEST(htif_acts_on_tohost_alone) {
    start();
    memset(fake_ram() + 0xf0000, 0, 256);
    wr(72, (uint64_t)1 << 56 | (uint64_t)1 << 48 | 'B', 8); /* its neighbour */
    CHECK_EQ(shown[0], 0);
    wr(68, 0x01010000, 4); /* the upper half by itself */
    wr(65, 0, 1);
    CHECK_EQ(shown[0], 0);
    wr(64, 'C', 4); /* the lower half */
    CHECK(!strcmp(shown, "C"));
    CHECK_EQ(rd(64), 0);
}
