/* SPDX-License-Identifier: BSD-2-Clause */
/* A global translation that a conflict threw out of the TLB does not outlive the fence of all ASIDs, nor a local one
 * the fence of its own: M-mode looks through MPRV, so that nothing else is in the tables of the supervisor.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
#define APART 256            /* pages: as many as the smallest TLB has entries */
    GUEST_START
    la s0, page_a
    li a0, 0xa
    sd a0, 0(s0)
    la s0, page_b
    li a0, 0xb
    sd a0, 0(s0)
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, page_a, PTE_RW | PTE_G
    PT_SYM l0, APART, page_b, PTE_RW
    SATP SATP_SV39, root, 1
    sfence.vma
    /* the global page, thrown out by the local one */
    DATA_LOAD 1, WINDOW, 0xa
    DATA_LOAD 1, WINDOW + (APART << 12), 0xb
    li s2, 1
    sfence.vma zero, s2
    /* what is left is the global one: gone too after a fence of everything */
    PT_SYM l0, 0, page_b, PTE_RW | PTE_G
    sfence.vma
    DATA_LOAD 1, WINDOW, 0xb

    /* brought back by a load between the fences */
    DATA_LOAD 1, WINDOW + (APART << 12), 0xb
    sfence.vma zero, s2
    DATA_LOAD 1, WINDOW, 0xb
    PT_SYM l0, 0, page_a, PTE_RW | PTE_G
    sfence.vma
    DATA_LOAD 1, WINDOW, 0xa

    /* a local one beside it goes by the fence of the ASID */
    DATA_LOAD 1, WINDOW + (APART << 12), 0xb
    sfence.vma zero, s2
    DATA_LOAD 1, WINDOW, 0xa
    DATA_LOAD 1, WINDOW + (APART << 12), 0xb
    DATA_LOAD 1, WINDOW, 0xa
    DATA_LOAD 1, WINDOW + (APART << 12), 0xb
    PT_SYM l0, APART, page_a, PTE_RW
    li s2, 1
    sfence.vma zero, s2
    DATA_LOAD 1, WINDOW + (APART << 12), 0xa
    GUEST_PASS
    TABLE root
    TABLE l1
    TABLE l0
    TABLE page_a
    TABLE page_b
