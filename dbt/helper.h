/* SPDX-License-Identifier: BSD-2-Clause */
/* Helper functions as C sees them: numbers for tcg_gen_call() and prototypes, both from dbt/helper.def. A helper
 * runs in the engine, behind a gate, with interrupts off; its arguments come from translated code and are not to
 * be trusted. */
#ifndef PYRITE_DBT_HELPER_H
#define PYRITE_DBT_HELPER_H

#include "dbt/vcpu.h"
#include "tcg/ir.h"

enum helper {
#define HELPER(name, ret, nargs, flags) HELPER_##name,
#include "dbt/helper.def"
#undef HELPER
    NHELPERS
};
_Static_assert((int)HELPER_fp == (int)TCG_HELPER_FP && (int)HELPER_guest_zero == (int)TCG_HELPER_ZERO,
               "the back end's own helpers come first, in its order");

#define HELPER_ARGS_0
#define HELPER_ARGS_1 , uint64_t
#define HELPER_ARGS_2 , uint64_t, uint64_t
#define HELPER_ARGS_3 , uint64_t, uint64_t, uint64_t
#define HELPER_ARGS_4 , uint64_t, uint64_t, uint64_t, uint64_t
#define HELPER_RET_0 void
#define HELPER_RET_1 uint64_t
#define HELPER(name, ret, nargs, flags) HELPER_RET_##ret helper_##name(struct vcpu *cpu HELPER_ARGS_##nargs);
#include "dbt/helper.def"
#undef HELPER

#endif
