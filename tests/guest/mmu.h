/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of the MMU tests, built at run time with paging off. Macros clobber t0-t2. */
#ifndef PYRITE_TESTS_GUEST_MMU_H
#define PYRITE_TESTS_GUEST_MMU_H

#define SATP_SV39 8
#define SATP_SV48 9
#define SATP_SV57 10

    /* table[index] = leaf for a constant physical address, or a raw PTE (PT_RAW) */
    .macro PT_RAW table, index, pte
    la t1, \table
    li t2, (\index) * 8
    add t1, t1, t2
    li t0, \pte
    sd t0, 0(t1)
    .endm
    .macro PT_LEAF table, index, pa, flags
    PT_RAW \table, \index, (((\pa) >> 2) | (\flags))
    .endm
    /* ... for the page of a symbol */
    .macro PT_SYM table, index, sym, flags
    la t1, \table
    li t2, (\index) * 8
    add t1, t1, t2
    la t0, \sym
    srli t0, t0, 2
    li t2, \flags
    or t0, t0, t2
    sd t0, 0(t1)
    .endm
    .macro PT_LINK table, index, next
    PT_SYM \table, \index, \next, PTE_V
    .endm
    .macro PT_GET reg, table, index
    la t1, \table
    li t2, (\index) * 8
    add t1, t1, t2
    ld \reg, 0(t1)
    .endm
    .macro SATP mode, root, asid=0
    la t0, \root
    srli t0, t0, 12
    li t1, (\mode << 60) | (\asid << 44)
    or t0, t0, t1
    csrw satp, t0
    .endm
    /* M-mode's loads and stores use mode's (0 U, 1 S) translation until the next trap into M or DATA_AS_M. */
    .macro DATA_AS mode
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, MSTATUS_MPRV | (\mode << 11)
    csrs mstatus, t0
    .endm
    .macro DATA_AS_M
    li t0, MSTATUS_MPRV
    csrc mstatus, t0
    .endm
    /* One load or store with another mode's translation that must fault with va in mtval. va is a constant. */
    .macro DATA_FAULT mode, cause, va, insn:vararg
    li s1, \va
    TRAP_BEGIN
    DATA_AS \mode
    \insn
    TRAP_END \cause
    DATA_AS_M
    CHECK_MEM trap_tval, \va
    .endm
    /* One load of eight bytes that must give want. */
    .macro DATA_LOAD mode, va, want
    li s1, \va
    DATA_AS \mode
    ld s2, 0(s1)
    DATA_AS_M
    CHECK s2, \want
    .endm
    .macro DATA_STORE mode, va, value
    li s1, \va
    li s2, \value
    DATA_AS \mode
    sd s2, 0(s1)
    DATA_AS_M
    .endm
    .macro TABLE name
    .bss
    .align 12
\name: .space 4096
    .text
    .endm
#endif
