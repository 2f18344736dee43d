/* SPDX-License-Identifier: BSD-2-Clause */
/* plat_cas128(), with CMPXCHG16B and under its lock. */
#include "kernel/plat.h"
#include "tests/unit/unit.h"

#define V(high, low) ((unsigned __int128)(high) << 64 | (low))
#define CHECK_EQ128(got, want)                                                                                         \
    do {                                                                                                               \
        CHECK_EQ((uint64_t)((got) >> 64), (uint64_t)((want) >> 64));                                                   \
        CHECK_EQ((uint64_t)(got), (uint64_t)(want));                                                                   \
    } while (0)

static void both_ways(bool cx16) {
    static unsigned __int128 cell[3]; /* aligned by its type */
    const unsigned __int128 was = V(0x1122334455667788, 0x99aabbccddeeff00), new = V(1, 2);
    bool had = plat_cpu.cx16;
    plat_cpu.cx16 = cx16;
    for (unsigned bit = 0; bit < 128; bit++) { /* each bit of what is expected counts */
        unsigned __int128 old = was ^ (unsigned __int128)1 << bit;
        cell[0] = cell[1] = cell[2] = was;
        plat_cas128(&cell[1], &old, new);
        CHECK_EQ128(old, was);
        CHECK_EQ128(cell[1], was);
    }
    unsigned __int128 old = was;
    plat_cas128(&cell[1], &old, new);
    CHECK_EQ128(old, was);
    CHECK_EQ128(cell[1], new);
    CHECK_EQ128(cell[0], was);
    CHECK_EQ128(cell[2], was);
    plat_cpu.cx16 = had;
}

UNIT_TEST(cas128_by_instruction) { both_ways(plat_cpu.cx16); }
UNIT_TEST(cas128_by_lock) { both_ways(false); }
