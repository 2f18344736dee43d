/* SPDX-License-Identifier: BSD-2-Clause */
/* F and D. Single-precision values are NaN-boxed in the f registers: reading one unboxes (anything not boxed is
 * the canonical NaN), writing boxes; loads, stores and fmv only move bits. Illegal if FS is Off, or if the
 * rounding mode (or, when it is dynamic, frm) is reserved. The first instruction that makes FS dirty tells the
 * engine and ends the block. */
#include "dbt/rv64/trans_fp.h"

enum { RM_MAX = 4, RM_DYN_FIELD = 7 };
#define SIGN32 0x80000000u
#define SIGN64 0x8000000000000000u

void fp_dirty(struct rv64_ctx *c) {
    if (c->fs_dirty)
        return;
    tcg_gen_call(c->s, HELPER_fs_dirty, 0, 0, 0, 0, 0);
    c->fs_dirty = c->end_after = true;
}

int fp_rounding(const struct rv64_ctx *c, int rm) {
    int frm = c->b->flags >> TBF_FRM_SHIFT & 7;
    if (rm == RM_DYN_FIELD)
        rm = frm;
    if (rm > RM_MAX)
        return -1;
    return rm == frm && rm != RM_RMM ? TCG_RM_DYN : rm;
}

/* ---- registers --------------------------------------------------------------------------------------------------- */

tcgv fp_read_s(struct rv64_ctx *c, int n) {
    if (!c->f32[n]) {
        tcgv t = tcg_temp_new(c->s, TCG_F32);
        bool known = c->singles >> n & 1;
        if (known)
            tcg_gen_unboxed(c->s, t, rv64_f[n]);
        else
            tcg_gen_unbox(c->s, t, rv64_f[n]);
        c->f32[n] = t;
        c->boxed = (c->boxed & ~(1u << n)) | (uint32_t)known << n;
    }
    return c->f32[n];
}

void fp_write_s(struct rv64_ctx *c, int n, tcgv v) {
    tcg_gen_box(c->s, rv64_f[n], v);
    c->f32[n] = v;
    c->boxed |= 1u << n;
}

tcgv fp_dest_d(struct rv64_ctx *c, int n) {
    c->f32[n] = 0;
    c->mixed |= c->singles >> n & 1;
    return rv64_f[n];
}

/* ---- rounding ops ------------------------------------------------------------------------------------------------ */

void fp_rounded(struct rv64_ctx *c, enum tcg_opc opc, enum tcg_type t, tcgv d, tcgv a, tcgv b, tcgv e, int rm,
                    int k) {
    bool convert = opc == TCG_OP_ftoi || opc == TCG_OP_itof;
    if (rm != RM_RMM) {
        tcg_emit_args(c->s, opc, t, TCG_V(d, a, b, e), TCG_I(convert ? k : rm, convert ? rm : k));
        return;
    }
    tcgv zero = ctx_imm(c, 0), what = ctx_imm(c, (int64_t)opc | (int64_t)t << 8 | RM_RMM << 16 | (int64_t)k << 24);
    tcg_gen_call(c->s, HELPER_fp_rm, d, what, a, b ? b : zero, e ? e : zero);
}

static bool arith(struct rv64_ctx *c, const struct arg_fr *a, enum tcg_opc opc, enum tcg_type t) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv x = fp_read(c, t, a->rs1), y = fp_read(c, t, a->rs2), d = fp_dest(c, t, a->rd);
    fp_rounded(c, opc, t, d, x, y, 0, rm, 0);
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fadd_s(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fadd, TCG_F32); }
bool trans_fsub_s(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fsub, TCG_F32); }
bool trans_fmul_s(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fmul, TCG_F32); }
bool trans_fdiv_s(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fdiv, TCG_F32); }
bool trans_fadd_d(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fadd, TCG_F64); }
bool trans_fsub_d(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fsub, TCG_F64); }
bool trans_fmul_d(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fmul, TCG_F64); }
bool trans_fdiv_d(struct rv64_ctx *c, const struct arg_fr *a) { return arith(c, a, TCG_OP_fdiv, TCG_F64); }

bool fp_unary(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_opc opc, enum tcg_type t) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv x = fp_read(c, t, a->rs1), d = fp_dest(c, t, a->rd);
    fp_rounded(c, opc, t, d, x, 0, 0, rm, 0);
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fsqrt_s(struct rv64_ctx *c, const struct arg_fun *a) { return fp_unary(c, a, TCG_OP_fsqrt, TCG_F32); }
bool trans_fsqrt_d(struct rv64_ctx *c, const struct arg_fun *a) { return fp_unary(c, a, TCG_OP_fsqrt, TCG_F64); }

/* fnmsub is -(a * b) + c, fnmadd is -(a * b) - c. */
enum { NEG_PRODUCT = 1, NEG_ADDEND = 2, NEG_BOTH = 3 };

static bool fused(struct rv64_ctx *c, const struct arg_fma *a, enum tcg_type t, int neg) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv x = fp_read(c, t, a->rs1), y = fp_read(c, t, a->rs2), z = fp_read(c, t, a->rs3), d = fp_dest(c, t, a->rd);
    fp_rounded(c, TCG_OP_fma, t, d, x, y, z, rm, neg);
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fmadd_s(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F32, 0); }
bool trans_fmsub_s(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F32, NEG_ADDEND); }
bool trans_fnmsub_s(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F32, NEG_PRODUCT); }
bool trans_fnmadd_s(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F32, NEG_BOTH); }
bool trans_fmadd_d(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F64, 0); }
bool trans_fmsub_d(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F64, NEG_ADDEND); }
bool trans_fnmsub_d(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F64, NEG_PRODUCT); }
bool trans_fnmadd_d(struct rv64_ctx *c, const struct arg_fma *a) { return fused(c, a, TCG_F64, NEG_BOTH); }

/* ---- conversions: the rm field must be valid even where nothing is rounded ------------------------------------- */

bool trans_fcvt_s_d(struct rv64_ctx *c, const struct arg_fun *a) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    tcgv d = fp_new_s(c);
    fp_rounded(c, TCG_OP_fcvt_ff, TCG_F32, d, rv64_f[a->rs1], 0, 0, rm, 0);
    fp_write_s(c, a->rd, d);
    return true;
}

bool trans_fcvt_d_s(struct rv64_ctx *c, const struct arg_fun *a) {
    if (fp_off(c) || fp_rounding(c, a->rm) < 0)
        return false;
    fp_dirty(c);
    tcgv x = fp_read_s(c, a->rs1);
    tcg_gen_fcvt_ff(c->s, fp_dest_d(c, a->rd), x, TCG_RM_DYN);
    return true;
}

static bool to_int(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_type t, enum tcg_icvt k) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    fp_dirty(c);
    fp_rounded(c, TCG_OP_ftoi, t, ctx_xd(c, a->rd), fp_read(c, t, a->rs1), 0, 0, rm, k);
    return true;
}

bool trans_fcvt_w_s(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F32, TCG_W); }
bool trans_fcvt_wu_s(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F32, TCG_WU); }
bool trans_fcvt_l_s(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F32, TCG_L); }
bool trans_fcvt_lu_s(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F32, TCG_LU); }
bool trans_fcvt_w_d(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F64, TCG_W); }
bool trans_fcvt_wu_d(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F64, TCG_WU); }
bool trans_fcvt_l_d(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F64, TCG_L); }
bool trans_fcvt_lu_d(struct rv64_ctx *c, const struct arg_fun *a) { return to_int(c, a, TCG_F64, TCG_LU); }

static bool from_int(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_type t, enum tcg_icvt k) {
    int rm = fp_rounding(c, a->rm);
    if (fp_off(c) || rm < 0)
        return false;
    if (t == TCG_F64 && (k == TCG_W || k == TCG_WU))
        rm = TCG_RM_DYN; /* exact */
    fp_dirty(c);
    tcgv d = fp_dest(c, t, a->rd);
    fp_rounded(c, TCG_OP_itof, t, d, ctx_x(c, a->rs1), 0, 0, rm, k);
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fcvt_s_w(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F32, TCG_W); }
bool trans_fcvt_s_wu(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F32, TCG_WU); }
bool trans_fcvt_s_l(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F32, TCG_L); }
bool trans_fcvt_s_lu(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F32, TCG_LU); }
bool trans_fcvt_d_w(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F64, TCG_W); }
bool trans_fcvt_d_wu(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F64, TCG_WU); }
bool trans_fcvt_d_l(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F64, TCG_L); }
bool trans_fcvt_d_lu(struct rv64_ctx *c, const struct arg_fun *a) { return from_int(c, a, TCG_F64, TCG_LU); }

/* ---- comparison, minimum, class -------------------------------------------------------------------------------- */

bool fp_extremum(struct rv64_ctx *c, const struct arg_r *a, enum tcg_type t, ctx_gen *gen) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv x = fp_read(c, t, a->rs1), y = fp_read(c, t, a->rs2), d = fp_dest(c, t, a->rd);
    gen(c->s, d, x, y);
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fmin_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F32, tcg_gen_fmin); }
bool trans_fmax_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F32, tcg_gen_fmax); }
bool trans_fmin_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F64, tcg_gen_fmin); }
bool trans_fmax_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F64, tcg_gen_fmax); }

bool fp_compare(struct rv64_ctx *c, const struct arg_r *a, enum tcg_type t, enum tcg_fcond cond) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv x = fp_read(c, t, a->rs1), y = fp_read(c, t, a->rs2);
    tcg_gen_fcmp(c->s, cond, ctx_xd(c, a->rd), x, y);
    return true;
}

bool trans_feq_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F32, TCG_FEQ); }
bool trans_flt_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F32, TCG_FLT); }
bool trans_fle_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F32, TCG_FLE); }
bool trans_feq_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F64, TCG_FEQ); }
bool trans_flt_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F64, TCG_FLT); }
bool trans_fle_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F64, TCG_FLE); }

static bool classify(struct rv64_ctx *c, const struct arg_un *a, enum tcg_type t) {
    if (fp_off(c))
        return false;
    if (!a->rd)
        return true;
    tcgv bits = ctx_new(c);
    tcg_gen_fbits(c->s, bits, fp_read(c, t, a->rs1));
    tcg_gen_call(c->s, HELPER_fclass, rv64_x[a->rd], bits, ctx_imm(c, t == TCG_F64), 0, 0);
    return true;
}

bool trans_fclass_s(struct rv64_ctx *c, const struct arg_un *a) { return classify(c, a, TCG_F32); }
bool trans_fclass_d(struct rv64_ctx *c, const struct arg_un *a) { return classify(c, a, TCG_F64); }

/* ---- signs ------------------------------------------------------------------------------------------------------- */

enum sign { SIGN_COPY, SIGN_NOT, SIGN_XOR };

/* d = a with the sign that `how` makes of b's (and a's), over the bits in x registers. */
static void gen_sign(struct rv64_ctx *c, enum tcg_type t, enum sign how, tcgv d, tcgv a, tcgv b) {
    struct tcg_ctx *s = c->s;
    int64_t sign = t == TCG_F32 ? SIGN32 : (int64_t)SIGN64;
    tcgv x = ctx_new(c), y = ctx_new(c);
    tcg_gen_fbits(s, x, a);
    tcg_gen_fbits(s, y, b);
    if (how == SIGN_NOT)
        tcg_gen_not(s, y, y);
    tcg_gen_and(s, y, y, ctx_imm(c, sign));
    if (how == SIGN_XOR) {
        tcg_gen_xor(s, x, x, y);
    } else {
        tcg_gen_and(s, x, x, ctx_imm(c, ~sign));
        tcg_gen_or(s, x, x, y);
    }
    tcg_gen_fraw(s, d, x);
}

static void gen_one_sign(struct tcg_ctx *s, enum sign how, tcgv d, tcgv a) {
    if (how == SIGN_COPY)
        tcg_gen_mov(s, d, a);
    else if (how == SIGN_NOT)
        tcg_gen_fneg(s, d, a);
    else
        tcg_gen_fabs(s, d, a);
}

static bool inject(struct rv64_ctx *c, const struct arg_r *a, enum tcg_type t, enum sign how) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv x = fp_read(c, t, a->rs1), y = fp_read(c, t, a->rs2), d = fp_dest(c, t, a->rd);
    if (a->rs1 == a->rs2)
        gen_one_sign(c->s, how, d, x);
    else
        gen_sign(c, t, how, d, x, y);
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fsgnj_s(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, TCG_F32, SIGN_COPY); }
bool trans_fsgnjn_s(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, TCG_F32, SIGN_NOT); }
bool trans_fsgnjx_s(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, TCG_F32, SIGN_XOR); }
bool trans_fsgnj_d(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, TCG_F64, SIGN_COPY); }
bool trans_fsgnjn_d(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, TCG_F64, SIGN_NOT); }
bool trans_fsgnjx_d(struct rv64_ctx *c, const struct arg_r *a) { return inject(c, a, TCG_F64, SIGN_XOR); }

/* ---- moves of bits ----------------------------------------------------------------------------------------------- */

bool trans_fmv_x_d(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    if (a->rd)
        tcg_gen_fbits(c->s, rv64_x[a->rd], rv64_f[a->rs1]);
    return true;
}

/* The low half as it is, boxed or not. */
bool trans_fmv_x_w(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    if (!a->rd)
        return true;
    tcgv bits = ctx_new(c);
    tcg_gen_fbits(c->s, bits, rv64_f[a->rs1]);
    tcg_gen_ext32s(c->s, rv64_x[a->rd], bits);
    return true;
}

bool trans_fmv_d_x(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcg_gen_fraw(c->s, fp_dest_d(c, a->rd), ctx_x(c, a->rs1));
    return true;
}

bool trans_fmv_w_x(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv v = fp_new_s(c);
    tcg_gen_fraw(c->s, v, ctx_x(c, a->rs1));
    fp_write_s(c, a->rd, v);
    return true;
}

/* A load that traps may leave FS dirty: the privileged spec allows it to be dirty without a change. */
bool trans_flw(struct rv64_ctx *c, const struct arg_i *a) {
    if (fp_off(c))
        return false;
    rv64_sync_count(c);
    fp_dirty(c);
    tcgv v = fp_new_s(c);
    tcg_gen_guest_ld(c->s, v, ctx_addr(c, a->rs1, a->imm), TCG_MO_32, ctx_role(c));
    fp_write_s(c, a->rd, v);
    return true;
}

bool trans_fld(struct rv64_ctx *c, const struct arg_i *a) {
    if (fp_off(c))
        return false;
    rv64_sync_count(c);
    fp_dirty(c);
    tcg_gen_guest_ld(c->s, fp_dest_d(c, a->rd), ctx_addr(c, a->rs1, a->imm), TCG_MO_64, ctx_role(c));
    return true;
}

/* The low half as it is, which is the known single-precision value only if the register is boxed. */
bool trans_fsw(struct rv64_ctx *c, const struct arg_s *a) {
    if (fp_off(c))
        return false;
    tcgv v = c->f32[a->rs2];
    rv64_sync_count(c);
    if (!v || !(c->boxed >> a->rs2 & 1)) {
        v = ctx_new(c);
        tcg_gen_fbits(c->s, v, rv64_f[a->rs2]);
    }
    tcg_gen_guest_st(c->s, v, ctx_addr(c, a->rs1, a->imm), TCG_MO_32, ctx_role(c));
    return true;
}

bool trans_fsd(struct rv64_ctx *c, const struct arg_s *a) {
    if (fp_off(c))
        return false;
    rv64_sync_count(c);
    tcg_gen_guest_st(c->s, rv64_f[a->rs2], ctx_addr(c, a->rs1, a->imm), TCG_MO_64, ctx_role(c));
    return true;
}
