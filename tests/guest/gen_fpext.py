#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which floating-point instructions a cpu model has when some extensions are off: Zfhmin and Zfbfmin alone offer
exactly their subsets, and what needs two extensions needs both. Every other one is illegal."""
import sys
from asmgen import Program

D = {"d"}
MOVES = ["flh fa0, 0(s0)", "fsh fa0, 0(s0)", "fmv.x.h a0, fa0", "fmv.h.x fa0, a0"]  # zfhmin or zfbfmin
ROWS = [({"zfhmin"}, i) for i in ("fcvt.s.h fa0, fa1", "fcvt.h.s fa0, fa1")]
ROWS += [({"zfhmin", "d"}, i) for i in ("fcvt.d.h fa0, fa1", "fcvt.h.d fa0, fa1")]
ROWS += [({"zfbfmin"}, i) for i in ("fcvt.s.bf16 fa0, fa1", "fcvt.bf16.s fa0, fa1")]
ROWS += [({"zfh"}, "%s.h fa0, fa1, fa2" % op) for op in ("fadd", "fsub", "fmul", "fdiv", "fsgnj", "fsgnjn", "fsgnjx",
                                                         "fmin", "fmax")]
ROWS += [({"zfh"}, "%s.h fa0, fa1, fa2, fa3" % op) for op in ("fmadd", "fmsub", "fnmadd", "fnmsub")]
ROWS += [({"zfh"}, "%s.h a0, fa1, fa2" % op) for op in ("feq", "flt", "fle")]
ROWS += [({"zfh"}, i) for i in ("fsqrt.h fa0, fa1", "fclass.h a0, fa1")]
ROWS += [({"zfh"}, "fcvt.%s.h a0, fa1" % t) for t in ("w", "wu", "l", "lu")]
ROWS += [({"zfh"}, "fcvt.h.%s fa0, a1" % t) for t in ("w", "wu", "l", "lu")]
for letter, more in (("s", set()), ("d", D), ("h", {"zfh"})):
    ROWS += [({"zfa"} | more, i % letter) for i in (
        "fli.%s fa0, 1.0", "fminm.%s fa0, fa1, fa2", "fmaxm.%s fa0, fa1, fa2", "fround.%s fa0, fa1",
        "froundnx.%s fa0, fa1",
        "fleq.%s a0, fa1, fa2", "fltq.%s a0, fa1, fa2")]
ROWS += [({"zfa", "d"}, "fcvtmod.w.d a0, fa0, rtz"), (D, "fadd.d fa0, fa1, fa2"), (set(), "fadd.s fa0, fa1, fa2")]

# cpu, what of these it has
MODELS = {
    "all": ("rv64", {"zfh", "zfhmin", "zfbfmin", "zfa", "d"}),
    "zfhmin": ("rv64,zfh=off,zfbfmin=off,zfa=off", {"zfhmin", "d"}),
    "zfbfmin": ("rv64,zfhmin=off", {"zfbfmin", "zfa", "d"}),
    "zfh_zfa": ("rv64,zfbfmin=off", {"zfh", "zfhmin", "zfa", "d"}),
    "zfhmin_zfa": ("rv64,zfh=off", {"zfhmin", "zfbfmin", "zfa", "d"}),
    "no_d": ("rv64,d=off", {"zfh", "zfhmin", "zfbfmin", "zfa"}),
    "no_half": ("rv64,zfhmin=off,zfbfmin=off", {"zfa", "d"}),
    "rva22": ("rva22s64", {"zfhmin", "d"}),
    "rva20": ("rva20s64", {"d"}),
}


def program(name, cpu, has):
    p = Program("fp_ext_" + name, args="-cpu " + cpu, skip="qemu, metal")
    p.add(".option arch, +zfh, +zfa, +zfbfmin\nla s0, cell")
    for needs, insn in [({"zfhmin"} if "zfhmin" in has else {"zfbfmin"}, i) for i in MOVES] + ROWS:
        p.add(insn if needs <= has else "TRAP_BEGIN\n%s\nTRAP_END EXC_ILLEGAL" % insn)
    p.data.append("cell: .dword 0")
    return p


for name, (cpu, has) in MODELS.items():
    program(name, cpu, has).write(sys.argv[1])
