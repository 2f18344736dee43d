/* SPDX-License-Identifier: BSD-2-Clause */
/* A trap handler that faults itself without end while interrupts are pending: ends by the time-out (or is recognised).
 * timeout: 3
 * status: any
 * skip: metal */
#include "guest.h"
    GUEST_START
    la t0, 1f
    csrw mtvec, t0
    .align 2
1:  li a0, 0xf0000000
    ld a0, 0(a0)
    j 1b
