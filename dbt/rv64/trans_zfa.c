/* SPDX-License-Identifier: BSD-2-Clause */
/* Zfa for S and D (for H: dbt/rv64/trans_zfh.c). Each has an op of its own, inline on the host. */
#include "dbt/rv64/trans_fp.h"
#include "tcg/softfp.h"

/* As binary64; 1 is the format's own least normal number. 2^16 overflows to infinity in binary16. */
uint64_t fp_constant(enum tcg_type format, unsigned n) {
    static const uint16_t top[32] = {/* bits 48 to 63; the rest is zero */
                                     0xbff0, 0x0010, 0x3ef0, 0x3f00, 0x3f70, 0x3f80, 0x3fb0, 0x3fc0,
                                     0x3fd0, 0x3fd4, 0x3fd8, 0x3fdc, 0x3fe0, 0x3fe4, 0x3fe8, 0x3fec,
                                     0x3ff0, 0x3ff4, 0x3ff8, 0x3ffc, 0x4000, 0x4004, 0x4008, 0x4010,
                                     0x4020, 0x4030, 0x4060, 0x4070, 0x40e0, 0x40f0, 0x7ff0, 0x7ff8};
    unsigned flags = 0;
    if (n == 1)
        return format == TCG_F64 ? 0x0010000000000000 : format == TCG_F32 ? 0x00800000 : 0x0400;
    return softfp_cvt(format, TCG_F64, (uint64_t)top[n & 31] << 48, TCG_RNE, &flags);
}

static bool constant(struct rv64_ctx *c, const struct arg_un *a, enum tcg_type t) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcgv d = fp_dest(c, t, a->rd);
    tcg_gen_fraw(c->s, d, ctx_imm(c, (int64_t)fp_constant(t, (unsigned)a->rs1)));
    fp_done(c, t, a->rd, d);
    return true;
}

bool trans_fli_s(struct rv64_ctx *c, const struct arg_un *a) { return constant(c, a, TCG_F32); }
bool trans_fli_d(struct rv64_ctx *c, const struct arg_un *a) { return constant(c, a, TCG_F64); }

bool trans_fminm_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F32, tcg_gen_fminm); }
bool trans_fmaxm_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F32, tcg_gen_fmaxm); }
bool trans_fminm_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F64, tcg_gen_fminm); }
bool trans_fmaxm_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_extremum(c, a, TCG_F64, tcg_gen_fmaxm); }

bool trans_fround_s(struct rv64_ctx *c, const struct arg_fun *a) { return fp_unary(c, a, TCG_OP_fround, TCG_F32); }
bool trans_fround_d(struct rv64_ctx *c, const struct arg_fun *a) { return fp_unary(c, a, TCG_OP_fround, TCG_F64); }
bool trans_froundnx_s(struct rv64_ctx *c, const struct arg_fun *a) { return fp_unary(c, a, TCG_OP_froundnx, TCG_F32); }
bool trans_froundnx_d(struct rv64_ctx *c, const struct arg_fun *a) { return fp_unary(c, a, TCG_OP_froundnx, TCG_F64); }

bool trans_fleq_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F32, TCG_FLEQ); }
bool trans_fltq_s(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F32, TCG_FLTQ); }
bool trans_fleq_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F64, TCG_FLEQ); }
bool trans_fltq_d(struct rv64_ctx *c, const struct arg_r *a) { return fp_compare(c, a, TCG_F64, TCG_FLTQ); }

/* The decoder takes it with rm = rtz only; other modes are reserved. */
bool trans_fcvtmod_w_d(struct rv64_ctx *c, const struct arg_un *a) {
    if (fp_off(c))
        return false;
    fp_dirty(c);
    tcg_gen_fcvtmod(c->s, ctx_xd(c, a->rd), rv64_f[a->rs1]);
    return true;
}
