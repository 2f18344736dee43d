/* SPDX-License-Identifier: BSD-2-Clause */
/* mepc and sepc: bit 0 is always zero (privileged specification, 3.1.14). QEMU 10 keeps it when written.
 * skip: qemu */
#include "guest.h"
    GUEST_START
    /* mepc and sepc: bit 0 is zero */
    li a0, -1
    csrw mepc, a0
    CHECK_CSR mepc, -2
    csrw sepc, a0
    CHECK_CSR sepc, -2
    GUEST_PASS
