/* SPDX-License-Identifier: BSD-2-Clause */
/* Console input: by the receive interrupt through the PLIC, into wfi; the line comes back in capitals.
 * input: echo this line
 * output: ECHO THIS LINE
 * skip: metal */
#include "guest.h"
    GUEST_START
    li s1, PLIC
    li s2, UART
    li t0, 1
    sb t0, 2(s2)                /* FIFO on */
    sw t0, 40(s1)               /* irq 10, priority 1 */
    li s3, PLIC + 0x2000
    li t0, 1 << 10
    sw t0, 0(s3)
    li s4, PLIC + 0x200000
    sw zero, 0(s4)
    li t0, 1                    /* received data */
    sb t0, 1(s2)
    la t0, handler
    csrw mtvec, t0
    la s5, line
    li s6, 0                    /* a line is complete */
    li t0, 0x800
    csrw mie, t0
1:  csrci mstatus, MSTATUS_MIE
    bnez s6, 2f
    wfi
    csrsi mstatus, MSTATUS_MIE
    j 1b
2:  sb zero, 1(s2)
    PUTS line
    li t0, 10
    sb t0, 0(s2)
    GUEST_PASS
    .align 2
handler:
    IRQ_ONLY
    lw s7, 4(s4)
    li t0, 10
    bne s7, t0, 5f
3:  lbu t0, 5(s2)
    andi t0, t0, 1
    beqz t0, 5f
    lbu t0, 0(s2)
    li t1, 10
    beq t0, t1, 4f
    li t1, 13
    beq t0, t1, 4f
    li t1, 'a'
    bltu t0, t1, 6f
    addi t0, t0, 'A' - 'a'
6:  sb t0, 0(s5)
    addi s5, s5, 1
    j 3b
4:  li s6, 1
5:  sw s7, 4(s4)
    mret
    .bss
line: .space 256
    .text
