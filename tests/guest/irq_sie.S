/* SPDX-License-Identifier: BSD-2-Clause */
/* sstatus.SIE switched by S-mode itself, in a loop: what csrrs, csrrc and csrr read, that a pending interrupt is taken
 * behind the instruction that sets the bit and nowhere else, and what an exception and its sret make of it.
 * metal: yes */
#include "guest.h"
#define ROUNDS 300
#define SPIE 32
    .option norvc
    GUEST_START
    li t0, 0x222
    csrw mideleg, t0
    li t0, 1 << 3                 /* breakpoint */
    csrw medeleg, t0
    li t0, 2
    csrw mie, t0
    la t0, s_handler
    csrw stvec, t0
    csrw sstatus, zero
    li s2, ROUNDS
    li s3, 0                    /* interrupts */
    li s4, 0                    /* exceptions */
    li s5, 0                    /* what is wrong */
    li s6, MSTATUS_SIE
    li s7, 0
    TRAP_BEGIN
    IN_MODE 1
1:  csrsi sip, 2                /* waits */
    csrci sstatus, MSTATUS_SIE
    csrr a0, sstatus
    andi a0, a0, MSTATUS_SIE
    or s5, s5, a0
    la s8, 2f
    csrrs a0, sstatus, s6
2:  andi a0, a0, MSTATUS_SIE
    or s5, s5, a0
    li s8, 0                    /* none is expected */
    csrrci a0, sstatus, MSTATUS_SIE
    andi a0, a0, MSTATUS_SIE
    add s7, s7, a0
    csrrsi a0, sstatus, MSTATUS_SIE
    andi a0, a0, MSTATUS_SIE
    or s5, s5, a0
    csrr a0, sstatus
    andi a0, a0, MSTATUS_SIE
    add s7, s7, a0
    ebreak                      /* SIE is off in the handler, and on again */
    csrr a0, sstatus
    andi a0, a0, MSTATUS_SIE
    add s7, s7, a0
    la s8, 3f
    csrsi sip, 2                /* SIE is on */
3:  li s8, 0
    mv a0, s6                   /* rd is rs1 */
    csrrc a0, sstatus, a0
    andi a0, a0, MSTATUS_SIE
    add s7, s7, a0
    li s9, MSTATUS_SIE | MSTATUS_SUM
    csrs sstatus, s9            /* not SIE alone */
    csrr a0, sstatus
    and a0, a0, s9
    xor a0, a0, s9
    or s5, s5, a0
    csrc sstatus, s9
    csrr a0, sstatus
    and a0, a0, s9
    or s5, s5, a0
    addi s2, s2, -1
    bnez s2, 1b
    ecall
    TRAP_END EXC_ECALL_S
    CHECK s5, 0
    CHECK s3, 2 * ROUNDS
    CHECK s4, ROUNDS
    CHECK s7, 4 * MSTATUS_SIE * ROUNDS
    GUEST_PASS
    .align 2
s_handler:
    csrr t0, sstatus
    andi t1, t0, MSTATUS_SIE
    or s5, s5, t1
    andi t1, t0, SPIE
    xori t1, t1, SPIE
    or s5, s5, t1
    csrr t0, scause
    bltz t0, 1f
    addi s4, s4, 1
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    sret
1:  addi s3, s3, 1
    csrci sip, 2
    csrr t0, sepc
    xor t0, t0, s8
    or s5, s5, t0
    sret
