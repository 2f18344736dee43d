/* SPDX-License-Identifier: BSD-2-Clause */
/* Several harts: starting them and waiting for their end, what one asks of the others, and the rare time when all but
 * one must be out of translated code and hold no block: when every block is dropped (tb_flush_all()).
 *
 * A hart counts as running from the start of its loop to its end, but for where it sleeps and where it lets somebody
 * stop it, at the top of the loop. Nothing is paid for that between blocks: who wants a stop sets the poll words.
 * Nobody may wait for a stop with a lock held that another hart takes in its loop. */
#include "dbt/engine_int.h"

static plat_lock_t stop_lock;  /* held by who has stopped the others */
static uint32_t stopper;       /* 0, or 1 + its hart */
static unsigned live;          /* harts but the first that have not ended */
static bool watch_wanted;

static uint32_t stopping(void) { return __atomic_load_n(&stopper, __ATOMIC_SEQ_CST); }
static bool runs(const struct vcpu *cpu) { return __atomic_load_n(&cpu->running, __ATOMIC_SEQ_CST); }

void hart_leave(struct vcpu *cpu) {
    __atomic_store_n(&cpu->running, false, __ATOMIC_SEQ_CST);
    uint32_t s = stopping();
    if (s)
        plat_kick(s - 1, PLAT_EV_KICK);
}

void hart_enter(struct vcpu *cpu) {
    for (;;) {
        __atomic_store_n(&cpu->running, true, __ATOMIC_SEQ_CST);
        if (!stopping())
            return;
        hart_leave(cpu);
        plat_lock(&stop_lock); /* until it is over */
        plat_unlock(&stop_lock);
    }
}

static bool others_run(const struct vcpu *cpu) {
    for (unsigned i = 0; i < engine_nharts; i++)
        if (engine_harts[i] != cpu && runs(engine_harts[i]))
            return true;
    return false;
}

void harts_stop(struct vcpu *cpu) {
    uint32_t id = cpu->hart.id, seen = 0;
    hart_leave(cpu); /* another may be stopping this one */
    plat_lock(&stop_lock);
    __atomic_store_n(&stopper, id + 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine_nharts; i++)
        if (i != id)
            plat_kick(i, PLAT_EV_KICK);
    while (others_run(cpu)) {
        plat_wait(id);
        seen |= plat_events(id);
    }
    __atomic_store_n(&cpu->running, true, __ATOMIC_SEQ_CST);
    if (seen)
        plat_kick(id, seen);
}

void harts_resume(void) {
    __atomic_store_n(&stopper, 0, __ATOMIC_SEQ_CST);
    plat_unlock(&stop_lock);
}

void harts_want_flush(const struct vcpu *but) {
    for (unsigned i = 0; i < engine_nharts; i++)
        if (engine_harts[i] != but && !__atomic_exchange_n(&engine_harts[i]->flush_wanted, true, __ATOMIC_SEQ_CST))
            plat_kick(i, PLAT_EV_KICK);
}

void hart_asked(struct vcpu *cpu) {
    bool watch = __atomic_load_n(&watch_wanted, __ATOMIC_SEQ_CST);
    if (stopping()) {
        hart_leave(cpu);
        hart_enter(cpu);
    }
    if (__atomic_load_n(&cpu->flush_wanted, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(&cpu->flush_wanted, false, __ATOMIC_SEQ_CST))
        tlb_flush(cpu, 0, 0, false, 0);
    if (cpu->watched != watch) {
        cpu->watched = watch;
        guest->watch(cpu, watch);
    }
}

void engine_watch(bool on) {
    __atomic_store_n(&watch_wanted, on, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine_nharts; i++)
        plat_kick(i, PLAT_EV_KICK);
}

static void hart_main(void *arg) {
    struct vcpu *cpu = arg;
    plat_hart_init(&cpu->hart);
    cpu_exec(cpu);
    __atomic_sub_fetch(&live, 1, __ATOMIC_SEQ_CST);
    plat_kick(0, PLAT_EV_KICK);
}

int engine_run(void) {
    uint32_t seen = 0;
    __atomic_store_n(&live, engine_nharts - 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 1; i < engine_nharts; i++)
        if (!plat_hart_start(i, hart_main, engine_harts[i]))
            plat_panic("hart %u cannot be started", i);
    cpu_exec(engine_harts[0]);
    while (__atomic_load_n(&live, __ATOMIC_SEQ_CST)) {
        plat_wait(0);
        seen |= plat_events(0);
    }
    if (seen)
        plat_kick(0, seen);
    return engine_exit_status >= 0 ? engine_exit_status : -1;
}
