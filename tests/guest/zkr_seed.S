/* SPDX-License-Identifier: BSD-2-Clause */
/* Zkr: who may read the seed CSR, by which instructions, and that what it gives is not always the same.
   skip: qemu (it sign-extends the 32 bits of the CSR) */
#include "guest.h"
#include "modes.h"
#define MSECCFG_USEED (1 << 8)
#define MSECCFG_SSEED (1 << 9)
#define ES16 2

    /* t3 = the next 16 bits; waits for the source */
    .macro NEXT_SEED
1:  csrrw t3, 0x015, zero
    srli t4, t3, 30
    li t5, 1
    bleu t4, t5, 1b
    CHECK t4, ES16
    srli t5, t3, 16
    CHECK t5, ES16 << 14        /* custom and reserved bits are 0 */
    .endm

    GUEST_START
    /* sixteen of them: neither all ones nor all zeros, nor all the same */
    li s2, 0
    li s3, -1
    li s4, 16
2:  NEXT_SEED
    or s2, s2, t3
    and s3, s3, t3
    addi s4, s4, -1
    bnez s4, 2b
    xor s2, s2, s3
    snez s2, s2
    CHECK s2, 1

    /* any instruction that writes; what it writes is ignored */
    li a0, -1
    csrrw a1, 0x015, a0
    csrrs a1, 0x015, a0
    csrrc a1, 0x015, a0
    csrrwi a1, 0x015, 31
    csrrsi a1, 0x015, 1
    csrrci a1, 0x015, 1
    csrrw zero, 0x015, a0
    csrrwi zero, 0x015, 0
    /* those that only read are illegal */
    ILLEGAL 3, csrrs a5, 0x015, zero
    ILLEGAL 3, csrrc a5, 0x015, zero
    ILLEGAL 3, csrrsi a5, 0x015, 0
    ILLEGAL 3, csrrci a5, 0x015, 0

    /* below M-mode mseccfg gives leave, for each mode apart */
    csrwi 0x747, 0
    ILLEGAL 1, csrrw a5, 0x015, zero
    ILLEGAL 0, csrrw a5, 0x015, zero
    li a0, MSECCFG_SSEED
    csrw 0x747, a0
    CHECK_CSR 0x747, MSECCFG_SSEED, MSECCFG_SSEED | MSECCFG_USEED
    LEGAL 1, EXC_ECALL_S, csrrw a5, 0x015, zero
    ILLEGAL 1, csrrs a5, 0x015, zero
    ILLEGAL 0, csrrw a5, 0x015, zero
    li a0, MSECCFG_USEED
    csrw 0x747, a0
    CHECK_CSR 0x747, MSECCFG_USEED, MSECCFG_SSEED | MSECCFG_USEED
    LEGAL 0, EXC_ECALL_U, csrrw a5, 0x015, zero
    ILLEGAL 0, csrrsi a5, 0x015, 0
    ILLEGAL 1, csrrw a5, 0x015, zero
    GUEST_PASS
