/* SPDX-License-Identifier: BSD-2-Clause */
/* Three thousand small pages, read and written in an order that no cache likes: soft TLB growth, victims, flushes of
 * one page and of all, ASIDs that come and go; and 2 MiB leaves among them.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define PAGES 3072              /* six tables */
#define WINDOW 0x40000000
    GUEST_START
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    /* six tables one after the other; page n is frame (n * 5) mod 512 */
    la s0, tables
    la s1, l1
    li s2, 6
1:  srli t0, s0, 2
    ori t0, t0, PTE_V
    sd t0, 0(s1)
    li t1, 4096
    add s0, s0, t1
    addi s1, s1, 8
    addi s2, s2, -1
    bnez s2, 1b
    la s0, tables
    la s1, frames
    li s2, 0
    li s3, PAGES
1:  slli t0, s2, 2
    add t0, t0, s2
    andi t0, t0, 511
    slli t0, t0, 12
    add t0, t0, s1
    srli t0, t0, 2
    ori t0, t0, PTE_RW
    sd t0, 0(s0)
    addi s0, s0, 8
    addi s2, s2, 1
    bne s2, s3, 1b
    /* each frame holds its number */
    li s2, 0
    li s3, 512
    mv s0, s1
1:  sd s2, 0(s0)
    li t1, 4096
    add s0, s0, t1
    addi s2, s2, 1
    bne s2, s3, 1b
    SATP SATP_SV39, root, 1
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    li s11, 3                   /* rounds */
round:
    li s2, 0                    /* n: the whole range by steps of 1021, a prime */
    li s3, 0                    /* visited */
    li s4, 0                    /* wrong ones */
    li s5, WINDOW
    li s6, PAGES
    li s10, 0x1000
1:  slli a0, s2, 12
    add a0, a0, s5
    ld a1, 0(a0)
    slli a2, s2, 2
    add a2, a2, s2
    andi a2, a2, 511
    xor a3, a1, a2
    snez a3, a3
    add s4, s4, a3
    /* write to the end of the page, over the end into the next where that exists, and read back by RAM's own address */
    sd s2, 128(a0)
    slli a4, a2, 12
    la a5, frames
    add a4, a4, a5
    ld a4, 128(a4)
    xor a3, a4, s2
    snez a3, a3
    add s4, s4, a3
    addi s2, s2, 1021
    bltu s2, s6, 2f
    sub s2, s2, s6
2:  addi s3, s3, 1
    bne s3, s6, 1b
    CHECK s4, 0
    /* move one page in seven to frame 9, fence by address, and back */
    la s0, tables
    la t0, frames + 9 * 4096
    srli t0, t0, 2
    ori s7, t0, PTE_RW
    li s2, 0
    li s4, 0
3:  slli t0, s2, 3
    add a0, s0, t0
    ld a1, 0(a0)
    sd s7, 0(a0)
    slli a2, s2, 12
    add a2, a2, s5
    sfence.vma a2
    ld a3, 0(a2)
    addi a3, a3, -9
    snez a3, a3
    add s4, s4, a3
    sd a1, 0(a0)
    sfence.vma a2, zero
    ld a3, 0(a2)
    slli a4, s2, 2
    add a4, a4, s2
    andi a4, a4, 511
    xor a3, a3, a4
    snez a3, a3
    add s4, s4, a3
    addi s2, s2, 7
    bltu s2, s6, 3b
    CHECK s4, 0
    /* another ASID for the next round; now and then everything goes */
    csrr a0, satp
    li a1, 1
    slli a1, a1, 44
    add a0, a0, a1
    csrw satp, a0
    andi a1, s11, 1
    bnez a1, 4f
    sfence.vma
4:  addi s11, s11, -1
    bnez s11, round
    /* the first 2 MiB become one leaf over RAM: 512 small ones go at once */
    PT_LEAF l1, 0, RAM, PTE_RW
    sfence.vma
    li s5, WINDOW
    li s2, 0
    li s4, 0
    li s6, 512
    li s7, RAM
5:  slli a0, s2, 12
    add a1, a0, s5
    add a2, a0, s7
    ld a1, 0(a1)
    ld a2, 0(a2)
    xor a3, a1, a2
    snez a3, a3
    add s4, s4, a3
    addi s2, s2, 1
    bne s2, s6, 5b
    CHECK s4, 0
    ecall
    TRAP_END EXC_ECALL_S
    GUEST_PASS
    TABLE root
    TABLE l1
    .bss
    .align 12
tables: .space 6 * 4096
frames: .space 512 * 4096
