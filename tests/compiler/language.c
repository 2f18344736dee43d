/* SPDX-License-Identifier: BSD-2-Clause */
/* Corners of C that lead compilers to rare instruction sequences: 128-bit and long double arithmetic, variable
 * arguments, structures by value, bit-fields, computed goto, dense switches, non-local jumps, deep recursion, nested
 * functions (code on the stack), variable-length arrays, overlapping copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NOINLINE __attribute__((noinline, noclone))

static uint64_t seed = 88172645463325252;
static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void show(const char *what, uint64_t v) { printf("%s %016lx\n", what, v); }

#if defined __riscv
/* GCC's nested functions flush the instruction cache by this function of libc. */
void __riscv_flush_icache(void *start, void *end, unsigned long flags) { __asm__ volatile("fence.i" ::: "memory"); }
#endif

NOINLINE static void wide(void) {
    unsigned __int128 sum = 1;
    __int128 s = 0;
    for (int i = 0; i < 300; i++) {
        unsigned __int128 a = (unsigned __int128)next() << 64 | next(),
                          b = (unsigned __int128)(next() >> (i % 64)) << (i % 40) | 1;
        sum = sum * a + a / b + a % b + (a >> (i % 128)) + (b << (127 - i % 128));
        s = s * 3 - (__int128)a / -(__int128)(b >> 1 | 1) + (__int128)a % (__int128)(b >> 2 | 1) +
            ((__int128)a >> (i % 127)) + (s < (__int128)a);
    }
    show("wide low", (uint64_t)sum), show("wide high", sum >> 64);
    show("swide low", (uint64_t)s), show("swide high", (uint64_t)(s >> 64));
}

NOINLINE static void overflow(void) {
    uint64_t count = 0, mix = 0;
    for (int i = 0; i < 500; i++) {
        int64_t a = (int64_t)next() >> (i % 63), b = (int64_t)next() >> (next() % 63), r;
        int32_t r32;
        uint64_t ru;
        count += __builtin_add_overflow(a, b, &r), mix += (uint64_t)r;
        count += __builtin_mul_overflow(a, b, &r), mix ^= (uint64_t)r;
        count += __builtin_sub_overflow((int32_t)a, (int32_t)b, &r32), mix += (uint64_t)r32;
        count += __builtin_mul_overflow((uint64_t)a, (uint64_t)b, &ru), mix ^= ru;
        mix = mix << 7 | mix >> 57;
    }
    show("overflow", count), show("overflow mix", mix);
}

NOINLINE static void bits(void) {
    uint64_t m = 0;
    for (int i = 0; i < 500; i++) {
        uint64_t v = next() >> (i % 64) | 1;
        uint32_t w = (uint32_t)(v ^ v >> 32) | 1;
        m +=
            (uint64_t)__builtin_clzll(v) * 3 + (uint64_t)__builtin_ctzll(v) * 5 + (uint64_t)__builtin_popcountll(v) * 7;
        m += (uint64_t)__builtin_clz(w) + (uint64_t)__builtin_ctz(w) + (uint64_t)__builtin_popcount(w) +
             (uint64_t)__builtin_parityll(v);
        m ^= __builtin_bswap64(v) + __builtin_bswap32(w) + __builtin_bswap16((uint16_t)w);
        m = (m << (i & 63) | m >> (-i & 63)) + (w << (i & 31) | w >> (-i & 31));
        m += (v & ~(m >> 3)) ^ (v | ~m) ^ ~(v ^ m) ^ (m & ~(UINT64_C(1) << (i & 63))) ^ (m >> (i & 63) & 1);
    }
    show("bits", m);
}

/* x87 and quad differ in precision: only what is exact in both is computed. */
NOINLINE static void exact_long_double(void) {
    volatile long double a = 3, b = 1ULL << 40;
    long double s = 0;
    for (int i = 1; i < 60; i++)
        s = s * 2 + (i % 3) * a - (long double)(i % 5) / 4;
    show("long double", (uint64_t)(int64_t)(s / 1024)), show("quotient", (uint64_t)(b * a / 8));
    show("compare", (uint64_t)((s > b) + 2 * (a < b) + 4 * (a == 3) + 8 * (a != a)));
    show("narrowed", (uint64_t)(int64_t)(double)(a * b + 1) ^ (uint64_t)(int64_t)(float)(a / 2 * 1024));
}

NOINLINE static uint64_t sum_of(int n, ...) {
    va_list ap, again;
    uint64_t s = 0;
    va_start(ap, n);
    va_copy(again, ap);
    for (int i = 0; i < n; i++)
        s = s * 31 + (i % 3 == 0   ? (uint64_t)va_arg(ap, int)
                      : i % 3 == 1 ? va_arg(ap, uint64_t)
                                   : (uint64_t)(int64_t)(va_arg(ap, double) * 4));
    s += (uint64_t)va_arg(again, int);
    va_end(again);
    va_end(ap);
    return s;
}

struct small {
    int a;
    float b;
};
struct pair {
    double x, y;
};
struct mixed {
    char c;
    double d;
};
struct big {
    uint64_t v[9];
    struct small s;
};
struct packed {
    uint8_t a;
    uint64_t b;
    uint16_t c;
    uint32_t d;
} __attribute__((packed));
struct fields {
    uint64_t a : 3, b : 29, c : 1, d : 31;
    int e : 5, f : 27;
    int64_t g : 47, h : 17;
};

NOINLINE static struct small swap_small(struct small s) { return (struct small){(int)s.b, (float)s.a}; }
NOINLINE static struct pair turn(struct pair p, struct mixed m) { return (struct pair){p.y + m.c, p.x - m.d}; }
NOINLINE static struct big fill(struct big b, int a1, int a2, int a3, int a4, int a5, int a6, int a7, int a8,
                                struct small s) {
    for (int i = 0; i < 9; i++)
        b.v[i] = b.v[i] * 3 + (uint64_t)(a1 + a2 * a3 - a4 * a5 + a6 - a7 + a8);
    b.s = s;
    return b;
}

NOINLINE static void structures(void) {
    struct big b = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 0}};
    struct small s = swap_small((struct small){7, 9.5f});
    struct pair p = turn((struct pair){1.5, 2.25}, (struct mixed){3, 0.5});
    struct fields f = {0};
    struct packed k[5];
    uint64_t mix = 0;
    for (int i = 0; i < 20; i++) {
        b = fill(b, 1, 2, 3, 4, i, 6, 7, 8, swap_small(b.s = s));
        f.a += 3, f.b += 0x1234567, f.c ^= 1, f.d -= 77, f.e += 7, f.f -= 0x123456, f.g = f.g * 5 - 1, f.h += 4099;
        struct packed *q = &k[i % 5];
        q->a = (uint8_t)i, q->b = b.v[i % 9], q->c = (uint16_t)(q->b >> 3), q->d = (uint32_t)q->b * 3;
        mix = mix * 17 + f.a + f.b + f.c + f.d + (uint64_t)f.e + (uint64_t)f.f + (uint64_t)f.g + (uint64_t)f.h + q->b +
              q->c + q->d;
    }
    show("structs", mix + b.v[8] + (uint64_t)b.s.a), show("pair", (uint64_t)(p.x * 100) << 32 | (uint64_t)(p.y * 100));
    show("small", (uint64_t)s.a << 32 | (uint64_t)s.b);
}

/* A tiny machine by computed goto. */
NOINLINE static uint64_t interpret(const uint8_t *code, int limit) {
    static void *const labels[] = {&&stop, &&add, &&mul, &&dup, &&swap, &&loop, &&push};
    uint64_t stack[64] = {1, 2, 3, 4}, n = 4;
    const uint8_t *pc = code;
    goto *labels[*pc++];
add:
    stack[n - 2] += stack[n - 1], n--;
    goto *labels[*pc++];
mul:
    stack[n - 2] *= stack[n - 1] | 1, n--;
    goto *labels[*pc++];
dup:
    stack[n] = stack[n - 1], n++;
    goto *labels[*pc++];
swap : {
    uint64_t t = stack[n - 1];
    stack[n - 1] = stack[n - 2], stack[n - 2] = t;
}
    goto *labels[*pc++];
push:
    stack[n++] = *pc++;
    goto *labels[*pc++];
loop:
    pc = limit-- > 0 ? code : pc;
    goto *labels[*pc++];
stop:
    return stack[n - 1] * 31 + n;
}

NOINLINE static int dense(int v) {
    switch (v & 31) {
    case 0:
        return 5;
    case 1:
        return v + 7;
    case 2:
        return v * 3;
    case 3:
        return -v;
    case 4:
        return v ^ 0x55;
    case 5:
        return v << 2;
    case 6:
        return v / 3;
    case 7:
        return v % 7;
    case 9:
        return ~v;
    case 10:
        return v - 100;
    case 11:
        return v | 0xf0;
    case 12:
        return 12;
    case 13:
        return v & 0x33;
    case 17:
        return v >> 1;
    case 21:
        return 21 * v;
    case 30:
        return v + 1000;
    default:
        return 1;
    }
}

static jmp_buf buffer;
NOINLINE static void thrower(int n) {
    volatile char pad[64];
    pad[n] = 1;
    if (n == 0)
        longjmp(buffer, 1);
    thrower(n - 1);
    pad[0]++;
}
NOINLINE static void jumps(void) {
    static volatile int times;
    if (setjmp(buffer))
        times = times + 1;
    if (times < 50)
        thrower(times % 30);
    show("jumps", (uint64_t)times);
}

NOINLINE static int ackermann(int m, int n) {
    return m == 0 ? n + 1 : ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static int (*volatile operations[])(int) = {dense, 0};

#ifndef __clang__
NOINLINE static int apply(int (*f)(int), int n) { return f(n) + f(n + 1); }
NOINLINE static int nested(int base) {
    int calls = 0;
    int inner(int v) {
        calls++;
        return v * base;
    }
    return apply(inner, 10) + apply(inner, 20) + calls;
}
#else
NOINLINE static int nested(int base) { return 21 * base + 41 * base + 4; }
#endif

NOINLINE static uint64_t array_of(int n) {
    uint16_t v[n][n + 1];
    uint64_t s = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= n; j++)
            v[i][j] = (uint16_t)(i * j + n);
    memmove(&v[0][1], &v[0][0], sizeof v - 2);
    memcpy(&v[n / 2][0], &v[0][0], 2 * n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= n; j++)
            s = s * 5 + v[j % n][i];
    return s;
}

int main(void) {
    static const uint8_t code[] = {6, 9, 3, 2, 4, 1, 3, 6, 77, 1, 2, 5, 0};
    uint64_t m = 0;
    wide();
    overflow();
    bits();
    exact_long_double();
    show("arguments", sum_of(9, -1, UINT64_C(1) << 60, 1.75, 2, UINT64_C(3), -2.5, 4, UINT64_C(5), 1e6));
    structures();
    show("machine", interpret(code, 7));
    for (int i = -100; i < 100; i++)
        m = m * 3 + (uint64_t)operations[0](i);
    show("switch", m);
    jumps();
    show("ackermann", (uint64_t)ackermann(2, 300));
    show("nested", (uint64_t)nested(3));
    show("array", array_of(23));
    return 0;
}
