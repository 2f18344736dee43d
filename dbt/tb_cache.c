/* SPDX-License-Identifier: BSD-2-Clause */
/* Where blocks are found: by virtual PC in the jump caches (tb_find_fast, and inline in translated code), by physical
 * address in one hash (tb_find_slow), by id, by host address.
 *
 * A jump cache belongs to one (address space, block flags); a hart keeps a few and switches with cpu_flags_changed().
 * Its entries outlive their blocks: an invalidated block's entry is diverted, so a stale one only costs a look-up. */
#include <string.h>

#include "dbt/engine_int.h"
#include "dbt/profile.h"
#include "dbt/tlb.h"

enum { CACHES = 16, HASH_BITS = 17, CHUNK = 4096, MAX_CHUNKS = 1024, PAGE_BITS = 4096, MAX_RUNS = 4096 };

struct jump_cache {
    struct plat_user_mem mem;          /* tcg_jc_entry[TCG_JC_SIZE] */
    struct tb *tb[TCG_JC_SIZE];
    uint64_t flags, stamp;
    uint32_t space;
    bool dirty;                        /* has entries */
    uint64_t pages[PAGE_BITS / 64];    /* Bloom filter over the virtual pages of its entries */
    uint64_t global[TCG_JC_SIZE / 64]; /* entries whose page is global */
};
struct jump_caches {
    struct jump_cache jc[CACHES];
    struct jump_cache *cur;
    uint64_t clock;
};

uint32_t tb_generation;
plat_lock_t tb_lock;
static struct tb **hash;
static struct tb *chunks[MAX_CHUNKS];
static uint32_t ntbs;                  /* ids 0 .. ntbs - 1 were given out; 0 is never a block */

/* Runs of ids whose code addresses ascend, for tb_by_host_pc(). */
static struct {
    uint64_t start, end;               /* code addresses */
    uint32_t first, last;              /* ids */
} runs[MAX_RUNS];
static unsigned nruns;

/* ---- jump caches ---- */

static void jc_clear(struct jump_cache *jc) {
    struct tcg_jc_entry *e = jc->mem.engine;
    if (!jc->dirty)
        return;
    for (unsigned i = 0; i < TCG_JC_SIZE; i++)
        e[i].pc = 1;
    memset(jc->tb, 0, sizeof jc->tb);
    memset(jc->pages, 0, sizeof jc->pages);
    memset(jc->global, 0, sizeof jc->global);
    jc->dirty = false;
}

bool tb_init_cpu(struct vcpu *cpu) {
    struct jump_caches *c = plat_alloc(sizeof *c);
    if (!c)
        return false;
    for (unsigned i = 0; i < CACHES; i++) {
        if (!plat_user_alloc(0, TCG_JC_SIZE * sizeof(struct tcg_jc_entry), &c->jc[i].mem))
            return false;
        c->jc[i].dirty = true;
        jc_clear(&c->jc[i]);
    }
    cpu->jcs = c;
    c->cur = &c->jc[0];
    cpu->env->jc_base = c->cur->mem.user;
    cpu->flags_stale = true;
    return true;
}

/* Gives a jump cache to another (address space, flags). It starts with the global entries of the newest one with these
 * flags: a kernel's code is the same in every process. */
static void jc_reuse(struct vcpu *cpu, struct jump_cache *jc, uint32_t space, uint64_t flags) {
    const struct jump_cache *from = NULL;
    struct tcg_jc_entry *e = jc->mem.engine;
    for (unsigned i = 0; i < CACHES; i++) {
        const struct jump_cache *k = &cpu->jcs->jc[i];
        if (k != jc && k->dirty && k->flags == flags && (!from || k->stamp > from->stamp) &&
            tlb_globals_of(cpu, k->space))
            from = k;
    }
    jc_clear(jc);
    jc->space = space;
    jc->flags = flags;
    for (unsigned w = 0; from && w < TCG_JC_SIZE / 64; w++)
        for (uint64_t bits = from->global[w]; bits; bits &= bits - 1) {
            unsigned i = w * 64 + (unsigned)__builtin_ctzll(bits);
            e[i] = ((const struct tcg_jc_entry *)from->mem.engine)[i];
            jc->tb[i] = from->tb[i];
        }
    if (from) {
        memcpy(jc->global, from->global, sizeof jc->global);
        memcpy(jc->pages, from->pages, sizeof jc->pages);
        jc->dirty = true;
    }
}

void tb_jc_select(struct vcpu *cpu, uint64_t flags) {
    struct jump_caches *c = cpu->jcs;
    uint32_t space = tlb_space(cpu);
    struct jump_cache *pick = &c->jc[0];
    for (unsigned i = 0; i < CACHES; i++) {
        struct jump_cache *jc = &c->jc[i];
        if (jc->flags == flags && jc->space == space) {
            pick = jc;
            break;
        }
        if (jc->stamp < pick->stamp)
            pick = jc;
    }
    if (pick->flags != flags || pick->space != space)
        jc_reuse(cpu, pick, space, flags);
    pick->stamp = ++c->clock;
    c->cur = pick;
    cpu->env->jc_base = pick->mem.user;
}

static unsigned page_hash(uint64_t va) {
    return (unsigned)(((va >> GUEST_PAGE_BITS) * 0x9e3779b97f4a7c15u) >> 52) % PAGE_BITS;
}

void tb_jc_insert(struct vcpu *cpu, uint64_t pc, struct tb *tb) {
    struct jump_cache *jc = cpu->jcs->cur;
    unsigned i = (pc >> 1) & (TCG_JC_SIZE - 1), h = page_hash(pc);
    struct tcg_jc_entry *e = (struct tcg_jc_entry *)jc->mem.engine + i;
    e->code = tb->code.entry;
    e->pc = pc;
    jc->tb[i] = tb;
    jc->dirty = true;
    jc->pages[h / 64] |= (uint64_t)1 << h % 64;
    jc->global[i / 64] &= ~((uint64_t)1 << i % 64);
    if (tb->phys[1] != ~(uint64_t)0) {
        h = page_hash(pc + GUEST_PAGE_SIZE);
        jc->pages[h / 64] |= (uint64_t)1 << h % 64;
    } else {
        const struct tlb_page *p = tlb_cached(cpu, pc, GUEST_FETCH, guest->fetch_role(cpu));
        jc->global[i / 64] |= (uint64_t)(p && p->global) << i % 64;
    }
}

/* Drops the entries of blocks with bytes in the page at va. */
static void jc_flush_page(struct jump_cache *jc, uint64_t va) {
    struct tcg_jc_entry *e = jc->mem.engine;
    for (unsigned i = 0; i < TCG_JC_SIZE; i++) {
        uint64_t page = e[i].pc & GUEST_PAGE_MASK;
        bool before = page + GUEST_PAGE_SIZE == va && jc->tb[i];
        if (page == va || (before && jc->tb[i]->phys[1] != ~(uint64_t)0))
            e[i].pc = 1;
    }
}

void tb_jc_flush_space(struct vcpu *cpu, uint32_t space, bool va_valid, uint64_t va) {
    unsigned h = page_hash(va);
    for (unsigned i = 0; cpu->jcs && i < CACHES; i++) {
        struct jump_cache *jc = &cpu->jcs->jc[i];
        if (jc->space != space)
            continue;
        if (!va_valid)
            jc_clear(jc);
        else if (jc->pages[h / 64] >> h % 64 & 1)
            jc_flush_page(jc, va);
    }
}

void tb_jc_flush_local(struct vcpu *cpu, uint32_t space) {
    for (unsigned k = 0; cpu->jcs && k < CACHES; k++) {
        struct jump_cache *jc = &cpu->jcs->jc[k];
        struct tcg_jc_entry *e = jc->mem.engine;
        for (unsigned i = 0; jc->space == space && jc->dirty && i < TCG_JC_SIZE; i++)
            if (!(jc->global[i / 64] >> i % 64 & 1))
                e[i].pc = 1;
    }
}

void tb_jc_flush_all(struct vcpu *cpu) {
    for (unsigned i = 0; cpu->jcs && i < CACHES; i++)
        jc_clear(&cpu->jcs->jc[i]);
}

struct tb *tb_find_fast(struct vcpu *cpu, uint64_t pc, uint64_t flags) {
    const struct jump_cache *jc = cpu->jcs->cur;
    unsigned i = (pc >> 1) & (TCG_JC_SIZE - 1);
    const struct tcg_jc_entry *e = (const struct tcg_jc_entry *)jc->mem.engine + i;
    struct tb *tb = jc->tb[i];
    return e->pc == pc && tb->valid && jc->flags == flags ? tb : NULL;
}

/* ---- by physical address ---- */

static unsigned bucket(uint64_t phys, uint16_t off, uint64_t flags) {
    uint64_t h = ((phys | off) >> 1) * 0x9e3779b97f4a7c15u ^ flags * 0xc2b2ae3d27d4eb4fu;
    return (unsigned)((h ^ h >> 29) >> 20) & ((1u << HASH_BITS) - 1);
}

/* The block's first parcel can be fetched at pc. Its others, too, from where it was made from? The page of the first
 * one holds the rest, but for what runs into the next page and for pages of which only a part may be executed. */
static bool rest_of(struct vcpu *cpu, uint64_t pc, const struct tb *tb) {
    const uint8_t *host;
    uint64_t gpa;
    if (tb->phys[1] != ~(uint64_t)0)
        return tlb_fetch(cpu, (pc & GUEST_PAGE_MASK) + GUEST_PAGE_SIZE, false, &host, &gpa) && gpa == tb->phys[1];
    return !(tb->flags & TB_PART) || tb->size <= 2 || tlb_fetch(cpu, pc + 2, false, &host, &gpa);
}

struct tb *tb_find_slow(struct vcpu *cpu, uint64_t pc, uint64_t flags) {
    const uint8_t *host;
    uint64_t gpa;
    uint16_t off = pc & (GUEST_PAGE_SIZE - 1);
    if (!tlb_fetch(cpu, pc, true, &host, &gpa))
        return NULL;
    gpa &= GUEST_PAGE_MASK;
    if (!tlb_cached(cpu, pc, GUEST_FETCH, guest->fetch_role(cpu)))
        flags |= TB_PART;
    for (struct tb *tb = __atomic_load_n(&hash[bucket(gpa, off, flags)], __ATOMIC_ACQUIRE); tb; tb = tb->hash_next)
        if (tb->phys[0] == gpa && tb->off == off && tb->flags == flags && rest_of(cpu, pc, tb))
            return tb;
    return NULL;
}

void tb_insert(struct tb *tb) {
    struct tb **b = &hash[bucket(tb->phys[0], tb->off, tb->flags)];
    tb->hash_next = *b;
    tb->valid = true;
    __atomic_store_n(b, tb, __ATOMIC_RELEASE); /* look-ups take no lock */
    frame_add(tb);
    if (nruns == 0 || tb->code.entry < runs[nruns - 1].end) {
        if (nruns == MAX_RUNS)
            plat_panic("tb_insert: more than %d code regions", MAX_RUNS);
        runs[nruns].start = tb->code.entry;
        runs[nruns++].first = tb->id;
    }
    runs[nruns - 1].last = tb->id;
    runs[nruns - 1].end = tb->code.entry + tb->code.size;
}

void tb_remove(struct tb *tb) {
    struct tb **p = &hash[bucket(tb->phys[0], tb->off, tb->flags)];
    while (*p && *p != tb)
        p = &(*p)->hash_next;
    if (*p)
        *p = tb->hash_next;
}

/* ---- by id and host address ---- */

uint32_t tb_count(void) { return ntbs; }
struct tb *tb_by_id(uint32_t id) { return id && id < ntbs ? &chunks[id / CHUNK][id % CHUNK] : NULL; }

struct tb *tb_alloc(void) {
    uint32_t id = ntbs ? ntbs : 1;
    if (id / CHUNK >= MAX_CHUNKS)
        return NULL;
    if (!chunks[id / CHUNK] && !(chunks[id / CHUNK] = plat_alloc(CHUNK * sizeof(struct tb))))
        return NULL;
    struct tb *tb = &chunks[id / CHUNK][id % CHUNK];
    memset(tb, 0, sizeof *tb);
    tb->id = id;
    tb->phys[1] = ~(uint64_t)0;
    ntbs = id + 1;
    return tb;
}

/* Takes back the newest block, which was not inserted. */
void tb_unalloc(const struct tb *tb) { ntbs = tb->id; }

struct tb *tb_by_host_pc(uint64_t pc) {
    for (unsigned i = 0; i < nruns; i++) {
        if (pc < runs[i].start || pc > runs[i].end)
            continue;
        uint32_t lo = runs[i].first, hi = runs[i].last;
        while (lo < hi) { /* the last block that starts at or below pc */
            uint32_t mid = lo + (hi - lo + 1) / 2;
            if (tb_by_id(mid)->code.entry <= pc)
                lo = mid;
            else
                hi = mid - 1;
        }
        return tb_by_id(lo);
    }
    return NULL;
}

bool tb_init(void) {
    hash = plat_alloc(sizeof *hash << HASH_BITS);
    return hash != NULL;
}

void tb_flush_all(void) {
    profile_drain_all();
    for (unsigned i = 0; i < engine_nharts; i++) {
        STAT_INC(engine_harts[i], tb_flushes);
        tb_jc_flush_all(engine_harts[i]);
    }
    frame_drop_all();
    memset(hash, 0, sizeof *hash << HASH_BITS);
    ntbs = 0;
    nruns = 0;
    tb_generation++;
    tb_drop_bytes();
    tcg_backend->reset();
}
