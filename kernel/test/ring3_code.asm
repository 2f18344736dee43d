; SPDX-License-Identifier: BSD-2-Clause
; Translated code by hand, for ring3.c: each piece is copied to a code region and run in ring 3. RBP = env + 128; the
; first page of the environment is writable, the second is not, and its first word is the poll word.

%define GATE_XMM 0x40000000
%define EXIT     0x80000000
%define RW       rbp - 128
%define RO       rbp - 128 + 4096

        bits    64
        section .rodata align=16

%macro piece 1
        global  ring3_%1, ring3_%1_end
ring3_%1:
%endmacro
%macro end 1
ring3_%1_end:
%endmacro
%macro leave_with 1
        mov     eax, EXIT | (%1)
        syscall
%endmacro
%macro set 2
        lea     %1, [rdx + %2]
%endmacro
%macro check 2
        lea     rax, [rdx + %2]
        cmp     rax, %1
        jne     .bad
%endmacro

piece exit
        leave_with 1234
end exit

piece gate                                      ; every register but RAX, RCX, R11 comes back
        mov     rdx, 0x1111111122222222
        set     rbx, 1
        set     rsi, 2
        set     rdi, 3
        set     r8, 4
        set     r9, 5
        set     r10, 6
        set     r12, 7
        set     r13, 8
        set     r14, 9
        set     r15, 10
        mov     [RW + 8], rsp
        mov     eax, 42
        syscall
        cmp     rsp, [RW + 8]
        jne     .bad
        cmp     eax, 4242
        jne     .bad
        mov     rax, 0x1111111122222222
        cmp     rdx, rax
        jne     .bad
        check   rbx, 1
        check   rsi, 2
        check   rdi, 3
        check   r8, 4
        check   r9, 5
        check   r10, 6
        check   r12, 7
        check   r13, 8
        check   r14, 9
        check   r15, 10
        leave_with 1
.bad:   leave_with 2
end gate

piece xmm                                       ; all vector registers come back from a gate that says so
        mov     eax, 0x3f800000
%assign i 0
%rep 16
        movd    xmm %+ i, eax
        inc     eax
%assign i i + 1
%endrep
        mov     eax, GATE_XMM | 43
        syscall
        mov     edx, 0x3f800000
%assign i 0
%rep 16
        movd    eax, xmm %+ i
        cmp     eax, edx
        jne     .bad
        inc     edx
%assign i i + 1
%endrep
        leave_with 1
.bad:   leave_with 2
end xmm

piece spin                                      ; until the poll word is set
        cmp     dword [RO], 0
        je      ring3_spin
        leave_with 7
end spin

piece flags                                     ; direction, alignment check and nested task set at a gate
        pushfq
        or      qword [rsp], 0x44400
        popfq
        mov     eax, 44
        syscall
        leave_with 3
end flags

piece stack                                     ; a wild RSP at a gate, then at a fault
        mov     rsp, 0x123456789abcdef1
        mov     eax, 42
        syscall
        mov     rdx, 0x123456789abcdef1
        cmp     rsp, rdx
        jne     .bad
        ud2
.bad:   leave_with 2
end stack

piece spin_stack                                ; an interrupt with a wild RSP
        mov     rsp, 0xffffff0000000008
        jmp     .spin
.spin:  cmp     dword [RO], 0
        je      .spin
        leave_with 7
end spin_stack

piece segments                                  ; FS and GS bases zeroed by loading selectors
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        mov     eax, 42
        syscall
        leave_with 5
end segments

piece mxcsr                                     ; 1/3 rounds, so the inexact flag stays; rounding mode up
        mov     dword [RW + 16], 0x5f80
        ldmxcsr [RW + 16]
        mov     eax, 1
        cvtsi2sd xmm0, eax
        mov     eax, 3
        cvtsi2sd xmm1, eax
        divsd   xmm0, xmm1
        mov     eax, 45
        syscall
        stmxcsr [RW + 16]
        mov     eax, [RW + 16]
        or      eax, EXIT
        syscall
end mxcsr

piece unmasked                                  ; an x87 exception left pending for the engine
        fninit
        mov     word [RW + 16], 0x0300
        fldcw   [RW + 16]
        fld1
        fldz
        fdivp
        leave_with 6
end unmasked

; Faults. What each raises is in ring3.c.
piece null_read
        mov     rax, [0]
end null_read
piece engine_read
        mov     rax, 0xffffff0000000000
        mov     rax, [rax]
end engine_read
piece direct_read
        mov     rax, 0xffff800001000000
        mov     rax, [rax]
end direct_read
piece ro_write
        mov     dword [RO], 1
end ro_write
piece code_write
        mov     byte [rel ring3_code_write], 0x90
end code_write
piece data_exec
        lea     rax, [RW + 64]
        mov     byte [rax], 0xc3
        jmp     rax
end data_exec
piece privileged
        cli
end privileged
piece halt
        hlt
end halt
piece port
        in      al, 0x64
end port
piece msr
        mov     ecx, 0xc0000080
        rdmsr
end msr
piece int3
        int3
end int3
piece int80
        int     0x80
end int80
piece far_away
        mov     rax, 0x8000000000000000
        jmp     rax
end far_away
piece non_canonical
        mov     rax, 0x8000000000000000
        mov     [rax], eax
end non_canonical
piece trace                                     ; single-step
        pushfq
        or      qword [rsp], 0x100
        popfq
        nop
end trace
piece trace_gate                                ; single-step into a gate: #DB comes in ring 3, before or after it
        pushfq
        or      qword [rsp], 0x100
        popfq
        mov     eax, EXIT | 9
        syscall
end trace_gate
piece divide
        xor     ecx, ecx
        div     ecx
end divide

        section .note.GNU-stack noalloc noexec nowrite progbits
