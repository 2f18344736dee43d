/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of code that all ops share: operands, constants, jumps, and the allocator's moves, loads and stores. */
#include <string.h>

#include "tcg/x86/x86.h"

void x86_arg(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, const struct tcg_arg *a) {
    if (a->kind == TCG_ARG_MEM)
        x86_mem(e, id, w, reg, x86_env(a->off));
    else
        x86_reg(e, id, w, reg & 15, a->reg);
}

/* The rows of an arithmetic op: RM, MR, I8, I32. */
void x86_alu_imm(struct tcg_emit *e, enum x86_id rm_row, bool w, unsigned dst, int32_t imm) {
    x86_reg_imm(e, imm == (int8_t)imm ? rm_row + 2 : rm_row + 3, w, 0, dst, imm);
}

void x86_alu(struct tcg_emit *e, enum x86_id rm_row, bool w, unsigned dst, const struct tcg_arg *a) {
    if (a->kind == TCG_ARG_CONST)
        x86_alu_imm(e, rm_row, w, dst, (int32_t)a->val);
    else
        x86_arg(e, rm_row, w, dst, a);
}

void x86_load_imm(struct tcg_emit *e, unsigned dst, uint64_t val) {
    if (val == (uint32_t)val)
        x86_reg_imm(e, X86_MOV_OI, false, 0, dst, (int64_t)val);
    else if ((int64_t)val == (int32_t)val)
        x86_reg_imm(e, X86_MOV_I32, true, 0, dst, (int64_t)val);
    else
        x86_reg_imm(e, X86_MOV_OI, true, 0, dst, (int64_t)val);
}

void x86_mov(struct tcg_emit *e, bool w, unsigned dst, unsigned src) {
    if (dst != src)
        x86_reg(e, X86_MOV_RM, w, dst, src);
}

/* ---- jumps ---- */

uint8_t *x86_jcc(struct tcg_emit *e, unsigned cc) {
    *e->p++ = 0x0f;
    *e->p++ = (uint8_t)(0x80 + cc);
    e->p += 4;
    return e->p - 4;
}

uint8_t *x86_jmp(struct tcg_emit *e) {
    *e->p++ = 0xe9;
    e->p += 4;
    return e->p - 4;
}

void x86_patch(uint8_t *field, const uint8_t *to) {
    int32_t rel = (int32_t)(to - (field + 4));
    memcpy(field, &rel, 4);
}

uint8_t *x86_jcc8(struct tcg_emit *e, unsigned cc) {
    *e->p++ = (uint8_t)(0x70 + cc);
    return e->p++;
}

uint8_t *x86_jmp8(struct tcg_emit *e) {
    *e->p++ = 0xeb;
    return e->p++;
}

void x86_here(struct tcg_emit *e, uint8_t *field) { *field = (uint8_t)(e->p - (field + 1)); }

void x86_jcc_to(struct tcg_emit *e, unsigned cc, const uint8_t *to) {
    int64_t rel = to - (e->p + 2);
    if (rel == (int8_t)rel) {
        *e->p++ = (uint8_t)(0x70 + cc);
        *e->p++ = (uint8_t)rel;
    } else {
        x86_patch(x86_jcc(e, cc), to);
    }
}

void x86_jmp_to(struct tcg_emit *e, const uint8_t *to) {
    int64_t rel = to - (e->p + 2);
    if (rel == (int8_t)rel) {
        *e->p++ = 0xeb;
        *e->p++ = (uint8_t)rel;
    } else {
        x86_patch(x86_jmp(e), to);
    }
}

/* ---- the allocator's moves ---- */

static void mov(struct tcg_emit *e, enum tcg_type type, unsigned dst, unsigned src) {
    if (tcg_type_is_fp(type))
        x86_reg(e, X86_MOVAPS, false, dst & 15, src);
    else
        x86_reg(e, X86_MOV_RM, type == TCG_I64, dst, src);
}

static void movi(struct tcg_emit *e, enum tcg_type type, unsigned dst, uint64_t val) {
    if (!tcg_type_is_fp(type)) {
        if (val == 0) /* never between a comparison and its use */
            x86_reg(e, X86_XOR_RM, false, dst, dst);
        else
            x86_load_imm(e, dst, val);
    } else if (val == 0) {
        x86_reg(e, X86_XORPS, false, dst & 15, dst);
    } else {
        x86_load_imm(e, X86_SCRATCH, val);
        x86_reg(e, type == TCG_F64 ? X86_MOVQ_XR : X86_MOVD_XR, false, dst & 15, X86_SCRATCH);
    }
}

static void ld(struct tcg_emit *e, enum tcg_type type, unsigned dst, uint32_t off) {
    static const uint16_t id[] = {[TCG_I32] = X86_MOV_RM, [TCG_I64] = X86_MOV_RM, [TCG_F32] = X86_MOVSS_RM,
                                  [TCG_F64] = X86_MOVSD_RM};
    x86_mem(e, id[type], type == TCG_I64, dst, x86_env(off));
}

static void st(struct tcg_emit *e, enum tcg_type type, unsigned src, uint32_t off) {
    static const uint16_t id[] = {[TCG_I32] = X86_MOV_MR, [TCG_I64] = X86_MOV_MR, [TCG_F32] = X86_MOVSS_MR,
                                  [TCG_F64] = X86_MOVSD_MR};
    x86_mem(e, id[type], type == TCG_I64, src, x86_env(off));
}

static void sti(struct tcg_emit *e, enum tcg_type type, uint64_t val, uint32_t off) {
    bool w = type == TCG_I64 || type == TCG_F64;
    if (!w || (int64_t)val == (int32_t)val) {
        x86_mem_imm(e, X86_MOV_I32, w, 0, x86_env(off), (int64_t)val);
    } else {
        x86_load_imm(e, X86_SCRATCH, val);
        x86_mem(e, X86_MOV_MR, true, X86_SCRATCH, x86_env(off));
    }
}

static void branch(struct tcg_emit *e, unsigned label) { tcg_label_ref(e, x86_jmp(e), label); }

static void emit_op(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    x86_ops[op->opc](e, op, a);
}

struct tcg_target x86_target = {
    .reg_name = x86_reg_names,
    .op_space = 320,
    .constraint = x86_constraint,
    .begin = x86_begin,
    .op = emit_op,
    .mov = mov,
    .movi = movi,
    .ld = ld,
    .st = st,
    .sti = sti,
    .patch = x86_patch,
    .branch = branch,
    .loop_back = x86_loop_back,
    .loop_exit = x86_loop_exit,
    .scratch = {X86_SCRATCH, X86_XMM + X86_XSCRATCH},
    .carry = {9, 12},
};
