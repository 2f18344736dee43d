/* SPDX-License-Identifier: BSD-2-Clause */
/* Operands worth trying: corners of each format, and random values near each other's exponents. */
#ifndef PYRITE_TESTS_SOFTFP_OPERANDS_H
#define PYRITE_TESTS_SOFTFP_OPERANDS_H

#include "tests/softfp/oracle.h"

enum { FP_MAX_CORNERS = 96 };
/* Fills out[]; how many. Both signs of each. */
unsigned fp_corners(enum fp_format f, uint64_t *out);
unsigned fp_int_corners(uint64_t *out);

/* xorshift64*; the state is not 0. */
uint64_t fp_random(uint64_t *state);
/* Fractions with long runs of zeros and ones; half of the exponents near that of `around`, a value of the format. */
uint64_t fp_random_value(uint64_t *state, enum fp_format f, uint64_t around);
/* n operands of an operation: sums that cancel, products and quotients at both ends of the range, integers. */
void fp_random_operands(uint64_t *state, enum fp_op op, enum fp_format f, unsigned n, uint64_t *arg);

#endif
