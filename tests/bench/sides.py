# SPDX-License-Identifier: BSD-2-Clause
"""What is compared: guests under an emulator, and the same program on the PC itself.

A suite is a folder with C sources and an init (tests/bench/suite/init where it has none of its own protocol). Sources
but true.c make the program `bench`; `bench list` names its rows, `bench ROW SCALE` runs one and prints a RESULT line
whose last word is a checksum. A suite with a rows.def says BEGIN and END itself, so that its set-up is not measured.
"""
import os
import re
import shlex
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OWN = f"{HERE}/suite"
GUEST = f"{ROOT}/build/guest"
BUSYBOX = f"{ROOT}/build/busybox/busybox"
COMPILERS = {"rv": "riscv64-linux-gnu-gcc -march=rv64gc -mabi=lp64d", "host": "gcc"}
FLAGS = "-std=gnu11 -O2 -static -ffp-contract=off"
MARK = re.compile(r"(BEGIN|END) (\w+) \?")


def is_own(suite):
    return os.path.exists(f"{suite}/rows.def")


def compile_commands(suite, out):
    """One command for each program and side."""
    sources = [f"{suite}/{f}" for f in sorted(os.listdir(suite)) if f.endswith(".c") and f != "true.c"]
    strict = "-Wall -Wextra -Werror".split() if is_own(suite) else []
    for side, compiler in COMPILERS.items():
        flags = [*compiler.split(), *FLAGS.split()]
        yield [*flags, *strict, "-I", ROOT, "-o", f"{out}/bench.{side}", *sources, "-lm", "-lpthread"]
        yield [*flags, "-o", f"{out}/true.{side}", f"{suite}/true.c"]


def build(suite, out):
    """The suite for both sides, and an initramfs that runs it: its path."""
    os.makedirs(out, exist_ok=True)
    for command in compile_commands(suite, out):
        subprocess.run(command, check=True)
    files = {"init": f"{OWN}/init", "b/bench": f"{out}/bench.rv", "bin/true": f"{out}/true.rv"}
    if is_own(suite):
        files["b/script"] = f"{suite}/script"
    pairs = [word for pair in files.items() for word in ("--file", "=".join(pair))]
    subprocess.run([f"{ROOT}/tools/mkinitrd", f"{out}/initrd", "--busybox", f"{GUEST}/parts/busybox", *pairs],
                   check=True)
    return f"{out}/initrd"


def rows_of(out):
    """{row: what it does} of the suite built in `out`, in order."""
    text = subprocess.run([f"{out}/bench.host", "list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict((line.split("\t") + [""])[:2] for line in text.splitlines())


def cpu_seconds(pid):
    """User and system time of a process, all threads, in nanoseconds' resolution: clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


class Side:
    """An emulator. Samples and checksums of its rounds."""

    def __init__(self, name, command, cmdline):
        self.name, self.command, self.cmdline = name, [*command, "-append", cmdline], cmdline
        self.samples, self.sums, self.guest, self.failures = {}, {}, "", []

    def clock(self, pid):
        return cpu_seconds(pid)

    def ended(self, status):
        return status == 0

    def shown(self):
        return " ".join(shlex.quote(w.replace(ROOT + "/", "")) for w in self.command)

    def take(self, row, seconds):
        self.samples.setdefault(row, []).append(seconds)

    def run(self, limit, progress):
        """One boot and all rows in it. Exits where the guest does not come to its end."""
        p = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        timer = threading.Timer(limit, p.kill)
        timer.start()
        start, last, done = 0, [], False
        for raw in p.stdout:
            line = raw.decode(errors="replace").rstrip()
            last = last[-9:] + [line]
            mark = MARK.search(line)
            if mark:
                time.sleep(0.003)  # until it really stands still, or the clock lags by a tick
                now = self.clock(p.pid)
                if mark[1] == "BEGIN":
                    start = now
                else:
                    self.take(mark[2], now - start)
                    progress(mark[2], now - start)
                p.stdin.write(b"\n")
                p.stdin.flush()
            elif "INIT-REACHED" in line:
                self.take("boot", self.clock(p.pid))
                progress("boot", self.samples["boot"][-1])
            done = self.said(line) or done
        timer.cancel()
        if not self.ended(p.wait()) or not done:
            sys.exit(f"{self.name}: exit status {p.returncode}; its last lines:\n  " + "\n  ".join(last))

    def said(self, line):
        """True at the guest's last line."""
        words = line.split()
        if words[:1] == ["GUEST"]:
            self.guest = " ".join(words[1:])
        elif words[:1] == ["RESULT"] and len(words) > 3:
            self.sums.setdefault(words[1], set()).add(words[-1])
        elif words[:1] == ["FAIL"]:
            self.failures.append(line)
        return words[:1] == ["ALL-DONE"]


class Native:
    """The same program on the PC: the CPU seconds that it counts itself, or, of a foreign suite, those of its run."""
    name = "native"

    def __init__(self, out, suite, rows, scale):
        self.out, self.own, self.rows, self.scale = out, is_own(suite), rows, scale
        self.samples, self.sums, self.failures = {}, {}, []
        self.env = dict(os.environ, BENCH_TMP="/dev/shm", BENCH_TRUE=f"{out}/true.host", BENCH_SHELL=BUSYBOX,
                        BENCH_SCRIPT=f"{suite}/script", BENCH_EXEC=f"{out}/true.host")

    def shown(self):
        return f"{self.out}/bench.host ROW {self.scale}".replace(ROOT + "/", "")

    def run(self, limit, progress):
        for row in self.rows:
            if row == "shell" and not os.path.exists(BUSYBOX):
                continue
            before = os.times()
            p = subprocess.run([f"{self.out}/bench.host", row, str(self.scale)], stdout=subprocess.PIPE, text=True,
                               env=self.env, timeout=limit, check=False)
            after = os.times()
            words = p.stdout.split()
            if p.returncode or "RESULT" not in words:
                self.failures.append(p.stdout.strip() or f"FAIL {row}: exit status {p.returncode}")
                continue
            seconds = float(words[-2]) if self.own else (after.children_user + after.children_system -
                                                         before.children_user - before.children_system)
            self.samples.setdefault(row, []).append(seconds)
            self.sums.setdefault(row, set()).add(words[-1])
            progress(row, seconds)
