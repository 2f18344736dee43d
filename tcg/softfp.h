/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact IEEE 754-2008 for binary16, bfloat16, binary32 and binary64, in integers only: the interpreter's floating
 * point, and the slow path for what the host's own instructions would get wrong. The semantics are those of the FP ops
 * of tcg/ops.def.
 *
 * Values are bit patterns in the low bits of a uint64_t, zero-extended in results; what lies above them in an operand
 * is ignored. Every function is total and has no state: flags are OR-ed into *flags (RISC-V's fflags). A NaN result
 * of an arithmetic operation is the canonical one; underflow means tiny after rounding and inexact. */
#ifndef PYRITE_TCG_SOFTFP_H
#define PYRITE_TCG_SOFTFP_H

#include "tcg/ir.h"

/* Exception flags, RISC-V F section 11.2. */
enum { SOFTFP_NX = 1, SOFTFP_UF = 2, SOFTFP_OF = 4, SOFTFP_DZ = 8, SOFTFP_NV = 16 };
/* Rounding modes: enum tcg_rm, and ties to the larger magnitude. Any other number rounds as TCG_RNE. */
enum { SOFTFP_RMM = 4 };

/* Formats that the IR has no type for: they take the place of an enum tcg_type here. */
#define SOFTFP_F16 ((enum tcg_type)16)
#define SOFTFP_BF16 ((enum tcg_type)17)

/* `type` is TCG_F32, TCG_F64, SOFTFP_F16 or SOFTFP_BF16, of operands and result. */
uint64_t softfp_add(enum tcg_type type, uint64_t a, uint64_t b, unsigned rm, unsigned *flags);
uint64_t softfp_sub(enum tcg_type type, uint64_t a, uint64_t b, unsigned rm, unsigned *flags);
uint64_t softfp_mul(enum tcg_type type, uint64_t a, uint64_t b, unsigned rm, unsigned *flags);
uint64_t softfp_div(enum tcg_type type, uint64_t a, uint64_t b, unsigned rm, unsigned *flags);
uint64_t softfp_sqrt(enum tcg_type type, uint64_t a, unsigned rm, unsigned *flags);
/* (+-)(a * b) (+-) c, rounded once. neg: bit 0 negates the product, bit 1 the addend. 0 * inf is invalid whatever c
 * is. */
uint64_t softfp_fma(enum tcg_type type, uint64_t a, uint64_t b, uint64_t c, unsigned neg, unsigned rm, unsigned *flags);
/* minimumNumber, maximumNumber (RISC-V F 2.2). */
uint64_t softfp_min(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags);
uint64_t softfp_max(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags);
/* IEEE 754-2019 minimum and maximum: any NaN gives NaN (RISC-V Zfa). */
uint64_t softfp_minm(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags);
uint64_t softfp_maxm(enum tcg_type type, uint64_t a, uint64_t b, unsigned *flags);
/* To an integer of the same format; a zero keeps the sign. NX if `exact` is asked for and it was none. */
uint64_t softfp_round(enum tcg_type type, uint64_t a, bool exact, unsigned rm, unsigned *flags);
/* 0 or 1. */
uint64_t softfp_cmp(enum tcg_type type, uint64_t a, uint64_t b, enum tcg_fcond cond, unsigned *flags);
/* To `type` from `from`. */
uint64_t softfp_cvt(enum tcg_type type, enum tcg_type from, uint64_t a, unsigned rm, unsigned *flags);
/* To an integer: saturates and raises NV; w and wu results are sign-extended from 32 bits. */
uint64_t softfp_to_int(enum tcg_type type, uint64_t a, enum tcg_icvt icvt, unsigned rm, unsigned *flags);
/* Towards zero, modulo 2^32, sign-extended; NaN and infinity give 0. Flags as of to_int with TCG_W (Zfa,
 * fcvtmod.w.d). */
uint64_t softfp_to_int_mod(enum tcg_type type, uint64_t a, unsigned *flags);
/* From an integer (w and wu: the low 32 bits of a). */
uint64_t softfp_from_int(enum tcg_type type, uint64_t a, enum tcg_icvt icvt, unsigned rm, unsigned *flags);
/* RISC-V's fclass mask: one bit of 0-9. */
uint64_t softfp_class(enum tcg_type type, uint64_t a);

/* Any op of tcg/ops.def from fadd to unboxed. `type` is the op's own; rm must not be TCG_RM_DYN (it would round as
 * TCG_RNE); imm is `neg` of fma, the fcond of fcmp, the icvt of ftoi and itof, the source type of fcvt_ff (0: the
 * other of binary32 and binary64), else ignored. Another op gives 0. */
uint64_t softfp_op(enum tcg_opc op, enum tcg_type type, unsigned rm, unsigned imm, uint64_t a, uint64_t b, uint64_t c,
                   unsigned *flags);
/* The same from helper_fp's control word: op | type << 8 | rm << 16 | imm << 24. */
static inline uint64_t softfp_ctl(uint32_t ctl, uint64_t a, uint64_t b, uint64_t c, unsigned *flags) {
    return softfp_op((enum tcg_opc)(ctl & 0xff), (enum tcg_type)(ctl >> 8 & 0xff), ctl >> 16 & 0xff, ctl >> 24, a, b, c,
                     flags);
}

#endif
