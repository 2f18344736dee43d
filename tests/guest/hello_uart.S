/* SPDX-License-Identifier: BSD-2-Clause */
/* output: Hello from RISC-V */
#include "guest.h"
    GUEST_START
    PUTS text
    GUEST_PASS
text: .asciz "Hello from RISC-V\n"
