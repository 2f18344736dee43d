/* SPDX-License-Identifier: BSD-2-Clause */
/* A jump into nowhere with a trap vector that is nowhere too: faults for ever; the host ends it when told to. The
 * engine may also see that nothing can come of it and say so (status 1).
 * timeout: 3
 * status: any
 * skip: metal */
#include "guest.h"
    GUEST_START
    li t0, 0x70000000
    csrw mtvec, t0
    li t0, 0xf0000000
    jr t0
