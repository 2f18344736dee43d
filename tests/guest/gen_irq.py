#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Interrupts at random: 500 sets of what is pending, enabled and delegated, in each privilege with each of MIE and SIE;
which one is taken, and where, by the model below (privileged spec 3.1.9, Sscofpmf)."""
import os, random, sys

SSI, MSI, STI, MTI, SEI, MEI, LCOFI = 1, 3, 5, 7, 9, 11, 13
ORDER = (MEI, MSI, MTI, SEI, SSI, STI, LCOFI)
TOP = 1 << 63


def taken(pending, delegated, mode, mie, sie):
    """(cause in S or 0, cause in M): an interrupt, or the ecall that ends the trial."""
    m, s = pending & ~delegated, pending & delegated
    if mode == 3 and not mie:
        m = 0
    if mode == 3 or (mode == 1 and not sie):
        s = 0
    for n in ORDER:
        if m >> n & 1:
            return 0, TOP | n
    for n in ORDER:
        if s >> n & 1:
            return TOP | n, 9
    return 0, 8 + mode


TEXT = r'''/* Made by tests/guest/gen_irq.py.
   metal: yes */
#include "guest.h"
    GUEST_START
    la s10, guest_trap
    la t0, m_handler
    csrw mtvec, t0
    la t0, s_handler
    csrw stvec, t0
    csrw medeleg, zero
    la s0, rows
next_row:
    csrw mie, zero
    ld t0, 8(s0)                /* MSIP, MTIP: by the CLINT */
    srli t1, t0, 3
    andi t1, t1, 1
    li t2, CLINT
    sw t1, 0(t2)
    srli t1, t0, 7
    andi t1, t1, 1
    addi t1, t1, -1             /* 0: now, -1: never */
    li t2, CLINT_MTIMECMP
    sd t1, 0(t2)
    ld t0, 0(s0)
    csrw mip, t0
    ld t0, 24(s0)
    csrw mideleg, t0
    ld t0, 16(s0)
    csrw mie, t0
    li t0, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_SIE | MSTATUS_MIE
    csrc mstatus, t0
    ld t0, 32(s0)
    csrs mstatus, t0
    la t0, trial
    csrw mepc, t0
    la s1, 1f
    li s2, 0
    li s3, 0
    mret
    .align 2
trial:
    nop
    nop
    ecall
    .align 2
1:  ld t0, 40(s0)
    CHECK_REG s3, t0
    ld t0, 48(s0)
    CHECK_REG s2, t0
    addi s0, s0, 56
    la t0, rows_end
    bltu s0, t0, next_row
    GUEST_PASS
    .align 2
m_handler:
    li t0, FAIL_CALL
    beq a7, t0, 3f
    csrr s2, mcause
    jr s1
3:  jr s10
    .align 2
s_handler:
    csrr s3, scause
    ecall
    .data
    .align 3
rows:
%s
rows_end:
'''


def some(rng, bits):
    return sum(1 << b for b in bits if rng.random() < 0.5)


def main(outdir):
    rng, rows = random.Random(5), []
    for _ in range(500):
        software, board = some(rng, (SSI, STI, SEI, LCOFI)), some(rng, (MSI, MTI))
        enabled, delegated = some(rng, ORDER), some(rng, (SSI, STI, SEI, LCOFI))
        mode, mie, sie = rng.choice((0, 1, 3)), rng.getrandbits(1), rng.getrandbits(1)
        status = mode << 11 | mie << 7 | sie << 1
        s, m = taken((software | board) & enabled, delegated, mode, mie, sie)
        rows.append("    .dword " + ", ".join("%#x" % v for v in (software, board, enabled, delegated, status, s, m)))
    with open(os.path.join(outdir, "irq_random.S"), "w") as f:
        f.write(TEXT % "\n".join(rows))


main(sys.argv[1])
