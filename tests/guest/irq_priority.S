/* SPDX-License-Identifier: BSD-2-Clause */
/* Pending together: MSI before MTI before SEI, SSI, STI; M's before S's whatever the order of the bits; S's interrupts
 * do not reach M-mode when delegated; M's reach S-mode with MIE off.
 * (QEMU takes the lowest number first unless it has AIA.)
 * qemu: -cpu rv64,smaia=on,ssaia=on */
#include "guest.h"
    GUEST_START
    la t0, handler
    csrw mtvec, t0
    li s1, CLINT
    li s2, CLINT_MTIMECMP
    li t0, 1
    sw t0, 0(s1)                /* MSIP */
    sd zero, 0(s2)              /* MTIP */
    li t0, 0x222
    csrs mip, t0                /* SSIP, STIP, SEIP */
    li s3, 0
    li t0, 0xaaa
    csrw mie, t0
    csrsi mstatus, MSTATUS_MIE  /* each is taken once, and its mie bit taken away */
    nop
    nop
    CHECK s3, 0x37915           /* 3 7 9 1 5 */
    csrci mstatus, MSTATUS_MIE
    sw zero, 0(s1)
    li t0, -1
    sd t0, 0(s2)
    li t0, 0x222
    csrw mideleg, t0
    la t0, s_handler
    csrw stvec, t0
    li t0, 0x222
    csrw mie, t0
    csrsi mstatus, MSTATUS_MIE
    nop
    li s3, 0
    nop
    CHECK s3, 0                 /* delegated: never in M */
    csrci mstatus, MSTATUS_MIE
    la t0, guest_trap
    csrw mtvec, t0
    csrci sstatus, MSTATUS_SIE
    TRAP_BEGIN
    IN_MODE 1
    nop
    li s3, 0
    csrsi sstatus, MSTATUS_SIE
    nop
    CHECK s3, 0x915
    ecall
    TRAP_END EXC_ECALL_S
    /* In U, S's interrupts are on whatever SIE says. */
    csrci sstatus, MSTATUS_SIE
    li t0, 0x222
    csrs mip, t0
    csrs mie, t0
    li s3, 0
    TRAP_BEGIN
    IN_MODE 0
    nop
    CHECK s3, 0x915
    ecall
    TRAP_END EXC_ECALL_U
    /* M's interrupt in S with MIE off: taken in M */
    li t0, 8
    csrw mie, t0
    li t0, MSTATUS_MPIE
    csrc mstatus, t0
    li t0, 1
    sw t0, 0(s1)
    TRAP_BEGIN
    IN_MODE 1
1:  j 1b
    TRAP_END 0x8000000000000003
    GUEST_PASS
    .align 2
handler:
    IRQ_ONLY
    csrr t0, mcause
    andi t0, t0, 15
    slli s3, s3, 4
    or s3, s3, t0
    li t1, 1
    sll t1, t1, t0
    csrc mie, t1
    mret
    .align 2
s_handler:
    csrr t0, scause
    andi t0, t0, 15
    slli s3, s3, 4
    or s3, s3, t0
    li t1, 1
    sll t1, t1, t0
    csrc sie, t1
    sret
