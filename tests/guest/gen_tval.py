#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every synchronous exception, from each mode, taken in M and, delegated, in S: cause, tval, epc, the mode it came
from. Where one instruction has several reasons to trap, the one of the highest priority (privileged spec, table
"Synchronous exception priority") must win."""
import sys
from asmgen import Program

# name: code (1: marks the instruction), cause, tval ("pc": its own address, a symbol or a number), epc (None: 1b)
PLAIN = {
    "ebreak": ("1: ebreak", "EXC_BREAK", "pc", None),
    "c.ebreak": ("1: c.ebreak", "EXC_BREAK", "pc", None),
    "illegal": ("1: .4byte 0xffffffff", "EXC_ILLEGAL", "0xffffffff", None),
    "illegal, 2 bytes": ("1: .2byte 0", "EXC_ILLEGAL", "0", None),
    "csr that is not there": ("1: csrr a0, 0x5c0", "EXC_ILLEGAL", "0x5c002573", None),
    "csr that is read-only": ("1: csrw cycle, a0", "EXC_ILLEGAL", "0xc0051073", None),
    "load, nothing there": ("li s1, 0xf0000008\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS", "0xf0000008", None),
    "float load, nothing there": ("li s1, 0xf0000008\n1: fld fa0, 16(s1)", "EXC_LOAD_ACCESS", "0xf0000018", None),
    "store, nothing there": ("li s1, 0xf0000008\n1: sh a0, -2(s1)", "EXC_STORE_ACCESS", "0xf0000006", None),
    "lr, nothing there": ("li s1, 0xf0000008\n1: lr.d a0, (s1)", "EXC_LOAD_ACCESS", "0xf0000008", None),
    "amo, nothing there": ("li s1, 0xf0000008\n1: amoadd.d a0, a0, (s1)", "EXC_STORE_ACCESS", "0xf0000008", None),
    "misaligned load, nothing there": ("li s1, 0xf0000001\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS", "0xf0000001", None),
    "misaligned lr, nothing there": ("li s1, 0xf0000001\n1: lr.w a0, (s1)", "EXC_LOAD_MISALIGNED", "0xf0000001", None),
    "misaligned sc, nothing there": ("li s1, 0xf0000002\n1: sc.w a0, a0, (s1)", "EXC_STORE_MISALIGNED",
                                     "0xf0000002", None),
    "misaligned amo, nothing there": ("li s1, 0xf0000004\n1: amoswap.d a0, a0, (s1)", "EXC_STORE_MISALIGNED",
                                      "0xf0000004", None),
    "fetch, nothing there": ("li s1, 0xf0000002\n1: jr s1", "EXC_INSN_ACCESS", "0xf0000002", "0xf0000002"),
    "fetch far away": ("li s1, 1 << 60\n1: jr s1", "EXC_INSN_ACCESS", "1 << 60", "1 << 60"),
    "load far away": ("li s1, -8\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS", "-8", None),
}
W = 0x40000000
PAGED = {  # in S, with paging
    "load": (f"li s1, {W + 0x18}\n1: lb a0, 3(s1)", "EXC_LOAD_PAGE", f"{W + 0x1b}", None),
    "store": (f"li s1, {W + 0x18}\n1: sd a0, 8(s1)", "EXC_STORE_PAGE", f"{W + 0x20}", None),
    "amo": (f"li s1, {W + 0x18}\n1: amomin.w a0, a0, (s1)", "EXC_STORE_PAGE", f"{W + 0x18}", None),
    "misaligned amo": (f"li s1, {W + 0x19}\n1: amomin.w a0, a0, (s1)", "EXC_STORE_MISALIGNED", f"{W + 0x19}", None),
    "fetch": (f"li s1, {W + 0x18}\n1: jr s1", "EXC_INSN_PAGE", f"{W + 0x18}", f"{W + 0x18}"),
    # the leaf forbids it, and nothing is behind it
    "store, read-only, nothing there": (f"li s1, {W + 0x1008}\n1: sd a0, 0(s1)", "EXC_STORE_PAGE",
                                        f"{W + 0x1008}", None),
    "fetch, read-only, nothing there": (f"li s1, {W + 0x1008}\n1: jr s1", "EXC_INSN_PAGE", f"{W + 0x1008}",
                                        f"{W + 0x1008}"),
    "load, readable, nothing there": (f"li s1, {W + 0x1008}\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS",
                                      f"{W + 0x1008}", None),
    "load, readable, PMP": (f"li s1, {W + 0x2008}\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS", f"{W + 0x2008}", None),
    "store, read-only, PMP": (f"li s1, {W + 0x2008}\n1: sd a0, 0(s1)", "EXC_STORE_PAGE", f"{W + 0x2008}", None),
    # a reservation is had by reading alone
    "sc, read-only": (f"li s1, {W + 0x3008}\nlr.d a0, (s1)\n1: sc.d a0, a0, (s1)", "EXC_STORE_PAGE",
                      f"{W + 0x3008}", None),
    "sc without a reservation, read-only": (f"li s1, {W + 0x3008}\n1: sc.d a0, a0, (s1)", "EXC_STORE_PAGE",
                                            f"{W + 0x3008}", None),
    "sc without a reservation, absent": (f"li s1, {W + 0x18}\n1: sc.w a0, a0, (s1)", "EXC_STORE_PAGE",
                                         f"{W + 0x18}", None),
    "sc with another's reservation": (f"la s1, readable\nlr.d a0, (s1)\nli s1, {W + 0x18}\n1: sc.d a0, a0, (s1)",
                                      "EXC_STORE_PAGE", f"{W + 0x18}", None),
    # the page table itself: where nothing is, and where PMP forbids it
    "load, no table": (f"li s1, {W + (1 << 21)}\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS", f"{W + (1 << 21)}", None),
    "store, no table": (f"li s1, {W + (1 << 21)}\n1: sd a0, 0(s1)", "EXC_STORE_ACCESS", f"{W + (1 << 21)}", None),
    "amo, no table": (f"li s1, {W + (1 << 21)}\n1: amoor.d a0, a0, (s1)", "EXC_STORE_ACCESS", f"{W + (1 << 21)}", None),
    "fetch, no table": (f"li s1, {W + (1 << 21)}\n1: jr s1", "EXC_INSN_ACCESS", f"{W + (1 << 21)}", f"{W + (1 << 21)}"),
    "load, table under PMP": (f"li s1, {W + (2 << 21)}\n1: ld a0, 0(s1)", "EXC_LOAD_ACCESS", f"{W + (2 << 21)}", None),
    "store, table under PMP": (f"li s1, {W + (2 << 21)}\n1: sd a0, 0(s1)", "EXC_STORE_ACCESS",
                               f"{W + (2 << 21)}", None),
    "fetch, table under PMP": (f"li s1, {W + (2 << 21)}\n1: jr s1", "EXC_INSN_ACCESS", f"{W + (2 << 21)}",
                               f"{W + (2 << 21)}"),
    "load, not canonical": ("li s1, 1 << 45\n1: ld a0, 0(s1)", "EXC_LOAD_PAGE", "1 << 45", None),
    "fetch, not canonical": ("li s1, 1 << 45\n1: jr s1", "EXC_INSN_PAGE", "1 << 45", "1 << 45"),
}
# With FS off a float load is illegal before its address is looked at.
FS_OFF = {
    "float load, FS off": ("li s1, 0xf0000000\n.option norvc\n1: fld fa0, 0(s1)\n.option rvc", "EXC_ILLEGAL",
                           "0x0004b507", None),
    "float store, FS off": ("li s1, 0xf0000000\n1: fsw fa0, 0(s1)", "EXC_ILLEGAL", "0x00a4a027", None),
}


def symbol(p, reg, what, here):
    p.add(f"la t1, {here}\nmv s10, t1" if what == "pc" else f"li s10, {what}")
    p.add(f"CHECK_REG {reg}, s10")


def case(p, row, mode, to_s):
    code, cause, tval, epc = row
    p.add("TRAP_BEGIN")
    if mode != 3:
        p.add("IN_MODE %d" % mode)
    p.code.append("    " + "\n    ".join(code.replace("1:", "77:").splitlines()))
    p.add("TRAP_END " + ("EXC_ECALL_S" if to_s else cause))
    where = "s_trap" if to_s else "trap_cause"
    p.add(f"la t1, {where}\nld s4, 0(t1)\nld s5, 8(t1)\nld s6, 16(t1)\nld s7, 24(t1)\nli s8, {cause}\nCHECK_REG s4, s8")
    symbol(p, "s5", tval, "77b")
    symbol(p, "s6", epc or "pc", "77b")
    p.add("srli s7, s7, %d\nandi s7, s7, %d\nCHECK s7, %d" % ((8, 1, mode) if to_s else (11, 3, mode)))


def program(name, rows, modes, setup="", **directives):
    p = Program(name, **directives)
    p.code.append('#include "mmu.h"')
    p.add("""
        la t0, s_handler
        csrw stvec, t0
        csrw pmpcfg0, zero
        la t0, denied
        srli t0, t0, 2
        ori t0, t0, 0x1ff
        csrw pmpaddr0, t0
        li t0, -1
        csrw pmpaddr1, t0
        li t0, 0x1f18
        csrw pmpcfg0, t0""")
    p.add(setup or "nop")
    for mode, to_s in modes:
        p.add("li t0, %s\ncsrw medeleg, t0" % ("0xb1ff" if to_s else "0"))
        for row in rows.values():
            case(p, row, mode, to_s)
    for mode, to_s in modes:
        if mode == 3:
            continue
        for to, deleg in (("trap_cause", 0), ("s_trap", 0x100 if mode == 0 else 0)):
            if to == "s_trap" and mode == 1:
                continue
            p.add("li t0, %d\ncsrw medeleg, t0" % deleg)
            p.add("TRAP_BEGIN\nIN_MODE %d\nli a0, -1\n77: ecall\nTRAP_END %s"
                  % (mode, "EXC_ECALL_S" if deleg or mode else "EXC_ECALL_U"))
            p.add(f"la t1, {to}\nld s4, 0(t1)\nld s5, 8(t1)\nld s6, 16(t1)\nCHECK s4, EXC_ECALL_{'SU'[mode == 0]}\nCHECK s5, 0\nCHECK_SYM s6, 77b")
    p.add("j over\n.align 2\ns_handler:\nla t0, s_trap\ncsrr t1, scause\nsd t1, 0(t0)\ncsrr t1, stval\nsd t1, 8(t0)\ncsrr t1, sepc\nsd t1, 16(t0)\n"
          "csrr t1, sstatus\nsd t1, 24(t0)\necall\nover:")
    p.data.append("s_trap: .dword 0, 0, 0, 0\n    TABLE root\n    TABLE l1\n    TABLE l0\n    TABLE denied\n    TABLE readable")
    return p


def interrupt_first():
    """An interrupt that is enabled by one instruction comes before the exception of the next one, whose epc it then
    is."""
    p = Program("trap_interrupt_first", metal="yes")
    p.add("""
        la t0, handler
        csrw mtvec, t0
        csrw mideleg, zero
        li t0, CLINT
        li t1, 1
        sw t1, 0(t0)
        csrsi mie, 8
        la s1, 1f
        csrsi mstatus, MSTATUS_MIE
        1: .4byte 0xffffffff
        CHECK s5, 3
        CHECK_REG s6, s1
        CHECK s7, 2
        CHECK_REG s8, s1
        /* the same by a register, and by mret */
        csrci mstatus, MSTATUS_MIE
        li t0, CLINT
        li t1, 1
        sw t1, 0(t0)
        la s1, 1f
        li s2, MSTATUS_MIE
        li s5, 0
        csrs mstatus, s2
        1: .4byte 0xffffffff
        CHECK s5, 3
        CHECK_REG s6, s1
        CHECK_REG s8, s1
        csrci mstatus, MSTATUS_MIE
        li t0, CLINT
        li t1, 1
        sw t1, 0(t0)
        la s1, 1f
        li s5, 0
        li t0, MSTATUS_MPP | MSTATUS_MPIE
        csrs mstatus, t0
        csrw mepc, s1
        mret
        .align 2
        1: .4byte 0xffffffff
        CHECK s5, 3
        CHECK_REG s6, s1
        CHECK_REG s8, s1
        j over
        .align 2
        handler:
        csrr t0, mcause
        bgez t0, 2f
        andi s5, t0, 15
        csrr s6, mepc
        li t0, CLINT
        sw zero, 0(t0)
        mret
        2: mv s7, t0
        csrr s8, mepc
        addi t0, s8, 4
        csrw mepc, t0
        mret
        over:""")
    return p


PAGING = """
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_LEAF l1, 1, 0xf0000000, PTE_V
    PT_LINK l1, 2, denied
    PT_LEAF l0, 1, 0xf0000000, PTE_V | PTE_R | PTE_A | PTE_D
    PT_SYM l0, 2, denied, PTE_V | PTE_R | PTE_A | PTE_D
    PT_SYM l0, 3, readable, PTE_V | PTE_R | PTE_A | PTE_D
    SATP SATP_SV39, root
    sfence.vma"""


def main(outdir):
    both = [(1, False), (1, True)]
    program("trap_tval", PLAIN, [(3, False), (1, False), (0, False), (1, True), (0, True)], metal="yes").write(outdir)
    program("trap_tval_paged", PAGED, both, PAGING).write(outdir)
    program("trap_tval_fs_off", FS_OFF, [(3, False)] + both, "li t0, MSTATUS_FS\ncsrc mstatus, t0").write(outdir)
    interrupt_first().write(outdir)


main(sys.argv[1])
