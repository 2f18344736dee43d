/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical address space: overlaps, look-ups at the edges, DMA ranges. Addresses far above any board's. */
#include <string.h>

#include "dbt/engine_int.h"
#include "tests/unit/unit.h"

#define BASE 0x7000000000ull

static const struct mmio_ops no_ops = {.min = 1, .max = 8};
static struct plat_user_mem mem;

static bool setup(void) {
    static bool done, ok;
    if (!done) {
        done = true;
        ok = plat_user_alloc(0, 16 * 4096, &mem) && physmem_map_ram(BASE, &mem, "unit-ram") &&
             physmem_map_mmio(BASE + 0x100000, 0x100, &no_ops, &mem, "unit-mmio");
    }
    return ok;
}

UNIT_TEST(physmem_overlap_is_refused) {
    CHECK(setup());
    CHECK(!physmem_map_mmio(BASE + 0xf000, 0x2000, &no_ops, NULL, "over the end of RAM"));
    CHECK(!physmem_map_mmio(BASE - 0x1000, 0x1001, &no_ops, NULL, "over the start of RAM"));
    CHECK(!physmem_map_mmio(~0ull - 0xfff, 0x2000, &no_ops, NULL, "wraps"));
    CHECK(!physmem_map_mmio(BASE + 0x200000, 0, &no_ops, NULL, "empty"));
}

UNIT_TEST(physmem_find_at_edges) {
    struct physmem_hit hit;
    CHECK(setup());
    CHECK(!physmem_find(BASE - 1, &hit));
    CHECK(physmem_find(BASE, &hit));
    CHECK_EQ(hit.left, 16 * 4096);
    CHECK(hit.writable && !hit.mmio);
    CHECK(physmem_find(BASE + 16 * 4096 - 1, &hit));
    CHECK_EQ(hit.left, 1);
    CHECK(!physmem_find(BASE + 16 * 4096, &hit));
    CHECK(physmem_find(BASE + 0x1000ff, &hit));
    CHECK(hit.mmio == &no_ops && hit.off == 0xff);
    CHECK(!physmem_find(BASE + 0x100100, &hit));
}

UNIT_TEST(physmem_dma_stays_inside_ram) {
    uint8_t buf[32];
    CHECK(setup());
    CHECK(physmem_dma_ptr(BASE, 16 * 4096) == mem.engine);
    CHECK(!physmem_dma_ptr(BASE, 16 * 4096 + 1));
    CHECK(!physmem_dma_ptr(BASE + 4096, ~0ull));
    CHECK(!physmem_dma_ptr(BASE + 0x100000, 4));
    CHECK(!physmem_dma_write(BASE + 16 * 4096 - 31, buf, sizeof buf));
    memset(buf, 0x5a, sizeof buf);
    CHECK(physmem_dma_write(BASE + 16 * 4096 - 32, buf, sizeof buf));
    memset(buf, 0, sizeof buf);
    CHECK(physmem_dma_read(BASE + 16 * 4096 - 32, buf, sizeof buf));
    CHECK_EQ(buf[31], 0x5a);
}

UNIT_TEST(physmem_walk_access_is_aligned_and_atomic) {
    uint64_t v;
    bool swapped;
    CHECK(setup());
    CHECK(!phys_ld64(BASE + 4, &v));
    CHECK(!phys_ld64(BASE + 0x100000, &v));
    CHECK(phys_cas64(BASE + 8, 0, 7, &swapped) && swapped);
    CHECK(phys_cas64(BASE + 8, 0, 9, &swapped) && !swapped);
    CHECK(phys_ld64(BASE + 8, &v));
    CHECK_EQ(v, 7);
}

/* A page is watched from its first block on: open if a store entry may exist, else the first store opens it. */
UNIT_TEST(frame_is_open_only_when_stores_may_pass_unseen) {
    CHECK(setup());
    CHECK(frame_open_for_store(BASE + 0x2000));  /* an ordinary page: stores pass */
    frame_protect(BASE + 0x2000);                /* ... so its code must be compared */
    CHECK(frame_of(BASE + 0x2000)->flags & FRAME_OPEN);
    frame_protect(BASE + 0x3000);                /* never opened for stores */
    CHECK(!(frame_of(BASE + 0x3000)->flags & FRAME_OPEN));
    CHECK(!frame_open_for_store(BASE + 0x3000)); /* the first store is seen */
    frame_written(BASE + 0x3000);
    CHECK(frame_of(BASE + 0x3000)->flags & FRAME_PENDING);
    frame_open(BASE + 0x3000);
    CHECK(frame_open_for_store(BASE + 0x3000));
    frame_drop_all();
    CHECK_EQ(frame_of(BASE + 0x3000)->flags, 0);
}
