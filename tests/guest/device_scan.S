/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes of random values and sizes to every register of every device, and reads of all: traps are fine, a hang or a
 * fault of the host is not. The finisher's own register and RAM are left out; DMA rings point anywhere.
 * limit: 120
 * skip: qemu */
#include "guest.h"
    GUEST_START
    la t0, catch
    csrw mtvec, t0
    li s0, 0x9e3779b97f4a7c15   /* the random state */
    la s1, regions
    la s2, regions_end
region:
    ld s3, 0(s1)                /* start */
    ld s4, 8(s1)                /* size */
    ld s5, 16(s1)               /* accesses */
1:  call random
    remu a1, a0, s4
    add a1, a1, s3
    call random
    mv a2, a0
    call random
    andi a3, a0, 15
    li t0, 8                    /* half of the values are small, half of the addresses aligned */
    bltu a3, t0, 2f
    andi a1, a1, -8
    andi a2, a2, 0xff
2:  andi a3, a3, 7
    slli a3, a3, 3
    la t0, forms
    add t0, t0, a3
    jr t0
    .option push
    .option norvc
forms:
    sb a2, 0(a1)
    j next
    sh a2, 0(a1)
    j next
    sw a2, 0(a1)
    j next
    sd a2, 0(a1)
    j next
    lw a2, 0(a1)
    j next
    ld a2, 0(a1)
    j next
    lbu a2, 0(a1)
    j next
    amoadd.w a2, a2, (a1)
    .option pop
next:
    addi s5, s5, -1
    bnez s5, 1b
    addi s1, s1, 24
    bne s1, s2, region
    GUEST_PASS
random:
    slli t0, s0, 13
    xor s0, s0, t0
    srli t0, s0, 7
    xor s0, s0, t0
    slli t0, s0, 17
    xor s0, s0, t0
    mv a0, s0
    ret
    .align 2
catch:
    la t0, next
    csrw mepc, t0
    mret
    .data
    .align 3
regions:
    .dword FINISHER + 4, 0xffc, 2000
    .dword RTC, 0x1000, 5000
    .dword RTC, 0x24, 5000
    .dword CLINT, 0x10000, 5000
    .dword CLINT + 0x4000, 0x20, 2000
    .dword PLIC, 0x600000, 5000
    .dword PLIC, 0x400, 5000
    .dword PLIC + 0x2000, 0x100, 2000
    .dword PLIC + 0x200000, 0x2010, 2000
    .dword UART + 1, 0xff, 5000
    .dword UART + 1, 7, 2000
    .dword 0x10001000, 0x8000, 20000
    .dword 0x10001000, 0x120, 20000
    .dword 0x10006000, 0x120, 20000
    .dword 0x10007000, 0x120, 20000
    .dword 0x10008000, 0x120, 20000
    .dword 0x10100000, 0x20, 5000
    .dword 0x20000000, 0x4000000, 2000
    .dword 0x30000000, 0x10000000, 2000
    .dword 0x40000000, 0x40000000, 2000
    .dword 0, 0x100000, 2000
    .dword 0x3000000, 0x1000000, 2000
regions_end:
