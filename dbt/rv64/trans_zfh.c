/* SPDX-License-Identifier: BSD-2-Clause */
/* Zfh, Zfhmin, Zfbfmin, and Zfa for H. Halves are NaN-boxed in the f registers: all bits above the low 16 are ones, or
 * an instruction that reads one sees the canonical NaN. They travel as i64 bits.
 *
 * Most arithmetic is that of singles, rounded again to a half, which rounds as if once and raises the same flags:
 * - A single has 24 bits, 2 * 11 + 2, so that +, *, / and sqrt of halves, rounded to nearest twice, are as rounded once
 *   (Figueroa, "When is double rounding innocuous?", 1995); rounded twice in one direction anything is.
 * - No single overflows or is tiny here, so the last conversion alone says so. It sees the exact value in doubt: tiny
 * sums
 *   and products are exact singles, and a tiny quotient that is no single lies, relative to itself, further than 2^-23
 *   from every half and every middle of two (numerators and denominators have 11 bits).
 * - Inexact is what either step says, since every half is a single.
 * - What reads a half raises invalid for a signalling NaN, as the operation would.
 * Fused operations, and conversions from doubles and integers, would be rounded twice: they are the exact helper's, and
 * so is rounding to nearest with ties away. tests/softfp compares all of it with MPFR. */
#include "dbt/rv64/trans_fp.h"
#include "tcg/softfp.h"

#define BOX16 ((int64_t)~(uint64_t)0xffff)
enum { SIGN16 = 0x8000, NAN16 = 0x7e00, NAN_BF16 = 0x7fc0, CLASS_HALF = 2 };

/* ---- registers --------------------------------------------------------------------------------------------------- */

static tcgv raw(struct rv64_ctx *c, int n) {
    tcgv bits = ctx_new(c);
    tcg_gen_fbits(c->s, bits, rv64_f[n]);
    return bits;
}

static tcgv unbox(struct rv64_ctx *c, int n, int nan) {
    tcgv bits = raw(c, n);
    tcg_gen_movcond(c->s, TCG_GEU, bits, bits, ctx_imm(c, BOX16), bits, ctx_imm(c, nan));
    return bits;
}

static tcgv read_h(struct rv64_ctx *c, int n) { return unbox(c, n, NAN16); }

/* The low 16 bits of v. */
static void write_h(struct rv64_ctx *c, int n, tcgv v) {
    tcgv bits = ctx_new(c);
    tcg_gen_or(c->s, bits, v, ctx_imm(c, BOX16));
    tcg_gen_fraw(c->s, fp_dest_d(c, n), bits);
}

/* ---- by the helper ----------------------------------------------------------------------------------------------- */

/* d = op(a, b, e) as tcg/softfp.h's softfp_op() has it; b and e may be 0: none. */
static void by_helper(struct rv64_ctx *c, enum tcg_opc opc, enum tcg_type t, int rm, int k, tcgv d, tcgv a, tcgv b,
                      tcgv e) {
    tcgv zero = ctx_imm(c, 0), what = ctx_imm(c, (int64_t)opc | (int64_t)t << 8 | rm << 16 | (int64_t)k << 24);
    tcg_gen_call(c->s, HELPER_fp_rm, d, what, a, b ? b : zero, e ? e : zero);
}

/* A half as a single. */
static tcgv as_s(struct rv64_ctx *c, int n) {
    tcgv v = fp_new_s(c);
    tcg_gen_h2f(c->s, v, read_h(c, n));
    return v;
}

/* d = op(rs1, rs2) in singles, back to a half. rs2 is -1 where there is none. */
static void by_singles(struct rv64_ctx *c, enum tcg_opc opc, int rm, int rd, int rs1, int rs2) {
    tcgv x = as_s(c, rs1), y = rs2 < 0 ? 0 : as_s(c, rs2), v = fp_new_s(c), d = ctx_new(c);
    tcg_emit_args(c->s, opc, TCG_F32, TCG_V(v, x, y), TCG_I(rm));
    tcg_gen_f2h(c->s, d, v, (enum tcg_rm)rm);
    write_h(c, rd, d);
}

static bool arith(struct rv64_ctx *c, const struct arg_fr *a, enum tcg_opc opc) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    if (rm != RM_RMM) {
        by_singles(c, opc, rm, a->rd, a->rs1, a->rs2);
        return true;
    }
    tcgv d = ctx_new(c), x = read_h(c, a->rs1);
    by_helper(c, opc, SOFTFP_F16, rm, 0, d, x, read_h(c, a->rs2), 0);
    write_h(c, a->rd, d);
    return true;
}

bool trans_fadd_h(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fadd); }
bool trans_fsub_h(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fsub); }
bool trans_fmul_h(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fmul); }
bool trans_fdiv_h(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fdiv); }

static bool unary(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_opc opc) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    if (rm != RM_RMM) {
        by_singles(c, opc, rm, a->rd, a->rs1, -1);
        return true;
    }
    tcgv d = ctx_new(c);
    by_helper(c, opc, SOFTFP_F16, rm, 0, d, read_h(c, a->rs1), 0, 0);
    write_h(c, a->rd, d);
    return true;
}

bool trans_fsqrt_h(struct rv64_ctx *c, const struct arg_fun *a) { return unary(c, a, TCG_OP_fsqrt); }
bool trans_fround_h(struct rv64_ctx *c, const struct arg_fun *a) { return unary(c, a, TCG_OP_fround); }
bool trans_froundnx_h(struct rv64_ctx *c, const struct arg_fun *a) { return unary(c, a, TCG_OP_froundnx); }

/* neg: bit 0 negates the product, bit 1 the addend. */
static bool fused(struct rv64_ctx *c, const struct arg_fma *a, int neg) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv d = ctx_new(c), x = read_h(c, a->rs1), y = read_h(c, a->rs2);
    by_helper(c, TCG_OP_fma, SOFTFP_F16, rm, neg, d, x, y, read_h(c, a->rs3));
    write_h(c, a->rd, d);
    return true;
}

bool trans_fmadd_h(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, 0); }
bool trans_fmsub_h(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, 2); }
bool trans_fnmsub_h(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, 1); }
bool trans_fnmadd_h(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, 3); }

static bool extremum(struct rv64_ctx *c, const struct arg_r *a, enum tcg_opc opc) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    by_singles(c, opc, TCG_RM_DYN, a->rd, a->rs1, a->rs2);
    return true;
}

bool trans_fmin_h(struct rv64_ctx *c, const struct arg_r *a) { return extremum(c, a, TCG_OP_fmin); }
bool trans_fmax_h(struct rv64_ctx *c, const struct arg_r *a) { return extremum(c, a, TCG_OP_fmax); }
bool trans_fminm_h(struct rv64_ctx *c, const struct arg_r *a) { return extremum(c, a, TCG_OP_fminm); }
bool trans_fmaxm_h(struct rv64_ctx *c, const struct arg_r *a) { return extremum(c, a, TCG_OP_fmaxm); }

static bool compare(struct rv64_ctx *c, const struct arg_r *a, enum tcg_fcond cond) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv x = as_s(c, a->rs1), y = as_s(c, a->rs2);
    tcg_gen_fcmp(c->s, cond, ctx_xd(c, a->rd), x, y);
    return true;
}

bool trans_feq_h(struct rv64_ctx *c, const struct arg_r *a) { return compare(c, a, TCG_FEQ); }
bool trans_flt_h(struct rv64_ctx *c, const struct arg_r *a) { return compare(c, a, TCG_FLT); }
bool trans_fle_h(struct rv64_ctx *c, const struct arg_r *a) { return compare(c, a, TCG_FLE); }
bool trans_fltq_h(struct rv64_ctx *c, const struct arg_r *a) { return compare(c, a, TCG_FLTQ); }
bool trans_fleq_h(struct rv64_ctx *c, const struct arg_r *a) { return compare(c, a, TCG_FLEQ); }

bool trans_fclass_h(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    if (a->rd)
        tcg_gen_call(c->s, HELPER_fclass, rv64_x[a->rd], read_h(c, a->rs1), ctx_imm(c, CLASS_HALF), 0, 0);
    return true;
}

/* ---- conversions: the rm field must be valid even where nothing is rounded --------------------------------------- */

/* From a 16-bit format to a single or a double. */
static bool widen(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_type to, enum tcg_type from, int nan) {
    if (fp_off(c) || fp_rounding(c, a->rm) < 0)
        return false;
    fp_dirty(c);
    tcgv x = unbox(c, a->rs1, nan), d = fp_dest(c, to, a->rd);
    if (from == SOFTFP_F16)
        tcg_gen_h2f(c->s, d, x);
    else
        by_helper(c, TCG_OP_fcvt_ff, to, TCG_RNE, (int)from, d, x, 0, 0);
    fp_done(c, to, a->rd, d);
    return true;
}

bool trans_fcvt_s_h(struct rv64_ctx *c, const struct arg_fun *a) { return widen(c, a, TCG_F32, SOFTFP_F16, NAN16); }
bool trans_fcvt_d_h(struct rv64_ctx *c, const struct arg_fun *a) { return widen(c, a, TCG_F64, SOFTFP_F16, NAN16); }
bool trans_fcvt_s_bf16(struct rv64_ctx *c, const struct arg_fun *a) {
    return widen(c, a, TCG_F32, SOFTFP_BF16, NAN_BF16);
}

static bool narrow(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_type to, enum tcg_type from) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv d = ctx_new(c), x = fp_read(c, from, a->rs1);
    if (to == SOFTFP_F16 && from == TCG_F32 && rm != RM_RMM)
        tcg_gen_f2h(c->s, d, x, (enum tcg_rm)rm);
    else
        by_helper(c, TCG_OP_fcvt_ff, to, rm, (int)from, d, x, 0, 0);
    write_h(c, a->rd, d);
    return true;
}

bool trans_fcvt_h_s(struct rv64_ctx *c, const struct arg_fun *a) { return narrow(c, a, SOFTFP_F16, TCG_F32); }
bool trans_fcvt_h_d(struct rv64_ctx *c, const struct arg_fun *a) { return narrow(c, a, SOFTFP_F16, TCG_F64); }
bool trans_fcvt_bf16_s(struct rv64_ctx *c, const struct arg_fun *a) { return narrow(c, a, SOFTFP_BF16, TCG_F32); }

static bool to_int(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_icvt k) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    fp_rounded(c, TCG_OP_ftoi, TCG_F32, ctx_xd(c, a->rd), as_s(c, a->rs1), 0, 0, rm, (int)k);
    return true;
}

bool trans_fcvt_w_h(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_W); }
bool trans_fcvt_wu_h(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_WU); }
bool trans_fcvt_l_h(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_L); }
bool trans_fcvt_lu_h(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_LU); }

static bool from_int(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_icvt k) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv d = ctx_new(c);
    by_helper(c, TCG_OP_itof, SOFTFP_F16, rm, (int)k, d, ctx_x(c, a->rs1), 0, 0);
    write_h(c, a->rd, d);
    return true;
}

bool trans_fcvt_h_w(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_W); }
bool trans_fcvt_h_wu(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_WU); }
bool trans_fcvt_h_l(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_L); }
bool trans_fcvt_h_lu(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_LU); }

/* ---- bits -------------------------------------------------------------------------------------------------------- */

enum sign { SIGN_COPY, SIGN_NOT, SIGN_XOR };

static bool inject(struct rv64_ctx *c, const struct arg_r *a, enum sign how) {
    struct tcg_ctx *s = c->s;
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv x = read_h(c, a->rs1), y = read_h(c, a->rs2), sign = ctx_imm(c, SIGN16);
    if (how == SIGN_NOT)
        tcg_gen_not(s, y, y);
    tcg_gen_and(s, y, y, sign);
    if (how != SIGN_XOR)
        tcg_gen_and(s, x, x, ctx_imm(c, ~(int64_t)SIGN16));
    tcg_gen_xor(s, x, x, y);
    write_h(c, a->rd, x);
    return true;
}

bool trans_fsgnj_h(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, SIGN_COPY); }
bool trans_fsgnjn_h(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, SIGN_NOT); }
bool trans_fsgnjx_h(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, SIGN_XOR); }

bool trans_fli_h(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    write_h(c, a->rd, ctx_imm(c, (int64_t)fp_constant(SOFTFP_F16, (unsigned)a->rs1)));
    return true;
}

/* The low 16 bits as they are, boxed or not. */
bool trans_fmv_x_h(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    if (a->rd)
        tcg_gen_ext16s(c->s, rv64_x[a->rd], raw(c, a->rs1));
    return true;
}

bool trans_fmv_h_x(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    write_h(c, a->rd, ctx_x(c, a->rs1));
    return true;
}

/* A load that traps may leave FS dirty, as flw does. */
bool trans_flh(struct rv64_ctx *c, const struct arg_i *a) {
    if (fp_off(c))
        return false;
    rv64_sync_count(c);
    fp_dirty(c);
    tcgv v = ctx_new(c);
    tcg_gen_guest_ld(c->s, v, ctx_addr(c, a->rs1, a->imm), TCG_MO_16, ctx_role(c));
    write_h(c, a->rd, v);
    return true;
}

bool trans_fsh(struct rv64_ctx *c, const struct arg_s *a) {
    if (fp_off(c))
        return false;
    rv64_sync_count(c);
    tcgv v = raw(c, a->rs2);
    tcg_gen_guest_st(c->s, v, ctx_addr(c, a->rs1, a->imm), TCG_MO_16, ctx_role(c));
    return true;
}
