/* SPDX-License-Identifier: BSD-2-Clause */
/* What sfence.vma, satp and ASIDs promise: a changed PTE is seen after each form of sfence.vma that covers it; a satp
 * switch without a fence changes the address space (other ASID) at once; global pages are there under each ASID.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
    .macro ROOT root, l1, l0
    PT_LEAF \root, 2, RAM, PTE_RWX
    PT_LEAF \root, 0, 0, PTE_RW
    PT_LINK \root, 1, \l1
    PT_LINK \l1, 0, \l0
    .endm
    /* In S: read the window (twice: the second from what was cached), change the PTE, fence, read again. */
    .macro CHANGE fence:vararg
    PT_SYM l0_a, 0, page_a, PTE_RW
    sfence.vma
    li s1, WINDOW
    li s2, 1
    ld a0, 0(s1)
    ld a0, 0(s1)
    CHECK a0, 0xa
    PT_SYM l0_a, 0, page_b, PTE_RW
    \fence
    ld a0, 0(s1)
    CHECK a0, 0xb
    PT_RAW l0_a, 0, 0
    \fence
    .endm
    GUEST_START
    la s0, page_a
    li a0, 0xa
    sd a0, 0(s0)
    la s0, page_b
    li a0, 0xb
    sd a0, 0(s0)
    ROOT root_a, l1_a, l0_a
    ROOT root_b, l1_b, l0_b
    SATP SATP_SV39, root_a, 1
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    CHANGE sfence.vma
    CHANGE sfence.vma s1
    CHANGE sfence.vma zero, s2
    CHANGE sfence.vma s1, s2
    ecall
    TRAP_END EXC_ECALL_S
    /* after the last, the page is gone */
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW
    ld a0, 0(s1)
    TRAP_END EXC_LOAD_PAGE

    /* A page with another in a 2 MiB leaf: fence by an address inside drops the leaf. */
    PT_LEAF l1_a, 1, RAM, PTE_RW
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW + (1 << 21)
    li s3, WINDOW + (1 << 21) + 0x1000
    ld a0, 0(s1)
    ld a0, 0(s3)
    PT_LINK l1_a, 1, l0_b
    PT_SYM l0_b, 1, page_b, PTE_RW
    sfence.vma s3
    ld a0, 0(s3)
    CHECK a0, 0xb
    ecall
    TRAP_END EXC_ECALL_S
    PT_RAW l1_a, 1, 0
    PT_RAW l0_b, 1, 0

    /* Two address spaces with ASIDs 1 and 2, switched in S without fences; the code page is the same in both. */
    PT_SYM l0_a, 0, page_a, PTE_RW
    PT_SYM l0_b, 0, page_b, PTE_RW
    PT_SYM l0_a, 1, page_b, PTE_RW | PTE_G
    PT_SYM l0_b, 1, page_b, PTE_RW | PTE_G
    sfence.vma
    la t0, root_a
    srli t0, t0, 12
    li t1, (8 << 60) | (1 << 44)
    or s4, t0, t1
    la t0, root_b
    srli t0, t0, 12
    li t1, (8 << 60) | (2 << 44)
    or s5, t0, t1
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW
    li s2, 4
1:  csrw satp, s4
    ld a0, 0(s1)
    CHECK a0, 0xa
    csrw satp, s5
    ld a0, 0(s1)
    CHECK a0, 0xb
    li s3, WINDOW + 4096
    ld a0, 0(s3)
    CHECK a0, 0xb
    csrw satp, s4
    ld a0, 0(s3)
    CHECK a0, 0xb
    addi s2, s2, -1
    bnez s2, 1b
    /* a store through one is seen through the other */
    li a0, 0xc
    sd a0, 0(s3)
    csrw satp, s5
    ld a1, 0(s1)
    CHECK a1, 0xc
    /* bare, and back */
    csrw satp, zero
    la s3, page_a
    ld a0, 0(s3)
    CHECK a0, 0xa
    csrw satp, s4
    ld a0, 0(s1)
    CHECK a0, 0xa
    /* the fence of ASID 2 does for 2: PTE of b changed while a runs */
    PT_SYM l0_b, 0, page_a, PTE_RW
    li s2, 2
    sfence.vma zero, s2
    csrw satp, s5
    ld a0, 0(s1)
    CHECK a0, 0xa
    /* a global page needs the fence of all ASIDs */
    PT_SYM l0_b, 1, page_a, PTE_RW | PTE_G
    PT_SYM l0_a, 1, page_a, PTE_RW | PTE_G
    li s3, WINDOW + 4096
    sfence.vma s3
    ld a0, 0(s3)
    CHECK a0, 0xa
    csrw satp, s4
    ld a0, 0(s3)
    CHECK a0, 0xa
    ecall
    TRAP_END EXC_ECALL_S
    GUEST_PASS
    TABLE root_a
    TABLE root_b
    TABLE l1_a
    TABLE l1_b
    TABLE l0_a
    TABLE l0_b
    TABLE page_a
    TABLE page_b
