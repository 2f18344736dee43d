/* SPDX-License-Identifier: BSD-2-Clause */
/* Sstc: stimecmp raises STIP by itself, which software can no longer write; without STCE, STIP is M's software bit. */
#include "guest.h"
    GUEST_START
    li t0, 0x20
    csrs mip, t0
    CHECK_CSR mip, 0x20, 0x20
    csrc mip, t0
    CHECK_CSR mip, 0, 0x20
    li t0, -1
    csrw 0x14d, t0
    li t0, 1 << 63
    csrs menvcfg, t0
    CHECK_CSR mip, 0, 0x20
    li t0, 0x20
    csrs mip, t0
    CHECK_CSR mip, 0, 0x20
    csrw 0x14d, zero
    CHECK_CSR mip, 0x20, 0x20
    li t0, 0x20
    csrc mip, t0
    CHECK_CSR mip, 0x20, 0x20
    li t0, -1
    csrw 0x14d, t0
    CHECK_CSR mip, 0, 0x20
    /* S takes it, delegated, out of a loop and out of wfi */
    li t0, 0x20
    csrw mideleg, t0
    csrw mie, t0
    csrwi mcounteren, 7
    la t0, s_handler
    csrw stvec, t0
    TRAP_BEGIN
    IN_MODE 1
    li s0, 0
    csrr t0, time
    li t1, 20000
    add t0, t0, t1
    csrw 0x14d, t0
    csrsi sstatus, MSTATUS_SIE
1:  beqz s0, 1b
    CHECK s0, 0x8000000000000005
    li s0, 0
    csrr t0, time
    li t1, 50000
    add t0, t0, t1
    csrw 0x14d, t0
1:  csrci sstatus, 2          /* looked at with interrupts off: a wfi after the interrupt would sleep for ever */
    bnez s0, 2f
    wfi
    csrsi sstatus, 2
    j 1b
2:  csrsi sstatus, 2
    CHECK s0, 0x8000000000000005
    ecall
    TRAP_END EXC_ECALL_S
    GUEST_PASS
    .align 2
s_handler:
    csrr s0, scause
    li t0, -1
    csrw 0x14d, t0
    sret
