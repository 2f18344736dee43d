/* SPDX-License-Identifier: BSD-2-Clause */
/* `add t, base, imm` before a guest memory op that is t's only use: the op takes base, and the offset as an
 * immediate. `shl t, a, 1..3; add d, t, b` likewise: one lea, the shift in X86_SCALE of the add. `ld_env t;
 * brcond t, 0`: a comparison in memory. Then groups: what saves
 * and restores registers on the stack is one probe of the TLB.
 *
 * Assumes: tcg_liveness() has run. Guarantees: op->life is right again. */
#include <string.h>

#include "tcg/x86/x86.h"

static bool is_memory(const struct tcg_op *op) {
    return op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st || op->opc == TCG_OP_guest_rmw ||
           op->opc == TCG_OP_guest_cas;
}

/* The offset also has to leave room for the access's last byte. */
static bool fits(const struct tcg_ctx *s, tcgv t) {
    int64_t v = (int64_t)s->temps[t].val;
    return tcg_is_const(s, t) && v > INT32_MIN + 16 && v < INT32_MAX - 16;
}

static bool folds(const struct tcg_ctx *s, const struct tcg_op *add, const struct tcg_op *op) {
    tcgv t = add->arg[0];
    if (add->opc != TCG_OP_add || add->type != TCG_I64 || s->temps[t].kind != TCG_TEMP_LOCAL ||
        tcg_is_const(s, add->arg[1]))
        return false;
    if (op->arg[1] != t || !(op->life & TCG_LIFE_DEAD(1)) || !fits(s, add->arg[2]))
        return false;
    for (unsigned i = 0; i < (unsigned)op->nout + op->nin; i++) /* nor is t what is stored */
        if (i != 1 && op->arg[i] == t)
            return false;
    return true;
}

/* What liveness would have said of base as operand 1. */
static void move_life(struct tcg_op *op, const struct tcg_op *add) {
    tcgv base = add->arg[1];
    unsigned dead = add->life & TCG_LIFE_DEAD(1), unused = add->life & TCG_LIFE_UNUSED(1);
    for (unsigned i = op->nout; i < (unsigned)op->nout + op->nin; i++)
        if (i != 1 && op->arg[i] == base) {
            dead = op->life & TCG_LIFE_DEAD(i) ? TCG_LIFE_DEAD(1) : 0;
            unused = op->life & TCG_LIFE_UNUSED(i) ? TCG_LIFE_UNUSED(1) : 0;
        }
    op->life = (uint16_t)((op->life & ~(TCG_LIFE_DEAD(1) | TCG_LIFE_UNUSED(1))) | dead | unused);
    op->arg[1] = base;
}

static void fold_address(struct tcg_ctx *s, struct tcg_op *op, struct tcg_op *last) {
    op->imm[X86_FOLD_OFF] = 0;
    if (op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st)
        op->imm[X86_GROUP] = 0;
    if (last && folds(s, last, op)) {
        op->imm[X86_FOLD_OFF] = (int64_t)s->temps[last->arg[2]].val;
        move_life(op, last);
        tcg_remove(s, last);
    }
}

/* ---- scaled additions ---- */

static bool scales(const struct tcg_ctx *s, const struct tcg_op *shl, const struct tcg_op *add) {
    if (shl->opc != TCG_OP_shl || shl->type != TCG_I64 || !tcg_is_const(s, shl->arg[2]) || tcg_is_const(s, shl->arg[1]))
        return false;
    uint64_t n = s->temps[shl->arg[2]].val;
    return n >= 1 && n <= 3 && add->arg[1] != add->arg[2];
}

/* The shifted operand is put first. */
static bool scaled_first(struct tcg_op *add, tcgv t) {
    if (add->arg[2] == t) {
        unsigned first = add->life & (TCG_LIFE_DEAD(1) | TCG_LIFE_UNUSED(1));
        unsigned second = add->life & (TCG_LIFE_DEAD(2) | TCG_LIFE_UNUSED(2));
        unsigned step = TCG_LIFE_DEAD(2) / TCG_LIFE_DEAD(1);
        add->life = (uint16_t)((add->life & ~(first | second)) | first * step | second / step);
        add->arg[2] = add->arg[1];
        add->arg[1] = t;
    }
    return add->arg[1] == t && add->life & TCG_LIFE_DEAD(1);
}

static void fold_scale(struct tcg_ctx *s, struct tcg_op *add, struct tcg_op *last) {
    add->imm[X86_SCALE] = 0;
    if (add->type == TCG_I64 && last && scales(s, last, add) && !tcg_is_const(s, add->arg[2]) &&
        scaled_first(add, last->arg[0])) {
        add->imm[X86_SCALE] = (int64_t)s->temps[last->arg[2]].val;
        move_life(add, last);
        tcg_remove(s, last);
    }
}

/* The op's own comparison of a field of env with 0. */
static void fold_field(struct tcg_ctx *s, struct tcg_op *op, struct tcg_op *last) {
    op->imm[X86_FIELD] = 0;
    if (!last || last->opc != TCG_OP_ld_env || last->arg[0] != op->arg[0] || !(op->life & TCG_LIFE_DEAD(0)) ||
        s->temps[op->arg[0]].kind != TCG_TEMP_LOCAL || !tcg_is_const(s, op->arg[1]) || s->temps[op->arg[1]].val ||
        last->imm[1] != (op->type == TCG_I64 ? TCG_MO_64 : TCG_MO_32) || s->temps[op->arg[0]].type != op->type)
        return;
    op->imm[X86_FIELD] = last->imm[0] + 1;
    op->arg[0] = op->arg[1];
    tcg_remove(s, last);
}

static void fold_arithmetic(struct tcg_ctx *s) {
    struct tcg_op *last = NULL; /* the op before, boundaries of instructions not counted */
    TCG_FOREACH(s, op) {
        if (op->opc == TCG_OP_insn_start)
            continue;
        if (op->opc == TCG_OP_add)
            fold_scale(s, op, last);
        else if (op->opc == TCG_OP_brcond)
            fold_field(s, op, last);
        else if (is_memory(op))
            fold_address(s, op, last);
        last = op;
    }
}

/* ---- groups ---- */

enum { GROUP_SPAN = 512 };

struct group {
    struct tcg_op *first;
    int64_t lo, hi; /* offsets of the first and the last byte */
    bool open;      /* the base is still what it was */
};

static bool plain(const struct tcg_op *op) {
    const unsigned special = TCG_MO_ALIGN | TCG_MO_ATOMIC | TCG_MO_STORE_FAULT;
    return (op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st) && !(op->imm[0] & special);
}

/* Placing the operands of a member must leave r11 alone; floating-point constants do not. */
static bool joins(const struct tcg_ctx *s, const struct group *g, const struct tcg_op *op) {
    int64_t lo = op->imm[X86_FOLD_OFF], hi = lo + (1 << (op->imm[0] & TCG_MO_SIZE)) - 1;
    if (!g->first || !g->open || op->opc != g->first->opc || op->arg[1] != g->first->arg[1] ||
        op->imm[1] != g->first->imm[1])
        return false;
    if (tcg_is_const(s, op->arg[1]) || (op->opc == TCG_OP_guest_st && tcg_type_is_fp(op->type)))
        return false;
    return (hi > g->hi ? hi : g->hi) - (lo < g->lo ? lo : g->lo) < GROUP_SPAN;
}

static void join(struct group *g, struct tcg_op *op) {
    int64_t lo = op->imm[X86_FOLD_OFF], size = 1 << (g->first->imm[0] & TCG_MO_SIZE);
    int64_t hi = lo + (1 << (op->imm[0] & TCG_MO_SIZE)) - 1, own = g->first->imm[X86_FOLD_OFF];
    g->lo = lo < g->lo ? lo : g->lo;
    g->hi = hi > g->hi ? hi : g->hi;
    op->imm[X86_GROUP] = X86_MEMBER;
    g->first->imm[X86_GROUP] = x86_leader((unsigned)(own - g->lo), (unsigned)(g->hi - (own + size - 1)));
}

static void start(struct group *g, struct tcg_op *op) {
    g->first = op;
    g->lo = op->imm[X86_FOLD_OFF];
    g->hi = g->lo + (1 << (op->imm[0] & TCG_MO_SIZE)) - 1;
}

static void join_groups(struct tcg_ctx *s) {
    struct group g = {0};
    TCG_FOREACH(s, op) {
        if (op->opc == TCG_OP_insn_start)
            continue;
        if (!plain(op)) {
            g.first = NULL;
            continue;
        }
        if (joins(s, &g, op))
            join(&g, op);
        else
            start(&g, op);
        g.open = !(op->nout && op->arg[0] == op->arg[1]);
    }
}

/* ---- bases known to be in the window ---- */

enum { STEP_MAX = 4096 }; /* times the ops of a unit this stays far below the guard around the window */

/* What an op makes of a base in the window by a small step is one, too; anything else is not known. */
static bool stays(const struct tcg_ctx *s, const struct tcg_op *op, const tcg_map in) {
    if (op->opc == TCG_OP_mov)
        return tcg_map_test(in, op->arg[1]);
    if (op->opc != TCG_OP_add || op->type != TCG_I64 || !tcg_is_const(s, op->arg[2]))
        return false;
    int64_t step = (int64_t)s->temps[op->arg[2]].val;
    return tcg_map_test(in, op->arg[1]) && step >= -STEP_MAX && step <= STEP_MAX;
}

static void find_known(struct tcg_ctx *s) {
    tcg_map in = {0};
    TCG_FOREACH(s, op) {
        if (op->opc == TCG_OP_set_label) {
            memset(in, 0, sizeof in);
            continue;
        }
        bool plain_access = op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st;
        if (plain_access && tcg_map_test(in, op->arg[1]))
            op->imm[X86_GROUP] = X86_MEMBER;
        if (plain_access)
            tcg_map_set(in, op->arg[1]);
        bool known = op->nout == 1 && stays(s, op, in);
        for (unsigned i = 0; i < op->nout; i++)
            tcg_map_clear(in, op->arg[i]);
        if (known)
            tcg_map_set(in, op->arg[0]);
    }
}

void x86_fold(struct tcg_ctx *s) {
    fold_arithmetic(s);
    if (x86_memory == TCG_MEMORY_SOFT)
        join_groups(s);
    else if (x86_memory == TCG_MEMORY_WINDOW)
        find_known(s);
}
