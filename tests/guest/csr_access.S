/* SPDX-License-Identifier: BSD-2-Clause */
/* Which privilege may touch which CSR or privileged instruction; TVM, TSR, TW; counters by mcounteren and
 * scounteren. */
#include "guest.h"
#include "modes.h"
    GUEST_START
    csrw mcounteren, zero
    csrw scounteren, zero
    csrw menvcfg, zero
    li t0, 3 << 62              /* mstateen0: ENVCFG, SE0 */
    csrw 0x30c, t0
    /* M's CSRs from S and U */
    ILLEGAL 1, csrr a5, mstatus
    ILLEGAL 1, csrr a5, misa
    ILLEGAL 1, csrr a5, mhartid
    ILLEGAL 1, csrr a5, mcycle
    ILLEGAL 1, csrr a5, pmpcfg0
    ILLEGAL 1, csrr a5, pmpaddr15
    ILLEGAL 1, csrw medeleg, zero
    ILLEGAL 1, csrr a5, menvcfg
    ILLEGAL 0, csrr a5, mstatus
    ILLEGAL 0, csrr a5, mscratch
    /* S's from U */
    ILLEGAL 0, csrr a5, sstatus
    ILLEGAL 0, csrr a5, satp
    ILLEGAL 0, csrw sscratch, zero
    ILLEGAL 0, csrr a5, stvec
    LEGAL 1, EXC_ECALL_S, csrr a5, sstatus
    LEGAL 1, EXC_ECALL_S, csrr a5, satp
    LEGAL 1, EXC_ECALL_S, csrr a5, senvcfg
    LEGAL 0, EXC_ECALL_U, csrr a5, fcsr
    /* instructions */
    ILLEGAL 1, mret
    ILLEGAL 0, mret
    ILLEGAL 0, sret
    ILLEGAL 0, sfence.vma
    LEGAL 1, EXC_ECALL_S, sfence.vma
    LEGAL 0, EXC_ECALL_U, fence.i
    /* read-only: any write form, but csrrs and csrrc with x0 only read */
    ILLEGAL 3, csrrw a5, mhartid, zero
    ILLEGAL 3, csrrs a5, mhartid, sp
    ILLEGAL 3, csrrsi a5, mvendorid, 1
    ILLEGAL 3, csrrw zero, cycle, zero
    csrrs a5, mhartid, zero
    csrrsi a5, mhartid, 0
    csrrci a5, marchid, 0
    /* ... and x0 decides by its number, not its value */
    li a0, 0
    ILLEGAL 3, csrrs a5, mhartid, a0
    ILLEGAL 3, csrrc a5, instret, a0

    /* counters */
    ILLEGAL 1, csrr a5, cycle
    ILLEGAL 1, csrr a5, instret
    ILLEGAL 1, csrr a5, time
    ILLEGAL 0, csrr a5, cycle
    ILLEGAL 0, csrr a5, time
    csrwi mcounteren, 5
    LEGAL 1, EXC_ECALL_S, csrr a5, cycle
    LEGAL 1, EXC_ECALL_S, csrr a5, instret
    ILLEGAL 1, csrr a5, time
    ILLEGAL 0, csrr a5, cycle
    csrwi scounteren, 7
    LEGAL 0, EXC_ECALL_U, csrr a5, cycle
    ILLEGAL 0, csrr a5, time
    csrwi mcounteren, 7
    LEGAL 0, EXC_ECALL_U, csrr a5, time
    csrwi scounteren, 0
    ILLEGAL 0, csrr a5, time
    LEGAL 1, EXC_ECALL_S, csrr a5, time

    /* stimecmp: needs STCE and mcounteren.TM below M */
    ILLEGAL 1, csrr a5, 0x14d
    li t0, 1 << 63
    csrs menvcfg, t0
    LEGAL 1, EXC_ECALL_S, csrr a5, 0x14d
    csrwi mcounteren, 0
    ILLEGAL 1, csrr a5, 0x14d
    ILLEGAL 0, csrr a5, 0x14d
    csrr a5, 0x14d

    /* mstateen0 guards senvcfg and sstateen0, mstateen1 to 3 their sstateen */
    LEGAL 1, EXC_ECALL_S, csrr a5, 0x10c
    ILLEGAL 0, csrr a5, 0x10c
    ILLEGAL 1, csrr a5, 0x10d
    li t0, 1 << 63
    csrw 0x30c, t0
    csrw 0x30d, t0
    ILLEGAL 1, csrr a5, senvcfg
    ILLEGAL 1, csrw senvcfg, zero
    csrr a5, senvcfg
    LEGAL 1, EXC_ECALL_S, csrw 0x10d, zero
    csrw 0x30c, zero
    ILLEGAL 1, csrr a5, 0x10c
    ILLEGAL 1, csrr a5, 0x30c
    ILLEGAL 1, csrr a5, 0x7a0

    /* TVM, TSR, TW */
    li t0, MSTATUS_TVM
    csrs mstatus, t0
    ILLEGAL 1, csrr a5, satp
    ILLEGAL 1, csrw satp, zero
    ILLEGAL 1, sfence.vma
    li t0, MSTATUS_TVM
    csrc mstatus, t0
    li t0, MSTATUS_TSR
    csrs mstatus, t0
    ILLEGAL 1, sret
    li t0, MSTATUS_TSR
    csrc mstatus, t0
    li t0, MSTATUS_TW
    csrs mstatus, t0
    ILLEGAL 1, wfi
    ILLEGAL 0, wfi
    li t0, MSTATUS_TW
    csrc mstatus, t0
    /* mret and sret clear MPRV when they leave M */
    li t0, MSTATUS_MPRV
    csrs mstatus, t0
    LEGAL 1, EXC_ECALL_S, nop
    CHECK_CSR mstatus, 0, MSTATUS_MPRV
    GUEST_PASS
