/* SPDX-License-Identifier: BSD-2-Clause */
/* Misaligned loads and stores are done (also over a page), misaligned atomics trap with the address. */
#include "guest.h"
    GUEST_START
    la s0, buffer + 4096 - 16
    li a0, 0x8877665544332211
    li a1, 0x99aabbccddeeff80
    sd a0, 8(s0)
    sd a1, 16(s0)
    /* offsets 8..16: from inside the first page to over its end */
    ld a2, 9(s0)
    CHECK a2, 0x8088776655443322
    ld a2, 12(s0)
    CHECK a2, 0xddeeff8088776655
    ld a2, 15(s0)
    CHECK a2, 0xaabbccddeeff8088
    lw a2, 13(s0)
    CHECK a2, 0xffffffff80887766
    lw a2, 14(s0)
    CHECK a2, 0xffffffffff808877
    lwu a2, 14(s0)
    CHECK a2, 0xff808877
    lh a2, 15(s0)
    CHECK a2, 0xffffffffffff8088
    lhu a2, 15(s0)
    CHECK a2, 0x8088
    lh a2, 9(s0)
    CHECK a2, 0x3322
    fld fa0, 11(s0)
    fmv.x.d a2, fa0
    CHECK a2, 0xeeff808877665544
    flw fa0, 13(s0)
    fmv.x.d a2, fa0
    CHECK a2, 0xffffffff80887766
    li a3, 0x0123456789abcdef
    sd a3, 13(s0)
    ld a2, 8(s0)
    CHECK a2, 0xabcdef5544332211
    ld a2, 16(s0)
    CHECK a2, 0x99aabb0123456789
    sw a3, 15(s0)
    ld a2, 8(s0)
    CHECK a2, 0xefcdef5544332211
    ld a2, 16(s0)
    CHECK a2, 0x99aabb012389abcd
    sh a0, 15(s0)
    ld a2, 8(s0)
    CHECK a2, 0x11cdef5544332211
    ld a2, 16(s0)
    CHECK a2, 0x99aabb012389ab22
    fmv.d.x fa1, a1
    fsd fa1, 10(s0)
    ld a2, 8(s0)
    CHECK a2, 0xbbccddeeff802211
    ld a2, 16(s0)
    CHECK a2, 0x99aabb01238999aa
    fsw fa1, 14(s0)
    ld a2, 16(s0)
    CHECK a2, 0x99aabb012389ddee

    .macro BAD cause, insn:vararg
    TRAP_BEGIN
    \insn
    TRAP_END \cause
    la t0, trap_tval
    ld a4, 0(t0)
    CHECK_REG a4, s1
    .endm
    li a5, 77
    addi s1, s0, 1
    BAD EXC_LOAD_MISALIGNED, lr.w a5, (s1)
    BAD EXC_LOAD_MISALIGNED, lr.d a5, (s1)
    BAD EXC_STORE_MISALIGNED, sc.w a5, a0, (s1)
    BAD EXC_STORE_MISALIGNED, sc.d a5, a0, (s1)
    BAD EXC_STORE_MISALIGNED, amoadd.w a5, a0, (s1)
    BAD EXC_STORE_MISALIGNED, amoswap.d a5, a0, (s1)
    addi s1, s0, 4
    BAD EXC_LOAD_MISALIGNED, lr.d a5, (s1)
    BAD EXC_STORE_MISALIGNED, amomaxu.d a5, a0, (s1)
    addi s1, s0, 2
    BAD EXC_STORE_MISALIGNED, amoand.w a5, a0, (s1)
    CHECK a5, 77
    addi s1, s0, 12
    lr.w a5, (s1)
    GUEST_PASS
    .bss
    .align 12
buffer: .space 8192
