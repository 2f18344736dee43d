/* SPDX-License-Identifier: BSD-2-Clause */
/* HTIF's console: device 1, command 1 prints a byte (then the host clears tohost).
 * output: htif says hi
 * skip: qemu */
#include "guest.h"
    GUEST_START
    la s0, text
    la s1, tohost
1:  lbu a0, 0(s0)
    beqz a0, 3f
    li a1, 0x0101000000000000
    or a0, a0, a1
    sd a0, 0(s1)
2:  ld a1, 0(s1)
    bnez a1, 2b
    addi s0, s0, 1
    j 1b
3:  li a0, 1
    sd a0, 0(s1)
4:  j 4b
text: .asciz "htif says hi\n"
    .section .htif, "aw"
    .align 6
    .globl tohost, fromhost
tohost: .dword 0
    .align 6
fromhost: .dword 0
