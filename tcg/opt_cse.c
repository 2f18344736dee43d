/* SPDX-License-Identifier: BSD-2-Clause */
/* Common subexpressions: a pure op whose result is still held by the temp that got it becomes a mov.
 *
 * Assumes: a verified unit, best after tcg_opt_fold() (operands in their canonical order). Guarantees: the same
 * effects; a table of fixed size, so it may miss some. Loads (ld_env too) are never merged. Linear. */
#include "tcg/opt_int.h"

static unsigned hash(const struct tcg_ctx *s, const struct tcg_op *op) {
    uint32_t h = op->opc + 64u * op->type + 512u * s->temps[op->arg[0]].type + 977u * (uint32_t)op->imm[0];
    for (unsigned k = op->nout; k < (unsigned)op->nout + op->nin; k++)
        h = (h ^ op->arg[k]) * 0x9e3779b1u;
    return h >> (32 - TCG_CSE_BITS);
}

static bool same(const struct tcg_ctx *s, const struct tcg_op *a, const struct tcg_op *b) {
    if (a->opc != b->opc || a->type != b->type || a->nin != b->nin)
        return false;
    for (unsigned k = 1; k < 1u + a->nin; k++)
        if (a->arg[k] != b->arg[k])
            return false;
    for (unsigned k = 0; k < tcg_opdefs[a->opc].nimm; k++)
        if (a->imm[k] != b->imm[k])
            return false;
    return s->temps[a->arg[0]].type == s->temps[b->arg[0]].type;
}

/* What e noted is the same computation, its inputs and its result have not been written since. */
static bool holds(struct tcg_opt *o, const struct tcg_ctx *s, const struct tcg_cse_entry *e, const struct tcg_op *op) {
    if (e->gen != o->gen || !same(s, &s->ops[e->op], op))
        return false;
    for (unsigned k = 0; k < op->nin; k++)
        if (tcg_opt_info(o, s, op->arg[1 + k])->ver != e->in_ver[k])
            return false;
    return tcg_opt_info(o, s, s->ops[e->op].arg[0])->ver == e->out_ver;
}

static bool eligible(const struct tcg_op *op) {
    return op->nout == 1 && op->nin && op->opc != TCG_OP_mov && op->opc != TCG_OP_call && op->opc != TCG_OP_ld_env &&
           !tcg_has_effect(op);
}

static void visit(struct tcg_opt *o, struct tcg_ctx *s, struct tcg_op *op) {
    struct tcg_cse_entry *e = &o->cse[hash(s, op)];
    if (holds(o, s, e, op)) {
        tcgv d = op->arg[0], src = s->ops[e->op].arg[0];
        op->opc = TCG_OP_mov;
        op->type = s->temps[d].type;
        op->nin = 1;
        op->arg[1] = src;
        if (d == src)
            tcg_remove(s, op);
        else
            tcg_opt_write(o, d);
        return;
    }
    e->gen = o->gen;
    e->op = (uint32_t)(op - s->ops);
    for (unsigned k = 0; k < op->nin; k++)
        e->in_ver[k] = tcg_opt_info(o, s, op->arg[1 + k])->ver;
    e->out_ver = tcg_opt_write(o, op->arg[0])->ver;
}

void tcg_opt_cse(struct tcg_ctx *s) {
    struct tcg_opt *o = tcg_opt_begin(s);
    if (!o)
        return;
    TCG_FOREACH(s, op) {
        if (op->opc == TCG_OP_insn_start) {
            continue;
        } else if (op->opc == TCG_OP_set_label) {
            tcg_opt_forget(o);
        } else if (eligible(op)) {
            visit(o, s, op);
        } else {
            if (tcg_call_flags(op) & TCG_H_WRITES)
                tcg_opt_write_globals(o, s);
            if (op->nout)
                tcg_opt_write(o, op->arg[0]);
        }
    }
}
