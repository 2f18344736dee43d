#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Zicbom and Zicboz: who may use them (every combination of menvcfg, senvcfg and privilege), what they need of the
page, what they fault with, and what cbo.zero writes."""
import sys
from asmgen import Program

OPS = {"cbo.inval": 0, "cbo.clean": 1, "cbo.flush": 2, "cbo.zero": 4}
MANAGE = [op for op in OPS if op != "cbo.zero"]


def insn(op, rs1):
    return ".insn i 0x0f, 2, x0, %s, %d" % (rs1, OPS[op])


def allowed(op, cbie, cbcfe, cbze):
    return {"cbo.inval": cbie, "cbo.zero": cbze}.get(op, cbcfe)


def enables():
    p = Program("cbo_enables")
    p.add("la s1, block + 17\ncsrw medeleg, zero")
    values = [(0, 0, 0), (1, 0, 0), (3, 0, 0), (0, 1, 0), (0, 0, 1), (3, 1, 1)]
    for m in values:
        for s in values:
            p.add("li t0, 0x%x\ncsrw menvcfg, t0\nli t0, 0x%x\ncsrw senvcfg, t0"
                  % tuple(c << 4 | f << 6 | z << 7 for c, f, z in (m, s)))
            for op in OPS:
                for mode in (3, 1, 0):
                    ok = mode == 3 or (allowed(op, *m) and (mode == 1 or allowed(op, *s)))
                    if mode == 3:
                        p.add(insn(op, "s1"))
                        continue
                    # Illegal comes before any fault of the access: s2 names nothing at all.
                    cause = ("EXC_ECALL_S" if mode else "EXC_ECALL_U") if ok else "EXC_ILLEGAL"
                    p.add("TRAP_BEGIN\nIN_MODE %d\n.balign 4\n1: %s\necall\nTRAP_END %s"
                          % (mode, insn(op, "s1" if ok else "s2"), cause))
                    if not ok:
                        p.add("la t0, 1b\nlwu a4, 0(t0)\nla t0, trap_tval\nld a5, 0(t0)\nCHECK_REG a5, a4")
    # WARL: 2 is no value of CBIE, and the field stays as it is
    for csr in ("menvcfg", "senvcfg"):
        for old in (0, 1, 3):
            p.add(f"li t0, 0x{old << 4:x}\ncsrw {csr}, t0\nli t0, 0x20\ncsrw {csr}, t0\ncsrr a0, {csr}\nsrli a0, a0, 4\nandi a0, a0, 3\nCHECK a0, {old}")
        p.add(f"li t0, 0xf0\ncsrs {csr}, t0\ncsrr a0, {csr}\nandi a0, a0, 0xf0\nCHECK a0, 0xf0\ncsrw {csr}, zero\ncsrr a0, {csr}\nCHECK a0, 0")
    p.data.append("    .align 6\nblock: .space 64")
    p.directives["skip"] = "qemu"
    p.note = "QEMU 10 keeps the reserved 2 in CBIE, and takes it for leave."
    return p


def zero():
    p = Program("cbo_zero", metal="yes")
    p.add("la s0, block\nli s1, -1")
    for off in (0, 1, 31, 63):
        p.add(f"""
            mv t0, s0
            li t1, 24
            1: sd s1, -64(t0)
            addi t0, t0, 8
            addi t1, t1, -1
            bnez t1, 1b
            addi a0, s0, {off}
            {insn("cbo.zero", "a0")}
            ld a1, -8(s0)
            CHECK a1, -1
            ld a1, 64(s0)
            CHECK a1, -1
            li a1, 0""" + "".join(f"\nld a2, {8 * i}(s0)\nor a1, a1, a2" for i in range(8)) + "\nCHECK a1, 0")
    # every other block of a page
    p.add(f"""
        la a0, page
        li a1, 64
        1: andi a2, a1, 1
        bnez a2, 2f
        {insn("cbo.zero", "a0")}
        2: addi a0, a0, 64
        addi a1, a1, -1
        bnez a1, 1b
        la a0, page
        li a1, 512
        li a3, 0
        1: ld a2, 0(a0)
        andi a4, a0, 64
        beqz a4, 2f
        li a5, 0x5555555555555555
        xor a2, a2, a5
        2: or a3, a3, a2
        addi a0, a0, 8
        addi a1, a1, -1
        bnez a1, 1b
        CHECK a3, 0""")
    # a page, 64 times
    p.add(f"""
        la a0, page
        li a1, 64
        1: {insn("cbo.zero", "a0")}
        addi a0, a0, 64
        addi a1, a1, -1
        bnez a1, 1b
        la a0, page
        li a1, 512
        li a3, 0
        1: ld a2, 0(a0)
        or a3, a3, a2
        addi a0, a0, 8
        addi a1, a1, -1
        bnez a1, 1b
        CHECK a3, 0
        ld a2, 0(a0)
        CHECK a2, 0x7777777777777777""")
    # over code, which is gone after fence.i
    p.add(f"""
        la s2, code
        jalr s2
        CHECK a0, 5
        jalr s2
        {insn("cbo.zero", "s2")}
        fence.i
        TRAP_BEGIN
        jalr s2
        TRAP_END EXC_ILLEGAL
        CHECK_MEM trap_tval, 0
        la t0, trap_epc
        ld a0, 0(t0)
        CHECK_REG a0, s2""")
    # rd and the other immediates are reserved
    for word in (0x0035a00f, 0x0055a00f, 0x0085a00f, 0x0005a08f, 0x0045a08f, 0x1005a00f):
        p.add("la a1, block\nTRAP_BEGIN\n.balign 4\n.4byte 0x%x\nTRAP_END EXC_ILLEGAL\nCHECK_MEM trap_tval, 0x%x"
              % (word, word))
    p.data.append("    .align 12\npage:\n    .rept 512\n    .dword 0x5555555555555555\n    .endr\n    .dword 0x7777777777777777\n    .align 7\n    .space 64\n"
                  "block: .space 128\n    .align 6\ncode: .2byte 0x4515, 0x8082 /* c.li a0, 5; ret */\n    .space 60")
    return p


def faults():
    """tval is rs1 as it is, not the block's address; the cause is a store's, also for what a load would do."""
    p = Program("cbo_faults", note="QEMU 10 puts the address of the block into tval, not rs1.", skip="qemu")
    p.code.append('#include "mmu.h"')
    p.add("""
        li t0, 0xf0
        csrw menvcfg, t0
        csrw senvcfg, t0
        PT_LEAF root, 2, RAM, PTE_RWX
        PT_LINK root, 1, l1
        PT_LINK l1, 0, l0
        PT_LEAF l1, 1, 0xf0000000, PTE_V
        PT_SYM l0, 0, frame, PTE_RW
        PT_SYM l0, 1, frame, PTE_V | PTE_R | PTE_A | PTE_D
        PT_SYM l0, 2, frame, PTE_V | PTE_X | PTE_A | PTE_D
        PT_SYM l0, 4, frame, PTE_RW | PTE_U
        PT_LEAF l0, 5, 0xf0000000, PTE_RW
        PT_LEAF l0, 6, UART, PTE_RW
        PT_SYM l0, 8, frame, PTE_V | PTE_R | PTE_X | PTE_A | PTE_D | PTE_U
        SATP SATP_SV39, root
        sfence.vma
        .macro FAULT mode, cause, va, insn:vararg
        li s1, \\va
        TRAP_BEGIN
        DATA_AS \\mode
        \\insn
        TRAP_END \\cause
        DATA_AS_M
        CHECK_MEM trap_tval, \\va
        .endm
        .macro FINE mode, va, insn:vararg
        li s1, \\va
        DATA_AS \\mode
        \\insn
        DATA_AS_M
        .endm""")
    window = 0x40000000
    page = lambda n, off=0x47: "0x%x" % (window + 4096 * n + off)
    fault = lambda mode, cause, va, op: p.add(f"FAULT {mode}, {cause}, {va}, {insn(op, 's1')}")
    fine = lambda mode, va, op: p.add(f"FINE {mode}, {va}, {insn(op, 's1')}")
    for op in OPS:
        fine(1, page(0), op)
        fault(0, "EXC_STORE_PAGE", page(0), op)          # not U's
        fault(1, "EXC_STORE_PAGE", page(2), op)          # execute only: a choice for management
        fault(1, "EXC_STORE_PAGE", page(3), op)          # not there
        fault(1, "EXC_STORE_PAGE", page(4), op)          # U's, without SUM
        fine(0, page(4), op)
        p.add("li t0, MSTATUS_SUM\ncsrs mstatus, t0")
        fine(1, page(4), op)
        p.add("li t0, MSTATUS_SUM\ncsrc mstatus, t0")
        fault(1, "EXC_STORE_ACCESS", page(5), op)        # nothing at the end of the translation
        fault(1, "EXC_STORE_ACCESS", "0x%x" % (window + (1 << 21) + 5), op)  # nothing on its way
        fault(1, "EXC_STORE_PAGE", "0x%x" % (window | 1 << 63), op)
    for op in MANAGE:
        fine(1, page(1), op)                             # read-only
        fine(0, page(8), op)
        p.add("li t0, MSTATUS_MXR\ncsrs mstatus, t0")
        fine(1, page(2), op)                             # MXR: loads are allowed
        p.add("li t0, MSTATUS_MXR\ncsrc mstatus, t0")
        fine(1, page(6), op)                             # a device: a choice
    fault(1, "EXC_STORE_PAGE", page(1), "cbo.zero")
    fault(1, "EXC_STORE_PAGE", page(8), "cbo.zero")
    fault(1, "EXC_STORE_ACCESS", page(6), "cbo.zero")
    # A and D: management needs A alone
    for op in OPS:
        p.add(f"""
            PT_SYM l0, 9, frame, PTE_V | PTE_R | PTE_W
            sfence.vma
            li s3, 0
            TRAP_BEGIN
            li s1, {page(9)}
            DATA_AS 1
            {insn(op, "s1")}
            li s3, {"PTE_A | PTE_D" if op == "cbo.zero" else "PTE_A"}
            ecall
            .align 2
            99: DATA_AS_M
            PT_GET a1, l0, 9
            andi a1, a1, PTE_A | PTE_D
            CHECK_REG a1, s3""")
    # PMP: half of a block denied, then only its writing; M-mode itself is free
    for cfg, denied in ((0x18, OPS), (0x19, ["cbo.zero"])):
        p.add(f"""
            csrw satp, zero
            csrw pmpcfg0, zero
            la t0, frame + 64 + 32
            srli t0, t0, 2
            ori t0, t0, 3
            csrw pmpaddr0, t0
            li t0, -1
            csrw pmpaddr1, t0
            li t0, 0x1f00 | 0x{cfg:x}
            csrw pmpcfg0, t0""")
        for op in OPS:
            p.add(f"la s1, frame + 64 + 3\nli s3, 0\nTRAP_BEGIN\nDATA_AS 1\n{insn(op, 's1')}\nli s3, 1\necall\n.align 2\n99: DATA_AS_M\nCHECK s3, {int(op not in denied)}")
            if op in denied:
                p.add("CHECK_MEM trap_cause, EXC_STORE_ACCESS\nla t0, trap_tval\nld a0, 0(t0)\nCHECK_REG a0, s1")
            p.add(f"la s1, frame + 128\nDATA_AS 1\n{insn(op, 's1')}\nDATA_AS_M\nla s1, frame + 64 + 3\n{insn(op, 's1')}")
    p.data.append("    TABLE root\n    TABLE l1\n    TABLE l0\n    TABLE frame")
    return p


def without(ext, ops, bits):
    """A model that lacks one of them: illegal from M-mode, too, no field in menvcfg and senvcfg; the other works."""
    p = Program("cbo_no_" + ext, args=f"-cpu rv64,{ext}=off -d unimp", output=ops[-1] + " .* needs " + ext, skip="qemu")
    p.add("la s1, block")
    for csr in ("menvcfg", "senvcfg"):
        p.add(f"li t0, 0xf0\ncsrs {csr}, t0\ncsrr a0, {csr}\nandi a0, a0, 0xf0\nCHECK a0, 0x{bits:x}")
    for op in OPS:
        p.add("TRAP_BEGIN\n%s\nTRAP_END EXC_ILLEGAL" % insn(op, "s1") if op in ops else insn(op, "s1"))
    p.data.append("    .align 6\nblock: .space 64")
    return p


def main(outdir):
    for p in (enables(), zero(), faults(), without("zicbom", MANAGE, 0x80), without("zicboz", ["cbo.zero"], 0x70)):
        p.write(outdir)


main(sys.argv[1])
