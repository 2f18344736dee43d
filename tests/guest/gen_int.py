#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Integer instructions: every one of RV64I, M, Zba, Zbb and Zbs, the reference computed here in Python's integers.

Each instruction runs over a table of operands in a loop (values unknown to the translator) and on literals in straight
line (the optimiser folds them), with rd equal to rs1, to rs2 and to x0 as well."""
import sys
from asmgen import CORNERS, FEW, Program, sx, u64
from opgen import binary, immediate, loop, unary, unknown_operand


def w(v):
    return u64(sx(v, 32))


def div(a, b, bits, signed):
    a, b = (sx(a, bits), sx(b, bits)) if signed else (a & ((1 << bits) - 1), b & ((1 << bits) - 1))
    if b == 0:
        return -1
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def rem(a, b, bits, signed):
    a, b = (sx(a, bits), sx(b, bits)) if signed else (a & ((1 << bits) - 1), b & ((1 << bits) - 1))
    if b == 0:
        return a
    r = abs(a) % abs(b)
    return -r if a < 0 else r


def rol(a, n, bits):
    n %= bits
    a &= (1 << bits) - 1
    return (a << n | a >> (bits - n)) & ((1 << bits) - 1)


def clz(a, bits):
    return bits - (a & ((1 << bits) - 1)).bit_length()


def ctz(a, bits):
    a &= (1 << bits) - 1
    return (a & -a).bit_length() - 1 if a else bits


S = lambda a: sx(a, 64)
LO = lambda a: a & 0xffffffff

BINARY = {
    "base": {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "sll": lambda a, b: a << (b & 63),
        "slt": lambda a, b: S(a) < S(b), "sltu": lambda a, b: a < b, "xor": lambda a, b: a ^ b,
        "srl": lambda a, b: a >> (b & 63), "sra": lambda a, b: S(a) >> (b & 63), "or": lambda a, b: a | b,
        "and": lambda a, b: a & b, "addw": lambda a, b: w(a + b), "subw": lambda a, b: w(a - b),
        "sllw": lambda a, b: w(a << (b & 31)), "srlw": lambda a, b: w(LO(a) >> (b & 31)),
        "sraw": lambda a, b: w(sx(a, 32) >> (b & 31))},
    "m": {
        "mul": lambda a, b: a * b, "mulh": lambda a, b: S(a) * S(b) >> 64, "mulhu": lambda a, b: a * b >> 64,
        "mulhsu": lambda a, b: S(a) * b >> 64, "mulw": lambda a, b: w(a * b),
        "div": lambda a, b: div(a, b, 64, True), "divu": lambda a, b: div(a, b, 64, False),
        "rem": lambda a, b: rem(a, b, 64, True), "remu": lambda a, b: rem(a, b, 64, False),
        "divw": lambda a, b: w(div(a, b, 32, True)), "divuw": lambda a, b: w(div(a, b, 32, False)),
        "remw": lambda a, b: w(rem(a, b, 32, True)), "remuw": lambda a, b: w(rem(a, b, 32, False))},
    "zba": {
        "add.uw": lambda a, b: LO(a) + b, "sh1add": lambda a, b: (a << 1) + b, "sh2add": lambda a, b: (a << 2) + b,
        "sh3add": lambda a, b: (a << 3) + b, "sh1add.uw": lambda a, b: (LO(a) << 1) + b,
        "sh2add.uw": lambda a, b: (LO(a) << 2) + b, "sh3add.uw": lambda a, b: (LO(a) << 3) + b},
    "zbb": {
        "andn": lambda a, b: a & ~b, "orn": lambda a, b: a | ~b, "xnor": lambda a, b: ~(a ^ b),
        "max": lambda a, b: max(S(a), S(b)), "maxu": max, "min": lambda a, b: min(S(a), S(b)), "minu": min,
        "rol": lambda a, b: rol(a, b & 63, 64), "ror": lambda a, b: rol(a, 64 - (b & 63), 64),
        "rolw": lambda a, b: w(rol(a, b & 31, 32)), "rorw": lambda a, b: w(rol(a, 32 - (b & 31), 32))},
    "zbs": {
        "bclr": lambda a, b: a & ~(1 << (b & 63)), "bext": lambda a, b: a >> (b & 63) & 1,
        "binv": lambda a, b: a ^ 1 << (b & 63), "bset": lambda a, b: a | 1 << (b & 63)}}

UNARY = {
    "zbb": {
        "clz": lambda a: clz(a, 64), "ctz": lambda a: ctz(a, 64), "cpop": lambda a: bin(a).count("1"),
        "clzw": lambda a: clz(a, 32), "ctzw": lambda a: ctz(a, 32), "cpopw": lambda a: bin(LO(a)).count("1"),
        "sext.b": lambda a: sx(a, 8), "sext.h": lambda a: sx(a, 16), "zext.h": lambda a: a & 0xffff,
        "orc.b": lambda a: sum(0xff << i for i in range(0, 64, 8) if a >> i & 0xff),
        "rev8": lambda a: int.from_bytes(a.to_bytes(8, "little"), "big")}}

IMM12 = [0, 1, -1, 2, 31, 32, 0x7ff, -0x800, -0x7ff, 0x555, -0x556]
SH64, SH32 = [0, 1, 7, 31, 32, 33, 63], [0, 1, 15, 16, 31]
IMMEDIATE = {
    "base": {
        "addi": (lambda a, i: a + i, IMM12), "slti": (lambda a, i: S(a) < i, IMM12),
        "sltiu": (lambda a, i: a < u64(i), IMM12), "xori": (lambda a, i: a ^ u64(i), IMM12),
        "ori": (lambda a, i: a | u64(i), IMM12), "andi": (lambda a, i: a & u64(i), IMM12),
        "addiw": (lambda a, i: w(a + i), IMM12), "slli": (lambda a, i: a << i, SH64),
        "srli": (lambda a, i: a >> i, SH64),
        "srai": (lambda a, i: S(a) >> i, SH64), "slliw": (lambda a, i: w(a << i), SH32),
        "srliw": (lambda a, i: w(LO(a) >> i), SH32), "sraiw": (lambda a, i: w(sx(a, 32) >> i), SH32)},
    "zba": {"slli.uw": (lambda a, i: LO(a) << i, SH64)},
    "zbb": {"rori": (lambda a, i: rol(a, 64 - i, 64), SH64), "roriw": (lambda a, i: w(rol(a, 32 - i, 32)), SH32)},
    "zbs": {"bclri": (lambda a, i: a & ~(1 << i), SH64), "bexti": (lambda a, i: a >> i & 1, SH64),
            "binvi": (lambda a, i: a ^ 1 << i, SH64), "bseti": (lambda a, i: a | 1 << i, SH64)}}


def upper(p):
    for v in (0, 1, 0x7ffff, 0x80000, 0xfffff, 0x12345):
        p.add("lui a0, 0x%x\nCHECK a0, 0x%x\nlui zero, 0x%x" % (v, u64(sx(v << 12, 32)), v))
        here = p.label()
        p.add("%s:" % here)
        p.add("auipc a0, 0x%x\nla a1, %s\nsub a0, a0, a1\nCHECK a0, 0x%x" % (v, here, u64(sx(v << 12, 32))))


BRANCHES = {"beq": lambda a, b: a == b, "bne": lambda a, b: a != b, "blt": lambda a, b: S(a) < S(b),
            "bge": lambda a, b: S(a) >= S(b), "bltu": lambda a, b: a < b, "bgeu": lambda a, b: a >= b}


def branches():
    p = Program("int_branch", metal="yes")
    for op, fn in BRANCHES.items():
        rows = [(a, b, fn(a, b)) for a in CORNERS for b in CORNERS[::2] + [a, u64(a + 1)]]
        start, end = p.table(rows)
        loop(p, start, end, 24, f"""
            ld a0, 0(s0)
            ld a1, 8(s0)
            ld a3, 16(s0)
            li a2, 1
            {op} a0, a1, 2f
            li a2, 0
            2: nop
            CHECK_REG a2, a3""")
        rows = [(a, fn(a, 0), fn(0, a)) for a in CORNERS]
        start, end = p.table(rows)
        loop(p, start, end, 24, f"""
            ld a0, 0(s0)
            ld a3, 8(s0)
            ld a4, 16(s0)
            li a2, 1
            {op} a0, zero, 2f
            li a2, 0
            2: nop
            CHECK_REG a2, a3
            li a2, 1
            {op} zero, a0, 2f
            li a2, 0
            2: nop
            CHECK_REG a2, a4""")
        for a in FEW:
            for b in FEW[::2]:
                p.add(f"li a0, 0x{a:x}\nli a1, 0x{b:x}\nli a2, 1\n{op} a0, a1, 2f\nli a2, 0\n2: nop\nCHECK a2, {int(fn(a, b))}")
        p.add(f"li a2, 1\n{op} a0, a0, 2f\nli a2, 0\n2: nop\nCHECK a2, {int(fn(1, 1))}")
    return p


def main(outdir):
    for ext in ("base", "m", "zba", "zbb", "zbs"):
        p = Program("int_" + ext, metal="yes")
        unknown_operand(p)
        for op, fn in BINARY.get(ext, {}).items():
            binary(p, op, fn)
        for op, fn in UNARY.get(ext, {}).items():
            unary(p, op, fn)
        for op, (fn, imms) in IMMEDIATE.get(ext, {}).items():
            immediate(p, op, fn, imms)
        if ext == "base":
            upper(p)
        p.write(outdir)
    branches().write(outdir)


main(sys.argv[1])
