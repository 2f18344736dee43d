/* SPDX-License-Identifier: BSD-2-Clause */
/* Under OpenSBI: time by rdtime, a timer interrupt by SBI and by stimecmp, an IPI to itself, wfi.
 * bios: default
 * output: timer ok */
    .section .text.start, "ax"
    .globl _start
_start:
    la sp, stack_top
    la t0, handler
    csrw stvec, t0
    li s0, 0
    rdtime a0
    li t0, 100000
    add a0, a0, t0
    li a7, 0x54494d45           /* set_timer */
    li a6, 0
    ecall
    li t0, 0x22
    csrs sie, t0
    csrsi sstatus, 2
1:  csrci sstatus, 2          /* looked at with interrupts off: a wfi after the interrupt would sleep for ever */
    bnez s0, 2f
    wfi
    csrsi sstatus, 2
    j 1b
2:  csrsi sstatus, 2
    li t0, 5
    bne s0, t0, bad
    li s0, 0
    li a0, 1
    li a1, 0
    li a7, 0x735049             /* send_ipi to hart 0 */
    li a6, 0
    ecall
1:  beqz s0, 1b
    li t0, 1
    bne s0, t0, bad
    la s2, text
3:  lbu a0, 0(s2)
    beqz a0, bad
    li a7, 1
    ecall
    addi s2, s2, 1
    j 3b
bad:
    li a0, 0
    li a1, 0
    li a7, 0x53525354
    li a6, 0
    ecall
3:  j 3b
    .align 2
handler:
    csrr s0, scause
    andi s0, s0, 15
    li a0, -1
    li a7, 0x54494d45
    li a6, 0
    ecall
    csrci sip, 2
    sret
text: .asciz "timer ok\n"
