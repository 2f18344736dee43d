/* SPDX-License-Identifier: BSD-2-Clause */
/* The assembly of the course kernel: entry, the page that is mapped everywhere, kernel traps, context switch, and the
 * M-mode timer handler of the variant with the CLINT. TIMER and SBI are set by tests/course/run. */
    .section .text.start, "ax"
    .globl _start
_start:
#ifdef SBI
    mv s0, a0
    mv s1, a1
    la sp, boot_stack + 8192
    call main
1:
#else
    csrr a0, mhartid        /* a stack for each hart, as course kernels have it; only hart 0 goes on */
    la sp, boot_stack
    li a1, 8192
    addi a2, a0, 1
    mul a1, a1, a2
    add sp, sp, a1
    bnez a0, 1f
    call start
1:  wfi
#endif
    j 1b

    /* Loads or stores the 31 registers but a0 in a trap frame at a0. */
    .macro frame op
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op x\n, 8 * \n(a0)
    .endr
    .endm

    /* Lies at the same address in the kernel's and each user's page table. Frame: word 0 kernel satp, 10 user's a0, 32
     * kernel sp, 33 handler. */
    .section .trampoline, "ax"
    .align 12
    .globl trampoline, user_vector, user_return
trampoline:
user_vector:
    csrrw a0, sscratch, a0
    frame sd
    csrr t0, sscratch
    sd t0, 80(a0)
    ld sp, 8 * 32(a0)
    ld t0, 8 * 33(a0)
    ld t1, 0(a0)
    sfence.vma
    csrw satp, t1
    sfence.vma
    jr t0
user_return:                /* a0: frame, a1: the user's satp */
    sfence.vma
    csrw satp, a1
    sfence.vma
    ld t0, 80(a0)
    csrw sscratch, t0
    frame ld
    /* the frame's own address waits in sscratch while the user runs */
    csrrw a0, sscratch, a0
    sret

    .text
    .align 2
    .globl kernel_vector
kernel_vector:
    addi sp, sp, -256
    sd a0, 80(sp)
    mv a0, sp
    frame sd
    call kernel_trap
    mv a0, sp
    .irp n, 1, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld x\n, 8 * \n(a0)
    .endr
    ld a0, 80(sp)
    addi sp, sp, 256
    sret

    /* switch_to(old, new): ra, sp, s0-s11 */
    .globl switch_to
    .macro context op, base
    \op ra, 0(\base)
    \op sp, 8(\base)
    .set at, 16
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \op s\n, at(\base)
    .set at, at + 8
    .endr
    .endm
switch_to:
    context sd, a0
    context ld, a1
    ret

#ifndef SBI
    /* M-mode timer: mscratch points at three words to save in, the address of mtimecmp, the interval. Forwards the tick
     * as a supervisor software interrupt. */
    .align 2
    .globl machine_timer
machine_timer:
    csrrw a0, mscratch, a0
    sd a1, 0(a0)
    sd a2, 8(a0)
    sd a3, 16(a0)
    ld a1, 24(a0)
    ld a2, 32(a0)
    ld a3, 0(a1)
    add a3, a3, a2
    sd a3, 0(a1)
    li a1, 2
    csrw sip, a1
    ld a3, 16(a0)
    ld a2, 8(a0)
    ld a1, 0(a0)
    csrrw a0, mscratch, a0
    mret
#endif
    .section .bss.stack, "aw", @nobits
    .align 12
boot_stack: .space 8192 * 8
