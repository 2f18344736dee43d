/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's dispatcher and the helpers of memory: the slow paths of guest_ld, guest_st, guest_rmw and guest_cas.
 * A gate number or an argument may be anything: ring 3 is hostile. An access checks every byte before it changes one. */
#include "dbt/helper.h"

#include <string.h>

#include "dbt/tlb.h"

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
    STAT_INC(cpu, gates);
    if (nr >= NHELPERS)
        plat_panic("translated code asked for helper %u of %u at host PC %#llx", nr, NHELPERS, (unsigned long long)hart->pc);
    return thunks[nr](cpu, cpu->env->gate_arg);
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
    struct tlb_page *p = tlb_lookup(cpu, va, size, access, role & (TCG_MMU_ROLES - 1), &w);
    if (!p)
        raise_walk(cpu, &w, va, access);
    const struct mmio_ops *m = p->hit.mmio;
    if (m && (size < m->min || size > m->max || va & (size - 1) || (va & (GUEST_PAGE_SIZE - 1)) + size > p->hit.left))
        guest->access_fault(cpu, va, access, false);
    return p;
}

static uint8_t *ram_at(const struct tlb_page *p, uint64_t va) { return (uint8_t *)p->hit.ptr + (va & (GUEST_PAGE_SIZE - 1)); }

static uint64_t load_in_page(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role) {
    struct tlb_page *p = resolve(cpu, va, size, access, role);
    uint64_t v = 0;
    if (!p->hit.mmio) {
        memcpy(&v, ram_at(p, va), size);
        return v;
    }
    STAT_INC(cpu, mmio);
    uint64_t off = p->hit.off + (va & (GUEST_PAGE_SIZE - 1));
    v = p->hit.mmio->read(p->hit.dev, off, size);
    if (plat_log_on(LOG_dev))
        plat_log("dev %s: read %u at %#llx: %#llx\n", p->hit.name, size, (unsigned long long)off, (unsigned long long)v);
    return v;
}

static void store_in_page(struct vcpu *cpu, uint64_t va, uint64_t v, unsigned size, unsigned role) {
    struct tlb_page *p = resolve(cpu, va, size, GUEST_STORE, role);
    if (!p->hit.mmio) {
        tlb_open_for_store(cpu, p, role);
        memcpy(ram_at(p, va), &v, size);
        return;
    }
    STAT_INC(cpu, mmio);
    uint64_t off = p->hit.off + (va & (GUEST_PAGE_SIZE - 1));
    if (plat_log_on(LOG_dev))
        plat_log("dev %s: write %u at %#llx: %#llx\n", p->hit.name, size, (unsigned long long)off, (unsigned long long)v);
    p->hit.mmio->write(p->hit.dev, off, v, size);
}

static uint64_t extend(uint64_t v, unsigned memop) {
    unsigned bits = 8u << (memop & TCG_MO_SIZE);
    if (memop & TCG_MO_SIGN && bits < 64)
        return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
    return v;
}

/* How many of the bytes at va lie in its page. */
static unsigned in_page(uint64_t va, unsigned size) {
    uint64_t left = GUEST_PAGE_SIZE - (va & (GUEST_PAGE_SIZE - 1));
    return left < size ? (unsigned)left : size;
}

uint64_t helper_guest_ld(struct vcpu *cpu, uint64_t va, uint64_t memop, uint64_t role) {
    unsigned size = 1u << (memop & TCG_MO_SIZE), first = in_page(va, size);
    enum guest_access access = memop & TCG_MO_STORE_FAULT ? GUEST_STORE : GUEST_LOAD;
    STAT_INC(cpu, tlb_slow);
    if (memop & TCG_MO_ALIGN && va & (size - 1))
        guest->access_fault(cpu, va, access, true);
    if (first == size)
        return extend(load_in_page(cpu, va, size, access, (unsigned)role), (unsigned)memop);
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++) /* byte by byte: devices that a misaligned access runs into see single bytes */
        v |= load_in_page(cpu, va + i, 1, access, (unsigned)role) << 8 * i;
    return extend(v, (unsigned)memop);
}

void helper_guest_st(struct vcpu *cpu, uint64_t va, uint64_t v, uint64_t memop, uint64_t role) {
    unsigned size = 1u << (memop & TCG_MO_SIZE), first = in_page(va, size);
    STAT_INC(cpu, tlb_slow);
    if (memop & TCG_MO_ALIGN && va & (size - 1))
        guest->access_fault(cpu, va, GUEST_STORE, true);
    if (first == size) {
        store_in_page(cpu, va, v, size, (unsigned)role);
        return;
    }
    for (unsigned i = 0; i < size; i++) /* each byte, before any is written: PMP may protect a part of a page */
        resolve(cpu, va + i, 1, GUEST_STORE, (unsigned)role);
    for (unsigned i = 0; i < size; i++)
        store_in_page(cpu, va + i, v >> 8 * i & 0xff, 1, (unsigned)role);
}

/* The bytes that an atomic works on, four unless memop says eight (a forged size must not get beyond them): aligned, in RAM.
 * Atomics on devices raise an access fault. */
static void *atomic_at(struct vcpu *cpu, uint64_t va, unsigned memop, unsigned role) {
    unsigned size = (memop & TCG_MO_SIZE) == TCG_MO_64 ? 8 : 4;
    STAT_INC(cpu, tlb_slow);
    if (va & (size - 1))
        guest->access_fault(cpu, va, GUEST_STORE, true);
    struct tlb_page *p = resolve(cpu, va, size, GUEST_STORE, role);
    if (p->hit.mmio)
        guest->access_fault(cpu, va, GUEST_STORE, false);
    tlb_open_for_store(cpu, p, role);
    return ram_at(p, va);
}

static uint64_t rmw_result(enum tcg_rmw k, uint64_t old, uint64_t v, bool wide) {
    int64_t so = wide ? (int64_t)old : (int32_t)old, sv = wide ? (int64_t)v : (int32_t)v;
    uint64_t uo = wide ? old : (uint32_t)old, uv = wide ? v : (uint32_t)v;
    switch (k) {
    case TCG_RMW_XCHG: return v;
    case TCG_RMW_ADD: return old + v;
    case TCG_RMW_AND: return old & v;
    case TCG_RMW_OR: return old | v;
    case TCG_RMW_XOR: return old ^ v;
    case TCG_RMW_MIN: return so < sv ? old : v;
    case TCG_RMW_MAX: return so > sv ? old : v;
    case TCG_RMW_MINU: return uo < uv ? old : v;
    case TCG_RMW_MAXU: return uo > uv ? old : v;
    }
    return old; /* a forged kind changes nothing */
}

uint64_t helper_guest_rmw(struct vcpu *cpu, uint64_t va, uint64_t v, uint64_t memop, uint64_t role_kind) {
    void *p = atomic_at(cpu, va, (unsigned)memop, role_kind & 0xff);
    enum tcg_rmw k = role_kind >> 8 & 0xff;
    if ((memop & TCG_MO_SIZE) == TCG_MO_64) {
        uint64_t old = __atomic_load_n((uint64_t *)p, __ATOMIC_SEQ_CST);
        while (!__atomic_compare_exchange_n((uint64_t *)p, &old, rmw_result(k, old, v, true), false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST))
            ;
        return old;
    }
    uint32_t old = __atomic_load_n((uint32_t *)p, __ATOMIC_SEQ_CST);
    while (!__atomic_compare_exchange_n((uint32_t *)p, &old, (uint32_t)rmw_result(k, old, v, false), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return extend(old, (unsigned)memop);
}

uint64_t helper_guest_cas(struct vcpu *cpu, uint64_t va, uint64_t expect, uint64_t v, uint64_t memop_role) {
    unsigned memop = memop_role & 0xffff;
    void *p = atomic_at(cpu, va, memop, memop_role >> 16 & 0xff);
    if ((memop & TCG_MO_SIZE) == TCG_MO_64) {
        __atomic_compare_exchange_n((uint64_t *)p, &expect, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return expect;
    }
    uint32_t old = (uint32_t)expect;
    __atomic_compare_exchange_n((uint32_t *)p, &old, (uint32_t)v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return extend(old, memop);
}
