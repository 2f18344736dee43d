/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes translation and protection holds for the very next instruction, also in loops that have run often enough
 * to be linked: SUM, MXR, MPRV, satp (data, and the code itself), a page table entry with sfence.vma under the running
 * code, PMP. (QEMU 10 goes on in the old frame after sfence.vma, up to the end of its block.)
 * metal: yes
 * skip: qemu */
#include "guest.h"
#include "mmu.h"
#define WINDOW 0xc0000000         /* nothing there physically */
#define ROUNDS 300
    .option norvc
    /* Faults are counted in s7 (loads), s8 (fetches); a load is stepped over. Registers t3-t6 are the handler's. */
    .macro HANDLED
    la t0, handler
    csrw mtvec, t0
    li s7, 0
    .endm
    .macro CATCHER
    la t0, guest_trap
    csrw mtvec, t0
    .endm
    /* In S: with s4 set in sstatus by a register, then by a constant, the load at s1 works; else it faults. */
    .macro TOGGLE bit
    HANDLED
    TRAP_BEGIN
    IN_MODE 1
    li s2, ROUNDS
    li s4, \bit
    li s5, 0
1:  csrs sstatus, s4
    ld a0, 0(s1)
    add s5, s5, a0
    csrc sstatus, s4
    ld a0, 0(s1)
    csrs sstatus, s4
    ld a1, 0(s1)
    csrr a2, sstatus
    xor a2, a2, s4
    csrw sstatus, a2
    ld a0, 0(s1)
    addi s2, s2, -1
    bnez s2, 1b
    la t0, guest_trap           /* the last ecall is the catcher's */
    li a7, 1
    ecall
    TRAP_END EXC_ECALL_S
    CHECK s7, 2 * ROUNDS
    CHECK s5, 5 * ROUNDS
    .endm
    GUEST_START
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LEAF root, 0, 0, PTE_RW
    PT_LINK root, 3, l1
    PT_LINK l1, 0, l0
    PT_LEAF root2, 2, RAM, PTE_RWX
    PT_LEAF root2, 0, 0, PTE_RW
    PT_LINK root2, 3, l1b
    PT_LINK l1b, 0, l0b
    PT_SYM l0, 0, five, PTE_RW | PTE_U
    PT_SYM l0, 1, five, PTE_V | PTE_X | PTE_A
    PT_SYM l0, 2, five, PTE_RW
    PT_SYM l0b, 2, six, PTE_RW
    PT_SYM l0, 3, code_a, PTE_RWX
    PT_SYM l0b, 3, code_b, PTE_RWX
    PT_SYM l0, 4, l0, PTE_RW
    la t0, root2
    srli t0, t0, 12
    li s10, (SATP_SV39 << 60) | (2 << 44)
    or s10, s10, t0
    SATP SATP_SV39, root, 1
    csrr s9, satp
    sfence.vma
    li s1, WINDOW
    TOGGLE MSTATUS_SUM
    li s1, WINDOW + 4096
    TOGGLE MSTATUS_MXR

    /* MPRV in M-mode: with it the window, without it nothing at that address */
    HANDLED
    li s1, WINDOW + 8192
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, MSTATUS_MPP_S
    csrs mstatus, t0
    li s2, ROUNDS
    li s4, MSTATUS_MPRV
    li s5, 0
1:  csrs mstatus, s4
    ld a0, 0(s1)
    add s5, s5, a0
    csrc mstatus, s4
    ld a0, 0(s1)
    li t0, MSTATUS_MPP          /* the handler's mret left MPP at U */
    csrc mstatus, t0
    li t0, MSTATUS_MPP_S
    csrs mstatus, t0
    addi s2, s2, -1
    bnez s2, 1b
    CATCHER
    CHECK s7, ROUNDS
    CHECK s5, 5 * ROUNDS

    /* satp in S: data; then code, whose next instruction is another */
    TRAP_BEGIN
    IN_MODE 1
    li s2, ROUNDS
    li s5, 0
1:  csrw satp, s10
    ld a0, 0(s1)
    add s5, s5, a0
    csrw satp, s9
    ld a0, 0(s1)
    slli a0, a0, 16
    add s5, s5, a0
    addi s2, s2, -1
    bnez s2, 1b
    ecall
    TRAP_END EXC_ECALL_S
    CHECK s5, 6 * ROUNDS + ((5 * ROUNDS) << 16)
    TRAP_BEGIN
    IN_MODE 1
    li a0, 0
    li a1, 0
    li s2, ROUNDS
    li s1, WINDOW + 3 * 4096
    jr s1
    TRAP_END EXC_ECALL_S
    CHECK a0, ROUNDS
    CHECK a1, ROUNDS

    /* the page of the running code gets another frame */
    PT_GET s5, l0, 3
    PT_GET s6, l0b, 3
    li a0, 0
    li a1, 0
    li s2, ROUNDS
    li s4, WINDOW + 4 * 4096 + 24
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW + 3 * 4096 + 256
    jr s1
    TRAP_END EXC_ECALL_S
    CHECK a0, ROUNDS
    CHECK a1, ROUNDS
    csrw satp, zero

    /* PMP in M-mode, by locked entries: the next instruction, four bytes, and the page of a loop that locks itself
     * out */
    csrw pmpcfg0, zero
    la s1, lock_next
    srli t0, s1, 2
    csrw pmpaddr8, t0
    li s3, 0x91                 /* L, NA4, R */
    la s4, lock_loop_end
    srli t0, s4, 2
    csrw pmpaddr9, t0
    TRAP_BEGIN
    csrw pmpcfg2, s3
lock_next:
    nop
    TRAP_END EXC_INSN_ACCESS
    la t0, trap_epc
    ld a0, 0(t0)
    CHECK_REG a0, s1
    li s2, 100
    li s3, 0x9100               /* of entry 9; 8 is locked already */
    li s5, 0
    TRAP_BEGIN
1:  addi s5, s5, 1
    addi s2, s2, -1
    slti t0, s2, 50
    beqz t0, lock_loop_end
    csrw pmpcfg2, s3
lock_loop_end:
    bnez s2, 1b
    TRAP_END EXC_INSN_ACCESS
    CHECK s5, 51
    la t0, trap_epc
    ld a0, 0(t0)
    CHECK_REG a0, s4
    /* data: a locked read-only word amid others, the store after the write of pmpcfg */
    la s1, word
    srli t0, s1, 2
    csrw pmpaddr10, t0
    li s3, 0x910000
    li s2, 100
    sw s2, 0(s1)
    TRAP_BEGIN
1:  sw s2, 0(s1)
    addi s2, s2, -1
    slti t0, s2, 50
    beqz t0, 1b
    csrw pmpcfg2, s3
2:  sw zero, 0(s1)
    TRAP_END EXC_STORE_ACCESS
    lw a0, 0(s1)
    CHECK a0, 50
    sw s2, 4(s1)
    GUEST_PASS

    /* a7: done, to the catcher */
    .align 2
handler:
    csrr t3, mcause
    li t4, EXC_LOAD_PAGE
    beq t3, t4, 1f
    li t4, EXC_LOAD_ACCESS
    beq t3, t4, 1f
    la t3, guest_trap
    csrw mtvec, t3
    j guest_trap
1:  addi s7, s7, 1
    csrr t3, mepc
    addi t3, t3, 4
    csrw mepc, t3
    mret

    /* Both frames are mapped at the same address: the loop goes from one to the other and back. */
    .align 12
code_a:
    csrw satp, s10
    addi a0, a0, 0x100          /* never: the other frame's is next */
    addi a0, a0, 0x100
    ecall
    addi a0, a0, 1
    addi s2, s2, -1
    bnez s2, code_a
    ecall
    .space 256 - 32
    sd s6, 0(s4)
    sfence.vma
    addi a0, a0, 0x100
    addi a0, a0, 0x100
    ecall
    addi a0, a0, 1
    addi s2, s2, -1
    bnez s2, code_a + 256
    ecall
    .align 12
code_b:
    nop
    addi a1, a1, 1
    nop
    csrw satp, s9
    addi a1, a1, 0x100
    .space 256 - 20
    nop
    nop
    addi a1, a1, 1
    sd s5, 0(s4)
    sfence.vma s1
    addi a1, a1, 0x100
    .align 12
five: .dword 5
    .align 12
six: .dword 6
    .align 12
word: .dword 0
    .align 12
    TABLE root
    TABLE l1
    TABLE l0
    TABLE root2
    TABLE l1b
    TABLE l0b
