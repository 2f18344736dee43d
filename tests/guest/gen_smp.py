#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Several harts: litmus tests (outcomes that RVWMO forbids: the unprivileged spec's chapter and appendix), atomics
under contention, code changed by one hart and run by another, interrupts between harts, a full code cache.

gen_smp.py DIR [BATCHES]: with BATCHES each litmus test has 4096 rounds that many times instead of 24. In a batch the
harts run through 4096 entries of their own each, from a common start; then hart 0 looks at all of them."""
import sys

ENTRY, ENTRIES = 192, 4096  # x at 0, y at 64, results at 128

HEAD = """/* {why}
 * args: -smp {harts}
 * qemu: -smp {harts}
 * limit: 200
 * skip: metal */
#include "guest.h"
    .option arch, +zawrs, +zabha
    .macro BARRIER              /* s10: arrivals so far; clobbers t0-t2 */
    la t0, arrived
    li t1, 1
    addi s10, s10, {harts}
    amoadd.w.aqrl t2, t1, (t0)
96: lr.w.aq t2, (t0)
    bge t2, s10, 97f
    wrs.nto
    j 96b
97: fence rw, rw
    .endm
    GUEST_START
    csrr s11, mhartid
    li s10, 0
    la sp, stack_top
    slli t0, s11, 8
    sub sp, sp, t0
"""

TAIL = """
others_wait:
    wfi
    j others_wait
    .bss
    .align 6
arrived: .zero 64
    .align 12
entries: .zero {space}
"""

FENCE = "    fence rw, rw\n"


def store(var, how="sw"):
    off = 0 if var == "x" else 64
    if how == "sw":
        return f"    sw t3, {off}(a0)\n"
    return f"    addi t4, a0, {off}\n    amoswap.w.{how} zero, t3, (t4)\n"


def load(n, var, how="lw"):
    off = 0 if var == "x" else 64
    if how == "lw":
        return f"    lw a{n + 2}, {off}(a0)\n"
    return f"    addi t4, a0, {off}\n    lr.w.{how} a{n + 2}, (t4)\n"


# name: (code of each hart, forbidden values of r0, r1, ...)
LITMUS = {
    "sb_fence": ([store("x") + FENCE + load(0, "y"), store("y") + FENCE + load(1, "x")], (0, 0)),
    "sb_aqrl": ([store("x", "aqrl") + load(0, "y", "aqrl"), store("y", "aqrl") + load(1, "x", "aqrl")], (0, 0)),
    "mp_fence": ([store("x") + "    fence w, w\n" + store("y"), load(0, "y") + "    fence r, r\n" + load(1, "x")],
                 (1, 0)),
    "mp_aqrl": ([store("x") + store("y", "rl"), load(0, "y", "aq") + load(1, "x")], (1, 0)),
    "lb_fence": ([load(0, "x") + FENCE + store("y"), load(1, "y") + FENCE + store("x")], (1, 1)),
    "lb_aqrl": ([load(0, "x", "aq") + store("y", "rl"), load(1, "y", "aq") + store("x", "rl")], (1, 1)),
    "iriw_fence": ([store("x"), store("y"), load(0, "x") + "    fence r, r\n" + load(1, "y"),
                    load(2, "y") + "    fence r, r\n" + load(3, "x")], (1, 0, 1, 0)),
    "iriw_aqrl": ([store("x", "aqrl"), store("y", "aqrl"), load(0, "x", "aq") + load(1, "y", "aq"),
                   load(2, "y", "aq") + load(3, "x", "aq")], (1, 0, 1, 0)),
    "corr": ([store("x"), load(0, "x") + load(1, "x")], (1, 0)),
}


def each_entry(code):
    return f"""    la a0, entries
    li s1, {ENTRIES}
    li t3, 1
1:
{code}    addi a0, a0, {ENTRY}
    addi s1, s1, -1
    bnez s1, 1b
"""


def litmus(name, batches):
    code, forbidden = LITMUS[name]
    out = HEAD.format(why=f"Litmus test {name}: r = {forbidden} never comes out.", harts=len(code))
    out += f"    li s0, {batches}\nbatch:\n    BARRIER\n"
    for hart, text in enumerate(code):
        results = [n for n in range(len(forbidden)) if f" a{n + 2}," in text]
        text += "".join(f"    sw a{n + 2}, {128 + 4 * n}(a0)\n" for n in results)
        out += f"    li t0, {hart}\n    bne s11, t0, not_{hart}\n" + each_entry(text) + f"    j ran\nnot_{hart}:\n"
    out += "ran:\n    BARRIER\n    bnez s11, next\n"
    check = "    li t5, 0\n"
    for n, value in enumerate(forbidden):
        check += f"    lw t4, {128 + 4 * n}(a0)\n    xori t4, t4, {value}\n    or t5, t5, t4\n"
    check += "    bnez t5, 2f\n    CASE\n    li t0, -1\n    li t1, 0\n    call guest_fail\n2:\n"
    check += "    sw zero, 0(a0)\n    sw zero, 64(a0)\n    sd zero, 128(a0)\n    sd zero, 136(a0)\n"
    out += each_entry(check) + "next:\n    addi s0, s0, -1\n    bnez s0, batch\n    bnez s11, others_wait\n"
    return out + "    GUEST_PASS\n" + TAIL.format(space=ENTRY * ENTRIES)


COUNTS = """    li s0, {rounds}
    la s1, counters
1:  li t0, 1
    amoadd.d t1, t0, (s1)
2:  addi t2, s1, 64             /* lr, sc */
    lr.w.aq t3, (t2)
    addi t3, t3, 1
    sc.w.rl t4, t3, (t2)
    bnez t4, 2b
3:  addi t2, s1, 128            /* a lock around a plain counter */
    amoswap.w.aq t4, t0, (t2)
    bnez t4, 3b
    ld t3, 192(s1)
    addi t3, t3, 1
    sd t3, 192(s1)
    amoswap.w.rl zero, zero, (t2)
    add t2, s1, s11             /* each its own byte of a word */
    addi t2, t2, 32
    amoadd.b zero, t0, (t2)
    addi s0, s0, -1
    bnez s0, 1b
    BARRIER
    bnez s11, others_wait
    CHECK_MEM counters, {sum}
    CHECK_MEM counters + 64, {sum}
    CHECK_MEM counters + 192, {sum}
    CHECK_MEM counters + 32, {bytes}
    GUEST_PASS
    .bss
    .align 6
counters: .zero 256
    .text
"""

CODE = """    la s1, function
    li s0, {rounds}
    bnez s11, reader
writer:
    slli t0, s0, 20             /* addi a0, zero, round; ret */
    li t1, 0x513
    or t0, t0, t1
    sw t0, 0(s1)
    fence w, w
    la t2, flag
    sw s0, 0(t2)
    BARRIER
    addi s0, s0, -1
    bnez s0, writer
    li s0, {rounds}
    bnez s11, others_wait
    GUEST_PASS
reader:
    la t2, flag
1:  lr.w.aq t3, (t2)
    beq t3, s0, 2f
    wrs.nto
    j 1b
2:  fence r, r
    fence.i
    jalr s1
    CHECK_REG a0, s0
    li s2, 40                   /* it runs hot, too */
3:  jalr s1
    addi s2, s2, -1
    bnez s2, 3b
    CHECK_REG a0, s0
    BARRIER
    addi s0, s0, -1
    bnez s0, reader
    j others_wait
    .bss
    .align 6
flag: .zero 64
    .section .code, "awx"
    .align {align}
    .option norvc
function:
    li a0, 0
    ret
    .text
"""

IPI = """    li s0, {rounds}             /* hart 0 wakes hart 1, and hart 1 hart 0, from WFI; hart 2 wakes itself by its timer */
    li t0, 8 | 128              /* MSIE, MTIE; not taken */
    csrw mie, t0
    li s1, CLINT
    slli s2, s11, 2
    add s2, s2, s1              /* its own msip, and the other's */
    xori t0, s11, 1
    slli s3, t0, 2
    add s3, s3, s1
    li t0, 2
    beq s11, t0, timer
    bnez s11, sleep
send:
    li t0, 1
    sw t0, 0(s3)
sleep:
    wfi
    csrr t0, mip
    andi t0, t0, 8
    beqz t0, sleep
    sw zero, 0(s2)
1:  csrr t0, mip                /* gone when the store is */
    andi t0, t0, 8
    bnez t0, 1b
    addi s0, s0, -1
    bnez s0, send
    bnez s11, last
done:
    BARRIER
    bnez s11, others_wait
    GUEST_PASS
last:
    li t0, 1                    /* hart 0 still sleeps */
    sw t0, 0(s3)
    j done
timer:
    li s4, 20
    li s5, CLINT_MTIMECMP + 8 * 2
    li s6, CLINT_MTIME
2:  ld t0, 0(s6)
    li t1, 5000                 /* half a millisecond */
    add t0, t0, t1
    sd t0, 0(s5)
3:  wfi
    csrr t1, mip
    andi t1, t1, 128
    beqz t1, 3b
    ld t1, 0(s6)
    bgeu t1, t0, 4f
    CASE
    li t0, -1
    li t1, 0
    call guest_fail
4:  addi s4, s4, -1
    bnez s4, 2b
    li t0, -1
    sd t0, 0(s5)
    j done
"""

CACHE = """    bnez s11, 2f                /* 16384 blocks, run by all harts at once in a code cache that does not hold them */
    la s0, code
    li s1, {blocks}
    li t0, 0x00150513
    li t1, 0x00008067
1:  sw t0, 0(s0)
    sw t1, 4(s0)
    addi s0, s0, 8
    addi s1, s1, -1
    bnez s1, 1b
2:  BARRIER
    fence.i
    li s5, 3
3:  la s0, code
    li s1, {blocks}
    li a0, 0
4:  jalr s0
    addi s0, s0, 8
    addi s1, s1, -1
    bnez s1, 4b
    li t3, {blocks}
    beq a0, t3, 5f
    CHECK_REG a0, t3
5:  addi s5, s5, -1
    bnez s5, 3b
    BARRIER
    bnez s11, others_wait
    GUEST_PASS
    .section .code, "awx"
    .align 12
code: .zero 8 * {blocks}
    .text
"""


def others():
    rounds = 20000
    yield "smp_atomics", HEAD.format(why="Atomics of four harts on the same words: nothing is lost.", harts=4) \
        + COUNTS.format(rounds=rounds, sum=4 * rounds, bytes=(rounds & 255) * 0x01010101)
    yield "smp_code", HEAD.format(why="One hart changes code, another runs it after fence.i.", harts=2) \
        + CODE.format(rounds=1000, align=12)
    yield "smp_ipi", HEAD.format(why="MSIP and MTIMECMP of each hart wake it, and no other.", harts=3) \
        + IPI.format(rounds=2000)
    head = HEAD.format(why="More blocks than the code cache takes, made and dropped by three harts.", harts=3)
    yield "smp_code_cache_full", head.replace("-smp 3\n * qemu", "-smp 3 -codecache 2M\n * qemu") \
        + CACHE.format(blocks=16384)


def main():
    outdir = sys.argv[1]
    batches = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    for name in LITMUS:
        with open(f"{outdir}/smp_{name}.S", "w") as f:
            f.write(litmus(name, batches))
    for name, text in others():
        with open(f"{outdir}/{name}.S", "w") as f:
            f.write(text + TAIL.format(space=64))


main()
