/* SPDX-License-Identifier: BSD-2-Clause */
/* NOR flash by its command set, as drivers use it: found by query, programmed, erased; errors in the status
 * register. */
#include <stdlib.h>

#include "devices/flash.h"
#include "tests/unit/unit.h"

static struct flash f;

static uint64_t rd(uint64_t off, unsigned size) { return flash_ops.read(&f, off, size); }
static void wr(uint64_t off, uint64_t val, unsigned size) { flash_ops.write(&f, off, val, size); }
static void command(uint32_t c) { wr(0, c * 0x00010001u, 4); }
static void fresh(void) {
    for (unsigned i = 0; i < FLASH_SECTORS; i++)
        free(f.sector[i]);
    f = (struct flash){0};
}

UNIT_TEST(flash_is_found) {
    fresh();
    CHECK_EQ(rd(0, 8), UINT64_MAX);
    wr(0x55 * 4, 0x00980098, 4);
    CHECK_EQ(rd(0x10 * 4, 4), 0x00510051);
    CHECK_EQ(rd(0x10 * 4, 8), 0x0052005200510051);
    CHECK_EQ(rd(0x12 * 4, 2), 'Y');
    CHECK_EQ(rd(0x12 * 4 + 2, 1), 'Y');
    CHECK_EQ(rd(0x13 * 4, 4), 0x00010001);     /* Intel's command set */
    CHECK_EQ(rd(0x31 * 4, 4), 0x00500050);     /* the table that 0x15 points to: PRI */
    CHECK_EQ((uint64_t)2 << rd(0x27 * 4, 1), FLASH_SIZE);
    CHECK_EQ((rd(0x2d * 4, 1) + 1) * (rd(0x30 * 4, 1) << 8 | rd(0x2f * 4, 1)) * 256 * 2, FLASH_SIZE);
    CHECK_EQ(rd(0xf0 * 4, 4), 0);
    CHECK_EQ(rd(0, 4), 0);
    command(0x90);
    CHECK_EQ(rd(0, 4), 0x00890089);
    CHECK_EQ(rd(4, 4), 0x00180018);
    CHECK_EQ(rd(8, 4), 0); /* not locked */
    command(0xff);
    CHECK_EQ(rd(0, 4), 0xffffffff);
}

UNIT_TEST(flash_programs_and_erases) {
    fresh();
    command(0x40);
    wr(FLASH_SECTOR + 8, 0x12345678, 4);
    CHECK_EQ(rd(0, 4), 0x00800080); /* the status, ready */
    command(0xff);
    CHECK_EQ(rd(FLASH_SECTOR + 8, 8), 0xffffffff12345678);
    command(0x10);
    wr(FLASH_SECTOR + 8, 0xffff00ff, 4); /* ones stay what they are */
    command(0xff);
    CHECK_EQ(rd(FLASH_SECTOR + 8, 4), 0x12340078);
    wr(FLASH_SECTOR, 0x20, 1);
    wr(FLASH_SECTOR, 0xd0, 1);
    CHECK_EQ(rd(0, 1), 0x80);
    flash_reset(&f);
    CHECK_EQ(rd(FLASH_SECTOR + 8, 8), UINT64_MAX);
}

static void buffered(uint64_t off, unsigned n, unsigned size) {
    wr(off, 0xe8, size);
    CHECK_EQ(rd(off, 1), 0x80);
    wr(off, n - 1, size);
    for (unsigned i = 0; i < n; i++)
        wr(off + i * size, 0x0101010101010101ull * i, size);
    wr(off, 0xd0, size);
}

UNIT_TEST(flash_buffered_program) {
    fresh();
    buffered(0x1000, 256, 4);
    buffered(0x2000, 3, 2);
    CHECK_EQ(rd(0, 4), 0x00800080);
    command(0xff);
    CHECK_EQ(rd(0x1000 + 255 * 4, 4), 0xffffffff);
    CHECK_EQ(rd(0x1000 + 254 * 4, 4), 0xfefefefe);
    CHECK_EQ(rd(0x2000, 8), 0xffff020201010000);
}

UNIT_TEST(flash_errors) {
    fresh();
    command(0x20);
    command(0xff); /* no confirmation */
    CHECK_EQ(rd(0, 4), 0x00b000b0);
    command(0x50);
    command(0x70);
    CHECK_EQ(rd(0, 4), 0x00800080);
    wr(0, 0xe8, 4);
    wr(0, 256, 4); /* more than the buffer holds */
    CHECK_EQ(rd(0, 4), 0x00b000b0);
    command(0x50);
    wr(0, 0xe8, 4);
    wr(0, 1, 4);
    wr(FLASH_SECTOR - 4, 1, 4);
    wr(FLASH_SECTOR, 2, 4); /* into another sector */
    CHECK_EQ(rd(0, 4), 0x00b000b0);
    command(0x50);
    wr(0, 0xe8, 4);
    wr(0, 0, 4);
    wr(0, 0, 4);
    wr(0, 0xff, 4); /* not confirmed: not programmed */
    CHECK_EQ(rd(0, 4), 0x00b000b0);
    flash_reset(&f);
    CHECK_EQ(rd(0, 8), UINT64_MAX);
    CHECK_EQ(rd(FLASH_SIZE, 4), 0);
    wr(FLASH_SIZE, 0x98, 4);
    CHECK_EQ(rd(0x40, 4), 0xffffffff);
}
