/* SPDX-License-Identifier: BSD-2-Clause */
/* Code memory by regions. A region is obtained once and never given back; its last part is kept for the slots of jumps
 * that do not reach by rel32 (regions may lie anywhere).
 *
 * Assumes: nobody executes or links code while codebuf_reset() runs.
 * Guarantees: a region is published before the chunk that lies in it, so that codebuf_rw() needs no lock. */
#include "tcg/codebuf.h"

#include "kernel/plat.h"

enum { REGION = 16 << 20, MIN_REGION = 2 << 20, FAR_SPACE = 64 << 10, MAX_REGIONS = 8192 };
static size_t region_size = REGION;
static unsigned max_regions = MAX_REGIONS;

static struct {
    plat_lock_t lock;
    struct plat_code_region region[MAX_REGIONS];
    uint32_t far_used[MAX_REGIONS];
    unsigned n;          /* regions obtained */
    unsigned cur;        /* the one that is being filled */
    size_t used;         /* bytes of it that are handed out */
    uint32_t generation; /* counts resets */
} cb;

void codebuf_limit(uint64_t bytes) {
    bytes = bytes < MIN_REGION ? MIN_REGION : bytes & ~(uint64_t)(MIN_REGION - 1);
    region_size = bytes < REGION ? bytes : REGION;
    max_regions = bytes / region_size < MAX_REGIONS ? (unsigned)(bytes / region_size) : MAX_REGIONS;
}

static bool grow(void) {
    struct plat_code_region r;
    if (cb.n == max_regions || !plat_code_alloc(region_size, &r))
        return false;
    cb.region[cb.n] = r;
    __atomic_store_n(&cb.n, cb.n + 1, __ATOMIC_RELEASE);
    return true;
}

static bool take(struct codebuf_chunk *c) {
    if (cb.cur < cb.n && cb.used + CODEBUF_CHUNK > cb.region[cb.cur].size - FAR_SPACE) {
        cb.cur++;
        cb.used = 0;
    }
    if (cb.cur == cb.n && !grow())
        return false;
    const struct plat_code_region *r = &cb.region[cb.cur];
    *c = (struct codebuf_chunk){r->rw + cb.used, r->rx + cb.used, 0, CODEBUF_CHUNK, cb.generation};
    cb.used += CODEBUF_CHUNK;
    return true;
}

bool codebuf_next(struct codebuf_chunk *c) {
    plat_lock(&cb.lock);
    bool ok = take(c);
    plat_unlock(&cb.lock);
    return ok;
}

bool codebuf_valid(const struct codebuf_chunk *c) {
    return c->rw && c->generation == __atomic_load_n(&cb.generation, __ATOMIC_ACQUIRE);
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

uint64_t codebuf_far_slot(uint64_t near) {
    int i = find(near);
    uint64_t rx = 0;
    if (i < 0)
        return 0;
    plat_lock(&cb.lock);
    if (cb.far_used[i] < FAR_SPACE) {
        rx = cb.region[i].rx + cb.region[i].size - FAR_SPACE + cb.far_used[i];
        cb.far_used[i] += CODEBUF_FAR_SLOT;
    }
    plat_unlock(&cb.lock);
    return rx;
}

uint64_t codebuf_used(void) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < cb.cur; i++)
        sum += cb.region[i].size;
    return sum + cb.used;
}

void codebuf_reset(void) {
    plat_lock(&cb.lock);
    cb.cur = 0;
    cb.used = 0;
    for (unsigned i = 0; i < cb.n; i++)
        cb.far_used[i] = 0;
    __atomic_store_n(&cb.generation, cb.generation + 1, __ATOMIC_RELEASE);
    plat_unlock(&cb.lock);
}
