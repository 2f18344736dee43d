/* SPDX-License-Identifier: BSD-2-Clause */
/* Where blocks are found: by virtual PC in the jump caches (tb_find_fast, and inline in translated code), by physical
 * address in one hash (tb_find_slow), by id, by host address.
 *
 * A jump cache belongs to one (address space, block flags); a hart keeps a few and switches with cpu_flags_changed().
 * Its entries outlive their blocks: an invalidated block's entry is diverted, so a stale one only costs a look-up. */
#include <stdlib.h>
#include <string.h>

#include "dbt/engine_int.h"
#include "dbt/profile.h"
#include "dbt/tlb.h"

enum { CACHES = 16, HASH_BITS = 17, CHUNK = 16384, MAX_CHUNKS = 256, PAGE_BITS = 1 << 16, JC_WORDS = TCG_JC_SIZE / 64,
       SOURCES = 32752, JC_BYTES = TCG_JC_SIZE * sizeof(struct tcg_jc_entry) };

struct jump_cache {
    struct plat_user_mem mem;          /* tcg_jc_entry[TCG_JC_SIZE] */
    struct tb *tb[TCG_JC_SIZE];
    uint64_t flags, stamp;
    uint32_t space;
    bool made, dirty;                  /* was cleared once; has entries */
    uint64_t pages[PAGE_BITS / 64];    /* Bloom filter over the virtual pages of its entries */
    uint64_t used[JC_WORDS];           /* entries that were filled since it was clear */
    uint64_t global[JC_WORDS];         /* of these, the ones whose page is global */
};
struct jump_caches {
    struct jump_cache jc[CACHES];
    struct jump_cache *cur, *last; /* in use, and before that: a kernel goes to and fro as it opens user memory */
    uint64_t clock;
};

uint32_t tb_generation;
plat_lock_t tb_lock;
static struct tb **hash;
static struct tb *chunks[MAX_CHUNKS];
static uint32_t ntbs;                  /* ids 0 .. ntbs - 1 were given out; 0 is never a block */
static struct tb *free_tbs;            /* of these, what may be given out again, by hash_next */

/* Source bytes of blocks. */
struct sources {
    struct sources *next;
    size_t used;
    uint8_t byte[SOURCES];
};
static struct sources *free_sources;

/* Pieces of code memory, by address, each with its blocks (valid or not), by address, for tb_by_host_pc() and eviction,
 * and their source bytes. */
static struct piece {
    uint64_t start;
    struct tb **tb;
    uint32_t n, room;
    struct sources *sources;
} *pieces;
static uint32_t npieces, pieces_room;
static plat_lock_t pieces_lock; /* of pieces and their lists, inside tb_lock: tb_by_host_pc() has only this one */

/* ---- jump caches ---- */

/* Drops the entries of one word of the bitmaps. */
static void jc_drop(struct jump_cache *jc, unsigned word, uint64_t which) {
    struct tcg_jc_entry *e = jc->mem.engine;
    jc->used[word] &= ~which;
    jc->global[word] &= ~which;
    for (; which; which &= which - 1) {
        unsigned i = word * 64 + (unsigned)__builtin_ctzll(which);
        e[i].pc = TCG_JC_EMPTY(i);
        jc->tb[i] = NULL;
    }
}

static void jc_clear(struct jump_cache *jc) {
    if (!jc->dirty)
        return;
    for (unsigned w = 0; w < JC_WORDS; w++)
        jc_drop(jc, w, jc->used[w]);
    memset(jc->pages, 0, sizeof jc->pages);
    jc->dirty = false;
}

/* What is not global. */
static void jc_drop_local(struct jump_cache *jc) {
    for (unsigned w = 0; w < JC_WORDS; w++)
        jc_drop(jc, w, jc->used[w] & ~jc->global[w]);
}

static bool mostly_global(const struct jump_cache *jc) {
    unsigned used = 0, global = 0;
    for (unsigned w = 0; w < JC_WORDS; w++) {
        used += (unsigned)__builtin_popcountll(jc->used[w]);
        global += (unsigned)__builtin_popcountll(jc->global[w]);
    }
    return global > used / 8 * 7;
}

static void jc_make(struct jump_cache *jc) {
    struct tcg_jc_entry *e = jc->mem.engine;
    for (unsigned i = 0; i < TCG_JC_SIZE; i++)
        e[i].pc = TCG_JC_EMPTY(i);
    jc->made = true;
}

bool tb_init_cpu(struct vcpu *cpu) {
    struct jump_caches *c = plat_alloc(sizeof *c);
    struct plat_user_mem mem;
    if (!c)
        return false;
    if (!plat_user_alloc(0, CACHES * JC_BYTES, &mem))
        return false;
    for (unsigned i = 0; i < CACHES; i++)
        c->jc[i].mem = (struct plat_user_mem){(uint8_t *)mem.engine + i * JC_BYTES, mem.user + i * JC_BYTES, JC_BYTES};
    jc_make(&c->jc[0]);
    cpu->jcs = c;
    c->cur = c->last = &c->jc[0];
    cpu->env->jc_base = c->cur->mem.user;
    cpu->flags_stale = true;
    return true;
}

/* The newest jump cache with these flags whose global entries hold in the current address space. */
static struct jump_cache *jc_kin(struct vcpu *cpu, uint64_t flags) {
    struct jump_cache *best = NULL;
    for (unsigned i = 0; i < CACHES; i++) {
        struct jump_cache *k = &cpu->jcs->jc[i];
        if (k->dirty && k->flags == flags && (!best || k->stamp > best->stamp) && tlb_globals_of(cpu, k->space))
            best = k;
    }
    return best;
}

static bool jc_is(const struct jump_cache *jc, uint32_t space, uint64_t flags) {
    return jc->made && jc->flags == flags && jc->space == space;
}

static struct jump_cache *jc_find(struct jump_caches *c, uint32_t space, uint64_t flags) {
    if (jc_is(c->last, space, flags))
        return c->last;
    for (unsigned i = 0; i < CACHES; i++)
        if (jc_is(&c->jc[i], space, flags))
            return &c->jc[i];
    return NULL;
}

static struct jump_cache *jc_oldest(struct jump_caches *c) {
    struct jump_cache *oldest = &c->jc[0];
    for (unsigned i = 1; i < CACHES; i++)
        if (c->jc[i].stamp < oldest->stamp)
            oldest = &c->jc[i];
    return oldest;
}

/* The jump cache of the current address space and flags. A kernel's code is the same in every process: its cache goes
 * along from space to space, without what is not global. A process' starts empty. */
void tb_jc_select(struct vcpu *cpu, uint64_t flags) {
    struct jump_caches *c = cpu->jcs;
    uint32_t space = tlb_space(cpu);
    struct jump_cache *pick = jc_find(c, space, flags);
    if (!pick && (pick = jc_kin(cpu, flags)) && mostly_global(pick)) {
        jc_drop_local(pick);
    } else if (!pick || pick->space != space) {
        pick = jc_oldest(c);
        if (pick->made)
            jc_clear(pick);
        else
            jc_make(pick);
    }
    pick->space = space;
    pick->flags = flags;
    pick->stamp = ++c->clock;
    if (pick != c->cur)
        c->last = c->cur;
    c->cur = pick;
    cpu->env->jc_base = pick->mem.user;
}

static unsigned page_hash(uint64_t va) {
    return (unsigned)(((va >> GUEST_PAGE_BITS) * 0x9e3779b97f4a7c15u) >> 48) % PAGE_BITS;
}

void tb_jc_insert(struct vcpu *cpu, uint64_t pc, struct tb *tb) {
    struct jump_cache *jc = cpu->jcs->cur;
    unsigned i = TCG_JC_INDEX(pc), h = page_hash(pc);
    struct tcg_jc_entry *e = (struct tcg_jc_entry *)jc->mem.engine + i;
    e->code = tb->code.entry;
    e->pc = pc;
    jc->tb[i] = tb;
    jc->dirty = true;
    jc->pages[h / 64] |= (uint64_t)1 << h % 64;
    jc->used[i / 64] |= (uint64_t)1 << i % 64;
    jc->global[i / 64] &= ~((uint64_t)1 << i % 64);
    if (tb->phys[1] != ~(uint64_t)0) {
        h = page_hash(pc + GUEST_PAGE_SIZE);
        jc->pages[h / 64] |= (uint64_t)1 << h % 64;
    } else {
        const struct tlb_page *p = tlb_cached(cpu, pc, GUEST_FETCH, guest->fetch_role(cpu));
        jc->global[i / 64] |= (uint64_t)(p && p->global) << i % 64;
    }
}

/* Drops the entries of blocks that start in the page at va; `crossing`: of those that go on in the next. The places of
 * a page's addresses lie side by side. */
static void jc_flush_starts(struct jump_cache *jc, uint64_t va, bool crossing) {
    const struct tcg_jc_entry *e = jc->mem.engine;
    unsigned first = TCG_JC_INDEX(va), last = (first + TCG_JC_SPAN) / 64;
    for (unsigned k = first / 64; k <= last; k++) {
        unsigned w = k % JC_WORDS;
        for (uint64_t bits = jc->used[w]; bits; bits &= bits - 1) {
            unsigned i = w * 64 + (unsigned)__builtin_ctzll(bits);
            if ((e[i].pc & GUEST_PAGE_MASK) == va && (!crossing || jc->tb[i]->phys[1] != ~(uint64_t)0))
                jc_drop(jc, w, bits & -bits);
        }
    }
}

/* Of blocks with bytes in the page at va. */
static void jc_flush_page(struct jump_cache *jc, uint64_t va) {
    jc_flush_starts(jc, va, false);
    jc_flush_starts(jc, va - GUEST_PAGE_SIZE, true);
}

_Static_assert(TCG_JC_SIZE > TCG_JC_SPAN + 64, "jc_flush_starts()");

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
    for (unsigned k = 0; cpu->jcs && k < CACHES; k++)
        if (cpu->jcs->jc[k].space == space && cpu->jcs->jc[k].dirty)
            jc_drop_local(&cpu->jcs->jc[k]);
}

void tb_jc_flush_all(struct vcpu *cpu) {
    for (unsigned i = 0; cpu->jcs && i < CACHES; i++)
        jc_clear(&cpu->jcs->jc[i]);
}

struct tb *tb_find_fast(struct vcpu *cpu, uint64_t pc, uint64_t flags) {
    const struct jump_cache *jc = cpu->jcs->cur;
    unsigned i = TCG_JC_INDEX(pc);
    const struct tcg_jc_entry *e = (const struct tcg_jc_entry *)jc->mem.engine + i;
    struct tb *tb = jc->tb[i];
    return e->pc == pc && __atomic_load_n(&tb->valid, __ATOMIC_RELAXED) && jc->flags == flags ? tb : NULL;
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
    for (struct tb *tb = __atomic_load_n(&hash[bucket(gpa, off, flags)], __ATOMIC_ACQUIRE); tb;
         tb = __atomic_load_n(&tb->hash_next, __ATOMIC_ACQUIRE))
        if (tb->phys[0] == gpa && tb->off == off && tb->flags == flags && rest_of(cpu, pc, tb))
            return tb;
    return NULL;
}

/* The last piece at or below pc. NULL: none. */
static struct piece *piece_below(uint64_t pc) {
    uint32_t lo = 0, hi = npieces;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (pieces[mid].start <= pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? &pieces[lo - 1] : NULL;
}

static struct piece *new_piece(uint64_t start) {
    if (npieces == pieces_room) {
        uint32_t room = pieces_room ? 2 * pieces_room : 64;
        struct piece *p = realloc(pieces, room * sizeof *p);
        if (!p)
            return NULL;
        pieces = p;
        pieces_room = room;
    }
    struct piece *below = piece_below(start);
    uint32_t at = below ? (uint32_t)(below - pieces) + 1 : 0;
    memmove(pieces + at + 1, pieces + at, (npieces++ - at) * sizeof *pieces);
    pieces[at] = (struct piece){.start = start};
    return &pieces[at];
}

/* NULL: no memory. */
static struct piece *piece_of(const struct tb *tb) {
    uint64_t start = tcg_backend->piece(tb->code.entry);
    plat_lock(&pieces_lock);
    struct piece *p = piece_below(start);
    if (!p || p->start != start)
        p = new_piece(start);
    plat_unlock(&pieces_lock);
    return p;
}

uint8_t *tb_source(const struct tb *tb, size_t size) {
    struct piece *p = piece_of(tb);
    struct sources *s = p ? p->sources : NULL;
    if (p && (!s || s->used + size > SOURCES)) {
        if ((s = free_sources))
            free_sources = s->next;
        else
            s = plat_alloc(sizeof *s);
        if (!s)
            return NULL;
        s->used = 0;
        s->next = p->sources;
        p->sources = s;
    }
    if (!s)
        return NULL;
    s->used += size;
    return s->byte + s->used - size;
}

static bool more_room(struct piece *p) {
    uint32_t room = p->room ? 2 * p->room : 256;
    struct tb **list = realloc(p->tb, room * sizeof(struct tb *));
    if (!list)
        return false;
    p->tb = list;
    p->room = room;
    return true;
}

/* False: no memory. */
static bool file_by_address(struct tb *tb) {
    struct piece *p = piece_of(tb);
    plat_lock(&pieces_lock);
    bool ok = p && (p->n < p->room || more_room(p));
    if (ok)
        p->tb[p->n++] = tb;
    plat_unlock(&pieces_lock);
    return ok;
}

bool tb_insert(struct tb *tb) {
    struct tb **b = &hash[bucket(tb->phys[0], tb->off, tb->flags)];
    if (!file_by_address(tb))
        return false;
    tb->hash_next = *b;
    tb->valid = true;
    frame_add(tb);
    __atomic_store_n(b, tb, __ATOMIC_RELEASE); /* look-ups take no lock, and whoever finds it may run it */
    return true;
}

void tb_remove(struct tb *tb) {
    struct tb **p = &hash[bucket(tb->phys[0], tb->off, tb->flags)];
    while (*p && *p != tb)
        p = &(*p)->hash_next;
    if (*p)
        __atomic_store_n(p, tb->hash_next, __ATOMIC_RELEASE); /* tb's own stays, for who is there now */
}

/* ---- by id and host address ---- */

uint32_t tb_count(void) { return __atomic_load_n(&ntbs, __ATOMIC_RELAXED); }
struct tb *tb_by_id(uint32_t id) { return id && id < tb_count() ? &chunks[id / CHUNK][id % CHUNK] : NULL; }

static struct tb *fresh(void) {
    uint32_t id = ntbs ? ntbs : 1;
    if (id / CHUNK >= MAX_CHUNKS)
        return NULL;
    if (!chunks[id / CHUNK] && !(chunks[id / CHUNK] = plat_alloc(CHUNK * sizeof(struct tb))))
        return NULL;
    struct tb *tb = &chunks[id / CHUNK][id % CHUNK];
    tb->id = id;
    __atomic_store_n(&ntbs, id + 1, __ATOMIC_RELEASE);
    return tb;
}

struct tb *tb_alloc(void) {
    struct tb *tb = free_tbs;
    if (tb)
        free_tbs = tb->hash_next;
    else
        tb = fresh();
    if (tb)
        *tb = (struct tb){.id = tb->id, .phys = {0, ~(uint64_t)0}};
    return tb;
}

/* Nobody knows the block any more, but perhaps by its id. */
void tb_unalloc(struct tb *tb) {
    *tb = (struct tb){.id = tb->id, .phys = {0, ~(uint64_t)0}, .hash_next = free_tbs};
    free_tbs = tb;
}

/* The last block of a piece whose code, or cold code, starts at or below pc. NULL: none. */
static struct tb *last_below(const struct piece *p, uint64_t pc, bool cold) {
    uint32_t lo = 0, hi = p->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct tcg_code *c = &p->tb[mid]->code;
        if ((cold ? c->cold : c->entry) <= pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? p->tb[lo - 1] : NULL;
}

/* A gate's return address may be the end of a part. */
struct tb *tb_by_host_pc(uint64_t pc) {
    plat_lock(&pieces_lock);
    const struct piece *p = piece_below(pc);
    struct tb *tb = p ? last_below(p, pc, false) : NULL;
    if (tb && pc - tb->code.entry > tb->code.size) {
        tb = last_below(p, pc, true);
        if (tb && pc - tb->code.cold > tb->code.cold_size)
            tb = NULL;
    }
    plat_unlock(&pieces_lock);
    return tb;
}

struct tb *tb_at(struct vcpu *cpu, uint64_t pc) {
    enum { PLACES = sizeof cpu->at / sizeof cpu->at[0] };
    uint32_t generation = __atomic_load_n(&tb_generation, __ATOMIC_ACQUIRE);
    unsigned i = (unsigned)(pc ^ pc >> 6) % PLACES;
    if (cpu->at[i].pc != pc || cpu->at[i].generation != generation || !cpu->at[i].tb) {
        cpu->at[i].tb = tb_by_host_pc(pc);
        cpu->at[i].pc = pc;
        cpu->at[i].generation = generation;
    }
    return cpu->at[i].tb;
}

bool tb_init(void) {
    hash = plat_alloc(sizeof *hash << HASH_BITS);
    return hash != NULL;
}

/* ---- dropping ---- */

static void empty(struct piece *p) {
    while (p->n)
        tb_unalloc(p->tb[--p->n]);
    while (p->sources) {
        struct sources *s = p->sources;
        p->sources = s->next;
        s->next = free_sources;
        free_sources = s;
    }
}

/* Entries of jump caches that lead into [start, end). */
static void jc_forget(struct vcpu *cpu, uint64_t start, uint64_t end) {
    for (unsigned k = 0; cpu->jcs && k < CACHES; k++) {
        struct jump_cache *jc = &cpu->jcs->jc[k];
        for (unsigned w = 0; w < JC_WORDS; w++)
            for (uint64_t bits = jc->used[w]; bits; bits &= bits - 1) {
                uint64_t entry = jc->tb[w * 64 + (unsigned)__builtin_ctzll(bits)]->code.entry;
                if (entry >= start && entry < end)
                    jc_drop(jc, w, bits & -bits);
            }
    }
}

bool tb_evict(void) {
    uint64_t start, end;
    if (!tcg_backend->evict || !tcg_backend->evict(&start, &end))
        return false;
    profile_drain_all();
    for (unsigned i = 0; i < engine_nharts; i++) {
        STAT_INC(engine_harts[i], tb_evictions);
        jc_forget(engine_harts[i], start, end);
    }
    __atomic_store_n(&tb_generation, tb_generation + 1, __ATOMIC_RELEASE);
    struct piece *p = piece_below(start);
    if (!p || p->start != start)
        return true;
    for (uint32_t i = 0; i < p->n; i++) {
        tb_invalidate(p->tb[i]);
        frame_release(p->tb[i]);
    }
    empty(p);
    return true;
}

void tb_flush_all(void) {
    profile_drain_all();
    for (unsigned i = 0; i < engine_nharts; i++) {
        STAT_INC(engine_harts[i], tb_flushes);
        tb_jc_flush_all(engine_harts[i]);
    }
    if (tb_count()) {
        frame_drop_all();
        memset(hash, 0, sizeof *hash << HASH_BITS);
    }
    for (uint32_t i = 0; i < npieces; i++)
        empty(&pieces[i]);
    __atomic_store_n(&tb_generation, tb_generation + 1, __ATOMIC_RELEASE);
    tcg_backend->reset();
}
