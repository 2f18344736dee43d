/* SPDX-License-Identifier: BSD-2-Clause */
/* ecall and ebreak do not retire (privileged specification, 3.3.1), and a value written to minstret is what the next
 * instruction reads (Zicsr). QEMU 10 does neither.
 * skip: qemu */
#include "guest.h"
    GUEST_START
    csrr a0, minstret
    /* An instruction that traps does not retire: the handler's instructions are counted by hand below. */
    la t0, 99f
    la t1, trap_resume
    sd t0, 0(t1)
    csrr a0, minstret
    ebreak
99: csrr a1, minstret
    sub a1, a1, a0
    /* csrr; handler: li (2) beq la (2) csrr sd csrr sd csrr sd csrr sd ld, beqz, sd, jr. */
    CHECK a1, 1 + 2 + 1 + 2 + 8 + 1 + 1 + 1 + 1
    /* Write: the write wins over the count of the writing instruction. */
    li a0, 0x123456789
    csrw minstret, a0
    csrr a1, minstret
    CHECK a1, 0x123456789
    li a0, 0xffffffffffffffff
    csrw minstret, a0
    nop
    csrr a1, minstret
    CHECK a1, 0
    GUEST_PASS
