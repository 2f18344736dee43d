/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation and protection: satp, PMP (privileged spec 10.1.11, 3.7). Whatever a write forbids is forbidden from the next
 * instruction on. */
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

/* A write with an unsupported mode has no effect at all (10.1.11). */
void csr_write_satp(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    unsigned mode = (unsigned)(v >> SATP_MODE_SHIFT);
    (void)num;
    if ((mode != SATP_BARE && (mode < SATP_SV39 || mode > SATP_SV57)) || v == r->satp)
        return;
    r->satp = v;
    cpu_mmu_switch(cpu, rv64_mmu_key(r));
}

uint64_t csr_read_pmpcfg(struct vcpu *cpu, unsigned num) {
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)rv64(cpu)->pmpcfg[(num & 2) * 4 + i] << 8 * i;
    return v;
}

void csr_write_pmpcfg(struct vcpu *cpu, unsigned num, uint64_t v) {
    for (unsigned i = 0; i < 8; i++)
        rv64_pmp_write_cfg(rv64(cpu), (num & 2) * 4 + i, (uint8_t)(v >> 8 * i));
    tlb_flush(cpu, 0, 0, false, 0);
}

uint64_t csr_read_pmpaddr(struct vcpu *cpu, unsigned num) { return rv64(cpu)->pmpaddr[num & (RV64_PMP - 1)]; }

void csr_write_pmpaddr(struct vcpu *cpu, unsigned num, uint64_t v) {
    rv64_pmp_write_addr(rv64(cpu), num & (RV64_PMP - 1), v);
    tlb_flush(cpu, 0, 0, false, 0);
}
