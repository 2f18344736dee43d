/* SPDX-License-Identifier: BSD-2-Clause */
/* WARL and read-only fields: what is written back, what is dropped; the six access forms; mscratch swaps. */
#include "guest.h"
    GUEST_START
    /* csrrw / csrrs / csrrc and their immediate forms */
    li a0, 0x123456789abcdef0
    csrw mscratch, a0
    li a1, 0xff
    csrrs a2, mscratch, a1
    CHECK a2, 0x123456789abcdef0
    csrrc a2, mscratch, a1
    CHECK a2, 0x123456789abcdeff
    csrrsi a2, mscratch, 31
    CHECK a2, 0x123456789abcde00
    csrrci a2, mscratch, 16
    CHECK a2, 0x123456789abcde1f
    csrrwi a2, mscratch, 9
    CHECK a2, 0x123456789abcde0f
    csrrw a2, mscratch, zero
    CHECK a2, 9
    li a2, 0x55
    csrrw a2, mscratch, a2
    CHECK a2, 0
    csrrs a2, mscratch, a2
    CHECK a2, 0x55
    csrrc zero, mscratch, a2
    CHECK_CSR mscratch, 0
    csrrw zero, mscratch, a0
    CHECK_CSR mscratch, 0x123456789abcdef0
    csrw sscratch, a0
    CHECK_CSR sscratch, 0x123456789abcdef0

    /* misa: MXL 2, IMAFDC and S, U; F off without D */
    csrr a0, misa
    srli a1, a0, 62
    CHECK a1, 2
    li a1, (1 << 0) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 8) | (1 << 12) | (1 << 18) | (1 << 20)
    and a2, a0, a1
    CHECK_REG a2, a1

    /* mstatus: UXL and SXL are 2; reserved MPP 2 is not kept; WPRI bits read zero; SD follows FS */
    csrr a0, mstatus
    srli a1, a0, 32
    andi a1, a1, 15
    CHECK a1, 0xa
    li a1, MSTATUS_MPP
    csrc mstatus, a1
    li a1, 2 << 11
    csrs mstatus, a1
    csrr a0, mstatus
    srli a0, a0, 11
    andi a0, a0, 3
    addi a0, a0, -2
    snez a0, a0
    CHECK a0, 1
    li a1, MSTATUS_FS
    csrs mstatus, a1
    csrr a0, mstatus
    srli a0, a0, 63
    CHECK a0, 1
    csrc mstatus, a1
    csrr a0, mstatus
    srli a0, a0, 63
    CHECK a0, 0
    csrs mstatus, a1
    /* sstatus is a view: writing it does not touch M's bits */
    li a1, MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR | MSTATUS_MPIE | MSTATUS_MIE
    csrc mstatus, a1
    csrr s0, mstatus
    csrs sstatus, a1
    csrr s1, mstatus
    CHECK_REG s0, s1
    li a1, MSTATUS_SUM | MSTATUS_MXR | MSTATUS_SPP | MSTATUS_SPIE
    csrs sstatus, a1
    CHECK_CSR mstatus, MSTATUS_SUM | MSTATUS_MXR | MSTATUS_SPP | MSTATUS_SPIE, MSTATUS_SUM | MSTATUS_MXR | MSTATUS_SPP | MSTATUS_SPIE
    csrc sstatus, a1

    /* trap values */
    li a0, 0x1234567890
    csrw mtval, a0
    CHECK_CSR mtval, 0x1234567890
    csrw stval, a0
    CHECK_CSR stval, 0x1234567890
    li a0, 0x800000000000000b
    csrw mcause, a0
    csrr a1, mcause
    CHECK_REG a1, a0

    /* medeleg: ecall from M cannot be delegated; mideleg: only S interrupts are of S */
    li a0, -1
    csrw medeleg, a0
    CHECK_CSR medeleg, 0, 1 << 11
    CHECK_CSR medeleg, 0xb100, 0xb100
    csrw medeleg, zero
    CHECK_CSR medeleg, 0
    csrw mideleg, a0
    CHECK_CSR mideleg, 0x222, 0xfff & ~0x444
    csrw mideleg, zero
    CHECK_CSR mideleg, 0, 0x222
    /* mie: six bits; sie is what mideleg lets through */
    csrw mie, a0
    CHECK_CSR mie, 0xaaa, 0xfff & ~0x444
    CHECK_CSR sie, 0
    li a1, 0x222
    csrw mideleg, a1
    CHECK_CSR sie, 0x222
    csrw sie, zero
    CHECK_CSR mie, 0x888, 0xaaa
    csrw mie, zero
    /* mip: M's own bits are not software's; SSIP is, and sip shows only what is delegated */
    li a0, -1
    li t2, CLINT_MTIMECMP
    sd a0, 0(t2)
    li a0, 0x888
    csrs mip, a0
    CHECK_CSR mip, 0, 0x888
    li a0, 0x22
    csrs mip, a0
    CHECK_CSR mip, 0x22, 0x22
    CHECK_CSR sip, 0x22, 0x22
    csrw sip, zero
    CHECK_CSR mip, 0x20, 0x22   /* only SSIP is S's to clear */
    csrw mideleg, zero
    CHECK_CSR sip, 0
    li a0, 0x22
    csrc mip, a0

    /* satp: an unknown mode leaves it as it was; Sv39 takes ASID and PPN */
    csrw satp, zero
    li a0, (5 << 60) | 0x123
    csrw satp, a0
    CHECK_CSR satp, 0
    li a0, (15 << 60)
    csrw satp, a0
    CHECK_CSR satp, 0
    li a0, (8 << 60) | 0x80123
    csrw satp, a0
    CHECK_CSR satp, (8 << 60) | 0x80123
    csrw satp, zero

    /* mtvec: alignment */
    la t2, guest_trap
    csrw mtvec, t2
    csrr a0, mtvec
    CHECK_REG a0, t2
    /* mcounteren, scounteren: CY TM IR */
    li a0, 7
    csrw mcounteren, a0
    CHECK_CSR mcounteren, 7, 7
    csrw scounteren, a0
    CHECK_CSR scounteren, 7, 7
    csrw mcounteren, zero
    CHECK_CSR mcounteren, 0, 7
    csrw scounteren, zero
    /* mcountinhibit bit 1 (time) is not there */
    li a0, -1
    csrw mcountinhibit, a0
    CHECK_CSR mcountinhibit, 0, 2
    csrw mcountinhibit, zero
    /* menvcfg: FIOM and STCE */
    li a0, 1
    csrw menvcfg, a0
    CHECK_CSR menvcfg, 1, 1
    li a0, 1 << 63
    csrw menvcfg, a0
    csrr a0, menvcfg
    srli a0, a0, 63
    CHECK a0, 1
    csrw menvcfg, zero
    csrwi senvcfg, 1
    CHECK_CSR senvcfg, 1, 1
    csrw senvcfg, zero
    /* identification: hart 0; writes that must not trap read back as anything */
    CHECK_CSR mhartid, 0
    csrr a0, mvendorid
    csrr a0, marchid
    csrr a0, mimpid
    csrr a0, mconfigptr
    csrw mhpmcounter3, zero
    csrw mhpmevent3, zero
    /* fcsr and its parts */
    li a0, -1
    csrw fcsr, a0
    CHECK_CSR fcsr, 0xff
    CHECK_CSR fflags, 0x1f
    CHECK_CSR frm, 7
    csrwi frm, 2
    CHECK_CSR fcsr, 0x5f
    csrwi fflags, 9
    CHECK_CSR fcsr, 0x49
    csrrw a0, fcsr, zero
    CHECK a0, 0x49
    CHECK_CSR fcsr, 0
    GUEST_PASS
