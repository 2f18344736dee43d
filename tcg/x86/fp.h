/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fp.c and fpint.c: constants in env, rounding, the way to the exact helper. */
#ifndef PYRITE_TCG_X86_FP_H
#define PYRITE_TCG_X86_FP_H

#include "tcg/x86/x86.h"

/* env->constants, 16 bytes each, in pairs: double, single. */
enum x86_fconst { FC_SIGN, FC_ABS = 2, FC_NAN = 4, FC_2P63 = 6, FC_U32_MAX = 8, FC_BOX = 10, FC_N };
struct x86_mem x86_fconst(enum x86_fconst c, bool single);

static inline bool x86_single(const struct tcg_op *op) { return op->type == TCG_F32; }
/* Rows come in pairs: double, then single. */
static inline enum x86_id x86_fp_row(enum x86_id dbl, const struct tcg_op *op) { return dbl + x86_single(op); }

/* Brackets instructions that are to round by rm: nothing for TCG_RM_DYN. Uses r11; sticky flags stay. */
void x86_round_begin(struct tcg_emit *e, enum tcg_rm rm);
void x86_round_end(struct tcg_emit *e, enum tcg_rm rm);

/* A cold part that does the whole op by TCG_HELPER_FP. rm, imm: immediates of the op as the helper takes them. */
struct tcg_cold *x86_fp_helper(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, enum tcg_rm rm,
                               unsigned imm);

#endif
