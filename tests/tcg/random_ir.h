/* SPDX-License-Identifier: BSD-2-Clause */
/* Random units for the machine of tests/tcg/machine.h: they verify, they end, and what they do depends on nothing
 * but the machine's state. */
#ifndef PYRITE_TESTS_TCG_RANDOM_IR_H
#define PYRITE_TESTS_TCG_RANDOM_IR_H

#include "tcg/ir.h"

/* What may occur besides integer ops, moves and the unit's end. */
enum {
    RANDOM_IR_BRANCH = 1,
    RANDOM_IR_ENV = 2,
    RANDOM_IR_MEM = 4,
    RANDOM_IR_CALL = 8,
    RANDOM_IR_FP = 16,
    RANDOM_IR_ALL = 31
};

/* Fills s with a unit of about `ops` ops. s must have the globals of machine_globals(); tcg_begin() is called here. The
 * same arguments give the same unit. */
void random_ir(struct tcg_ctx *s, uint64_t seed, unsigned features, unsigned ops);

#endif
