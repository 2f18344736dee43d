/* SPDX-License-Identifier: BSD-2-Clause */
/* What a back end offers, and what compiling a unit gives. */
#ifndef PYRITE_TCG_BACKEND_H
#define PYRITE_TCG_BACKEND_H

#include "kernel/plat.h"
#include "tcg/ir.h"

/* The result of compiling one block. Addresses are user addresses unless they say otherwise. */
struct tcg_code {
    uint64_t entry;          /* 8-byte aligned; its first two bytes can be replaced by one store (tcg_divert) */
    uint64_t cold;           /* what runs seldom, above it; in the order in which blocks were made both ascend */
    uint32_t size, cold_size; /* bytes from entry and from cold on */
    uint64_t jump[2];        /* goto_tb slots: address of the patchable jump, 0 if unused */
    uint64_t jump_exit[2];   /* where the jump goes while it is not linked */
    uint32_t jump_off[2];    /* page offset that the slot goes to (signed: may be negative or beyond the page) */
    const uint8_t *recovery; /* engine address; recovery map, one record a raising op, by host address */
    uint32_t recovery_size;
    /* Behind it: each instruction that accesses guest memory itself (direct), its slow path, its guest instruction, in
     * ascending order. */
    uint32_t nsites;
};

/* How translated code reaches guest memory (DESIGN 4). */
enum tcg_memory {
    TCG_MEMORY_SOFT,   /* through the soft TLB of env */
    TCG_MEMORY_DIRECT, /* at the guest's own address */
    TCG_MEMORY_WINDOW, /* at GS base + address, which is tested to be in [-2^38, 2^38) */
};

struct tcg_backend {
    const char *name; /* "x86", "interp" */
    /* Once, and again for each hart's environment (fills env->constants). False: this host cannot (says why). */
    bool (*init)(void);
    void (*init_env)(struct tcg_env *env);
    /* Emits the unit. False: no code memory left (flush, try again) or s->overflow was set. */
    bool (*compile)(struct tcg_ctx *s, struct tcg_code *out);
    /* Runs from user address `entry`; returns the exit value: block id << TCG_EXIT_BITS | enum tcg_exit. */
    uint64_t (*exec)(struct plat_hart *hart, struct tcg_env *env, uint64_t entry);
    /* From inside a helper: abandon the block, make exec() return value. */
    void (*unwind)(struct plat_hart *hart, uint64_t value) __attribute__((noreturn));
    /* Chaining: one aligned store each, harmless to harts that run there now. */
    void (*link)(const struct tcg_code *c, unsigned slot, uint64_t entry);
    void (*unlink)(const struct tcg_code *c, unsigned slot);
    void (*divert)(const struct tcg_code *c); /* whoever enters leaves at once with TCG_EXIT_STALE */
    /* At a raising point (hart as the gate left it): brings env's globals up to date and gives the guest instruction's
     * page offset. False: hart->pc is no raising op of this block. */
    bool (*recover)(const struct tcg_code *c, const struct plat_hart *hart, struct tcg_env *env, int32_t *off);
    /* Before the first unit. low_roles: a bit per role that has nothing in the upper half of the window. NULL: the back
     * end has only TCG_MEMORY_SOFT. */
    void (*memory)(enum tcg_memory how, unsigned low_roles);
    /* The slow path (user address) of the access to guest memory at user address pc, and the page offset of its
     * guest instruction; 0: there is none. */
    uint64_t (*site)(const struct tcg_code *c, uint64_t pc, int32_t *off);
    /* At a fault there (hart with all registers), if it is a load's or a store's: as recover(). False: it is not, and
     * nothing was changed. */
    bool (*site_recover)(const struct tcg_code *c, uint64_t pc, const struct plat_hart *hart, struct tcg_env *env,
                         int32_t *off);
    /* Code memory: bytes used; the start of the piece that an entry lies in (in one piece, later units lie higher);
     * take back the piece that was filled longest ago, [*start, *end), whose blocks nobody may know any more (false:
     * there is none; NULL: it cannot); drop everything. No hart may be in translated code. */
    uint64_t (*used)(void);
    uint64_t (*piece)(uint64_t entry);
    bool (*evict)(uint64_t *start, uint64_t *end);
    void (*reset)(void);
    /* One host instruction at engine address p, which runs at pc, as text; returns its length. NULL: no host code. */
    unsigned (*disas)(char *buf, size_t len, const uint8_t *p, uint64_t pc);
};
/* Spill slots that any unit so far uses. */
extern unsigned tcg_spill_high;
extern const struct tcg_backend tcg_backend_x86, tcg_backend_interp;
extern const struct tcg_backend *tcg_backend; /* the chosen one */

/* The engine's dispatcher of helpers, the same that plat_set_gate() was given: the interpreter calls it directly. */
extern plat_gate_fn *tcg_gate;
/* The interpreter may touch guest memory itself at user addresses (hosted); false: always through the helpers. */
extern bool tcg_interp_direct;

/* What the interpreter calls for a gate; set by the engine, as plat_set_gate() is. */
extern plat_gate_fn *tcg_gate;
/* The interpreter may use user addresses itself (hosted, where they are its own). */
extern bool tcg_interp_direct;

/* Optimises and emits the unit in s: runs the passes listed in tcg/compile.c (verifier after each in debug builds,
 * dumps as -d asks). Returns as backend->compile(). */
bool tcg_compile(struct tcg_ctx *s, struct tcg_code *out);
/* Run tcg_verify() after each pass (debug builds do). */
extern bool tcg_verify_passes;

#endif
