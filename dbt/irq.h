/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and time between the board and the harts. The board knows harts by number only. */
#ifndef PYRITE_DBT_IRQ_H
#define PYRITE_DBT_IRQ_H

#include <stdbool.h>
#include <stdint.h>

/* Interrupt inputs of a hart: RISC-V's numbers (privileged spec, mip). */
enum { IRQ_SSIP = 1, IRQ_MSIP = 3, IRQ_STIP = 5, IRQ_MTIP = 7, IRQ_SEIP = 9, IRQ_MEIP = 11, IRQ_LCOFIP = 13 };

/* Sets the level of one input. Any thread; wakes the hart if it waits. */
void irq_set(unsigned hart, unsigned irq, bool level);

/* Guest time: ticks of 100 ns (timebase 10 MHz). Set: what `mtime` writes do; re-arms every timer. */
#define GUEST_TIMEBASE_HZ 10000000u
uint64_t guest_time(void);
void guest_time_set(uint64_t ticks);
/* mtimecmp of a hart: raises IRQ_MTIP when guest_time() >= ticks, lowers it else. */
void irq_mtimecmp(unsigned hart, uint64_t ticks);
/* One deadline for the board (plat_clock_ns() scale, UINT64_MAX: none): engine_config.board_events() gets PLAT_EV_TIMER
 * at or after it; it may get one at other times too. */
void irq_board_timer(uint64_t deadline_ns);

/* The guest asks for power-off (status as in plat_exit) or a reset; takes effect when the running block ends. */
void machine_request_exit(int status);
void machine_request_reset(void);

#endif
