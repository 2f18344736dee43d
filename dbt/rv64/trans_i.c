/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64I: unprivileged spec, "RV32I" and "RV64I". A jump to where no instruction can start raises at the jump, before it
 * links: that is at an odd multiple of two where there are no 16-bit instructions. */
#include "dbt/rv64/translate.h"
#include "tcg/eval.h"

/* ---- constants and jumps ----------------------------------------------------------------------------------------- */

bool trans_lui(struct rv64_ctx *c, const struct arg_u *a) {
    tcg_gen_mov(c->s, ctx_xd(c, a->rd), ctx_imm(c, a->imm));
    return true;
}

bool trans_auipc(struct rv64_ctx *c, const struct arg_u *a) {
    tcg_gen_add(c->s, ctx_xd(c, a->rd), rv64_pc_page, ctx_imm(c, (int64_t)c->off + a->imm));
    return true;
}

static void gen_link(struct rv64_ctx *c, int rd) {
    if (rd)
        tcg_gen_add(c->s, rv64_x[rd], rv64_pc_page, ctx_imm(c, c->next));
}

static bool misaligned(const struct rv64_ctx *c, int32_t off) { return off & 2 && !ctx_has(c, EXT_zca); }

static void gen_misaligned(struct rv64_ctx *c, tcgv to) {
    tcg_gen_call(c->s, HELPER_raise, 0, ctx_imm(c, EXC_INSN_MISALIGNED), to, 0, 0);
}

bool trans_jal(struct rv64_ctx *c, const struct arg_j *a) {
    if (misaligned(c, c->off + a->imm)) {
        rv64_sync_count(c);
        gen_misaligned(c, ctx_pc(c, c->off + a->imm));
        rv64_gen_raised(c);
        return true;
    }
    rv64_retire(c);
    gen_link(c, a->rd);
    rv64_gen_jump(c, 0, c->off + a->imm);
    return true;
}

bool trans_jalr(struct rv64_ctx *c, const struct arg_i *a) {
    tcgv to = ctx_addr(c, a->rs1, a->imm); /* goto_ptr ignores bit 0 */
    if (a->rd && a->rd == a->rs1 && a->imm == 0) {
        to = ctx_new(c);
        tcg_gen_mov(c->s, to, rv64_x[a->rs1]);
    }
    if (ctx_has(c, EXT_zca)) {
        rv64_retire(c);
    } else {
        tcgv any = to;
        unsigned aligned = tcg_label_new(c->s);
        to = ctx_new(c);
        tcg_gen_and(c->s, to, any, ctx_imm(c, ~(int64_t)1));
        rv64_sync_count(c);
        tcg_gen_brcond(c->s, TCG_TSTEQ, to, ctx_imm(c, 2), aligned);
        gen_misaligned(c, to);
        tcg_gen_set_label(c->s, aligned);
        rv64_retire(c);
    }
    gen_link(c, a->rd);
    tcg_gen_goto_ptr(c->s, to, true);
    c->ended = true;
    return true;
}

static bool branch(struct rv64_ctx *c, const struct arg_b *a, enum tcg_cond cond) {
    bool raises = misaligned(c, c->off + a->imm);
    if (c->region && c->copies && c->off + a->imm == c->round) {
        tcg_gen_brcond(c->s, tcg_cond_invert(cond), ctx_x(c, a->rs1), ctx_x(c, a->rs2), rv64_region_label(c, c->next));
        c->copies--;
        c->again = c->ended = true;
        return true;
    }
    if (c->region) {
        rv64_retire(c);
        tcg_gen_brcond(c->s, cond, ctx_x(c, a->rs1), ctx_x(c, a->rs2), rv64_region_label(c, c->off + a->imm));
        rv64_gen_jump(c, 0, c->next);
        return true;
    }
    c->self = c->off + a->imm == (int32_t)c->b->start_off;
    unsigned taken = tcg_label_new(c->s);
    if (raises)
        rv64_sync_count(c);
    else
        rv64_retire(c);
    tcg_gen_brcond(c->s, cond, ctx_x(c, a->rs1), ctx_x(c, a->rs2), taken);
    if (raises)
        rv64_retire(c);
    rv64_gen_jump(c, 0, c->next);
    tcg_gen_set_label(c->s, taken);
    if (raises) {
        gen_misaligned(c, ctx_pc(c, c->off + a->imm));
        rv64_gen_raised(c);
    } else {
        rv64_gen_jump(c, 1, c->off + a->imm);
    }
    return true;
}

bool trans_beq(struct rv64_ctx *c, const struct arg_b *a) { return branch(c, a, TCG_EQ); }
bool trans_bne(struct rv64_ctx *c, const struct arg_b *a) { return branch(c, a, TCG_NE); }
bool trans_blt(struct rv64_ctx *c, const struct arg_b *a) { return branch(c, a, TCG_LT); }
bool trans_bge(struct rv64_ctx *c, const struct arg_b *a) { return branch(c, a, TCG_GE); }
bool trans_bltu(struct rv64_ctx *c, const struct arg_b *a) { return branch(c, a, TCG_LTU); }
bool trans_bgeu(struct rv64_ctx *c, const struct arg_b *a) { return branch(c, a, TCG_GEU); }

/* ---- loads and stores -------------------------------------------------------------------------------------------- */

/* A load to x0 still raises, and still reads devices. */
static bool load(struct rv64_ctx *c, const struct arg_i *a, unsigned memop) {
    rv64_sync_count(c);
    tcg_gen_guest_ld(c->s, ctx_xd(c, a->rd), ctx_addr(c, a->rs1, a->imm), memop, ctx_role(c));
    return true;
}

bool trans_lb(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_8 | TCG_MO_SIGN); }
bool trans_lh(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_16 | TCG_MO_SIGN); }
bool trans_lw(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_32 | TCG_MO_SIGN); }
bool trans_ld(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_64); }
bool trans_lbu(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_8); }
bool trans_lhu(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_16); }
bool trans_lwu(struct rv64_ctx *c, const struct arg_i *a) { return load(c, a, TCG_MO_32); }

static bool store(struct rv64_ctx *c, const struct arg_s *a, unsigned memop) {
    rv64_sync_count(c);
    tcg_gen_guest_st(c->s, ctx_x(c, a->rs2), ctx_addr(c, a->rs1, a->imm), memop, ctx_role(c));
    return true;
}

bool trans_sb(struct rv64_ctx *c, const struct arg_s *a) { return store(c, a, TCG_MO_8); }
bool trans_sh(struct rv64_ctx *c, const struct arg_s *a) { return store(c, a, TCG_MO_16); }
bool trans_sw(struct rv64_ctx *c, const struct arg_s *a) { return store(c, a, TCG_MO_32); }
bool trans_sd(struct rv64_ctx *c, const struct arg_s *a) { return store(c, a, TCG_MO_64); }

/* ---- arithmetic: IR shifts count modulo the width, as RISC-V does ---------------------------------------------- */

static void gen_slt(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) { tcg_gen_setcond(s, TCG_LT, d, a, b); }
static void gen_sltu(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) { tcg_gen_setcond(s, TCG_LTU, d, a, b); }

/* li, mv and nop are addi. */
bool trans_addi(struct rv64_ctx *c, const struct arg_i *a) {
    if (a->rs1 && a->imm)
        return ctx_op_imm(c, a, tcg_gen_add);
    if (a->rd && (a->rd != a->rs1))
        tcg_gen_mov(c->s, rv64_x[a->rd], a->rs1 ? rv64_x[a->rs1] : ctx_imm(c, a->imm));
    return true;
}

bool trans_slti(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, gen_slt); }
/* With test=scribble the hint sltiu x0, rs1, 0x7e0 + WHAT calls the helper of that name, in user mode. */
enum { SCRIBBLE_HINT = 0x7e0 };

bool trans_sltiu(struct rv64_ctx *c, const struct arg_i *a) {
    bool user = (c->b->flags >> TBF_PRIV_SHIFT & 3) == PRV_U;
    if (c->b->scribble && user && !a->rd && (a->imm & ~3) == SCRIBBLE_HINT)
        tcg_gen_call(c->s, HELPER_scribble, 0, ctx_imm(c, a->imm & 3), ctx_x(c, a->rs1), 0, 0);
    return ctx_op_imm(c, a, gen_sltu);
}
bool trans_xori(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_xor); }
bool trans_ori(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_or); }
bool trans_andi(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_and); }
bool trans_slli(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_shl); }
bool trans_srli(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_shr); }
bool trans_srai(struct rv64_ctx *c, const struct arg_i *a) { return ctx_op_imm(c, a, tcg_gen_sar); }

/* c.mv is add rd, x0, rs2. */
bool trans_add(struct rv64_ctx *c, const struct arg_r *a) {
    if (a->rs1)
        return ctx_op_reg(c, a, tcg_gen_add);
    if (a->rd)
        tcg_gen_mov(c->s, rv64_x[a->rd], ctx_x(c, a->rs2));
    return true;
}

bool trans_sub(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_sub); }
bool trans_sll(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_shl); }
bool trans_slt(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, gen_slt); }
bool trans_sltu(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, gen_sltu); }
bool trans_xor(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_xor); }
bool trans_srl(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_shr); }
bool trans_sra(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_sar); }
bool trans_or(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_or); }
bool trans_and(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_and); }

/* ---- the W forms ------------------------------------------------------------------------------------------------- */

bool trans_addiw(struct rv64_ctx *c, const struct arg_i *a) {
    if (a->imm)
        return ctx_op_low(c, a->rd, ctx_x(c, a->rs1), ctx_imm(c, a->imm), tcg_gen_add);
    if (a->rd)
        tcg_gen_ext32s(c->s, rv64_x[a->rd], ctx_x(c, a->rs1));
    return true;
}

bool trans_slliw(struct rv64_ctx *c, const struct arg_i *a) {
    return ctx_op_low(c, a->rd, ctx_x(c, a->rs1), ctx_imm(c, a->imm), tcg_gen_shl);
}

/* With a count above 0 the result is not negative. */
bool trans_srliw(struct rv64_ctx *c, const struct arg_i *a) {
    if (!a->rd)
        return true;
    tcgv t = ctx_new(c);
    if (a->imm == 0) {
        tcg_gen_ext32s(c->s, rv64_x[a->rd], ctx_x(c, a->rs1));
        return true;
    }
    tcg_gen_ext32u(c->s, t, ctx_x(c, a->rs1));
    tcg_gen_shr(c->s, rv64_x[a->rd], t, ctx_imm(c, a->imm));
    return true;
}

bool trans_sraiw(struct rv64_ctx *c, const struct arg_i *a) {
    if (!a->rd)
        return true;
    tcgv t = ctx_new(c);
    tcg_gen_ext32s(c->s, t, ctx_x(c, a->rs1));
    tcg_gen_sar(c->s, rv64_x[a->rd], t, ctx_imm(c, a->imm));
    return true;
}

bool trans_addw(struct rv64_ctx *c, const struct arg_r *a) {
    return ctx_op_low(c, a->rd, ctx_x(c, a->rs1), ctx_x(c, a->rs2), tcg_gen_add);
}
bool trans_subw(struct rv64_ctx *c, const struct arg_r *a) {
    return ctx_op_low(c, a->rd, ctx_x(c, a->rs1), ctx_x(c, a->rs2), tcg_gen_sub);
}

bool trans_sllw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_shl); }
bool trans_srlw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_shr); }
bool trans_sraw(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_w(c, a, tcg_gen_sar); }

/* ---- fences ------------------------------------------------------------------------------------------------------ */

/* Device input counts as a read and output as a write: device registers are reached by helpers, in program order. pause
 * is a fence that orders nothing. Only fm = 8 (TSO) has a meaning of its own; others are treated as 0. */
bool trans_fence(struct rv64_ctx *c, const struct arg_fence *a) {
    bool pr = a->pred & 10, pw = a->pred & 5, sr = a->succ & 10, sw = a->succ & 5;
    bool tso = a->fm == 8 && (a->pred & 3) == 3 && (a->succ & 3) == 3;
    unsigned bits = (pr && sr ? TCG_FENCE_LD_LD : 0) | (pr && sw ? TCG_FENCE_LD_ST : 0) |
                    (pw && sw ? TCG_FENCE_ST_ST : 0) | (pw && sr && !tso ? TCG_FENCE_ST_LD : 0);
    if (bits)
        tcg_gen_fence(c->s, bits);
    return true;
}
