/* SPDX-License-Identifier: BSD-2-Clause */
/* Where nothing is: load, store, AMO and fetch access faults, with the address; nothing is written to rd. */
#include "guest.h"
    .macro BAD cause, insn:vararg
    li a5, 77
    TRAP_BEGIN
    \insn
    TRAP_END \cause
    CHECK a5, 77
    la t0, trap_tval
    ld a4, 0(t0)
    CHECK_REG a4, s1
    .endm
    GUEST_START
    li s1, 0xf0000000
    BAD EXC_LOAD_ACCESS, lb a5, 0(s1)
    BAD EXC_LOAD_ACCESS, lhu a5, 0(s1)
    BAD EXC_LOAD_ACCESS, lw a5, 0(s1)
    BAD EXC_LOAD_ACCESS, ld a5, 0(s1)
    BAD EXC_LOAD_ACCESS, fld fa5, 0(s1)
    BAD EXC_STORE_ACCESS, sb a5, 0(s1)
    BAD EXC_STORE_ACCESS, sw a5, 0(s1)
    BAD EXC_STORE_ACCESS, sd a5, 0(s1)
    BAD EXC_STORE_ACCESS, fsw fa5, 0(s1)
    BAD EXC_STORE_ACCESS, amoadd.w a5, a5, (s1)
    BAD EXC_STORE_ACCESS, amoswap.d a5, a5, (s1)
    li s1, 0x7ffffffffffffff8
    BAD EXC_LOAD_ACCESS, ld a5, 0(s1)
    BAD EXC_STORE_ACCESS, sd a5, 0(s1)
    li s1, -8
    BAD EXC_LOAD_ACCESS, ld a5, 0(s1)
    BAD EXC_STORE_ACCESS, sd a5, 0(s1)
    li s1, 0x8000000080000000
    BAD EXC_LOAD_ACCESS, ld a5, 0(s1)
    li s1, 0x100000080000000
    BAD EXC_STORE_ACCESS, sd a5, 0(s1)
    li s1, 0xf0000000
    BAD EXC_INSN_ACCESS, jr s1
    la t0, trap_epc
    ld a4, 0(t0)
    CHECK_REG a4, s1
    li s1, 0x8000000080000000
    BAD EXC_INSN_ACCESS, jr s1
    li s1, 0
    BAD EXC_INSN_ACCESS, jr s1
    /* jalr clears bit 0, and writes rd before the fault of the next fetch. */
    li s2, 0xf0000001
    li s1, 0xf0000000
    li a6, 0
    TRAP_BEGIN
    jalr a6, s2
after: TRAP_END EXC_INSN_ACCESS
    CHECK_SYM a6, after
    GUEST_PASS
