/* SPDX-License-Identifier: BSD-2-Clause */
/* Roots on metal (kernel/plat_mmu.h): four-level page tables whose slot 0 and slot 511 are the guest's, and whose other
 * slots are those of the engine's own root, but for the window on guest RAM that soft memory uses.
 *
 * Assumes that one core uses a root, with interrupts off. Tables come from one pool, each on the list of the root or of
 * the group of roots that it belongs to, so that clearing costs as much as was filled. Entries that are not present are
 * zero (L1TF). With PCID a root keeps its translations while others are in use; what is taken from one that is not in
 * use makes it stale, and its translations are dropped before it is used again. */
#include "kernel/plat_mmu.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/roots_int.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128 };
/* Bit 9 is software's: in a pointer, something below is a piece of a guest page at least as large as what the pointer
 * spans; in a leaf, of one of 64 KiB. */
enum { PIECE = 1 << 9 };
#define NX (1ull << 63)
#define ADDR 0x000ffffffffff000ull
#define NOFLUSH (1ull << 63)

enum { ENTRIES = 512, TOP_LOW = 0, TOP_HIGH = 511, MAX_PCID = 4094, NAPOT_BITS = 16, POOL_SHARE = 64 };
#define POOL_LEAST (4ull << 20)
#define POOL_MOST (1ull << 30)

/* A list of tables, by number; 0 ends it. */
struct tables {
    uint32_t first;
    bool giant;                /* pages of 1 GiB, which need no table */
};
struct link {
    uint32_t next, prev;
};

struct plat_root {
    uint32_t top, low, high;   /* tables that stay: PML4, PDPT of slot 0, its own PDPT of slot 511 (0: none yet) */
    unsigned share;
    bool private_high;         /* something is mapped up there that the others do not have */
    bool stale;                /* drop its translations before it is used */
    uint16_t pcid;
    uint32_t slots;            /* paging_slots() when the engine's slots were copied */
    struct tables tables;
    struct plat_root *next;
};

static struct {
    uint8_t *base;
    uint64_t phys;
    uint32_t count, used;      /* tables 1 to count - 1 */
    struct link *link;
    uint32_t free;
} pool;

static struct {
    uint32_t high;             /* PDPT of slot 511 */
    struct tables tables;
} groups[PLAT_SHARES];

static struct plat_root *all, *current;
static unsigned nroots;
static bool pcid, invpcid, has_1g;

const bool plat_direct_pays = true;

/* ---- tables ---- */

static uint64_t *table(uint32_t n);
const uint64_t *root_top(const struct plat_root *r) { return table(r->top); }

static uint64_t *table(uint32_t n) { return (uint64_t *)(pool.base + n * PAGE_SIZE); }
static uint64_t phys_of(uint32_t n) { return pool.phys + n * PAGE_SIZE; }
static uint32_t number(uint64_t entry) { return (uint32_t)(((entry & ADDR) - pool.phys) / PAGE_SIZE); }

static uint32_t table_new(struct tables *list) {
    uint32_t n = pool.free;
    if (n)
        pool.free = pool.link[n].next;
    else if (pool.used + 1 < pool.count)
        n = ++pool.used;
    else
        return 0;
    memset(table(n), 0, PAGE_SIZE);
    pool.link[n] = (struct link){list ? list->first : 0, 0};
    if (list && list->first)
        pool.link[list->first].prev = n;
    if (list)
        list->first = n;
    return n;
}

static void table_free(struct tables *list, uint32_t n) {
    struct link l = pool.link[n];
    if (l.prev)
        pool.link[l.prev].next = l.next;
    else
        list->first = l.next;
    if (l.next)
        pool.link[l.next].prev = l.prev;
    pool.link[n].next = pool.free;
    pool.free = n;
}

static void free_all(struct tables *list) {
    list->giant = false;
    while (list->first)
        table_free(list, list->first);
}

/* What hangs below an entry at `level` (3: 1 GiB, 2: 2 MiB), and the entry. */
static void drop(struct tables *list, uint64_t *e, int level) {
    if ((*e & (P | PS)) == P) {
        uint64_t *t = table(number(*e));
        for (unsigned i = 0; level == 3 && i < ENTRIES; i++)
            if ((t[i] & (P | PS)) == P)
                table_free(list, number(t[i]));
        table_free(list, number(*e));
    }
    *e = 0;
}

/* ---- what the CPU has kept ---- */

static uint64_t cr3_of(const struct plat_root *r) { return phys_of(r->top) | r->pcid; }

static void reload(void) {
    if (entry_engine_cr3)
        pti_use(cr3_of(current), false);
    else
        write_cr3(cr3_of(current));
}

static void drop_page(uint64_t va) {
    struct {
        uint64_t pcid, address;
    } __attribute__((aligned(16))) what = {current->pcid, va};
    if (!entry_engine_cr3)
        __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
    else if (invpcid && pcid)
        __asm__ volatile("invpcid %0, %1" ::"m"(what), "r"(0ull) : "memory");
    else
        reload();
}

/* Something of r's, or of its group's, at va is no more, or less, than it was; large: more than one page. */
static void changed(struct plat_root *r, bool shared, uint64_t va, bool large) {
    for (struct plat_root *k = all; k; k = k->next)
        if (k != current && (k == r || (shared && k->share == r->share)))
            k->stale = true;
    bool here = current && (current == r || (shared && current->share == r->share));
    if (here && large)
        reload();
    else if (here)
        drop_page(va);
}

/* ---- start ---- */

static bool make_pool(void) {
    uint64_t size = pmm_free_bytes() / POOL_SHARE & ~(PAGE_2M - 1);
    size = size < POOL_LEAST ? POOL_LEAST : size > POOL_MOST ? POOL_MOST : size;
    uint64_t pa = pmm_alloc(size, PAGE_2M, PMM_ANYWHERE);
    pool.link = pa == PMM_NONE ? NULL : plat_alloc(size / PAGE_SIZE * sizeof *pool.link);
    if (!pool.link)
        return false;
    pool.base = phys_direct(pa);
    pool.phys = pa;
    pool.count = (uint32_t)(size / PAGE_SIZE);
    for (unsigned i = 1; i < PLAT_SHARES; i++)
        groups[i].high = table_new(NULL);
    return true;
}

enum plat_mmu plat_mmu_start(const char **why) {
    pcid = cpuid(1, 0).c >> 17 & 1;
    has_1g = cpuid_checked(0x80000001, 0).d >> 26 & 1;
    invpcid = cpuid_checked(7, 0).b >> 10 & 1;
    if (!make_pool()) {
        *why = "no memory for page tables";
        return PLAT_MMU_NONE;
    }
    if (pcid) /* CR3 holds PCID 0 now, as it must */
        write_cr4(read_cr4() | CR4_PCIDE);
    return PLAT_MMU_SAME;
}

static void copy_slots(struct plat_root *r) {
    paging_copy_slots(table(r->top));
    r->slots = paging_slots();
}

struct plat_root *plat_root_new(struct plat_hart *hart, unsigned share) {
    struct plat_root *r = calloc(1, sizeof *r);
    (void)hart;
    if (!r || !(r->top = table_new(NULL)) || !(r->low = table_new(NULL)))
        return NULL;
    r->share = share;
    r->pcid = pcid ? (uint16_t)(1 + nroots++ % MAX_PCID) : 0;
    r->stale = true;
    copy_slots(r);
    table(r->top)[TOP_LOW] = phys_of(r->low) | P | W | U | A;
    if (share)
        table(r->top)[TOP_HIGH] = phys_of(groups[share].high) | P | W | U | A;
    r->next = all;
    all = r;
    return r;
}

/* ---- mapping ---- */

/* The PDPT for va, and whose it is; from now on its own if what is mapped is. NULL: no memory. */
static uint64_t *top_for(struct plat_root *r, uint64_t va, unsigned flags, struct tables **list, bool *shared) {
    bool high = va >> 63;
    *list = &r->tables;
    *shared = false;
    if (!high)
        return table(r->low);
    if (r->share && !r->private_high && flags & PLAT_MAP_SHARED) {
        *list = &groups[r->share].tables;
        *shared = true;
        return table(groups[r->share].high);
    }
    if (!r->private_high) {
        if (!r->high && !(r->high = table_new(NULL)))
            return NULL;
        r->private_high = true;
        table(r->top)[TOP_HIGH] = phys_of(r->high) | P | W | U | A;
        changed(r, false, va, true);
    }
    return table(r->high);
}

static unsigned index_of(uint64_t va, int level) { return (unsigned)(va >> (12 + 9 * (level - 1))) & (ENTRIES - 1); }
static int span_bits(int level) { return 12 + 9 * (level - 1); }

static uint64_t phys_behind(const void *p) {
    uint64_t pa, va = (uint64_t)p;
    if (va >= DIRECT_BASE && va < DIRECT_BASE + DIRECT_SIZE)
        return direct_phys(p);
    return paging_walk(va, &pa) ? pa : PMM_NONE;
}

/* Guest RAM that was gathered from pieces need not be one piece to the host. */
static bool contiguous(const uint8_t *ram, uint64_t pa, uint64_t size) {
    for (uint64_t at = PAGE_2M; at < size; at += PAGE_2M)
        if (phys_behind(ram + at) != pa + at)
            return false;
    return true;
}

static enum plat_map map_one(struct plat_root *r, uint64_t va, const uint8_t *ram, uint64_t size, unsigned flags,
                             unsigned lg_leaf) {
    struct tables *list;
    bool shared, dropped = false;
    int leaf = size == PAGE_1G ? 3 : size == PAGE_2M ? 2 : 1;
    uint64_t pa = phys_behind(ram), *t = top_for(r, va, flags, &list, &shared);
    if (pa == PMM_NONE || pa & (size - 1) || (leaf == 3 && !(has_1g && contiguous(ram, pa, size))))
        return PLAT_MAP_NEVER;
    if (!t)
        return PLAT_MAP_FULL;
    for (int level = 3; level > leaf; level--) {
        uint64_t *e = &t[index_of(va, level)];
        if (*e & PS) {
            *e = 0;
            dropped = true;
        }
        if (!*e) {
            uint32_t n = table_new(list);
            if (!n)
                return PLAT_MAP_FULL;
            *e = phys_of(n) | P | W | U | A;
        }
        if (lg_leaf >= (unsigned)span_bits(level))
            *e |= PIECE;
        t = table(number(*e));
    }
    uint64_t *e = &t[index_of(va, leaf)];
    if (leaf > 1 && (*e & (P | PS)) == P) {
        drop(list, e, leaf);
        dropped = true;
    }
    list->giant |= leaf == 3;
    bool piece = lg_leaf >= (leaf == 3 ? 39u : leaf == 2 ? 30u : (unsigned)NAPOT_BITS);
    dropped |= *e && (*e & ADDR) != pa;
    *e = pa | P | U | A | D | NX | (flags & PLAT_MAP_WRITE ? W : 0) | (leaf > 1 ? PS : 0) | (piece ? PIECE : 0);
    if (dropped)
        changed(r, shared, va, true);
    return PLAT_MAP_OK;
}

enum plat_map plat_root_map(struct plat_root *r, uint64_t va, const void *ram, uint64_t size, unsigned flags,
                            unsigned lg_leaf) {
    uint64_t step = size == PAGE_1G || size == PAGE_2M ? size : PAGE_SIZE;
    enum plat_map m = PLAT_MAP_OK;
    for (uint64_t at = 0; at < size && m == PLAT_MAP_OK; at += step)
        m = map_one(r, va + at, (const uint8_t *)ram + at, step, flags, lg_leaf);
    return m;
}

unsigned plat_root_mapped(const struct plat_root *r, uint64_t va, unsigned n) {
    bool high = va >> 63;
    uint32_t top = !high ? r->low : r->private_high ? r->high : r->share ? groups[r->share].high : 0;
    const uint64_t *t = table(top);
    unsigned there = 0;
    if (!top)
        return 0;
    for (int level = 3; level > 1; level--) {
        uint64_t e = t[index_of(va, level)];
        if ((e & (P | PS)) != P)
            return e & P ? (1u << n) - 1 : 0;
        t = table(number(e));
    }
    for (unsigned i = 0; i < n; i++)
        there |= (unsigned)(t[index_of(va, 1) + i] & P) << i;
    return there;
}

/* ---- unmapping ---- */

enum went { NOTHING, PAGE, MORE };
static enum went unmap_in(uint64_t *t, struct tables *list, uint64_t va) {
    for (int level = 3; level > 1; level--) {
        uint64_t *e = &t[index_of(va, level)];
        if (!*e)
            return NOTHING;
        if (*e & (PS | PIECE)) {
            drop(list, e, level);
            return MORE;
        }
        t = table(number(*e));
    }
    uint64_t *e = &t[index_of(va, 1)], *napot = &t[index_of(va, 1) & ~15u], was = *e;
    uint64_t any = 0;
    *e = 0;
    for (unsigned i = 0; i < 16; i++)
        any |= napot[i];
    if (!((was | any) & PIECE))
        return was ? PAGE : NOTHING;
    for (unsigned i = 0; i < 16; i++)
        if (napot[i] & PIECE || (was & PIECE))
            napot[i] = 0;
    return MORE;
}

static bool mappable(uint64_t va) {
    return (uint64_t)((int64_t)(va << (64 - PLAT_ROOT_BITS)) >> (64 - PLAT_ROOT_BITS)) == va;
}

void plat_root_unmap(struct plat_root *r, uint64_t va) {
    if (!mappable(va))
        return;
    bool high = va >> 63;
    enum went own = NOTHING, others = NOTHING;
    if (!high)
        own = unmap_in(table(r->low), &r->tables, va);
    else if (r->private_high)
        own = unmap_in(table(r->high), &r->tables, va);
    if (high && r->share)
        others = unmap_in(table(groups[r->share].high), &groups[r->share].tables, va);
    if (own | others)
        changed(r, others, va, own == MORE || others == MORE);
}

static void protect_in(struct plat_root *r, uint64_t *t, struct tables *list, bool shared, uint64_t va, uint64_t pa) {
    for (int level = 3; level > 1; level--) {
        uint64_t *e = &t[index_of(va, level)];
        if (*e & PS) {
            drop(list, e, level);
            changed(r, shared, va, true);
        }
        if (!*e)
            return;
        t = table(number(*e));
    }
    uint64_t *e = &t[index_of(va, 1)];
    if (!(*e & W) || (*e & ADDR) != pa)
        return;
    *e &= ~(uint64_t)W;
    changed(r, shared, va, false);
}

void plat_root_protect(struct plat_root *r, uint64_t va, const void *ram) {
    uint64_t pa = phys_behind(ram);
    if (!(va >> 63))
        protect_in(r, table(r->low), &r->tables, false, va, pa);
    else if (r->private_high)
        protect_in(r, table(r->high), &r->tables, false, va, pa);
    if (va >> 63 && r->share)
        protect_in(r, table(groups[r->share].high), &groups[r->share].tables, true, va, pa);
}

void plat_root_clear(struct plat_root *r, bool shared) {
    uint64_t *top = table(r->top);
    bool had = r->tables.first || r->tables.giant || r->private_high;
    if (had) {
        free_all(&r->tables);
        memset(table(r->low), 0, PAGE_SIZE);
        if (r->high)
            memset(table(r->high), 0, PAGE_SIZE);
        top[TOP_HIGH] = r->share ? phys_of(groups[r->share].high) | P | W | U | A : 0;
        r->private_high = false;
    }
    if (shared && r->share && (groups[r->share].tables.first || groups[r->share].tables.giant)) {
        free_all(&groups[r->share].tables);
        memset(table(groups[r->share].high), 0, PAGE_SIZE);
        had = true;
    }
    if (had)
        changed(r, shared && r->share, 0, true);
}

/* ---- use ---- */

void plat_root_use(struct plat_hart *hart, struct plat_root *r) {
    (void)hart;
    if (r->slots != paging_slots())
        copy_slots(r);
    if (r == current && !r->stale)
        return;
    if (entry_engine_cr3) {
        if (current && pcid && !(cpu_this()->user_cr3 & NOFLUSH)) /* not loaded since it was to be dropped */
            current->stale = true;
        pti_use(cr3_of(r), pcid && !r->stale);
    } else {
        write_cr3(cr3_of(r) | (pcid && !r->stale ? NOFLUSH : 0));
    }
    r->stale = false;
    current = r;
}
