/* SPDX-License-Identifier: BSD-2-Clause */
/* ecall and ebreak from each mode: cause, mepc, mtval, the stacked mode and interrupt enable.
 * metal: yes */
#include "guest.h"
    .macro EPC_IS label
    la t0, trap_epc
    ld a0, 0(t0)
    CHECK_SYM a0, \label
    .endm
    .macro FROM mode
    la t0, trap_status
    ld a0, 0(t0)
    srli a0, a0, 11
    andi a0, a0, 3
    CHECK a0, \mode
    .endm
    GUEST_START
    TRAP_BEGIN
in_m: ecall
    TRAP_END EXC_ECALL_M
    EPC_IS in_m
    FROM 3
    CHECK_MEM trap_tval, 0

    csrsi mstatus, MSTATUS_MIE
    TRAP_BEGIN
    ecall
    TRAP_END EXC_ECALL_M
    la t0, trap_status
    ld a0, 0(t0)
    andi a0, a0, MSTATUS_MIE | MSTATUS_MPIE
    CHECK a0, MSTATUS_MPIE
    csrci mstatus, MSTATUS_MIE
    TRAP_BEGIN
    ecall
    TRAP_END EXC_ECALL_M
    la t0, trap_status
    ld a0, 0(t0)
    andi a0, a0, MSTATUS_MIE | MSTATUS_MPIE
    CHECK a0, 0

    TRAP_BEGIN
    IN_MODE 1
in_s: ecall
    TRAP_END EXC_ECALL_S
    EPC_IS in_s
    FROM 1
    TRAP_BEGIN
    IN_MODE 0
in_u: ecall
    TRAP_END EXC_ECALL_U
    EPC_IS in_u
    FROM 0

    /* mret set MPIE and left MPP at U; the trap stacked MIE again. */
    .macro BREAK mode, insn
    TRAP_BEGIN
    .if \mode != 3
    IN_MODE \mode
    .endif
77: \insn
    TRAP_END EXC_BREAK
    EPC_IS 77b
    FROM \mode
    la t0, trap_tval            /* zero or the address: both are allowed */
    ld a0, 0(t0)
    beqz a0, 1f
    CHECK_SYM a0, 77b
1:
    .endm
    BREAK 3, ebreak
    BREAK 3, c.ebreak
    BREAK 1, ebreak
    BREAK 1, c.ebreak
    BREAK 0, ebreak
    BREAK 0, c.ebreak
    GUEST_PASS
