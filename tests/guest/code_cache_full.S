/* SPDX-License-Identifier: BSD-2-Clause */
/* More blocks than the code cache takes: they are dropped and made anew, with the right results, while the program runs
 * on, is called, jumps back and changes itself.
 * args: -codecache 256K */
#include "guest.h"
#define BLOCKS 65536
#define ROUNDS 2
    .option norvc
    GUEST_START
    /* BLOCKS times: addi a0, a0, 1; ret */
    la s0, code
    li s1, BLOCKS
    li t0, 0x00150513
    li t1, 0x00008067
1:  sw t0, 0(s0)
    sw t1, 4(s0)
    addi s0, s0, 8
    addi s1, s1, -1
    bnez s1, 1b
    fence.i
    li s5, ROUNDS
    li s6, 0                    /* the sum of what was wanted */
    li a0, 0
2:  la s0, code
    li s1, BLOCKS
3:  jalr s0
    addi s0, s0, 8
    addi s1, s1, -1
    bnez s1, 3b
    li t0, BLOCKS
    add s6, s6, t0
    CHECK_REG a0, s6
    /* one block, among those that were made last, is changed: it adds 2 */
    li t0, 0x00250513
    sw t0, -8(s0)
    fence.i
    addi s0, s0, -8
    jalr s0
    addi s6, s6, 2
    CHECK_REG a0, s6
    li t0, 0x00150513
    sw t0, 0(s0)
    fence.i
    addi s5, s5, -1
    bnez s5, 2b
    GUEST_PASS
    .bss
    .align 12
code: .space 8 * BLOCKS
