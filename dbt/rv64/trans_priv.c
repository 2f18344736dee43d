/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicsr, Zifencei and the privileged instructions. What they may do is decided by the helpers, from the engine's own
 * state; here is only what they mean for the block. */
#include "dbt/rv64/sys.h"
#include "dbt/rv64/translate.h"

/* helper csr's third argument */
enum { CSR_FFLAGS = 1 };
enum { CSR_RW = 1, CSR_SET = 2, CSR_CLEAR = 3, CSR_WRITES = 4, CSR_READS = 8, CSR_SETTLE = 16 };

/* Writing these changes neither block flags, interrupts, translation nor counters. */
static bool csr_is_plain(int num) {
    switch (num) {
    case 0x140: case 0x141: case 0x142: case 0x143: /* sscratch sepc scause stval */
    case 0x340: case 0x341: case 0x342: case 0x343: /* mscratch ... */
        return true;
    }
    return false;
}

/* minstret, instret: the first read makes blocks count from the next one on. */
static bool csr_is_counter(int num) { return num == 0xb02 || num == 0xc02; }

/* What follows may be mapped anew or not at all, or may be new code, and this block itself may have been dropped. The
 * jump cache knows, because the helper has dropped what does not hold any more. */
static void look_up_next(struct rv64_ctx *c) {
    rv64_retire(c);
    tcg_gen_goto_ptr(c->s, ctx_pc(c, c->next), true);
    c->ended = true;
}

/* csrrs and csrrc on sstatus and mstatus that touch SIE and MIE alone, as kernels do all the time, change nothing
 * that blocks are specialised on. Behind other writes the next block is another one, with other flags, which the helper
 * has made the jump cache's (CSR_SETTLE): SUM is set and cleared around each access to user memory. If an interrupt is
 * due now, the helper has set the poll word: so a polling jump takes it at once. */
enum { STATUS_IE = 1 << 1 | 1 << 3 };

enum { CSR_SSTATUS = 0x100, CSR_SSCRATCH = 0x140, CSR_SEPC = 0x141 };

static bool csr_is_status(int num) { return num == CSR_SSTATUS || num == 0x300; }

static void status_written(struct rv64_ctx *c, tcgv bits, unsigned op) {
    bool known = tcg_is_const(c->s, bits) && op != CSR_RW;
    bool flags = op == CSR_RW || !known || c->s->temps[bits].val & ~(uint64_t)STATUS_IE;
    if (known && !flags && op == CSR_CLEAR)
        return;
    if (op != CSR_RW && !known) {
        unsigned more = tcg_label_new(c->s);
        rv64_retire(c);
        tcg_gen_brcond(c->s, TCG_TSTNE, bits, ctx_imm(c, ~(int64_t)STATUS_IE), more);
        rv64_gen_jump_poll(c, 0, c->next);
        tcg_gen_set_label(c->s, more);
        tcg_gen_goto_ptr(c->s, ctx_pc(c, c->next), true);
    } else if (flags) {
        look_up_next(c);
    } else {
        rv64_retire(c);
        rv64_gen_jump_poll(c, 0, c->next);
    }
}

/* S-mode's SIE without the engine (G_SSTATUS). */
static tcgv sstatus_get(struct rv64_ctx *c) {
    tcgv v = ctx_new(c);
    tcg_gen_ld_env(c->s, v, offsetof(struct tcg_env, guest) + 8 * G_SSTATUS, TCG_MO_64);
    return v;
}

static void sstatus_put(struct rv64_ctx *c, int rd, tcgv old, tcgv v) {
    tcg_gen_st_env(c->s, v, offsetof(struct tcg_env, guest) + 8 * G_SSTATUS, TCG_MO_64);
    if (rd)
        tcg_gen_mov(c->s, rv64_x[rd], old);
}

/* SIE may be set now: an interrupt that has waited for it, or is new, is taken at once. One look at both words. */
static void sie_enabled(struct rv64_ctx *c) {
    _Static_assert(offsetof(struct tcg_env, waiting) == offsetof(struct tcg_env, poll) + 4, "read together");
    tcgv due = ctx_new(c);
    unsigned leave = tcg_label_new(c->s);
    rv64_retire(c);
    tcg_gen_ld_env(c->s, due, offsetof(struct tcg_env, poll), TCG_MO_64);
    tcg_gen_brcond(c->s, TCG_NE, due, ctx_imm(c, 0), leave);
    rv64_gen_jump_quiet(c, 0, c->next);
    tcg_gen_set_label(c->s, leave);
    rv64_gen_exit(c, c->next);
}

/* csrr of sstatus, csrrs and csrrc that change SIE alone. False: not one of them. */
static bool sie_op(struct rv64_ctx *c, int rd, tcgv val, unsigned op) {
    bool known = tcg_is_const(c->s, val), sie = known && c->s->temps[val].val == MSTATUS_SIE;
    if ((c->b->flags >> TBF_PRIV_SHIFT & 3) != PRV_S || (op & 3) == CSR_RW)
        return false;
    if (op & CSR_WRITES && !sie && (known || (op & 3) == CSR_CLEAR))
        return false;
    tcgv old = sstatus_get(c), v = ctx_new(c);
    if (!(op & CSR_WRITES)) {
        if (rd)
            tcg_gen_mov(c->s, rv64_x[rd], old);
    } else if ((op & 3) == CSR_CLEAR) {
        tcg_gen_and(c->s, v, old, ctx_imm(c, ~(int64_t)MSTATUS_SIE));
        sstatus_put(c, rd, old, v);
    } else if (sie) {
        tcg_gen_or(c->s, v, old, val);
        sstatus_put(c, rd, old, v);
        sie_enabled(c);
    } else {
        unsigned more = tcg_label_new(c->s);
        rv64_sync_count(c);
        tcg_gen_brcond(c->s, TCG_TSTNE, val, ctx_imm(c, ~(int64_t)MSTATUS_SIE), more);
        tcg_gen_or(c->s, v, old, val);
        sstatus_put(c, rd, old, v);
        sie_enabled(c);
        tcg_gen_set_label(c->s, more);
        tcg_gen_call(c->s, HELPER_csr, ctx_xd(c, rd), ctx_imm(c, CSR_SSTATUS), val, ctx_imm(c, op | CSR_SETTLE),
                     ctx_imm(c, c->bits));
        look_up_next(c);
    }
    return true;
}

/* sscratch, sepc, scause, stval of S-mode without the engine (rv64_scratch_pull()). */
static bool scratch_op(struct rv64_ctx *c, int rd, int num, tcgv val, unsigned op) {
    static const uint8_t word[] = {G_SSCRATCH, G_SEPC, G_SCAUSE, G_STVAL};
    if (num >> 2 != CSR_SSCRATCH >> 2 || (c->b->flags >> TBF_PRIV_SHIFT & 3) != PRV_S)
        return false;
    const uint32_t at = offsetof(struct tcg_env, guest) + 8 * word[num & 3];
    tcgv old = ctx_new(c), v = ctx_new(c);
    if (op & CSR_READS)
        tcg_gen_ld_env(c->s, old, at, TCG_MO_64);
    if (op & CSR_WRITES) {
        if ((op & 3) == CSR_RW)
            tcg_gen_mov(c->s, v, val);
        else if ((op & 3) == CSR_SET)
            tcg_gen_or(c->s, v, old, val);
        else
            tcg_gen_andc(c->s, v, old, val);
        if (num == CSR_SEPC)
            tcg_gen_and(c->s, v, v, ctx_imm(c, ctx_has(c, EXT_zca) ? ~(int64_t)1 : ~(int64_t)3));
        tcg_gen_st_env(c->s, v, at, TCG_MO_64);
    }
    if (op & CSR_READS && rd)
        tcg_gen_mov(c->s, rv64_x[rd], old);
    return true;
}

/* fflags without the engine. FS is Dirty already, or nothing is written. */
static bool fflags_op(struct rv64_ctx *c, int rd, tcgv val, unsigned op) {
    const uint32_t at = offsetof(struct tcg_env, guest) + 8 * G_FFLAGS;
    tcgv accrued = ctx_new(c), old = ctx_new(c), v = ctx_new(c);
    if (op & CSR_READS) {
        tcg_gen_fflags_get(c->s, accrued);
        tcg_gen_ld_env(c->s, old, at, TCG_MO_64);
        tcg_gen_or(c->s, old, old, accrued);
    }
    if (op & CSR_WRITES) {
        tcg_gen_and(c->s, v, val, ctx_imm(c, 31));
        if ((op & 3) == CSR_SET)
            tcg_gen_or(c->s, v, old, v);
        else if ((op & 3) == CSR_CLEAR)
            tcg_gen_andc(c->s, v, old, v);
        tcg_gen_fflags_keep(c->s, v);
        tcg_gen_st_env(c->s, v, at, TCG_MO_64);
    }
    if (op & CSR_READS && rd)
        tcg_gen_mov(c->s, rv64_x[rd], old);
    return true;
}

static bool csr_op(struct rv64_ctx *c, int rd, int num, tcgv val, unsigned op) {
    if (num == CSR_FFLAGS && ctx_has(c, EXT_f) && c->b->flags & TBF_FS && (c->fs_dirty || !(op & CSR_WRITES)))
        return fflags_op(c, rd, val, op);
    if (num == CSR_SSTATUS && sie_op(c, rd, val, op))
        return true;
    if (scratch_op(c, rd, num, val, op))
        return true;
    bool status = csr_is_status(num) && op & CSR_WRITES;
    rv64_sync_count(c);
    if (status && rd && val == rv64_x[rd]) {
        val = ctx_new(c);
        tcg_gen_mov(c->s, val, rv64_x[rd]);
    }
    tcg_gen_call(c->s, HELPER_csr, ctx_xd(c, rd), ctx_imm(c, num), val, ctx_imm(c, status ? op | CSR_SETTLE : op),
                 ctx_imm(c, c->bits));
    if (status) {
        status_written(c, val, op & 3);
        return true;
    }
    c->end_after |= (op & CSR_WRITES) && !csr_is_plain(num);
    c->end_after |= csr_is_counter(num) && !(c->b->flags & TBF_COUNT);
    return true;
}

/* csrrw with rd = x0 does not read; csrrs and csrrc with rs1 = x0 (or 0) do not write. */
static unsigned rw(int rd) { return CSR_RW | CSR_WRITES | (rd ? CSR_READS : 0); }
static unsigned modify(unsigned op, int src) { return op | CSR_READS | (src ? CSR_WRITES : 0); }

bool trans_csrrw(struct rv64_ctx *c, const struct arg_csr *a) {
    return csr_op(c, a->rd, a->csr, ctx_x(c, a->rs1), rw(a->rd));
}
bool trans_csrrs(struct rv64_ctx *c, const struct arg_csr *a) {
    return csr_op(c, a->rd, a->csr, ctx_x(c, a->rs1), modify(CSR_SET, a->rs1));
}
bool trans_csrrc(struct rv64_ctx *c, const struct arg_csr *a) {
    return csr_op(c, a->rd, a->csr, ctx_x(c, a->rs1), modify(CSR_CLEAR, a->rs1));
}
bool trans_csrrwi(struct rv64_ctx *c, const struct arg_csri *a) {
    return csr_op(c, a->rd, a->csr, ctx_imm(c, a->imm), rw(a->rd));
}
bool trans_csrrsi(struct rv64_ctx *c, const struct arg_csri *a) {
    return csr_op(c, a->rd, a->csr, ctx_imm(c, a->imm), modify(CSR_SET, a->imm));
}
bool trans_csrrci(struct rv64_ctx *c, const struct arg_csri *a) {
    return csr_op(c, a->rd, a->csr, ctx_imm(c, a->imm), modify(CSR_CLEAR, a->imm));
}

/* ---- traps and returns ------------------------------------------------------------------------------------------- */

bool trans_ecall(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_ecall, 0, 0, 0, 0, 0);
    rv64_gen_raised(c);
    return true;
}

bool trans_ebreak(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_raise, 0, ctx_imm(c, EXC_BREAKPOINT), ctx_pc(c, c->off), 0, 0);
    rv64_gen_raised(c);
    return true;
}

static bool trap_return(struct rv64_ctx *c, unsigned helper) {
    rv64_sync_count(c);
    tcgv to = ctx_new(c);
    tcg_gen_call(c->s, helper, to, ctx_imm(c, c->bits), 0, 0, 0);
    rv64_retire(c);
    tcg_gen_goto_ptr(c->s, to, true);
    c->ended = true;
    return true;
}

bool trans_mret(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    return trap_return(c, HELPER_mret);
}
bool trans_sret(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    return trap_return(c, HELPER_sret);
}

/* The helper may leave for the hart loop: then it counts the instruction itself. */
bool trans_wfi(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_wfi, 0, ctx_imm(c, c->bits), ctx_imm(c, c->next - c->off), 0, 0);
    c->end_after = true;
    return true;
}

/* ---- fences of translation and code ------------------------------------------------------------------------------ */

bool trans_sfence_vma(struct rv64_ctx *c, const struct arg_sfence *a) {
    unsigned which = (a->rs1 ? 1 : 0) | (a->rs2 ? 2 : 0);
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_sfence_vma, 0, ctx_x(c, a->rs1), ctx_x(c, a->rs2), ctx_imm(c, which),
                 ctx_imm(c, c->bits));
    look_up_next(c);
    return true;
}

/* Svinval: sinval.vma invalidates at once, so its two fences have nothing left to order. TVM does not concern them. */
bool trans_sfence_inval(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    if ((c->b->flags >> TBF_PRIV_SHIFT & 3) != PRV_U)
        return true;
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_raise, 0, ctx_imm(c, EXC_ILLEGAL), ctx_imm(c, c->bits), 0, 0);
    rv64_gen_raised(c);
    return true;
}

bool trans_fence_i(struct rv64_ctx *c, const struct arg_none *a) {
    (void)a;
    tcg_gen_call(c->s, HELPER_fence_i, 0, 0, 0, 0, 0);
    look_up_next(c);
    return true;
}
