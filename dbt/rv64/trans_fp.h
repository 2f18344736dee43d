/* SPDX-License-Identifier: BSD-2-Clause */
/* What the trans_ functions of all floating-point extensions share (dbt/rv64/trans_fd.c). */
#ifndef PYRITE_DBT_RV64_TRANS_FP_H
#define PYRITE_DBT_RV64_TRANS_FP_H

#include "dbt/rv64/translate.h"

enum { RM_RMM = 4 };

/* FS is Off: illegal. */
static inline bool fp_off(const struct rv64_ctx *c) { return !(c->b->flags & TBF_FS); }
/* Called before anything else of an instruction that writes an f register or may set flags. */
void fp_dirty(struct rv64_ctx *c);
/* The IR's rounding mode for an rm field: TCG_RM_DYN where it is what MXCSR has anyway (blocks with frm <= 3 run
 * with it), RM_RMM, or a static one; -1: illegal. */
int fp_rounding(const struct rv64_ctx *c, int rm);

/* A single, unboxed; write: boxed, and v must not be written again. */
tcgv fp_read_s(struct rv64_ctx *c, int n);
void fp_write_s(struct rv64_ctx *c, int n, tcgv v);
static inline tcgv fp_new_s(struct rv64_ctx *c) { return tcg_temp_new(c->s, TCG_F32); }
/* The whole f register, to write. */
tcgv fp_dest_d(struct rv64_ctx *c, int n);

/* By type, TCG_F32 or TCG_F64: an operand; where the result goes; and what makes it the register's value. */
static inline tcgv fp_read(struct rv64_ctx *c, enum tcg_type t, int n) {
    return t == TCG_F32 ? fp_read_s(c, n) : rv64_f[n];
}
static inline tcgv fp_dest(struct rv64_ctx *c, enum tcg_type t, int n) {
    return t == TCG_F32 ? fp_new_s(c) : fp_dest_d(c, n);
}
static inline void fp_done(struct rv64_ctx *c, enum tcg_type t, int n, tcgv v) {
    if (t == TCG_F32)
        fp_write_s(c, n, v);
}

/* An op with a rounding mode; `k` is its other immediate (fma: negations; ftoi, itof: enum tcg_icvt). RMM, which x86
 * has not, by the helper. */
void fp_rounded(struct rv64_ctx *c, enum tcg_opc opc, enum tcg_type t, tcgv d, tcgv a, tcgv b, tcgv e, int rm, int k);

/* Whole instructions: one operand and a rounding mode; two operands; a comparison. */
bool fp_unary(struct rv64_ctx *c, const struct arg_fun *a, enum tcg_opc opc, enum tcg_type t);
bool fp_extremum(struct rv64_ctx *c, const struct arg_r *a, enum tcg_type t, ctx_gen *gen);
bool fp_compare(struct rv64_ctx *c, const struct arg_r *a, enum tcg_type t, enum tcg_fcond cond);

/* fli's constant n as a value of the format: SOFTFP_F16, TCG_F32 or TCG_F64. */
uint64_t fp_constant(enum tcg_type format, unsigned n);

#endif
