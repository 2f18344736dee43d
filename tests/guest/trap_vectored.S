/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectored mtvec: interrupts go to base + 4 * cause, exceptions to base. WARL: mode 2 and 3 are not taken. */
#include "guest.h"
    GUEST_START
    la s1, vectors
    ori t0, s1, 1
    csrw mtvec, t0
    csrr a0, mtvec
    CHECK_REG a0, t0
    li s0, 0
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
    li t0, 1 << 3
    csrw mie, t0
    csrsi mstatus, MSTATUS_MIE
1:  beqz s0, 1b
    CHECK s0, 3
    li t0, 0x8000000000000003
    CHECK_REG s2, t0
    li s0, 0
    ecall
    CHECK s0, 11
    /* S software interrupt, not delegated: vector 1 */
    li s0, 0
    csrsi mie, 2
    csrsi mip, 2
1:  beqz s0, 1b
    CHECK s0, 1
    csrw mie, zero
    li t0, 0x10000
    and t0, t0, t0
    csrr t1, mtvec
    ori t1, t1, 2
    csrw mtvec, t1
    csrr a0, mtvec
    andi a0, a0, 2
    CHECK a0, 0
    /* The same in S: delegated SSI. */
    li t0, 2
    csrw mideleg, t0
    csrs mie, t0
    la t0, s_vectors
    ori t0, t0, 1
    csrw stvec, t0
    la t0, guest_trap
    csrw mtvec, t0
    csrsi mip, 2
    li s0, 0
    TRAP_BEGIN
    IN_MODE 0
1:  beqz s0, 1b
    ecall
    TRAP_END EXC_ECALL_U
    CHECK s0, 1
    li t0, 0x8000000000000001
    CHECK_REG s2, t0
    GUEST_PASS

    .align 8
vectors:
    .option push
    .option norvc
    j v_exception
    j v_s_soft
    j bad
    j v_m_soft
    j bad
    j bad
    j bad
    j bad
    .align 8
s_vectors:
    j bad
    j v_s_soft_in_s
    j bad
    j bad
    .option pop
bad: CHECK zero, 1
v_exception:
    csrr s0, mcause
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    mret
v_m_soft:
    li s0, 3
    csrr s2, mcause
    li t0, CLINT
    sw zero, 0(t0)
    mret
v_s_soft:
    csrr s0, mcause
    andi s0, s0, 15
    csrci mip, 2
    mret
v_s_soft_in_s:
    li s0, 1
    csrr s2, scause
    csrci sip, 2
    sret
