/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's own files share beside the platform's contract. */
#ifndef PYRITE_KERNEL_KERNEL_H
#define PYRITE_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/bootinfo.h"
#include "boot/conf.h"
#include "kernel/plat_mmu.h"

extern struct boot_info *boot_info; /* reachable at every stage; a copy in the image's own memory */

/* Cuts a cpio archive (newc) into files[]; *n is how many, at most max, names cut to BOOT_NAME. NULL, or what is
 * wrong. */
const char *cpio_list(const uint8_t *data, uint64_t size, uint64_t phys, struct boot_file *files, uint32_t max,
                      uint32_t *n);

/* Where a file of boot_info is; NULL: no such file. */
const struct boot_file *files_find(const struct boot_info *bi, const char *name);

extern plat_gate_fn *metal_gate_fn;   /* plat_set_gate() */
extern plat_fault_fn *metal_fault_fn; /* plat_set_fault() */

/* Messages: to serial and screen as they are. */
void klog_write(const char *s, unsigned n);
void klog_break_lock(void); /* panic's: its holder does not go on */

void events_init(void);             /* timer and its interrupt */
const char *events_wall_source(void); /* where the time of day is from, for messages */
void events_net_timer(uint64_t ns); /* PLAT_EV_NET comes at this time, plat_clock_ns() scale; UINT64_MAX: not */
void events_block_timer(uint64_t ns); /* the same for PLAT_EV_BLOCK */
void events_serial_polled(void);    /* no serial interrupt: look every few milliseconds */
void power_init(const struct boot_info *bi, uint32_t debugexit);
_Noreturn void power_off(int status); /* does not log */
_Noreturn void cpu_halt(void);
void plat_metal_init(void);
uint64_t plat_memory_total(void);

#endif
