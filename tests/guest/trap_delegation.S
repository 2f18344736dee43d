/* SPDX-License-Identifier: BSD-2-Clause */
/* medeleg and mideleg: what S handles stays in S, with its own CSRs; M is never delegated from; sret returns. */
#include "guest.h"
    GUEST_START
    li t0, (1 << EXC_ECALL_U) | (1 << EXC_BREAK) | (1 << EXC_ILLEGAL)
    csrw medeleg, t0
    csrr a0, medeleg
    CHECK_REG a0, t0
    la t0, s_trap
    csrw stvec, t0
    csrr a0, stvec
    CHECK_REG a0, t0

    /* From M: not delegated. */
    TRAP_BEGIN
    ebreak
    TRAP_END EXC_BREAK

    /* From U: ecall goes to S; S adds one to a0 and returns behind it. Then ebreak, then an illegal one. */
    li s0, 0                    /* causes that S saw, four bits each */
    TRAP_BEGIN
    IN_MODE 0
    li a0, 41
in_u: ecall
    ebreak
    .word 0xffffffff
    li a7, 1                    /* S turns it into an ecall of its own */
    ecall
    TRAP_END EXC_ECALL_S
    CHECK a0, 45
    CHECK s0, 0x8328
    la t0, in_u
    CHECK_REG s1, t0
    CHECK s2, 0                 /* SPP: from U */
    CHECK s3, 0xffffffff        /* stval of the illegal one */

    /* From S: sees itself as SPP. */
    li s0, 0
    li a7, 0
    TRAP_BEGIN
    IN_MODE 1
    li a0, 1
    ebreak
    ecall
    TRAP_END EXC_ECALL_S
    CHECK a0, 2
    CHECK s0, 3
    CHECK s2, 1
    /* sret from S to U by hand: SPIE becomes SIE, SPP becomes U. */
    csrw medeleg, zero
    TRAP_BEGIN
    IN_MODE 1
    la t0, 1f
    csrw sepc, t0
    li t0, MSTATUS_SPP
    csrc sstatus, t0
    li t0, MSTATUS_SPIE
    csrs sstatus, t0
    csrci sstatus, MSTATUS_SIE
    sret
    .align 2
1:  ecall
    TRAP_END EXC_ECALL_U
    csrr a0, sstatus
    andi a0, a0, MSTATUS_SIE | MSTATUS_SPIE
    CHECK a0, MSTATUS_SIE | MSTATUS_SPIE
    GUEST_PASS

    .align 2
s_trap:
    li t0, 1
    beq a7, t0, 2f
    csrr t0, scause
    slli s0, s0, 4
    or s0, s0, t0
    csrr t1, stval
    li t2, EXC_ILLEGAL
    bne t0, t2, 1f
    mv s3, t1
1:  csrr t1, sepc
    li t2, EXC_ECALL_U
    bne t0, t2, 3f
    bnez s1, 3f
    mv s1, t1
3:  csrr s2, sstatus
    srli s2, s2, 8
    andi s2, s2, 1
    addi a0, a0, 1
    lhu t2, 0(t1)               /* skip 2 or 4 bytes */
    andi t2, t2, 3
    addi t2, t2, -3
    addi t1, t1, 2
    bnez t2, 4f
    addi t1, t1, 2
4:  csrw sepc, t1
    sret
2:  slli s0, s0, 4
    csrr t0, scause
    or s0, s0, t0
    addi a0, a0, 1
    ecall
