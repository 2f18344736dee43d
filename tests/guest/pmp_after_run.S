/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that has already run while PMP allowed all of its page must stop at the boundary that PMP puts into the page
 * later, inside what was one block, and at the target of a jump over it; and run again when the boundary is gone. */
#include "guest.h"
#define RWX 7
#define X 4
#define TOR 8
#define NAPOT 24
    .macro PMPCFG value
    li t0, \value
    csrw pmpcfg0, t0
    sfence.vma
    .endm
    .macro RUN from, cause
    TRAP_BEGIN
    la t3, \from
    IN_MODE 1
    jr t3
    TRAP_END \cause
    .endm
    GUEST_START
    csrw pmpcfg0, zero
    li t0, (NAPOT | RWX) << 56
    csrw pmpcfg2, t0
    li t0, -1
    csrw pmpaddr15, t0
    la s5, code_page
    srli t0, s5, 2
    csrw pmpaddr0, t0
    la s6, second
    srli t0, s6, 2
    csrw pmpaddr1, t0
    ori t0, t0, 0x1ff
    csrw pmpaddr2, t0
    li s8, 3                    /* rounds, so that blocks get linked */
1:  li a0, 0
    RUN first, EXC_ECALL_S
    CHECK a0, 3
    li a0, 0
    RUN jumper, EXC_ECALL_S
    CHECK a0, 6
    addi s8, s8, -1
    bnez s8, 1b

    PMPCFG ((TOR | X) << 8 | NAPOT << 16)   /* up to `second`: executable; the rest of the page: not */
    li s8, 3
1:  li a0, 0
    RUN first, EXC_INSN_ACCESS
    CHECK a0, 1                 /* what lies before the boundary has run */
    la t0, trap_epc
    ld a1, 0(t0)
    CHECK_REG a1, s6
    li a0, 0
    RUN jumper, EXC_INSN_ACCESS
    CHECK a0, 4
    la t0, trap_epc
    ld a1, 0(t0)
    CHECK_REG a1, s6
    addi s8, s8, -1
    bnez s8, 1b

    PMPCFG 0
    li a0, 0
    RUN first, EXC_ECALL_S
    CHECK a0, 3
    li a0, 0
    RUN jumper, EXC_ECALL_S
    CHECK a0, 6
    GUEST_PASS

    .align 12
code_page:
    .option push
    .option norvc
jumper:
    addi a0, a0, 4
    j second
    .space 1024 - 8 - 4
first:
    addi a0, a0, 1
second:
    addi a0, a0, 2
    ecall
    .option pop
    .align 12
