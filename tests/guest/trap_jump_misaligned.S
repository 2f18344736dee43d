/* SPDX-License-Identifier: BSD-2-Clause */
/* Without C an instruction starts at a multiple of four: a jump elsewhere raises at the jump itself, with the target as
 * tval, before it links; a branch only if it is taken; ahead of whatever a fetch there would raise. minstret counts
 * none of them. Compressed encodings are illegal. (QEMU 10 with -icount passes but for bit 1 of mepc and sepc, which it
 * keeps.)
 * args: -cpu rv64,c=off
 * skip: qemu */
    .option norvc
#include "guest.h"
    .macro BAD target, insn:vararg
    li a5, 77
    TRAP_BEGIN
77: \insn
    TRAP_END EXC_INSN_MISALIGNED
    CHECK a5, 77
    la t0, trap_tval
    ld a4, 0(t0)
    mv a3, \target
    CHECK_REG a4, a3
    la t0, trap_epc
    ld a4, 0(t0)
    CHECK_SYM a4, 77b
    .endm
    .macro ENCODED word
    li a5, 77
    TRAP_BEGIN
77: .4byte \word
    TRAP_END EXC_INSN_MISALIGNED
    CHECK a5, 77
    la t0, trap_epc
    ld a4, 0(t0)
    CHECK_SYM a4, 77b
    .endm
    GUEST_START
    csrr a0, misa
    andi a0, a0, 4
    CHECK a0, 0
    la s1, guest_main + 2
    BAD s1, jalr a5, s1
    BAD s1, jalr a5, 1(s1)
    addi s2, s1, -2
    BAD s1, jalr a5, 2(s2)
    BAD s1, jalr a5, 3(s2)
    li s1, 0xf0000002           /* nothing there either */
    BAD s1, jr s1
    li s1, 2
    BAD s1, jalr zero, 2(zero)
    li s1, -2
    BAD s1, jalr a5, -2(zero)
    /* odd, not misaligned: bit 0 is dropped */
    la s2, 1f + 1
    jalr a5, s2
    CHECK zero, 1
1:  nop
    /* jal a5, +6 and -2; beq zero, zero, +6; bne a5, zero, -2 */
    ENCODED 0x006007ef
    la t0, trap_tval
    ld a4, 0(t0)
    la a3, 77b + 6
    CHECK_REG a4, a3
    ENCODED 0xfffff7ef
    la t0, trap_tval
    ld a4, 0(t0)
    la a3, 77b - 2
    CHECK_REG a4, a3
    ENCODED 0x00000363
    la t0, trap_tval
    ld a4, 0(t0)
    la a3, 77b + 6
    CHECK_REG a4, a3
    ENCODED 0xfe079fe3
    la t0, trap_tval
    ld a4, 0(t0)
    la a3, 77b - 2
    CHECK_REG a4, a3
    /* not taken: nothing */
    .4byte 0x00001363           /* bne zero, zero, +6 */
    .4byte 0xfe078fe3           /* beq a5, zero, -2 */
    /* counted: the addi, not the jump; the csrr after the trap reads what the csrw of the handler left */
    .macro COUNTED word
    li s3, 0
    TRAP_BEGIN
    la s4, 2f
    csrr a1, minstret
    addi s3, s3, 1
    .4byte \word
2:  CHECK zero, 1
    .align 2
99: csrr a2, minstret
    sub a2, a2, a1
    .endm
    /* the way from the trap to 99 is the same for all: compare with that of an ecall in the same place */
    csrr a1, minstret           /* counts from its first access on */
    COUNTED 0x00000073
    mv s5, a2
    COUNTED 0x006007ef
    CHECK_REG a2, s5
    COUNTED 0x00000363
    CHECK_REG a2, s5
    COUNTED 0x002007e7
    CHECK_REG a2, s5
    /* compressed encodings */
    TRAP_BEGIN
    .2byte 0x4515, 0x0001       /* c.li a0, 5 */
    TRAP_END EXC_ILLEGAL
    CHECK_MEM trap_tval, 0x4515
    TRAP_BEGIN
    .2byte 0x0001, 0x0001
    TRAP_END EXC_ILLEGAL
    /* xepc has no bit 1 */
    li t0, -1
    csrw mepc, t0
    CHECK_CSR mepc, -4
    csrw sepc, t0
    CHECK_CSR sepc, -4
    GUEST_PASS
