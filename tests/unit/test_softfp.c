/* SPDX-License-Identifier: BSD-2-Clause */
/* tcg/softfp against the host's SSE (and FMA, where there is one) in its four rounding modes, with corners and random
 * operands; RMM for binary32 against binary64 arithmetic, whose results rounded to odd decide every tie exactly. */
#include <string.h>

#include "kernel/plat.h"
#include "tcg/softfp.h"
#include "tests/unit/unit.h"

enum { RANDOM_PAIRS = 3000, RANDOM_TRIPLES = 3000 };

/* ---- operands ---- */

static const uint64_t corner64[] = {
    0x0000000000000000, 0x8000000000000000, 0x0000000000000001, 0x8000000000000001, 0x0000000000000003,
    0x000fffffffffffff, 0x800fffffffffffff, 0x0010000000000000, 0x8010000000000000, 0x0010000000000001,
    0x001fffffffffffff, 0x3ca0000000000000, 0x3cafffffffffffff, 0x3fe0000000000000, 0x3fefffffffffffff,
    0x3ff0000000000000, 0xbff0000000000000, 0x3ff0000000000001, 0x3ff8000000000000, 0x4000000000000000,
    0x4008000000000000, 0x4330000000000001, 0x4340000000000000, 0x5fe0000000000000, 0x7fdfffffffffffff,
    0x7fe0000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000,
    0x7ff8000000000000, 0xfff8000000000001, 0x7ff0000000000001, 0xfff4000000000000, 0x380fffffffffffff,
    0x369fffffffffffff, 0x36a0000000000000, 0x47efffffe0000000, 0x47efffffefffffff, 0x47effffff0000000,
    0x380fffffc0000000, 0x380fffffe0000000, 0x380fffffdfffffff, 0x41dfffffffe00000, 0xc1e0000000100000,
};
static const uint64_t corner32[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x00000003, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000,
    0x00800001, 0x00ffffff, 0x33800000, 0x337fffff, 0x33ffffff, 0x3f000000, 0x3f7fffff, 0x3f800000, 0xbf800000,
    0x3f800001, 0x3fc00000, 0x40000000, 0x40400000, 0x4b000001, 0x4b800000, 0x4effffff, 0x4f000000, 0xcf000000,
    0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000, 0xdf000000, 0x5f7fffff, 0x5f800000, 0x7effffff, 0x7f000000,
    0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffa00000, 0x1fb504f3,
};
enum { NCORNER = 45 };
_Static_assert(sizeof corner64 / 8 == NCORNER && sizeof corner32 / 8 == NCORNER, "the loops run over both");

static uint64_t seed;
static uint64_t rnd(void) { /* xorshift64* */
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545f4914f6cdd1d;
}

/* Bits with long runs of zeros and ones in the fraction, and an exponent near `around` half of the time. */
static uint64_t rnd_fp(enum tcg_type type, uint64_t around) {
    unsigned frac = type == TCG_F64 ? 52 : 23, width = type == TCG_F64 ? 64 : 32;
    uint64_t fmask = ((uint64_t)1 << frac) - 1, emask = ((uint64_t)1 << (width - 1 - frac)) - 1, r = rnd(), f = rnd();
    uint64_t e = (r & 1 ? (around >> frac) + (r >> 8) % (2 * frac + 4) - frac - 2 : r >> 8) & emask;
    switch (r >> 1 & 7) {
    case 0: f = 0; break;
    case 1: f = (uint64_t)1 << rnd() % frac; break;
    case 2: f = -((uint64_t)1 << rnd() % frac); break;
    case 3: f = ((uint64_t)1 << rnd() % frac) - 1; break;
    case 4: f &= -((uint64_t)1 << (frac / 2)); break;
    }
    return (f & fmask) | e << frac | (r >> 4 & 1) << (width - 1);
}

static bool is_nan(enum tcg_type type, uint64_t v) {
    return type == TCG_F64 ? (v & 0x7fffffffffffffff) > 0x7ff0000000000000 : (v & 0x7fffffff) > 0x7f800000;
}

static uint64_t canonical(enum tcg_type type, uint64_t v) {
    return !is_nan(type, v) ? v : type == TCG_F64 ? 0x7ff8000000000000 : 0x7fc00000;
}

/* ---- the host ---- */

/* MXCSR for a rounding mode, all exceptions masked, none pending. */
static uint32_t mxcsr_of(unsigned rm) {
    static const uint8_t rc[] = {0, 3, 1, 2};
    return 0x1f80 | (uint32_t)rc[rm] << 13;
}

static unsigned fflags_of(uint32_t mxcsr) {
    return (mxcsr & 1 ? SOFTFP_NV : 0) | (mxcsr & 4 ? SOFTFP_DZ : 0) | (mxcsr & 8 ? SOFTFP_OF : 0) |
           (mxcsr & 16 ? SOFTFP_UF : 0) | (mxcsr & 32 ? SOFTFP_NX : 0);
}

#define SSE_OP(insn, out, in)                                                                                          \
    __asm__ volatile("ldmxcsr %2\n\t" insn "\n\tstmxcsr %1\n\tldmxcsr %4"                                            \
                     : out, "=m"(after)                                                                                \
                     : "m"(before), in, "m"(engine))

static uint64_t host_bin(enum tcg_opc op, enum tcg_type type, unsigned rm, uint64_t a, uint64_t b, unsigned *flags) {
    uint32_t before = mxcsr_of(rm), after = 0, engine = 0x1f80;
    double x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
#define CASE(name, insn)                                                                                               \
    case TCG_OP_##name:                                                                                                \
        if (type == TCG_F64)                                                                                           \
            SSE_OP(insn "sd %3, %0", "+x"(x), "x"(y));                                                                 \
        else                                                                                                           \
            SSE_OP(insn "ss %3, %0", "+x"(x), "x"(y));                                                                 \
        break
    switch (op) {
        CASE(fadd, "add");
        CASE(fsub, "sub");
        CASE(fmul, "mul");
        CASE(fdiv, "div");
        CASE(fsqrt, "sqrt");
    case TCG_OP_fcvt_ff:
        if (type == TCG_F64)
            SSE_OP("cvtss2sd %3, %0", "+x"(x), "x"(y));
        else
            SSE_OP("cvtsd2ss %3, %0", "+x"(x), "x"(y));
        break;
    default: break;
    }
#undef CASE
    uint64_t r;
    memcpy(&r, &x, 8);
    *flags = fflags_of(after);
    return canonical(type, type == TCG_F64 ? r : (uint32_t)r);
}

static uint64_t host_fma(enum tcg_type type, unsigned rm, uint64_t a, uint64_t b, uint64_t c, unsigned neg,
                         unsigned *flags) {
    uint32_t before = mxcsr_of(rm), after = 0, engine = 0x1f80;
    double x, y, z;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    memcpy(&z, &c, 8);
#define FMA(insn, suffix)                                                                                              \
    __asm__ volatile("ldmxcsr %2\n\tvf" insn "213" suffix " %4, %3, %0\n\tstmxcsr %1\n\tldmxcsr %5"                   \
                     : "+x"(x), "=m"(after)                                                                            \
                     : "m"(before), "x"(y), "x"(z), "m"(engine))
    switch (neg | (type == TCG_F64 ? 4 : 0)) {
    case 0: FMA("madd", "ss"); break;
    case 1: FMA("nmadd", "ss"); break;
    case 2: FMA("msub", "ss"); break;
    case 3: FMA("nmsub", "ss"); break;
    case 4: FMA("madd", "sd"); break;
    case 5: FMA("nmadd", "sd"); break;
    case 6: FMA("msub", "sd"); break;
    case 7: FMA("nmsub", "sd"); break;
    }
#undef FMA
    uint64_t r;
    memcpy(&r, &x, 8);
    *flags = fflags_of(after);
    return canonical(type, type == TCG_F64 ? r : (uint32_t)r);
}

/* ---- comparing ---- */

static unsigned reported;

/* Reports the first few differences of a test with their operands. */
static void same(const char *what, unsigned rm, const uint64_t *in, uint64_t got, unsigned got_flags, uint64_t want,
                 unsigned want_flags) {
    if (got == want && got_flags == want_flags)
        return;
    if (reported++ < 5)
        plat_log("%s rm %u of %#llx %#llx %#llx: flags %#x, want %#x\n", what, rm, (unsigned long long)in[0],
                 (unsigned long long)in[1], (unsigned long long)in[2], got_flags, want_flags);
    if (reported <= 5)
        unit_fail(__FILE__, __LINE__, what, got, want);
}

static void one_bin(const char *name, enum tcg_opc op, enum tcg_type type, uint64_t a, uint64_t b) {
    bool unary = op == TCG_OP_fsqrt || op == TCG_OP_fcvt_ff;
    for (unsigned rm = 0; rm < 4; rm++) {
        unsigned got_flags = 0, want_flags = 0;
        uint64_t in[3] = {a, b, 0};
        uint64_t got = softfp_op(op, type, rm, 0, a, b, 0, &got_flags);
        uint64_t want = host_bin(op, type, rm, a, unary ? a : b, &want_flags);
        same(name, rm, in, got, got_flags, want, want_flags);
    }
}

static void bin(const char *name, enum tcg_opc op) {
    seed = 0x9e3779b97f4a7c15;
    reported = 0;
    for (enum tcg_type type = TCG_F32; type <= TCG_F64; type++) {
        /* fcvt_ff: operands are of the other type */
        enum tcg_type in = op == TCG_OP_fcvt_ff ? (type == TCG_F64 ? TCG_F32 : TCG_F64) : type;
        const uint64_t *corner = in == TCG_F64 ? corner64 : corner32;
        for (unsigned i = 0; i < NCORNER; i++)
            for (unsigned j = 0; j < NCORNER; j++)
                one_bin(name, op, type, corner[i], corner[j]);
        for (unsigned i = 0; i < RANDOM_PAIRS; i++) {
            uint64_t a = rnd_fp(in, rnd()), b = rnd_fp(in, a);
            one_bin(name, op, type, a, b);
            one_bin(name, op, type, b, corner[i % NCORNER]);
        }
    }
}

UNIT_TEST(softfp_add) { bin("fadd", TCG_OP_fadd); }
UNIT_TEST(softfp_sub) { bin("fsub", TCG_OP_fsub); }
UNIT_TEST(softfp_mul) { bin("fmul", TCG_OP_fmul); }
UNIT_TEST(softfp_div) { bin("fdiv", TCG_OP_fdiv); }
UNIT_TEST(softfp_sqrt) { bin("fsqrt", TCG_OP_fsqrt); }
UNIT_TEST(softfp_cvt) { bin("fcvt_ff", TCG_OP_fcvt_ff); }

/* ---- fma, and RMM, of binary32 by binary64 ---- */

static double f32_value(uint64_t bits) {
    uint32_t u = (uint32_t)bits;
    float x;
    memcpy(&x, &u, 4);
    return x;
}
static uint64_t bits64(double d) {
    uint64_t u;
    memcpy(&u, &d, 8);
    return u;
}
static double value64(uint64_t u) {
    double d;
    memcpy(&d, &u, 8);
    return d;
}

/* Rounded to odd: 53 bits, whose last bit stands for the rest. Rounding that again to 24 bits is exact in every
 * mode. */
static double to_odd(enum tcg_opc op, double a, double b) {
    unsigned flags;
    uint64_t r = host_bin(op, TCG_F64, TCG_RTZ, bits64(a), op == TCG_OP_fsqrt ? bits64(a) : bits64(b), &flags);
    return value64(r | (flags & SOFTFP_NX));
}

static bool finite32(uint64_t v) { return (v & 0x7f800000) != 0x7f800000; }

/* binary32, ties away, of an exact (or to-odd) value: its truncation, or the next away from zero from half way on. */
static uint64_t rmm32(double x) {
    unsigned flags;
    uint64_t toward = host_bin(TCG_OP_fcvt_ff, TCG_F32, TCG_RTZ, 0, bits64(x), &flags);
    uint64_t away = toward + 1;
    double m = __builtin_fabs(f32_value(toward)), n = finite32(away) ? __builtin_fabs(f32_value(away)) : 0x1p128;
    return __builtin_fabs(x) >= m + (n - m) / 2 && __builtin_fabs(x) != m ? away : toward;
}

static void one_rmm(const char *name, enum tcg_opc op, uint64_t a, uint64_t b) {
    unsigned got_flags = 0, flags = 0;
    uint64_t in[3] = {a, b, 0};
    uint64_t rne = softfp_op(op, TCG_F32, TCG_RNE, 0, a, b, 0, &flags);
    uint64_t got = softfp_op(op, TCG_F32, SOFTFP_RMM, 0, a, b, 0, &got_flags);
    double x = to_odd(op, f32_value(a), f32_value(b));
    /* Exact zeros, infinities and NaNs are those of nearest-even. */
    uint64_t want = x == 0 || x - x != 0 ? rne : rmm32(x);
    same(name, SOFTFP_RMM, in, got, got_flags & ~(SOFTFP_UF | SOFTFP_OF), want, flags & ~(SOFTFP_UF | SOFTFP_OF));
    CHECK_EQ(!!(got_flags & SOFTFP_OF), (flags & SOFTFP_NX) && !finite32(got));
}

UNIT_TEST(softfp_rmm) {
    static const struct {
        const char *name;
        enum tcg_opc op;
    } ops[] = {{"fadd", TCG_OP_fadd}, {"fsub", TCG_OP_fsub}, {"fmul", TCG_OP_fmul}, {"fdiv", TCG_OP_fdiv},
               {"fsqrt", TCG_OP_fsqrt}};
    seed = 0xd1b54a32d192ed03;
    reported = 0;
    for (unsigned o = 0; o < sizeof ops / sizeof ops[0]; o++) {
        for (unsigned i = 0; i < NCORNER; i++)
            for (unsigned j = 0; j < NCORNER; j++)
                one_rmm(ops[o].name, ops[o].op, corner32[i], corner32[j]);
        for (unsigned i = 0; i < RANDOM_PAIRS; i++) {
            uint64_t a = rnd_fp(TCG_F32, rnd()), b = rnd_fp(TCG_F32, a);
            one_rmm(ops[o].name, ops[o].op, a, b);
        }
    }
}

/* The ties themselves, to integers and to binary32, in every mode. */
UNIT_TEST(softfp_ties) {
    static const struct {
        double x;
        int64_t want[5]; /* RNE RTZ RDN RUP RMM */
    } to_int[] = {
        {0.5, {0, 0, 0, 1, 1}},        {1.5, {2, 1, 1, 2, 2}},         {2.5, {2, 2, 2, 3, 3}},
        {-0.5, {0, 0, -1, 0, -1}},     {-2.5, {-2, -2, -3, -2, -3}},   {0.25, {0, 0, 0, 1, 0}},
        {0.75, {1, 0, 0, 1, 1}},       {-0x1p-1074, {0, 0, -1, 0, 0}}, {7, {7, 7, 7, 7, 7}},
        {-1.75, {-2, -1, -2, -1, -2}},
    };
    for (unsigned i = 0; i < sizeof to_int / sizeof to_int[0]; i++)
        for (unsigned rm = 0; rm < 5; rm++) {
            unsigned flags = 0;
            CHECK_EQ(softfp_to_int(TCG_F64, bits64(to_int[i].x), TCG_L, rm, &flags), (uint64_t)to_int[i].want[rm]);
            CHECK_EQ(flags, to_int[i].x == 7 ? 0 : SOFTFP_NX);
        }
    static const uint64_t tie[5] = {0x4b800000, 0x4b800000, 0x4b800000, 0x4b800001, 0x4b800001}; /* 2^24 + 1 */
    static const uint64_t huge[5] = {0x7f800000, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 0x7f800000}; /* 2^128 - 2^103 */
    static const uint64_t tiny[5] = {0x80000000, 0x80000000, 0x80000001, 0x80000000, 0x80000001}; /* -2^-150 */
    for (unsigned rm = 0; rm < 5; rm++) {
        unsigned flags = 0;
        CHECK_EQ(softfp_from_int(TCG_F32, 0x1000001, TCG_WU, rm, &flags), tie[rm]);
        CHECK_EQ(flags, SOFTFP_NX);
        flags = 0;
        CHECK_EQ(softfp_cvt(TCG_F32, TCG_F64, bits64(0x1.ffffffp127), rm, &flags), huge[rm]);
        CHECK_EQ(flags, SOFTFP_NX | (rm == TCG_RTZ || rm == TCG_RDN ? 0 : SOFTFP_OF));
        flags = 0;
        CHECK_EQ(softfp_cvt(TCG_F32, TCG_F64, bits64(-0x1p-150), rm, &flags), tiny[rm]);
        CHECK_EQ(flags, SOFTFP_NX | SOFTFP_UF);
    }
}

static void one_fma32(uint64_t a, uint64_t b, uint64_t c, unsigned neg) {
    if (!finite32(a) || !finite32(b) || !finite32(c))
        return;
    double p = f32_value(a) * f32_value(b), z = f32_value(c); /* 48 bits: exact */
    double x = to_odd(TCG_OP_fadd, neg & 1 ? -p : p, neg & 2 ? -z : z);
    if (x == 0)
        return; /* the sign of a zero is for softfp_fma_corners */
    for (unsigned rm = 0; rm < 5; rm++) {
        unsigned flags = 0, want_flags = 0;
        uint64_t in[3] = {a, b, c}, got = softfp_fma(TCG_F32, a, b, c, neg, rm, &flags);
        if (rm < 4) {
            uint64_t want = host_bin(TCG_OP_fcvt_ff, TCG_F32, rm, 0, bits64(x), &want_flags);
            same("fma by f64", rm, in, got, flags, want, want_flags);
        } else {
            same("fma by f64", rm, in, got, 0, rmm32(x), 0);
        }
    }
}

static bool have_fma(void) { /* the unit tests need no platform set up */
    __builtin_cpu_init();
    return __builtin_cpu_supports("fma");
}

static void one_fma(enum tcg_type type, uint64_t a, uint64_t b, uint64_t c, unsigned neg) {
    uint64_t magnitude = type == TCG_F64 ? 0x7fffffffffffffff : 0x7fffffff;
    uint64_t inf = type == TCG_F64 ? 0x7ff0000000000000 : 0x7f800000;
    bool inf_zero = ((a & magnitude) == inf && !(b & magnitude)) || ((b & magnitude) == inf && !(a & magnitude));
    if (!have_fma() || (inf_zero && is_nan(type, c))) /* there x86 is not RISC-V */
        return;
    for (unsigned rm = 0; rm < 4; rm++) {
        unsigned flags = 0, want_flags = 0;
        uint64_t in[3] = {a, b, c}, got = softfp_fma(type, a, b, c, neg, rm, &flags);
        uint64_t want = host_fma(type, rm, a, b, c, neg, &want_flags);
        same("fma by FMA3", rm, in, got, flags, want, want_flags);
    }
}

/* c near the product or its negative, so that most of it cancels. */
static uint64_t rnd_addend(enum tcg_type type, uint64_t a, uint64_t b) {
    unsigned flags = 0;
    uint64_t p = softfp_mul(type, a, b, TCG_RNE, &flags), r = rnd();
    if (r & 3)
        return rnd_fp(type, p);
    return (p ^ (r & 4 ? (uint64_t)1 << (type == TCG_F64 ? 63 : 31) : 0)) + (r >> 3 & 3) - 1;
}

UNIT_TEST(softfp_fma) {
    seed = 0x94d049bb133111eb;
    reported = 0;
    for (enum tcg_type type = TCG_F32; type <= TCG_F64; type++) {
        const uint64_t *corner = type == TCG_F64 ? corner64 : corner32;
        uint64_t mask = type == TCG_F64 ? UINT64_MAX : UINT32_MAX;
        for (unsigned i = 0; i < NCORNER * NCORNER; i++) {
            uint64_t a = corner[i / NCORNER], b = corner[i % NCORNER], c = corner[rnd() % NCORNER];
            one_fma(type, a, b, c, i & 3);
            if (type == TCG_F32)
                one_fma32(a, b, c, i & 3);
        }
        for (unsigned i = 0; i < RANDOM_TRIPLES; i++) {
            uint64_t a = rnd_fp(type, rnd()), b = rnd_fp(type, rnd()), c = rnd_addend(type, a, b) & mask;
            one_fma(type, a, b, c, i & 3);
            if (type == TCG_F32)
                one_fma32(a, b, c, i & 3);
        }
    }
}

/* 0 * inf is invalid even with a quiet NaN added (RISC-V F 2.2, 11.6); zeros of either sign. */
UNIT_TEST(softfp_fma_corners) {
    const uint64_t one = 0x3ff0000000000000, minus_one = 0xbff0000000000000, inf = 0x7ff0000000000000,
                   nan = 0x7ff8000000000000;
    unsigned flags = 0;
    CHECK_EQ(softfp_fma(TCG_F64, 0, inf, nan, 0, TCG_RNE, &flags), nan);
    CHECK_EQ(flags, SOFTFP_NV);
    flags = 0;
    CHECK_EQ(softfp_fma(TCG_F64, one, inf, 0xfff8000000000123, 0, TCG_RNE, &flags), nan);
    CHECK_EQ(flags, 0);
    CHECK_EQ(softfp_fma(TCG_F64, one, inf, inf, 2, TCG_RNE, &flags), nan);
    CHECK_EQ(flags, SOFTFP_NV);
    flags = 0;
    CHECK_EQ(softfp_fma(TCG_F64, one, one, minus_one, 0, TCG_RNE, &flags), 0);
    CHECK_EQ(softfp_fma(TCG_F64, one, one, minus_one, 0, TCG_RDN, &flags), 0x8000000000000000);
    CHECK_EQ(softfp_fma(TCG_F64, one, one, one, 1, SOFTFP_RMM, &flags), 0);
    CHECK_EQ(softfp_fma(TCG_F64, 0, one, 0, 3, TCG_RNE, &flags), 0x8000000000000000);
    CHECK_EQ(softfp_fma(TCG_F64, 0, one, 0, 1, TCG_RNE, &flags), 0);
    CHECK_EQ(flags, 0);
}

/* ---- compare, min, max, class, integers ---- */

static unsigned host_relation(enum tcg_type type, bool quiet, uint64_t a, uint64_t b, unsigned *flags) {
    uint32_t before = 0x1f80, after = 0, engine = 0x1f80;
    uint64_t eflags;
    double x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
#define COMPARE(insn)                                                                                                  \
    __asm__ volatile("ldmxcsr %2\n\t" insn " %4, %3\n\tlahf\n\tmovzbl %%ah, %%eax\n\tstmxcsr %1\n\tldmxcsr %5"        \
                     : "=a"(eflags), "=m"(after)                                                                       \
                     : "m"(before), "x"(x), "x"(y), "m"(engine)                                                        \
                     : "cc")
    if (type == TCG_F64 && quiet)
        COMPARE("ucomisd");
    else if (type == TCG_F64)
        COMPARE("comisd");
    else if (quiet)
        COMPARE("ucomiss");
    else
        COMPARE("comiss");
#undef COMPARE
    *flags = fflags_of(after);
    return (unsigned)eflags & 0x45; /* CF below, PF unordered, ZF equal */
}

static void one_compare(enum tcg_type type, uint64_t a, uint64_t b) {
    for (enum tcg_fcond cond = TCG_FEQ; cond <= TCG_FLE; cond++) {
        unsigned flags = 0, want_flags = 0, r = host_relation(type, cond == TCG_FEQ, a, b, &want_flags);
        bool want = !(r & 4) && ((cond != TCG_FLT && r & 0x40) || (cond != TCG_FEQ && r & 1));
        uint64_t in[3] = {a, b, cond}, got = softfp_cmp(type, a, b, cond, &flags);
        same("fcmp", 0, in, got, flags, want, want_flags);
    }
    if (is_nan(type, a) || is_nan(type, b))
        return;
    unsigned flags = 0;
    uint64_t less = 0, min = softfp_min(type, a, b, &flags), max = softfp_max(type, a, b, &flags);
    less = softfp_cmp(type, a, b, TCG_FLT, &flags) || (a != b && softfp_cmp(type, a, b, TCG_FEQ, &flags) && a > b);
    uint64_t in[3] = {a, b, 0};
    same("fmin", 0, in, min, flags, less ? a : b, 0);
    same("fmax", 0, in, max, flags, less ? b : a, 0);
}

UNIT_TEST(softfp_compare) {
    seed = 0xbf58476d1ce4e5b9;
    reported = 0;
    for (enum tcg_type type = TCG_F32; type <= TCG_F64; type++) {
        const uint64_t *corner = type == TCG_F64 ? corner64 : corner32;
        for (unsigned i = 0; i < NCORNER * NCORNER; i++)
            one_compare(type, corner[i / NCORNER], corner[i % NCORNER]);
        for (unsigned i = 0; i < RANDOM_PAIRS; i++) {
            uint64_t a = rnd_fp(type, rnd());
            one_compare(type, a, rnd_fp(type, a));
        }
    }
}

UNIT_TEST(softfp_minmax_nan) {
    const uint64_t one = 0x3f800000, qnan = 0xffc00001, snan = 0x7f800001;
    for (unsigned max = 0; max < 2; max++) {
        uint64_t (*f)(enum tcg_type, uint64_t, uint64_t, unsigned *) = max ? softfp_max : softfp_min;
        unsigned flags = 0;
        CHECK_EQ(f(TCG_F32, one, qnan, &flags), one);
        CHECK_EQ(f(TCG_F32, qnan, one, &flags), one);
        CHECK_EQ(f(TCG_F32, qnan, qnan, &flags), 0x7fc00000);
        CHECK_EQ(flags, 0);
        CHECK_EQ(f(TCG_F32, snan, one, &flags), one);
        CHECK_EQ(flags, SOFTFP_NV);
        flags = 0;
        CHECK_EQ(f(TCG_F32, qnan, snan, &flags), 0x7fc00000);
        CHECK_EQ(flags, SOFTFP_NV);
        flags = 0;
        CHECK_EQ(f(TCG_F32, 0, 0x80000000, &flags), max ? 0 : 0x80000000);
        CHECK_EQ(f(TCG_F32, 0x80000000, 0, &flags), max ? 0 : 0x80000000);
        CHECK_EQ(flags, 0);
    }
}

UNIT_TEST(softfp_class) {
    static const struct {
        uint64_t f32, f64;
        unsigned bit;
    } cases[] = {
        {0xff800000, 0xfff0000000000000, 0}, {0xbf800000, 0xbff0000000000000, 1}, {0x80000001, 0x800fffffffffffff, 2},
        {0x80000000, 0x8000000000000000, 3}, {0x00000000, 0x0000000000000000, 4}, {0x007fffff, 0x0000000000000001, 5},
        {0x00800000, 0x0010000000000000, 6}, {0x7f800000, 0x7ff0000000000000, 7}, {0xff800001, 0x7ff7ffffffffffff, 8},
        {0x7fc00000, 0xfff8000000000000, 9},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(softfp_class(TCG_F32, cases[i].f32), 1u << cases[i].bit);
        CHECK_EQ(softfp_class(TCG_F64, cases[i].f64), 1u << cases[i].bit);
    }
}

static void one_to_int(uint64_t a, unsigned rm) {
    uint32_t before = mxcsr_of(rm), after = 0, engine = 0x1f80;
    unsigned flags = 0;
    double x = value64(a);
    uint64_t wide = 0, narrow = 0, in[3] = {a, 0, 0};
    SSE_OP("cvtsd2siq %3, %0", "=r"(wide), "x"(x));
    if (fflags_of(after) & SOFTFP_NV) /* x86 has one answer for all: RISC-V saturates */
        wide = a >> 63 && !is_nan(TCG_F64, a) ? 0x8000000000000000 : 0x7fffffffffffffff;
    uint64_t got = softfp_to_int(TCG_F64, a, TCG_L, rm, &flags);
    same("fcvt.l.d", rm, in, got, flags, wide, fflags_of(after));
    flags = 0;
    SSE_OP("cvtsd2sil %3, %k0", "=r"(narrow), "x"(x));
    narrow = (uint64_t)(int64_t)(int32_t)(uint32_t)narrow;
    if (fflags_of(after) & SOFTFP_NV)
        narrow = a >> 63 && !is_nan(TCG_F64, a) ? 0xffffffff80000000 : 0x7fffffff;
    got = softfp_to_int(TCG_F64, a, TCG_W, rm, &flags);
    same("fcvt.w.d", rm, in, got, flags, narrow, fflags_of(after));
}

static void one_from_int(uint64_t a, unsigned rm) {
    uint32_t before = mxcsr_of(rm), after = 0, engine = 0x1f80;
    unsigned flags = 0;
    double x = 0;
    uint64_t in[3] = {a, 0, 0}, got = softfp_from_int(TCG_F64, a, TCG_L, rm, &flags);
    SSE_OP("cvtsi2sdq %3, %0", "+x"(x), "r"(a));
    same("fcvt.d.l", rm, in, got, flags, bits64(x), fflags_of(after));
    flags = 0;
    x = 0;
    got = softfp_from_int(TCG_F32, a, TCG_L, rm, &flags);
    SSE_OP("cvtsi2ssq %3, %0", "+x"(x), "r"(a));
    same("fcvt.s.l", rm, in, got, flags, (uint32_t)bits64(x), fflags_of(after));
    flags = 0;
    x = 0;
    got = softfp_from_int(TCG_F32, a, TCG_W, rm, &flags);
    SSE_OP("cvtsi2ssl %3, %0", "+x"(x), "r"((uint32_t)a));
    same("fcvt.s.w", rm, in, got, flags, (uint32_t)bits64(x), fflags_of(after));
    flags = 0;
    x = 0;
    got = softfp_from_int(TCG_F32, a, TCG_WU, rm, &flags);
    SSE_OP("cvtsi2ssq %3, %0", "+x"(x), "r"((uint64_t)(uint32_t)a));
    same("fcvt.s.wu", rm, in, got, flags, (uint32_t)bits64(x), fflags_of(after));
}

UNIT_TEST(softfp_int) {
    seed = 0x2545f4914f6cdd1d;
    reported = 0;
    for (unsigned rm = 0; rm < 4; rm++) {
        for (unsigned i = 0; i < NCORNER; i++) {
            one_to_int(corner64[i], rm);
            one_from_int(corner64[i], rm);
        }
        for (unsigned i = 0; i < RANDOM_PAIRS; i++) {
            one_to_int(rnd_fp(TCG_F64, 0x40f0000000000000), rm);
            one_from_int((uint64_t)((int64_t)rnd() >> rnd() % 64), rm);
        }
    }
}

/* The unsigned conversions and their ends (RISC-V unprivileged, table 26). */
UNIT_TEST(softfp_int_unsigned) {
    static const struct {
        double x;
        enum tcg_icvt icvt;
        uint64_t want;
        unsigned flags;
    } cases[] = {
        {-0.75, TCG_WU, 0, SOFTFP_NX},          {-1, TCG_WU, 0, SOFTFP_NV},
        {4294967295.0, TCG_WU, UINT64_MAX, 0},  {4294967295.5, TCG_WU, UINT64_MAX, SOFTFP_NX},
        {4294967296.0, TCG_WU, UINT64_MAX, SOFTFP_NV}, {2147483648.0, TCG_WU, 0xffffffff80000000, 0},
        {0x1.fffffffffffffp63, TCG_LU, 0xfffffffffffff800, 0}, {0x1p64, TCG_LU, UINT64_MAX, SOFTFP_NV},
        {-0x1p-1074, TCG_LU, 0, SOFTFP_NX},     {-1e300, TCG_LU, 0, SOFTFP_NV},
        {0x1p63, TCG_L, 0x7fffffffffffffff, SOFTFP_NV}, {-0x1p63, TCG_L, 0x8000000000000000, 0},
        {-2147483648.5, TCG_W, 0xffffffff80000000, SOFTFP_NX}, {-2147483649.0, TCG_W, 0xffffffff80000000, SOFTFP_NV},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned flags = 0;
        CHECK_EQ(softfp_to_int(TCG_F64, bits64(cases[i].x), cases[i].icvt, TCG_RTZ, &flags), cases[i].want);
        CHECK_EQ(flags, cases[i].flags);
    }
    for (enum tcg_icvt icvt = TCG_W; icvt <= TCG_LU; icvt++) {
        static const uint64_t nan_result[] = {0x7fffffff, UINT64_MAX, 0x7fffffffffffffff, UINT64_MAX};
        unsigned flags = 0;
        CHECK_EQ(softfp_to_int(TCG_F32, 0xffc00000, icvt, TCG_RNE, &flags), nan_result[icvt]);
        CHECK_EQ(flags, SOFTFP_NV);
    }
    unsigned flags = 0;
    CHECK_EQ(softfp_from_int(TCG_F64, UINT64_MAX, TCG_LU, TCG_RNE, &flags), bits64(0x1p64));
    CHECK_EQ(softfp_from_int(TCG_F64, UINT64_MAX, TCG_LU, TCG_RTZ, &flags), bits64(0x1.fffffffffffffp63));
    CHECK_EQ(flags, SOFTFP_NX);
}

UNIT_TEST(softfp_moves) {
    unsigned flags = 0;
    CHECK_EQ(softfp_op(TCG_OP_fneg, TCG_F32, 0, 0, 0x7f800001, 0, 0, &flags), 0xff800001);
    CHECK_EQ(softfp_op(TCG_OP_fabs, TCG_F64, 0, 0, 0xfff0000000000001, 0, 0, &flags), 0x7ff0000000000001);
    CHECK_EQ(softfp_op(TCG_OP_fbits, TCG_F32, 0, 0, 0x80000000, 0, 0, &flags), 0xffffffff80000000);
    CHECK_EQ(softfp_op(TCG_OP_fraw, TCG_F32, 0, 0, 0x123456789abcdef0, 0, 0, &flags), 0x9abcdef0);
    CHECK_EQ(softfp_op(TCG_OP_box, TCG_F64, 0, 0, 0x12345678, 0, 0, &flags), 0xffffffff12345678);
    CHECK_EQ(softfp_op(TCG_OP_unbox, TCG_F32, 0, 0, 0xffffffff7f800001, 0, 0, &flags), 0x7f800001);
    CHECK_EQ(softfp_op(TCG_OP_unbox, TCG_F32, 0, 0, 0xfffffffe3f800000, 0, 0, &flags), 0x7fc00000);
    CHECK_EQ(softfp_op(TCG_OP_unboxed, TCG_F32, 0, 0, 0xffffffff7f800001, 0, 0, &flags), 0x7f800001);
    CHECK_EQ(softfp_ctl(TCG_OP_fma | TCG_F64 << 8 | TCG_RDN << 16 | 2u << 24, bits64(3), bits64(5), bits64(15), &flags),
             bits64(-0.0));
    CHECK_EQ(flags, 0);
}
