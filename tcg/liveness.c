/* SPDX-License-Identifier: BSD-2-Clause */
/* Liveness: one walk from the last op to the first.
 *
 * Assumes: a verified unit. Jumps go forward; where one goes back, all temps count as live at its target.
 * Guarantees: op->life is exact within a basic block and on the safe side over edges. A global is live where an exit, a
 * label, a raising op or a helper that reads globals can observe it; so a global that is overwritten before anyone
 * can look is dead. Ops without effect whose results are dead are removed. */
#include <string.h>

#include "tcg/target.h"

struct live {
    struct tcg_ctx *s;
    struct tcg_emit *e;
    unsigned words;
    tcg_map globals; /* constant */
    tcg_map live;    /* the value is needed */
    tcg_map use;     /* a later op of the same stretch takes it as an operand */
    tcg_map crossed; /* is live at a gate that comes later */
    bool seen[TCG_MAX_LABELS];
    tcg_map label_use, label_crossed; /* use and crossed at the label seen last */
    const struct tcg_op *label;
};

static void set_globals(struct live *l) {
    for (unsigned i = 0; i < l->words; i++)
        l->live[i] |= l->globals[i];
}

static void clear_globals(struct live *l) {
    for (unsigned i = 0; i < l->words; i++)
        l->live[i] &= ~l->globals[i];
}

static unsigned helper_flags(const struct tcg_op *op) {
    unsigned h = (unsigned)op->imm[0];
    return h < tcg_nhelpers ? tcg_helpers[h].flags : TCG_H_RAISE | TCG_H_READS | TCG_H_WRITES;
}

static bool is_gate(const struct tcg_op *op) {
    return op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st || op->opc == TCG_OP_guest_rmw ||
           op->opc == TCG_OP_guest_cas || op->opc == TCG_OP_guest_zero || op->opc == TCG_OP_call;
}

static uint32_t before(const struct tcg_ctx *s, const struct tcg_op *op) {
    uint32_t i = op->prev;
    while (i && s->ops[i].opc == TCG_OP_insn_start)
        i = s->ops[i].prev;
    return i;
}

/* `brcond L; goto_tb; L:` is one stretch: emit.c joins it. */
static bool joined(const struct live *l, const struct tcg_op *brcond) {
    const struct tcg_ctx *s = l->s;
    return l->label && l->label->imm[0] == brcond->imm[1] && &s->ops[before(s, &s->ops[before(s, l->label)])] == brcond;
}

/* At each label of a region they are wanted in their registers. */
static void set_carried(struct live *l) {
    for (unsigned i = 0; i < l->e->ncarry; i++) {
        tcg_map_set(l->use, l->e->carry[i].t);
        tcg_map_set(l->crossed, l->e->carry[i].t);
    }
}

/* What the control flow after op needs; before its own operands are looked at. */
static void edges(struct live *l, const struct tcg_op *op) {
    unsigned label;
    switch (op->opc) {
    case TCG_OP_goto_tb:
    case TCG_OP_exit_tb:
    case TCG_OP_goto_ptr:
        memset(l->live, 0, l->words * 8);
        memset(l->use, 0, l->words * 8);
        memset(l->crossed, 0, l->words * 8);
        set_globals(l);
        if (l->e->loop && tcg_is_self_jump(l->s, op))
            for (unsigned i = 0; i < l->e->ncarry; i++)
                tcg_map_set(l->use, l->e->carry[i].t);
        break;
    case TCG_OP_br:
        memset(l->live, 0, l->words * 8);
        memset(l->use, 0, l->words * 8);
        /* fall through */
    case TCG_OP_brcond:
        label = (unsigned)op->imm[op->opc == TCG_OP_brcond];
        l->e->label_refs[label]++;
        for (unsigned i = 0; i < l->words; i++)
            l->live[i] |= l->seen[label] ? l->e->label_live[label][i] : l->s->region ? 0 : ~(uint64_t)0;
        set_globals(l);
        if (l->s->region)
            set_carried(l);
        if (op->opc == TCG_OP_brcond && joined(l, op))
            for (unsigned i = 0; i < l->words; i++) {
                l->use[i] |= l->label_use[i];
                l->crossed[i] |= l->label_crossed[i];
            }
        break;
    case TCG_OP_set_label:
        label = (unsigned)op->imm[0];
        set_globals(l);
        memcpy(l->e->label_live[label], l->live, l->words * 8);
        l->seen[label] = true;
        l->label = op;
        memcpy(l->label_use, l->use, l->words * 8);
        memcpy(l->label_crossed, l->crossed, l->words * 8);
        memset(l->use, 0, l->words * 8);
        if (l->s->region)
            set_carried(l);
        break;
    }
}

static bool removable(const struct live *l, const struct tcg_op *op) {
    if (op->nout == 0)
        return false;
    if ((tcg_opdefs[op->opc].flags & TCG_F_EFFECT) && !(op->opc == TCG_OP_call && helper_flags(op) & TCG_H_PURE))
        return false;
    for (unsigned i = 0; i < op->nout; i++)
        if (tcg_map_test(l->live, op->arg[i]))
            return false;
    return true;
}

static void outputs(struct live *l, struct tcg_op *op) {
    for (unsigned i = 0; i < op->nout; i++) {
        tcgv t = op->arg[i];
        if (!tcg_map_test(l->live, t))
            op->life |= TCG_LIFE_DEAD(i);
        if (!tcg_map_test(l->use, t))
            op->life |= TCG_LIFE_UNUSED(i);
        if (i == 0 && tcg_map_test(l->crossed, t))
            op->life |= TCG_LIFE_CROSSES;
        tcg_map_clear(l->live, t);
        tcg_map_clear(l->use, t);
        tcg_map_clear(l->crossed, t);
    }
}

static void inputs(struct live *l, struct tcg_op *op) {
    for (unsigned i = op->nout; i < (unsigned)op->nout + op->nin; i++) {
        tcgv t = op->arg[i];
        if (!tcg_map_test(l->live, t))
            op->life |= TCG_LIFE_DEAD(i);
        if (!tcg_map_test(l->use, t))
            op->life |= TCG_LIFE_UNUSED(i);
    }
    for (unsigned i = op->nout; i < (unsigned)op->nout + op->nin; i++) {
        tcg_map_set(l->live, op->arg[i]);
        tcg_map_set(l->use, op->arg[i]);
    }
    /* Two-address ops hand on the register of their first input: then it should be a lasting one, too. */
    if (op->nout && op->nin && op->life & TCG_LIFE_CROSSES && op->life & TCG_LIFE_DEAD(op->nout))
        tcg_map_set(l->crossed, op->arg[op->nout]);
}

static void gates(struct live *l, const struct tcg_op *op) {
    unsigned flags = op->opc == TCG_OP_call ? helper_flags(op) : TCG_H_RAISE;
    for (unsigned i = 0; i < l->words; i++)
        l->crossed[i] |= l->live[i];
    if (flags & TCG_H_WRITES)
        memset(l->use, 0, l->words * 8); /* for locals this is only a little pessimistic */
    if (flags & (TCG_H_RAISE | TCG_H_READS | TCG_H_WRITES))
        set_globals(l);
}

void tcg_liveness(struct tcg_ctx *s, struct tcg_emit *e) {
    struct live l;
    l.s = s;
    l.e = e;
    l.label = NULL;
    l.words = (s->ntemps + 63) / 64;
    memset(l.live, 0, l.words * 8);
    memset(l.use, 0, l.words * 8);
    memset(l.crossed, 0, l.words * 8);
    memset(l.seen, 0, s->nlabels * sizeof l.seen[0]);
    memset(e->label_refs, 0, s->nlabels * sizeof e->label_refs[0]);
    unsigned end = s->nglobals + 1; /* they are temps 1 to nglobals; temp 0 nobody minds */
    for (unsigned w = 0; w < l.words; w++)
        l.globals[w] = w < end / 64 ? ~(uint64_t)0 : w == end / 64 ? ((uint64_t)1 << end % 64) - 1 : 0;
    clear_globals(&l);
    for (uint32_t i = s->ops[0].prev, prev; i; i = prev) {
        struct tcg_op *op = &s->ops[i];
        prev = op->prev;
        op->life = 0;
        if (op->opc == TCG_OP_insn_start)
            continue;
        edges(&l, op);
        if (removable(&l, op)) {
            tcg_remove(s, op);
            continue;
        }
        outputs(&l, op);
        if (is_gate(op))
            gates(&l, op);
        inputs(&l, op);
    }
}
