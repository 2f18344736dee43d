#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Zbc, Zbkb, Zbkc, Zbkx, Zicond, Zknd, Zkne, Zknh, Zksed, Zksh, Zcb, Zimop, Zcmop one by one, against references in
Python; and AES, SHA-256, SHA-512, SM3 and SM4 made of these instructions, against the examples of their standards."""
import random
import sys
import cryptoref as ref
from asmgen import CORNERS, FEW, Program, sx, u64
from opgen import binary, immediate, loop, unary, unknown_operand

RANDOM = random.Random(20240613)
M32 = ref.M32


def values(n):
    return [RANDOM.getrandbits(64) for _ in range(n)]


PAIRS = list(zip(values(200), values(200)))
# Indices that xperm has and has not.
SELECT = [(a, sum(RANDOM.choice([0, 1, 5, 7, 8, 9, 15, 16, 0x17, 0x77, 0x7f, 0x80, 0x87,
                                 0xff]) << 8 * i for i in range(8)))
          for a in values(100)]

BINARY = {
    "zbc": {"clmul": lambda a, b: ref.clproduct(a, b), "clmulh": lambda a, b: ref.clproduct(a, b) >> 64,
            "clmulr": lambda a, b: ref.clproduct(a, b) >> 63},
    "zbkb": {"pack": lambda a, b: (a & M32) | b << 32, "packh": lambda a, b: a & 255 | (b & 255) << 8,
             "packw": lambda a, b: ref.sx32(a & 0xffff | b << 16), "andn": lambda a, b: a & ~b,
             "xnor": lambda a, b: ~(a ^ b)},
    "zbkx": {"xperm4": ref.xperm4, "xperm8": ref.xperm8},
    "zicond": {"czero.eqz": lambda a, b: a if b else 0, "czero.nez": lambda a, b: 0 if b else a},
    "zkn": {"aes64es": ref.aes64es, "aes64esm": ref.aes64esm, "aes64ds": ref.aes64ds, "aes64dsm": ref.aes64dsm,
            "aes64ks2": ref.aes64ks2}}
UNARY = {"zbkb": {"brev8": ref.brev8, "rev8": lambda a: int.from_bytes(a.to_bytes(8, "little"), "big")},
         "zkn": dict(ref.HASH, aes64im=ref.aes64im)}
UNARY["zks"] = {n: UNARY["zkn"].pop(n) for n in ("sm3p0", "sm3p1")}
IMMEDIATE = {"zkn": {"aes64ks1i": (ref.aes64ks1i, range(11))}}
ARCH = {"zbc": "+zbc", "zbkb": "+zbkb", "zbkx": "+zbkx", "zicond": "+zicond", "zkn": "+zkn", "zks": "+zks"}


def program(name, arch, **directives):
    p = Program(name, **directives)
    p.code.append("    .option arch, " + arch)
    return p


def one_by_one():
    for ext, arch in ARCH.items():
        p = program("int_" + ext, arch, metal="yes")
        unknown_operand(p)
        for op, fn in BINARY.get(ext, {}).items():
            binary(p, op, fn, PAIRS + (SELECT if ext == "zbkx" else []))
        for op, fn in UNARY.get(ext, {}).items():
            unary(p, op, fn, values(200))
        for op, (fn, imms) in IMMEDIATE.get(ext, {}).items():
            immediate(p, op, fn, imms)
        if ext == "zks":
            for op, fn in ("sm4ed", ref.sm4ed), ("sm4ks", ref.sm4ks):
                for bs in range(4):
                    sm4_byte(p, op, fn, bs)
        yield p


def sm4_byte(p, op, fn, bs):
    """Every byte, and what may stand above the words."""
    rows = [(a, x << 8 * bs | RANDOM.getrandbits(64) & ~(255 << 8 * bs)) for x, a in zip(range(256), values(256))]
    start, end = p.table([(a, b, fn(a, b, bs)) for a, b in rows])
    loop(p, start, end, 24, f"""
        ld a0, 0(s0)
        ld a1, 8(s0)
        ld a3, 16(s0)
        {op} a2, a0, a1, {bs}
        CHECK_REG a2, a3
        {op} zero, a0, a1, {bs}
        CHECK zero, 0
        mv a2, a0
        {op} a2, a2, a1, {bs}
        CHECK_REG a2, a3
        {op} a1, a0, a1, {bs}
        CHECK_REG a1, a3""")
    for a in FEW[::2]:
        p.add("li a0, 0x%x\nli a1, 0x%x\n%s a0, a0, a1, %d\nCHECK a0, 0x%x"
              % (a, u64(~a), op, bs, u64(fn(a, u64(~a), bs))))


# ---- Zcb, Zimop, Zcmop, hints ----

def zcb():
    p = program("int_zcb", "+zcb,+zba,+zbb", metal="yes")
    unknown_operand(p)
    one = {"c.zext.b": lambda a: a & 255, "c.sext.b": lambda a: sx(a, 8), "c.zext.h": lambda a: a & 0xffff,
           "c.sext.h": lambda a: sx(a, 16), "c.zext.w": lambda a: a & M32, "c.not": lambda a: ~a}
    for op, fn in one.items():
        start, end = p.table([(a, fn(a)) for a in CORNERS + values(50)])
        loop(p, start, end, 16, f"ld a5, 0(s0)\nld a3, 8(s0)\n{op} a5\nCHECK_REG a5, a3")
        for a in FEW:
            p.add("li a4, 0x%x\n%s a4\nCHECK a4, 0x%x" % (a, op, u64(fn(a))))
    start, end = p.table([(a, b, a * b) for a in CORNERS for b in CORNERS[::3]])
    loop(p, start, end, 24, "ld a4, 0(s0)\nld a5, 8(s0)\nld a3, 16(s0)\nc.mul a4, a5\nCHECK_REG a4, a3")
    p.data.append("bytes: .dword 0xfedcba9876543210, 0, 0")
    p.add("la a0, bytes")
    for off in range(4):
        p.add("c.lbu a1, %d(a0)\nCHECK a1, 0x%x" % (off, 0xfedcba9876543210 >> 8 * off & 255))
    p.add("addi a0, a0, 4")
    for off in (0, 2):
        half = 0xfedcba98 >> 8 * off & 0xffff
        p.add("c.lhu a1, %d(a0)\nCHECK a1, 0x%x\nc.lh a1, %d(a0)\nCHECK a1, 0x%x" % (off, half, off, u64(sx(half, 16))))
    p.add("addi a0, a0, 4\nli a1, 0x1234567890abcdef")
    for off in range(4):
        p.add("sd zero, 0(a0)\nc.sb a1, %d(a0)\nld a2, 0(a0)\nCHECK a2, 0x%x" % (off, 0xef << 8 * off))
    for off in (0, 2):
        p.add("sd zero, 0(a0)\nc.sh a1, %d(a0)\nld a2, 0(a0)\nCHECK a2, 0x%x" % (off, 0xcdef << 8 * off))
    return p


HINTS = ("pause", "ntl.p1", "ntl.pall", "ntl.s1", "ntl.all", "c.ntl.p1", "c.ntl.pall", "c.ntl.s1", "c.ntl.all",
         "prefetch.i 0(a0)",
         "prefetch.r 32(a0)", "prefetch.w -32(a0)", "prefetch.w 2016(a0)", "prefetch.r -2048(zero)",
         "prefetch.i 0(zero)")


def may_be():
    """Zimop writes zero, Zcmop writes nothing, hints do nothing, whatever the operands."""
    p = program("int_zimop", "+zimop,+zcmop,+zicbop,+zihintntl,+zihintpause", metal="yes")
    for n in range(32):
        p.add(f"li a0, 77\nli a1, {n}\nmop.r.{n} a0, a1\nCHECK a0, 0\nCHECK a1, {n}\nmop.r.{n} a1, a1\nCHECK a1, 0\nmop.r.{n} zero, sp")
    for n in range(8):
        p.add(f"li a0, 77\nli a1, {n}\nmop.rr.{n} a0, a1, sp\nCHECK a0, 0\nCHECK a1, {n}\nmop.rr.{n} a1, a0, a1\nCHECK a1, 0")
    for reg in ("ra", "gp", "t0", "t2", "s1", "a1", "a3", "a5"):
        n = {"ra": 1, "gp": 3, "t0": 5, "t2": 7, "s1": 9, "a1": 11, "a3": 13, "a5": 15}[reg]
        p.add(f"mv s2, gp\nli {reg}, 0x55\nc.mop.{n}\nmv s3, {reg}\nmv gp, s2\nCHECK s3, 0x55")
    p.add("la a0, guest_main\nmv s2, a0")
    for hint in HINTS:
        p.add(hint + "\nCHECK zero, 0\nCHECK_REG a0, s2")
    return p


ALL = "+zbc,+zbkb,+zbkc,+zbkx,+zicond,+zcb,+zcmop,+zimop,+zawrs,+zkn,+zks,+zicbop,+zihintntl,+zihintpause"


def illegal(p, insn):
    p.add("li a0, 77\nTRAP_BEGIN\n%s\nTRAP_END EXC_ILLEGAL\nCHECK a0, 77" % insn)


def switched_off():
    """Without its extension each is illegal, but for hints, and for what another extension has, too."""
    names = "zbc zbkb zbkc zbkx zicond zcb zcmop zimop zawrs zknd zkne zknh zksed zksh zkr zicbop zihintntl zihintpause".split()
    p = program("ext_off", ALL, args="-cpu rv64," + ",".join(n + "=off" for n in names), skip="qemu")
    p.add("la a1, guest_main")
    three = [op for table in BINARY.values() for op in table if op not in ("andn", "xnor")]
    for op in three:
        illegal(p, op + " a0, a1, a1")
    for op in [op for table in UNARY.values() for op in table if op != "rev8"]:
        illegal(p, op + " a0, a1")
    for insn in ("aes64ks1i a0, a1, 0", "sm4ed a0, a1, a1, 0", "sm4ks a0, a1, a1, 3", "mop.r.0 a0, a1",
                 "mop.r.31 a0, a1",
                 "mop.rr.0 a0, a1, a1", "mop.rr.7 a0, a1, a1", "c.mop.1", "c.mop.15", "wrs.nto", "wrs.sto",
                 "csrrw a0, 0x015, zero",
                 "c.lbu a0, 0(a1)", "c.lhu a0, 0(a1)", "c.lh a0, 0(a1)", "c.sb a0, 0(a1)", "c.sh a0, 0(a1)",
                 "c.zext.b a0",
                 "c.sext.b a0", "c.zext.h a0", "c.sext.h a0", "c.zext.w a0", "c.not a0", "c.mul a0, a1"):
        illegal(p, insn)
    for hint in HINTS:
        p.add(hint + "\nCHECK zero, 0")
    p.add("li a0, 0x12345\n.option norvc\nzext.h a0, a0\n.option rvc\nCHECK a0, 0x2345\nli a0, 1\nror a0, a0, a0\nCHECK a0, 0x8000000000000000")
    return p


def one_of_two():
    """What two extensions have works with either alone; and packw with x0 is zext.h whether or not that has a name."""
    p = program("ext_either", ALL + ",+zbb", args="-cpu rv64,zbc=off,zbb=off,zcb=off,b=off", skip="qemu")
    p.add("li a0, 0x12348765\npackw a0, a0, zero\nCHECK a0, 0x8765\nli a0, 1\nror a0, a0, a0\nCHECK a0, 0x8000000000000000")
    p.add("li a0, 3\nclmul a1, a0, a0\nCHECK a1, 5\nclmulh a1, a0, a0\nCHECK a1, 0")
    for insn in "clmulr a0, a1, a1", "clz a0, a1", "min a0, a1, a1", "sext.b a0, a1", "orc.b a0, a1":
        illegal(p, insn)
    return p


def reserved():
    """Neighbours of what there is, on a hart that has everything."""
    p = program("ext_reserved", ALL)
    p.add("li a1, 1")
    for rnum in range(11, 16):
        illegal(p, ".4byte 0x%x" % (0x31059513 | rnum << 20))
    # aes64im's, sha's and sm3's neighbours; mop's with other fixed bits; zip and unzip (RV32); c.mop's with an
    # immediate
    for word in (0x30159513, 0x10a59513, 0x10f59513, 0x8185c573, 0x92c5c573, 0x08f59513, 0x08f5d513,
                 0x00d00573, 0x00d58073, 0x03d00073, 0x0cb5b533, 0x0eb59533, 0x0eb5b533, 0x2cb59533):
        illegal(p, ".4byte 0x%x" % word)
    for half in (0x6001, 0x6501, 0x6881, 0x9c7d, 0x9c79):
        illegal(p, ".2byte 0x%x" % half)
    return p


# ---- whole algorithms ----

def words(data, size, order):
    return [int.from_bytes(data[i:i + size], order) for i in range(0, len(data), size)]


def check_bytes(p, symbol, want):
    for i, w in enumerate(words(want, 8, "little")):
        p.add("la a0, %s\nld a0, %d(a0)\nCHECK a0, 0x%x" % (symbol, 8 * i, w))


def aes_schedule(p, nk):
    """Round keys at `keys` from the key there: pairs of words in s2 on, each from the one before it (FIPS 197, 5.2)."""
    pairs, need = nk // 2, 2 * (nk + 7)
    regs = ["s%d" % (2 + i) for i in range(pairs)]
    p.add("la a0, keys")
    for i, r in enumerate(regs):
        p.add("ld %s, %d(a0)" % (r, 8 * i))
    done, rnum = pairs, 0
    while done < need:
        p.add("aes64ks1i a1, %s, %d" % (regs[-1], rnum))
        rnum += 1
        for i, r in enumerate(regs):
            if nk == 8 and i == 2:
                p.add("aes64ks1i a1, %s, 10" % regs[1])
                p.add("aes64ks2 %s, a1, %s" % (r, r))
            else:
                p.add("aes64ks2 %s, %s, %s" % (r, regs[i - 1] if i else "a1", r))
            if done < need:
                p.add("sd %s, %d(a0)" % (r, 8 * done))
            done += 1
    return nk + 6


def aes_crypt(p, rounds, inverse):
    """The state in a2, a3 from and to `block`; the equivalent inverse cipher (5.3.5) takes the middle keys through
    InvMixColumns."""
    p.add("la a0, keys\nla a1, block\nld a2, 0(a1)\nld a3, 8(a1)")
    for n in range(rounds + 1):
        k = rounds - n if inverse else n
        p.add("ld a4, %d(a0)\nld a5, %d(a0)" % (16 * k, 16 * k + 8))
        if n:
            op = ("aes64ds" if inverse else "aes64es") + ("" if n == rounds else "m")
            p.add(f"{op} a6, a2, a3\n{op} a7, a3, a2\nmv a2, a6\nmv a3, a7\nli a7, 0")
        if inverse and 0 < n < rounds:
            p.add("aes64im a4, a4\naes64im a5, a5")
        p.add("xor a2, a2, a4\nxor a3, a3, a5")
    p.add("sd a2, 0(a1)\nsd a3, 8(a1)")


def aes():
    """FIPS 197, appendix C."""
    p = program("aes_fips197", "+zkn", metal="yes")
    p.data += ["keys: .zero 256", "block: .zero 16"]
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    for nk, cipher in (4, "69c4e0d86a7b0430d8cdb78070b4c55a"), (6, "dda97ca4864cdfe06eaf70a0ec0d7191"), (8, "8ea2b7ca516745bfeafc49904b496089"):
        for symbol, data in ("keys", bytes(range(4 * nk))), ("block", plain):
            for i, w in enumerate(words(data, 8, "little")):
                p.add("la a0, %s\nli a1, 0x%x\nsd a1, %d(a0)" % (symbol, w, 8 * i))
        rounds = aes_schedule(p, nk)
        aes_crypt(p, rounds, False)
        check_bytes(p, "block", bytes.fromhex(cipher))
        aes_crypt(p, rounds, True)
        check_bytes(p, "block", plain)
    return p


def primes(n):
    found = []
    k = 2
    while len(found) < n:
        if all(k % q for q in found):
            found.append(k)
        k += 1
    return found


def root_bits(v, power, bits):
    """The first bits of the fraction of v's square or cube root (FIPS 180-4, 4.2 and 5.3)."""
    target, r = v << power * bits, 0
    for i in reversed(range(bits + 8)):
        if (r | 1 << i) ** power <= target:
            r |= 1 << i
    return r & (1 << bits) - 1


def padded(message, block, order_bytes):
    zeros = -(len(message) + 1 + order_bytes) % block
    return message + b"\x80" + bytes(zeros) + (8 * len(message)).to_bytes(order_bytes, "big")


def sha2(name, bits, rounds, messages):
    """The working variables a to h in s2 to s9, the schedule in memory; all rounds in straight line, a loop over
    blocks."""
    p = program(name, "+zkn", metal="yes")
    size, add, load, store = (4, "addw", "lw", "sw") if bits == 32 else (8, "add", "ld", "sd")
    prefix = "sha256" if bits == 32 else "sha512"
    word = ".word" if bits == 32 else ".dword"
    start = [root_bits(q, 2, bits) for q in primes(8)]
    const = [root_bits(q, 3, bits) for q in primes(rounds)]
    p.data += ["sha_k: %s %s" % (word, ", ".join("0x%x" % k for k in const)), "sha_w: .zero 640", "sha_h: .zero 64"]
    for number, (message, want) in enumerate(messages):
        data = padded(message, 16 * size, 2 * size)
        p.data += ["    .align 3", "message%d: .byte %s" % (number, ", ".join(map(str, data))),
                   "message%d_end:" % number, "    .align 3"]
        p.add("la a0, sha_h")
        for i, h in enumerate(start):
            p.add("li a1, 0x%x\n%s a1, %d(a0)" % (h, store, size * i))
        p.add("la s0, message%d\nla s1, message%d_end\ncall sha_blocks\nla a0, sha_h" % (number, number))
        for i, w in enumerate(words(bytes.fromhex(want), size, "big")):
            p.add("%s a1, %d(a0)\nCHECK a1, 0x%x" % (load, size * i, u64(sx(w, bits))))
    p.add("j sha_done")
    p.code.append("sha_blocks:")
    p.add("la a0, sha_w\nla a6, sha_k")
    for i in range(16):
        p.add("%s a1, %d(s0)\nrev8 a1, a1%s\n%s a1, %d(a0)"
              % (load, size * i, "\nsrai a1, a1, 32" if bits == 32 else "", store, size * i))
    for i in range(16, rounds):
        w = lambda k: "%d(a0)" % (size * (i - k))
        p.add(f"{load} a1, {w(2)}\n{prefix}sig1 a1, a1\n{load} a2, {w(7)}\n{add} a1, a1, a2\n{load} a2, {w(15)}\n{prefix}sig0 a2, a2")
        p.add(f"{add} a1, a1, a2\n{load} a2, {w(16)}\n{add} a1, a1, a2\n{store} a1, {w(0)}")
    regs = ["s%d" % (2 + i) for i in range(8)]
    p.add("la a5, sha_h")
    for i, r in enumerate(regs):
        p.add("%s %s, %d(a5)" % (load, r, size * i))
    for i in range(rounds):
        a, b, c, d, e, f, g, h = regs
        p.add(f"{prefix}sum1 a1, {e}\n{add} {h}, {h}, a1\nand a1, {e}, {f}\nandn a2, {g}, {e}\nxor a1, a1, a2\n{add} {h}, {h}, a1")
        p.add(f"{load} a1, {size * i}(a6)\n{add} {h}, {h}, a1\n{load} a1, {size * i}(a0)\n{add} {h}, {h}, a1\n{add} {d}, {d}, {h}")
        p.add(f"{prefix}sum0 a1, {a}\n{add} {h}, {h}, a1\nxor a1, {a}, {b}\nand a1, a1, {c}\nand a2, {a}, {b}\nxor a1, a1, a2\n{add} {h}, {h}, a1")
        regs = [h, a, b, c, d, e, f, g]
    for i, r in enumerate(regs):
        p.add("%s a1, %d(a5)\n%s a1, a1, %s\n%s a1, %d(a5)" % (load, size * i, add, r, store, size * i))
    p.add("addi s0, s0, %d\nbne s0, s1, sha_blocks\nret" % (16 * size))
    p.code.append("sha_done:")
    return p


SHA256 = [(b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
          (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
          (b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
SHA512 = [(b"abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
          (b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
           "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
           "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909")]


def sm3():
    """GM/T 0004-2012, appendix A: A to H in s2 to s9."""
    p = program("sm3_gmt0004", "+zks", metal="yes")
    start = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e]
    examples = [(b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
                (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")]
    p.data += ["sm3_w: .zero 272", "sm3_v: .zero 32"]
    for number, (message, want) in enumerate(examples):
        data = padded(message, 64, 8)
        p.data += ["    .align 3", "message%d: .byte %s" % (number, ", ".join(map(str, data))),
                   "message%d_end:" % number, "    .align 3"]
        p.add("la a0, sm3_v")
        for i, h in enumerate(start):
            p.add("li a1, 0x%x\nsw a1, %d(a0)" % (h, 4 * i))
        p.add("la s0, message%d\nla s1, message%d_end\ncall sm3_blocks\nla a0, sm3_v" % (number, number))
        for i, w in enumerate(words(bytes.fromhex(want), 4, "big")):
            p.add("lw a1, %d(a0)\nCHECK a1, 0x%x" % (4 * i, u64(sx(w, 32))))
    p.add("j sm3_done")
    p.code.append("sm3_blocks:")
    p.add("la a0, sm3_w")
    for i in range(16):
        p.add("lw a1, %d(s0)\nrev8 a1, a1\nsrai a1, a1, 32\nsw a1, %d(a0)" % (4 * i, 4 * i))
    for i in range(16, 68):
        w = lambda k: "%d(a0)" % (4 * (i - k))
        p.add(f"lw a1, {w(3)}\nroriw a1, a1, 17\nlw a2, {w(16)}\nxor a1, a1, a2\nlw a2, {w(9)}\nxor a1, a1, a2\nsm3p1 a1, a1")
        p.add(f"lw a2, {w(13)}\nroriw a2, a2, 25\nxor a1, a1, a2\nlw a2, {w(6)}\nxor a1, a1, a2\nsw a1, {w(0)}")
    regs = ["s%d" % (2 + i) for i in range(8)]
    p.add("la a5, sm3_v")
    for i, r in enumerate(regs):
        p.add("lw %s, %d(a5)" % (r, 4 * i))
    for i in range(64):
        a, b, c, d, e, f, g, h = regs
        t = ref.rol32(0x79cc4519 if i < 16 else 0x7a879d8a, i % 32)
        # SS1 a2, SS2 a1
        p.add(f"roriw a1, {a}, 20\nli a2, 0x{t:x}\naddw a2, a2, a1\naddw a2, a2, {e}\nroriw a2, a2, 25\nxor a1, a1, a2")
        if i < 16:
            p.add(f"xor a3, {a}, {b}\nxor a3, a3, {c}\nxor a4, {e}, {f}\nxor a4, a4, {g}")
        else:
            p.add(f"or a3, {a}, {b}\nand a3, a3, {c}\nand a4, {a}, {b}\nor a3, a3, a4")
            p.add(f"and a4, {e}, {f}\nandn a6, {g}, {e}\nor a4, a4, a6")
        p.add(f"lw a6, {4 * i}(a0)\naddw a4, a4, {h}\naddw a4, a4, a2\naddw a4, a4, a6\nlw a2, {4 * i + 16}(a0)\nxor a6, a6, a2")
        p.add(f"addw a3, a3, {d}\naddw a3, a3, a1\naddw {d}, a3, a6\nroriw {b}, {b}, 23\nsm3p0 {h}, a4\nroriw {f}, {f}, 13")
        regs = [d, a, b, c, h, e, f, g]
    for i, r in enumerate(regs):
        p.add("lw a1, %d(a5)\nxor a1, a1, %s\nsw a1, %d(a5)" % (4 * i, r, 4 * i))
    p.add("addi s0, s0, 64\nbne s0, s1, sm3_blocks\nret")
    p.code.append("sm3_done:")
    return p


def sm4(million):
    """GB/T 32907-2016, appendix A: one block, there and back (A.1); a million times over (A.2)."""
    p = program("sm4_million", "+zks", skip="interp metal") if million else program("sm4_gbt32907", "+zks", metal="yes")
    # the instructions want words as lw loads them
    key = words(bytes.fromhex("0123456789abcdeffedcba9876543210"), 4, "little")
    fk = words(bytes.fromhex("a3b1bac656aa3350677d9197b27022dc"), 4, "little")
    p.data.append("sm4_keys: .zero 128")
    p.add("la a0, sm4_keys")
    regs = ["s2", "s3", "s4", "s5"]
    for r, k, f in zip(regs, key, fk):
        p.add("li %s, 0x%x" % (r, k ^ f))
    for i in range(32):
        ck = int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "little")
        sm4_round(p, "sm4ks", regs, "li a2, 0x%x" % ck)
        p.add("sw %s, %d(a0)" % (regs[0], 4 * i))
        regs = regs[1:] + regs[:1]

    def set_block(block):
        for r, w in zip(("s2", "s3", "s4", "s5"), words(block, 4, "little")):
            p.add("li %s, 0x%x" % (r, u64(sx(w, 32))))

    def check(block):
        for r, w in zip(("s2", "s3", "s4", "s5"), words(block, 4, "little")):
            p.add("CHECK %s, 0x%x" % (r, u64(sx(w, 32))))

    plain, cipher = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("681edf34d206965e86b3e94f536e4246")
    set_block(plain)
    p.add("call sm4_encrypt")
    check(cipher)
    p.add("call sm4_decrypt")
    check(plain)
    if million:
        p.add("li s6, 1000000\n1: call sm4_encrypt\naddi s6, s6, -1\nbnez s6, 1b")
        check(bytes.fromhex("595298c7c6fd271f0402f804c33d3f66"))
    p.add("j sm4_done")
    for name, order in ("sm4_encrypt", range(32)), ("sm4_decrypt", reversed(range(32))):
        p.code.append(name + ":")
        p.add("la a0, sm4_keys")
        regs = ["s2", "s3", "s4", "s5"]
        for i in order:
            sm4_round(p, "sm4ed", regs, "lw a2, %d(a0)" % (4 * i))
            regs = regs[1:] + regs[:1]
        p.add("mv a1, s2\nmv s2, s5\nmv s5, a1\nmv a1, s3\nmv s3, s4\nmv s4, a1\nret")
    p.code.append("sm4_done:")
    return p


def sm4_round(p, op, regs, key):
    """X0 ^= T(X1 ^ X2 ^ X3 ^ key)"""
    a, b, c, d = regs
    p.add(f"{key}\nxor a2, a2, {b}\nxor a3, {c}, {d}\nxor a2, a2, a3")
    for bs in range(4):
        p.add(f"{op} {a}, {a}, a2, {bs}")


def main(outdir):
    for p in [*one_by_one(), zcb(), may_be(), switched_off(), one_of_two(), reserved(), aes(),
              sha2("sha256_fips180", 32, 64, SHA256), sha2("sha512_fips180", 64, 80, SHA512), sm3(),
              sm4(False), sm4(True)]:
        p.write(outdir)


main(sys.argv[1])
