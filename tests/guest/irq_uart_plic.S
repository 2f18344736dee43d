/* SPDX-License-Identifier: BSD-2-Clause */
/* External interrupt: UART's transmitter-empty through the PLIC to M and to S; threshold, priority 0, claim, complete.
 * output: through the PLIC
 * metal: yes */
#include "guest.h"
#define UART_IRQ 10
    GUEST_START
    li s1, PLIC
    li s2, UART
    sb zero, 1(s2)
    li t1, 1
    sw t1, UART_IRQ * 4(s1)     /* priority 1 */
    lw a0, UART_IRQ * 4(s1)
    CHECK a0, 1
    li s3, PLIC + 0x2000        /* enables of context 0 (M), then of 1 (S) at + 0x80 */
    li s4, PLIC + 0x200000      /* threshold, claim of context 0, of 1 at + 0x1000 */
    li t1, 1 << UART_IRQ
    sw t1, 0(s3)
    lw a0, 0(s3)
    CHECK a0, 1 << UART_IRQ
    sw zero, 0(s4)
    CHECK_CSR mip, 0, 0x800
    li t0, 2                    /* IER: THRE */
    sb t0, 1(s2)
    li t0, PLIC + 0x1000
    lw a0, 0(t0)
    andi a0, a0, 1 << UART_IRQ
    CHECK a0, 1 << UART_IRQ     /* pending */
    CHECK_CSR mip, 0x800, 0x800
    /* threshold 1 masks priority 1 */
    li t0, 1
    sw t0, 0(s4)
    CHECK_CSR mip, 0, 0x800
    sw zero, 0(s4)
    CHECK_CSR mip, 0x800, 0x800
    /* priority 0 never interrupts */
    sw zero, UART_IRQ * 4(s1)
    CHECK_CSR mip, 0, 0x800
    li t0, 7
    sw t0, UART_IRQ * 4(s1)
    CHECK_CSR mip, 0x800, 0x800
    /* claim: the number, then nothing more until complete */
    lw a0, 4(s4)
    CHECK a0, UART_IRQ
    CHECK_CSR mip, 0, 0x800
    lw a0, 4(s4)
    CHECK a0, 0
    lbu a0, 2(s2)               /* IIR: says THRE, and reading it clears it */
    andi a0, a0, 15
    CHECK a0, 2
    lbu a0, 2(s2)
    andi a0, a0, 15
    CHECK a0, 1
    li t0, UART_IRQ
    sw t0, 4(s4)
    CHECK_CSR mip, 0, 0x800
    /* interrupt-driven output, taken in M */
    la t0, handler
    csrw mtvec, t0
    la s5, text
    li t0, 0x800
    csrw mie, t0
    csrsi mstatus, MSTATUS_MIE
    lbu t0, 0(s5)
    addi s5, s5, 1
    sb t0, 0(s2)
1:  lbu t0, 0(s5)
    bnez t0, 1b
    csrci mstatus, MSTATUS_MIE
    sb zero, 1(s2)
1:  lbu t0, 5(s2)               /* LSR: transmitter empty */
    andi t0, t0, 0x40
    beqz t0, 1b
    /* SEIP: the S context, delegated */
    sw zero, 0(s3)
    li t1, 1 << UART_IRQ
    sw t1, 0x80(s3)
    li t2, PLIC + 0x201000
    sw zero, 0(t2)
    lw t0, 4(s4)
    li t0, UART_IRQ
    sw t0, 4(s4)
    li t0, 2
    sb t0, 1(s2)
    CHECK_CSR mip, 0x200, 0xa00
    li t2, PLIC + 0x201000
    lw a0, 4(t2)
    CHECK a0, UART_IRQ
    CHECK_CSR mip, 0, 0x200
    lbu a0, 2(s2)
    li t2, PLIC + 0x201000
    li t0, UART_IRQ
    sw t0, 4(t2)
    CHECK_CSR mip, 0, 0x200
    GUEST_PASS
text: .asciz "through the PLIC\n"
    .align 2
handler:
    IRQ_ONLY
    lw t1, 4(s4)
    lbu t0, 2(s2)
    lbu t0, 0(s5)
    beqz t0, 1f
    addi s5, s5, 1
    sb t0, 0(s2)
1:  sw t1, 4(s4)
    mret
