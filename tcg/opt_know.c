/* SPDX-License-Identifier: BSD-2-Clause */
/* Known bits: what an op's result can be, from what its inputs can be.
 *
 * Assumes: inputs satisfy tcg_know's invariants. Guarantees: so does the result, and every value that the op can
 * give for inputs within theirs is within it. Constant time an op. */
#include "tcg/eval.h"
#include "tcg/opt_int.h"

static unsigned width(enum tcg_type t) { return t == TCG_I32 ? 32 : 64; }

/* Makes known bits and sign repetitions tell each other what they know. */
static struct tcg_know settle(enum tcg_type t, uint64_t zeros, uint64_t ones, unsigned sign) {
    unsigned w = width(t);
    uint64_t top = (uint64_t)1 << (w - 1), mask = tcg_type_mask(t);
    struct tcg_know k = {zeros | ~mask, ones & mask, 0};
    uint64_t run = k.zeros & top ? ~(k.zeros << (64 - w)) : k.ones & top ? ~(k.ones << (64 - w)) : 0;
    unsigned known = !((k.zeros | k.ones) & top) ? 1 : run ? (unsigned)__builtin_clzll(run) : w;
    k.sign = known > sign ? known : sign;
    uint64_t high = mask & ~(((uint64_t)1 << (w - k.sign)) - 1);
    if (k.zeros & top)
        k.zeros |= high;
    else if (k.ones & top)
        k.ones |= high;
    return k;
}

struct tcg_know tcg_know_none(enum tcg_type t) {
    return (struct tcg_know){.zeros = ~tcg_type_mask(t), .ones = 0, .sign = 1};
}

struct tcg_know tcg_know_value(enum tcg_type t, uint64_t v) {
    v &= tcg_type_mask(t);
    return (struct tcg_know){~v, v, 1 + (t == TCG_I32 ? __builtin_clrsb((int)v) : __builtin_clrsbll((long long)v))};
}

/* a + b + carry in, bit by bit: a sum's bit is known where both bits and the carry into it are. */
static struct tcg_know know_add(enum tcg_type t, const struct tcg_know *a, const struct tcg_know *b, unsigned carry) {
    uint64_t mask = tcg_type_mask(t), az = a->zeros & mask, bz = b->zeros & mask;
    uint64_t most = (~az & mask) + (~bz & mask) + carry, least = a->ones + b->ones + carry;
    uint64_t carry_zero = ~(most ^ az ^ bz), carry_one = least ^ a->ones ^ b->ones;
    uint64_t known = (az | a->ones) & (bz | b->ones) & (carry_zero | carry_one);
    unsigned sign = a->sign < b->sign ? a->sign : b->sign;
    return settle(t, ~most & known, least & known, sign > 1 ? sign - 1 : 1);
}

static struct tcg_know know_sub(enum tcg_type t, const struct tcg_know *a, const struct tcg_know *b) {
    uint64_t mask = tcg_type_mask(t);
    struct tcg_know nb = {(b->ones & mask) | ~mask, b->zeros & mask, b->sign};
    return know_add(t, a, &nb, 1);
}

static struct tcg_know know_mul(enum tcg_type t, const struct tcg_know *a, const struct tcg_know *b) {
    unsigned w = width(t), low = 0;
    low += ~a->zeros ? (unsigned)__builtin_ctzll(~a->zeros) : w;
    low += ~b->zeros ? (unsigned)__builtin_ctzll(~b->zeros) : w;
    return settle(t, low >= w ? ~(uint64_t)0 : ((uint64_t)1 << low) - 1, 0, 1);
}

/* Keeps the low `n` bits of a, extended by zeros or the sign, as a `t`. */
static struct tcg_know know_ext(enum tcg_type t, const struct tcg_know *a, unsigned n, bool sign) {
    unsigned w = width(t);
    uint64_t low = n == 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1, top = (uint64_t)1 << (n - 1);
    if (n >= w)
        return settle(t, a->zeros, a->ones, a->sign);
    if (!sign)
        return settle(t, a->zeros | ~low, a->ones & low, 1);
    uint64_t zeros = a->zeros & low, ones = a->ones & low;
    return settle(t, a->zeros & top ? zeros | ~low : zeros, a->ones & top ? ones | ~low : ones, w - n + 1);
}

/* An i64 from an i32 whose sign repeats, or the other way round: `sign` counts from another top. */
static struct tcg_know know_resize(enum tcg_type to, const struct tcg_know *a, bool sign) {
    if (to == TCG_I32)
        return settle(to, a->zeros, a->ones, a->sign > 32 ? a->sign - 32u : 1);
    struct tcg_know k = know_ext(to, a, 32, sign);
    return sign ? settle(to, k.zeros, k.ones, a->sign + 32u) : k;
}

static struct tcg_know know_shift(const struct tcg_op *op, const struct tcg_know *a, const struct tcg_know *b) {
    enum tcg_type t = op->type;
    unsigned w = width(t), n = b->ones & (w - 1);
    if (!tcg_know_all(b))
        return op->opc == TCG_OP_sar ? settle(t, 0, 0, a->sign) : tcg_know_none(t);
    uint64_t low = ((uint64_t)1 << n) - 1, high = n ? ~(tcg_type_mask(t) >> n) : 0;
    switch (op->opc) {
    case TCG_OP_shl: return settle(t, a->zeros << n | low, a->ones << n, a->sign > n ? a->sign - n : 1);
    case TCG_OP_shr: return settle(t, (a->zeros & tcg_type_mask(t)) >> n | high, a->ones >> n, 1);
    case TCG_OP_sar: {
        uint64_t z = tcg_sext(a->zeros & tcg_type_mask(t), w), o = tcg_sext(a->ones, w);
        return settle(t, (uint64_t)((int64_t)z >> n), (uint64_t)((int64_t)o >> n), a->sign + n < w ? a->sign + n : w);
    }
    default: {
        bool left = op->opc == TCG_OP_rotl;
        return settle(t, tcg_eval(left ? TCG_OP_rotl : TCG_OP_rotr, w == 64, a->zeros & tcg_type_mask(t), n),
                      tcg_eval(left ? TCG_OP_rotl : TCG_OP_rotr, w == 64, a->ones, n), 1);
    }
    }
}

static struct tcg_know know_shr32(const struct tcg_know *a, const struct tcg_know *b) {
    struct tcg_know k = know_ext(TCG_I64, a, 32, false);
    unsigned n = tcg_know_all(b) ? b->ones & 31 : 0;
    if (!tcg_know_all(b))
        return settle(TCG_I64, ~(uint64_t)0xffffffff, 0, 1);
    return settle(TCG_I64, k.zeros >> n | ~(~(uint64_t)0 >> n), k.ones >> n, 1);
}

static struct tcg_know know_logic(const struct tcg_op *op, const struct tcg_know *a, struct tcg_know b) {
    enum tcg_type t = op->type;
    uint64_t mask = tcg_type_mask(t);
    unsigned sign = a->sign < b.sign ? a->sign : b.sign;
    bool invert_b = op->opc == TCG_OP_andc || op->opc == TCG_OP_orc || op->opc == TCG_OP_eqv;
    if (invert_b)
        b = (struct tcg_know){(b.ones & mask) | ~mask, b.zeros & mask, b.sign};
    switch (op->opc) {
    case TCG_OP_and: case TCG_OP_andc: return settle(t, a->zeros | b.zeros, a->ones & b.ones, sign);
    case TCG_OP_or: case TCG_OP_orc: return settle(t, a->zeros & b.zeros, a->ones | b.ones, sign);
    default:
        return settle(t, (a->zeros & b.zeros) | (a->ones & b.ones), (a->zeros & b.ones) | (a->ones & b.zeros), sign);
    }
}

static struct tcg_know know_memop(enum tcg_type t, unsigned memop) {
    struct tcg_know none = tcg_know_none(TCG_I64);
    return know_ext(t, &none, 8u << (memop & TCG_MO_SIZE), memop & TCG_MO_SIGN);
}

struct tcg_know tcg_know_op(const struct tcg_op *op, const struct tcg_know *in, enum tcg_type out) {
    if (!tcg_type_is_int(out))
        return tcg_know_none(out);
    uint64_t mask = tcg_type_mask(out);
    switch (op->opc) {
    case TCG_OP_mov: return in[0];
    case TCG_OP_add: return know_add(out, &in[0], &in[1], 0);
    case TCG_OP_sub: return know_sub(out, &in[0], &in[1]);
    case TCG_OP_mul: return know_mul(out, &in[0], &in[1]);
    case TCG_OP_and: case TCG_OP_or: case TCG_OP_xor: case TCG_OP_andc: case TCG_OP_orc: case TCG_OP_eqv:
        return know_logic(op, &in[0], in[1]);
    case TCG_OP_not: return settle(out, in[0].ones & mask, in[0].zeros & mask, in[0].sign);
    case TCG_OP_shl: case TCG_OP_shr: case TCG_OP_sar: case TCG_OP_rotl: case TCG_OP_rotr:
        return know_shift(op, &in[0], &in[1]);
    case TCG_OP_shr32: return know_shr32(&in[0], &in[1]);
    case TCG_OP_rotr32: return settle(out, ~(uint64_t)0xffffffff, 0, 1);
    case TCG_OP_clz: case TCG_OP_ctz: case TCG_OP_ctpop: return settle(out, ~(uint64_t)127, 0, 1);
    case TCG_OP_ext8s: return know_ext(out, &in[0], 8, true);
    case TCG_OP_ext8u: return know_ext(out, &in[0], 8, false);
    case TCG_OP_ext16s: return know_ext(out, &in[0], 16, true);
    case TCG_OP_ext16u: return know_ext(out, &in[0], 16, false);
    case TCG_OP_ext32s: return know_ext(out, &in[0], 32, true);
    case TCG_OP_ext32u: return know_ext(out, &in[0], 32, false);
    case TCG_OP_ext_i32_i64: return know_resize(TCG_I64, &in[0], true);
    case TCG_OP_extu_i32_i64: return know_resize(TCG_I64, &in[0], false);
    case TCG_OP_trunc_i64_i32: return know_resize(TCG_I32, &in[0], false);
    case TCG_OP_setcond: case TCG_OP_fcmp: return settle(out, ~(uint64_t)1, 0, 1);
    case TCG_OP_movcond:
        return settle(out, in[2].zeros & in[3].zeros, in[2].ones & in[3].ones,
                      in[2].sign < in[3].sign ? in[2].sign : in[3].sign);
    case TCG_OP_ld_env: return know_memop(out, (unsigned)op->imm[1]);
    case TCG_OP_guest_ld: case TCG_OP_guest_rmw: case TCG_OP_guest_cas: return know_memop(out, (unsigned)op->imm[0]);
    case TCG_OP_fbits: return op->type == TCG_F32 ? settle(out, 0, 0, 33) : tcg_know_none(out);
    case TCG_OP_f2h: return settle(out, ~(uint64_t)0xffff, 0, 48);
    case TCG_OP_fcvtmod: return settle(out, 0, 0, 33);
    case TCG_OP_ftoi: return op->imm[0] <= TCG_WU ? settle(out, 0, 0, 33) : tcg_know_none(out);
    default: return tcg_know_none(out);
    }
}

/* Smallest and largest values, as the sign makes them; `flip` is the sign bit for signed comparisons, else 0. */
static int below(uint64_t mask, uint64_t flip, const struct tcg_know *a, const struct tcg_know *b, bool or_equal) {
    uint64_t amin = a->ones & mask, amax = ~a->zeros & mask, bmin = b->ones & mask, bmax = ~b->zeros & mask;
    if (flip) { /* an unknown sign bit: smallest when set, largest when clear; then order like unsigned */
        if (!((a->zeros | a->ones) & flip))
            amin |= flip, amax &= ~flip;
        if (!((b->zeros | b->ones) & flip))
            bmin |= flip, bmax &= ~flip;
        amin ^= flip, amax ^= flip, bmin ^= flip, bmax ^= flip;
    }
    if (or_equal ? amax <= bmin : amax < bmin)
        return 1;
    if (or_equal ? amin > bmax : amin >= bmax)
        return 0;
    return -1;
}

int tcg_know_cond(enum tcg_cond c, enum tcg_type t, const struct tcg_know *a, const struct tcg_know *b) {
    uint64_t mask = tcg_type_mask(t), top = (uint64_t)1 << (width(t) - 1);
    int r;
    switch (c) {
    case TCG_EQ: case TCG_NE:
        r = (a->zeros & b->ones) | (a->ones & b->zeros) ? 0
            : tcg_know_all(a) && tcg_know_all(b)        ? a->ones == b->ones
                                                        : -1;
        return r < 0 ? r : r ^ (c == TCG_NE);
    case TCG_LT: return below(mask, top, a, b, false);
    case TCG_GE: r = below(mask, top, a, b, false); return r < 0 ? r : !r;
    case TCG_LE: return below(mask, top, a, b, true);
    case TCG_GT: r = below(mask, top, a, b, true); return r < 0 ? r : !r;
    case TCG_LTU: return below(mask, 0, a, b, false);
    case TCG_GEU: r = below(mask, 0, a, b, false); return r < 0 ? r : !r;
    case TCG_LEU: return below(mask, 0, a, b, true);
    case TCG_GTU: r = below(mask, 0, a, b, true); return r < 0 ? r : !r;
    case TCG_TSTEQ: case TCG_TSTNE:
        r = !(~a->zeros & ~b->zeros & mask) ? 1 : a->ones & b->ones ? 0 : -1;
        return r < 0 ? r : r ^ (c == TCG_TSTNE);
    default: return -1;
    }
}
