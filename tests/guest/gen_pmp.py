#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""PMP with Smepmp: what each L, R, W, X of an entry, by every way to match, lets M, S and U do, for each MML and MMWP;
and what they may do where nothing matches. The expected answers come from the texts below, not from the engine's
tables."""
import os, sys

# Smepmp 1.0, "Truth table when mseccfg.MML is set": LRWX: M-mode, S and U.
MML = """
0000 - -      0001 - x      0010 rw r     0011 rw rw
0100 - r      0101 - rx     0110 - rw     0111 - rwx
1000 - -      1001 x -      1010 x x      1011 rx x
1100 r -      1101 rx -     1110 rw -     1111 r r
""".split()
MML = {MML[i]: (MML[i + 1], MML[i + 2]) for i in range(0, len(MML), 3)}

TARGET = 0x83000000      # a page of RAM that no other entry covers
OTHER = 0x83400000       # the same, never covered
WAYS = {                 # A field, pmpaddr of the entry, of the one below; all cover the word at TARGET
    "TOR": (1, (TARGET + 4) >> 2, TARGET >> 2),
    "TOR from far": (1, (TARGET + 0x3000) >> 2, (TARGET - 0x1004) >> 2),
    "NA4": (2, TARGET >> 2, 0),
    "NAPOT 8": (3, TARGET >> 2, 0),
    "NAPOT 4096": (3, TARGET >> 2 | 0x1ff, 0),
    "NAPOT 1 MiB": (3, TARGET >> 2 | 0x1ffff, 0),
}


def entry_allows(mml, lrwx):
    """Rights of M-mode and of S and U by a matching entry; None: reserved."""
    l, r, w, x = (c == "1" for c in lrwx)
    if mml:
        return MML[lrwx]
    if w and not r:
        return None
    own = ("r" if r else "") + ("w" if w else "") + ("x" if x else "")
    return (own if l else "rwx"), own


def background(mml, mmwp):
    return ("" if mmwp else "rw" if mml else "rwx"), ""


def bits(rights):
    """Nine bits: M's load, store, fetch; S's; U's."""
    m, su = rights
    return sum(1 << i for i, (who, what) in enumerate((a, b) for a in (m, su, su) for b in "rwx") if what in who)


TEXT = r'''/* Made by tests/guest/gen_pmp.py: PMP with mseccfg.MML %(mml)d and MMWP %(mmwp)d. RLB stays set, so that locked entries can change.
   metal: %(metal)s */
#include "guest.h"
#define TARGET %(target)#x
#define OTHER %(other)#x
#define MSECCFG 0x747
#define MSECCFG_VALUE %(mseccfg)d
    GUEST_START
    la s10, guest_trap
    la t0, catch
    csrw mtvec, t0
    /* the word of both places is an ecall */
    li t0, 0x73
    li t1, TARGET
    sw t0, 0(t1)
    li t1, OTHER
    sw t0, 0(t1)
    fence.i
    /* entries 8 to 12, M's: devices RW, text RX, data and stack RW; a memory for S and U is not needed */
    csrwi MSECCFG, 4
    li t0, 0x0fffffff           /* 0 to 2 GiB */
    csrw pmpaddr8, t0
    li t0, RAM >> 2
    csrw pmpaddr9, t0
    la t0, guest_code_end
    srli t0, t0, 2
    csrw pmpaddr10, t0
    li t0, (RAM + 0x2000000) >> 2
    csrw pmpaddr11, t0
    li t0, 0x8b8d009b
    csrw pmpcfg2, t0
    csrw pmpcfg0, zero
    csrwi MSECCFG, MSECCFG_VALUE | 4
    csrr a0, MSECCFG
    CHECK a0, MSECCFG_VALUE | 4
    la s0, rows
next_row:
    csrw pmpcfg0, zero
    ld t0, 16(s0)
    csrw pmpaddr0, t0
    ld t0, 8(s0)
    csrw pmpaddr1, t0
    ld t0, 0(s0)
    slli t0, t0, 8
    csrw pmpcfg0, t0
    csrr t1, pmpcfg0
    CHECK_REG t1, t0
    li s3, TARGET
    ld s4, 24(s0)
    call all_ways
    addi s0, s0, 32
    la t0, rows_end
    bltu s0, t0, next_row
    /* where nothing matches */
    la s0, last_row
    li s3, OTHER
    ld s4, 24(s0)
    call all_ways
    li t0, MSTATUS_MPP | MSTATUS_MPRV
    csrc mstatus, t0
    GUEST_PASS

/* Load, store and fetch at s3 as M, S, U; s4: which are allowed. */
all_ways:
    mv s11, ra
    li s5, 3
    call three
    li s5, 1
    call three
    li s5, 0
    call three
    jr s11
three:
    mv s9, ra
    slli s6, s5, 11             /* MPP */
    /* load */
    call as_mode
    la s1, 1f
    lw a0, 0(s3)
1:  andi a1, s4, 1
    addi a1, a1, -1
    andi a1, a1, EXC_LOAD_ACCESS
    call result
    /* store of what is there */
    call as_mode
    la s1, 1f
    li a0, 0x73
    sw a0, 0(s3)
1:  andi a1, s4, 1
    addi a1, a1, -1
    andi a1, a1, EXC_STORE_ACCESS
    call result
    /* fetch */
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    csrs mstatus, s6
    csrw mepc, s3
    la s1, 1f
    li s2, 0
    mret
    .align 2
1:  addi a1, s5, 8              /* the ecall there */
    andi t0, s4, 1
    bnez t0, 2f
    li a1, EXC_INSN_ACCESS
2:  call result
    jr s9

/* Loads and stores go by mode s6 from here. */
as_mode:
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, MSTATUS_MPRV
    or t0, t0, s6
    csrs mstatus, t0
    li s2, 0
    ret

/* The cause was s2 (0: none); it should be a1. Next bit of s4. */
result:
    li t0, MSTATUS_MPRV
    csrc mstatus, t0
    srli s4, s4, 1
    mv s8, ra
    CHECK_REG s2, a1
    jr s8

    .align 2
catch:
    li t0, FAIL_CALL
    beq a7, t0, 3f
    csrr s2, mcause
    jr s1
3:  jr s10
    .data
    .align 3
rows:
%(rows)s
rows_end:
last_row: .dword 0, 0, 0, %(background)#x
'''


def main(outdir):
    for mml in (0, 1):
        for mmwp in (0, 1):
            rows = []
            for lrwx in MML:
                rights = entry_allows(mml, lrwx)
                if rights is None:
                    continue
                l, r, w, x = (int(c) for c in lrwx)
                for name, (a, addr, below) in WAYS.items():
                    rows.append("    .dword %#x, %#x, %#x, %#x    /* %s, %s */"
                                % (l << 7 | a << 3 | x << 2 | w << 1 | r, addr, below, bits(rights), lrwx, name))
            text = TEXT % dict(mml=mml, mmwp=mmwp, mseccfg=mmwp << 1 | mml, target=TARGET, other=OTHER,
                               rows="\n".join(rows),
                               background=bits(background(mml, mmwp)), metal="yes" if mml and mmwp else "no")
            with open(os.path.join(outdir, "pmp_mml%d_mmwp%d.S" % (mml, mmwp)), "w") as f:
                f.write(text)


main(sys.argv[1])
