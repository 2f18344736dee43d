/* SPDX-License-Identifier: BSD-2-Clause */
/* Carry-less products, permutations and ciphers, in the scratch XMM registers. Where the CPU has not the instruction,
 * the op goes to the engine by TCG_HELPER_BITS. Nothing here takes longer for one value than for another (Zkt). */
#include <string.h>

#include "tcg/x86/x86.h"

/* env->constants, 16 bytes each, from the end. */
enum bits_const { BC_0F, BC_33, BC_55, BC_70, BC_REVERSE, BC_SM4_IN, BC_SM4_OUT, BC_N };
enum { BC_BASE = sizeof ((struct tcg_env *)0)->constants - 16 * BC_N };
/* SM4's S-box: into AES's field, the inverse there, and back (each an affine map: 8x8 bits and a byte to add). */
enum { SM4_IN_ADD = 0x3e, SM4_OUT_ADD = 0xd3 };

static struct x86_mem constant(enum bits_const c) { return x86_env(X86_ENV(constants) + BC_BASE + 16 * (unsigned)c); }

void x86_bits_init_env(struct tcg_env *env) {
    static const uint64_t val[BC_N] = {
        [BC_0F] = 0x0f0f0f0f0f0f0f0f, [BC_33] = 0x3333333333333333, [BC_55] = 0x5555555555555555,
        [BC_70] = 0x7070707070707070, [BC_REVERSE] = 0x8040201008040201,
        [BC_SM4_IN] = 0x4c287db91a22505d, [BC_SM4_OUT] = 0xf3ab34a974a6b589,
    };
    for (unsigned i = 0; i < BC_N; i++)
        for (unsigned half = 0; half < 2; half++)
            memcpy(env->constants + BC_BASE + 16 * i + 8 * half, &val[i], 8);
}

/* ---- pieces ---- */

static void helper_arg(struct tcg_emit *e, unsigned i, const struct tcg_arg *a) {
    struct tcg_arg scratch = {.kind = TCG_ARG_REG, .reg = X86_SCRATCH, .type = TCG_I64};
    if (a->kind == TCG_ARG_MEM)
        x86_mem(e, X86_MOV_RM, true, X86_SCRATCH, x86_env(a->off));
    x86_gate_arg(e, i, a->kind == TCG_ARG_MEM ? &scratch : a);
}

static void cold_helper(struct tcg_emit *e, struct tcg_cold *c) {
    x86_keep(e, c->live, false, TCG_NOREG);
    x86_gate_imm(e, 0, c->op->opc);
    for (unsigned i = 0; i < c->op->nin; i++)
        helper_arg(e, 1 + i, &c->arg[1 + i]);
    x86_gate(e, TCG_HELPER_BITS, c->live, 0);
    x86_result(e, TCG_I64, c->arg[0].reg);
    x86_keep(e, c->live, true, c->arg[0].reg);
    x86_jmp_to(e, c->back);
}

/* True if the CPU has it; else the op is done. */
static bool have(bool feature, struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    if (feature)
        return true;
    struct tcg_cold *c = tcg_cold_new(e, cold_helper, op, a);
    c->from[0] = x86_jmp(e);
    c->back = e->p;
    return false;
}

static void rr(struct tcg_emit *e, enum x86_id id, unsigned reg, unsigned rm) { x86_reg(e, id, false, reg, rm); }
static void rri(struct tcg_emit *e, enum x86_id id, unsigned reg, unsigned rm, unsigned imm) {
    x86_reg_imm(e, id, false, reg, rm, imm);
}
/* The low half of an XMM register from an operand, the rest 0; the operand as the upper half. */
static void load(struct tcg_emit *e, unsigned x, const struct tcg_arg *a) {
    x86_arg(e, a->kind == TCG_ARG_MEM ? X86_MOVSD_RM : X86_MOVQ_XR, true, x, a);
}
static void load_high(struct tcg_emit *e, unsigned x, const struct tcg_arg *a) {
    if (a->kind == TCG_ARG_MEM)
        x86_mem_imm(e, X86_PINSRQ, true, x, x86_env(a->off), 1);
    else
        x86_reg_imm(e, X86_PINSRQ, true, x, a->reg, 1);
}
static void low_to(struct tcg_emit *e, unsigned d, unsigned x) { x86_reg(e, X86_MOVQ_RX, true, x, d); }
static void high_to(struct tcg_emit *e, unsigned d, unsigned x) { x86_reg_imm(e, X86_PEXTRQ, true, x, d, 1); }

enum { X = X86_XSCRATCH, Y = X86_XSCRATCH2 };

/* ---- ops ---- */

void x86_clmul(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg;
    if (!have(plat_cpu.pclmul && plat_cpu.sse41, e, op, a))
        return;
    load(e, X, &a[1]);
    load(e, Y, &a[2]);
    rri(e, X86_PCLMULQDQ, X, Y, 0);
    if (op->opc == TCG_OP_clmul) {
        low_to(e, d, X);
        return;
    }
    high_to(e, d, X);
    if (op->opc == TCG_OP_clmulr) {
        low_to(e, X86_SCRATCH, X);
        x86_reg_imm(e, X86_SHLD, true, X86_SCRATCH, d, 1);
    }
}

/* pshufb gives 0 where bit 7 is set, and counts modulo 16 (of which the upper 8 are 0) where it is not: adding 0x70
 * with saturation sets bit 7 from 16 on, and leaves bits 0 to 3 below. */
void x86_perm8(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    if (!have(plat_cpu.sse41, e, op, a))
        return;
    load(e, X, &a[1]);
    load(e, Y, &a[2]);
    x86_mem(e, X86_PADDUSB, false, Y, constant(BC_70));
    rr(e, X86_PSHUFB, X, Y);
    low_to(e, a[0].reg, X);
}

/* The 16 elements of a as bytes, in order; of b the even ones in the lower half, the odd ones in the upper. */
void x86_perm4(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    struct tcg_arg shifted = {.kind = TCG_ARG_REG, .reg = X86_SCRATCH};
    if (!have(plat_cpu.sse41, e, op, a))
        return;
    x86_mov(e, true, X86_SCRATCH, a[1].reg);
    x86_reg_imm(e, X86_SHR_I8, true, 0, X86_SCRATCH, 4);
    load(e, X, &a[1]);
    load(e, Y, &shifted);
    rr(e, X86_PUNPCKLBW, X, Y);
    x86_mem(e, X86_PAND, false, X, constant(BC_0F));
    x86_arg(e, X86_MOV_RM, true, X86_SCRATCH, &a[2]);
    load(e, Y, &shifted);
    x86_reg_imm(e, X86_SHR_I8, true, 0, X86_SCRATCH, 4);
    load_high(e, Y, &shifted);
    x86_mem(e, X86_PAND, false, Y, constant(BC_0F));
    rr(e, X86_PSHUFB, X, Y);
    high_to(e, X86_SCRATCH, X);
    x86_reg_imm(e, X86_SHL_I8, true, 0, X86_SCRATCH, 4);
    low_to(e, a[0].reg, X);
    x86_reg(e, X86_OR_RM, true, a[0].reg, X86_SCRATCH);
}

/* Exchanges neighbours of n bits. */
static void swap_neighbours(struct tcg_emit *e, unsigned d, enum bits_const mask, unsigned n) {
    x86_mov(e, true, X86_SCRATCH, d);
    x86_mem(e, X86_AND_RM, true, X86_SCRATCH, constant(mask));
    x86_reg_imm(e, X86_SHR_I8, true, 0, d, n);
    x86_mem(e, X86_AND_RM, true, d, constant(mask));
    x86_reg_imm(e, X86_SHL_I8, true, 0, X86_SCRATCH, n);
    x86_reg(e, X86_OR_RM, true, d, X86_SCRATCH);
}

void x86_brev8(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg;
    (void)op;
    if (plat_cpu.gfni) {
        load(e, X, &a[1]);
        x86_mem_imm(e, X86_GF2P8AFFINEQB, false, X, constant(BC_REVERSE), 0);
        low_to(e, d, X);
        return;
    }
    if (a[1].kind == TCG_ARG_MEM || a[1].reg != d)
        x86_arg(e, X86_MOV_RM, true, d, &a[1]);
    swap_neighbours(e, d, BC_0F, 4);
    swap_neighbours(e, d, BC_33, 2);
    swap_neighbours(e, d, BC_55, 1);
}

/* x86's rounds begin with ShiftRows, as RISC-V's do, and end with a key, here 0. */
void x86_aes_round(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    static const uint16_t id[] = {X86_AESENC, X86_AESENCLAST, X86_AESDEC, X86_AESDECLAST};
    if (!have(plat_cpu.aes && plat_cpu.sse41, e, op, a))
        return;
    load(e, X, &a[1]);
    load_high(e, X, &a[2]);
    rr(e, X86_PXOR, Y, Y);
    rr(e, (enum x86_id)id[op->opc - TCG_OP_aesenc], X, Y);
    low_to(e, a[0].reg, X);
}

void x86_aes_imc(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    if (!have(plat_cpu.aes, e, op, a))
        return;
    load(e, X, &a[1]);
    rr(e, X86_AESIMC, X, X);
    low_to(e, a[0].reg, X);
}

void x86_aes_key(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    if (!have(plat_cpu.aes, e, op, a))
        return;
    load(e, X, &a[1]);
    rri(e, X86_AESKEYGENASSIST, X, X, 0);
    low_to(e, a[0].reg, X);
}

void x86_sm4_sub(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg;
    if (!have(plat_cpu.gfni, e, op, a))
        return;
    load(e, X, &a[1]);
    x86_mem_imm(e, X86_GF2P8AFFINEQB, false, X, constant(BC_SM4_IN), SM4_IN_ADD);
    x86_mem_imm(e, X86_GF2P8AFFINEINVQB, false, X, constant(BC_SM4_OUT), SM4_OUT_ADD);
    low_to(e, d, X);
    x86_reg(e, X86_MOVZX8, false, d, d);
}
