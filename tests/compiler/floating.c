/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point of float and double in ordinary programs: sums, a transform, an inverse matrix, orbits, square roots,
 * Newton's method, comparisons with NaN, conversions of every integer type. Values are printed as bits; NaNs are only
 * counted. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NOINLINE __attribute__((noinline, noclone))

static uint64_t seed = 0x2545f4914f6cdd1d;
static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}
static double unit(void) { return (double)(int64_t)(next() >> 11) * 0x1p-53; }

static void show(const char *what, double v) {
    uint64_t b;
    memcpy(&b, &v, 8);
    printf("%s %016lx\n", what, v != v ? UINT64_C(0x7ff8dead) : b);
}
static void showf(const char *what, float v) {
    uint32_t b;
    memcpy(&b, &v, 4);
    printf("%s %08x\n", what, v != v ? 0x7fc0dead : b);
}

static double sine(double x) {
    double term = x, sum = x;
    for (int n = 1; n < 20; n++) {
        term *= -x * x / ((2 * n) * (2 * n + 1));
        sum += term;
    }
    return sum;
}

NOINLINE static void transform(void) {
    enum { N = 64 };
    static double re[N], im[N], c[N], s[N];
    double energy = 0;
    for (int i = 0; i < N; i++) {
        re[i] = unit() - 0.5, im[i] = 0;
        s[i] = sine(2 * 3.141592653589793 * i / N - (i > N / 2 ? 2 * 3.141592653589793 : 0));
        c[i] = sine(2 * 3.141592653589793 * i / N + 1.5707963267948966 - (i > N / 4 ? 2 * 3.141592653589793 : 0));
    }
    for (int k = 0; k < N; k++) {
        double a = 0, b = 0;
        for (int i = 0; i < N; i++)
            a += re[i] * c[i * k % N], b -= re[i] * s[i * k % N];
        energy += a * a + b * b;
    }
    show("energy", energy);
}

NOINLINE static void inverse(void) {
    enum { N = 12 };
    double a[N][2 * N], trace = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 2 * N; j++)
            a[i][j] = j < N ? unit() + (i == j) * 4 : j - N == i;
    for (int p = 0; p < N; p++) {
        double d = 1 / a[p][p];
        for (int j = 0; j < 2 * N; j++)
            a[p][j] *= d;
        for (int i = 0; i < N; i++) {
            double f = a[i][p];
            for (int j = 0; j < 2 * N && i != p; j++)
                a[i][j] -= f * a[p][j];
        }
    }
    for (int i = 0; i < N; i++)
        trace += a[i][i + N];
    show("trace", trace);
}

struct body {
    double x[3], v[3], m;
};
NOINLINE static void orbits(void) {
    struct body b[4];
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 3; k++)
            b[i].x[k] = unit() * 10 - 5, b[i].v[k] = unit() - 0.5;
        b[i].m = unit() + 0.1;
    }
    for (int t = 0; t < 300; t++) {
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < i; j++) {
                double d[3], r2 = 0.01;
                for (int k = 0; k < 3; k++)
                    d[k] = b[i].x[k] - b[j].x[k], r2 += d[k] * d[k];
                double w = 0.01 / (r2 * __builtin_sqrt(r2));
                for (int k = 0; k < 3; k++)
                    b[i].v[k] -= d[k] * b[j].m * w, b[j].v[k] += d[k] * b[i].m * w;
            }
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 3; k++)
                b[i].x[k] += 0.01 * b[i].v[k];
    }
    show("orbit", b[0].x[0] + b[1].x[1] + b[2].x[2] + b[3].v[0]);
}

NOINLINE static void single(void) {
    float s = 0, p = 1, r = 0;
    int inside = 0;
    for (int i = 1; i < 2000; i++) {
        float x = (float)(int32_t)(next() >> 40) * 0x1p-24f, y = (float)unit();
        s += 1.0f / (float)i, p = p * 1.0009f - x * 1e-3f, r += __builtin_sqrtf(x * y);
        inside += x * x + y * y < 1;
        s = i % 97 ? s : __builtin_fminf(s, y) + __builtin_fmaxf(x, p);
        p = __builtin_copysignf(p, x - y), r = __builtin_fabsf(r) - (i % 50 == 0 ? -r / 8 : 0);
    }
    showf("harmonic", s), showf("product", p), showf("roots", r), printf("inside %d\n", inside);
}

NOINLINE static void fused(void) {
    double a = 0;
    float b = 0;
    for (int i = 0; i < 500; i++) {
        double x = unit(), y = unit() * 3 - 1;
        a = __builtin_fma(x, y, a) + __builtin_fma(-x, y, -a / 3);
        b = __builtin_fmaf((float)x, (float)y, -b) - __builtin_fmaf((float)-y, (float)x, b / 2);
    }
    show("fused", a), showf("fusedf", b);
}

/* Special values from every operation. */
NOINLINE static void special(void) {
    static const double v[] = {0.0,
                               -0.0,
                               1,
                               -1,
                               0x1p-1074,
                               -0x1p-1022,
                               0x1.fffffffffffffp1023,
                               __builtin_inf(),
                               -__builtin_inf(),
                               __builtin_nan(""),
                               0x1p-149,
                               0x1.fffffep127,
                               0.1,
                               3,
                               0x1p63,
                               -0x1p31};
    enum { N = sizeof v / sizeof *v };
    uint64_t less = 0, nans = 0, bits = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            volatile double a = v[i], b = v[j];
            volatile float fa = (float)a, fb = (float)b;
            double r[] = {a + b,
                          a - b,
                          a * b,
                          a / b,
                          __builtin_sqrt(a),
                          (double)fa,
                          (double)(fa + fb),
                          (double)(fa * fb),
                          (double)(fa / fb),
                          -a};
            less = less * 3 + (a < b) + (a <= b) * 2 + (a == b) * 4 + (a != b) * 8 + (fa > fb) * 16 + (fa >= fb) * 32 +
                   __builtin_isunordered(a, b) * 64;
            for (unsigned k = 0; k < sizeof r / sizeof *r; k++) {
                uint64_t u;
                memcpy(&u, &r[k], 8);
                nans += r[k] != r[k];
                bits = bits * 31 + (r[k] != r[k] ? 0 : u);
            }
        }
    printf("special %016lx %016lx %lu\n", less, bits, nans);
}

NOINLINE static void conversions(void) {
    uint64_t m = 0;
    for (int i = 0; i < 400; i++) {
        volatile double d = (unit() - 0.5) * (double)(UINT64_C(1) << (i % 31));
        volatile float f = (float)d;
        uint64_t raw = next() >> (i % 64);
        volatile double back = (double)raw + (double)(int64_t)raw + (double)(uint32_t)raw + (double)(int32_t)raw;
        volatile float backf = (float)raw + (float)(int64_t)raw + (float)(uint16_t)raw + (float)(int8_t)raw;
        double r = (double)(int8_t)(int)(d / 0x1p24) + (double)(int64_t)d + (double)(int32_t)f +
                   (double)(uint32_t)(d < 0 ? -d : d) + (double)(uint64_t)(f < 0 ? -f : f);
        uint64_t u[3];
        double sum = back + r;
        float fs = backf;
        memcpy(&u[0], &sum, 8), memcpy(&u[1], &fs, 4);
        m = m * 33 + u[0] + (uint32_t)u[1];
    }
    printf("conversions %016lx\n", m);
}

int main(void) {
    double root = 1;
    transform();
    inverse();
    orbits();
    single();
    fused();
    special();
    conversions();
    for (int i = 0; i < 8; i++)
        root -= (root * root - 2) / (2 * root);
    show("newton", root);
    return 0;
}
