/* SPDX-License-Identifier: BSD-2-Clause */
/* CSRs: who may touch them, what survives a write, views of one register through another (privileged spec 2, 3.1,
 * 10.1). */
#include <string.h>

#include "tests/rv64/fake.h"

enum { SSTATUS = 0x100, SIE = 0x104, STVEC = 0x105, SCOUNTEREN = 0x106, SEPC = 0x141, SIP = 0x144, STIMECMP = 0x14d,
       SATP = 0x180, MSTATUS = 0x300, MISA, MEDELEG, MIDELEG, MIE, MTVEC, MCOUNTEREN, MENVCFG = 0x30a,
       MCOUNTINHIBIT = 0x320, MEPC = 0x341, MIP = 0x344, MCYCLE = 0xb00, MINSTRET = 0xb02, CYCLE = 0xc00, TIME, INSTRET,
       FFLAGS = 1, FRM, FCSR };

UNIT_TEST(csr_privilege_in_number) {
    static const uint16_t m[] = {MSTATUS, MISA, MIE, MIP, MTVEC, 0x340, 0xf11, 0xf12, 0xf13, 0xf14,
                                 0xf15, 0x323, 0xb03, 0xb1f, 0x33f};
    static const uint16_t s[] = {SSTATUS, SIE, STVEC, SCOUNTEREN, 0x10a, 0x140, SEPC, 0x142, 0x143, SIP, SATP};
    static const uint16_t none[] = {0x000, 0x004, 0x008, 0x015, 0x110, 0x14c, 0x15d, 0x181, 0x1ff, 0x200, 0x280, 0x31a,
                                    0x321, 0x322, 0x310, 0x34a, 0x5a8, 0x757, 0x7a6, 0x7a8, 0x7b0, 0x800, 0xb01, 0xb20,
                                    0xb80, 0xc20, 0xc80, 0xda1, 0xf10, 0xf16, 0xfff};
    for (unsigned priv = PRV_U; priv <= PRV_M; priv += priv ? 2 : 1) {
        fake_reset();
        csr_put(0x30c, ~(uint64_t)0); /* senvcfg is open */
        r->priv = (uint8_t)priv;
        for (unsigned i = 0; i < sizeof m / sizeof *m; i++)
            CHECK_EQ(csr_readable(m[i]), priv == PRV_M);
        for (unsigned i = 0; i < sizeof s / sizeof *s; i++)
            CHECK_EQ(csr_readable(s[i]), priv >= PRV_S);
        for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
            CHECK(!csr_readable(none[i]));
    }
    fake_reset();
    CHECK(!csr_writable(CYCLE) && !csr_writable(TIME) && !csr_writable(0xf14) && !csr_writable(0xc1f));
    CHECK(csr_writable(MISA) && csr_writable(0xb1f)); /* read-only by WARL: no trap */
}

UNIT_TEST(csr_ids) {
    fake_reset();
    CHECK_EQ(csr_get(0xf11) | csr_get(0xf12) | csr_get(0xf13) | csr_get(0xf15), 0);
    CHECK_EQ(csr_get(0xf14), 0);
    cpu->hart.id = 5;
    CHECK_EQ(csr_get(0xf14), 5);
    csr_put(MISA, 0);
    CHECK_EQ(csr_get(MISA), (uint64_t)2 << 62 | 0x14112f); /* A B C D F I M S U */
}

UNIT_TEST(csr_mstatus) {
    fake_reset();
    const uint64_t fixed = 0xa00000000;
    CHECK_EQ(csr_get(MSTATUS), fixed);
    csr_put(MSTATUS, ~(uint64_t)0);
    CHECK_EQ(csr_get(MSTATUS), 0x8000000a007e79aa);
    CHECK_EQ(csr_get(SSTATUS), 0x80000002000c6122);
    csr_put(SSTATUS, 0);
    CHECK_EQ(csr_get(MSTATUS), fixed | 0x721888);
    csr_put(MSTATUS, 0);
    CHECK_EQ(csr_get(MSTATUS), fixed);
    csr_put(MSTATUS, 1 << 11);
    csr_put(MSTATUS, 2 << 11); /* there is no such privilege: stays */
    CHECK_EQ(csr_get(MSTATUS), fixed | 1 << 11);
    csr_put(MSTATUS, 2 << 13); /* FS Clean: no SD */
    CHECK_EQ(csr_get(MSTATUS), fixed | 2 << 13);
    CHECK(fake.flag_changes > 0);
}

/* Enabling interrupts does not end a block: the poll word must. Nothing else about SIE and MIE concerns the engine. */
UNIT_TEST(csr_interrupt_enable_polls) {
    bool ok;
    fake_reset();
    fake.flag_changes = fake.polls = 0;
    csr(SSTATUS, SET, MSTATUS_SIE, &ok);
    csr(SSTATUS, CLEAR, MSTATUS_SIE, &ok);
    csr(MSTATUS, SET, MSTATUS_MIE, &ok);
    csr(MSTATUS, CLEAR, MSTATUS_MIE, &ok);
    CHECK_EQ(fake.polls, 0);
    CHECK_EQ(fake.flag_changes, 0);
    r->mie = cpu->irq_lines = IRQ_BIT(IRQ_MTIP);
    csr(MSTATUS, SET, MSTATUS_MIE, &ok);
    CHECK_EQ(fake.polls, 1);
    csr(MSTATUS, SET, MSTATUS_MXR, &ok);
    CHECK_EQ(fake.flag_changes, 1);
}

UNIT_TEST(csr_rw_set_clear) {
    bool ok;
    fake_reset();
    CHECK_EQ(csr(0x340, RW, 0xf0f0, &ok), 0);
    CHECK_EQ(csr(0x340, SET, 0x0f00, &ok), 0xf0f0);
    CHECK_EQ(csr(0x340, CLEAR, 0x00f0, &ok), 0xfff0);
    CHECK_EQ(csr(0x340, READ, 0xffff, &ok), 0xff00);
    CHECK_EQ(csr(0x340, WRITE, 1, &ok), 0); /* reads nothing */
    CHECK_EQ(csr_get(0x340), 1);
}

UNIT_TEST(csr_warl) {
    fake_reset();
    const uint64_t ones = ~(uint64_t)0;
    const struct {
        unsigned num;
        uint64_t keeps;
    } rows[] = {
        {MEDELEG, 0xb3ff},
        {MIDELEG, 0x2222},
        {MIE, 0x2aaa},
        {MCOUNTEREN, 0xffffffff},
        {SCOUNTEREN, 0xffffffff},
        {MTVEC, ~(uint64_t)2},
        {STVEC, ~(uint64_t)2},
        {MEPC, ~(uint64_t)1},
        {SEPC, ~(uint64_t)1},
        {0x10a, 0xf1},
        {MENVCFG, (uint64_t)7 << 61 | 0xf1},
        {MCOUNTINHIBIT, 0xfffffffd},
        {0x323, (uint64_t)15 << 60},
        {0xb1f, ones},
        {0x343, ~(uint64_t)0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        csr_put(rows[i].num, ones);
        CHECK_EQ(csr_get(rows[i].num), rows[i].keeps);
        csr_put(rows[i].num, 0);
        CHECK_EQ(csr_get(rows[i].num), 0);
    }
}

UNIT_TEST(csr_stateen) {
    fake_reset();
    const uint64_t se = (uint64_t)1 << 63, env = (uint64_t)1 << 62;
    for (unsigned i = 0; i < 4; i++) {
        r->priv = PRV_M;
        CHECK_EQ(csr_get(0x30c + i), 0);
        CHECK(csr_writable(0x10c + i));
        r->priv = PRV_S;
        CHECK(!csr_readable(0x10c + i) && !csr_readable(0x30c + i));
        r->priv = PRV_M;
        csr_put(0x30c + i, ~(uint64_t)0);
        CHECK_EQ(csr_get(0x30c + i), i ? se : se | env);
        r->priv = PRV_S;
        csr_put(0x10c + i, ~(uint64_t)0);
        CHECK_EQ(csr_get(0x10c + i), 0);
        r->priv = PRV_U;
        CHECK(!csr_readable(0x10c + i));
    }
    r->priv = PRV_S;
    CHECK(csr_writable(0x10a));
    r->mstateen[0] = se;
    CHECK(!csr_readable(0x10a));
    r->priv = PRV_M;
    CHECK(csr_writable(0x10a));
}

UNIT_TEST(csr_no_triggers) {
    fake_reset();
    for (unsigned num = 0x7a0; num <= 0x7a5; num++) {
        csr_put(num, ~(uint64_t)0);
        CHECK_EQ(csr_get(num), num == 0x7a4 ? 0x1000001 : 0);
    }
    r->priv = PRV_S;
    CHECK(!csr_readable(0x7a0));
}

/* A register of an extension that the model lacks is not there, and fields that belong to one are zero. */
UNIT_TEST(csr_of_model) {
    struct rv64_model m;
    char why[100];
    fake_reset();
    const struct rv64_model *was = r->model;
    CHECK(rv64_model_parse(&m,
                           "rv64,sstc=off,smstateen=off,svadu=off,svpbmt=off,smepmp=off,zkr=off,sv48=off,c=off,f=off",
                           why, sizeof why));
    r->model = &m;
    r->mstatus |= MSTATUS_FS;
    CHECK(!csr_readable(STIMECMP) && !csr_readable(0x30c) && !csr_readable(0x10c) && !csr_readable(0x747));
    CHECK(!csr_readable(FFLAGS) && csr_readable(0x10a));
    csr_put(MENVCFG, ~(uint64_t)0);
    CHECK_EQ(csr_get(MENVCFG) >> 61, 0);
    csr_put(SATP, (uint64_t)9 << 60);
    CHECK_EQ(csr_get(SATP), 0);
    csr_put(SATP, (uint64_t)8 << 60);
    CHECK_EQ(csr_get(SATP), (uint64_t)8 << 60);
    csr_put(SEPC, ~(uint64_t)0);
    CHECK_EQ(csr_get(SEPC), ~(uint64_t)3);
    r->model = was;
}

UNIT_TEST(csr_satp) {
    fake_reset();
    const uint64_t sv48 = (uint64_t)9 << 60 | (uint64_t)0xabcd << 44 | 0x80000;
    csr_put(SATP, sv48);
    CHECK_EQ(csr_get(SATP), sv48);
    CHECK_EQ(fake.key, sv48);
    CHECK_EQ(fake.switches, 1);
    for (uint64_t mode = 1; mode < 16; mode++) {
        if (mode >= 8 && mode <= 10)
            continue;
        csr_put(SATP, mode << 60 | 1);
        CHECK_EQ(csr_get(SATP), sv48);
    }
    CHECK_EQ(fake.switches, 1);
    csr_put(SATP, 0);
    CHECK_EQ(fake.key, 0);
    CHECK_EQ(fake.switches, 2);
    r->priv = PRV_S;
    CHECK(csr_writable(SATP));
    r->mstatus |= MSTATUS_TVM;
    CHECK(!csr_readable(SATP) && !csr_writable(SATP));
    r->priv = PRV_M;
    CHECK(csr_readable(SATP));
}

UNIT_TEST(csr_float) {
    fake_reset();
    CHECK(!csr_readable(FFLAGS) && !csr_readable(FRM) && !csr_readable(FCSR)); /* FS is Off */
    r->mstatus |= (uint64_t)1 << 13;
    r->priv = PRV_U;
    csr_put(FCSR, ~(uint64_t)0);
    CHECK_EQ(csr_get(FCSR), 0xff);
    CHECK_EQ(csr_get(FRM), 7);
    CHECK_EQ(csr_get(FFLAGS), 31);
    CHECK_EQ(r->mstatus & MSTATUS_FS, MSTATUS_FS); /* Dirty */
    static const uint32_t rc[] = {0, 3, 1, 2, 0};
    for (unsigned rm = 0; rm < 5; rm++) {
        csr_put(FRM, rm);
        CHECK_EQ(cpu->hart.mxcsr, 0x1f80 | rc[rm] << 13);
        CHECK_EQ(rv64_flags(cpu) >> TBF_FRM_SHIFT & 7, rm);
    }
    csr_put(FFLAGS, 0);
    cpu->hart.mxcsr |= 1 | 2 | 8; /* invalid, denormal (not RISC-V's), overflow */
    CHECK_EQ(csr_get(FFLAGS), 16 | 4);
    csr_put(FFLAGS, 1);
    CHECK_EQ(csr_get(FFLAGS), 1);
    CHECK_EQ(cpu->hart.mxcsr & 63, 0);
}

UNIT_TEST(csr_float_helpers) {
    fake_reset();
    const uint64_t one = 0x3ff0000000000000, three = 0x4008000000000000;
    rv64_set_frm(cpu, TCG_RUP);
    CHECK_EQ(helper_fp(cpu, TCG_OP_fdiv | TCG_F64 << 8 | TCG_RM_DYN << 16, one, three, 0), 0x3fd5555555555556);
    CHECK_EQ(rv64_fflags(cpu), 1);
    CHECK_EQ(helper_fp(cpu, TCG_OP_fdiv | TCG_F64 << 8, one, 0, 0), 0x7ff0000000000000);
    CHECK_EQ(rv64_fflags(cpu), 1 | 8);
    rv64_set_frm(cpu, 4);
    CHECK_EQ(helper_fp_rm(cpu, TCG_OP_itof | TCG_F32 << 8 | TCG_RM_DYN << 16 | TCG_L << 24, 0x1000001, 0, 0),
             0x4b800001);
    CHECK_EQ(helper_fclass(cpu, 0xff800000, 0), 1);
    CHECK_EQ(helper_fclass(cpu, one, 1), 1 << 6);
    for (unsigned op = 0; op < 256; op++) /* a forged control word is harmless */
        helper_fp(cpu, op | 0xfffffff0ff00, one, three, one);
}

UNIT_TEST(csr_interrupt_views) {
    bool ok;
    fake_reset();
    csr_put(MIDELEG, 1 << IRQ_SSIP | 1 << IRQ_STIP);
    csr_put(MIE, ~(uint64_t)0);
    CHECK_EQ(csr_get(SIE), 0x22);
    csr_put(SIE, 1 << IRQ_SSIP | 1 << IRQ_MTIP);
    CHECK_EQ(csr_get(MIE), 0x2a8a);
    csr_put(MIP, ~(uint64_t)0);
    CHECK_EQ(csr_get(MIP), 0x2222);
    CHECK_EQ(csr_get(SIP), 0x22);
    csr_put(SIP, 0); /* only SSIP is writable from there */
    CHECK_EQ(csr_get(MIP), 0x2220);
    cpu->irq_lines = 1 << IRQ_MSIP | 1 << IRQ_MEIP;
    CHECK_EQ(csr_get(MIP), 0x2a28);
    csr_put(MIDELEG, 0);
    csr_put(SIP, 1 << IRQ_SSIP);
    CHECK_EQ(csr_get(MIP), 0x2a28);
    /* SEIP reads as the OR; csrrs and csrrc work on software's bit alone (3.1.9). */
    csr_put(MIP, 0);
    cpu->irq_lines = 1 << IRQ_SEIP;
    CHECK_EQ(csr(MIP, SET, 1 << IRQ_SSIP, &ok), 0x200);
    CHECK_EQ(csr_get(MIP), 0x202);
    cpu->irq_lines = 0;
    CHECK_EQ(csr_get(MIP), 0x002);
    csr(MIP, SET, 1 << IRQ_SEIP, &ok);
    CHECK_EQ(csr_get(MIP), 0x202);
}

UNIT_TEST(csr_sstc) {
    fake_reset();
    fake.time = 1000;
    csr_put(STIMECMP, 500);
    csr_put(MIP, 1 << IRQ_STIP); /* STCE is clear: STIP is software's */
    CHECK_EQ(csr_get(MIP), 1 << IRQ_STIP);
    csr_put(MIP, 0);
    CHECK_EQ(csr_get(MIP), 0);
    CHECK_EQ(cpu->timer_ticks[VCPU_TIMER_S], UINT64_MAX);
    csr_put(MENVCFG, MENVCFG_STCE);
    CHECK_EQ(cpu->timer_ticks[VCPU_TIMER_S], 500);
    CHECK_EQ(csr_get(MIP), 1 << IRQ_STIP);
    csr_put(MIP, 0); /* read-only now */
    CHECK_EQ(csr_get(MIP), 1 << IRQ_STIP);
    csr_put(STIMECMP, 1001);
    CHECK_EQ(csr_get(MIP), 0);
    fake.time = 1001; /* no timer event yet, but the time has come */
    CHECK_EQ(csr_get(MIP), 1 << IRQ_STIP);
    csr_put(MENVCFG, 0);
    CHECK_EQ(csr_get(MIP), 0);
    r->priv = PRV_S;
    CHECK(!csr_readable(STIMECMP));
    r->menvcfg = MENVCFG_STCE;
    CHECK(!csr_readable(STIMECMP)); /* mcounteren.TM too */
    r->mcounteren = COUNTER_TM;
    CHECK(csr_writable(STIMECMP));
    r->priv = PRV_U;
    CHECK(!csr_readable(STIMECMP));
}

UNIT_TEST(csr_counter_enables) {
    for (unsigned i = 0; i < 3; i++) {
        fake_reset();
        r->priv = PRV_S;
        CHECK(!csr_readable(CYCLE + i));
        r->mcounteren = 1u << i;
        CHECK(csr_readable(CYCLE + i));
        CHECK(!csr_readable(CYCLE + (i + 1) % 3));
        r->priv = PRV_U;
        CHECK(!csr_readable(CYCLE + i));
        r->scounteren = 1u << i;
        CHECK(csr_readable(CYCLE + i));
        r->mcounteren = 0;
        CHECK(!csr_readable(CYCLE + i));
        CHECK(!csr_readable(0xc03 + i));
    }
}

UNIT_TEST(csr_time_cycle) {
    fake_reset();
    fake.time = 0x123456789a;
    CHECK_EQ(csr_get(TIME), 0x123456789a);
    csr_put(MCYCLE, 100);
    CHECK_EQ(csr_get(MCYCLE), 100);
    fake.clock_ns += 50;
    CHECK_EQ(csr_get(CYCLE), 150);
    csr_put(MCOUNTINHIBIT, 1);
    fake.clock_ns += 50;
    CHECK_EQ(csr_get(MCYCLE), 150);
    csr_put(MCYCLE, 7);
    CHECK_EQ(csr_get(MCYCLE), 7);
    csr_put(MCOUNTINHIBIT, 0);
    fake.clock_ns += 3;
    CHECK_EQ(csr_get(MCYCLE), 10);
}

UNIT_TEST(csr_instret) {
    fake_reset();
    uint64_t *count = &cpu->env->guest[G_INSTRET];
    CHECK(!(rv64_flags(cpu) & TBF_COUNT));
    uint64_t first = csr_get(MINSTRET);
    CHECK(rv64_flags(cpu) & TBF_COUNT);
    *count += 10;
    CHECK_EQ(csr_get(INSTRET), first + 10);
    csr_put(MINSTRET, 500);
    *count += 1; /* the write itself, by its block */
    CHECK_EQ(csr_get(MINSTRET), 500);
    csr_put(MCOUNTINHIBIT, 4);
    *count += 99;
    CHECK_EQ(csr_get(MINSTRET), 500);
    csr_put(MCOUNTINHIBIT, 0);
    *count += 2;
    CHECK_EQ(csr_get(MINSTRET), 502);
    /* A write that starts the counting is not counted by its block. */
    fake_reset();
    csr_put(MINSTRET, 9);
    CHECK_EQ(csr_get(MINSTRET), 9);
}

UNIT_TEST(csr_model) {
    struct rv64_model def, m;
    char why[256] = "";
    CHECK(rv64_model_parse(&m, "rv64", why, sizeof why) && rv64_model_parse(&def, NULL, why, sizeof why));
    CHECK(!memcmp(&m, &def, sizeof m));
    CHECK(!rv64_model_parse(&def, "sifive-u54", why, sizeof why));
    CHECK(strstr(why, "rva22s64") != NULL);
    /* The string and the list say the same. */
    char text[sizeof m.isa] = "rv64";
    unsigned n = 4;
    for (const char *const *e = m.isa_ext; *e; e++) {
        if ((*e)[1])
            text[n++] = '_';
        for (const char *p = *e; *p; p++)
            text[n++] = *p;
    }
    for (unsigned i = 0; i <= n; i++)
        CHECK_EQ(m.isa[i], text[i]);
}
