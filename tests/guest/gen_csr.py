#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""All 4096 CSR numbers: which are there, for whom, and which bits of each survive a write (all ones, all zeros, each
bit alone). The table is written from the specifications and from what docs/isa.md says of free choices, not from the
engine's. Of presence QEMU 10 says the same, but for its 16 PMP entries and 16 hpm counters, mcontext, and mstateen0h to
3h, which are of RV32."""
import os, sys

ONES = (1 << 64) - 1
FREE = ONES
EXISTS = {}  # number: (mask, fixed, care, value after all ones; None: the same rule)


def csr(number, mask, fixed=0, care=ONES, ones=None, count=1):
    for i in range(count):
        EXISTS[number + i] = (mask, fixed, care, (ONES & mask | fixed) & care if ones is None else ones)


def there(number, count=1):
    """Read-only, or not to be tried with any value."""
    for i in range(count):
        EXISTS[number + i] = None


S_IRQS, M_IRQS = 0x2222, 0x888
ENVCFG_CARE = ONES & ~0x30          # CBIE 2 is reserved
csr(0x001, 0x1f), csr(0x002, 7), csr(0x003, 0xff)
csr(0x100, 0xc6122, 2 << 32, ones=1 << 63 | 2 << 32 | 0xc6122)
csr(0x104, S_IRQS), csr(0x105, FREE & ~2), csr(0x106, 0xffffffff)
csr(0x10a, 0xd1, care=ENVCFG_CARE), csr(0x10c, 0, count=4)
csr(0x140, FREE), csr(0x141, FREE & ~1), csr(0x142, FREE), csr(0x143, FREE)
csr(0x144, 0x2002), csr(0x14d, FREE)
csr(0x180, (1 << 60) - 1 | 1 << 63, care=(1 << 60) - 1 | 1 << 63, ones=0)  # mode 15 is not known: no change
csr(0x300, 0x7e79aa, 0xa << 32, care=ONES & ~0x1800, ones=1 << 63 | 0xa << 32 | 0x7e61aa)
there(0x301)
csr(0x302, 0xb3ff), csr(0x303, S_IRQS), csr(0x304, S_IRQS | M_IRQS), csr(0x305, FREE & ~2), csr(0x306, 0xffffffff)
csr(0x30a, 7 << 61 | 0xd1, care=ENVCFG_CARE)
csr(0x30c, 3 << 62), csr(0x30d, 1 << 63, count=3)
csr(0x320, 0xfffffffd), csr(0x323, 0xf << 60 | 3, ones=0xf << 60, count=29)
csr(0x340, FREE), csr(0x341, FREE & ~1), csr(0x342, FREE), csr(0x343, FREE), csr(0x344, S_IRQS)
for n in range(0x3a0, 0x3b0, 2):    # W needs R; RLB keeps L from locking
    csr(n, 0x9f * 0x0101010101010101, care=ONES & ~0x0202020202020202)
csr(0x3b0, (1 << 54) - 1, count=64)
there(0x747)                        # MML and MMWP would end the program; the rest is tried by hand
csr(0xb00, FREE), csr(0xb02, FREE), csr(0xb03, FREE, count=29)
csr(0x7a0, 0, count=4), csr(0x7a4, 0, 0x1000001), csr(0x7a5, 0)
there(0xc00, 32), there(0xda0), there(0xf11, 5)

SEED = 0x015                        # wants a write, and gives what it likes
SPECIAL = {SEED}

TEXT = r'''/* Made by tests/guest/gen_csr.py: every CSR number.
   skip: qemu */
#include "guest.h"
    GUEST_START
    la s10, guest_trap
    la t0, catch
    csrw mtvec, t0
    /* nothing guards what the number does not */
    li t0, -1
    csrw mcounteren, t0
    csrw scounteren, t0
    csrw 0x30c, t0
    csrw 0x30d, t0
    csrw 0x30e, t0
    csrw 0x30f, t0
    li t0, 1 << 63
    csrs menvcfg, t0
    /* who may read, and who may write; presence: a byte a number, bit 0 there, bit 7 not tried */
    li s0, 0
1:  la s1, presence
    add s1, s1, s0
    lbu s1, 0(s1)
    li t0, 0x80
    beq s1, t0, 3f
    li s5, 3
2:  /* expected: there, and privilege enough */
    srli t0, s0, 8
    andi t0, t0, 3
    sltu t1, s5, t0
    xori t1, t1, 1
    and s3, s1, t1
    li s4, 0                    /* reading stub */
    call try
    mv a2, s3
    call expect
    /* writing: not where the top two bits are ones */
    srli t0, s0, 10
    li t1, 3
    beq t0, t1, 4f
    j 5f
4:  li s3, 0
5:  li s4, 8
    call try
    mv a2, s3
    call expect
    addi s5, s5, -1
    li t0, 2
    bne s5, t0, 6f
    li s5, 1
6:  bgez s5, 2b
3:  addi s0, s0, 1
    li t0, 4096
    bne s0, t0, 1b
    j part_two

/* Runs stub s4 of CSR s0 in privilege s5; a0: whether it was legal. a1 is zero. */
try:
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    slli t0, s5, 11
    csrs mstatus, t0
    la t1, set_stubs
    slli t0, s0, 4
    add t0, t0, t1
    add t0, t0, s4
    csrw mepc, t0
    mv s6, ra
    la ra, back
    la s9, 1f
    li a1, 0
    mret
    .align 2
1:  csrr a0, mcause
    addi a0, a0, -EXC_ILLEGAL
    snez a0, a0
    jr s6
back: ecall

/* a0 should be a2; a failure shows the number in s0. */
expect:
    mv s7, ra
    slli s8, s5, 16
    or s8, s8, s0
    bne a0, a2, 1f
    jr s7
1:  mv t0, s8
    mv t1, a2
    li gp, 1
    call guest_fail

    .align 2
catch:
    li t0, FAIL_CALL
    beq a7, t0, 3f
    jr s9
3:  jr s10

/* ---- values ---- */
part_two:
    csrw mie, zero
    li t0, -1
    csrw mcountinhibit, t0
    csrwi 0x747, 4              /* RLB */
    csrw mideleg, t0
    li t0, 1 << 63              /* STIP is software's */
    csrc menvcfg, t0
    li t0, MSTATUS_SIE | MSTATUS_MIE
    csrc mstatus, t0
    la s0, rows
next_row:
    ld a4, 0(s0)
    call read_csr
    mv s5, a0                   /* put back at the end */
    li a1, 0
    call write_csr
    li a1, -1
    call write_csr
    call read_csr
    ld a3, 24(s0)
    and a0, a0, a3
    ld a2, 32(s0)
    and a2, a2, a3
    li a1, -1
    call compare
    li a1, 0
    call one_value
    li s3, 1
1:  ld t0, 24(s0)
    and t0, t0, s3              /* a bit that matters */
    beqz t0, 2f
    li a1, 0
    call write_csr
    mv a1, s3
    call one_value
2:  slli s3, s3, 1
    bnez s3, 1b
    mv a1, s5
    call write_csr
    addi s0, s0, 40
    la t0, rows_end
    bltu s0, t0, next_row
    li t0, -1 & ~7
    csrw 0x747, t0
    CHECK_CSR 0x747, 0x300
    GUEST_PASS

one_value:
    mv s6, ra
    call write_csr
    call read_csr
    ld t0, 8(s0)
    and a2, a1, t0
    ld t0, 16(s0)
    or a2, a2, t0
    ld t0, 24(s0)
    and a2, a2, t0
    and a0, a0, t0
    mv ra, s6
/* a0 should be a2 behind a write of a1 to CSR a4 */
compare:
    bne a0, a2, 1f
    ret
1:  li t0, MSTATUS_MPRV
    csrc mstatus, t0
    mv t0, a0
    mv t1, a2
    mv gp, a4
    mv ra, a1                   /* reported as "at" */
    j guest_fail
read_csr:
    li t0, 0
    j 1f
write_csr:
    li t0, 8
1:  la t1, put_stubs
    slli t2, a4, 4
    add t1, t1, t2
    add t1, t1, t0
    jr t1

    .align 4
    .option push
    .option norvc
    .macro STUBS from
    .set n, \from
    .rept 256
    csrrs a0, n, zero
    ret
    csrrs a0, n, a1
    ret
    .set n, n + 1
    .endr
    .endm
set_stubs:
    .set group, 0
    .rept 16
    STUBS group
    .set group, group + 256
    .endr
    .set n, 0
put_stubs:
    .rept 4096
    csrrs a0, n, zero
    ret
    csrrw zero, n, a1
    ret
    .set n, n + 1
    .endr
    .option pop
    .data
    .align 3
rows:
%(rows)s
rows_end:
presence:
%(presence)s
'''


def main(outdir):
    rows = ["    .dword %#x, %#x, %#x, %#x, %#x" % (n, *v) for n, v in sorted(EXISTS.items()) if v]
    state = [0x80 if n in SPECIAL else 1 if n in EXISTS else 0 for n in range(4096)]
    presence = "\n".join("    .byte " + ", ".join("%d" % b for b in state[i:i + 64]) for i in range(0, 4096, 64))
    with open(os.path.join(outdir, "csr_all.S"), "w") as f:
        f.write(TEXT % dict(rows="\n".join(rows), presence=presence))


main(sys.argv[1])
