/* SPDX-License-Identifier: BSD-2-Clause */
/* Control and status registers: what csr.def names. A read or a write happens only after every check has passed; writes
 * are WARL throughout, so no value is refused. Whoever changes what blocks, translation or interrupts depend on tells the
 * engine here; the front end ends the block behind such a write. */
#include <stddef.h>

#include "dbt/helper.h"
#include "dbt/rv64/sys.h"

/* ---- checks: may the present privilege touch it? -------------------------------------------------------------------- */

static bool check_any(const struct rv64_cpu *r, unsigned num) {
    (void)r;
    (void)num;
    return true;
}

static bool check_fp_on(const struct rv64_cpu *r, unsigned num) {
    (void)num;
    return r->mstatus & MSTATUS_FS;
}

/* 3.1.11, 10.1.5: S needs mcounteren, U needs scounteren as well. */
static bool check_counter_on(const struct rv64_cpu *r, unsigned num) {
    uint64_t bit = (uint64_t)1 << (num & 31), enabled = r->mcounteren;
    if (r->priv == PRV_U)
        enabled &= r->scounteren;
    return r->priv == PRV_M || enabled & bit;
}

/* 3.1.6.6 */
static bool check_satp_open(const struct rv64_cpu *r, unsigned num) {
    (void)num;
    return r->priv != PRV_S || !(r->mstatus & MSTATUS_TVM);
}

/* Sstc: outside M-mode stimecmp needs menvcfg.STCE and mcounteren.TM. */
static bool check_sstc_on(const struct rv64_cpu *r, unsigned num) {
    (void)num;
    return r->priv == PRV_M || (r->menvcfg & MENVCFG_STCE && r->mcounteren & COUNTER_TM);
}

/* ---- what needs no state -------------------------------------------------------------------------------------------- */

static uint64_t read_zero(struct vcpu *cpu, unsigned num) {
    (void)cpu;
    (void)num;
    return 0;
}

static void write_none(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)cpu;
    (void)num;
    (void)v;
}

static uint64_t read_mhartid(struct vcpu *cpu, unsigned num) {
    (void)num;
    return cpu->hart.id;
}

static uint64_t read_misa(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->misa;
}

/* ---- floating point ------------------------------------------------------------------------------------------------- */

static uint64_t read_fflags(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64_fflags(cpu);
}

static uint64_t read_frm(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->frm;
}

static uint64_t read_fcsr(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64_fflags(cpu) | (unsigned)rv64(cpu)->frm << 5;
}

static void write_fflags(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64_set_fflags(cpu, v & 31);
    helper_fs_dirty(cpu);
}

static void write_frm(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64_set_frm(cpu, v & 7);
    helper_fs_dirty(cpu);
}

static void write_fcsr(struct vcpu *cpu, unsigned num, uint64_t v) {
    write_fflags(cpu, num, v);
    write_frm(cpu, num, v >> 5);
}

/* ---- counters -------------------------------------------------------------------------------------------------------- */

/* A counter is a running number plus an offset; while it is inhibited the offset alone is its value. Cycles are
 * nanoseconds. */
static uint64_t cycle_base(const struct vcpu *cpu) {
    return rv64(cpu)->mcountinhibit & COUNTER_CY ? 0 : plat_clock_ns();
}

static uint64_t instret_base(const struct vcpu *cpu) {
    return rv64(cpu)->mcountinhibit & COUNTER_IR ? 0 : cpu->env->guest[G_INSTRET];
}

/* From the first access on, blocks count exactly; the number that they start with comes from the clock. */
static void start_counting(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    if (r->counting)
        return;
    r->counting = true;
    r->instret_offset += plat_clock_ns();
    cpu_flags_changed(cpu);
}

static uint64_t read_cycle(struct vcpu *cpu, unsigned num) {
    (void)num;
    return cycle_base(cpu) + rv64(cpu)->cycle_offset;
}

static void write_cycle(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->cycle_offset = v - cycle_base(cpu);
}

static uint64_t read_time(struct vcpu *cpu, unsigned num) {
    (void)cpu;
    (void)num;
    return guest_time();
}

static uint64_t read_instret(struct vcpu *cpu, unsigned num) {
    (void)num;
    start_counting(cpu);
    return instret_base(cpu) + rv64(cpu)->instret_offset;
}

/* What the write leaves is what the next instruction reads (unprivileged spec, Zicsr): a block that counts adds the write
 * itself afterwards, so one less is stored. */
static void write_instret(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    bool counted = r->counting && !(r->mcountinhibit & COUNTER_IR);
    (void)num;
    start_counting(cpu);
    r->instret_offset = v - instret_base(cpu) - counted;
}

static uint64_t read_mcountinhibit(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mcountinhibit;
}

static void write_mcountinhibit(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t cycle = read_cycle(cpu, 0), instret = instret_base(cpu) + r->instret_offset;
    (void)num;
    r->mcountinhibit = v & (COUNTER_CY | COUNTER_IR);
    r->cycle_offset = cycle - cycle_base(cpu);
    r->instret_offset = instret - instret_base(cpu);
}

/* ---- status ---------------------------------------------------------------------------------------------------------- */

#define SSTATUS_WRITE (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR)
#define MSTATUS_WRITE                                                                                                  \
    (SSTATUS_WRITE | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR)

static uint64_t with_sd(uint64_t status) { return (status & MSTATUS_FS) == MSTATUS_FS ? status | MSTATUS_SD : status; }

static void change_mstatus(struct vcpu *cpu, uint64_t v, uint64_t mask) {
    struct rv64_cpu *r = rv64(cpu);
    if ((v & MSTATUS_MPP) == (uint64_t)2 << MSTATUS_MPP_SHIFT) /* WARL: there is no privilege 2 */
        mask &= ~MSTATUS_MPP;
    uint64_t old = r->mstatus;
    r->mstatus = (old & ~mask) | (v & mask);
    if ((old ^ r->mstatus) & ~(MSTATUS_SIE | MSTATUS_MIE))
        cpu_flags_changed(cpu);
    if (~old & r->mstatus & (MSTATUS_SIE | MSTATUS_MIE) && rv64_mip(cpu) & r->mie)
        cpu_poll(cpu); /* the block may go on without the engine (trans_priv.c) */
}

static uint64_t read_mstatus(struct vcpu *cpu, unsigned num) {
    (void)num;
    return with_sd(rv64(cpu)->mstatus);
}

static void write_mstatus(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    change_mstatus(cpu, v, MSTATUS_WRITE);
}

static uint64_t read_sstatus(struct vcpu *cpu, unsigned num) {
    (void)num;
    return with_sd(rv64(cpu)->mstatus & (SSTATUS_WRITE | MSTATUS_UXL));
}

static void write_sstatus(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    change_mstatus(cpu, v, SSTATUS_WRITE);
}

static uint64_t read_menvcfg(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->menvcfg;
}

static void write_menvcfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->menvcfg = v & (MENVCFG_FIOM | MENVCFG_STCE);
    rv64_stimer_update(cpu);
}

/* ---- interrupts ------------------------------------------------------------------------------------------------------ */

static bool sstc(const struct rv64_cpu *r) { return r->menvcfg & MENVCFG_STCE; }

uint64_t rv64_mip(const struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t stip = IRQ_BIT(IRQ_STIP), lines = __atomic_load_n(&cpu->irq_lines, __ATOMIC_SEQ_CST) & (MIP_S | MIP_M);
    return sstc(r) ? lines | (r->mip_sw & ~stip) : (lines & ~stip) | r->mip_sw;
}

/* A guest that reads the time and then mip must not see a deadline in the past without its bit: the host's timer may be
 * late. */
static uint64_t mip_now(struct vcpu *cpu) {
    uint64_t mip = rv64_mip(cpu), now = guest_time();
    if (sstc(rv64(cpu)) && now >= cpu->timer_ticks[VCPU_TIMER_S])
        mip |= IRQ_BIT(IRQ_STIP);
    return now >= cpu->timer_ticks[VCPU_TIMER_M] ? mip | IRQ_BIT(IRQ_MTIP) : mip;
}

static uint64_t read_mip(struct vcpu *cpu, unsigned num) {
    (void)num;
    return mip_now(cpu);
}

static void write_mip(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t mask = sstc(r) ? MIP_S & ~IRQ_BIT(IRQ_STIP) : MIP_S;
    (void)num;
    r->mip_sw = (r->mip_sw & ~mask) | (v & mask);
}

static uint64_t read_sip(struct vcpu *cpu, unsigned num) {
    (void)num;
    return mip_now(cpu) & rv64(cpu)->mideleg;
}

/* Of the supervisor's bits only SSIP is writable from there, and only if delegated (10.1.3). */
static void write_sip(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t mask = IRQ_BIT(IRQ_SSIP) & r->mideleg;
    (void)num;
    r->mip_sw = (r->mip_sw & ~mask) | (v & mask);
}

static uint64_t read_sie(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mie & rv64(cpu)->mideleg;
}

static void write_sie(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    (void)num;
    r->mie = (r->mie & ~r->mideleg) | (v & r->mideleg);
}

void rv64_stimer_update(struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    vcpu_timer_set(cpu, VCPU_TIMER_S, sstc(r) ? r->stimecmp : UINT64_MAX);
}

static uint64_t read_stimecmp(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->stimecmp;
}

static void write_stimecmp(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->stimecmp = v;
    rv64_stimer_update(cpu);
}

/* ---- translation and protection -------------------------------------------------------------------------------------- */

static uint64_t read_satp(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->satp;
}

/* A write with an unsupported mode has no effect at all (10.1.11). */
static void write_satp(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    unsigned mode = (unsigned)(v >> SATP_MODE_SHIFT);
    (void)num;
    if ((mode != SATP_BARE && (mode < SATP_SV39 || mode > SATP_SV57)) || v == r->satp)
        return;
    r->satp = v;
    cpu_mmu_switch(cpu, rv64_mmu_key(r));
}

static uint64_t read_pmpcfg(struct vcpu *cpu, unsigned num) {
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)rv64(cpu)->pmpcfg[(num & 2) * 4 + i] << 8 * i;
    return v;
}

static void write_pmpcfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    for (unsigned i = 0; i < 8; i++)
        rv64_pmp_write_cfg(rv64(cpu), (num & 2) * 4 + i, (uint8_t)(v >> 8 * i));
    tlb_flush(cpu, 0, 0, false, 0);
}

static uint64_t read_pmpaddr(struct vcpu *cpu, unsigned num) { return rv64(cpu)->pmpaddr[num & (RV64_PMP - 1)]; }

static void write_pmpaddr(struct vcpu *cpu, unsigned num, uint64_t v) {
    rv64_pmp_write_addr(rv64(cpu), num & (RV64_PMP - 1), v);
    tlb_flush(cpu, 0, 0, false, 0);
}

/* ---- the table ------------------------------------------------------------------------------------------------------- */

struct csr {
    bool (*check)(const struct rv64_cpu *r, unsigned num);
    uint64_t (*read)(struct vcpu *cpu, unsigned num); /* NULL: the field */
    void (*write)(struct vcpu *cpu, unsigned num, uint64_t v);
    size_t field;
    uint64_t mask;
};

enum {
    CSR_NONE,
#define CSR(number, count, name, check, read, write) CSR_##name,
#define CSR_FIELD(number, name, field, mask) CSR_##name,
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
    NCSRS
};

static const struct csr csrs[NCSRS] = {
#define CSR(number, count, name, check, read, write) [CSR_##name] = {check_##check, read, write, 0, 0},
#define CSR_FIELD(number, name, field, mask) [CSR_##name] = {check_any, NULL, NULL, offsetof(struct rv64_cpu, field), mask},
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
};

/* Row of each number; two rows for one number are a compile-time error (-Woverride-init). */
static const uint8_t rows[4096] = {
#define CSR(number, count, name, check, read, write) [number ... (number) + (count) - 1] = CSR_##name,
#define CSR_FIELD(number, name, field, mask) [number] = CSR_##name,
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
};

/* The row if the present privilege may read (write) it, else NULL. */
static const struct csr *find(const struct rv64_cpu *r, unsigned num, bool write) {
    unsigned row = rows[num & 4095];
    if (row == CSR_NONE || num > 4095 || r->priv < (num >> 8 & 3) || (write && num >> 10 == 3))
        return NULL;
    return csrs[row].check(r, num) ? &csrs[row] : NULL;
}

static uint64_t *field_of(struct rv64_cpu *r, const struct csr *c) { return (uint64_t *)((char *)r + c->field); }

static uint64_t get(struct vcpu *cpu, const struct csr *c, unsigned num) {
    return c->read ? c->read(cpu, num) : *field_of(rv64(cpu), c);
}

static void put(struct vcpu *cpu, const struct csr *c, unsigned num, uint64_t v) {
    if (c->write)
        c->write(cpu, num, v);
    else
        *field_of(rv64(cpu), c) = v & c->mask;
}

bool rv64_csr_read(struct vcpu *cpu, unsigned num, uint64_t *val) {
    const struct csr *c = find(rv64(cpu), num, false);
    if (c)
        *val = get(cpu, c, num);
    return c != NULL;
}

bool rv64_csr_write(struct vcpu *cpu, unsigned num, uint64_t val) {
    const struct csr *c = find(rv64(cpu), num, true);
    if (c)
        put(cpu, c, num, val);
    return c != NULL;
}

/* What csrrs and csrrc modify: of mip.SEIP only the bit that software wrote, so that the controller's is not copied
 * into it (3.1.9). */
static uint64_t modify_base(const struct vcpu *cpu, const struct csr *c, uint64_t old) {
    uint64_t seip = IRQ_BIT(IRQ_SEIP);
    return c == &csrs[CSR_mip] ? (old & ~seip) | (rv64(cpu)->mip_sw & seip) : old;
}

enum { OP_RW = 1, OP_SET = 2, OP_CLEAR = 3, OP_KIND = 3, OP_WRITES = 4, OP_READS = 8 };

uint64_t helper_csr(struct vcpu *cpu, uint64_t num, uint64_t val, uint64_t op, uint64_t bits) {
    const struct csr *c = find(rv64(cpu), (unsigned)num & 4095, op & OP_WRITES);
    if (!c) {
        if (plat_log_on(LOG_unimp) && rows[num & 4095] == CSR_NONE)
            plat_log("hart %u: there is no CSR %#x\n", cpu->hart.id, (unsigned)num & 4095);
        rv64_illegal(cpu, bits);
        return 0;
    }
    num &= 4095;
    uint64_t old = op & OP_READS ? get(cpu, c, (unsigned)num) : 0;
    if ((op & OP_KIND) == OP_SET)
        val |= modify_base(cpu, c, old);
    else if ((op & OP_KIND) == OP_CLEAR)
        val = modify_base(cpu, c, old) & ~val;
    if (op & OP_WRITES)
        put(cpu, c, (unsigned)num, val);
    return old;
}
