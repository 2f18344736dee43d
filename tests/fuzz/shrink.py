# SPDX-License-Identifier: BSD-2-Clause
"""A failing program made as short as it goes, and written as a guest test.

Blocks first, then items, then single instructions; rounds to one where that still fails. What remains is listed with
our own disassembly and becomes tests/guest form (emit)."""
import os, subprocess, time

from gen import Block, Item, Label, Word
from image import Failed, code, descriptor, encode, flatten, place
from layout import L

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Shrinker:
    def __init__(self, ways, tmp, deadline):
        self.ways, self.tmp, self.deadline = ways, tmp, deadline

    def fails(self, prog):
        """(block, lines) if the ways differ, else None. All of them not ending is no difference."""
        if time.time() > self.deadline:
            return None
        try:
            found = self.ways.difference(prog, self.tmp, limit=4)
        except Failed:
            return None
        return found if found and found[1] else None

    def drop(self, things, build, droppable=lambda t: True):
        """Leaves out as many of `things` as it can; build(things) is the program."""
        step = max(1, len(things) // 2)
        while step:
            i = 0
            while i < len(things):
                rest = things[:i] + [t for t in things[i:i + step] if not droppable(t)] + things[i + step:]
                if len(rest) < len(things) and self.fails(build(rest)):
                    things = rest
                else:
                    i += step
            step //= 2
        return things

    def shrink(self, prog, found):
        """The shortest program that still fails; `found` is what difference() said of prog."""
        at = found[0]
        cut = prog.with_blocks(prog.blocks[:at + 1]) if at < len(prog.blocks) else prog
        prog = cut if self.fails(cut) else prog
        for rounds in range(1, prog.rounds):
            if self.fails(prog.with_blocks(prog.blocks, rounds)):
                prog = prog.with_blocks(prog.blocks, rounds)
                break
        last = prog.blocks[-1:]
        if last and self.fails(prog.with_blocks(last)):
            prog = prog.with_blocks(last)
        prog = prog.with_blocks(self.drop(prog.blocks, lambda b: prog.with_blocks(b)) or prog.blocks)
        for pieces in (lambda b: b.items, lambda b: [Item([op]) for op in flatten(b)]):
            flat = [(n, item) for n, b in enumerate(prog.blocks) for item in pieces(b)]
            make = lambda flat: prog.with_blocks([Block([i for m, i in flat if m == n], b.desc) for n,
                                                  b in enumerate(prog.blocks)])
            free = lambda t: not t[1].keep and not isinstance(t[1][0] if t[1] else None, Label)
            before = None
            while before != len(flat):
                before = len(flat)
                flat = self.drop(flat, make, free)
            prog = make(flat)
        return prog


def listing(prog, jal):
    """Lines of (block number or None, address, bytes, size, text)."""
    code(prog, jal)     # gives the labels their places
    rows = []
    for n, block in enumerate(prog.blocks):
        at = block.at
        for op in flatten(block):
            if isinstance(op, Label):
                continue
            data = op.bits.to_bytes(op.size, "little") if isinstance(op, Word) else encode(op, at)
            rows.append((n, at, int.from_bytes(data, "little"), len(data)))
            at += len(data)
        rows.append((n, at,
                     int.from_bytes(jal.encode(jal.values({"rd": 0, "imm": L["FUZZ_CODE"] - at})).to_bytes(4, "little"), "little"), 4))
    texts = disassemble([(at, bits) for _, at, bits, _ in rows])
    return [(n, at, bits, size, text) for (n, at, bits, size), text in zip(rows, texts)]


def disassemble(words):
    """Our own disassembler's texts, if it is built."""
    tool = os.path.join(ROOT, "build", "hosted-asan", "decode")
    if not os.path.exists(tool):
        return [""] * len(words)
    p = subprocess.run([tool, "disas"], input="\n".join("%x" % b for _, b in words), capture_output=True, text=True)
    out = p.stdout.splitlines()
    return out if len(out) == len(words) else [""] * len(words)


def dwords(values):
    return [", ".join("0x%x" % v for v in values[i:i + 6]) for i in range(0, len(values), 6)]


def emit(prog, jal, title, why, expect, seed_value):
    """A guest test: the program with its runtime, and the record that its last block must leave."""
    xs, fs = prog.pools
    lines = ["/* SPDX-License-Identifier: BSD-2-Clause */", "/* %s" % title]
    lines += [" * " + w
              for w in why[:8]] + [" * Found by tests/fuzz; what FUZZ_EXPECT holds is what the record of the last block must be (tests/fuzz/layout.h). */"]
    lines += ["#define FUZZ_TEST", '#include "../fuzz/runtime.S"', "", "    .macro AT address",
              "    .org \\address - FUZZ_RAM", "    .endm"]

    def put(name, rows):
        lines.append("    AT " + name)
        lines.extend("    .dword " + row for row in rows)
    flags = L["FLAG_DETAIL"] | (L["FLAG_USER"] if prog.kind == "user" else 0)
    put("FUZZ_HEAD", ["%d, %d, %d, 0x%x, %d" % (len(prog.blocks), prog.rounds, flags, seed_value,
                                                len(prog.blocks) * prog.rounds - 1)])
    step = L["POOL_STEP"] // 8 * (prog.rounds - 1) + 32
    place(prog)
    for pool, values, key in (("FUZZ_XPOOL", xs, "x"), ("FUZZ_FPOOL", fs, "f")):
        starts = [b.desc[key] for b in prog.blocks]
        low, high = min(starts), max(starts) + step
        put("%s + 8 * %d" % (pool, low), dwords(values[low:high]))
    put("FUZZ_DESC", [", ".join("0x%x" % int.from_bytes(descriptor(b)[i:i + 8], "little") for i in range(0, L["DESC_SIZE"], 8))
                      for b in prog.blocks])
    put("FUZZ_EXPECT", ["%d" % len(expect)] + dwords(expect))
    lines += ["    AT FUZZ_CODE", "    ecall"]
    block = None
    for n, at, bits, size, text in listing(prog, jal):
        if n != block:
            block = n
            lines += ["", "    AT 0x%x" % at]
        lines.append("    .%dbyte 0x%0*x%s" % (size, 2 * size, bits, "".join(["\t/* ", text, " */"]) if text else ""))
    lines += ["    AT FUZZ_SCRATCH + FUZZ_SCRATCH_SIZE", "guest_end_of_fuzz:"]
    return "\n".join(lines) + "\n"
