# SPDX-License-Identifier: BSD-2-Clause
"""What the generators of guest tests share: a program is a list of lines around the harness of guest.h."""
import os, sys

M64 = (1 << 64) - 1


def sx(v, bits):
    """The signed value of the low `bits` bits."""
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def u64(v):
    return v & M64


# Operands that matter: ends of the ranges, their neighbours, patterns, small and large counts.
CORNERS = [0, 1, 2, 3, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
           0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
           M64, M64 - 1, 0xffffffff80000000, 0xffffffff7fffffff, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555,
           0x0102040810204080, 0xff00ff0000ff00ff]
FEW = [0, 1, 0x3f, 0x7fffffff, 0x80000000, 0xffffffff, 0x123456789abcdef0, 0x8000000000000000, M64]


class Program:
    """One test program: main code and data tables."""

    def __init__(self, name, note="", **directives):
        self.name, self.code, self.data, self.note, self.directives = name, [], [], note, directives
        self.labels = 0

    def add(self, text):
        self.code += ["    " + line.strip() if not line.strip().endswith(":") else line.strip()
                      for line in text.strip().splitlines()]

    def label(self):
        self.labels += 1
        return "L%d" % self.labels

    def table(self, rows):
        """A table of rows of dwords; returns (label of its start, label of its end)."""
        start, end = self.label(), self.label()
        self.data.append(start + ":")
        for row in rows:
            self.data.append("    .dword " + ", ".join("0x%x" % u64(v) for v in row))
        self.data.append(end + ":")
        return start, end

    def write(self, outdir):
        head = ["/* Made by tests/guest/%s." % os.path.basename(sys.argv[0])]
        if self.note:
            head.append("   " + self.note)
        head += ["   %s: %s" % kv for kv in self.directives.items()]
        text = "\n".join(head) + " */\n#include \"guest.h\"\n    GUEST_START\n" + "\n".join(self.code)
        text += "\n    GUEST_PASS\n    .data\n    .align 3\n" + "\n".join(self.data) + "\n"
        with open(os.path.join(outdir, self.name + ".S"), "w") as f:
            f.write(text)
