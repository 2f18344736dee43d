/* SPDX-License-Identifier: BSD-2-Clause */
/* What -d stats and Ctrl-A s show: the rows of dbt/stats.def for each hart, the calls of each helper and exceptions by
 * cause, and what follows from them. Host instructions are counted in the code itself, by the disassembler, so that
 * emitting it costs nothing more.
 *
 * Assumes that it runs in the hart loop. Counters of other harts may be a little old. */
#include <stdio.h>
#include <string.h>

#include "dbt/engine_int.h"
#include "dbt/helper.h"
#include "dbt/profile.h"
#include "tcg/codebuf.h"

_Static_assert((int)STATS_HELPERS >= (int)NHELPERS, "struct vcpu_stats");

enum { LOOKED_AT = 3000, LINE = 200, MOST = 10 };
typedef unsigned long long ull;

static const char *const text[] = {
#define STAT(name, text) text,
#include "dbt/stats.def"
#undef STAT
};

static void __attribute__((format(printf, 2, 3))) say(stats_put *put, const char *fmt, ...) {
    char line[LINE];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    put(line);
}

static double part(uint64_t a, uint64_t b) { return b ? (double)a / (double)b : 0; }

/* ---- the code that is there now ---- */

struct density {
    uint64_t blocks, guest_insns, host_insns, host_bytes;
};

static unsigned count_insns(uint64_t start, uint32_t size) {
    char line[96];
    const uint8_t *p = codebuf_rw(start);
    unsigned n = 0;
    for (uint32_t at = 0; p && tcg_backend->disas && at < size; n++)
        at += tcg_backend->disas(line, sizeof line, p + at, start + at);
    return n;
}

/* d[0]: blocks, d[1]: regions; of large caches every so many. */
static void look_at_code(struct density d[2]) {
    uint32_t all = tb_count(), step = all / LOOKED_AT + 1;
    for (uint32_t id = 1; id < all; id++) {
        const struct tb *tb = tb_by_id(id);
        if (!tb || !tb->valid || (!tb->region && id % step))
            continue;
        struct density *k = &d[tb->region];
        k->blocks++;
        k->guest_insns += tb->ninsns;
        k->host_insns += count_insns(tb->code.entry, tb->code.size) + count_insns(tb->code.cold, tb->code.cold_size);
        k->host_bytes += tb->code.size + tb->code.cold_size;
    }
}

static void show_code(stats_put *put) {
    static const char *const kind[] = {"blocks", "regions"};
    struct density d[2] = {{0}};
    plat_lock(&tb_lock);
    look_at_code(d);
    plat_unlock(&tb_lock);
    for (unsigned i = 0; i < 2; i++)
        if (d[i].blocks)
            say(put, "in the code cache, of %llu %s: a guest instruction is %.2f host instructions, %.1f bytes",
                (ull)d[i].blocks, kind[i], part(d[i].host_insns, d[i].guest_insns),
                part(d[i].host_bytes, d[i].guest_insns));
    struct plat_host_info host;
    plat_host_info(&host);
    uint64_t limit = engine_cfg->code_limit && engine_cfg->code_limit < host.code_limit ? engine_cfg->code_limit
                                                                                         : host.code_limit;
    say(put, "code cache: %llu KiB used, of %llu KiB at the most", (ull)tcg_backend->used() / 1024, (ull)limit / 1024);
}

/* ---- a hart ---- */

static void show_translation(stats_put *put, unsigned hart, const char *what, const uint64_t *n) {
    /* n: made, guest instructions, host bytes, ns, as the rows of stats.def lie */
    if (n[0])
        say(put,
            "hart %u: %s: %llu in %.1f ms, %.1f us each; %.1f guest instructions each; a guest instruction is %.1f "
            "host bytes and takes %.0f ns to translate",
            hart, what, (ull)n[0], (double)n[3] / 1e6, part(n[3], n[0]) / 1e3, part(n[1], n[0]), part(n[2], n[1]),
            part(n[3], n[1]));
}

static void show_rates(stats_put *put, unsigned hart, const struct vcpu_stats *s) {
    const uint64_t *n = s->n;
    uint64_t exits = 0, found = n[STAT_jc_hit] + n[STAT_slow_hit] + n[STAT_tb_translated];
    show_translation(put, hart, "first translation", &n[STAT_tb_translated]);
    show_translation(put, hart, "regions", &n[STAT_tb_regions]);
    say(put, "hart %u: look-ups by the engine: %.1f%% in the jump cache, %.1f%% in the hash, %.1f%% translated", hart,
        100 * part(n[STAT_jc_hit], found), 100 * part(n[STAT_slow_hit], found),
        100 * part(n[STAT_tb_translated], found));
    for (unsigned i = STAT_exit_link; i <= STAT_exit_event; i++)
        exits += n[i];
    say(put,
        "hart %u: exits: %.1f%% not linked, %.1f%% poll, %.1f%% computed or asked for, %.1f%% dropped, "
        "%.1f%% exceptions, %.1f%% events",
        hart, 100 * part(n[STAT_exit_link], exits), 100 * part(n[STAT_exit_poll], exits),
        100 * part(n[STAT_exit_pc], exits), 100 * part(n[STAT_exit_stale], exits),
        100 * part(n[STAT_exit_exception], exits), 100 * part(n[STAT_exit_event], exits));
    uint64_t misses = n[STAT_tlb_victim] + n[STAT_tlb_fill];
    say(put, "hart %u: TLB misses: %.1f%% found in the victim entries, %.1f%% by a page walk", hart,
        100 * part(n[STAT_tlb_victim], misses), 100 * part(n[STAT_tlb_fill], misses));
}

/* The largest counts first, MOST at most. */
static void show_most(stats_put *put, unsigned hart, const char *what, const uint64_t *n, unsigned len,
                      const char *(*name)(unsigned)) {
    uint64_t seen = 0;
    for (unsigned k = 0; k < MOST && k < len; k++) {
        unsigned most = 64;
        for (unsigned i = 0; i < len; i++)
            if (n[i] && !(seen >> i & 1) && (most == 64 || n[i] > n[most]))
                most = i;
        if (most == 64)
            return;
        seen |= (uint64_t)1 << most;
        say(put, "hart %u: %14llu %s: %s", hart, (ull)n[most], what, name(most));
    }
}

static const char *helper_name(unsigned i) { return tcg_helpers[i].name; }
static const char *cause_name(unsigned i) { return guest->exception_name(i); }

static void show_hart(stats_put *put, unsigned i) {
    const struct vcpu_stats *s = engine_harts[i]->stats;
    for (unsigned k = 0; k < NSTATS; k++)
        say(put, "hart %u: %14llu %s", i, (ull)s->n[k], text[k]);
    show_most(put, i, "helper calls", s->helper, NHELPERS, helper_name);
    show_most(put, i, "exceptions", s->cause, STATS_CAUSES, cause_name);
    show_rates(put, i, s);
}

void engine_stats(stats_put *put) {
    say(put, "statistics after %.3f s", (double)plat_clock_ns() / 1e9);
    for (unsigned i = 0; i < engine_nharts; i++)
        show_hart(put, i);
    show_code(put);
    profile_show(put);
}

void stats_log_line(const char *line) { plat_log("%s\n", line); }
