/* SPDX-License-Identifier: BSD-2-Clause */
/* Software floating point: taking apart, rounding, and the arithmetic. Each operation makes its exact result as a
 * significand with bit 63 set, an exponent, and a low bit that stands for whatever was cut off; sf_round() does the
 * rest. Assumes nothing of the host's FPU; __int128 is there. */
#include "tcg/softfp_int.h"

typedef unsigned __int128 u128;

const struct sf_format sf_formats[4] = {
    {.frac = 23, .width = 32, .emin = -126, .emax = 127, .inf = 0x7f800000, .nan = 0x7fc00000},
    {.frac = 52, .width = 64, .emin = -1022, .emax = 1023, .inf = 0x7ff0000000000000, .nan = 0x7ff8000000000000},
    {.frac = 10, .width = 16, .emin = -14, .emax = 15, .inf = 0x7c00, .nan = 0x7e00},
    {.frac = 7, .width = 16, .emin = -126, .emax = 127, .inf = 0x7f80, .nan = 0x7fc0},
};

static uint64_t sign_bit(const struct sf_format *f, bool sign) { return (uint64_t)sign << (f->width - 1); }

uint64_t sf_zero(const struct sf_format *f, bool sign) { return sign_bit(f, sign); }

uint64_t sf_inf(const struct sf_format *f, bool sign) { return sign_bit(f, sign) | f->inf; }

uint64_t sf_nan(const struct sf_format *f, bool invalid, unsigned *flags) {
    if (invalid)
        *flags |= SOFTFP_NV;
    return f->nan;
}

struct sf_num sf_unpack(const struct sf_format *f, uint64_t bits) {
    uint64_t frac = bits & (((uint64_t)1 << f->frac) - 1);
    unsigned biased = (unsigned)((bits & f->inf) >> f->frac), top = (unsigned)(f->inf >> f->frac);
    struct sf_num n = {.sign = bits >> (f->width - 1) & 1};
    if (biased == top) {
        n.kind = !frac ? SF_INF : frac >> (f->frac - 1) ? SF_QNAN : SF_SNAN;
    } else if (biased) {
        n.kind = SF_FINITE;
        n.exp = (int)biased - f->emax;
        n.sig = (uint64_t)1 << 63 | frac << (63 - f->frac);
    } else if (frac) {
        unsigned lz = (unsigned)__builtin_clzll(frac);
        n.kind = SF_FINITE;
        n.exp = f->emin - (int)(lz - (63 - f->frac));
        n.sig = frac << lz;
    } else {
        n.kind = SF_ZERO;
    }
    return n;
}

/* ---- rounding ---- */

bool sf_round_up(bool sign, bool odd, uint64_t rest, uint64_t half, unsigned rm) {
    switch (rm) {
    case TCG_RTZ: return false;
    case TCG_RDN: return sign && rest;
    case TCG_RUP: return !sign && rest;
    case SOFTFP_RMM: return rest >= half;
    default: return rest > half || (rest == half && odd);
    }
}

/* sig without its last `drop` bits, rounded; may carry into bit 64 - drop. */
static uint64_t cut(uint64_t sig, unsigned drop, bool sign, unsigned rm) {
    uint64_t kept = sig >> drop, rest = sig & (((uint64_t)1 << drop) - 1);
    return kept + sf_round_up(sign, kept & 1, rest, (uint64_t)1 << (drop - 1), rm);
}

static uint64_t overflow(const struct sf_format *f, bool sign, unsigned rm, unsigned *flags) {
    bool to_inf = rm != TCG_RTZ && rm != (sign ? TCG_RUP : TCG_RDN);
    *flags |= SOFTFP_OF | SOFTFP_NX;
    return sf_inf(f, sign) - !to_inf;
}

uint64_t sf_round(const struct sf_format *f, bool sign, int exp, uint64_t sig, unsigned rm, unsigned *flags) {
    unsigned drop = 63 - f->frac;
    bool tiny = false;
    if (exp < f->emin) {
        /* Tiny after rounding: still below 2^emin when rounded with this precision but any exponent. */
        tiny = exp < f->emin - 1 || !(cut(sig, drop, sign, rm) >> (f->frac + 1));
        sig = sf_jam64(sig, (unsigned)(f->emin - exp));
        exp = f->emin;
    }
    uint64_t kept = cut(sig, drop, sign, rm);
    if (kept >> (f->frac + 1)) {
        kept >>= 1;
        exp++;
    }
    if (exp > f->emax)
        return overflow(f, sign, rm, flags);
    if (sig & (((uint64_t)1 << drop) - 1))
        *flags |= SOFTFP_NX | (tiny ? SOFTFP_UF : 0);
    /* The leading bit, where there is one, adds the last 1 to the biased exponent. */
    return sign_bit(f, sign) | (((uint64_t)(exp - f->emin) << f->frac) + kept);
}

/* The same for a 128-bit significand of any alignment, x / 2^126 * 2^exp; zero is not allowed. */
static uint64_t round128(const struct sf_format *f, bool sign, int exp, u128 x, unsigned rm, unsigned *flags) {
    uint64_t high = (uint64_t)(x >> 64);
    unsigned lz = (unsigned)(high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)x));
    x <<= lz;
    return sf_round(f, sign, exp + 1 - (int)lz, (uint64_t)(x >> 64) | ((uint64_t)x != 0), rm, flags);
}

/* ---- sums ---- */

/* A finite nonzero addend: x / 2^126 * 2^exp, bit 126 the highest, the last 20 bits zero. */
struct wide {
    bool sign;
    int exp;
    u128 x;
};

static struct wide widen(struct sf_num n) { return (struct wide){n.sign, n.exp, (u128)n.sig << 63}; }

/* Exact but for bits that cannot matter: when operands are two or more binades apart, at most one bit cancels. */
static uint64_t add_wide(const struct sf_format *f, struct wide a, struct wide b, unsigned rm, unsigned *flags) {
    if (a.exp < b.exp) {
        struct wide t = a;
        a = b;
        b = t;
    }
    u128 y = sf_jam128(b.x, (unsigned)(a.exp - b.exp));
    if (a.sign == b.sign)
        return round128(f, a.sign, a.exp, a.x + y, rm, flags);
    if (a.x == y)
        return sf_zero(f, rm == TCG_RDN);
    if (a.x > y)
        return round128(f, a.sign, a.exp, a.x - y, rm, flags);
    return round128(f, b.sign, a.exp, y - a.x, rm, flags);
}

static bool any_snan(struct sf_num a, struct sf_num b) { return a.kind == SF_SNAN || b.kind == SF_SNAN; }

static uint64_t add_nums(const struct sf_format *f, struct sf_num a, struct sf_num b, unsigned rm, unsigned *flags) {
    if (sf_is_nan(a) || sf_is_nan(b))
        return sf_nan(f, any_snan(a, b), flags);
    if (a.kind == SF_INF && b.kind == SF_INF && a.sign != b.sign)
        return sf_nan(f, true, flags);
    if (a.kind == SF_INF || b.kind == SF_INF)
        return sf_inf(f, a.kind == SF_INF ? a.sign : b.sign);
    if (a.kind == SF_ZERO && b.kind == SF_ZERO)
        return sf_zero(f, a.sign == b.sign ? a.sign : rm == TCG_RDN);
    if (a.kind == SF_ZERO || b.kind == SF_ZERO) {
        struct sf_num n = a.kind == SF_ZERO ? b : a;
        return sf_round(f, n.sign, n.exp, n.sig, rm, flags);
    }
    return add_wide(f, widen(a), widen(b), rm, flags);
}

uint64_t softfp_add(enum tcg_type type, uint64_t a, uint64_t b, unsigned rm, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    return add_nums(f, sf_unpack(f, a), sf_unpack(f, b), rm, flags);
}

uint64_t softfp_sub(enum tcg_type type, uint64_t a, uint64_t b, unsigned rm, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    return add_nums(f, sf_unpack(f, a), sf_unpack(f, b ^ sign_bit(f, true)), rm, flags);
}

/* ---- products ---- */

uint64_t softfp_mul(enum tcg_type type, uint64_t abits, uint64_t bbits, unsigned rm, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num a = sf_unpack(f, abits), b = sf_unpack(f, bbits);
    bool sign = a.sign != b.sign;
    if (sf_is_nan(a) || sf_is_nan(b))
        return sf_nan(f, any_snan(a, b), flags);
    if (a.kind == SF_INF || b.kind == SF_INF)
        return a.kind == SF_ZERO || b.kind == SF_ZERO ? sf_nan(f, true, flags) : sf_inf(f, sign);
    if (a.kind == SF_ZERO || b.kind == SF_ZERO)
        return sf_zero(f, sign);
    return round128(f, sign, a.exp + b.exp, (u128)a.sig * b.sig, rm, flags);
}

uint64_t softfp_fma(enum tcg_type type, uint64_t abits, uint64_t bbits, uint64_t cbits, unsigned neg, unsigned rm,
                    unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num a = sf_unpack(f, abits), b = sf_unpack(f, bbits), c = sf_unpack(f, cbits);
    bool sign = (a.sign != b.sign) != (neg & 1);
    bool a_zero = a.kind == SF_ZERO, b_zero = b.kind == SF_ZERO, a_inf = a.kind == SF_INF, b_inf = b.kind == SF_INF;
    c.sign ^= neg >> 1 & 1;
    if ((a_inf && b_zero) || (a_zero && b_inf))
        return sf_nan(f, true, flags);
    if (sf_is_nan(a) || sf_is_nan(b) || sf_is_nan(c))
        return sf_nan(f, any_snan(a, b) || c.kind == SF_SNAN, flags);
    if (a_inf || b_inf || a_zero || b_zero) {
        struct sf_num product = {.kind = a_inf || b_inf ? SF_INF : SF_ZERO, .sign = sign};
        return add_nums(f, product, c, rm, flags);
    }
    if (c.kind == SF_INF)
        return sf_inf(f, c.sign);
    struct wide p = {sign, a.exp + b.exp, (u128)a.sig * b.sig};
    /* Down to bit 126, exactly: the product ends in zeros. */
    if (p.x >> 127) {
        p.x >>= 1;
        p.exp++;
    }
    if (c.kind == SF_ZERO)
        return round128(f, sign, p.exp, p.x, rm, flags);
    return add_wide(f, p, widen(c), rm, flags);
}

/* ---- quotient and root ---- */

uint64_t softfp_div(enum tcg_type type, uint64_t abits, uint64_t bbits, unsigned rm, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num a = sf_unpack(f, abits), b = sf_unpack(f, bbits);
    bool sign = a.sign != b.sign;
    if (sf_is_nan(a) || sf_is_nan(b))
        return sf_nan(f, any_snan(a, b), flags);
    if (a.kind == b.kind && a.kind != SF_FINITE)
        return sf_nan(f, true, flags); /* 0/0, inf/inf */
    if (a.kind == SF_INF || b.kind == SF_ZERO) {
        *flags |= a.kind == SF_FINITE ? SOFTFP_DZ : 0;
        return sf_inf(f, sign);
    }
    if (a.kind == SF_ZERO || b.kind == SF_INF)
        return sf_zero(f, sign);
    u128 x = (u128)a.sig << 63, q = x / b.sig;
    return round128(f, sign, a.exp - b.exp, q << 63 | (q * b.sig != x), rm, flags);
}

/* floor(sqrt(x)), bit by bit. */
static uint64_t isqrt(u128 x) {
    u128 root = 0, rem = x;
    for (u128 bit = (u128)1 << 126; bit; bit >>= 2) {
        bool take = rem >= root + bit;
        if (take)
            rem -= root + bit;
        root = (root >> 1) + (take ? bit : 0);
    }
    return (uint64_t)root;
}

uint64_t softfp_sqrt(enum tcg_type type, uint64_t abits, unsigned rm, unsigned *flags) {
    const struct sf_format *f = sf_format(type);
    struct sf_num a = sf_unpack(f, abits);
    if (sf_is_nan(a))
        return sf_nan(f, a.kind == SF_SNAN, flags);
    if (a.kind == SF_ZERO)
        return sf_zero(f, a.sign);
    if (a.sign)
        return sf_nan(f, true, flags);
    if (a.kind == SF_INF)
        return sf_inf(f, false);
    /* sig * 2^(exp - 63) = x * 2^(2 * half - 126) with an even exponent: the root is isqrt(x) * 2^(half - 63) */
    bool odd = a.exp & 1;
    int half = (a.exp - odd) / 2;
    u128 x = (u128)a.sig << (63 + odd);
    uint64_t root = isqrt(x);
    return sf_round(f, false, half, root | ((u128)root * root != x), rm, flags);
}
