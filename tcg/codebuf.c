/* SPDX-License-Identifier: BSD-2-Clause */
/* Code memory by regions. A region is obtained once and never given back. Chunks are handed out in order, and taken
 * back in that order. The last chunk of a region is kept for the slots of jumps that do not reach by rel32 (regions
 * may lie anywhere): each other chunk has its share of it, which is free again with the chunk.
 *
 * Assumes: nobody executes or links code while codebuf_reset() runs, or in the chunk that codebuf_evict() takes.
 * Guarantees: a region is published before the chunk that lies in it, so that codebuf_rw() needs no lock. */
#include "tcg/codebuf.h"

#include "kernel/plat.h"

enum { REGION = 16 << 20, MIN_REGION = 2 << 20, MAX_REGIONS = 8192, CHUNK = 512 << 10,
       MIN_CHUNK = 64 << 10, MIN_LIMIT = 4 * MIN_CHUNK, HOT = 17 /* of 32 parts of a chunk */ };
static size_t region_size = REGION, chunk_size = CHUNK;
static unsigned max_regions = MAX_REGIONS, per_region = REGION / CHUNK - 1;

static struct {
    plat_lock_t lock;
    struct plat_code_region region[MAX_REGIONS];
    unsigned n;           /* regions obtained */
    uint32_t next;        /* chunks from here on were never handed out since the last reset */
    uint32_t oldest;      /* in use for longest */
    uint32_t freed;       /* index + 1 of one that was taken back; 0: none */
    uint32_t *generation; /* of each chunk: how often it was taken back */
    uint32_t *far_used;   /* of each chunk: bytes of its share of slots */
    uint32_t resets;
} cb;

void codebuf_limit(uint64_t bytes) {
    uint64_t whole = bytes < MIN_REGION ? MIN_REGION : bytes & ~(uint64_t)(MIN_REGION - 1);
    region_size = whole < REGION ? whole : REGION;
    max_regions = whole / region_size < MAX_REGIONS ? (unsigned)(whole / region_size) : MAX_REGIONS;
    while (chunk_size > MIN_CHUNK && bytes / chunk_size < 16) /* so that a small cache does not lose much at once */
        chunk_size /= 2;
    per_region = (unsigned)(region_size / chunk_size) - 1;
    bytes = bytes < MIN_LIMIT ? MIN_LIMIT : bytes;
    if (bytes < MIN_REGION)
        per_region = (unsigned)(bytes / chunk_size);
}

static bool grow(void) {
    struct plat_code_region r;
    size_t chunks = (size_t)max_regions * per_region;
    if (!cb.generation)
        cb.generation = plat_alloc(chunks * sizeof *cb.generation);
    if (!cb.far_used)
        cb.far_used = plat_alloc(chunks * sizeof *cb.far_used);
    if (!cb.generation || !cb.far_used || cb.n == max_regions || !plat_code_alloc(region_size, &r))
        return false;
    cb.region[cb.n] = r;
    __atomic_store_n(&cb.n, cb.n + 1, __ATOMIC_RELEASE);
    return true;
}

static uint32_t generation(uint32_t index) {
    return __atomic_load_n(&cb.generation[index], __ATOMIC_ACQUIRE) + __atomic_load_n(&cb.resets, __ATOMIC_ACQUIRE);
}

static bool take(struct codebuf_chunk *c) {
    uint32_t index = cb.freed ? cb.freed - 1 : cb.next;
    if (index / per_region >= cb.n && !grow())
        return false;
    const struct plat_code_region *r = &cb.region[index / per_region];
    size_t at = index % per_region * chunk_size;
    *c = (struct codebuf_chunk){.rw = r->rw + at, .rx = r->rx + at, .hot = chunk_size / 32 * HOT, .size = chunk_size,
                                .index = index, .generation = generation(index)};
    c->cold_used = c->hot;
    cb.far_used[index] = 0;
    if (cb.freed) {
        cb.freed = 0;
    } else {
        cb.next++;
        plat_code_soon(c->rw, c->rx, chunk_size);
    }
    return true;
}

bool codebuf_next(struct codebuf_chunk *c) {
    plat_lock(&cb.lock);
    bool ok = take(c);
    plat_unlock(&cb.lock);
    return ok;
}

bool codebuf_valid(const struct codebuf_chunk *c) { return c->rw && c->generation == generation(c->index); }

bool codebuf_evict(uint64_t *start, uint64_t *end) {
    plat_lock(&cb.lock);
    bool ok = cb.next > 1 && !cb.freed;
    if (ok) {
        *start = cb.region[cb.oldest / per_region].rx + cb.oldest % per_region * chunk_size;
        *end = *start + chunk_size;
        __atomic_fetch_add(&cb.generation[cb.oldest], 1, __ATOMIC_RELEASE);
        cb.freed = cb.oldest + 1;
        cb.oldest = (cb.oldest + 1) % cb.next;
    }
    plat_unlock(&cb.lock);
    return ok;
}

static int find(uint64_t rx) {
    unsigned n = __atomic_load_n(&cb.n, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < n; i++)
        if (rx - cb.region[i].rx < cb.region[i].size)
            return (int)i;
    return -1;
}

uint8_t *codebuf_rw(uint64_t rx) {
    int i = find(rx);
    return i < 0 ? NULL : cb.region[i].rw + (rx - cb.region[i].rx);
}

uint64_t codebuf_base(uint64_t rx) {
    int i = find(rx);
    uint64_t off = i < 0 ? 0 : rx - cb.region[i].rx;
    return i < 0 ? 0 : rx - off % chunk_size;
}

uint64_t codebuf_far_slot(uint64_t near) {
    int i = find(near);
    uint64_t rx = 0, off = i < 0 ? 0 : near - cb.region[i].rx, chunk = off / chunk_size;
    size_t share = chunk_size / per_region / CODEBUF_FAR_SLOT * CODEBUF_FAR_SLOT;
    if (i < 0 || chunk >= per_region)
        return 0;
    plat_lock(&cb.lock);
    uint32_t *used = &cb.far_used[(unsigned)i * per_region + chunk];
    if (*used + CODEBUF_FAR_SLOT <= share) {
        rx = cb.region[i].rx + cb.region[i].size - chunk_size + chunk * share + *used;
        *used += CODEBUF_FAR_SLOT;
    }
    plat_unlock(&cb.lock);
    return rx;
}

uint64_t codebuf_used(void) { return (uint64_t)cb.next * chunk_size; }

void codebuf_reset(void) {
    plat_lock(&cb.lock);
    cb.next = cb.oldest = cb.freed = 0;
    __atomic_fetch_add(&cb.resets, 1, __ATOMIC_RELEASE);
    plat_unlock(&cb.lock);
}
