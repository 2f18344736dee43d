/* SPDX-License-Identifier: BSD-2-Clause */
/* The finisher's failure code reaches the exit status; so a failing check of any other program does.
 * status: 2
 * output: FAILED case 0000000000000002 got 0000000000000007 want 0000000000000008 */
#include "guest.h"
    GUEST_START
    li a0, 7
    CHECK a0, 7
    CHECK a0, 8
    GUEST_PASS
