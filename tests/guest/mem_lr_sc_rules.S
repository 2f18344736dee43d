/* SPDX-License-Identifier: BSD-2-Clause */
/* What ends a reservation, and what does not: traps and returns, another SC of either size at any address, a changed
 * address space; SC of another size or in the other half fails. Then forward progress: constrained loops (16
 * instructions, over the end of a page, with words and doublewords, each aq and rl) count exactly while a timer
 * interrupts all the time. (QEMU 10 lets SC succeed where its size is not that of LR, and after a write of satp.)
 * metal: yes
 * skip: qemu */
#include "guest.h"
#include "mmu.h"
    .macro SC_FAILS size, rs1=(s0)
    li a3, 0
    sc.\size a3, a2, \rs1
    snez a3, a3
    CHECK a3, 1
    ld a1, 0(s0)
    CHECK_REG a1, s3
    .endm
    GUEST_START
    la s0, cell
    li s3, 0x11
    sd s3, 0(s0)
    li a2, 0x99
    /* sizes: the value fits both, so that only the size can tell */
    lr.w a1, (s0)
    SC_FAILS d
    lr.d a1, (s0)
    SC_FAILS w
    /* the other half of the doubleword */
    addi s1, s0, 4
    lr.w a1, (s1)
    SC_FAILS w
    lr.w a1, (s0)
    li a3, 0
    sc.w a3, a2, (s1)
    snez a3, a3
    CHECK a3, 1
    ld a1, 0(s0)
    CHECK_REG a1, s3
    /* any SC gives it up: one that fails by size, by address, one that succeeds */
    lr.w a1, (s0)
    SC_FAILS d
    SC_FAILS w
    la s1, other
    lr.d a1, (s0)
    sc.d a3, a2, (s1)
    SC_FAILS d
    lr.d a1, (s1)
    lr.d a1, (s0)
    sc.d a3, s3, (s0)
    CHECK a3, 0
    SC_FAILS d
    sc.d a3, a2, (s1)
    snez a3, a3
    CHECK a3, 1
    /* the last LR counts; loads, stores elsewhere and AMOs leave it alone */
    lr.d a1, (s1)
    lr.w a1, (s0)
    ld a1, 0(s1)
    sd a1, 8(s1)
    amoadd.d a1, a1, (s1)
    sc.w a3, s3, (s0)
    CHECK a3, 0
    /* traps */
    lr.d a1, (s0)
    TRAP_BEGIN
    ebreak
    TRAP_END EXC_BREAK
    SC_FAILS d
    lr.d a1, (s0)
    TRAP_BEGIN
    lw a1, 1(zero)
    TRAP_END EXC_LOAD_ACCESS
    SC_FAILS d
    /* misaligned SC traps, reservation or not, whatever its distance */
    .macro BAD_SC size, off
    lr.d a1, (s0)
    addi s1, s0, \off
    TRAP_BEGIN
    sc.\size a3, a2, (s1)
    TRAP_END EXC_STORE_MISALIGNED
    la t0, trap_tval
    ld a4, 0(t0)
    CHECK_REG a4, s1
    .endm
    BAD_SC d, 1
    BAD_SC d, 2
    BAD_SC d, 4
    BAD_SC d, 7
    BAD_SC w, 1
    BAD_SC w, 2
    BAD_SC w, 3
    BAD_SC w, 65
    li s1, -1
    TRAP_BEGIN
    sc.d a3, a2, (s1)
    TRAP_END EXC_STORE_MISALIGNED
    TRAP_BEGIN
    sc.w a3, a2, (s1)
    TRAP_END EXC_STORE_MISALIGNED
    TRAP_BEGIN
    lr.w a3, (s1)
    TRAP_END EXC_LOAD_MISALIGNED
    CHECK_MEM trap_tval, -1

    /* another address space, with the same address and the same value: another place */
    la s4, frame
    sd s3, 0(s4)
    la s4, frame2
    sd s3, 0(s4)
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, frame, PTE_RW
    PT_LEAF root2, 2, RAM, PTE_RWX
    PT_LINK root2, 1, l1b
    PT_LINK l1b, 0, l0b
    PT_SYM l0b, 0, frame2, PTE_RW
    SATP SATP_SV39, root, 1
    sfence.vma
    la t0, root2
    srli t0, t0, 12
    li s5, (SATP_SV39 << 60) | (2 << 44)
    or s5, s5, t0
    li s4, 0x40000000
    TRAP_BEGIN
    IN_MODE 1
    lr.d a1, (s4)
    csrw satp, s5
    li a3, 0
    sc.d a3, a2, (s4)
    snez a3, a3
    ecall
    TRAP_END EXC_ECALL_S
    CHECK a3, 1
    ld a1, frame2
    CHECK_REG a1, s3
    /* ... by sfence.vma after the page was given another frame */
    TRAP_BEGIN
    IN_MODE 1
    la s6, l0b
    ld s7, l0
    lr.d a1, (s4)
    sd s7, 0(s6)
    sfence.vma
    li a3, 0
    sc.d a3, a2, (s4)
    snez a3, a3
    ecall
    TRAP_END EXC_ECALL_S
    CHECK a3, 1
    ld a1, frame
    CHECK_REG a1, s3
    /* ... by MPRV in M-mode: the address is that of RAM on one side, of the page's frame on the other */
    DATA_AS 1
    lr.d a1, (s4)
    DATA_AS_M
    csrw satp, zero
    la s4, frame
    PT_LEAF root, 2, RAM, PTE_RWX
    SATP SATP_SV39, root, 1
    sfence.vma
    DATA_AS 1
    lr.d a1, (s4)
    DATA_AS_M
    li a3, 0
    sc.d a3, a2, (s4)
    snez a3, a3
    CHECK a3, 1
    csrw satp, zero

    /* forward progress under interrupts */
    la t0, tick
    csrw mtvec, t0
    li s8, 0
    li t0, 1 << 7
    csrw mie, t0
    call next_tick
    csrsi mstatus, MSTATUS_MIE
    .macro COUNT lr, sc, size
    sd zero, 0(s0)
    li s2, 20000
    1: \lr a1, (s0)
    addi a1, a1, 1
    xor a4, a1, a2
    xor a4, a4, a2
    sub a5, a4, a1
    beqz a5, 2f
    addi a4, a4, 1
    2: and a4, a4, a4
    or a4, a4, a5
    slli a4, a4, 1
    srli a4, a4, 1
    \sc a3, a4, (s0)
    bnez a3, 1b
    addi s2, s2, -1
    bnez s2, 1b
    l\size a1, 0(s0)
    CHECK a1, 20000
    .endm
    COUNT lr.w, sc.w, w
    COUNT lr.d, sc.d, d
    COUNT lr.w.aq, sc.w.rl, w
    COUNT lr.d.aqrl, sc.d.aqrl, d
    COUNT lr.w.aqrl, sc.w.rl, w
    COUNT lr.d.aq, sc.d, d
    j over
    .balign 4096
    .space 4096 - 34
over:
    COUNT lr.d, sc.d, d
    li a0, 30
    bltu s8, a0, over           /* however slowly the timer comes */
    csrci mstatus, MSTATUS_MIE
    GUEST_PASS

    .align 2
tick:
    csrw mscratch, t0
    csrr t0, mcause
    bltz t0, 1f
    j guest_trap
1:  mv s10, t1
    mv s9, ra
    addi s8, s8, 1
    call next_tick
    mv ra, s9
    mv t1, s10
    csrr t0, mscratch
    mret
    /* a few microseconds from now */
next_tick:
    li t0, CLINT_MTIME
    ld t1, 0(t0)
    addi t1, t1, 40
    li t0, CLINT_MTIMECMP
    sd t1, 0(t0)
    ret
    .data
    .align 7
cell: .space 64
other: .space 64
    TABLE root
    TABLE l1
    TABLE l0
    TABLE root2
    TABLE l1b
    TABLE l0b
    TABLE frame
    TABLE frame2
