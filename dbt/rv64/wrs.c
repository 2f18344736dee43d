/* SPDX-License-Identifier: BSD-2-Clause */
/* Zawrs 1.01: waiting for the loss of a reservation. lr keeps the address and the value that it saw (trans_a.c), so
 * the reservation is lost for sc when memory holds another value, or when it was dropped. A wait ends then, when an
 * event or an interrupt is pending (as for wfi, whether or not it would be taken), and after a short time in any case,
 * as both instructions may: so neither can hang, and a store that puts back the same value costs no more than that
 * time. */
#include "dbt/helper.h"
#include "dbt/rv64/sys.h"

enum { WAIT_NS = 20000 };

/* Memory still holds what lr saw. Environment words are the guest's own: any value is harmless. */
static bool holds(struct vcpu *cpu, unsigned role) {
    uint64_t tag = cpu->env->guest[G_RESV_ADDR], seen = cpu->env->guest[G_RESV_VAL], now;
    unsigned size = tag & 1 ? 8 : 4;
    if (tag == ~(uint64_t)0 || !cpu_peek(cpu, tag & ~(uint64_t)1, size, role, &now))
        return false;
    return now == (size == 4 ? (uint32_t)seen : seen);
}

static bool awake(struct vcpu *cpu, unsigned role) {
    return __atomic_load_n(&cpu->env->poll, __ATOMIC_ACQUIRE) || rv64_has_work(cpu) || !holds(cpu, role);
}

/* With TW, wrs.nto below M-mode is illegal when its time is over (3.1.6.6). */
void helper_wrs(struct vcpu *cpu, uint64_t forever, uint64_t role, uint64_t bits) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t start = plat_clock_ns();
    while (!awake(cpu, (unsigned)role)) {
        if (plat_clock_ns() - start < WAIT_NS) {
            plat_relax();
            continue;
        }
        if (forever && r->priv != PRV_M && r->mstatus & MSTATUS_TW)
            rv64_illegal(cpu, bits);
        return;
    }
}
