/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: where they go, what they leave in the CSRs, the order of interrupts, returns, WFI, sfence.vma. */
#include "tests/rv64/fake.h"

#define INT ((uint64_t)1 << 63)

static void take(uint64_t cause, uint64_t tval) {
    cpu_raise(cpu, cause, tval);
    cpu->exc_pending = false;
    rv64_exception(cpu);
}

static uint64_t status(uint64_t mask) { return r->mstatus & mask; }

UNIT_TEST(trap_to_m) {
    fake_reset();
    r->priv = PRV_U;
    r->mtvec = 0x1001; /* vectored: exceptions all go to the base */
    r->mstatus |= MSTATUS_MIE | MSTATUS_SIE;
    cpu->env->pc = 0x4002;
    cpu->env->guest[G_RESV_ADDR] = 64;
    take(EXC_LOAD_PAGE, 0xdead);
    CHECK_EQ(cpu->env->pc, 0x1000);
    CHECK_EQ(r->priv, PRV_M);
    CHECK_EQ(r->mepc, 0x4002);
    CHECK_EQ(r->mcause, EXC_LOAD_PAGE);
    CHECK_EQ(r->mtval, 0xdead);
    CHECK_EQ(status(MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_SIE), MSTATUS_MPIE | MSTATUS_SIE);
    CHECK_EQ(cpu->env->guest[G_RESV_ADDR], ~(uint64_t)0);
    CHECK_EQ(r->scause, 0);
    CHECK_EQ(fake.exit_status, -1);
}

UNIT_TEST(trap_delegated) {
    fake_reset();
    r->priv = PRV_U;
    r->medeleg = 1 << EXC_ECALL_U;
    r->stvec = 0x2000;
    r->mstatus |= MSTATUS_SPP;
    cpu->env->pc = 0x4000;
    helper_ecall(cpu);
    CHECK_EQ(raised(), EXC_ECALL_U);
    rv64_exception(cpu);
    CHECK_EQ(cpu->env->pc, 0x2000);
    CHECK_EQ(r->priv, PRV_S);
    CHECK_EQ(r->sepc, 0x4000);
    CHECK_EQ(r->scause, EXC_ECALL_U);
    CHECK_EQ(status(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE), 0);
    r->mstatus |= MSTATUS_SIE;
    rv64_status_push(cpu);
    r->medeleg |= 1 << EXC_ILLEGAL;
    take(EXC_ILLEGAL, 0x77);
    CHECK_EQ(r->stval, 0x77);
    CHECK_EQ(status(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE), MSTATUS_SPP | MSTATUS_SPIE);
    /* Never to a lower privilege. */
    r->priv = PRV_M;
    cpu->env->pc = 0x5000;
    take(EXC_ILLEGAL, 0x78);
    CHECK_EQ(r->priv, PRV_M);
    CHECK_EQ(r->mtval, 0x78);
    CHECK_EQ(status(MSTATUS_MPP), MSTATUS_MPP);
}

UNIT_TEST(trap_without_handler) {
    fake_reset();
    cpu->env->pc = 0x80000000;
    take(EXC_ILLEGAL, 0); /* mtvec is 0, where nothing is */
    CHECK_EQ(fake.exit_status, -1);
    take(EXC_INSN_ACCESS, 0);
    CHECK_EQ(fake.exit_status, 1);
    fake_reset();
    r->priv = PRV_S; /* from S the same PC is no loop: M-mode gets it */
    cpu->env->pc = 0;
    take(EXC_INSN_ACCESS, 0);
    CHECK_EQ(fake.exit_status, -1);
}

UNIT_TEST(trap_ecalls) {
    static const unsigned privs[] = {PRV_U, PRV_S, PRV_M}, causes[] = {EXC_ECALL_U, EXC_ECALL_S, EXC_ECALL_M};
    for (unsigned i = 0; i < 3; i++) {
        fake_reset();
        r->priv = (uint8_t)privs[i];
        helper_ecall(cpu);
        CHECK_EQ(raised(), causes[i]);
        CHECK_EQ(cpu->exc_tval, 0);
    }
}

UNIT_TEST(trap_interrupt_order) {
    static const uint8_t order[] = {IRQ_MEIP, IRQ_MSIP, IRQ_MTIP, IRQ_SEIP, IRQ_SSIP, IRQ_STIP};
    uint64_t pending = MIP_M | MIP_S;
    for (unsigned i = 0; i < 6; i++) {
        fake_reset();
        r->menvcfg = MENVCFG_STCE;
        r->mie = MIP_M | MIP_S;
        r->mtvec = 0x8001;
        r->priv = PRV_U;
        cpu->irq_lines = pending;
        cpu->env->pc = 0x4444;
        CHECK(rv64_interrupt(cpu));
        CHECK_EQ(r->mcause, INT | order[i]);
        CHECK_EQ(cpu->env->pc, 0x8000 + 4 * order[i]);
        CHECK_EQ(r->mepc, 0x4444);
        CHECK_EQ(r->mtval, 0);
        pending &= ~IRQ_BIT(order[i]);
    }
    CHECK_EQ(pending, 0);
}

UNIT_TEST(trap_interrupt_enables) {
    fake_reset();
    r->mideleg = MIP_S;
    r->stvec = 0x6001;
    r->mie = MIP_S | MIP_M;
    cpu->irq_lines = IRQ_BIT(IRQ_SEIP);
    r->mstatus |= MSTATUS_MIE | MSTATUS_SIE;
    CHECK(!rv64_interrupt(cpu)); /* M-mode: delegated ones wait */
    CHECK(rv64_has_work(cpu));
    r->priv = PRV_S;
    r->mstatus &= ~MSTATUS_SIE;
    CHECK(!rv64_interrupt(cpu));
    r->priv = PRV_U;
    CHECK(rv64_interrupt(cpu)); /* U: whatever SIE says */
    CHECK_EQ(r->scause, INT | IRQ_SEIP);
    CHECK_EQ(cpu->env->pc, 0x6000 + 4 * IRQ_SEIP);
    CHECK_EQ(r->priv, PRV_S);
    /* M's own come before delegated ones of higher rank, and in S whatever MIE says. */
    cpu->irq_lines = IRQ_BIT(IRQ_SEIP) | IRQ_BIT(IRQ_MTIP);
    r->mstatus = (r->mstatus | MSTATUS_SIE) & ~MSTATUS_MIE;
    CHECK(rv64_interrupt(cpu));
    CHECK_EQ(r->mcause, INT | IRQ_MTIP);
    CHECK(!rv64_interrupt(cpu)); /* MIE is off in M now */
    r->mstatus |= MSTATUS_MIE;
    r->mie = 0;
    CHECK(!rv64_interrupt(cpu));
    CHECK(!rv64_has_work(cpu));
}

UNIT_TEST(trap_mret_sret) {
    fake_reset();
    r->mepc = 0x1234;
    r->mstatus |= MSTATUS_MPIE | MSTATUS_MPRV | (uint64_t)PRV_S << MSTATUS_MPP_SHIFT;
    cpu->env->guest[G_RESV_ADDR] = 8;
    cpu->env->pc = helper_mret(cpu, 0x30200073);
    CHECK_EQ(raised(), ~(uint64_t)0);
    CHECK_EQ(cpu->env->pc, 0x1234);
    CHECK_EQ(r->priv, PRV_S);
    CHECK_EQ(status(MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV), MSTATUS_MIE | MSTATUS_MPIE);
    CHECK_EQ(cpu->env->guest[G_RESV_ADDR], ~(uint64_t)0);
    cpu->env->pc = helper_mret(cpu, 0x30200073);
    CHECK_EQ(raised(), EXC_ILLEGAL);
    CHECK_EQ(cpu->exc_tval, 0x30200073);
    CHECK(rv64_csr_write(cpu, 0x141, 0x5678));
    r->mstatus |= MSTATUS_SPP | MSTATUS_SIE;
    cpu->env->pc = helper_sret(cpu, 0);
    CHECK_EQ(cpu->env->pc, 0x5678);
    CHECK_EQ(r->priv, PRV_S);
    CHECK_EQ(status(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE), MSTATUS_SPIE);
    r->mstatus |= MSTATUS_TSR;
    cpu->env->pc = helper_sret(cpu, 0x10200073);
    CHECK_EQ(raised(), EXC_ILLEGAL);
    r->mstatus &= ~MSTATUS_TSR;
    cpu->env->pc = helper_sret(cpu, 0);
    CHECK_EQ(r->priv, PRV_U);
    cpu->env->pc = helper_sret(cpu, 0x10200073);
    CHECK_EQ(raised(), EXC_ILLEGAL);
    /* mret to M keeps MPRV; sret from M drops it, TSR or not. */
    fake_reset();
    r->mstatus |= MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TSR;
    cpu->env->pc = helper_mret(cpu, 0);
    CHECK_EQ(r->priv, PRV_M);
    CHECK(r->mstatus & MSTATUS_MPRV);
    cpu->env->pc = helper_sret(cpu, 0);
    CHECK_EQ(raised(), ~(uint64_t)0);
    CHECK_EQ(r->priv, PRV_U);
    CHECK(!(r->mstatus & MSTATUS_MPRV));
}

/* The block goes on without the hart loop: what has waited for the return must be seen there. */
UNIT_TEST(trap_return_polls_for_what_waits) {
    fake_reset();
    r->mie = MIP_M | MIP_S;
    unsigned before = fake.polls;
    helper_mret(cpu, 0);
    CHECK_EQ(fake.polls, before);
    fake_reset();
    r->mie = MIP_M | MIP_S;
    before = fake.polls;
    cpu->irq_lines = MIP_S;
    r->mstatus |= (uint64_t)PRV_S << MSTATUS_MPP_SHIFT;
    helper_mret(cpu, 0);
    CHECK_EQ(r->priv, PRV_S);
    CHECK_EQ(fake.polls, before + 1);
    helper_sret(cpu, 0);
    CHECK_EQ(r->priv, PRV_U);
    CHECK_EQ(fake.polls, before + 2);
    r->mie = 0;
    r->priv = PRV_S;
    helper_sret(cpu, 0);
    CHECK_EQ(fake.polls, before + 2);
}

/* What S-mode's translated code has of its CSRs is there for S-mode alone, and what the others leave there is not
 * believed. */
static const unsigned scratch[] = {0x140, 0x141, 0x142, 0x143}; /* sscratch sepc scause stval */

static void check_scratch(uint64_t from) {
    uint64_t v;
    for (unsigned i = 0; i < 4; i++) {
        CHECK(rv64_csr_read(cpu, scratch[i], &v));
        CHECK_EQ(v, from + 2 * i);
    }
}

UNIT_TEST(trap_scratch_of_s_alone) {
    uint64_t *g = cpu->env->guest;
    fake_reset();
    for (unsigned i = 0; i < 4; i++)
        CHECK(rv64_csr_write(cpu, scratch[i], 0x100 + 2 * i));
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(g[G_SSCRATCH + i], 0); /* M-mode */
        g[G_SSCRATCH + i] = 0xbad;
    }
    check_scratch(0x100);
    r->mstatus |= (uint64_t)PRV_S << MSTATUS_MPP_SHIFT;
    cpu->env->pc = helper_mret(cpu, 0);
    CHECK_EQ(r->priv, PRV_S);
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(g[G_SSCRATCH + i], 0x100 + 2 * i);
    g[G_SCAUSE] = 0x204; /* translated code */
    g[G_STVAL] = 0x206;
    g[G_SSCRATCH] = 0x200;
    CHECK(rv64_csr_write(cpu, 0x141, 0x203)); /* the helper: bit 0 is none of sepc's */
    check_scratch(0x200);
    CHECK_EQ(g[G_SEPC], 0x202);
    cpu->env->pc = helper_sret(cpu, 0);
    CHECK_EQ(r->priv, PRV_U);
    CHECK_EQ(cpu->env->pc, 0x202);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(g[G_SSCRATCH + i], 0);
        g[G_SSCRATCH + i] = 0xbad;
    }
    r->medeleg = 1 << EXC_BREAKPOINT;
    cpu->env->pc = 0x3000;
    cpu_raise(cpu, EXC_BREAKPOINT, 0x77);
    rv64_exception(cpu);
    CHECK_EQ(r->priv, PRV_S);
    CHECK_EQ(g[G_SSCRATCH], 0x200);
    CHECK_EQ(g[G_SEPC], 0x3000);
    CHECK_EQ(g[G_SCAUSE], EXC_BREAKPOINT);
    CHECK_EQ(g[G_STVAL], 0x77);
    cpu_raise(cpu, EXC_ILLEGAL, 0); /* to M: what S had is kept, in the engine */
    rv64_exception(cpu);
    CHECK_EQ(r->priv, PRV_M);
    CHECK_EQ(g[G_STVAL], 0);
    CHECK_EQ(r->stval, 0x77);
}

UNIT_TEST(trap_roles_and_flags) {
    fake_reset();
    CHECK_EQ(rv64_flags(cpu), ROLE_M | PRV_M << TBF_PRIV_SHIFT | TBF_CBZE);
    CHECK_EQ(rv64_fetch_role(cpu), ROLE_M);
    r->mstatus |= MSTATUS_MXR | MSTATUS_SUM | MSTATUS_MPRV;
    CHECK_EQ(rv64_data_role(r), ROLE_U | ROLE_MXR); /* MPP is U */
    CHECK_EQ(rv64_fetch_role(cpu), ROLE_M);
    r->mstatus |= (uint64_t)PRV_S << MSTATUS_MPP_SHIFT;
    CHECK_EQ(rv64_data_role(r), ROLE_S_SUM | ROLE_MXR);
    r->mstatus |= MSTATUS_MPP;
    CHECK_EQ(rv64_data_role(r), ROLE_M);
    r->priv = PRV_S;
    CHECK_EQ(rv64_data_role(r), ROLE_S_SUM | ROLE_MXR);
    CHECK_EQ(rv64_fetch_role(cpu), ROLE_S);
    r->mstatus &= ~(MSTATUS_SUM | MSTATUS_MXR);
    CHECK_EQ(rv64_data_role(r), ROLE_S);
    r->priv = PRV_U;
    CHECK_EQ(rv64_data_role(r), ROLE_U);
    rv64_set_frm(cpu, 3);
    CHECK_EQ(rv64_flags(cpu), ROLE_U);
    r->menvcfg = MENVCFG_CBZE;
    CHECK_EQ(rv64_flags(cpu), ROLE_U);
    r->senvcfg = MENVCFG_CBZE;
    CHECK_EQ(rv64_flags(cpu), ROLE_U | TBF_CBZE);
    r->menvcfg = 0;
    CHECK_EQ(rv64_flags(cpu), ROLE_U);
    r->mstatus |= (uint64_t)1 << 13;
    CHECK_EQ(rv64_flags(cpu), (uint64_t)(ROLE_U | TBF_FS | 3 << TBF_FRM_SHIFT));
    helper_fs_dirty(cpu);
    CHECK_EQ(rv64_flags(cpu), (uint64_t)(ROLE_U | TBF_FS | TBF_FS_DIRTY | 3 << TBF_FRM_SHIFT));
}

static bool wfi_waits(void) {
    fake.left = 0;
    if (!setjmp(fake.out))
        helper_wfi(cpu, 0x10500073, 4);
    return fake.left == 4 && cpu->in_wfi;
}

UNIT_TEST(trap_wfi) {
    fake_reset();
    CHECK(wfi_waits());
    fake_reset();
    r->mie = cpu->irq_lines = IRQ_BIT(IRQ_MTIP); /* pending: no wait, whatever MIE says */
    CHECK(!wfi_waits());
    CHECK_EQ(raised(), ~(uint64_t)0);
    fake_reset();
    r->priv = PRV_S;
    CHECK(wfi_waits());
    fake_reset();
    r->priv = PRV_S;
    r->mstatus |= MSTATUS_TW;
    CHECK(!wfi_waits());
    CHECK_EQ(raised(), EXC_ILLEGAL);
    r->priv = PRV_M;
    CHECK(wfi_waits());
    fake_reset();
    r->priv = PRV_U;
    CHECK(!wfi_waits());
    CHECK_EQ(raised(), EXC_ILLEGAL);
    CHECK_EQ(cpu->exc_tval, 0x10500073);
}

UNIT_TEST(trap_sfence) {
    fake_reset();
    r->priv = PRV_S;
    helper_sfence_vma(cpu, 0x5000, 0x1234, 0, 0);
    CHECK_EQ(fake.flushes, 1);
    CHECK_EQ(fake.flush_mask, 0);
    CHECK(!fake.flush_page);
    helper_sfence_vma(cpu, 0x5000, 0x91234, 3, 0); /* ASID: 16 bits */
    CHECK_EQ(fake.flushes, 2);
    CHECK_EQ(fake.flush_mask, SATP_ASID);
    CHECK_EQ(fake.flush_key, (uint64_t)0x1234 << SATP_ASID_SHIFT);
    CHECK(fake.flush_page);
    CHECK_EQ(fake.flush_va, 0x5000);
    r->mstatus |= MSTATUS_TVM;
    helper_sfence_vma(cpu, 0, 0, 0, 0x12000073);
    CHECK_EQ(raised(), EXC_ILLEGAL);
    r->priv = PRV_M;
    helper_sfence_vma(cpu, 0, 0, 1, 0);
    CHECK_EQ(raised(), ~(uint64_t)0);
    CHECK_EQ(fake.flushes, 3);
    r->priv = PRV_U;
    helper_sfence_vma(cpu, 0, 0, 1, 0);
    CHECK_EQ(raised(), EXC_ILLEGAL);
    CHECK_EQ(fake.flushes, 3);
}

UNIT_TEST(trap_access_faults) {
    static const unsigned bad[] = {EXC_LOAD_ACCESS, EXC_STORE_ACCESS, EXC_INSN_ACCESS};
    static const unsigned odd[] = {EXC_LOAD_MISALIGNED, EXC_STORE_MISALIGNED, EXC_INSN_MISALIGNED};
    fake_reset();
    for (enum guest_access a = GUEST_LOAD; a <= GUEST_FETCH; a++) {
        rv64_access_fault(cpu, 0x99, a, false);
        CHECK_EQ(raised(), bad[a]);
        CHECK_EQ(cpu->exc_tval, 0x99);
        rv64_access_fault(cpu, 0x9b, a, true);
        CHECK_EQ(raised(), odd[a]);
    }
}

/* ---- what ring 3 may forge (docs/security.md) -------------------------------------------------------------------- */

UNIT_TEST(forged_causes_are_illegal_instructions) {
    fake_reset();
    r->priv = PRV_U;
    for (uint64_t cause = 0; cause < 70; cause++) {
        bool own = cause == EXC_INSN_MISALIGNED || cause == EXC_BREAKPOINT;
        helper_raise(cpu, cause, 5);
        CHECK_EQ(raised(), own ? cause : (uint64_t)EXC_ILLEGAL);
    }
    helper_raise(cpu, (uint64_t)1 << 63 | 7, 0);
    CHECK_EQ(raised(), EXC_ILLEGAL);
    helper_ecall(cpu);
    CHECK_EQ(raised(), EXC_ECALL_U);
}

UNIT_TEST(forged_fs_dirty_does_not_open_fp) {
    fake_reset();
    helper_fs_dirty(cpu);
    CHECK_EQ(r->mstatus & MSTATUS_FS, 0);
    r->mstatus |= MSTATUS_FS & -MSTATUS_FS; /* Initial */
    helper_fs_dirty(cpu);
    CHECK_EQ(r->mstatus & MSTATUS_FS, MSTATUS_FS);
}

UNIT_TEST(f_registers_are_away_while_fs_is_off) {
    fake_reset();
    r->priv = PRV_U;
    r->mstatus |= MSTATUS_FS;
    rv64_enter(cpu);
    for (unsigned i = 0; i < 32; i++)
        cpu->env->freg[i] = 100 + i;
    r->mstatus &= ~MSTATUS_FS;
    rv64_enter(cpu);
    for (unsigned i = 0; i < 32; i++) {
        CHECK_EQ(cpu->env->freg[i], 0);
        cpu->env->freg[i] = ~(uint64_t)0; /* what ring 3 does there */
    }
    rv64_enter(cpu);
    r->priv = PRV_S; /* could switch FS on itself */
    rv64_enter(cpu);
    for (unsigned i = 0; i < 32; i++)
        CHECK_EQ(cpu->env->freg[i], 100 + i);
    r->priv = PRV_U;
    rv64_enter(cpu);
    CHECK_EQ(cpu->env->freg[31], 0);
    r->mstatus |= MSTATUS_FS;
    rv64_enter(cpu);
    for (unsigned i = 0; i < 32; i++)
        CHECK_EQ(cpu->env->freg[i], 100 + i);
}
