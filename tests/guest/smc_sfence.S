/* SPDX-License-Identifier: BSD-2-Clause */
/* Course kernels load a program into pages that held another, and run it after sfence.vma alone: no fence.i (xv6's
 * exec). */
#include "guest.h"
GUEST_START
    /* First in M-mode. */
    li s0, 20
    la s1, machine_code
    lw s2, 0(s1)
    li s4, 1 << 20
1:  add s2, s2, s4
    sw s2, 0(s1)
    sfence.vma
    jalr s1
    srli a1, s2, 20
    CHECK_REG a0, a1
    addi s0, s0, -1
    bnez s0, 1b

    /* Then S-mode loads for U, which has the page elsewhere. */
    la s1, user_code
    lw s2, 0(s1)
    la a0, table
    srli a0, a0, 12
    li a1, 8 << 60
    or a0, a0, a1
    csrw satp, a0
    sfence.vma
    la a0, user_vector
    csrw stvec, a0
    li a0, 1 << 8
    csrw medeleg, a0
    li a0, MSTATUS_MPP
    csrc mstatus, a0
    li a0, MSTATUS_MPP_S
    csrs mstatus, a0
    la a0, supervisor
    csrw mepc, a0
    li s0, 20
    mret
supervisor:
    add s2, s2, s4
    sw s2, 0(s1)
    sfence.vma
    li a0, 0x40000000 - 0x80000000
    add a0, a0, s1
    csrw sepc, a0
    li a0, 1 << 8
    csrc sstatus, a0
    sret
    .align 2
user_vector:
    csrr a1, scause
    CHECK a1, EXC_ECALL_U
    srli a1, s2, 20
    CHECK_REG a0, a1
    addi s0, s0, -1
    bnez s0, supervisor
    GUEST_PASS

    .data
    .align 12
    .option norvc
machine_code:
    li a0, 1
    ret
    .align 12
user_code:
    li a0, 1
    ecall
    .option rvc
    .align 12
table:
    .dword PTE_RW       /* the devices */
    .dword 0x80000000 >> 2 | PTE_RWX | PTE_U
    .dword 0x80000000 >> 2 | PTE_RWX
    .space 4096 - 24
