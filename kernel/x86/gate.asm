; SPDX-License-Identifier: BSD-2-Clause
; Between ring 0 and translated code in ring 3: plat_tb_enter(), the SYSCALL gate, plat_tb_unwind(), and the way in of
; a fault. Assumes that GS holds struct cpu in ring 0 and that FMASK clears IF, DF, TF, AC, NT. Ring 3 is hostile:
; nothing here trusts a register that it left, its RSP is only saved and put back, it gets back no register but its own
; and a result, and SYSRET is executed for addresses in the user window alone: RCX of SYSCALL is one, since nothing
; else is executable in ring 3, and plat_tb_enter() tests its argument.

%include "kernel/plat_gate.inc"
%include "kernel/x86/gate.inc"

%define MSR_FS_BASE     0xc0000100
%define USER_RFLAGS     0x202
%define USER_FIRST_SLOT 384                     ; kernel/memlayout.h: USER_CODE_BASE to USER_END
%define USER_SLOTS      64
%define FRAME_RIP       (17 * 8)                ; struct trap_frame

; What the engine last had in vector registers (data it copied) is not for ring 3. It has no YMM code.
%macro WIPE_XMM 0
%assign wipe_i 0
%rep 16
        xorps   xmm %+ wipe_i, xmm %+ wipe_i
%assign wipe_i wipe_i + 1
%endrep
%endmacro

        default rel
        bits 64

; To ring 3; all but R11 is set for it.
%macro LEAVE 0
        mov     r11, [gs:CPU_USER_CR3]
        test    r11, r11
        jnz     leave_by_tables
        mov     r11d, USER_RFLAGS
        swapgs
        o64 sysret
%endmacro

        global  plat_tb_enter, plat_tb_unwind, gate_syscall, gate_syscall_tables, gate_fault
        extern  metal_gate_fn, gate_bad_address, trap_return, entry_engine_cr3

; What ring 3's own tables map too (kernel/x86/pti.c).
        section .entry progbits alloc exec nowrite align=64
gate_syscall_tables:
        swapgs
        mov     r11, [rel entry_engine_cr3]
        mov     cr3, r11
        jmp     gate_syscall.engine
align 64
leave_by_tables:
        USER_TABLES r11
        mov     r11d, USER_RFLAGS
        swapgs
        o64 sysret

        section .text align=64

; uint64_t plat_tb_enter(struct plat_hart *hart, uint64_t code)
plat_tb_enter:
        mov     rax, rsi
        shr     rax, 39
        sub     eax, 0x1fffe00 + USER_FIRST_SLOT
        cmp     eax, USER_SLOTS
        jae     .bad
        push    rbp
        push    rbx
        push    r12
        push    r13
        push    r14
        push    r15
        push    rdi                             ; 7 pushes and the return address: aligned
        mov     [rdi + HART_ENGINE_SP], rsp
        mov     [gs:CPU_HART], rdi
        stmxcsr [rdi + HART_ENGINE_MXCSR]
        ldmxcsr [rdi + HART_MXCSR]
        mov     rbp, [rdi + HART_ENV]
        mov     rcx, rsi
        mov     rsp, [rdi + HART_USER_SP]
        WIPE_XMM
        xor     eax, eax
        xor     ebx, ebx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     r8d, r8d
        xor     r9d, r9d
        xor     r10d, r10d
        xor     r12d, r12d
        xor     r13d, r13d
        xor     r14d, r14d
        xor     r15d, r15d
        LEAVE
.bad:
        mov     rdi, rsi
        push    rbp
        mov     rbp, rsp
        call    gate_bad_address

; From SYSCALL: EAX = number | flags, RCX = return address, RSP and all others are ring 3's.
align 64
gate_syscall:
        swapgs
.engine:
        mov     r11, [gs:CPU_HART]
        mov     [r11 + HART_PC], rcx
        test    eax, eax
        js      .exit
        mov     [r11 + HART_GPR(R_RSP)], rsp
        mov     rsp, [r11 + HART_ENGINE_SP]
        GATE_SAVE r11
        mov     ebx, eax
        mov     r12, r11
        xor     ebp, ebp                        ; ends a backtrace
        test    ebx, PLAT_GATE_XMM
        jnz     .save_xmm
.call:
        mov     rdi, r12
        movzx   esi, bx
        call    [metal_gate_fn]
        mov     r11, r12
        ldmxcsr [r11 + HART_MXCSR]
        test    ebx, PLAT_GATE_XMM
        jnz     .restore_xmm
        WIPE_XMM
.back:
        mov     rdx, [r11 + HART_GPR(R_RDX)]
        mov     rbx, [r11 + HART_GPR(R_RBX)]
        mov     rbp, [r11 + HART_GPR(R_RBP)]
        mov     rsi, [r11 + HART_GPR(R_RSI)]
        mov     rdi, [r11 + HART_GPR(R_RDI)]
        mov     r8, [r11 + HART_GPR(8)]
        mov     r9, [r11 + HART_GPR(9)]
        mov     r10, [r11 + HART_GPR(10)]
        mov     r12, [r11 + HART_GPR(12)]
        mov     rcx, [r11 + HART_PC]
        mov     rsp, [r11 + HART_GPR(R_RSP)]
        LEAVE

.save_xmm:
        GATE_SAVE_XMM r12
        jmp     .call

.restore_xmm:
        GATE_RESTORE_XMM r11
        jmp     .back

.exit:
        mov     rdi, r11
        stmxcsr [rdi + HART_MXCSR]
        ldmxcsr [rdi + HART_ENGINE_MXCSR]
        and     eax, ~PLAT_GATE_EXIT
        mov     rsi, rax

; void plat_tb_unwind(struct plat_hart *hart, uint64_t value): MXCSR is the engine's already. Ring 3 can have zeroed the
; FS base by loading a selector, so it is set again.
plat_tb_unwind:
        cmp     dword [gs:CPU_FSGSBASE], 0
        mov     rax, [gs:CPU_FS_BASE]
        je      .msr
        wrfsbase rax
.pop:
        mov     rax, rsi
        mov     rsp, [rdi + HART_ENGINE_SP]
        pop     rdi
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        pop     rbp
        ret
.msr:
        mov     rdx, rax
        shr     rdx, 32
        mov     ecx, MSR_FS_BASE
        wrmsr
        jmp     .pop

; _Noreturn void gate_fault(struct plat_hart *hart, const struct plat_fault *f, plat_fault_fn *fn, struct trap_frame *):
; from the entry stack to the engine's, and back to where fn says. The trap has saved the general registers, and nothing
; else uses the entry stack meanwhile.
gate_fault:
        stmxcsr [rdi + HART_MXCSR]
        ldmxcsr [rdi + HART_ENGINE_MXCSR]
        GATE_SAVE_XMM rdi
        mov     rsp, [rdi + HART_ENGINE_SP]
        xor     ebp, ebp
        push    rcx
        push    rdi                             ; 2 pushes: aligned
        call    rdx
        pop     rdi
        pop     rsp
        mov     [rsp + FRAME_RIP], rax
        GATE_RESTORE_XMM rdi
        ldmxcsr [rdi + HART_MXCSR]
        jmp     trap_return

        section .note.GNU-stack noalloc noexec nowrite progbits
