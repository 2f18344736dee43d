/* SPDX-License-Identifier: BSD-2-Clause */
/* Svinval: sinval.vma is guarded as sfence.vma is; its two fences are illegal in U-mode (QEMU 10 lets them pass), and
 * no matter of TVM.
 * metal: yes
 * skip: qemu */
#include "guest.h"
#include "modes.h"
    GUEST_START
    .macro SFENCE_W_INVAL
    .4byte 0x18000073
    .endm
    .macro SFENCE_INVAL_IR
    .4byte 0x18100073
    .endm
    .macro SINVAL_VMA
    .4byte 0x16b50073           /* sinval.vma a0, a1 */
    .endm
    ILLEGAL 0, SINVAL_VMA
    ILLEGAL 0, SFENCE_W_INVAL
    ILLEGAL 0, SFENCE_INVAL_IR
    LEGAL 1, EXC_ECALL_S, SINVAL_VMA
    li t0, MSTATUS_TVM
    csrs mstatus, t0
    ILLEGAL 1, SINVAL_VMA
    LEGAL 1, EXC_ECALL_S, SFENCE_W_INVAL
    LEGAL 1, EXC_ECALL_S, SFENCE_INVAL_IR
    SINVAL_VMA
    SFENCE_W_INVAL
    SFENCE_INVAL_IR
    GUEST_PASS
