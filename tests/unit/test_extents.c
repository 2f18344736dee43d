/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's physical memory: extents against a map of single pages, and the edges. */
#include <string.h>

#include "kernel/mm/extents.h"
#include "tests/unit/unit.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static struct extents x;

static void reset(void) { x.count = 0; }

UNIT_TEST(extents_clip) {
    reset();
    extents_add(&x, 0, MIB);           /* the first MiB is never free */
    extents_add(&x, 2 * MIB + 1, 4096); /* no whole page */
    extents_add(&x, 1ull << 52, GIB);
    extents_add(&x, 3 * MIB, 0);
    CHECK_EQ(extents_bytes(&x), 0);
    extents_add(&x, 0, 2 * MIB);
    CHECK_EQ(extents_bytes(&x), MIB);
    extents_add(&x, ~0ull - 4096, ~0ull);
    CHECK_EQ(extents_bytes(&x), MIB);
    extents_add(&x, (1ull << 52) - 8192, ~0ull); /* wraps: clipped */
    CHECK_EQ(extents_bytes(&x), MIB + 8192);
}

UNIT_TEST(extents_merge) {
    reset();
    extents_add(&x, 4 * MIB, MIB);
    extents_add(&x, 6 * MIB, MIB);
    extents_add(&x, 5 * MIB, MIB); /* touches both */
    CHECK_EQ(x.count, 1);
    extents_add(&x, 3 * MIB, 10 * MIB); /* covers all */
    CHECK_EQ(x.count, 1);
    CHECK_EQ(extents_bytes(&x), 10 * MIB);
    extents_add(&x, 4 * MIB, MIB); /* is free already */
    CHECK_EQ(extents_bytes(&x), 10 * MIB);
}

UNIT_TEST(extents_alloc_bounds) {
    reset();
    extents_add(&x, 5 * MIB, 4 * MIB);
    extents_add(&x, 6 * GIB, 3 * MIB);
    CHECK_EQ(extents_alloc(&x, 0, 4096, ~0ull), EXTENTS_NONE);
    CHECK_EQ(extents_alloc(&x, GIB, 4096, ~0ull), EXTENTS_NONE);
    CHECK_EQ(extents_alloc(&x, ~0ull, 4096, ~0ull), EXTENTS_NONE);
    CHECK_EQ(extents_largest(&x, 2 * MIB), 3 * MIB);
    CHECK_EQ(extents_units(&x, 2 * MIB), 4 * MIB);
    CHECK_EQ(extents_alloc(&x, 2 * MIB, 2 * MIB, ~0ull), 6 * GIB);
    CHECK_EQ(extents_alloc(&x, 4096, 4096, 4 * GIB), 9 * MIB - 4096);
    CHECK_EQ(extents_alloc(&x, 4096, 4096, 5 * MIB), EXTENTS_NONE);
    CHECK_EQ(extents_alloc(&x, 1, 4096, ~0ull), 6 * GIB + 3 * MIB - 4096);
    extents_reserve(&x, 0, ~0ull);
    CHECK_EQ(extents_bytes(&x), 0);
}

UNIT_TEST(extents_full_table_loses_memory_but_gives_none_twice) {
    reset();
    for (uint64_t i = 0; i < 2 * EXTENTS_MAX; i++)
        extents_add(&x, MIB + i * 8192, 4096);
    CHECK_EQ(x.count, EXTENTS_MAX);
    extents_add(&x, GIB, MIB);
    extents_reserve(&x, MIB + 8192, 1);
    extents_add(&x, GIB, 3 * 4096);
    CHECK_EQ(x.count, EXTENTS_MAX);
    extents_reserve(&x, GIB + 4096, 4096); /* splits one: a half is lost */
    CHECK_EQ(x.count, EXTENTS_MAX);
    CHECK_EQ(extents_bytes(&x), EXTENTS_MAX * 4096ull);
}

enum { PAGES = 512 };
static bool page_free[PAGES];
static uint64_t seed;

static uint64_t next(uint64_t below) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % below;
}

static void set_pages(uint64_t from, uint64_t n, bool is_free) {
    for (uint64_t i = from; i < from + n; i++)
        page_free[i] = is_free;
}

static uint64_t count_free(void) {
    uint64_t n = 0;
    for (unsigned i = 0; i < PAGES; i++)
        n += page_free[i];
    return n;
}

static void step(void) {
    uint64_t at = next(PAGES), n = next(PAGES - at) / 8 + 1, what = next(4);
    if (what == 0) {
        extents_add(&x, MIB + at * 4096, n * 4096);
        set_pages(at, n, true);
    } else if (what == 1) {
        extents_reserve(&x, MIB + at * 4096, n * 4096);
        set_pages(at, n, false);
    } else {
        uint64_t align = 4096ull << next(4), size = (next(6) + 1) * 4096;
        uint64_t got = extents_alloc(&x, size, align, MIB + at * 4096);
        if (got == EXTENTS_NONE)
            return;
        CHECK_EQ(got & (align - 1), 0);
        CHECK(got >= MIB && got + size <= MIB + at * 4096);
        for (uint64_t i = (got - MIB) / 4096; i < (got - MIB + size) / 4096; i++)
            CHECK(page_free[i]);
        set_pages((got - MIB) / 4096, size / 4096, false);
    }
}

UNIT_TEST(extents_against_a_map_of_pages) {
    reset();
    memset(page_free, 0, sizeof page_free);
    seed = 1;
    for (unsigned i = 0; i < 20000; i++) {
        step();
        if (i % 64 == 0)
            CHECK_EQ(extents_bytes(&x), count_free() * 4096);
    }
    for (unsigned i = 0; i < x.count; i++) {
        CHECK(x.ext[i].base < x.ext[i].end);
        CHECK(i == 0 || x.ext[i - 1].end < x.ext[i].base);
    }
}
