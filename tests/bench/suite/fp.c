/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point in both precisions (fp.inc, read twice), fused operations and conversions. Compiled with
 * -ffp-contract=off: results are those of the operations written here, on both sides. */
#include "tests/bench/suite/bench.h"

#include <math.h>

#define REAL double
#define FN(name) name##_double
#define SQRT sqrt
#include "tests/bench/suite/fp.inc"
#undef REAL
#undef FN
#undef SQRT

#define REAL float
#define FN(name) name##_single
#define SQRT sqrtf
#include "tests/bench/suite/fp.inc"

uint64_t row_fp_double(void) {
    bench_begin();
    uint64_t sum = bodies_double(scaled(500000)) ^ escapes_double(scaled(200), 300) ^ matrices_double(scaled(60));
    bench_end();
    return sum;
}

uint64_t row_fp_single(void) {
    bench_begin();
    uint64_t sum = bodies_single(scaled(500000)) ^ escapes_single(scaled(200), 300) ^ matrices_single(scaled(60));
    bench_end();
    return sum;
}

/* The native side may use its fused instruction too. */
#ifdef __x86_64__
#define FUSED __attribute__((target("fma")))
#else
#define FUSED
#endif

/* Horner's scheme for four polynomials at once; sums as integers of several kinds. */
FUSED NOINLINE static uint64_t polynomials(const double *c, const float *cf, long n) {
    uint64_t sum = 0;
    for (long i = 0; i < n; i++) {
        double x = (double)(i % 2000 - 1000) * 0.001, p = c[0], q = c[1];
        float y = (float)(int32_t)(i % 777), s = cf[0], t = cf[1];
        for (int k = 2; k < 8; k++) {
            p = __builtin_fma(p, x, c[k]);
            q = __builtin_fma(-q, x, c[k]);
            s = __builtin_fmaf(s, y, cf[k]);
            t = __builtin_fmaf(t, -y, cf[k]);
        }
        sum += (uint64_t)(int64_t)(p * 1e6) + (uint64_t)(int64_t)(int32_t)(q * 1000.0);
        sum ^= (uint64_t)(int64_t)(s * 1e-12f) + (uint32_t)(int32_t)(t * 1e-14f);
        sum += (uint64_t)(double)(float)p;
    }
    return sum;
}

uint64_t row_fp_fma(void) {
    double c[8];
    float cf[8];
#ifdef __x86_64__
    if (!__builtin_cpu_supports("fma"))
        bench_fail("this processor has no fma");
#endif
    for (int i = 0; i < 8; i++) {
        c[i] = 3.0 + i * 0.37;
        cf[i] = 1.0f + (float)i * 0.25f;
    }
    bench_begin();
    uint64_t sum = polynomials(c, cf, scaled(6000000));
    bench_end();
    return sum;
}
