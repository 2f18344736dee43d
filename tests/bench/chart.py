# SPDX-License-Identifier: BSD-2-Clause
"""An SVG of ratios as bars on a logarithmic scale, one panel to QEMU and one to native code. No library."""
import math
from xml.sax.saxutils import escape

from report import number, ratio

LEFT, PANEL, GAP, ROW, TOP = 120, 330, 60, 20, 62
COLOURS = ("#2b6cb0", "#dd8a1d", "#4a9d5b", "#8a4fbf")
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


class Scale:
    """Ratios to x, so that all of `values`, and 1, fit."""

    def __init__(self, values, left):
        self.left = left
        self.low = max([s for s in STEPS if s <= min([*values, 1])], default=STEPS[0])
        self.high = min([s for s in STEPS if s >= max([*values, 1])], default=STEPS[-1])
        if self.low == self.high:
            self.low = 0.5

    def x(self, value):
        value = min(max(value, self.low), self.high)
        return self.left + PANEL * math.log(value / self.low) / math.log(self.high / self.low)

    def steps(self):
        return [s for s in STEPS if self.low <= s <= self.high]


def text(x, y, what, anchor="start", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>\n{escape(what)}</text>'


def panel(title, left, rows, pyrites, other):
    """The bars go from 1 to the ratio: to the left is better than what is compared with."""
    values = {(p.name, r): ratio(p, other, r) for p in pyrites for r in rows}
    scale = Scale([v for v in values.values() if v], left)
    bottom = TOP + ROW * len(rows)
    yield text(left + PANEL / 2, TOP - 24, title, "middle", 'font-weight="bold"')
    for s in scale.steps():
        width = 1.5 if s == 1 else 0.5
        yield f'<path d="M{scale.x(s):.1f} {TOP}V{bottom}" stroke="#888" stroke-width="{width}"/>'
        yield text(scale.x(s), TOP - 6, f"{s:g}", "middle", 'fill="#666"')
    for i, r in enumerate(rows):
        high = (ROW - 6) / len(pyrites)
        for k, p in enumerate(pyrites):
            value = values[p.name, r]
            if value is None:
                continue
            a, b = sorted((scale.x(1), scale.x(value)))
            y = TOP + ROW * i + 3 + high * k
            yield (f'<rect x="{a:.1f}" y="{y:.1f}" width="{max(b - a, 1):.1f}" height="{high:.1f}" '
                   f'fill="{COLOURS[k % len(COLOURS)]}"><title>{escape(p.name)} {r} {value:.3f}</title></rect>')
        if len(pyrites) == 1 and values[pyrites[0].name, r]:
            yield text(left + PANEL + 6, TOP + ROW * i + 14, number(values[pyrites[0].name, r]), more='fill="#333"')


def write(path, table, caption):
    rows = table.all_rows()
    others = [(f"CPU seconds to {o.name}'s", o) for o in (table.qemu, table.native) if o]
    width = LEFT + (PANEL + GAP) * len(others)
    height = TOP + ROW * len(rows) + 44
    out = ["<!-- SPDX-License-Identifier: BSD-2-Clause -->",
           f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"',
           ' font-family="sans-serif" font-size="12">', f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for i, r in enumerate(rows):
        out.append(text(LEFT - 8, TOP + ROW * i + 14, r, "end"))
    for i, (title, other) in enumerate(others):
        out += panel(title, LEFT + (PANEL + GAP) * i, rows, table.pyrites, other)
    for k, p in enumerate(table.pyrites if len(table.pyrites) > 1 else []):
        out.append(f'<rect x="{LEFT + 160 * k}" y="8" width="12" height="12" fill="{COLOURS[k % len(COLOURS)]}"/>')
        out.append(text(LEFT + 160 * k + 18, 18, p.name))
    out.append(text(8, height - 12, caption, more='fill="#666" font-size="11"'))
    with open(path, "w") as f:
        f.write("\n".join([*out, "</svg>\n"]))
