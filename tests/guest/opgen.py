# SPDX-License-Identifier: BSD-2-Clause
"""Tests of one instruction against a reference in Python: over a table of operands in a loop (values unknown to the
translator) and on literals in straight line (the optimiser folds them), with rd equal to rs1, to rs2 and to x0 as well.
The program has s11 at a dword that holds CORNERS[19], as unknown_operand() sees to."""
from asmgen import CORNERS, FEW, u64


def unknown_operand(p):
    p.add("la s11, unknown")
    p.data.append("unknown: .dword 0x%x" % CORNERS[19])


def loop(p, start, end, size, body):
    """Runs body for each row of a table: s0 points at it."""
    p.add("la s0, %s\nla s1, %s" % (start, end))
    p.code.append("1:")
    p.add(body + "\naddi s0, s0, %d\nbne s0, s1, 1b" % size)


def binary(p, op, fn, more=()):
    """more: further pairs of operands."""
    rows = [(a, b, fn(a, b)) for a in CORNERS for b in CORNERS[::1 if op[:3] in ("div", "rem", "mul") else 2] + [a]]
    rows += [(a, b, fn(a, b)) for a, b in more]
    start, end = p.table(rows)
    loop(p, start, end, 24, f"""
        ld a0, 0(s0)
        ld a1, 8(s0)
        ld a3, 16(s0)
        {op} a2, a0, a1
        CHECK_REG a2, a3
        mv a4, a0
        {op} a4, a4, a1
        CHECK_REG a4, a3
        mv a5, a1
        {op} a5, a0, a5
        CHECK_REG a5, a3
        {op} zero, a0, a1
        CHECK zero, 0""")
    start, end = p.table([(a, fn(a, a)) for a in CORNERS])
    loop(p, start, end, 16, f"ld a0, 0(s0)\nld a3, 8(s0)\n{op} a0, a0, a0\nCHECK_REG a0, a3")
    start, end = p.table([(a, fn(a, 0), fn(0, a)) for a in CORNERS])
    loop(p, start, end, 24, f"""
        ld a0, 0(s0)
        ld a3, 8(s0)
        ld a4, 16(s0)
        {op} a1, a0, zero
        CHECK_REG a1, a3
        {op} a2, zero, a0
        CHECK_REG a2, a4""")
    for i, a in enumerate(FEW):
        for b in FEW[i % 3::3]:
            p.add("li a0, 0x%x\nli a1, 0x%x\n%s a2, a0, a1\nCHECK a2, 0x%x" % (a, b, op, u64(fn(a, b))))
            p.add("ld a0, 0(s11)\nli a1, 0x%x\n%s a2, a0, a1\nCHECK a2, 0x%x" % (b, op, u64(fn(CORNERS[19], b))))
            p.add("ld a1, 0(s11)\nli a0, 0x%x\n%s a2, a0, a1\nCHECK a2, 0x%x" % (a, op, u64(fn(a, CORNERS[19]))))


def unary(p, op, fn, more=()):
    rows = [(a, fn(a)) for a in CORNERS + list(more) + [1 << i for i in range(64)] + [u64(-1 << i) for i in range(64)]]
    start, end = p.table(rows)
    loop(p, start, end, 16, f"""
        ld a0, 0(s0)
        ld a3, 8(s0)
        {op} a2, a0
        CHECK_REG a2, a3
        {op} zero, a0
        {op} a0, a0
        CHECK_REG a0, a3""")
    for a in FEW:
        p.add("li a0, 0x%x\n%s a2, a0\nCHECK a2, 0x%x" % (a, op, u64(fn(a))))


def immediate(p, op, fn, imms):
    for i in imms:
        start, end = p.table([(a, fn(a, i)) for a in CORNERS])
        loop(p, start, end, 16, f"""
            ld a0, 0(s0)
            ld a3, 8(s0)
            {op} a2, a0, {i}
            CHECK_REG a2, a3
            {op} zero, a0, {i}
            {op} a0, a0, {i}
            CHECK_REG a0, a3""")
        p.add("%s a2, zero, %d\nCHECK a2, 0x%x" % (op, i, u64(fn(0, i))))
        for a in FEW:
            p.add("li a0, 0x%x\n%s a2, a0, %d\nCHECK a2, 0x%x" % (a, op, i, u64(fn(a, i))))
