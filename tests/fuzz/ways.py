# SPDX-License-Identifier: BSD-2-Clause
"""The ways to run a program, and the comparison of what they leave."""
import os, re, shlex, subprocess

from differences import QEMU_LACKS
from layout import L

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Extensions that QEMU 10 knows by this name (query-cpu-model-expansion); it gets those that we have, and no other.
QEMU_NAMES = """svvptc smstateen zicond zcmop zicbop zfhmin zihpm zimop zihintntl svpbmt zbs zbc zbb zba zicboz zbkx zbkc zbkb
    smepmp zfbfmin zkr zksh zknh zkne zknd sscofpmf sstc zihintpause zksed zawrs zabha zacas svnapot zicbom svinval zcb zfh zfa""".split()
QEMU_OFF = "h v smaia ssaia svade"


def qemu_cpu(ext):
    """-cpu of QEMU with the extensions of dbt/rv64/ext.def that are implemented."""
    flags = ["%s=%s" % (n, "on" if ext.get(n) else "off") for n in QEMU_NAMES if n not in QEMU_LACKS]
    return ",".join(["rv64", "svadu=on"] + flags + [n + "=off" for n in QEMU_OFF.split()])


def pvh(path, soft):
    """The image's kernel under QEMU with this program, by soft memory or by what it chooses (direct, Sv39 only)."""
    name, cpio = os.path.basename(path), path + ".cpio"
    with open(cpio, "wb") as f:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=os.path.dirname(path), input=name.encode(),
                       stdout=f, check=True)
    return ["qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-m", "512M", "-nodefaults", "-display", "none",
            "-no-reboot", "-serial", "stdio",
            "-device", "isa-debug-exit,iobase=0x501", "-kernel",
            os.path.join(ROOT, "build", "metal-release", "pyrite.elf"), "-initrd", cpio,
            "-append", "kernel=%s bios=none m=64M debugexit=0x501 panic=exit memory=%s" %
            (name, "soft" if soft else "auto")]


class Outcome:
    """What a run left: hash, instructions, traps, results (dwords); or why it did not end well."""

    def __init__(self, values=(), why=None, text=""):
        self.why, self.text = why, text
        if why is None:
            self.hash, self.insns, self.traps = values[:3]
            self.results = values[3:]


class Ways:
    def __init__(self, images, args, ext):
        own = os.path.join(ROOT, "build", "qemu10")
        hosted = args.hosted or os.path.join(ROOT, "build", "pyrite-hosted")
        cpu = qemu_cpu(ext)
        bare = "-m 64M -bios none -kernel".split()
        self.images = images
        self.limit = args.limit
        self.commands = {
            "x86": [hosted, "-backend", "x86", "-hot", "2"] + bare, # loops as regions from their third round on
            "direct": [hosted, "-memory", "direct", "-hot", "2"] + bare,
            "interp": [hosted, "-backend", "interp"] + bare,
            "qemu-user": [os.path.join(own, "qemu-riscv64"), "-cpu", cpu],
            "qemu-system": [os.path.join(own, "qemu-system-riscv64"), "-cpu", cpu] +
                           "-M virt -m 64M -display none -serial stdio -monitor none -bios none -kernel".split(),
            "pvh": [],
        }
        self.chosen = args.ways.split(",") if args.ways else None

    def of(self, prog):
        """The ways of a program, the reference first."""
        if self.chosen:
            return self.chosen
        direct = ["direct"] if prog.seed % 2 == 0 or prog.kind == "user" else []
        if prog.own:
            return ["interp", "x86"] + direct
        return ["qemu-user" if prog.kind == "user" else "qemu-system", "interp", "x86"] + direct

    def run(self, prog, way, tmp, flags=0, limit=None, at=0):
        kind = "linux" if way == "qemu-user" else "bare"
        path = os.path.join(tmp, "fuzz-" + way)
        if way == "interp":
            flags |= L["FLAG_COUNT"]    # on one side only: it must change nothing
        self.images.write(path, prog, kind, flags, at)
        words = pvh(path, prog.kind == "system" and prog.seed % 2) if way == "pvh" else self.commands[way] + [path]
        try:
            p = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               timeout=(limit or self.limit) * (10 if way == "pvh" else 1))
        except subprocess.TimeoutExpired as e:
            return Outcome(why="no end within %d s" % (limit or self.limit),
                           text=(e.stdout or b"").decode(errors="replace")[-800:])
        status = p.returncode >> 1 if way == "pvh" else p.returncode
        text = p.stdout.decode(errors="replace")
        values = [int(v, 16) for v in re.findall(r"^([0-9a-f]{16})\r?$", text, re.M)]
        if status or len(values) < 3:
            errors = "".join(line for line in p.stderr.decode(errors="replace").splitlines(True)
                             if not re.search("module", line))
            return Outcome(why="status %d, %d lines: %s" % (status, len(values), shlex.join(words)),
                           text=text[-800:] + errors[-800:])
        return Outcome(values)

    def outcomes(self, prog, tmp, flags=0, limit=None, at=0):
        return {way: self.run(prog, way, tmp, flags, limit, at) for way in self.of(prog)}

    def difference(self, prog, tmp, limit=None):
        """None if all ways agree; else (number of the first block whose registers differ, counted through all rounds;
        lines that say how)."""
        out = self.outcomes(prog, tmp, L["FLAG_BLOCKS"], limit)
        last = len(prog.blocks) * prog.rounds - 1
        broken = {w: o for w, o in out.items() if o.why}
        if broken:
            return (last, []) if len(broken) == len(out) else \
                (last, ["%s: %s\n%s" % (w, o.why, o.text) for w, o in broken.items()])
        if same(out):
            return None
        at = min([k for k in range(last) if len({o.results[k] for o in out.values()}) > 1] or [last])
        return at, compare(self.outcomes(prog, tmp, L["FLAG_DETAIL"], limit, at))


def same(outcomes):
    """True if all ended well and alike."""
    return len({o.why or o.hash for o in outcomes.values()}) == 1 and not any(o.why for o in outcomes.values())


def names():
    out = ["traps"] + ["x%d" % r for r in range(1, 32)] + ["f%d" % r for r in range(32)]
    out[4] = "fcsr"
    return out + ["hash of traps", "hash of memory", "mstatus", "sepc", "scause", "stval", "sscratch", "mscratch"]


def compare(outcomes):
    """Lines that say in what the records of FLAG_DETAIL differ."""
    broken = ["%s: %s\n%s" % (w, o.why, o.text) for w, o in outcomes.items() if o.why]
    if broken:
        return broken
    ref, lines = list(outcomes)[0], []
    for way in list(outcomes)[1:]:
        traps = min(outcomes[ref].results[0], outcomes[way].results[0], L["LOG_COUNT"])
        for n, (a, b) in enumerate(zip(outcomes[ref].results, outcomes[way].results)):
            t = n - L["REC_COUNT"]
            if a == b or t >= 4 * traps:
                continue
            name = names()[n] if t < 0 else "trap %d %s" % (t // 4, ("cause", "epc", "tval", "status")[t % 4])
            lines.append("%s: %s %#018x, %s %#018x" % (name, way, b, ref, a))
    return lines
