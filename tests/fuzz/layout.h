/* SPDX-License-Identifier: BSD-2-Clause */
/* Where things lie in a fuzz program, for runtime.S and for tests/fuzz/*.py, which reads the #define lines. All
 * addresses are the same in the bare program and in the Linux program, so that a block may keep addresses in registers.
 * FUZZ_CALLED is the page behind the scratch pages for code that blocks write; only that they write and jump there. */
#ifndef PYRITE_TESTS_FUZZ_LAYOUT_H
#define PYRITE_TESTS_FUZZ_LAYOUT_H

#define FUZZ_RAM 0x80000000
#define FUZZ_TABLES 0x80080000
#define FUZZ_L0_S 0x80080000
#define FUZZ_L0_U 0x80081000
#define FUZZ_AREA 0x800f0000
#define FUZZ_HEAD 0x80100000
#define FUZZ_XPOOL 0x80108000
#define FUZZ_FPOOL 0x8010c000
#define FUZZ_DESC 0x80110000
#define FUZZ_EXPECT 0x80170000
#define FUZZ_RESULTS 0x80180000
#define FUZZ_CODE 0x80200000
#define FUZZ_SCRATCH 0x80400000
#define FUZZ_SCRATCH_SIZE 0x3000
#define FUZZ_CALLED 0x80403000
#define FUZZ_BASE 0x80401000
#define FUZZ_WINDOW 0x40000000

/* FUZZ_HEAD: dwords. FLAG_BLOCKS prints the hash of each block of each round; FLAG_DETAIL the record of the one that is
 * number HEAD_AT of them all, and nothing else. FLAG_COUNT counts instructions, from then on exactly. FLAG_USER: as
 * under Linux. */
#define HEAD_BLOCKS 0
#define HEAD_ROUNDS 8
#define HEAD_FLAGS 16
#define HEAD_SEED 24
#define HEAD_AT 32
#define FLAG_COUNT 1
#define FLAG_DETAIL 2
#define FLAG_BLOCKS 4
#define FLAG_USER 8

/* A block's descriptor: dwords. X and F point at 32 dwords each, and move on by POOL_STEP bytes a round. */
#define DESC_ENTRY 0
#define DESC_X 8
#define DESC_F 16
#define DESC_FCSR 24
#define DESC_ALIAS 32
#define DESC_STATUS 40
#define DESC_SATP 48
#define DESC_DELEG 56
#define DESC_TIMER 64
#define DESC_ENVCFG 72
#define DESC_SIZE 80
#define POOL_STEP 56

/* What a block leaves: dwords. x0: traps taken, x3: nothing, x4: fcsr. With FLAG_DETAIL LOG_COUNT traps follow, each
 * with cause, epc, tval and status. */
#define REC_X 0
#define REC_F 32
#define REC_TRAPS 64
#define REC_MEMORY 65
#define REC_STATUS 66
#define REC_SEPC 67
#define REC_SCAUSE 68
#define REC_STVAL 69
#define REC_SSCRATCH 70
#define REC_MSCRATCH 71
#define REC_COUNT 72
#define LOG_COUNT 32
#endif
