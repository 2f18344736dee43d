/* SPDX-License-Identifier: BSD-2-Clause */
/* A user program has all that ring 3 can write filled with garbage while it runs (test=scribble): the hart's
 * registers, spill slots with what loops remember of pages, the stack, vector registers, MXCSR; and helpers called with
 * forged numbers and arguments. It may come to any harm, by a fault or by the timer it ends in S; S and M find their
 * registers, memory, CSRs and arithmetic as they left them, f registers of M's behind FS Off among them.
 * metal: yes
 * line: test=scribble
 * skip: x86 hot direct interp qemu cmd
 * limit: 60 */
#include "guest.h"
#include "mmu.h"

#define ROUNDS 2400
#define UCODE 0x40000000
#define UDATA 0x40001000
#define CALL_M 0x51

    /* The S-mode pattern page must hold its row of multiples. */
    .macro CHECK_PATTERN
    la s0, s_page
    li s1, 0x123456789abcdef1
    li s2, 512
    li s3, 0
1:  add s3, s3, s1
    ld s4, 0(s0)
    bne s3, s4, 2f
    addi s0, s0, 8
    addi s2, s2, -1
    bnez s2, 1b
2:  CHECK s2, 0
    .endm

    GUEST_START
    la s0, s_page
    li s1, 0x123456789abcdef1
    li s2, 512
    li s3, 0
1:  add s3, s3, s1
    sd s3, 0(s0)
    addi s0, s0, 8
    addi s2, s2, -1
    bnez s2, 1b

    PT_LEAF root, 2, 0x80000000, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, u_code, (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A)
    PT_SYM l0, 1, u_data, (PTE_RW | PTE_U)
    SATP SATP_SV39, root
    sfence.vma

    /* M's own f registers, then FS Off for S and U. */
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    li t0, 0x4008000000000000 + \n
    fmv.d.x f\n, t0
    .endr
    li t0, MSTATUS_FS
    csrc mstatus, t0

    la t0, m_trap
    csrw mtvec, t0
    la t0, s_trap
    csrw stvec, t0
    li t0, 0xb1ff
    csrw medeleg, t0
    li t0, 0x222
    csrw mideleg, t0
    li t0, -1
    csrw mcounteren, t0
    li t0, 1 << 63
    csrs menvcfg, t0
    li t0, 1 << 5
    csrw mie, t0
    li t0, 0x5ca1ab1e
    csrw sscratch, t0
    csrw mscratch, t0
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, MSTATUS_MPP_S
    csrs mstatus, t0
    la t0, s_next
    csrw mepc, t0
    mret

    /* ---- M: from S only, by ecall ---- */
    .align 2
m_trap:
    li t0, CALL_M
    bne a7, t0, m_other
    csrr s0, mcause
    CHECK s0, EXC_ECALL_S
    CHECK_CSR mstatus, MSTATUS_MPP_S, MSTATUS_MPP
    CHECK_CSR mscratch, 0x5ca1ab1e
    CHECK_CSR medeleg, 0xb1ff
    CHECK_CSR mideleg, 0x222, 0x222
    CHECK_CSR pmpcfg0, 0x1f, 0xff
    li t0, MSTATUS_FS
    csrs mstatus, t0
    beqz a0, m_fp_used
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fmv.x.d s0, f\n
    CHECK s0, 0x4008000000000000 + \n
    .endr
    li t0, MSTATUS_FS
    csrc mstatus, t0
m_fp_used:                                  /* in the second half of the rounds FS stays on */
    li t0, 1
    bne a1, t0, 1f
    csrw fcsr, zero
1:  li t0, 2
    beq a1, t0, m_done
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    mret
m_other:
    j guest_trap
m_done:
    GUEST_PASS

    /* ---- S: every trap of U, and the next round ---- */
    .align 2
s_trap:
    csrr s6, scause
    CHECK_CSR sscratch, 0x5ca1ab1e
    CHECK_CSR sstatus, 0, 0x100             /* SPP: it came from U */
    la s0, s_trap
    csrr s1, stvec
    CHECK_REG s1, s0
    la s0, root
    srli s0, s0, 12
    li s1, SATP_SV39 << 60
    or s0, s0, s1
    csrr s1, satp
    CHECK_REG s1, s0
    /* an exception of a program (not an ecall from S or M), or the timer */
    bltz s6, 1f
    li s0, 0xb1ff
    srl s0, s0, s6
    andi s0, s0, 1
    CHECK s0, 1
    li s0, 16
    sltu s0, s6, s0
    CHECK s0, 1
    j 2f
1:  slli s6, s6, 1
    srli s6, s6, 1
    CHECK s6, 5
2:  CHECK_PATTERN
    /* integers and memory in a loop, which the allocator spills and remembers pages for */
    la s0, s_page
    li s1, 0
    li s2, 512
3:  ld s3, 0(s0)
    add s1, s1, s3
    sd s3, 0(s0)
    addi s0, s0, 8
    addi s2, s2, -1
    bnez s2, 3b
    li s4, (512 * 513 / 2)
    li s5, 0x123456789abcdef1
    mul s4, s4, s5
    CHECK_REG s1, s4
    la s0, round
    ld s1, 0(s0)
    li s2, ROUNDS / 2 + 1
    bge s1, s2, 4f
    CHECK_CSR sstatus, 0, MSTATUS_FS
    j s_next
4:  la s0, kind                             /* a forged call may have written fcsr, which U may */
    ld s0, 0(s0)
    li s2, 8 * 6
    blt s0, s2, 5f
    csrw fcsr, zero
5:
    /* FP: 1/3 to nearest, a subnormal that is not flushed, the rounding mode as it was */
    CHECK_CSR frm, 0
    csrw fflags, zero
    li t0, 0x3ff0000000000000
    fmv.d.x f1, t0
    li t0, 0x4008000000000000
    fmv.d.x f2, t0
    fdiv.d f3, f1, f2
    fmv.x.d s3, f3
    CHECK s3, 0x3fd5555555555555
    li t0, 0x0010000000000000
    fmv.d.x f4, t0
    fdiv.d f5, f4, f2
    fmv.x.d s3, f5
    CHECK s3, 0x0005555555555555
    CHECK_CSR fflags, 3                     /* inexact, underflow */
    li t0, 0
    fmv.d.x f6, t0
    fdiv.d f7, f1, f6                       /* masked */
    fmv.x.d s3, f7
    CHECK s3, 0x7ff0000000000000

s_next:
    la s0, round
    ld s1, 0(s0)
    addi s2, s1, 1
    sd s2, 0(s0)
    li s3, ROUNDS
    li a7, CALL_M
    li a0, 0
    li a1, 2
    bge s1, s3, s_call
    li s3, ROUNDS / 2
    sltu a0, s1, s3
    xor s4, s1, s3
    seqz a1, s4
    ecall                                   /* M looks after what is its own; at half time it switches FP on */
    csrr t0, time
    li t1, 3000
    add t0, t0, t1
    csrw stimecmp, t0
    li t0, 1 << 5
    csrw sie, t0
    li t0, 0x100
    csrc sstatus, t0                        /* to U */
    li t0, 1 << 5
    csrs sstatus, t0                        /* SPIE */
    li t0, 16
    remu t1, s1, t0
    slli t1, t1, 3
    la t0, kind
    sd t1, 0(t0)
    la t0, u_entries
    add t0, t0, t1
    ld t0, 0(t0)
    csrw sepc, t0
    li a0, 0x9e3779b97f4a7c15
    addi s1, s1, 1
    mul a0, a0, s1                          /* the seed */
    li a1, UDATA
    li a2, 40
    li a3, 20
    sret
s_call:
    ecall
    j s_call

    .section .rodata
    .align 3
u_entries:
    .dword UCODE + (u_straight - u_code), UCODE + (u_loop - u_code), UCODE + (u_registers - u_code)
    .dword UCODE + (u_both - u_code), UCODE + (u_fp - u_code), UCODE + (u_calls - u_code)
    .rept 10
    .dword UCODE + (u_forge - u_code)
    .endr

    /* ---- U ---- */
    .macro SCRIBBLE what                    /* sltiu x0, a0, 0x7e0 + what */
    .word (0x7e0 + \what) << 20 | 10 << 15 | 3 << 12 | 0x13
    .endm
    .text
    .align 12
u_code:
u_straight:
    ld t0, 0(a1)
    SCRIBBLE 1
    sd t0, 8(a1)
    addi t0, t0, 1
    sd t0, 16(a1)
    ld t1, 24(a1)
    ecall
u_loop:
    ld t0, 0(a1)
    ld t1, 64(a1)
    add t0, t0, t1
    sd t0, 8(a1)
    addi a2, a2, -1
    bne a2, a3, 1f
    SCRIBBLE 1
1:  bnez a2, u_loop
    ecall
u_registers:
    li t0, 77
    SCRIBBLE 2
    sd t0, 8(a1)
    ld t1, 0(a1)
    ecall
u_both:
    ld t0, 0(a1)
    addi a2, a2, -1
    sd t0, 8(a1)
    bne a2, a3, 1f
    SCRIBBLE 3
1:  bnez a2, u_both
    ecall
u_fp:
    fld f1, 0(a1)
    fadd.d f2, f1, f1
    SCRIBBLE 2
    fdiv.d f3, f2, f1
    fsd f3, 8(a1)
    ecall
u_calls:
    SCRIBBLE 1
    jal ra, 1f
1:  addi a2, a2, -1
    SCRIBBLE 1
    beqz a2, 2f
    jr ra
2:  ecall
u_forge:
    li a7, CALL_M
1:  SCRIBBLE 0
    addi a0, a0, 777
    addi a2, a2, -1
    bnez a2, 1b
    ecall
    .align 12

    .data
    .align 3
round: .dword 0
kind: .dword 0
    .align 12
s_page: .space 4096
u_data: .space 4096
    TABLE root
    TABLE l1
    TABLE l0
