/* SPDX-License-Identifier: BSD-2-Clause */
/* A trap that no test waits for is reported with its cause.
 * status: 1
 * output: UNEXPECTED TRAP after case 0000000000000001 got 0000000000000002 */
#include "guest.h"
    GUEST_START
    li a0, 7
    CHECK a0, 7
    .word 0
    GUEST_PASS
