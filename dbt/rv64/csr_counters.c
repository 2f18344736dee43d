/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters: cycle, time, instret, 29 programmable ones, and what starts, stops and shows them (privileged spec 3.1.10
 * to 3.1.12, 10.1.5; Sscofpmf).
 *
 * Cycles are nanoseconds. A counter of cycles or instructions is an offset to a running number; while it stands, the
 * offset alone is its value. Other events add to the offset when they happen. An overflow is noticed whenever somebody
 * could see it, and, for the interrupt, by a timer (cycles) or by the blocks themselves (instructions: TBF_LIMIT). */
#include "dbt/rv64/csr.h"

enum { COUNTERS = 32, FIRST_HPM = 3, CYCLE = 0, INSTRET = 2 };

/* mhpmevent's selector: the SBI's event codes, so that firmware needs no map (SBI spec, "PMU extension"). */
enum event { EVENT_NONE, EVENT_CYCLES = 1, EVENT_INSNS = 2, EVENT_LOAD_MISS = 0x10019, EVENT_STORE_MISS = 0x1001b,
             EVENT_FETCH_MISS = 0x10021 };
#define EVENT_SELECTOR (((uint64_t)1 << 56) - 1)
#define EVENT_OF ((uint64_t)1 << 63)
#define EVENT_MINH ((uint64_t)1 << 62)
#define EVENT_SINH ((uint64_t)1 << 61)
#define EVENT_UINH ((uint64_t)1 << 60)
#define EVENT_INH (EVENT_MINH | EVENT_SINH | EVENT_UINH)

/* 3.1.11, 10.1.5: S needs mcounteren, U needs scounteren as well. */
bool csr_check_counter_on(const struct rv64_cpu *r, unsigned num, bool writes) {
    uint64_t bit = (uint64_t)1 << (num & 31), enabled = r->mcounteren;
    (void)writes;
    if (r->priv == PRV_U)
        enabled &= r->scounteren;
    return r->priv == PRV_M || enabled & bit;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static uint64_t event_of(const struct rv64_cpu *r, unsigned i) {
    return i == CYCLE ? EVENT_CYCLES : i == INSTRET ? EVENT_INSNS : r->mhpmevent[i] & EVENT_SELECTOR;
}

static bool runs(const struct rv64_cpu *r, unsigned i) {
    uint64_t inhibit = r->priv == PRV_M ? EVENT_MINH : r->priv == PRV_S ? EVENT_SINH : EVENT_UINH;
    return !(r->mcountinhibit >> i & 1) && !(r->mhpmevent[i] & inhibit);
}

/* The running number that the counter is an offset to. */
static uint64_t base(const struct vcpu *cpu, unsigned i) {
    const struct rv64_cpu *r = rv64(cpu);
    uint64_t event = event_of(r, i);
    if (event > EVENT_INSNS || event == EVENT_NONE || !runs(r, i))
        return 0;
    return event == EVENT_CYCLES ? plat_clock_ns() : cpu->env->guest[G_INSTRET];
}

static uint64_t value(const struct vcpu *cpu, unsigned i) { return rv64(cpu)->counter[i] + base(cpu, i); }

/* Blocks count exactly while somebody needs it: instret from its first access on, others while they may run. */
static void choose_counting(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    bool on = r->instret_used || r->watched;
    for (unsigned i = FIRST_HPM; i < COUNTERS; i++)
        on |= event_of(r, i) == EVENT_INSNS && !(r->mcountinhibit >> i & 1);
    if (on == r->counting)
        return;
    r->counting = on;
    cpu_flags_changed(cpu);
}

void rv64_watch(struct vcpu *cpu, bool on) {
    rv64(cpu)->watched = on;
    choose_counting(cpu);
}

uint64_t rv64_insns(const struct vcpu *cpu) { return cpu->env->guest[G_INSTRET]; }

/* The number that instret starts with comes from the clock. */
static void use_instret(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    if (r->instret_used)
        return;
    r->instret_used = true;
    r->counter[INSTRET] += plat_clock_ns();
    choose_counting(cpu);
}

/* ---- overflow ---------------------------------------------------------------------------------------------------- */

/* The interrupt is requested when OF becomes set, and only then. */
static void overflow(struct vcpu *cpu, unsigned i) {
    struct rv64_cpu *r = rv64(cpu);
    if (!rv64_has(r->model, EXT_sscofpmf) || r->mhpmevent[i] & EVENT_OF)
        return;
    r->mhpmevent[i] |= EVENT_OF;
    r->mip_sw |= IRQ_BIT(IRQ_LCOFIP);
    cpu_poll(cpu);
}

/* Makes counters in `mask` plain numbers, and looks whether they have wrapped since the last time. */
static void freeze(struct vcpu *cpu, uint32_t mask) {
    struct rv64_cpu *r = rv64(cpu);
    for (unsigned i = 0; i < COUNTERS; i++) {
        if (!(mask >> i & 1))
            continue;
        r->counter[i] = value(cpu, i);
        if (i >= FIRST_HPM && r->counter[i] < r->counter_seen[i])
            overflow(cpu, i);
        r->counter_seen[i] = r->counter[i];
    }
}

static void thaw(struct vcpu *cpu, uint32_t mask) {
    for (unsigned i = 0; i < COUNTERS; i++)
        if (mask >> i & 1)
            rv64(cpu)->counter[i] -= base(cpu, i);
}

/* Waits for the first overflow among running counters whose OF is clear. Their counter_seen is of just now. */
static void arm(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t limit = UINT64_MAX, ticks = UINT64_MAX, now = guest_time();
    r->hpm_armed = 0;
    for (unsigned i = FIRST_HPM; i < COUNTERS && rv64_has(r->model, EXT_sscofpmf); i++) {
        uint64_t event = event_of(r, i), left = -r->counter_seen[i]; /* 0: 2^64, for ever */
        if (r->mhpmevent[i] & EVENT_OF || !left || !runs(r, i) || (event != EVENT_CYCLES && event != EVENT_INSNS))
            continue;
        r->hpm_armed |= 1u << i;
        if (event == EVENT_CYCLES && now + left / 100 + 1 < ticks)
            ticks = now + left / 100 + 1;
        if (event == EVENT_INSNS && -r->counter[i] < limit && -r->counter[i] > cpu->env->guest[G_INSTRET])
            limit = -r->counter[i]; /* smaller than G_INSTRET: 2^64 on from there */
    }
    if (cpu->timer_ticks[VCPU_TIMER_PMU] != ticks)
        vcpu_timer_set(cpu, VCPU_TIMER_PMU, ticks);
    cpu->env->guest[G_LIMIT] = limit;
    if (r->insn_limit != (limit != UINT64_MAX)) {
        r->insn_limit = limit != UINT64_MAX;
        cpu_flags_changed(cpu);
    }
}

void rv64_counters_sync(struct vcpu *cpu) {
    uint32_t mask = rv64(cpu)->hpm_armed;
    if (!mask)
        return;
    freeze(cpu, mask);
    thaw(cpu, mask);
    arm(cpu);
}

void helper_count_limit(struct vcpu *cpu) {
    rv64_counters_sync(cpu);
    cpu_exit_event(cpu, 0);
}

void rv64_counters_priv(struct vcpu *cpu, unsigned priv, bool retiring) {
    struct rv64_cpu *r = rv64(cpu);
    uint64_t add = retiring && r->counting; /* its block counts it later; it belongs to the old privilege */
    uint32_t mask = (r->hpm_by_priv | r->hpm_armed) & ~r->mcountinhibit;
    if (!mask) { /* firmware leaves filters in counters that stand: each trap comes here */
        r->priv = (uint8_t)priv;
        return;
    }
    cpu->env->guest[G_INSTRET] += add;
    freeze(cpu, mask);
    r->priv = (uint8_t)priv;
    thaw(cpu, mask);
    cpu->env->guest[G_INSTRET] -= add;
    arm(cpu);
}

void rv64_count_walk(struct vcpu *cpu, enum guest_access access) {
    static const uint32_t events[] = {EVENT_LOAD_MISS, EVENT_STORE_MISS, EVENT_FETCH_MISS};
    struct rv64_cpu *r = rv64(cpu);
    for (unsigned i = FIRST_HPM; i < COUNTERS; i++)
        if (r->hpm_walks >> i & 1 && event_of(r, i) == events[access] && runs(r, i) && ++r->counter[i] == 0)
            overflow(cpu, i);
}

/* ---- registers --------------------------------------------------------------------------------------------------- */

uint64_t csr_read_time(struct vcpu *cpu, unsigned num) {
    (void)cpu;
    (void)num;
    return guest_time();
}

/* Every number of a counter, mcycle to hpmcounter31, has it in the low five bits. */
uint64_t csr_read_counter(struct vcpu *cpu, unsigned num) {
    if ((num & 31) == INSTRET)
        use_instret(cpu);
    return value(cpu, num & 31);
}

/* What the write leaves is what the next instruction reads (unprivileged spec, Zicsr): a block that counts adds the
 * write itself afterwards, so one less is stored. */
void csr_write_counter(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    unsigned i = num & 31;
    bool counted = event_of(r, i) == EVENT_INSNS && r->counting && runs(r, i);
    if (i == INSTRET)
        use_instret(cpu);
    rv64_counters_sync(cpu);
    r->counter[i] = v - base(cpu, i) - counted;
    r->counter_seen[i] = v;
    if (i >= FIRST_HPM)
        arm(cpu);
}

uint64_t csr_read_mcountinhibit(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mcountinhibit;
}

void csr_write_mcountinhibit(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    freeze(cpu, UINT32_MAX);
    rv64(cpu)->mcountinhibit = (uint32_t)v & ~(uint32_t)COUNTER_TM;
    thaw(cpu, UINT32_MAX);
    choose_counting(cpu);
    arm(cpu);
}

static uint64_t counteren_mask(const struct rv64_cpu *r) {
    return rv64_has(r->model, EXT_zihpm) ? UINT32_MAX : COUNTER_CY | COUNTER_TM | COUNTER_IR;
}

uint64_t csr_read_mcounteren(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mcounteren;
}

void csr_write_mcounteren(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->mcounteren = v & counteren_mask(rv64(cpu));
}

uint64_t csr_read_scounteren(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->scounteren;
}

void csr_write_scounteren(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->scounteren = v & counteren_mask(rv64(cpu));
}

static bool event_known(uint64_t selector) {
    return selector == EVENT_CYCLES || selector == EVENT_INSNS || selector == EVENT_LOAD_MISS ||
           selector == EVENT_STORE_MISS || selector == EVENT_FETCH_MISS;
}

uint64_t csr_read_mhpmevent(struct vcpu *cpu, unsigned num) {
    rv64_counters_sync(cpu);
    return rv64(cpu)->mhpmevent[num & 31];
}

/* A selector that is not known becomes "no event". */
void csr_write_mhpmevent(struct vcpu *cpu, unsigned num, uint64_t v) {
    struct rv64_cpu *r = rv64(cpu);
    unsigned i = num & 31;
    uint32_t bit = 1u << i;
    uint64_t flags = rv64_has(r->model, EXT_sscofpmf) ? v & (EVENT_OF | EVENT_INH) : 0;
    uint64_t selector = event_known(v & EVENT_SELECTOR) ? v & EVENT_SELECTOR : EVENT_NONE;
    freeze(cpu, bit | r->hpm_armed);
    r->mhpmevent[i] = flags | selector;
    thaw(cpu, bit | r->hpm_armed);
    choose_counting(cpu);
    r->hpm_walks = selector > EVENT_INSNS ? r->hpm_walks | bit : r->hpm_walks & ~bit;
    bool based = selector == EVENT_CYCLES || selector == EVENT_INSNS; /* firmware leaves filters in idle counters */
    r->hpm_by_priv = based && flags & EVENT_INH ? r->hpm_by_priv | bit : r->hpm_by_priv & ~bit;
    arm(cpu);
}

/* The OF bits; below M-mode those of counters that mcounteren opens (Sscofpmf). */
uint64_t csr_read_scountovf(struct vcpu *cpu, unsigned num) {
    const struct rv64_cpu *r = rv64(cpu);
    uint32_t bits = 0;
    (void)num;
    rv64_counters_sync(cpu);
    for (unsigned i = FIRST_HPM; i < COUNTERS; i++)
        bits |= r->mhpmevent[i] & EVENT_OF ? 1u << i : 0;
    return r->priv == PRV_M ? bits : bits & r->mcounteren;
}
