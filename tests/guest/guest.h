/* SPDX-License-Identifier: BSD-2-Clause */
/* What every guest test program starts from (assembly, preprocessed). A test is
 *
 *     #include "guest.h"
 *     GUEST_START              # M-mode, PMP open, FS dirty, traps go to the catcher below
 *         li a0, 1
 *         CHECK a0, 1          # compares, counts the case in gp
 *         TRAP_BEGIN
 *         ebreak
 *         TRAP_END 3           # the lines between must trap with this cause
 *     GUEST_PASS
 *
 * It ends by the test finisher: pass, or fail with the number of the case; a failure also prints case, got and wanted
 * on the UART. Registers of the harness: gp is the case number; t0-t2 are clobbered by every macro and by every trap;
 * the catcher leaves trap_cause, trap_tval, trap_epc and trap_status in memory, and goes on in M-mode at the
 * TRAP_END. */
#ifndef PYRITE_TESTS_GUEST_H
#define PYRITE_TESTS_GUEST_H

#define FINISHER 0x100000
#define RTC 0x101000
#define CLINT 0x2000000
#define CLINT_MTIMECMP (CLINT + 0x4000)
#define CLINT_MTIME (CLINT + 0xbff8)
#define PLIC 0xc000000
#define UART 0x10000000
#define RAM 0x80000000

#define EXC_INSN_MISALIGNED 0
#define EXC_INSN_ACCESS 1
#define EXC_ILLEGAL 2
#define EXC_BREAK 3
#define EXC_LOAD_MISALIGNED 4
#define EXC_LOAD_ACCESS 5
#define EXC_STORE_MISALIGNED 6
#define EXC_STORE_ACCESS 7
#define EXC_ECALL_U 8
#define EXC_ECALL_S 9
#define EXC_ECALL_M 11
#define EXC_INSN_PAGE 12
#define EXC_LOAD_PAGE 13
#define EXC_STORE_PAGE 15

#define MSTATUS_SIE (1 << 1)
#define MSTATUS_MIE (1 << 3)
#define MSTATUS_SPIE (1 << 5)
#define MSTATUS_MPIE (1 << 7)
#define MSTATUS_SPP (1 << 8)
#define MSTATUS_MPP (3 << 11)
#define MSTATUS_MPP_S (1 << 11)
#define MSTATUS_FS (3 << 13)
#define MSTATUS_MPRV (1 << 17)
#define MSTATUS_SUM (1 << 18)
#define MSTATUS_MXR (1 << 19)
#define MSTATUS_TVM (1 << 20)
#define MSTATUS_TW (1 << 21)
#define MSTATUS_TSR (1 << 22)

#define PTE_V 1
#define PTE_R 2
#define PTE_W 4
#define PTE_X 8
#define PTE_U 16
#define PTE_G 32
#define PTE_A 64
#define PTE_D 128
#define PTE_RWX (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)
#define PTE_RW (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)

#define FAIL_CALL 0xfa11

    .set guest_case, 0

    .macro GUEST_START
    .section .text.start, "ax"
    .globl _start
_start:
    la sp, stack_top
    la t0, guest_trap
    csrw mtvec, t0
    csrw satp, zero
    csrw mie, zero
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, MSTATUS_FS
    csrs mstatus, t0
    csrw fcsr, zero
    li gp, 0
    j guest_main
    .text
    .align 2
guest_main:
    .endm

    /* Ends the program with success. */
    .macro GUEST_PASS
    CASE
    li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
99: j 99b
    .endm

    .macro CASE
    .set guest_case, guest_case + 1
    li gp, guest_case
    .endm

    /* Fails unless reg equals the constant. */
    .macro CHECK reg, want
    CASE
    mv t0, \reg
    li t1, \want
    beq t0, t1, .Lok\@
    call guest_fail
.Lok\@:
    .endm

    .macro CHECK_REG reg, want
    CASE
    mv t0, \reg
    mv t1, \want
    beq t0, t1, .Lok\@
    call guest_fail
.Lok\@:
    .endm

    .macro CHECK_SYM reg, want
    CASE
    mv t0, \reg
    la t1, \want
    beq t0, t1, .Lok\@
    call guest_fail
.Lok\@:
    .endm

    /* Reads a CSR and compares under a mask. */
    .macro CHECK_CSR csr, want, mask=-1
    CASE
    csrr t0, \csr
    li t1, \mask
    and t0, t0, t1
    li t1, \want
    beq t0, t1, .Lok\@
    call guest_fail
.Lok\@:
    .endm

    /* Compares a dword in memory. */
    .macro CHECK_MEM sym, want
    CASE
    la t0, \sym
    ld t0, 0(t0)
    li t1, \want
    beq t0, t1, .Lok\@
    call guest_fail
.Lok\@:
    .endm

    /* What lies between must trap into M-mode. Numeric labels 98 and 99 are the harness's. */
    .macro TRAP_BEGIN
    la t0, 99f
    la t1, trap_resume
    sd t0, 0(t1)
    .endm

    .macro TRAP_END cause
    CASE
    li t0, -1
    li t1, \cause
    call guest_fail
    .align 2
99: CASE
    la t0, trap_cause
    ld t0, 0(t0)
    li t1, \cause
    beq t0, t1, .Lok\@
    call guest_fail
.Lok\@:
    .endm

    /* Runs the lines between in another privilege (0 U, 1 S): TRAP_BEGIN; IN_MODE 0; ...; ecall; TRAP_END
     * EXC_ECALL_U */
    .macro IN_MODE mode
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, \mode << 11
    csrs mstatus, t0
    la t0, .Lin\@
    csrw mepc, t0
    mret
    .align 2
.Lin\@:
    .endm

    /* First lines of a test's own mtvec handler that is only for interrupts: exceptions go to the catcher. */
    .macro IRQ_ONLY
    csrr t0, mcause
    bltz t0, .Lirq\@
    j guest_trap
.Lirq\@:
    .endm

    /* Prints a string at a symbol; clobbers t0-t2. */
    .macro PUTS sym
    la t1, \sym
    li t2, UART
1:  lbu t0, 0(t1)
    beqz t0, 2f
    sb t0, 0(t2)
    addi t1, t1, 1
    j 1b
2:
    .endm

    /* The catcher: a trap that a TRAP_BEGIN waits for goes on at its TRAP_END, any other is a failure. */
    .section .text.harness, "ax"
    .align 6
guest_trap:
    li t0, FAIL_CALL
    beq a7, t0, guest_report_call
    la t0, trap_cause
    csrr t1, mcause
    sd t1, 0(t0)
    csrr t1, mtval
    sd t1, 8(t0)
    csrr t1, mepc
    sd t1, 16(t0)
    csrr t1, mstatus
    sd t1, 24(t0)
    ld t2, 32(t0)
    beqz t2, guest_surprise
    sd zero, 32(t0)
    jr t2

    /* A check failed, in any mode: t0 got, t1 wanted, gp case, ra where. */
guest_fail:
    mv s2, t0
    mv s3, t1
    mv s4, ra
    li a7, FAIL_CALL
    ecall
    j guest_fail

guest_surprise:
    mv s5, s0
    csrr s2, mcause
    li s3, 0
    csrr s4, mepc
    la s0, guest_text_surprise
    j guest_report
guest_report_call:
    mv s5, s0
    la s0, guest_text_failed
guest_report:
    li t0, MSTATUS_MPRV
    csrc mstatus, t0
    csrw satp, zero
    call guest_puts
    mv s1, gp
    call guest_hex
    la s0, guest_text_got
    call guest_puts
    mv s1, s2
    call guest_hex
    la s0, guest_text_want
    call guest_puts
    mv s1, s3
    call guest_hex
    la s0, guest_text_at
    call guest_puts
    mv s1, s4
    call guest_hex
    la s0, guest_text_tval
    call guest_puts
    csrr s1, mtval
    call guest_hex
    /* s0 of the test is its row of a table more often than not. */
    la t0, guest_end
    bgeu s5, t0, 4f
    li t0, RAM
    bltu s5, t0, 4f
    andi s5, s5, -8
    la s0, guest_text_row
    call guest_puts
    ld s1, 0(s5)
    call guest_hex
    la s0, guest_text_comma
    call guest_puts
    ld s1, 8(s5)
    call guest_hex
    la s0, guest_text_comma
    call guest_puts
    ld s1, 16(s5)
    call guest_hex
4:  la s0, guest_text_end
    call guest_puts
    andi t1, gp, 0x7f
    bnez t1, 1f
    li t1, 0x7f
1:  slli t1, t1, 16
    li t0, 0x3333
    or t1, t1, t0
    li t0, FINISHER
    sw t1, 0(t0)
2:  j 2b
guest_puts:
    li t2, UART
1:  lbu t0, 0(s0)
    beqz t0, 2f
    sb t0, 0(t2)
    addi s0, s0, 1
    j 1b
2:  ret
guest_hex:
    li t2, UART
    li t1, 60
1:  srl t0, s1, t1
    andi t0, t0, 15
    addi t0, t0, -10
    bltz t0, 3f
    addi t0, t0, 'a' - '9' - 1
3:  addi t0, t0, '9' + 1
    sb t0, 0(t2)
    addi t1, t1, -4
    bgez t1, 1b
    ret
    .section .rodata
guest_text_failed: .asciz "FAILED case "
guest_text_surprise: .asciz "UNEXPECTED TRAP after case "
guest_text_got: .asciz " got "
guest_text_want: .asciz " want "
guest_text_at: .asciz " at "
guest_text_tval: .asciz " mtval "
guest_text_row: .asciz " s0-> "
guest_text_comma: .asciz ", "
guest_text_end: .asciz "\n"
    .data
    .align 3
    .globl trap_cause, trap_tval, trap_epc, trap_status
trap_cause: .dword 0
trap_tval: .dword 0
trap_epc: .dword 0
trap_status: .dword 0
trap_resume: .dword 0
    .text
#endif
