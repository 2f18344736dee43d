/* SPDX-License-Identifier: BSD-2-Clause */
/* Zkr 1.0: the seed CSR. Sixteen bits of the platform's entropy with each access, never the same ones twice; the value
 * written is ignored. A source that is not fit for keys, or that repeats itself, is reported as DEAD, one that has
 * nothing just now as WAIT. The platform's sources test themselves before their first use, so that BIST is never seen.
 * */
#include "dbt/rv64/csr.h"

#define SEED_WAIT ((uint64_t)1 << 30)
#define SEED_ES16 ((uint64_t)2 << 30)
#define SEED_DEAD ((uint64_t)3 << 30)

/* "It must be accessed with a read-write instruction"; below M-mode mseccfg gives leave. */
bool csr_check_seed(const struct rv64_cpu *r, unsigned num, bool writes) {
    uint64_t leave = r->priv == PRV_S ? MSECCFG_SSEED : MSECCFG_USEED;
    (void)num;
    return writes && (r->priv == PRV_M || r->mseccfg & leave);
}

uint64_t csr_read_seed(struct vcpu *cpu, unsigned num) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t v;
    (void)num;
    if (!r->seed_left) {
        enum plat_seed got = r->seed_dead ? PLAT_SEED_NONE : plat_seed(&v);
        if (got == PLAT_SEED_LATER)
            return SEED_WAIT;
        /* the repetition count test of NIST SP 800-90B, 4.4.1, on 64 bits: by chance once in 2^64 */
        r->seed_dead = got == PLAT_SEED_NONE || v == r->seed_last;
        if (r->seed_dead)
            return SEED_DEAD;
        r->seed_last = r->seed = v;
        r->seed_left = 4;
    }
    v = r->seed & 0xffff;
    r->seed >>= 16;
    r->seed_left--;
    return SEED_ES16 | v;
}
