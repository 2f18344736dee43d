# SPDX-License-Identifier: BSD-2-Clause
"""What comes of the samples: medians, ratios, their spread; the table on stdout; the JSON file."""
import datetime
import json
import os
import platform
import statistics
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def median(side, row):
    return statistics.median(side.samples[row]) if side.samples.get(row) else None


def ratio(a, b, row):
    """The ratio of the medians, None where either side has none."""
    x, y = median(a, row) if a else None, median(b, row) if b else None
    return x / y if x is not None and y else None


def spread(a, b, row):
    """Largest less smallest ratio of a round, over the ratio of the medians."""
    pairs = [x / y for x, y in zip(a.samples.get(row, []), b.samples.get(row, [])) if y]
    return (max(pairs) - min(pairs)) / ratio(a, b, row) if pairs else None


def wrong(table):
    """What is to be said of failures and of checksums."""
    for s in table.sides():
        yield from (f"{s.name}: {f}" for f in s.failures)
    for r in table.rows:
        sums = different(table.sides(), r)
        if sums:
            yield f"{r}: the checksums differ: {sums}"
        elif not any(s.sums.get(r) for s in table.sides()):
            yield f"{r}: no result"


def mean(values):
    values = [v for v in values if v]
    return statistics.geometric_mean(values) if values else None


def different(sides, row):
    """The checksums of a row, where they are not all the same."""
    sums = {s.name: sorted(s.sums.get(row, {"none"})) for s in sides if row in s.samples}
    return sums if len({x for xs in sums.values() for x in xs}) > 1 else None


def number(x, form="{:.2f}"):
    return form.format(x) if x is not None else "-"


class Table:
    """Rows by sides: first of `pyrites` is the one whose ratios are charted."""

    def __init__(self, rows, pyrites, qemu, native):
        self.rows, self.pyrites, self.qemu, self.native = rows, pyrites, qemu, native

    def all_rows(self):
        return [r for r in ["boot", *self.rows] if any(r in p.samples for p in self.pyrites)]

    def sides(self):
        return [s for s in [*self.pyrites, self.qemu, self.native] if s]

    def means(self, p):
        return (mean(ratio(p, self.qemu, r) for r in self.rows), mean(ratio(p, self.native, r) for r in self.rows))

    def header(self):
        cells = [f"{s.name} s" for s in self.sides()]
        for p in self.pyrites:
            cells += [f"{p.name}/{self.qemu.name}", "spread"] if self.qemu else []
            cells += [f"{p.name}/native"] if self.native else []
        return ["", *cells]

    def line(self, row):
        cells = [number(median(s, row), "{:.3f}") for s in self.sides()]
        for p in self.pyrites:
            if self.qemu:
                apart = spread(p, self.qemu, row)
                cells += [number(ratio(p, self.qemu, row)), number(apart, "{:.0%}")]
            if self.native:
                cells += [number(ratio(p, self.native, row))]
        return [row, *cells]

    def last_line(self):
        cells = [""] * len(self.sides())
        for p in self.pyrites:
            to_qemu, to_native = self.means(p)
            cells += [number(to_qemu), ""] if self.qemu else []
            cells += [number(to_native)] if self.native else []
        return ["geometric mean", *cells]

    def lines(self):
        """The table as Markdown, columns aligned. The mean leaves out the boot."""
        body = [self.header(), *[self.line(r) for r in self.all_rows()], self.last_line()]
        width = [max(len(line[i]) for line in body) for i in range(len(body[0]))]
        body.insert(1, ["-" * width[0], *["-" * (w - 1) + ":" for w in width[1:]]])
        for line in body:
            cells = [line[0].ljust(width[0]), *[c.rjust(w) for c, w in zip(line[1:], width[1:])]]
            yield "| " + " | ".join(cells) + " |"


def shell(command):
    return subprocess.run(command, shell=True, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False).stdout.strip()


def first(path, start):
    """What follows the colon in the first line of a file of /proc that begins with `start`."""
    with open(path) as f:
        return next((line.split(":", 1)[1].strip() for line in f if line.startswith(start)), "unknown")


def machine():
    changed = "with changes" if shell("git status --porcelain --untracked-files=no") else "clean"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": shell("git rev-parse HEAD"), "tree": changed,
        "processor": first("/proc/cpuinfo", "model name"), "cpus": os.cpu_count(),
        "memory": first("/proc/meminfo", "MemTotal"), "kernel": platform.release(),
        "load average": " ".join(f"{x:.2f}" for x in os.getloadavg()),
        "gcc": shell("gcc --version | head -n 1"), "cross gcc": shell("riscv64-linux-gnu-gcc --version | head -n 1"),
        "qemu": shell("build/qemu10/qemu-system-riscv64 --version | head -n 1"),
    }


def write_json(path, table, facts):
    rows = {}
    for r in table.all_rows():
        rows[r] = {"what": table.rows.get(r, "process start to the first line of /init")}
        for s in table.sides():
            if r in s.samples:
                rows[r][s.name] = {"samples": s.samples[r], "median": median(s, r),
                                   "checksums": sorted(s.sums.get(r, []))}
        for p in table.pyrites:
            apart = spread(p, table.qemu, r) if table.qemu else None
            rows[r].setdefault(p.name, {}).update({"to qemu": ratio(p, table.qemu, r), "spread": apart,
                                                   "to native": ratio(p, table.native, r)})
    sides = {s.name: {"command": s.shown(), "guest": getattr(s, "guest", None), "failures": s.failures}
             for s in table.sides()}
    means = {p.name: dict(zip(("to qemu", "to native"), table.means(p))) for p in table.pyrites}
    with open(path, "w") as f:
        json.dump({"machine": facts, "sides": sides, "geometric mean": means, "rows": rows}, f, indent=1)
        f.write("\n")
