; SPDX-License-Identifier: BSD-2-Clause
; What a core runs first: copied to a page below 1 MiB, entered in real mode with CS = page / 16 and IP = 0 (SDM volume
; 3A, 8.4.4). It needs no stack before it is in long mode, to which it goes at once (volume 3A, 9.8.5, lets paging be
; enabled with protection). smp.c fills in the words at the end.

        global  ap_trampoline, ap_trampoline_end
        global  ap_far, ap_gdtr, ap_gdt, ap_long, ap_cr0, ap_cr3, ap_stack, ap_entry

%define CR4_PAE         (1 << 5)
%define MSR_EFER        0xc0000080
%define EFER_LME_NXE    (1 << 8 | 1 << 11)
%define AT(x)           ((x) - ap_trampoline)

        section .rodata
        align   16
        bits    16
ap_trampoline:
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        mov     eax, CR4_PAE
        mov     cr4, eax
        mov     eax, [AT(ap_cr3)]
        mov     cr3, eax
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME_NXE
        wrmsr
        o32 lgdt [AT(ap_gdtr)]
        mov     eax, [AT(ap_cr0)]
        mov     cr0, eax
        jmp     far dword [AT(ap_far)]

        bits    64
ap_long:
        xor     eax, eax
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     fs, eax
        mov     gs, eax
        mov     rsp, [rel ap_stack]
        xor     ebp, ebp
        call    [rel ap_entry]
        ud2

        align   8
ap_gdt:
        dq      0, 0x00209b0000000000           ; 64-bit code
ap_gdtr:
        dw      ap_gdtr - ap_gdt - 1
        dd      0                               ; where ap_gdt is
        align   8
ap_far:
        dd      0                               ; where ap_long is
        dw      8
        align   8
ap_cr0:
        dd      0
ap_cr3:
        dd      0
ap_stack:
        dq      0
ap_entry:
        dq      0
ap_trampoline_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
