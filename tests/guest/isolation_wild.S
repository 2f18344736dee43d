/* SPDX-License-Identifier: BSD-2-Clause */
/* A hostile guest program (U), kernel (S) and machine mode: loads, stores, atomics and jumps to wild addresses, that
 * are not canonical, wrap around, cross pages, or lie where Pyrite itself lies (kernel/memlayout.h), and scans of all
 * 64 bits by strides and of Pyrite's map page by page. Each access traps with its cause and its address; only between
 * WINDOW and WINDOW_END, which holds what Pyrite shows to translated code, it may also come back (docs/security.md),
 * and then nothing has changed: stores put back what was there.
 * metal: yes
 * limit: 120 */
#include "guest.h"
#include "mmu.h"

#define UCODE 0x40000000
#define UDATA 0x40004000
#define WINDOW 0xffffc00000000000
#define WINDOW_END 0xffffe00000000000
#define FETCH_SHIFT 8
#define SLOT(n) (0xffff000000000000 + ((n) << 39))

    GUEST_START
    PT_LEAF root, 2, 0x80000000, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, wild_code, (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A)
    PT_SYM l0, 1, wild_code + 4096, (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A)
    PT_SYM l0, 4, u_data, (PTE_RW | PTE_U)
    la t0, m_trap
    csrw mtvec, t0
    csrw medeleg, zero

    /* s2: cause of loads; s3: of stores; s4: of jumps; s5: U's data page, whose successor is not mapped, or 0; s10:
     * where M goes on */
    li s2, EXC_LOAD_ACCESS
    li s3, EXC_STORE_ACCESS
    li s4, EXC_INSN_ACCESS
    li s5, 0                        /* only U has one */
    la s10, machine_done
    la t0, wild_code
    jr t0
machine_done:
    li s1, EXC_ECALL_M
    CHECK_REG a0, s1
    CHECK a3, 0

    SATP SATP_SV39, root
    sfence.vma
    li s2, EXC_LOAD_PAGE
    li s3, EXC_STORE_PAGE
    li s4, EXC_INSN_PAGE
    la s10, kernel_done
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, MSTATUS_MPP_S
    csrs mstatus, t0
    la t0, wild_code
    csrw mepc, t0
    mret
kernel_done:
    li s1, EXC_ECALL_S
    CHECK_REG a0, s1
    CHECK a3, 0

    li s5, UDATA
    la s10, program_done
    li t0, MSTATUS_MPP
    csrc mstatus, t0
    li t0, UCODE
    csrw mepc, t0
    mret
program_done:
    li s1, EXC_ECALL_U
    CHECK_REG a0, s1
    CHECK a3, 0

    /* what lay in guest memory is as it was */
    la s0, u_data
    li s1, 512
    li s3, 0
1:  ld s2, 0(s0)
    or s3, s3, s2
    addi s0, s0, 8
    addi s1, s1, -1
    bnez s1, 1b
    CHECK s3, 0
    GUEST_PASS

    /* Exceptions go on at s11 in the mode they came from, with a0 the cause and a1 the address; calls, at s10 in M. */
    .align 2
m_trap:
    csrr a0, mcause
    csrr a1, mtval
    csrr a2, mepc
    addi a4, a0, -EXC_ECALL_U
    sltiu a4, a4, 4
    bnez a4, 1f
    csrw mepc, s11
    mret
1:  li a4, FAIL_CALL                /* a check in M itself */
    bne a7, a4, 2f
    j guest_trap
2:  jr s10

    /* ---- the hostile code: position-independent, in all three modes. a3: where it failed, 0: nowhere ---- */
    .align 12
wild_code:
    .option push
    .option norvc
    li a7, 0

    .macro FAILED nr
    li a3, \nr
    j wild_end
    .endm
    /* insn on address s1 must trap with `cause`, address s1 */
    .macro MUST nr, cause, insn:vararg
    li a0, -1
    auipc s11, 0
    addi s11, s11, 16
    \insn
    nop
    beq a0, \cause, .Lc\@
    FAILED \nr
.Lc\@: beq a1, s1, .Lt\@
    FAILED \nr + 1
.Lt\@:
    .endm
    /* the same; in the window it may come back. t5: 1 if it did */
    .macro MAY nr, cause, insn:vararg
    li a0, -1
    li t5, 0
    auipc s11, 0
    addi s11, s11, 16
    \insn
    nop
    li t6, -1
    bne a0, t6, .Lf\@
    li t5, 1
    bltu s1, s8, .Lb\@
    bltu s1, s9, .Lok\@
.Lb\@: FAILED \nr
.Lf\@: beq a0, \cause, .Lt\@
    FAILED \nr + 1
.Lt\@: beq a1, s1, .Lok\@
    FAILED \nr + 2
.Lok\@:
    .endm

    li s8, WINDOW
    li s9, WINDOW_END

    /* addresses of the table: every kind of access */
    auipc s0, 0
    addi s0, s0, 12
    j 1f
    .dword 0x123456789abcdef0, 0x7ffffffffffffff0, 0x8000000000000000, 0xfffffffffffffff8
    .dword 0x0000004000000000, 0xffffffbffffffff8, 0x0000003ffffff000, 0xffffffc000000000
    .dword 0x0000800000000000, 0x00007ffffffffff8, 0xffff7ffffffffff8, 0x00000000ffffff00
    .dword 0x0100000080000000, 0x4000000080000000, 0xc000000080000000, 0x0000010080000000
    .dword 0
1:  ld s1, 0(s0)
    beqz s1, 2f
    MUST 10, s2, lb t0, 0(s1)
    MUST 12, s2, lw t0, 0(s1)
    MUST 14, s2, ld t0, 0(s1)
    MUST 16, s2, lr.d t0, (s1)
    MUST 18, s3, sb t0, 0(s1)
    MUST 20, s3, sd t0, 0(s1)
    MUST 22, s3, amoadd.d t0, zero, (s1)
    MUST 24, s3, amoswap.w t0, zero, (s1)
    MUST 26, s4, jr s1
    addi s1, s1, 3                  /* misaligned, and over the end of the page or of all addresses for some */
    MUST 28, s2, ld t0, 0(s1)
    MUST 30, s3, sd t0, 0(s1)
    ori s1, s1, 0x7f8
    addi s1, s1, 6
    MUST 32, s2, lw t0, 0(s1)
    MUST 34, s3, sw t0, 0(s1)
    addi s0, s0, 8
    j 1b

    /* over the end of what is mapped: nothing of it is stored; the address is that of the page that is not there */
2:  li t0, UDATA
    bne s5, t0, 3f
    li t1, 4096
    add s1, s5, t1
    li t2, -1
    MUST 40, s2, ld t0, -4(s1)
    MUST 42, s3, sd t2, -4(s1)
    MUST 44, s3, sw t2, -1(s1)
    lw t0, -4(s1)
    beqz t0, 3f
    FAILED 46

    /* ---- scans ---- */
3:  li s1, 0x0fedcba987654320       /* all 64 bits by strides */
    li s6, 0x0123456789abcde8
    li s7, 3000
4:  srli t0, s1, 39                 /* what is canonical for Sv39 may be a page of ours */
    beqz t0, 5f
    MUST 50, s2, ld t0, 0(s1)
    MUST 52, s3, sd t0, 0(s1)
    MUST 54, s3, amoadd.w t0, zero, (s1)
5:  add s1, s1, s6
    li t0, WINDOW                   /* not here: the window comes below */
    bltu s1, t0, 6f
    li t0, 0xffffff8000000000
    bgeu s1, t0, 6f
    add s1, s1, s6
6:  addi s7, s7, -1
    bnez s7, 4b

    auipc s0, 0                     /* Pyrite's map: first address, step, how many */
    addi s0, s0, 12
    j 7f
    .dword SLOT(256), 0x200000, 300          /* direct map */
    .dword SLOT(256), 0x40000000, 64
    .dword SLOT(384), 0x1000, 600            /* code */
    .dword SLOT(400), 0x1000, 1500           /* environments, stacks, TLBs, jump caches */
    .dword SLOT(401), 0x200000, 80           /* the window on guest RAM of soft memory */
    .dword SLOT(450), 0x1000, 64             /* the engine's own mappings */
    .dword SLOT(508), 0x1000, 800            /* stacks, device memory, heap, image */
    .dword SLOT(509), 0x1000, 800
    .dword SLOT(510), 0x1000, 500
    .dword SLOT(256), 0x8000000000, 255      /* each slot */
    .dword SLOT(256) + 0x7ffffff000, 0x8000000000, 255
    .dword 0, 0, 0
7:  ld s1, 0(s0)
    ld s6, 8(s0)
    ld s7, 16(s0)
    beqz s7, 9f
8:  MAY 60, s2, ld t0, 0(s1)
    beqz t5, 11f
10: MAY 63, s3, amoor.d t1, zero, (s1)       /* what is there, again: read-only pages fault */
11: add s1, s1, s6
    addi s7, s7, -1
    bnez s7, 8b
    addi s0, s0, 24
    j 7b

9:  li a3, 0
wild_end:
    ecall
    .option pop
    .align 12
    .space 4096

    .data
    .align 12
u_data: .space 4096
    TABLE root
    TABLE l1
    TABLE l0
