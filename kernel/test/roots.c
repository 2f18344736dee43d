/* SPDX-License-Identifier: BSD-2-Clause */
/* Roots (kernel/plat_mmu.h) as page tables: what is mapped after each call, read from the tables. Runs inside the image
 * only, and leaves the root in use alone. */
#include "kernel/roots_int.h"

#include "kernel/memlayout.h"
#include "kernel/plat_mmu.h"
#include "kernel/x86/x86.h"
#include "tests/unit/unit.h"

enum { P = 1, W = 2, U = 4, PS = 128 };
#define NX (1ull << 63)
#define ADDR 0x000ffffffffff000ull
#define HIGH 0xffffffd000000000ull
#define LOW 0x10000000ull

static struct {
    struct plat_hart hart;
    struct plat_user_mem ram;
    struct plat_root *a, *b, *other; /* two of one group, one of none */
    bool ready;
} t;

static bool set_up(void) {
    const char *why;
    uint64_t avail;
    if (!t.ready && plat_mmu_start(&why) == PLAT_MMU_SAME && plat_ram_alloc(8 * PAGE_2M, &t.ram, &avail)) {
        t.a = plat_root_new(&t.hart, 1);
        t.b = plat_root_new(&t.hart, 1);
        t.other = plat_root_new(&t.hart, 0);
        t.ready = t.a && t.b && t.other;
    }
    CHECK(t.ready);
    for (struct plat_root **r = (struct plat_root *[]){t.a, t.b, t.other, NULL}; t.ready && *r; r++)
        plat_root_clear(*r, true);
    return t.ready;
}

/* The leaf that translates va in r, 0: none; *size is that of its page. */
static uint64_t leaf(const struct plat_root *r, uint64_t va, uint64_t *size) {
    const uint64_t *table = root_top(r);
    for (int level = 4;; level--) {
        uint64_t e = table[va >> (12 + 9 * (level - 1)) & 511];
        *size = 1ull << (12 + 9 * (level - 1));
        if (!(e & P) || level == 1 || e & PS)
            return e & P ? e : 0;
        table = phys_direct(e & ADDR);
    }
}

static bool maps(const struct plat_root *r, uint64_t va, const void *ram, uint64_t want_size, bool write) {
    uint64_t size, e = leaf(r, va, &size);
    return (e & (P | U)) == (P | U) && !!(e & W) == write && e & NX && size == want_size &&
           (e & ADDR & ~(size - 1)) == (direct_phys(ram) & ~(size - 1));
}

static bool none(const struct plat_root *r, uint64_t va) {
    uint64_t size;
    return leaf(r, va, &size) == 0;
}

static uint8_t *page(unsigned n) { return (uint8_t *)t.ram.engine + n * PAGE_SIZE; }

UNIT_TEST(roots_map_and_unmap) {
    if (!set_up())
        return;
    CHECK_EQ(plat_root_map(t.other, LOW, page(3), PAGE_SIZE, PLAT_MAP_WRITE, 12), PLAT_MAP_OK);
    CHECK_EQ(plat_root_map(t.other, LOW + PAGE_SIZE, page(5), 2 * PAGE_SIZE, 0, 12), PLAT_MAP_OK);
    CHECK(maps(t.other, LOW, page(3), PAGE_SIZE, true));
    CHECK(maps(t.other, LOW + PAGE_SIZE, page(5), PAGE_SIZE, false));
    CHECK(maps(t.other, LOW + 2 * PAGE_SIZE, page(6), PAGE_SIZE, false));
    CHECK(none(t.other, LOW + 3 * PAGE_SIZE) && none(t.a, LOW));
    plat_root_unmap(t.other, LOW + PAGE_SIZE);
    CHECK(none(t.other, LOW + PAGE_SIZE));
    CHECK(maps(t.other, LOW, page(3), PAGE_SIZE, true));
    CHECK(maps(t.other, LOW + 2 * PAGE_SIZE, page(6), PAGE_SIZE, false));
    plat_root_clear(t.other, false);
    CHECK(none(t.other, LOW) && none(t.other, LOW + 2 * PAGE_SIZE));
}

UNIT_TEST(roots_large_pages_and_their_pieces) {
    if (!set_up())
        return;
    CHECK_EQ(plat_root_map(t.other, 0, page(0), PAGE_2M, PLAT_MAP_WRITE, 21), PLAT_MAP_OK);
    CHECK(maps(t.other, PAGE_2M - 1, page(0), PAGE_2M, true));
    plat_root_protect(t.other, PAGE_2M - PAGE_SIZE, page(511)); /* what lets stores through to that page must go */
    CHECK(none(t.other, 0) || !maps(t.other, 0, page(0), PAGE_2M, true));
    /* pieces of a page of 2 MiB go together, those of 4 KiB do not */
    plat_root_map(t.other, PAGE_2M, page(7), PAGE_SIZE, 0, 21);
    plat_root_map(t.other, PAGE_2M + 9 * PAGE_SIZE, page(8), PAGE_SIZE, 0, 21);
    plat_root_unmap(t.other, PAGE_2M + 100 * PAGE_SIZE);
    CHECK(none(t.other, PAGE_2M) && none(t.other, PAGE_2M + 9 * PAGE_SIZE));
    /* 1 GiB */
    plat_root_map(t.other, PAGE_1G, page(7), PAGE_SIZE, 0, 30);
    plat_root_map(t.other, PAGE_1G + 5 * PAGE_2M, page(512), PAGE_2M, 0, 30);
    plat_root_unmap(t.other, PAGE_1G + 300 * PAGE_2M);
    CHECK(none(t.other, PAGE_1G) && none(t.other, PAGE_1G + 5 * PAGE_2M));
    /* 64 KiB */
    plat_root_map(t.other, LOW, page(1), PAGE_SIZE, 0, 16);
    plat_root_map(t.other, LOW + 15 * PAGE_SIZE, page(2), PAGE_SIZE, 0, 16);
    plat_root_map(t.other, LOW + 16 * PAGE_SIZE, page(3), PAGE_SIZE, 0, 12);
    plat_root_unmap(t.other, LOW + 4 * PAGE_SIZE);
    CHECK(none(t.other, LOW) && none(t.other, LOW + 15 * PAGE_SIZE));
    CHECK(!none(t.other, LOW + 16 * PAGE_SIZE));
    /* one over the other */
    plat_root_map(t.other, 0, page(0), PAGE_2M, 0, 21);
    plat_root_map(t.other, PAGE_SIZE, page(9), PAGE_SIZE, PLAT_MAP_WRITE, 12);
    CHECK(maps(t.other, PAGE_SIZE, page(9), PAGE_SIZE, true) && none(t.other, 0));
    plat_root_map(t.other, 0, page(512), PAGE_2M, 0, 21);
    CHECK(maps(t.other, PAGE_SIZE, page(512), PAGE_2M, false));
}

/* Pages of 1 GiB, where the host has them: the tables alone, nobody goes there. */
UNIT_TEST(roots_giant_pages) {
    uint8_t *low = phys_direct(0);
    if (!set_up())
        return;
    if (!(cpuid_checked(0x80000001, 0).d >> 26 & 1)) {
        CHECK_EQ(plat_root_map(t.other, 0, low, PAGE_1G, PLAT_MAP_WRITE, 30), PLAT_MAP_NEVER);
        return;
    }
    CHECK_EQ(plat_root_map(t.other, PAGE_1G, low, PAGE_1G, PLAT_MAP_WRITE, 30), PLAT_MAP_OK);
    CHECK(maps(t.other, 2 * PAGE_1G - 1, low, PAGE_1G, true) && none(t.other, 0) && none(t.other, 2 * PAGE_1G));
    plat_root_clear(t.other, false); /* though no table hangs below */
    CHECK(none(t.other, PAGE_1G));
    CHECK_EQ(plat_root_map(t.other, 0, low + PAGE_2M, PAGE_1G, 0, 30), PLAT_MAP_NEVER); /* not aligned on the host */
    plat_root_map(t.other, 0, low, PAGE_1G, PLAT_MAP_WRITE, 30);
    plat_root_unmap(t.other, 300 * PAGE_2M);
    CHECK(none(t.other, 0));
    plat_root_map(t.other, 0, low, PAGE_1G, PLAT_MAP_WRITE, 30);
    plat_root_protect(t.other, 0, low);
    CHECK(none(t.other, 0));
    /* one over the other */
    plat_root_map(t.other, 0, low, PAGE_1G, PLAT_MAP_WRITE, 30);
    plat_root_map(t.other, PAGE_2M, page(0), PAGE_2M, 0, 30);
    plat_root_map(t.other, 5 * PAGE_2M, page(3), PAGE_SIZE, 0, 30);
    CHECK(maps(t.other, PAGE_2M, page(0), PAGE_2M, false) && none(t.other, 0));
    plat_root_map(t.other, 0, low, PAGE_1G, PLAT_MAP_WRITE, 30);
    CHECK(maps(t.other, PAGE_2M, low, PAGE_1G, true));
    plat_root_clear(t.other, false);
    /* shared */
    plat_root_map(t.a, (uint64_t)-2 * PAGE_1G, low, PAGE_1G, PLAT_MAP_SHARED, 30);
    CHECK(maps(t.b, (uint64_t)-2 * PAGE_1G, low, PAGE_1G, false));
    plat_root_clear(t.a, false);
    CHECK(!none(t.b, (uint64_t)-2 * PAGE_1G));
    plat_root_clear(t.b, true);
    CHECK(none(t.a, (uint64_t)-2 * PAGE_1G));
}

UNIT_TEST(roots_share_what_is_global) {
    if (!set_up())
        return;
    plat_root_map(t.a, HIGH, page(1), PAGE_SIZE, PLAT_MAP_WRITE | PLAT_MAP_SHARED, 12);
    CHECK(maps(t.b, HIGH, page(1), PAGE_SIZE, true) && none(t.other, HIGH));
    plat_root_map(t.a, LOW, page(2), PAGE_SIZE, PLAT_MAP_SHARED, 12); /* the lower half is never shared */
    CHECK(none(t.b, LOW));
    plat_root_clear(t.a, false);
    CHECK(none(t.a, LOW) && maps(t.a, HIGH, page(1), PAGE_SIZE, true));
    plat_root_protect(t.b, HIGH, page(1));
    CHECK(maps(t.a, HIGH, page(1), PAGE_SIZE, false));
    plat_root_protect(t.b, HIGH, page(2)); /* another page: nothing */
    CHECK(maps(t.a, HIGH, page(1), PAGE_SIZE, false));
    /* something of its own up there: from now on it sees no other's */
    plat_root_map(t.a, HIGH + PAGE_SIZE, page(3), PAGE_SIZE, 0, 12);
    CHECK(maps(t.a, HIGH + PAGE_SIZE, page(3), PAGE_SIZE, false) && none(t.b, HIGH + PAGE_SIZE));
    CHECK(none(t.a, HIGH) && maps(t.b, HIGH, page(1), PAGE_SIZE, false));
    plat_root_unmap(t.a, HIGH);
    CHECK(none(t.b, HIGH));
    plat_root_map(t.b, HIGH, page(1), PAGE_SIZE, PLAT_MAP_SHARED, 12);
    plat_root_clear(t.b, true);
    CHECK(none(t.b, HIGH));
}

UNIT_TEST(roots_hold_nothing_else_of_the_guests) {
    if (!set_up())
        return;
    const uint64_t *top = root_top(t.other);
    for (unsigned i = 1; i < 256; i++)
        CHECK_EQ(top[i], 0);
    for (uint64_t va = USER_RAM_BASE; va < USER_RAM_BASE + USER_RAM_SIZE; va += SLOT_SIZE)
        CHECK_EQ(top[va >> 39 & 511], 0);
    CHECK_EQ(plat_root_map(t.other, LOW, (const void *)(VM_BASE + VM_SIZE - PAGE_SIZE), PAGE_SIZE, 0, 12),
             PLAT_MAP_NEVER);
}

UNIT_TEST(roots_full_tables_are_said) {
    if (!set_up())
        return;
    enum plat_map m = PLAT_MAP_OK;
    uint64_t n = 0;
    for (; m == PLAT_MAP_OK && n < 1 << 20; n++) /* a table of its own each */
        m = plat_root_map(t.other, (n & 0x1ffff) << 21, page(1), PAGE_SIZE, 0, 12);
    CHECK(m == PLAT_MAP_FULL || n == 1 << 20);
    plat_root_clear(t.other, true);
    CHECK_EQ(plat_root_map(t.other, LOW, page(1), PAGE_SIZE, 0, 12), PLAT_MAP_OK);
    CHECK(maps(t.other, LOW, page(1), PAGE_SIZE, false));
    plat_root_clear(t.other, true);
}
