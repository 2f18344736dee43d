# SPDX-License-Identifier: BSD-2-Clause
# Says "ready", then answers every byte from the serial port with "=RTC TIME": the goldfish RTC (ns) and the counter of
# rdtime, 16 hexadecimal digits each; waits in WFI. "q" ends it with status 0. M-mode, no firmware.
    .globl _start
_start:
    li s0, 0x10000000           # UART
    li s1, 0x0c000000           # PLIC
    li t0, 1
    sw t0, 40(s1)               # priority of source 10
    li t1, 0x2000
    add t1, t1, s1
    li t0, 1 << 10
    sw t0, 0(t1)                # context 0: enabled
    li t1, 0x200000
    add s2, t1, s1
    sw zero, 0(s2)              # threshold 0
    li t0, 1 << 11
    csrw mie, t0                # wfi wakes; mstatus.MIE stays 0
    li t0, 1
    sb t0, 1(s0)                # IER: received data
    la s3, text
1:  lbu a0, 0(s3)
    beqz a0, loop
    sb a0, 0(s0)
    addi s3, s3, 1
    j 1b
loop:
    lbu t0, 5(s0)               # LSR
    andi t0, t0, 1
    bnez t0, have
    wfi
    lw t1, 4(s2)                # claim
    sw t1, 4(s2)                # complete
    j loop
have:
    lbu a0, 0(s0)
    li t0, 'q'
    beq a0, t0, end
    li t1, 0x101000             # RTC: reading the low half holds the high one
    lwu t2, 0(t1)
    lwu t3, 4(t1)
    rdtime s5
    slli t3, t3, 32
    or s4, t2, t3
    li t1, '='
    sb t1, 0(s0)
    mv a0, s4
    call hex
    li t1, ' '
    sb t1, 0(s0)
    mv a0, s5
    call hex
    li t1, '\n'
    sb t1, 0(s0)
    j loop
hex:
    li t0, 60
1:  srl t1, a0, t0
    andi t1, t1, 15
    la t2, digits
    add t2, t2, t1
    lbu t2, 0(t2)
    sb t2, 0(s0)
    addi t0, t0, -4
    bgez t0, 1b
    ret
end:
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
    j end
text:
    .asciz "ready\r\n"
digits:
    .ascii "0123456789abcdef"
