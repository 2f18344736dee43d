; SPDX-License-Identifier: BSD-2-Clause
; The hosted gate: plat_tb_enter(), the helper gate and the exit, for translated code that runs as a part of this
; process (PLAT_GATE_CALL of kernel/plat.h).
;
; While translated code runs, RSP is 16-byte aligned and [RSP] holds the struct plat_hart; translated code pushes
; nothing that it does not pop before a gate.

%include "kernel/plat_gate.inc"

        default rel
        bits 64

        global  plat_tb_enter, plat_tb_unwind, hosted_gate, hosted_exit
        extern  hosted_gate_fn

        section .text align=64

; uint64_t plat_tb_enter(struct plat_hart *hart, uint64_t code)
plat_tb_enter:
        push    rbp
        push    rbx
        push    r12
        push    r13
        push    r14
        push    r15
        push    rdi                             ; [rsp] = hart; 7 pushes + return address: aligned
        mov     [rdi + HART_ENGINE_SP], rsp
        stmxcsr [rdi + HART_ENGINE_MXCSR]
        ldmxcsr [rdi + HART_MXCSR]
        mov     rbp, [rdi + HART_ENV]
        jmp     rsi

; Leaving: EAX = PLAT_GATE_EXIT | value, by jmp.
hosted_exit:
        mov     rdi, [rsp]
        stmxcsr [rdi + HART_MXCSR]
        ldmxcsr [rdi + HART_ENGINE_MXCSR]
        and     eax, ~PLAT_GATE_EXIT
hosted_leave:
        mov     rsp, [rdi + HART_ENGINE_SP]
        pop     rdi
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        pop     rbp
        ret

; void plat_tb_unwind(struct plat_hart *hart, uint64_t value): the gate has stored MXCSR already.
plat_tb_unwind:
        mov     rax, rsi
        jmp     hosted_leave

; The helper gate: EAX = number | flags, by call. Keeps everything but RAX, RCX, R11.
hosted_gate:
        mov     r11, [rsp + 8]
        mov     rcx, [rsp]
        mov     [r11 + HART_PC], rcx
        GATE_SAVE r11
        mov     ebx, eax
        test    ebx, PLAT_GATE_XMM
        jnz     .save_xmm
.call:
        mov     rdi, r11
        movzx   esi, ax
        push    r11                             ; aligns as well
        call    [hosted_gate_fn]
        pop     r11
        ldmxcsr [r11 + HART_MXCSR]
        test    ebx, PLAT_GATE_XMM
        jnz     .restore_xmm
.back:
        mov     rbx, [r11 + HART_GPR(R_RBX)]
        mov     rdx, [r11 + HART_GPR(R_RDX)]
        mov     rsi, [r11 + HART_GPR(R_RSI)]
        mov     rdi, [r11 + HART_GPR(R_RDI)]
        mov     r8, [r11 + HART_GPR(8)]
        mov     r9, [r11 + HART_GPR(9)]
        mov     r10, [r11 + HART_GPR(10)]
        ret

.save_xmm:
        GATE_SAVE_XMM r11
        jmp     .call

.restore_xmm:
        GATE_RESTORE_XMM r11
        jmp     .back

        section .note.GNU-stack noalloc noexec nowrite progbits
