/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops of several blocks, long enough to be translated as a whole: results, registers at a fault in the middle of one,
 * pages walked over by loads and stores, an interrupt out of one that has no end. */
#include "guest.h"
#define RAM_END 0x88000000
    GUEST_START
    /* Nested, with branches: s1 = sum over i < 300, j < (i & 7) of (i ^ j) where that is odd, else -j. */
    li s1, 0
    li s2, 0
1:  andi s3, s2, 7
    li s4, 0
2:  bge s4, s3, 4f
    xor a5, s2, s4
    andi a6, a5, 1
    beqz a6, 3f
    add s1, s1, a5
    addi s4, s4, 1
    j 2b
3:  sub s1, s1, s4
    addi s4, s4, 1
    j 2b
4:  addi s2, s2, 1
    li a6, 300
    blt s2, a6, 1b
    CHECK s1, 87993
    CHECK s2, 300
    CHECK s4, 3

    /* Stores of two widths over three pages and a bit, not aligned to them; then the sum of all bytes. */
    la s1, buffer + 4
    li s2, 1600
1:  andi a5, s2, 3
    beqz a5, 2f
    sd s2, 0(s1)
    addi s1, s1, 8
    j 3f
2:  sw s2, 0(s1)
    sh s2, 4(s1)
    addi s1, s1, 6
3:  addi s2, s2, -1
    bnez s2, 1b
    la a5, buffer + 4 + 1200 * 8 + 400 * 6
    CHECK_REG s1, a5
    la s1, buffer
    li s2, 0
1:  lbu a5, 0(s1)
    beqz a5, 2f
    add s2, s2, a5
2:  addi s1, s1, 1
    la a6, buffer + 16384
    blt s1, a6, 1b
    CHECK s2, 252140

    /* Off the end of RAM: a fault after 700 rounds, with everything as it was. */
    li s1, RAM_END - 700 * 8
    li s2, 0
    li s3, 5
    TRAP_BEGIN
1:  ld a5, 0(s1)
    addi s2, s2, 1
    andi a6, s2, 1
    beqz a6, 2f
    addi s3, s3, 3
2:  addi s1, s1, 8
    j 1b
    TRAP_END EXC_LOAD_ACCESS
    li a5, RAM_END
    CHECK_REG s1, a5
    CHECK s2, 700
    CHECK s3, 1055
    CHECK a6, 0
    la t0, trap_tval
    ld a5, 0(t0)
    CHECK_REG s1, a5

    /* No end but the timer's. */
    li a5, CLINT_MTIME
    ld a6, 0(a5)
    li a7, 20000 /* 2 ms */
    add a6, a6, a7
    li a5, CLINT_MTIMECMP
    sd a6, 0(a5)
    li a5, 128
    csrs mie, a5
    li s1, 0
    li s2, 0
    TRAP_BEGIN
    csrsi mstatus, 8
1:  addi s1, s1, 1
    andi a5, s1, 3
    bnez a5, 2f
    addi s2, s2, 4
2:  j 1b
    TRAP_END 0x8000000000000007
    li a5, 128
    csrc mie, a5
    sub a5, s1, s2 /* 0 to 3, or 4 where the interrupt came between */
    sltiu a5, a5, 5
    CHECK a5, 1
    sltiu a5, s1, 100
    CHECK a5, 0
    GUEST_PASS
    .bss
    .balign 4096
buffer: .space 20480
