/* SPDX-License-Identifier: BSD-2-Clause */
/* An S-mode program under OpenSBI: a0 is the hart, a1 the device tree; console and shutdown by SBI.
 * bios: default
 * metal: yes
 * output: supervisor says hello
 * limit: 60 */
    .section .text.start, "ax"
    .globl _start
_start:
    mv s0, a0
    mv s1, a1
    la sp, stack_top
    bnez s0, bad
    lwu t0, 0(s1)               /* the device tree's magic, big-endian */
    li t1, 0xedfe0dd0
    bne t0, t1, bad
    la s2, text
1:  lbu a0, 0(s2)
    beqz a0, 2f
    li a7, 1                    /* legacy console putchar */
    ecall
    addi s2, s2, 1
    j 1b
2:  li a7, 0x10                 /* base: specification version */
    li a6, 0
    ecall
    bnez a0, bad
    li a0, 0                    /* system reset: shutdown, no reason */
    li a1, 0
    li a7, 0x53525354
    li a6, 0
    ecall
bad:
    li a0, 0
    li a1, 1                    /* reason: system failure */
    li a7, 0x53525354
    li a6, 0
    ecall
3:  wfi
    j 3b
text: .asciz "supervisor says hello\n"
