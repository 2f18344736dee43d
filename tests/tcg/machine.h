/* SPDX-License-Identifier: BSD-2-Clause */
/* A guestless hart to run units on: an environment, a little guest memory behind a soft TLB, helpers of every kind.
 * The same for every back end, so that what two of them leave behind can be compared. One machine exists at a time. */
#ifndef PYRITE_TESTS_TCG_MACHINE_H
#define PYRITE_TESTS_TCG_MACHINE_H

#include "tcg/backend.h"

/* Guest memory: PAGES pages at MEM_VA. In role 0 the first FAST pages hit the TLB; in role 1, and behind them, every
 * access goes to the helpers; the last page raises. */
enum { MACHINE_PAGES = 8, MACHINE_FAST = 4, MACHINE_NX = 12, MACHINE_NF = 8 };
#define MACHINE_VA 0x40000000u

/* Helpers after the five of the back end. */
enum {
    MACHINE_PURE = TCG_HELPER_FIRST, /* (a, b) -> mixed; no effect */
    MACHINE_NOTE,                    /* (a, b, c, d): noted in the trace */
    MACHINE_READS,                   /* (a) -> digest of every global */
    MACHINE_WRITES,                  /* (a) -> changes two globals */
    MACHINE_MAYBE,                   /* (a) -> a + 1; raises if a & 7 is 3 */
    MACHINE_HELPERS
};

struct machine {
    struct plat_hart hart;           /* first: gates find the machine by it */
    struct tcg_env *env;
    struct plat_user_mem env_mem, tables, ram;
    const struct tcg_code *code;     /* what runs, for recovery */
    uint64_t trace;                  /* digest of what helpers saw */
    int32_t raised_off;              /* page offset of the instruction that raised; -1: none did */
};

/* What a run leaves that must not depend on the back end. */
struct machine_state {
    uint64_t exit, trace, reg[32], freg[32], pc_page, pc, guest[32];
    uint32_t mxcsr;
    int32_t raised_off;
    uint8_t mem[MACHINE_PAGES * TCG_PAGE];
};

/* False: no memory. Sets the helper table, both gates and tcg_interp_direct. */
bool machine_init(struct machine *m);
/* Registers the globals x1.., f0.., pc_page with a context. */
void machine_globals(struct tcg_ctx *s);
/* Registers, memory, rounding mode and poll word as `seed` says. */
void machine_reset(struct machine *m, uint64_t seed);
/* Runs the code with tcg_backend, and takes down what it left. */
void machine_exec(struct machine *m, const struct tcg_code *code, struct machine_state *out);
/* NULL if equal, else where they differ first, in a static buffer. */
const char *machine_diff(const struct machine_state *a, const struct machine_state *b);

/* splitmix64 */
static inline uint64_t machine_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
/* Integers and floats with the corners in them. */
uint64_t machine_random_int(uint64_t *state);
uint64_t machine_random_f32(uint64_t *state);
uint64_t machine_random_f64(uint64_t *state);

#endif
