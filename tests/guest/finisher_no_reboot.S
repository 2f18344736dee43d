/* SPDX-License-Identifier: BSD-2-Clause */
/* With -no-reboot a reset is the end, with status 0; a second run would print again, and fail.
 * args: -no-reboot
 * output: first run\r?\n?$
 * status: 0 */
#include "guest.h"
#define PLACE (RAM + 0x400000)
    GUEST_START
    li s1, PLACE
    ld t0, 0(s1)
    li t1, 0x4e4f5245
    bne t0, t1, 1f
    li t0, 7 << 16 | 0x3333
    li t1, FINISHER
    sw t0, 0(t1)
1:  sd t1, 0(s1)
    PUTS text
    li s2, UART
2:  lbu t0, 5(s2)
    andi t0, t0, 0x40
    beqz t0, 2b
    li t0, 0x7777
    li t1, FINISHER
    sw t0, 0(t1)
3:  j 3b
text: .asciz "first run\n"
