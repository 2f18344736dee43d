/* SPDX-License-Identifier: BSD-2-Clause */
/* Smepmp's rules for writes: RLB lifts locks and is lost for good once something is locked without it; MML and MMWP
 * stay; no rule that lets M execute is added under MML, byte by byte; the lock of a TOR entry holds the address below.
 * Page table walks are S's accesses, for M's MPRV too.
 * QEMU 10 keeps W without R, which is reserved.
 * metal: yes
 * skip: qemu */
#include "guest.h"
#include "mmu.h"
#define MSECCFG 0x747
#define RLB 4
#define MMWP 2
#define MML 1
#define SPOT 0x84000000
    GUEST_START
    /* everything open to all for now: entry 15, and locked rules come below it */
    li t0, -1
    csrw pmpaddr15, t0
    li t0, 0x1f << 56
    csrw pmpcfg2, t0
    csrw pmpcfg0, zero
    CHECK_CSR MSECCFG, 0, 7
    /* RLB: locks are off */
    csrwi MSECCFG, RLB
    CHECK_CSR MSECCFG, RLB, 7
    li t0, SPOT >> 2
    csrw pmpaddr3, t0
    li t0, 0x89 << 32           /* entry 4: L TOR R */
    csrw pmpcfg0, t0
    csrwi pmpaddr4, 8
    CHECK_CSR pmpaddr4, 8
    csrwi pmpaddr3, 4
    CHECK_CSR pmpaddr3, 4
    csrwi MSECCFG, RLB
    CHECK_CSR MSECCFG, RLB, 7
    /* without RLB they hold; pmpaddr3 is the bottom of a locked TOR */
    csrw MSECCFG, zero
    CHECK_CSR MSECCFG, 0, 7
    csrw pmpaddr4, zero
    csrw pmpaddr3, zero
    csrw pmpcfg0, zero
    CHECK_CSR pmpaddr4, 8
    CHECK_CSR pmpaddr3, 4
    CHECK_CSR pmpcfg0, 0x89 << 32
    csrwi pmpaddr2, 5
    CHECK_CSR pmpaddr2, 5
    /* and RLB cannot come back */
    csrwi MSECCFG, RLB
    CHECK_CSR MSECCFG, 0, 7
    /* W without R is reserved as long as MML is clear */
    li t0, 0x1a                 /* entry 0: NAPOT W */
    csrw pmpcfg0, t0
    csrr a0, pmpcfg0
    andi a0, a0, 2
    CHECK a0, 0
    csrw pmpcfg0, zero

    /* a page table that S may not read, or not write */
    PT_RAW root, 0, 0
    PT_LEAF root, 2, RAM, PTE_RWX & ~PTE_A & ~PTE_D
    SATP SATP_SV39, root
    la t0, root
    srli t0, t0, 2
    ori t0, t0, 0x1ff
    csrw pmpaddr0, t0
    li t0, 0x1c                 /* NAPOT X */
    csrw pmpcfg0, t0
    DATA_FAULT 1, EXC_LOAD_ACCESS, RAM + 16, ld a0, 0(s1)
    DATA_FAULT 0, EXC_STORE_ACCESS, RAM + 16, sb a0, 0(s1)
    li t0, 0x19                 /* NAPOT R: A cannot be set */
    csrw pmpcfg0, t0
    DATA_FAULT 1, EXC_LOAD_ACCESS, RAM + 16, ld a0, 0(s1)
    PT_GET a0, root, 2
    andi a0, a0, PTE_A | PTE_D
    CHECK a0, 0
    PT_LEAF root, 2, RAM, PTE_RWX & ~PTE_D
    sfence.vma
    li s1, RAM + 16
    DATA_AS 1
    ld a0, 0(s1)
    DATA_AS_M
    DATA_FAULT 1, EXC_STORE_ACCESS, RAM + 16, sb a0, 0(s1)
    csrw pmpcfg0, zero
    DATA_AS 1
    ld a0, 0(s1)
    sd a0, 0(s1)
    DATA_AS_M
    PT_GET a0, root, 2
    andi a0, a0, PTE_A | PTE_D
    CHECK a0, PTE_A | PTE_D
    csrw satp, zero

    /* MML: text RX for M (entries 8, 9), then all of memory RW for it (10); what is executable must come before */
    li t0, RAM >> 2
    csrw pmpaddr8, t0
    la t0, guest_code_end
    srli t0, t0, 2
    csrw pmpaddr9, t0
    li t0, -1
    csrw pmpaddr10, t0
    li t0, (0x1f << 56) | 0x9b8d00
    csrw pmpcfg2, t0
    csrwi MSECCFG, MML
    CHECK_CSR MSECCFG, MML, 7
    csrw MSECCFG, zero
    CHECK_CSR MSECCFG, MML, 7
    csrwi MSECCFG, MMWP
    CHECK_CSR MSECCFG, MML | MMWP, 7
    csrwi MSECCFG, RLB
    CHECK_CSR MSECCFG, MML | MMWP, 7
    /* 0: L R X (M's code) refused; 1: R W fine; 2: L W X (shared code) refused; 3: L R W X (shared, read-only) fine */
    li t0, 0x9f9e1b9d
    csrw pmpcfg0, t0
    csrr a0, pmpcfg0
    li t0, 0xffffffff
    and a0, a0, t0
    li t0, 0x9f001b00
    CHECK_REG a0, t0
    GUEST_PASS
    TABLE root
