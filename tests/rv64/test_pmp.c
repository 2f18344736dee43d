/* SPDX-License-Identifier: BSD-2-Clause */
/* PMP: ranges, order, locks, and when the answer holds for a whole page (privileged spec 3.7.1). */
#include <string.h>

#include "tests/rv64/fake.h"

enum { ALL = 7, LD = 1 << GUEST_LOAD, ST = 1 << GUEST_STORE, FE = 1 << GUEST_FETCH };

static void entry(unsigned i, uint8_t cfg, uint64_t addr) {
    rv64_pmp_write_addr(r, i, addr);
    rv64_pmp_write_cfg(r, i, cfg);
    rv64_pmp_update(r);
}

static unsigned prot(uint64_t gpa, unsigned size, unsigned priv, bool whole_wanted) {
    bool whole;
    unsigned p = rv64_pmp_prot(r, gpa, size, priv, &whole);
    CHECK_EQ(whole, whole_wanted);
    return p;
}

UNIT_TEST(pmp_off) {
    fake_reset();
    CHECK_EQ(prot(0x1000, 8, PRV_M, true), ALL);
    CHECK_EQ(prot(0x1000, 8, PRV_S, true), 0);
    CHECK_EQ(prot(0x1000, 8, PRV_U, true), 0);
    entry(3, PMP_R, 0); /* permissions, but OFF */
    CHECK_EQ(prot(0x1000, 8, PRV_S, true), 0);
}

UNIT_TEST(pmp_napot) {
    fake_reset();
    entry(0, PMP_NAPOT | PMP_R | PMP_X, ~(uint64_t)0); /* everything */
    CHECK_EQ(prot(0, 8, PRV_S, true), LD | FE);
    CHECK_EQ(prot((uint64_t)1 << 55, 8, PRV_S, true), LD | FE);
    entry(0, PMP_NAPOT | PMP_R | PMP_W, 0x80000000 >> 2 | 0x1ff); /* 4 KiB */
    CHECK_EQ(prot(0x80000000, 8, PRV_U, true), LD | ST);
    CHECK_EQ(prot(0x80000fff, 1, PRV_U, true), LD | ST);
    CHECK_EQ(prot(0x80001000, 1, PRV_U, true), 0);
    CHECK_EQ(prot(0x7fffffff, 1, PRV_U, true), 0);
    entry(0, PMP_NAPOT | PMP_R, 0x80000100 >> 2); /* 8 bytes */
    CHECK_EQ(prot(0x80000100, 8, PRV_S, false), LD);
    CHECK_EQ(prot(0x80000104, 8, PRV_S, false), 0); /* half in */
    CHECK_EQ(prot(0x80000108, 8, PRV_S, false), 0);
    CHECK_EQ(prot(0x80000104, 8, PRV_M, false), 0); /* matches in part: fails in M-mode too */
    CHECK_EQ(prot(0x80000108, 8, PRV_M, false), ALL);
    CHECK_EQ(prot(0x80001000, 8, PRV_M, true), ALL);
}

UNIT_TEST(pmp_tor_na4) {
    fake_reset();
    entry(0, PMP_TOR | PMP_R, 0x2000 >> 2); /* from 0 */
    entry(1, PMP_TOR | PMP_W | PMP_R, 0x3800 >> 2);
    entry(2, PMP_NA4 | PMP_X, 0x3900 >> 2);
    entry(3, PMP_TOR | PMP_X, 0x3000 >> 2); /* below the one before it: empty */
    CHECK_EQ(prot(0, 8, PRV_S, true), LD);
    CHECK_EQ(prot(0x1ff8, 8, PRV_S, true), LD);
    CHECK_EQ(prot(0x1ffc, 8, PRV_S, true), 0); /* over the end of the entry; and of the page */
    CHECK_EQ(prot(0x2000, 8, PRV_S, true), LD | ST);
    CHECK_EQ(prot(0x37f8, 8, PRV_S, false), LD | ST);
    CHECK_EQ(prot(0x37fc, 8, PRV_S, false), 0);
    CHECK_EQ(prot(0x3900, 4, PRV_S, false), FE);
    CHECK_EQ(prot(0x3902, 2, PRV_S, false), FE);
    CHECK_EQ(prot(0x3900, 8, PRV_S, false), 0);
    CHECK_EQ(prot(0x3908, 4, PRV_S, false), 0);
}

UNIT_TEST(pmp_order) {
    fake_reset();
    entry(0, PMP_NA4, 0x5000 >> 2);
    entry(1, PMP_NAPOT | PMP_R | PMP_W | PMP_X, ~(uint64_t)0);
    CHECK_EQ(prot(0x5000, 4, PRV_S, false), 0);
    CHECK_EQ(prot(0x5000, 8, PRV_S, false), 0);
    CHECK_EQ(prot(0x5004, 4, PRV_S, false), ALL);
    CHECK_EQ(prot(0x6000, 4, PRV_S, true), ALL);
    /* A hole that a lower entry hides does not split the page. */
    entry(0, PMP_NAPOT | PMP_R, ~(uint64_t)0);
    entry(1, PMP_NA4, 0x5000 >> 2);
    CHECK_EQ(prot(0x5004, 4, PRV_S, true), LD);
}

UNIT_TEST(pmp_last_byte) {
    fake_reset();
    entry(0, PMP_NAPOT | PMP_R, 0x1000 >> 2 | 0x1ff);
    CHECK_EQ(prot(~(uint64_t)7, 8, PRV_M, true), ALL);
    CHECK_EQ(prot(~(uint64_t)7, 8, PRV_S, true), 0);
}

UNIT_TEST(pmp_lock) {
    fake_reset();
    entry(2, PMP_L | PMP_TOR | PMP_R, 0x9000 >> 2);
    CHECK_EQ(prot(0x8000, 8, PRV_M, true), LD);
    entry(2, PMP_NAPOT, 0x1234);
    rv64_pmp_write_addr(r, 1, 0x77); /* below a locked TOR */
    rv64_pmp_write_addr(r, 0, 0x77);
    CHECK_EQ(r->pmpcfg[2], PMP_L | PMP_TOR | PMP_R);
    CHECK_EQ(r->pmpaddr[2], 0x9000 >> 2);
    CHECK_EQ(r->pmpaddr[1], 0);
    CHECK_EQ(r->pmpaddr[0], 0x77);
    entry(4, PMP_L | PMP_NAPOT | PMP_R, 0x55);
    rv64_pmp_write_addr(r, 3, 0x66);
    CHECK_EQ(r->pmpaddr[3], 0x66);
}

UNIT_TEST(pmp_csrs) {
    bool ok;
    fake_reset();
    csr_put(0x3a0, 0xffffffffffffff7f);
    CHECK_EQ(csr_get(0x3a0), 0x9f9f9f9f9f9f9f1f); /* bits 5 and 6 are zero */
    csr_put(0x3a0, 0);
    CHECK_EQ(csr_get(0x3a0), 0x9f9f9f9f9f9f9f00); /* the locked ones stay */
    csr_put(0x3a2, PMP_W | PMP_NA4 | (PMP_W | PMP_R) << 8);
    CHECK_EQ(csr_get(0x3a2), PMP_NA4 | (PMP_W | PMP_R) << 8); /* write without read is reserved */
    csr_put(0x3bf, ~(uint64_t)0);
    CHECK_EQ(csr_get(0x3bf), ((uint64_t)1 << 54) - 1);
    CHECK_EQ(fake.flushes, 3); /* not for an address of an entry that is OFF */
    CHECK_EQ(fake.flush_mask, 0);
    CHECK(!fake.flush_page);
    csr(0x3a1, READ, 0, &ok); /* odd ones are of RV32 */
    CHECK(!ok);
    csr_put(0x3ae, (uint64_t)(PMP_NA4 | PMP_R) << 56);
    csr_put(0x3ef, 0x1234);
    CHECK_EQ(r->pmpcfg[63], PMP_NA4 | PMP_R);
    CHECK_EQ(prot(0x48d0, 4, PRV_S, false), LD);
    CHECK(!csr_readable(0x3a5) && !csr_readable(0x3f0));
    r->priv = PRV_S;
    CHECK(!csr_readable(0x3a0) && !csr_readable(0x3b0));
}

/* ---- random entries against the definition, byte by byte ---- */

/* Whether entry i matches byte `at`, from table 18 of the privileged spec ("NAPOT range encoding"). */
static bool matches(unsigned i, uint64_t at) {
    uint64_t addr = r->pmpaddr[i], size = 8;
    switch (r->pmpcfg[i] & PMP_A) {
    case PMP_TOR: return at >= (i ? r->pmpaddr[i - 1] * 4 : 0) && at < addr * 4;
    case PMP_NA4: return at >= addr * 4 && at < addr * 4 + 4;
    case PMP_NAPOT:
        for (uint64_t a = addr; a & 1; a >>= 1)
            size *= 2;
        return at / size == addr * 4 / size;
    }
    return false;
}

/* What Smepmp's truth table says of each LRWX to M-mode and to S and U. */
static const char *const table[16][2] = {
    {"", ""},  {"", "x"}, {"rw", "r"}, {"rw", "rw"}, {"", "r"},  {"", "rx"},  {"", "rw"},  {"", "rwx"},
    {"", ""},  {"x", ""}, {"x", "x"},  {"rx", "x"},  {"r", ""},  {"rx", ""},  {"rw", ""},  {"r", "r"},
};

static unsigned entry_prot(unsigned cfg, unsigned priv) {
    unsigned p = (cfg & PMP_R ? LD : 0u) | (cfg & PMP_W ? ST : 0u) | (cfg & PMP_X ? FE : 0u);
    if (!(r->mseccfg & MSECCFG_MML))
        return priv == PRV_M && !(cfg & PMP_L) ? ALL : p;
    unsigned lrwx = (cfg >> 7 & 1) * 8 + (cfg & 1) * 4 + (cfg & 2) + (cfg >> 2 & 1);
    p = 0;
    for (const char *c = table[lrwx][priv != PRV_M]; *c; c++)
        p |= *c == 'r' ? LD : *c == 'w' ? ST : FE;
    return p;
}

static unsigned reference(uint64_t gpa, unsigned size, unsigned priv) {
    for (unsigned i = 0; i < RV64_PMP; i++) {
        unsigned n = 0, cfg = r->pmpcfg[i];
        for (unsigned k = 0; k < size; k++)
            n += matches(i, gpa + k);
        if (n && n < size)
            return 0;
        if (n)
            return entry_prot(cfg, priv);
    }
    if (priv != PRV_M || r->mseccfg & MSECCFG_MMWP)
        return 0;
    return r->mseccfg & MSECCFG_MML ? LD | ST : ALL;
}

static uint64_t seed;
static uint64_t rnd(void) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 24;
}

UNIT_TEST(pmp_random) {
    enum { PAGES = 4 };
    seed = 7;
    for (unsigned round = 0; round < 150; round++) {
        fake_reset();
        csr_put(0x747, MSECCFG_RLB | rnd() % 4); /* the random entries may be anything */
        for (unsigned i = 0; i < RV64_PMP; i++) {
            /* Mostly off, so that some byte gets as far as the last entry; ranges from 4 bytes to 8 pages. */
            uint64_t addr = rnd() % (PAGES * 1024), ones = ((uint64_t)1 << rnd() % 13) - 1;
            rv64_pmp_write_addr(r, i, rnd() & 1 ? addr | ones : addr & ~ones);
            rv64_pmp_write_cfg(r, i, rnd() % 9 ? 0 : (uint8_t)rnd());
        }
        rv64_pmp_update(r);
        for (unsigned page = 0; page < 3 * PAGES; page++) { /* the last ones lie above all ranges */
            uint64_t base = page * 4096;
            unsigned first = 0, all = 0;
            for (unsigned k = 0; k < 200; k++) {
                unsigned size = 1u << rnd() % 4, priv = k & 1 ? PRV_M : PRV_S;
                uint64_t at = base + rnd() % (4096 - size + 1);
                bool whole;
                unsigned got = rv64_pmp_prot(r, at, size, priv, &whole);
                CHECK_EQ(got, reference(at, size, priv));
                if (whole && priv == PRV_S) { /* then any byte has this answer */
                    CHECK(!all || first == got);
                    CHECK_EQ(reference(base, 1, priv), got);
                    CHECK_EQ(reference(base + 4095, 1, priv), got);
                    first = got;
                    all = 1;
                }
                if (!whole && priv == PRV_S)
                    CHECK(!all);
            }
        }
    }
}

/* As OpenSBI has it: its own memory, then the rest. The widest stretch ends before the page that another entry cuts. */
UNIT_TEST(pmp_widest) {
    const struct pmp_range *widest = &r->pmp.widest;
    fake_reset();
    rv64_pmp_write_addr(r, 0, 0x80000000 >> 2 | 0xffff); /* 512 KiB */
    rv64_pmp_write_cfg(r, 0, PMP_NAPOT);
    rv64_pmp_write_addr(r, 1, ~(uint64_t)0);
    rv64_pmp_write_cfg(r, 1, PMP_NAPOT | PMP_R | PMP_W | PMP_X);
    rv64_pmp_update(r);
    CHECK_EQ(widest->first, 0x80080000);
    CHECK(widest->last >= ((uint64_t)1 << 56) - 1);
    CHECK_EQ(prot(0x8007fff8, 8, PRV_S, true), 0);
    CHECK_EQ(prot(0x8007fffc, 8, PRV_S, true), 0); /* over its end */
    CHECK_EQ(prot(0x80080000, 8, PRV_S, true), ALL);
    rv64_pmp_write_addr(r, 2, r->pmpaddr[1]);
    rv64_pmp_write_cfg(r, 2, PMP_NAPOT | PMP_R | PMP_W | PMP_X);
    rv64_pmp_write_addr(r, 1, 0x90000800 >> 2);
    rv64_pmp_write_cfg(r, 1, PMP_NA4 | PMP_R);
    rv64_pmp_update(r);
    CHECK_EQ(widest->first, 0x90001000);
    CHECK_EQ(prot(0x90000800, 4, PRV_S, false), LD);
    CHECK_EQ(prot(0x90000000, 4, PRV_S, false), ALL);
    CHECK_EQ(prot(0x90001000, 4, PRV_S, true), ALL);
    /* One that decides everything; the others still end what is wide. */
    rv64_pmp_write_addr(r, 0, ~(uint64_t)0);
    rv64_pmp_write_cfg(r, 0, PMP_NAPOT | PMP_X);
    rv64_pmp_update(r);
    CHECK_EQ(prot(0x90000800, 4, PRV_S, true), FE);
}

/* ---- mseccfg ----------------------------------------------------------------------------------------------------- */

enum { MSECCFG = 0x747, RLB = 4, MMWP = 2, MML = 1 };

UNIT_TEST(pmp_mseccfg_sticky) {
    fake_reset();
    CHECK_EQ(csr_get(MSECCFG), 0);
    csr_put(MSECCFG, RLB);
    csr_put(MSECCFG, 0);
    csr_put(MSECCFG, RLB);
    CHECK_EQ(csr_get(MSECCFG), RLB);
    csr_put(MSECCFG, RLB | MMWP);
    csr_put(MSECCFG, RLB);
    CHECK_EQ(csr_get(MSECCFG), RLB | MMWP);
    csr_put(MSECCFG, RLB | MML);
    csr_put(MSECCFG, RLB);
    CHECK_EQ(csr_get(MSECCFG), RLB | MMWP | MML);
    /* RLB set: what is locked can be changed; once it is clear with something locked (OFF counts), it stays clear. */
    entry(5, PMP_L | PMP_NA4 | PMP_R, 0x100);
    entry(5, PMP_L, 0x200);
    CHECK_EQ(r->pmpcfg[5], PMP_L);
    CHECK_EQ(r->pmpaddr[5], 0x200);
    csr_put(MSECCFG, RLB);
    CHECK_EQ(csr_get(MSECCFG), RLB | MMWP | MML);
    csr_put(MSECCFG, 0);
    csr_put(MSECCFG, RLB);
    CHECK_EQ(csr_get(MSECCFG), MMWP | MML);
    entry(5, 0, 0);
    CHECK_EQ(r->pmpcfg[5], PMP_L);
    CHECK_EQ(r->pmpaddr[5], 0x200);
}

UNIT_TEST(pmp_mml_adds_no_executable) {
    fake_reset();
    csr_put(MSECCFG, MML);
    for (unsigned lrwx = 0; lrwx < 16; lrwx++) {
        uint8_t cfg = (uint8_t)(PMP_NA4 | (lrwx & 8 ? PMP_L : 0) | (lrwx & 4 ? PMP_R : 0) | (lrwx & 2 ? PMP_W : 0) |
                                (lrwx & 1 ? PMP_X : 0));
        bool refused = strchr(table[lrwx][0], 'x') != NULL;
        entry(lrwx, cfg, lrwx);
        CHECK_EQ(r->pmpcfg[lrwx], refused ? 0 : cfg);
        CHECK_EQ(refused, lrwx == 9 || lrwx == 10 || lrwx == 11 || lrwx == 13);
    }
}

UNIT_TEST(pmp_mseccfg_flushes) {
    fake_reset();
    csr_put(MSECCFG, 0x300);
    CHECK_EQ(fake.flushes, 0);
    csr_put(MSECCFG, MMWP);
    CHECK_EQ(fake.flushes, 1);
    CHECK_EQ(prot(0x1000, 8, PRV_M, true), 0);
}
