#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Floating point: every instruction of F, D, Zfh, Zfbfmin and Zfa, results and flags from fpref.py (exact rationals),
all five rounding modes, static and by frm. Operands come from tables, so the translator knows none; every row checks
the result with its NaN box, the flags, and that the flags of a result nobody reads are set all the same."""
import random, sys
from fractions import Fraction
import asmgen
from asmgen import sx, u64
from fpref import BF16, F16, F32, F64, RNE

MODES = ["rne", "rtz", "rdn", "rup", "rmm"]
BOX = 0xffffffff00000000
BOX16 = 0xffffffffffff0000
LETTER = {F16: "h", BF16: "bf16", F32: "s", F64: "d"}
NEWER = ".option arch, +zfh, +zfa, +zfbfmin"


def corners(f):
    one = f.bias << f.mbits
    tiny, small, norm = 1, (1 << f.mbits) - 1, 1 << f.mbits
    positive = [0, tiny, 2, small, norm, norm + 1, one, one + 1, one - 1, one + (1 << (f.mbits - 1)),
                (f.bias + 1) << f.mbits, (f.bias + f.mbits) << f.mbits | 1, f.inf(0) - 1, f.inf(0)]
    return positive + [v | f.signbit for v in positive] + [f.nan, f.inf(0) | 1, f.nan | f.signbit | 5]


def near(f, rng, base=None):
    """A random value: any exponent, or one near the base's."""
    e = rng.randrange(0, f.einf) if base is None else max(0, min(f.einf - 1, base + rng.randrange(-3, 4)))
    m = rng.getrandbits(f.mbits) & rng.choice([-1, -1, (1 << f.mbits) - 1 ^ 0xfff,
                                               (1 << f.mbits) - (1 << (f.mbits - 3))])
    return rng.getrandbits(1) << (f.width - 1) | e << f.mbits | m & ((1 << f.mbits) - 1)


def pairs(f, rng, n):
    """Random pairs: sums that cancel, products and quotients near both ends of the range."""
    for i in range(n):
        ea = rng.randrange(1, f.einf)
        eb = [ea, f.bias + f.emin + f.bias - ea, 2 * f.bias + f.bias - ea, ea - f.bias + 1,
              rng.randrange(1, f.einf)][i % 5]
        yield near(f, rng, ea), near(f, rng, eb)


class Program(asmgen.Program):
    """All of them may use the newer instructions."""
    def __init__(self, *args, **directives):
        super().__init__(*args, **directives)
        self.add(NEWER)


class Fp:
    def __init__(self, f):
        self.f, self.s = f, LETTER[f]
        self.rng = random.Random(f.width)

    def box(self, v):
        return u64(v | -1 << self.f.width)

    def rows(self, p, code, rows, nargs, dead=True, result="f", arg="f"):
        """One loop over rows of (args..., result, flags). code: the instruction with its operands."""
        start, end = p.table(rows)
        p.add("la s0, %s\nla s1, %s" % (start, end))
        p.code.append("1:")
        for i in range(nargs):
            p.add(("fld fa%d, %d(s0)" if arg == "f" else "ld a%d, %d(s0)") % (i, 8 * i))
        p.add("ld a4, %d(s0)\nld a5, %d(s0)\nfsflags zero" % (8 * nargs, 8 * nargs + 8))
        p.add(code)
        p.add("frflags a2")
        if result == "f":
            p.add("fmv.x.d a3, fa5")
        p.add("CHECK_REG a3, a4\nCHECK_REG a2, a5")
        if dead:
            p.add("fsflags zero\n%s\n%s\nfrflags a2\nCHECK_REG a2, a5" %
                  (code, "fmv.d.x fa5, zero" if result == "f" else "li a3, 0"))
        p.add("addi s0, s0, %d\nbne s0, s1, 1b" % (8 * nargs + 16))

    def rounded(self, p, op, argsets, fn, nargs, result="f", arg="f", modes=range(5)):
        """An instruction with a rounding mode: static in each mode, then dynamic."""
        dst = "fa5" if result == "f" else "a3"
        src = ", ".join(("fa%d" if arg == "f" else "a%d") % i for i in range(nargs))
        for rm in modes:
            rows = []
            for args in argsets:
                r, flags = fn(*args, rm)
                rows.append(list(args if arg == "x" else map(self.box_in, args))
                            + [r if result == "x" else self.box_out(op, r), flags])
            self.rows(p, "%s %s, %s, %s" % (op, dst, src, MODES[rm]), rows, nargs, result=result, arg=arg)
            some = rows[::3]
            p.add("fsrmi %d" % rm)
            self.rows(p, "%s %s, %s, dyn" % (op, dst, src), some, nargs, result=result, arg=arg)
            p.add("fsrmi 0")

    def box_in(self, v):
        return self.box(v)

    def box_out(self, op, r):
        return r | {"s": BOX, "h": BOX16, "bf16": BOX16, "d": 0}[op.split(".")[1]]

    def arith(self, op):
        p = Program("fp_%s_%s" % (op, self.s), metal="yes" if op in ("add", "div") else "no")
        f, c = self.f, corners(self.f)
        sets = [(a, b) for a in c for b in c] + list(pairs(f, self.rng, 250))
        self.rounded(p, "f%s.%s" % (op, self.s), sets, getattr(f, op), 2)
        return p

    def sqrt(self):
        p = Program("fp_sqrt_" + self.s)
        sets = [(a,) for a in corners(self.f) + [near(self.f, self.rng) for _ in range(200)]]
        sets += [(self.f.mul(a, a, RNE)[0],) for (a,) in sets[40:80]]
        self.rounded(p, "fsqrt." + self.s, sets, self.f.sqrt, 1)
        return p

    def fma(self):
        p = Program("fp_fma_" + self.s, limit=120)
        f, c = self.f, corners(self.f)
        sets = [tuple(self.rng.choice(c) for _ in range(3)) for _ in range(500)]
        for a, b in pairs(f, self.rng, 200):
            exact = f.mul(a, b, RNE)[0]
            sets.append((a, b, exact ^ f.signbit if not f.is_nan(exact) else exact))
            sets.append((a, b, near(f, self.rng, exact >> f.mbits & f.einf)))
        for op, np, na in (("fmadd", 0, 0), ("fmsub", 0, 1), ("fnmsub", 1, 0), ("fnmadd", 1, 1)):
            self.rounded(p, "%s.%s" % (op, self.s), sets, lambda a, b, c, rm: f.fma(a, b, c, rm, np, na), 3)
        return p

    def compare(self):
        p = Program("fp_compare_" + self.s)
        f, c = self.f, corners(self.f)
        sets = [(a, b) for a in c for b in c] + list(pairs(f, self.rng, 30))
        for op in ("feq", "flt", "fle"):
            rows = [[self.box(a), self.box(b), *f.compare(op, a, b)] for a, b in sets]
            self.rows(p, "%s.%s a3, fa0, fa1" % (op, self.s), rows, 2, result="x")
            p.add("fcvt.s.w ft0, zero") # keep a block boundary's worth of FP state between loops
        for op, big in (("fmin", False), ("fmax", True)):
            rows = [[self.box(a), self.box(b), self.box(f.minmax(a, b, big)[0]),
                     f.minmax(a, b, big)[1]] for a, b in sets]
            self.rows(p, "%s.%s fa5, fa0, fa1" % (op, self.s), rows, 2)
        sign = f.signbit
        for op, fn in (("fsgnj", lambda a, b: a & ~sign | b & sign), ("fsgnjn", lambda a, b: a & ~sign | ~b & sign),
                       ("fsgnjx", lambda a, b: a ^ b & sign)):
            rows = [[self.box(a), self.box(b), self.box(fn(a, b)), 0] for a, b in sets]
            self.rows(p, "%s.%s fa5, fa0, fa1" % (op, self.s), rows, 2, dead=False)
            rows = [[self.box(a), self.box(fn(a, a)), 0] for a in c]
            self.rows(p, "%s.%s fa5, fa0, fa0" % (op, self.s), rows, 1, dead=False)
        rows = [[self.box(a), f.classify(a), 0] for a in c]
        self.rows(p, "fclass.%s a3, fa0" % self.s, rows, 1, result="x")
        return p

    def to_int(self):
        p = Program("fp_to_int_" + self.s)
        f = self.f
        values = corners(f)
        for n in [0, 1, 2, 3, 5, 127, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, (1 << 32) - 1, 1 << 32, (1 << 63) - 1,
                  1 << 63,
                  (1 << 63) + (1 << 12), (1 << 64) - 1, 1 << 64, 1 << 52, 1 << 53, (1 << 53) - 1]:
            for d in (-1, 0, 1):
                v = max(0, f.from_int(n, 1)[0] + d)
                values += [v, v | f.signbit]
        for half in (1, 3, 5, 7, (1 << 32) - 1, (1 << 33) - 1, (1 << 32) + 1, (1 << 22) + 1):
            v = f.from_int(half, RNE)[0] - (1 << f.mbits)
            values += [v, v | f.signbit, v + 1, v - 1, v - 1 | f.signbit, v + 1 | f.signbit]
        values += [near(f, self.rng, f.bias + i) for i in range(0, 66)]
        for t, bits, signed in (("w", 32, True), ("wu", 32, False), ("l", 64, True), ("lu", 64, False)):
            fn = lambda a, rm: (lambda r: (u64(sx(r[0], bits)), r[1]))(f.to_int(a, bits, signed, rm))
            self.rounded(p, "fcvt.%s.%s" % (t, self.s), [(v,) for v in values], fn, 1, result="x")
        return p

    def from_int(self):
        p = Program("fp_from_int_" + self.s)
        f = self.f
        values = [0, 1, 2, u64(-1), u64(-2), 0x7fffffff, 0x80000000, 0xffffffff, 1 << 24, (1 << 24) + 1, (1 << 25) - 1,
                  (1 << 53) + 1, (1 << 53) - 1, (1 << 54) - 1, (1 << 54) + 2, (1 << 63) - 1, 1 << 63, (1 << 63) + 1,
                  u64(-1 << 10), 0xffffffff80000000, 0x123456789abcdef0, 0xfffffffffffffc00, 0xfffffffffffffbff,
                  0x8000000000000400, 0x80000080, 0x800000c0, 0x7fffffbf, 0x7fffffc0, 0x1000001 << 30,
                  0x3fffffc000000001]
        values += [self.rng.getrandbits(64) >> self.rng.randrange(64) for _ in range(100)]
        for t, bits, signed in (("w", 32, True), ("wu", 32, False), ("l", 64, True), ("lu", 64, False)):
            fn = lambda a, rm: f.from_int(sx(a, bits) if signed else a & ((1 << bits) - 1), rm)
            op = "fcvt.%s.%s" % (self.s, t)
            modes = [RNE] if f is F64 and bits == 32 else range(5)
            if modes == [RNE]:
                rows = [[v] + list(fn(v, RNE)) for v in values]
                self.rows(p, "%s fa5, a0" % op, rows, 1, arg="x")
            else:
                self.rounded(p, op, [(v,) for v in values], fn, 1, arg="x")
        return p


def widths():
    """fcvt.s.d, fcvt.d.s."""
    p = Program("fp_convert")
    rng = random.Random(7)
    d, s = Fp(F64), Fp(F32)
    values = corners(F64) + [near(F64, rng, F64.bias + rng.choice([-150, -127, -126, 0, 127, 128])) for _ in range(200)]
    for v in corners(F32):
        w, _ = F32.convert(F64, v, RNE)
        values += [w, w + 1, w - 1 if w & (F64.signbit - 1) else w, w + (1 << 28), w + (1 << 28) + 1, w + (1 << 28) - 1]
    values = [u64(v) for v in values]
    d.rounded(p, "fcvt.s.d", [(v,) for v in values], lambda a, rm: F64.convert(F32, a, rm), 1)
    rows = [[v | BOX, *F32.convert(F64, v, RNE)] for v in corners(F32) + [near(F32, rng) for _ in range(100)]]
    s.rows(p, "fcvt.d.s fa5, fa0", rows, 1)
    return p


def boxes():
    """A single that is not NaN-boxed counts as the canonical NaN, for every instruction that reads one."""
    p = Program("fp_nan_boxing", metal="yes")
    bad = [0x3f800000, 0xfffffffe3f800000, 0x7fffffff3f800000, 0x00000000ffffffff, 0x4000000040000000]
    s = Fp(F32)
    nan, one = F32.nan, 0x3f800000 | BOX
    out = F32.nan | BOX
    for op in ("fadd", "fsub", "fmul", "fdiv"):
        s.rows(p, "%s.s fa5, fa0, fa1" % op, [[b, one, out, 0] for b in bad] + [[one, b, out, 0] for b in bad], 2)
    s.rows(p, "fsqrt.s fa5, fa0", [[b, out, 0] for b in bad], 1)
    for op in ("fmadd", "fmsub", "fnmadd", "fnmsub"):
        rows = [[b, one, one, out, 0] for b in bad] + [[one, b, one, out,
                                                        0] for b in bad] + [[one, one, b, out, 0] for b in bad]
        s.rows(p, "%s.s fa5, fa0, fa1, fa2" % op, rows, 3)
    for op in ("fmin", "fmax"):
        s.rows(p, "%s.s fa5, fa0, fa1" % op, [[b, one, one, 0] for b in bad] + [[one, b, one, 0] for b in bad]
               + [[b, b, out, 0] for b in bad], 2)
    s.rows(p, "fsgnj.s fa5, fa0, fa1", [[b, one | 1 << 31, out | 1 << 31, 0] for b in bad], 2)
    s.rows(p, "fsgnjn.s fa5, fa1, fa0", [[b, one, one | 1 << 31, 0] for b in bad], 2)
    s.rows(p, "fsgnjx.s fa5, fa0, fa1", [[b, one | 1 << 31, out | 1 << 31, 0] for b in bad], 2)
    s.rows(p, "fsgnj.s fa5, fa0, fa0", [[b, out, 0] for b in bad], 1)
    for op, flags in (("feq", 0), ("flt", 16), ("fle", 16)):
        s.rows(p, "%s.s a3, fa0, fa1" % op, [[b, one, 0, flags] for b in bad] + [[one, b, 0, flags] for b in bad], 2,
               result="x")
    s.rows(p, "fclass.s a3, fa0", [[b, 1 << 9, 0] for b in bad], 1, result="x")
    s.rows(p, "fcvt.d.s fa5, fa0", [[b, F64.nan, 0] for b in bad], 1)
    s.rows(p, "fcvt.w.s a3, fa0", [[b, 0x7fffffff, 16] for b in bad], 1, result="x")
    s.rows(p, "fcvt.wu.s a3, fa0", [[b, u64(-1), 16] for b in bad], 1, result="x")
    s.rows(p, "fcvt.l.s a3, fa0", [[b, (1 << 63) - 1, 16] for b in bad], 1, result="x")
    s.rows(p, "fcvt.lu.s a3, fa0", [[b, u64(-1), 16] for b in bad], 1, result="x")
    # Moves and stores take the bits as they are.
    s.rows(p, "fmv.x.w a3, fa0", [[b, u64(sx(b, 32)), 0] for b in bad + [one]], 1, result="x")
    s.rows(p, "fmv.w.x fa5, a0", [[b, b | BOX, 0] for b in bad + [one]], 1, arg="x")
    s.rows(p, "fmv.x.d a3, fa0", [[b, b, 0] for b in bad + [one]], 1, result="x")
    s.rows(p, "fmv.d.x fa5, a0", [[b, b, 0] for b in bad + [one]], 1, arg="x")
    s.rows(p, "la t0, scratch\nfsw fa0, 0(t0)\nflw fa5, 0(t0)", [[b, b | BOX, 0] for b in bad + [one]], 1)
    s.rows(p, "la t0, scratch\nfsd fa0, 0(t0)\nfld fa5, 0(t0)", [[b, b, 0] for b in bad + [one]], 1)
    p.data.append("scratch: .dword 0, 0")
    return p


def fround(f):
    t = Fp(f)
    p = Program("fp_fround_" + t.s, "QEMU 10 raises neither fround's invalid nor froundnx's inexact.", skip="qemu")
    values = corners(f) + [near(f, t.rng, f.bias + i % (f.mbits + 3) - 1) for i in range(100)]
    values += [v ^ s for n in range(1, 12, 2) for v in [f.from_int(n, RNE)[0] - (1 << f.mbits)] for s in (0, f.signbit)]
    t.rounded(p, "fround." + t.s, [(v,) for v in values], f.round_to_integer, 1)
    t.rounded(p, "froundnx." + t.s, [(v,) for v in values], lambda a, rm: f.round_to_integer(a, rm, True), 1)
    return p


def zfa(f):
    t = Fp(f)
    p = Program("fp_zfa_" + t.s)
    c = corners(f)
    sets = [(a, b) for a in c for b in c]
    for op, big in (("fminm", False), ("fmaxm", True)):
        t.rows(p, "%s.%s fa5, fa0, fa1" % (op, t.s), [[t.box(a), t.box(b), t.box(f.minmax_nan(a, b, big)[0]),
                                                     f.minmax_nan(a, b, big)[1]] for a, b in sets], 2)
    for op in ("fltq", "fleq"):
        t.rows(p, "%s.%s a3, fa0, fa1" % (op, t.s), [[t.box(a), t.box(b), *f.compare(op, a, b)] for a, b in sets], 2,
               result="x")
    constants = ["-1.0", "min", "0x1p-16", "0x1p-15", "0x1p-8", "0x1p-7", "0.0625", "0.125", "0.25", "0.3125", "0.375",
                 "0.4375", "0.5",
                 "0.625", "0.75", "0.875", "1.0", "1.25", "1.5", "1.75", "2.0", "2.5", "3.0", "4.0", "8.0", "16.0",
                 "128.0", "256.0",
                 "0x1p15", "0x1p16", "inf", "nan"]
    for i, text in enumerate(constants):
        want = {"min": 1 << f.mbits, "inf": f.inf(0), "nan": f.nan}.get(text)
        if want is None:
            number = float.fromhex(text) if "x" in text else float(text)
            want = f.pack(Fraction(number), RNE)[0]
        encoding = 0xf0000053 | {F32: 0, F64: 1, F16: 2}[f] << 25 | 1 << 20 | i << 15 | 15 << 7
        p.add("fmv.d.x fa5, zero\nfsflags zero\n.4byte 0x%x\nfrflags a2\nfmv.x.d a3, fa5\nli a4, 0x%x\nCHECK_REG a3, a4\n"
              "CHECK_REG a2, zero" % (encoding, t.box(want)))
    if f is F64:
        mods = c + [near(f, t.rng, f.bias + i) for i in range(90)] + [near(f, t.rng) for _ in range(50)]
        t.rows(p, "fcvtmod.w.d a3, fa0, rtz", [[a, u64(f.to_int_mod(a)[0]), f.to_int_mod(a)[1]] for a in mods],
               1, result="x")
    return p


def halves():
    """Conversions between H, bfloat16 and the wider formats; moves, loads and stores; what is not boxed."""
    p = Program("fp_half", metal="yes")
    rng = random.Random(16)
    for wide in (F32, F64):
        for half in [F16] + [BF16] * (wide is F32):
            w, h = Fp(wide), Fp(half)
            values = corners(wide) + [near(wide, rng, wide.bias + rng.randrange(half.emin - half.mbits - 3, half.emax + 2)) for _ in range(150)]
            for v in corners(half):
                exact, _ = half.convert(wide, v, RNE)
                step = 1 << (wide.mbits - half.mbits - 1) # half of the last place
                values += [exact, exact + 1, exact + step, exact + step + 1, exact + step - 1]
            values = [v & (1 << wide.width) - 1 for v in values]
            w.rounded(p, "fcvt.%s.%s" % (h.s, w.s), [(v,) for v in values], lambda a, rm: wide.convert(half, a, rm), 1)
            some = corners(half) + [rng.getrandbits(16) for _ in range(60)]
            h.rows(p, "fcvt.%s.%s fa5, fa0" % (w.s, h.s),
                   [[h.box(v), w.box(half.convert(wide, v, RNE)[0]), half.convert(wide, v, RNE)[1]]
                                                          for v in some], 1)
    h, nan, one = Fp(F16), F16.nan | BOX16, 0x3c00 | BOX16
    bad = [0x3c00, 0xfffffffffffe3c00, 0x7fffffffffff3c00, 0xffffffff00003c00, 0x0000ffffffff3c00, 0xffffffff3f800000]
    for op in ("fadd", "fsub", "fmul", "fdiv"):
        h.rows(p, "%s.h fa5, fa0, fa1" % op, [[b, one, nan, 0] for b in bad] + [[one, b, nan, 0] for b in bad], 2)
    h.rows(p, "fmadd.h fa5, fa0, fa1, fa2",
           [[b, one, one, nan, 0] for b in bad] + [[one, one, b, nan, 0] for b in bad], 3)
    h.rows(p, "fmin.h fa5, fa0, fa1", [[b, one, one, 0] for b in bad] + [[b, b, nan, 0] for b in bad], 2)
    h.rows(p, "fsgnj.h fa5, fa0, fa1", [[b, one | 1 << 15, nan | 1 << 15, 0] for b in bad], 2)
    h.rows(p, "fsgnjn.h fa5, fa1, fa0", [[b, one, one | 1 << 15, 0] for b in bad], 2)
    h.rows(p, "fclass.h a3, fa0", [[b, 1 << 9, 0] for b in bad], 1, result="x")
    h.rows(p, "fcvt.s.h fa5, fa0", [[b, F32.nan | BOX, 0] for b in bad], 1)
    h.rows(p, "fcvt.d.h fa5, fa0", [[b, F64.nan, 0] for b in bad], 1)
    h.rows(p, "fcvt.w.h a3, fa0", [[b, 0x7fffffff, 16] for b in bad], 1, result="x")
    # A half is no boxed single, a single no boxed half.
    h.rows(p, "fadd.s fa5, fa0, fa0", [[one, F32.nan | BOX, 0]], 1)
    # Moves, loads and stores take the bits as they are.
    moved = bad + [one, 0x8000, 0xffff, 0x123456789abcdef0]
    h.rows(p, "fmv.x.h a3, fa0", [[b, u64(sx(b, 16)), 0] for b in moved], 1, result="x")
    h.rows(p, "fmv.h.x fa5, a0", [[b, b & 0xffff | BOX16, 0] for b in moved], 1, arg="x")
    h.rows(p, "la t0, scratch\nfsh fa0, 2(t0)\nflh fa5, 2(t0)", [[b, b & 0xffff | BOX16, 0] for b in moved], 1)
    p.add("la t0, scratch\nld a3, 0(t0)\nli a4, 0x%x\nCHECK_REG a3, a4" % ((moved[-1] & 0xffff) << 16))
    p.data.append("scratch: .dword 0, 0")
    return p


def bf16_boxes():
    p = Program("fp_bf16_boxing", "QEMU 10 takes what is not boxed for the bits of binary16's NaN.", skip="qemu")
    bad = [0x3f80, 0xfffffffffffe3f80, 0x7fffffffffff3f80, 0xffffffff00003f80, 0x0000ffffffff3f80]
    Fp(BF16).rows(p, "fcvt.s.bf16 fa5, fa0", [[b, F32.nan | BOX, 0] for b in bad], 1)
    return p


def main(outdir):
    for f in (F16, F32, F64):
        zfa(f).write(outdir)
        fround(f).write(outdir)
    halves().write(outdir)
    bf16_boxes().write(outdir)
    for f in (F16, F32, F64):
        t = Fp(f)
        for op in ("add", "sub", "mul", "div"):
            t.arith(op).write(outdir)
        for p in (t.sqrt(), t.fma(), t.compare(), t.to_int(), t.from_int()):
            p.write(outdir)
    widths().write(outdir)
    boxes().write(outdir)


main(sys.argv[1])
