/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer ops to instructions. Operands are where constraints.def lets them be. */
#include "tcg/x86/x86.h"

static bool is64(const struct tcg_op *op) { return op->type == TCG_I64; }

static const uint8_t cond_cc[TCG_NCONDS] = {
    [TCG_EQ] = X86_CC_E, [TCG_NE] = X86_CC_NE, [TCG_LT] = X86_CC_L, [TCG_GE] = X86_CC_GE, [TCG_LE] = X86_CC_LE,
    [TCG_GT] = X86_CC_G, [TCG_LTU] = X86_CC_B, [TCG_GEU] = X86_CC_AE, [TCG_LEU] = X86_CC_BE, [TCG_GTU] = X86_CC_A,
    [TCG_TSTEQ] = X86_CC_E, [TCG_TSTNE] = X86_CC_NE,
};

static void test_args(struct tcg_emit *e, bool w, const struct tcg_arg *a, const struct tcg_arg *b) {
    if (b->kind == TCG_ARG_CONST && a->kind == TCG_ARG_MEM)
        x86_mem_imm(e, X86_TEST_I32, w, 0, x86_env(a->off), b->val);
    else if (b->kind == TCG_ARG_CONST && b->val == (b->val & 0x7f))
        x86_reg_imm(e, X86_TEST8_I8, false, 0, a->reg, b->val);
    else if (b->kind == TCG_ARG_CONST)
        x86_reg_imm(e, X86_TEST_I32, w && b->val < 0, 0, a->reg, b->val);
    else if (a->kind == TCG_ARG_MEM)
        x86_mem(e, X86_TEST_MR, w, b->reg, x86_env(a->off));
    else
        x86_arg(e, X86_TEST_MR, w, a->reg, b);
}

/* Sets the flags for cond; returns the condition code. */
static unsigned compare(struct tcg_emit *e, bool w, enum tcg_cond cond, const struct tcg_arg *a,
                        const struct tcg_arg *b) {
    if (cond == TCG_TSTEQ || cond == TCG_TSTNE) {
        test_args(e, w, a, b);
    } else if (a->kind == TCG_ARG_MEM) {
        if (b->kind == TCG_ARG_CONST)
            x86_mem_imm(e, b->val == (int8_t)b->val ? X86_CMP_I8 : X86_CMP_I32, w, 0, x86_env(a->off), b->val);
        else
            x86_mem(e, X86_CMP_MR, w, b->reg, x86_env(a->off));
    } else if (b->kind == TCG_ARG_CONST && b->val == 0) {
        x86_reg(e, X86_TEST_MR, w, a->reg, a->reg);
    } else {
        x86_alu(e, X86_CMP_RM, w, a->reg, b);
    }
    return cond_cc[cond];
}

static void op_brcond(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    uint8_t *flags = e->p;
    struct tcg_arg field = {.kind = TCG_ARG_MEM, .off = (uint32_t)op->imm[X86_FIELD] - 1, .type = op->type};
    unsigned cc = compare(e, is64(op), op->imm[0], op->imm[X86_FIELD] ? &field : &a[0], &a[1]);
    if (e->fused) {
        x86_fused_jump(e, cc ^ 1, flags);
    } else if (e->edge) {
        struct tcg_cold *c = tcg_cold_new(e, tcg_region_cold, op, NULL);
        c->extra = e->edge;
        c->from[0] = x86_jcc(e, cc);
    } else {
        tcg_label_ref(e, x86_jcc(e, cc), (unsigned)op->imm[1]);
    }
}

static bool uses(const struct tcg_arg *a, unsigned reg) { return a->kind == TCG_ARG_REG && a->reg == reg; }

static void op_setcond(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg;
    bool apart = !uses(&a[1], d) && !uses(&a[2], d);
    if (apart)
        x86_reg(e, X86_XOR_RM, false, d, d);
    unsigned cc = compare(e, is64(op), op->imm[0], &a[1], &a[2]);
    e->p = x86_rr(e->p, X86_SETCC, false, 0, cc, d, 0);
    if (!apart)
        x86_reg(e, X86_MOVZX8, false, d, d);
}

static void op_movcond(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned cc = compare(e, is64(op), op->imm[0], &a[1], &a[2]);
    if (a[3].kind == TCG_ARG_MEM)
        e->p = x86_rm(e->p, X86_CMOVCC, is64(op), a[0].reg, cc, x86_env(a[3].off), 0);
    else
        e->p = x86_rr(e->p, X86_CMOVCC, is64(op), a[0].reg, cc, a[3].reg, 0);
}

/* ---- add, sub, logic ---- */

static void add_imm(struct tcg_emit *e, bool w, unsigned d, unsigned a, int32_t imm) {
    if (imm == 0)
        x86_mov(e, w, d, a);
    else if (d == a && imm == 128)
        x86_alu_imm(e, X86_SUB_RM, w, d, -128);
    else if (d == a)
        x86_alu_imm(e, X86_ADD_RM, w, d, imm);
    else
        x86_mem(e, X86_LEA, w, d, x86_at(a, imm));
}

static void op_add(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = is64(op);
    unsigned d = a[0].reg, x = a[1].reg;
    if (op->imm[X86_SCALE]) {
        x86_mem(e, X86_LEA, w, d, x86_ix(a[2].reg, x, (unsigned)op->imm[X86_SCALE], 0));
    } else if (a[2].kind == TCG_ARG_CONST) {
        add_imm(e, w, d, x, (int32_t)a[2].val);
    } else if (a[2].kind == TCG_ARG_MEM) {
        x86_mov(e, w, d, x);
        x86_alu(e, X86_ADD_RM, w, d, &a[2]);
    } else if (d == x) {
        x86_alu(e, X86_ADD_RM, w, d, &a[2]);
    } else if (d == a[2].reg) {
        x86_alu(e, X86_ADD_RM, w, d, &a[1]);
    } else {
        x86_mem(e, X86_LEA, w, d, (x & 7) == 5 ? x86_ix(a[2].reg, x, 0, 0) : x86_ix(x, a[2].reg, 0, 0));
    }
}

static void op_sub(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = is64(op);
    if (a[2].kind == TCG_ARG_CONST && (int32_t)a[2].val != INT32_MIN)
        add_imm(e, w, a[0].reg, a[1].reg, (int32_t)-a[2].val);
    else if (a[2].kind == TCG_ARG_CONST) {
        x86_mov(e, w, a[0].reg, a[1].reg);
        x86_alu(e, X86_SUB_RM, w, a[0].reg, &a[2]);
    } else {
        x86_alu(e, X86_SUB_RM, w, a[0].reg, &a[2]);
    }
}

/* and with 0xff, 0xffff or 0xffffffff need not be in place: constraint.c, is_zext_mask(). */
static void op_and(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned d = a[0].reg;
    int64_t v = a[2].val;
    if (a[2].kind != TCG_ARG_CONST)
        x86_alu(e, X86_AND_RM, is64(op), d, &a[2]);
    else if (v == 0xff)
        x86_arg(e, X86_MOVZX8, false, d, &a[1]);
    else if (v == 0xffff)
        x86_arg(e, X86_MOVZX16, false, d, &a[1]);
    else if (v == 0xffffffff)
        x86_arg(e, X86_MOV_RM, false, d, &a[1]);
    else
        x86_alu_imm(e, X86_AND_RM, is64(op) && v < 0, d, (int32_t)v);
}

static void op_or(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_alu(e, X86_OR_RM, is64(op), a[0].reg, &a[2]);
}

static void op_xor(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_alu(e, X86_XOR_RM, is64(op), a[0].reg, &a[2]);
}

static void op_eqv(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_alu(e, X86_XOR_RM, is64(op), a[0].reg, &a[2]);
    x86_reg(e, X86_NOT, is64(op), 0, a[0].reg);
}

static void op_andc(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = is64(op);
    if (plat_cpu.bmi1) {
        if (a[1].kind == TCG_ARG_MEM)
            e->p = x86_rm(e->p, X86_ANDN, w, a[0].reg, a[2].reg, x86_env(a[1].off), 0);
        else
            x86_vex(e, X86_ANDN, w, a[0].reg, a[2].reg, a[1].reg);
    } else {
        x86_mov(e, w, X86_SCRATCH, a[2].reg);
        x86_reg(e, X86_NOT, w, 0, X86_SCRATCH);
        x86_reg(e, X86_AND_RM, w, a[0].reg, X86_SCRATCH);
    }
}

static void op_orc(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_mov(e, is64(op), X86_SCRATCH, a[2].reg);
    x86_reg(e, X86_NOT, is64(op), 0, X86_SCRATCH);
    x86_reg(e, X86_OR_RM, is64(op), a[0].reg, X86_SCRATCH);
}

static void op_neg(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_reg(e, X86_NEG, is64(op), 0, a[0].reg);
}

static void op_not(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_reg(e, X86_NOT, is64(op), 0, a[0].reg);
}

static void op_bswap(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_reg(e, X86_BSWAP, is64(op), 0, a[0].reg);
}

static void op_mul(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = is64(op);
    if (a[2].kind != TCG_ARG_CONST) {
        x86_arg(e, X86_IMUL_RM, w, a[0].reg, &a[2]);
        return;
    }
    enum x86_id id = a[2].val == (int8_t)a[2].val ? X86_IMUL_I8 : X86_IMUL_I32;
    if (a[1].kind == TCG_ARG_MEM)
        x86_mem_imm(e, id, w, a[0].reg, x86_env(a[1].off), a[2].val);
    else
        x86_reg_imm(e, id, w, a[0].reg, a[1].reg, a[2].val);
}

/* ---- shifts ---- */

struct shift_rows {
    enum x86_id cl, imm, bmi;
};
static const struct shift_rows shifts[] = {
    {X86_SHL_CL, X86_SHL_I8, X86_SHLX}, {X86_SHR_CL, X86_SHR_I8, X86_SHRX}, {X86_SAR_CL, X86_SAR_I8, X86_SARX},
    {X86_ROL_CL, X86_ROL_I8, X86_RORX}, {X86_ROR_CL, X86_ROR_I8, X86_RORX},
};

static void rotate_imm(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a, bool w, unsigned n) {
    unsigned bits = w ? 64 : 32;
    if (op->opc == TCG_OP_rotl)
        n = (bits - n) & (bits - 1);
    if (a[1].kind == TCG_ARG_MEM)
        e->p = x86_rm(e->p, X86_RORX, w, a[0].reg, 0, x86_env(a[1].off), n);
    else
        e->p = x86_rr(e->p, X86_RORX, w, a[0].reg, 0, a[1].reg, n);
}

static const struct shift_rows *shift_rows(enum tcg_opc opc) {
    return &shifts[opc == TCG_OP_shr32 ? 1 : opc == TCG_OP_rotr32 ? 4 : opc - TCG_OP_shl];
}

static void op_shift(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool low = op->opc == TCG_OP_shr32 || op->opc == TCG_OP_rotr32, w = is64(op) && !low;
    bool rot = op->opc == TCG_OP_rotl || op->opc == TCG_OP_rotr || op->opc == TCG_OP_rotr32;
    const struct shift_rows *s = shift_rows(op->opc);
    if (a[2].kind == TCG_ARG_CONST) {
        unsigned n = (unsigned)a[2].val & (w ? 63 : 31);
        if (rot && plat_cpu.bmi2)
            rotate_imm(e, op, a, w, n);
        else if (n == 1 && op->opc == TCG_OP_shl)
            x86_reg(e, X86_ADD_RM, w, a[0].reg, a[0].reg);
        else if (n)
            x86_reg_imm(e, s->imm, w, 0, a[0].reg, n);
        else if (low)
            x86_reg(e, X86_MOV_RM, false, a[0].reg, a[0].reg);
    } else if (rot || !plat_cpu.bmi2) {
        if (low) /* a count of 0 leaves the upper half */
            x86_reg(e, X86_MOV_RM, false, a[0].reg, a[0].reg);
        x86_reg(e, s->cl, w, 0, a[0].reg);
    } else if (a[1].kind == TCG_ARG_MEM) {
        e->p = x86_rm(e->p, s->bmi, w, a[0].reg, a[2].reg, x86_env(a[1].off), 0);
    } else {
        x86_vex(e, s->bmi, w, a[0].reg, a[2].reg, a[1].reg);
    }
}

/* ---- bits and widths ---- */

static void op_clz(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = is64(op);
    unsigned d = a[0].reg, bits = w ? 64 : 32;
    if (plat_cpu.lzcnt) {
        x86_arg(e, X86_LZCNT, w, d, &a[1]);
        return;
    }
    x86_load_imm(e, d, 2 * bits - 1);
    x86_reg(e, X86_BSR, w, X86_SCRATCH, a[1].reg);
    e->p = x86_rr(e->p, X86_CMOVCC, w, d, X86_CC_NE, X86_SCRATCH, 0);
    x86_alu_imm(e, X86_XOR_RM, w, d, (int32_t)bits - 1);
}

static void op_ctz(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    bool w = is64(op);
    if (plat_cpu.bmi1) {
        x86_arg(e, X86_TZCNT, w, a[0].reg, &a[1]);
        return;
    }
    x86_load_imm(e, a[0].reg, w ? 64 : 32);
    x86_reg(e, X86_BSF, w, X86_SCRATCH, a[1].reg);
    e->p = x86_rr(e->p, X86_CMOVCC, w, a[0].reg, X86_CC_NE, X86_SCRATCH, 0);
}

static void op_conv(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    static const uint16_t id[TCG_NOPS] = {
        [TCG_OP_ctpop] = X86_POPCNT, [TCG_OP_ext8s] = X86_MOVSX8, [TCG_OP_ext8u] = X86_MOVZX8,
        [TCG_OP_ext16s] = X86_MOVSX16, [TCG_OP_ext16u] = X86_MOVZX16, [TCG_OP_ext32s] = X86_MOVSXD,
        [TCG_OP_ext32u] = X86_MOV_RM, [TCG_OP_ext_i32_i64] = X86_MOVSXD, [TCG_OP_extu_i32_i64] = X86_MOV_RM,
    };
    bool low = op->opc == TCG_OP_ext32u || op->opc == TCG_OP_extu_i32_i64;
    x86_arg(e, id[op->opc], is64(op) && !low, a[0].reg, &a[1]);
}

static void op_none(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    (void)e, (void)op, (void)a;
}

x86_op_fn *const x86_ops[TCG_NOPS] = {
    [TCG_OP_add] = op_add, [TCG_OP_sub] = op_sub, [TCG_OP_mul] = op_mul,
    [TCG_OP_mulsh] = x86_mulh, [TCG_OP_muluh] = x86_mulh, [TCG_OP_mulsuh] = x86_mulh,
    [TCG_OP_div] = x86_div, [TCG_OP_divu] = x86_div, [TCG_OP_rem] = x86_div, [TCG_OP_remu] = x86_div,
    [TCG_OP_and] = op_and, [TCG_OP_or] = op_or, [TCG_OP_xor] = op_xor, [TCG_OP_andc] = op_andc, [TCG_OP_orc] = op_orc,
    [TCG_OP_eqv] = op_eqv, [TCG_OP_neg] = op_neg, [TCG_OP_not] = op_not,
    [TCG_OP_shl] = op_shift, [TCG_OP_shr] = op_shift, [TCG_OP_sar] = op_shift, [TCG_OP_rotl] = op_shift,
    [TCG_OP_rotr] = op_shift, [TCG_OP_shr32] = op_shift, [TCG_OP_rotr32] = op_shift,
    [TCG_OP_clz] = op_clz, [TCG_OP_ctz] = op_ctz, [TCG_OP_ctpop] = op_conv,
    [TCG_OP_bswap] = op_bswap, [TCG_OP_ext8s] = op_conv, [TCG_OP_ext8u] = op_conv, [TCG_OP_ext16s] = op_conv,
    [TCG_OP_ext16u] = op_conv, [TCG_OP_ext32s] = op_conv, [TCG_OP_ext32u] = op_conv, [TCG_OP_ext_i32_i64] = op_conv,
    [TCG_OP_extu_i32_i64] = op_conv, [TCG_OP_trunc_i64_i32] = op_none, [TCG_OP_setcond] = op_setcond,
    [TCG_OP_movcond] = op_movcond,
    [TCG_OP_clmul] = x86_clmul, [TCG_OP_clmulh] = x86_clmul, [TCG_OP_clmulr] = x86_clmul,
    [TCG_OP_perm4] = x86_perm4, [TCG_OP_perm8] = x86_perm8, [TCG_OP_brev8] = x86_brev8,
    [TCG_OP_aesenc] = x86_aes_round, [TCG_OP_aesenclast] = x86_aes_round, [TCG_OP_aesdec] = x86_aes_round,
    [TCG_OP_aesdeclast] = x86_aes_round, [TCG_OP_aesimc] = x86_aes_imc, [TCG_OP_aeskey] = x86_aes_key,
    [TCG_OP_sm4sub] = x86_sm4_sub,
    [TCG_OP_brcond] = op_brcond, [TCG_OP_insn_start] = op_none,
    [TCG_OP_goto_tb] = x86_goto_tb, [TCG_OP_exit_tb] = x86_exit_tb, [TCG_OP_goto_ptr] = x86_goto_ptr,
    [TCG_OP_ld_env] = x86_ld_env, [TCG_OP_st_env] = x86_st_env, [TCG_OP_guest_ld] = x86_guest_ld,
    [TCG_OP_guest_st] = x86_guest_st, [TCG_OP_guest_rmw] = x86_guest_rmw, [TCG_OP_guest_cas] = x86_guest_cas,
    [TCG_OP_guest_zero] = x86_guest_zero,
    [TCG_OP_fence] = x86_fence, [TCG_OP_call] = x86_call,
    [TCG_OP_fadd] = x86_fp_arith, [TCG_OP_fsub] = x86_fp_arith, [TCG_OP_fmul] = x86_fp_arith,
    [TCG_OP_fdiv] = x86_fp_arith,
    [TCG_OP_fsqrt] = x86_fp_sqrt, [TCG_OP_fma] = x86_fp_fma, [TCG_OP_fmin] = x86_fp_minmax,
    [TCG_OP_fmax] = x86_fp_minmax, [TCG_OP_fminm] = x86_fp_minmax, [TCG_OP_fmaxm] = x86_fp_minmax,
    [TCG_OP_fround] = x86_fp_round, [TCG_OP_froundnx] = x86_fp_round, [TCG_OP_fcvtmod] = x86_fp_tomod,
    [TCG_OP_h2f] = x86_fp_from_half, [TCG_OP_f2h] = x86_fp_to_half,
    [TCG_OP_fneg] = x86_fp_mask, [TCG_OP_fabs] = x86_fp_mask, [TCG_OP_fcmp] = x86_fp_cmp, [TCG_OP_fcvt_ff] = x86_fp_cvt,
    [TCG_OP_ftoi] = x86_fp_toi, [TCG_OP_itof] = x86_fp_ito, [TCG_OP_fbits] = x86_fp_bits,
    [TCG_OP_fflags_get] = x86_fp_flags, [TCG_OP_fflags_keep] = x86_fp_keep, [TCG_OP_fraw] = x86_fp_raw,
    [TCG_OP_box] = x86_fp_mask, [TCG_OP_unbox] = x86_fp_unbox,
    [TCG_OP_unboxed] = x86_fp_unboxed,
};
