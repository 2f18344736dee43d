/* SPDX-License-Identifier: BSD-2-Clause */
/* CLINT: MSIP, MTIMECMP; wfi wakes with interrupts off; a taken interrupt's mepc; a pending one is seen at once when
 * enabled; a loop without calls is left (poll).
 * metal: yes */
#include "guest.h"
    GUEST_START
    la t0, handler
    csrw mtvec, t0
    li s1, CLINT
    li s2, CLINT_MTIMECMP
    li s3, CLINT_MTIME
    li s4, -1
    sd s4, 0(s2)
    CHECK_CSR mip, 0, 0x88
    /* MSIP: only bit 0 is there */
    li t0, -1
    sw t0, 0(s1)
    lw a0, 0(s1)
    CHECK a0, 1
    CHECK_CSR mip, 8, 8
    li s0, 0
    li t0, 8
    csrw mie, t0
    csrsi mstatus, MSTATUS_MIE  /* taken right behind this */
here: nop
    CHECK s0, 0x8000000000000003
    la t0, here
    CHECK_REG s5, t0
    CHECK_CSR mip, 0, 8
    csrci mstatus, MSTATUS_MIE

    /* enabling by mie */
    csrw mie, zero
    csrsi mstatus, MSTATUS_MIE
    li t0, 1
    sw t0, 0(s1)
    nop
    li s0, 0
    li t0, 8
    csrs mie, t0
here2: nop
    la t0, here2
    CHECK_REG s5, t0
    csrci mstatus, MSTATUS_MIE
    /* enabling by mret */
    li t0, 1
    sw t0, 0(s1)
    li s0, 0
    la t0, here3
    csrw mepc, t0
    li t0, MSTATUS_MPP | MSTATUS_MPIE
    csrs mstatus, t0
    mret
    CHECK zero, 1
here3: nop
    la t0, here3
    CHECK_REG s5, t0
    CHECK s0, 0x8000000000000003
    csrci mstatus, MSTATUS_MIE

    /* the timer breaks a tight loop, of one block and of several */
    li t0, 0x80
    csrw mie, t0
    ld t0, 0(s3)
    li t1, 20000
    add t0, t0, t1
    sd t0, 0(s2)
    li s0, 0
    csrsi mstatus, MSTATUS_MIE
1:  beqz s0, 1b
    CHECK s0, 0x8000000000000007
    CHECK_CSR mip, 0, 0x80      /* the handler moved mtimecmp */
    ld t0, 0(s3)
    li t1, 20000
    add t0, t0, t1
    sd t0, 0(s2)
    li s0, 0
1:  jal t2, 2f
    beqz s0, 1b
    j 3f
2:  jr t2
3:  CHECK s0, 0x8000000000000007
    ld t0, 0(s3)
    li t1, 20000
    add t0, t0, t1
    sd t0, 0(s2)
    li s0, 0
    la t2, 5f
5:  bnez s0, 6f
    jr t2
6:  CHECK s0, 0x8000000000000007
    csrci mstatus, MSTATUS_MIE

    /* wfi: with the interrupt disabled globally it goes on behind the wfi and nothing is taken */
    ld t0, 0(s3)
    li t1, 20000
    add t0, t0, t1
    sd t0, 0(s2)
    li s0, 0
    wfi
    CHECK s0, 0
    ld a0, 0(s3)
    ld a1, 0(s2)
1:  ld a0, 0(s3)                /* wfi may end early */
    bltu a0, a1, 1b
    CHECK_CSR mip, 0x80, 0x80
    sd s4, 0(s2)
    CHECK_CSR mip, 0, 0x80
    /* the handler runs after the wfi */
    ld t0, 0(s3)
    li t1, 50000
    add t0, t0, t1
    sd t0, 0(s2)
    csrsi mstatus, MSTATUS_MIE
1:  csrci mstatus, 8          /* looked at with interrupts off: a wfi after the interrupt would sleep for ever */
    bnez s0, 2f
    wfi
    csrsi mstatus, 8
    j 1b
2:  csrsi mstatus, 8
    CHECK s0, 0x8000000000000007
    csrci mstatus, MSTATUS_MIE
    /* mtimecmp in the past fires at once; 32-bit halves work */
    li s0, 0
    sw zero, 0(s2)
    sw zero, 4(s2)
    CHECK_CSR mip, 0x80, 0x80
    sw s4, 4(s2)
    lw a0, 4(s2)
    CHECK a0, -1
    CHECK_CSR mip, 0, 0x80
    sd s4, 0(s2)
    GUEST_PASS
    .align 2
handler:
    IRQ_ONLY
    csrr s0, mcause
    csrr s5, mepc
    sw zero, 0(s1)
    sd s4, 0(s2)
    mret
