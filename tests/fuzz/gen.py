# SPDX-License-Identifier: BSD-2-Clause
"""Random programs: blocks of items; an item is a list of Op and Label that stand or fall together.

A program of kind "user" runs nowhere outside its memory and never traps: it is the same bare and under Linux. One of
kind "system" has blocks in M, S and U, bare and with Sv39, Sv48, Sv57, that trap, change CSRs and page tables, and are
interrupted. Nothing that the specification leaves open may happen in either, but for what differences.py names.

Registers: x3 is the runtime's; x2, x8 and x9 point into the scratch pages and are never written; x4 counts loops and
takes addresses. The rest is free."""
import random, re

import isa
from differences import CSR_MASKS, QEMU_FORGETS, QEMU_LACKS, QEMU_LACKS_ROWS, QEMU_WRONG, untried
from layout import L

M64 = (1 << 64) - 1
BASES = (2, 8, 9)
DESTS = [1, 5, 6, 7] + list(range(10, 32))
SOURCES = list(range(32))

VALUES = [0, 1, 2, 3, -1, -2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1 << 63, (1 << 63) - 1,
          0x123456789abcdef0,
          0xff00ff00ff00ff00, 0xaaaaaaaaaaaaaaaa, 63, 64, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, -0x80000000,
          -0x80000001, 0x0102040810204080, 0x8000000000000001]
FVALUES = [0, 1 << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
           0x7ff8000000000000,
           0x7ff0000000000001, 0xfff8000000000001, 1, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
           0x43e0000000000000, 0x41dfffffffc00000, 0x41e0000000000000, 0x41efffffffe00000, 0x3fe0000000000000,
           0x4330000000000001, 0x43f0000000000000, 0xc3e0000000000000, 0x3810000000000000, 0x380fffffffffffff,
           0x47efffffe0000000, 0x47effffff0000000, 0x3f10000000000000, 0x40effc0000000000]
SVALUES = [0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 1, 0x807fffff, 0x00800000, 0x7f7fffff,
           0x7fc00000,
           0x7f800001, 0xffc00001, 0x4f000000, 0x4effffff, 0x4f800000, 0x5f000000, 0x5f800000, 0x4b000001, 0x3f000000,
           0x477fe000, 0x477ff000, 0x38800000, 0x387fc000, 0x33000000, 0x3effffff]
HVALUES = [0, 0x8000, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 1, 0x83ff, 0x0400, 0x7bff, 0x7e00, 0x7c01, 0xfe01, 0x3800,
           0x3555, 0x7800]


class Label:
    __slots__ = ("at",)


class Op:
    """An instruction: field values, and for one that needs a place: the label and how ("imm" the distance; "hi", "lo"
    the parts of an auipc pair, the lo part right behind the hi part). `sure`: it runs whenever its block does. `mode`:
    of the block when it is reached; "?" behind a return to another mode."""
    __slots__ = ("row", "fields", "target", "how", "sure", "mode")

    def __init__(self, row, fields, mode):
        self.row, self.fields, self.target, self.how, self.sure, self.mode = row, fields, None, None, True, mode


class Word:
    """Bits that are no instruction of ours."""
    __slots__ = ("bits", "size")

    def __init__(self, bits, size):
        self.bits, self.size = bits, size


class Item(list):
    """`keep`: what follows relies on it (shrinking leaves it alone)."""
    keep = False


def sx(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> bits - 1 else v


class Tables:
    """The rows sorted by what the generator does with them; shared by all programs."""
    STRUCTURED = {"jal", "jalr", "beq", "bne", "blt", "bge", "bltu", "bgeu", "ecall", "ebreak", "mret", "sret", "wfi"}

    def __init__(self):
        self.isa = isa.Isa()
        rows = [r for r in self.isa.rows if r.present]
        self.rows = rows
        self.branches = [r for r in rows if "target" in r.text and r.trans not in ("jal",)]
        self.jumps = [r for r in rows if r.trans == "jal"]
        self.indirect = [r for r in rows if r.trans == "jalr"]
        self.csr = [r for r in rows if "csr" in r.members]
        # SYSTEM with funct3 = 0: privileged, all but what is in STRUCTURED takes any registers
        self.system = [r for r in rows if r.size == 4 and r.mask & 0x707f == 0x707f and r.match & 0x707f == 0x73]
        self.fences = [r for r in self.system if "sfence" in r.name or "sinval" in r.name or "hinval" in r.name]
        special = {r.name for r in self.branches + self.jumps + self.indirect + self.csr + self.system}
        special |= {r.name for r in rows if r.trans in self.STRUCTURED} | {"c.addi16sp"}
        plain = [r for r in rows if r.name not in special]
        self.wait = [r for r in self.system if r.name.startswith("wrs.")]
        self.lr = [r for r in plain if r.name.startswith("lr.")]
        self.sc = [r for r in plain if r.name.startswith("sc.")]
        memory = [r for r in plain if r.address and r not in self.lr + self.sc]
        self.load_store = [r for r in memory if r.offset]
        self.atomic = [r for r in memory if not r.offset]
        rest = [r for r in plain if not r.address]
        self.fp = [r for r in rest if r.fp]
        self.integer = [r for r in rest if not r.fp and r.size == 4 and r.name != "fence.i"]
        self.compressed = [r for r in rest if not r.fp and r.size == 2] + [self.isa.by_name["c.addi16sp"]]
        lacks = {r.name for r in rows if any(all(e in QEMU_LACKS for e in item.split("|")) for item in r.ext)}
        self.own = {kind: lacks | {r.name for r in rows if text
                                   and re.fullmatch(text, r.name)} for kind, text in QEMU_LACKS_ROWS.items()}
        self.wrong = {r.name: [test for text, test, _ in QEMU_WRONG if re.fullmatch(text, r.name)] for r in rows}
        for r in plain:     # a row that writes what it must not would need a rule of its own
            rd = r.members.get("rd")
            assert not isinstance(rd, int) or rd not in BASES + (3,) or r.classes["rd"] == "f", r.name
        self.quiet = [r for r in self.fp if not re.fullmatch(QEMU_FORGETS, r.name)]
        # all ones, all zeros, M's funct7 with a hole in it, reserved compressed forms
        self.none = [(bits, size) for bits, size in [(0xffffffff, 4), (0, 2), (0xfe051533, 4), (0x8c00, 2), (0x9c61, 2),
                                                     (0x6001, 2)]
                     if self.isa.find(bits, size) is None]
        self.regs = {}

    def legal(self, row):
        """The modes in which an instruction of the machine does its work (blocks that start in S have TVM, TW and TSR
        clear)."""
        return "m" if row.name == "mret" else "ms"

    def register(self, row, field, role):
        """The registers that a field of a row can hold, of those that the role allows."""
        key = (row.name, field, role)
        if key not in self.regs:
            f = row.segs[field]
            can = range(f.add, f.add + (1 << row.bits(field) + f.shift), 1 << f.shift)
            allow = {"f": range(32), "source": SOURCES, "dest": [0] + DESTS, "base": BASES}[role]
            self.regs[key] = [r for r in allow if r in can]
        return self.regs[key]


class Gen:
    """One block."""

    def __init__(self, tables, rng, kind, own=False, sv39=False):
        self.t, self.rng, self.kind, self.own, self.sv39 = tables, rng, kind, own, sv39
        self.by_name = tables.isa.by_name
        self.forbid = set()
        self.mode = "u" if kind == "user" else rng.choice("mmssu")
        self.start = self.mode
        self.free = kind == "system"
        self.satp = kind == "system" and rng.random() < (.3 if self.mode == "m" else .75)
        self.timer = kind == "system" and rng.random() < .25
        self.aliased = self.satp and self.mode != "m"     # x9 points into the window
        self.deleg = rng.choice([0, 0xb1ff & ~0x200, rng.getrandbits(16) & 0xb1ff & ~0x200]) if self.free else 0
        self.tsr = [1 << 22] if not self.deleg else []      # the handler in S ends by sret
        self.drop = None
        if self.free and self.mode == "m":
            self.drop = rng.choice("su")
        self.hot = set(rng.sample(DESTS, 6)) | set(range(10, 16)[:rng.randrange(5)]) | {2, 8, 0}
        self.hotf = set(rng.sample(range(32), 6)) | set(range(8, 8 + rng.randrange(4)))
        # integer, compressed, load/store, atomic, fp
        self.mix = rng.choice([(6, 2, 2, 1, 0), (2, 1, 1, 0, 8), (3, 1, 4, 2, 1), (4, 3, 1, 0, 0), (3, 1, 2, 1, 3),
                               (2, 2, 2, 2, 2)])

    # ---- operands ----

    def allowed(self, rows):
        row = self.rng.choice(rows)
        while not self.own and row.name in self.t.own[self.kind]:
            row = self.rng.choice(rows)
        return row

    def register(self, row, field, role):
        can = self.t.register(row, field, role)
        hot = self.hotf if role == "f" else self.hot
        if self.rng.random() < .8:
            warm = [r for r in can if r in hot]
            can = warm or can
        if role == "dest" and self.forbid:
            can = [r for r in can if r not in self.forbid]\
                or [r for r in self.t.register(row, field, role) if r not in self.forbid]
        return self.rng.choice(can)

    def dest(self):
        return self.rng.choice([r for r in (self.hot if self.rng.random() < .8 else DESTS)
                                if r in DESTS and r not in self.forbid] or [31])

    def number(self, row, field):
        n = row.bits(field)
        f = row.segs[field]
        low, high = (-(1 << n - 1), (1 << n - 1) - 1) if f.signed else (0, (1 << n) - 1)
        k = self.rng.random()
        raw = self.rng.choice([0, 1, -1, low, high]) if k < .3 else self.rng.randint(low, high)
        return (max(low, raw) << f.shift) + f.add

    def rm(self):
        bad = self.free and self.rng.random() < .02
        return self.rng.choice([5, 6]) if bad else self.rng.choice([0, 1, 2, 3, 4, 7, 7, 7, 7, 7, 7])

    def op(self, row, **members):
        """An Op with random operands where none are given."""
        if isinstance(row, str):
            row = self.by_name[row]
        wrong = () if self.own else self.t.wrong[row.name]
        for _ in range(200):
            fields = {}
            for m, v in members.items():
                f = row.members.get(m)
                if isinstance(f, str):
                    fields[f] = v
            for field in row.fields:
                if field in fields:
                    continue
                roles = [m for m, f in row.members.items() if f == field]
                if "rd" in roles and row.classes["rd"] == "x":
                    fields[field] = self.register(row, field, "dest")
                elif any(row.classes.get(m) == "f" for m in roles):
                    fields[field] = self.register(row, field, "f")
                elif any(row.classes.get(m) == "x" for m in roles):
                    fields[field] = self.register(row, field, "source")
                elif "rm" in roles:
                    fields[field] = self.rm()
                else:
                    fields[field] = self.number(row, field)
            word = row.encode(fields)
            if row.holds(word) and not any(test({m: fields.get(f,
                                                               f) for m, f in row.members.items()}) for test in wrong):
                return Op(row, fields, self.mode if self.mode == self.start else "?")
        raise ValueError("no operands for " + row.name)

    def to(self, row, target, **members):
        op = self.op(row, **members, imm=0)
        op.target, op.how = target, "imm"
        return op

    def la(self, reg, label):
        hi, lo = self.op("auipc", rd=reg, imm=0), self.op("addi", rd=reg, rs1=reg, imm=0)
        hi.target = lo.target = label
        hi.how, lo.how = "hi", "lo"
        return [hi, lo]

    def li(self, reg, value):
        v = sx(value, 64)
        if -2048 <= v < 2048:
            return [self.op("addi", rd=reg, rs1=0, imm=v)]
        low = sx(v, 12)
        if -(1 << 31) <= v < 1 << 31:
            out = [self.op("lui", rd=reg, imm=sx(v - low, 32))]
            return out + ([self.op("addiw", rd=reg, rs1=reg, imm=low)] if low else [])
        high = v - low >> 12
        shift = 12
        while not high & 1:
            high >>= 1
            shift += 1
        high = sx(high, 64 - shift)
        return self.li(reg, high) + [self.op("slli", rd=reg, rs1=reg, imm=shift)] + \
            ([self.op("addi", rd=reg, rs1=reg, imm=low)] if low else [])

    # ---- items of one or few instructions ----

    def integer(self):
        k = self.rng.random()
        if k < .04:
            return self.li(self.dest(), self.rng.choice(VALUES) if self.rng.random() < .7 else self.rng.getrandbits(64))
        if k < .05 and self.t.wait and not self.free:   # with TW it may trap, or not
            return [self.op(self.rng.choice(self.t.wait))]
        return [self.op(self.allowed(self.t.integer))]

    def compressed(self):
        row = self.allowed(self.t.compressed)
        if row.name == "c.addi16sp":
            n = self.rng.randrange(1, 32) * 16 * self.rng.choice([1, -1])
            middle = self.integer() if self.rng.random() < .5 else []
            if self.free:
                middle = []
            return [self.op(row, imm=n), *middle, self.op(row, imm=-n)]
        return [self.op(row)]

    def size(self, row):
        """Bytes that an access without offset touches, by the name: amoadd.w, cbo.zero."""
        last = row.name.split(".")[-1]
        return 64 if row.name.startswith("cbo") else 1 << "bhwdq".index(last) if last in "bhwdq" else 8

    def offset(self, row, field, slack):
        """An offset for `imm(rs1)`: near each other and over the page boundary, aligned as a rule."""
        f = row.segs[field]
        n = row.bits(field) + f.shift
        low, high = (-(1 << n - 1), (1 << n - 1) - 1) if f.signed else (0, (1 << n) - 1)
        k = self.rng.random()
        if k < .4:
            low, high = max(low, -32), min(high, 32)
        elif k < .6:
            low, high = max(low, -320), min(high, 320)
        low, high = max(low, -slack), min(high, slack)
        v = self.rng.randint(low, high)
        align = max(1 << f.shift, 1 if self.rng.random() < .15 else 8 if self.rng.random() < .7 else 2)
        return max(low, v & -align)

    def load_store(self):
        row = self.allowed(self.t.load_store)
        if self.rng.random() < .85 or not isinstance(row.members["rs1"], str) or row.size == 2:
            base = {}
            if isinstance(row.members["rs1"], str):
                base["rs1"] = self.rng.choice(self.t.register(row, row.members["rs1"], "base"))
            imm = row.members["imm"]
            if isinstance(imm, str):
                base["imm"] = self.offset(row, imm, 2048)
            return [self.op(row, **base)]
        # an address that is computed: base and masked index
        r = self.dest()
        return [self.op("andi", rd=r, rs1=self.rng.choice(SOURCES), imm=self.rng.choice([0x7f8, 0x7ff, 0x1f])),
                self.op("add", rd=r, rs1=r, rs2=8), self.op(row, rs1=r, imm=self.offset(row, row.members["imm"], 512))]

    def at(self, reg, align, free=False):
        """reg = an address in the scratch pages."""
        off = self.rng.randrange(-64, 64) if self.rng.random() < .6 else self.rng.randrange(-1800, 1800)
        if not free:
            off &= -align
        return self.op("addi", rd=reg, rs1=self.rng.choice([8, 8, 9]), imm=off)

    def atomic(self):
        k = self.rng.random()
        r = self.dest()
        if k < .12 and self.t.lr:
            if self.free:       # whether a trap or its return ends a reservation is open
                lr = self.allowed(self.t.lr)
                return [self.at(r, self.size(lr)), self.op(lr, rs1=r)]
            lr = self.allowed(self.t.lr)
            sc = self.by_name[lr.name.replace("lr", "sc")]
            self.forbid.add(r)
            body = [self.op(self.allowed(self.t.integer)) for _ in range(self.rng.randrange(4))]
            out = [self.at(r, self.size(lr)), self.op(lr, rs1=r), *body, self.op(sc, rs1=r)]
            if self.rng.random() < .3:
                out.append(self.op(sc, rs1=r))      # the first one ended it
            self.forbid.discard(r)
            return out
        row = self.allowed(self.t.atomic)
        loose = row.name.startswith("cbo") and not self.free
        return [self.at(r, self.size(row), loose), self.op(row, rs1=r)]

    def fp(self):
        k = self.rng.random()
        if k < .08:     # an ordinary value to go on with: special ones absorb everything
            r, f = self.dest(), self.rng.choice(sorted(self.hotf))
            v = float_value(self.rng)
            how = self.rng.choice(["fmv.d.x", "fmv.d.x", "fmv.w.x"])
            return self.li(r, v) + [self.op(how, rd=f, rs1=r)]
        if k < .12:
            return self.fp_csr()
        op = self.op(self.allowed(self.t.fp))
        if re.fullmatch(QEMU_FORGETS, op.row.name):
            return [op, self.op("fsd", rs1=8, rs2=op.fields["rd"], imm=-8 * self.rng.randrange(1, 32))]
        return [op]

    def fp_csr(self):
        csr = self.rng.choice([1, 1, 2, 3])
        row = self.rng.choice(self.t.csr)
        if csr == 1:
            return [self.op(row, csr=1)]
        if self.rng.random() < .4:
            return [self.op("csrrs", csr=csr, rs1=0)]
        good = self.rng.randrange(5) if not self.free or self.rng.random() < .9 else self.rng.randrange(5, 8)
        if self.rng.random() < .6:
            return [self.op("csrrwi", csr=2, imm=good)]
        return [self.op(row, csr=csr), self.op("csrrwi", csr=2, imm=good)]

    # ---- control flow ----

    def plain(self):
        if self.free and self.rng.random() < .12:
            return self.trouble()
        if self.rng.random() < .01:
            return self.patch() if self.rng.random() < .5 else self.called()
        return self.rng.choices([self.integer, self.compressed, self.load_store, self.atomic, self.fp], self.mix)[0]()

    def body(self, most):
        ops = [op for _ in range(self.rng.randrange(1, most + 1)) for op in self.plain()]
        for op in ops:
            if isinstance(op, Op):
                op.sure = False
        return ops

    def control(self):
        k = self.rng.random()
        a, b = Label(), Label()
        if k < .5:
            return [self.to(self.allowed(self.t.branches), a), *self.body(5), a]
        if k < .7:
            n = self.rng.randrange(1, 30) if self.rng.random() < .8 else self.rng.randrange(1, 300)
            inside = self.body(5) if n < 30 else self.integer() + self.load_store()
            if self.rng.random() < .3:
                inside += [self.to(self.allowed(self.t.branches), b), *self.body(2), b]
            return [*self.li(4, n), a, *inside, self.op("addi", rd=4, rs1=4, imm=-1), self.to("bne", a, rs1=4, rs2=0)]
        if k < .78:
            link = self.rng.choice([1, 5, 4])
            self.forbid.add(link)
            inside = self.body(4)
            self.forbid.discard(link)
            back = self.op("c.jr", rs1=link) if self.rng.random() < .6 else self.op("jalr", rd=0, rs1=link, imm=0)
            return [self.to(self.rng.choice(self.t.jumps), b, rd=0), a, *inside, back, b, self.to("jal", a, rd=link)]
        if k < .84:
            return [self.to(self.allowed(self.t.jumps), a), *self.body(4), a]
        r = self.rng.choice([4, self.dest()]) or 4
        row = self.allowed(self.t.indirect)
        if row.size == 2:
            return [*self.la(r, a), self.op(row, rs1=r), *self.body(3), a]
        d = self.rng.choice([0, 1, 5, self.dest()])
        return [*self.la(r, a), self.op(row, rd=d, rs1=r, imm=self.rng.choice([0, 0, 1])), *self.body(3), a]

    # ---- code that changes ----

    def patch(self):
        """Writes an instruction ahead, or flips a bit of its immediate: a loop meets it both ways."""
        r, v = self.rng.sample([d for d in DESTS if d not in self.forbid], 2)
        row = self.by_name[self.rng.choice(["addi", "xori", "ori", "andi"])]
        op = self.op(row)
        word = row.encode(op.fields)
        at = Label()
        if self.rng.random() < .5:
            out = self.la(r, at) + self.li(v, word ^ 1 << self.rng.randrange(20, 32)) \
                + [self.op("sw", rs1=r, rs2=v, imm=0)]
        else:
            out = self.la(r, at) + [self.op("lhu", rd=v, rs1=r, imm=2),
                                    self.op("xori", rd=v, rs1=v, imm=1 << self.rng.randrange(4, 11)),
                                    self.op("sh", rs1=r, rs2=v, imm=2)]
        return out + [self.op("fence.i")] \
            + [self.op(self.allowed(self.t.integer)) for _ in range(self.rng.randrange(3))] + \
            [at, op, *self.li(r, 1)]

    def called(self):
        """Writes a function into the page for that and calls it there, or through another mapping."""
        if 1 in self.forbid:
            return self.integer()
        r, v = self.rng.sample([d for d in DESTS if d not in self.forbid and d != 1], 2)
        self.forbid.add(1)
        op = self.op(self.allowed(self.t.integer if self.rng.random() < .7 else self.t.quiet))
        self.forbid.discard(1)
        off = self.rng.randrange(16, 4080, 2)
        at = L["FUZZ_CALLED"]
        if self.paged() and self.rng.random() < .7:
            at = L["FUZZ_WINDOW"] + 4096 * self.rng.choice([16, 18, 20, 21])
        return [*self.li(r, L["FUZZ_CALLED"] + off), *self.li(v, op.row.encode(op.fields) | 0x8082 << 32),
                self.op("sd", rs1=r, rs2=v, imm=0),
                self.op("fence.i"), *self.li(r, at + off), self.op("jalr", rd=1, rs1=r, imm=0), *self.li(r, 2)]

    # ---- traps and the machine: "system" only ----

    def nowhere(self):
        at, off = self.rng.choice([(0xf0000000, 0), (0xf0001000, -2040), (0x8000000080000000, 16),
                                   (0x7ffffffffffffff0, 0),
                                   ((1 << 64) - 100, 47), (0x4000000000, 5), (0xffffffc000000000, -8)])
        return at + self.rng.randrange(48) & M64, off + self.rng.randrange(-8, 8)

    def windows(self):
        """An address in the window, often at the end of a page, and an offset that may lead into another one."""
        at = L["FUZZ_WINDOW"] + self.rng.choice([*range(1, 16), 24]) * 4096 \
            + self.rng.choice([-3, -2, -1, 0, 8, -8, self.rng.randrange(4096)])
        off = self.rng.choice([0, 0, -2048, 2047, 8, -8, self.rng.randrange(-2048, 2048)])
        return at - off, off

    def paged(self):
        return self.satp and self.mode != "m"

    def wild(self):
        """A load, store or jump that faults, mostly."""
        base, off = self.windows() if self.paged() and self.rng.random() < .7 else self.nowhere()
        r = self.dest()
        k = self.rng.random()
        if k < .75:
            row = self.allowed([row for row in self.t.load_store if row.size == 4 and row.name != "jalr"])
            return self.li(r, base) + [self.op(row, rs1=r, imm=self.multiple(row, off))]
        if k < .88:
            row = self.allowed(self.t.atomic)
            if row.name.startswith("cbo") and not (self.paged() and base >> 32 == 0 and base < L["FUZZ_WINDOW"]
                                                   + 0x10000):
                return self.integer()
            return self.li(r, base & -self.size(row)) + [self.op(row, rs1=r)]
        if 1 in self.forbid:
            return self.integer()
        base, off = self.nowhere()
        if self.paged() and self.rng.random() < .5:     # pages that are never executable: nothing unknown must run
            base, off = L["FUZZ_WINDOW"] + 4096 * self.rng.choice([17, 19, 22, 23]) + self.rng.randrange(4090), \
                self.rng.randrange(6)
        return self.li(r, base) + [self.op("jalr", rd=1, rs1=r, imm=off)]

    def multiple(self, row, off):
        f = row.segs[row.members["imm"]]
        n = row.bits(row.members["imm"])
        return max(-(1 << n - 1) << f.shift, off >> f.shift << f.shift)

    def straddle(self):
        """The first half of an instruction at the end of a page: what follows may not be there."""
        if not self.paged() or 1 in self.forbid:
            return self.wild()
        r, v = self.rng.sample([d for d in DESTS if d not in self.forbid and d != 1], 2)
        self.forbid.add(1)
        op = self.op(self.allowed(self.t.integer))
        self.forbid.discard(1)
        word = op.row.encode(op.fields)
        page = self.rng.choice([16, 18, 20, 20, 19, 22, 21])
        return [*self.li(r, L["FUZZ_CALLED"]), *self.li(v, word >> 16 | 0x8082 << 16),
                self.op("sw", rs1=r, rs2=v, imm=0),
                *self.li(r, L["FUZZ_CALLED"] + 4096), *self.li(v, word), self.op("sh", rs1=r, rs2=v, imm=-2),
                self.op("fence.i"),
                *self.li(r, L["FUZZ_WINDOW"] + 4096 * (page + 1) - 2), self.op("jalr", rd=1, rs1=r, imm=0)]

    def illegal(self):
        k = self.rng.random()
        if k < .3:
            return [Word(*self.rng.choice(self.t.none))]
        if k < .6:      # CSRs that do not exist, or not for this mode, or cannot be written
            csr = self.rng.choice([0x5c0, 0x9c0, 0x8ff, 0xcff]
                                  + ([] if self.mode == "m" else [0x300, 0x304, 0x341, 0x3a0, 0xf14, 0x7a0, 0x30a]) +
                                  ([0x100, 0x180, 0x141, 0x10a] if self.mode == "u" else []))
            return [self.op(self.rng.choice(self.t.csr), csr=csr)]
        if k < .7:
            return [self.op(self.rng.choice(["csrrw", "csrrwi"]), csr=self.rng.choice([0xc00, 0xc01, 0xf11, 0xf14]))]
        if k < .85:
            name = self.rng.choice(["mret", "sret",
                                    "sfence.vma"]) if self.mode == "u" else "mret" if self.mode == "s" else "ebreak"
            return [self.op(name)]
        return self.near()

    def near(self):
        """A word one bit from a row that is no row."""
        for _ in range(50):
            row = self.rng.choice(self.t.rows)
            if row.size != 4:
                continue
            op = None
            word = row.match | self.rng.getrandbits(32) & ~row.mask
            word ^= 1 << self.rng.choice([b for b in range(2, 32) if row.mask >> b & 1])
            if word & 3 == 3 and self.t.isa.find(word, 4) is None and not untried(word):
                return [Word(word, 4)]
        return [Word(0xffffffff, 4)]

    def misaligned(self):
        r = self.dest()
        row = self.allowed([row for row in self.t.atomic if not row.name.startswith("cbo")])
        return [self.at(r, 1, True), self.op(row, rs1=r)]

    def trouble(self):
        pick = [(self.wild, 5), (self.illegal, 2), (self.misaligned, 1), (self.straddle, 1), (self.called, 1),
                (self.patch, 1),
                (self.machine, 6), (lambda: [self.op(self.rng.choice(["ecall", "ebreak", "c.ebreak"]))], 2)]
        return self.rng.choices([p for p, _ in pick], [n for _, n in pick])[0]()

    def machine(self):
        if self.timer and self.rng.random() < .1 and self.mode != "u":
            return [self.op("wfi")]
        if self.rng.random() < .15 and self.mode != "u":
            return [self.op(self.allowed(self.t.fences))]
        return {"m": self.machine_m, "s": self.machine_s, "u": self.illegal}[self.mode]()

    def swap(self, csr, value):
        """Writes a CSR, reads what it took, and puts the old value back."""
        a, b = self.rng.sample([d for d in DESTS if d not in self.forbid], 2)
        c = self.dest()
        how = self.rng.choice(["csrrw", "csrrw", "csrrs", "csrrc"])
        return self.li(a, value) + [self.op(how, rd=b, rs1=a, csr=csr), self.op("csrrs", rd=a, rs1=0, csr=csr),
                                    self.op("csrrw", rd=c, rs1=b, csr=csr), *self.li(b, 0)]

    def status(self):
        """FS, SUM, MXR on and off."""
        csr = 0x300 if self.mode == "m" else 0x100
        r = self.dest()
        k = self.rng.random()
        if k < .4:
            value, how = self.rng.choice([1, 2, 3]) << 13, "csrrs"
            if self.rng.random() < .4:
                value, how = 3 << 13, "csrrc"
        else:
            value, how = self.rng.choice([1 << 18, 1 << 19, 3 << 18]), self.rng.choice(["csrrs", "csrrc"])
        return self.li(r, value) + [self.op(how, csr=csr, rs1=r, rd=0)]

    def machine_s(self):
        k = self.rng.random()
        if k < .25:
            return self.status()
        if k < .45:
            csr = self.rng.choice([0x140, 0x141, 0x142, 0x143, 0x140])
            value = self.rng.choice(VALUES) if self.rng.random() < .5 else self.rng.getrandbits(64)
            if csr == 0x142:        # WLRL
                value = self.rng.choice([0, 1, 2, 3, 5, 7, 8, 12, 13, 15, 1 << 63 | 1, 1 << 63 | 5, 1 << 63 | 9])
            return self.swap(csr, value & CSR_MASKS.get(csr, M64))
        if k < .5:
            r = self.dest()
            return [self.op("csrrs", rd=r, rs1=0, csr=0x180),
                    *self.li(r, 1)] if self.rng.random() < .3 else self.space()
        if k < .65 and self.satp:
            return self.space()
        if k < .8:      # sret to where we are, or down to U
            r, at = self.dest(), Label()
            bits = 1 << 8 | self.rng.choice([0, 1 << 5])
            out = [*self.la(r, at), self.op("csrrw", rd=0, rs1=r, csr=0x141), *self.li(r, bits),
                   self.op("csrrs", rd=0, rs1=r, csr=0x100),
                   self.op("sret"), at]
            return out
        if self.satp:
            return self.entry()
        return self.status()

    def space(self):
        """Another ASID with the same tables."""
        if not self.satp:
            return self.status()
        r, v = self.rng.sample([d for d in DESTS if d not in self.forbid], 2)
        return [*self.li(r, self.rng.choice([1, 2, 3]) << 44), self.op("csrrs", rd=v, rs1=0, csr=0x180),
                self.op("xor", rd=v, rs1=v, rs2=r),
                self.op("csrrw", rd=0, rs1=v, csr=0x180), self.op("sfence.vma", rs1=0, rs2=0), *self.li(v, 3)]

    def entry(self):
        """Another page or other rights in the window, with the fence that this needs."""
        r, v = self.rng.sample([d for d in DESTS if d not in self.forbid], 2)
        n = self.rng.randrange(1, 16)
        flags = self.rng.choice([0xc7, 0xc7, 0xcf, 0x43, 0x49, 0, 0xd7, 0x53, 0x5b, 0xcf, 0x07, 0x43, 0xe7, 0xcb])
        pa = L["FUZZ_SCRATCH"] + 4096 * self.rng.randrange(3)
        va = L["FUZZ_WINDOW"] + n * 4096
        fence = self.rng.choice([dict(rs1=0, rs2=0), dict(rs1=r, rs2=0), dict(rs1=r, rs2=0)])
        return [*self.li(v, pa >> 2 | flags), *self.li(r, L["FUZZ_L0_S"] + 8 * n), self.op("sd", rs1=r, rs2=v, imm=0),
                *self.li(r, va),
                self.op("sfence.vma", **fence), *self.li(v, 2)]

    M_CSRS = [0x340, 0x341, 0x343, 0x140, 0x141, 0x143, 0x302, 0x306, 0x106]

    def machine_m(self):
        if self.timer:      # the handler comes in between at any time, and mepc, mcause and mstatus are its own
            return self.status() if self.rng.random() < .5 else self.swap(0x140, self.rng.getrandbits(64))
        k = self.rng.random()
        if k < .3:
            return self.status()
        if k < .7:
            csr = self.rng.choice(self.M_CSRS)
            value = self.rng.choice(VALUES) if self.rng.random() < .5 else self.rng.getrandbits(64)
            return self.swap(csr, value & CSR_MASKS.get(csr, M64))
        if k < .85:     # mret or sret to here
            r, at = self.dest(), Label()
            if self.rng.random() < .5:
                return [*self.la(r, at), self.op("csrrw", rd=0, rs1=r, csr=0x341), *self.li(r, 3 << 11),
                        self.op("csrrs", rd=0, rs1=r, csr=0x300),
                        self.op("mret"), at]
        if self.satp:
            return self.with_mprv()
        r = self.dest()
        return self.li(r, self.rng.choice([1 << 8, 1 << 5, 1 << 20, 1 << 21, 1 << 8 | 1 << 5] + self.tsr)) + \
            [self.op(self.rng.choice(["csrrs", "csrrc"]), rd=0, rs1=r, csr=0x300)]

    def with_mprv(self):
        """Loads and stores with S's or U's translation, the last of which ends by a trap or here."""
        r = self.dest()
        out = [*self.li(r, 3 << 11), self.op("csrrc", rd=0, rs1=r, csr=0x300),
               *self.li(r, 1 << 17 | (1 << 11 if self.drop == "s" else 0)), self.op("csrrs", rd=0, rs1=r, csr=0x300)]
        for _ in range(self.rng.randrange(1, 4)):
            if self.rng.random() < .5:
                base, off = self.windows()
                row = self.allowed([row for row in self.t.load_store if row.size == 4 and row.name != "jalr"])
                out += self.li(r, base) + [self.op(row, rs1=r, imm=self.multiple(row, off))]
            else:
                out += self.load_store()
        return out + [*self.li(r, 1 << 17), self.op("csrrc", rd=0, rs1=r, csr=0x300)]

    def go_down(self):
        """From M to S or U for the rest of the block; from S to U if the tables are U's."""
        r, at = self.dest(), Label()
        out = Item(self.la(r, at))
        out += [self.op("csrrw", rd=0, rs1=r, csr=0x341), *self.li(r, 3 << 11),
                self.op("csrrc", rd=0, rs1=r, csr=0x300)]
        if self.drop == "s":
            out += [*self.li(r, 1 << 11), self.op("csrrs", rd=0, rs1=r, csr=0x300)]
        out += [self.op("mret"), at]
        out.keep = True
        self.mode = self.drop
        return out

    # ---- the block ----

    def make(self, size):
        """A block of about so many items."""
        items = []
        while len(items) < size:
            items.append(Item(self.control() if self.rng.random() < .12 else self.plain()))
        if self.start == "m" and self.drop and not self.timer and self.rng.random() < .5:
            items.append(self.go_down())
            items += [Item(self.control() if self.rng.random() < .12 else self.plain()) for _ in range(size // 2)]
        return Block(items, self.descriptor(self.start))

    def descriptor(self, mode):
        rng, d = self.rng, {}
        d["entry"] = 0
        d["x"], d["f"] = rng.randrange(1024 - 32 - 7 * 7), rng.randrange(1024 - 32 - 7 * 7)
        bad = self.free and rng.random() < .05
        d["fcsr"] = rng.getrandbits(5) | (rng.randrange(5, 8) if bad else rng.randrange(5)) << 5
        d["alias"] = L["FUZZ_WINDOW"] + 0x2000 if self.aliased else L["FUZZ_BASE"] + 256
        fs = rng.choice([1, 2, 3, 3, 0 if self.free and rng.random() < .3 else 3])
        d["status"] = {"m": 3, "s": 1, "u": 0}[mode] << 11 | fs << 13
        if self.kind == "user":
            d["status"] = 3 << 11 | 3 << 13
        elif rng.random() < .5:
            d["status"] |= rng.choice([0, 1 << 18, 1 << 19, 3 << 18, 1 << 8])
        if self.kind != "user" and mode == "m" and not self.timer and rng.random() < .2:
            d["status"] |= rng.choice([1 << 20, 1 << 21] + self.tsr)
        d["satp"] = 0
        if self.satp:
            k = 0 if self.sv39 else rng.randrange(3)
            user = (self.drop or mode) == "u"
            d["satp"] = (8 + k) << 60 | (L["FUZZ_TABLES"] >> 12) + 6 + 2 * k + user
        d["deleg"] = self.deleg
        d["timer"] = rng.choice([30, 100, 300, 1000]) if self.timer else 0
        if self.timer:
            d["status"] |= 0x80
        # A and D by the walk, or as page faults; the CBO rights of the modes below
        d["envcfg"] = rng.choice([0, 1 << 61]) | rng.choice([0xf0, 0xf0, 0x10, 0x40, 0x80, 0])
        return d


class Block:
    def __init__(self, items, desc):
        self.items, self.desc = items, desc


class Program:
    """What image.py makes an image of."""

    def __init__(self, kind, seed, blocks, rounds, pools, own):
        self.kind, self.seed, self.blocks, self.rounds, self.pools, self.own = kind, seed, blocks, rounds, pools, own

    def hits(self, tables):
        """Names of the rows that surely run here as what they are. What traps does not count: in a user program nothing
        does; of a system program, instructions of the machine in the modes that may use them."""
        found = set()
        for block in self.blocks:
            for item in block.items:
                for op in item:
                    if isinstance(op, Op) and op.sure and (self.kind == "user" or op.row.trans in ("ecall", "ebreak") or
                                                           op.row in tables.system and op.mode in tables.legal(op.row)):
                        found.add(op.row.name)
        return found

    def with_blocks(self, blocks, rounds=None):
        return Program(self.kind, self.seed, blocks, rounds or self.rounds, self.pools, self.own)


def float_value(rng):
    k = rng.random()
    if k < .25:
        return rng.choice(FVALUES)
    if k < .5:
        return 0xffffffff << 32 | (rng.choice(SVALUES) if rng.random() < .6 else
                                   rng.randrange(0x70, 0x90) << 23 | rng.getrandbits(23) | rng.getrandbits(1) << 31)
    if k < .65:
        return M64 ^ 0xffff | (rng.choice(HVALUES) if rng.random() < .6 else rng.getrandbits(16))
    if k < .95:
        return rng.randrange(0x3e0, 0x420) << 52 | rng.getrandbits(52) | rng.getrandbits(1) << 63
    return rng.getrandbits(64)


def program(tables, seed, blocks=150, size=40):
    """The program of a seed. Every third is a system program; the seeds that end in 9 have what QEMU lacks too,
    the even ones page by Sv39 only, which direct memory has."""
    rng = random.Random(seed)
    kind = "system" if seed % 3 == 2 else "user"
    own = seed % 10 == 9
    xs = [rng.choice(VALUES) & M64 if rng.random() < .5 else rng.getrandbits(64) for _ in range(1024)]
    fs = [float_value(rng) for _ in range(1024)]
    made = [Gen(tables, rng, kind, own, seed % 2 == 0).make(rng.randrange(size // 2, size * 3 // 2))
            for _ in range(blocks)]
    return Program(kind, seed, made, rng.choice([1, 2, 3, 4]), (xs, fs), own)
