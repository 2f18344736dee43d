; SPDX-License-Identifier: BSD-2-Clause
; The 256 entries of the IDT. Each ends in trap_dispatch(struct trap_frame *) on the stack that the CPU chose: TSS.RSP0
; from ring 3, the running one from ring 0, an IST stack for #DB, NMI, #DF, #MC. trap_dispatch uses no vector registers.
; On the way from ring 3 it runs on a stack that ring 3's tables need not map, and with the engine's tables.

%include "kernel/x86/gate.inc"

        default rel
        bits 64

        global  vector_table, stack_call, trap_return
        extern  trap_dispatch, entry_engine_cr3

; NMI, #DF and #MC end everything, but can come while ring 0 is on ring 3's tables still.
%define AT_ANY_TIME (1 << 2 | 1 << 8 | 1 << 18)

        section .entry progbits alloc exec nowrite align=16

; Vectors for which the CPU pushes an error code: SDM volume 3, table 6-1.
%define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || (v) == 29 || (v) == 30)

%assign v 0
%rep 256
vector_ %+ v:
%if !HAS_ERROR(v)
        push    0
%endif
        push    v
        jmp     trap_entry
%assign v v + 1
%endrep

trap_entry:
        push    rax
        push    rcx
        push    rdx
        push    rbx
        push    rbp
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        push    r12
        push    r13
        push    r14
        push    r15
        mov     rbx, rsp                        ; the frame
        mov     rcx, [rel entry_engine_cr3]
        test    byte [rsp + 18 * 8], 3          ; CS
        jz      .kernel
        swapgs
        test    rcx, rcx
        jz      .stack
        mov     cr3, rcx
.stack:
        mov     rsp, [gs:CPU_TRAP_STACK]
        jmp     .call
.kernel:
        jrcxz   .call
        mov     eax, [rsp + 15 * 8]             ; vector
        cmp     eax, 31
        ja      .call
        mov     edx, AT_ANY_TIME
        bt      edx, eax
        jnc     .call
        mov     cr3, rcx
.call:
        push    2                               ; AC, DF and NT may be ring 3's
        popfq
        mov     rdi, rbx
        xor     ebp, ebp                        ; a backtrace goes on from the frame's registers
        cld
        call    trap_dispatch
        mov     rsp, rbx
trap_return:                                    ; RSP: the frame
        test    byte [rsp + 18 * 8], 3
        jz      .back
        mov     rax, [gs:CPU_USER_CR3]
        test    rax, rax
        jz      .swap
        USER_TABLES rax
.swap:
        swapgs
.back:
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rdi
        pop     rsi
        pop     rbp
        pop     rbx
        pop     rdx
        pop     rcx
        pop     rax
        add     rsp, 16
        iretq

        section .text align=16
; _Noreturn void stack_call(void *top, void (*fn)(void)): goes on in fn on another stack.
stack_call:
        mov     rsp, rdi
        xor     ebp, ebp
        call    rsi
        ud2

        section .rodata align=8
vector_table:
%assign v 0
%rep 256
        dq      vector_ %+ v
%assign v v + 1
%endrep

        section .note.GNU-stack noalloc noexec nowrite progbits
