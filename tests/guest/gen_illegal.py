#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Encodings that RV64IMAFDC_Zicsr_Zifencei_Zicntr_Zba_Zbb_Zbs, and no more, does not define trap as illegal, with the
encoding as mtval (two bytes for a compressed one) and nothing written to rd."""
import sys
from asmgen import Program


def r(op, f3, f7, rs2=12, rs1=11, rd=10):
    return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op


LONG = {
    "all ones": 0xffffffff, "custom-0": 0x0000000b, "custom-1": 0x0000002b, "custom-2": 0x0000005b,
    "custom-3": 0x0000007b,
    "reserved opcode 6b": 0x0000006b, "op-v": 0x00000057, "48 bit": 0x0000001f, "64 bit": 0x0000003f,
    "load width 7": r(0x03, 7, 0), "store width 4": r(0x23, 4, 0), "store width 7": r(0x23, 7, 0),
    "fload width 0": r(0x07, 0, 1), "fload width 1 (Zfh)": r(0x07, 1, 0), "fload width 4 (Q)": r(0x07, 4, 0),
    "fstore width 0": r(0x27, 0, 1), "fstore width 1": r(0x27, 1, 0),
    "branch 2": r(0x63, 2, 0), "branch 3": r(0x63, 3, 0), "jalr 1": r(0x67, 1, 0), "jalr 7": r(0x67, 7, 0),
    "misc-mem 3": r(0x0f, 3, 0), "cbo.clean": r(0x0f, 2, 0, 1, 11, 0), "cbo.zero": r(0x0f, 2, 0, 4, 11, 0),
    "op f7=02": r(0x33, 0, 2), "op f7=7f": r(0x33, 0, 0x7f), "op sub f3=1": r(0x33, 1, 0x20),
    "op sub f3=2": r(0x33, 2, 0x20),
    "op sub f3=3": r(0x33, 3, 0x20), "czero.eqz": r(0x33, 5, 7), "czero.nez": r(0x33, 7, 7),
    "clmul": r(0x33, 1, 5), "clmulh": r(0x33, 3, 5), "clmulr": r(0x33, 2, 5), "pack": r(0x33, 4, 4),
    "packh": r(0x33, 7, 4),
    "xperm8": r(0x33, 4, 0x14), "xperm4": r(0x33, 2, 0x14), "sh f7=10 f3=0": r(0x33, 0, 0x10),
    "sh f7=10 f3=3": r(0x33, 3, 0x10),
    "op-32 mulh": r(0x3b, 1, 1), "op-32 f3=2": r(0x3b, 2, 0), "op-32 f7=20 f3=1": r(0x3b, 1, 0x20),
    "packw": r(0x3b, 4, 4, 3),
    "op-32 f7=10 f3=0": r(0x3b, 0, 0x10), "slliw bit 25": r(0x1b, 1, 1), "srliw bit 25": r(0x1b, 5, 1),
    "sraiw bit 25": r(0x1b, 5, 0x21),
    "op-imm-32 f3=2": r(0x1b, 2, 0), "op-imm-32 f3=7": r(0x1b, 7, 0), "slli f6=2": r(0x13, 1, 4),
    "srli f6=1": r(0x13, 5, 2),
    "unary 60 rs2=3": r(0x13, 1, 0x30, 3), "unary 60 rs2=6": r(0x13, 1, 0x30, 6), "brev8": r(0x13, 5, 0x34, 7),
    "orc.b's neighbour": r(0x13, 5, 0x14, 8), "zip": r(0x13, 1, 4, 15), "sha256sig0": r(0x13, 1, 8, 2),
    "aes64im": r(0x13, 1, 0x18, 0),
    "unaryw 60 rs2=3": r(0x1b, 1, 0x30, 3),
    "amo width 0": r(0x2f, 0, 0), "amo width 1": r(0x2f, 1, 0), "amo width 4": r(0x2f, 4, 0),
    "amo f5=5 (cas)": r(0x2f, 3, 0x14),
    "amo f5=1f": r(0x2f, 3, 0x7c), "lr rs2=1": r(0x2f, 3, 8, 1), "amo f5=6": r(0x2f, 2, 0x18),
    "fp fmt h": r(0x53, 0, 2), "fp fmt q": r(0x53, 0, 3), "fp rm 5": r(0x53, 5, 1), "fp rm 6": r(0x53, 6, 0),
    "fma fmt h": r(0x43, 0, 2), "fma fmt q": r(0x4f, 0, 3), "fma rm 5": r(0x43, 5, 1), "fma rm 6": r(0x47, 6, 0),
    "fsqrt rs2=1": r(0x53, 0, 0x2d, 1), "fcvt.w.d rs2=4": r(0x53, 0, 0x61, 4), "fcvt.d.d": r(0x53, 0, 0x21, 1),
    "fcvt.s.s": r(0x53, 0, 0x20, 0),
    "fround.d": r(0x53, 0, 0x21, 4), "fsgnj 3": r(0x53, 3, 0x11), "fmin 2 (fminm)": r(0x53, 2, 0x15),
    "fcmp 3": r(0x53, 3, 0x51),
    "fleq": r(0x53, 4, 0x51), "fclass rs2=1": r(0x53, 1, 0x71, 1), "fmv.x.d f3=2": r(0x53, 2, 0x71, 0),
    "fli.d": r(0x53, 0, 0x79, 1),
    "fcvtmod.w.d": r(0x53, 1, 0x61, 8), "fp f7=7f": r(0x53, 0, 0x7f), "fmv.d.x f3=1": r(0x53, 1, 0x79, 0),
    "ecall with rd": 0x000000f3, "ecall with rs1": 0x00008073, "system 2 (uret)": 0x00200073, "system f3=4": 0x00004073,
    "hfence": 0x62000073, "hlv": 0x6005c573, "wrs.nto": 0x00d00073, "mnret": 0x70200073, "sret with rd": 0x102000f3,
    "mret with rs1": 0x30208073, "wfi with rd": 0x105000f3, "sfence.vma with rd": 0x120000f3, "sinval.vma": 0x16000073,
    "dret": 0x7b200073,
    "csr 5c0 (no such)": 0x5c002573, "csr 8ff": 0x8ff02573, "csr 001 hstatus": 0x60002573, "csr vl": 0xc2002573,
    "csrrw to cycle (read-only)": 0xc0059573, "csrrs to time": 0xc015a573, "csrrci to mhartid": 0xf140f573,
    "csr cycleh": 0xc8002573,
    "csr mcycleh": 0xb8002573, "csrrwi to mvendorid": 0xf1105573, "seed": 0x01559573,
}
SHORT = {
    "all zeros": 0x0000, "c.addi4spn of nothing": 0x0008, "quadrant 0 reserved (Zcb)": 0x8000, "c.lbu (Zcb)": 0x8188,
    "c.sb (Zcb)": 0x8988, "c.addiw x0": 0x2001, "c.addiw x0, 1": 0x2005, "c.lui 0": 0x6501, "c.lui x0, 0": 0x6001,
    "c.addi16sp 0": 0x6101,
    "c.subw's neighbour (c.mul)": 0x9d4d, "c.zext.b (Zcb)": 0x9d61, "c.lwsp x0": 0x4002, "c.ldsp x0": 0x6002,
    "c.jr x0": 0x8002,
}


def main(outdir):
    p = Program("illegal_encodings", args="-cpu rva20s64,zba=on,zbb=on,zbs=on")
    p.add("li a0, 77\nla a1, scratch\nli a2, 5")
    for size, table in ((4, LONG), (2, SHORT)):
        for name, bits in table.items():
            p.code.append("    # " + name)
            p.add("TRAP_BEGIN\n.balign 4\n%s 0x%x\nTRAP_END EXC_ILLEGAL\nCHECK_MEM trap_tval, 0x%x\nCHECK a0, 77" %
                  (".4byte" if size == 4 else ".2byte", bits, bits))
    p.data.append("scratch: .dword 0, 0")
    p.write(outdir)


main(sys.argv[1])
