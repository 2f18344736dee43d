/* SPDX-License-Identifier: BSD-2-Clause */
/* Code behind a changed translation, after each form of sfence.vma that covers it: a 4 KiB page, a 2 MiB leaf, a
 * pointer that goes to another table; called, and run into by a jump that was linked; and a fence of another address or
 * ASID in between, which must not keep the right one from working.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
#define LARGE (WINDOW + (1 << 21))
    .option norvc
    /* s1: where to call, s2: the ASID, s5: address of the entry, s6 and s7: its two values */
    .macro CHANGE rounds, fence:vararg
    li s4, \rounds
1:  sd s6, 0(s5)
    \fence
    li a0, 0
    jalr s3, s1
    jalr s3, s1
    CHECK a0, 2
    sd s7, 0(s5)
    sfence.vma s8, s9           /* of something else */
    \fence
    li a0, 0
    jalr s3, s1
    jalr s3, s1
    CHECK a0, 0x20
    addi s4, s4, -1
    bnez s4, 1b
    .endm
    .macro FORMS
    TRAP_BEGIN
    IN_MODE 1
    li s2, 3
    li s8, WINDOW + (100 << 21)
    li s9, 4
    CHANGE 4, sfence.vma
    CHANGE 4, sfence.vma s1
    CHANGE 4, sfence.vma zero, s2
    CHANGE 4, sfence.vma s1, s2
    ecall
    TRAP_END EXC_ECALL_S
    .endm
    .macro ENTRY reg, sym, flags
    la \reg, \sym
    srli \reg, \reg, 2
    ori \reg, \reg, \flags
    .endm
    GUEST_START
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 1, one, PTE_RWX
    PT_SYM l0b, 1, two, PTE_RWX
    SATP SATP_SV39, root, 3
    sfence.vma
    /* a page */
    li s1, WINDOW + 4096
    la s5, l0 + 8
    ENTRY s6, one, PTE_RWX
    ENTRY s7, two, PTE_RWX
    FORMS
    /* the table that it is in */
    PT_SYM l0, 1, one, PTE_RWX
    sfence.vma
    la s5, l1
    ENTRY s6, l0, PTE_V
    ENTRY s7, l0b, PTE_V
    FORMS
    /* a jump inside the window to the page, linked or through the jump cache */
    PT_SYM l0, 0, jumper, PTE_RWX
    PT_LINK l1, 0, l0
    sfence.vma
    li s1, WINDOW
    la s5, l0 + 8
    ENTRY s6, one, PTE_RWX
    ENTRY s7, two, PTE_RWX
    TRAP_BEGIN
    IN_MODE 1
    li s2, 3
    li s8, WINDOW + (100 << 21)
    li s9, 4
    li s10, WINDOW + 4096
    CHANGE 4, sfence.vma
    CHANGE 4, sfence.vma s10
    CHANGE 4, sfence.vma zero, s2
    CHANGE 4, sfence.vma s10, s2
    ecall
    TRAP_END EXC_ECALL_S
    /* a large page: at the same place in each half of four megabytes of RAM that are free */
    li t0, RAM + (64 << 20)
    li t1, RAM + (66 << 20)
    la t2, one
    lw a1, 0(t2)
    sw a1, 0(t0)
    lw a1, 4(t2)
    sw a1, 4(t0)
    sw a1, 4(t1)
    la t2, two
    lw a1, 0(t2)
    sw a1, 0(t1)
    fence.i
    li s1, LARGE
    la s5, l1 + 8
    li s6, (RAM + (64 << 20)) >> 2 | PTE_RWX
    li s7, (RAM + (66 << 20)) >> 2 | PTE_RWX
    FORMS
    /* ... against a table of small pages */
    la s5, l1 + 8
    PT_SYM l0c, 0, two, PTE_RWX
    ENTRY s7, l0c, PTE_V
    FORMS
    GUEST_PASS
    .align 12
one:
    addi a0, a0, 1
    jr s3
    .align 12
two:
    addi a0, a0, 0x10
    jr s3
    .align 12
jumper:
    j jumper + 4096
    .align 12
    TABLE root
    TABLE l1
    TABLE l0
    TABLE l0b
    TABLE l0c
