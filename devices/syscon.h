/* SPDX-License-Identifier: BSD-2-Clause */
/* The test finisher, which is also the syscon that powers off and reboots. */
#ifndef PYRITE_DEVICES_SYSCON_H
#define PYRITE_DEVICES_SYSCON_H

#include "dbt/physmem.h"

enum { SYSCON_FAIL = 0x3333, SYSCON_PASS = 0x5555, SYSCON_RESET = 0x7777 };
extern const struct mmio_ops syscon_ops; /* dev: unused */
/* Pyrite's exit status (README) for a guest that failed with code n: n, or 1 where n is 0 or above 123. */
int syscon_status(uint64_t n);

#endif
