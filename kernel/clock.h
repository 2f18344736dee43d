/* SPDX-License-Identifier: BSD-2-Clause */
/* A clock that runs on one counter (the TSC) and is kept right by another (ACPI PM timer, PIT, HPET). */
#ifndef PYRITE_KERNEL_CLOCK_H
#define PYRITE_KERNEL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What the clock is compared with: counts up, masked (a power of two less one), and may differ from what is believed of
 * the TSC at first by so many ppm, in which it must not go round by half within a second. */
struct clock_reference {
    uint64_t hz, mask;
    unsigned first_ppm;
};
struct clock {
    uint32_t seq;                 /* odd while the three below change */
    uint64_t base_tsc, base_ns;   /* the clock showed base_ns at base_tsc */
    uint64_t rate;                /* ns a tick since then, 32.32 */
    /* Only of the one that samples. */
    struct clock_reference ref;
    uint64_t hz;                  /* the TSC's, as known by now */
    bool started;
    uint64_t first_tsc, last_tsc; /* of the samples that count */
    uint64_t last_count, counted; /* the reference: at the last sample, and since the first */
    uint64_t first_ns;            /* what the clock showed then */
    unsigned span_s, wild, restarts; /* seconds to the next sample; samples in a row that could not be */
};

/* Shows 0 at `tsc`. hz: at least 1 MHz. */
void clock_start(struct clock *c, uint64_t tsc, uint64_t hz, struct clock_reference ref);
/* Nanoseconds; never goes back as long as the TSC does not. Any core, any time. */
uint64_t clock_ns(const struct clock *c, uint64_t tsc);
/* Both counters at one moment: the rate becomes that since the first sample, and what the clock is off is worn away
 * until the next one, by 1000 ppm at the most. One core only, and not within itself. Returns the seconds after which
 * the next sample is wanted: more and more, up to 64. 0: never, the two do not agree. */
unsigned clock_sample(struct clock *c, uint64_t tsc, uint64_t count);

#endif
