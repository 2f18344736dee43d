# SPDX-License-Identifier: BSD-2-Clause
"""From a program to its images: the bare one for Pyrite and qemu-system-riscv64, the Linux one for qemu-riscv64. The
runtime is assembled once; a program's ELF is put together here, so that a run costs little more than its
instructions."""
import os, re, struct, subprocess, tempfile

from gen import Label, Word
from layout import L

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(ROOT, "build", "fuzz-diff")
GUEST_CC = ("riscv64-linux-gnu-gcc -fno-pic -no-pie -nostdlib -nostartfiles -static -march=rv64gc -mabi=lp64d -Wa,-mno-relax "
            "-Wl,--no-relax -Wl,--build-id=none -Wl,--no-warn-rwx-segments").split()
CC = GUEST_CC + ["-Wl,-Ttext=0x80000000", "-Wl,-N"]
ECALL = 0x73


class Failed(Exception):
    """A program that could not be made."""


class Runtime:
    """The assembled runtime of one kind: its bytes, and the instructions with which a block ends."""

    def __init__(self, linux):
        os.makedirs(OUT, exist_ok=True)
        elf = os.path.join(OUT, "runtime-" + ("linux" if linux else "bare"))
        with tempfile.NamedTemporaryFile(dir=OUT, delete=False) as f:
            new = f.name
        source = os.path.join(HERE, "runtime.S")
        subprocess.run(CC + (["-DFUZZ_LINUX"] if linux else []) + ["-o", new, source], check=True)
        names = subprocess.run(["riscv64-linux-gnu-nm", new], check=True, capture_output=True, text=True).stdout
        subprocess.run(["riscv64-linux-gnu-objcopy", "-O", "binary", "-j", ".text.start", "-j", ".text", new,
                        new + ".bin"], check=True)
        with open(new + ".bin", "rb") as f:
            self.bytes = f.read()
        os.replace(new, elf)
        os.unlink(new + ".bin")
        self.symbols = {m[1]: int(m[0], 16) for m in re.findall(r"^([0-9a-f]+) \w (\w+)$", names, re.M)}
        self.stub = struct.pack("<I", ECALL)
        if linux:
            far = self.symbols["leave"] - L["FUZZ_CODE"]
            self.stub = struct.pack("<II", (far + 0x800 & 0xfffff000) | 4 << 7 | 0x17,
                                    (far & 0xfff) << 20 | 4 << 15 | 0x67)


def flatten(block):
    return [op for item in block.items for op in item]


def place(prog):
    """Gives every block its address and every label its own; returns the end of the code."""
    at = L["FUZZ_CODE"] + 16
    for block in prog.blocks:
        block.at = at
        for op in flatten(block):
            if isinstance(op, Label):
                op.at = at
            else:
                at += op.size if isinstance(op, Word) else op.row.size
        at += 4     # the jump to the stub
        at += at >> 3 & 2
    if at > L["FUZZ_CODE"] + (1 << 20):
        raise Failed("the code is longer than a jump reaches")
    return at


def encode(op, at):
    """The bytes of one Op at its address."""
    fields = op.fields
    if op.target is not None:
        fields = dict(fields)
        field = op.row.members["imm"]
        if op.how == "imm":
            fields[field] = op.target.at - at
        elif op.how == "hi":
            far = op.target.at - at
            fields[field] = (far + 0x800 & -0x1000)
        else:
            far = op.target.at - (at - 4)
            fields[field] = far - (far + 0x800 & -0x1000)
    return op.row.encode(fields).to_bytes(op.row.size, "little")


def code(prog, jal):
    """The bytes from FUZZ_CODE + 16 on."""
    place(prog)
    out = bytearray()
    start = L["FUZZ_CODE"] + 16
    for block in prog.blocks:
        out += b"\x01\x00" * ((block.at - start - len(out)) // 2)
        for op in flatten(block):
            if isinstance(op, Word):
                out += op.bits.to_bytes(op.size, "little")
            elif not isinstance(op, Label):
                try:
                    out += encode(op, start + len(out))
                except ValueError as e:
                    raise Failed("a branch is too far: %s" % e) from None
        here = start + len(out)
        out += jal.encode(jal.values({"rd": 0, "imm": L["FUZZ_CODE"] - here})).to_bytes(4, "little")
    return bytes(out)


def scratch_seed(prog):
    """What the runtime fills the scratch pages from; never 0."""
    return prog.seed * 2654435761 + 88172645463325252 & (1 << 63) - 1 | 1


def head(prog, flags, at):
    return struct.pack("<5Q", len(prog.blocks), prog.rounds, flags, scratch_seed(prog), at)


def descriptor(block):
    d = block.desc
    return struct.pack("<10Q", block.at, L["FUZZ_XPOOL"] + 8 * d["x"], L["FUZZ_FPOOL"] + 8 * d["f"], d["fcsr"],
                       d["alias"], d["status"],
                       d["satp"], d["deleg"], d["timer"], d["envcfg"])


def elf(segments):
    """An executable of these (address, bytes, size in memory), all of them readable, writable and executable."""
    off = 64 + 56 * len(segments)
    off = off + 0xfff & ~0xfff
    heads, body = b"", b""
    for at, data, size in segments:
        heads += struct.pack("<IIQQQQQQ", 1, 7, off + len(body), at, at, len(data), max(size, len(data)), 4096)
        body += data + bytes(-len(data) % 4096)
    top = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, L["FUZZ_RAM"], 64, 0, 5, 64,
                                                          56, len(segments), 0, 0, 0)
    return (top + heads).ljust(off - 0, b"\0") + body


class Images:
    """What the ways run: program -> file."""

    def __init__(self, tables):
        self.runtime = {kind: Runtime(kind == "linux") for kind in ("bare", "linux")}
        self.jal = tables.isa.by_name["jal"]

    def segments(self, prog, kind, flags, at):
        xs, fs = prog.pools
        body = code(prog, self.jal)
        if prog.kind == "user":
            flags |= L["FLAG_USER"]
        data = bytearray(head(prog, flags, at))

        def put(name, piece):
            at = L[name] - L["FUZZ_HEAD"]
            data.extend(bytes(at - len(data)))
            data.extend(piece)

        put("FUZZ_XPOOL", struct.pack("<%dQ" % len(xs), *xs))
        put("FUZZ_FPOOL", struct.pack("<%dQ" % len(fs), *fs))
        put("FUZZ_DESC", b"".join(descriptor(b) for b in prog.blocks))
        run = self.runtime[kind]
        return [(L["FUZZ_RAM"], run.bytes, 0), (L["FUZZ_AREA"], b"", 4096), (L["FUZZ_HEAD"], bytes(data), 0x100000),
                (L["FUZZ_CODE"], run.stub.ljust(16, b"\0") + body, 0),
                (L["FUZZ_SCRATCH"], b"", L["FUZZ_SCRATCH_SIZE"] + 4096)]

    def write(self, path, prog, kind, flags, at=0):
        with open(path, "wb") as f:
            f.write(elf(self.segments(prog, kind, flags, at)))
        os.chmod(path, 0o755)
