#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random page table entries: 600 accesses through three levels of Sv39, each with its own entries, privilege, SUM, MXR,
ADUE and PBMTE; the cause and what becomes of the entries as the model below has it, which is the algorithm of the
privileged specification (10.3.2, with Svnapot, Svpbmt, Svade, Svadu) written down once more."""
import os, random, sys

GPA = 0x84212678                       # what every good leaf maps VA to
VA = 1 << 30 | GPA & 0x3fffffff        # entry 1 of the root
V, R, W, X, U, G, A, D = (1 << i for i in range(8))
N, PBMT, RESERVED = 1 << 63, 3 << 61, 0x7f << 54
LOAD, STORE, FETCH = range(3)
PAGE_FAULT = {LOAD: 13, STORE: 15, FETCH: 12}


def translate(ptes, access, user, sum_, mxr, adue, pbmte):
    """(cause or None, entries afterwards)"""
    fault = PAGE_FAULT[access], ptes
    for level in (2, 1, 0):
        pte = ptes[level]
        if not pte & V or (pte & W and not pte & R) or pte & RESERVED:
            return fault
        if pte & PBMT and not pbmte:
            return fault
        if not pte & (R | X):
            if level == 0 or pte & (A | D | U | N | PBMT):
                return fault
            continue
        if pte & PBMT == PBMT:
            return fault
        ppn = pte >> 10 & (1 << 44) - 1
        if pte & N and (level or ppn & 15 != 8):
            return fault
        if pte & U and not user and (access == FETCH or not sum_):
            return fault
        if user and not pte & U:
            return fault
        allowed = pte & (X if access == FETCH else W if access == STORE else R | (X if mxr else 0))
        if not allowed or ppn & (1 << 9 * level) - 1:
            return fault
        want = pte | A | (D if access == STORE else 0)
        if want != pte and not adue:
            return fault
        return None, {**ptes, level: want}
    return fault


def chance(rng, percent):
    return rng.random() * 100 < percent


def flags(rng, leaf, user):
    """Mostly legal, each bit wrong now and then."""
    pte = (0 if chance(rng, 2) else V) | rng.getrandbits(2) << 8 | (G if chance(rng, 20) else 0)
    if leaf:
        pte |= rng.choice([R, X] + [R | W, R | X, W | X] + [R | W | X] * 8)
        pte |= (U if chance(rng, 85) == user else 0) | (A if chance(rng, 70) else 0) | (D if chance(rng, 60) else 0)
        pte |= rng.getrandbits(2) << 61 if chance(rng, 10) else 0
    elif chance(rng, 3):
        pte |= rng.choice([U, A, D, N, 1 << 61, 1 << 62])
    return pte | (1 << rng.randrange(54, 61) if chance(rng, 2) else 0)


def entries(rng, user):
    leaf_level = rng.choice([0, 0, 0, 1, 2])
    ptes = {}
    for level in (2, 1):
        table = "l%d" % (level - 1)
        ptes[level] = (flags(rng, False, user), table)
    base = GPA & ~((1 << 12 + 9 * leaf_level) - 1)
    pte = flags(rng, True, user)
    if chance(rng, 20):
        size = 8 if chance(rng, 70) else rng.getrandbits(4)
        base = base & ~0xffff | size << 12
        pte |= N if size == 8 else N | A | D  # of a size that is reserved QEMU 10 sets A before it faults
    elif leaf_level and chance(rng, 8):
        base |= 1 << rng.randrange(12, 12 + 9 * leaf_level)
    ptes[leaf_level] = (pte | base >> 2, None)
    ptes.setdefault(0, (0, None))
    return ptes


TEXT = r'''/* Made by tests/guest/gen_pte.py.
   metal: yes */
#include "guest.h"
#include "mmu.h"
#define VA %(va)#x
#define ADUE_PBMTE (3 << 61)
    GUEST_START
    la s10, guest_trap
    la t0, catch
    csrw mtvec, t0
    la a0, root
    CHECK a0, %(tables)#x
    li t0, 0x73                 /* ecall */
    li t1, %(gpa)#x
    sw t0, 0(t1)
    fence.i
    SATP SATP_SV39, root
    la s0, rows
next_row:
    /* the entries */
    ld t0, 0(s0)
    la t1, root + 8
    sd t0, 0(t1)
    ld t0, 8(s0)
    la t1, l1
    li t2, ((VA >> 21) & 511) * 8
    add t1, t1, t2
    sd t0, 0(t1)
    ld t0, 16(s0)
    la t1, l0
    li t2, ((VA >> 12) & 511) * 8
    add t1, t1, t2
    sd t0, 0(t1)
    /* the state: mstatus bits, menvcfg bits, access */
    li t0, ADUE_PBMTE
    csrc menvcfg, t0
    ld t0, 32(s0)
    csrs menvcfg, t0
    sfence.vma
    li t0, MSTATUS_MPP | MSTATUS_SUM | MSTATUS_MXR
    csrc mstatus, t0
    ld t0, 24(s0)
    csrs mstatus, t0
    ld s3, 40(s0)
    li s4, VA
    li s2, 0
    la s1, 9f
    li t1, MSTATUS_MPRV
    beqz s3, 1f
    addi s3, s3, -1
    beqz s3, 2f
    csrw mepc, s4
    mret
1:  csrs mstatus, t1
    lw a0, 0(s4)
    j 8f
2:  li a0, 0x73
    csrs mstatus, t1
    sw a0, 0(s4)
8:  csrc mstatus, t1
    .align 2
9:  li t0, MSTATUS_MPRV
    csrc mstatus, t0
    ld t0, 48(s0)
    CHECK_REG s2, t0
    /* the entries afterwards */
    la t1, root + 8
    ld a0, 0(t1)
    ld a1, 56(s0)
    CHECK_REG a0, a1
    la t1, l1
    li t2, ((VA >> 21) & 511) * 8
    add t1, t1, t2
    ld a0, 0(t1)
    ld a1, 64(s0)
    CHECK_REG a0, a1
    la t1, l0
    li t2, ((VA >> 12) & 511) * 8
    add t1, t1, t2
    ld a0, 0(t1)
    ld a1, 72(s0)
    CHECK_REG a0, a1
    addi s0, s0, 80
    la t0, rows_end
    bltu s0, t0, next_row
    GUEST_PASS
    .align 2
catch:
    li t0, FAIL_CALL
    beq a7, t0, 3f
    csrr s2, mcause
    jr s1
3:  jr s10
    .data
    .align 12
root: .space 4096
l1: .space 4096
l0: .space 4096
rows:
%(rows)s
rows_end:
'''

TABLES = 0x80002000                    # .data of the program, checked at its start


def main(outdir):
    rng = random.Random(3)
    place = {"l1": TABLES + 0x1000, "l0": TABLES + 0x2000}
    rows = []
    for _ in range(600):
        access, user = rng.choice([LOAD, LOAD, STORE, STORE, FETCH]), chance(rng, 50)
        ptes = {level: bits | (place[table] >> 2 if table else 0) for level,
                (bits, table) in entries(rng, user).items()}
        sum_, mxr, adue, pbmte = (chance(rng, 50) for _ in range(4))
        cause, after = translate(ptes, access, user, sum_, mxr, adue, pbmte)
        if cause is None and access == FETCH:
            cause = 8 if user else 9
        status = (0 if user else 1 << 11) | (1 << 18 if sum_ else 0) | (1 << 19 if mxr else 0)
        env = (1 << 61 if adue else 0) | (1 << 62 if pbmte else 0)
        words = [ptes[2], ptes[1], ptes[0], status, env, access, cause or 0, after[2], after[1], after[0]]
        rows.append("    .dword " + ", ".join("%#x" % w for w in words))
    with open(os.path.join(outdir, "mmu_random.S"), "w") as f:
        f.write(TEXT % dict(va=VA, gpa=GPA, tables=TABLES, rows="\n".join(rows)))


main(sys.argv[1])
