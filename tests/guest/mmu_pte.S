/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of page table entries: Svnapot (translation, flush by any of its pages, A and D in the entry used), Svpbmt
 * (only with menvcfg.PBMTE, type 3 reserved), A and D by Svadu and Svade as menvcfg.ADUE says, Svvptc (a new entry is
 * seen without a fence).
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
#define PAGE(n) (WINDOW + (n) * 4096)
#define PTE_N (1 << 63)
#define ADUE (1 << 61)
#define PBMTE (1 << 62)
#define FRAMES 0x80800000       /* 16 pages there, the number in each */
#define OTHER 0x80820000        /* the same, plus 100 */
#define NAPOT(pa, flags) (PTE_N | (((pa) | 0x8000) >> 2) | (flags))
    .macro FILL base, add
    li s0, \base
    li a0, \add
    li a1, \add + 16
1:  sd a0, 0(s0)
    li t0, 4096
    add s0, s0, t0
    addi a0, a0, 1
    bne a0, a1, 1b
    .endm
    .macro ADUE_ON
    li t0, ADUE
    csrs menvcfg, t0
    .endm
    .macro ADUE_OFF
    li t0, ADUE
    csrc menvcfg, t0
    .endm
    GUEST_START
    csrr a0, menvcfg
    li a1, ADUE                 /* after reset: Svadu without Svade */
    and a0, a0, a1
    CHECK_REG a0, a1
    FILL FRAMES, 0
    FILL OTHER, 100
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    /* page 16 to 31: NAPOT entries, all 16 alike */
    la s0, l0
    li a0, NAPOT(FRAMES, PTE_RW)
    li a1, 16
1:  sd a0, 128(s0)
    addi s0, s0, 8
    addi a1, a1, -1
    bnez a1, 1b
    SATP SATP_SV39, root
    sfence.vma
    DATA_LOAD 1, PAGE(16), 0
    DATA_LOAD 1, PAGE(17), 1
    DATA_LOAD 1, PAGE(31), 15
    DATA_STORE 1, PAGE(25) + 8, 77
    li s0, FRAMES + 9 * 4096 + 8
    ld a0, 0(s0)
    CHECK a0, 77
    /* all change; a fence for one page of the range is enough for that page at least */
    la s0, l0
    li a0, NAPOT(OTHER, PTE_RW)
    li a1, 16
1:  sd a0, 128(s0)
    addi s0, s0, 8
    addi a1, a1, -1
    bnez a1, 1b
    li s0, PAGE(16)
    sfence.vma s0, zero
    DATA_LOAD 1, PAGE(16), 100
    li s0, PAGE(31)
    sfence.vma s0, zero
    DATA_LOAD 1, PAGE(31), 115
    /* A and D of the entry that is used */
    PT_RAW l0, 20, NAPOT(OTHER, PTE_V | PTE_R | PTE_W)
    sfence.vma
    DATA_STORE 1, PAGE(20) + 8, 5
    PT_GET a0, l0, 20
    li a1, NAPOT(OTHER, PTE_RW)
    CHECK_REG a0, a1
    /* other sizes, and N in a pointer or a superpage, are reserved */
    .irp low, 0, 1, 2, 3, 4, 7, 9, 12, 15
    PT_RAW l0, 20, PTE_N | ((OTHER | (\low << 12)) >> 2) | PTE_RW
    sfence.vma
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(20), ld a0, 0(s1)
    .endr
    PT_RAW l1, 2, PTE_N | (RAM >> 2) | PTE_RW
    DATA_FAULT 1, EXC_STORE_PAGE, WINDOW + (2 << 21), sd a0, 0(s1)
    PT_LINK l1, 3, l0
    PT_GET a0, l1, 3
    li a1, PTE_N
    or a0, a0, a1
    sd a0, 0(t1)
    DATA_FAULT 1, EXC_LOAD_PAGE, WINDOW + (3 << 21), ld a0, 0(s1)

    li t0, PBMTE                /* QEMU sets it at reset */
    csrc menvcfg, t0
    /* PBMT: reserved until PBMTE is set, 3 for ever */
    .irp type, 1, 2, 3
    PT_LEAF l0, \type, FRAMES + 4096, PTE_RW | (\type << 61)
    .endr
    PT_RAW l0, 4, NAPOT(FRAMES, PTE_RW) | (1 << 61)
    sfence.vma
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(1), ld a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(2), sd a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(3), ld a0, 0(s1)
    li t0, PBMTE
    csrs menvcfg, t0
    sfence.vma
    DATA_LOAD 1, PAGE(1), 1
    DATA_LOAD 1, PAGE(2), 1
    DATA_LOAD 1, PAGE(4), 4
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(3), ld a0, 0(s1)
    PT_GET a0, l1, 0
    li a1, 1 << 61
    or a0, a0, a1
    sd a0, 0(t1)
    sfence.vma
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(1), ld a0, 0(s1)
    PT_LINK l1, 0, l0
    li t0, PBMTE
    csrc menvcfg, t0
    sfence.vma
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(1), ld a0, 0(s1)

    /* Svade: faults, and the entry stays */
    ADUE_OFF
    PT_LEAF l0, 5, FRAMES, PTE_V | PTE_R | PTE_W
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(5), ld a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(5), sd a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(5), amoadd.w a0, zero, (s1)
    PT_LEAF l0, 5, FRAMES, PTE_V | PTE_R | PTE_W | PTE_A
    sfence.vma
    DATA_LOAD 1, PAGE(5), 0
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(5), sd a0, 0(s1)
    PT_GET a0, l0, 5
    li a1, (FRAMES >> 2) | PTE_V | PTE_R | PTE_W | PTE_A
    CHECK_REG a0, a1
    /* Svadu: from the next access on */
    ADUE_ON
    DATA_STORE 1, PAGE(5) + 8, 3
    PT_GET a0, l0, 5
    li a1, (FRAMES >> 2) | PTE_RW
    CHECK_REG a0, a1
    PT_LEAF l0, 6, FRAMES, PTE_V | PTE_R | PTE_W
    DATA_LOAD 1, PAGE(6), 0
    PT_GET a0, l0, 6
    andi a0, a0, PTE_A | PTE_D
    CHECK a0, PTE_A
    /* an access that faults sets nothing */
    PT_LEAF l0, 7, FRAMES, PTE_V | PTE_R
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(7), sd a0, 0(s1)
    PT_GET a0, l0, 7
    andi a0, a0, PTE_A | PTE_D
    CHECK a0, 0

    /* Svvptc: an invalid entry that becomes valid needs no fence */
    PT_RAW l0, 8, 0
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(8), ld a0, 0(s1)
    PT_LEAF l0, 8, FRAMES + 8192, PTE_RW
    DATA_LOAD 1, PAGE(8), 2
    GUEST_PASS
    TABLE root
    TABLE l1
    TABLE l0
