/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock: TSC ticks since tsc_init() scaled to nanoseconds. The rate comes from CPUID where it is given, else it is
 * measured against the ACPI PM timer, the PIT or the HPET; and is compared with one of these from time to time
 * (kernel/clock.h). Used from interrupt handlers: no vector registers. */
#pragma GCC target("general-regs-only")
#include "kernel/x86/cpu.h"

#include "kernel/clock.h"
#include "kernel/drivers/acpi.h"
#include "kernel/mm/mm.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { RUNS = 5, SPAN_MS = 10, KNOWN_PPM = 1000 };
#define PIT_HZ 1193182u
#define PM_HZ 3579545u

#define MAX_APART_NS 200000 /* between two readings of the TSC with one of the reference between them */

static uint64_t hz;
static struct clock tsc_clock;
static uint64_t to_ns, from_ns; /* 32.32 fixed point */
static const char *source;

/* A reference clock that counts up, masked. */
static struct reference {
    uint64_t (*read)(void);
    uint64_t mask, hz;
    const char *name;
    unsigned ppm; /* struct clock_reference */
} ref;
static volatile uint32_t *hpet;

static uint64_t pm_read(void) { return inl(acpi.pm_timer); }
static uint64_t hpet_read(void) { return hpet[0xf0 / 4]; }
static uint64_t pit_read(void) { /* channel 2, latched; counts down */
    outb(0x43, 0x80);
    uint8_t lo = inb(0x42);
    return 0xffffu - (uint16_t)(lo | inb(0x42) << 8);
}

static bool counts(const struct reference *r) {
    uint64_t first = r->read() & r->mask;
    for (unsigned i = 0; i < 10000; i++)
        if ((r->read() & r->mask) != first)
            return true;
    return false;
}

static bool try_pm(void) {
    if (!acpi.pm_timer)
        return false;
    ref = (struct reference){pm_read, 0xffffff, PM_HZ, "ACPI PM timer", 200000};
    return counts(&ref);
}

static bool try_pit(void) {
    outb(0x61, (inb(0x61) & ~2u) | 1); /* gate on, speaker off */
    outb(0x43, 0xb4);                  /* channel 2, both bytes, mode 2 */
    outb(0x42, 0); /* 65536 */
    outb(0x42, 0);
    ref = (struct reference){pit_read, 0xffff, PIT_HZ, "PIT", 20000};
    return counts(&ref);
}

static bool try_hpet(void) {
    hpet = acpi.hpet ? vmm_map_phys(acpi.hpet, 1024, PG_WRITE | PG_UC) : 0;
    if (!hpet || hpet[1] == 0 || hpet[1] > 100000000u) /* femtoseconds a tick, at most 100 ns */
        return false;
    hpet[4] |= 1; /* counting on */
    ref = (struct reference){hpet_read, 0xffffffff, 1000000000000000ull / hpet[1], "HPET", 200000};
    return counts(&ref);
}

/* Reads both clocks as close together as a few tries allow; how far that was, in ticks of the TSC. */
static uint64_t read_both(uint64_t *tsc, uint64_t *count) {
    uint64_t best = ~0ull;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t t0 = rdtsc(), c = ref.read() & ref.mask, t1 = rdtsc();
        if (t1 - t0 < best) {
            best = t1 - t0;
            *tsc = t0 + best / 2;
            *count = c;
        }
    }
    return best;
}

static uint64_t measure_once(void) {
    uint64_t t0, c0, t1, c1, span = ref.hz * SPAN_MS / 1000;
    read_both(&t0, &c0);
    while (((ref.read() - c0) & ref.mask) < span)
        ;
    read_both(&t1, &c1);
    uint64_t n = (c1 - c0) & ref.mask;
    return (uint64_t)((unsigned __int128)(t1 - t0) * ref.hz / n);
}

/* The median of a few runs: a machine that was stopped in between gives a wild one. */
static uint64_t measure(void) {
    uint64_t v[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        uint64_t x = measure_once();
        unsigned at = i;
        for (; at > 0 && v[at - 1] > x; at--)
            v[at] = v[at - 1];
        v[at] = x;
    }
    return v[RUNS / 2];
}

static uint64_t cpuid_hz(void) {
    if (cpuid(1, 0).c >> 31 & 1) { /* a hypervisor may know: leaf 0x40000010, kHz */
        struct cpuid h = cpuid(0x40000000, 0);
        if (h.a >= 0x40000010 && h.a < 0x40010000 && cpuid(0x40000010, 0).a)
            return (uint64_t)cpuid(0x40000010, 0).a * 1000;
    }
    if (cpuid(0, 0).a < 0x15)
        return 0;
    struct cpuid c = cpuid(0x15, 0); /* crystal Hz in ECX, ratio EBX / EAX */
    return c.a && c.b && c.c ? (uint64_t)c.c * c.b / c.a : 0;
}

static void set_scale(uint64_t rate) {
    to_ns = (uint64_t)(((unsigned __int128)1000000000 << 32) / rate);
    from_ns = (uint64_t)(((unsigned __int128)rate << 32) / 1000000000);
}

void tsc_init(void) {
    hz = cpuid_hz();
    if (!try_pm() && !try_pit() && !try_hpet())
        ref = (struct reference){0};
    ref.ppm = hz ? KNOWN_PPM : ref.ppm;
    source = hz ? "CPUID" : ref.read ? ref.name : "assumed";
    if (!hz && ref.read)
        hz = measure();
    if (hz < 1000000)
        hz = 1000000000;
    set_scale(hz);
    clock_start(&tsc_clock, rdtsc(), hz, (struct clock_reference){ref.hz, ref.mask, ref.ppm});
}

unsigned tsc_refine(void) {
    uint64_t tsc = 0, count = 0;
    if (!ref.read)
        return 0;
    if (tsc_to_ns(read_both(&tsc, &count)) > MAX_APART_NS)
        return 1;
    unsigned next = clock_sample(&tsc_clock, tsc, count);
    set_scale(tsc_clock.hz);
    return next;
}

uint64_t tsc_to_ns(uint64_t ticks) { return (uint64_t)((unsigned __int128)ticks * to_ns >> 32); }
uint64_t tsc_from_ns(uint64_t ns) { return (uint64_t)((unsigned __int128)ns * from_ns >> 32); }
uint64_t tsc_ns(void) { return clock_ns(&tsc_clock, rdtsc()); }
uint64_t tsc_hz(void) { return hz; }
const char *tsc_source(void) { return source; }

void tsc_delay_us(unsigned us) {
    uint64_t t0 = rdtsc(), n = tsc_from_ns((uint64_t)us * 1000);
    while (rdtsc() - t0 < n)
        cpu_relax();
}
