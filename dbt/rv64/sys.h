/* SPDX-License-Identifier: BSD-2-Clause */
/* What the privileged side shares within dbt/rv64/: fields of CSRs (privileged spec 1.13) and the state behind them. */
#ifndef PYRITE_DBT_RV64_SYS_H
#define PYRITE_DBT_RV64_SYS_H

#include "dbt/irq.h"
#include "dbt/rv64/cpu.h"

/* mstatus (3.1.6) */
#define MSTATUS_SIE ((uint64_t)1 << 1)
#define MSTATUS_MIE ((uint64_t)1 << 3)
#define MSTATUS_SPIE ((uint64_t)1 << 5)
#define MSTATUS_MPIE ((uint64_t)1 << 7)
#define MSTATUS_SPP ((uint64_t)1 << 8)
#define MSTATUS_MPP ((uint64_t)3 << 11)
#define MSTATUS_FS ((uint64_t)3 << 13)
#define MSTATUS_MPRV ((uint64_t)1 << 17)
#define MSTATUS_SUM ((uint64_t)1 << 18)
#define MSTATUS_MXR ((uint64_t)1 << 19)
#define MSTATUS_TVM ((uint64_t)1 << 20)
#define MSTATUS_TW ((uint64_t)1 << 21)
#define MSTATUS_TSR ((uint64_t)1 << 22)
#define MSTATUS_UXL64 ((uint64_t)2 << 32)
#define MSTATUS_SXL64 ((uint64_t)2 << 34)
#define MSTATUS_UXL ((uint64_t)3 << 32)
#define MSTATUS_SD ((uint64_t)1 << 63)
enum { MSTATUS_MPP_SHIFT = 11, MSTATUS_SPP_SHIFT = 8, MSTATUS_FS_SHIFT = 13 };

/* menvcfg, and the low byte senvcfg (3.1.18, 10.1.10) */
#define MENVCFG_FIOM ((uint64_t)1)
/* CBIE: 0 cbo.inval is illegal, 1 it flushes, 3 it invalidates; 2 is reserved. */
#define MENVCFG_CBIE ((uint64_t)3 << 4)
#define MENVCFG_CBCFE ((uint64_t)1 << 6)
#define MENVCFG_CBZE ((uint64_t)1 << 7)
#define MENVCFG_ADUE ((uint64_t)1 << 61)
#define MENVCFG_PBMTE ((uint64_t)1 << 62)
#define MENVCFG_STCE ((uint64_t)1 << 63)

/* mstateen0 (Smstateen); bit 63 opens the sstateen register of the same number */
#define STATEEN_ENVCFG ((uint64_t)1 << 62)
#define STATEEN_SE ((uint64_t)1 << 63)

/* mseccfg (3.1.19, Smepmp, Zkr) */
#define MSECCFG_MML ((uint64_t)1)
#define MSECCFG_MMWP ((uint64_t)1 << 1)
#define MSECCFG_RLB ((uint64_t)1 << 2)
#define MSECCFG_USEED ((uint64_t)1 << 8)
#define MSECCFG_SSEED ((uint64_t)1 << 9)

#define IRQ_BIT(n) ((uint64_t)1 << (n))
#define MIP_S (IRQ_BIT(IRQ_SSIP) | IRQ_BIT(IRQ_STIP) | IRQ_BIT(IRQ_SEIP))
#define MIP_M (IRQ_BIT(IRQ_MSIP) | IRQ_BIT(IRQ_MTIP) | IRQ_BIT(IRQ_MEIP))

/* Every exception that can be delegated; those of M-mode (11) and reserved numbers cannot (3.1.8). */
#define MEDELEG_MASK 0xb3ffu

/* satp (10.1.11): mode 63:60, ASID 59:44, PPN 43:0 */
enum { SATP_BARE = 0, SATP_SV39 = 8, SATP_SV48 = 9, SATP_SV57 = 10 };
enum { SATP_MODE_SHIFT = 60, SATP_ASID_SHIFT = 44 };
#define SATP_ASID ((uint64_t)0xffff << SATP_ASID_SHIFT)
#define SATP_PPN (((uint64_t)1 << 44) - 1)

/* counteren, countinhibit */
enum { COUNTER_CY = 1, COUNTER_TM = 2, COUNTER_IR = 4 };

/* pmpcfg (3.7.1) */
enum { PMP_R = 1, PMP_W = 2, PMP_X = 4, PMP_A = 3 << 3, PMP_L = 128 };
enum { PMP_OFF = 0 << 3, PMP_TOR = 1 << 3, PMP_NA4 = 2 << 3, PMP_NAPOT = 3 << 3 };

/* mstatus has changed: shows it to translated code. */
void rv64_status_push(struct vcpu *cpu);
/* Before mstatus.SIE counts: S-mode's translated code may have switched it. */
static inline void rv64_status_pull(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    if (r->priv == PRV_S)
        r->mstatus = (r->mstatus & ~MSTATUS_SIE) | (cpu->env->guest[G_SSTATUS] & MSTATUS_SIE);
}
/* sscratch, sepc, scause and stval decide nothing before S-mode is left. So S-mode's translated code has them in the
 * environment (trans_priv.c); while U and M run they are here alone, out of ring 3's reach. Pull: before the engine
 * looks. Push: after it has written, or as S-mode is entered. Both mean nothing while another privilege runs. */
static inline void rv64_scratch_pull(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    const uint64_t *g = cpu->env->guest;
    if (r->priv != PRV_S)
        return;
    r->sscratch = g[G_SSCRATCH];
    r->sepc = g[G_SEPC] & ~(uint64_t)1;
    r->scause = g[G_SCAUSE];
    r->stval = g[G_STVAL];
}
static inline void rv64_scratch_push(struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    bool s = r->priv == PRV_S;
    uint64_t *g = cpu->env->guest;
    g[G_SSCRATCH] = s ? r->sscratch : 0;
    g[G_SEPC] = s ? r->sepc : 0;
    g[G_SCAUSE] = s ? r->scause : 0;
    g[G_STVAL] = s ? r->stval : 0;
}
/* mip as the hart sees it: board's inputs, software's bits, Sstc (only with menvcfg.STCE). */
uint64_t rv64_mip(const struct vcpu *cpu);
/* Starts or stops the supervisor timer as menvcfg.STCE and stimecmp say. */
void rv64_stimer_update(struct vcpu *cpu);
/* Enters a privilege level; `retiring`: by an instruction that is complete with it (a return). */
void rv64_set_priv(struct vcpu *cpu, unsigned priv, bool retiring);
/* The same for the counters, if hpm_by_priv names one. */
void rv64_counters_priv(struct vcpu *cpu, unsigned priv, bool retiring);
/* Sets OF and LCOFIP where a counter has overflowed since the last time. */
void rv64_counters_sync(struct vcpu *cpu);
/* A page walk for this access, if hpm_walks names a counter. */
void rv64_count_walk(struct vcpu *cpu, enum guest_access access);
/* Interrupts that S-mode may have in this model. */
static inline uint64_t rv64_irqs_s(const struct rv64_cpu *r) {
    return MIP_S | (rv64_has(r->model, EXT_sscofpmf) ? IRQ_BIT(IRQ_LCOFIP) : 0);
}
/* May the present privilege do this cache block operation (as far as menvcfg and senvcfg go)? */
bool rv64_cbo_enabled(const struct rv64_cpu *r, enum rv64_cbo op);
/* Ends lr's reservation: it holds for an address in one address space. */
static inline void rv64_drop_reservation(struct vcpu *cpu) { cpu->env->guest[G_RESV_ADDR] = ~(uint64_t)0; }
/* Raises an illegal instruction exception with the instruction's bits as tval. */
void rv64_illegal(struct vcpu *cpu, uint64_t bits);
/* The space that the TLBs know satp by: 0 when it is bare. */
static inline uint64_t rv64_mmu_key(const struct rv64_cpu *r) {
    return r->satp >> SATP_MODE_SHIFT == SATP_BARE ? 0 : r->satp;
}
/* The privilege that a role stands for. */
static inline unsigned rv64_role_priv(unsigned role) {
    return (role & 3) == ROLE_M ? PRV_M : (role & 3) == ROLE_U ? PRV_U : PRV_S;
}

/* What PMP lets privilege `priv` do with [gpa, gpa+size), size up to a page and inside one: a bit per enum
 * guest_access.
 * *whole: the same holds for every byte of the 4 KiB page. */
unsigned rv64_pmp_prot(const struct rv64_cpu *r, uint64_t gpa, unsigned size, unsigned priv, bool *whole);
/* Writes with the WARL and lock rules. They hold from the next rv64_pmp_update() on, which is true if what PMP says of
 * any address may have changed; the caller then flushes. */
void rv64_pmp_write_cfg(struct rv64_cpu *r, unsigned i, uint8_t v);
void rv64_pmp_write_addr(struct rv64_cpu *r, unsigned i, uint64_t v);
void rv64_pmp_write_mseccfg(struct rv64_cpu *r, uint64_t v);
bool rv64_pmp_update(struct rv64_cpu *r);

#endif
