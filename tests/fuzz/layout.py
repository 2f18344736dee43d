# SPDX-License-Identifier: BSD-2-Clause
"""The numbers of layout.h, by name."""
import os, re

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "layout.h"), encoding="utf-8") as f:
    L = {name: int(value, 0) for name, value in re.findall(r"^#define (\w+) (0x[0-9a-f]+|\d+)$", f.read(), re.M)}
