/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel/clock.h. A first measurement of some milliseconds is good to perhaps a thousandth; the longer the two
 * counters have been seen side by side, the better it gets, and each sample is only as far away as the reference's
 * wrapping can still be told by what is known already. The clock is steered, not set: readers see one slope after the
 * other, joined. Pure: unit tests run it on counters of their own. Used from interrupt handlers: no vector registers.
 */
#pragma GCC target("general-regs-only")
#include "kernel/clock.h"

typedef unsigned __int128 u128;

enum { FIRST_S = 1, MAX_S = 64, GROWTH = 4, MAX_STEER_PPM = 1000, MAX_WILD = 3, MAX_RESTARTS = 5 };
enum { LATER_PPM = 500 }; /* what a sample but the first may say against what was known */
#define NS 1000000000ull

static uint64_t muldiv(uint64_t a, uint64_t b, uint64_t c) { return (uint64_t)((u128)a * b / c); }

void clock_start(struct clock *c, uint64_t tsc, uint64_t hz, struct clock_reference ref) {
    *c = (struct clock){.base_tsc = tsc, .rate = muldiv(NS, 1ull << 32, hz), .ref = ref, .hz = hz};
}

/* A core whose TSC is a little behind the one that sampled stays on the same line. */
static uint64_t on_line(uint64_t base_tsc, uint64_t base_ns, uint64_t rate, uint64_t tsc) {
    if ((int64_t)(tsc - base_tsc) >= 0)
        return base_ns + (uint64_t)((u128)(tsc - base_tsc) * rate >> 32);
    uint64_t back = (uint64_t)((u128)(base_tsc - tsc) * rate >> 32);
    return back < base_ns ? base_ns - back : 0;
}

uint64_t clock_ns(const struct clock *c, uint64_t tsc) {
    for (;;) {
        uint32_t seq = __atomic_load_n(&c->seq, __ATOMIC_ACQUIRE);
        uint64_t base_tsc = __atomic_load_n(&c->base_tsc, __ATOMIC_RELAXED);
        uint64_t base_ns = __atomic_load_n(&c->base_ns, __ATOMIC_RELAXED);
        uint64_t rate = __atomic_load_n(&c->rate, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(seq & 1) && seq == __atomic_load_n(&c->seq, __ATOMIC_RELAXED))
            return on_line(base_tsc, base_ns, rate, tsc);
        __builtin_ia32_pause();
    }
}

/* A new line from here on. */
static void bend(struct clock *c, uint64_t tsc, uint64_t ns, uint64_t rate) {
    __atomic_store_n(&c->seq, c->seq + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&c->base_tsc, tsc, __ATOMIC_RELAXED);
    __atomic_store_n(&c->base_ns, ns, __ATOMIC_RELAXED);
    __atomic_store_n(&c->rate, rate, __ATOMIC_RELAXED);
    __atomic_store_n(&c->seq, c->seq + 1, __ATOMIC_RELEASE);
}

/* How far the reference went since the last sample: of all the numbers that its counter can stand for, the one next to
 * what the TSC says. */
static uint64_t counts_since(const struct clock *c, uint64_t tsc, uint64_t count) {
    uint64_t expected = muldiv(tsc - c->last_tsc, c->ref.hz, c->hz);
    uint64_t seen = (count - c->last_count) & c->ref.mask, period = c->ref.mask + 1;
    uint64_t off = (seen - expected) & c->ref.mask;
    if (off <= period / 2)
        return expected + off;
    return expected >= period - off ? expected - (period - off) : 0;
}

static void begin(struct clock *c, uint64_t tsc, uint64_t count) {
    c->started = true;
    c->first_tsc = c->last_tsc = tsc;
    c->first_ns = clock_ns(c, tsc);
    c->last_count = count;
    c->counted = 0;
    c->wild = 0;
    c->span_s = FIRST_S;
}

/* The rate that brings the clock to `want` in `span` seconds, within what is allowed. */
static uint64_t steered(uint64_t hz, uint64_t now, uint64_t want, unsigned span) {
    uint64_t rate = muldiv(NS, 1ull << 32, hz), max = (uint64_t)span * NS / 1000000 * MAX_STEER_PPM;
    bool behind = want > now;
    uint64_t off = behind ? want - now : now - want;
    uint64_t change = muldiv(rate, off < max ? off : max, (uint64_t)span * NS);
    return behind ? rate + change : rate - change;
}

static bool differs(uint64_t a, uint64_t b, uint64_t ppm) {
    return (a > b ? a - b : b - a) > b / 1000000 * ppm;
}

/* A counter that jumped (a machine that was stopped, firmware that interfered), or does not count: it is left out; when
 * it goes on so, what was measured before is worth nothing, and measuring begins anew. */
static unsigned leave_out(struct clock *c, uint64_t tsc, uint64_t count) {
    if (++c->wild < MAX_WILD)
        return FIRST_S;
    begin(c, tsc, count);
    return ++c->restarts < MAX_RESTARTS ? FIRST_S : 0;
}

unsigned clock_sample(struct clock *c, uint64_t tsc, uint64_t count) {
    if (!c->started) {
        begin(c, tsc, count);
        return c->span_s;
    }
    if ((int64_t)(tsc - c->last_tsc) <= 0)
        return leave_out(c, tsc, count);
    uint64_t counted = c->counted + counts_since(c, tsc, count);
    uint64_t hz = counted ? muldiv(tsc - c->first_tsc, c->ref.hz, counted) : 0;
    if (differs(hz, c->hz, c->counted ? LATER_PPM : c->ref.first_ppm))
        return leave_out(c, tsc, count);
    c->hz = hz;
    c->counted = counted;
    c->last_tsc = tsc;
    c->last_count = count;
    c->wild = c->restarts = 0;
    c->span_s = c->span_s * GROWTH < MAX_S ? c->span_s * GROWTH : MAX_S;
    uint64_t now = clock_ns(c, tsc);
    bend(c, tsc, now, steered(hz, now, c->first_ns + muldiv(counted, NS, c->ref.hz), c->span_s));
    return c->span_s;
}
