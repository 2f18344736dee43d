/* SPDX-License-Identifier: BSD-2-Clause */
/* Unreachable code: ops behind a terminator up to the next label that is branched to, branches to the label that
 * follows them, labels that nothing branches to.
 *
 * Assumes: a verified unit. Guarantees: every label left is branched to. A loop that is entered from nowhere stays.
 * One walk forward after one that counts; a label is dropped when the last branch to it went before it came. */
#include "tcg/opt_int.h"

static int target(const struct tcg_op *op) {
    return op->opc == TCG_OP_br ? (int)op->imm[0] : op->opc == TCG_OP_brcond ? (int)op->imm[1] : -1;
}

void tcg_opt_unreach(struct tcg_ctx *s) {
    uint16_t refs[TCG_MAX_LABELS];
    bool dead = false;
    for (unsigned l = 0; l < s->nlabels; l++)
        refs[l] = 0;
    TCG_FOREACH(s, op)
        if (target(op) >= 0)
            refs[target(op)]++;
    TCG_FOREACH(s, op) {
        if (op->opc == TCG_OP_set_label) {
            uint16_t *here = &refs[op->imm[0]];
            dead = dead && !*here;
            for (struct tcg_op *b = &s->ops[op->prev]; op->prev && target(b) == op->imm[0]; b = &s->ops[op->prev]) {
                tcg_remove(s, b);
                --*here;
            }
            if (!*here)
                tcg_remove(s, op);
        } else if (dead) {
            if (target(op) >= 0)
                refs[target(op)]--;
            tcg_remove(s, op);
        } else {
            dead = tcg_opdefs[op->opc].flags & TCG_F_TERM;
        }
    }
}
