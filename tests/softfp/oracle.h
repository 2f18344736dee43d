/* SPDX-License-Identifier: BSD-2-Clause */
/* What every floating-point operation must give, by GNU MPFR: the exact result rounded once, and the flags that follow
 * from MPFR's ternary values. Shares nothing with tcg/softfp.c but the numbers of flags and rounding modes, which are
 * RISC-V's. */
#ifndef PYRITE_TESTS_SOFTFP_ORACLE_H
#define PYRITE_TESTS_SOFTFP_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum fp_format { FP_H, FP_B, FP_S, FP_D, FP_FORMATS };
struct fp_layout {
    const char *name;
    int frac, emin, emax, width;
};
extern const struct fp_layout fp_layouts[FP_FORMATS];

enum fp_op {
    FP_ADD, FP_SUB, FP_MUL, FP_DIV, FP_SQRT, FP_MADD, FP_MSUB, FP_NMSUB, FP_NMADD, FP_ROUND, FP_ROUNDNX,
    FP_MIN, FP_MAX, FP_MINM, FP_MAXM, FP_EQ, FP_LT, FP_LE, FP_LTQ, FP_LEQ, FP_CLASS,
    FP_TO_W, FP_TO_WU, FP_TO_L, FP_TO_LU, FP_TO_MOD, FP_FROM_W, FP_FROM_WU, FP_FROM_L, FP_FROM_LU, FP_CVT, FP_OPS
};
enum { FP_NX = 1, FP_UF = 2, FP_OF = 4, FP_DZ = 8, FP_NV = 16 };
enum { FP_RNE, FP_RTZ, FP_RDN, FP_RUP, FP_RMM, FP_MODES };

void fp_oracle_init(void);
/* The bits of the result, zero-extended (integers: sign-extended from 32 bits where they have 32). `f` is the format of
 * the operands, of FROM's and CVT's result; `from` that of CVT's operand. */
uint64_t fp_oracle(enum fp_op op, enum fp_format f, enum fp_format from, unsigned rm, const uint64_t *arg,
                   unsigned *flags);

#endif
