/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversions between floating point and integers. The host's own instruction is used where its result and its flags
 * are the guest's; where it gives "integer indefinite", or would raise inexact for what is out of range, the helper
 * decides. */
#include "tcg/x86/fp.h"

/* Static rounding without touching MXCSR: to an integer first, quietly; what that lost is raised by raise_inexact(). */
static bool by_round(enum tcg_rm rm) { return plat_cpu.sse41 && rm <= TCG_RUP && rm != TCG_RTZ; }

/* d = a in the given rounding, to 32 or 64 bits. */
static void convert(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, bool w, enum tcg_rm rm) {
    static const uint8_t mode[] = {[TCG_RNE] = 0, [TCG_RDN] = 1, [TCG_RUP] = 2};
    enum { QUIET = 8 };
    enum x86_id trunc = x86_fp_row(X86_CVTTSD2SI, op);
    if (rm == TCG_RTZ) {
        x86_reg(e, trunc, w, a[0].reg, a[1].reg);
    } else if (by_round(rm)) {
        x86_reg_imm(e, x86_fp_row(X86_ROUNDSD, op), false, X86_XSCRATCH, a[1].reg & 15, mode[rm] | QUIET);
        x86_reg(e, trunc, w, a[0].reg, X86_XSCRATCH);
    } else {
        x86_round_begin(e, rm);
        x86_reg(e, x86_fp_row(X86_CVTSD2SI, op), w, a[0].reg, a[1].reg);
        x86_round_end(e, rm);
    }
}

/* After a conversion that was in range: the integer part then is, too, and this is inexact when the other was. */
static void raise_inexact(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, bool w,
                          enum tcg_rm rm) {
    if (by_round(rm))
        x86_reg(e, x86_fp_row(X86_CVTTSD2SI, op), w, X86_SCRATCH, a[1].reg);
}

/* Signed: x86 raises invalid, and nothing else, just when the guest does, and then gives the least integer. */
static void to_signed(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, struct tcg_cold *c,
                      enum tcg_rm rm) {
    bool w = op->imm[0] == TCG_L;
    convert(e, op, a, w, rm);
    x86_alu_imm(e, X86_CMP_RM, w, a[0].reg, 1);
    c->from[0] = x86_jcc(e, X86_CC_O); /* least - 1 overflows */
    raise_inexact(e, op, a, w, rm);
    if (!w)
        x86_reg(e, X86_MOVSXD, true, a[0].reg, a[0].reg);
}

/* Unsigned: from 0 up to what surely fits, by the signed conversion to 64 bits. */
static void to_unsigned(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, struct tcg_cold *c,
                        enum tcg_rm rm) {
    bool w = op->imm[0] == TCG_LU;
    enum x86_id row = x86_fp_row(X86_UCOMISD, op);
    x86_reg(e, X86_XORPS, false, X86_XSCRATCH, X86_XSCRATCH);
    x86_reg(e, row, false, a[1].reg & 15, X86_XSCRATCH);
    c->from[0] = x86_jcc(e, X86_CC_B); /* negative or a NaN */
    x86_mem(e, row, false, a[1].reg, x86_fconst(w ? FC_2P63 : FC_U32_MAX, x86_single(op)));
    c->from[1] = x86_jcc(e, w ? X86_CC_AE : X86_CC_A);
    convert(e, op, a, true, rm);
    raise_inexact(e, op, a, true, rm);
    if (!w)
        x86_reg(e, X86_MOVSXD, true, a[0].reg, a[0].reg);
}

void x86_fp_toi(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_rm rm = (enum tcg_rm)op->imm[1];
    struct tcg_cold *c = x86_fp_helper(e, op, a, rm, (unsigned)op->imm[0]);
    if (op->imm[0] == TCG_W || op->imm[0] == TCG_L)
        to_signed(e, op, a, c, rm);
    else
        to_unsigned(e, op, a, c, rm);
    c->back = e->p;
}

/* In range as ftoi towards zero; else, which is "integer indefinite" after raising invalid, by the helper. */
void x86_fp_tomod(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    struct tcg_cold *c = x86_fp_helper(e, op, a, TCG_RTZ, 0);
    x86_reg(e, x86_fp_row(X86_CVTTSD2SI, op), false, a[0].reg, a[1].reg);
    x86_alu_imm(e, X86_CMP_RM, false, a[0].reg, 1);
    c->from[0] = x86_jcc(e, X86_CC_O);
    x86_reg(e, X86_MOVSXD, true, a[0].reg, a[0].reg);
    c->back = e->p;
}

/* 2^63 and more: half of it with the lost bit kept below, then doubled, which is exact. */
static void from_u64(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum x86_id row = x86_fp_row(X86_CVTSI2SD, op), add = x86_fp_row(X86_ADDSD, op);
    x86_reg(e, X86_TEST_MR, true, a[1].reg, a[1].reg);
    uint8_t *large = x86_jcc8(e, X86_CC_S);
    x86_reg(e, row, true, a[0].reg & 15, a[1].reg);
    uint8_t *done = x86_jmp8(e);
    x86_here(e, large);
    x86_mov(e, true, X86_SCRATCH, a[1].reg);
    x86_reg_imm(e, X86_SHR_I8, true, 0, X86_SCRATCH, 1);
    uint8_t *even = x86_jcc8(e, X86_CC_AE); /* the bit that was shifted out is 0 */
    x86_reg_imm(e, X86_OR_I8, true, 0, X86_SCRATCH, 1);
    x86_here(e, even);
    x86_reg(e, row, true, a[0].reg & 15, X86_SCRATCH);
    x86_reg(e, add, false, a[0].reg & 15, a[0].reg);
    x86_here(e, done);
}

void x86_fp_ito(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_rm rm = (enum tcg_rm)op->imm[1];
    enum x86_id row = x86_fp_row(X86_CVTSI2SD, op);
    bool exact = op->type == TCG_F64 && (op->imm[0] == TCG_W || op->imm[0] == TCG_WU);
    if (exact)
        rm = TCG_RM_DYN;
    x86_round_begin(e, rm);
    x86_reg(e, X86_XORPS, false, a[0].reg & 15, a[0].reg);
    if (op->imm[0] == TCG_LU) {
        from_u64(e, op, a);
    } else if (op->imm[0] == TCG_WU) {
        x86_mov(e, false, X86_SCRATCH, a[1].reg);
        x86_reg(e, row, true, a[0].reg & 15, X86_SCRATCH);
    } else {
        x86_reg(e, row, op->imm[0] == TCG_L, a[0].reg & 15, a[1].reg);
    }
    x86_round_end(e, rm);
}
