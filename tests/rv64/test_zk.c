/* SPDX-License-Identifier: BSD-2-Clause */
/* Zkr: who may touch the seed CSR, and what it says of its source. Zawrs: what ends a wait. */
#include "tests/rv64/fake.h"

enum { SEED = 0x015, MSECCFG = 0x747 };
enum { WAIT = 1, ES16 = 2, DEAD = 3 };

static uint64_t status(uint64_t v) { return v >> 30; }

UNIT_TEST(seed_access) {
    static const unsigned leave[] = {0, MSECCFG_USEED, MSECCFG_SSEED, MSECCFG_USEED | MSECCFG_SSEED};
    bool ok;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned priv = PRV_U; priv <= PRV_M; priv += priv ? 2 : 1) {
            fake_reset();
            fake.seed = 0x123456789abcdef0;
            csr_put(MSECCFG, leave[i]);
            CHECK_EQ(csr_get(MSECCFG), leave[i]);
            r->priv = (uint8_t)priv;
            csr(SEED, RW, 0, &ok);
            CHECK_EQ(ok, priv == PRV_M || (leave[i] & (priv == PRV_S ? MSECCFG_SSEED : MSECCFG_USEED)) != 0);
            csr(SEED, READ, 0, &ok);
            CHECK(!ok);
        }
    fake_reset();
    csr(SEED, SET, 0, &ok); /* csrrs with another source than x0 is a read-write instruction */
    CHECK(ok);
    csr(SEED, CLEAR, 0, &ok);
    CHECK(ok);
}

UNIT_TEST(seed_entropy) {
    bool ok;
    fake_reset();
    fake.seed = 0x123456789abcdef0;
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(csr(SEED, RW, ~(uint64_t)0, &ok), (uint64_t)ES16 << 30 | (fake.seed >> 16 * i & 0xffff));
    fake.seed_kind = PLAT_SEED_LATER;
    CHECK_EQ(csr(SEED, RW, 0, &ok), (uint64_t)WAIT << 30);
    fake.seed_kind = PLAT_SEED_OK;
    fake.seed = 0x1111;
    CHECK_EQ(csr(SEED, RW, 0, &ok), (uint64_t)ES16 << 30 | 0x1111);
}

UNIT_TEST(seed_dead) {
    bool ok;
    fake_reset();
    fake.seed = 0x5555;
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(status(csr(SEED, RW, 0, &ok)), ES16);
    CHECK_EQ(status(csr(SEED, RW, 0, &ok)), DEAD); /* the source repeats itself */
    fake.seed = 0x6666;
    CHECK_EQ(csr(SEED, RW, 0, &ok), (uint64_t)DEAD << 30); /* for good */
    fake_reset();
    fake.seed_kind = PLAT_SEED_NONE;
    CHECK_EQ(csr(SEED, RW, 0, &ok), (uint64_t)DEAD << 30);
}

/* Nanoseconds that a wait takes, the clock moving on by 100 with each look; the exception in *cause, ~0: none. */
static uint64_t waited(bool forever, uint64_t *cause) {
    fake.clock_step = 100;
    uint64_t start = fake.clock_ns;
    helper_wrs(cpu, forever, ROLE_M, 0xd00073);
    *cause = raised();
    return fake.clock_ns - start;
}

static void reserve(uint64_t tag, uint64_t value) {
    cpu->env->guest[G_RESV_ADDR] = tag;
    cpu->env->guest[G_RESV_VAL] = value;
}

UNIT_TEST(wrs_ends) {
    uint64_t cause;
    fake_reset();
    fake.mem[2] = 0xffffffff80000001;
    CHECK(waited(true, &cause) <= 300); /* no reservation */
    reserve(RAM_BASE + 16, 0xffffffff80000001); /* of lr.w */
    CHECK(waited(true, &cause) > 1000 && cause == ~(uint64_t)0); /* only by time */
    CHECK(waited(false, &cause) > 1000 && cause == ~(uint64_t)0);
    reserve(RAM_BASE + 17, 0xffffffff80000001); /* of lr.d */
    CHECK(waited(false, &cause) > 1000);
    reserve(RAM_BASE + 17, 0x80000001); /* memory changed */
    CHECK(waited(true, &cause) <= 300);
    reserve(RAM_BASE + 16, 0x80000002);
    CHECK(waited(true, &cause) <= 300);
    reserve(8, 0); /* what lr can no longer reach */
    CHECK(waited(true, &cause) <= 300);
    reserve(RAM_BASE + 16, 0x80000001);
    cpu->irq_lines = IRQ_BIT(IRQ_MSIP); /* pending and enabled in mie, though not in mstatus */
    CHECK(waited(true, &cause) > 1000);
    r->mie = IRQ_BIT(IRQ_MSIP);
    CHECK(waited(true, &cause) <= 300);
    r->mie = 0;
    cpu->env->poll = 1;
    CHECK(waited(true, &cause) <= 300);
}

UNIT_TEST(wrs_tw) {
    uint64_t cause;
    for (unsigned priv = PRV_U; priv <= PRV_M; priv += priv ? 2 : 1)
        for (unsigned forever = 0; forever < 2; forever++) {
            fake_reset();
            r->priv = (uint8_t)priv;
            r->mstatus |= MSTATUS_TW;
            CHECK(waited(forever, &cause) <= 300 && cause == ~(uint64_t)0); /* it ends within the limit */
            reserve(RAM_BASE, 0);
            CHECK(waited(forever, &cause) > 1000);
            CHECK_EQ(cause, forever && priv != PRV_M ? (uint64_t)EXC_ILLEGAL : ~(uint64_t)0);
        }
}
