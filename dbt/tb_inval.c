/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-modifying code (DESIGN 3.7): which guest frames blocks were made from, and what fence.i must compare.
 *
 * A frame with blocks is watched: stores through the slow path and DMA mark it PENDING. From its eighth store after a
 * fence.i on, or when a TLB entry for stores was made before its first block, it is OPEN: stores may pass unseen until
 * every TLB entry is flushed. fence.i compares the source bytes of the blocks of all frames that are OPEN or PENDING,
 * and drops those that differ. Nothing is dropped earlier: that is what fence.i is for.
 *
 * Several harts: flags and generations are atomic, ordered so that of frame_protect() and frame_open_for_store() at
 * least one sees the other; the list has a lock of its own; lists of blocks belong to tb_lock. */
#include <string.h>

#include "dbt/direct.h"

/* A frame is opened at its FEW-th store after a fence.i: a kernel that patches itself writes a word or two before each,
 * and would have to compare each page that it ever wrote each time. */
enum { MAX_RAM = 8, MAX_OPEN = 8, MAX_LISTED = 512, FEW = 8, STORES = (2 * FEW - 1) * FRAME_STORE,
       ENOUGH = 128 };
static struct {
    uint64_t base, pages;
    struct frame *frame;
} ram[MAX_RAM];
static unsigned nram;
static uint32_t flush_gen = 1;

/* Frames to compare; when it overflows, everything with blocks is compared. */
static uint64_t listed[MAX_LISTED];
static unsigned nlisted;
static bool list_overflow;
static plat_lock_t list_lock;
static bool comparing; /* some hart has taken the list and is not done */
static unsigned open_compared; /* frames that were compared only because they are open, since all TLBs were flushed */

static uint32_t flags_of(const struct frame *f) { return __atomic_load_n(&f->flags, __ATOMIC_SEQ_CST); }
static void set(struct frame *f, uint32_t bits) { __atomic_fetch_or(&f->flags, bits, __ATOMIC_SEQ_CST); }
static void clear(struct frame *f, uint32_t bits) { __atomic_fetch_and(&f->flags, ~bits, __ATOMIC_SEQ_CST); }
static uint32_t gen_now(void) { return __atomic_load_n(&flush_gen, __ATOMIC_SEQ_CST); }

/* Some hart may still have a TLB entry for stores to the frame: not each has flushed all since the last one was made.
 * Each hart's generation is that of its last flush. */
static bool maybe_in_a_tlb(const struct frame *f) {
    uint32_t oldest = gen_now(), written = __atomic_load_n(&f->written_gen, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine_nharts; i++) {
        uint32_t gen = __atomic_load_n(&engine_harts[i]->tlb_gen, __ATOMIC_SEQ_CST);
        if ((int32_t)(gen - oldest) < 0)
            oldest = gen;
    }
    return (int32_t)(written - oldest) >= 0;
}

/* OPEN no more, but to be compared once again, if no TLB entry for stores is left. OPEN goes before that is asked, so
 * that of this and frame_open_for_store() one sees the other. */
static void close_frame(struct frame *f) {
    if (!(flags_of(f) & FRAME_OPEN) || maybe_in_a_tlb(f))
        return;
    set(f, FRAME_PENDING);
    clear(f, FRAME_OPEN);
    if (maybe_in_a_tlb(f))
        set(f, FRAME_OPEN);
}

bool frame_init(uint64_t base, uint64_t size) {
    if (nram == MAX_RAM)
        return false;
    struct frame *f = plat_alloc(size / GUEST_PAGE_SIZE * sizeof *f);
    if (!f || !direct_ram(base, size))
        return false;
    ram[nram].base = base;
    ram[nram].pages = size / GUEST_PAGE_SIZE;
    ram[nram++].frame = f;
    return true;
}

struct frame *frame_of(uint64_t gpa) {
    for (unsigned i = 0; i < nram; i++) {
        uint64_t page = (gpa - ram[i].base) / GUEST_PAGE_SIZE;
        if (gpa >= ram[i].base && page < ram[i].pages)
            return &ram[i].frame[page];
    }
    return NULL;
}

static void list(struct frame *f, uint64_t gpa) {
    plat_lock(&list_lock);
    if (nlisted == MAX_LISTED) {
        list_overflow = true;
    } else if (!(flags_of(f) & FRAME_LISTED)) {
        set(f, FRAME_LISTED);
        listed[nlisted] = gpa;
        __atomic_store_n(&nlisted, nlisted + 1, __ATOMIC_SEQ_CST);
    }
    plat_unlock(&list_lock);
}

void frame_protect(uint64_t gpa) {
    struct frame *f = frame_of(gpa);
    if (!f || flags_of(f) & FRAME_CODE)
        return;
    set(f, FRAME_CODE);
    direct_code(gpa, true);
    if (direct_on) {
        direct_protect(gpa);
        return;
    }
    if (maybe_in_a_tlb(f)) {
        set(f, FRAME_OPEN);
        list(f, gpa & GUEST_PAGE_MASK);
    }
}

bool frame_open_for_store(uint64_t gpa) {
    struct frame *f = frame_of(gpa);
    if (!f)
        return true;
    if ((flags_of(f) & (FRAME_CODE | FRAME_OPEN)) == FRAME_CODE)
        return false;
    __atomic_store_n(&f->written_gen, gen_now(), __ATOMIC_SEQ_CST);
    return (flags_of(f) & (FRAME_CODE | FRAME_OPEN)) != FRAME_CODE;
}

void frame_written(uint64_t gpa) {
    struct frame *f = frame_of(gpa);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the store is seen by who makes blocks, or their mark is seen here */
    if (!f || !(flags_of(f) & FRAME_CODE))
        return;
    set(f, FRAME_PENDING);
    list(f, gpa & GUEST_PAGE_MASK);
}

void frame_open(uint64_t gpa) {
    struct frame *f = frame_of(gpa);
    if (f && flags_of(f) & FRAME_CODE) {
        set(f, FRAME_OPEN);
        list(f, gpa & GUEST_PAGE_MASK);
    }
}

bool frame_store_again(uint64_t gpa) {
    struct frame *f = frame_of(gpa);
    uint32_t flags = f ? flags_of(f) : 0;
    if (flags & FRAME_CODE && !(flags & FRAME_OPEN) && (flags & STORES) < (FEW - 1) * FRAME_STORE) {
        __atomic_fetch_add(&f->flags, FRAME_STORE, __ATOMIC_SEQ_CST);
        return false;
    }
    frame_open(gpa);
    return true;
}

void frame_all_flushed(struct vcpu *cpu) {
    __atomic_store_n(&cpu->tlb_gen, __atomic_add_fetch(&flush_gen, 1, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
    plat_lock(&list_lock);
    for (unsigned i = 0; i < nlisted; i++)
        close_frame(frame_of(listed[i]));
    plat_unlock(&list_lock);
}

void frame_add(struct tb *tb) {
    for (unsigned i = 0; i < 2; i++) {
        struct frame *f =
            tb->phys[i] == ~(uint64_t)0 || (i && tb->phys[1] == tb->phys[0]) ? NULL : frame_of(tb->phys[i]);
        if (!f)
            continue;
        tb->page_next[i] = f->blocks;
        f->blocks = tb;
    }
}

static void unlist_block(struct tb *tb, unsigned i) {
    struct frame *f = frame_of(tb->phys[i]);
    struct tb **p = f ? &f->blocks : NULL;
    while (p && *p && *p != tb)
        p = &(*p)->page_next[(*p)->phys[0] == tb->phys[i] ? 0 : 1];
    if (p && *p)
        *p = tb->page_next[i];
}

void tb_invalidate(struct tb *tb) {
    if (!tb->valid)
        return;
    __atomic_store_n(&tb->valid, false, __ATOMIC_RELAXED);
    tcg_backend->divert(&tb->code);
    tb_unlink_all(tb);
    tb_remove(tb);
    unlist_block(tb, 0);
    if (tb->phys[1] != ~(uint64_t)0 && tb->phys[1] != tb->phys[0])
        unlist_block(tb, 1);
}

/* Are the block's source bytes still what they were? `page` is what the frame at gpa holds. */
static bool unchanged(const struct tb *tb, const uint8_t *page, uint64_t gpa) {
    unsigned first = tb->size < GUEST_PAGE_SIZE - tb->src_off ? tb->size : GUEST_PAGE_SIZE - tb->src_off;
    if (page && tb->phys[0] == gpa && first == tb->size)
        return memcmp(page + tb->src_off, tb->bytes, first) == 0;
    const void *a = physmem_dma_ptr(tb->phys[0] + tb->src_off, first);
    const void *b = first < tb->size ? physmem_dma_ptr(tb->phys[1], tb->size - first) : NULL;
    return a && memcmp(a, tb->bytes, first) == 0 &&
           (first == tb->size || (b && memcmp(b, tb->bytes + first, tb->size - first) == 0));
}

/* No block was made from the page any more. */
static void ordinary(struct frame *f, uint64_t gpa) {
    if (flags_of(f) & FRAME_OPEN)
        __atomic_store_n(&f->written_gen, gen_now(), __ATOMIC_SEQ_CST);
    clear(f, FRAME_CODE | FRAME_OPEN);
    direct_code(gpa, false);
}

void frame_release(const struct tb *tb) {
    for (unsigned i = 0; i < 2; i++) {
        struct frame *f = tb->phys[i] == ~(uint64_t)0 ? NULL : frame_of(tb->phys[i]);
        if (f && !f->blocks && flags_of(f) & FRAME_CODE)
            ordinary(f, tb->phys[i]);
    }
}

static void compare(struct vcpu *cpu, struct frame *f, uint64_t gpa) {
    STAT_INC(cpu, fence_i_pages);
    const uint8_t *page = physmem_dma_ptr(gpa, GUEST_PAGE_SIZE);
    clear(f, FRAME_PENDING | STORES); /* before the bytes are read: a store that comes later marks it anew */
    for (struct tb *tb = f->blocks, *next; tb; tb = next) {
        next = tb->page_next[tb->phys[0] == gpa ? 0 : 1];
        if (!unchanged(tb, page, gpa)) {
            STAT_INC(cpu, tb_invalidated);
            tb_invalidate(tb);
        }
    }
    if (!f->blocks)
        ordinary(f, gpa);
}

/* The same, and it stays listed as long as it is open. */
static void compare_again(struct vcpu *cpu, struct frame *f, uint64_t gpa) {
    open_compared += flags_of(f) & FRAME_OPEN ? 1 : 0;
    compare(cpu, f, gpa);
    if (flags_of(f) & (FRAME_OPEN | FRAME_PENDING))
        list(f, gpa);
}

static void compare_all(struct vcpu *cpu) {
    for (unsigned i = 0; i < nram; i++)
        for (uint64_t k = 0; k < ram[i].pages; k++)
            if (flags_of(&ram[i].frame[k]) & FRAME_CODE) {
                direct_protect(ram[i].base + k * GUEST_PAGE_SIZE);
                close_frame(&ram[i].frame[k]);
                compare_again(cpu, &ram[i].frame[k], ram[i].base + k * GUEST_PAGE_SIZE);
            }
}

/* Takes the frames that must be compared off the list; *all: every one with blocks must. */
static unsigned take_list(uint64_t *out, bool *all) {
    plat_lock(&list_lock);
    unsigned n = nlisted;
    memcpy(out, listed, n * sizeof *out);
    __atomic_store_n(&nlisted, 0, __ATOMIC_SEQ_CST);
    *all = list_overflow;
    list_overflow = false;
    for (unsigned i = 0; i < n; i++)
        clear(frame_of(out[i]), FRAME_LISTED);
    plat_unlock(&list_lock);
    return n;
}

/* From here on a store to a frame on the list is noticed. */
static void close_listed(struct vcpu *cpu) {
    if (!direct_on) {
        harts_want_flush(cpu); /* until they have, their frames stay open */
        tlb_flush(cpu, 0, 0, false, 0);
        return;
    }
    for (unsigned i = 0; i < nlisted; i++) {
        direct_protect(listed[i]);
        set(frame_of(listed[i]), FRAME_PENDING);
        clear(frame_of(listed[i]), FRAME_OPEN);
    }
}

void tb_fence_i(struct vcpu *cpu) {
    static uint64_t due[MAX_LISTED]; /* under tb_lock */
    bool all;
    STAT_INC(cpu, fence_i);
    if (__atomic_load_n(&nlisted, __ATOMIC_SEQ_CST) == 0 && !__atomic_load_n(&comparing, __ATOMIC_SEQ_CST))
        return;
    plat_lock(&tb_lock);
    __atomic_store_n(&comparing, true, __ATOMIC_SEQ_CST);
    /* direct: to close a frame is cheaper than to compare it each time */
    if (list_overflow || direct_on || nlisted > MAX_OPEN || open_compared > ENOUGH) {
        open_compared = 0;
        close_listed(cpu);
    }
    unsigned n = take_list(due, &all);
    if (all)
        compare_all(cpu);
    for (unsigned i = 0; i < n && !all; i++)
        compare_again(cpu, frame_of(due[i]), due[i]);
    __atomic_store_n(&comparing, false, __ATOMIC_SEQ_CST);
    plat_unlock(&tb_lock);
}

void frame_drop_all(void) {
    for (unsigned i = 0; i < nram; i++)
        for (uint64_t k = 0; k < ram[i].pages; k++) {
            struct frame *f = &ram[i].frame[k];
            if (!flags_of(f) && !f->blocks)
                continue;
            if (flags_of(f) & FRAME_OPEN)
                f->written_gen = flush_gen;
            if (flags_of(f) & FRAME_CODE)
                direct_code(ram[i].base + k * GUEST_PAGE_SIZE, false);
            f->blocks = NULL;
            f->flags = 0;
        }
    nlisted = 0;
    list_overflow = false;
}
