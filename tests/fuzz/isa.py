# SPDX-License-Identifier: BSD-2-Clause
"""The decode tables as an encoder: every row of dbt/rv64/insn*.decode, with what the fuzzer must know of its operands.

A row that is added to the tables is here by itself: its operands come from its fields, and what they are (x register, f
register, memory operand, rounding mode, CSR) from the text that the disassembler prints. Assumes the texts to be GNU's:
"frd" is an f register, "(rs1)" an address."""
import importlib.machinery, importlib.util, os, re

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RV64 = os.path.join(ROOT, "dbt", "rv64")


def decodegen():
    path = os.path.join(ROOT, "tools", "decodegen")
    loader = importlib.machinery.SourceFileLoader("decodegen", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("decodegen", loader))
    loader.exec_module(module)
    return module


def extensions():
    """Names of dbt/rv64/ext.def -> True if the default cpu model has them."""
    with open(os.path.join(RV64, "ext.def"), encoding="utf-8") as f:
        rows = re.findall(r'^(?:EXT|GROUP)\((\w+), "[^"]*", (.*), "[^"]*"\)', f.read(), re.M)
    return {name: "RV64" in models and "LATER" not in models for name, models in rows}


class Row:
    """One row. `members`: argument -> field name, or the number that it always has. `classes`: member -> "x", "f" or
    None."""

    def __init__(self, table, row, has):
        self.table, self.name, self.size = table, row.name, table.width // 8
        self.match, self.mask, self.trans, self.text, self.row = row.match, row.mask, row.trans, row.operands, row
        self.members = {m: v if v in table.fields else int(v, 0) for m, v in row.values.items()}
        self.fields = sorted({v for v in self.members.values() if isinstance(v, str)})
        self.ext = row.ext
        self.present = all(any(has.get(e, False) for e in item.split("|")) for item in row.ext)
        words = set(re.findall(r"[a-z]+\d?", self.text))
        self.classes = {m: "f" if "f" + m in words else "x" for m in self.members if m in ("rd", "rs1", "rs2", "rs3")}
        self.address = "(rs1)" in self.text
        self.offset = "imm(rs1)" in self.text
        self.fp = "f" in self.classes.values()
        self.segs = {f: table.fields[f] for f in self.fields}

    def bits(self, field):
        return sum(hi - lo + 1 for hi, lo in self.segs[field].segs)

    def raw(self, field, value):
        """The bits of a field that holds this value; ValueError if it cannot."""
        f = self.segs[field]
        n = self.bits(field)
        v = value - f.add
        if v & (1 << f.shift) - 1:
            raise ValueError("%s: %s=%d" % (self.name, field, value))
        v >>= f.shift
        low, high = (-(1 << n - 1), (1 << n - 1) - 1) if f.signed else (0, (1 << n) - 1)
        if not low <= v <= high:
            raise ValueError("%s: %s=%d" % (self.name, field, value))
        return v

    def place(self, field, raw):
        word, left = 0, self.bits(field)
        for hi, lo in self.segs[field].segs:
            left -= hi - lo + 1
            word |= (raw >> left & (2 << hi - lo) - 1) << lo
        return word

    def encode(self, values):
        """The word with these field values."""
        word = self.match
        for field in self.fields:
            word |= self.place(field, self.raw(field, values[field]))
        return word

    def holds(self, word):
        return self.table.holds(self.row, word)

    def values(self, members):
        """Field values from values of the arguments."""
        out = {f: 0 for f in self.fields}
        for m, v in members.items():
            f = self.members[m]
            if isinstance(f, str):
                out[f] = v
        return out


class Isa:
    def __init__(self):
        gen = decodegen()
        self.ext = extensions()
        self.rows = []
        for name in ("insn32", "insn16"):
            table = gen.Table()
            table.read(os.path.join(RV64, name + ".decode"))
            self.rows += [Row(table, r, self.ext) for r in table.rows]
        self.by_name = {r.name: r for r in self.rows}

    def find(self, word, size):
        """The row that a word belongs to, or None."""
        for r in self.rows:
            if r.size == size and not (word ^ r.match) & r.mask and r.holds(word):
                return r
        return None
