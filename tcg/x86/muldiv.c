/* SPDX-License-Identifier: BSD-2-Clause */
/* High halves of products, division and remainder: rax and rdx are fixed by the instructions. Division never faults:
 * the divisors 0 and -1 go to a cold part. */
#include "tcg/x86/x86.h"

void x86_mulh(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = op->type == TCG_I64;
    if (op->opc == TCG_OP_muluh && plat_cpu.bmi2) {
        if (a[2].kind == TCG_ARG_MEM)
            e->p = x86_rm(e->p, X86_MULX, w, a[0].reg, X86_SCRATCH, x86_env(a[2].off), 0);
        else
            x86_vex(e, X86_MULX, w, a[0].reg, X86_SCRATCH, a[2].reg);
        return;
    }
    if (op->opc == TCG_OP_mulsuh) { /* unsigned product, less b where a is negative */
        x86_mov(e, w, X86_SCRATCH, X86_R_rax);
        x86_reg_imm(e, X86_SAR_I8, w, 0, X86_SCRATCH, w ? 63 : 31);
        x86_reg(e, X86_AND_RM, w, X86_SCRATCH, a[2].reg);
    }
    x86_reg(e, op->opc == TCG_OP_mulsh ? X86_IMUL1 : X86_MUL, w, 0, a[2].reg);
    if (op->opc == TCG_OP_mulsuh)
        x86_reg(e, X86_SUB_RM, w, X86_R_rdx, X86_SCRATCH);
}

/* Divisor 0 (flags say equal), or -1 in the signed case. The dividend is in rax. */
static void cold_div(struct tcg_emit *e, struct tcg_cold *c) {
    bool w = c->op->type == TCG_I64, sign = c->op->opc == TCG_OP_div || c->op->opc == TCG_OP_rem;
    bool rem = c->op->opc == TCG_OP_rem || c->op->opc == TCG_OP_remu;
    uint8_t *minus1 = NULL;
    if (sign) {
        x86_reg(e, X86_TEST_MR, w, c->arg[2].reg, c->arg[2].reg);
        minus1 = x86_jcc8(e, X86_CC_NE);
    }
    if (rem)
        x86_mov(e, w, X86_R_rdx, X86_R_rax);
    else
        x86_load_imm(e, X86_R_rax, ~(uint64_t)0);
    if (sign) {
        x86_jmp_to(e, c->back);
        x86_here(e, minus1);
        if (rem)
            x86_reg(e, X86_XOR_RM, false, X86_R_rdx, X86_R_rdx);
        else
            x86_reg(e, X86_NEG, w, 0, X86_R_rax);
    }
    x86_jmp_to(e, c->back);
}

void x86_div(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = op->type == TCG_I64, sign = op->opc == TCG_OP_div || op->opc == TCG_OP_rem;
    unsigned b = a[2].reg;
    struct tcg_cold *c = tcg_cold_new(e, cold_div, op, a);
    if (sign) {
        x86_mem(e, X86_LEA, w, X86_SCRATCH, x86_at(b, 1));
        x86_alu_imm(e, X86_CMP_RM, w, X86_SCRATCH, 1);
        c->from[0] = x86_jcc(e, X86_CC_BE);
        x86_reg(e, w ? X86_CQO : X86_CDQ, w, 0, 0);
        x86_reg(e, X86_IDIV, w, 0, b);
    } else {
        x86_reg(e, X86_TEST_MR, w, b, b);
        c->from[0] = x86_jcc(e, X86_CC_E);
        x86_reg(e, X86_XOR_RM, false, X86_R_rdx, X86_R_rdx);
        x86_reg(e, X86_DIV, w, 0, b);
    }
    c->back = e->p;
}
