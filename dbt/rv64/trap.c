/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: taking exceptions and interrupts, returning from them, and the helpers of the instructions that trap
 * (privileged spec 3.1.6 to 3.1.15, 3.3, 10.1). Assumes env->pc is the PC of the instruction that trapped, or of the
 * next one for an interrupt. A helper that raises does not return when it was called from translated code; outside it
 * (unit tests) it does, so nothing changes behind a raise. */
#include "dbt/helper.h"
#include "dbt/rv64/sys.h"

#define CAUSE_INTERRUPT ((uint64_t)1 << 63)
enum { CAUSE_MASK = 63 };

/* ---- state that the engine asks for ------------------------------------------------------------------------------ */

unsigned rv64_data_role(const struct rv64_cpu *r) {
    unsigned priv = r->priv, role;
    if (priv == PRV_M && r->mstatus & MSTATUS_MPRV)
        priv = (r->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    if (priv == PRV_M)
        return ROLE_M;
    role = priv == PRV_U ? ROLE_U : r->mstatus & MSTATUS_SUM ? ROLE_S_SUM : ROLE_S;
    return role | (r->mstatus & MSTATUS_MXR ? ROLE_MXR : 0);
}

unsigned rv64_data_role_of(const struct vcpu *cpu) { return rv64_data_role(rv64(cpu)); }

/* The reservation may always be lost, and its value is memory's. */
bool rv64_forget(struct vcpu *cpu, unsigned from, unsigned to) {
    if (rv64_role_priv(to) >= rv64_role_priv(from))
        return false;
    rv64_drop_reservation(cpu);
    cpu->env->guest[G_RESV_VAL] = 0;
    return true;
}

/* The supervisor's, with and without SUM: pages of the user are not `common`. */
unsigned rv64_share_group(unsigned role) {
    return (role & 3) == ROLE_S || (role & 3) == ROLE_S_SUM ? 1 + (role & ROLE_MXR ? 1u : 0) : 0;
}

bool rv64_user(const struct vcpu *cpu) { return rv64(cpu)->priv == PRV_U; }

unsigned rv64_fetch_role(const struct vcpu *cpu) {
    unsigned priv = rv64(cpu)->priv;
    return priv == PRV_M ? ROLE_M : priv == PRV_U ? ROLE_U : ROLE_S;
}

/* M-mode needs no leave; S-mode needs that of menvcfg, U-mode that of senvcfg, too. */
bool rv64_cbo_enabled(const struct rv64_cpu *r, enum rv64_cbo op) {
    uint64_t bits = op == CBO_ZERO ? MENVCFG_CBZE : op == CBO_INVAL ? MENVCFG_CBIE : MENVCFG_CBCFE;
    if (r->priv != PRV_M && !(r->menvcfg & bits))
        return false;
    return r->priv != PRV_U || r->senvcfg & bits;
}

uint64_t rv64_flags(const struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t flags = rv64_data_role(r) | (uint64_t)r->priv << TBF_PRIV_SHIFT | (r->counting ? TBF_COUNT : 0) |
                     (r->insn_limit ? TBF_LIMIT : 0) | (rv64_cbo_enabled(r, CBO_ZERO) ? TBF_CBZE : 0);
    unsigned fs = (r->mstatus & MSTATUS_FS) >> MSTATUS_FS_SHIFT;
    if (fs)
        flags |= TBF_FS | (fs == 3 ? TBF_FS_DIRTY : 0) | (uint64_t)r->frm << TBF_FRM_SHIFT;
    return flags;
}

void rv64_set_priv(struct vcpu *cpu, unsigned priv, bool retiring) {
    if (rv64(cpu)->hpm_by_priv)
        rv64_counters_priv(cpu, priv, retiring);
    rv64(cpu)->priv = (uint8_t)priv;
    rv64_scratch_push(cpu);
    cpu_flags_changed(cpu);
}

/* ---- taking traps ------------------------------------------------------------------------------------------------ */

static const char *const exception_names[] = {
    "instruction address misaligned", "instruction access fault", "illegal instruction", "breakpoint",
    "load address misaligned", "load access fault", "store/AMO address misaligned", "store/AMO access fault",
    "ecall from U", "ecall from S", "reserved", "ecall from M", "instruction page fault", "load page fault", "reserved",
    "store/AMO page fault"};

const char *rv64_exception_name(uint64_t cause) { return exception_names[cause & 15]; }

static void log_trap(const struct vcpu *cpu, uint64_t cause, uint64_t tval, unsigned to) {
    uint64_t nr = cause & CAUSE_MASK;
    plat_log("int %u: %s %llu%s%s from %c to %c at %#llx, tval %#llx\n", cpu->hart.id,
             cause & CAUSE_INTERRUPT ? "interrupt" : "exception", (unsigned long long)nr,
             cause & CAUSE_INTERRUPT ? "" : ", ", cause & CAUSE_INTERRUPT ? "" : exception_names[nr & 15],
             "USHM"[rv64(cpu)->priv], "USHM"[to], (unsigned long long)cpu->env->pc, (unsigned long long)tval);
}

static uint64_t vector(uint64_t tvec, uint64_t cause) {
    uint64_t base = tvec & ~(uint64_t)3;
    return cause & CAUSE_INTERRUPT && tvec & 1 ? base + 4 * (cause & CAUSE_MASK) : base;
}

static void trap_to_s(struct vcpu *cpu, uint64_t cause, uint64_t tval) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t status = r->mstatus & ~(MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_SPP);
    status |= r->mstatus & MSTATUS_SIE ? MSTATUS_SPIE : 0;
    status |= r->priv == PRV_S ? MSTATUS_SPP : 0;
    r->mstatus = status;
    r->scause = cause;
    r->stval = tval;
    r->sepc = cpu->env->pc & ~(uint64_t)1;
    cpu->env->pc = vector(r->stvec, cause);
}

static void trap_to_m(struct vcpu *cpu, uint64_t cause, uint64_t tval) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t status = r->mstatus & ~(MSTATUS_MPIE | MSTATUS_MIE | MSTATUS_MPP);
    status |= r->mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0;
    status |= (uint64_t)r->priv << MSTATUS_MPP_SHIFT;
    r->mstatus = status;
    r->mcause = cause;
    r->mtval = tval;
    r->mepc = cpu->env->pc & ~(uint64_t)1;
    cpu->env->pc = vector(r->mtvec, cause);
}

static void take(struct vcpu *cpu, uint64_t cause, uint64_t tval, bool to_s) {
    unsigned to = to_s ? PRV_S : PRV_M;
    if (plat_log_on(LOG_int))
        log_trap(cpu, cause, tval, to);
    rv64_status_pull(cpu);
    rv64_scratch_pull(cpu);
    if (to_s)
        trap_to_s(cpu, cause, tval);
    else
        trap_to_m(cpu, cause, tval);
    rv64_status_push(cpu);
    rv64_drop_reservation(cpu);
    rv64_set_priv(cpu, to, false);
}

/* In M-mode, with the trap handler's own first instruction trapping: nothing changes from one round to the next, and
 * interrupts are off, so the guest hangs for good. Says so once and ends it. */
static void check_hang(struct vcpu *cpu, uint64_t cause, uint64_t tval) {
    const struct rv64_cpu *r = rv64(cpu);
    if (r->priv != PRV_M || cpu->env->pc != vector(r->mtvec, cause))
        return;
    plat_log(
        "hart %u: the guest's machine-mode trap handler at %#llx traps itself without end: %s, tval %#llx, first mepc "
        "%#llx\n",
        cpu->hart.id, (unsigned long long)cpu->env->pc, exception_names[cause & 15], (unsigned long long)tval,
        (unsigned long long)r->mepc);
    machine_request_exit(1);
}

void rv64_exception(struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t cause = cpu->exc_cause & 15; /* what ring 3 may have forged stays one of ours */
    bool to_s = r->priv != PRV_M && r->medeleg >> cause & 1;
    if (!to_s)
        check_hang(cpu, cause, cpu->exc_tval);
    take(cpu, cause, cpu->exc_tval, to_s);
}

/* 3.1.9, Sscofpmf: what M takes comes first; then by this order. */
static uint64_t first_of(uint64_t pending) {
    static const uint8_t order[] = {IRQ_MEIP, IRQ_MSIP, IRQ_MTIP, IRQ_SEIP, IRQ_SSIP, IRQ_STIP, IRQ_LCOFIP};
    for (unsigned i = 0; i < sizeof order; i++)
        if (pending >> order[i] & 1)
            return order[i];
    return 0;
}

bool rv64_interrupt(struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    if (cpu->timer_level[VCPU_TIMER_PMU])
        rv64_counters_sync(cpu);
    uint64_t pending = rv64_mip(cpu) & r->mie, m = pending & ~r->mideleg, s = pending & r->mideleg;
    cpu->env->waiting = s != 0; /* if it is not taken now: see trans_priv.c */
    if (!pending)
        return false;
    rv64_status_pull(cpu);
    if (r->priv == PRV_M && !(r->mstatus & MSTATUS_MIE))
        m = 0;
    if (r->priv == PRV_M || (r->priv == PRV_S && !(r->mstatus & MSTATUS_SIE)))
        s = 0;
    if (!m && !s)
        return false;
    take(cpu, CAUSE_INTERRUPT | first_of(m ? m : s), 0, !m);
    return true;
}

/* The counters' timer may be early by a little; then WFI ends without a reason, which it may. */
bool rv64_has_work(const struct vcpu *cpu) {
    return rv64_mip(cpu) & rv64(cpu)->mie || (cpu->timer_level[VCPU_TIMER_PMU] && rv64(cpu)->mie >> IRQ_LCOFIP & 1);
}

void rv64_access_fault(struct vcpu *cpu, uint64_t va, enum guest_access access, bool misaligned) {
    static const uint8_t bad[] = {EXC_LOAD_ACCESS, EXC_STORE_ACCESS, EXC_INSN_ACCESS};
    static const uint8_t odd[] = {EXC_LOAD_MISALIGNED, EXC_STORE_MISALIGNED, EXC_INSN_MISALIGNED};
    cpu_raise(cpu, (misaligned ? odd : bad)[access], va);
}

/* ---- helpers ----------------------------------------------------------------------------------------------------- */

void rv64_illegal(struct vcpu *cpu, uint64_t bits) { cpu_raise(cpu, EXC_ILLEGAL, bits); }

/* What translated code has a reason to raise; a forged ecall from S, say, would be believed by M. */
void helper_raise(struct vcpu *cpu, uint64_t cause, uint64_t tval) {
    bool own = cause == EXC_INSN_MISALIGNED || cause == EXC_BREAKPOINT || cause == EXC_ILLEGAL;
    cpu_raise(cpu, own ? cause : (uint64_t)EXC_ILLEGAL, tval);
}

void helper_illegal(struct vcpu *cpu, uint64_t bits) { rv64_illegal(cpu, bits); }

void helper_ecall(struct vcpu *cpu) { cpu_raise(cpu, EXC_ECALL_U + rv64(cpu)->priv, 0); }

/* A return: to privilege `to` at pc, with the new mstatus. It clears the reservation, so that a context switch cannot
 * pair one thread's LR with another's SC. The block goes on by goto_ptr: what is left of it runs with no more privilege
 * than before. (A trap gives more: so ecall leaves for the hart loop, and what runs then is a block from its start.) */
static uint64_t trap_return(struct vcpu *cpu, uint64_t status, unsigned to, uint64_t pc) {
    if (to != PRV_M)
        status &= ~MSTATUS_MPRV;
    rv64(cpu)->mstatus = status;
    rv64_status_push(cpu);
    rv64_drop_reservation(cpu);
    rv64_set_priv(cpu, to, true);
    if (rv64_mip(cpu) & rv64(cpu)->mie)
        cpu_poll(cpu); /* it may have waited for this */
    cpu_flags_settle(cpu);
    return pc;
}

uint64_t helper_mret(struct vcpu *cpu, uint64_t bits) {
    struct rv64_cpu *r = rv64(cpu);
    if (r->priv != PRV_M) {
        rv64_illegal(cpu, bits);
        return 0;
    }
    unsigned to = (r->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    uint64_t status = r->mstatus & ~(MSTATUS_MIE | MSTATUS_MPP);
    status |= MSTATUS_MPIE | (r->mstatus & MSTATUS_MPIE ? MSTATUS_MIE : 0);
    return trap_return(cpu, status, to, r->mepc);
}

uint64_t helper_sret(struct vcpu *cpu, uint64_t bits) {
    struct rv64_cpu *r = rv64(cpu);
    if (r->priv == PRV_U || (r->priv == PRV_S && r->mstatus & MSTATUS_TSR)) {
        rv64_illegal(cpu, bits);
        return 0;
    }
    rv64_status_pull(cpu);
    rv64_scratch_pull(cpu);
    unsigned to = r->mstatus & MSTATUS_SPP ? PRV_S : PRV_U;
    uint64_t status = r->mstatus & ~(MSTATUS_SIE | MSTATUS_SPP);
    status |= MSTATUS_SPIE | (r->mstatus & MSTATUS_SPIE ? MSTATUS_SIE : 0);
    return trap_return(cpu, status, to, r->sepc);
}

/* In U-mode, and with TW below M-mode, at once illegal: a time limit of zero (3.1.6.5, 3.3.3). */
void helper_wfi(struct vcpu *cpu, uint64_t bits, uint64_t length) {
    const struct rv64_cpu *r = rv64(cpu);
    if (r->priv == PRV_U || (r->priv == PRV_S && r->mstatus & MSTATUS_TW)) {
        rv64_illegal(cpu, bits);
        return;
    }
    if (rv64_has_work(cpu))
        return;
    if (r->counting) /* the block does not come to its end */
        cpu->env->guest[G_INSTRET]++;
    cpu->in_wfi = true;
    cpu_exit_event(cpu, (unsigned)length & 7);
}

enum { SFENCE_VA = 1, SFENCE_ASID = 2 };

/* Without operands it is a fence.i as well: course kernels load a program over another with nothing else (xv6's exec),
 * as real harts and QEMU let them. */
void helper_sfence_vma(struct vcpu *cpu, uint64_t va, uint64_t asid, uint64_t which, uint64_t bits) {
    const struct rv64_cpu *r = rv64(cpu);
    if (r->priv == PRV_U || (r->priv == PRV_S && r->mstatus & MSTATUS_TVM)) {
        rv64_illegal(cpu, bits);
        return;
    }
    uint64_t mask = which & SFENCE_ASID ? SATP_ASID : 0;
    rv64_drop_reservation(cpu);
    tlb_flush(cpu, mask, asid << SATP_ASID_SHIFT & mask, which & SFENCE_VA, va);
    if (!which)
        tb_fence_i(cpu);
    if (!cpu->flags_stale)
        return;
    if (r->counting) /* the block does not come to its end */
        cpu->env->guest[G_INSTRET]++;
    cpu_exit_event(cpu, 4);
}

void helper_fence_i(struct vcpu *cpu) { tb_fence_i(cpu); }
