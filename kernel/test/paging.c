/* SPDX-License-Identifier: BSD-2-Clause */
/* The page tables in force: what DESIGN promises of them. Runs inside the image only. */
#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"
#include "tests/unit/unit.h"

enum { P = 1, W = 2, U = 4, PS = 128 };
#define NX (1ull << 63)
#define ADDR 0x000ffffffffff000ull

static struct {
    unsigned leaves, writable_exec, user_outside, engine_inside, low, dirty_absent;
} seen;

static void leaf(uint64_t va, uint64_t e) {
    seen.leaves++;
    seen.writable_exec += (e & W) && !(e & NX);
    bool window = va >= USER_CODE_BASE && va < USER_END;
    seen.user_outside += (e & U) && !window;
    seen.engine_inside += !(e & U) && window;
    seen.low += va < SLOT(256) || va >= SLOT(511);
}

static void walk(uint64_t table, uint64_t va, int level, void (*leaf)(uint64_t va, uint64_t entry)) {
    const uint64_t *t = phys_direct(table);
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t at = va | i << (12 + 9 * (level - 1));
        if (level == 4)
            at |= i >= 256 ? 0xffff000000000000ull : 0;
        seen.dirty_absent += !(t[i] & P) && t[i];
        if ((t[i] & P) && (level == 1 || (level < 4 && (t[i] & PS))))
            leaf(at, t[i]);
        else if (t[i] & P)
            walk(t[i] & ADDR, at, level - 1, leaf);
    }
}

UNIT_TEST(paging_invariants) {
    walk(read_cr3() & ADDR, 0, 4, leaf);
    CHECK(seen.leaves > 10);
    CHECK_EQ(seen.writable_exec, 0);
    CHECK_EQ(seen.user_outside, 0);
    CHECK_EQ(seen.engine_inside, 0);
    CHECK_EQ(seen.low, 0);
    CHECK_EQ(seen.dirty_absent, 0);
}

/* Where ring 3 has tables of its own they hold its window and the entry pages, each as it should be, and no more. */
static struct {
    unsigned user, entry, other, wrong;
} ring3;

static void ring3_leaf(uint64_t va, uint64_t e) {
    bool text = va >= (uint64_t)entry_text && va < (uint64_t)entry_text_end;
    bool data = va >= (uint64_t)entry_data && va < (uint64_t)entry_data_end;
    bool window = va >= USER_CODE_BASE && va < USER_END;
    ring3.user += window;
    ring3.entry += text || data;
    ring3.other += !window && !text && !data;
    ring3.wrong += (text || data) && ((e & U) || !!(e & W) != data || !!(e & NX) != data);
}

UNIT_TEST(paging_ring3_sees_the_entry_alone) {
    uint64_t pages = (uint64_t)(entry_text_end - entry_text + entry_data_end - entry_data) / PAGE_SIZE;
    struct plat_user_mem m;
    CHECK(plat_user_alloc(4096, 0, &m));
    CHECK(pages >= 3 && pages < 32);
    if (!entry_engine_cr3) {
        CHECK_EQ(paging_ring3_top(), read_cr3() & ADDR);
        return;
    }
    CHECK(paging_ring3_top() != (read_cr3() & ADDR));
    CHECK(!(read_cr4() & CR4_PGE));
    walk(paging_ring3_top(), 0, 4, ring3_leaf);
    CHECK_EQ(ring3.entry, pages);
    CHECK(ring3.user > 0);
    CHECK_EQ(ring3.other, 0);
    CHECK_EQ(ring3.wrong, 0);
}

UNIT_TEST(paging_image_is_not_in_the_direct_map) {
    uint64_t pa;
    for (uint64_t off = 0; off < boot_info->kernel_size; off += PAGE_SIZE)
        CHECK(!paging_walk((uint64_t)phys_direct(boot_info->kernel_base + off), &pa));
    CHECK(paging_walk(KERNEL_VMA, &pa) && pa == boot_info->kernel_base);
}

UNIT_TEST(paging_protections_are_on) {
    CHECK(read_cr0() & (1u << 16)); /* WP */
    CHECK(!(read_cr0() & CR0_AM));
    CHECK(rdmsr(MSR_EFER) & EFER_NXE);
    struct cpuid f = cpuid_checked(7, 0);
    CHECK(!(f.b >> 7 & 1) || (read_cr4() & CR4_SMEP));
    CHECK(!(f.b >> 20 & 1) || (read_cr4() & CR4_SMAP));
}

UNIT_TEST(memory_user_views) {
    struct plat_user_mem m;
    uint64_t engine_pa, user_pa;
    CHECK(plat_user_alloc(4096, 8192, &m));
    CHECK_EQ(m.size, 12288);
    CHECK(paging_walk((uint64_t)m.engine + 8192, &engine_pa) && paging_walk(m.user + 8192, &user_pa));
    CHECK_EQ(engine_pa, user_pa);
    CHECK(!paging_walk(m.user + m.size, &user_pa)); /* a page without anything after it */
    for (unsigned i = 0; i < 12288; i++)
        CHECK(((uint8_t *)m.engine)[i] == 0);
    CHECK(!plat_user_alloc(0, 0, &m));
    CHECK(!plat_user_alloc(100, 4096, &m));
}

UNIT_TEST(memory_code_regions_are_neighbours) {
    struct plat_code_region a, b;
    uint64_t limit_before, limit_after;
    struct plat_host_info h;
    plat_host_info(&h);
    limit_before = h.code_limit;
    CHECK(plat_code_alloc(2 << 20, &a) && plat_code_alloc(4 << 20, &b));
    plat_host_info(&h);
    limit_after = h.code_limit;
    CHECK_EQ(a.rx + a.size, b.rx);
    CHECK(limit_before - limit_after >= 6 << 20);
    CHECK(!plat_code_alloc(4096, &a));
    CHECK(!plat_code_alloc(1ull << 46, &a));
}

UNIT_TEST(memory_gathered_from_pieces) {
    uint64_t va = VM_BASE + (VM_SIZE >> 1), pa, size = 6 * PAGE_2M;
    CHECK(vmm_gather(size, va, PG_WRITE, 0, 0, true));
    for (uint64_t at = 0; at < size; at += PAGE_SIZE)
        CHECK(paging_walk(va + at, &pa) && *(uint64_t *)(va + at) == 0);
    *(uint64_t *)(va + size - 8) = 1;
}

UNIT_TEST(memory_too_much_is_refused) {
    struct plat_user_mem m;
    uint64_t avail = 0;
    CHECK(!plat_ram_alloc(1ull << 44, &m, &avail));
    CHECK(avail > 0 && avail < 1ull << 44);
    CHECK(!plat_ram_alloc(4096, &m, &avail));
    CHECK(plat_alloc(1ull << 45) == NULL);
}
