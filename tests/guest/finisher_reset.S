/* SPDX-License-Identifier: BSD-2-Clause */
/* A reset by the finisher: devices are as at power-on, the image is loaded again, RAM outside of it stays. The first
 * run leaves a mark in RAM and in every device, and resets; the second finds the one and not the other.
 * output: first run[^!]*second run
 * metal: yes */
#include "guest.h"
#define MARK 0x5245534554
#define PLACE (RAM + 0x400000)  /* outside of the image */
    GUEST_START
    li s1, PLACE
    li s2, UART
    li s3, PLIC
    li s4, CLINT
    ld t0, 0(s1)
    li t1, MARK
    beq t0, t1, second
    PUTS text1
1:  lbu t0, 5(s2)               /* LSR: all of it is out */
    andi t0, t0, 0x40
    beqz t0, 1b
    li t1, MARK
    sd t1, 0(s1)
    la t0, loaded
    sd t1, 0(t0)
    li t0, 0x5a
    sb t0, 7(s2)                /* scratch */
    li t0, 2
    sb t0, 1(s2)                /* IER: THRE, which also raises its interrupt */
    li t0, 1 << 10
    li t1, PLIC + 0x2000
    sw t0, 0(t1)
    li t0, 5
    sw t0, 40(s3)               /* priority last: QEMU looks at it only then */
    li t0, 1
    sw t0, 0(s4)                /* msip */
    li t1, CLINT_MTIMECMP
    sd zero, 0(t1)
    CHECK_CSR mip, 0x888, 0x888
    li t0, FINISHER
    li t1, 0x7777
    sw t1, 0(t0)
1:  j 1b
second:
    sd zero, 0(s1)
    la t0, loaded
    ld a0, 0(t0)
    CHECK a0, 7
    CHECK_CSR mip, 0, 0x808      /* mtimecmp is undefined after a reset */
    lbu a0, 7(s2)
    CHECK a0, 0
    lbu a0, 1(s2)
    CHECK a0, 0
    lw a0, 40(s3)
    CHECK a0, 0
    li t1, PLIC + 0x2000
    lw a0, 0(t1)
    CHECK a0, 0
    lw a0, 0(s4)
    CHECK a0, 0
    PUTS text2
    GUEST_PASS
text1: .asciz "first run\n"
text2: .asciz "second run\n"
    .data
    .align 3
loaded: .dword 7
