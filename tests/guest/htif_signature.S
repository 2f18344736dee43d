/* SPDX-License-Identifier: BSD-2-Clause */
/* signature: 00000001 deadbeef 89abcdef 01234567
 * skip: qemu metal */
/* What -signature writes at the end; the test fails, and its signature is written all the same.
 * status: 5 */
#include "guest.h"
GUEST_START
    la a0, begin_signature
    li a1, 0xdeadbeef
    sw a1, 4(a0)
    li a1, 0x0123456789abcdef
    sd a1, 8(a0)
    li a0, 5 << 1 | 1
    la a1, tohost
    sd a0, 0(a1)
1:  j 1b
    .section .htif, "aw"
    .align 6
    .globl tohost
tohost: .dword 0
    .data
    .align 4
    .globl begin_signature, end_signature
begin_signature: .word 1, 0, 0, 0
end_signature:
