/* SPDX-License-Identifier: BSD-2-Clause */
/* Constant folding, algebraic simplification, copy propagation and known bits, in one forward walk.
 *
 * Assumes: a verified unit. Guarantees: the same effects in the same order; constants stand on the right of
 * operations and comparisons that commute or can be turned; comparisons that are decided are gone, and so is the
 * code behind a branch that became unconditional, up to the next label. Knowledge lives within an extended basic
 * block: a label forgets it, falling through a conditional branch keeps it. It leaves dead ops behind
 * (tcg_opt_dce()) and labels without branches (tcg_opt_unreach()). Linear: each op is looked at once, with a
 * constant number of rewrites.
 *
 * Between a local and a global with the same value the global is preferred, so that `op t; mov g, t` can become `op
 * g`. */
#include "tcg/eval.h"
#include "tcg/opt_int.h"

struct fold {
    struct tcg_ctx *s;
    struct tcg_opt *o;
    struct tcg_know know[TCG_MAX_ARGS]; /* of the current op's inputs */
};

static struct tcg_info *info(struct fold *f, tcgv t) { return tcg_opt_info(f->o, f->s, t); }
static bool is_const(const struct fold *f, tcgv t) { return tcg_is_const(f->s, t); }
static uint64_t val(const struct fold *f, tcgv t) { return f->s->temps[t].val; }
static tcgv konst(struct fold *f, enum tcg_type t, uint64_t v) { return tcg_const(f->s, t, v); }

static void record(struct fold *f, struct tcg_op *op);

static tcgv canonical(struct fold *f, tcgv t) {
    struct tcg_info *i = info(f, t);
    return i->copy && info(f, i->copy)->ver == i->copy_ver ? i->copy : t;
}

/* The op that computed t, if it is `opc` and its first two inputs still hold what they held then. */
static struct tcg_op *def_of(struct fold *f, tcgv t, enum tcg_opc opc) {
    const struct tcg_info *i = info(f, t);
    struct tcg_op *d = &f->s->ops[i->def];
    if (!i->def || d->opc != opc)
        return NULL;
    for (unsigned k = 0; k < d->nin; k++)
        if (info(f, d->arg[d->nout + k])->ver != i->in_ver[k])
            return NULL;
    return d;
}

/* ---- rewriting the current op; each returns true ----------------------------------------------------------------- */

static bool to_mov(struct fold *f, struct tcg_op *op, tcgv src) {
    op->opc = TCG_OP_mov;
    op->type = f->s->temps[op->arg[0]].type;
    op->nin = 1;
    op->arg[1] = src;
    return true;
}

static bool to_const(struct fold *f, struct tcg_op *op, uint64_t v) {
    return to_mov(f, op, konst(f, f->s->temps[op->arg[0]].type, v));
}

static bool to_un(struct tcg_op *op, enum tcg_opc opc, tcgv a) {
    op->opc = opc;
    op->nin = 1;
    op->arg[1] = a;
    return true;
}

static bool to_bin(struct tcg_op *op, enum tcg_opc opc, tcgv a, tcgv b) {
    op->opc = opc;
    op->nin = 2;
    op->arg[1] = a;
    op->arg[2] = b;
    return true;
}

/* ---- values of which only the low bits matter -------------------------------------------------------------------- */

/* Bits that an extension keeps; 0: op is none. */
static unsigned ext_bits(const struct tcg_op *op) {
    switch (op->opc) {
    case TCG_OP_ext8s: case TCG_OP_ext8u: return 8;
    case TCG_OP_ext16s: case TCG_OP_ext16u: return 16;
    case TCG_OP_ext32s: case TCG_OP_ext32u: return 32;
    default: return 0;
    }
}

/* A temp of the same type that has the same low `bits` bits: what was there before an extension or a mask. */
static tcgv strip(struct fold *f, tcgv t, unsigned bits) {
    uint64_t low = bits == 64 ? ~(uint64_t)0 : ((uint64_t)1 << bits) - 1;
    for (unsigned depth = 0; depth < 3; depth++) {
        uint32_t at = info(f, t)->def;
        struct tcg_op *d = at ? def_of(f, t, f->s->ops[at].opc) : NULL;
        if (!d)
            return t;
        if (ext_bits(d) >= bits)
            t = d->arg[1];
        else if (d->opc == TCG_OP_and && is_const(f, d->arg[2]) && (val(f, d->arg[2]) & low) == low)
            t = d->arg[1];
        else
            return t;
    }
    return t;
}

static bool fold_ext(struct fold *f, struct tcg_op *op) {
    unsigned bits = ext_bits(op), w = op->type == TCG_I32 ? 32 : 64;
    bool sign = op->opc == TCG_OP_ext8s || op->opc == TCG_OP_ext16s || op->opc == TCG_OP_ext32s;
    const struct tcg_know *k = &f->know[0];
    if (sign ? k->sign >= w - bits + 1 : (k->zeros | (((uint64_t)1 << bits) - 1)) == ~(uint64_t)0)
        return to_mov(f, op, op->arg[1]);
    op->arg[1] = strip(f, op->arg[1], bits);
    struct tcg_op *d = def_of(f, op->arg[1], TCG_OP_extu_i32_i64);
    d = d ? d : def_of(f, op->arg[1], TCG_OP_ext_i32_i64);
    if (d && bits == 32) { /* ext32(ext_i32_i64(w)) */
        op->type = TCG_I64;
        return to_un(op, sign ? TCG_OP_ext_i32_i64 : TCG_OP_extu_i32_i64, d->arg[1]);
    }
    return false;
}

/* ext_i32_i64, extu_i32_i64 of what was an i64 before; trunc of what was an i32 before. */
static bool fold_resize(struct fold *f, struct tcg_op *op) {
    struct tcg_op *d;
    if (op->opc == TCG_OP_trunc_i64_i32) {
        op->arg[1] = strip(f, op->arg[1], 32);
        d = def_of(f, op->arg[1], TCG_OP_ext_i32_i64);
        d = d ? d : def_of(f, op->arg[1], TCG_OP_extu_i32_i64);
        return d && to_mov(f, op, d->arg[1]);
    }
    if (!(d = def_of(f, op->arg[1], TCG_OP_trunc_i64_i32)))
        return false;
    const struct tcg_know *k = &info(f, d->arg[1])->know;
    bool sign = op->opc == TCG_OP_ext_i32_i64;
    if (sign ? k->sign >= 33 : (k->zeros | 0xffffffffu) == ~(uint64_t)0)
        return to_mov(f, op, d->arg[1]);
    op->type = TCG_I64;
    return to_un(op, sign ? TCG_OP_ext32s : TCG_OP_ext32u, d->arg[1]);
}

/* ---- arithmetic and logic ---------------------------------------------------------------------------------------- */

/* x + c1 + c2; the inner addition may be of a register that still holds what it held. */
static bool fold_add(struct fold *f, struct tcg_op *op) {
    uint64_t c = val(f, op->arg[2]);
    if (c == 0)
        return to_mov(f, op, op->arg[1]);
    struct tcg_op *d = def_of(f, op->arg[1], TCG_OP_add);
    if (!d || !is_const(f, d->arg[2]))
        return false;
    c = (c + val(f, d->arg[2])) & tcg_type_mask(op->type);
    return c ? to_bin(op, TCG_OP_add, d->arg[1], konst(f, op->type, c)) : to_mov(f, op, d->arg[1]);
}

static bool fold_and(struct fold *f, struct tcg_op *op) {
    uint64_t c = val(f, op->arg[2]), mask = tcg_type_mask(op->type);
    if ((f->know[0].zeros | c) == ~(uint64_t)0)
        return to_mov(f, op, op->arg[1]); /* clears only what is clear */
    unsigned bits = c == 0xff ? 8 : c == 0xffff ? 16 : c == 0xffffffff ? 32 : 0;
    if (bits && bits < (mask == 0xffffffff ? 32 : 64)) {
        to_un(op, bits == 8 ? TCG_OP_ext8u : bits == 16 ? TCG_OP_ext16u : TCG_OP_ext32u, op->arg[1]);
        fold_ext(f, op);
        return true;
    }
    return false;
}

static unsigned log2_of(uint64_t v) { return v && !(v & (v - 1)) ? (unsigned)__builtin_ctzll(v) : 64; }

static bool fold_muldiv(struct fold *f, struct tcg_op *op) {
    uint64_t c = val(f, op->arg[2]);
    unsigned n = log2_of(c);
    if (op->opc == TCG_OP_mul && c == 0)
        return to_const(f, op, 0);
    if (c == 1 && op->opc != TCG_OP_remu && op->opc != TCG_OP_rem)
        return to_mov(f, op, op->arg[1]);
    if (n == 64)
        return false;
    switch (op->opc) {
    case TCG_OP_mul: return to_bin(op, TCG_OP_shl, op->arg[1], konst(f, op->type, n));
    case TCG_OP_divu: return to_bin(op, TCG_OP_shr, op->arg[1], konst(f, op->type, n));
    case TCG_OP_remu: return to_bin(op, TCG_OP_and, op->arg[1], konst(f, op->type, c - 1)) && (fold_and(f, op), true);
    case TCG_OP_rem: return c == 1 && to_const(f, op, 0);
    default: return false;
    }
}

/* (x << 32) >> (32 - n) is x, extended from 32 bits, << n: an index of an array. */
static bool fold_index(struct fold *f, struct tcg_op *op, tcgv x, unsigned n) {
    enum tcg_opc ext = op->opc == TCG_OP_sar ? TCG_OP_ext32s : TCG_OP_ext32u;
    struct tcg_op *low = tcg_insert_before(f->s, op, ext, TCG_I64);
    low->arg[0] = tcg_temp_new(f->s, TCG_I64);
    low->arg[1] = x;
    f->know[0] = info(f, x)->know;
    fold_ext(f, low);
    record(f, low);
    return to_bin(op, TCG_OP_shl, low->arg[0], konst(f, TCG_I64, n));
}

/* (x << n) >> n is an extension, where there is one of that width. */
static bool fold_shift(struct fold *f, struct tcg_op *op) {
    unsigned w = op->type == TCG_I32 ? 32 : 64, n = val(f, op->arg[2]) & (w - 1), bits = w - n;
    if (n == 0)
        return to_mov(f, op, op->arg[1]);
    if (val(f, op->arg[2]) != n)
        op->arg[2] = konst(f, op->type, n);
    if (op->opc == TCG_OP_shl)
        op->arg[1] = strip(f, op->arg[1], bits);
    if (op->opc != TCG_OP_shr && op->opc != TCG_OP_sar)
        return false;
    struct tcg_op *d = n < 32 && op->opc == TCG_OP_shr ? def_of(f, op->arg[1], TCG_OP_ext32u) : NULL;
    if (d)
        return to_bin(op, TCG_OP_shr32, d->arg[1], op->arg[2]);
    d = def_of(f, op->arg[1], TCG_OP_shl);
    if (d && w == 64 && n < 32 && is_const(f, d->arg[2]) && (val(f, d->arg[2]) & 63) == 32)
        return fold_index(f, op, d->arg[1], 32 - n);
    if (!d || !is_const(f, d->arg[2]) || (val(f, d->arg[2]) & (w - 1)) != n || (bits != 8 && bits != 16 && bits != 32))
        return false;
    bool sign = op->opc == TCG_OP_sar;
    f->know[0] = info(f, d->arg[1])->know;
    to_un(op, bits == 8 ? (sign ? TCG_OP_ext8s : TCG_OP_ext8u) : bits == 16 ? (sign ? TCG_OP_ext16s : TCG_OP_ext16u)
                 : sign ? TCG_OP_ext32s : TCG_OP_ext32u, d->arg[1]);
    fold_ext(f, op);
    return true;
}

/* shr32 and rotr32. */
static bool fold_low(struct fold *f, struct tcg_op *op) {
    unsigned n = val(f, op->arg[2]) & 31;
    bool narrow = f->know[0].zeros >> 32 == 0xffffffffu;
    op->arg[1] = strip(f, op->arg[1], 32);
    if (n == 0 && to_un(op, TCG_OP_ext32u, op->arg[1]))
        return fold_ext(f, op), true;
    return narrow && op->opc == TCG_OP_shr32 && f->know[0].zeros == info(f, op->arg[1])->know.zeros &&
           to_bin(op, TCG_OP_shr, op->arg[1], konst(f, TCG_I64, n));
}

/* a << n | a >> (width - n), of 64 bits, or of 32 as slliw and srliw leave them. */
static bool fold_rotate(struct fold *f, struct tcg_op *op, tcgv left, tcgv right) {
    struct tcg_op *l = def_of(f, left, TCG_OP_shl), *r = def_of(f, right, TCG_OP_shr);
    if (op->type != TCG_I64)
        return false;
    if (l && r && l->arg[1] == r->arg[1] && is_const(f, l->arg[2]) && is_const(f, r->arg[2]) &&
        val(f, l->arg[2]) + val(f, r->arg[2]) == 64)
        return to_bin(op, TCG_OP_rotr, r->arg[1], r->arg[2]);
    l = def_of(f, left, TCG_OP_ext32s);
    l = l ? def_of(f, l->arg[1], TCG_OP_shl) : NULL;
    r = def_of(f, right, TCG_OP_shr32);
    if (!l || !r || !is_const(f, l->arg[2]) || !is_const(f, r->arg[2]) ||
        val(f, l->arg[2]) + val(f, r->arg[2]) != 32 || strip(f, l->arg[1], 32) != strip(f, r->arg[1], 32))
        return false;
    struct tcg_op *rot = tcg_insert_before(f->s, op, TCG_OP_rotr32, TCG_I64);
    rot->arg[0] = tcg_temp_new(f->s, TCG_I64);
    rot->arg[1] = r->arg[1];
    rot->arg[2] = r->arg[2];
    record(f, rot);
    return to_un(op, TCG_OP_ext32s, rot->arg[0]);
}

/* Binary ops with a constant on the right. */
static bool fold_bin_const(struct fold *f, struct tcg_op *op) {
    uint64_t c = val(f, op->arg[2]), mask = tcg_type_mask(op->type);
    struct tcg_op *d;
    switch (op->opc) {
    case TCG_OP_sub:
        to_bin(op, TCG_OP_add, op->arg[1], konst(f, op->type, 0 - c));
        fold_add(f, op);
        return true;
    case TCG_OP_add: return fold_add(f, op);
    case TCG_OP_andc:
        to_bin(op, TCG_OP_and, op->arg[1], konst(f, op->type, ~c));
        f->know[1] = info(f, op->arg[2])->know;
        fold_and(f, op);
        return true;
    case TCG_OP_and: return fold_and(f, op);
    case TCG_OP_orc: return to_bin(op, TCG_OP_or, op->arg[1], konst(f, op->type, ~c));
    case TCG_OP_eqv: return to_bin(op, TCG_OP_xor, op->arg[1], konst(f, op->type, ~c));
    case TCG_OP_or: return (f->know[0].ones & c) == c && to_mov(f, op, op->arg[1]);
    case TCG_OP_xor:
        if (c == 0)
            return to_mov(f, op, op->arg[1]);
        if (c == mask)
            return to_un(op, TCG_OP_not, op->arg[1]);
        if (c == 1 && (d = def_of(f, op->arg[1], TCG_OP_setcond))) { /* the opposite comparison */
            enum tcg_cond cond = tcg_cond_invert((enum tcg_cond)d->imm[0]);
            op->type = d->type;
            op->imm[0] = cond;
            return to_bin(op, TCG_OP_setcond, d->arg[1], d->arg[2]);
        }
        return false;
    case TCG_OP_mul: case TCG_OP_div: case TCG_OP_divu: case TCG_OP_rem: case TCG_OP_remu: return fold_muldiv(f, op);
    case TCG_OP_shl: case TCG_OP_shr: case TCG_OP_sar: case TCG_OP_rotl: case TCG_OP_rotr: return fold_shift(f, op);
    case TCG_OP_shr32: case TCG_OP_rotr32: return fold_low(f, op);
    default: return false;
    }
}

/* Both operands are the same temp. */
static bool fold_bin_same(struct fold *f, struct tcg_op *op) {
    switch (op->opc) {
    case TCG_OP_sub: case TCG_OP_xor: case TCG_OP_andc: return to_const(f, op, 0);
    case TCG_OP_orc: case TCG_OP_eqv: return to_const(f, op, ~(uint64_t)0);
    case TCG_OP_and: case TCG_OP_or: return to_mov(f, op, op->arg[1]);
    default: return false;
    }
}

static bool fold_bin_const_left(struct fold *f, struct tcg_op *op) {
    uint64_t c = val(f, op->arg[1]);
    switch (op->opc) {
    case TCG_OP_sub: return c == 0 && to_un(op, TCG_OP_neg, op->arg[2]);
    case TCG_OP_shl: case TCG_OP_shr: case TCG_OP_sar: case TCG_OP_rotl: case TCG_OP_rotr:
        return c == 0 && to_const(f, op, 0);
    default: return false;
    }
}

static bool fold_bin(struct fold *f, struct tcg_op *op) {
    if ((tcg_opdefs[op->opc].flags & TCG_F_COMM) && is_const(f, op->arg[1]) && !is_const(f, op->arg[2])) {
        tcgv t = op->arg[1];
        struct tcg_know k = f->know[0];
        op->arg[1] = op->arg[2], op->arg[2] = t;
        f->know[0] = f->know[1], f->know[1] = k;
    }
    if (is_const(f, op->arg[1]) && is_const(f, op->arg[2]))
        return to_const(f, op, tcg_eval(op->opc, op->type == TCG_I64, val(f, op->arg[1]), val(f, op->arg[2])));
    if (op->arg[1] == op->arg[2])
        return fold_bin_same(f, op);
    if (is_const(f, op->arg[2]))
        return fold_bin_const(f, op);
    if (op->opc == TCG_OP_or || op->opc == TCG_OP_xor || op->opc == TCG_OP_add) /* of bits apart all are the same */
        if (fold_rotate(f, op, op->arg[1], op->arg[2]) || fold_rotate(f, op, op->arg[2], op->arg[1]))
            return true;
    return is_const(f, op->arg[1]) && fold_bin_const_left(f, op);
}

static bool fold_un(struct fold *f, struct tcg_op *op) {
    if (is_const(f, op->arg[1])) {
        bool wide = op->type == TCG_I64;
        return to_const(f, op, tcg_eval(op->opc, wide, val(f, op->arg[1]), 0));
    }
    if (ext_bits(op))
        return fold_ext(f, op);
    if (op->opc == TCG_OP_neg || op->opc == TCG_OP_not) {
        struct tcg_op *d = def_of(f, op->arg[1], op->opc);
        return d && to_mov(f, op, d->arg[1]);
    }
    return false;
}

/* ---- comparisons ------------------------------------------------------------------------------------------------- */

/* A comparison in place: a[0] cond a[1] of *type. Puts constants on the right, sees through a setcond that is
 * compared with 0, and makes a bit test of an `and` that is. The result: 0 or 1 when decided, else -1. */
static int fold_cond(struct fold *f, uint8_t *type, int64_t *cond, tcgv *a) {
    struct tcg_op *d;
    if (is_const(f, a[0]) && !is_const(f, a[1])) {
        tcgv t = a[0];
        a[0] = a[1], a[1] = t;
        *cond = tcg_cond_swap((enum tcg_cond)*cond);
    }
    int r = tcg_know_cond((enum tcg_cond)*cond, *type, &info(f, a[0])->know, &info(f, a[1])->know);
    if (r >= 0)
        return r;
    if (a[0] == a[1]) {
        if (*cond == TCG_TSTEQ || *cond == TCG_TSTNE) {
            a[1] = konst(f, *type, 0);
            *cond = *cond == TCG_TSTEQ ? TCG_EQ : TCG_NE;
            return -1;
        }
        return tcg_eval_cond((enum tcg_cond)*cond, true, 0, 0);
    }
    if ((*cond != TCG_EQ && *cond != TCG_NE) || !is_const(f, a[1]))
        return -1;
    uint64_t c = val(f, a[1]);
    if (c <= 1 && (d = def_of(f, a[0], TCG_OP_setcond))) {
        *cond = (*cond == TCG_NE) != (c == 1) ? d->imm[0] : (int64_t)tcg_cond_invert((enum tcg_cond)d->imm[0]);
        *type = d->type;
        a[0] = d->arg[1], a[1] = d->arg[2];
    } else if (c == 0 && (d = def_of(f, a[0], TCG_OP_and))) {
        *cond = *cond == TCG_EQ ? TCG_TSTEQ : TCG_TSTNE;
        a[0] = d->arg[1], a[1] = d->arg[2];
    }
    return -1;
}

static bool fold_setcond(struct fold *f, struct tcg_op *op) {
    int r = fold_cond(f, &op->type, &op->imm[0], &op->arg[1]);
    return r >= 0 && to_const(f, op, (uint64_t)r);
}

static bool fold_movcond(struct fold *f, struct tcg_op *op) {
    uint8_t type = op->type;
    int64_t cond = op->imm[0];
    tcgv a[2] = {op->arg[1], op->arg[2]};
    int r = fold_cond(f, &type, &cond, a);
    if (r >= 0)
        return to_mov(f, op, r ? op->arg[3] : op->arg[4]);
    if (op->arg[3] == op->arg[4])
        return to_mov(f, op, op->arg[3]);
    if (type == op->type) { /* a movcond has one type for both its comparison and its values */
        op->imm[0] = cond;
        op->arg[1] = a[0], op->arg[2] = a[1];
    }
    return false;
}

/* Removes a branch that is never taken; makes one that is always taken unconditional. */
static bool fold_brcond(struct fold *f, struct tcg_op *op) {
    int r = fold_cond(f, &op->type, &op->imm[0], &op->arg[0]);
    if (r < 0)
        return false;
    if (r == 0) {
        tcg_remove(f->s, op);
        return true;
    }
    op->opc = TCG_OP_br;
    op->type = TCG_I64;
    op->nin = 0;
    op->imm[0] = op->imm[1];
    while (op->next && f->s->ops[op->next].opc != TCG_OP_set_label)
        tcg_remove(f->s, &f->s->ops[op->next]);
    return true;
}

/* ---- moves of floats --------------------------------------------------------------------------------------------- */

static bool fold_float_move(struct fold *f, struct tcg_op *op) {
    struct tcg_op *d;
    tcgv a = op->arg[1];
    switch (op->opc) {
    case TCG_OP_unbox:
        if ((d = def_of(f, a, TCG_OP_box)))
            return to_mov(f, op, d->arg[1]);
        return is_const(f, a) && to_const(f, op, val(f, a) >> 32 == 0xffffffffu ? (uint32_t)val(f, a) : 0x7fc00000u);
    case TCG_OP_unboxed:
        if ((d = def_of(f, a, TCG_OP_box)))
            return to_mov(f, op, d->arg[1]);
        return is_const(f, a) && to_const(f, op, (uint32_t)val(f, a));
    case TCG_OP_box: return is_const(f, a) && to_const(f, op, val(f, a) | 0xffffffff00000000u);
    case TCG_OP_fraw:
        if (is_const(f, a))
            return to_const(f, op, val(f, a));
        if (op->type == TCG_F32)
            op->arg[1] = strip(f, a, 32);
        d = def_of(f, op->arg[1], TCG_OP_fbits);
        return d && d->type == op->type && to_mov(f, op, d->arg[1]);
    case TCG_OP_fbits:
        if (is_const(f, a))
            return to_const(f, op, op->type == TCG_F32 ? tcg_sext(val(f, a), 32) : val(f, a));
        if (!(d = def_of(f, a, TCG_OP_fraw)) || d->type != op->type)
            return false;
        if (op->type == TCG_F64)
            return to_mov(f, op, d->arg[1]);
        f->know[0] = info(f, d->arg[1])->know;
        op->type = TCG_I64;
        to_un(op, TCG_OP_ext32s, d->arg[1]);
        fold_ext(f, op);
        return true;
    default: return false;
    }
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

/* True if the op was rewritten or removed. */
static bool simplify(struct fold *f, struct tcg_op *op) {
    switch (tcg_opdefs[op->opc].cls) {
    case TCG_CLS_UN: return fold_un(f, op);
    case TCG_CLS_BIN: return fold_bin(f, op);
    case TCG_CLS_SEXT: case TCG_CLS_TRUNC:
        if (is_const(f, op->arg[1]))
            return to_const(f, op, tcg_eval(op->opc, true, val(f, op->arg[1]), 0));
        return fold_resize(f, op);
    case TCG_CLS_SETC: return fold_setcond(f, op);
    case TCG_CLS_MOVC: return fold_movcond(f, op);
    case TCG_CLS_BRCOND: return fold_brcond(f, op);
    case TCG_CLS_GST: case TCG_CLS_STE: { /* the first input is the value, the last immediate but one its size */
        unsigned mo = (unsigned)op->imm[op->opc == TCG_OP_st_env], bits = 8u << (mo & TCG_MO_SIZE);
        if (tcg_type_is_int(op->type) && !is_const(f, op->arg[0]))
            op->arg[0] = strip(f, op->arg[0], bits);
        return false;
    }
    case TCG_CLS_FBITS: case TCG_CLS_FRAW: case TCG_CLS_BOX: case TCG_CLS_UNBOX: return fold_float_move(f, op);
    default: return false;
    }
}

/* Inputs become the best temps with their values, or constants. */
static void replace_inputs(struct fold *f, struct tcg_op *op) {
    for (unsigned k = 0; k < op->nin; k++) {
        tcgv *t = &op->arg[op->nout + k];
        if (!is_const(f, *t))
            *t = canonical(f, *t);
        const struct tcg_know *known = &info(f, *t)->know;
        if (!is_const(f, *t) && tcg_type_is_int(f->s->temps[*t].type) && tcg_know_all(known))
            *t = konst(f, f->s->temps[*t].type, known->ones);
        f->know[k] = info(f, *t)->know;
    }
}

static void record_mov(struct fold *f, struct tcg_op *op) {
    tcgv d = op->arg[0], src = op->arg[1];
    struct tcg_info from = *info(f, src), *to;
    if (d == src)
        return;
    to = tcg_opt_write(f->o, d);
    to->know = from.know;
    to->def = from.def;
    to->in_ver[0] = from.in_ver[0];
    to->in_ver[1] = from.in_ver[1];
    struct tcg_info *i = info(f, src);
    if (f->s->temps[src].kind == TCG_TEMP_LOCAL && f->s->temps[d].kind == TCG_TEMP_GLOBAL) {
        i->copy = d;
        i->copy_ver = to->ver;
    } else {
        to->copy = src;
        to->copy_ver = i->ver;
    }
}

static bool notable(const struct tcg_op *op) {
    return op->nout == 1 && op->nin <= 2 && !tcg_has_effect(op) && op->opc != TCG_OP_ld_env;
}

static void record(struct fold *f, struct tcg_op *op) {
    if (op->opc == TCG_OP_mov) {
        record_mov(f, op);
        return;
    }
    if (tcg_call_flags(op) & TCG_H_WRITES)
        tcg_opt_write_globals(f->o, f->s);
    if (!op->nout)
        return;
    struct tcg_know in[TCG_MAX_ARGS];
    uint32_t ver[2] = {0, 0};
    for (unsigned k = 0; k < op->nin; k++) {
        const struct tcg_info *i = info(f, op->arg[op->nout + k]);
        in[k] = i->know;
        if (k < 2)
            ver[k] = i->ver;
    }
    struct tcg_know k = tcg_know_op(op, in, f->s->temps[op->arg[0]].type);
    if (tcg_type_is_int(f->s->temps[op->arg[0]].type) && tcg_know_all(&k) && !tcg_has_effect(op)) {
        to_const(f, op, k.ones);
        record_mov(f, op);
        return;
    }
    struct tcg_info *out = tcg_opt_write(f->o, op->arg[0]);
    out->know = k;
    if (notable(op)) {
        out->def = (uint32_t)(op - f->s->ops);
        out->in_ver[0] = ver[0];
        out->in_ver[1] = ver[1];
    }
}

void tcg_opt_fold(struct tcg_ctx *s) {
    struct fold f = {.s = s, .o = tcg_opt_begin(s)};
    if (!f.o)
        return;
    TCG_FOREACH(s, op) {
        if (s->overflow)
            return;
        if (op->opc == TCG_OP_insn_start)
            continue;
        if (op->opc == TCG_OP_set_label) {
            tcg_opt_forget(f.o);
            continue;
        }
        replace_inputs(&f, op);
        simplify(&f, op);
        if (op->opc == TCG_OP_mov && op->arg[0] == op->arg[1])
            tcg_remove(s, op);
        else
            record(&f, op);
    }
}
