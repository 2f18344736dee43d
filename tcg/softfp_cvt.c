/* SPDX-License-Identifier: BSD-2-Clause */
/* Software floating point: comparing, converting, classifying, and the dispatcher over the ops of tcg/ops.def. Assumes
 * tcg/softfp.c to take numbers apart and to round. */
#include "tcg/softfp_int.h"

/* ---- order ---- */

/* a < b, or a == b with a's sign set and b's clear (so -0 < +0). Neither is a NaN. The bit patterns of magnitudes
 * order. */
static bool total_less(const struct sf_format *f, uint64_t a, uint64_t b) {
    uint64_t sign = (uint64_t)1 << (f->width - 1), ma = a & (sign - 1), mb = b & (sign - 1);
    bool sa = a & sign, sb = b & sign;
    if (sa != sb)
        return sa;
    return sa ? mb < ma : ma < mb;
}

static uint64_t min_max(enum tcg_type type, uint64_t a, uint64_t b, bool max, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num na = sf_unpack(f, a), nb = sf_unpack(f, b);
    if (na.kind == SF_SNAN || nb.kind == SF_SNAN)
        *flags |= SOFTFP_NV;
    if (sf_is_nan(na) && sf_is_nan(nb))
        return f->nan;
    if (sf_is_nan(na) || sf_is_nan(nb))
        return sf_low(f, sf_is_nan(na) ? b : a);
    return sf_low(f, total_less(f, a, b) != max ? a : b);
}

uint64_t softfp_min(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags) {
    return min_max(type, a, b, false, flags);
}

uint64_t softfp_max(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags) {
    return min_max(type, a, b, true, flags);
}

static uint64_t min_max_nan(enum tcg_type type, uint64_t a, uint64_t b, bool max, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num na = sf_unpack(f, a), nb = sf_unpack(f, b);
    if (sf_is_nan(na) || sf_is_nan(nb))
        return sf_nan(f, na.kind == SF_SNAN || nb.kind == SF_SNAN, flags);
    return sf_low(f, total_less(f, a, b) != max ? a : b);
}

uint64_t softfp_minm(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags) {
    return min_max_nan(type, a, b, false, flags);
}

uint64_t softfp_maxm(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags) {
    return min_max_nan(type, a, b, true, flags);
}

uint64_t softfp_cmp(enum tcg_type type, uint64_t a, uint64_t b, enum tcg_fcond cond, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num na = sf_unpack(f, a), nb = sf_unpack(f, b);
    if (sf_is_nan(na) || sf_is_nan(nb)) {
        if (cond == TCG_FLT || cond == TCG_FLE || na.kind == SF_SNAN || nb.kind == SF_SNAN)
            *flags |= SOFTFP_NV;
        return 0;
    }
    bool equal = sf_low(f, a) == sf_low(f, b) || (na.kind == SF_ZERO && nb.kind == SF_ZERO);
    switch (cond) {
    case TCG_FEQ: return equal;
    case TCG_FLT: case TCG_FLTQ: return !equal && total_less(f, a, b);
    default: return equal || total_less(f, a, b);
    }
}

uint64_t softfp_class(enum tcg_type type, uint64_t a) {
    const struct sf_format *f = sf_format(type);
    struct sf_num n = sf_unpack(f, a);
    switch (n.kind) {
    case SF_INF: return n.sign ? 1 << 0 : 1 << 7;
    case SF_FINITE: return n.exp < f->emin ? (n.sign ? 1 << 2 : 1 << 5) : (n.sign ? 1 << 1 : 1 << 6);
    case SF_ZERO: return n.sign ? 1 << 3 : 1 << 4;
    case SF_SNAN: return 1 << 8;
    default: return 1 << 9;
    }
}

/* ---- conversions ---- */

uint64_t softfp_cvt(enum tcg_type type, enum tcg_type from, uint64_t a, unsigned rm, unsigned *flags) {
    const struct sf_format *to = sf_format(type);
    struct sf_num n = sf_unpack(sf_format(from), a);
    switch (n.kind) {
    case SF_ZERO: return sf_zero(to, n.sign);
    case SF_INF: return sf_inf(to, n.sign);
    case SF_FINITE: return sf_round(to, n.sign, n.exp, n.sig, rm, flags);
    default: return sf_nan(to, n.kind == SF_SNAN, flags);
    }
}

/* The ranges of the four integer types, as magnitudes of the least and the largest. */
static uint64_t int_limit(enum tcg_icvt icvt, bool sign) {
    switch (icvt) {
    case TCG_W: return sign ? 0x80000000 : 0x7fffffff;
    case TCG_WU: return sign ? 0 : 0xffffffff;
    case TCG_L: return sign ? 0x8000000000000000 : 0x7fffffffffffffff;
    default: return sign ? 0 : UINT64_MAX;
    }
}

static uint64_t int_result(enum tcg_icvt icvt, bool sign, uint64_t magnitude) {
    uint64_t v = sign ? -magnitude : magnitude;
    return icvt == TCG_W || icvt == TCG_WU ? (uint64_t)(int64_t)(int32_t)(uint32_t)v : v;
}

uint64_t softfp_to_int(enum tcg_type type, uint64_t a, enum tcg_icvt icvt, unsigned rm, unsigned *flags) {
    struct sf_num n = sf_unpack(sf_format(type), a);
    bool sign = n.sign && !sf_is_nan(n);
    if (n.kind == SF_ZERO)
        return 0;
    if (n.kind != SF_FINITE || n.exp > 63) {
        *flags |= SOFTFP_NV;
        return int_result(icvt, sign, int_limit(icvt, sign));
    }
    /* Fixed point, 64 bits on either side; below 1/4 only "something" is left of the fraction. */
    unsigned __int128 fixed = sf_jam128((unsigned __int128)n.sig << 64, (unsigned)(63 - n.exp));
    uint64_t whole = (uint64_t)(fixed >> 64), rest = (uint64_t)fixed;
    bool up = sf_round_up(sign, whole & 1, rest, (uint64_t)1 << 63, rm);
    if ((up && whole == UINT64_MAX) || whole + up > int_limit(icvt, sign)) {
        *flags |= SOFTFP_NV;
        return int_result(icvt, sign, int_limit(icvt, sign));
    }
    *flags |= rest ? SOFTFP_NX : 0;
    return int_result(icvt, sign, whole + up);
}

uint64_t softfp_to_int_mod(enum tcg_type type, uint64_t a, unsigned *flags) {
    struct sf_num n = sf_unpack(sf_format(type), a);
    softfp_to_int(type, a, TCG_W, TCG_RTZ, flags);
    if (n.kind != SF_FINITE || n.exp < 0 || n.exp >= 63 + 32)
        return 0;
    uint64_t whole = n.exp <= 63 ? n.sig >> (63 - n.exp) : n.sig << (n.exp - 63);
    return int_result(TCG_W, n.sign, whole);
}

/* Below 1 what is left is 0 or 1; from 2^frac on nothing has a fraction. */
uint64_t softfp_round(enum tcg_type type, uint64_t a, bool exact, unsigned rm, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num n = sf_unpack(f, a);
    if (sf_is_nan(n))
        return sf_nan(f, n.kind == SF_SNAN, flags);
    if (n.kind != SF_FINITE || n.exp >= (int)f->frac)
        return sf_low(f, a);
    unsigned __int128 fixed = sf_jam128((unsigned __int128)n.sig << 64, (unsigned)(63 - n.exp));
    uint64_t whole = (uint64_t)(fixed >> 64), rest = (uint64_t)fixed;
    whole += sf_round_up(n.sign, whole & 1, rest, (uint64_t)1 << 63, rm);
    *flags |= exact && rest ? SOFTFP_NX : 0;
    if (!whole)
        return sf_zero(f, n.sign);
    unsigned lz = (unsigned)__builtin_clzll(whole);
    return sf_round(f, n.sign, 63 - (int)lz, whole << lz, TCG_RTZ, flags);
}

uint64_t softfp_from_int(enum tcg_type type, uint64_t a, enum tcg_icvt icvt, unsigned rm, unsigned *flags) {
    uint64_t v = icvt == TCG_W ? (uint64_t)(int64_t)(int32_t)(uint32_t)a : icvt == TCG_WU ? (uint32_t)a : a;
    bool sign = (icvt == TCG_W || icvt == TCG_L) && v >> 63;
    uint64_t magnitude = sign ? -v : v;
    if (!magnitude)
        return 0;
    unsigned lz = (unsigned)__builtin_clzll(magnitude);
    return sf_round(sf_format(type), sign, 63 - (int)lz, magnitude << lz, rm, flags);
}

/* ---- dispatcher ---- */

static uint64_t move_op(enum tcg_opc op, enum tcg_type type, uint64_t a) {
    const struct sf_format *f = sf_format(type);
    uint64_t sign = (uint64_t)1 << (f->width - 1);
    switch (op) {
    case TCG_OP_fneg: return sf_low(f, a) ^ sign;
    case TCG_OP_fabs: return sf_low(f, a) & (sign - 1);
    case TCG_OP_fbits: return type == TCG_F32 ? (uint64_t)(int64_t)(int32_t)(uint32_t)a : a;
    case TCG_OP_fraw: return sf_low(f, a);
    case TCG_OP_box: return a | 0xffffffff00000000;
    case TCG_OP_unbox: return a >> 32 == 0xffffffff ? (uint32_t)a : sf_formats[0].nan;
    case TCG_OP_unboxed: return (uint32_t)a;
    default: return 0;
    }
}

uint64_t softfp_op(enum tcg_opc op, enum tcg_type type, unsigned rm, unsigned imm, uint64_t a, uint64_t b, uint64_t c,
                   unsigned *flags) {
    switch (op) {
    case TCG_OP_fadd: return softfp_add(type, a, b, rm, flags);
    case TCG_OP_fsub: return softfp_sub(type, a, b, rm, flags);
    case TCG_OP_fmul: return softfp_mul(type, a, b, rm, flags);
    case TCG_OP_fdiv: return softfp_div(type, a, b, rm, flags);
    case TCG_OP_fsqrt: return softfp_sqrt(type, a, rm, flags);
    case TCG_OP_fma: return softfp_fma(type, a, b, c, imm, rm, flags);
    case TCG_OP_fmin: return softfp_min(type, a, b, flags);
    case TCG_OP_fmax: return softfp_max(type, a, b, flags);
    case TCG_OP_fminm: return softfp_minm(type, a, b, flags);
    case TCG_OP_fmaxm: return softfp_maxm(type, a, b, flags);
    case TCG_OP_fround: return softfp_round(type, a, false, rm, flags);
    case TCG_OP_froundnx: return softfp_round(type, a, true, rm, flags);
    case TCG_OP_fcmp: return softfp_cmp(type, a, b, (enum tcg_fcond)imm, flags);
    case TCG_OP_fcvt_ff:
        return softfp_cvt(type, imm ? (enum tcg_type)imm : type == TCG_F64 ? TCG_F32 : TCG_F64, a, rm, flags);
    case TCG_OP_h2f: return softfp_cvt(type, SOFTFP_F16, a, rm, flags);
    case TCG_OP_f2h: return softfp_cvt(SOFTFP_F16, type, a, rm, flags);
    case TCG_OP_ftoi: return softfp_to_int(type, a, (enum tcg_icvt)imm, rm, flags);
    case TCG_OP_fcvtmod: return softfp_to_int_mod(type, a, flags);
    case TCG_OP_itof: return softfp_from_int(type, a, (enum tcg_icvt)imm, rm, flags);
    default: return move_op(op, type, a);
    }
}
