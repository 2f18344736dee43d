/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock that is steered by a reference (kernel/clock.h), on counters made up here: true time is a number of
 * nanoseconds, both counters are computed from it. */
#include "kernel/clock.h"
#include "tests/unit/unit.h"

#define NS 1000000000ull

enum { TSC_START = 123456789 };

static struct clock c;
static uint64_t true_hz, count_start, shown; /* shown: the last value read */

static uint64_t tsc_at(uint64_t ns) { return TSC_START + (uint64_t)((unsigned __int128)ns * true_hz / NS); }
static uint64_t count_at(uint64_t ns) {
    return (count_start + (uint64_t)((unsigned __int128)ns * c.ref.hz / NS)) & c.ref.mask;
}

/* Reads the clock at a time; it must not have gone back. How far it is from the truth, ns. */
static int64_t off_at(uint64_t ns) {
    uint64_t now = clock_ns(&c, tsc_at(ns));
    CHECK(now >= shown);
    shown = now;
    return (int64_t)(now - ns);
}

static void start(uint64_t hz, int ppm, struct clock_reference ref) {
    true_hz = hz;
    count_start = ref.mask - 5;
    shown = 0;
    clock_start(&c, TSC_START, hz + (uint64_t)((int64_t)(hz / 1000000) * ppm), ref);
}

/* Samples as it asks for, `late` ns after the due time and `noise` ns wrong in turns; to `end` seconds. How many. */
static unsigned run(uint64_t from, uint64_t end, uint64_t late, uint64_t noise) {
    unsigned n = 0;
    for (uint64_t t = from; t < end * NS; n++) {
        unsigned next = clock_sample(&c, tsc_at(t + (n & 1 ? noise : 0)), count_at(t));
        CHECK(next > 0);
        for (unsigned i = 1; i <= 10; i++)
            off_at(t + noise + next * NS / 10 * i);
        t += next * NS + late + noise;
    }
    return n;
}

static bool within(int64_t off, int64_t ns) { return off <= ns && off >= -ns; }

static const struct clock_reference pm = {3579545, 0xffffff, 200000}, pit = {1193182, 0xffff, 20000},
                                    hpet = {100000000, 0xffffffff, 200000}, known = {3579545, 0xffffff, 1000};

/* After 120 s every reference has the clock right to what it resolves, however wrong it was, fast or slow. */
UNIT_TEST(clock_becomes_right) {
    static const struct { struct clock_reference ref; int ppm; } row[] = {
        {pm, 0}, {pm, 900}, {pm, -900}, {pm, 30000}, {pm, -30000}, {pit, 5000}, {pit, -5000}, {hpet, 70000},
        {known, 20}, {known, -900}};
    for (unsigned i = 0; i < sizeof row / sizeof *row; i++) {
        start(2893437000, row[i].ppm, row[i].ref);
        unsigned n = run(0, 120, 3000000, 0);
        CHECK(n <= 6);
        CHECK(within(off_at(400 * NS), 100000));
        CHECK(within((int64_t)(c.hz - true_hz), (int64_t)true_hz / 1000000));
    }
}

/* Samples that are 20 microseconds wrong: within 2 ppm of the rate after 120 s. */
UNIT_TEST(clock_noise) {
    start(1000000000, 800, pm);
    run(0, 120, 5000000, 20000);
    CHECK(within((int64_t)(c.hz - true_hz), (int64_t)true_hz / 500000));
    CHECK(within(off_at(400 * NS), 1000000));
}

/* Days, with a crystal that drifts by 10 ppm: the clock follows. */
UNIT_TEST(clock_follows) {
    start(3000000000, 100, pm);
    uint64_t t = 0, tsc = tsc_at(0);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned next = clock_sample(&c, tsc, count_at(t));
        CHECK(next > 0);
        uint64_t hz = true_hz + i * 10;
        t += next * NS;
        tsc += hz * next;
        uint64_t now = clock_ns(&c, tsc);
        CHECK(now >= shown);
        shown = now;
        CHECK(i < 20 || within((int64_t)(now - t), 1000000));
    }
}

/* The reference stands still, or jumps once: nothing follows it. */
UNIT_TEST(clock_reference_is_wild) {
    start(2000000000, 0, pm);
    unsigned next = 1, n = 0;
    for (uint64_t t = 0; next && n < 100; t += next * NS, n++)
        next = clock_sample(&c, tsc_at(t), 7);
    CHECK_EQ(next, 0); /* it gives up */
    CHECK(n < 20);
    CHECK(within(off_at(1000 * NS), 1000000));
    start(2000000000, 0, pm);
    run(0, 120, 0, 0);
    count_start += 3000000; /* most of a second */
    for (unsigned i = 0; i < 8; i++)
        clock_sample(&c, tsc_at((200 + i) * NS), count_at((200 + i) * NS));
    run(210 * NS, 400, 0, 0);
    CHECK(within(off_at(500 * NS), 100000));
}

/* A TSC that stands or goes back between two samples; a core whose TSC is a little behind. */
UNIT_TEST(clock_tsc_goes_back) {
    start(2000000000, 0, pm);
    run(0, 30, 0, 0);
    uint64_t at = tsc_at(40 * NS);
    clock_sample(&c, at, count_at(40 * NS));
    CHECK(within((int64_t)(clock_ns(&c, at - 2000) - (40 * NS - 1000)), 10000));
    CHECK(clock_sample(&c, at, count_at(41 * NS)) > 0);
    CHECK(clock_sample(&c, at - 12345678, count_at(42 * NS)) > 0);
    CHECK(within((int64_t)(clock_ns(&c, tsc_at(43 * NS)) - 43 * NS), 100000));
}
