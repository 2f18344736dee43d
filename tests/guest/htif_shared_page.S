/* SPDX-License-Identifier: BSD-2-Clause */
/* output: atomic\s+end
 * skip: qemu */
/* tohost in a page that also holds code, a counter for atomics, a page table and the stack: it stays ordinary memory,
 * and what is stored to tohost by any instruction is seen. */
#include "guest.h"

    /* Prints a character: device 1, command 1; tohost reads as 0 when it is done. */
    .macro PUT char, store:vararg
    li a0, 0x101 << 48 | \char
    la a1, tohost
    \store
    ld a2, 0(a1)
    CHECK a2, 0
    .endm

    .macro sc_loop
3:  lr.d a2, (a1)
    sc.d a3, a0, (a1)
    bnez a3, 3b
    .endm

GUEST_START
    .irp c, 'a', 't', 'o', 'm', 'i', 'c', 10
    PUT \c, sd a0, 0(a1)
    .endr
    call shared_code
    CHECK a0, 42
    la a1, counter
    li a0, 5
    amoadd.d a2, a0, (a1)
    amomaxu.w a3, a0, (a1)
    CHECK a2, 37
    CHECK a3, 42
1:  lr.d a2, (a1)
    addi a2, a2, 1
    sc.d a3, a2, (a1)
    bnez a3, 1b
    CHECK_MEM counter, 43
    /* code beside tohost that changes */
    la a1, shared_code
    lw a2, 0(a1)
    li a3, 1 << 20
    add a2, a2, a3
    sw a2, 0(a1)
    fence.i
    call shared_code
    CHECK a0, 43

    /* a page table there: a gigabyte onto RAM, for loads in M by MPRV */
    la a1, table
    srli a1, a1, 12
    li a2, 8 << 60
    or a1, a1, a2
    csrw satp, a1
    sfence.vma
    li a0, MSTATUS_MPP_S | MSTATUS_MPRV
    csrs mstatus, a0
    la a1, counter
    ld a2, 0(a1)
    li a0, MSTATUS_MPRV
    csrc mstatus, a0
    csrw satp, zero
    CHECK a2, 43

    PUT 'e', amoswap.d zero, a0, (a1)
    PUT 'n', sc_loop
    la sp, tohost + 8       /* the stack ends there: a push */
    li a0, 0x101 << 48 | 'd'
    addi sp, sp, -8
    sd a0, 0(sp)
    la a1, tohost
    li a0, 1
    sw a0, 0(a1)            /* as riscv-tests end */
    sw zero, 4(a1)
2:  j 2b

    .section .htif, "awx"
    .align 12
table:
    .dword 0
    .dword 0
    .dword 0x80000000 >> 2 | PTE_RWX
    .space 512 - 24
    .globl tohost, fromhost
    .align 6
tohost: .dword 0
    .align 6
fromhost: .dword 0
counter: .dword 37
shared_code:
    li a0, 42
    ret
    .space 4096 - (. - table)
