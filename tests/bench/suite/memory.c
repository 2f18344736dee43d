/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: what the emulator does for each guest load and store, in the cache of the host and beyond it. The lengths are
 * not known to the compiler, so that gcc -O2 makes loops of single loads and stores on both sides. */
#include "tests/bench/suite/bench.h"

#include <string.h>

enum { SMALL = 256 << 10, LARGE = 32 << 20, NODE = 64 };

static uint64_t *words(size_t bytes) {
    uint64_t *p = must_alloc(bytes);
    seed(bytes);
    for (size_t i = 0; i < bytes / 8; i++)
        p[i] = rnd();
    return p;
}

NOINLINE static uint64_t sum_words(const uint64_t *p, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    return sum;
}

/* Word by word: without the OPAQUE it would be a call of memcpy. */
NOINLINE static void copy_words(uint64_t *to, const uint64_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t w = from[i];
        OPAQUE(w);
        to[i] = w;
    }
}

static uint64_t sum_of(size_t bytes, long rounds) {
    uint64_t *p = words(bytes), sum = 0;
    bench_begin();
    for (long r = 0; r < rounds; r++) {
        p[r % 100]++;
        sum = sum * 3 + sum_words(p, bytes / 8);
    }
    bench_end();
    return sum;
}

static uint64_t copy_of(size_t bytes, long rounds) {
    uint64_t *from = words(bytes), *to = must_alloc(bytes);
    bench_begin();
    for (long r = 0; r < rounds; r++) {
        from[r % 100]++;
        copy_words(to, from, bytes / 8);
    }
    bench_end();
    return fnv(0, to, 65536) + to[bytes / 8 - 1];
}

uint64_t row_sum(void) { return sum_of(SMALL, scaled(20000)); }
uint64_t row_copy(void) { return copy_of(SMALL, scaled(12000)); }
uint64_t row_sum_32m(void) { return sum_of(LARGE, scaled(80)); }
uint64_t row_copy_32m(void) { return copy_of(LARGE, scaled(40)); }

uint64_t row_memcpy(void) {
    char *from = (char *)words(LARGE), *to = must_alloc(LARGE);
    long rounds = scaled(60);
    bench_begin();
    for (long r = 0; r < rounds; r++) {
        from[r % 4096]++;
        memcpy(to, from, LARGE);
        OPAQUE(to);
    }
    bench_end();
    return fnv(0, to, 65536) + (uint8_t)to[LARGE - 1];
}

struct node {
    struct node *next;
    uint64_t value;
    char pad[NODE - 16];
};

/* One cycle through all nodes (Sattolo), so that every step is a cache line of its own. */
static struct node *ring(size_t bytes) {
    size_t n = bytes / NODE;
    struct node *p = must_alloc(bytes);
    uint32_t *order = must_alloc(n * sizeof *order);
    seed(424242);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = rnd() % i;
        uint32_t t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (size_t i = 0; i < n; i++) {
        p[order[i]].next = &p[order[(i + 1) % n]];
        p[order[i]].value = rnd();
    }
    return p;
}

static uint64_t chase(size_t bytes, long steps) {
    struct node *p = ring(bytes);
    uint64_t sum = 0;
    bench_begin();
    for (long i = 0; i < steps; i++) {
        sum += p->value;
        p = p->next;
    }
    bench_end();
    return sum;
}

uint64_t row_chase_256k(void) { return chase(SMALL, scaled(60000000)); }
uint64_t row_chase_32m(void) { return chase(LARGE, scaled(2000000)); }

NOINLINE static void triad(double *a, const double *b, const double *c, double s, long n) {
    for (long i = 0; i < n; i++)
        a[i] = b[i] + s * c[i];
}

uint64_t row_triad(void) {
    long n = 1 << 20, rounds = scaled(250);
    double *a = must_alloc(n * sizeof *a), *b = must_alloc(n * sizeof *b), *c = must_alloc(n * sizeof *c);
    for (long i = 0; i < n; i++) {
        b[i] = (double)i;
        c[i] = 2.0 * (double)i;
    }
    bench_begin();
    for (long r = 0; r < rounds; r++) {
        triad(a, b, c, (double)r, n);
        b[r] = a[r] * 0.5;
    }
    bench_end();
    return fnv(0, a, 65536) ^ fnv(0, a + n - 8192, 65536);
}
