/* SPDX-License-Identifier: BSD-2-Clause */
/* The RTC's alarm: two alarms wake the hart out of wfi through the PLIC; one that is cleared does not come.
 * output: alarm 1[^!]*alarm 2
 * metal: yes */
#include "guest.h"
#define RTC_IRQ 11
#define MILLI 1000000
    GUEST_START
    li s1, RTC
    li s2, PLIC
    li s3, PLIC + 0x200000
    li t0, 1
    sw t0, RTC_IRQ * 4(s2)
    li t0, 1 << RTC_IRQ
    li t1, PLIC + 0x2000
    sw t0, 0(t1)
    sw zero, 0(s3)
    li t0, 0x800
    csrw mie, t0                /* wfi wakes though mstatus.MIE is 0 */
    li t0, 1
    sw t0, 0x10(s1)             /* IRQ_ENABLED */
    li a1, 20 * MILLI
    jal alarm_in
    jal wait
    PUTS text1
    li a1, 20 * MILLI
    jal alarm_in
    jal wait
    PUTS text2
    /* a cleared alarm: nothing for 60 ms */
    li a1, 20 * MILLI
    jal alarm_in
    sw zero, 0x14(s1)           /* CLEAR_ALARM */
    lw a0, 0x18(s1)
    CHECK a0, 0
    li a1, 60 * MILLI
    jal now
    add s5, a0, a1
1:  jal now
    bltu a0, s5, 1b
    CHECK_CSR mip, 0, 0x800
    GUEST_PASS

now:                            /* a0: the time; the low half latches the high one */
    lwu a0, 0(s1)
    lwu t0, 4(s1)
    slli t0, t0, 32
    or a0, a0, t0
    ret
alarm_in:                       /* sets the alarm a1 ns from now, remembers it in s4 */
    mv s6, ra
    jal now
    add s4, a0, a1
    srli t0, s4, 32
    sw t0, 0xc(s1)
    sw s4, 8(s1)
    mv ra, s6
    ret
wait:
    mv s6, ra
1:  wfi
    csrr t0, mip
    li t2, 0x800
    and t0, t0, t2
    beqz t0, 1b
    jal now
    sltu a0, a0, s4
    CHECK a0, 0                 /* not before its time */
    lw a0, 4(s3)
    CHECK a0, RTC_IRQ
    lw a0, 0x18(s1)
    CHECK a0, 0                 /* it went off: no longer set */
    sw zero, 0x1c(s1)           /* CLEAR_INTERRUPT */
    li t0, RTC_IRQ
    sw t0, 4(s3)
    CHECK_CSR mip, 0, 0x800
    mv ra, s6
    ret
text1: .asciz "alarm 1\n"
text2: .asciz "alarm 2\n"
