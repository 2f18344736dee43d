/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the x86-64 back end: emission of instructions at e->p. */
#ifndef PYRITE_TCG_X86_X86_H
#define PYRITE_TCG_X86_X86_H

#include <stddef.h>

#include "tcg/target.h"
#include "tcg/x86/asm.h"

enum {
#define GPR(n, name, use) X86_R_##name = n,
#define XMM(n, name, use) X86_R_##name = n,
#include "tcg/x86/regs.def"
#undef GPR
#undef XMM
    X86_SCRATCH = X86_R_r11,
    X86_XSCRATCH = X86_R_xmm15,
    X86_XSCRATCH2 = X86_R_xmm14,
    X86_XMM = 16, /* first XMM register as the allocator counts */
};

/* Condition codes, as the low four bits of Jcc. */
enum { X86_CC_O, X86_CC_NO, X86_CC_B, X86_CC_AE, X86_CC_E, X86_CC_NE, X86_CC_BE, X86_CC_A, X86_CC_S, X86_CC_NS,
       X86_CC_P, X86_CC_NP, X86_CC_L, X86_CC_GE, X86_CC_LE, X86_CC_G };

#define X86_ENV(field) ((uint32_t)offsetof(struct tcg_env, field))
static inline struct x86_mem x86_env(uint32_t off) { return x86_at(X86_R_rbp, (int32_t)off - TCG_ENV_BIAS); }

static inline void x86_reg(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, unsigned rm) {
    e->p = x86_rr(e->p, id, w, reg, 0, rm & 15, 0);
}
static inline void x86_reg_imm(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, unsigned rm, int64_t imm) {
    e->p = x86_rr(e->p, id, w, reg, 0, rm, imm);
}
static inline void x86_mem(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, struct x86_mem m) {
    e->p = x86_rm(e->p, id, w, reg & 15, 0, m, 0);
}
static inline void x86_mem_imm(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, struct x86_mem m,
                               int64_t imm) {
    e->p = x86_rm(e->p, id, w, reg, 0, m, imm);
}
static inline void x86_vex(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, unsigned v, unsigned rm) {
    e->p = x86_rr(e->p, id, w, reg & 15, v & 15, rm & 15, 0);
}
/* reg, operand: in a register or in its home. */
void x86_arg(struct tcg_emit *e, enum x86_id id, bool w, unsigned reg, const struct tcg_arg *a);
/* One of add, or, ... cmp (its _RM row): dst op= operand. */
void x86_alu(struct tcg_emit *e, enum x86_id rm_row, bool w, unsigned dst, const struct tcg_arg *a);
void x86_alu_imm(struct tcg_emit *e, enum x86_id rm_row, bool w, unsigned dst, int32_t imm);
/* dst = val, the shortest way that leaves the flags alone. */
void x86_load_imm(struct tcg_emit *e, unsigned dst, uint64_t val);
void x86_mov(struct tcg_emit *e, bool w, unsigned dst, unsigned src); /* none if equal */

/* Jumps by rel32: returns the field, to be given to x86_patch(), a cold part or a label. */
uint8_t *x86_jcc(struct tcg_emit *e, unsigned cc);
uint8_t *x86_jmp(struct tcg_emit *e);
void x86_patch(uint8_t *field, const uint8_t *to);
/* Short forward jump within one op: returns the byte to be given to x86_here(). */
uint8_t *x86_jcc8(struct tcg_emit *e, unsigned cc);
uint8_t *x86_jmp8(struct tcg_emit *e);
void x86_here(struct tcg_emit *e, uint8_t *field);
void x86_jcc_to(struct tcg_emit *e, unsigned cc, const uint8_t *to);
void x86_jmp_to(struct tcg_emit *e, const uint8_t *to);

/* Gates (kernel/plat.h). live: registers in use, for the XMM flag. record: where a raise finds the globals, or 0. */
void x86_gate_arg(struct tcg_emit *e, unsigned i, const struct tcg_arg *a);
void x86_gate_imm(struct tcg_emit *e, unsigned i, uint64_t val);
void x86_gate_reg(struct tcg_emit *e, unsigned i, unsigned reg);
void x86_gate(struct tcg_emit *e, unsigned nr, tcg_regset live, uint32_t record);
void x86_exit(struct tcg_emit *e, uint32_t value);
/* The result of a gate, rax, into an operand of the given type. */
void x86_result(struct tcg_emit *e, enum tcg_type type, unsigned reg);

extern enum plat_gate_kind x86_gate_kind;
extern enum tcg_memory x86_memory; /* ldst.c */
extern unsigned x86_low_roles;

/* fold.c: after liveness, puts address arithmetic into the immediate X86_FOLD_OFF of guest memory ops, and joins
 * loads, or stores, that follow each other and have one base: X86_GROUP is X86_MEMBER for all but the first of a
 * group, which probes for all of them, from `below` bytes below its own address to `above` bytes above it. */
enum { X86_SCALE = 0, X86_FIELD = 2, X86_GROUP = 2, X86_FOLD_OFF = 3, X86_MEMBER = 1 };
static inline int64_t x86_leader(unsigned below, unsigned above) {
    return (int64_t)below << 16 | (int64_t)above << 32 | 2;
}
static inline unsigned x86_below(int64_t group) { return group >> 16 & 0xffff; }
static inline unsigned x86_above(int64_t group) { return group >> 32 & 0xffff; }
/* With a window, X86_MEMBER: the base is known to be in it. */
void x86_fold(struct tcg_ctx *s);

/* constraint.c */
void x86_constraints_init(void);
const struct tcg_con *x86_constraint(const struct tcg_ctx *s, const struct tcg_op *op);
extern const char *const x86_reg_names[TCG_MAX_REGS];
extern struct tcg_target x86_target;

/* Emission of ops, by file. */
typedef void x86_op_fn(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a);
void x86_sites_begin(struct tcg_emit *e); /* ldst.c: at the block's entry */
x86_op_fn x86_guest_ld, x86_guest_st, x86_guest_rmw, x86_guest_cas, x86_guest_zero, x86_ld_env, x86_st_env; /* ldst.c */
x86_op_fn x86_goto_tb, x86_exit_tb, x86_goto_ptr, x86_call, x86_fence;                      /* entry.c */
x86_op_fn x86_div, x86_mulh;                                                               /* muldiv.c */
x86_op_fn x86_fp_arith, x86_fp_sqrt, x86_fp_fma, x86_fp_minmax, x86_fp_mask, x86_fp_cmp, x86_fp_cvt, x86_fp_bits,
    x86_fp_flags, x86_fp_keep, x86_fp_round, x86_fp_from_half, x86_fp_to_half, x86_fp_raw, x86_fp_unbox,
    x86_fp_unboxed;                                                                                /* fp.c */
x86_op_fn x86_fp_toi, x86_fp_tomod, x86_fp_ito;                                                   /* fpint.c */
x86_op_fn x86_clmul, x86_perm4, x86_perm8, x86_brev8, x86_aes_round, x86_aes_imc, x86_aes_key, x86_sm4_sub; /* bits.c */
extern x86_op_fn *const x86_ops[TCG_NOPS];                                                  /* lower.c */
void x86_fp_init_env(struct tcg_env *env);
void x86_bits_init_env(struct tcg_env *env);
/* Around a gate in an op that is none to the allocator: rax and rcx, but for register `but`, if they are live. */
void x86_keep(struct tcg_emit *e, tcg_regset live, bool restore, unsigned but);
void x86_begin(struct tcg_emit *e);
void x86_loop_back(struct tcg_emit *e);
void x86_loop_exit(struct tcg_emit *e, unsigned slot);
/* Code within reach of `near` that jumps anywhere; 0: no slot left. */
uint64_t x86_far_jump(uint64_t near, uint64_t to);
/* The jump of e->fused, taken on cc; the comparison starts at flags. */
void x86_fused_jump(struct tcg_emit *e, unsigned cc, uint8_t *flags);

#endif
