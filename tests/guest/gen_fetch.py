#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Instruction fetches: over the end of a page into each kind of bad page, and into that page itself; over the end
of what PMP lets be executed, in the middle of a page, before and after the code has run; from devices; over the
end of RAM. tval is the first bad byte, the epc that of the instruction, and the fault comes before anything the
instruction would do."""
import sys
from asmgen import Program

WINDOW = 0x40000000
BAD = {  # name: page table line, cause
    "absent": ("PT_RAW l0, 3, 0", "PAGE"),
    "not_executable": ("PT_SYM l0, 3, frame_next, PTE_RW", "PAGE"),
    "users": ("PT_SYM l0, 3, frame_next, PTE_RWX | PTE_U", "PAGE"),
    "reserved": ("PT_SYM l0, 3, frame_next, PTE_V | PTE_W | PTE_X | PTE_A | PTE_D", "PAGE"),
    "not_canonical": ("PT_RAW l0, 3, PTE_RWX | (1 << 54)", "PAGE"),
    "nothing": ("PT_LEAF l0, 3, 0xf0000000, PTE_RWX", "ACCESS"),
    "pmp_none": ("PT_SYM l0, 3, frame_none, PTE_RWX", "ACCESS"),
    "pmp_no_x": ("PT_SYM l0, 3, frame_read, PTE_RWX", "ACCESS"),
}
DEVICES = {
    "uart": ("PT_LEAF l0, 3, UART, PTE_RWX", "ACCESS"),
    "clint": ("PT_LEAF l0, 3, CLINT, PTE_RWX", "ACCESS"),
    "virtio": ("PT_LEAF l0, 3, 0x10001000, PTE_RWX", "ACCESS"),
}
HARNESS = """
    .macro PMP_PAGE n, sym
    la t0, \\sym
    srli t0, t0, 2
    ori t0, t0, 0x1ff
    csrw pmpaddr\\n, t0
    .endm
    .macro GO va
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, MSTATUS_MPP_S
    csrs mstatus, t0
    li t0, \\va
    csrw mepc, t0
    mret
    .endm
    .macro FETCH_FAULT va, cause, epc, tval
    TRAP_BEGIN
    GO \\va
    TRAP_END \\cause
    CHECK_MEM trap_epc, \\epc
    CHECK_MEM trap_tval, \\tval
    .endm"""


def pages(name, kinds, **directives):
    p = Program(name, **directives)
    p.code += ['#include "mmu.h"', HARNESS]
    p.add("""
        csrw pmpcfg0, zero
        PMP_PAGE 0, frame_none
        PMP_PAGE 1, frame_read
        li t0, -1
        csrw pmpaddr2, t0
        li t0, 0x1f1b18
        csrw pmpcfg0, t0
        PT_LEAF root, 2, RAM, PTE_RWX
        PT_LINK root, 1, l1
        PT_LINK l1, 0, l0
        PT_SYM l0, 2, frame, PTE_RWX
        SATP SATP_SV39, root
        la s4, frame + 4096 - 8""")
    end = WINDOW + 3 * 4096
    # in the last eight bytes: c.addi a0, 1 three times, then a half; and four times; and an illegal one that straddles
    half = {"addi": 0x0513, "sd": 0x3023, "illegal": 0xffff, "c": 0x0505, "jal": 0x00ef, "amo": 0x302f}
    for line, cause in kinds.values():
        p.add(line + "\nsfence.vma")
        for kind, bits in half.items():
            p.add(f"""
                li t0, 0x{bits:04x}050505050505
                sd t0, 0(s4)
                fence.i
                li a0, 0
                FETCH_FAULT 0x{end - 8:x}, EXC_INSN_{cause}, 0x{end if kind == "c" else end - 2:x}, 0x{end:x}
                CHECK a0, {4 if kind == "c" else 3}
                FETCH_FAULT 0x{end:x}, EXC_INSN_{cause}, 0x{end:x}, 0x{end:x}
                FETCH_FAULT 0x{end + 0x7fe:x}, EXC_INSN_{cause}, 0x{end + 0x7fe:x}, 0x{end + 0x7fe:x}""")
    # the page becomes good, the same bytes run; and bad again
    p.add(f"""
        PT_SYM l0, 3, frame_next, PTE_RWX
        sfence.vma
        li t0, 0x0513050505050505
        sd t0, 0(s4)
        fence.i
        li a0, 5
        TRAP_BEGIN
        GO 0x{end - 8:x}
        TRAP_END EXC_ECALL_S
        CHECK a0, 8 + 0x123
        PT_SYM l0, 3, frame_next, PTE_RW
        sfence.vma
        li a0, 5
        FETCH_FAULT 0x{end - 8:x}, EXC_INSN_PAGE, 0x{end - 2:x}, 0x{end:x}
        CHECK a0, 8
        csrw satp, zero""")
    p.data.append("""    TABLE root
    TABLE l1
    TABLE l0
    TABLE frame
    TABLE frame_none
    TABLE frame_read
    .data
    .align 12
frame_next:
    .2byte 0x1235               /* addi a0, a0, 0x123: the upper half */
    ecall
    .align 12""")
    return p


def devices():
    p = pages("fetch_devices", DEVICES, skip="qemu")
    p.note = "QEMU 10 fetches from devices."
    # in M-mode and without paging
    for dev in ("UART", "CLINT", "PLIC", "FINISHER", "RTC", "0x10001000"):
        p.add(f"TRAP_BEGIN\nli s1, {dev}\njr s1\nTRAP_END EXC_INSN_ACCESS\nCHECK_MEM trap_tval, {dev}\nCHECK_MEM trap_epc, {dev}")
    return p


def parts():
    """A boundary of PMP inside the page, between the halves of an instruction, moved while its blocks are there."""
    p = Program("fetch_pmp_parts", metal="yes")
    p.code += ['#include "mmu.h"', HARNESS]
    p.add("""
        csrw pmpcfg0, zero
        li t0, -1
        csrw pmpaddr2, t0
        la s4, code
        srli t0, s4, 2
        csrw pmpaddr0, t0
        .macro LIMIT n              /* executable from code up to code + n; n a multiple of 4 */
        addi t0, s4, \\n
        srli t0, t0, 2
        csrw pmpaddr1, t0
        li t0, 0x190f00             /* 0 OFF, 1 TOR RWX, 2 NAPOT R: no other code for S */
        csrw pmpcfg0, t0
        .endm
        .macro RUN
        li a0, 0
        TRAP_BEGIN
        li t0, MSTATUS_MPP
        csrc mstatus, t0
        li t0, MSTATUS_MPP_S
        csrs mstatus, t0
        csrw mepc, s4
        mret
        .endm
        .macro STOPS n, epc, tval, sum
        LIMIT \\n
        RUN
        TRAP_END EXC_INSN_ACCESS
        CHECK a0, \\sum
        la t0, trap_epc
        ld a1, 0(t0)
        sub a1, a1, s4
        CHECK a1, \\epc
        la t0, trap_tval
        ld a1, 0(t0)
        sub a1, a1, s4
        CHECK a1, \\tval
        .endm
        .macro RUNS n
        LIMIT \\n
        RUN
        TRAP_END EXC_ECALL_S
        CHECK a0, 1 + 0x100 + 0x200 + 1
        .endm""")
    # code: c.addi (0), addi 0x100 (2), addi 0x200 (6), c.addi (10), ecall (12), end 16
    for order in ((16, 4, 8, 12), (12, 16, 8, 4), (8, 4, 16, 12), (64, 4, 64, 8, 64, 12, 16, 4)):
        for n in order:
            p.add({4: "STOPS 4, 2, 4, 1", 8: "STOPS 8, 6, 8, 0x101", 12: "STOPS 12, 12, 12, 0x302"}.get(n, "RUNS %d" % n))
    p.data.append("""    .align 12
    .space 256
code:
    .option push
    .option norvc
    .2byte 0x0505
    addi a0, a0, 0x100
    addi a0, a0, 0x200
    .2byte 0x0505
    ecall
    .option pop
    .align 12""")
    return p


def ram_end():
    p = Program("fetch_ram_end")
    p.add("""
        li s4, RAM + (128 << 20)
        li t0, 0x05130505           /* c.addi a0, 1; the lower half of addi a0 */
        sw t0, -4(s4)
        fence.i
        li a0, 0
        TRAP_BEGIN
        addi s5, s4, -4
        jr s5
        TRAP_END EXC_INSN_ACCESS
        CHECK a0, 1
        la t0, trap_epc
        ld a1, 0(t0)
        addi a1, a1, 2
        CHECK_REG a1, s4
        la t0, trap_tval
        ld a1, 0(t0)
        CHECK_REG a1, s4
        /* loads and stores there: the last bytes, then across, then behind */
        ld a1, -8(s4)
        sd a1, -8(s4)
        .irp off, -7, -4, -1, 0
        TRAP_BEGIN
        ld a1, \\off(s4)
        TRAP_END EXC_LOAD_ACCESS
        la t0, trap_tval
        ld a1, 0(t0)
        CHECK_REG a1, s4
        TRAP_BEGIN
        sd a1, \\off(s4)
        TRAP_END EXC_STORE_ACCESS
        la t0, trap_tval
        ld a1, 0(t0)
        CHECK_REG a1, s4
        lw a1, -4(s4)
        CHECK a1, 0x05130505
        .endr""")
    p.note, p.directives["skip"] = "QEMU 10 stores the bytes in front of the end, and gives the whole access's address.", "qemu"
    return p


def main(outdir):
    for p in (pages("fetch_pages", BAD, metal="yes"), devices(), parts(), ram_end()):
        p.write(outdir)


main(sys.argv[1])
