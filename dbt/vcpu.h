/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart as the engine sees it. Engine memory: translated code never reads or writes it. */
#ifndef PYRITE_DBT_VCPU_H
#define PYRITE_DBT_VCPU_H

#include "kernel/plat.h"
#include "tcg/env.h"

#define GUEST_PAGE_BITS 12
#define GUEST_PAGE_SIZE 4096u
#define GUEST_PAGE_MASK (~(uint64_t)4095)

struct plat_root;
struct mmu; /* dbt/tlb.c: the soft TLBs of several address spaces */
struct jump_caches;
struct vcpu_stats;

enum vcpu_timer {
    VCPU_TIMER_M,
    VCPU_TIMER_S,
    VCPU_TIMER_PMU,
    VCPU_NTIMERS
}; /* ACLINT mtimecmp; Sstc stimecmp; overflow of a counter of cycles */

struct vcpu {
    struct plat_hart hart;  /* first: gates and vcpu convert into each other */
    struct tcg_env *env;    /* engine view */
    struct plat_user_mem env_mem;
    void *arch;             /* the guest's own state (struct rv64_cpu) */

    uint64_t exc_cause, exc_tval; /* the pending exception, between cpu_raise() and guest->exception() */
    bool exc_pending;

    uint64_t irq_lines;     /* atomic: interrupt inputs from the board, bit = the guest's interrupt number */
    uint64_t timer_ticks[VCPU_NTIMERS]; /* deadlines in guest time; UINT64_MAX: off */
    bool timer_level[VCPU_NTIMERS];     /* deadline has passed */
    bool in_wfi;

    uint64_t insns;         /* guest instructions retired, as far as counted (by block) */
    bool in_tb;             /* inside translated code (or a helper of it) */

    struct plat_root *root;       /* direct memory: in use */
    unsigned root_role;           /* that it is for */
    struct {                      /* blocks that host PCs were looked up for: tb_at() */
        uint64_t pc;
        struct tb *tb;
        uint32_t generation;
    } at[64];
    uint64_t fault_pc, fault_address; /* of its last fault */
    unsigned fault_repeats;       /* faults in a row there */
    uint32_t fp_control;          /* of hart.mxcsr all but the sticky flags: what ring 3 leaves there is not believed */
    struct mmu *mmu;              /* private to dbt/tlb.c */
    struct jump_caches *jcs;      /* private to dbt/tb_cache.c */
    bool flags_stale;             /* block flags or address space changed: pick the jump cache again */
    plat_lock_t timer_lock;       /* of the three fields of timers; the board sets those of any hart */
    bool running;                 /* dbt/harts.c */
    bool flush_wanted;            /* atomic: another hart asks for tlb_flush() of everything */
    bool watched;                 /* engine_watch() as this hart knows it */
    uint32_t tlb_gen;             /* atomic: dbt/tb_inval.c */
    struct vcpu_stats *stats;
    struct plat_samples *samples; /* -d profile, else NULL */
};

static inline struct vcpu *vcpu_of(struct plat_hart *h) { return (struct vcpu *)h; }

/* Raises a guest exception. From a helper: rebuilds PC and registers from the recovery map, leaves translated code.
 * From the engine's own code (exc outside a block): marks it pending and returns. */
void cpu_raise(struct vcpu *cpu, uint64_t cause, uint64_t tval);
/* From a helper that was declared TCG_H_RAISE: leaves translated code with env exact; the guest goes on at env->pc,
 * which is set to the PC of the calling instruction plus `skip` bytes. */
_Noreturn void cpu_exit_event(struct vcpu *cpu, unsigned skip);

/* The guest PC of the helper call in progress (recovery map); only from helpers with TCG_H_RAISE. */
uint64_t cpu_helper_pc(struct vcpu *cpu);

/* A deadline in guest time (ticks of the timebase) for one of the hart's timers; UINT64_MAX: none. */
void vcpu_timer_set(struct vcpu *cpu, enum vcpu_timer t, uint64_t ticks);

/* Address space: to be called when satp or what roles mean has changed. `key` names the address space (0: bare); the
 * engine keeps the TLBs of several. Cheap when the key is one of them. The top 4 bits of a key are its kind: global
 * translations hold in all address spaces of a kind. */
void cpu_mmu_switch(struct vcpu *cpu, uint64_t key);
/* Makes translated code leave at its next polling jump: an interrupt may be due. */
void cpu_poll(struct vcpu *cpu);
/* Block flags may have changed (privilege, FS, frm, SUM, ...): pick the jump cache that goes with them. */
void cpu_flags_changed(struct vcpu *cpu);
/* From a helper behind whose call the block leaves by goto_ptr: what that looks up is what holds now. */
void cpu_flags_settle(struct vcpu *cpu);
/* Drops cached translations of the address spaces whose key, as in cpu_mmu_switch(), equals `key` in the bits of
 * key_mask (0: of every space); va_valid: only those of this page, else, with a key_mask, global ones may stay. */
void tlb_flush(struct vcpu *cpu, uint64_t key_mask, uint64_t key, bool va_valid, uint64_t va);
/* fence.i: drops the blocks whose bytes changed. */
void tb_fence_i(struct vcpu *cpu);

/* Guest memory for walks and the like: physical, aligned, 8 bytes. False: nothing or no RAM there. */
bool phys_ld64(uint64_t gpa, uint64_t *out);
bool phys_cas64(uint64_t gpa, uint64_t expect, uint64_t val, bool *swapped);

#endif
