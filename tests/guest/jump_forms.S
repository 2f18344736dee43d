/* SPDX-License-Identifier: BSD-2-Clause */
/* jal and jalr: link values, rd = rs1, bit 0 cleared, far jumps, over a page, into the middle of an instruction, call
 * and return patterns that a jump cache must not mix up, long straight code and many small blocks.
 * metal: yes */
#include "guest.h"
    .option norvc
    GUEST_START
    jal a0, 1f
2:  CHECK zero, 1
1:  CHECK_SYM a0, 2b
    la a1, 1f
    jalr a1, a1
2:  CHECK zero, 1
1:  CHECK_SYM a1, 2b
    la a1, 1f - 2047
    jalr a2, 2047(a1)
1:  CHECK_SYM a2, 1b
    la a1, 1f + 2048
    jalr a2, -2048(a1)
1:  CHECK_SYM a2, 1b
    la a1, 1f
    ori a1, a1, 1
    jalr zero, a1
    CHECK zero, 1
1:  la a1, 1f
    jalr zero, 1(a1)
    CHECK zero, 1
1:  la ra, 1f
    jalr ra, ra                 /* rd = rs1 = ra */
1:  CHECK_SYM ra, 1b
    /* into the middle of a four-byte instruction: its upper half is c.li a0, 1 */
    li a0, 0
    la a1, middle + 2
    jalr s1, a1
    CHECK a0, 1
    la a1, middle
    jalr s1, a1
    CHECK a0, 1
    CHECK a3, 0x451

    /* one indirect jump, many targets: two thousand calls through a table */
    li s2, 2000
    li s3, 0
    li s5, 0
1:  andi t0, s2, 7
    slli t0, t0, 3
    la t1, targets
    add t1, t1, t0
    ld t1, 0(t1)
    jalr ra, t1
    add s3, s3, a0
    andi t0, s2, 7
    add s5, s5, t0
    addi s2, s2, -1
    bnez s2, 1b
    CHECK_REG s3, s5
    /* recursion: fib(15) */
    li a0, 15
    call fib
    CHECK a0, 610
    /* two pages in turn */
    li s2, 1000
    li a0, 0
    la s4, far_1
1:  jalr s1, s4
    addi s2, s2, -1
    bnez s2, 1b
    CHECK a0, 3000
    /* long straight code: 5000 instructions, and 2000 one-instruction blocks */
    li a0, 0
    call long_code
    CHECK a0, 5000
    li a0, 0
    call long_code
    CHECK a0, 5000
    li a0, 0
    call hops
    CHECK a0, 2000
    li a0, 0
    call hops
    CHECK a0, 2000
    /* backwards over a long distance, in a loop */
    li s2, 50
    li a0, 0
    j back_test
back: addi a0, a0, 1
    addi s2, s2, -1
    bnez s2, back_test
    CHECK a0, 50
    GUEST_PASS

middle:
    .2byte 0x0693               /* addi a3, zero, imm: low half; the upper is c.li a0, 1 */
    .2byte 0x4505
    .option push
    .option rvc
    c.li a0, 1
    .option pop
    jr s1
fib:
    li t0, 2
    bltu a0, t0, 1f
    addi sp, sp, -32
    sd ra, 0(sp)
    sd s0, 8(sp)
    sd a0, 16(sp)
    addi a0, a0, -1
    call fib
    mv s0, a0
    ld a0, 16(sp)
    addi a0, a0, -2
    call fib
    add a0, a0, s0
    ld ra, 0(sp)
    ld s0, 8(sp)
    addi sp, sp, 32
1:  ret
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
target_\n: li a0, \n
    ret
    .endr
long_code:
    .rept 5000
    addi a0, a0, 1
    .endr
    ret
hops:
    .rept 2000
    addi a0, a0, 1
    j . + 4
    .endr
    ret
    .align 12
far_1:
    addi a0, a0, 1
    j far_2
    .align 12
    .space 4096
far_2:
    addi a0, a0, 2
    jr s1
back_test:
    j back
    .data
    .align 3
targets: .dword target_0, target_1, target_2, target_3, target_4, target_5, target_6, target_7
