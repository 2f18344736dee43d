/* SPDX-License-Identifier: BSD-2-Clause */
/* Programmable counters: events, privilege filters, inhibit, overflow and its interrupt (privileged spec 3.1.10 to
 * 3.1.12, Sscofpmf). */
#include "tests/rv64/fake.h"

enum {
    MHPMCOUNTER3 = 0xb03,
    MHPMEVENT3 = 0x323,
    HPMCOUNTER3 = 0xc03,
    MCOUNTEREN = 0x306,
    MCOUNTINHIBIT = 0x320,
    MIP = 0x344,
    SCOUNTOVF = 0xda0,
    MIE = 0x304,
    MIDELEG = 0x303,
    SIP = 0x144
};
enum { CYCLES = 1, INSNS = 2, LOAD_MISS = 0x10019 };
#define OF ((uint64_t)1 << 63)
#define MINH ((uint64_t)1 << 62)
#define SINH ((uint64_t)1 << 61)
#define UINH ((uint64_t)1 << 60)
#define LCOFI IRQ_BIT(IRQ_LCOFIP)

static void retire(unsigned n) { cpu->env->guest[G_INSTRET] += n; }

UNIT_TEST(counters_selectors) {
    static const uint64_t known[] = {0, 1, 2, 0x10019, 0x1001b, 0x10021};
    fake_reset();
    for (unsigned i = 3; i < 32; i++) {
        for (unsigned k = 0; k < sizeof known / sizeof *known; k++) {
            csr_put(MHPMEVENT3 + i - 3, known[k] | SINH);
            CHECK_EQ(csr_get(MHPMEVENT3 + i - 3), known[k] | SINH);
        }
        csr_put(MHPMEVENT3 + i - 3, 3);
        CHECK_EQ(csr_get(MHPMEVENT3 + i - 3), 0);
    }
}

UNIT_TEST(counters_cycles) {
    fake_reset();
    csr_put(MHPMCOUNTER3, 500);
    fake.clock_ns += 10;
    CHECK_EQ(csr_get(MHPMCOUNTER3), 500); /* no event */
    csr_put(MHPMEVENT3, CYCLES);
    fake.clock_ns += 10;
    CHECK_EQ(csr_get(MHPMCOUNTER3), 510);
    csr_put(MCOUNTINHIBIT, 8);
    fake.clock_ns += 10;
    CHECK_EQ(csr_get(HPMCOUNTER3), 510);
    csr_put(MHPMCOUNTER3, 7);
    csr_put(MCOUNTINHIBIT, 0);
    fake.clock_ns += 10;
    CHECK_EQ(csr_get(MHPMCOUNTER3), 17);
    csr_put(MHPMEVENT3, 0);
    fake.clock_ns += 10;
    CHECK_EQ(csr_get(MHPMCOUNTER3), 17);
}

UNIT_TEST(counters_insns) {
    fake_reset();
    csr_put(MHPMCOUNTER3, 5);
    CHECK(!r->counting);
    csr_put(MHPMEVENT3, INSNS);
    CHECK(r->counting && rv64_flags(cpu) & TBF_COUNT);
    retire(1); /* the write */
    retire(9);
    CHECK_EQ(csr_get(MHPMCOUNTER3), 15);
    csr_put(MHPMCOUNTER3, 100);
    retire(1);
    CHECK_EQ(csr_get(MHPMCOUNTER3), 100); /* what was written, right behind the write */
    retire(3);
    CHECK_EQ(csr_get(HPMCOUNTER3), 103);
    csr_put(MCOUNTINHIBIT, 8); /* nobody needs exact counts any more */
    CHECK(!r->counting);
    CHECK_EQ(csr_get(HPMCOUNTER3), 103);
    csr_put(MCOUNTINHIBIT, 0);
    CHECK(r->counting);
    csr_put(MHPMEVENT3, CYCLES);
    CHECK(!r->counting);
    csr_get(0xb02);
    CHECK(r->counting);
}

/* MINH, SINH, UINH: what counts over a trap and the return from it. The return itself belongs to where it was. */
UNIT_TEST(counters_filters) {
    static const uint64_t inhibit[] = {MINH, SINH, UINH, MINH | SINH, MINH | UINH, SINH | UINH, MINH | SINH | UINH, 0};
    for (unsigned k = 0; k < 8; k++) {
        uint64_t in_m = inhibit[k] & MINH ? 0 : 1, in_s = inhibit[k] & SINH ? 0 : 1, in_u = inhibit[k] & UINH ? 0 : 1;
        fake_reset();
        csr_put(MHPMEVENT3, INSNS | inhibit[k]);
        csr_put(MHPMCOUNTER3, 0);
        csr_put(MHPMEVENT3 + 1, CYCLES | inhibit[k]);
        csr_put(MHPMCOUNTER3 + 1, 0);
        retire(in_m ? 1 : 0); /* the second to last write: the first one's count is as written */
        uint64_t before = csr_get(MHPMCOUNTER3);
        r->mstatus |= (uint64_t)PRV_S << 11;
        fake.clock_ns += 1000;
        cpu->env->pc = helper_mret(cpu, 0);
        retire(1); /* mret */
        CHECK_EQ(r->priv, PRV_S);
        retire(20);
        fake.clock_ns += 20000;
        r->mstatus &= ~MSTATUS_SPP;
        cpu->env->pc = helper_sret(cpu, 0);
        retire(1);
        CHECK_EQ(r->priv, PRV_U);
        retire(300);
        fake.clock_ns += 300000;
        helper_ecall(cpu); /* does not retire */
        cpu->exc_pending = false;
        rv64_exception(cpu);
        CHECK_EQ(r->priv, PRV_M);
        CHECK_EQ(csr_get(MHPMCOUNTER3) - before, in_m * 1 + in_s * 21 + in_u * 300);
        CHECK_EQ(csr_get(MHPMCOUNTER3 + 1), in_m * 1000 + in_s * 20000 + in_u * 300000);
    }
}

UNIT_TEST(counters_overflow_cycles) {
    fake_reset();
    csr_put(MIE, LCOFI);
    r->mstatus |= MSTATUS_MIE;
    csr_put(MHPMEVENT3, CYCLES);
    csr_put(MHPMCOUNTER3, (uint64_t)-1000);
    CHECK_EQ(cpu->timer_ticks[VCPU_TIMER_PMU], fake.time + 11);
    CHECK(!rv64_interrupt(cpu) && csr_get(MIP) == 0 && csr_get(MHPMEVENT3) == CYCLES);
    fake.clock_ns += 999;
    CHECK_EQ(csr_get(SCOUNTOVF), 0);
    fake.clock_ns += 1;
    CHECK_EQ(csr_get(MHPMEVENT3), OF | CYCLES); /* without waiting for the timer */
    CHECK_EQ(csr_get(MIP), LCOFI);
    CHECK_EQ(csr_get(SCOUNTOVF), 8);
    CHECK(rv64_interrupt(cpu));
    CHECK_EQ(r->mcause, (uint64_t)1 << 63 | 13);
    csr_put(MIP, 0);
    CHECK_EQ(csr_get(MIP), 0);
    /* With OF set the next one requests nothing. */
    csr_put(MHPMCOUNTER3, (uint64_t)-10);
    fake.clock_ns += 20;
    CHECK_EQ(csr_get(MIP), 0);
    CHECK_EQ(csr_get(MHPMCOUNTER3), 10);
    /* OF cleared: it does again, now by the timer. */
    csr_put(MHPMEVENT3, CYCLES);
    csr_put(MHPMCOUNTER3, (uint64_t)-1000);
    fake.clock_ns += 1100;
    fake.time += 11;
    CHECK(!rv64_has_work(cpu));
    vcpu_timer_set(cpu, VCPU_TIMER_PMU, cpu->timer_ticks[VCPU_TIMER_PMU]);
    CHECK(rv64_has_work(cpu));
    r->mstatus |= MSTATUS_MIE;
    CHECK(rv64_interrupt(cpu));
    CHECK(r->mhpmevent[3] & OF);
    CHECK_EQ(cpu->timer_ticks[VCPU_TIMER_PMU], UINT64_MAX);
}

UNIT_TEST(counters_overflow_insns) {
    fake_reset();
    csr_put(MHPMEVENT3, INSNS);
    retire(1);
    CHECK(!(rv64_flags(cpu) & TBF_LIMIT)); /* 2^64 away */
    retire(1000);
    csr_put(MHPMCOUNTER3, 7);
    retire(1);
    CHECK(!(rv64_flags(cpu) & TBF_LIMIT)); /* nearly 2^64 */
    csr_put(MHPMCOUNTER3, (uint64_t)-5);
    retire(1);
    CHECK(rv64_flags(cpu) & TBF_LIMIT);
    CHECK_EQ(cpu->env->guest[G_LIMIT], cpu->env->guest[G_INSTRET] + 5);
    retire(4);
    CHECK_EQ(csr_get(MHPMEVENT3), INSNS);
    retire(1);
    if (!setjmp(fake.out))
        helper_count_limit(cpu);
    CHECK_EQ(fake.left, 0);
    CHECK_EQ(r->mhpmevent[3], OF | INSNS);
    CHECK_EQ(rv64_mip(cpu), LCOFI);
    CHECK(!(rv64_flags(cpu) & TBF_LIMIT));
    CHECK_EQ(csr_get(MHPMCOUNTER3), 0);
    /* Written as 0: does not overflow, neither at once nor with the write's own instruction. */
    csr_put(MIP, 0);
    csr_put(MHPMEVENT3, INSNS);
    csr_put(MHPMCOUNTER3, 0);
    retire(1);
    CHECK_EQ(csr_get(SCOUNTOVF), 0);
    retire(10);
    CHECK_EQ(csr_get(SCOUNTOVF), 0);
    /* The limit is the nearest one; inhibited counters have none. */
    csr_put(MHPMEVENT3 + 5, INSNS);
    retire(1);
    csr_put(MHPMCOUNTER3 + 5, (uint64_t)-4);
    retire(1);
    csr_put(MHPMCOUNTER3, (uint64_t)-2);
    retire(1);
    CHECK_EQ(cpu->env->guest[G_LIMIT], cpu->env->guest[G_INSTRET] + 2);
    csr_put(MCOUNTINHIBIT, 8);
    CHECK_EQ(cpu->env->guest[G_LIMIT], cpu->env->guest[G_INSTRET] + 3);
    csr_put(MCOUNTINHIBIT, 8 | 1 << 8);
    CHECK_EQ(cpu->env->guest[G_LIMIT], ~(uint64_t)0);
    retire(100);
    CHECK_EQ(csr_get(SCOUNTOVF), 0);
}

/* Delegated: S sees it, may clear it, and sees in scountovf what mcounteren opens. */
UNIT_TEST(counters_overflow_delegated) {
    fake_reset();
    csr_put(MIDELEG, ~(uint64_t)0);
    csr_put(MIE, LCOFI | IRQ_BIT(IRQ_STIP));
    csr_put(MHPMEVENT3, CYCLES | OF); /* OF written: no request */
    csr_put(MHPMEVENT3 + 1, CYCLES);
    CHECK_EQ(csr_get(MIP), 0);
    csr_put(MHPMCOUNTER3 + 1, ~(uint64_t)0);
    fake.clock_ns += 1;
    CHECK_EQ(csr_get(MIP), LCOFI);
    r->priv = PRV_U;
    r->mip_sw |= IRQ_BIT(IRQ_STIP); /* comes before it */
    CHECK(rv64_interrupt(cpu));
    CHECK_EQ(r->scause, (uint64_t)1 << 63 | IRQ_STIP);
    r->mip_sw &= ~IRQ_BIT(IRQ_STIP);
    r->priv = PRV_U;
    CHECK(rv64_interrupt(cpu));
    CHECK_EQ(r->scause, (uint64_t)1 << 63 | IRQ_LCOFIP);
    CHECK_EQ(csr_get(SCOUNTOVF), 0);
    r->mcounteren = 8;
    CHECK_EQ(csr_get(SCOUNTOVF), 8);
    r->mcounteren = 0xff;
    CHECK_EQ(csr_get(SCOUNTOVF), 0x18);
    CHECK_EQ(csr_get(SIP), LCOFI);
    csr_put(SIP, 0);
    CHECK_EQ(csr_get(SIP), 0);
    csr_put(SIP, LCOFI);
    CHECK_EQ(csr_get(SIP), LCOFI);
    CHECK(!csr_writable(SCOUNTOVF));
    r->priv = PRV_U;
    CHECK(!csr_readable(SCOUNTOVF));
}

UNIT_TEST(counters_walks) {
    struct guest_walk w;
    fake_reset();
    csr_put(MHPMEVENT3, LOAD_MISS);
    csr_put(MHPMCOUNTER3, (uint64_t)-2);
    CHECK(rv64_walk(cpu, RAM_BASE, 8, GUEST_LOAD, ROLE_M, &w));
    CHECK(rv64_walk(cpu, RAM_BASE, 8, GUEST_STORE, ROLE_M, &w));
    CHECK_EQ(csr_get(MHPMCOUNTER3), ~(uint64_t)0);
    CHECK_EQ(csr_get(MIP), 0);
    CHECK(rv64_walk(cpu, RAM_BASE, 8, GUEST_LOAD, ROLE_M, &w));
    CHECK_EQ(csr_get(MHPMCOUNTER3), 0);
    CHECK_EQ(csr_get(MIP), LCOFI);
    CHECK_EQ(csr_get(MHPMEVENT3), OF | LOAD_MISS);
}
