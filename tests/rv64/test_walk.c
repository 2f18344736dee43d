/* SPDX-License-Identifier: BSD-2-Clause */
/* Page walks in each mode: leaves, permissions by role, faults and their causes, A and D, PMP (privileged spec
 * 10.3-10.6). */
#include "tests/rv64/fake.h"

enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, RWX = R | W | X };
enum { LD = 1 << GUEST_LOAD, ST = 1 << GUEST_STORE, FE = 1 << GUEST_FETCH };
#define ROOT RAM_BASE

static struct guest_walk w;

static uint64_t leaf(uint64_t gpa, unsigned bits) { return gpa >> 12 << 10 | V | bits; }
static uint64_t *pte(uint64_t table, unsigned i) { return &fake.mem[(table - RAM_BASE) / 8 + i]; }
static uint64_t page(unsigned n) { return RAM_BASE + 4096 * n; }

static void start(unsigned mode) {
    fake_reset();
    rv64_pmp_write_addr(r, 0, ~(uint64_t)0);
    rv64_pmp_write_cfg(r, 0, PMP_NAPOT | PMP_R | PMP_W | PMP_X);
    rv64_pmp_update(r);
    csr_put(0x180, (uint64_t)mode << 60 | ROOT >> 12);
    r->priv = PRV_S;
}

static const uint64_t base = 0x12345000; /* the page that most tests map */

/* Makes the tables for va, from page 0 (the root) on; returns where its leaf goes. */
static uint64_t *map(unsigned mode, uint64_t va) {
    unsigned levels = mode - SATP_SV39 + 3;
    uint64_t table = ROOT;
    for (unsigned l = levels - 1, n = 1; l > 0; l--, n++) {
        *pte(table, va >> (12 + 9 * l) & 511) = leaf(page(n), 0);
        table = page(n);
    }
    return pte(table, va >> 12 & 511);
}

static bool go(uint64_t va, enum guest_access a, unsigned role) { return rv64_walk(cpu, va, 1, a, role, &w); }

static void faults(uint64_t va, enum guest_access a, unsigned role, uint64_t cause) {
    w.cause = w.tval = ~(uint64_t)0;
    CHECK(!go(va, a, role));
    CHECK_EQ(w.cause, cause);
    CHECK_EQ(w.tval, va);
}

UNIT_TEST(walk_bare_and_m) {
    fake_reset();
    CHECK(go(0x1234567890, GUEST_STORE, ROLE_M));
    CHECK_EQ(w.gpa, 0x1234567890);
    CHECK_EQ(w.prot, LD | ST | FE);
    CHECK(w.cacheable);
    CHECK_EQ(w.lg_size, 56);
    faults(0x80000000, GUEST_FETCH, ROLE_S, EXC_INSN_ACCESS); /* no PMP entry for S */
    start(SATP_BARE);
    CHECK(go(0x80000123, GUEST_LOAD, ROLE_U));
    CHECK_EQ(w.gpa, 0x80000123);
    start(SATP_SV39);
    CHECK(go(0xffff123480000123, GUEST_LOAD, ROLE_M));
    CHECK_EQ(w.gpa, 0xffff123480000123);
}

UNIT_TEST(walk_modes) {
    for (unsigned mode = SATP_SV39; mode <= SATP_SV57; mode++) {
        start(mode);
        *map(mode, base) = leaf(0x87654000, RWX | A | D);
        CHECK(go(base + 0x678, GUEST_LOAD, ROLE_S));
        CHECK_EQ(w.gpa, 0x87654678);
        CHECK_EQ(w.prot, LD | ST | FE);
        CHECK_EQ(w.lg_size, 12);
        faults(base + 4096, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
        faults(base + 4096, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
        faults(base + 4096, GUEST_FETCH, ROLE_S, EXC_INSN_PAGE);
    }
}

UNIT_TEST(walk_canonical) {
    for (unsigned mode = SATP_SV39; mode <= SATP_SV57; mode++) {
        unsigned top = 12 + 9 * (mode - SATP_SV39 + 3) - 1;
        start(mode);
        *pte(ROOT, 511) = leaf(0, RWX | A | D); /* the highest superpage */
        *pte(ROOT, 255) = *pte(ROOT, 256) = *pte(ROOT, 511);
        CHECK(go(~(uint64_t)0, GUEST_LOAD, ROLE_S));
        CHECK(go(((uint64_t)1 << top) - 1, GUEST_LOAD, ROLE_S));
        faults((uint64_t)1 << top, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
        CHECK(go(-((uint64_t)1 << top), GUEST_LOAD, ROLE_S));
        faults(-((uint64_t)1 << top) - 1, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
        faults((uint64_t)1 << 63 | 0x1000, GUEST_FETCH, ROLE_S, EXC_INSN_PAGE);
    }
}

UNIT_TEST(walk_superpages) {
    start(SATP_SV57);
    for (unsigned l = 4, n = 0; l > 0; l--, n++) {
        unsigned i = base >> (12 + 9 * l) & 511, lg = 12 + 9 * l;
        uint64_t gpa = (uint64_t)1 << 55, size = (uint64_t)1 << lg;
        *pte(page(n), i) = leaf(gpa, RWX | A | D);
        CHECK(go(base + 0x123, GUEST_LOAD, ROLE_S));
        CHECK_EQ(w.gpa, gpa + ((base + 0x123) & (size - 1)));
        CHECK_EQ(w.lg_size, lg);
        *pte(page(n), i) = leaf(gpa + size / 2, RWX | A | D);
        faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE); /* misaligned */
        *pte(page(n), i) = leaf(gpa + 4096, RWX | A | D);
        faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_PAGE);
        *pte(page(n), i) = leaf(page(n + 1), 0);
    }
    *pte(page(4), base >> 12 & 511) = leaf(RAM_BASE, 0); /* a pointer where a leaf must be */
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
}

UNIT_TEST(walk_bad_entries) {
    static const uint64_t bad[] = {
        /* N, PBMT, reserved */
        (uint64_t)1 << 63, (uint64_t)1 << 62, (uint64_t)1 << 61, (uint64_t)1 << 60, (uint64_t)1 << 54,
    };
    start(SATP_SV39);
    uint64_t *p = map(SATP_SV39, base), *top = pte(ROOT, base >> 30), good = leaf(RAM_BASE, RWX | A | D),
             pointer = *top;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        *p = good | bad[i];
        faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
        *p = good;
        *top = pointer | bad[i];
        faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
        *top = pointer;
        CHECK(go(base, GUEST_LOAD, ROLE_S));
    }
    *p = good & ~(uint64_t)V;
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
    *p = leaf(RAM_BASE, W | A | D);
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
    *p = leaf(RAM_BASE, W | X | A | D);
    faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_PAGE);
    *p = good;
    *top = pointer | A;
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
    *top = pointer | D;
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
    *top = pointer | U;
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
    *top = pointer | 1 << 5 | 3 << 8; /* G and the software bits are free */
    CHECK(go(base, GUEST_LOAD, ROLE_S));
    *top = leaf(0x10000000, 0); /* a table where there is no memory */
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_ACCESS);
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_ACCESS);
    faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_ACCESS);
}

/* prot of a page with these bits for a role; 0: nothing at all is allowed. */
static unsigned prot(unsigned bits, unsigned role) {
    static const unsigned page_causes[] = {EXC_LOAD_PAGE, EXC_STORE_PAGE, EXC_INSN_PAGE};
    unsigned allowed = 0;
    *map(SATP_SV39, base) = leaf(RAM_BASE, bits | A | D);
    for (enum guest_access a = GUEST_LOAD; a <= GUEST_FETCH; a++) {
        if (go(base, a, role))
            allowed |= 1u << a;
        else
            CHECK_EQ(w.cause, page_causes[a]);
    }
    for (enum guest_access a = GUEST_LOAD; a <= GUEST_FETCH; a++)
        if (go(base, a, role))
            CHECK_EQ(w.prot, allowed);
    return allowed;
}

UNIT_TEST(walk_roles) {
    start(SATP_SV39);
    CHECK_EQ(prot(RWX, ROLE_S), LD | ST | FE);
    CHECK_EQ(prot(RWX, ROLE_S_SUM), LD | ST | FE);
    CHECK_EQ(prot(RWX, ROLE_U), 0);
    CHECK_EQ(prot(RWX | U, ROLE_S), 0);
    CHECK_EQ(prot(RWX | U, ROLE_S_SUM), LD | ST); /* never executable */
    CHECK_EQ(prot(RWX | U, ROLE_U), LD | ST | FE);
    CHECK_EQ(prot(R, ROLE_S), LD);
    CHECK_EQ(prot(R | W, ROLE_S), LD | ST);
    CHECK_EQ(prot(X, ROLE_S), FE);
    CHECK_EQ(prot(X, ROLE_S | ROLE_MXR), LD | FE);
    CHECK_EQ(prot(X | U, ROLE_U), FE);
    CHECK_EQ(prot(X | U, ROLE_U | ROLE_MXR), LD | FE);
    CHECK_EQ(prot(X | U, ROLE_S | ROLE_MXR), 0);
    CHECK_EQ(prot(X | U, ROLE_S_SUM | ROLE_MXR), LD);
    CHECK_EQ(prot(X, ROLE_U | ROLE_MXR), 0);
}

UNIT_TEST(walk_accessed_dirty) {
    start(SATP_SV39);
    uint64_t *p = map(SATP_SV39, base);
    *p = leaf(RAM_BASE, RWX);
    CHECK(go(base, GUEST_FETCH, ROLE_S));
    CHECK_EQ(*p, leaf(RAM_BASE, RWX | A));
    CHECK_EQ(w.prot, LD | FE); /* the first store must come back */
    CHECK(go(base, GUEST_STORE, ROLE_S));
    CHECK_EQ(*p, leaf(RAM_BASE, RWX | A | D));
    CHECK_EQ(w.prot, LD | ST | FE);
    *p = leaf(RAM_BASE, RWX);
    CHECK(go(base, GUEST_STORE, ROLE_S));
    CHECK_EQ(*p, leaf(RAM_BASE, RWX | A | D));
    *p = leaf(RAM_BASE, R); /* an access that is not allowed sets nothing */
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
    CHECK_EQ(*p, leaf(RAM_BASE, R));
    fake.cas_fails = 3; /* someone else was faster: again */
    CHECK(go(base, GUEST_LOAD, ROLE_S));
    CHECK_EQ(*p, leaf(RAM_BASE, R | A));
    CHECK_EQ(fake.cas_fails, 0);
    *p = leaf(RAM_BASE, RWX);
    fake.read_only = true; /* tables in ROM */
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_ACCESS);
    *p |= A;
    CHECK(go(base, GUEST_LOAD, ROLE_S));
}

/* Without ADUE a clear A, or D for a store, is a page fault, and the entry stays as it is. */
UNIT_TEST(walk_svade) {
    start(SATP_SV39);
    uint64_t *p = map(SATP_SV39, base);
    CHECK(r->menvcfg & MENVCFG_ADUE); /* after a reset, with svadu alone */
    r->menvcfg &= ~MENVCFG_ADUE;
    *p = leaf(0x90000000, RWX);
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
    faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_PAGE);
    *p |= A;
    CHECK(go(base, GUEST_LOAD, ROLE_S));
    CHECK_EQ(w.prot, LD | FE);
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
    CHECK_EQ(*p, leaf(0x90000000, RWX | A));
    *p |= D;
    CHECK(go(base, GUEST_STORE, ROLE_S));
    CHECK_EQ(w.prot, LD | ST | FE);
}

UNIT_TEST(walk_svnapot) {
    const uint64_t n = (uint64_t)1 << 63;
    start(SATP_SV48);
    uint64_t *p = map(SATP_SV48, base);
    for (unsigned low = 0; low < 16; low++) {
        *p = n | leaf(0x90000000 | low << 12, RWX | A | D);
        if (low != 8) {
            faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
            continue;
        }
        CHECK(go(base + 0x123, GUEST_LOAD, ROLE_S));
        CHECK_EQ(w.gpa, 0x90005123); /* the low four bits of the page number are the virtual ones */
        CHECK_EQ(w.lg_size, 16);
    }
    *p = n | leaf(0x90008000, RWX);
    CHECK(go(base, GUEST_STORE, ROLE_S));
    CHECK_EQ(*p, n | leaf(0x90008000, RWX | A | D));
    *pte(page(2), base >> 21 & 511) |= n; /* in a pointer */
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
    *pte(page(2), base >> 21 & 511) = n | leaf(0x80200000, RWX | A | D); /* in a superpage */
    faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
}

UNIT_TEST(walk_svpbmt) {
    start(SATP_SV39);
    uint64_t *p = map(SATP_SV39, base), *up = pte(page(1), base >> 21 & 511);
    for (unsigned on = 0; on < 2; on++) {
        r->priv = PRV_M;
        csr_put(0x30a, on ? MENVCFG_PBMTE : 0);
        r->priv = PRV_S;
        for (uint64_t type = 0; type < 4; type++) {
            *p = leaf(0x90000000, RWX | A | D) | type << 61;
            if (type == 0 || (on && type < 3))
                CHECK(go(base, GUEST_LOAD, ROLE_S) && w.gpa == 0x90000000);
            else
                faults(base, GUEST_LOAD, ROLE_S, EXC_LOAD_PAGE);
        }
        *p = leaf(0x90000000, RWX | A | D);
        *up |= (uint64_t)1 << 61; /* in a pointer */
        faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_PAGE);
        *up &= ~((uint64_t)1 << 61);
        for (unsigned bit = 54; bit < 61; bit++) {
            *p = leaf(0x90000000, RWX | A | D) | (uint64_t)1 << bit;
            faults(base, GUEST_STORE, ROLE_S, EXC_STORE_PAGE);
        }
    }
    CHECK_EQ(fake.flushes, 1); /* PBMTE */
}

UNIT_TEST(walk_pmp) {
    start(SATP_SV39);
    uint64_t *p = map(SATP_SV39, base);
    *p = leaf(0x90000000, RWX | A | D);
    /* The leaf's table (page 2) is not readable: access faults of the original kind. */
    r->pmpaddr[1] = r->pmpaddr[0];
    r->pmpcfg[1] = r->pmpcfg[0];
    r->pmpcfg[0] = PMP_NAPOT | PMP_X;
    r->pmpaddr[0] = page(2) >> 2 | 0x1ff;
    rv64_pmp_update(r);
    faults(base, GUEST_LOAD, ROLE_U, EXC_LOAD_ACCESS);
    faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_ACCESS);
    r->pmpcfg[0] = PMP_NAPOT | PMP_R; /* readable, not writable: only A and D cannot be set */
    rv64_pmp_update(r);
    CHECK(go(base, GUEST_STORE, ROLE_S));
    *p = leaf(0x90000000, RWX | A);
    CHECK(go(base, GUEST_LOAD, ROLE_S));
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_ACCESS);
    /* The page itself. */
    *p = leaf(0x90000000, RWX | A | D);
    r->pmpaddr[0] = 0x90000000 >> 2 | 0x1ff;
    rv64_pmp_update(r);
    CHECK(go(base, GUEST_LOAD, ROLE_S));
    CHECK_EQ(w.prot, LD);
    CHECK(w.cacheable);
    faults(base, GUEST_STORE, ROLE_S, EXC_STORE_ACCESS);
    faults(base, GUEST_FETCH, ROLE_S, EXC_INSN_ACCESS);
    r->pmpaddr[0] = 0x90000800 >> 2 | 0xff; /* 2 KiB in it */
    rv64_pmp_update(r);
    CHECK(go(base, GUEST_STORE, ROLE_S));
    CHECK(!w.cacheable);
    faults(base + 0x800, GUEST_STORE, ROLE_S, EXC_STORE_ACCESS);
    CHECK(go(base + 0x800, GUEST_LOAD, ROLE_S));
    CHECK(!rv64_walk(cpu, base + 0x7fc, 8, GUEST_LOAD, ROLE_S, &w)); /* over the boundary */
    CHECK_EQ(w.cause, EXC_LOAD_ACCESS);
}

/* Neighbours of a page: those that the guest could use without a change to its tables, and no others. */
UNIT_TEST(walk_around) {
    struct guest_walk n[8];
    start(SATP_SV39);
    uint64_t *p = map(SATP_SV39, base) - (base >> 12 & 7);
    static const uint64_t bits[8] = {RWX | A | D, RWX | A, RWX, R | A | U, 0, RWX | A | D, X | A, W | A};
    for (unsigned i = 0; i < 8; i++)
        p[i] = leaf(0x90000000 + i * 4096, bits[i]);
    CHECK_EQ(base >> 12 & 7, 5);
    CHECK(go(base, GUEST_LOAD, ROLE_S));
    rv64_around(cpu, 8, 0, ROLE_S, &w, n);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(n[i].prot, i == 0 ? LD | ST | FE : i == 1 ? LD | FE : 0);
    CHECK_EQ(n[1].gpa, 0x90001000);
    CHECK(n[1].cacheable);
    CHECK_EQ(p[2], leaf(0x90002000, RWX)); /* A is the guest's */
    rv64_around(cpu, 8, 1, ROLE_S, &w, n);
    CHECK_EQ(n[0].prot, 0);
    CHECK_EQ(n[1].prot, LD | FE);
    rv64_around(cpu, 4, 0, ROLE_S, &w, n); /* 4 to 7 */
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(n[i].prot, 0);
    rv64_around(cpu, 8, 0, ROLE_S_SUM, &w, n);
    CHECK_EQ(n[3].prot, LD);
    p[0] |= 1 << 5; /* G: its own, not of a pointer above */
    rv64_around(cpu, 8, 0, ROLE_S, &w, n);
    CHECK(n[0].common && !n[1].common);
    w.global = true;
    rv64_around(cpu, 8, 0, ROLE_S, &w, n);
    CHECK(n[0].prot && !n[1].prot);
    /* PMP: of a page, and of the table. */
    w.global = false;
    r->pmpcfg[1] = r->pmpcfg[0];
    r->pmpaddr[1] = r->pmpaddr[0];
    r->pmpcfg[0] = PMP_NAPOT | PMP_R;
    r->pmpaddr[0] = 0x90000000 >> 2 | 0x1ff;
    rv64_pmp_update(r);
    rv64_around(cpu, 8, 0, ROLE_S, &w, n);
    CHECK_EQ(n[0].prot, LD);
    CHECK_EQ(n[1].prot, LD | FE);
    r->pmpcfg[0] = PMP_NAPOT | PMP_X;
    r->pmpaddr[0] = page(2) >> 2 | 0x1ff;
    rv64_pmp_update(r);
    rv64_around(cpu, 8, 0, ROLE_S, &w, n);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(n[i].prot, 0);
}
