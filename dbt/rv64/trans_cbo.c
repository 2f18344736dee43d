/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicbom and Zicboz: all in the helper, but for cbo.zero where it is enabled: kernels clear their pages by it. */
#include "dbt/rv64/translate.h"

static bool cbo(struct rv64_ctx *c, const struct arg_un *a, enum rv64_cbo op) {
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_cbo, 0, ctx_x(c, a->rs1), ctx_imm(c, op), ctx_imm(c, ctx_role(c)), ctx_imm(c, c->bits));
    return true;
}

bool trans_cbo_inval(struct rv64_ctx *c, const struct arg_un *a) { return cbo(c, a, CBO_INVAL); }
bool trans_cbo_clean(struct rv64_ctx *c, const struct arg_un *a) { return cbo(c, a, CBO_CLEAN); }
bool trans_cbo_flush(struct rv64_ctx *c, const struct arg_un *a) { return cbo(c, a, CBO_FLUSH); }

bool trans_cbo_zero(struct rv64_ctx *c, const struct arg_un *a) {
    if (!(c->b->flags & TBF_CBZE))
        return cbo(c, a, CBO_ZERO);
    rv64_sync_count(c);
    tcg_gen_guest_zero(c->s, ctx_x(c, a->rs1), TCG_MO_8, ctx_role(c));
    return true;
}
