/* SPDX-License-Identifier: BSD-2-Clause */
/* M: multiplication and division. The IR's division is total in the way that RISC-V's is (tcg/ops.def). */
#include "dbt/rv64/translate.h"

bool trans_mul(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_mul); }
bool trans_mulh(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_mulsh); }
bool trans_mulhsu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_mulsuh); }
bool trans_mulhu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_muluh); }
bool trans_div(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_div); }
bool trans_divu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_divu); }
bool trans_rem(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_rem); }
bool trans_remu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_remu); }

/* The low half of a product depends on the low halves only. */
bool trans_mulw(struct rv64_ctx *c, const struct arg_r *a) {
    return ctx_op_low(c, a->rd, ctx_x(c, a->rs1), ctx_x(c, a->rs2), tcg_gen_mul);
}

bool trans_divw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_div); }
bool trans_divuw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_divu); }
bool trans_remw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_rem); }
bool trans_remuw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_remu); }
