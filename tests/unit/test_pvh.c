/* SPDX-License-Identifier: BSD-2-Clause */
/* The PVH door: what its memory map and its module become. */
#include <stddef.h>

#include "boot/bootinfo.h"
#include "boot/pvh.h"
#include "tests/unit/unit.h"

struct module {
    uint64_t base, size, cmdline, reserved;
};
struct entry {
    uint64_t base, size;
    uint32_t type, reserved;
};
struct start {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist, cmdline, rsdp, memmap;
    uint32_t memmap_entries, reserved;
};

static bool within(const struct boot_info *bi, uint64_t at, uint32_t type) {
    for (uint32_t i = 0; i < bi->nranges; i++)
        if (bi->range[i].type == type && at - bi->range[i].base < bi->range[i].size)
            return true;
    return false;
}

/* SeaBIOS reserves the last page of an archive that QEMU has put there: it was not mapped, and reading it a fault. */
UNIT_TEST(pvh_archive_in_reserved_memory) {
    static const char line[] = "kernel=k";
    static const struct entry map[] = {{0, 0xa0000, 1, 0}, {0x100000, 0x1fed7000, 1, 0}, {0x1ffd7000, 0x29000, 2, 0}};
    static const struct module archive = {.base = 0x1ffd5000, .size = 11444};
    struct start s = {.magic = 0x336ec578, .version = 1, .nr_modules = 1, .modlist = (uint64_t)&archive,
                      .cmdline = (uint64_t)line, .memmap = (uint64_t)map, .memmap_entries = 3};
    const struct boot_info *bi = pvh_boot_info((uint64_t)&s, 0x1000000, 0x200000);
    CHECK(bi != NULL);
    CHECK_EQ(bi->nfiles, 1);
    CHECK_EQ(bi->file[0].base, archive.base);
    for (uint64_t at = archive.base; at < archive.base + archive.size; at += 4096) {
        CHECK(within(bi, at, BOOT_KERNEL));
        CHECK(!within(bi, at, BOOT_RAM));
    }
    CHECK(within(bi, archive.base - 1, BOOT_RAM));
    CHECK(within(bi, 0x1ffd8000, BOOT_RESERVED) && !within(bi, 0x1ffd8000, BOOT_KERNEL));
    CHECK(!within(bi, 0x1000000, BOOT_RAM) && within(bi, 0x1000000, BOOT_KERNEL));
}

/* What touches becomes one range; of too many pieces the rest is counted, and the kernel is still covered. */
UNIT_TEST(pvh_more_ranges_than_room) {
    static struct entry map[2 * BOOT_MAX_RANGES];
    struct start s = {.magic = 0x336ec578, .version = 1, .memmap = (uint64_t)map,
                      .memmap_entries = 2 * BOOT_MAX_RANGES};
    for (uint64_t i = 0; i < 2 * BOOT_MAX_RANGES; i++)
        map[i] = (struct entry){0x1000000 + i * 0x10000, 0x10000, 1, 0};
    const struct boot_info *bi = pvh_boot_info((uint64_t)&s, 0x1000000, 0x200000);
    CHECK(bi != NULL);
    CHECK(bi->nranges < 8);
    CHECK_EQ(bi->ranges_dropped, 0);
    CHECK(within(bi, 0x1000000 + 2ull * BOOT_MAX_RANGES * 0x10000 - 1, BOOT_RAM));

    for (uint64_t i = 0; i < 2 * BOOT_MAX_RANGES; i++)
        map[i].size = 0x8000;
    bi = pvh_boot_info((uint64_t)&s, 0x1000000, 0x4000);
    CHECK(bi->nranges <= BOOT_MAX_RANGES);
    CHECK(bi->ranges_dropped >= BOOT_MAX_RANGES);
    CHECK_EQ(bi->bytes_dropped, bi->ranges_dropped * 0x8000ull);
    CHECK(within(bi, 0x1000000, BOOT_KERNEL) && !within(bi, 0x1000000, BOOT_RAM));
    CHECK(within(bi, 0x1004000, BOOT_RAM));
}
