/* SPDX-License-Identifier: BSD-2-Clause */
/* mstatus, menvcfg, stateen and the interrupt registers with their supervisor views (privileged spec 3.1.6, 3.1.9,
 * 3.1.18, 10.1; Smstateen). Whoever changes what blocks or interrupts depend on tells the engine here; the front end
 * ends the block behind such a write. */
#include "dbt/rv64/csr.h"

#define SSTATUS_WRITE (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR)
#define MSTATUS_WRITE                                                                                                  \
    (SSTATUS_WRITE | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR)

static uint64_t with_sd(uint64_t status) { return (status & MSTATUS_FS) == MSTATUS_FS ? status | MSTATUS_SD : status; }

static void change_mstatus(struct vcpu *cpu, uint64_t v, uint64_t mask) {
    struct rv64_cpu *r = rv64(cpu);
    if ((v & MSTATUS_MPP) == (uint64_t)2 << MSTATUS_MPP_SHIFT) /* WARL: there is no privilege 2 */
        mask &= ~MSTATUS_MPP;
    rv64_status_pull(cpu);
    uint64_t old = r->mstatus;
    r->mstatus = (old & ~mask) | (v & mask);
    rv64_status_push(cpu);
    if ((old ^ r->mstatus) & ~(MSTATUS_SIE | MSTATUS_MIE))
        cpu_flags_changed(cpu);
    if ((old ^ r->mstatus) & (MSTATUS_MPRV | MSTATUS_MPP))
        rv64_drop_reservation(cpu);
    if (~old & r->mstatus & (MSTATUS_SIE | MSTATUS_MIE) && rv64_mip(cpu) & r->mie)
        cpu_poll(cpu); /* the block may go on without the engine (trans_priv.c) */
}

void rv64_status_push(struct vcpu *cpu) {
    cpu->env->guest[G_SSTATUS] = with_sd(rv64(cpu)->mstatus & (SSTATUS_WRITE | MSTATUS_UXL));
}

uint64_t csr_read_mstatus(struct vcpu *cpu, unsigned num) {
    (void)num;
    return with_sd(rv64(cpu)->mstatus);
}

void csr_write_mstatus(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    change_mstatus(cpu, v, MSTATUS_WRITE);
}

uint64_t csr_read_sstatus(struct vcpu *cpu, unsigned num) {
    (void)num;
    rv64_status_pull(cpu);
    return with_sd(rv64(cpu)->mstatus & (SSTATUS_WRITE | MSTATUS_UXL));
}

void csr_write_sstatus(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    change_mstatus(cpu, v, SSTATUS_WRITE);
}

/* ---- menvcfg, senvcfg, stateen ----------------------------------------------------------------------------------- */

/* Fields that menvcfg and senvcfg share. */
static uint64_t envcfg_mask(const struct rv64_model *m) {
    return MENVCFG_FIOM | (rv64_has(m, EXT_zicbom) ? MENVCFG_CBIE | MENVCFG_CBCFE : 0) |
           (rv64_has(m, EXT_zicboz) ? MENVCFG_CBZE : 0);
}

/* CBIE 2 is reserved: such a write leaves the field. */
static uint64_t envcfg_write(uint64_t old, uint64_t v, uint64_t mask) {
    if ((v & MENVCFG_CBIE) == (uint64_t)2 << 4)
        v = (v & ~MENVCFG_CBIE) | (old & MENVCFG_CBIE);
    return v & mask;
}

uint64_t csr_read_menvcfg(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->menvcfg;
}

/* What PBMTE allowed may be cached; what ADUE decides never is. */
void csr_write_menvcfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    const struct rv64_model *m = r->model;
    uint64_t old = r->menvcfg, mask = envcfg_mask(m) | (rv64_has(m, EXT_sstc) ? MENVCFG_STCE : 0) |
                                      (rv64_has(m, EXT_svpbmt) ? MENVCFG_PBMTE : 0) |
                                      (rv64_has(m, EXT_svadu) ? MENVCFG_ADUE : 0);
    (void)num;
    r->menvcfg = envcfg_write(old, v, mask);
    if ((old ^ r->menvcfg) & MENVCFG_PBMTE)
        tlb_flush(cpu, 0, 0, false, 0);
    rv64_stimer_update(cpu);
    cpu_flags_changed(cpu);
}

/* Smstateen: M-mode opens it to the others. */
bool csr_check_senvcfg(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)num;
    (void)writes;
    return r->priv == PRV_M || !rv64_has(r->model, EXT_smstateen) || r->mstateen[0] & STATEEN_ENVCFG;
}

uint64_t csr_read_senvcfg(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->senvcfg;
}

void csr_write_senvcfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    (void)num;
    r->senvcfg = envcfg_write(r->senvcfg, v, envcfg_mask(r->model));
    cpu_flags_changed(cpu);
}

uint64_t csr_read_mstateen(struct vcpu *cpu, unsigned num) { return rv64(cpu)->mstateen[num & 3]; }

/* Bits of state that a hart does not have are zero: here all but these. */
void csr_write_mstateen(struct vcpu *cpu, unsigned num, uint64_t v) {
    rv64(cpu)->mstateen[num & 3] = v & (num & 3 ? STATEEN_SE : STATEEN_SE | STATEEN_ENVCFG);
}

/* Nothing that sstateen could keep from U-mode is there, so the registers themselves read as zero. */
bool csr_check_sstateen(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)writes;
    return r->priv == PRV_M || r->mstateen[num & 3] & STATEEN_SE;
}

/* ---- interrupts -------------------------------------------------------------------------------------------------- */

/* Sstc: outside M-mode stimecmp needs menvcfg.STCE and mcounteren.TM. */
bool csr_check_sstc_on(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)num;
    (void)writes;
    return r->priv == PRV_M || (r->menvcfg & MENVCFG_STCE && r->mcounteren & COUNTER_TM);
}

static bool sstc(const struct rv64_cpu *r) { return r->menvcfg & MENVCFG_STCE; }

uint64_t rv64_mip(const struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t stip = IRQ_BIT(IRQ_STIP), lines = __atomic_load_n(&cpu->irq_lines, __ATOMIC_SEQ_CST) & (MIP_S | MIP_M);
    return sstc(r) ? lines | (r->mip_sw & ~stip) : (lines & ~stip) | r->mip_sw;
}

/* A guest that reads the time and then mip must not see a deadline in the past without its bit: the host's timer may be
 * late. */
static uint64_t mip_now(struct vcpu *cpu) {
    rv64_counters_sync(cpu);
    uint64_t mip = rv64_mip(cpu), now = guest_time();
    if (sstc(rv64(cpu)) && now >= cpu->timer_ticks[VCPU_TIMER_S])
        mip |= IRQ_BIT(IRQ_STIP);
    return now >= cpu->timer_ticks[VCPU_TIMER_M] ? mip | IRQ_BIT(IRQ_MTIP) : mip;
}

uint64_t csr_read_mip(struct vcpu *cpu, unsigned num) {
    (void)num;
    return mip_now(cpu);
}

void csr_write_mip(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t mask = sstc(r) ? rv64_irqs_s(r) & ~IRQ_BIT(IRQ_STIP) : rv64_irqs_s(r);
    (void)num;
    rv64_counters_sync(cpu);
    r->mip_sw = (r->mip_sw & ~mask) | (v & mask);
}

uint64_t csr_read_sip(struct vcpu *cpu, unsigned num) {
    (void)num;
    return mip_now(cpu) & rv64(cpu)->mideleg;
}

/* Of the supervisor's bits only SSIP and LCOFIP are writable from there, and only if delegated (10.1.3, Sscofpmf). */
void csr_write_sip(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t mask = (IRQ_BIT(IRQ_SSIP) | IRQ_BIT(IRQ_LCOFIP)) & r->mideleg;
    (void)num;
    rv64_counters_sync(cpu);
    r->mip_sw = (r->mip_sw & ~mask) | (v & mask);
}

uint64_t csr_read_mideleg(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mideleg;
}

void csr_write_mideleg(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->mideleg = v & rv64_irqs_s(rv64(cpu));
}

uint64_t csr_read_mie(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mie;
}

void csr_write_mie(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->mie = v & (rv64_irqs_s(rv64(cpu)) | MIP_M);
}

uint64_t csr_read_sie(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mie & rv64(cpu)->mideleg;
}

void csr_write_sie(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    (void)num;
    r->mie = (r->mie & ~r->mideleg) | (v & r->mideleg);
}

void rv64_stimer_update(struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    vcpu_timer_set(cpu, VCPU_TIMER_S, sstc(r) ? r->stimecmp : UINT64_MAX);
}

uint64_t csr_read_stimecmp(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->stimecmp;
}

void csr_write_stimecmp(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->stimecmp = v;
    rv64_stimer_update(cpu);
}
