/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops of several blocks over singles, long enough to be translated as a whole: entered with f registers that are not
 * boxed, too, which read as NaN and keep their bits; a register that holds a double in between. */
#include "guest.h"
#define ONE_DOUBLE 0x3ff0000000000000
#define ONE_SINGLE 0x3f800000
#define BOXED_NAN 0xffffffff7fc00000
    GUEST_START
    li a5, 0x6000
    csrs mstatus, a5
    fscsr zero
    fmv.w.x fa2, zero

    /* 1000 times one. */
    li s2, 2000
    li a6, ONE_SINGLE
    fmv.w.x fa1, a6
    jal s3, sum
    CHECK s1, 0xffffffff447a0000
    CHECK s2, 0

    /* Not boxed: a NaN each round; the register stays as it is. */
    li s2, 2001
    li a6, ONE_DOUBLE
    fmv.d.x fa1, a6
    jal s3, sum
    CHECK s1, BOXED_NAN
    CHECK s2, 0
    fmv.x.d s1, fa1
    CHECK s1, ONE_DOUBLE

    /* Boxed but for one bit, and read only by the rounds of the other kind: nothing is made of it here. */
    li a6, 0xfffffffe3f800000
    fmv.d.x fa2, a6
    li a6, ONE_SINGLE
    fmv.w.x fa1, a6
    li s2, 1
    jal s3, sum
    CHECK s1, 0xffffffff3f800000
    fmv.x.d s1, fa2
    CHECK s1, 0xfffffffe3f800000
    li s2, 3 /* 2 reads it */
    jal s3, sum
    CHECK s1, BOXED_NAN

    /* And as in the beginning. */
    li s2, 2000
    fmv.w.x fa2, zero
    jal s3, sum
    CHECK s1, 0xffffffff447a0000

    /* A double in a register that the loop reads as a single in another block. */
    la a7, double
    li s2, 1500
    fmv.w.x fa0, zero
    fmv.w.x fa3, zero
1:  andi a5, s2, 1
    beqz a5, 2f
    fadd.s fa0, fa0, fa1
    addi a6, s2, -1001 /* once, at 1001: a double */
    bnez a6, 2f
    fld fa3, 0(a7)
2:  fmin.s fa4, fa3, fa0
    addi s2, s2, -1
    bnez s2, 1b
    fmv.x.d s1, fa0
    CHECK s1, 0xffffffff443b8000
    fmv.x.d s1, fa3
    CHECK s1, ONE_DOUBLE
    fmv.x.d s1, fa4 /* NaN and a number */
    CHECK s1, 0xffffffff443b8000
    GUEST_PASS

    /* s1 = the bits of fa0 = the sum of fa1 over the odd, fa2 over the even numbers up to s2 (which is 0 then). */
sum:
    fmv.w.x fa0, zero
1:  andi a5, s2, 1
    beqz a5, 2f
    fadd.s fa0, fa0, fa1
    j 3f
2:  fadd.s fa0, fa0, fa2
3:  addi s2, s2, -1
    bnez s2, 1b
    fmv.x.d s1, fa0
    jr s3

    .balign 8
double:
    .dword ONE_DOUBLE
