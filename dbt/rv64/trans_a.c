/* SPDX-License-Identifier: BSD-2-Clause */
/* A, Zacas, Zabha: lr, sc and AMOs. A misaligned address raises. lr remembers address, size and value in env.guest[];
 * sc compares address and size, and then swaps if the memory still holds the value: another hart's store of the same
 * value goes unseen, as on every translator that works by compare and swap. Locked host instructions are sequentially
 * consistent, whatever aq and rl say. */
#include "dbt/rv64/translate.h"

#define RESV_ADDR (offsetof(struct tcg_env, guest) + 8 * G_RESV_ADDR)
#define RESV_VAL (offsetof(struct tcg_env, guest) + 8 * G_RESV_VAL)

static unsigned order(const struct arg_amo *a) { return (a->aq ? TCG_MO_AQ : 0) | (a->rl ? TCG_MO_RL : 0); }

/* What RESV_ADDR holds for a reservation of this size: the address, plus 1 for a doubleword, so that sc fails where the
 * sizes differ. Without one it is -1, which stands for no aligned address. */
static tcgv tag(struct rv64_ctx *c, tcgv addr, unsigned memop) {
    if ((memop & TCG_MO_SIZE) == TCG_MO_32)
        return addr;
    tcgv t = ctx_new(c);
    tcg_gen_or(c->s, t, addr, ctx_imm(c, 1));
    return t;
}

/* With rl no earlier store may come after it: a plain load does not see to that. */
static bool load_reserved(struct rv64_ctx *c, const struct arg_amo *a, unsigned memop) {
    tcgv addr = ctx_x(c, a->rs1), val = ctx_new(c);
    rv64_sync_count(c);
    if (a->rl)
        tcg_gen_fence(c->s, TCG_FENCE_ST_LD);
    tcg_gen_guest_ld(c->s, val, addr, memop | TCG_MO_ALIGN | TCG_MO_ATOMIC | order(a), ctx_role(c));
    tcg_gen_st_env(c->s, tag(c, addr, memop), RESV_ADDR, TCG_MO_64);
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

/* One that fails by its address is checked like a store, too: "no sc.w shall retire unless it passes memory permission
 * checks". A load that asks for what a store needs does that. */
static bool store_conditional(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_type type, unsigned memop) {
    tcgv resv = ctx_new(c), fail = ctx_new(c), addr = ctx_x(c, a->rs1);
    unsigned differ = tcg_label_new(c->s), done = tcg_label_new(c->s);
    rv64_sync_count(c);
    tcg_gen_ld_env(c->s, resv, RESV_ADDR, TCG_MO_64);
    tcg_gen_st_env(c->s, ctx_imm(c, -1), RESV_ADDR, TCG_MO_64);
    tcg_gen_mov(c->s, fail, ctx_imm(c, 1));
    tcg_gen_brcond(c->s, TCG_NE, resv, tag(c, addr, memop), differ);
    gen_cas(c, a, type, memop, addr, fail);
    tcg_gen_br(c->s, done);
    tcg_gen_set_label(c->s, differ);
    tcg_gen_guest_ld(c->s, ctx_new(c), addr, memop | TCG_MO_ALIGN | TCG_MO_ATOMIC | TCG_MO_STORE_FAULT, ctx_role(c));
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

/* Words and what is narrower: the old value is sign-extended. */
static bool amo_narrow(struct rv64_ctx *c, const struct arg_amo *a, unsigned size, enum tcg_rmw kind) {
    tcgv old = tcg_temp_new(c->s, TCG_I32);
    unsigned memop = size | (size < TCG_MO_32 ? TCG_MO_SIGN : 0) | TCG_MO_ALIGN | order(a);
    rv64_sync_count(c);
    tcg_gen_guest_rmw(c->s, old, ctx_x(c, a->rs1), ctx_w(c, a->rs2), memop, ctx_role(c), kind);
    if (a->rd)
        tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], old);
    return true;
}

static bool amo_w(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_rmw k) {
    return amo_narrow(c, a, TCG_MO_32, k);
}

static bool amo_h(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_rmw k) {
    return amo_narrow(c, a, TCG_MO_16, k);
}

static bool amo_b(struct rv64_ctx *c, const struct arg_amo *a, enum tcg_rmw k) {
    return amo_narrow(c, a, TCG_MO_8, k);
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
bool trans_amoswap_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_XCHG); }
bool trans_amoadd_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_ADD); }
bool trans_amoxor_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_XOR); }
bool trans_amoand_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_AND); }
bool trans_amoor_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_OR); }
bool trans_amomin_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_MIN); }
bool trans_amomax_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_MAX); }
bool trans_amominu_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_MINU); }
bool trans_amomaxu_h(struct rv64_ctx *c, const struct arg_amo *a) { return amo_h(c, a, TCG_RMW_MAXU); }
bool trans_amoswap_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_XCHG); }
bool trans_amoadd_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_ADD); }
bool trans_amoxor_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_XOR); }
bool trans_amoand_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_AND); }
bool trans_amoor_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_OR); }
bool trans_amomin_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_MIN); }
bool trans_amomax_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_MAX); }
bool trans_amominu_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_MINU); }
bool trans_amomaxu_b(struct rv64_ctx *c, const struct arg_amo *a) { return amo_b(c, a, TCG_RMW_MAXU); }

/* ---- Zacas ------------------------------------------------------------------------------------------------------- */

/* rd is the expected value and takes the old one. The page must be writable even if nothing is stored: guest_cas asks
 * for that. */
static bool amocas(struct rv64_ctx *c, const struct arg_amo *a, unsigned size) {
    enum tcg_type type = size == TCG_MO_64 ? TCG_I64 : TCG_I32;
    tcgv old = tcg_temp_new(c->s, type), expect = operand(c, a->rd, type);
    unsigned memop = size | (size < TCG_MO_32 ? TCG_MO_SIGN : 0) | TCG_MO_ALIGN | order(a);
    rv64_sync_count(c);
    tcg_gen_guest_cas(c->s, old, ctx_x(c, a->rs1), expect, operand(c, a->rs2, type), memop, ctx_role(c));
    if (a->rd && type == TCG_I64)
        tcg_gen_mov(c->s, rv64_x[a->rd], old);
    else if (a->rd)
        tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], old);
    return true;
}

bool trans_amocas_b(struct rv64_ctx *c, const struct arg_amo *a) { return amocas(c, a, TCG_MO_8); }
bool trans_amocas_h(struct rv64_ctx *c, const struct arg_amo *a) { return amocas(c, a, TCG_MO_16); }
bool trans_amocas_w(struct rv64_ctx *c, const struct arg_amo *a) { return amocas(c, a, TCG_MO_32); }
bool trans_amocas_d(struct rv64_ctx *c, const struct arg_amo *a) { return amocas(c, a, TCG_MO_64); }

/* The upper half of a pair of registers; that of x0 is zero, too. */
static tcgv upper(struct rv64_ctx *c, int n) { return ctx_x(c, n ? n + 1 : 0); }

bool trans_amocas_q(struct rv64_ctx *c, const struct arg_amo *a) {
    const uint32_t at = offsetof(struct tcg_env, gate_arg) + 8 * 4;
    tcgv low = ctx_new(c);
    rv64_sync_count(c);
    tcg_gen_st_env(c->s, ctx_x(c, a->rd), at, TCG_MO_64);
    tcg_gen_st_env(c->s, upper(c, a->rd), at + 8, TCG_MO_64);
    tcg_gen_call(c->s, HELPER_guest_cas128, low, ctx_x(c, a->rs1), ctx_x(c, a->rs2), upper(c, a->rs2),
                 ctx_imm(c, ctx_role(c)));
    if (a->rd) {
        tcg_gen_mov(c->s, rv64_x[a->rd], low);
        tcg_gen_ld_env(c->s, rv64_x[a->rd + 1], at + 8, TCG_MO_64);
    }
    return true;
}
