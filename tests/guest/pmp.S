/* SPDX-License-Identifier: BSD-2-Clause */
/* PMP: NA4, NAPOT, TOR, lock, order, execution, a boundary inside a page, an access over a boundary, page walks under
 * PMP. */
#include "guest.h"
#include "mmu.h"
#define R 1
#define W 2
#define X 4
#define TOR 8
#define NA4 16
#define NAPOT 24
#define LOCK 128
    /* entry 15 is the rest of memory: everything */
    .macro PMPCFG value
    li t0, \value
    csrw pmpcfg0, t0
    sfence.vma
    .endm
    .macro S_OK insn:vararg
    TRAP_BEGIN
    DATA_AS 1
    \insn
    ecall
    TRAP_END EXC_ECALL_M
    DATA_AS_M
    .endm
    .macro S_BAD cause, tval, insn:vararg
    TRAP_BEGIN
    DATA_AS 1
    \insn
    TRAP_END \cause
    DATA_AS_M
    la t0, trap_tval
    ld s7, 0(t0)
    CHECK_REG s7, \tval
    .endm
    GUEST_START
    li t0, (NAPOT | R | W | X) << 56
    csrw pmpcfg0, zero
    csrw pmpcfg2, t0
    li t0, -1
    csrw pmpaddr15, t0
    la s0, area                 /* 8 KiB aligned, 8 KiB long */
    srli s1, s0, 2
    addi s2, s0, 8
    /* nothing matches but 15 */
    S_OK ld a0, 0(s0)

    /* NA4: four bytes read-only, in the middle of a page */
    addi t0, s1, 2
    csrw pmpaddr0, t0
    PMPCFG (NA4 | R)
    S_OK ld a0, 0(s0)
    S_OK lw a0, 8(s0)
    S_OK sw a0, 12(s0)
    S_OK sw a0, 4(s0)
    S_BAD EXC_STORE_ACCESS, s2, sw a0, 8(s0)
    S_BAD EXC_STORE_ACCESS, s2, sb a0, 8(s0)
    addi s3, s2, 3
    S_BAD EXC_STORE_ACCESS, s3, sb a0, 11(s0)
    S_OK sb a0, 7(s0)
    S_OK lbu a0, 11(s0)
    /* an access that matches only in part fails whatever the rights */
    S_BAD EXC_LOAD_ACCESS, s2, ld a0, 8(s0)
    S_BAD EXC_STORE_ACCESS, s2, sd a0, 8(s0)
    /* M ignores it as long as it is not locked */
    sw a0, 8(s0)
    lw a0, 8(s0)
    /* no rights at all */
    PMPCFG NA4
    S_BAD EXC_LOAD_ACCESS, s2, lw a0, 8(s0)
    S_OK lw a0, 16(s0)
    S_OK lw a0, 16(s0)
    S_BAD EXC_LOAD_ACCESS, s2, lb a0, 8(s0)

    /* NAPOT 4 KiB: no write */
    ori t0, s1, 0x1ff
    csrw pmpaddr0, t0
    PMPCFG (NAPOT | R)
    S_OK ld a0, 0(s0)
    S_BAD EXC_STORE_ACCESS, s0, sd a0, 0(s0)
    li s3, 4096
    add s3, s3, s0
    S_OK sd a0, 0(s3)
    addi s4, s3, -8
    S_BAD EXC_STORE_ACCESS, s4, sd a0, 0(s4)
    S_OK ld a0, 0(s4)
    /* write alone is reserved (cleared or kept, but S may not read by it) */
    /* NAPOT 8 bytes */
    csrw pmpaddr0, s1
    PMPCFG NAPOT
    S_BAD EXC_LOAD_ACCESS, s0, ld a0, 0(s0)
    S_OK ld a0, 8(s0)

    /* TOR: [area + 16, area + 4096 + 32) read-only */
    addi t0, s1, 4
    csrw pmpaddr0, t0
    li t1, (4096 + 32) / 4
    add t0, s1, t1
    csrw pmpaddr1, t0
    PMPCFG ((TOR | R) << 8)
    S_OK sd a0, 8(s0)
    addi s4, s0, 16
    S_BAD EXC_STORE_ACCESS, s4, sd a0, 16(s0)
    addi s4, s3, 24
    S_BAD EXC_STORE_ACCESS, s4, sd a0, 24(s3)
    S_OK ld a0, 24(s3)
    S_OK sd a0, 32(s3)
    /* TOR with top below bottom matches nothing; TOR 0 starts at 0 */
    csrw pmpaddr1, zero
    PMPCFG (TOR << 8)
    S_OK sd a0, 16(s0)

    /* order: the lowest match decides */
    ori t0, s1, 0x1ff
    csrw pmpaddr1, t0
    csrw pmpaddr0, s1
    PMPCFG (((NAPOT | R) << 8) | NAPOT | R | W)
    S_OK sd a0, 0(s0)
    addi s4, s0, 8
    S_BAD EXC_STORE_ACCESS, s4, sd a0, 8(s0)

    /* execution */
    la s5, exec_page
    srli t0, s5, 2
    ori t0, t0, 0x1ff
    csrw pmpaddr0, t0
    PMPCFG (NAPOT | R | W)
    TRAP_BEGIN
    IN_MODE 1
    jr s5
    TRAP_END EXC_INSN_ACCESS
    la t0, trap_tval
    ld a0, 0(t0)
    CHECK_REG a0, s5
    PMPCFG (NAPOT | X)
    TRAP_BEGIN
    IN_MODE 1
    jr s5
    TRAP_END EXC_ECALL_S
    CHECK a0, 0x51
    S_BAD EXC_LOAD_ACCESS, s5, ld a0, 0(s5)
    /* a page of which only the first half may be executed; the code runs into the second */
    li t0, 2048
    add s6, s5, t0
    srli t0, s5, 2
    csrw pmpaddr0, t0
    srli t0, s6, 2
    csrw pmpaddr1, t0
    ori t0, t0, 0xff
    csrw pmpaddr2, t0
    PMPCFG (((TOR | X) << 8) | ((NAPOT | R) << 16))
    TRAP_BEGIN
    IN_MODE 1
    jr s5
    TRAP_END EXC_ECALL_S
    addi s4, s6, -4
    li a0, 0
    TRAP_BEGIN
    IN_MODE 1
    jr s4
    TRAP_END EXC_INSN_ACCESS
    CHECK a0, 0x52
    la t0, trap_tval
    ld a0, 0(t0)
    CHECK_REG a0, s6
    la t0, trap_epc
    ld a0, 0(t0)
    CHECK_REG a0, s6

    /* A page walk reads PTEs with S's rights: access fault with the address asked for */
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LINK root, 1, l1
    PT_LINK l1, 0, area
    PT_SYM area, 0, exec_page, PTE_RW
    ori t0, s1, 0x1ff
    csrw pmpaddr0, t0
    PMPCFG (NAPOT | R | W)
    SATP SATP_SV39, root
    sfence.vma
    li s4, 0x40000000
    S_OK ld a0, 0(s4)
    PMPCFG NAPOT
    S_BAD EXC_LOAD_ACCESS, s4, ld a0, 0(s4)
    S_BAD EXC_STORE_ACCESS, s4, sd a0, 0(s4)
    /* ... and what the PTE maps is checked too */
    srli t0, s5, 2
    csrw pmpaddr0, t0
    PMPCFG NAPOT
    S_BAD EXC_LOAD_ACCESS, s4, ld a0, 0(s4)
    S_OK ld a0, 8(s4)
    csrw satp, zero

    /* Locked: M obeys, and cannot write the entry, nor the address below a locked TOR */
    ori t0, s1, 0x1ff
    csrw pmpaddr3, t0
    li t0, (LOCK | NAPOT | R) << 24
    csrw pmpcfg0, t0
    sfence.vma
    ld a0, 0(s0)
    TRAP_BEGIN
    sd a0, 0(s0)
    TRAP_END EXC_STORE_ACCESS
    csrw pmpcfg0, zero
    csrr a0, pmpcfg0
    li t0, (LOCK | NAPOT | R) << 24
    CHECK_REG a0, t0
    csrr a1, pmpaddr3
    csrw pmpaddr3, zero
    csrr a2, pmpaddr3
    CHECK_REG a1, a2
    addi t0, s1, 0x200
    csrw pmpaddr4, t0
    addi t0, s1, 0x400
    csrw pmpaddr5, t0
    li t0, ((LOCK | TOR | R) << 40) | ((LOCK | NAPOT | R) << 24)
    csrw pmpcfg0, t0
    csrr a1, pmpaddr4
    li t0, 0x123
    csrw pmpaddr4, t0
    csrr a2, pmpaddr4
    CHECK_REG a1, a2

    /* Without any match S has nothing */
    csrw pmpcfg2, zero
    sfence.vma
    la s4, page_end
    S_BAD EXC_LOAD_ACCESS, s4, ld a0, 0(s4)
    GUEST_PASS
    .bss
    .align 13
area: .space 8192
page_end: .space 64
    .text
    .align 12
exec_page:
    .option push
    .option norvc
    li a0, 0x51
    ecall
    .space 2048 - 12
    li a0, 0x52
    li a0, 0x53
    ecall
    .option pop
    .align 12
    TABLE root
    TABLE l1
