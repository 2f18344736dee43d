/* SPDX-License-Identifier: BSD-2-Clause */
/* _Float16: arithmetic, square roots, comparisons, constants, conversions to and from every other type, halves in
 * structures and as arguments. The host computes them in float and rounds, which gives the same. NaNs are only counted.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef _Float16 half;
#define NOINLINE __attribute__((noinline, noclone))

static uint64_t seed = 0x9e3779b97f4a7c15, mix;
static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}
static half from_bits(uint16_t b) {
    half h;
    memcpy(&h, &b, 2);
    return h;
}
static void take(half h) {
    uint16_t b;
    memcpy(&b, &h, 2);
    mix = mix * 31 + (h != h ? 0x7e00 : b);
}
static void show(const char *what) { printf("%s %016lx\n", what, mix); }

struct pair {
    half a;
    float b;
    half c;
};
NOINLINE static struct pair turn(struct pair p, half x, double y) {
    return (struct pair){p.c + x, (float)p.a, (half)y};
}

NOINLINE static void operation(half a, half b) {
    take(a + b), take(a - b), take(a * b), take(a / b), take(-a), take((half)__builtin_sqrtf((float)a));
    mix = mix * 3 + (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a > b) + 16 * (a >= b) + 32 * (a != b);
    take(a < b ? a : b), take(a > (half)0.5 ? (half)1.0 : b), take(a * (half)0.25 + (half)65504),
        take(b - (half)0x1p-14);
}

NOINLINE static void conversions(uint64_t r) {
    half h = (half)(float)((int32_t)(r >> 40) - 0x800000) / (half)128;
    double d = (double)h;
    uint64_t u;
    take((half)(int8_t)r), take((half)(uint16_t)r), take((half)(int32_t)(r >> 46)), take((half)(int64_t)(r >> 50));
    take((half)(uint64_t)(r >> 49)), take((half)((double)(r >> 11) * 0x1p-40)),
        take((half)((float)(r >> 40) * 0x1p-30f));
    memcpy(&u, &d, 8);
    mix = mix * 7 + (d != d ? 0 : u);
    if (h > (half)-100 && h < (half)100)
        mix += (uint64_t)(int64_t)h + (uint64_t)(int32_t)h * 5 + (uint8_t)(h < 0 ? -h : h);
}

int main(void) {
    static const uint16_t special[] = {0,      0x8000, 1,      0x8001, 0x3ff,  0x400,  0x3c00,
                                       0xbc00, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x3555};
    enum { N = sizeof special / sizeof *special };
    struct pair p = {(half)1.5, 2.5f, (half)-3};
    half sum = 0, poly = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            operation(from_bits(special[i]), from_bits(special[j]));
    show("special");
    for (int i = 0; i < 3000; i++) {
        uint64_t r = next();
        operation(from_bits((uint16_t)r), from_bits((uint16_t)(r >> 32)));
    }
    show("random");
    for (int i = 0; i < 2000; i++)
        conversions(next());
    show("conversions");
    for (int i = 0; i < 50; i++)
        p = turn(p, (half)(i % 7) - p.a, p.b / 3.0);
    take(p.a), take((half)p.b), take(p.c);
    for (int i = 1; i < 500; i++)
        sum += (half)1 / (half)i, poly = poly * (half)0.99 + (half)(i & 3);
    take(sum), take(poly);
    show("sums");
    return 0;
}
