/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine as a whole: makes the harts, keeps their interrupt inputs and timers, starts and stops them. */
#include "dbt/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbt/direct.h"
#include "kernel/plat_mmu.h"
#include "tcg/codebuf.h"

struct vcpu *engine_harts[ENGINE_MAX_HARTS];
unsigned engine_nharts;
const struct engine_config *engine_cfg;
const struct guest_ops *guest = &guest_rv64;

static uint64_t board_deadline = UINT64_MAX, composer_deadline = UINT64_MAX;
static uint64_t time_offset; /* guest_time() = plat_clock_ns() / 100 + time_offset */

/* ---- interrupts and time ---- */

/* A single hart is always the one that asks: it does not sleep. */
static void wake(struct vcpu *cpu) {
    if (engine_nharts == 1)
        cpu_poll(cpu);
    else
        plat_kick(cpu->hart.id, PLAT_EV_KICK);
}

void irq_set(unsigned hart, unsigned irq, bool level) {
    struct vcpu *cpu = hart < engine_nharts ? engine_harts[hart] : NULL;
    uint64_t bit = (uint64_t)1 << irq;
    if (!cpu)
        return;
    uint64_t old = level ? __atomic_fetch_or(&cpu->irq_lines, bit, __ATOMIC_SEQ_CST)
                         : __atomic_fetch_and(&cpu->irq_lines, ~bit, __ATOMIC_SEQ_CST);
    if (!level || old & bit)
        return;
    wake(cpu);
}

uint64_t guest_time(void) { return plat_clock_ns() / 100 + __atomic_load_n(&time_offset, __ATOMIC_RELAXED); }

#define NEVER ((uint64_t)1 << 56) /* ticks; further away than any run lasts, and 100 ns times it fits 64 bits */

static uint64_t deadline(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }

/* With timer_lock. */
static void arm(struct vcpu *cpu) {
    uint64_t first = UINT64_MAX, ns = UINT64_MAX, now = guest_time();
    for (unsigned t = 0; t < VCPU_NTIMERS; t++)
        if (!cpu->timer_level[t] && cpu->timer_ticks[t] < first)
            first = cpu->timer_ticks[t];
    if (first != UINT64_MAX && (first <= now || first - now < NEVER))
        ns = plat_clock_ns() + (first > now ? first - now : 0) * 100;
    if (engine_cfg->deadline_ns && engine_cfg->deadline_ns < ns)
        ns = engine_cfg->deadline_ns;
    if (cpu->hart.id == 0 && deadline(&board_deadline) < ns)
        ns = deadline(&board_deadline);
    if (cpu->hart.id == 0 && deadline(&composer_deadline) < ns)
        ns = deadline(&composer_deadline);
    plat_timer_set(cpu->hart.id, ns);
}

static void update_timer(struct vcpu *cpu, enum vcpu_timer t) {
    static const uint8_t irq[VCPU_NTIMERS] = {IRQ_MTIP, IRQ_STIP, IRQ_LCOFIP};
    bool level = guest_time() >= cpu->timer_ticks[t];
    __atomic_store_n(&cpu->timer_level[t], level, __ATOMIC_SEQ_CST);
    irq_set(cpu->hart.id, irq[t], level);
}

void vcpu_timer_set(struct vcpu *cpu, enum vcpu_timer t, uint64_t ticks) {
    plat_lock(&cpu->timer_lock);
    cpu->timer_ticks[t] = ticks;
    update_timer(cpu, t);
    arm(cpu);
    plat_unlock(&cpu->timer_lock);
}

void irq_mtimecmp(unsigned hart, uint64_t ticks) {
    if (hart < engine_nharts)
        vcpu_timer_set(engine_harts[hart], VCPU_TIMER_M, ticks);
}

/* One that all of the machine has: hart 0 keeps it. */
static void set_deadline(uint64_t *which, uint64_t deadline_ns) {
    __atomic_store_n(which, deadline_ns, __ATOMIC_SEQ_CST);
    if (!engine_nharts)
        return;
    plat_lock(&engine_harts[0]->timer_lock);
    arm(engine_harts[0]);
    plat_unlock(&engine_harts[0]->timer_lock);
}

void irq_board_timer(uint64_t deadline_ns) { set_deadline(&board_deadline, deadline_ns); }

void engine_timer(uint64_t deadline_ns) {
    if (deadline(&composer_deadline) != deadline_ns)
        set_deadline(&composer_deadline, deadline_ns);
}

void engine_timers(struct vcpu *cpu) {
    plat_lock(&cpu->timer_lock);
    for (unsigned t = 0; t < VCPU_NTIMERS; t++)
        update_timer(cpu, t);
    arm(cpu);
    plat_unlock(&cpu->timer_lock);
    if (engine_cfg->deadline_ns && plat_clock_ns() >= engine_cfg->deadline_ns) {
        plat_log("the time limit is up: hart %u at guest PC %#llx\n", cpu->hart.id, (unsigned long long)cpu->env->pc);
        machine_request_exit(124);
    }
}

void guest_time_set(uint64_t ticks) {
    __atomic_store_n(&time_offset, ticks - plat_clock_ns() / 100, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < engine_nharts; i++)
        engine_timers(engine_harts[i]);
}

void machine_request_exit(int status) {
    int none = -1; /* the first counts */
    __atomic_compare_exchange_n(&engine_exit_status, &none, status, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine_nharts; i++)
        wake(engine_harts[i]);
}

void machine_request_reset(void) {
    __atomic_store_n(&engine_reset_wanted, true, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine_nharts; i++)
        wake(engine_harts[i]);
}

/* ---- making harts ---- */

/* Translated code faulted: an access to guest memory (direct), or our bug, or a hostile ring 3. */
static uint64_t on_fault(struct plat_hart *hart, const struct plat_fault *f) {
    static char what[96]; /* not on the stack, which unwinding leaves */
    uint64_t next = direct_fault(vcpu_of(hart), f);
    if (next)
        return next;
    snprintf(what, sizeof what, "faulted, vector %u error %#llx address", f->vector, (unsigned long long)f->error);
    cpu_misbehaved(vcpu_of(hart), what, f->pc, f->address);
}

static bool make_env(struct vcpu *cpu) {
    struct plat_gate_info gate;
    if (!plat_user_alloc(2 * TCG_PAGE, TCG_PAGE, &cpu->env_mem))
        return false;
    cpu->env = cpu->env_mem.engine;
    cpu->hart.env = cpu->env_mem.user + TCG_ENV_BIAS;
    plat_gate_info(&gate);
    cpu->env->gate = gate.gate;
    cpu->env->exit = gate.exit;
    tcg_backend->init_env(cpu->env);
    return true;
}

static struct vcpu *make_hart(unsigned id, const void *model) {
    struct vcpu *cpu = plat_alloc(sizeof *cpu);
    if (!cpu || !(cpu->stats = plat_alloc(sizeof *cpu->stats)))
        return NULL;
    cpu->hart.id = id;
    for (unsigned t = 0; t < VCPU_NTIMERS; t++)
        cpu->timer_ticks[t] = UINT64_MAX;
    if (!make_env(cpu) || !tlb_init(cpu) || !tb_init_cpu(cpu) || !guest->init_cpu(cpu, model))
        return NULL;
    plat_set_poll(id, &cpu->env->poll);
    return cpu;
}

static bool choose_backend(const char *name, const char **why) {
    static const struct tcg_backend *const all[] = {&tcg_backend_x86, &tcg_backend_interp};
    for (unsigned i = 0; i < 2; i++)
        if (!strcmp(name, all[i]->name))
            tcg_backend = all[i];
    if (!tcg_backend) {
        *why = "unknown backend; known: x86 interp";
        return false;
    }
    *why = "the back end does not run on this CPU";
    return tcg_backend->init();
}

bool engine_init(const struct engine_config *cfg, const char **why) {
    engine_cfg = cfg;
    tcg_gate = engine_gate;
    plat_set_gate(engine_gate);
    plat_set_fault(on_fault);
    engine_helpers();
    if (cfg->hot)
        tb_hot = cfg->hot;
    if (cfg->code_limit)
        codebuf_limit(cfg->code_limit);
    if (!choose_backend(cfg->backend, why))
        return false;
    if (direct_on && tcg_backend->memory)
        tcg_backend->memory(cfg->mmu == PLAT_MMU_WINDOW ? TCG_MEMORY_WINDOW : TCG_MEMORY_DIRECT, guest->low_roles);
    *why = "not enough memory for the engine";
    if (!tb_init())
        return false;
    for (unsigned i = 0; i < cfg->harts; i++) {
        engine_harts[i] = make_hart(i, cfg->cpu_model);
        if (!engine_harts[i])
            return false;
        engine_nharts = i + 1;
    }
    plat_hart_init(&engine_harts[0]->hart); /* once, not at each reset: it takes memory; hart 0 runs on this core */
    return true;
}

struct vcpu *engine_hart(unsigned id) { return id < engine_nharts ? engine_harts[id] : NULL; }

void engine_reset(uint64_t pc, uint64_t fdt, uint64_t dynamic) {
    engine_exit_status = -1;
    engine_reset_wanted = false;
    tb_flush_all();
    for (unsigned i = 0; i < engine_nharts; i++) {
        struct vcpu *cpu = engine_harts[i];
        cpu->irq_lines = 0;
        cpu->exc_pending = cpu->in_wfi = cpu->watched = false;
        for (unsigned t = 0; t < VCPU_NTIMERS; t++)
            cpu->timer_ticks[t] = UINT64_MAX;
        guest->reset_cpu(cpu, pc, fdt, dynamic);
        tlb_reset(cpu);
        cpu->flags_stale = true;
        engine_timers(cpu);
    }
}

struct engine_hart_info engine_hart_info(unsigned id) {
    const struct vcpu *cpu = engine_harts[id];
    return (struct engine_hart_info){guest->insns(cpu), cpu->stats->n[STAT_wfi_ns]};
}

struct engine_code_info engine_code_info(void) {
    struct engine_code_info info = {.used = tcg_backend->used()};
    for (unsigned i = 0; i < engine_nharts; i++) {
        info.blocks += engine_harts[i]->stats->n[STAT_tb_translated] + engine_harts[i]->stats->n[STAT_tb_regions];
        info.flushes += engine_harts[i]->stats->n[STAT_tb_flushes];
    }
    return info;
}
