/* SPDX-License-Identifier: BSD-2-Clause */
/* test=scribble: garbage in all that ring 3 can write, as the page tables in force say, but for guest RAM, which is the
 * guest's affair. */
#include "kernel/memlayout.h"
#include "kernel/plat.h"
#include "kernel/x86/paging.h"

enum { P = 1, W = 2, U = 4, PS = 128 };
#define ADDR 0x000ffffffffff000ull

static bool is_guest_ram(uint64_t va) { return va >= USER_RAM_BASE && va < USER_RAM_BASE + USER_RAM_SIZE; }

static void fill(uint64_t phys, uint64_t size, uint64_t *seed) {
    uint64_t *p = phys_direct(phys);
    for (uint64_t i = 0; i < size / 8; i++)
        p[i] = plat_scribble_next(seed);
}

/* Pages below 256 are the guest's own, once they are mapped at all. */
static void walk(uint64_t table, uint64_t va, int level, uint64_t *seed) {
    const uint64_t *e = phys_direct(table);
    for (uint64_t i = level == 4 ? 256 : 0; i < (level == 4 ? 511 : 512); i++) {
        uint64_t at = va | i << (12 + 9 * (level - 1));
        at |= level == 4 ? 0xffff000000000000ull : 0;
        if ((e[i] & (P | W | U)) != (P | W | U) || is_guest_ram(at))
            continue;
        if (level == 1 || (level < 4 && e[i] & PS))
            fill(e[i] & ADDR & ~((1ull << (12 + 9 * (level - 1))) - 1), 1ull << (12 + 9 * (level - 1)), seed);
        else
            walk(e[i] & ADDR, at, level - 1, seed);
    }
}

void plat_user_scribble(uint64_t *seed) { walk(paging_ring3_top(), 0, 4, seed); }
