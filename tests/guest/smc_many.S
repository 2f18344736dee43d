/* SPDX-License-Identifier: BSD-2-Clause */
/* Twenty thousand changes of code in sixty-four pages, each with its fence.i; each page is called after each change;
 * then a generator that writes functions one after another, and calls them all.
 * limit: 120 */
#include "guest.h"
    .option norvc
    GUEST_START
    /* page i: addi a0, a0, imm; jr s1 */
    la s0, pages
    li s2, 64
    mv a1, s0
1:  li t0, 0x00150513           /* addi a0, a0, 1 */
    sw t0, 0(a1)
    li t0, 0x00048067           /* jr s1 */
    sw t0, 4(a1)
    li t1, 4096
    add a1, a1, t1
    addi s2, s2, -1
    bnez s2, 1b
    fence.i
    li s3, 0                    /* change number */
    li s4, 20000
    li s5, 0                    /* expected sum, modulo nothing */
    li a0, 0
2:  andi t0, s3, 63
    slli t0, t0, 12
    add a1, s0, t0
    andi t1, s3, 0x7ff
    slli t2, t1, 20
    li t0, 0x00050513
    or t2, t2, t0
    sw t2, 0(a1)
    add s5, s5, t1
    fence.i
    jalr s1, a1
    addi s3, s3, 1
    bne s3, s4, 2b
    CHECK_REG a0, s5
    /* 4096 functions of 16 bytes: lui a0, n; addi a0, a0, 5; jr s1 */
    la s0, pages
    li s3, 0
    li s4, 4096
    mv a1, s0
3:  slli t0, s3, 12
    ori t0, t0, 0x537
    sw t0, 0(a1)
    li t0, 0x00550513
    sw t0, 4(a1)
    li t0, 0x00048067
    sw t0, 8(a1)
    addi a1, a1, 16
    addi s3, s3, 1
    bne s3, s4, 3b
    fence.i
    li s6, 3
4:  mv a1, s0
    li s3, 0
    li s5, 0
5:  jalr s1, a1
    slli t0, s3, 12
    addi t0, t0, 5
    xor t0, t0, a0
    snez t0, t0
    add s5, s5, t0
    addi a1, a1, 16
    addi s3, s3, 1
    bne s3, s4, 5b
    CHECK s5, 0
    addi s6, s6, -1
    bnez s6, 4b
    GUEST_PASS
    .bss
    .align 12
pages: .space 64 * 4096
