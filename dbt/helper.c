/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's dispatcher and the helpers of memory: the slow paths of guest_ld, guest_st, guest_rmw and guest_cas.
 * A gate number or an argument may be anything: ring 3 is hostile. The role that it names is the one that the block was
 * made for; what counts is the engine's own. An access checks every byte before it changes
 * one. */
#include "dbt/helper.h"

#include <string.h>

#include "dbt/tlb.h"
#include "tcg/eval.h"

/* ---- dispatch ---- */

#define ARGS_0
#define ARGS_1 , a[0]
#define ARGS_2 , a[0], a[1]
#define ARGS_3 , a[0], a[1], a[2]
#define ARGS_4 , a[0], a[1], a[2], a[3]
#define RET_0(call) call; return 0
#define RET_1(call) return call
#define HELPER(name, ret, nargs, flags)                                                                                \
    static uint64_t thunk_##name(struct vcpu *cpu, const uint64_t *a) {                                                \
        (void)a;                                                                                                       \
        RET_##ret(helper_##name(cpu ARGS_##nargs));                                                                    \
    }
#include "dbt/helper.def"
#undef HELPER

static uint64_t (*const thunks[])(struct vcpu *, const uint64_t *) = {
#define HELPER(name, ret, nargs, flags) thunk_##name,
#include "dbt/helper.def"
#undef HELPER
};
static const struct tcg_helper table[] = {
#define HELPER(name, ret, nargs, flags) {#name, nargs, flags, ret},
#include "dbt/helper.def"
#undef HELPER
};

void engine_helpers(void) { tcg_set_helpers(table, NHELPERS); }

uint64_t engine_gate(struct plat_hart *hart, uint32_t nr) {
    struct vcpu *cpu = vcpu_of(hart);
    uint32_t memop = nr >> 8 & 255;
    nr &= 255;
    if (nr >= NHELPERS)
        cpu_misbehaved(cpu, "asked for an unknown helper", hart->pc, nr);
    cpu->stats->helper[nr]++;
    const uint64_t *arg = cpu->env->gate_arg;
    switch (nr) {
    case HELPER_guest_ld: return helper_guest_ld(cpu, arg[0], memop);
    case HELPER_guest_st: helper_guest_st(cpu, arg[0], arg[1], memop); return 0;
    default: return thunks[nr](cpu, arg);
    }
}

/* ---- guest memory ---- */

static _Noreturn void raise_walk(struct vcpu *cpu, const struct guest_walk *w, uint64_t va, enum guest_access access) {
    if (w->cause == TLB_ACCESS_FAULT)
        guest->access_fault(cpu, va, access, false);
    else
        cpu_raise(cpu, w->cause, w->tval);
    plat_panic("an exception outside translated code reached a memory helper");
}

/* The page of an access inside one page; raises what is wrong with it. */
static struct tlb_page *resolve(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role) {
    struct guest_walk w;
    struct tlb_page *p = tlb_lookup(cpu, va, size, access, role, &w);
    if (!p)
        raise_walk(cpu, &w, va, access);
    const struct mmio_ops *m = p->hit.mmio;
    if (m && (size < m->min || size > m->max || va & (size - 1) || (va & (GUEST_PAGE_SIZE - 1)) + size > p->hit.left))
        guest->access_fault(cpu, va, access, false);
    return p;
}

static uint8_t *ram_at(const struct tlb_page *p, uint64_t va) {
    return (uint8_t *)p->hit.ptr + (va & (GUEST_PAGE_SIZE - 1));
}

/* Aligned accesses are single ones, as other harts see them (RVWMO, "single-copy atomic"). */
static uint64_t load_ram(const void *p, unsigned size) {
    uint64_t v = 0;
    if ((uintptr_t)p & (size - 1)) {
        memcpy(&v, p, size);
        return v;
    }
    switch (size) {
    case 1: return __atomic_load_n((const uint8_t *)p, __ATOMIC_ACQUIRE);
    case 2: return __atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE);
    case 4: return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE);
    default: return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
    }
}

static void store_ram(void *p, uint64_t v, unsigned size) {
    if ((uintptr_t)p & (size - 1)) {
        memcpy(p, &v, size);
        return;
    }
    switch (size) {
    case 1: __atomic_store_n((uint8_t *)p, (uint8_t)v, __ATOMIC_RELEASE); break;
    case 2: __atomic_store_n((uint16_t *)p, (uint16_t)v, __ATOMIC_RELEASE); break;
    case 4: __atomic_store_n((uint32_t *)p, (uint32_t)v, __ATOMIC_RELEASE); break;
    default: __atomic_store_n((uint64_t *)p, v, __ATOMIC_RELEASE);
    }
}

static uint64_t load_in_page(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role) {
    struct tlb_page *p = resolve(cpu, va, size, access, role);
    uint64_t v = 0;
    if (!p->hit.mmio) {
        return load_ram(ram_at(p, va), size);
    }
    STAT_INC(cpu, mmio);
    uint64_t off = p->hit.off + (va & (GUEST_PAGE_SIZE - 1));
    v = p->hit.mmio->read(p->hit.dev, off, size);
    if (plat_log_on(LOG_dev))
        plat_log("dev %s: read %u at %#llx: %#llx\n", p->hit.name, size, (unsigned long long)off,
                 (unsigned long long)v);
    return v;
}

static void store_mmio(struct vcpu *cpu, const struct tlb_page *p, uint64_t va, uint64_t v, unsigned size) {
    uint64_t off = p->hit.off + (va & (GUEST_PAGE_SIZE - 1));
    STAT_INC(cpu, mmio);
    if (plat_log_on(LOG_dev))
        plat_log("dev %s: write %u at %#llx: %#llx\n", p->hit.name, size, (unsigned long long)off,
                 (unsigned long long)v);
    p->hit.mmio->write(p->hit.dev, off, v, size);
}

/* After a store of RAM: tells who watches it. */
static void stored(const struct tlb_page *p, uint64_t va, unsigned size) {
    if (engine_nharts > 1) /* it may have become code since it was marked */
        frame_written(p->gpa);
    if (p->hit.watch)
        p->hit.watch->written(p->hit.watch->dev, p->gpa + (va & (GUEST_PAGE_SIZE - 1)), size);
}

static void store_in_page(struct vcpu *cpu, uint64_t va, uint64_t v, unsigned size, unsigned role) {
    struct tlb_page *p = resolve(cpu, va, size, GUEST_STORE, role);
    if (p->hit.mmio) {
        store_mmio(cpu, p, va, v, size);
        return;
    }
    tlb_open_for_store(cpu, p, role);
    store_ram(ram_at(p, va), v, size);
    stored(p, va, size);
}

/* One byte of an access over two pages, where a copy of its page, made before the first byte, says. */
static void store_byte(struct vcpu *cpu, const struct tlb_page *p, uint64_t va, uint8_t v) {
    if (p->hit.mmio) {
        store_mmio(cpu, p, va, v, 1);
        return;
    }
    frame_written(p->gpa);
    *ram_at(p, va) = v;
    stored(p, va, 1);
}

/* How many of the bytes at va lie in its page. */
static unsigned in_page(uint64_t va, unsigned size) {
    uint64_t left = GUEST_PAGE_SIZE - (va & (GUEST_PAGE_SIZE - 1));
    return left < size ? (unsigned)left : size;
}

uint64_t helper_guest_ld(struct vcpu *cpu, uint64_t va, uint64_t memop) {
    unsigned role = guest->data_role(cpu);
    unsigned size = 1u << (memop & TCG_MO_SIZE), first = in_page(va, size);
    enum guest_access access = memop & TCG_MO_STORE_FAULT ? GUEST_STORE : GUEST_LOAD;
    STAT_INC(cpu, tlb_slow);
    if (memop & TCG_MO_ALIGN && va & (size - 1))
        guest->access_fault(cpu, va, access, true);
    if (memop & TCG_MO_ATOMIC && resolve(cpu, va, 1, access, role)->hit.mmio) /* nothing to reserve */
        guest->access_fault(cpu, va, access, false);
    if (first == size)
        return tcg_extend(load_in_page(cpu, va, size, access, role), (unsigned)memop);
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++) /* no device is read before all is known to be allowed */
        resolve(cpu, va + i, 1, access, role);
    for (unsigned i = 0; i < size; i++) /* byte by byte: devices that a misaligned access runs into see single bytes */
        v |= load_in_page(cpu, va + i, 1, access, role) << 8 * i;
    return tcg_extend(v, (unsigned)memop);
}

void helper_guest_st(struct vcpu *cpu, uint64_t va, uint64_t v, uint64_t memop) {
    unsigned role = guest->data_role(cpu);
    unsigned size = 1u << (memop & TCG_MO_SIZE), first = in_page(va, size);
    STAT_INC(cpu, tlb_slow);
    if (memop & TCG_MO_ALIGN && va & (size - 1))
        guest->access_fault(cpu, va, GUEST_STORE, true);
    if (first == size) {
        store_in_page(cpu, va, v, size, role);
        return;
    }
    struct tlb_page page[8];
    for (unsigned i = 0; i < size; i++) /* each byte, before any is written: PMP may protect a part of a page */
        page[i] = *resolve(cpu, va + i, 1, GUEST_STORE, role);
    for (unsigned i = 0; i < size; i++)
        store_byte(cpu, &page[i], va + i, (uint8_t)(v >> 8 * i));
}

/* As tlb_lookup(), for bytes that need not be accessed at once: where the whole is refused, its words may still be
 * allowed one by one (a PMP entry that ends inside decides nothing of an access across its end). */
static struct tlb_page *lookup_each(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access,
                                    unsigned role, struct guest_walk *w) {
    struct tlb_page *p = tlb_lookup(cpu, va, size, access, role, w);
    if (p)
        return p;
    for (unsigned i = 0; i < size; i += 4)
        if (!(p = tlb_lookup(cpu, va + i, 4, access, role, w)))
            break;
    return p;
}

bool cpu_probe(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role, uint64_t *cause) {
    struct guest_walk w;
    (void)role;
    bool ok = lookup_each(cpu, va, size, access, guest->data_role(cpu), &w) != NULL;
    *cause = ok ? 0 : w.cause;
    return ok;
}

bool cpu_peek(struct vcpu *cpu, uint64_t va, unsigned size, unsigned role, uint64_t *out) {
    struct guest_walk w;
    (void)role;
    if (va & (size - 1) || (size != 4 && size != 8))
        return false;
    struct tlb_page *p = tlb_lookup(cpu, va, size, GUEST_LOAD, guest->data_role(cpu), &w);
    if (!p || p->hit.mmio)
        return false;
    const void *at = ram_at(p, va);
    if (size == 8)
        *out = __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);
    else
        *out = __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
    return true;
}

bool cpu_zero(struct vcpu *cpu, uint64_t va, unsigned size, unsigned role, uint64_t *cause) {
    struct guest_walk w;
    role = guest->data_role(cpu);
    struct tlb_page *p = lookup_each(cpu, va, size, GUEST_STORE, role, &w);
    *cause = p ? GUEST_NOTHING : w.cause;
    if (!p || p->hit.mmio)
        return false;
    tlb_open_for_store(cpu, p, role);
    for (uint64_t *at = (uint64_t *)ram_at(p, va), *end = at + size / sizeof *at; at < end; at++)
        __atomic_store_n(at, 0, __ATOMIC_RELAXED); /* another hart may look */
    stored(p, va, size);
    return true;
}

void helper_guest_zero(struct vcpu *cpu, uint64_t va, uint64_t memop, uint64_t role) {
    uint64_t cause;
    (void)memop;
    STAT_INC(cpu, tlb_slow);
    if (cpu_zero(cpu, va & ~(uint64_t)63, 64, (unsigned)role, &cause))
        return;
    if (cause == GUEST_NOTHING)
        guest->access_fault(cpu, va, GUEST_STORE, false);
    else
        cpu_raise(cpu, cause, va);
}

/* ---- atomics ---- */

/* The page of the bytes that an atomic works on: aligned, in RAM. Atomics on devices raise an access fault. A size that
 * is forged stays within the page, because it is aligned. */
static struct tlb_page *atomic_page(struct vcpu *cpu, uint64_t va, unsigned size) {
    unsigned role = guest->data_role(cpu);
    STAT_INC(cpu, tlb_slow);
    if (va & (size - 1))
        guest->access_fault(cpu, va, GUEST_STORE, true);
    struct tlb_page *p = resolve(cpu, va, size, GUEST_STORE, role);
    if (p->hit.mmio)
        guest->access_fault(cpu, va, GUEST_STORE, false);
    tlb_open_for_store(cpu, p, role);
    return p;
}

#define CAS(type, p, expect, v)                                                                                        \
    ({                                                                                                                 \
        type cas_old = (type)(expect);                                                                                 \
        __atomic_compare_exchange_n((type *)(p), &cas_old, (type)(v), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);      \
        (uint64_t)cas_old;                                                                                             \
    })

/* Stores v if 1 << lg bytes at p hold `expect`; what they held. */
static uint64_t cas(void *p, unsigned lg, uint64_t expect, uint64_t v) {
    switch (lg) {
    case TCG_MO_8: return CAS(uint8_t, p, expect, v);
    case TCG_MO_16: return CAS(uint16_t, p, expect, v);
    case TCG_MO_32: return CAS(uint32_t, p, expect, v);
    default: return CAS(uint64_t, p, expect, v);
    }
}

uint64_t helper_guest_rmw(struct vcpu *cpu, uint64_t va, uint64_t v, uint64_t memop, uint64_t role_kind) {
    unsigned lg = memop & TCG_MO_SIZE, bits = 8u << lg;
    struct tlb_page *page = atomic_page(cpu, va, 1u << lg);
    void *p = ram_at(page, va);
    enum tcg_rmw k = role_kind >> 8 & 0xff;
    uint64_t old, seen = 0;
    memcpy(&seen, p, 1u << lg); /* a guess */
    do {
        old = seen;
        seen = cas(p, lg, old, tcg_eval_rmw(k, bits, old, v));
    } while (seen != old);
    stored(page, va, 1u << lg);
    return tcg_extend(old, (unsigned)memop);
}

uint64_t helper_guest_cas(struct vcpu *cpu, uint64_t va, uint64_t expect, uint64_t v, uint64_t memop_role) {
    unsigned memop = memop_role & 0xffff, lg = memop & TCG_MO_SIZE;
    struct tlb_page *page = atomic_page(cpu, va, 1u << lg);
    uint64_t old = cas(ram_at(page, va), lg, expect, v);
    stored(page, va, 1u << lg);
    return tcg_extend(old, memop);
}

/* The expected value lies in gate_arg[4] (low half) and [5], where the old one's upper half is left. */
enum { CAS128_LOW = 4, CAS128_HIGH = 5 };

uint64_t helper_guest_cas128(struct vcpu *cpu, uint64_t va, uint64_t low, uint64_t high, uint64_t role) {
    (void)role;
    uint64_t *arg = cpu->env->gate_arg;
    struct tlb_page *page = atomic_page(cpu, va, 16);
    unsigned __int128 old = (unsigned __int128)arg[CAS128_HIGH] << 64 | arg[CAS128_LOW];
    plat_cas128(ram_at(page, va), &old, (unsigned __int128)high << 64 | low);
    stored(page, va, 16);
    arg[CAS128_HIGH] = (uint64_t)(old >> 64);
    return (uint64_t)old;
}

/* ---- ops without a host instruction ---- */

uint64_t helper_bits(struct vcpu *cpu, uint64_t opc, uint64_t a, uint64_t b) {
    (void)cpu;
    return opc < TCG_NOPS ? tcg_eval_bits((enum tcg_opc)opc, a, b) : 0;
}

/* ---- test=scribble ---- */

/* What a hostile user program might do in ring 3. Without the option, and in any other privilege, there is no such
 * helper. which = 0: another helper is called, with arguments that mean something now and then; 1: garbage in all
 * memory that ring 3 can write, but for the guest's; 2: in the registers that the gate gives back; 3: both. */
enum { SCRIBBLE_MEMORY = 1, SCRIBBLE_REGISTERS = 2, MXCSR_VALID = 0xffff };

static uint64_t forged_argument(uint64_t *seed, bool first) {
    uint64_t v = plat_scribble_next(seed);
    switch (v >> 62) {
    case 0: return v;
    case 1: return first ? v & 0x1ffff8 : v & 0xfff;           /* the test finisher, among others */
    default: /* the start of RAM; a role, the most powerful one more often; a size */
        return first ? 0x80000000 + (v & 0xfff8) : v & 8 ? 3 : v & 7;
    }
}

static void forged_call(struct vcpu *cpu, uint64_t *seed) {
    bool memory = plat_scribble_next(seed) >> 63;
    uint64_t nr = plat_scribble_next(seed) % (memory ? HELPER_raise : NHELPERS + 4);
    for (unsigned i = 0; i < 8; i++)
        cpu->env->gate_arg[i] = forged_argument(seed, i == 0);
    if (nr != HELPER_scribble)
        engine_gate(&cpu->hart, TCG_GATE_MEMOP((uint32_t)nr, cpu->env->gate_arg[7]));
}

void helper_scribble(struct vcpu *cpu, uint64_t which, uint64_t seed) {
    if (!engine_cfg->scribble || !guest->user(cpu))
        cpu_misbehaved(cpu, "asked for a helper of tests", cpu->hart.pc, which);
    if (!which)
        forged_call(cpu, &seed);
    if (which & SCRIBBLE_MEMORY)
        plat_user_scribble(&seed);
    if (!(which & SCRIBBLE_REGISTERS))
        return;
    for (unsigned i = 0; i < 16; i++) {
        cpu->hart.gpr[i] = forged_argument(&seed, true);
        for (unsigned k = 0; k < 16; k += 8)
            memcpy(cpu->hart.xmm[i] + k, &cpu->hart.gpr[i], 8);
    }
    cpu->hart.mxcsr = plat_scribble_next(&seed) & MXCSR_VALID;
}
