/* SPDX-License-Identifier: BSD-2-Clause */
/* Zba, Zbb, Zbs: unprivileged spec, "B" extension. */
#include "dbt/rv64/translate.h"

/* ---- Zba: address generation ------------------------------------------------------------------------------------- */

/* rd = (rs1 << n) + rs2, rs1 zero-extended from 32 bits if `uw`. */
static bool shift_add(struct rv64_ctx *c, const struct arg_r *a, unsigned n, bool uw) {
    if (!a->rd)
        return true;
    tcgv t = ctx_x(c, a->rs1);
    if (uw) {
        tcgv low = ctx_new(c);
        tcg_gen_ext32u(c->s, low, t);
        t = low;
    }
    if (n) {
        tcgv shifted = ctx_new(c);
        tcg_gen_shl(c->s, shifted, t, ctx_imm(c, n));
        t = shifted;
    }
    tcg_gen_add(c->s, rv64_x[a->rd], t, ctx_x(c, a->rs2));
    return true;
}

bool trans_sh1add(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 1, false); }
bool trans_sh2add(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 2, false); }
bool trans_sh3add(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 3, false); }
bool trans_add_uw(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 0, true); }
bool trans_sh1add_uw(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 1, true); }
bool trans_sh2add_uw(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 2, true); }
bool trans_sh3add_uw(struct rv64_ctx *c, const struct arg_r *a) { return shift_add(c, a, 3, true); }

bool trans_slli_uw(struct rv64_ctx *c, const struct arg_i *a) {
    if (!a->rd)
        return true;
    tcgv t = ctx_new(c);
    tcg_gen_ext32u(c->s, t, ctx_x(c, a->rs1));
    tcg_gen_shl(c->s, rv64_x[a->rd], t, ctx_imm(c, a->imm));
    return true;
}

/* ---- Zbb --------------------------------------------------------------------------------------------------------- */

typedef void gen1(struct tcg_ctx *s, tcgv d, tcgv a);

static bool un_op(struct rv64_ctx *c, const struct arg_un *a, gen1 *gen) {
    if (a->rd)
        gen(c->s, rv64_x[a->rd], ctx_x(c, a->rs1));
    return true;
}

/* Counts of bits: never negative. */
static bool count_w(struct rv64_ctx *c, const struct arg_un *a, gen1 *gen) {
    if (!a->rd)
        return true;
    tcgv t = tcg_temp_new(c->s, TCG_I32);
    gen(c->s, t, ctx_w(c, a->rs1));
    tcg_gen_extu_i32_i64(c->s, rv64_x[a->rd], t);
    return true;
}

static void gen_min(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) { tcg_gen_movcond(s, TCG_LT, d, a, b, a, b); }
static void gen_max(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) { tcg_gen_movcond(s, TCG_LT, d, a, b, b, a); }
static void gen_minu(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) { tcg_gen_movcond(s, TCG_LTU, d, a, b, a, b); }
static void gen_maxu(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) { tcg_gen_movcond(s, TCG_LTU, d, a, b, b, a); }

/* Each byte becomes 0xff unless it is 0. (b & 0x7f) + 0x7f carries into bit 7 if the low bits are not all 0, and no
 * further; so bit 7 of that, or of b itself, says that b is not 0; times 0xff spreads it. */
static void gen_orc_b(struct tcg_ctx *s, tcgv d, tcgv a) {
    tcgv low7 = tcg_const(s, TCG_I64, 0x7f7f7f7f7f7f7f7f), ones = tcg_const(s, TCG_I64, 0x0101010101010101);
    tcgv t = tcg_temp_new(s, TCG_I64);
    tcg_gen_and(s, t, a, low7);
    tcg_gen_add(s, t, t, low7);
    tcg_gen_or(s, t, t, a);
    tcg_gen_shr(s, t, t, tcg_const(s, TCG_I64, 7));
    tcg_gen_and(s, t, t, ones);
    tcg_gen_mul(s, d, t, tcg_const(s, TCG_I64, 0xff));
}

bool trans_andn(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_andc); }
bool trans_orn(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_orc); }
bool trans_xnor(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_eqv); }
bool trans_clz(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_clz); }
bool trans_ctz(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_ctz); }
bool trans_cpop(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_ctpop); }
bool trans_sext_b(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_ext8s); }
bool trans_sext_h(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_ext16s); }
bool trans_zext_h(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_ext16u); }
bool trans_orc_b(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, gen_orc_b); }
bool trans_rev8(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_bswap); }
bool trans_clzw(struct rv64_ctx *c, const struct arg_un *a) { return count_w(c, a, tcg_gen_clz); }
bool trans_ctzw(struct rv64_ctx *c, const struct arg_un *a) { return count_w(c, a, tcg_gen_ctz); }
bool trans_cpopw(struct rv64_ctx *c, const struct arg_un *a) { return count_w(c, a, tcg_gen_ctpop); }
bool trans_min(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, gen_min); }
bool trans_max(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, gen_max); }
bool trans_minu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, gen_minu); }
bool trans_maxu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, gen_maxu); }
bool trans_rol(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_rotl); }
bool trans_ror(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_rotr); }
bool trans_rori(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_rotr); }

bool trans_rolw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_rotl); }
bool trans_rorw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_rotr); }
bool trans_roriw(struct rv64_ctx *c, const struct arg_i *a) {
    if (!a->rd)
        return true;
    tcgv t = tcg_temp_new(c->s, TCG_I32);
    tcg_gen_rotr(c->s, t, ctx_w(c, a->rs1), tcg_const(c->s, TCG_I32, (uint32_t)a->imm));
    tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], t);
    return true;
}

/* ---- Zbs: the bit number counts modulo 64, as the IR's shifts do ----------------------------------------------- */

static tcgv bit(struct rv64_ctx *c, tcgv n) {
    tcgv t = ctx_new(c);
    tcg_gen_shl(c->s, t, ctx_imm(c, 1), n);
    return t;
}

static bool bit_op(struct rv64_ctx *c, int rd, int rs1, tcgv mask, ctx_gen *gen) {
    if (rd)
        gen(c->s, rv64_x[rd], ctx_x(c, rs1), mask);
    return true;
}

static bool bit_extract(struct rv64_ctx *c, int rd, int rs1, tcgv n) {
    if (!rd)
        return true;
    tcgv t = ctx_new(c);
    tcg_gen_shr(c->s, t, ctx_x(c, rs1), n);
    tcg_gen_and(c->s, rv64_x[rd], t, ctx_imm(c, 1));
    return true;
}

static tcgv imm_bit(struct rv64_ctx *c, int32_t n) { return ctx_imm(c, (int64_t)((uint64_t)1 << n)); }

bool trans_bclr(struct rv64_ctx *c, const struct arg_r *a) {
    return bit_op(c, a->rd, a->rs1, bit(c, ctx_x(c, a->rs2)), tcg_gen_andc);
}
bool trans_bset(struct rv64_ctx *c, const struct arg_r *a) {
    return bit_op(c, a->rd, a->rs1, bit(c, ctx_x(c, a->rs2)), tcg_gen_or);
}
bool trans_binv(struct rv64_ctx *c, const struct arg_r *a) {
    return bit_op(c, a->rd, a->rs1, bit(c, ctx_x(c, a->rs2)), tcg_gen_xor);
}
bool trans_bext(struct rv64_ctx *c, const struct arg_r *a) { return bit_extract(c, a->rd, a->rs1, ctx_x(c, a->rs2)); }
bool trans_bclri(struct rv64_ctx *c, const struct arg_i *a) {
    return bit_op(c, a->rd, a->rs1, ctx_imm(c, (int64_t)~((uint64_t)1 << a->imm)), tcg_gen_and);
}
bool trans_bseti(struct rv64_ctx *c, const struct arg_i *a) {
    return bit_op(c, a->rd, a->rs1, imm_bit(c, a->imm), tcg_gen_or);
}
bool trans_binvi(struct rv64_ctx *c, const struct arg_i *a) {
    return bit_op(c, a->rd, a->rs1, imm_bit(c, a->imm), tcg_gen_xor);
}
bool trans_bexti(struct rv64_ctx *c, const struct arg_i *a) {
    return bit_extract(c, a->rd, a->rs1, ctx_imm(c, a->imm));
}
