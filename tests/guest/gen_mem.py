#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Loads, stores, atomics and the compressed forms, each with values that show sign, size and order."""
import sys
from asmgen import CORNERS, M64, Program, sx, u64

AMO = {"amoswap": lambda a, b, n: b, "amoadd": lambda a, b, n: a + b, "amoxor": lambda a, b, n: a ^ b,
       "amoand": lambda a, b, n: a & b, "amoor": lambda a, b, n: a | b,
       "amomin": lambda a, b, n: min(sx(a, n), sx(b, n)), "amomax": lambda a, b, n: max(sx(a, n), sx(b, n)),
       "amominu": lambda a, b, n: min(a & (1 << n) - 1, b & (1 << n) - 1),
       "amomaxu": lambda a, b, n: max(a & (1 << n) - 1, b & (1 << n) - 1)}
LOADS = {"lb": (1, True), "lbu": (1, False), "lh": (2, True), "lhu": (2, False), "lw": (4, True), "lwu": (4, False),
         "ld": (8, True)}


def loads_stores():
    p = Program("mem_load_store", metal="yes")
    words = [0x8899aabbccddeeff, 0x0123456789abcdef, 0xfedcba9876543210, 0x7f80ff0080007fff]
    raw = b"".join(w.to_bytes(8, "little") for w in words)
    start, _ = p.table([words])
    p.add("la s0, %s" % start)
    for op, (size, signed) in LOADS.items():
        for off in range(0, 24, 1):
            v = int.from_bytes(raw[off:off + size], "little")
            want = u64(sx(v, size * 8)) if signed else v
            p.add("%s a0, %d(s0)\nCHECK a0, 0x%x" % (op, off, want))
        p.add("%s zero, 0(s0)\nCHECK zero, 0" % op)
        p.add("mv a0, s0\n%s a0, 8(a0)\nCHECK a0, 0x%x"
              % (op, u64(sx(int.from_bytes(raw[8:8 + size], "little"), size * 8)) if signed
                                                       else int.from_bytes(raw[8:8 + size], "little")))
    # offsets: the ends of the range
    p.add("la s1, big + 2048")
    for op, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        for off in (-2048, 2047 & ~(size - 1), 0, -size):
            for v in (0x8899aabbccddeeff, 0x7766554433221100):
                low = v & (1 << 8 * size) - 1
                p.add("li a1, 0x%x\nli a2, -1\nsd a2, %d(s1)" % (v, off & ~7))
                p.add("s%s a1, %d(s1)\nl%s a0, %d(s1)\nCHECK a0, 0x%x" % (op, off, op, off, u64(sx(low, 8 * size))))
                whole = bytearray(b"\xff" * 8)
                at = off % 8
                whole[at:at + size] = low.to_bytes(size, "little")
                p.add("ld a0, %d(s1)\nCHECK a0, 0x%x" % (off & ~7, int.from_bytes(whole, "little")))
    # store then load of another size, forwarded or not
    p.add("li a1, 0x1122334455667788\nsd a1, 0(s1)\nlbu a0, 3(s1)\nCHECK a0, 0x55\nsb zero, 3(s1)\nld a0, 0(s1)\nCHECK a0, 0x1122334400667788")
    p.add("sh a1, 5(s1)\nlw a0, 4(s1)\nCHECK a0, 0x11778844\nld a0, 0(s1)\nCHECK a0, 0x1177884400667788")
    p.data.append("    .align 3\nbig: .space 4096")
    return p


def atomics():
    p = Program("mem_amo", metal="yes")
    values = [0, 1, M64, 0x7fffffff, 0x80000000, 0xffffffff, 0x8000000000000000, 0x7fffffffffffffff, 0x123456789abcdef0,
              0xffffffff00000000]
    p.add("la s2, cell")
    for op, fn in AMO.items():
        for n, suffix in ((32, "w"), (64, "d")):
            rows = []
            for a in values:
                for b in values:
                    r = u64(fn(a, b, n)) & (1 << n) - 1
                    mem = r if n == 64 else a & ~0xffffffff | r
                    rows.append((a, b, sx(a, n), mem))
            start, end = p.table(rows)
            p.add("la s0, %s\nla s1, %s" % (start, end))
            p.code.append("1:")
            p.add(f"""
                ld a0, 0(s0)
                ld a1, 8(s0)
                ld a3, 16(s0)
                ld a4, 24(s0)
                sd a0, 0(s2)
                {op}.{suffix} a2, a1, (s2)
                CHECK_REG a2, a3
                ld a5, 0(s2)
                CHECK_REG a5, a4
                sd a0, 0(s2)
                {op}.{suffix}.aqrl a1, a1, (s2)
                CHECK_REG a1, a3
                ld a5, 0(s2)
                CHECK_REG a5, a4
                sd a0, 0(s2)
                ld a1, 8(s0)
                {op}.{suffix}.rl zero, a1, (s2)
                ld a5, 0(s2)
                CHECK_REG a5, a4
                addi s0, s0, 32
                bne s0, s1, 1b""")
            # rd = rs1: the address register is overwritten; x0 as operand; upper half of a word's cell untouched
            p.add(f"li a0, 0x55\nsd a0, 0(s2)\nmv a1, s2\nli a2, 3\n{op}.{suffix} a1, a2, (a1)\nCHECK a1, 0x55")
            p.add(f"ld a0, 0(s2)\nCHECK a0, 0x{u64(fn(0x55, 3, n)):x}\n{op}.{suffix} a3, zero, (s2)\nld a0, 0(s2)\n"
                  f"CHECK a0, 0x{u64(fn(u64(fn(0x55, 3, n)), 0, n)):x}")
        # the word at offset 4
        p.add(f"li a0, 0x8000000100000002\nsd a0, 0(s2)\naddi a1, s2, 4\nli a2, 7\n{op}.w a3, a2, (a1)\nCHECK a3, 0xffffffff80000001\nld a0, 0(s2)\n"
              f"CHECK a0, 0x{(u64(fn(0x80000001, 7, 32)) & 0xffffffff) << 32 | 2:x}")
    p.data.append("cell: .dword 0, 0")
    return p


def compressed():
    p = Program("compressed", metal="yes")
    c = lambda text, reg, want: p.add("%s\nCHECK %s, 0x%x" % (text, reg, u64(want)))
    v = 0x123456789abcdef0
    big = u64(0xfedcba9876543210)
    for reg in ("a0", "s2", "t4"):
        for imm in (-32, -1, 1, 31):
            c("li %s, 0x%x\nc.addi %s, %d" % (reg, v, reg, imm), reg, v + imm)
            c("li %s, 0x%x\nc.addiw %s, %d" % (reg, v, reg, imm), reg, sx(v + imm, 32))
            c("c.li %s, %d" % (reg, imm), reg, imm)
        c("li %s, 0x%x\nc.addiw %s, 0" % (reg, v, reg), reg, sx(v, 32))
        for imm in (1, 31, 0xfffe0, 0xfffff):
            c("c.lui %s, 0x%x" % (reg, imm), reg, sx(imm << 12, 32))
        for sh in (1, 31, 32, 63):
            c("li %s, 0x%x\nc.slli %s, %d" % (reg, v, reg, sh), reg, v << sh)
        c("li a1, 0x%x\nc.mv %s, a1" % (v, reg), reg, v)
        c("li %s, 0x%x\nli a1, 0x%x\nc.add %s, a1" % (reg, v, big, reg), reg, v + big)
    for reg, other in (("a0", "a5"), ("s1", "a3"), ("a2", "a2")):
        for sh in (1, 31, 32, 63):
            c("li %s, 0x%x\nc.srli %s, %d" % (reg, big, reg, sh), reg, big >> sh)
            c("li %s, 0x%x\nc.srai %s, %d" % (reg, big, reg, sh), reg, sx(big, 64) >> sh)
        for imm in (-32, -1, 0, 31):
            c("li %s, 0x%x\nc.andi %s, %d" % (reg, v, reg, imm), reg, v & u64(imm))
        for op, fn in (("sub", lambda a, b: a - b), ("xor", lambda a, b: a ^ b), ("or", lambda a, b: a | b),
                       ("and", lambda a, b: a & b),
                       ("subw", lambda a, b: sx(a - b, 32)), ("addw", lambda a, b: sx(a + b, 32))):
            b = v if reg == other else big
            c("li %s, 0x%x\nli %s, 0x%x\nc.%s %s, %s" % (reg, v, other, b, op, reg, other), reg, fn(v, b))
    # sp forms
    p.add("mv s11, sp\nla sp, area\nmv s10, sp")
    for imm in (4, 8, 512, 1020):
        p.add("c.addi4spn a0, sp, %d\nsub a0, a0, sp\nCHECK a0, %d" % (imm, imm))
    for imm in (16, -16, 496, -512):
        p.add("c.addi16sp sp, %d\nsub a0, sp, s10\nmv sp, s10\nCHECK a0, 0x%x" % (imm, u64(imm)))
    for imm in (0, 8, 256, 504):
        p.add("li a1, 0x%x\nc.sdsp a1, %d(sp)\nc.ldsp t4, %d(sp)\nCHECK t4, 0x%x" % (v + imm, imm, imm, v + imm))
        p.add("li a1, 0x%x\nfmv.d.x fa1, a1\nc.fsdsp fa1, %d(sp)\nc.fldsp ft11, %d(sp)\nfmv.x.d a0, ft11\nCHECK a0, 0x%x" % (v + imm + 1, imm, imm, v + imm + 1))
    for imm in (0, 4, 128, 252):
        p.add("li a1, 0x%x\nc.swsp a1, %d(sp)\nc.lwsp t4, %d(sp)\nCHECK t4, 0x%x"
              % (big + imm, imm, imm, u64(sx(big + imm, 32))))
    p.add("mv s1, sp\nmv sp, s11")
    for imm in (0, 8, 64, 248):
        p.add("li a1, 0x%x\nc.sd a1, %d(s1)\nc.ld a5, %d(s1)\nCHECK a5, 0x%x" % (v ^ imm, imm, imm, v ^ imm))
        p.add("li a1, 0x%x\nfmv.d.x fa1, a1\nc.fsd fa1, %d(s1)\nc.fld fa5, %d(s1)\nfmv.x.d a0, fa5\nCHECK a0, 0x%x"
              % (v ^ imm ^ 5, imm, imm, v ^ imm ^ 5))
    for imm in (0, 4, 64, 124):
        p.add("li a1, 0x%x\nc.sw a1, %d(s1)\nc.lw a5, %d(s1)\nCHECK a5, 0x%x"
              % (big ^ imm, imm, imm, u64(sx(big ^ imm, 32))))
    # jumps and branches, both ways
    p.add("c.j 1f\nCHECK zero, 1\n1: nop\nc.li a0, 0\nc.j 2f\n1: c.li a0, 1\nc.j 3f\n2: c.j 1b\n3: nop\nCHECK a0, 1")
    p.add("la a1, 1f\nc.jr a1\nCHECK zero, 1\n1: nop")
    p.add("la a1, 1f\nc.jalr a1\n2: CHECK zero, 1\n1: la a2, 2b\nCHECK_REG ra, a2")
    for op, value, taken in (("beqz", 0, 1), ("beqz", 1, 0), ("bnez", 0, 0), ("bnez", 1 << 63, 1),
                             ("beqz", 1 << 32, 0)):
        p.add("li a3, 0x%x\nc.li a0, 1\nc.%s a3, 1f\nc.li a0, 0\n1: nop\nCHECK a0, %d" % (value, op, taken))
    p.add("c.li a0, 3\nc.li a1, 0\n1: c.addi a1, 2\nc.addi a0, -1\nc.bnez a0, 1b\nCHECK a1, 6")
    # every alignment of a four-byte instruction
    p.add("li a0, 0\n.option push\n.option norvc\naddi a0, a0, 1\n.option pop\nc.addi a0, 1\n.option push\n.option norvc\naddi a0, a0, 1\n"
          "jal ra, 1f\naddi a0, a0, 64\n.option pop\n1: c.addi a0, 1\nCHECK a0, 4")
    p.data.append("    .align 4\narea: .space 1024")
    return p


def main(outdir):
    for p in (loads_stores(), atomics(), compressed()):
        p.write(outdir)


main(sys.argv[1])
