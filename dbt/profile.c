/* SPDX-License-Identifier: BSD-2-Clause */
/* -d profile: the platform's timer notes where it stopped translated code (plat_sample()); the hart loop turns the
 * notes into counts of blocks, by the guest's virtual address and the block's flags; engine_stats() shows the hottest,
 * with the guest's symbols where there are any (dbt/symbols.c).
 *
 * Assumes that notes are counted before the blocks they lie in give up their ids (tb_flush_all()). What was dropped
 * since is counted as such. */
#include "dbt/profile.h"

#include <stdio.h>

#include "dbt/engine_int.h"
#include "dbt/symbols.h"

enum { PERIOD_NS = 1000000, TABLE = 1 << 15, SHOWN = 30 };

struct spot {
    uint64_t va, flags, count;
    uint32_t host_bytes;
    uint16_t ninsns;
    bool region;
};
static struct {
    plat_lock_t lock;
    struct spot *table; /* open addressing; count 0: free */
    uint64_t all, engine, uncounted, lost, used;
} prof;

void profile_start(struct vcpu *cpu) {
    if (!plat_log_on(LOG_profile) || cpu->samples)
        return;
    if (!prof.table)
        prof.table = plat_alloc(TABLE * sizeof *prof.table);
    struct plat_samples *s = plat_alloc(sizeof *s);
    if (!prof.table || !s)
        return;
    s->tag = &cpu->env->pc_page;
    if (plat_sample(cpu->hart.id, PERIOD_NS, s))
        cpu->samples = s;
    else
        plat_log("profile: this platform cannot sample\n");
}

/* The spot of (va, flags), a new one if need be. NULL: the table is three quarters full. */
static struct spot *spot_of(uint64_t va, uint64_t flags) {
    uint64_t h = (va ^ flags << 40) * 0x9e3779b97f4a7c15u;
    unsigned i = (unsigned)(h >> 49) % TABLE;
    while (prof.table[i].count && (prof.table[i].va != va || prof.table[i].flags != flags))
        i = (i + 1) % TABLE;
    struct spot *s = &prof.table[i];
    if (s->count)
        return s;
    if (prof.used == TABLE / 4 * 3)
        return NULL;
    prof.used++;
    *s = (struct spot){.va = va, .flags = flags};
    return s;
}

static void count(uint64_t pc, uint64_t page) {
    const struct tb *tb = pc ? tb_by_host_pc(pc) : NULL;
    struct spot *s = tb ? spot_of(page + tb->off, tb->flags) : NULL;
    prof.all++;
    if (!pc)
        prof.engine++;
    else if (!s)
        prof.uncounted++;
    else
        *s = (struct spot){s->va, s->flags, s->count + 1, tb->code.size + tb->code.cold_size, tb->ninsns, tb->region};
}

static void drain(struct plat_samples *s) {
    uint32_t head = __atomic_load_n(&s->head, __ATOMIC_ACQUIRE);
    if (head - s->tail > PLAT_SAMPLES) {
        prof.lost += head - s->tail - PLAT_SAMPLES;
        s->tail = head - PLAT_SAMPLES;
    }
    for (; s->tail != head; s->tail++)
        count(s->at[s->tail % PLAT_SAMPLES].pc, s->at[s->tail % PLAT_SAMPLES].tag);
}

void profile_drain(struct vcpu *cpu) {
    if (!cpu->samples)
        return;
    plat_lock(&prof.lock);
    drain(cpu->samples);
    plat_unlock(&prof.lock);
}

void profile_drain_all(void) {
    for (unsigned i = 0; i < engine_nharts; i++)
        profile_drain(engine_harts[i]);
}

/* The hottest spot that is colder than `than`, or as hot and behind it in the table. */
static const struct spot *next_hottest(const struct spot *than) {
    const struct spot *best = NULL;
    for (const struct spot *s = prof.table; s < prof.table + TABLE; s++)
        if (s->count && (!best || s->count > best->count) &&
            (!than || s->count < than->count || (s->count == than->count && s > than)))
            best = s;
    return best;
}

static double share(uint64_t n) { return prof.all ? 100 * (double)n / (double)prof.all : 0; }

static void show(stats_put *put, const struct spot *s) {
    char line[200], symbol[80];
    symbols_text(s->va, symbol, sizeof symbol);
    snprintf(line, sizeof line, "%6.2f%%  %016llx  %-6s %3u guest instructions, %4u host bytes  %s",
             share(s->count), (unsigned long long)s->va, s->region ? "region" : "block",
             s->ninsns, (unsigned)s->host_bytes, symbol);
    put(line);
}

void profile_show(stats_put *put) {
    char line[200];
    if (!prof.table)
        return;
    profile_drain_all();
    plat_lock(&prof.lock);
    snprintf(line, sizeof line,
             "profile: %llu samples, %.1f%% in the engine, %.1f%% in blocks that are gone, %llu lost; "
             "the hottest blocks:",
             (unsigned long long)prof.all, share(prof.engine), share(prof.uncounted), (unsigned long long)prof.lost);
    put(line);
    const struct spot *s = next_hottest(NULL);
    for (unsigned i = 0; i < SHOWN && s; i++, s = next_hottest(s))
        show(put, s);
    plat_unlock(&prof.lock);
}
