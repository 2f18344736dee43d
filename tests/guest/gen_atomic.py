#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Zabha and Zacas: atomics of one and two bytes, compare-and-swap of one to sixteen, and what each of them traps
on.

The expected results are computed here, by Python's integers; the encodings are written as .insn, since the
assembler does not know them."""
import random
import sys
from asmgen import M64, Program, sx, u64

F5 = {"amoswap": 1, "amoadd": 0, "amoxor": 4, "amoand": 12, "amoor": 8, "amomin": 16, "amomax": 20, "amominu": 24,
      "amomaxu": 28,
      "amocas": 5}
F3 = {"b": 0, "h": 1, "w": 2, "d": 3, "q": 4}
BITS = {"b": 8, "h": 16, "w": 32, "d": 64, "q": 128}
AMO = {"amoswap": lambda a, b, n: b, "amoadd": lambda a, b, n: a + b, "amoxor": lambda a, b, n: a ^ b,
       "amoand": lambda a, b, n: a & b, "amoor": lambda a, b, n: a | b,
       "amomin": lambda a, b, n: min(sx(a, n), sx(b, n)), "amomax": lambda a, b, n: max(sx(a, n), sx(b, n)),
       "amominu": lambda a, b, n: min(a & (1 << n) - 1, b & (1 << n) - 1),
       "amomaxu": lambda a, b, n: max(a & (1 << n) - 1, b & (1 << n) - 1)}


def insn(op, size, rd, rs2, rs1, order=0):
    return ".insn r 0x2f, %d, %d, %s, %s, %s" % (F3[size], F5[op] << 2 | order, rd, rs1, rs2)


def narrow():
    """Each operation on bytes and half-words at each place of a doubleword, whose other bytes must stay."""
    p = Program("mem_amo_narrow", metal="yes")
    p.add("la s2, cell")
    values = {8: [0, 1, 0x7f, 0x80, 0xff, 0x55], 16: [0, 1, 0x7fff, 0x8000, 0xffff, 0x1280]}
    for size in "bh":
        n = BITS[size]
        for k, (op, fn) in enumerate(AMO.items()):
            rows = []
            for i, a in enumerate(values[n]):
                for j, b in enumerate(values[n]):
                    at = (i + j + k) % (64 // n) * n // 8
                    around = 0xfedcba9876543210
                    mask = (1 << n) - 1 << 8 * at
                    before = around & ~mask | a << 8 * at
                    after = around & ~mask | (fn(a, b, n) & (1 << n) - 1) << 8 * at
                    operand = b | (0x5a5a5a5a5a5a5a5a << n & M64)  # what lies above the size is not looked at
                    rows.append((before, at, operand, sx(a, n), after))
            start, end = p.table(rows)
            p.add("la s0, %s\nla s1, %s" % (start, end))
            p.code.append("1:")
            p.add(f"""
                ld a0, 0(s0)
                ld a6, 8(s0)
                add a6, a6, s2
                ld a1, 16(s0)
                ld a3, 24(s0)
                ld a4, 32(s0)
                sd a0, 0(s2)
                {insn(op, size, "a2", "a1", "a6")}
                CHECK_REG a2, a3
                ld a5, 0(s2)
                CHECK_REG a5, a4
                sd a0, 0(s2)
                mv a7, a1
                {insn(op, size, "a7", "a7", "a6", 3)}
                CHECK_REG a7, a3
                ld a5, 0(s2)
                CHECK_REG a5, a4
                sd a0, 0(s2)
                mv a7, a6
                {insn(op, size, "a7", "a1", "a7", 2)}
                CHECK_REG a7, a3
                ld a5, 0(s2)
                CHECK_REG a5, a4
                sd a0, 0(s2)
                {insn(op, size, "zero", "a1", "a6", 1)}
                ld a5, 0(s2)
                CHECK_REG a5, a4
                addi s0, s0, 40
                bne s0, s1, 1b""")
            was = 0x85
            r = fn(was, 0, n) & (1 << n) - 1
            p.add(f"li a0, {was}\nsd a0, 0(s2)\n{insn(op, size, 'a3', 'zero', 's2')}\nCHECK a3, 0x{u64(sx(was, n)):x}\n"
                  f"ld a0, 0(s2)\nCHECK a0, 0x{r:x}")
    p.data.append("    .align 4\ncell: .dword 0, 0")
    return p


def cas_narrow():
    """amocas of 1 to 8 bytes: equal and not, in each bit that counts and in one that does not; rd is rs1, rs2, x0."""
    p = Program("mem_amocas", metal="yes")
    p.add("la s2, cell")
    for size in "bhwd":
        n = BITS[size]
        rows = []
        top = 1 << n - 1
        for i, (mem, expect) in enumerate([(0, 0), (top, top), (top - 1, top - 1), (top, 0), (1, 0), (0, top),
                                           (1 << n // 2, 0),
                                           (2 * top - 1, 2 * top - 1), (0x12, 0x13)]):
            at = i % (64 // n) * n // 8
            around = 0x0123456789abcdef
            mask = (1 << n) - 1 << 8 * at
            new = 0x77665544332211ee
            before = around & ~mask | mem << 8 * at
            after = around & ~mask | (new & (1 << n) - 1) << 8 * at if mem == expect else before
            junk = 0xa5a5a5a5a5a5a5a5 << n & M64
            rows.append((before, at, expect | junk, new, sx(mem, n), after))
        start, end = p.table(rows)
        p.add("la s0, %s\nla s1, %s" % (start, end))
        p.code.append("1:")
        for order in range(4):
            p.add(f"""
                ld a0, 0(s0)
                sd a0, 0(s2)
                ld a6, 8(s0)
                add a6, a6, s2
                ld a2, 16(s0)
                ld a1, 24(s0)
                ld a3, 32(s0)
                ld a4, 40(s0)
                {insn("amocas", size, "a2", "a1", "a6", order)}
                CHECK_REG a2, a3
                ld a5, 0(s2)
                CHECK_REG a5, a4""")
        p.add("addi s0, s0, 48\nbne s0, s1, 1b")
        m = (1 << n) - 1
        # rd = x0 expects zero and keeps nothing; rs2 = x0 stores zero
        p.add(f"""
            sd zero, 0(s2)
            li a1, -1
            {insn("amocas", size, "zero", "a1", "s2")}
            ld a0, 0(s2)
            CHECK a0, 0x{m:x}
            {insn("amocas", size, "zero", "a1", "s2")}
            CHECK zero, 0
            li a2, -1
            {insn("amocas", size, "a2", "zero", "s2")}
            CHECK a2, -1
            ld a0, 0(s2)
            CHECK a0, 0
            li a2, 5
            {insn("amocas", size, "a2", "a2", "s2")}
            CHECK a2, 0
            ld a0, 0(s2)
            CHECK a0, 0
            {insn("amocas", size, "a2", "a2", "s2")}
            CHECK a2, 0
            mv a3, s2
            sd a3, 0(s2)
            li a1, 0x42
            {insn("amocas", size, "a3", "a1", "a3")}
            ld a0, 0(s2)
            slli a3, a3, {64 - n}
            slli a4, s2, {64 - n}
            CHECK_REG a3, a4
            slli a0, a0, {64 - n}
            srli a0, a0, {64 - n}
            CHECK a0, 0x42""")
    p.data.append("    .align 4\ncell: .dword 0, 0")
    return p


CELL = "    .align 4\ncell: .dword 0, 0, 0, 0"


def set_cell(a, b):
    return "li t3, 0x%x\nsd t3, 0(s2)\nli t3, 0x%x\nsd t3, 8(s2)" % (a, b)


def cell(a, b):
    return "ld a5, 0(s2)\nCHECK a5, 0x%x\nld a5, 8(s2)\nCHECK a5, 0x%x" % (a, b)


def cas_quad():
    """amocas.q: halves equal or not, all even pairs that are free, x0 on either side, overlaps of rd, rs1 and rs2."""
    p = Program("mem_amocas_q", metal="yes")
    lo, hi = 0x1122334455667788, 0x99aabbccddeeff00
    p.add("la s2, cell")

    def case(mem, expect, rd="a0", rd1="a1", rs2="a2", rs21="a3", order=0):
        new = (0x0123456789abcdef, 0xfedcba9876543210)
        want = new if mem == expect else mem
        p.add(f"""
            li t3, 0x{mem[0]:x}
            sd t3, 0(s2)
            li t3, 0x{mem[1]:x}
            sd t3, 8(s2)
            sd s2, 16(s2)
            li {rs2}, 0x{new[0]:x}
            li {rs21}, 0x{new[1]:x}
            li {rd}, 0x{expect[0]:x}
            li {rd1}, 0x{expect[1]:x}
            {insn("amocas", "q", rd, rs2, "s2", order)}
            mv s10, {rd}
            mv s11, {rd1}
            CHECK s10, 0x{mem[0]:x}
            CHECK s11, 0x{mem[1]:x}
            ld a5, 0(s2)
            CHECK a5, 0x{want[0]:x}
            ld a5, 8(s2)
            CHECK a5, 0x{want[1]:x}
            ld a5, 16(s2)
            CHECK_REG a5, s2""")

    for expect in ((lo, hi), (lo ^ 1, hi), (lo, hi ^ 1 << 63), (lo ^ 1 << 63, hi), (lo, hi ^ 1), (hi, lo), (0, 0)):
        case((lo, hi), expect)
    for order in (1, 2, 3):
        case((lo, hi), (lo, hi), order=order)
    for rd, rd1 in (("a4", "a5"), ("s4", "s5"), ("s6", "s7"), ("s8", "s9"), ("t3", "t4"), ("t5", "t6"), ("s0", "s1"),
                    ("a6", "a7")):
        case((lo, hi), (lo, hi), rd, rd1)
        case((lo, hi), (lo, hi ^ 4), rd, rd1)
        case((hi, lo), (hi, lo), "a0", "a1", rd, rd1)
    q = lambda rd, rs2, rs1="s2": insn("amocas", "q", rd, rs2, rs1)
    # rs1 in either half of rd and of rs2
    p.add(f"mv a0, s2\nmv a1, s2\nli a2, 3\nli a3, 4\nsd a0, 0(s2)\nsd a0, 8(s2)\n{q('a0', 'a2', 'a1')}\n{cell(3, 4)}\nCHECK_REG a0, s2\nCHECK_REG a1, s2")
    p.add(f"mv a0, s2\nli a1, 9\n{set_cell(3, 4)}\n{q('a0', 'a2', 'a0')}\n{cell(3, 4)}\nCHECK a0, 3\nCHECK a1, 4")
    p.add(f"mv a3, s2\nli a2, 6\nli a0, 3\nli a1, 4\n{q('a0', 'a2', 'a3')}\nld a5, 0(s2)\nCHECK a5, 6\nld a5, 8(s2)\nCHECK_REG a5, s2")
    # odd pairs are reserved, on either side
    for rd, rs2 in (("a1", "a2"), ("a0", "a3"), ("ra", "a2"), ("a1", "a3"), ("t6", "zero"), ("zero", "t6")):
        p.add(f"{set_cell(0, 0)}\nTRAP_BEGIN\n.balign 4\n1: {q(rd, rs2)}\nTRAP_END EXC_ILLEGAL\nla t0, 1b\nlwu a4, 0(t0)\nla t0, trap_tval\n"
              f"ld a5, 0(t0)\nCHECK_REG a5, a4\n{cell(0, 0)}")
    p.data.append(CELL)
    return p


def cas_quad_x0():
    """amocas.q with x0. QEMU 10 writes the old value into its constant zero when rd is x0, and goes wrong from
    there."""
    p = Program("mem_amocas_q_x0", skip="qemu")
    q = lambda rd, rs2, rs1="s2": insn("amocas", "q", rd, rs2, rs1)
    p.add("la s2, cell\nli a2, 7\nli a3, 8")
    # rd = x0: expects 0, 0 whatever x1 holds, and writes neither x0 nor x1
    p.add(f"{set_cell(0, 0)}\nli a2, 7\nli a3, 8\nli ra, 0x1234\n{q('zero', 'a2')}\nmv s10, ra\nCHECK s10, 0x1234\nCHECK zero, 0\n{cell(7, 8)}")
    p.add(f"li ra, 8\n{q('zero', 'a2')}\nmv s10, ra\nCHECK s10, 8\n{cell(7, 8)}")
    p.add(f"{set_cell(0, 5)}\nli ra, 5\n{q('zero', 'a2')}\n{cell(0, 5)}")
    # rs2 = x0: stores 0, 0 whatever x1 holds
    p.add(f"{set_cell(7, 8)}\nli a0, 7\nli a1, 8\nli ra, -1\n{q('a0', 'zero')}\n{cell(0, 0)}\nCHECK a0, 7\nCHECK a1, 8")
    # rd = rs2: what is expected is what is stored
    p.add(f"{set_cell(7, 8)}\nli a0, 7\nli a1, 8\n{q('a0', 'a0')}\n{cell(7, 8)}\nCHECK a0, 7\nCHECK a1, 8")
    p.add(f"li a0, 1\nli a1, 2\n{q('a0', 'a0')}\n{cell(7, 8)}\nCHECK a0, 7\nCHECK a1, 8")
    p.data.append(CELL)
    return p


def ops():
    for size in "bhwdq":
        for op in F5:
            if op == "amocas" or size != "q":
                yield op, size


def checked(name, note="", **directives):
    """A program with a macro for what must trap without a change of rd."""
    p = Program(name, note, **directives)
    p.code.append('#include "mmu.h"')
    p.add("la s2, cell\nli a0, 77\nli a1, 78\nli a2, 1\nli a3, 2")
    p.add("""
        .macro BAD cause, insn:vararg
        TRAP_BEGIN
        \\insn
        TRAP_END \\cause
        la t0, trap_tval
        ld a5, 0(t0)
        CHECK_REG a5, s1
        CHECK a0, 77
        CHECK a1, 78
        .endm""")
    p.data.append("    .align 12\ncell: .dword 0x1111111111111111, 0x2222222222222222, 0, 0\n    .align 12\n    TABLE root\n"
                  "    TABLE l1\n    TABLE l0")
    return p


def devices():
    """Registers of devices take no atomics, and no reservations: a choice (PMA AMONone, RsrvNone). QEMU makes them a
    read and a write, and lets an SC without a reservation go where nothing is."""
    p = checked("trap_amo_device", skip="qemu")
    p.add("li s1, 0xf0000000\nBAD EXC_STORE_ACCESS, sc.d a0, a2, (s1)")
    for where in ("UART", "CLINT_MTIME & -16", "RTC"):
        p.add(f"li s1, {where}")
        for op, size in ops():
            p.add(f"BAD EXC_STORE_ACCESS, {insn(op, size, 'a0', 'a2', 's1')}")
        p.add("BAD EXC_STORE_ACCESS, sc.w a0, a2, (s1)")
        p.add("BAD EXC_LOAD_ACCESS, lr.w a0, (s1)\nBAD EXC_LOAD_ACCESS, lr.d a0, (s1)")
    return p


def traps():
    """Misaligned, where nothing is, where only loads are allowed: the cause is a store's, tval the address, and
    neither memory nor rd change, whether or not amocas would have stored."""
    p = checked("trap_amo")
    for op, size in ops():
        step = BITS[size] // 8
        for off in sorted({1, step // 2, step - 1, step + 1, step + 4} if step > 1 else ()):
            if off % step and off:
                p.add(f"addi s1, s2, {off}\nBAD EXC_STORE_MISALIGNED, {insn(op, size, 'a0', 'a2', 's1')}")
    p.add("ld a5, 0(s2)\nCHECK a5, 0x1111111111111111\nld a5, 8(s2)\nCHECK a5, 0x2222222222222222")
    p.add("li s1, 0xf0000000")
    for op, size in ops():
        p.add(f"BAD EXC_STORE_ACCESS, {insn(op, size, 'a0', 'a2', 's1')}")
    # PMP: the page of the cell may be read, not written (entry 0, locked would be for good: as S-mode instead)
    p.add("""
        csrw pmpcfg0, zero
        la t0, cell
        srli t0, t0, 2
        ori t0, t0, 0x1ff
        csrw pmpaddr0, t0
        li t0, -1
        csrw pmpaddr1, t0
        li t0, 0x1f19
        csrw pmpcfg0, t0
        la s1, cell""")
    for op, size in ops():
        p.add(f"TRAP_BEGIN\nDATA_AS 1\n{insn(op, size, 'a0', 'a2', 's1')}\nTRAP_END EXC_STORE_ACCESS\nDATA_AS_M\nla t0, trap_tval\n"
              "ld a5, 0(t0)\nCHECK_REG a5, s1\nCHECK a0, 77\nCHECK a1, 78")
    p.add("ld a5, 0(s2)\nCHECK a5, 0x1111111111111111\nli t0, 0x1f1f\ncsrw pmpcfg0, t0")
    # Sv39: read-only, execute-only, not there; then writable with D clear
    p.add("""
        PT_LEAF root, 2, RAM, PTE_RWX
        PT_LINK root, 1, l1
        PT_LINK l1, 0, l0
        PT_SYM l0, 0, cell, PTE_V | PTE_R | PTE_A | PTE_D
        PT_SYM l0, 1, cell, PTE_V | PTE_X | PTE_A | PTE_D
        PT_SYM l0, 3, cell, PTE_RW | PTE_U
        SATP SATP_SV39, root
        sfence.vma""")
    for page in range(4):
        p.add(f"li s1, 0x40000000 + {page} * 4096")
        for op, size in ops():
            p.add(f"TRAP_BEGIN\nDATA_AS 1\n{insn(op, size, 'a0', 'a2', 's1')}\nTRAP_END EXC_STORE_PAGE\nDATA_AS_M\nla t0, trap_tval\n"
                  "ld a5, 0(t0)\nCHECK_REG a5, s1\nCHECK a0, 77\nCHECK a1, 78")
    p.add("ld a5, 0(s2)\nCHECK a5, 0x1111111111111111\nld a5, 8(s2)\nCHECK a5, 0x2222222222222222")
    # misaligned on a page that may not be written: either is allowed, the misalignment comes first here and in QEMU
    p.add("li s1, 0x40002001")
    for op, size in ops():
        if size != "b":
            p.add(f"TRAP_BEGIN\nDATA_AS 1\n{insn(op, size, 'a0', 'a2', 's1')}\nTRAP_END EXC_STORE_MISALIGNED\nDATA_AS_M\nCHECK_MEM trap_tval, 0x40002001")
    # each of them needs A and D: set by the hart, or a fault, also where amocas does not match
    for op, size in ops():
        p.add(f"""
            PT_SYM l0, 4, cell, PTE_V | PTE_R | PTE_W
            sfence.vma
            li s3, 0
            li s1, 0x40004000
            li a0, 99
            TRAP_BEGIN
            DATA_AS 1
            {insn(op, size, 'a0', 'a2', 's1')}
            li s3, PTE_A | PTE_D
            ecall
            .align 2
            99: DATA_AS_M
            PT_GET a5, l0, 4
            andi a5, a5, PTE_A | PTE_D
            CHECK_REG a5, s3""")
    return p


POOL = ["zero"] + ["a%d" % i for i in range(8)] + ["t3", "t4", "t5", "t6"]
PAIRS = [("zero", "zero"), ("a0", "a1"), ("a2", "a3"), ("a4", "a5"), ("a6", "a7"), ("t3", "t4"), ("t5", "t6")]
AREA = 32


class Model:
    """Registers and a little memory, as Python sees them."""

    def __init__(self, rng):
        self.rng, self.mem = rng, bytearray(rng.randbytes(AREA))
        self.reg = {r: rng.getrandbits(64) for r in POOL}
        self.reg["zero"] = 0

    def load(self, at, n):
        return int.from_bytes(self.mem[at:at + n // 8], "little")

    def store(self, at, n, v):
        self.mem[at:at + n // 8] = (v & (1 << n) - 1).to_bytes(n // 8, "little")

    def put(self, rd, v):
        if rd != "zero":
            self.reg[rd] = u64(v)

    def place(self, n):
        at = self.rng.randrange(0, AREA, n // 8)
        return at, "%d" % at

    def amo(self):
        op, size = self.rng.choice([(op, size) for op in AMO for size in "bhwd"])
        n, rd, rs2 = BITS[size], self.rng.choice(POOL), self.rng.choice(POOL)
        at, off = self.place(n)
        old = self.load(at, n)
        self.store(at, n, u64(AMO[op](old, self.reg[rs2], n)))
        self.put(rd, sx(old, n))
        return "addi s1, s2, %s\n%s" % (off, insn(op, size, rd, rs2, "s1", self.rng.randrange(4)))

    def cas(self):
        size = self.rng.choice("bhwd")
        n, rd, rs2 = BITS[size], self.rng.choice(POOL), self.rng.choice(POOL)
        at, off = self.place(n)
        text, old = "addi s1, s2, %s\n" % off, self.load(at, n)
        if self.rng.random() < 0.6 and rd != "zero":  # so that it matches, in the bits that count
            text += {"b": "lbu", "h": "lhu", "w": "lwu", "d": "ld"}[size] + " %s, 0(s1)\n" % rd
            self.put(rd, old)
        if old == self.reg[rd] & (1 << n) - 1:
            self.store(at, n, self.reg[rs2])
        self.put(rd, sx(old, n))
        return text + insn("amocas", size, rd, rs2, "s1", self.rng.randrange(4))

    def quad(self):
        (rd, rd1), (rs2, rs21) = self.rng.choice(PAIRS), self.rng.choice(PAIRS)
        at, off = self.place(128)
        text, old = "addi s1, s2, %s\n" % off, (self.load(at, 64), self.load(at + 8, 64))
        if self.rng.random() < 0.6 and rd != "zero":
            text += "ld %s, 0(s1)\nld %s, 8(s1)\n" % (rd, rd1)
            self.put(rd, old[0])
            self.put(rd1, old[1])
        if old == (self.reg[rd], self.reg[rd1]):
            new = self.reg[rs2], self.reg[rs21]
            self.store(at, 64, new[0])
            self.store(at + 8, 64, new[1])
        self.put(rd, old[0])
        self.put(rd1, old[1])
        return text + insn("amocas", "q", rd, rs2, "s1", self.rng.randrange(4))

    def lrsc(self):
        size = self.rng.choice("wd")
        n, rd, rs2, res = BITS[size], *(self.rng.choice(POOL) for _ in range(3))
        at, off = self.place(n)
        self.put(rd, sx(self.load(at, n), n))
        self.store(at, n, self.reg[rs2])
        self.put(res, 0)
        return f"addi s1, s2, {off}\nlr.{size} {rd}, (s1)\nsc.{size} {res}, {rs2}, (s1)"

    def plain(self):
        op, fn = self.rng.choice([("add", lambda a, b: a + b), ("sub", lambda a, b: a - b), ("xor", lambda a, b: a ^ b),
                                  ("mul", lambda a, b: a * b), ("sltu", lambda a, b: int(a < b))])
        rd, a, b = (self.rng.choice(POOL) for _ in range(3))
        self.put(rd, fn(self.reg[a], self.reg[b]))
        return "%s %s, %s, %s" % (op, rd, a, b)


def mixed():
    """All of them in long blocks, between other work, on any registers: results by the model above."""
    rng = random.Random(20240611)
    m, p = Model(rng), Program("mem_atomic_mixed", metal="yes", skip="qemu")
    p.note = "QEMU 10 goes wrong after amocas.q with x0."
    p.data.append("    .align 4\ncell: .byte " + ", ".join(str(b) for b in m.mem))
    p.add("la s2, cell\n" + "\n".join("li %s, 0x%x" % (r, m.reg[r]) for r in POOL[1:]))
    for _ in range(60):
        for _ in range(24):
            p.add(rng.choices([m.amo, m.cas, m.quad, m.lrsc, m.plain], [6, 4, 2, 2, 4])[0]())
        for r in POOL[1:]:
            p.add("CHECK %s, 0x%x" % (r, m.reg[r]))
        for at in range(0, AREA, 8):
            p.add("ld s3, %d(s2)\nCHECK s3, 0x%x" % (at, m.load(at, 64)))
    return p


def without(ext, illegal, legal, said):
    """A model that lacks one of them: its instructions are illegal, those of the others are not; -d unimp names it."""
    p = Program("atomic_no_" + ext, args=f"-cpu rv64,{ext}=off -d unimp", output=said, skip="qemu")
    p.add("la s2, cell")
    for op, size in legal:
        p.add(f"li a0, 0\nli a2, 3\n{insn(op, size, 'a0', 'a2', 's2')}\nsd zero, 0(s2)")
    for op, size in illegal:
        p.add(f"li a0, 77\nTRAP_BEGIN\n{insn(op, size, 'a0', 'a2', 's2')}\nTRAP_END EXC_ILLEGAL\nCHECK a0, 77\nld a1, 0(s2)\nCHECK a1, 0")
    p.data.append(CELL)
    return p


def models():
    cas, narrow = [("amocas", size) for size in "bhwdq"], [(op, size) for op in AMO for size in "bh"]
    yield without("zacas", cas, narrow, "amocas.d .* needs zacas")
    yield without("zabha", narrow + cas[:2], cas[2:], "amomaxu.h .* needs zabha")


def main(outdir):
    for p in models():
        p.write(outdir)
    for p in (narrow(), cas_narrow(), cas_quad(), cas_quad_x0(), mixed(), traps(), devices()):
        p.write(outdir)


main(sys.argv[1])
