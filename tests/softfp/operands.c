/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/softfp/operands.h"

unsigned fp_corners(enum fp_format format, uint64_t *out) {
    const struct fp_layout *f = &fp_layouts[format];
    int frac = f->frac;
    uint64_t ulp = 1, min = (uint64_t)1 << frac, bias = (uint64_t)f->emax << frac,
             inf = (uint64_t)(2 * f->emax + 1) << frac;
    uint64_t one = bias, two = bias + min, big = bias + (uint64_t)frac * min;
    const uint64_t positive[] = {0,
                                 ulp,
                                 2,
                                 3,
                                 min / 2,
                                 min / 2 + 1,
                                 min - 2,
                                 min - 1,
                                 min,
                                 min + 1,
                                 2 * min - 1,
                                 2 * min,
                                 (uint64_t)(frac + 1) * min,
                                 one - min - 1,
                                 one - min,
                                 one - min + 1,
                                 one - min / 2,
                                 one - 1,
                                 one,
                                 one + 1,
                                 one + 2,
                                 one + min / 2,
                                 one + min / 2 + 1,
                                 one + min - 1,
                                 two,
                                 two + min / 4,
                                 two + min / 2,
                                 big - min - 1,
                                 big - min,
                                 big - min + 1,
                                 big - 1,
                                 big,
                                 big + 1,
                                 big + min,
                                 big + min + 1,
                                 bias / 2,
                                 bias + bias / 2,
                                 inf - 2 * min,
                                 inf - min,
                                 inf - min - 1,
                                 inf - 2,
                                 inf - 1,
                                 inf};
    unsigned n = 0;
    for (unsigned i = 0; i < sizeof positive / sizeof *positive; i++) {
        out[n++] = positive[i];
        out[n++] = positive[i] | (uint64_t)1 << (f->width - 1);
    }
    out[n++] = inf + min / 2;                                  /* canonical */
    out[n++] = (inf + min - 1) | (uint64_t)1 << (f->width - 1); /* quiet, a payload */
    out[n++] = inf + 1;                                        /* signalling */
    out[n++] = (inf + min / 4) | (uint64_t)1 << (f->width - 1);
    return n;
}

unsigned fp_int_corners(uint64_t *out) {
    static const int shift[] = {0, 1, 2, 7, 8, 9, 10, 11, 12, 15, 16, 23, 24, 25, 31, 32, 33, 52, 53, 54, 62, 63};
    unsigned n = 0;
    out[n++] = 0;
    for (unsigned i = 0; i < sizeof shift / sizeof *shift; i++) {
        uint64_t v = (uint64_t)1 << shift[i];
        out[n++] = v;
        out[n++] = v - 1;
        out[n++] = v + 1;
        out[n++] = -v;
    }
    out[n++] = 65519; /* rounds to the largest half, 65520 overflows */
    out[n++] = 65520;
    out[n++] = (uint64_t)-65520;
    return n;
}

uint64_t fp_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

uint64_t fp_random_value(uint64_t *state, enum fp_format format, uint64_t around) {
    const struct fp_layout *f = &fp_layouts[format];
    unsigned frac = (unsigned)f->frac;
    uint64_t fmask = ((uint64_t)1 << frac) - 1, emask = ((uint64_t)1 << ((unsigned)f->width - 1 - frac)) - 1;
    uint64_t r = fp_random(state), m = fp_random(state);
    uint64_t e = (r & 1 ? (around >> frac) + (r >> 8) % (2 * frac + 4) - frac - 2 : r >> 8) & emask;
    unsigned bit = (unsigned)(r >> 40) % frac;
    switch (r >> 1 & 7) {
    case 0: m = (uint64_t)1 << bit; break;
    case 1: m = -((uint64_t)1 << bit); break;
    case 2: m = ((uint64_t)1 << bit) - 1; break;
    case 3: m &= -((uint64_t)1 << (frac / 2)); break;
    }
    return (m & fmask) | e << frac | (r >> 4 & 1) << (f->width - 1);
}

/* A value whose exponent is e, as far as the format goes. */
static uint64_t with_exponent(enum fp_format format, int e) {
    const struct fp_layout *f = &fp_layouts[format];
    int biased = e + f->emax;
    return (uint64_t)(biased < 0 ? 0 : biased > 2 * f->emax ? 2 * f->emax : biased) << f->frac;
}

static int exponent(enum fp_format format, uint64_t v) {
    const struct fp_layout *f = &fp_layouts[format];
    return (int)((v & (((uint64_t)1 << (f->width - 1)) - 1)) >> f->frac) - f->emax;
}

void fp_random_operands(uint64_t *state, enum fp_op op, enum fp_format f, unsigned n, uint64_t *arg) {
    uint64_t r = fp_random(state);
    if (op >= FP_FROM_W && op <= FP_FROM_LU) {
        arg[0] = fp_random(state) >> r % 64;
        arg[0] = r >> 8 & 1 ? -arg[0] : arg[0];
        return;
    }
    bool to_integer = (op >= FP_TO_W && op <= FP_TO_MOD) || op == FP_ROUND || op == FP_ROUNDNX;
    arg[0] = fp_random_value(state, f, with_exponent(f, to_integer ? (int)(r >> 16) % 40 : 0));
    int e = exponent(f, arg[0]);
    if (n > 1) { /* near a, or so that a product or a quotient is near one end of the range */
        int near[] = {e, fp_layouts[f].emin - e, fp_layouts[f].emax - e, e - fp_layouts[f].emin};
        arg[1] = fp_random_value(state, f, with_exponent(f, near[r % 4]));
    }
    if (n > 2)
        arg[2] = fp_random_value(state, f, with_exponent(f, e + exponent(f, arg[1])));
    if (n > 1 && op <= FP_SUB && r >> 8 & 1 && r >> 9 & 1) /* cancels to the last bits */
        arg[1] = arg[0] ^ (r >> 20 & 7) ^ ((r >> 10 & 1) << (fp_layouts[f].width - 1));
}
