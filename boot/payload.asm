; SPDX-License-Identifier: BSD-2-Clause
; The kernel's ELF inside the loader; PAYLOAD is its path (Makefile).
        section .data
        global  payload_start, payload_end
        align   16
payload_start:
        incbin  PAYLOAD
payload_end:
        section .note.GNU-stack noalloc noexec nowrite progbits
