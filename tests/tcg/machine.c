/* SPDX-License-Identifier: BSD-2-Clause */
/* Assumes: hosted, where user and engine addresses are the same. Guarantees: a run depends on the code and the seed of
 * machine_reset() only. */
#include "tests/tcg/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tcg/eval.h"
#include "tcg/softfp.h"

static const struct tcg_helper helpers[MACHINE_HELPERS] = {
    [TCG_HELPER_LD] = {"guest_ld", 2, TCG_H_RAISE, true},
    [TCG_HELPER_ST] = {"guest_st", 3, TCG_H_RAISE, false},
    [TCG_HELPER_RMW] = {"guest_rmw", 4, TCG_H_RAISE, true},
    [TCG_HELPER_CAS] = {"guest_cas", 4, TCG_H_RAISE, true},
    [TCG_HELPER_ZERO] = {"guest_zero", 3, TCG_H_RAISE, false},
    [TCG_HELPER_FP] = {"fp", 4, 0, true},
    [TCG_HELPER_BITS] = {"bits", 3, 0, true},
    [MACHINE_PURE] = {"pure", 2, TCG_H_PURE, true},
    [MACHINE_NOTE] = {"note", 4, 0, false},
    [MACHINE_READS] = {"reads", 1, TCG_H_READS, true},
    [MACHINE_WRITES] = {"writes", 1, TCG_H_READS | TCG_H_WRITES, true},
    [MACHINE_MAYBE] = {"maybe", 1, TCG_H_RAISE, true},
};

static uint64_t mix(uint64_t h, uint64_t v) { return (h ^ v) * 0x9e3779b97f4a7c15u + (h >> 29); }

/* ---- helpers ----------------------------------------------------------------------------------------------------- */

static _Noreturn void raise(struct machine *m) {
    if (!tcg_backend->recover(m->code, &m->hart, m->env, &m->raised_off))
        plat_panic("no recovery record at %#" PRIx64, m->hart.pc);
    tcg_backend->unwind(&m->hart, TCG_EXIT_EXCEPTION);
}

/* The bytes at va; raises where there are none, or if they must be aligned and are not. */
static uint8_t *bytes_at(struct machine *m, uint64_t va, unsigned memop, bool aligned) {
    unsigned size = 1u << (memop & TCG_MO_SIZE);
    uint64_t off = va - MACHINE_VA;
    if (off > (MACHINE_PAGES - 1) * TCG_PAGE - size || ((aligned || memop & TCG_MO_ALIGN) && va & (size - 1)))
        raise(m);
    return (uint8_t *)m->ram.engine + off;
}

static uint64_t load(const uint8_t *p, unsigned memop) {
    uint64_t v = 0;
    memcpy(&v, p, 1u << (memop & TCG_MO_SIZE));
    return tcg_extend(v, memop);
}

/* Written apart from tcg_eval_rmw(): by shifting what counts to the top, where the host's own comparisons work. */
static uint64_t rmw(enum tcg_rmw k, uint64_t old, uint64_t v, unsigned bits) {
    uint64_t a = old << (64 - bits), b = v << (64 - bits);
    switch (k) {
    case TCG_RMW_XCHG: return v;
    case TCG_RMW_ADD: return old + v;
    case TCG_RMW_AND: return old & v;
    case TCG_RMW_OR: return old | v;
    case TCG_RMW_XOR: return old ^ v;
    case TCG_RMW_MIN: return (int64_t)a < (int64_t)b ? old : v;
    case TCG_RMW_MAX: return (int64_t)a > (int64_t)b ? old : v;
    case TCG_RMW_MINU: return a < b ? old : v;
    case TCG_RMW_MAXU: return a > b ? old : v;
    }
    return old;
}

static uint64_t helper_rmw(struct machine *m, uint64_t va, uint64_t v, unsigned memop, unsigned role_kind) {
    uint8_t *p = bytes_at(m, va, memop, true);
    unsigned size = memop & TCG_MO_SIZE;
    uint64_t old = load(p, size), new = rmw((enum tcg_rmw)(role_kind >> 8), old, v, 8u << size);
    memcpy(p, &new, 1u << size);
    return tcg_extend(old, memop);
}

static uint64_t helper_cas(struct machine *m, uint64_t va, uint64_t expect, uint64_t v, unsigned memop) {
    uint8_t *p = bytes_at(m, va, memop, true);
    uint64_t old = load(p, memop & TCG_MO_SIZE);
    if (old == tcg_extend(expect, memop & TCG_MO_SIZE))
        memcpy(p, &v, 1u << (memop & TCG_MO_SIZE));
    return tcg_extend(old, memop);
}

static uint64_t helper_fp(struct machine *m, uint32_t ctl, const uint64_t *a) {
    static const uint8_t of_rc[4] = {TCG_RNE, TCG_RDN, TCG_RUP, TCG_RTZ};
    unsigned flags = 0;
    if ((ctl >> 16 & 0xff) == TCG_RM_DYN)
        ctl = (ctl & ~0xff0000u) | (uint32_t)of_rc[m->hart.mxcsr >> 13 & 3] << 16;
    uint64_t r = softfp_ctl(ctl, a[1], a[2], a[3], &flags);
    m->hart.mxcsr |= (flags & SOFTFP_NV ? 1 : 0) | (flags & SOFTFP_DZ ? 4 : 0) | (flags & SOFTFP_OF ? 8 : 0) |
                     (flags & SOFTFP_UF ? 16 : 0) | (flags & SOFTFP_NX ? 32 : 0);
    return r;
}

static uint64_t digest(const struct machine *m) {
    uint64_t h = 1;
    for (unsigned i = 1; i <= MACHINE_NX; i++)
        h = mix(h, m->env->reg[i]);
    for (unsigned i = 0; i < MACHINE_NF; i++)
        h = mix(h, m->env->freg[i]);
    return h;
}

static uint64_t gate(struct plat_hart *hart, uint32_t nr) {
    struct machine *m = (struct machine *)hart;
    const uint64_t *a = m->env->gate_arg;
    unsigned memop = nr >> 8;
    switch (nr & 255) {
    case TCG_HELPER_LD: return load(bytes_at(m, a[0], memop, false), memop);
    case TCG_HELPER_ST: memcpy(bytes_at(m, a[0], memop, false), &a[1], 1u << (memop & TCG_MO_SIZE)); return 0;
    case TCG_HELPER_RMW: return helper_rmw(m, a[0], a[1], (unsigned)a[2], (unsigned)a[3]);
    case TCG_HELPER_CAS: return helper_cas(m, a[0], a[1], a[2], a[3] & 0xffff);
    case TCG_HELPER_ZERO: memset(bytes_at(m, a[0] & ~(uint64_t)63, TCG_MO_64, false), 0, 64); return 0;
    case TCG_HELPER_FP: return helper_fp(m, (uint32_t)a[0], a);
    case TCG_HELPER_BITS: return tcg_eval_bits((enum tcg_opc)a[0], a[1], a[2]);
    case MACHINE_PURE: return a[0] * 3 + (a[1] << 7 | a[1] >> 57);
    case MACHINE_NOTE: m->trace = mix(mix(mix(mix(m->trace, a[0]), a[1]), a[2]), a[3]); return 0;
    case MACHINE_READS: return m->trace = mix(digest(m), a[0]);
    case MACHINE_WRITES:
        m->env->reg[3] += a[0];
        m->env->freg[2] ^= a[0];
        return m->trace = digest(m);
    case MACHINE_MAYBE:
        if ((a[0] & 7) == 3)
            raise(m);
        return a[0] + 1;
    default: plat_panic("no helper %u", nr);
    }
}

/* ---- the machine ------------------------------------------------------------------------------------------------- */

bool machine_init(struct machine *m) {
    struct plat_gate_info info;
    memset(m, 0, sizeof *m);
    if (!plat_user_alloc(2 * TCG_PAGE, TCG_PAGE, &m->env_mem) ||
        !plat_user_alloc(0, TCG_PAGE + TCG_JC_SIZE * sizeof(struct tcg_jc_entry), &m->tables) ||
        !plat_user_alloc(MACHINE_PAGES * TCG_PAGE, 0, &m->ram))
        return false;
    m->env = m->env_mem.engine;
    m->hart.env = m->env_mem.user + TCG_ENV_BIAS;
    m->hart.engine_mxcsr = m->hart.mxcsr = 0x1f80;
    plat_hart_init(&m->hart);
    plat_gate_info(&info);
    m->env->gate = info.gate;
    m->env->exit = info.exit;
    plat_set_gate(gate);
    tcg_gate = gate;
    tcg_interp_direct = true;
    tcg_set_helpers(helpers, MACHINE_HELPERS);
    return true;
}

void machine_globals(struct tcg_ctx *s) {
    static char names[MACHINE_NX + MACHINE_NF + 1][4];
    for (unsigned i = 1; i <= MACHINE_NX; i++) {
        sprintf(names[i], "x%u", i % 100);
        tcg_global_new(s, TCG_I64, (uint32_t)offsetof(struct tcg_env, reg) + 8 * i, names[i]);
    }
    for (unsigned i = 0; i < MACHINE_NF; i++) {
        sprintf(names[MACHINE_NX + 1 + i], "f%u", i % 100);
        tcg_global_new(s, TCG_F64, (uint32_t)offsetof(struct tcg_env, freg) + 8 * i, names[MACHINE_NX + 1 + i]);
    }
    tcg_global_new(s, TCG_I64, offsetof(struct tcg_env, pc_page), "pc_page");
}

uint64_t machine_random_int(uint64_t *st) {
    static const uint64_t corner[] = {0,
                                      1,
                                      2,
                                      3,
                                      7,
                                      8,
                                      31,
                                      32,
                                      63,
                                      0x7f,
                                      0x80,
                                      0xff,
                                      0xffff,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x100000000,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      ~0ull,
                                      ~1ull,
                                      ~0xfull,
                                      0xffffffff80000000,
                                      0xffffffff7fffffff};
    uint64_t r = machine_random(st), v = machine_random(st);
    if (r % 4 == 0)
        return corner[v % (sizeof corner / sizeof *corner)];
    return r % 4 == 1 ? v : r % 4 == 2 ? tcg_sext(v, 1 + r / 4 % 64) : v >> r / 4 % 64;
}

static uint64_t random_float(uint64_t *st, unsigned frac, unsigned expo) {
    uint64_t r = machine_random(st), v = machine_random(st), bias = (1u << (expo - 1)) - 1, e;
    uint64_t fmask = ((uint64_t)1 << frac) - 1, emask = (1u << expo) - 1, f = r & 1 ? v & fmask : (v & 7) << (frac - 3);
    switch (r >> 1 & 15) {
    case 0: e = 0; f = 0; break;                   /* zero */
    case 1: e = 0; break;                          /* subnormal */
    case 2: e = emask; f = 0; break;               /* infinity */
    case 3: e = emask; break;                      /* NaN, often */
    case 4: e = 1 + (r >> 8) % 4; break;           /* near underflow */
    case 5: e = emask - 1 - (r >> 8) % 4; break;   /* near overflow */
    case 6: e = r >> 8 & emask; break;
    default: e = bias + (r >> 8) % 40 - 4; break;  /* about 1, and what fits integers */
    }
    return (v >> 63) << (frac + expo) | e << frac | f;
}
uint64_t machine_random_f32(uint64_t *st) { return random_float(st, 23, 8); }
uint64_t machine_random_f64(uint64_t *st) { return random_float(st, 52, 11); }

static void reset_tables(struct machine *m) {
    struct tcg_tlb_entry *tlb = m->tables.engine, *none = tlb + MACHINE_PAGES;
    struct tcg_jc_entry *jc = (void *)((uint8_t *)m->tables.engine + TCG_PAGE);
    for (unsigned i = 0; i < MACHINE_PAGES; i++) {
        tlb[i] = none[i] = (struct tcg_tlb_entry){.tag_read = ~0ull, .tag_write = ~0ull};
        if (i < MACHINE_FAST) {
            unsigned at = ((MACHINE_VA >> 12) + i) % MACHINE_PAGES;
            tlb[at].tag_read = tlb[at].tag_write = MACHINE_VA + i * TCG_PAGE;
            tlb[at].addend = m->ram.user - MACHINE_VA;
        }
    }
    tlb[((MACHINE_VA >> 12) + 1) % MACHINE_PAGES].tag_write |= TCG_TLB_SLOW; /* page 1 is like one with code in it */
    for (unsigned i = 0; i < TCG_JC_SIZE; i++)
        jc[i] = (struct tcg_jc_entry){.pc = 1};
    for (unsigned r = 0; r < TCG_MMU_ROLES; r++) {
        m->env->tlb[r].mask = (uint64_t)(MACHINE_PAGES - 1) << TCG_TLB_ENTRY_BITS;
        m->env->tlb[r].base = m->tables.user + (r ? MACHINE_PAGES * sizeof *tlb : 0);
    }
    m->env->jc_base = m->tables.user + TCG_PAGE;
}

void machine_reset(struct machine *m, uint64_t seed) {
    uint64_t st = seed * 2 + 1;
    memset(m->env, 0, 2 * TCG_PAGE);
    reset_tables(m);
    for (unsigned i = 1; i < 32; i++)
        m->env->reg[i] = machine_random_int(&st);
    for (unsigned i = 0; i < 32; i++) {
        m->env->freg[i] = i & 1 ? machine_random_f64(&st) : 0xffffffff00000000u | machine_random_f32(&st);
        m->env->guest[i] = machine_random(&st);
    }
    m->env->pc_page = 0x10000 * TCG_PAGE;
    for (unsigned i = 0; i < MACHINE_PAGES * TCG_PAGE / 8; i++)
        ((uint64_t *)m->ram.engine)[i] = machine_random(&st);
    m->hart.mxcsr = 0x1f80 | (machine_random(&st) & 3) << 13;
    m->env->poll = machine_random(&st) % 4 == 0;
    m->trace = 0;
    m->raised_off = -1;
}

void machine_exec(struct machine *m, const struct tcg_code *code, struct machine_state *out) {
    m->code = code;
    out->exit = tcg_backend->exec(&m->hart, m->env, code->entry);
    out->trace = m->trace;
    memcpy(out->reg, m->env->reg, sizeof out->reg);
    memcpy(out->freg, m->env->freg, sizeof out->freg);
    memcpy(out->guest, m->env->guest, sizeof out->guest);
    memcpy(out->mem, m->ram.engine, sizeof out->mem);
    out->pc_page = m->env->pc_page;
    out->pc = m->env->pc;
    out->mxcsr = m->hart.mxcsr & 0x603d; /* rounding, and the five flags (not "denormal") */
    out->raised_off = m->raised_off;
}

const char *machine_diff(const struct machine_state *a, const struct machine_state *b) {
    static char text[160];
#define DIFF(fmt, i, x, y)                                                                                             \
    if ((x) != (y)) {                                                                                                  \
        snprintf(text, sizeof text, fmt ": %#" PRIx64 ", %#" PRIx64, i, (uint64_t)(x), (uint64_t)(y));                 \
        return text;                                                                                                   \
    }
    DIFF("exit%.0u", 0u, a->exit, b->exit);
    DIFF("raised_off%.0u", 0u, a->raised_off, b->raised_off);
    DIFF("mxcsr%.0u", 0u, a->mxcsr, b->mxcsr);
    for (unsigned i = 0; i < 32; i++) {
        DIFF("x%u", i, a->reg[i], b->reg[i]);
        DIFF("f%u", i, a->freg[i], b->freg[i]);
        DIFF("guest%u", i, a->guest[i], b->guest[i]);
    }
    DIFF("pc_page%.0u", 0u, a->pc_page, b->pc_page);
    DIFF("pc%.0u", 0u, a->pc, b->pc);
    DIFF("trace%.0u", 0u, a->trace, b->trace);
    for (unsigned i = 0; memcmp(a->mem, b->mem, sizeof a->mem) && i < sizeof a->mem; i++)
        DIFF("memory %#x", i, a->mem[i], b->mem[i]);
#undef DIFF
    return NULL;
}
