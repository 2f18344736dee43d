/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways into and out of blocks: the block's head, gates, exits, chaining; and struct tcg_backend_x86.
 *
 * Layout of a block: a stub, which jumps to where the block is left with TCG_EXIT_STALE, then, at a multiple of 8, the
 * entry, whose first two bytes can be replaced by a short jump to the stub in one store. jump[] of a slot is the
 * address of the rel32 field of a jump, aligned to 4 so that one store links it. */
#include <string.h>

#include "tcg/x86/x86.h"

enum plat_gate_kind x86_gate_kind;

/* ---- gates ---- */

void x86_gate_reg(struct tcg_emit *e, unsigned i, unsigned reg) {
    x86_mem(e, X86_MOV_MR, true, reg, x86_env(X86_ENV(gate_arg[i])));
}

void x86_gate_imm(struct tcg_emit *e, unsigned i, uint64_t val) {
    e->t->sti(e, TCG_I64, val, X86_ENV(gate_arg[i]));
}

/* Values of 32 bits go zero-extended. */
void x86_gate_arg(struct tcg_emit *e, unsigned i, const struct tcg_arg *a) {
    uint32_t off = X86_ENV(gate_arg[i]);
    bool wide = a->type == TCG_I64 || a->type == TCG_F64;
    if (a->kind == TCG_ARG_CONST) {
        x86_gate_imm(e, i, wide ? (uint64_t)a->val : (uint32_t)a->val);
        return;
    }
    e->t->st(e, (enum tcg_type)a->type, a->reg, off);
    if (!wide)
        x86_mem_imm(e, X86_MOV_I32, false, 0, x86_env(off + 4), 0);
}

void x86_gate(struct tcg_emit *e, unsigned nr, tcg_regset live, uint32_t record) {
    x86_reg_imm(e, X86_MOV_OI, false, 0, X86_R_rax, nr | (live >> X86_XMM ? PLAT_GATE_XMM : 0));
    if (x86_gate_kind == PLAT_GATE_SYSCALL)
        x86_reg(e, X86_SYSCALL, false, 0, 0);
    else
        x86_mem(e, X86_CALL_M, false, 0, x86_env(X86_ENV(gate)));
    tcg_recovery_at(e, record, tcg_rx(e, e->p));
}

void x86_exit(struct tcg_emit *e, uint32_t value) {
    x86_reg_imm(e, X86_MOV_OI, false, 0, X86_R_rax, PLAT_GATE_EXIT | value);
    if (x86_gate_kind == PLAT_GATE_SYSCALL)
        x86_reg(e, X86_SYSCALL, false, 0, 0);
    else
        x86_mem(e, X86_JMP_M, false, 0, x86_env(X86_ENV(exit)));
}

void x86_result(struct tcg_emit *e, enum tcg_type type, unsigned reg) {
    if (tcg_type_is_fp(type))
        x86_reg(e, type == TCG_F64 ? X86_MOVQ_XR : X86_MOVD_XR, false, reg & 15, X86_R_rax);
    else
        x86_mov(e, type == TCG_I64, reg, X86_R_rax);
}

void x86_call(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    for (unsigned i = 0; i < op->nin; i++)
        x86_gate_arg(e, i, &a[op->nout + i]);
    x86_gate(e, (unsigned)op->imm[0], e->live, e->record);
    if (op->nout)
        x86_result(e, (enum tcg_type)a[0].type, a[0].reg);
}

/* x86 keeps all orders but a store before a later load. */
void x86_fence(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    (void)a;
    if (!(op->imm[0] & TCG_FENCE_ST_LD))
        return;
    *e->p++ = 0xf0; /* lock or [gate_arg], 0 */
    x86_mem_imm(e, X86_OR_I8, false, 0, x86_env(X86_ENV(gate_arg[7])), 0);
}

/* ---- block head, exits ---- */

static uint32_t exit_value(const struct tcg_emit *e, enum tcg_exit why) { return e->s->tb_id << TCG_EXIT_BITS | why; }

static void cold_exit(struct tcg_emit *e, struct tcg_cold *c) { x86_exit(e, exit_value(e, (enum tcg_exit)c->extra)); }

enum { STUB = 5, SHORT_JMP = 0xeb };

void x86_begin(struct tcg_emit *e) {
    while ((uintptr_t)(e->p + STUB) & 7)
        *e->p++ = 0xcc;
    struct tcg_cold *c = tcg_cold_new(e, cold_exit, NULL, NULL);
    c->extra = TCG_EXIT_STALE;
    c->from[0] = x86_jmp(e);
    e->entry = e->p;
    e->out->entry = tcg_rx(e, e->p);
    /* The first instruction has to be two bytes at least; all that come first in a block are. */
    x86_sites_begin(e);
}

void x86_exit_tb(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    (void)a;
    x86_exit(e, exit_value(e, (enum tcg_exit)op->imm[0]));
}

/* Where a slot goes while it is not linked. */
static void cold_slot(struct tcg_emit *e, struct tcg_cold *c) {
    e->out->jump_exit[c->extra] = tcg_rx(e, e->p);
    x86_exit(e, exit_value(e, TCG_EXIT_SLOT0 + c->extra));
}

static void poll(struct tcg_emit *e) {
    x86_mem_imm(e, X86_CMP_I8, false, 0, x86_env(X86_ENV(poll)), 0);
}

/* The slot's jump, conditional if cc is not ALWAYS, its field aligned. Padding goes before `flags`, the start of the
 * comparison that it depends on. */
enum { ALWAYS = 16 };
static void slot_jump(struct tcg_emit *e, const struct tcg_op *op, unsigned cc, uint8_t *flags) {
    unsigned slot = (unsigned)op->imm[0] & 1, pad = -(uintptr_t)(e->p + (cc == ALWAYS ? 1 : 2)) & 3;
    memmove(flags + pad, flags, (size_t)(e->p - flags));
    x86_nop(flags, pad);
    e->p += pad;
    struct tcg_cold *c = tcg_cold_new(e, cold_slot, NULL, NULL);
    c->extra = slot;
    c->from[0] = cc == ALWAYS ? x86_jmp(e) : x86_jcc(e, cc);
    e->out->jump[slot] = tcg_rx(e, c->from[0]);
    e->out->jump_off[slot] = (uint32_t)op->imm[1];
}

/* Out of a loop: what it carries goes home first. */
static void cold_side(struct tcg_emit *e, struct tcg_cold *c) {
    for (unsigned i = 0; i < e->nside; i++) {
        const struct tcg_place *s = &e->side[i];
        const struct tcg_temp *t = &e->s->temps[s->t];
        if (s->reg == TCG_NOREG)
            e->t->sti(e, (enum tcg_type)t->type, s->val, t->off);
        else
            e->t->st(e, (enum tcg_type)t->type, s->reg, t->off);
    }
    slot_jump(e, c->op, ALWAYS, e->p);
}

void x86_fused_jump(struct tcg_emit *e, unsigned cc, uint8_t *flags) {
    if (e->side_exit) {
        struct tcg_cold *c = tcg_cold_new(e, cold_side, e->fused, NULL);
        c->from[0] = x86_jcc(e, cc);
    } else {
        slot_jump(e, e->fused, cc, flags);
    }
}

void x86_loop_back(struct tcg_emit *e) {
    poll(e);
    x86_jcc_to(e, X86_CC_E, e->top);
}

void x86_loop_exit(struct tcg_emit *e, unsigned slot) {
    x86_exit(e, exit_value(e, TCG_EXIT_POLL0 + slot));
}

void x86_goto_tb(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    uint8_t *flags = e->p;
    (void)a;
    if (op->imm[2]) { /* not set: on; else the exit follows */
        poll(e);
        slot_jump(e, op, X86_CC_E, flags);
        x86_exit(e, exit_value(e, TCG_EXIT_POLL0 + ((unsigned)op->imm[0] & 1)));
    } else {
        slot_jump(e, op, ALWAYS, e->p);
    }
}

static void cold_ptr(struct tcg_emit *e, struct tcg_cold *c) {
    x86_mem(e, X86_MOV_MR, true, c->arg[0].reg, x86_env(X86_ENV(pc)));
    cold_exit(e, c);
}

void x86_goto_ptr(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    unsigned pc = a[0].reg;
    struct tcg_cold *c = tcg_cold_new(e, cold_ptr, op, a);
    c->extra = TCG_EXIT_PC;
    if (op->imm[0]) {
        poll(e);
        c->from[1] = x86_jcc(e, X86_CC_NE);
    }
    x86_reg_imm(e, X86_IMUL_I32, false, X86_SCRATCH, pc, TCG_JC_MUL);
    x86_mem(e, X86_MOV_RM, true, X86_R_rcx, x86_env(X86_ENV(jc_base)));
    x86_reg_imm(e, X86_SHR_I8, false, 0, X86_SCRATCH, TCG_JC_SHIFT - 1);
    x86_alu_imm(e, X86_AND_RM, false, X86_SCRATCH, (TCG_JC_SIZE - 1) << 1); /* times 8: entries of 16 bytes */
    x86_mem(e, X86_CMP_MR, true, pc, x86_ix(X86_R_rcx, X86_SCRATCH, 3, offsetof(struct tcg_jc_entry, pc)));
    c->from[0] = x86_jcc(e, X86_CC_NE); /* an odd pc, too */
    x86_alu_imm(e, X86_AND_RM, true, pc, -TCG_PAGE);
    x86_mem(e, X86_MOV_MR, true, pc, x86_env(X86_ENV(pc_page)));
    x86_mem(e, X86_JMP_M, false, 0, x86_ix(X86_R_rcx, X86_SCRATCH, 3, offsetof(struct tcg_jc_entry, code)));
}

/* ---- chaining ---- */

static void set_field(uint64_t field, uint64_t to) {
    int32_t rel = (int32_t)(to - (field + 4));
    __atomic_store_n((int32_t *)codebuf_rw(field), rel, __ATOMIC_RELEASE);
}

static bool reaches(uint64_t field, uint64_t to) {
    int64_t d = (int64_t)(to - (field + 4));
    return d == (int32_t)d;
}

/* An aligned slot with the target, and `jmp [rip - 14]`. */
uint64_t x86_far_jump(uint64_t near, uint64_t to) {
    static const uint8_t jmp[] = {0xff, 0x25, 0xf2, 0xff, 0xff, 0xff};
    uint64_t slot = codebuf_far_slot(near);
    if (!slot)
        return 0;
    uint8_t *p = codebuf_rw(slot);
    memcpy(p, &to, 8);
    memcpy(p + 8, jmp, sizeof jmp);
    return slot + 8;
}

static void link(const struct tcg_code *c, unsigned slot, uint64_t entry) {
    uint64_t field = c->jump[slot];
    if (field && !reaches(field, entry))
        entry = x86_far_jump(field, entry);
    if (field && entry)
        set_field(field, entry);
}

static void unlink(const struct tcg_code *c, unsigned slot) {
    if (c->jump[slot])
        set_field(c->jump[slot], c->jump_exit[slot]);
}

static void divert(const struct tcg_code *c) {
    uint16_t jmp = SHORT_JMP | (uint16_t)((uint8_t)(-STUB - 2) << 8);
    __atomic_store_n((uint16_t *)codebuf_rw(c->entry), jmp, __ATOMIC_RELEASE);
}

/* ---- the back end ---- */

static bool init(void) {
    struct plat_gate_info gi;
    plat_gate_info(&gi);
    x86_gate_kind = gi.kind;
    if (!x86_target.all[0])
        x86_constraints_init();
    return true;
}

static void init_env(struct tcg_env *env) {
    struct plat_gate_info gi;
    plat_gate_info(&gi);
    env->gate = gi.gate;
    env->exit = gi.exit;
    x86_fp_init_env(env);
    x86_bits_init_env(env);
}

static bool compile(struct tcg_ctx *s, struct tcg_code *out) {
    struct tcg_emit *e = tcg_emit_of(s);
    if (!e)
        return false;
    tcg_loop_find(s, e, &x86_target);
    tcg_liveness(s, e);
    x86_fold(s);
    return tcg_emit_unit(s, &x86_target, out);
}

static void memory(enum tcg_memory how, unsigned low_roles) {
    x86_memory = how;
    x86_low_roles = low_roles;
}

static uint64_t tcg_tb_exec(struct plat_hart *hart, struct tcg_env *env, uint64_t entry) {
    (void)env;
    return plat_tb_enter(hart, entry);
}

static _Noreturn void unwind(struct plat_hart *hart, uint64_t value) { plat_tb_unwind(hart, value); }

const struct tcg_backend tcg_backend_x86 = {
    .name = "x86",
    .init = init,
    .init_env = init_env,
    .compile = compile,
    .exec = tcg_tb_exec,
    .unwind = unwind,
    .link = link,
    .unlink = unlink,
    .divert = divert,
    .recover = tcg_recover,
    .memory = memory,
    .site = tcg_site,
    .site_recover = tcg_site_recover,
    .used = codebuf_used,
    .piece = codebuf_base,
    .evict = codebuf_evict,
    .reset = codebuf_reset,
    .disas = x86_disas,
};
