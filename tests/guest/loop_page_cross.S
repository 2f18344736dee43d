/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops whose loads and stores run over the end of a page, alone and several at offsets from one register, from the
 * second page to the first and back, where pages that are neighbours for the program lie the other way round in memory.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
#define FIRST 0xf80
#define LAST 0x1080
    /* a1 |= what differs between the value at s1 + off and what belongs there: the word at each address is the
     * address */
    .macro LOOK off
    ld a0, \off(s1)
    addi a2, s1, \off
    addi a3, a2, 4
    slli a3, a3, 32
    or a2, a2, a3
    xor a0, a0, a2
    or a1, a1, a0
    .endm
    /* s1 from start by step, rounds times; body; then nothing may have differed. Again often enough to be translated as
     * a whole */
    .macro WALK start, step, rounds, body:vararg
    li s3, 30
    li a1, 0
1:  li s1, WINDOW + \start
    li s2, \rounds
2:  \body
    addi s1, s1, \step
    addi s2, s2, -1
    bnez s2, 2b
    addi s3, s3, -1
    bnez s3, 1b
    CHECK a1, 0
    .endm
    .macro SEVERAL
    LOOK 0
    LOOK 8
    LOOK 16
    .endm
    /* two ways through the loop */
    .macro FORK
    andi a4, s2, 1
    bnez a4, 3f
    LOOK 0
    j 4f
3:  LOOK -4
4:
    .endm
    .macro KEEP
    addi a3, s1, 4
    slli a3, a3, 32
    or a3, a3, s1
    sd a3, 0(s1)
    addi a2, s1, 8
    addi a3, s1, 12
    slli a3, a3, 32
    or a3, a3, a2
    sd a3, 8(s1)
    .endm
    .macro CLEAR
    sw zero, 0(s1)
    .endm
    .macro WORD
    sw s1, 0(s1)
    .endm
    GUEST_START
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LEAF root, 0, 0, PTE_RW
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, page_b, PTE_RW
    PT_SYM l0, 1, page_a, PTE_RW
    SATP SATP_SV39, root, 1
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    WALK 0, 4, 2048, WORD
    WALK LAST, -4, 64, LOOK 0
    WALK FIRST, 4, 64, LOOK 0
    WALK LAST, -2, 1, LOOK 0
    WALK LAST, -4, 64, SEVERAL
    WALK FIRST, 4, 64, SEVERAL
    WALK LAST, -4, 64, FORK
    WALK FIRST, 4, 64, FORK
    /* each store of the pair crosses once, up and down, over what was cleared */
    WALK FIRST, 4, 64, CLEAR
    WALK 0xfac, 8, 20, KEEP
    WALK 0xfac, 4, 41, LOOK 0
    WALK FIRST, 4, 64, CLEAR
    WALK 0x1054, -8, 20, KEEP
    WALK 0x105c, -4, 41, LOOK 0
    ecall
    TRAP_END EXC_ECALL_S
    GUEST_PASS
    TABLE root
    TABLE l1
    TABLE l0
    TABLE page_a
    TABLE page_b
