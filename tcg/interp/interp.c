/* SPDX-License-Identifier: BSD-2-Clause */
/* The interpreter: a back end whose code is bytecode. It gives the same results as x86, bit for bit, and is the
 * yardstick for it; floating point is tcg/softfp.c.
 *
 * Assumes: hart ids below INTERP_HARTS; a hart executes one block at a time (helpers do not enter translated code
 * again). Guarantees: every global is in env whenever a helper runs, so recovery only looks for the guest
 * instruction; links and diversions are single aligned stores. Entries and hart->pc are engine addresses here.
 * Memory is touched directly only with tcg_interp_direct (hosted); else each access, and each goto_ptr, goes through
 * the engine. */
#include <setjmp.h>
#include <string.h>

#include "tcg/eval.h"
#include "tcg/interp/bytecode.h"
#include "tcg/softfp.h"

enum { INTERP_HARTS = 128 };

bool tcg_interp_direct;

static struct {
    jmp_buf frame;
    uint64_t value; /* of the exit that unwinds */
} exits[INTERP_HARTS];

struct frame {
    struct plat_hart *hart;
    struct tcg_env *env;
    const struct interp_block *block;
    uint64_t *base[INTERP_BASES];
};

static inline uint64_t get(const struct frame *f, uint32_t arg) { return f->base[arg >> 24][arg & 0xffffff]; }
static inline void set(const struct frame *f, uint32_t arg, enum tcg_type t, uint64_t v) {
    f->base[arg >> 24][arg & 0xffffff] = t == TCG_I32 || t == TCG_F32 ? (uint32_t)v : v;
}
static uint64_t exit_value(const struct frame *f, enum tcg_exit e) {
    return (uint64_t)f->block->tb_id << TCG_EXIT_BITS | e;
}

/* Calls a helper as a gate would. `p`: the op, whose end the engine sees as the PC. */
static uint64_t gate(struct frame *f, const uint32_t *p, unsigned nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    f->env->gate_arg[0] = a;
    f->env->gate_arg[1] = b;
    f->env->gate_arg[2] = c;
    f->env->gate_arg[3] = d;
    f->hart->pc = (uintptr_t)(p + interp_len(*p));
    return tcg_gate(f->hart, nr);
}

static void call(struct frame *f, const uint32_t *p) {
    uint64_t a[4] = {0};
    for (unsigned i = 0; i < p[INTERP_CALL_NARGS]; i++)
        a[i] = get(f, p[INTERP_CALL_ARGS + i]);
    uint64_t r = gate(f, p, p[INTERP_CALL_HELPER], a[0], a[1], a[2], a[3]);
    if (p[INTERP_CALL_RET] != INTERP_NO_ARG)
        set(f, p[INTERP_CALL_RET], interp_type(*p), r);
}

/* ---- guest memory ------------------------------------------------------------------------------------------------ */

/* Where the access may be done right here: the soft TLB has its page, it does not cross into the next, and it is
 * aligned if it must be. NULL: by the helper. */
static void *direct(const struct frame *f, uint64_t addr, unsigned memop, unsigned role, bool write, bool aligned) {
    if (!tcg_interp_direct)
        return NULL;
    uint64_t last = (1u << (memop & TCG_MO_SIZE)) - 1;
    const struct tcg_tlb_entry *e = (const struct tcg_tlb_entry *)(uintptr_t)(
        f->env->tlb[role].base + (addr >> (12 - TCG_TLB_ENTRY_BITS) & f->env->tlb[role].mask));
    uint64_t tag = write ? e->tag_write : e->tag_read;
    if (tag != (addr & ~(uint64_t)4095) || tag != ((addr + last) & ~(uint64_t)4095) || (aligned && addr & last))
        return NULL;
    return (void *)(uintptr_t)(addr + e->addend);
}

static void order(unsigned memop, unsigned bit) {
    if (memop & bit)
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint64_t load_bytes(const void *p, unsigned memop, bool atomic) {
    uint64_t v = 0;
    uint32_t w = 0;
    if (atomic && (memop & TCG_MO_SIZE) == TCG_MO_64)
        return __atomic_load_n((const uint64_t *)p, __ATOMIC_SEQ_CST);
    if (atomic && (memop & TCG_MO_SIZE) == TCG_MO_32)
        return tcg_extend(w = __atomic_load_n((const uint32_t *)p, __ATOMIC_SEQ_CST), memop);
    memcpy(&v, p, 1u << (memop & TCG_MO_SIZE));
    return tcg_extend(v, memop);
}

static void guest_ld(struct frame *f, const uint32_t *p) {
    uint64_t addr = get(f, p[2]);
    unsigned memop = p[3], role = p[4];
    const void *at = direct(f, addr, memop, role, memop & TCG_MO_STORE_FAULT, memop & (TCG_MO_ALIGN | TCG_MO_ATOMIC));
    order(memop, TCG_MO_RL);
    uint64_t v = at ? load_bytes(at, memop, memop & TCG_MO_ATOMIC)
                    : gate(f, p, TCG_GATE_MEMOP(TCG_HELPER_LD, memop), addr, 0, 0, 0);
    order(memop, TCG_MO_AQ);
    set(f, p[1], interp_type(*p), v);
}

static void guest_st(struct frame *f, const uint32_t *p) {
    uint64_t v = get(f, p[1]), addr = get(f, p[2]);
    unsigned memop = p[3], role = p[4];
    void *at = direct(f, addr, memop, role, true, memop & (TCG_MO_ALIGN | TCG_MO_ATOMIC));
    order(memop, TCG_MO_RL);
    if (at)
        memcpy(at, &v, 1u << (memop & TCG_MO_SIZE));
    else
        gate(f, p, TCG_GATE_MEMOP(TCG_HELPER_ST, memop), addr, v, 0, 0);
    order(memop, TCG_MO_AQ);
}

/* Compare and exchange of 1 << size bytes; what was there. */
static uint64_t cas_direct(void *at, unsigned size, uint64_t expect, uint64_t v) {
    uint8_t e8 = (uint8_t)expect;
    uint16_t e16 = (uint16_t)expect;
    uint32_t e32 = (uint32_t)expect;
    switch (size) {
    case TCG_MO_8:
        __atomic_compare_exchange_n((uint8_t *)at, &e8, (uint8_t)v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return e8;
    case TCG_MO_16:
        __atomic_compare_exchange_n((uint16_t *)at, &e16, (uint16_t)v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return e16;
    case TCG_MO_32:
        __atomic_compare_exchange_n((uint32_t *)at, &e32, (uint32_t)v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return e32;
    default:
        __atomic_compare_exchange_n((uint64_t *)at, &expect, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return expect;
    }
}

static void guest_rmw(struct frame *f, const uint32_t *p) {
    uint64_t addr = get(f, p[2]), v = get(f, p[3]), old, seen;
    unsigned memop = p[4], role = p[5], size = memop & TCG_MO_SIZE;
    void *at = direct(f, addr, memop, role, true, true);
    if (at) {
        seen = load_bytes(at, size, true);
        do {
            old = seen;
            seen = cas_direct(at, size, old, tcg_eval_rmw((enum tcg_rmw)p[6], 8u << size, old, v));
        } while (seen != old);
        old = tcg_extend(old, memop);
    } else {
        old = gate(f, p, TCG_HELPER_RMW, addr, v, memop, role | p[6] << 8);
    }
    set(f, p[1], interp_type(*p), old);
}

static void guest_cas(struct frame *f, const uint32_t *p) {
    uint64_t addr = get(f, p[2]), expect = get(f, p[3]), v = get(f, p[4]);
    unsigned memop = p[5], role = p[6];
    void *at = direct(f, addr, memop, role, true, true);
    uint64_t old = at ? tcg_extend(cas_direct(at, memop & TCG_MO_SIZE, expect, v), memop)
                      : gate(f, p, TCG_HELPER_CAS, addr, expect, v, memop | (uint64_t)role << 16);
    set(f, p[1], interp_type(*p), old);
}

static void guest_zero(struct frame *f, const uint32_t *p) {
    uint64_t addr = get(f, p[1]);
    uint8_t *at = direct(f, addr, p[2], p[3], true, false);
    if (at)
        memset(at - (addr & 63), 0, 64);
    else
        gate(f, p, TCG_HELPER_ZERO, addr, p[2], p[3], 0);
}

static void ld_env(struct frame *f, const uint32_t *p) {
    uint64_t v = 0;
    memcpy(&v, (const uint8_t *)f->env + p[2], 1u << (p[3] & TCG_MO_SIZE));
    set(f, p[1], interp_type(*p), tcg_extend(v, p[3]));
}

static void st_env(struct frame *f, const uint32_t *p) {
    uint64_t v = get(f, p[1]);
    memcpy((uint8_t *)f->env + p[2], &v, 1u << (p[3] & TCG_MO_SIZE));
}

/* ---- floating point ---------------------------------------------------------------------------------------------- */

/* Exception flags in MXCSR. */
static const struct {
    uint8_t flag, bit;
} sticky[] = {{SOFTFP_NV, 0}, {SOFTFP_DZ, 2}, {SOFTFP_OF, 3}, {SOFTFP_UF, 4}, {SOFTFP_NX, 5}};

static void floating(struct frame *f, const uint32_t *p, unsigned nin, unsigned rm, unsigned imm) {
    static const uint8_t of_rc[4] = {TCG_RNE, TCG_RDN, TCG_RUP, TCG_RTZ}; /* MXCSR bits 13-14 */
    enum tcg_opc opc = (enum tcg_opc)interp_opc(*p);
    enum tcg_type type = interp_type(*p);
    bool to_int = opc == TCG_OP_fcmp || opc == TCG_OP_ftoi || opc == TCG_OP_fcvtmod || opc == TCG_OP_f2h ||
                  opc == TCG_OP_fbits;
    unsigned flags = 0;
    uint64_t a[3] = {0};
    for (unsigned i = 0; i < nin; i++)
        a[i] = get(f, p[2 + i]);
    if (rm == TCG_RM_DYN)
        rm = of_rc[f->hart->mxcsr >> 13 & 3];
    uint64_t r = softfp_op(opc, type, rm, imm, a[0], a[1], a[2], &flags);
    for (unsigned i = 0; flags && i < 5; i++)
        if (flags & sticky[i].flag)
            f->hart->mxcsr |= 1u << sticky[i].bit;
    set(f, p[1], to_int ? TCG_I64 : type, r);
}

static unsigned accrued(const struct frame *f) {
    unsigned flags = 0;
    for (unsigned i = 0; i < 5; i++)
        flags |= f->hart->mxcsr >> sticky[i].bit & 1 ? sticky[i].flag : 0;
    return flags;
}

static void keep_flags(const struct frame *f, uint64_t named) {
    if (accrued(f) & ~named)
        f->hart->mxcsr &= ~(uint32_t)63;
}

/* ---- leaving and chaining ---------------------------------------------------------------------------------------- */

/* The next block, or NULL and the exit value. */
static const struct interp_block *enter(struct frame *f, uint64_t entry, uint64_t *value) {
    f->block = (const struct interp_block *)(uintptr_t)entry;
    f->base[INTERP_CONST] = (uint64_t *)f->block->consts;
    if (!__atomic_load_n(&f->block->stale, __ATOMIC_ACQUIRE))
        return f->block;
    *value = exit_value(f, TCG_EXIT_STALE);
    return NULL;
}

static bool polled(const struct frame *f, uint32_t poll) {
    return poll && __atomic_load_n(&f->env->poll, __ATOMIC_ACQUIRE);
}

static const struct interp_block *goto_tb(struct frame *f, const uint32_t *p, uint64_t *value) {
    unsigned slot = p[1];
    const uint64_t *link = (const uint64_t *)(const void *)(p + interp_len(*p) - 2);
    uint64_t to = __atomic_load_n(link, __ATOMIC_ACQUIRE);
    if (polled(f, p[3])) {
        *value = exit_value(f, slot ? TCG_EXIT_POLL1 : TCG_EXIT_POLL0);
        return NULL;
    }
    if (to)
        return enter(f, to, value);
    *value = exit_value(f, slot ? TCG_EXIT_SLOT1 : TCG_EXIT_SLOT0);
    return NULL;
}

static const struct interp_block *goto_ptr(struct frame *f, const uint32_t *p, uint64_t *value) {
    uint64_t pc = get(f, p[1]) & ~(uint64_t)1;
    if (tcg_interp_direct && !polled(f, p[2])) {
        const struct tcg_jc_entry *e =
            (const struct tcg_jc_entry *)(uintptr_t)f->env->jc_base + TCG_JC_INDEX(pc);
        if (e->pc == pc) {
            f->env->pc_page = pc & ~(uint64_t)(TCG_PAGE - 1);
            return enter(f, e->code, value);
        }
    }
    f->env->pc = pc;
    *value = exit_value(f, TCG_EXIT_PC);
    return NULL;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

/* One case an op of ops.def, by its class. Words: tcg/interp/bytecode.h. */
#define A(n) get(f, p[n])
#define WIDE (interp_type(*p) == TCG_I64)
#define DO_MOV(n) set(f, p[1], interp_type(*p), A(2))
#define DO_UN(n) set(f, p[1], interp_type(*p), tcg_eval(TCG_OP_##n, WIDE, A(2), 0))
#define DO_BIN(n) set(f, p[1], interp_type(*p), tcg_eval(TCG_OP_##n, WIDE, A(2), A(3)))
#define DO_SEXT(n) set(f, p[1], TCG_I64, tcg_eval(TCG_OP_##n, true, A(2), 0))
#define DO_TRUNC(n) set(f, p[1], TCG_I32, A(2))
#define DO_SETC(n) set(f, p[1], TCG_I64, tcg_eval_cond((enum tcg_cond)p[4], WIDE, A(2), A(3)))
#define DO_MOVC(n) set(f, p[1], interp_type(*p), tcg_eval_cond((enum tcg_cond)p[6], WIDE, A(2), A(3)) ? A(4) : A(5))
#define DO_LABEL(n)
#define DO_BR(n) next = words + p[1]
#define DO_BRCOND(n)                                                                                                   \
    if (tcg_eval_cond((enum tcg_cond)p[3], WIDE, A(1), A(2)))                                                          \
        next = words + p[4]
#define DO_INSN(n)
#define DO_GOTO_TB(n)                                                                                                  \
    if (!goto_tb(f, p, &value))                                                                                        \
        return value;                                                                                                  \
    next = words = interp_words(f->block)
#define DO_GOTO_PTR(n)                                                                                                 \
    if (!goto_ptr(f, p, &value))                                                                                       \
        return value;                                                                                                  \
    next = words = interp_words(f->block)
#define DO_EXIT(n) return exit_value(f, (enum tcg_exit)p[1])
#define DO_LDE(n) ld_env(f, p)
#define DO_STE(n) st_env(f, p)
#define DO_GLD(n) guest_ld(f, p)
#define DO_GST(n) guest_st(f, p)
#define DO_RMW(n) guest_rmw(f, p)
#define DO_CAS(n) guest_cas(f, p)
#define DO_ZERO(n) guest_zero(f, p)
#define DO_FENCE(n) __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define DO_CALL(n) call(f, p)
#define DO_FUN(n) floating(f, p, 1, 0, 0)
#define DO_FUNR(n) floating(f, p, 1, p[3], 0)
#define DO_FBIN(n) floating(f, p, 2, 0, 0)
#define DO_FBINR(n) floating(f, p, 2, p[4], 0)
#define DO_FMA(n) floating(f, p, 3, p[5], p[6])
#define DO_FCMP(n) floating(f, p, 2, 0, p[4])
#define DO_FCVTFF(n) floating(f, p, 1, p[3], 0)
#define DO_FTOI(n) floating(f, p, 1, p[4], p[3])
#define DO_ITOF(n) floating(f, p, 1, p[4], p[3])
#define DO_FBITS(n) floating(f, p, 1, 0, 0)
#define DO_FTOH(n) floating(f, p, 1, p[3], 0)
#define DO_FRAW(n) floating(f, p, 1, 0, 0)
#define DO_FGET(n) set(f, p[1], TCG_I64, accrued(f))
#define DO_FKEEP(n) keep_flags(f, A(1))
#define DO_BOX(n) floating(f, p, 1, 0, 0)
#define DO_UNBOX(n) floating(f, p, 1, 0, 0)

static uint64_t __attribute__((noinline)) run(struct frame *f, uint64_t entry) {
    uint64_t value = 0;
    if (!enter(f, entry, &value))
        return value;
    const uint32_t *words = interp_words(f->block);
    for (const uint32_t *p = words, *next;; p = next) {
        next = p + interp_len(*p);
        switch (interp_opc(*p)) {
#define OP(name, cls, flags)                                                                                           \
    case TCG_OP_##name: DO_##cls(name); break;
#include "tcg/ops.def"
#undef OP
        default: plat_panic("interp: no op %u at %p", interp_opc(*p), (const void *)p);
        }
    }
}

static uint64_t interp_exec(struct plat_hart *hart, struct tcg_env *env, uint64_t entry) {
    uint64_t locals[TCG_MAX_TEMPS];
    struct frame f = {.hart = hart, .env = env, .base = {(uint64_t *)env, locals, NULL}};
    if (hart->id >= INTERP_HARTS)
        plat_panic("interp: hart %u of at most %u", hart->id, INTERP_HARTS);
    if (setjmp(exits[hart->id].frame))
        return exits[hart->id].value;
    return run(&f, entry);
}

static void __attribute__((noreturn)) interp_unwind(struct plat_hart *hart, uint64_t value) {
    exits[hart->id].value = value;
    longjmp(exits[hart->id].frame, 1);
}

/* ---- the back end's other doors ---------------------------------------------------------------------------------- */

static bool interp_init(void) { return true; }
static void interp_init_env(struct tcg_env *env) { (void)env; }

static void interp_link(const struct tcg_code *c, unsigned slot, uint64_t entry) {
    __atomic_store_n((uint64_t *)(uintptr_t)c->jump[slot], entry, __ATOMIC_RELEASE);
}
static void interp_unlink(const struct tcg_code *c, unsigned slot) {
    __atomic_store_n((uint64_t *)(uintptr_t)c->jump[slot], 0, __ATOMIC_RELEASE);
}
static void interp_divert(const struct tcg_code *c) {
    __atomic_store_n(&((struct interp_block *)(uintptr_t)c->entry)->stale, 1, __ATOMIC_RELEASE);
}

static bool raises(const uint32_t *p) {
    if (interp_opc(*p) == TCG_OP_call)
        return tcg_helpers[p[INTERP_CALL_HELPER]].flags & TCG_H_RAISE;
    return tcg_opdefs[interp_opc(*p)].flags & TCG_F_RAISE;
}

static bool interp_recover(const struct tcg_code *c, const struct plat_hart *hart, struct tcg_env *env, int32_t *off) {
    const struct interp_block *b = (const struct interp_block *)(uintptr_t)c->entry;
    const uint32_t *p = interp_words(b), *end = p + b->nwords;
    (void)env;
    for (; p < end; p += interp_len(*p)) {
        if (interp_opc(*p) == TCG_OP_insn_start)
            *off = (int32_t)p[1];
        if ((uintptr_t)(p + interp_len(*p)) == hart->pc)
            return raises(p);
    }
    return false;
}

const struct tcg_backend tcg_backend_interp = {
    .name = "interp",
    .init = interp_init,
    .init_env = interp_init_env,
    .compile = interp_compile,
    .exec = interp_exec,
    .unwind = interp_unwind,
    .link = interp_link,
    .unlink = interp_unlink,
    .divert = interp_divert,
    .recover = interp_recover,
    .used = interp_used,
    .piece = interp_piece,
    .reset = interp_reset,
};
