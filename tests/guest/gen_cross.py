#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Loads and stores over the end of a page, one of the two pages being bad in every way a page can be bad: nothing
is written, no register changes, tval is the first bad byte (privileged spec: "the virtual address of the
portion of the access that caused the fault"), the cause that of the bad page. Every size and every place,
integer and floating point, with the good page cached before and not."""
import sys
from asmgen import Program

STORES = {"sh": 2, "sw": 4, "sd": 8, "fsw": 4, "fsd": 8}
LOADS = {"lh": 2, "lhu": 2, "lw": 4, "lwu": 4, "ld": 8, "flw": 4, "fld": 8}
WINDOW = 0x40000000

# The pages of the window: a good one (0, and 1: another) on either side of each bad one.
BAD = {  # name: (page table line, load's cause or None, store's cause)
    "absent": ("PT_RAW l0, %d, 0", "PAGE", "PAGE"),
    "read_only": ("PT_SYM l0, %d, frame_bad, PTE_V | PTE_R | PTE_A | PTE_D", None, "PAGE"),
    "execute_only": ("PT_SYM l0, %d, frame_bad, PTE_V | PTE_X | PTE_A | PTE_D", "PAGE", "PAGE"),
    "users": ("PT_SYM l0, %d, frame_bad, PTE_RW | PTE_U", "PAGE", "PAGE"),
    "reserved": ("PT_SYM l0, %d, frame_bad, PTE_V | PTE_W | PTE_A | PTE_D", "PAGE", "PAGE"),
    "nothing": ("PT_LEAF l0, %d, 0xf0000000, PTE_RW", "ACCESS", "ACCESS"),
    "words_only": ("PT_LEAF l0, %d, CLINT, PTE_RW", "ACCESS", "ACCESS"),
    "pmp_none": ("PT_SYM l0, %d, frame_none, PTE_RW", "ACCESS", "ACCESS"),
    "pmp_read": ("PT_SYM l0, %d, frame_read, PTE_RW", None, "ACCESS"),
}
QEMU = {"words_only": "QEMU reads and writes single bytes of the CLINT.",
        "nothing": "QEMU 10 stores the bytes in front of a hole before it faults."}
GOOD_BEFORE, BAD_PAGE, GOOD_AFTER = 2, 3, 4


def program(name, line, load, store):
    p = Program("cross_" + name, metal="yes" if name in ("absent", "pmp_read") else "no")
    if name in QEMU:
        p.note, p.directives["skip"] = QEMU[name], "qemu"
    p.code.append('#include "mmu.h"')
    p.add(f"""
        csrw pmpcfg0, zero
        .macro PMP_PAGE n, sym
        la t0, \\sym
        srli t0, t0, 2
        ori t0, t0, 0x1ff
        csrw pmpaddr\\n, t0
        .endm
        PMP_PAGE 0, frame_none
        PMP_PAGE 1, frame_read
        li t0, -1
        csrw pmpaddr2, t0
        li t0, 0x1f1918
        csrw pmpcfg0, t0
        PT_LEAF root, 2, RAM, PTE_RWX
        PT_LINK root, 1, l1
        PT_LINK l1, 0, l0
        PT_SYM l0, {GOOD_BEFORE}, frame_a, PTE_RW
        PT_SYM l0, {GOOD_AFTER}, frame_b, PTE_RW
        {line % BAD_PAGE}
        SATP SATP_SV39, root
        sfence.vma
        la s4, frame_a + 4096 - 8
        la s5, frame_b
        li s6, 0x1122334455667788
        li s7, 0x99aabbccddeeff00
        sd s6, 0(s4)
        sd s7, 0(s5)
        li s8, 0x0123456789abcdef
        fmv.d.x fa1, s8""")
    first = WINDOW + GOOD_BEFORE * 4096 + 4096   # the boundary good | bad
    second = first + 4096                          # bad | good
    for ops, cause, kind in ((LOADS, load, "LOAD"), (STORES, store, "STORE")):
        for op, size in ops.items():
            reg = ("fa1" if op[0] == "f" else "s8") if kind == "STORE" else ("fa2" if op[0] == "f" else "s9")
            for back in range(1, size):
                if cause is None:
                    continue
                for boundary, tval in ((first, first), (second, second - back)):
                    p.add(f"""
                        sfence.vma
                        li s9, 77
                        fmv.d.x fa2, s9
                        li s1, 0x{boundary - back:x}
                        li s2, 0x{boundary - 8 if boundary == first else boundary:x}
                        TRAP_BEGIN
                        DATA_AS 1
                        {"ld s3, 0(s2)" if back & 1 else ""}
                        {op} {reg}, 0(s1)
                        TRAP_END EXC_{kind}_{cause}
                        DATA_AS_M
                        CHECK_MEM trap_tval, 0x{tval:x}
                        CHECK s9, 77
                        fmv.x.d s10, fa2
                        CHECK s10, 77
                        ld s10, 0(s4)
                        CHECK_REG s10, s6
                        ld s10, 0(s5)
                        CHECK_REG s10, s7""")
    p.data.append("    TABLE root\n    TABLE l1\n    TABLE l0\n    TABLE frame_a\n    TABLE frame_b\n    TABLE frame_bad\n"
                  "    TABLE frame_none\n    TABLE frame_read")
    # Nothing came to the bad frames either.
    p.code += ["    .irp f, frame_bad, frame_none, frame_read", "    la s1, \\f", "    li s2, 512", "    li s3, 0",
               "1:  ld s10, 0(s1)", "    or s3, s3, s10", "    addi s1, s1, 8", "    addi s2, s2, -1",
               "    bnez s2, 1b",
               "    CHECK s3, 0", "    .endr"]
    return p


def main(outdir):
    for name, row in BAD.items():
        program(name, *row).write(outdir)


main(sys.argv[1])
