/* SPDX-License-Identifier: BSD-2-Clause */
/* A: lr, sc and AMOs. A misaligned address raises. lr remembers address and value in env.guest[]; sc compares the
 * address and then swaps if the memory still holds the value: another hart's store of the same value goes unseen,
 * as on every translator that works by compare and swap. A failing sc raises only if its address is misaligned. */
#include "dbt/rv64/translate.h"

#define RESV_ADDR (offsetof(struct tcg_env, guest) + 8 * G_RESV_ADDR)
#define RESV_VAL (offsetof(struct tcg_env, guest) + 8 * G_RESV_VAL)

static unsigned order(const struct arg_amo *a) { return (a->aq ? TCG_MO_AQ : 0) | (a->rl ? TCG_MO_RL : 0); }

static bool load_reserved(struct rv64_ctx *c, const struct arg_amo *a, unsigned memop) {
    tcgv addr = ctx_x(c, a->rs1), val = ctx_new(c);
    rv64_sync_count(c);
    tcg_gen_guest_ld(c->s, val, addr, memop | TCG_MO_ALIGN | TCG_MO_ATOMIC | order(a), ctx_role(c));
    tcg_gen_st_env(c->s, addr, RESV_ADDR, TCG_MO_64);
    tcg_gen_st_env(c->s, val, RESV_VAL, TCG_MO_64);
    if (a->rd)
        tcg_gen_mov(c->s, rv64_x[a->rd], val);
    return true;
}

bool trans_lr_w(struct rv64_ctx *c, const struct arg_amo *a) { return load_reserved(c, a, TCG_MO_32 | TCG_MO_SIGN); }
bool trans_lr_d(struct rv64_ctx *c, const struct arg_amo *a) { return load_reserved(c, a, TCG_MO_64); }

/* A register as an operand of the access's type. */
static tcgv operand(struct rv64_ctx *c, int n, enum tcg_type type) {
    return type == TCG_I32 ? ctx_w(c, n) : ctx_x(c, n);
}

/* old = what was there, `fail` = 0 if it was as expected and the register is stored. */
static void gen_cas(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_type type, unsigned memop, tcgv addr,
                    tcgv fail) {
    tcgv expect = ctx_new(c), old = tcg_temp_new(c->s, type);
    tcg_gen_ld_env(c->s, expect, RESV_VAL, TCG_MO_64);
    if (type == TCG_I32) {
        tcgv low = tcg_temp_new(c->s, TCG_I32);
        tcg_gen_trunc_i64_i32(c->s, low, expect);
        expect = low;
    }
    tcg_gen_guest_cas(c->s, old, addr, expect, operand(c, a->rs2, type), memop | TCG_MO_ALIGN | order(a), ctx_role(c));
    tcg_gen_setcond(c->s, TCG_NE, fail, old, expect);
}

/* No reservation: an odd address, which no aligned one equals. So a misaligned address never matches, and is
 * looked for only where the addresses differ. */
static bool store_conditional(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_type type, unsigned memop) {
    tcgv resv = ctx_new(c), fail = ctx_new(c), addr = ctx_x(c, a->rs1);
    unsigned differ = tcg_label_new(c->s), done = tcg_label_new(c->s);
    rv64_sync_count(c);
    tcg_gen_ld_env(c->s, resv, RESV_ADDR, TCG_MO_64);
    tcg_gen_st_env(c->s, ctx_imm(c, -1), RESV_ADDR, TCG_MO_64);
    tcg_gen_mov(c->s, fail, ctx_imm(c, 1));
    tcg_gen_brcond(c->s, TCG_NE, resv, addr, differ);
    gen_cas(c, a, type, memop, addr, fail);
    tcg_gen_br(c->s, done);
    tcg_gen_set_label(c->s, differ);
    tcg_gen_brcond(c->s, TCG_TSTEQ, addr, ctx_imm(c, type == TCG_I32 ? 3 : 7), done);
    tcg_gen_call(c->s, HELPER_raise, 0, ctx_imm(c, EXC_STORE_MISALIGNED), addr, 0, 0);
    tcg_gen_set_label(c->s, done);
    if (a->rd)
        tcg_gen_mov(c->s, rv64_x[a->rd], fail);
    return true;
}

bool trans_sc_w(struct rv64_ctx *c, const struct arg_amo *a) { return store_conditional(c, a, TCG_I32, TCG_MO_32); }
bool trans_sc_d(struct rv64_ctx *c, const struct arg_amo *a) { return store_conditional(c, a, TCG_I64, TCG_MO_64); }

static bool amo_d(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_rmw kind) {
    rv64_sync_count(c);
    tcg_gen_guest_rmw(c->s, ctx_xd(c, a->rd), ctx_x(c, a->rs1), ctx_x(c, a->rs2), TCG_MO_64 | TCG_MO_ALIGN | order(a),
                      ctx_role(c), kind);
    return true;
}

static bool amo_w(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_rmw kind) {
    tcgv old = tcg_temp_new(c->s, TCG_I32);
    rv64_sync_count(c);
    tcg_gen_guest_rmw(c->s, old, ctx_x(c, a->rs1), ctx_w(c, a->rs2), TCG_MO_32 | TCG_MO_ALIGN | order(a),
                      ctx_role(c), kind);
    if (a->rd)
        tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], old);
    return true;
}

bool trans_amoswap_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_XCHG); }
bool trans_amoadd_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_ADD); }
bool trans_amoxor_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_XOR); }
bool trans_amoand_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_AND); }
bool trans_amoor_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_OR); }
bool trans_amomin_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_MIN); }
bool trans_amomax_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_MAX); }
bool trans_amominu_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_MINU); }
bool trans_amomaxu_w(struct rv64_ctx *c, const struct arg_amo *a) { return amo_w(c, a, TCG_RMW_MAXU); }
bool trans_amoswap_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_XCHG); }
bool trans_amoadd_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_ADD); }
bool trans_amoxor_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_XOR); }
bool trans_amoand_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_AND); }
bool trans_amoor_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_OR); }
bool trans_amomin_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_MIN); }
bool trans_amomax_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_MAX); }
bool trans_amominu_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_MINU); }
bool trans_amomaxu_d(struct rv64_ctx *c, const struct arg_amo *a) { return amo_d(c, a, TCG_RMW_MAXU); }
