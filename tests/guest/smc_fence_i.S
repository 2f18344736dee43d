/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-modifying code: visible after fence.i, whether written to the running page itself, through another mapping, by
 * one byte, or by an atomic; a loop that patches its own body; bytes written back to what they were.
 * metal: yes */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0x40000000
    .option norvc
    /* addi a0, zero, imm */
    .macro LI_A0 reg, imm
    li \reg, 0x00000513 | (\imm << 20)
    .endm
    GUEST_START
    /* another page */
    la s0, patch
    .macro PATCH_CALL imm
    LI_A0 t0, \imm
    sw t0, 0(s0)
    fence.i
    jalr s3, s0
    CHECK a0, \imm
    .endm
    jalr s3, s0
    CHECK a0, 7
    jalr s3, s0
    CHECK a0, 7
    PATCH_CALL 1
    PATCH_CALL 2
    PATCH_CALL 1
    PATCH_CALL 0x7ff
    /* one byte of the immediate */
    li t0, 0x12
    sb t0, 3(s0)
    fence.i
    jalr s3, s0
    CHECK a0, 0x12f
    /* by an AMO, by SC, by a page-crossing store of the block before */
    LI_A0 t0, 0x33
    amoswap.w t1, t0, (s0)
    fence.i
    jalr s3, s0
    CHECK a0, 0x33
    lr.w t1, (s0)
    LI_A0 t0, 0x44
    sc.w t1, t0, (s0)
    fence.i
    jalr s3, s0
    CHECK a0, 0x44
    LI_A0 t0, 0x55
    slli t0, t0, 32
    sd t0, -4(s0)
    fence.i
    jalr s3, s0
    CHECK a0, 0x55
    LI_A0 t0, 0x66
    slli t0, t0, 32
    fmv.d.x fa0, t0
    fsd fa0, -4(s0)
    fence.i
    jalr s3, s0
    CHECK a0, 0x66

    /* in the same page, right ahead in the same block */
    LI_A0 t0, 9
    la t1, 1f
    sw t0, 0(t1)
    fence.i
1:  li a0, 8
    CHECK a0, 9
    /* a loop that counts by changing its own instruction */
    li s2, 20
    la s4, 2f
    li a1, 0
1:  lw t0, 0(s4)
    li t1, 1 << 20
    add t0, t0, t1
    sw t0, 0(s4)
    fence.i
2:  addi a0, zero, 0
    add a1, a1, a0
    addi s2, s2, -1
    bnez s2, 1b
    CHECK a1, 210
    /* many stores without fence.i to a page with code: data beside it works */
    la s4, data_by_code
    li s2, 1000
1:  ld t0, 0(s4)
    addi t0, t0, 1
    sd t0, 0(s4)
    jalr s3, s0
    addi s2, s2, -1
    bnez s2, 1b
    CHECK a0, 0x66
    ld a1, 0(s4)
    CHECK a1, 1000
    /* code copied to a fresh page, run, copied over again */
    .macro COPY from
    la t0, \from
    la t1, fresh
    ld t2, 0(t0)
    sd t2, 0(t1)
    ld t2, 8(t0)
    sd t2, 8(t1)
    fence.i
    la t1, fresh
    jalr s3, t1
    .endm
    li s2, 3
1:  COPY text_a
    CHECK a0, 0xa
    COPY text_b
    CHECK a0, 0xb
    addi s2, s2, -1
    bnez s2, 1b

    /* Written through another mapping, in S */
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, fresh, PTE_RW
    PT_SYM l0, 1, fresh, PTE_V | PTE_R | PTE_X | PTE_A
    SATP SATP_SV39, root
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    li s4, WINDOW
    li s5, WINDOW + 4096
    li s2, 3
1:  jalr s3, s5
    CHECK a0, 0xb
    la s6, fresh
    jalr s3, s6
    CHECK a0, 0xb
    LI_A0 t0, 0x21
    sw t0, 0(s4)
    fence.i
    jalr s3, s5
    CHECK a0, 0x21
    jalr s3, s6
    CHECK a0, 0x21
    LI_A0 t0, 0xb
    sw t0, 0(s6)
    fence.i
    addi s2, s2, -1
    bnez s2, 1b
    /* M's stores too */
    ecall
    TRAP_END EXC_ECALL_S
    la s6, fresh
    LI_A0 t0, 0x77
    sw t0, 0(s6)
    fence.i
    TRAP_BEGIN
    IN_MODE 1
    jalr s3, s5
    CHECK a0, 0x77
    ecall
    TRAP_END EXC_ECALL_S
    /* A page that was code becomes a page table and back */
    csrw satp, zero
    la s6, fresh
    PT_SYM fresh, 5, page_x, PTE_RWX
    PT_LINK l1, 1, fresh
    SATP SATP_SV39, root
    sfence.vma
    li s1, WINDOW + (1 << 21) + 5 * 4096
    DATA_AS 1
    ld a0, 0(s1)
    DATA_AS_M
    CHECK a0, 0x1234
    GUEST_PASS
text_a:
    li a0, 0xa
    jr s3
    nop
    nop
text_b:
    li a0, 0xb
    jr s3
    nop
    nop
    .align 12
    nop
patch:
    li a0, 7
    jr s3
    .align 3
data_by_code: .dword 0
    .align 12
fresh: .space 4096
page_x: .dword 0x1234
    .align 12
    TABLE root
    TABLE l1
    TABLE l0
