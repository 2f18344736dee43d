/* SPDX-License-Identifier: BSD-2-Clause */
/* Assumes that MPFR's exponent range holds every exact result (its default does). A result is computed anew for each
 * precision that is asked for, so nothing is ever rounded twice: once with the format's precision and any exponent,
 * which says whether it overflows or is tiny, and for what is below the normal range again with the bits that are left
 * there. */
#include "tests/softfp/oracle.h"

#include <mpfr.h>
#include <stdlib.h>

const struct fp_layout fp_layouts[FP_FORMATS] = {
    {"h", 10, -14, 15, 16}, {"bf16", 7, -126, 127, 16}, {"s", 23, -126, 127, 32}, {"d", 52, -1022, 1023, 64}};

enum { WIDE = 70 }; /* bits: more than any operand has */
static mpfr_t x, y, z, result, rounded;

void fp_oracle_init(void) {
    mpfr_t *all[] = {&x, &y, &z, &result, &rounded};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        mpfr_init2(*all[i], WIDE);
}

/* ---- bits to numbers and back ------------------------------------------------------------------------------------ */

static uint64_t mask(int bits) { return bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1; }
static uint64_t sign_bit(const struct fp_layout *f) { return (uint64_t)1 << (f->width - 1); }
static uint64_t infinity(const struct fp_layout *f) { return mask(f->width - 1) & ~mask(f->frac); }
static uint64_t canonical(const struct fp_layout *f) { return infinity(f) | (uint64_t)1 << (f->frac - 1); }
static bool is_nan(const struct fp_layout *f, uint64_t v) { return (v & mask(f->width - 1)) > infinity(f); }
static bool is_snan(const struct fp_layout *f, uint64_t v) { return is_nan(f, v) && !(v >> (f->frac - 1) & 1); }

static void number(mpfr_t to, const struct fp_layout *f, uint64_t v) {
    uint64_t expo = (v & infinity(f)) >> f->frac, frac = v & mask(f->frac);
    if (is_nan(f, v))
        mpfr_set_nan(to);
    else if ((v & infinity(f)) == infinity(f))
        mpfr_set_inf(to, 1);
    else if (expo)
        mpfr_set_uj_2exp(to, frac | (uint64_t)1 << f->frac, (intmax_t)expo - 1 + f->emin - f->frac, MPFR_RNDN);
    else
        mpfr_set_uj_2exp(to, frac, f->emin - f->frac, MPFR_RNDN);
    mpfr_setsign(to, to, v & sign_bit(f) ? 1 : 0, MPFR_RNDN);
}

/* v must fit exactly. */
static uint64_t bits_of(const struct fp_layout *f, mpfr_t v) {
    uint64_t sign = mpfr_signbit(v) ? sign_bit(f) : 0;
    if (mpfr_nan_p(v))
        return canonical(f);
    if (mpfr_inf_p(v))
        return sign | infinity(f);
    if (mpfr_zero_p(v))
        return sign;
    int e = (int)mpfr_get_exp(v) - 1;
    if (e < f->emin)
        e = f->emin;
    mpfr_abs(z, v, MPFR_RNDN);
    mpfr_mul_2si(z, z, f->frac - e, MPFR_RNDN);
    if (!mpfr_integer_p(z) || e > f->emax)
        abort();
    return sign | (mpfr_get_uj(z, MPFR_RNDN) + ((uint64_t)(e - f->emin) << f->frac));
}

/* ---- results that are rounded ------------------------------------------------------------------------------------ */

struct job {
    enum fp_op op;
    uint64_t integer;
};

/* The exact result rounded to to's precision; MPFR's ternary value. */
static int compute(mpfr_t to, const struct job *j, mpfr_rnd_t rnd) {
    switch (j->op) {
    case FP_ADD: return mpfr_add(to, x, y, rnd);
    case FP_SUB: return mpfr_sub(to, x, y, rnd);
    case FP_MUL: return mpfr_mul(to, x, y, rnd);
    case FP_DIV: return mpfr_div(to, x, y, rnd);
    case FP_SQRT: return mpfr_sqrt(to, x, rnd);
    case FP_MADD: case FP_MSUB: case FP_NMSUB: case FP_NMADD: return mpfr_fma(to, x, y, z, rnd);
    case FP_FROM_W: return mpfr_set_sj(to, (int32_t)j->integer, rnd);
    case FP_FROM_WU: return mpfr_set_uj(to, (uint32_t)j->integer, rnd);
    case FP_FROM_L: return mpfr_set_sj(to, (int64_t)j->integer, rnd);
    case FP_FROM_LU: return mpfr_set_uj(to, j->integer, rnd);
    default: return mpfr_set(to, x, rnd);
    }
}

/* In `rounded`: the result with `bits` bits and any exponent. MPFR has no ties-away: with one bit more and cut off,
 * what lies halfway or above ends in a one, and goes away from zero. True: inexact. */
static bool with_bits(const struct job *j, int bits, unsigned rm) {
    static const mpfr_rnd_t rnd[4] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDD, MPFR_RNDU};
    if (rm != FP_RMM) {
        mpfr_set_prec(rounded, bits);
        return compute(rounded, j, rnd[rm]) != 0;
    }
    mpfr_set_prec(rounded, bits + 1);
    bool lost = compute(rounded, j, MPFR_RNDZ) != 0;
    return (mpfr_prec_round(rounded, bits, MPFR_RNDA) != 0) | lost;
}

/* Below the least subnormal: 0 or that. half: less than, equal to, or more than half of it (-1, 0, 1). */
static uint64_t least(const struct fp_layout *f, bool sign, int half, unsigned rm) {
    bool up = rm == FP_RUP ? !sign : rm == FP_RDN ? sign : rm == FP_RNE ? half > 0 : rm == FP_RMM ? half >= 0 : false;
    return (sign ? sign_bit(f) : 0) | up;
}

static uint64_t overflow(const struct fp_layout *f, bool sign, unsigned rm, unsigned *flags) {
    bool finite = rm == FP_RTZ || rm == (sign ? FP_RUP : FP_RDN);
    *flags |= FP_OF | FP_NX;
    return (sign ? sign_bit(f) : 0) | (infinity(f) - finite);
}

static uint64_t finish(const struct fp_layout *f, const struct job *j, unsigned rm, unsigned *flags) {
    mpfr_set_prec(result, f->frac + 1);
    compute(result, j, rm == FP_RDN ? MPFR_RNDD : MPFR_RNDZ); /* the sign of an exact zero depends on RDN only */
    if (!mpfr_regular_p(result))
        return bits_of(f, result);
    compute(result, j, MPFR_RNDZ);
    int e = (int)mpfr_get_exp(result) - 1; /* of the exact result */
    bool sign = mpfr_signbit(result), inexact = with_bits(j, f->frac + 1, rm);
    if (mpfr_get_exp(rounded) - 1 > f->emax)
        return overflow(f, sign, rm, flags);
    bool tiny = mpfr_get_exp(rounded) - 1 < f->emin;
    if (e >= f->emin) {
        *flags |= inexact ? FP_NX : 0;
        return bits_of(f, rounded);
    }
    int bits = f->frac + 1 - (f->emin - e);
    if (bits >= 1) {
        inexact = with_bits(j, bits, rm);
        *flags |= inexact ? FP_NX | (tiny ? FP_UF : 0) : 0;
        return bits_of(f, rounded);
    }
    *flags |= FP_NX | FP_UF;
    mpfr_set_prec(rounded, 2);
    bool power = compute(rounded, j, MPFR_RNDZ) == 0;
    mpfr_abs(rounded, rounded, MPFR_RNDN);
    power = power && mpfr_cmp_ui_2exp(rounded, 1, e) == 0;
    return least(f, sign, bits < 0 ? -1 : power ? 0 : 1, rm);
}

static uint64_t rounding(enum fp_op op, enum fp_format to, enum fp_format from, unsigned rm, const uint64_t *arg,
                         unsigned *flags) {
    const struct fp_layout *f = &fp_layouts[to], *g = &fp_layouts[op == FP_CVT ? from : to];
    struct job j = {op, arg[0]};
    bool fused = op >= FP_MADD && op <= FP_NMADD, integer = op >= FP_FROM_W && op <= FP_FROM_LU;
    unsigned n = fused ? 3 : op <= FP_DIV ? 2 : integer ? 0 : 1;
    bool nan = false, snan = false;
    mpfr_t *in[3] = {&x, &y, &z};
    for (unsigned i = 0; i < n; i++) {
        mpfr_set_prec(*in[i], WIDE);
        number(*in[i], g, arg[i]);
        nan = nan || is_nan(g, arg[i]);
        snan = snan || is_snan(g, arg[i]);
    }
    bool inf_zero = fused && ((mpfr_inf_p(x) && mpfr_zero_p(y)) || (mpfr_zero_p(x) && mpfr_inf_p(y)));
    if (nan || inf_zero) {
        *flags |= snan || inf_zero ? FP_NV : 0;
        return canonical(f);
    }
    if (op == FP_NMSUB || op == FP_NMADD)
        mpfr_neg(x, x, MPFR_RNDN);
    if (op == FP_MSUB || op == FP_NMADD)
        mpfr_neg(z, z, MPFR_RNDN);
    if (op == FP_DIV && mpfr_zero_p(y) && mpfr_regular_p(x))
        *flags |= FP_DZ;
    uint64_t v = finish(f, &j, rm, flags);
    if (v == canonical(f))
        *flags |= FP_NV; /* no operand was a NaN */
    return v;
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

static uint64_t extremum(enum fp_op op, const struct fp_layout *f, const uint64_t *arg, unsigned *flags) {
    bool an = is_nan(f, arg[0]), bn = is_nan(f, arg[1]), max = op == FP_MAX || op == FP_MAXM;
    uint64_t a = arg[0] & mask(f->width), b = arg[1] & mask(f->width);
    *flags |= is_snan(f, a) || is_snan(f, b) ? FP_NV : 0;
    if (an && bn)
        return canonical(f);
    if (an || bn)
        return op == FP_MINM || op == FP_MAXM ? canonical(f) : an ? b : a;
    number(x, f, a);
    number(y, f, b);
    if (mpfr_zero_p(x) && mpfr_zero_p(y))
        return mpfr_signbit(x) ? (max ? b : a) : (max ? a : b);
    return (max ? mpfr_greater_p(x, y) : mpfr_less_p(x, y)) ? a : b;
}

static uint64_t compare(enum fp_op op, const struct fp_layout *f, const uint64_t *arg, unsigned *flags) {
    bool snan = is_snan(f, arg[0]) || is_snan(f, arg[1]), nan = is_nan(f, arg[0]) || is_nan(f, arg[1]);
    number(x, f, arg[0]);
    number(y, f, arg[1]);
    *flags |= snan || (nan && (op == FP_LT || op == FP_LE)) ? FP_NV : 0;
    if (op == FP_EQ)
        return mpfr_equal_p(x, y) != 0;
    return (op == FP_LT || op == FP_LTQ ? mpfr_less_p(x, y) : mpfr_lessequal_p(x, y)) != 0;
}

static uint64_t class(const struct fp_layout *f, uint64_t v) {
    if (is_nan(f, v))
        return is_snan(f, v) ? 1 << 8 : 1 << 9;
    number(x, f, v);
    bool minus = mpfr_signbit(x);
    if (mpfr_inf_p(x))
        return minus ? 1 << 0 : 1 << 7;
    if (mpfr_zero_p(x))
        return minus ? 1 << 3 : 1 << 4;
    bool normal = mpfr_get_exp(x) - 1 >= f->emin;
    return normal ? (minus ? 1 << 1 : 1 << 6) : (minus ? 1 << 2 : 1 << 5);
}

/* x as an integer in `rounded`; true: inexact. x is finite. */
static bool integral(unsigned rm) {
    mpfr_set_prec(rounded, WIDE);
    if (rm == FP_RMM)
        mpfr_round(rounded, x);
    else
        mpfr_rint(rounded, x,
                  rm == FP_RNE   ? MPFR_RNDN
                  : rm == FP_RTZ ? MPFR_RNDZ
                  : rm == FP_RDN ? MPFR_RNDD
                                 : MPFR_RNDU);
    return !mpfr_equal_p(rounded, x);
}

static uint64_t to_integral(const struct fp_layout *f, uint64_t v, bool exact, unsigned rm, unsigned *flags) {
    if (is_nan(f, v)) {
        *flags |= is_snan(f, v) ? FP_NV : 0;
        return canonical(f);
    }
    number(x, f, v);
    if (mpfr_inf_p(x))
        return v;
    *flags |= integral(rm) && exact ? FP_NX : 0;
    return bits_of(f, rounded);
}

static uint64_t to_integer(enum fp_op op, const struct fp_layout *f, uint64_t v, unsigned rm, unsigned *flags) {
    bool w = op == FP_TO_W || op == FP_TO_WU, is_signed = op == FP_TO_W || op == FP_TO_L;
    int64_t lo = !is_signed ? 0 : w ? INT32_MIN : INT64_MIN;
    uint64_t hi = (w ? UINT32_MAX : UINT64_MAX) >> is_signed, out;
    bool bad = true;
    number(x, f, v);
    if (mpfr_nan_p(x)) {
        out = hi;
    } else if (mpfr_inf_p(x)) {
        out = mpfr_signbit(x) ? (uint64_t)lo : hi;
    } else {
        bool inexact = integral(rm);
        bool low = mpfr_cmp_si(rounded, lo) < 0, high = mpfr_cmp_ui(rounded, hi) > 0;
        bad = low || high;
        *flags |= !bad && inexact ? FP_NX : 0;
        out = low         ? (uint64_t)lo
              : high      ? hi
              : is_signed ? (uint64_t)mpfr_get_sj(rounded, MPFR_RNDN)
                          : mpfr_get_uj(rounded, MPFR_RNDN);
    }
    *flags |= bad ? FP_NV : 0;
    return w ? (uint64_t)(int64_t)(int32_t)(uint32_t)out : out;
}

static uint64_t to_modular(const struct fp_layout *f, uint64_t v, unsigned *flags) {
    static mpz_t n;
    static bool made;
    to_integer(FP_TO_W, f, v, FP_RTZ, flags);
    if (!mpfr_number_p(x))
        return 0;
    if (!made)
        mpz_init(n);
    made = true;
    mpfr_get_z(n, x, MPFR_RNDZ);
    mpz_fdiv_r_2exp(n, n, 32);
    return (uint64_t)(int64_t)(int32_t)mpz_get_ui(n);
}

uint64_t fp_oracle(enum fp_op op, enum fp_format f, enum fp_format from, unsigned rm, const uint64_t *arg,
                   unsigned *flags) {
    const struct fp_layout *l = &fp_layouts[f];
    mpfr_set_prec(x, WIDE);
    mpfr_set_prec(y, WIDE);
    mpfr_set_prec(z, WIDE);
    switch (op) {
    case FP_ROUND: case FP_ROUNDNX: return to_integral(l, arg[0], op == FP_ROUNDNX, rm, flags);
    case FP_MIN: case FP_MAX: case FP_MINM: case FP_MAXM: return extremum(op, l, arg, flags);
    case FP_EQ: case FP_LT: case FP_LE: case FP_LTQ: case FP_LEQ: return compare(op, l, arg, flags);
    case FP_CLASS: return class(l, arg[0]);
    case FP_TO_W: case FP_TO_WU: case FP_TO_L: case FP_TO_LU: return to_integer(op, l, arg[0], rm, flags);
    case FP_TO_MOD: return to_modular(l, arg[0], flags);
    default: return rounding(op, f, from, rm, arg, flags);
    }
}
