/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake engine of fake.h, and the program's main. */
#include "tests/rv64/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;
static struct vcpu the_cpu;
static struct tcg_env the_env;
struct vcpu *cpu = &the_cpu;
struct rv64_cpu *r;
uint32_t plat_log_mask;

/* ---- platform and engine ----------------------------------------------------------------------------------------- */

void plat_log(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}
void *plat_alloc(size_t size) { return calloc(1, size); }
void plat_relax(void) {}
uint64_t plat_clock_ns(void) { return fake.clock_ns += fake.clock_step; }
enum plat_seed plat_seed(uint64_t *out) {
    *out = fake.seed;
    return fake.seed_kind;
}
bool cpu_peek(struct vcpu *c, uint64_t va, unsigned size, unsigned role, uint64_t *out) {
    (void)c, (void)role;
    if (va < RAM_BASE || va >= RAM_BASE + RAM_SIZE)
        return false;
    *out = 0;
    memcpy(out, (const char *)fake.mem + (va - RAM_BASE), size);
    return true;
}
uint64_t guest_time(void) { return fake.time; }
void machine_request_exit(int status) { fake.exit_status = status; }

void cpu_raise(struct vcpu *c, uint64_t cause, uint64_t tval) {
    c->exc_cause = cause;
    c->exc_tval = tval;
    c->exc_pending = true;
}
_Noreturn void cpu_exit_event(struct vcpu *c, unsigned skip) {
    c->env->pc += skip;
    fake.left = skip;
    longjmp(fake.out, 1);
}
void cpu_poll(struct vcpu *c) {
    (void)c;
    fake.polls++;
}
void cpu_flags_changed(struct vcpu *c) {
    (void)c;
    fake.flag_changes++;
}

void cpu_flags_settle(struct vcpu *c) { (void)c; }
void cpu_mmu_switch(struct vcpu *c, uint64_t key) {
    (void)c;
    fake.switches++;
    fake.key = key;
}
void tlb_flush(struct vcpu *c, uint64_t key_mask, uint64_t key, bool va_valid, uint64_t va) {
    (void)c;
    fake.flushes++;
    fake.flush_mask = key_mask;
    fake.flush_key = key;
    fake.flush_page = va_valid;
    fake.flush_va = va;
}
void tb_fence_i(struct vcpu *c) {
    (void)c;
    fake.fences++;
}
void vcpu_timer_set(struct vcpu *c, enum vcpu_timer t, uint64_t ticks) {
    uint64_t bit = IRQ_BIT(t == VCPU_TIMER_S ? IRQ_STIP : t == VCPU_TIMER_M ? IRQ_MTIP : IRQ_LCOFIP);
    c->timer_ticks[t] = ticks;
    c->timer_level[t] = fake.time >= ticks;
    c->irq_lines = c->timer_level[t] ? c->irq_lines | bit : c->irq_lines & ~bit;
}

static uint64_t *at(uint64_t gpa) {
    return gpa >= RAM_BASE && gpa < RAM_BASE + RAM_SIZE && !(gpa & 7) ? &fake.mem[(gpa - RAM_BASE) / 8] : NULL;
}
bool phys_ld64(uint64_t gpa, uint64_t *out) {
    if (at(gpa))
        *out = *at(gpa);
    return at(gpa) != NULL;
}
bool phys_cas64(uint64_t gpa, uint64_t expect, uint64_t val, bool *swapped) {
    uint64_t *p = fake.read_only ? NULL : at(gpa);
    if (!p)
        return false;
    *swapped = fake.cas_fails ? (fake.cas_fails--, false) : *p == expect;
    if (*swapped)
        *p = val;
    return true;
}

/* ---- what tests use ---------------------------------------------------------------------------------------------- */

void fake_reset(void) {
    static struct rv64_model model;
    char why[256];
    fake = (struct fake){.exit_status = -1, .clock_ns = 1000, .time = 50};
    if (!r) {
        the_cpu.env = &the_env;
        if (!rv64_model_parse(&model, NULL, why, sizeof why) || !rv64_init_cpu(cpu, &model))
            abort();
        r = rv64(cpu);
    }
    cpu->irq_lines = 0;
    cpu->exc_pending = cpu->in_wfi = false;
    cpu->hart.id = 0;
    for (unsigned t = 0; t < VCPU_NTIMERS; t++)
        cpu->timer_ticks[t] = UINT64_MAX;
    rv64_reset_cpu(cpu, RAM_BASE, 0, 0);
}

uint64_t raised(void) {
    bool was = cpu->exc_pending;
    cpu->exc_pending = false;
    return was ? cpu->exc_cause : ~(uint64_t)0;
}

enum { INSN_BITS = 0x1234 };

uint64_t csr(unsigned num, unsigned op, uint64_t v, bool *ok) {
    uint64_t old = helper_csr(cpu, num, v, op, INSN_BITS);
    *ok = !cpu->exc_pending;
    if (!*ok) {
        CHECK_EQ(cpu->exc_cause, EXC_ILLEGAL);
        CHECK_EQ(cpu->exc_tval, INSN_BITS);
        raised();
    }
    return old;
}

uint64_t csr_get(unsigned num) {
    bool ok;
    uint64_t v = csr(num, READ, 0, &ok);
    if (!ok)
        unit_fail(__FILE__, __LINE__, "illegal read of CSR", num, 0);
    return v;
}

void csr_put(unsigned num, uint64_t v) {
    bool ok;
    csr(num, WRITE, v, &ok);
    if (!ok)
        unit_fail(__FILE__, __LINE__, "illegal write of CSR", num, 0);
}

bool csr_readable(unsigned num) {
    bool ok;
    csr(num, READ, 0, &ok);
    return ok;
}

bool csr_writable(unsigned num) {
    bool ok;
    csr(num, SET, 0, &ok);
    return ok;
}

int main(void) {
    unsigned ran = 0, failed = unit_run("", &ran);
    return ran == 0 || failed;
}
