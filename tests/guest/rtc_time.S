/* SPDX-License-Identifier: BSD-2-Clause */
/* The goldfish RTC gives a time of this century that runs, the low half latching the high; its alarm interrupts.
 * metal: yes */
#include "guest.h"
    GUEST_START
    li s1, RTC
    lwu a0, 0(s1)               /* TIME_LOW latches TIME_HIGH */
    lwu a1, 4(s1)
    slli a1, a1, 32
    or a0, a0, a1
    li t0, 1577836800000000000  /* 2020 */
    sltu a2, t0, a0
    CHECK a2, 1
    li t0, 4102444800000000000  /* 2100 */
    sltu a2, a0, t0
    CHECK a2, 1
1:  lwu a3, 0(s1)
    lwu a4, 4(s1)
    slli a4, a4, 32
    or a3, a3, a4
    beq a3, a0, 1b
    sltu a2, a0, a3
    CHECK a2, 1
    /* alarm 5 ms from now: irq 11 becomes pending */
    li t0, 1
    li t1, PLIC
    sw t0, 44(t1)
    sw t0, 0x10(s1)             /* IRQ_ENABLED */
    sw t0, 0x1c(s1)             /* CLEAR_INTERRUPT */
    li t0, 5000000
    add a3, a3, t0
    srli t0, a3, 32
    sw t0, 0x0c(s1)             /* ALARM_HIGH, then ALARM_LOW sets it */
    sw a3, 0x08(s1)
    li t2, PLIC + 0x1000
2:  lw t0, 0(t2)
    srli t0, t0, 11
    andi t0, t0, 1
    beqz t0, 2b
    CHECK t0, 1
    GUEST_PASS
