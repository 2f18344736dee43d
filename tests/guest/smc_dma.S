/* SPDX-License-Identifier: BSD-2-Clause */
/* A device writes into code that has run: the entropy device (virtio-mmio slot 7) puts one random byte into the
 * immediate of an instruction; after fence.i that is what runs. In a page of its own, in the page of the running code,
 * in the second half of an instruction over two pages of which only the second is written, through another mapping in
 * S-mode, and by the page.
 * metal: yes
 * qemu: -global virtio-mmio.force-legacy=false -device virtio-rng-device,bus=virtio-mmio-bus.7 */
#include "guest.h"
#include "mmu.h"
    .option norvc
#define RNG 0x10008000
#define WINDOW 0x40000000
    .macro REG off, value
    li t1, \value
    sw t1, \off(s11)
    .endm
    .macro QADDR off, sym
    la t1, \sym
    sw t1, \off(s11)
    srli t1, t1, 32
    sw t1, \off + 4(s11)
    .endm
    /* One buffer of a2 bytes at a1, filled by the device. Clobbers t0-t2, a3-a5. */
    .macro DMA
    jal s10, dma
    .endm
    /* s0: the instruction (addi a0, zero, imm), a1: the byte with imm[11:4]; calls by s1. */
    .macro ROUNDS n, call
    li s2, \n
1:  li a0, 1
    jalr s3, s1
    li a2, 1
    DMA
    fence.i
    li a0, 1
    jalr s3, s1
    lb a4, 0(a1)
    slli a4, a4, 4
    CHECK_REG a0, a4
    addi s2, s2, -1
    bnez s2, 1b
    .endm
    GUEST_START
    li s11, RNG
    lw a0, 0(s11)
    CHECK a0, 0x74726976
    lw a0, 4(s11)
    CHECK a0, 2
    lw a0, 8(s11)
    CHECK a0, 4
    REG 0x70, 0
    REG 0x70, 3
    REG 0x24, 1
    REG 0x20, 1                 /* VIRTIO_F_VERSION_1 */
    REG 0x70, 11
    REG 0x30, 0
    REG 0x38, 8
    QADDR 0x80, desc
    QADDR 0x90, avail
    QADDR 0xa0, used
    REG 0x44, 1
    REG 0x70, 15

    la s1, own_page
    addi a1, s1, 3
    ROUNDS 40
    la s1, near
    addi a1, s1, 3
    ROUNDS 40
    la s1, over
    addi a1, s1, 3
    ROUNDS 40
    /* a page of random bytes, then the code back in its place */
    la s1, own_page
    li s2, 8
1:  la a1, own_page
    li a2, 4096
    DMA
    la t0, near
    lw t1, 0(t0)
    lw t2, 4(t0)
    sw t1, 0(s1)
    sw t2, 4(s1)
    fence.i
    li a0, 1
    jalr s3, s1
    lw a4, 0(s1)
    srai a4, a4, 20
    CHECK_REG a0, a4
    addi s2, s2, -1
    bnez s2, 1b
    /* S-mode, by another address than the device's */
    PT_LEAF root, 2, RAM, PTE_RWX
    PT_LEAF root, 0, 0, PTE_RW
    PT_LINK root, 1, l1
    PT_LINK l1, 0, l0
    PT_SYM l0, 0, own_page, PTE_V | PTE_R | PTE_X | PTE_A
    PT_SYM l0, 5, over_page, PTE_V | PTE_R | PTE_X | PTE_A
    PT_SYM l0, 6, over_page + 4096, PTE_V | PTE_R | PTE_X | PTE_A
    SATP SATP_SV39, root
    sfence.vma
    TRAP_BEGIN
    IN_MODE 1
    li s1, WINDOW
    la a1, own_page + 3
    ROUNDS 20
    li s1, WINDOW + 0x5ffe
    la a1, over_page + 4097
    ROUNDS 20
    ecall
    TRAP_END EXC_ECALL_S
    GUEST_PASS

dma:
    la t0, desc
    sd a1, 0(t0)
    sw a2, 8(t0)
    li t1, 2                    /* the device writes */
    sh t1, 12(t0)
    la t0, avail
    lhu t1, 2(t0)
    andi t2, t1, 7
    slli t2, t2, 1
    add t2, t2, t0
    sh zero, 4(t2)
    addi t1, t1, 1
    fence
    sh t1, 2(t0)
    fence
    sw zero, 0x50(s11)
    la t0, used
    slli t1, t1, 48
    srli t1, t1, 48
2:  lhu t2, 2(t0)
    bne t1, t2, 2b
    fence
    jr s10
near:
    addi a0, zero, 0
    jr s3
    .align 12
own_page:
    addi a0, zero, 0
    jr s3
    .align 12
over_page:
    .space 4094
over:
    .4byte 0x00000513
    jr s3
    .align 12
    .data
    .align 12
desc: .space 128
avail: .space 32
    .align 3
used: .space 128
    .text
    TABLE root
    TABLE l1
    TABLE l0
