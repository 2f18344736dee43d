/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the hosted platform share. */
#ifndef PYRITE_TOOLS_HOSTED_H
#define PYRITE_TOOLS_HOSTED_H

#include "kernel/plat_mmu.h"

enum { HOSTED_MAX_HARTS = 128 };

/* Events and console (io.c): starts the I/O thread; puts a terminal into raw mode until hosted_io_stop(). */
void hosted_io_start(void);
void hosted_io_stop(void);
/* Restores the terminal; safe in a signal handler. */
void hosted_tty_restore(void);

/* Directory of the program, for the packaged firmware. */
void hosted_set_program(const char *argv0);
/* Before the first code memory is taken: it can grow to so many bytes (1 GiB without, 64 GiB at the most). */
void hosted_code_room(uint64_t bytes);

/* Writes guest memory from the symbol begin_signature to end_signature of the guest's ELF as the suites compare it: a
 * line of eight hexadecimal digits for each 32-bit word. False: *why. */
bool signature_write(const char *file, const char **why);

/* roots.c. Is guest RAM behind a memory file, for roots to map? Its mapping for the engine; NULL: no memory. */
bool hosted_roots(void);
void *hosted_ram_map(uint64_t size, uint64_t align);
/* The guest address behind a host address in the window of the hart's root. */
uint64_t hosted_guest_address(const struct plat_hart *hart, const void *host);
/* plat_linux.c: faults of translated code are asked the engine about from now on. */
void hosted_faults_resume(void);

/* sock.c: PLAT_EV_NET whenever this descriptor changes. */
bool hosted_net_watch(int fd);

#endif
