/* SPDX-License-Identifier: BSD-2-Clause */
/* A store over the end of a page of which PMP protects a part writes all of its bytes or none: neither those before the
 * protected ones nor those in the next page.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
    .macro PMP on
    li t0, (0x1f << 8) | (\on * 0x11)   /* entry 0: four bytes, read-only; entry 1: the rest, everything */
    csrw pmpcfg0, t0
    sfence.vma
    .endm
    /* Eight bytes to the address s0 + offset with the four bytes at s0 + guard protected: refused, nothing is
     * changed. */
    .macro REFUSED offset, guard
    sd s2, -8(s0)
    sd s2, 0(s0)
    addi t0, s0, \guard
    srli t0, t0, 2
    csrw pmpaddr0, t0
    PMP 1
    TRAP_BEGIN
    DATA_AS 1
    sd s1, \offset(s0)
    TRAP_END EXC_STORE_ACCESS
    DATA_AS_M
    PMP 0
    ld a0, -8(s0)
    CHECK_REG a0, s2
    ld a0, 0(s0)
    CHECK_REG a0, s2
    .endm
    GUEST_START
    li t0, -1
    csrw pmpaddr1, t0
    la s0, area + 4096                  /* the page boundary */
    li s1, -1
    li s2, 0x1122334455667788
    REFUSED -7, -4
    REFUSED -5, -4
    REFUSED -3, 0
    REFUSED -2, 4
    /* protected bytes right behind those of the store are no hindrance */
    addi t0, s0, 8
    srli t0, t0, 2
    csrw pmpaddr0, t0
    PMP 1
    DATA_AS 1
    sd s1, -2(s0)
    DATA_AS_M
    PMP 0
    ld a0, -2(s0)
    CHECK_REG a0, s1
    GUEST_PASS
    .bss
    .align 12
area: .space 8192
