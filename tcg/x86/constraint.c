/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and constraints as data: reads regs.def and constraints.def, chooses a row for an op by what it is, which
 * operands are constants, and what the CPU has. */
#include "tcg/x86/x86.h"

const char *const x86_reg_names[TCG_MAX_REGS] = {
#define GPR(n, name, use) [n] = #name,
#define XMM(n, name, use) [X86_XMM + n] = #name,
#include "tcg/x86/regs.def"
#undef GPR
#undef XMM
};

enum use { FIXED, ALLOC, LATE, GATE };
static const uint8_t uses[TCG_MAX_REGS] = {
#define GPR(n, name, use) [n] = use,
#define XMM(n, name, use) [X86_XMM + n] = use,
#include "tcg/x86/regs.def"
#undef GPR
#undef XMM
};

enum con_id {
#define CON(name, gate, clobber, args) CON_##name,
#include "tcg/x86/constraints.def"
#undef CON
    NCON
};
static const struct {
    const char *name, *clobber, *args;
    bool gate;
} rows[NCON] = {
#define CON(name, gate, clobber, args) {#name, clobber, args, gate},
#include "tcg/x86/constraints.def"
#undef CON
};
static struct tcg_con cons[NCON];

static tcg_regset letter_set(char c) {
    const tcg_regset gpr = x86_target.all[0];
    switch (c) {
    case 'r': return gpr;
    case 'n': return gpr & ~(1u << X86_R_rcx);
    case 'x': return x86_target.all[1];
    case 'a': return 1u << X86_R_rax;
    case 'c': return 1u << X86_R_rcx;
    case 'd': return 1u << X86_R_rdx;
    default: return 0;
    }
}

static unsigned letter_flag(char c) {
    switch (c) {
    case 'i': return TCG_CON_IMM;
    case 'j': return TCG_CON_ANY;
    case 'm': return TCG_CON_MEM;
    case '0': return TCG_CON_TIED;
    case '&': return TCG_CON_EARLY;
    case '*': return TCG_CON_CLASS;
    default: return 0;
    }
}

void x86_constraints_init(void) {
    for (unsigned r = 0; r < TCG_MAX_REGS; r++) {
        x86_target.all[r >= X86_XMM] |= uses[r] == FIXED ? 0 : 1u << r;
        x86_target.last |= uses[r] == LATE ? 1u << r : 0;
        x86_target.gate_clobber |= uses[r] == GATE ? 1u << r : 0;
    }
    for (unsigned i = 0; i < NCON; i++) {
        struct tcg_con *c = &cons[i];
        unsigned k = 0;
        c->name = rows[i].name;
        c->gate = rows[i].gate;
        for (const char *p = rows[i].clobber; *p; p++)
            c->clobber |= letter_set(*p);
        for (const char *p = rows[i].args; *p; p++) {
            if (*p == ' ') {
                k++;
                continue;
            }
            c->arg[k].set |= letter_set(*p);
            c->arg[k].flags |= (uint8_t)letter_flag(*p);
        }
        tcg_con_settle(c);
    }
}

static bool konst(const struct tcg_ctx *s, tcgv t) { return tcg_is_const(s, t); }
static bool konst32(const struct tcg_ctx *s, const struct tcg_op *op, tcgv t) {
    uint64_t v = s->temps[t].val;
    return konst(s, t) && (op->type == TCG_I32 || (int64_t)v == (int32_t)v);
}

static enum con_id shift(const struct tcg_ctx *s, const struct tcg_op *op) {
    bool rot = op->opc == TCG_OP_rotl || op->opc == TCG_OP_rotr || op->opc == TCG_OP_rotr32;
    if (konst(s, op->arg[2]))
        return rot && plat_cpu.bmi2 ? CON_rorx : CON_shift_imm;
    return plat_cpu.bmi2 && !rot ? CON_shiftx : CON_shift_cl;
}

/* A mask that movzx or a 32-bit move applies without touching the input. */
static bool is_zext_mask(const struct tcg_ctx *s, const struct tcg_op *op) {
    uint64_t v = s->temps[op->arg[2]].val;
    return konst(s, op->arg[2]) && (v == 0xff || v == 0xffff || (v == 0xffffffff && op->type == TCG_I64));
}

static enum con_id choose(const struct tcg_ctx *s, const struct tcg_op *op) {
    switch (op->opc) {
    case TCG_OP_add: return op->imm[X86_SCALE] ? CON_lea : CON_add;
    case TCG_OP_sub: return konst32(s, op, op->arg[2]) ? CON_add : CON_two;
    case TCG_OP_and: return is_zext_mask(s, op) ? CON_zext : CON_two;
    case TCG_OP_or:
    case TCG_OP_xor:
    case TCG_OP_eqv: return CON_two;
    case TCG_OP_mul: return konst32(s, op, op->arg[2]) ? CON_imul_imm : CON_imul;
    case TCG_OP_muluh: return plat_cpu.bmi2 ? CON_mulx : CON_mulh;
    case TCG_OP_mulsh:
    case TCG_OP_mulsuh: return CON_mulh;
    case TCG_OP_div:
    case TCG_OP_divu: return CON_div;
    case TCG_OP_rem:
    case TCG_OP_remu: return CON_rem;
    case TCG_OP_andc: return plat_cpu.bmi1 ? CON_andn : CON_two_reg;
    case TCG_OP_orc: return CON_two_reg;
    case TCG_OP_neg:
    case TCG_OP_not:
    case TCG_OP_bswap: return CON_one;
    case TCG_OP_shl:
    case TCG_OP_shr:
    case TCG_OP_sar:
    case TCG_OP_rotl:
    case TCG_OP_rotr:
    case TCG_OP_shr32:
    case TCG_OP_rotr32: return shift(s, op);
    case TCG_OP_clz: return plat_cpu.lzcnt ? CON_conv : CON_conv_early;
    case TCG_OP_ctz: return plat_cpu.bmi1 ? CON_conv : CON_conv_early;
    case TCG_OP_ctpop:
    case TCG_OP_ext8s:
    case TCG_OP_ext8u:
    case TCG_OP_ext16s:
    case TCG_OP_ext16u:
    case TCG_OP_ext32s:
    case TCG_OP_ext32u:
    case TCG_OP_ext_i32_i64:
    case TCG_OP_extu_i32_i64: return CON_conv;
    case TCG_OP_clmul:
    case TCG_OP_clmulh:
    case TCG_OP_clmulr:
    case TCG_OP_perm4:
    case TCG_OP_perm8:
    case TCG_OP_aesenc:
    case TCG_OP_aesenclast:
    case TCG_OP_aesdec:
    case TCG_OP_aesdeclast: return CON_bits_two;
    case TCG_OP_brev8:
    case TCG_OP_aesimc:
    case TCG_OP_aeskey:
    case TCG_OP_sm4sub: return CON_bits_one;
    case TCG_OP_trunc_i64_i32: return CON_trunc;
    case TCG_OP_setcond: return CON_setcond;
    case TCG_OP_movcond: return CON_movcond;
    case TCG_OP_brcond: return op->imm[X86_FIELD] ? CON_brcond_field : CON_brcond;
    case TCG_OP_goto_ptr: return CON_goto_ptr;
    case TCG_OP_ld_env: return CON_ld_env;
    case TCG_OP_st_env: return CON_st_env;
    case TCG_OP_call: return op->nout ? CON_call1 : CON_call0;
    case TCG_OP_guest_ld: return CON_guest_ld;
    case TCG_OP_guest_st: return CON_guest_st;
    case TCG_OP_guest_rmw: return op->imm[2] <= TCG_RMW_ADD ? CON_guest_rmw : CON_guest_rmw_loop;
    case TCG_OP_guest_zero: return CON_guest_zero;
    case TCG_OP_guest_cas: return CON_guest_cas;
    case TCG_OP_fadd:
    case TCG_OP_fsub:
    case TCG_OP_fmul:
    case TCG_OP_fdiv: return plat_cpu.avx ? CON_f_three : CON_f_two;
    case TCG_OP_fmin:
    case TCG_OP_fmax:
    case TCG_OP_fminm:
    case TCG_OP_fmaxm: return CON_f_three;
    case TCG_OP_fma: return CON_f_fma;
    case TCG_OP_fneg:
    case TCG_OP_fabs:
    case TCG_OP_box:
    case TCG_OP_unbox:
    case TCG_OP_fround:
    case TCG_OP_froundnx: return CON_f_one;
    case TCG_OP_unboxed:
    case TCG_OP_fsqrt:
    case TCG_OP_fcvt_ff: return CON_f_conv;
    case TCG_OP_fcmp: return CON_f_cmp;
    case TCG_OP_ftoi:
    case TCG_OP_f2h:
    case TCG_OP_fcvtmod: return CON_f_toi;
    case TCG_OP_h2f:
    case TCG_OP_itof: return CON_f_ito;
    case TCG_OP_fbits: return CON_f_bits;
    case TCG_OP_fflags_get: return CON_f_get;
    case TCG_OP_fflags_keep: return CON_f_keep;
    case TCG_OP_fraw: return CON_f_raw;
    default: return CON_none;
    }
}

const struct tcg_con *x86_constraint(const struct tcg_ctx *s, const struct tcg_op *op) { return &cons[choose(s, op)]; }
