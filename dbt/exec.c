/* SPDX-License-Identifier: BSD-2-Clause */
/* The hart loop: find or make a block, run it, see why it left, do what is due, again.
 *
 * Between blocks env->pc is the guest PC; inside a block it is env->pc_page plus an offset known at translation time.
 * What translated code leaves in env and in the exit value is hostile: it is checked, and can only harm the guest. */
#include "dbt/engine_int.h"
#include "dbt/profile.h"
#include "dbt/tlb.h"

enum { MXCSR_STICKY = 63 }; /* exception flags (Intel SDM volume 1, 10.2.3) */

int engine_exit_status = -1;
bool engine_reset_wanted;

void cpu_poll(struct vcpu *cpu) { __atomic_store_n(&cpu->env->poll, 1, __ATOMIC_RELEASE); }

void cpu_flags_changed(struct vcpu *cpu) { cpu->flags_stale = true; }

/* ---- leaving translated code from a helper ---- */

/* In ring 3 something ran that the translator did not make: its bug, or somebody's who found one. A user program gets
 * an access fault for it, and the rest of the guest goes on; of a guest's kernel nothing is left to save. */
static void blame(struct vcpu *cpu, const char *what, uint64_t host_pc, uint64_t detail) {
    enum { MOST_LINES = 16 };
    static unsigned lines;
    const struct tb *tb = tb_by_host_pc(host_pc);
    if (!guest->user(cpu))
        plat_panic("translated code %s (%#llx) at host PC %#llx, block %u (guest page %#llx)", what,
                   (unsigned long long)detail, (unsigned long long)host_pc, tb ? tb->id : 0,
                   (unsigned long long)cpu->env->pc_page);
    if (lines++ < MOST_LINES)
        plat_log("a user program's translated code %s (%#llx) at host PC %#llx, block %u (guest page %#llx)%s\n", what,
                 (unsigned long long)detail, (unsigned long long)host_pc, tb ? tb->id : 0,
                 (unsigned long long)cpu->env->pc_page, lines == MOST_LINES ? "; no more of these lines" : "");
    STAT_INC(cpu, contained);
    cpu->env->pc = cpu->env->pc_page + (tb ? tb->off : 0);
    cpu->in_tb = false;
    guest->access_fault(cpu, cpu->env->pc, GUEST_LOAD, false);
}

void cpu_misbehaved(struct vcpu *cpu, const char *what, uint64_t host_pc, uint64_t detail) {
    blame(cpu, what, host_pc, detail);
    tcg_backend->unwind(&cpu->hart, TCG_EXIT_EXCEPTION);
    __builtin_unreachable();
}

/* Brings env up to date at the helper call in progress; env->pc is then the PC of the guest instruction that made
 * it. */
static void sync_env(struct vcpu *cpu) {
    int32_t off;
    struct tb *tb = tb_at(cpu, cpu->hart.pc);
    if (!tb || !tcg_backend->recover(&tb->code, &cpu->hart, cpu->env, &off))
        cpu_misbehaved(cpu, "called a helper from where none is", cpu->hart.pc, 0);
    cpu->env->pc = cpu->env->pc_page + (uint64_t)(int64_t)off;
}

uint64_t cpu_helper_pc(struct vcpu *cpu) {
    sync_env(cpu);
    return cpu->env->pc;
}

void cpu_raise(struct vcpu *cpu, uint64_t cause, uint64_t tval) {
    cpu->exc_cause = cause;
    cpu->exc_tval = tval;
    cpu->exc_pending = true;
    if (!cpu->in_tb)
        return;
    sync_env(cpu);
    tcg_backend->unwind(&cpu->hart, TCG_EXIT_EXCEPTION);
}

_Noreturn void cpu_exit_event(struct vcpu *cpu, unsigned skip) {
    sync_env(cpu);
    cpu->env->pc += skip;
    tcg_backend->unwind(&cpu->hart, TCG_EXIT_EVENT);
}

/* ---- between blocks ---- */

static void handle_events(struct vcpu *cpu) {
    __atomic_store_n(&cpu->env->poll, 0, __ATOMIC_SEQ_CST);
    uint32_t ev = plat_events(cpu->hart.id);
    if (ev & PLAT_EV_STOP)
        machine_request_exit(0);
    if (ev & PLAT_EV_TIMER)
        engine_timers(cpu);
    if (ev & PLAT_EV_STATS)
        engine_stats(stats_log_line);
    if (cpu->samples)
        profile_drain(cpu);
    hart_asked(cpu);
    if (cpu->hart.id == 0 && ev & (PLAT_EV_CONSOLE | PLAT_EV_BLOCK | PLAT_EV_NET | PLAT_EV_TIMER))
        engine_cfg->board_events(ev);
}

static bool leaving(void) {
    return __atomic_load_n(&engine_exit_status, __ATOMIC_RELAXED) >= 0 ||
           __atomic_load_n(&engine_reset_wanted, __ATOMIC_RELAXED);
}

static void wait_for_interrupt(struct vcpu *cpu) {
    STAT_INC(cpu, wfi);
    while (!guest->has_work(cpu) && !leaving()) {
        uint64_t since = plat_clock_ns();
        hart_leave(cpu);
        plat_wait(cpu->hart.id);
        hart_enter(cpu);
        STAT_ADD(cpu, wfi_ns, plat_clock_ns() - since);
        handle_events(cpu);
    }
    cpu->in_wfi = false;
}

static void take_exception(struct vcpu *cpu) {
    STAT_INC(cpu, exceptions);
    cpu->stats->cause[cpu->exc_cause % STATS_CAUSES]++;
    cpu->exc_pending = false;
    guest->exception(cpu);
}

/* The block at env->pc. NULL: an exception is pending. */
static struct tb *find(struct vcpu *cpu, uint64_t pc, uint64_t flags) {
    struct tb *tb = tb_find_fast(cpu, pc, flags);
    if (tb) {
        STAT_INC(cpu, jc_hit);
        return tb;
    }
    tb = tb_find_slow(cpu, pc, flags);
    if (tb)
        STAT_INC(cpu, slow_hit);
    else if (!cpu->exc_pending)
        tb = tb_gen_code(cpu, pc, flags);
    if (tb)
        tb_jc_insert(cpu, pc, tb);
    return tb;
}

/* What the last block that left wants linked. */
struct pending_link {
    struct tb *from;
    uint16_t off; /* its start */
    unsigned slot;
    uint32_t generation;
};

/* A look at it without the lock: tb_link() looks again. */
static uint32_t generation(void) { return __atomic_load_n(&tb_generation, __ATOMIC_ACQUIRE); }

static void log_entry(const struct vcpu *cpu, const struct tb *tb) {
    if (plat_log_on(LOG_exec) && log_filter(cpu->env->pc))
        plat_log("exec %u: block %u at %#llx flags %#llx\n", cpu->hart.id, tb->id, (unsigned long long)cpu->env->pc,
                 (unsigned long long)tb->flags);
    if (plat_log_on(LOG_cpu) && log_filter(cpu->env->pc))
        guest->dump(cpu);
}

static void count_exit(struct vcpu *cpu, enum tcg_exit why) {
    static const uint8_t row[] = {
        [TCG_EXIT_SLOT0] = STAT_exit_link, [TCG_EXIT_SLOT1] = STAT_exit_link, [TCG_EXIT_POLL0] = STAT_exit_poll,
        [TCG_EXIT_POLL1] = STAT_exit_poll, [TCG_EXIT_PC] = STAT_exit_pc, [TCG_EXIT_STALE] = STAT_exit_stale,
        [TCG_EXIT_EXCEPTION] = STAT_exit_exception, [TCG_EXIT_EVENT] = STAT_exit_event};
    cpu->stats->n[row[why]]++;
}

/* Sets env->pc from how the block left; fills *link when a goto_tb slot wants a target. */
static void leave(struct vcpu *cpu, uint64_t value, struct pending_link *link) {
    struct tcg_env *env = cpu->env;
    enum tcg_exit why = value & ((1u << TCG_EXIT_BITS) - 1);
    struct tb *tb = tb_by_id((uint32_t)(value >> TCG_EXIT_BITS));
    link->from = NULL;
    env->pc &= ~(uint64_t)1; /* jalr clears bit 0: goto_ptr leaves that to us */
    count_exit(cpu, why);
    if (why == TCG_EXIT_PC || why == TCG_EXIT_EXCEPTION || why == TCG_EXIT_EVENT)
        return;
    if (!tb) {
        blame(cpu, "left with an impossible value", 0, value);
    } else if (why == TCG_EXIT_STALE) {
        env->pc = env->pc_page + tb->off;
    } else {
        unsigned slot = why & 1;
        env->pc = env->pc_page + (uint64_t)(int64_t)(int32_t)tb->code.jump_off[slot];
        if (why == TCG_EXIT_SLOT0 || why == TCG_EXIT_SLOT1)
            *link = (struct pending_link){tb, tb->off, slot, generation()};
    }
}

static void settle(struct vcpu *cpu, uint64_t flags) {
    if (!cpu->flags_stale)
        return;
    cpu->flags_stale = false;
    guest->enter(cpu);
    tb_jc_select(cpu, flags);
    tlb_select_root(cpu);
}

void cpu_flags_settle(struct vcpu *cpu) { settle(cpu, guest->flags(cpu)); }

static void run_block(struct vcpu *cpu, struct pending_link *link) {
    struct tcg_env *env = cpu->env;
    uint64_t flags = guest->flags(cpu), pc = env->pc;
    settle(cpu, flags);
    struct tb *tb = find(cpu, pc, flags);
    if (!tb) {
        link->from = NULL;
        return;
    }
    if (link->from && link->generation == generation() && !plat_log_on(LOG_nochain)) {
        bool back = tb->off <= link->off;
        bool link_it = !back || tb_warm(cpu, pc, &tb);
        if (!tb) {
            link->from = NULL;
            return;
        }
        if (link_it && link->generation == generation()) {
            STAT_INC(cpu, links);
            tb_link(link->from, link->slot, tb, link->generation);
        }
    }
    if (plat_log_on(LOG_exec | LOG_cpu))
        log_entry(cpu, tb);
    env->pc_page = pc & GUEST_PAGE_MASK;
    STAT_INC(cpu, enter);
    cpu->in_tb = true;
    uint64_t value = tcg_backend->exec(&cpu->hart, env, tb->code.entry);
    cpu->in_tb = false;
    cpu->hart.mxcsr = (cpu->hart.mxcsr & MXCSR_STICKY) | cpu->fp_control;
    leave(cpu, value, link);
}

void cpu_exec(struct vcpu *cpu) {
    struct pending_link link = {0};
    profile_start(cpu);
    hart_enter(cpu);
    while (!leaving()) {
        if (cpu->exc_pending) {
            take_exception(cpu);
            link.from = NULL;
        }
        if (__atomic_load_n(&cpu->env->poll, __ATOMIC_ACQUIRE))
            handle_events(cpu);
        if (cpu->in_wfi)
            wait_for_interrupt(cpu);
        if (guest->interrupt(cpu)) {
            STAT_INC(cpu, interrupts);
            link.from = NULL;
        }
        if (!leaving())
            run_block(cpu, &link);
    }
    hart_leave(cpu);
}
