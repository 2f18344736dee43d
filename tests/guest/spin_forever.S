/* SPDX-License-Identifier: BSD-2-Clause */
/* Spins in M-mode without traps set up: only the time-out ends it.
 * timeout: 3
 * metal: yes */
#include "guest.h"
    GUEST_START
1:  j 1b
