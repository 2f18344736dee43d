/* SPDX-License-Identifier: BSD-2-Clause */
/* Dead code and dead stores to globals, in one walk backward.
 *
 * Assumes: a verified unit. Guarantees: an op is removed only if it has no effect (FP ops that accumulate flags
 * have) and nothing can see its outputs. Who sees a global: its readers; every way out of the unit (all of them);
 * every op that may raise, because the guest's handler sees the registers as they were before it; a call that reads
 * or writes globals. Locals die with the unit. What is live at a label is what is live behind it; at a branch
 * backward everything is taken to be live, which keeps it one walk.
 * An extension from 32 bits to 64 is a mov where nobody looks at the upper half: in chains of the W instructions all
 * but the last, up to where a guest's handler could see it.
 * It also turns `op t; mov d, t` into `op d` where t is a local that is not read again. */
#include <string.h>

#include "tcg/opt_int.h"

struct dce {
    struct tcg_ctx *s;
    struct tcg_opt *o;
    unsigned words;
    tcg_tempset live;
    tcg_tempset wide; /* of these: somebody looks at bits 32 to 63 */
};

static bool has(const tcg_tempset set, tcgv t) { return set[t / 64] >> t % 64 & 1; }
static void put(tcg_tempset set, tcgv t) { set[t / 64] |= (uint64_t)1 << t % 64; }
static void drop(tcg_tempset set, tcgv t) { set[t / 64] &= ~((uint64_t)1 << t % 64); }

static void put_globals(struct dce *d) {
    unsigned n = d->s->nglobals + 1; /* and temp 0, which nobody minds */
    for (unsigned w = 0; w < n / 64; w++)
        d->live[w] = d->wide[w] = ~(uint64_t)0;
    d->live[n / 64] |= ((uint64_t)1 << n % 64) - 1;
    d->wide[n / 64] |= ((uint64_t)1 << n % 64) - 1;
}

static void join(struct dce *d, unsigned label, bool only) {
    for (unsigned w = 0; w < d->words; w++) {
        uint64_t back = d->s->region ? 0 : ~(uint64_t)0; /* globals are put below */
        uint64_t there = d->o->label_seen[label] ? d->o->label_live[label][w] : back;
        d->live[w] = (only ? 0 : d->live[w]) | there;
        d->wide[w] = (only ? 0 : d->wide[w]) | there;
    }
    if (!d->o->label_seen[label])
        put_globals(d);
}

/* What leaves, joins or splits the flow behind this op. */
static void flow(struct dce *d, const struct tcg_op *op) {
    switch (op->opc) {
    case TCG_OP_set_label:
        memcpy(d->o->label_live[op->imm[0]], d->live, d->words * sizeof d->live[0]);
        d->o->label_seen[op->imm[0]] = 1;
        break;
    case TCG_OP_br: join(d, (unsigned)op->imm[0], true); break;
    case TCG_OP_brcond: join(d, (unsigned)op->imm[1], false); break;
    case TCG_OP_goto_tb: case TCG_OP_exit_tb: case TCG_OP_goto_ptr:
        memset(d->live, 0, d->words * sizeof d->live[0]);
        memset(d->wide, 0, d->words * sizeof d->wide[0]);
        put_globals(d);
        break;
    default: break;
    }
}

static bool removable(const struct dce *d, const struct tcg_op *op) {
    if (tcg_has_effect(op))
        return false;
    for (unsigned k = 0; k < op->nout; k++)
        if (has(d->live, op->arg[k]))
            return false;
    return true;
}

/* mov d, t behind the op that makes t, whose last reader it is. */
static bool coalesce(struct dce *d, struct tcg_op *op) {
    struct tcg_op *prev = &d->s->ops[op->prev];
    tcgv t = op->arg[1];
    if (op->opc != TCG_OP_mov || !op->prev || d->s->temps[t].kind != TCG_TEMP_LOCAL || has(d->live, t) ||
        op->arg[0] == t || prev->nout != 1 || prev->arg[0] != t || tcg_call_flags(prev) & TCG_H_WRITES)
        return false;
    prev->arg[0] = op->arg[0];
    return true;
}

static bool fits32(const struct dce *d, tcgv t) {
    return tcg_is_const(d->s, t) && d->s->temps[t].val <= 0xffffffffu;
}

/* A bit for each input (an i64) of which the op looks at bits 0 to 31 only. */
static unsigned low_only(const struct dce *d, const struct tcg_op *op) {
    enum { NONE = 0, FIRST = 1, SECOND = 2, ALL = ~0 };
    unsigned low = op->nout && !has(d->wide, op->arg[0]) ? ALL : NONE;
    switch (op->opc) {
    case TCG_OP_mov: case TCG_OP_add: case TCG_OP_sub: case TCG_OP_mul: case TCG_OP_or: case TCG_OP_xor:
    case TCG_OP_andc: case TCG_OP_orc: case TCG_OP_eqv: case TCG_OP_neg: case TCG_OP_not: return low;
    case TCG_OP_and: return low || fits32(d, op->arg[2]) ? ALL : NONE;
    case TCG_OP_shl:
        return low || (tcg_is_const(d->s, op->arg[2]) && (d->s->temps[op->arg[2]].val & 63) >= 32) ? ALL : SECOND;
    case TCG_OP_shr: case TCG_OP_sar: case TCG_OP_rotl: case TCG_OP_rotr: return SECOND;
    case TCG_OP_ext8s: case TCG_OP_ext8u: case TCG_OP_ext16s: case TCG_OP_ext16u: case TCG_OP_ext32s:
    case TCG_OP_ext32u: case TCG_OP_trunc_i64_i32: case TCG_OP_shr32: case TCG_OP_rotr32: return ALL;
    case TCG_OP_guest_st: return (op->imm[0] & TCG_MO_SIZE) < TCG_MO_64 ? FIRST : NONE;
    default: return NONE;
    }
}

static void narrow(const struct dce *d, struct tcg_op *op) {
    if ((op->opc == TCG_OP_ext32s || op->opc == TCG_OP_ext32u) && !has(d->wide, op->arg[0]))
        op->opc = TCG_OP_mov;
}

static void observe(struct dce *d, const struct tcg_op *op) {
    unsigned low = low_only(d, op);
    for (unsigned k = 0; k < op->nout; k++) {
        drop(d->live, op->arg[k]);
        drop(d->wide, op->arg[k]);
    }
    if (tcg_opdefs[op->opc].flags & TCG_F_RAISE || tcg_call_flags(op) & (TCG_H_RAISE | TCG_H_READS | TCG_H_WRITES))
        put_globals(d);
    for (unsigned k = 0; k < op->nin; k++) {
        put(d->live, op->arg[op->nout + k]);
        if (!(low >> k & 1))
            put(d->wide, op->arg[op->nout + k]);
    }
}

void tcg_opt_dce(struct tcg_ctx *s) {
    struct dce d = {.s = s, .o = tcg_opt_begin(s), .words = (s->ntemps + 63) / 64};
    if (!d.o)
        return;
    memset(d.o->label_seen, 0, s->nlabels);
    for (uint32_t i = s->ops[0].prev, prev; i; i = prev) {
        struct tcg_op *op = &s->ops[i];
        prev = op->prev;
        if (op->opc == TCG_OP_insn_start)
            continue;
        flow(&d, op);
        narrow(&d, op);
        if (removable(&d, op) || coalesce(&d, op))
            tcg_remove(s, op);
        else
            observe(&d, op);
    }
}
