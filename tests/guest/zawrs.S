/* SPDX-License-Identifier: BSD-2-Clause */
/* Zawrs: neither instruction hangs, with a reservation or without one, in any mode; TW; an interrupt ends the wait and
 * is taken.
   skip: qemu (it takes TW's time limit as zero) */
#include "guest.h"
#include "modes.h"
    .option arch, +zawrs
    .macro RESERVE
    la a0, word
    lr.w a1, (a0)
    .endm
    GUEST_START
    /* no reservation: at once */
    wrs.sto
    wrs.nto
    /* one that nobody breaks: sooner or later, and it is still there */
    RESERVE
    wrs.sto
    wrs.nto
    sc.w a2, a1, (a0)
    CHECK a2, 0
    /* one that this hart's own store broke */
    RESERVE
    li a3, 7
    sw a3, 0(a0)
    wrs.nto
    sw a1, 0(a0)
    /* in a loop as lr/sc spins */
    li s2, 1000
1:  RESERVE
    wrs.sto
    addi s2, s2, -1
    bnez s2, 1b
    LEGAL 1, EXC_ECALL_S, wrs.nto
    LEGAL 1, EXC_ECALL_S, wrs.sto
    LEGAL 0, EXC_ECALL_U, wrs.nto
    LEGAL 0, EXC_ECALL_U, wrs.sto

    /* TW: wrs.nto below M-mode is illegal if it would take long; wrs.sto and what ends at once are not */
    li t0, MSTATUS_TW
    csrs mstatus, t0
    LEGAL 1, EXC_ECALL_S, wrs.nto
    LEGAL 0, EXC_ECALL_U, wrs.nto
    la a0, word
    .macro RESERVED mode, cause, insn
    TRAP_BEGIN
    IN_MODE \mode
    lr.w a1, (a0)
    \insn
    ecall
    TRAP_END \cause
    .endm
    RESERVED 1, EXC_ILLEGAL, wrs.nto
    RESERVED 0, EXC_ILLEGAL, wrs.nto
    RESERVED 1, EXC_ECALL_S, wrs.sto
    RESERVED 0, EXC_ECALL_U, wrs.sto
    RESERVE
    wrs.nto                     /* M-mode */
    li t0, MSTATUS_TW
    csrc mstatus, t0

    /* an interrupt that is pending and enabled is taken before the next instruction */
    la t0, taken
    csrw mtvec, t0
    li s3, CLINT
    li t0, 8
    csrw mie, t0
    li s4, 0
    csrsi mstatus, 8
    li t0, 1
    RESERVE
    sw t0, 0(s3)                /* msip: own software interrupt */
2:  wrs.nto
    beqz s4, 2b
    csrci mstatus, 8
    CHECK s4, 1
    la t0, guest_trap
    csrw mtvec, t0
    GUEST_PASS

    .align 2
taken:
    IRQ_ONLY
    sw zero, 0(s3)
    addi s4, s4, 1
    mret

    .data
    .align 3
word: .dword 0x1234
