/* SPDX-License-Identifier: BSD-2-Clause */
/* With direct memory on metal a wild guest address can hit a page that translated code has for itself
 * (docs/security.md). U reads all that lies where those pages are: what M has had in its registers, has stored and has
 * computed with, and the floating-point registers, which are off in U, must not be found there. Without direct memory
 * all of it faults.
 * metal: yes
 * skip: qemu */
#include "guest.h"
#define SECRET_HIGH 0x5ec2e7a11
    .option norvc
    GUEST_START
    li s11, SECRET_HIGH << 20
    /* more values at once than there are host registers, all with the secret in their upper half */
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    addi a0, s11, \n
    fmv.d.x f\n, a0
    .endr
    li s2, 64
1:  add a0, s11, s2
    la t0, buffer
    mul a1, a0, s2
    sd a0, 0(t0)
    sd a1, 8(t0)
    lr.d a2, (t0)
    sc.d a3, a0, (t0)
    amoadd.d a4, a0, (t0)
    csrw mscratch, a0
    csrr a2, mscratch
    addi s2, s2, -1
    bnez s2, 1b
    la t0, buffer
    sd zero, 0(t0)
    csrw mscratch, zero
    la t0, handler
    csrw mtvec, t0
    li t0, MSTATUS_FS | MSTATUS_MPP
    csrc mstatus, t0
    la t0, user
    csrw mepc, t0
    li a0, 0
    li a1, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li s11, 0
    li t0, 0
    mret

    /* s1: address, s3: found, s4: loads that did not fault, s5: end. */
user:
    li s1, 0xffffc80000000000   /* kernel/memlayout.h: USER_MEM_BASE; env comes first */
    li s5, 0xffffc80000010000
    li s3, 0
    li s4, 0
2:  li a0, 0
    ld a0, 0(s1)
    srli a0, a0, 20
    li a1, SECRET_HIGH
    bne a0, a1, 3f
    addi s3, s3, 1
    mv s6, s1
3:  addi s1, s1, 8
    bltu s1, s5, 2b
    ecall

    .align 2
handler:
    csrr a2, mcause
    li a3, EXC_ECALL_U
    beq a2, a3, 4f
    li a3, EXC_LOAD_ACCESS
    bne a2, a3, 5f
    csrr a2, mepc
    addi a2, a2, 4
    csrw mepc, a2
    li a0, 0
    mret
4:  la t0, guest_trap
    csrw mtvec, t0
    CHECK s3, 0
    GUEST_PASS
5:  la t0, guest_trap
    csrw mtvec, t0
    CHECK a2, EXC_LOAD_ACCESS
    GUEST_PASS
    .bss
    .align 4
buffer:
    .zero 16
