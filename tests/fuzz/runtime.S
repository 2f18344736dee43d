/* SPDX-License-Identifier: BSD-2-Clause */
/* What every fuzz program runs on. It enters each block (FUZZ_DESC) with the registers of its descriptor, in the mode
 * and under the translation that the descriptor names, takes its traps, and hashes what the block leaves. A block ends
 * with a jump to FUZZ_CODE, where the bare program has an ecall and the Linux program a jump to `leave`.
 *
 * x3 belongs to the runtime and points to FUZZ_AREA; blocks never write it, nor x2, x8 and x9, which point into the
 * scratch pages. Everything else a block may use. A trap adds cause, tval, epc, status and all registers to the hash
 * and goes on behind the instruction; if that has no place (a fetch fault, code outside FUZZ_CODE), at the address in
 * x1.
 *
 * Defined by who includes or assembles it: FUZZ_LINUX for the Linux program; FUZZ_TEST for a guest test, which compares
 * with the records at FUZZ_EXPECT (their number first) and ends by the test finisher. */
#include "layout.h"

#define ALL_32 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
    28, 29, 30, 31

#define AREA_M 0
#define AREA_S 32
#define AREA_HASH 64
#define AREA_TRAPS 72
#define AREA_M_STATUS 80
#define AREA_S_STATUS 88
#define AREA_DESC 96
#define AREA_RESULT 104
#define AREA_BLOCK 112
#define AREA_ROUND 120
#define AREA_INSNS 128
#define AREA_START 136
#define AREA_ALL_TRAPS 144
#define AREA_TIMER 152
#define AREA_REC 256
#define AREA_LOG (AREA_REC + 8 * REC_COUNT)
#define REC(n) (AREA_REC + 8 * (n))

#define K 0x5851f42d4c957f2d
#define FS (3 << 13)
#define SUM_MXR (3 << 18)
/* MPRV, MPP, MPIE, SPP, SPIE, SIE, SUM, MXR, TVM, TW, TSR; not FS and SD (differences.py) */
#define STATUS_SEEN 0x7e19a2
#define SSTATUS_SEEN 0xc0122

    .macro MIX reg
    mul x7, x7, x6
    add x7, x7, \reg
    .endm

    .section .text.start, "ax"
    .globl _start
_start:
    li x3, FUZZ_AREA
    li x5, FUZZ_RESULTS
    sd x5, AREA_RESULT(x3)
#ifndef FUZZ_LINUX
    call machine_setup
#endif
    call fill_scratch
next_block:
    li x5, FUZZ_HEAD
    ld x6, AREA_BLOCK(x3)
    ld x7, HEAD_BLOCKS(x5)
    bne x6, x7, 1f
    sd zero, AREA_BLOCK(x3)
    ld x6, AREA_ROUND(x3)
    ld x7, HEAD_ROUNDS(x5)
    addi x6, x6, 1
    sd x6, AREA_ROUND(x3)
    beq x6, x7, finish
    li x6, 0
1:  li x7, DESC_SIZE
    mul x6, x6, x7
    li x7, FUZZ_DESC
    add x10, x6, x7
    sd x10, AREA_DESC(x3)
    sd zero, AREA_HASH(x3)
    sd zero, AREA_TRAPS(x3)
#ifndef FUZZ_LINUX
    call machine_block
#endif
    ld x6, AREA_ROUND(x3)
    li x7, POOL_STEP
    mul x6, x6, x7
    ld x5, DESC_F(x10)
    add x5, x5, x6
    .irp r, ALL_32
    fld f\r, 8 * \r(x5)
    .endr
    ld x5, DESC_FCSR(x10)
    csrw fcsr, x5
    ld x4, DESC_ENTRY(x10)
    ld x9, DESC_ALIAS(x10)
    ld x31, DESC_X(x10)
    add x31, x31, x6
#ifndef FUZZ_LINUX
    csrw mepc, x4
    ld x5, DESC_STATUS(x10)
    csrw mstatus, x5
#endif
    li x8, FUZZ_BASE
    li x2, FUZZ_BASE - 256
    .irp r, 1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld x\r, 8 * \r(x31)
    .endr
#ifdef FUZZ_LINUX
    jr x4
leave:
    sd x5, AREA_M(x3)
    sd x6, AREA_M + 8(x3)
    sd x7, AREA_M + 16(x3)
#else
    mret
leave:
    csrr x5, mstatus
    li x6, STATUS_SEEN
    and x6, x5, x6
    sd x6, REC(REC_STATUS)(x3)
    li x5, FS
    csrw mstatus, x5
    csrr x5, sepc
    sd x5, REC(REC_SEPC)(x3)
    csrr x5, scause
    sd x5, REC(REC_SCAUSE)(x3)
    csrr x5, stval
    sd x5, REC(REC_STVAL)(x3)
    csrr x5, sscratch
    sd x5, REC(REC_SSCRATCH)(x3)
    csrr x5, mscratch
    sd x5, REC(REC_MSCRATCH)(x3)
#endif
    .irp r, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd x\r, REC(\r)(x3)
    .endr
    .irp r, 5, 6, 7
    ld x8, AREA_M + 8 * (\r - 5)(x3)
    sd x8, REC(\r)(x3)
    .endr
    .irp r, ALL_32
    fsd f\r, REC(REC_F + \r)(x3)
    .endr
    csrr x5, fcsr
    sd x5, REC(4)(x3)
    ld x5, AREA_TRAPS(x3)
    sd x5, REC(0)(x3)
    ld x6, AREA_ALL_TRAPS(x3)
    add x6, x6, x5
    sd x6, AREA_ALL_TRAPS(x3)
    ld x5, AREA_HASH(x3)
    sd x5, REC(REC_TRAPS)(x3)
#ifndef FUZZ_LINUX
    call machine_left
#endif
    li x10, FUZZ_HEAD
    ld x11, HEAD_FLAGS(x10)
    ld x12, AREA_BLOCK(x3)
    addi x12, x12, 1
    sd x12, AREA_BLOCK(x3)
    sd zero, REC(REC_MEMORY)(x3)
    andi x13, x11, FLAG_DETAIL
    bnez x13, 3f
    ld x13, HEAD_BLOCKS(x10)
    bne x12, x13, 1f
    call hash_scratch
1:  addi x5, x3, AREA_REC
    addi x12, x5, 8 * REC_COUNT
    call hash
    ld x13, AREA_RESULT(x3)
    sd x7, 0(x13)
    addi x13, x13, 8
    sd x13, AREA_RESULT(x3)
    j next_block
3:  ld x5, HEAD_AT(x10)
    addi x6, x5, -1
    sd x6, HEAD_AT(x10)
    bnez x5, next_block
    call hash_scratch
    ld x13, AREA_RESULT(x3)
    addi x5, x3, AREA_REC
    addi x12, x5, AREA_LOG - AREA_REC
    li x14, 32 * LOG_COUNT
    add x12, x12, x14
4:  ld x14, 0(x5)
    sd x14, 0(x13)
    addi x5, x5, 8
    addi x13, x13, 8
    bne x5, x12, 4b
    sd x13, AREA_RESULT(x3)
    j finish

hash_scratch:
    mv x15, x1
    li x5, FUZZ_SCRATCH
    li x12, FUZZ_SCRATCH + FUZZ_SCRATCH_SIZE
    call hash
    sd x7, REC(REC_MEMORY)(x3)
    jr x15

    /* x7 = hash of the dwords from x5 to x12; clobbers x5, x6, x14. */
hash:
    li x6, K
    li x7, 1
1:  ld x14, 0(x5)
    MIX x14
    addi x5, x5, 8
    bne x5, x12, 1b
    ret

    /* The scratch pages from the seed: every other dword is a random one cut to a random length, sign included. */
fill_scratch:
    li x5, FUZZ_HEAD
    ld x6, HEAD_SEED(x5)
    li x5, FUZZ_SCRATCH
    li x7, FUZZ_SCRATCH + FUZZ_SCRATCH_SIZE
1:  slli x10, x6, 13
    xor x6, x6, x10
    srli x10, x6, 7
    xor x6, x6, x10
    slli x10, x6, 17
    xor x6, x6, x10
    sd x6, 0(x5)
    sra x10, x6, x6
    sd x10, 8(x5)
    addi x5, x5, 16
    bne x5, x7, 1b
    ret

finish:
#ifdef FUZZ_TEST
    li x8, FUZZ_RESULTS
    li x9, FUZZ_EXPECT
    ld x11, 0(x9)
    li x18, 0
1:  addi x9, x9, 8
    ld x12, 0(x8)
    ld x13, 0(x9)
    bne x12, x13, 2f
    addi x8, x8, 8
    addi x18, x18, 1
    bne x18, x11, 1b
    li x6, 0x5555
    j end
2:  la x10, text_index
    mv x19, x18
    call print
    la x10, text_got
    ld x19, 0(x8)
    call print
    la x10, text_want
    ld x19, 0(x9)
    call print
    li x6, 0x13333
    j end
text_index: .asciz "FAILED: dword of the record "
text_got: .asciz "got "
text_want: .asciz "want "
    .balign 4
#else
    li x5, FUZZ_RESULTS
    ld x12, AREA_RESULT(x3)
    call hash
    mv x19, x7
    call print
    ld x19, AREA_INSNS(x3)
    call print
    ld x19, AREA_ALL_TRAPS(x3)
    call print
    li x10, FUZZ_HEAD
    ld x11, HEAD_FLAGS(x10)
    andi x11, x11, FLAG_DETAIL | FLAG_BLOCKS
    beqz x11, 2f
    li x8, FUZZ_RESULTS
    ld x9, AREA_RESULT(x3)
1:  ld x19, 0(x8)
    call print
    addi x8, x8, 8
    bne x8, x9, 1b
2:  li x6, 0x5555
#endif
end:
#ifdef FUZZ_LINUX
    li a0, 0
    li a7, 93
    ecall
#else
    li x5, 0x100000
    sw x6, 0(x5)
#endif
    j .

    /* Prints x19 in hexadecimal, a line of its own (in a test: after the text at x10); clobbers x5-x7, x10-x17. */
print:
#ifdef FUZZ_TEST
    li x5, 0x10000000
1:  lbu x6, 0(x10)
    beqz x6, 2f
    sb x6, 0(x5)
    addi x10, x10, 1
    j 1b
2:
#endif
    la x13, line
    li x6, 60
1:  srl x7, x19, x6
    andi x7, x7, 15
    addi x7, x7, -10
    bltz x7, 2f
    addi x7, x7, 'a' - '9' - 1
2:  addi x7, x7, '9' + 1
    sb x7, 0(x13)
    addi x13, x13, 1
    addi x6, x6, -4
    bgez x6, 1b
    la x13, line
#ifdef FUZZ_LINUX
    mv a1, x13
    li a0, 1
    li a2, 17
    li a7, 64
    ecall
#else
    li x5, 0x10000000
    addi x6, x13, 17
1:  lbu x7, 0(x13)
    sb x7, 0(x5)
    addi x13, x13, 1
    bne x13, x6, 1b
#endif
    ret
line: .ascii "0123456789abcdef\n"
    .balign 16

#ifndef FUZZ_LINUX
    /* x10: the descriptor. Everything of a block's machine but mepc and mstatus. */
machine_block:
    li x5, FS
    csrw mstatus, x5
    ld x5, DESC_DELEG(x10)
    csrw medeleg, x5
    csrw mideleg, zero
    ld x5, DESC_ENVCFG(x10)
    csrw menvcfg, x5
    la x5, s_handler
    csrw stvec, x5
    csrw sscratch, zero
    csrw mscratch, zero
    csrw sepc, zero
    csrw scause, zero
    csrw stval, zero
    ld x5, DESC_SATP(x10)
    csrw satp, x5
    sfence.vma
    ld x5, DESC_TIMER(x10)
    sd x5, AREA_TIMER(x3)
    beqz x5, 1f
    li x6, 0x200bff8
    ld x7, 0(x6)
    add x7, x7, x5
    li x6, 0x2004000
    sd x7, 0(x6)
    li x5, 0x80
1:  csrw mie, x5
    li x5, FUZZ_HEAD
    ld x5, HEAD_FLAGS(x5)
    andi x5, x5, FLAG_COUNT
    beqz x5, 2f
    csrr x5, minstret
    sd x5, AREA_START(x3)
2:  ret

machine_left:
    csrw satp, zero
    li x5, FUZZ_HEAD
    ld x5, HEAD_FLAGS(x5)
    andi x6, x5, FLAG_USER      /* the Linux program knows nothing of these */
    beqz x6, 2f
    .irp r, REC_STATUS, REC_SEPC, REC_SCAUSE, REC_STVAL, REC_SSCRATCH, REC_MSCRATCH
    sd zero, REC(\r)(x3)
    .endr
2:
    andi x5, x5, FLAG_COUNT
    beqz x5, 1f
    csrr x5, minstret
    ld x6, AREA_START(x3)
    sub x5, x5, x6
    ld x6, AREA_INSNS(x3)
    add x6, x6, x5
    sd x6, AREA_INSNS(x3)
1:  ret

    /* Both handlers: p is m or s, save where its registers go, seen the status bits that count. */
    .macro HANDLER p, save, statussave, seen, on
    csrr x6, \p\()status
    sd x6, \statussave(x3)
    li x7, \on
    csrs \p\()status, x7
    ld x7, AREA_TRAPS(x3)
    li x6, LOG_COUNT
    bgeu x7, x6, 1f
    slli x6, x7, 5
    add x6, x6, x3
    sd x5, AREA_LOG(x6)
    csrr x5, \p\()epc
    sd x5, AREA_LOG + 8(x6)
    csrr x5, \p\()tval
    sd x5, AREA_LOG + 16(x6)
    ld x5, \statussave(x3)
    li x7, \seen
    and x5, x5, x7
    sd x5, AREA_LOG + 24(x6)
    ld x7, AREA_TRAPS(x3)
    csrr x5, \p\()cause
1:  addi x7, x7, 1
    sd x7, AREA_TRAPS(x3)
    ld x7, AREA_HASH(x3)
    li x6, K
    MIX x5
    csrr x5, \p\()tval
    MIX x5
    csrr x5, \p\()epc
    MIX x5
    csrr x5, fcsr
    MIX x5
    ld x5, \statussave(x3)
    sd x6, \save + 24(x3)
    li x6, \seen
    and x5, x5, x6
    ld x6, \save + 24(x3)
    MIX x5
    .irp r, 1, 2, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    MIX x\r
    .endr
    .irp r, 0, 8, 16
    ld x5, \save + \r(x3)
    MIX x5
    .endr
    .irp r, ALL_32
    fmv.x.d x5, f\r
    MIX x5
    .endr
    sd x7, AREA_HASH(x3)
    /* where to go on */
    csrr x5, \p\()cause
    li x6, 1 << 0 | 1 << 1 | 1 << 12
    srl x6, x6, x5
    andi x6, x6, 1
    bnez x6, 3f
    csrr x7, \p\()epc
    li x6, FUZZ_CODE
    sub x6, x7, x6
    srli x6, x6, 20
    bnez x6, 3f
    lhu x5, 0(x7)
    addi x7, x7, 2
    andi x5, x5, 3
    addi x5, x5, -3
    bnez x5, 2f
    addi x7, x7, 2
2:  csrw \p\()epc, x7
    j 4f
3:  csrw \p\()epc, x1
4:  ld x5, \statussave(x3)
    csrw \p\()status, x5
    .endm

    .macro RESTORE save
    ld x5, \save(x3)
    ld x6, \save + 8(x3)
    ld x7, \save + 16(x3)
    .endm

    .balign 4
m_handler:
    sd x5, AREA_M(x3)
    sd x6, AREA_M + 8(x3)
    sd x7, AREA_M + 16(x3)
    csrr x5, mcause
    bltz x5, m_timer
    csrr x6, mepc
    li x7, FUZZ_CODE
    beq x6, x7, leave
    la x7, s_leave
    beq x6, x7, leave
    HANDLER m, AREA_M, AREA_M_STATUS, STATUS_SEEN, FS
    RESTORE AREA_M
    mret
m_timer:
    li x5, 0x200bff8
    ld x5, 0(x5)
    ld x6, AREA_TIMER(x3)
    add x6, x6, x5
    li x7, 0x2004000
    sd x6, 0(x7)
    RESTORE AREA_M
    mret

    .balign 4
s_handler:
    sd x5, AREA_S(x3)
    sd x6, AREA_S + 8(x3)
    sd x7, AREA_S + 16(x3)
    csrr x5, scause
    csrr x6, sepc
    li x7, FUZZ_CODE
    beq x6, x7, 9f
    HANDLER s, AREA_S, AREA_S_STATUS, SSTATUS_SEEN, FS | SUM_MXR
    RESTORE AREA_S
    sret
9:  RESTORE AREA_S
s_leave:
    ecall

    .macro ENTRY table, index, pa, flags
    li x5, FUZZ_TABLES + 4096 * (\table)
    li x6, (\pa) >> 2 | (\flags)
    li x7, 8 * (\index)
    add x5, x5, x7
    sd x6, 0(x5)
    .endm
    /* Tables of FUZZ_TABLES: 0 and 1 the window's pages for S and U; 2 and 3 what lies above them; 4 and 5 the RAM;
     * 6 to 11 the roots of Sv39, Sv48, Sv57, each for S and U. */
    .macro TABLES u, ubit
    .irp n, 1, 2, 3
    ENTRY \u, \n, FUZZ_SCRATCH + 4096 * (\n - 1), 0xcf | \ubit      /* the scratch pages once more */
    .endr
    ENTRY \u, 5, FUZZ_BASE, 0x43 | \ubit            /* read only */
    ENTRY \u, 6, FUZZ_BASE, 0xc7 | \ubit
    ENTRY \u, 7, FUZZ_BASE, 0x49 | \ubit            /* execute only */
    ENTRY \u, 8, FUZZ_SCRATCH, 0x4b | \ubit
    ENTRY \u, 9, FUZZ_SCRATCH, 0x07 | \ubit         /* neither A nor D yet */
    ENTRY \u, 10, FUZZ_SCRATCH, 0xc7 | (\ubit ^ 0x10)
    ENTRY \u, 11, FUZZ_SCRATCH + 8192, 0xcf | \ubit
    .irp n, 24, 25
    ENTRY \u, \n, 0xf0000000, 0xcf | \ubit         /* no memory there */
    .endr
    ENTRY \u, 14, FUZZ_SCRATCH, 0xc5 | \ubit        /* W without R: reserved */
    ENTRY \u, 15, FUZZ_SCRATCH, 0x43 | \ubit        /* D not yet: a store sets it */
    .irp n, 16, 20, 21
    ENTRY \u, \n, FUZZ_CALLED, 0xcf | \ubit      /* code pages: with a neighbour and without */
    .endr
    ENTRY \u, 18, FUZZ_CALLED, 0x4b | \ubit
    ENTRY \u, 19, FUZZ_CALLED, 0xc7 | \ubit       /* not to be executed, nor is what comes next */
    ENTRY \u, 22, FUZZ_CALLED, 0xcf | (\ubit ^ 0x10)
    ENTRY 2 + \u, 0, FUZZ_TABLES + 4096 * \u, 1
    ENTRY 4 + \u, 0, FUZZ_RAM, 0xcf
    ENTRY 4 + \u, 1, FUZZ_CODE, 0xcf | \ubit
    ENTRY 4 + \u, 2, FUZZ_SCRATCH, 0xcf | \ubit
    ENTRY 6 + \u, 1, FUZZ_TABLES + 4096 * (2 + \u), 1
    ENTRY 6 + \u, 2, FUZZ_TABLES + 4096 * (4 + \u), 1
    ENTRY 8 + \u, 0, FUZZ_TABLES + 4096 * (6 + \u), 1
    ENTRY 10 + \u, 0, FUZZ_TABLES + 4096 * (8 + \u), 1
    .endm
machine_setup:
    la x5, m_handler
    csrw mtvec, x5
    li x5, -1
    csrw pmpaddr0, x5
    li x5, 0x1f
    csrw pmpcfg0, x5
    TABLES 0, 0
    TABLES 1, 0x10
    ret
#endif
