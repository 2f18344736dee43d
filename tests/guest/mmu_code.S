/* SPDX-License-Identifier: BSD-2-Clause */
/* Code and mappings: a chained jump to another page whose mapping changes; one physical page run at two addresses; an
 * instruction over two pages of which the second faults, or comes from another frame; a block that runs into the next
 * page.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
    .option norvc
    GUEST_START
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, caller, PTE_RWX
    PT_SYM l0, 1, one, PTE_RWX
    PT_SYM l0, 4, caller, PTE_RWX       /* the same code at another address, another page behind it */
    PT_SYM l0, 5, two, PTE_RWX
    SATP SATP_SV39, root
    sfence.vma

    /* jal to the next page, many times, so that it is chained */
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW
    li s2, 5
1:  jalr s3, s1
    CHECK a0, 1
    addi s2, s2, -1
    bnez s2, 1b
    /* the other page behind the same address */
    PT_SYM l0, 1, two, PTE_RWX
    sfence.vma
    jalr s3, s1
    CHECK a0, 2
    /* changed between calls, in turn */
    li s2, 4
1:  PT_SYM l0, 1, one, PTE_RWX
    sfence.vma
    jalr s3, s1
    CHECK a0, 1
    PT_SYM l0, 1, two, PTE_RWX
    li t0, WINDOW + 4096
    sfence.vma t0
    jalr s3, s1
    CHECK a0, 2
    addi s2, s2, -1
    bnez s2, 1b
    /* the alias: link values are those of its own address */
    PT_SYM l0, 1, one, PTE_RWX
    sfence.vma
    li s4, WINDOW + 0x4000
    li s2, 3
1:  jalr s3, s4
    CHECK a0, 2
    CHECK a1, WINDOW + 0x4008
    CHECK a2, WINDOW + 0x4000
    jalr s3, s1
    CHECK a0, 1
    CHECK a1, WINDOW + 8
    CHECK a2, WINDOW
    addi s2, s2, -1
    bnez s2, 1b
    ecall
    TRAP_END EXC_ECALL_S

    /* The page behind goes away: the fault is the jump target's. */
    PT_RAW l0, 1, 0
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW
    jalr s3, s1
    TRAP_END EXC_INSN_PAGE
    CHECK_MEM trap_tval, WINDOW + 4096
    CHECK_MEM trap_epc, WINDOW + 4096
    /* ... or loses X; or only S's right to it */
    PT_SYM l0, 1, one, PTE_RW
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW
    jalr s3, s1
    TRAP_END EXC_INSN_PAGE
    CHECK_MEM trap_epc, WINDOW + 4096

    /* Straddling: the instruction starts two bytes before the end of page 8, and page 9 is not there. */
    PT_SYM l0, 8, straddle, PTE_RWX
    PT_RAW l0, 9, 0
    sfence.vma
    li a0, 5
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW + 0x8ffa
    jr s1
    TRAP_END EXC_INSN_PAGE
    CHECK_MEM trap_epc, WINDOW + 0x8ffe
    CHECK_MEM trap_tval, WINDOW + 0x9000
    CHECK a0, 6                 /* the one before ran */
    /* then it is there; then another frame, with another second half */
    .macro STRADDLE second, want
    PT_SYM l0, 9, \second, PTE_RWX
    sfence.vma
    li a0, 5
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW + 0x8ffa
    jr s1
    TRAP_END EXC_ECALL_S
    CHECK a0, \want
    .endm
    STRADDLE straddle_1, 6 + 0x100
    STRADDLE straddle_2, 6 + 0x200
    STRADDLE straddle_1, 6 + 0x100
    STRADDLE straddle_2, 6 + 0x200
    /* The second half changes by a store, then fence.i */
    la s0, straddle_2
    li a0, 0x3005
    sh a0, 0(s0)
    fence.i
    STRADDLE straddle_2, 6 + 0x300

    /* Straight-line code over the page end, in frames that do not follow each other */
    PT_SYM l0, 12, straight_1, PTE_RWX
    PT_SYM l0, 13, straight_2, PTE_RWX
    sfence.vma
    li s2, 3
1:  li a0, 0
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW + 0xcff8
    jr s1
    TRAP_END EXC_ECALL_S
    CHECK a0, 4
    addi s2, s2, -1
    bnez s2, 1b
    PT_RAW l0, 13, 0
    sfence.vma
    li a0, 0
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW + 0xcff8
    jr s1
    TRAP_END EXC_INSN_PAGE
    CHECK_MEM trap_epc, WINDOW + 0xd000
    CHECK a0, 2
    GUEST_PASS

    .align 12
caller:
    auipc a2, 0
    jal a1, caller + 4096
    .align 12
one:
    li a0, 1
    jr s3
    .align 12
two:
    li a0, 2
    jr s3
    .align 12
straddle:
    .space 4096 - 6
    addi a0, a0, 1
    .2byte 0x0513               /* addi a0, a0, imm: low half (rs1 bit 0 in its top bit) */
    .align 12
straddle_1:
    .2byte 0x1005               /* imm 0x100, rs1 = a0 */
    ecall
    .align 12
straddle_2:
    .2byte 0x2005
    ecall
    .align 12
straight_1:
    .space 4096 - 8
    addi a0, a0, 1
    addi a0, a0, 1
    .align 12
straight_2:
    addi a0, a0, 1
    addi a0, a0, 1
    ecall
    .align 12
    TABLE root
    TABLE l1
    TABLE l0
