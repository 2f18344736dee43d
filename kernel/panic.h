/* SPDX-License-Identifier: BSD-2-Clause */
/* The end by a bug or by a host that cannot go on. */
#ifndef PYRITE_KERNEL_PANIC_H
#define PYRITE_KERNEL_PANIC_H

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

/* An exception in ring 0: registers and backtrace of where it happened. */
_Noreturn void panic_trap(const struct trap_frame *f);
/* What panics do at the end: stay (default) or leave with status 125. */
void panic_set_exit(bool leave);
/* A condition of the machine that is no bug (CPU too old, not enough memory): the message, then the end with
 * `status`. */
_Noreturn void kernel_die(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name of the function around a kernel address, and the offset in it; NULL: none. */
const char *symbol_find(uint64_t addr, uint64_t *off);

#endif
