/* SPDX-License-Identifier: BSD-2-Clause */
/* What tcg_gen_*() stand on: appends ops with their arguments.
 *
 * Assumes: arguments fit the op (the verifier says so in debug builds). Guarantees: one op appended a call, or none
 * for a mov of a temp to itself; folding is the optimiser's. */
#include "tcg/ir.h"

void tcg_emit_args(struct tcg_ctx *s, enum tcg_opc opc, enum tcg_type type, const tcgv *v, const int64_t *i) {
    const struct tcg_opdef *def = &tcg_opdefs[opc];
    if (opc == TCG_OP_mov && v[0] == v[1])
        return;
    struct tcg_op *op = tcg_emit(s, opc, type);
    for (unsigned k = 0; k < (unsigned)def->nout + def->nin; k++)
        op->arg[k] = v[k];
    for (unsigned k = 0; k < def->nimm; k++)
        op->imm[k] = i[k];
}

void tcg_gen_call(struct tcg_ctx *s, unsigned helper, tcgv ret, tcgv a, tcgv b, tcgv c, tcgv d) {
    struct tcg_op *op = tcg_emit(s, TCG_OP_call, ret ? tcg_typeof(s, ret) : TCG_I64);
    const tcgv in[] = {a, b, c, d};
    op->nout = ret != 0;
    op->nin = tcg_helpers[helper].nargs;
    op->arg[0] = ret;
    for (unsigned k = 0; k < op->nin; k++)
        op->arg[op->nout + k] = in[k];
    op->imm[0] = helper;
}
