/* SPDX-License-Identifier: BSD-2-Clause */
/* The goldfish RTC gives a time of this century that runs, the low half latching the high.
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
    GUEST_PASS
