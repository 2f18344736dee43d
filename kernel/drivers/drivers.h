/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the host: serial port, screen, clock chip. */
#ifndef PYRITE_KERNEL_DRIVERS_H
#define PYRITE_KERNEL_DRIVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/bootinfo.h"

/* COM1, 115200 8n1. Polled until serial_irq_start(). All calls do nothing where there is no port. */
void serial_init(void);
bool serial_present(void);
bool serial_irq_start(void);                  /* false: no interrupt; serial_poll() has to be called */
void serial_poll(void);                       /* what the interrupt does */
void serial_write(const void *buf, size_t n); /* never drops */
size_t serial_read(void *buf, size_t max);
void serial_flush(void);                      /* waits until all is with the port */
void serial_break_lock(void);                 /* panic's: its holder does not go on */

/* Text on the framebuffer; ANSI sequences as far as shells and kernels use them. Drawing is put off to fbcon_draw(),
 * which the loop of hart 0 calls, and is limited to a small share of the time. */
void fbcon_init(const struct boot_fb *fb);
bool fbcon_present(void);
void fbcon_write(const char *s, size_t n);
void fbcon_draw(bool now);  /* now: also when it is not due */
uint64_t fbcon_due(void);   /* when there is something to draw, plat_clock_ns() scale; UINT64_MAX: nothing */
void fbcon_break_lock(void);

/* Seconds since 1970 from the CMOS clock; 0: none. */
uint64_t rtc_seconds(void);

#endif
