/* SPDX-License-Identifier: BSD-2-Clause */
/* The other cores of the PC. */
#ifndef PYRITE_KERNEL_SMP_H
#define PYRITE_KERNEL_SMP_H

#include <stdint.h>

/* Starts each core of the MADT but this one in the page at physical address `trampoline` (below 640 KiB; 0: there is
 * none), says how many came, and parks them again. After the APIC and the TSC are there, before ring 3 runs. */
void smp_start(uint64_t trampoline);

#endif
