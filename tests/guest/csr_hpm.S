/* SPDX-License-Identifier: BSD-2-Clause */
/* Programmable counters (Zihpm, Sscofpmf): instructions counted exactly, by privilege, the overflow interrupt at the
 * instruction's block, delegated too; cycles by the timer. Event codes are the SBI's.
 * metal: yes
 * skip: qemu */
#include "guest.h"
#define LCOFI 13
#define HPM_OF (1 << 63)
#define HPM_MINH (1 << 62)
#define HPM_SINH (1 << 61)
#define HPM_UINH (1 << 60)
    GUEST_START
    /* exact deltas */
    csrwi mhpmevent3, 2
    csrw mhpmcounter3, zero
    csrr a0, mhpmcounter3
    CHECK a0, 0
    csrr a0, mhpmcounter3
    nop
    nop
    csrr a1, mhpmcounter3
    sub a1, a1, a0
    CHECK a1, 3
    csrr a0, hpmcounter3
    csrr a2, mhpmcounter3
    li a3, 500
1:  addi a3, a3, -1
    bnez a3, 1b
    csrr a1, mhpmcounter3
    sub a1, a1, a2
    CHECK a1, 1002              /* csrr, li, 2 x 500 */
    /* U alone: 7 instructions there (ecall does not retire), whatever M does */
    li a0, 2 | HPM_MINH | HPM_SINH
    csrw mhpmevent4, a0
    csrw mhpmcounter4, zero
    TRAP_BEGIN
    IN_MODE 0
    nop
    nop
    li a0, 1
    li a1, 1
    add a2, a1, a0
    mul a2, a1, a0
    nop
    ecall
    TRAP_END EXC_ECALL_U
    csrr a0, mhpmcounter4
    CHECK a0, 7
    /* M alone: the same way adds nothing for what U does; mret is M's */
    li a0, 2 | HPM_UINH | HPM_SINH
    csrw mhpmevent5, a0
    csrw mhpmcounter5, zero
    csrw mhpmcounter6, zero
    li a0, 2
    csrw mhpmevent6, a0
    TRAP_BEGIN
    la t0, 2f
    csrw mepc, t0
    csrr a0, mhpmcounter5
    csrr a2, mhpmcounter6
    mret
    .align 2
2:  nop
    nop
    nop
    ecall
    .align 2
99: csrr a1, mhpmcounter5
    csrr a3, mhpmcounter6
    sub a1, a1, a0
    sub a3, a3, a2
    sub a3, a3, a1
    CHECK a3, 3                 /* all, less M's: the three of U (a csrr more or less on both sides) */

    /* Overflow: the interrupt comes when the count has passed zero, once */
    la t0, on_interrupt
    csrw mtvec, t0
    csrw mhpmevent4, zero
    csrw mhpmevent5, zero
    csrw mhpmevent6, zero
    li t0, 1 << LCOFI
    csrw mie, t0
    li s0, 0
    csrsi mstatus, 8
    li a0, -40000
    csrw mhpmcounter3, a0
    li a3, 40000
1:  addi a3, a3, -1             /* long, of several blocks: a region */
    andi a4, a3, 1
    beqz a4, 2f
    addi a5, a5, 1
2:  bnez a3, 1b
    CHECK s0, 1                 /* one interrupt */
    csrr a0, mhpmevent3
    li a1, HPM_OF | 2
    CHECK_REG a0, a1
    csrr a0, 0xda0
    CHECK a0, 8
    /* soon after the event: within a block */
    sltiu a0, s1, 200
    CHECK a0, 1
    /* with OF set: none */
    li a0, -100
    csrw mhpmcounter3, a0
    li a3, 200
1:  addi a3, a3, -1
    bnez a3, 1b
    CHECK s0, 1
    /* inhibited: none; then it goes on */
    csrwi mhpmevent3, 2
    li a0, -50
    csrw mhpmcounter3, a0
    csrwi mcountinhibit, 8
    li a3, 200
1:  addi a3, a3, -1
    bnez a3, 1b
    CHECK s0, 1
    csrwi mcountinhibit, 0
    li a3, 200
1:  addi a3, a3, -1
    bnez a3, 1b
    CHECK s0, 2
    /* interrupts off: pending in mip, seen by the very next instruction */
    csrci mstatus, 8
    csrwi mhpmevent3, 2
    li a0, -4
    csrw mhpmcounter3, a0
    nop
    csrr a1, mip
    nop
    csrr a2, mip                /* three instructions retired: -1 */
    csrr a3, mip                /* four: 0 */
    srli a1, a1, LCOFI
    CHECK a1, 0
    srli a2, a2, LCOFI
    CHECK a2, 0
    srli a3, a3, LCOFI
    CHECK a3, 1
    li t0, 1 << LCOFI
    csrc mip, t0
    csrr a0, mip
    CHECK a0, 0
    /* cycles: the timer, also out of wfi */
    csrwi mhpmevent3, 0
    csrwi mhpmevent7, 1
    li a0, -2000000
    csrw mhpmcounter7, a0
    wfi
    csrsi mstatus, 8
1:  li a0, 3
    bne s0, a0, 1b
    csrr a0, mhpmevent7
    li a1, HPM_OF | 1
    CHECK_REG a0, a1
    csrwi mhpmevent7, 0

    /* delegated: taken by S, out of U, in the loop */
    csrci mstatus, 8
    li t0, 1 << LCOFI
    csrw mideleg, t0
    csrs sie, t0
    la t0, s_handler
    csrw stvec, t0
    la t0, guest_trap
    csrw mtvec, t0
    li a0, 8
    csrw mcounteren, a0
    li a0, 2 | HPM_MINH | HPM_SINH
    csrw mhpmevent3, a0
    li a0, -5000
    csrw mhpmcounter3, a0
    TRAP_BEGIN
    IN_MODE 0
1:  j 1b
    ecall
    TRAP_END EXC_ECALL_S
    CHECK s2, (1 << 63) | LCOFI
    CHECK s3, 8                 /* scountovf */
    CHECK s4, 0                 /* sip, cleared */
    csrr a0, mhpmcounter3       /* U's instructions alone: 0 to a block's */
    sltiu a0, a0, 200
    CHECK a0, 1
    GUEST_PASS
    .align 2
on_interrupt:
    IRQ_ONLY
    csrr s2, mcause
    csrr s1, mhpmcounter3
    addi s0, s0, 1
    li t0, 1 << LCOFI
    csrc mip, t0
    mret
    .align 2
s_handler:
    csrr s2, scause
    csrr s3, 0xda0
    li t0, 1 << LCOFI
    csrc sip, t0
    csrr s4, sip
    ecall
