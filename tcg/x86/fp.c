/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point on SSE and AVX scalars. x86 computes what IEEE 754 says and gathers the same flags in MXCSR, with
 * tininess after rounding; what differs is done here: NaN results become the canonical one, and fma, min and max go
 * to the exact helper where NaNs are involved. Checks look at results only, which are never signalling, so they raise
 * nothing. */
#include <string.h>

#include "tcg/x86/fp.h"

struct x86_mem x86_fconst(enum x86_fconst c, bool single) {
    return x86_env(X86_ENV(constants) + 16 * ((unsigned)c + single));
}

/* Of env->constants: the guest's flags by MXCSR's. */
enum { FLAG_TABLE = 512, NFLAG_ENTRIES = 64 };

static uint8_t flags_of(unsigned mxcsr) {
    return (uint8_t)((mxcsr >> 5 & 1) | (mxcsr >> 3 & 2) | (mxcsr >> 1 & 4) | (mxcsr << 1 & 8) | (mxcsr << 4 & 16));
}

void x86_fp_init_env(struct tcg_env *env) {
    for (unsigned i = 0; i < NFLAG_ENTRIES; i++)
        env->constants[FLAG_TABLE + i] = flags_of(i);
    static const uint64_t val[FC_N + 1] = {
        [FC_SIGN] = 0x8000000000000000, [FC_SIGN + 1] = 0x80000000,
        [FC_ABS] = 0x7fffffffffffffff, [FC_ABS + 1] = 0x7fffffff,
        [FC_NAN] = 0x7ff8000000000000, [FC_NAN + 1] = 0x7fc00000,
        [FC_2P63] = 0x43e0000000000000, [FC_2P63 + 1] = 0x5f000000,
        [FC_U32_MAX] = 0x41efffffffe00000, [FC_U32_MAX + 1] = 0x4f7fffff, /* 2^32 - 1; the largest single below 2^32 */
        [FC_BOX] = 0xffffffff00000000,
    };
    for (unsigned i = 0; i < FC_N; i++)
        memcpy(env->constants + 16 * i, &val[i], 8);
}

static void fmov(struct tcg_emit *e, unsigned d, unsigned s) {
    if ((d ^ s) & 15)
        x86_reg(e, X86_MOVAPS, false, d & 15, s);
}

/* ---- static rounding ---- */

enum { RC_MASK = 0x6000, RC_SHIFT = 13 };
static const uint8_t host_rc[] = {[TCG_RNE] = 0, [TCG_RTZ] = 3, [TCG_RDN] = 1, [TCG_RUP] = 2};
#define SAVED x86_env(X86_ENV(gate_arg[5]))
#define OTHER x86_env(X86_ENV(gate_arg[5]) + 4)

void x86_round_begin(struct tcg_emit *e, enum tcg_rm rm) {
    if (rm > TCG_RUP)
        return;
    x86_mem(e, X86_STMXCSR, false, 0, SAVED);
    x86_mem(e, X86_MOV_RM, false, X86_SCRATCH, SAVED);
    x86_alu_imm(e, X86_AND_RM, false, X86_SCRATCH, ~RC_MASK);
    if (host_rc[rm])
        x86_alu_imm(e, X86_OR_RM, false, X86_SCRATCH, host_rc[rm] << RC_SHIFT);
    x86_mem(e, X86_MOV_MR, false, X86_SCRATCH, OTHER);
    x86_mem(e, X86_LDMXCSR, false, 0, OTHER);
}

void x86_round_end(struct tcg_emit *e, enum tcg_rm rm) {
    if (rm > TCG_RUP)
        return;
    x86_mem(e, X86_STMXCSR, false, 0, OTHER);
    x86_mem(e, X86_MOV_RM, false, X86_SCRATCH, OTHER);
    x86_alu_imm(e, X86_AND_RM, false, X86_SCRATCH, ~RC_MASK);
    x86_mem_imm(e, X86_AND_I32, false, 0, SAVED, RC_MASK);
    x86_mem(e, X86_OR_RM, false, X86_SCRATCH, SAVED);
    x86_mem(e, X86_MOV_MR, false, X86_SCRATCH, OTHER);
    x86_mem(e, X86_LDMXCSR, false, 0, OTHER);
}

/* ---- exception flags ---- */

enum { STICKY = 63 };

/* d: the sticky bits as the guest numbers them. */
static void accrued(struct tcg_emit *e, unsigned d) {
    x86_mem(e, X86_STMXCSR, false, 0, SAVED);
    x86_mem(e, X86_MOV_RM, false, d, SAVED);
    x86_alu_imm(e, X86_AND_RM, false, d, STICKY);
    struct x86_mem table = x86_env(X86_ENV(constants) + FLAG_TABLE);
    x86_mem(e, X86_MOVZX8, false, d, x86_ix(X86_R_rbp, d, 0, table.disp));
}

void x86_fp_flags(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    (void)op;
    accrued(e, a[0].reg);
}

/* Loading MXCSR is slow, and hardly ever needed: flags that are written back have mostly just been read. */
void x86_fp_keep(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    (void)op;
    accrued(e, X86_SCRATCH);
    if (a[0].kind == TCG_ARG_CONST) {
        x86_alu_imm(e, X86_AND_RM, false, X86_SCRATCH, (int32_t)~a[0].val);
    } else {
        x86_mov(e, false, X86_R_rcx, a[0].reg);
        x86_reg(e, X86_NOT, false, 0, X86_R_rcx);
        x86_reg(e, X86_AND_RM, false, X86_SCRATCH, X86_R_rcx);
    }
    uint8_t *done = x86_jcc8(e, X86_CC_E);
    x86_mem_imm(e, X86_AND_I32, false, 0, SAVED, ~STICKY);
    x86_mem(e, X86_LDMXCSR, false, 0, SAVED);
    x86_here(e, done);
}

/* ---- cold parts ---- */

/* rax and rcx may hold temps here: FP ops are no gates to the allocator. */
void x86_keep(struct tcg_emit *e, tcg_regset live, bool restore, unsigned but) {
    for (unsigned r = X86_R_rax; r <= X86_R_rcx; r++)
        if (live >> r & 1 && r != but)
            x86_mem(e, restore ? X86_MOV_RM : X86_MOV_MR, true, r, x86_env(X86_ENV(gate_arg[6 + r])));
}

static void cold_helper(struct tcg_emit *e, struct tcg_cold *c) {
    const struct tcg_arg *d = &c->arg[0];
    x86_keep(e, c->live, false, TCG_NOREG);
    x86_gate_imm(e, 0, c->extra);
    for (unsigned i = 0; i < c->op->nin; i++)
        x86_gate_arg(e, 1 + i, &c->arg[1 + i]);
    x86_gate(e, TCG_HELPER_FP, c->live, 0);
    x86_result(e, (enum tcg_type)d->type, d->reg);
    x86_keep(e, c->live, true, d->reg);
    x86_jmp_to(e, c->back);
}

struct tcg_cold *x86_fp_helper(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, enum tcg_rm rm,
                               unsigned imm) {
    struct tcg_cold *c = tcg_cold_new(e, cold_helper, op, a);
    c->extra = op->opc | (uint32_t)op->type << 8 | (uint32_t)rm << 16 | imm << 24;
    return c;
}

static void cold_nan(struct tcg_emit *e, struct tcg_cold *c) {
    bool single = c->op->type == TCG_F32;
    x86_mem(e, single ? X86_MOVSS_RM : X86_MOVSD_RM, false, c->arg[0].reg, x86_fconst(FC_NAN, single));
    x86_jmp_to(e, c->back);
}

/* A NaN in d becomes the canonical one. */
static void canonical(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    struct tcg_cold *c = tcg_cold_new(e, cold_nan, op, a);
    x86_reg(e, x86_fp_row(X86_UCOMISD, op), false, a[0].reg & 15, a[0].reg);
    c->from[0] = x86_jcc(e, X86_CC_P);
    c->back = e->p;
}

/* ---- arithmetic ---- */

static enum x86_id arith_row(const struct tcg_op *op) {
    switch (op->opc) {
    case TCG_OP_fadd: return X86_ADDSD;
    case TCG_OP_fsub: return X86_SUBSD;
    case TCG_OP_fmul: return X86_MULSD;
    case TCG_OP_fdiv: return X86_DIVSD;
    case TCG_OP_fmin:
    case TCG_OP_fminm: return X86_MINSD;
    default: return X86_MAXSD;
    }
}

/* The V rows follow each pair. */
static enum x86_id v_row(enum x86_id row) { return row + 2; }

void x86_fp_arith(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_rm rm = (enum tcg_rm)op->imm[0];
    enum x86_id row = x86_fp_row(arith_row(op), op);
    x86_round_begin(e, rm);
    if (plat_cpu.avx && a[0].reg != a[1].reg)
        x86_vex(e, v_row(row), false, a[0].reg, a[1].reg, a[2].reg);
    else
        x86_reg(e, row, false, a[0].reg & 15, a[2].reg);
    x86_round_end(e, rm);
    canonical(e, op, a);
}

/* Writes the whole register, so that it does not wait for its old value. */
static void unary(struct tcg_emit *e, enum x86_id row, const struct tcg_arg *d, const struct tcg_arg *s) {
    if (s->kind == TCG_ARG_MEM || d->reg != s->reg)
        x86_reg(e, X86_XORPS, false, d->reg & 15, d->reg);
    x86_arg(e, row, false, d->reg, s);
}

void x86_fp_sqrt(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_rm rm = (enum tcg_rm)op->imm[0];
    x86_round_begin(e, rm);
    unary(e, x86_fp_row(X86_SQRTSD, op), &a[0], &a[1]);
    x86_round_end(e, rm);
    canonical(e, op, a);
}

void x86_fp_cvt(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool narrow = op->type == TCG_F32;
    enum tcg_rm rm = narrow ? (enum tcg_rm)op->imm[0] : TCG_RM_DYN; /* widening is exact */
    x86_round_begin(e, rm);
    unary(e, narrow ? X86_CVTSD2SS : X86_CVTSS2SD, &a[0], &a[1]);
    x86_round_end(e, rm);
    canonical(e, op, a);
}

static enum x86_id fma_row(unsigned neg) {
    switch (neg & 3) { /* bit 0 negates the product, bit 1 the addend */
    case 0: return X86_VFMADD213SD;
    case 1: return X86_VFNMADD213SD;
    case 2: return X86_VFMSUB213SD;
    default: return X86_VFNMSUB213SD;
    }
}

/* Infinity times zero plus a quiet NaN is invalid, which x86 does not say: NaN results go to the helper. */
void x86_fp_fma(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_rm rm = (enum tcg_rm)op->imm[0];
    struct tcg_cold *c = x86_fp_helper(e, op, a, rm, (unsigned)op->imm[1]);
    if (!plat_cpu.fma) {
        c->from[0] = x86_jmp(e);
        c->back = e->p;
        return;
    }
    x86_reg(e, X86_MOVAPS, false, X86_XSCRATCH, a[1].reg);
    x86_round_begin(e, rm);
    x86_vex(e, x86_fp_row(fma_row((unsigned)op->imm[1]), op), false, X86_XSCRATCH, a[2].reg, a[3].reg);
    x86_round_end(e, rm);
    x86_reg(e, x86_fp_row(X86_UCOMISD, op), false, X86_XSCRATCH, X86_XSCRATCH);
    c->from[0] = x86_jcc(e, X86_CC_P);
    x86_reg(e, X86_MOVAPS, false, a[0].reg & 15, X86_XSCRATCH);
    c->back = e->p;
}

/* ---- min, max ---- */

/* Equal operands differ in the sign of zero at the most: or gives the smaller, and the larger. */
static void cold_equal(struct tcg_emit *e, struct tcg_cold *c) {
    enum x86_id row = c->op->opc == TCG_OP_fmin || c->op->opc == TCG_OP_fminm ? X86_ORPS : X86_ANDPS;
    x86_reg(e, X86_MOVAPS, false, X86_XSCRATCH, c->arg[1].reg);
    x86_reg(e, row, false, X86_XSCRATCH, c->arg[2].reg);
    x86_reg(e, X86_MOVAPS, false, c->arg[0].reg & 15, X86_XSCRATCH);
    x86_jmp_to(e, c->back);
}

void x86_fp_minmax(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    struct tcg_cold *nan = x86_fp_helper(e, op, a, TCG_RNE, 0);
    struct tcg_cold *equal = tcg_cold_new(e, cold_equal, op, a);
    x86_reg(e, x86_fp_row(X86_UCOMISD, op), false, a[1].reg & 15, a[2].reg); /* signalling: invalid, as it should be */
    nan->from[0] = x86_jcc(e, X86_CC_P);
    equal->from[0] = x86_jcc(e, X86_CC_E);
    x86_reg(e, X86_MOVAPS, false, X86_XSCRATCH, a[1].reg);
    x86_reg(e, x86_fp_row(arith_row(op), op), false, X86_XSCRATCH, a[2].reg);
    x86_reg(e, X86_MOVAPS, false, a[0].reg & 15, X86_XSCRATCH);
    nan->back = equal->back = e->p;
}

/* ---- to an integer of the same format ---- */

/* roundsd raises inexact unless its control says otherwise, and gives zeros the operand's sign; 4 is "as MXCSR
 * says". */
void x86_fp_round(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    static const uint8_t mode[8] = {[TCG_RNE] = 0, [TCG_RTZ] = 3, [TCG_RDN] = 1, [TCG_RUP] = 2, [TCG_RM_DYN] = 4};
    enum { QUIET = 8 };
    if (!plat_cpu.sse41) {
        struct tcg_cold *c = x86_fp_helper(e, op, a, (enum tcg_rm)op->imm[0], 0);
        c->from[0] = x86_jmp(e);
        c->back = e->p;
        return;
    }
    x86_reg_imm(e, x86_fp_row(X86_ROUNDSD, op), false, a[0].reg & 15, a[1].reg & 15,
                mode[op->imm[0] & 7] | (op->opc == TCG_OP_fround ? QUIET : 0));
    canonical(e, op, a);
}

/* ---- halves ---- */

enum { CANONICAL_HALF = 0x7e00 };

/* The instructions of F16C convert four values: the others are zeros, which raise nothing. */
void x86_fp_from_half(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg & 15;
    if (!plat_cpu.f16c) {
        struct tcg_cold *c = x86_fp_helper(e, op, a, TCG_RNE, 0);
        c->from[0] = x86_jmp(e);
        c->back = e->p;
        return;
    }
    x86_reg(e, X86_MOVZX16, false, X86_SCRATCH, a[1].reg);
    x86_reg(e, X86_MOVD_XR, false, d, X86_SCRATCH);
    x86_reg(e, X86_VCVTPH2PS, false, d, d);
    if (!x86_single(op))
        x86_reg(e, X86_CVTSS2SD, false, d, d);
    canonical(e, op, a);
}

static void cold_nan_half(struct tcg_emit *e, struct tcg_cold *c) {
    x86_load_imm(e, c->arg[0].reg, CANONICAL_HALF);
    x86_jmp_to(e, c->back);
}

/* Tininess after rounding, like the rest. The control has the rounding mode, or 4: MXCSR's. */
void x86_fp_to_half(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    static const uint8_t mode[8] = {[TCG_RNE] = 0, [TCG_RTZ] = 3, [TCG_RDN] = 1, [TCG_RUP] = 2, [TCG_RM_DYN] = 4};
    enum tcg_rm rm = (enum tcg_rm)op->imm[0];
    if (!plat_cpu.f16c) {
        struct tcg_cold *c = x86_fp_helper(e, op, a, rm, 0);
        c->from[0] = x86_jmp(e);
        c->back = e->p;
        return;
    }
    struct tcg_cold *nan = tcg_cold_new(e, cold_nan_half, op, a);
    x86_reg(e, X86_XORPS, false, X86_XSCRATCH & 15, X86_XSCRATCH);
    x86_reg(e, X86_MOVSS_RM, false, X86_XSCRATCH & 15, a[1].reg);
    x86_reg_imm(e, X86_VCVTPS2PH, false, X86_XSCRATCH & 15, X86_XSCRATCH & 15, mode[rm & 7]);
    x86_reg(e, X86_MOVD_RX, false, X86_XSCRATCH & 15, a[0].reg);
    x86_reg(e, X86_UCOMISS, false, a[1].reg & 15, a[1].reg);
    nan->from[0] = x86_jcc(e, X86_CC_P);
    nan->back = e->p;
}

/* ---- bits ---- */

/* neg, abs, box */
void x86_fp_mask(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    fmov(e, a[0].reg, a[1].reg);
    if (op->opc == TCG_OP_box)
        x86_mem(e, X86_ORPS, false, a[0].reg, x86_fconst(FC_BOX, false));
    else if (op->opc == TCG_OP_fneg)
        x86_mem(e, X86_XORPS, false, a[0].reg, x86_fconst(FC_SIGN, x86_single(op)));
    else
        x86_mem(e, X86_ANDPS, false, a[0].reg, x86_fconst(FC_ABS, x86_single(op)));
}

/* The upper half is all ones, or the result is the canonical NaN. */
void x86_fp_unbox(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    struct tcg_cold *c = tcg_cold_new(e, cold_nan, op, a);
    x86_reg(e, X86_MOVQ_RX, true, a[1].reg & 15, X86_SCRATCH);
    x86_reg_imm(e, X86_SAR_I8, true, 0, X86_SCRATCH, 32);
    fmov(e, a[0].reg, a[1].reg);
    x86_reg(e, X86_INC, false, 0, X86_SCRATCH);
    c->from[0] = x86_jcc(e, X86_CC_NE);
    c->back = e->p;
}

void x86_fp_unboxed(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    (void)op;
    if (a[1].kind == TCG_ARG_MEM)
        x86_mem(e, X86_MOVSS_RM, false, a[0].reg, x86_env(a[1].off));
    else
        fmov(e, a[0].reg, a[1].reg);
}

void x86_fp_bits(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool mem = a[1].kind == TCG_ARG_MEM;
    unsigned d = a[0].reg;
    if (mem)
        x86_mem(e, x86_single(op) ? X86_MOVSXD : X86_MOV_RM, true, d, x86_env(a[1].off));
    else
        x86_reg(e, x86_single(op) ? X86_MOVD_RX : X86_MOVQ_RX, true, a[1].reg & 15, d);
    if (!mem && x86_single(op))
        x86_reg(e, X86_MOVSXD, true, d, d);
}

void x86_fp_raw(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    if (a[1].kind == TCG_ARG_MEM)
        x86_mem(e, x86_single(op) ? X86_MOVSS_RM : X86_MOVSD_RM, false, a[0].reg, x86_env(a[1].off));
    else
        x86_reg(e, x86_single(op) ? X86_MOVD_XR : X86_MOVQ_XR, true, a[0].reg & 15, a[1].reg);
}

/* ---- compare ---- */

/* feq, fltq and fleq are quiet (ucomis); flt and fle signal (comis). The operands are swapped so that unordered is
 * false. */
void x86_fp_cmp(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg, x = a[1].reg & 15, y = a[2].reg & 15;
    x86_reg(e, X86_XOR_RM, false, d, d);
    if (op->imm[0] == TCG_FEQ) {
        x86_reg(e, x86_fp_row(X86_UCOMISD, op), false, x, y);
        e->p = x86_rr(e->p, X86_SETCC, false, 0, X86_CC_NP, X86_SCRATCH, 0);
        e->p = x86_rr(e->p, X86_SETCC, false, 0, X86_CC_E, d, 0);
        x86_reg(e, X86_AND_RM, false, d, X86_SCRATCH);
    } else {
        bool signal = op->imm[0] == TCG_FLT || op->imm[0] == TCG_FLE;
        bool equal = op->imm[0] == TCG_FLE || op->imm[0] == TCG_FLEQ;
        x86_reg(e, x86_fp_row(signal ? X86_COMISD : X86_UCOMISD, op), false, y, x);
        e->p = x86_rr(e->p, X86_SETCC, false, 0, equal ? X86_CC_AE : X86_CC_A, d, 0);
    }
}
