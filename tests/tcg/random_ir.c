/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments come from what class.def says an op takes, so that a new op is drawn as soon as it has its row.
 *
 * Guarantees: locals are read only where they are written on every path: what a skipped region defines is forgotten
 * at its label. Loops count down a local of their own, so they end. */
#include "tests/tcg/random_ir.h"

#include "tcg/class.h"
#include "tests/tcg/machine.h"

enum { POOL = 24, TYPES = 4 };
static const uint8_t pool_type[TYPES] = {TCG_I32, TCG_I64, TCG_F32, TCG_F64};

struct gen {
    struct tcg_ctx *s;
    uint64_t rng;
    unsigned features, slots; /* goto_tb slots used */
    int32_t off;
    struct { tcgv t[POOL]; unsigned n; } pool[TYPES]; /* locals that may be read here */
};

static unsigned below(struct gen *g, unsigned n) { return (unsigned)(machine_random(&g->rng) >> 33) % n; }
static bool chance(struct gen *g, unsigned percent) { return below(g, 100) < percent; }

static unsigned pool_of(enum tcg_type t) { return t == TCG_I32 ? 0 : t == TCG_I64 ? 1 : t == TCG_F32 ? 2 : 3; }

static tcgv a_const(struct gen *g, enum tcg_type t) {
    switch (t) {
    case TCG_F32: return tcg_const(g->s, t, machine_random_f32(&g->rng));
    case TCG_F64: return tcg_const(g->s, t, machine_random_f64(&g->rng));
    default: return tcg_const(g->s, t, machine_random_int(&g->rng));
    }
}

static tcgv a_global(struct gen *g, enum tcg_type t) {
    return t == TCG_I64 ? (tcgv)(1 + below(g, MACHINE_NX)) : (tcgv)(1 + MACHINE_NX + below(g, MACHINE_NF));
}

static tcgv input(struct gen *g, enum tcg_type t) {
    unsigned p = pool_of(t);
    bool global = t == TCG_I64 || t == TCG_F64;
    if (chance(g, 20))
        return a_const(g, t);
    if (g->pool[p].n && (!global || chance(g, 60))) /* recent ones more often, so that chains grow */
        return g->pool[p].t[chance(g, 50) ? g->pool[p].n - 1 : below(g, g->pool[p].n)];
    return global ? a_global(g, t) : a_const(g, t);
}

static tcgv output(struct gen *g, enum tcg_type t) {
    unsigned p = pool_of(t);
    if ((t == TCG_I64 || t == TCG_F64) && chance(g, 45))
        return a_global(g, t);
    if (g->pool[p].n == POOL || (g->pool[p].n && chance(g, 30)))
        return g->pool[p].t[below(g, g->pool[p].n)];
    return 0; /* a new local, once the inputs are drawn */
}

static tcgv new_output(struct gen *g, enum tcg_type t) {
    unsigned p = pool_of(t);
    tcgv v = output(g, t);
    if (v)
        return v;
    v = tcg_temp_new(g->s, t);
    g->pool[p].t[g->pool[p].n++] = v;
    return v;
}

/* ---- ops by their class ------------------------------------------------------------------------------------------ */

static int64_t immediate(struct gen *g, char kind) {
    static const uint8_t rms[] = {TCG_RNE, TCG_RTZ, TCG_RDN, TCG_RUP, TCG_RM_DYN, TCG_RM_DYN};
    switch (kind) {
    case 'c': return below(g, TCG_NCONDS);
    case 'k': return below(g, 3);
    case 'v': return below(g, 4);
    case 'g': return below(g, 4);
    case 'w': return below(g, TCG_RMW_MAXU + 1);
    case 'f': return below(g, 16);
    case 'R': return below(g, 2);
    case 'r': return rms[below(g, sizeof rms)];
    default: return 0;
    }
}

static enum tcg_type concrete(struct gen *g, char letter, enum tcg_type t) {
    int r = tcg_class_type(letter, t);
    return r >= 0 ? (enum tcg_type)r : chance(g, 50) ? TCG_I32 : TCG_I64;
}

static enum tcg_type op_type(struct gen *g, enum tcg_opc opc) {
    const struct tcg_classdef *c = &tcg_classes[tcg_opdefs[opc].cls];
    if (tcg_opdefs[opc].flags & TCG_F_I64)
        return TCG_I64;
    switch (c->types[0]) {
    case '-': return c->out[0] ? (enum tcg_type)tcg_class_type(c->out[0], TCG_I64) : TCG_I64;
    case '*': return pool_type[below(g, g->features & RANDOM_IR_FP ? 4 : 2)];
    case 's': return !c->types[1] || chance(g, 50) ? TCG_F32 : TCG_F64;
    default: return chance(g, 30) ? TCG_I32 : TCG_I64;
    }
}

static void gen_plain(struct gen *g, enum tcg_opc opc) {
    const struct tcg_classdef *c = &tcg_classes[tcg_opdefs[opc].cls];
    enum tcg_type t = op_type(g, opc);
    tcgv v[TCG_MAX_ARGS];
    int64_t imm[TCG_MAX_IMM];
    unsigned n = 0;
    for (; c->out[n]; n++)
        ;
    for (unsigned k = 0; c->in[k]; k++)
        v[n + k] = input(g, concrete(g, c->in[k], t));
    for (unsigned k = 0; k < n; k++)
        v[k] = new_output(g, concrete(g, c->out[k], t));
    for (unsigned k = 0; c->imm[k]; k++)
        imm[k] = immediate(g, c->imm[k]);
    tcg_emit_args(g->s, opc, t, v, imm);
}

/* An address in guest memory, a multiple of `align` or not (1); now and then anywhere. */
static tcgv address(struct gen *g, unsigned align) {
    tcgv a = tcg_temp_new(g->s, TCG_I64);
    if (chance(g, 4))
        return input(g, TCG_I64);
    unsigned page = below(g, MACHINE_PAGES), mask = align > 1 ? 0xfff & (0 - align) : chance(g, 60) ? 0x78 : 0xfff;
    tcg_gen_and(g->s, a, input(g, TCG_I64), tcg_const(g->s, TCG_I64, mask));
    tcg_gen_add(g->s, a, a, tcg_const(g->s, TCG_I64, MACHINE_VA + page * TCG_PAGE));
    return a;
}

static unsigned memop(struct gen *g, enum tcg_type t, bool load, bool atomic) {
    unsigned size = t == TCG_F32   ? 2
                    : t == TCG_F64 ? 3
                                   : below(g, t == TCG_I32 ? 3 : 4);
    unsigned mo = size | (load && t <= TCG_I64 && chance(g, 50) ? TCG_MO_SIGN : 0);
    if (atomic)
        mo |= TCG_MO_ALIGN | TCG_MO_STORE_FAULT;
    else if (chance(g, 10))
        mo |= TCG_MO_ALIGN;
    return mo | (chance(g, 10) ? TCG_MO_AQ : 0) | (chance(g, 10) ? TCG_MO_RL : 0);
}

static void insn_start(struct gen *g) {
    tcg_gen_insn_start(g->s, g->off, below(g, 1 << 30), 4);
    g->off += 4;
}

static void gen_memory(struct gen *g) {
    unsigned kind = below(g, 11), role = below(g, 2);
    bool atomic = kind == 8 || kind == 9;
    enum tcg_type t =
        atomic ? (chance(g, 50) ? TCG_I32 : TCG_I64) : pool_type[below(g, g->features & RANDOM_IR_FP ? 4 : 2)];
    unsigned mo = memop(g, t, kind < 4 || atomic, atomic);
    insn_start(g);
    tcgv a = address(g, atomic ? 1u << (mo & TCG_MO_SIZE) : 1);
    if (kind < 4)
        tcg_gen_guest_ld(g->s, new_output(g, t), a, mo, role);
    else if (kind < 8)
        tcg_gen_guest_st(g->s, input(g, t), a, mo, role);
    else if (kind == 10)
        tcg_gen_guest_zero(g->s, a, TCG_MO_8, role);
    else if (kind == 8) {
        tcgv v = input(g, t);
        tcg_gen_guest_rmw(g->s, new_output(g, t), a, v, mo, role, (enum tcg_rmw)immediate(g, 'w'));
    } else {
        tcgv e = input(g, t), v = input(g, t);
        tcg_gen_guest_cas(g->s, new_output(g, t), a, e, v, mo, role);
    }
}

static void gen_env(struct gen *g) {
    uint32_t off = (uint32_t)offsetof(struct tcg_env, guest) + 8 * below(g, 16);
    enum tcg_type t = pool_type[below(g, g->features & RANDOM_IR_FP ? 4 : 2)];
    bool load = chance(g, 50);
    unsigned mo = memop(g, t, load, false) & (TCG_MO_SIZE | TCG_MO_SIGN);
    if (load)
        tcg_gen_ld_env(g->s, new_output(g, t), off, mo);
    else
        tcg_gen_st_env(g->s, input(g, t), off, mo);
}

static void gen_helper(struct gen *g) {
    unsigned h = MACHINE_PURE + below(g, MACHINE_HELPERS - MACHINE_PURE);
    unsigned types = g->features & RANDOM_IR_FP ? 4 : 2;
    tcgv a[4];
    for (unsigned k = 0; k < 4; k++)
        a[k] = input(g, pool_type[below(g, types)]);
    if (tcg_helpers[h].flags & TCG_H_RAISE)
        insn_start(g);
    tcgv ret = tcg_helpers[h].ret && chance(g, 80) ? new_output(g, pool_type[below(g, types)]) : 0;
    tcg_gen_call(g->s, h, ret, a[0], a[1], a[2], a[3]);
}

/* Pairs that the optimiser knows, which chance alone seldom makes. */
static void gen_idiom(struct gen *g) {
    enum tcg_type t = chance(g, 30) ? TCG_I32 : TCG_I64;
    tcgv a = input(g, t), b = input(g, t), bit = tcg_const(g->s, TCG_I64, below(g, 2)), mid = tcg_temp_new(g->s, t);
    tcgv flag = tcg_temp_new(g->s, TCG_I64), v1 = input(g, TCG_I64), v2 = input(g, TCG_I64);
    tcgv n = tcg_const(g->s, t, 8u << below(g, 3)), c1 = a_const(g, t), c2 = a_const(g, t);
    enum tcg_cond c = chance(g, 50) ? TCG_EQ : TCG_NE;
    switch (below(g, 5)) {
    case 0: /* a comparison of a comparison */
        tcg_gen_setcond(g->s, (enum tcg_cond)immediate(g, 'c'), flag, a, b);
        if (chance(g, 50))
            tcg_gen_xor(g->s, flag, flag, tcg_const(g->s, TCG_I64, 1));
        if (chance(g, 50))
            tcg_gen_setcond(g->s, c, new_output(g, TCG_I64), flag, bit);
        else
            tcg_gen_movcond(g->s, c, new_output(g, TCG_I64), flag, bit, v1, v2);
        break;
    case 1: /* a bit test */
        tcg_gen_and(g->s, mid, a, chance(g, 50) ? b : c1);
        tcg_gen_setcond(g->s, c, new_output(g, TCG_I64), mid, tcg_const(g->s, t, 0));
        break;
    case 2: /* an extension by shifts */
        tcg_gen_shl(g->s, mid, a, n);
        (chance(g, 50) ? tcg_gen_shr : tcg_gen_sar)(g->s, new_output(g, t), mid, n);
        break;
    case 3: /* constants that add up */
        (chance(g, 50) ? tcg_gen_add : tcg_gen_sub)(g->s, mid, a, c1);
        tcg_gen_add(g->s, new_output(g, t), mid, c2);
        break;
    default: /* sums of narrow values, extended again */
        tcg_gen_ext16s(g->s, mid, a);
        tcg_gen_add(g->s, mid, mid, chance(g, 50) ? mid : n);
        (chance(g, 50) ? tcg_gen_ext16s : tcg_gen_ext16u)(g->s, new_output(g, t), mid);
        break;
    }
}

static void gen_op(struct gen *g) {
    static const enum tcg_opc last_int = TCG_OP_sm4sub, first_fp = TCG_OP_fadd;
    unsigned r = below(g, 100);
    if (r < 10 && g->features & RANDOM_IR_MEM)
        gen_memory(g);
    else if (r < 15 && g->features & RANDOM_IR_ENV)
        gen_env(g);
    else if (r < 19 && g->features & RANDOM_IR_CALL)
        gen_helper(g);
    else if (r < 22)
        insn_start(g);
    else if (r < 24 && g->features & RANDOM_IR_MEM)
        tcg_gen_fence(g->s, below(g, 16));
    else if (r < 50 && g->features & RANDOM_IR_FP)
        gen_plain(g, (enum tcg_opc)(first_fp + below(g, TCG_NOPS - first_fp)));
    else if (r < 60)
        gen_plain(g, TCG_OP_mov);
    else if (r < 68)
        gen_idiom(g);
    else
        gen_plain(g, (enum tcg_opc)below(g, last_int + 1));
}

/* ---- flow -------------------------------------------------------------------------------------------------------- */

static void gen_end(struct gen *g) {
    unsigned r = below(g, 6);
    if (r < 2 && !(g->slots & 1u << r)) {
        g->slots |= 1u << r;
        tcg_gen_goto_tb(g->s, r, (int32_t)below(g, TCG_PAGE), chance(g, 50));
    } else if (r < 4) {
        tcgv pc =
            tcg_temp_new(g->s, TCG_I64); /* even, as a guest's: odd ones are the empty entries of the jump cache */
        tcg_gen_and(g->s, pc, input(g, TCG_I64), tcg_const(g->s, TCG_I64, ~(uint64_t)1));
        tcg_gen_goto_ptr(g->s, pc, chance(g, 50));
    } else {
        tcg_gen_exit_tb(g->s, chance(g, 50) ? TCG_EXIT_PC : TCG_EXIT_EVENT);
    }
}

static void gen_brcond(struct gen *g, unsigned label) {
    enum tcg_type t = chance(g, 30) ? TCG_I32 : TCG_I64;
    enum tcg_cond c = (enum tcg_cond)immediate(g, 'c');
    tcgv a = input(g, t), b = input(g, t);
    tcg_gen_brcond(g->s, c, a, b, label);
}

static void gen_some(struct gen *g, unsigned n, unsigned depth);

/* brcond over a region, which may end in an exit of its own; or with a second arm. */
static void gen_if(struct gen *g, unsigned n, unsigned depth) {
    struct gen before = *g;
    unsigned els = tcg_label_new(g->s), end = tcg_label_new(g->s), r = below(g, 3);
    gen_brcond(g, els);
    gen_some(g, n / 2, depth + 1);
    if (r == 0)
        gen_end(g);
    else if (r == 1)
        tcg_gen_br(g->s, end);
    tcg_gen_set_label(g->s, els);
    for (unsigned p = 0; p < TYPES; p++)
        g->pool[p] = before.pool[p];
    if (r == 1) {
        gen_some(g, n / 2, depth + 1);
        tcg_gen_set_label(g->s, end);
        for (unsigned p = 0; p < TYPES; p++)
            g->pool[p] = before.pool[p];
    }
}

static void gen_loop(struct gen *g, unsigned n, unsigned depth) {
    unsigned top = tcg_label_new(g->s);
    tcgv count = tcg_temp_new(g->s, TCG_I64), one = tcg_const(g->s, TCG_I64, 1), zero = tcg_const(g->s, TCG_I64, 0);
    tcg_gen_mov(g->s, count, tcg_const(g->s, TCG_I64, 1 + below(g, 3)));
    tcg_gen_set_label(g->s, top);
    gen_some(g, n, depth + 1);
    tcg_gen_sub(g->s, count, count, one);
    tcg_gen_brcond(g->s, TCG_NE, count, zero, top);
}

static void gen_some(struct gen *g, unsigned n, unsigned depth) {
    while (n) {
        unsigned part = 1 + below(g, n);
        if (g->features & RANDOM_IR_BRANCH && depth < 3 && part > 2 && chance(g, 15)) {
            if (chance(g, 70))
                gen_if(g, part, depth);
            else
                gen_loop(g, part, depth);
            n -= part;
        } else {
            gen_op(g);
            n--;
        }
    }
}

void random_ir(struct tcg_ctx *s, uint64_t seed, unsigned features, unsigned ops) {
    struct gen g = {.s = s, .rng = seed, .features = features};
    tcg_begin(s, (uint32_t)(seed & 0xffff), 0);
    insn_start(&g);
    gen_some(&g, ops, 0);
    gen_end(&g);
}
