/* SPDX-License-Identifier: BSD-2-Clause */
/* What tcg/softfp.c and tcg/softfp_cvt.c share: numbers taken apart, and the one place that rounds. */
#ifndef PYRITE_TCG_SOFTFP_INT_H
#define PYRITE_TCG_SOFTFP_INT_H

#include "tcg/softfp.h"

/* A format: `frac` stored significand bits; finite exponents emin to emax; the canonical NaN. */
struct sf_format {
    unsigned frac, width;
    int emin, emax;
    uint64_t inf, nan;
};
extern const struct sf_format sf_formats[4];
/* Any type that is not among those of tcg/softfp.h counts as binary32. */
static inline const struct sf_format *sf_format(enum tcg_type t) {
    return &sf_formats[t == TCG_F64 ? 1 : t == SOFTFP_F16 ? 2 : t == SOFTFP_BF16 ? 3 : 0];
}
static inline uint64_t sf_low(const struct sf_format *f, uint64_t bits) {
    return f->width == 64 ? bits : bits & (((uint64_t)1 << f->width) - 1);
}

enum sf_kind { SF_ZERO, SF_FINITE, SF_INF, SF_QNAN, SF_SNAN };

/* FINITE: the value is sig / 2^63 * 2^exp, with bit 63 of sig set (subnormals are normalised too). */
struct sf_num {
    enum sf_kind kind;
    bool sign;
    int exp;
    uint64_t sig;
};
struct sf_num sf_unpack(const struct sf_format *f, uint64_t bits);
static inline bool sf_is_nan(struct sf_num n) { return n.kind >= SF_QNAN; }

uint64_t sf_zero(const struct sf_format *f, bool sign);
uint64_t sf_inf(const struct sf_format *f, bool sign);
/* The canonical NaN, raising NV if `invalid`. */
uint64_t sf_nan(const struct sf_format *f, bool invalid, unsigned *flags);

/* Rounds sig / 2^63 * 2^exp, with bit 63 of sig set. Bit 0 of sig may stand for any nonzero rest below it ("jam"). */
uint64_t sf_round(const struct sf_format *f, bool sign, int exp, uint64_t sig, unsigned rm, unsigned *flags);

/* Whether a magnitude, odd or not, is to be rounded away from zero given what lies below its last bit: rest is compared
 * with half, both in units below that bit. */
bool sf_round_up(bool sign, bool odd, uint64_t rest, uint64_t half, unsigned rm);

/* x >> n with bit 0 standing for every bit that fell off; any n. */
static inline uint64_t sf_jam64(uint64_t x, unsigned n) {
    if (n >= 64)
        return x != 0;
    return n ? x >> n | ((x << (64 - n)) != 0) : x;
}
static inline unsigned __int128 sf_jam128(unsigned __int128 x, unsigned n) {
    if (n >= 128)
        return x != 0;
    return n ? x >> n | ((x << (128 - n)) != 0) : x;
}

#endif
