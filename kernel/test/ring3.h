/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of ring 3 inside the image share: an environment, a code region, and running a piece of code there
 * with the test's own gate and fault function. */
#ifndef PYRITE_KERNEL_TEST_RING3_H
#define PYRITE_KERNEL_TEST_RING3_H

#include "kernel/kernel.h"
#include "kernel/plat_mmu.h"
#include "tests/unit/unit.h"

/* What a run gives: the exit value, or FAULT | vector. */
enum { FAULT = 0x1000000, DE = 0, DB = 1, UD = 6, TS = 10, NP = 11, SS = 12, GP = 13, PF = 14 };

struct ring3 {
    struct plat_hart hart;
    struct plat_user_mem env;       /* two pages: writable, read-only */
    struct plat_code_region code;
    struct plat_fault fault;        /* the last one */
    uint32_t gate, engine_mxcsr;    /* at the last gate: its number, what the engine had */
    uint64_t engine_flags;
    bool ready;
};
struct ring3 *ring3_set_up(void);
void ring3_copy(const uint8_t *from, const uint8_t *to, uint32_t off);
uint64_t ring3_enter(uint32_t off); /* runs what lies there */
/* Both, on a page of int3: runs the bytes [from, to) at offset `off` of the code region, RBP = env + 128. */
uint64_t ring3_run_at(const uint8_t *from, const uint8_t *to, uint32_t off);

#define RUN(name)                                                                                                      \
    ({                                                                                                                 \
        extern const uint8_t ring3_##name[], ring3_##name##_end[];                                                     \
        ring3_run_at(ring3_##name, ring3_##name##_end, 0);                                                             \
    })

#endif
