/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters: cycle, time, instret, and what lets them be read (privileged spec 3.1.10 to 3.1.12, 10.1.5). */
#include "dbt/rv64/csr.h"

/* 3.1.11, 10.1.5: S needs mcounteren, U needs scounteren as well. */
bool csr_check_counter_on(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)writes;
    uint64_t bit = (uint64_t)1 << (num & 31), enabled = r->mcounteren;
    if (r->priv == PRV_U)
        enabled &= r->scounteren;
    return r->priv == PRV_M || enabled & bit;
}

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

uint64_t csr_read_cycle(struct vcpu *cpu, unsigned num) {
    (void)num;
    return cycle_base(cpu) + rv64(cpu)->cycle_offset;
}

void csr_write_cycle(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->cycle_offset = v - cycle_base(cpu);
}

uint64_t csr_read_time(struct vcpu *cpu, unsigned num) {
    (void)cpu;
    (void)num;
    return guest_time();
}

uint64_t csr_read_instret(struct vcpu *cpu, unsigned num) {
    (void)num;
    start_counting(cpu);
    return instret_base(cpu) + rv64(cpu)->instret_offset;
}

/* What the write leaves is what the next instruction reads (unprivileged spec, Zicsr): a block that counts adds the write
 * itself afterwards, so one less is stored. */
void csr_write_instret(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    bool counted = r->counting && !(r->mcountinhibit & COUNTER_IR);
    (void)num;
    start_counting(cpu);
    r->instret_offset = v - instret_base(cpu) - counted;
}

uint64_t csr_read_mcountinhibit(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mcountinhibit;
}

void csr_write_mcountinhibit(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t cycle = csr_read_cycle(cpu, 0), instret = instret_base(cpu) + r->instret_offset;
    (void)num;
    r->mcountinhibit = v & (COUNTER_CY | COUNTER_IR);
    r->cycle_offset = cycle - cycle_base(cpu);
    r->instret_offset = instret - instret_base(cpu);
}
