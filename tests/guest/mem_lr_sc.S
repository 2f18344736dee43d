/* SPDX-License-Identifier: BSD-2-Clause */
/* LR/SC: success, failure without a reservation, at another address, after a trap return, after success; values and
 * sign extension; a changed value fails.
 * metal: yes */
#include "guest.h"
    GUEST_START
    la s0, cell
    li a0, 0x8000000180000002
    sd a0, 0(s0)
    /* success: 0, and the value is there; rd of lr.w is sign-extended */
    lr.w a1, (s0)
    CHECK a1, 0xffffffff80000002
    lr.w a1, (s0)
    li a2, 5
    sc.w a3, a2, (s0)
    CHECK a3, 0
    ld a1, 0(s0)
    CHECK a1, 0x8000000100000005
    /* a second SC has nothing to succeed with */
    sc.w a3, zero, (s0)
    snez a3, a3
    CHECK a3, 1
    ld a1, 0(s0)
    CHECK a1, 0x8000000100000005
    lr.d.aq a1, (s0)
    addi a1, a1, 1
    sc.d.rl a3, a1, (s0)
    CHECK a3, 0
    ld a1, 0(s0)
    CHECK a1, 0x8000000100000006
    /* another address */
    addi s1, s0, 64
    lr.d a1, (s0)
    sc.d a3, zero, (s1)
    snez a3, a3
    CHECK a3, 1
    /* ... which gives the reservation up */
    sc.d a3, zero, (s0)
    snez a3, a3
    CHECK a3, 1
    ld a1, 0(s0)
    CHECK a1, 0x8000000100000006
    /* a store of another value by this hart in between: may fail or succeed, but nothing in halves */
    lr.d a1, (s0)
    li a2, 7
    sd a2, 0(s0)
    li a4, 8
    sc.d a3, a4, (s0)
    ld a1, 0(s0)
    li a5, 8
    beqz a3, 1f
    li a5, 7
1:  CHECK_REG a1, a5
    /* mret gives it up */
    lr.d a1, (s0)
    la t0, 1f
    csrw mepc, t0
    li t0, MSTATUS_MPP
    csrs mstatus, t0
    mret
    .align 2
1:  sc.d a3, zero, (s0)
    snez a3, a3
    CHECK a3, 1
    /* and a context switch in S: sret */
    TRAP_BEGIN
    IN_MODE 1
    lr.d a1, (s0)
    la t0, 1f
    csrw sepc, t0
    li t0, MSTATUS_SPP
    csrs sstatus, t0
    sret
    .align 2
1:  sc.d a3, zero, (s0)
    snez a3, a3
    CHECK a3, 1
    ecall
    TRAP_END EXC_ECALL_S
    /* a counter: the loop of the manual, 1000 times */
    sd zero, 0(s0)
    li s2, 1000
2:  lr.w a1, (s0)
    addi a1, a1, 1
    sc.w a3, a1, (s0)
    bnez a3, 2b
    addi s2, s2, -1
    bnez s2, 2b
    ld a1, 0(s0)
    CHECK a1, 1000
    /* compare and swap, equal and not */
    li a2, 1000
    li a4, 0x77
3:  lr.w a1, (s0)
    bne a1, a2, 4f
    sc.w a3, a4, (s0)
    bnez a3, 3b
4:  lr.w a1, (s0)
    bne a1, a2, 5f
    CHECK zero, 1
5:  ld a1, 0(s0)
    CHECK a1, 0x77
    /* rd of sc is x0; lr to x0 */
    lr.w zero, (s0)
    sc.w zero, a2, (s0)
    ld a1, 0(s0)
    CHECK a1, 1000
    GUEST_PASS
    .data
    .align 7
cell: .space 128
