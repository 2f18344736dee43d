#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sv39, Sv48 and Sv57: the same program with three, four and five levels."""
import os, sys

TEXT = r'''/* Made by tests/guest/gen_mmu.py.
   metal: %(metal)s */
#include "guest.h"
#include "mmu.h"
#define MODE %(mode)d
#define WINDOW 0x40000000
#define PAGE(n) (WINDOW + (n) * 4096)
    GUEST_START
    /* l2: a window of small pages at 1 GiB, RAM one to one at 2 GiB, the same for U at 3 GiB */
%(links)s
    PT_LINK l2, 1, l1
    PT_LEAF l2, 2, RAM, PTE_RWX
    PT_LEAF l2, 3, RAM, PTE_RWX | PTE_U
    PT_LEAF l2, 0, 0, PTE_RW
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, page_a, PTE_RW
    PT_SYM l0, 1, page_a, PTE_V | PTE_R | PTE_A
    PT_SYM l0, 2, page_a, PTE_V | PTE_X | PTE_A
    PT_SYM l0, 3, page_a, PTE_RW | PTE_U
    PT_SYM l0, 5, page_a, PTE_V | PTE_W | PTE_A | PTE_D
    PT_SYM l0, 6, page_b, PTE_V | PTE_R | PTE_W | PTE_D
    PT_SYM l0, 7, page_b, PTE_V | PTE_R | PTE_W | PTE_A
    PT_SYM l0, 8, page_a, PTE_RW | (1 << 54)
    PT_SYM l0, 9, page_a, PTE_RW | (1 << 60)
    PT_SYM l0, 10, page_a, PTE_V | PTE_W | PTE_X | PTE_A | PTE_D
    PT_SYM l0, 11, page_a, PTE_V
    PT_SYM l0, 12, page_a, PTE_RW & ~PTE_V
    PT_SYM l0, 13, page_b, PTE_RW
    PT_SYM l0, 14, page_a, PTE_RW
    PT_SYM l0, 15, page_a, PTE_RW | (3 << 8)        /* RSW: software's */
    PT_LEAF l0, 16, 0xf0000000, PTE_RW              /* nothing there */
    PT_LEAF l0, 17, UART, PTE_RW
    PT_SYM l0, 18, code_page, PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D | PTE_U
    PT_SYM l0, 19, code_page, PTE_V | PTE_R | PTE_A | PTE_D
    PT_SYM l0, 20, code_page, PTE_V | PTE_X | PTE_A
    PT_LEAF l1, 1, RAM, PTE_RW
    PT_LEAF l1, 2, RAM + 4096, PTE_RW               /* misaligned superpage */
    PT_LEAF l1, 3, 0xf0000000, PTE_V                /* a table where nothing is: access fault */
    PT_LINK l1, 4, l0
    PT_LEAF l2, 4, RAM + (1 << 21), PTE_RW          /* misaligned gigapage */
    la s0, page_a
    li a0, 0x1122334455667788
    sd a0, 0(s0)
    la s0, page_b
    li a0, 0xbbbbbbbbbbbbbbbb
    sd a0, 0(s0)
    SATP MODE, root
    csrr a0, satp
    srli a0, a0, 60
    CHECK a0, MODE
    sfence.vma

    /* loads and stores */
    DATA_LOAD 1, PAGE(0), 0x1122334455667788
    DATA_STORE 1, PAGE(0), 0x99
    CHECK_MEM page_a, 0x99
    DATA_LOAD 1, PAGE(1), 0x99
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(1), sd zero, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(2) + 8, ld zero, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(2) + 8, sb zero, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(4), lb a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(4) + 4, sw a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(4) + 4, amoadd.w a0, a0, (s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(4) + 4, lr.w a0, (s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(5), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(8), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(9), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(10), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(11), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(12), ld a0, 0(s1)
    DATA_LOAD 1, PAGE(15), 0x99
    DATA_FAULT 1, EXC_LOAD_ACCESS, PAGE(16), ld a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_ACCESS, PAGE(16), sd a0, 0(s1)
    /* an AMO on a read-only page is a store fault; LR only reads */
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(1), amoor.d a0, a0, (s1)
    li s1, PAGE(1)
    DATA_AS 1
    lr.d a0, (s1)
    DATA_AS_M
    CHECK a0, 0x99

    /* A page-crossing access: both pages are checked before a byte is written */
    la s0, page_a
    li a0, -1
    li s3, 4088
    add s3, s3, s0
    sd a0, 0(s3)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(1), sd zero, -4(s1)
    ld a0, 0(s3)
    CHECK a0, -1
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(1), sw zero, -1(s1)
    ld a0, 0(s3)
    CHECK a0, -1
    DATA_FAULT 1, EXC_STORE_ACCESS, PAGE(16), sd zero, -4(s1)
    DATA_FAULT 1, EXC_LOAD_ACCESS, PAGE(16), ld a0, -4(s1)
    la s0, page_b
    li a0, 0x77
    sd a0, 0(s0)
    /* ... first page bad: its own address */
    li s1, PAGE(5) - 3
    TRAP_BEGIN
    DATA_AS 1
    ld a0, 0(s1)
    TRAP_END EXC_LOAD_PAGE
    DATA_AS_M
    CHECK_MEM trap_tval, PAGE(5) - 3
    /* ... two good pages of different frames */
    la s0, page_b
    li a0, 0x0102030405060708
    li s3, 4088
    add s3, s3, s0
    sd a0, 0(s3)
    DATA_LOAD 1, PAGE(14) - 4, 0x9901020304
    DATA_STORE 1, PAGE(14) - 4, 0xaabbccdd11223344
    la s3, page_b + 4088
    ld a0, 0(s3)
    CHECK a0, 0x1122334405060708
    CHECK_MEM page_a, 0xaabbccdd
    la s0, page_a
    li a0, 0x99
    sd a0, 0(s0)

    /* U, SUM, MXR */
    DATA_LOAD 0, PAGE(3), 0x99
    DATA_FAULT 0, EXC_LOAD_PAGE, PAGE(0), ld a0, 0(s1)
    DATA_FAULT 0, EXC_STORE_PAGE, PAGE(0), sd a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(3), ld a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(3), sd a0, 0(s1)
    li t0, MSTATUS_SUM
    csrs mstatus, t0
    DATA_LOAD 1, PAGE(3), 0x99
    DATA_STORE 1, PAGE(3), 0x9a
    CHECK_MEM page_a, 0x9a
    DATA_FAULT 0, EXC_LOAD_PAGE, PAGE(0), ld a0, 0(s1)
    li t0, MSTATUS_SUM
    csrc mstatus, t0
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(3), ld a0, 0(s1)
    li t0, MSTATUS_MXR
    csrs mstatus, t0
    DATA_LOAD 1, PAGE(2), 0x9a
    DATA_FAULT 1, EXC_STORE_PAGE, PAGE(2), sd a0, 0(s1)
    li t0, MSTATUS_MXR
    csrc mstatus, t0
    DATA_FAULT 1, EXC_LOAD_PAGE, PAGE(2), ld a0, 0(s1)

    /* A and D: updated by the hart, or a fault that leaves the PTE as it is (Svadu or Svade) */
    TRAP_BEGIN
    li s1, PAGE(6)
    li s3, 0
    DATA_AS 1
    ld a0, 0(s1)
    li s3, 1
    ecall
    .align 2
99: DATA_AS_M
    PT_GET a1, l0, 6
    andi a1, a1, PTE_A
    snez a1, a1
    CHECK_REG a1, s3
    li s4, 0
    TRAP_BEGIN
    li s1, PAGE(7)
    DATA_AS 1
    sd s1, 8(s1)
    li s4, 1
    ecall
    .align 2
99: DATA_AS_M
    PT_GET a1, l0, 7
    srli a1, a1, 7
    andi a1, a1, 1
    CHECK_REG a1, s4
    CHECK_REG s3, s4
    /* a load sets no D; a store after a load of the same page does (or faults) */
    PT_SYM l0, 7, page_b, PTE_V | PTE_R | PTE_W | PTE_A
    sfence.vma
    li s1, PAGE(7)
    DATA_AS 1
    ld a0, 0(s1)
    DATA_AS_M
    PT_GET a1, l0, 7
    andi a1, a1, PTE_D
    CHECK a1, 0
    li s4, 0
    TRAP_BEGIN
    li s1, PAGE(7)
    DATA_AS 1
    ld a0, 0(s1)
    sd s1, 8(s1)
    li s4, 1
    ecall
    .align 2
99: DATA_AS_M
    PT_GET a1, l0, 7
    srli a1, a1, 7
    andi a1, a1, 1
    CHECK_REG a1, s4

    /* superpages */
    la s0, guest_superpage_probe
    ld s5, 0(s0)
    la t0, guest_superpage_probe
    li t1, RAM
    sub t0, t0, t1
    li s1, WINDOW + (1 << 21)
    add s1, s1, t0
    DATA_AS 1
    ld a0, 0(s1)
    DATA_AS_M
    CHECK_REG a0, s5
    DATA_FAULT 1, EXC_LOAD_PAGE, WINDOW + (2 << 21) + 16, ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_ACCESS, WINDOW + (3 << 21) + 16, ld a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_ACCESS, WINDOW + (3 << 21) + 16, sd a0, 0(s1)
    DATA_LOAD 1, WINDOW + (4 << 21), 0x9a
    DATA_FAULT 1, EXC_LOAD_PAGE, (4 << 30) + (1 << 21), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, 5 << 30, ld a0, 0(s1)
%(huge)s
    /* addresses that are not canonical */
    DATA_FAULT 1, EXC_LOAD_PAGE, WINDOW | (1 << 63), ld a0, 0(s1)
    DATA_FAULT 1, EXC_LOAD_PAGE, WINDOW | (1 << %(va)d), ld a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, WINDOW | (-1 << %(va)d), sd a0, 0(s1)
    DATA_FAULT 1, EXC_STORE_PAGE, (1 << (%(va)d - 1)), sd a0, 0(s1)
    /* the top half: root[511] */
%(top)s
    /* M itself is not translated; S and U at work, also fetching */
    la s0, page_a
    ld a0, 0(s0)
    CHECK a0, 0x9a
    TRAP_BEGIN
    IN_MODE 1
    li s1, PAGE(0)
    ld s2, 0(s1)
    li s3, PAGE(3)
    ld s2, 0(s3)
    TRAP_END EXC_LOAD_PAGE
    CHECK s2, 0x9a
    CHECK_MEM trap_tval, PAGE(3)
    .macro FETCH_FAULT mode, cause, va
    TRAP_BEGIN
    IN_MODE_FAR \mode, \va
    TRAP_END \cause
    CHECK_MEM trap_tval, \va
    CHECK_MEM trap_epc, \va
    .endm
    .macro IN_MODE_FAR mode, va
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, \mode << 11
    csrs mstatus, t0
    li t0, \va
    csrw mepc, t0
    mret
    .endm
    FETCH_FAULT 1, EXC_INSN_PAGE, PAGE(0)
    FETCH_FAULT 1, EXC_INSN_PAGE, PAGE(4) + 2
    FETCH_FAULT 1, EXC_INSN_PAGE, PAGE(18)
    FETCH_FAULT 0, EXC_INSN_PAGE, PAGE(20)
    FETCH_FAULT 0, EXC_INSN_PAGE, PAGE(19)
    FETCH_FAULT 1, EXC_INSN_PAGE, WINDOW | (1 << 63)
    FETCH_FAULT 1, EXC_INSN_ACCESS, WINDOW + (3 << 21)
    /* SUM does not let S execute U pages; MXR does not let it execute readable ones */
    li t0, MSTATUS_SUM | MSTATUS_MXR
    csrs mstatus, t0
    FETCH_FAULT 1, EXC_INSN_PAGE, PAGE(18)
    FETCH_FAULT 1, EXC_INSN_PAGE, PAGE(19)
    li t0, MSTATUS_SUM | MSTATUS_MXR
    csrc mstatus, t0
    TRAP_BEGIN
    IN_MODE_FAR 0, PAGE(18)
    TRAP_END EXC_ECALL_U
    CHECK a0, 0x42
    CHECK_MEM trap_epc, PAGE(18) + 4
    li a0, 0
    TRAP_BEGIN
    IN_MODE_FAR 1, PAGE(20)
    TRAP_END EXC_ECALL_S
    CHECK a0, 0x42
    GUEST_PASS
    .align 12
code_page:
    .option push
    .option norvc
    li a0, 0x42
    ecall
    .option pop
    .align 12
    .data
    .align 3
guest_superpage_probe: .dword 0x5ca1ab1e0ddba11
%(tables)s
    TABLE l2
    TABLE l1
    TABLE l0
    TABLE page_a
    TABLE page_b
'''


def main(outdir):
    for levels, mode in ((3, 8), (4, 9), (5, 10)):
        names = ["l2", "l3", "l4"][:levels - 2]
        root = names[-1]
        links = "\n".join("    PT_LINK %s, 0, %s" % (names[i], names[i - 1]) for i in range(len(names) - 1, 0, -1))
        tables = "\n".join("    TABLE " + n for n in names[1:])
        va = 9 * levels + 12
        huge, shift = [], 39
        for n in names[1:]:
            huge += ["    PT_LEAF %s, 1, 0, PTE_RW" % n, "    PT_LEAF %s, 2, 1 << 30, PTE_RW" % n, "    sfence.vma",
                     "    la s0, guest_superpage_probe", "    li s1, 1 << %d" % shift, "    add s1, s1, s0",
                     "    DATA_AS 1",
                     "    ld a0, 0(s1)", "    DATA_AS_M", "    CHECK_REG a0, s5",
                     "    DATA_FAULT 1, EXC_LOAD_PAGE, (2 << %d) + 0x80000000, ld a0, 0(s1)" % shift]
            shift += 9
        tables += "".join("\n    TABLE top%d" % i for i in range(levels - 1))
        top = (["    PT_LINK %s, 511, top%d" % (root, levels - 2)]
               + ["    PT_LINK top%d, 511, top%d" % (i, i - 1) for i in range(levels - 2, 0, -1)]
               + ["    PT_SYM top0, 511, page_a, PTE_RW", "    sfence.vma"])
        top.append("    DATA_LOAD 1, -4096, 0x9a")
        text = TEXT % dict(mode=mode, va=va, links=links, huge="\n".join(huge), top="\n".join(top), tables=tables,
                           metal="yes" if levels == 3 else "no")
        if levels > 3:  # no such mode with direct memory
            text = text.replace("metal: no", "metal: no\n   skip: direct metal")
        text = text.replace("SATP MODE, root", "SATP MODE, " + root)
        with open(os.path.join(outdir, "mmu_sv%d.S" % va), "w") as f:
            f.write(text)


main(sys.argv[1])
