/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rows of the suite share. Every row is one function `uint64_t row_NAME(void)` that makes its data, calls
 * bench_begin(), does its work, calls bench_end(), and returns a checksum that is the same on every machine. */
#ifndef PYRITE_TESTS_BENCH_SUITE_BENCH_H
#define PYRITE_TESTS_BENCH_SUITE_BENCH_H

#include <stdint.h>
#include <stddef.h>

/* n at --scale 100; at least 1. */
long scaled(long n);
/* The bounds of what is measured. */
void bench_begin(void);
void bench_end(void);
/* Ends the program: the row cannot be run here. */
_Noreturn void bench_fail(const char *what);

/* FNV-1a over n bytes, going on from h (0: from the start). */
uint64_t fnv(uint64_t h, const void *p, size_t n);
/* xorshift64: the same numbers for the same seed everywhere. */
void seed(uint64_t x);
uint64_t rnd(void);
void *must_alloc(size_t size); /* page aligned, zeroed, never freed */

/* The compiler knows nothing of the value after this, and keeps it. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x))
#define NOINLINE __attribute__((noinline, noclone))

#endif
