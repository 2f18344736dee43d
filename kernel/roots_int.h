/* SPDX-License-Identifier: BSD-2-Clause */
/* Roots, for the tests of their tables. */
#ifndef PYRITE_KERNEL_ROOTS_INT_H
#define PYRITE_KERNEL_ROOTS_INT_H

#include <stdint.h>

struct plat_root;
/* The root's top table, 512 entries. */
const uint64_t *root_top(const struct plat_root *r);

#endif
