; SPDX-License-Identifier: BSD-2-Clause
; What a hostile ring 3 tries, for hostile.c: rows of a table (a name, the exceptions that may answer, the
; instructions), and pieces as in ring3_code.asm. RBP = env + 128; the first page of the environment is writable, the
; second is not.

%define EXIT     0x80000000
%define RW       rbp - 128
%define RO       rbp - 128 + 4096
%define ENGINE   0xffffff0000000000             ; kernel/memlayout.h: KERNEL_VMA, the image
%define DIRECT   0xffff800000200000             ; DIRECT_BASE + 2 MiB
%define SEL_CODE 0x08
%define SEL_DATA 0x10
%define SEL_USER_CODE 0x2b
%define SEL_USER_DATA 0x23
%define SEL_TSS  0x30

        bits    64
        default abs
        global  hostile_rows, hostile_rows_end

; Vectors that may come; RUNS: or none, and the next instruction leaves with 1.
%define V_DB     (1 << 1)
%define V_UD     (1 << 6)
%define V_SS     (1 << 12)
%define V_GP     (1 << 13)
%define V_PF     (1 << 14)
%define RUNS     (1 << 31)
%define QEMU     RUNS                           ; QEMU 7.2 does not look
%define UMIP     (1 << 30)                      ; runs only where the CPU has no UMIP

        section .rodata.hostile align=8
hostile_rows:

%macro try 3-*                                  ; name, vectors, instructions
        section .rodata.text
%%name: db      %1, 0
%%from:
%assign %%vectors %2
%rotate 2
%rep %0 - 2
        %1
%rotate 1
%endrep
        mov     eax, EXIT | 1
        syscall
%%to:
        section .rodata.hostile
        dq      %%name, %%from, %%to, %%vectors
%endmacro

; ---- privileged instructions ----
        try     "cli", V_GP, cli
        try     "sti", V_GP, sti
        try     "hlt", V_GP, hlt
        try     "in imm", V_GP, {in al, 0x64}
        try     "in dx", V_GP, {mov edx, 0xcf8}, {in eax, dx}
        try     "out imm", V_GP, {out 0x70, al}
        try     "out debug exit", V_GP, {mov edx, 0x501}, {out dx, eax}
        try     "insb", V_GP, {lea rdi, [RW + 64]}, {mov edx, 0x60}, insb
        try     "rep outsb", V_GP, {lea rsi, [RW + 64]}, {mov edx, 0x3f8}, {mov ecx, 4}, {rep outsb}
        try     "in after popf with IOPL 3", V_GP, {push 0x3202}, popfq, {in al, 0x64}
        try     "cli after popf with IOPL 3", V_GP, {push 0x3202}, popfq, cli
        try     "rdmsr", V_GP, {mov ecx, 0xc0000082}, rdmsr
        try     "wrmsr LSTAR", V_GP, {mov ecx, 0xc0000082}, wrmsr
        try     "wrmsr EFER", V_GP, {mov ecx, 0xc0000080}, wrmsr
        try     "wrmsr KERNEL_GS_BASE", V_GP, {mov ecx, 0xc0000102}, wrmsr
        try     "rdpmc", V_GP, {xor ecx, ecx}, rdpmc
        try     "read cr0", V_GP, {mov rax, cr0}
        try     "read cr2", V_GP, {mov rax, cr2}
        try     "read cr3", V_GP, {mov rax, cr3}
        try     "read cr4", V_GP, {mov rax, cr4}
        try     "write cr0", V_GP, {mov cr0, rax}
        try     "write cr3", V_GP, {mov cr3, rax}
        try     "write cr4", V_GP, {mov cr4, rax}
        try     "write cr8", V_GP, {mov cr8, rax}
        try     "read dr7", V_GP, {mov rax, dr7}
        try     "write dr0", V_GP, {mov dr0, rax}
        try     "write dr7", V_GP, {mov dr7, rax}
        try     "lgdt", V_GP, {lgdt [RW + 64]}
        try     "lidt", V_GP, {lidt [RW + 64]}
        try     "lldt", V_GP, {lldt ax}
        try     "ltr", V_GP, {mov eax, SEL_TSS}, {ltr ax}
        try     "lmsw", V_GP, {lmsw ax}
        try     "clts", V_GP, clts
        try     "invd", V_GP, invd
        try     "wbinvd", V_GP, wbinvd
        try     "invlpg", V_GP, {invlpg [RW]}
        try     "invpcid", V_GP | V_UD, {mov eax, 2}, {invpcid rax, [RW + 64]}
        try     "swapgs", V_GP, swapgs
        try     "sysret", V_GP, {mov rcx, ENGINE}, {o64 sysret}
        try     "sysret to 32 bits", V_GP, {xor ecx, ecx}, sysret
        try     "sysexit", V_GP | V_UD, sysexit
        try     "sysenter", V_GP | V_UD, sysenter
        try     "xsetbv", V_GP | V_UD, {xor ecx, ecx}, {mov eax, 3}, xsetbv
        try     "stac", V_UD | V_GP, stac
        try     "clac", V_UD | V_GP, clac
        try     "wrpkru", V_UD, {xor ecx, ecx}, {xor edx, edx}, wrpkru
        try     "xrstors", V_UD | V_GP, {xrstors [RW + 64]}
        try     "monitor", V_UD | V_GP, monitor
        try     "mwait", V_UD | V_GP, mwait
        try     "vmcall", V_UD | V_GP, vmcall
        try     "vmmcall", V_UD | V_GP, vmmcall
        try     "vmlaunch", V_UD | V_GP, vmlaunch
        try     "vmxoff", V_UD | V_GP, vmxoff
        try     "vmrun", V_UD | V_GP, vmrun
        try     "rsm", V_UD | V_GP, rsm
        try     "sgdt", V_GP | UMIP, {sgdt [RW + 64]}
        try     "sidt", V_GP | UMIP, {sidt [RW + 64]}
        try     "sldt", V_GP | UMIP, {sldt eax}
        try     "str", V_GP | UMIP, {str eax}
        try     "smsw", V_GP | UMIP, {smsw eax}
        try     "wrgsbase", V_UD | RUNS, {mov rax, ENGINE}, {wrgsbase rax}, {mov eax, 42}, syscall
        try     "wrfsbase", V_UD | RUNS, {mov rax, ENGINE}, {wrfsbase rax}, {mov eax, 42}, syscall
        try     "wrfsbase, non-canonical", V_UD | V_GP | QEMU, {mov rax, 1 << 63}, {wrfsbase rax}

; ---- exceptions on demand ----
        try     "icebp", V_DB | V_UD, {db 0xf1}
        try     "into", V_UD, {db 0xce}
        try     "mov ss, then a gate with TF", V_DB | RUNS, {push 0x302}, {mov eax, SEL_USER_DATA}, {mov edx, 42}, \
                popfq, {mov ss, eax}, {mov eax, edx}, syscall
        try     "mov ss, then int3", V_GP, {mov eax, SEL_USER_DATA}, {mov ss, eax}, int3
        try     "mov ss, then icebp", V_DB | V_UD, {mov eax, SEL_USER_DATA}, {mov ss, eax}, {db 0xf1}
        try     "lock on a register", V_UD, {db 0xf0, 0x01, 0xc0}
        try     "sixteen prefixes", V_GP | V_UD, {times 16 db 0x66}, nop

; ---- segments ---- (QEMU 7.2 reads the stack of a far return as the kernel does, which SMAP forbids)
        try     "ss = the engine's data", V_GP, {mov eax, SEL_DATA}, {mov ss, eax}
        try     "ds = the engine's data", V_GP, {mov eax, SEL_DATA}, {mov ds, eax}
        try     "fs = the TSS", V_GP, {mov eax, SEL_TSS}, {mov fs, eax}
        try     "gs = beyond the GDT", V_GP, {mov eax, 0xfff8}, {mov gs, eax}
        try     "es = in an LDT", V_GP, {mov eax, 0x0f}, {mov es, eax}
        try     "gs = user data, then a gate", RUNS, {mov eax, SEL_USER_DATA}, {mov gs, eax}, {mov fs, eax}, \
                {mov eax, 42}, syscall
        try     "jmp far to ring 0", V_GP, {mov qword [RW + 64], 0}, {mov word [RW + 72], SEL_CODE}, \
                {db 0x48, 0xff, 0x6d, 0xc0} ; jmp far [rbp - 64]
        try     "call far to the TSS", V_GP, {mov qword [RW + 64], 0}, {mov word [RW + 72], SEL_TSS}, \
                {db 0x48, 0xff, 0x5d, 0xc0}
        try     "jmp far to 32-bit code", V_GP, {mov qword [RW + 64], 0}, {mov word [RW + 72], 0x1b}, \
                {db 0x48, 0xff, 0x6d, 0xc0}
        try     "retf to ring 0", V_GP | V_PF, {push SEL_CODE}, {push 0}, {o64 retf}
        try     "iret to ring 0", V_GP | V_PF, {push SEL_DATA}, {push 0}, {push 2}, {push SEL_CODE}, {push 0}, iretq
        try     "iret to 32-bit code", V_GP | V_PF, {push SEL_USER_DATA}, {push 0}, {push 2}, {push 0x1b}, {push 0}, \
                iretq
        try     "iret with NT", V_GP | V_PF, {push 0x4202}, popfq, {push SEL_DATA}, {push 0}, {push 2}, \
                {push SEL_CODE}, {push 0}, iretq

; ---- the engine's memory, by all kinds of accesses ----
        try     "read the image", V_PF, {mov rax, ENGINE}, {mov al, [rax]}
        try     "write the image", V_PF, {mov rax, ENGINE}, {mov [rax], al}
        try     "jump into the image", V_PF, {mov rax, ENGINE}, {jmp rax}
        try     "read the direct map", V_PF, {mov rax, DIRECT}, {mov al, [rax]}
        try     "write the direct map", V_PF, {mov rax, DIRECT}, {lock or byte [rax], 0}
        try     "jump into the direct map", V_PF, {mov rax, DIRECT}, {jmp rax}
        try     "cmpxchg16b", V_PF, {mov rdi, DIRECT}, {lock cmpxchg16b [rdi]}
        try     "vector load", V_PF, {mov rax, DIRECT}, {movups xmm0, [rax]}
        try     "non-temporal store", V_PF, {mov rax, DIRECT}, {movntps [rax], xmm0}
        try     "maskmovdqu", V_PF, {mov rdi, DIRECT}, {pcmpeqb xmm1, xmm1}, {maskmovdqu xmm0, xmm1}
        try     "rep movsb out of the engine", V_PF, {mov rsi, DIRECT}, {lea rdi, [RW + 64]}, {mov ecx, 8}, {rep movsb}
        try     "rep stosb into the engine", V_PF, {mov rdi, DIRECT}, {mov ecx, 8}, {rep stosb}
        try     "fxsave into the engine", V_PF, {mov rax, DIRECT}, {fxsave [rax]}
        try     "fxrstor out of the engine", V_PF, {mov rax, DIRECT}, {fxrstor [rax]}
        try     "ldmxcsr out of the engine", V_PF, {mov rax, DIRECT}, {ldmxcsr [rax]}
        try     "fld out of the engine", V_PF, {mov rax, DIRECT}, {fld tword [rax]}
        try     "push onto the engine", V_PF, {mov rsp, DIRECT}, {push rax}
        try     "call with a stack in the engine", V_PF, {mov rsp, DIRECT}, {call $ + 5}
        try     "pop out of the engine", V_PF, {mov rsp, DIRECT}, {pop rax}
        try     "enter", V_PF, {mov rsp, DIRECT}, {enter 16, 0}
        try     "clflush of the engine", V_PF | QEMU, {mov rax, DIRECT}, {clflush [rax]}
        try     "lock xadd over the end of the direct map's first page", V_PF, {mov rdi, DIRECT + 0xffc}, \
                {lock xadd [rdi], rax}
        try     "store that begins in our last page", V_PF, {lea rdi, [RO - 4]}, {mov [rdi], rax}
        try     "write the read-only page", V_PF, {mov dword [RO], eax}
        try     "atomic on the read-only page", V_PF, {lock inc dword [RO + 8]}
        try     "write the code", V_PF, {lea rdi, [rel $]}, {mov byte [rdi], 0x90}
        try     "run the writable page", V_PF, {mov word [RW + 64], 0x050f}, {lea rax, [RW + 64]}, {jmp rax}
        try     "run the read-only page", V_PF, {lea rax, [RO]}, {jmp rax}
        try     "run the stack", V_PF, {mov rax, 0x9090909090909090}, {push rax}, {jmp rsp}
        try     "a non-canonical store", V_GP, {mov rax, 1 << 63}, {mov [rax], al}
        try     "a non-canonical stack", V_SS | V_GP, {mov rsp, 1 << 63}, {push rax}
        try     "a non-canonical jump", V_GP, {mov rax, 1 << 63}, {jmp rax}
        try     "the last byte before the gap", V_GP | V_PF, {mov rax, 0x00007fffffffffff}, {mov rax, [rax]}
        try     "the first byte after the gap", V_GP | V_PF, {mov rax, 0xffff7fffffffffff}, {mov rax, [rax]}
        try     "an access that wraps", V_PF | V_GP, {mov rax, -4}, {mov rax, [rax]}
        try     "gs:8 without a base", V_PF, {xor eax, eax}, {mov gs, eax}, {mov rax, [gs:8]}
        try     "fs:0x28 without a base", V_PF, {xor eax, eax}, {mov fs, eax}, {mov rax, [fs:0x28]}
        try     "fxrstor with reserved bits of MXCSR", V_GP | QEMU, {mov dword [RW + 152], 0xffffffff}, \
                {fxrstor [RW + 128]}

hostile_rows_end:

        section .rodata.text

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

; What the address at RW + 32 lets ring 3 do. The store leaves the byte as it was.
piece probe_read
        mov     rax, [RW + 32]
        mov     al, [rax]
        leave_with 1
end probe_read
piece probe_write
        mov     rax, [RW + 32]
        lock or byte [rax], 0
        leave_with 1
end probe_write
piece probe_run
        mov     rax, [RW + 32]
        jmp     rax
end probe_run

piece clean                                     ; what the engine left in the registers: none of it
        or      rax, rbx
        or      rax, rdx
        or      rax, rsi
        or      rax, rdi
        or      rax, r8
        or      rax, r9
        or      rax, r10
        or      rax, r12
        or      rax, r13
        or      rax, r14
        or      rax, r15
        jnz     .bad
%assign i 1
%rep 15
        orps    xmm0, xmm %+ i
%assign i i + 1
%endrep
        ptest   xmm0, xmm0
        jnz     .bad
        leave_with 1
.bad:   leave_with 2
end clean

piece clean_gate                                ; after a gate: only what went in, the result, and nothing in vectors
        mov     eax, 43
        syscall
        cmp     rax, 4242
        jne     .bad
        xor     eax, eax
        or      rax, rbx
        or      rax, rdx
        or      rax, rsi
        or      rax, rdi
        or      rax, r8
        or      rax, r12
        or      rax, r15
        jnz     .bad
%assign i 1
%rep 15
        orps    xmm0, xmm %+ i
%assign i i + 1
%endrep
        ptest   xmm0, xmm0
        jnz     .bad
        leave_with 1
.bad:   leave_with 2
end clean_gate

piece numbers                                   ; gates by any number and flags but the exit bit, by an LCG in RBX
        mov     ebx, 12345
        mov     r12d, 2000
.next:  imul    ebx, ebx, 1664525
        add     ebx, 1013904223
        mov     eax, ebx
        and     eax, 0x7fffffff
        movzx   ecx, ax
        cmp     ecx, 46                         ; the test's gate that does not come back
        je      .skip
        mov     rdx, rbx
        mov     rsi, rsp
        syscall
        cmp     rax, 4242
        jne     .bad
        cmp     rdx, rbx
        jne     .bad
        cmp     rsi, rsp
        jne     .bad
.skip:  dec     r12d
        jnz     .next
        leave_with 1
.bad:   leave_with 2
end numbers

piece high_half                                 ; numbers with garbage above bit 31
        mov     rax, 0xfffffffe0000002a
        syscall
        cmp     rax, 4242
        jne     .bad
        mov     rax, 0x7fffffff80000007
        syscall
.bad:   leave_with 2
end high_half

piece gate_here
        mov     eax, 42
        syscall
end gate_here

        section .note.GNU-stack noalloc noexec nowrite progbits
