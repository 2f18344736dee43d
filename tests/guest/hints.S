/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints do nothing: no trap, no register changes (x0 above all). */
#include "guest.h"
    .macro HINT insn:vararg
    \insn
    CHECK zero, 0
    .endm
    GUEST_START
    li a0, 0x1234
    li a1, 0x5678
    HINT .2byte 0x0005          /* c.nop 1 */
    HINT .2byte 0x107d          /* c.nop -1 */
    HINT .2byte 0x0501          /* c.addi a0, 0 */
    HINT .2byte 0x4005          /* c.li x0, 1 */
    HINT .2byte 0x6005          /* c.lui x0, 1 */
    HINT .2byte 0x802e          /* c.mv x0, a1 */
    HINT .2byte 0x900a          /* c.add x0, sp (ntl.p1) */
    HINT .2byte 0x900e          /* c.ntl.pall */
    HINT .2byte 0x9012          /* c.ntl.s1 */
    HINT .2byte 0x9016          /* c.ntl.all */
    HINT .2byte 0x902e          /* c.add x0, a1 */
    HINT .2byte 0x0006          /* c.slli x0, 1 */
    HINT .2byte 0x0502          /* c.slli a0, 0 */
    HINT .2byte 0x8101          /* c.srli a0, 0 */
    HINT .2byte 0x8501          /* c.srai a0, 0 */
    HINT lui zero, 0xfffff
    HINT auipc zero, 0xfffff
    HINT addi zero, a0, 5
    HINT add zero, zero, sp
    HINT slti zero, a0, 5
    HINT slli zero, zero, 31
    HINT srai zero, zero, 7
    HINT ori zero, a0, 0        /* prefetch.i */
    HINT ori zero, a0, 1        /* prefetch.r */
    HINT ori zero, a0, 3        /* prefetch.w */
    HINT addiw zero, a0, 5
    HINT sllw zero, a0, a1
    HINT .4byte 0x0100000f      /* pause */
    HINT .4byte 0x0000000f      /* fence with nothing */
    HINT .4byte 0x8330000f      /* fence.tso */
    HINT .4byte 0xf0f5850f      /* fence with reserved fm, rd, rs1 */
    HINT .4byte 0x0ff0000f
    HINT .4byte 0xfff5950f      /* fence.i with imm, rd, rs1 */
    CHECK a0, 0x1234
    CHECK a1, 0x5678
    GUEST_PASS
