/* SPDX-License-Identifier: BSD-2-Clause */
/* Start of a compiled C program on the bare board, in M-mode: a stack, FP on, main(1, argv), then the test finisher
 * with what main returned. A trap that nobody asked for ends the program with status 99. */
    .section .text.start, "ax"
    .globl _start
_start:
    la sp, stack_end
    la t0, trapped
    csrw mtvec, t0
    li t0, 3 << 13
    csrs mstatus, t0
    csrw fcsr, zero
    li a0, 1
    la a1, argv
    call main
    .globl exit
exit:
    li t0, 0x100000
    li t1, 0x5555
    beqz a0, 1f
    slli a0, a0, 16
    li t1, 0x3333
    or t1, t1, a0
1:  sw t1, 0(t0)
2:  j 2b
    .align 2
trapped:
    li a0, 99
    j exit
    .globl putchar
putchar:
    li t0, 0x10000000
    sb a0, 0(t0)
    ret
    /* <setjmp.h>: ra, sp, s0-s11, fs0-fs11. */
    .globl _setjmp, longjmp
    .macro buffer word, float
    \word ra, 0(a0)
    \word sp, 8(a0)
    .set at, 16
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \word s\n, at(a0)
    \float fs\n, at+96(a0)
    .set at, at + 8
    .endr
    .endm
_setjmp:
    buffer sd, fsd
    li a0, 0
    ret
longjmp:
    buffer ld, fld
    seqz a0, a1
    add a0, a0, a1
    ret
    .data
    .align 3
argv: .dword name, 0
name: .asciz "program"
    .bss
    .align 4
    .space 1 << 20
stack_end:
