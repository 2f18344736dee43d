/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests/boot/run stats: 100 exceptions, then a loop that takes nearly all of the time, then power-off. */
#include "guest.h"
    GUEST_START
    li s1, 100
1:  TRAP_BEGIN
    ecall
    TRAP_END EXC_ECALL_M
    addi s1, s1, -1
    bnez s1, 1b
    li s1, 200000000
    li s2, 0
hot_loop:
    xor s2, s2, s1
    slli s3, s2, 3
    add s2, s2, s3
    addi s1, s1, -1
    bnez s1, hot_loop
    GUEST_PASS
