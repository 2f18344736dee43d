/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare ELF with a tohost symbol ends by HTIF: (status << 1) | 1.
 * status: 3
 * skip: qemu */
#include "guest.h"
    GUEST_START
    la t0, tohost
    li t1, 0x7
    sd t1, 0(t0)
1:  j 1b
    .section .htif, "aw"
    .align 6
    .globl tohost, fromhost
tohost: .dword 0
    .align 6
fromhost: .dword 0
