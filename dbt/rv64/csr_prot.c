/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation and protection: satp, PMP, mseccfg (privileged spec 10.1.11, 3.7, Smepmp). Whatever a write forbids is
 * forbidden from the next instruction on. */
#include "dbt/rv64/csr.h"

/* 3.1.6.6 */
bool csr_check_satp_open(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)num;
    (void)writes;
    return r->priv != PRV_S || !(r->mstatus & MSTATUS_TVM);
}

uint64_t csr_read_satp(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->satp;
}

static bool mode_known(const struct rv64_cpu *r, unsigned mode) {
    switch (mode) {
    case SATP_BARE: return true;
    case SATP_SV39: return rv64_has(r->model, EXT_sv39);
    case SATP_SV48: return rv64_has(r->model, EXT_sv48);
    case SATP_SV57: return rv64_has(r->model, EXT_sv57);
    default: return false;
    }
}

/* A write with an unsupported mode has no effect at all (10.1.11). */
void csr_write_satp(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    (void)num;
    if (!mode_known(r, (unsigned)(v >> SATP_MODE_SHIFT)) || v == r->satp)
        return;
    r->satp = v;
    rv64_drop_reservation(cpu);
    cpu_mmu_switch(cpu, rv64_mmu_key(r));
}

/* ---- PMP --------------------------------------------------------------------------------------------------------- */

static void pmp_changed(struct vcpu *cpu) {
    if (rv64_pmp_update(rv64(cpu)))
        tlb_flush(cpu, 0, 0, false, 0);
}

/* First entry of a pmpcfg register: the even ones hold eight each. */
static unsigned pmp_first(unsigned num) { return (num & 14) * 4; }

uint64_t csr_read_pmpcfg(struct vcpu *cpu, unsigned num) {
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)rv64(cpu)->pmpcfg[pmp_first(num) + i] << 8 * i;
    return v;
}

void csr_write_pmpcfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    for (unsigned i = 0; i < 8; i++)
        rv64_pmp_write_cfg(rv64(cpu), pmp_first(num) + i, (uint8_t)(v >> 8 * i));
    pmp_changed(cpu);
}

enum { CSR_PMPADDR0 = 0x3b0 };

uint64_t csr_read_pmpaddr(struct vcpu *cpu, unsigned num) {
    return rv64(cpu)->pmpaddr[(num - CSR_PMPADDR0) % RV64_PMP];
}

void csr_write_pmpaddr(struct vcpu *cpu, unsigned num, uint64_t v) {
    rv64_pmp_write_addr(rv64(cpu), (num - CSR_PMPADDR0) % RV64_PMP, v);
    pmp_changed(cpu);
}

/* ---- mseccfg ----------------------------------------------------------------------------------------------------- */

bool csr_check_mseccfg(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)num;
    (void)writes;
    return rv64_has(r->model, EXT_smepmp) || rv64_has(r->model, EXT_zkr);
}

uint64_t csr_read_mseccfg(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mseccfg;
}

void csr_write_mseccfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    const struct rv64_model *m = rv64(cpu)->model;
    uint64_t mask = (rv64_has(m, EXT_smepmp) ? MSECCFG_MML | MSECCFG_MMWP | MSECCFG_RLB : 0) |
                    (rv64_has(m, EXT_zkr) ? MSECCFG_USEED | MSECCFG_SSEED : 0);
    (void)num;
    rv64_pmp_write_mseccfg(rv64(cpu), v & mask);
    pmp_changed(cpu);
}
