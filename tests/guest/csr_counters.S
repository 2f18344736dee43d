/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters: instret counts exactly, mcycle and time go on, writes take, mcountinhibit stops; time is CLINT's mtime.
 * qemu: -icount shift=0
 * metal: yes */
#include "guest.h"
    GUEST_START
    csrr a0, minstret           /* asks for counting from here on */
    /* instret: exact deltas, whatever the block structure */
    csrr a0, minstret
    csrr a1, minstret
    sub a1, a1, a0
    CHECK a1, 1
    csrr a0, minstret
    nop
    nop
    nop
    c.nop
    csrr a1, minstret
    sub a1, a1, a0
    CHECK a1, 5
    csrr a0, minstret
    li a2, 1000
1:  addi a2, a2, -1
    bnez a2, 1b
    csrr a1, minstret
    sub a1, a1, a0
    CHECK a1, 2002              /* csrr, li, 2 x 1000 */
    /* over a call and an indirect jump */
    csrr a0, minstret
    jal ra, 2f
    la a2, 3f
    jr a2
2:  ret
    nop
3:  csrr a1, minstret
    sub a1, a1, a0
    CHECK a1, 6                 /* csrr, jal, ret, la (2), jr */
    csrr a0, instret
    csrr a1, minstret
    sub a1, a1, a0
    CHECK a1, 1
    /* inhibited */
    csrwi mcountinhibit, 4
    csrr a0, minstret
    nop
    nop
    csrr a1, minstret
    CHECK_REG a0, a1
    csrwi mcountinhibit, 0
    /* mcycle goes on, can be written and inhibited */
    csrr a0, mcycle
    li a2, 1000
1:  addi a2, a2, -1
    bnez a2, 1b
    csrr a1, mcycle
    sltu a2, a0, a1
    CHECK a2, 1
    csrr a0, cycle
    csrr a1, mcycle
    sltu a2, a1, a0
    CHECK a2, 0
    li a0, 1 << 62
    csrw mcycle, a0
    csrr a1, mcycle
    srli a1, a1, 62
    CHECK a1, 1
    csrwi mcountinhibit, 1
    csrr a0, mcycle
    nop
    csrr a1, mcycle
    CHECK_REG a0, a1
    csrwi mcountinhibit, 0
    /* time: between two reads of mtime, and it moves at 10 MHz or so */
    li s0, CLINT_MTIME
    ld a0, 0(s0)
    csrr a1, time
    ld a2, 0(s0)
    sltu a3, a1, a0
    CHECK a3, 0
    sltu a3, a2, a1
    CHECK a3, 0
    lw a4, 0(s0)
    lw a5, 4(s0)
    csrr a0, time
1:  csrr a1, time
    beq a0, a1, 1b
    GUEST_PASS
