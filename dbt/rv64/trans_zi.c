/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicond, what Zcb has no 32-bit instruction for, Zimop, Zcmop, Zawrs, and the hints with a name: Zihintpause,
 * Zihintntl, Zicbop. */
#include "dbt/rv64/translate.h"

/* rd = rs1, or 0 if rs2 is (is not) 0. */
static bool zero_if(struct rv64_ctx *c, const struct arg_r *a, enum tcg_cond cond) {
    tcgv zero = ctx_imm(c, 0);
    if (a->rd)
        tcg_gen_movcond(c->s, cond, rv64_x[a->rd], ctx_x(c, a->rs2), zero, zero, ctx_x(c, a->rs1));
    return true;
}

bool trans_czero_eqz(struct rv64_ctx *c, const struct arg_r *a) { return zero_if(c, a, TCG_EQ); }
bool trans_czero_nez(struct rv64_ctx *c, const struct arg_r *a) { return zero_if(c, a, TCG_NE); }

/* ---- Zcb -------------------------------------------------------------------------------------------------------- */

bool trans_zext_b(struct rv64_ctx *c, const struct arg_un *a) {
    tcg_gen_ext8u(c->s, ctx_xd(c, a->rd), ctx_x(c, a->rs1));
    return true;
}
bool trans_zext_w(struct rv64_ctx *c, const struct arg_un *a) {
    tcg_gen_ext32u(c->s, ctx_xd(c, a->rd), ctx_x(c, a->rs1));
    return true;
}
bool trans_not(struct rv64_ctx *c, const struct arg_un *a) {
    tcg_gen_not(c->s, ctx_xd(c, a->rd), ctx_x(c, a->rs1));
    return true;
}

/* ---- Zimop, Zcmop: rd = 0; the compressed ones do nothing ------------------------------------------------------- */

bool trans_mop_r(struct rv64_ctx *c, const struct arg_un *a) {
    tcg_gen_mov(c->s, ctx_xd(c, a->rd), ctx_imm(c, 0));
    return true;
}
bool trans_mop_rr(struct rv64_ctx *c, const struct arg_r *a) {
    tcg_gen_mov(c->s, ctx_xd(c, a->rd), ctx_imm(c, 0));
    return true;
}
bool trans_c_mop(struct rv64_ctx *c, const struct arg_none *a) {
    (void)c, (void)a;
    return true;
}

/* ---- hints ------------------------------------------------------------------------------------------------------ */

bool trans_hint(struct rv64_ctx *c, const struct arg_none *a) {
    (void)c, (void)a;
    return true;
}
bool trans_prefetch(struct rv64_ctx *c, const struct arg_i *a) {
    (void)c, (void)a;
    return true;
}

/* ---- Zawrs: the helper waits, a bounded time; an interrupt that ended the wait is taken at once ----------------- */

static bool wait_on_reservation(struct rv64_ctx *c, bool forever) {
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_wrs, 0, ctx_imm(c, forever), ctx_imm(c, ctx_role(c)), ctx_imm(c, c->bits), 0);
    rv64_retire(c);
    rv64_gen_jump_poll(c, 0, c->next);
    return true;
}

bool trans_wrs_nto(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    return wait_on_reservation(c, true);
}
bool trans_wrs_sto(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    return wait_on_reservation(c, false);
}
