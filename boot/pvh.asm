; SPDX-License-Identifier: BSD-2-Clause
; The first instructions of the kernel, for both doors (contract: linker/kernel.ld). Assumes nothing but what is written
; there; ends in kernel_main(arg, door, base) at its link address on the boot stack, with 64-bit paging (the first 4 GiB
; one to one, the image in slot 510), SSE usable, interrupts off.
;
; 32-bit code cannot use RIP-relative addresses, so it reaches the image as EBX (physical base) + NAME_off (linker
; script).

        default rel

        global  pvh_entry32, kernel_entry64
        global  boot_tables, boot_gdt, boot_gdtr, boot_args, boot_far_ptr, boot_high, boot_compat, boot_long, boot_no_long
        extern  boot_tables_off, boot_gdt_off, boot_gdtr_off, boot_args_off, boot_far_ptr_off, boot_high_off
        extern  boot_compat_off, boot_long_off, boot_no_long_off
        extern  kernel_main, kernel_start, pvh_entry_phys

%define KERNEL_LMA      0x1000000
%define CODE64          0x08
%define DATA            0x10
%define CODE32          0x18
%define CR0_BITS        0x80010033              ; PG, WP, NE, ET, MP, PE (AM stays off)
%define CR4_PAE         0x20
%define CR4_LA57        0x1000
%define CR4_SSE         0x600                   ; OSFXSR, OSXMMEXCPT
%define MSR_EFER        0xc0000080
%define COM1            0x3f8

        section .note.pvh note alloc noexec nowrite align=4
        dd      4, 8, 18                        ; name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
        db      "Xen", 0
        dq      pvh_entry_phys

        section .text.boot progbits alloc exec nowrite align=16

        bits    64
kernel_entry64:
        cli
        cld
        mov     esi, edi                        ; struct boot_info
        xor     edi, edi                        ; the door: 0 UEFI
        lea     rbx, [kernel_start]
        mov     rax, cr4                        ; nothing that forbids switching paging off (PCIDE, CET)
        and     eax, CR4_PAE | CR4_LA57
        mov     cr4, rax
        lea     rax, [rbx + boot_gdt_off]
        mov     [rbx + boot_gdtr_off + 2], rax
        lgdt    [rbx + boot_gdtr_off]
        lea     eax, [rbx + boot_compat_off]
        mov     [rbx + boot_far_ptr_off], eax
        mov     dword [rbx + boot_far_ptr_off + 4], CODE32
        jmp     far dword [rbx + boot_far_ptr_off]

        bits    32
boot_compat:                                    ; paging off leaves long mode, and 5-level paging with it
        mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     eax, cr0
        and     eax, 0x7fffffff
        mov     cr0, eax
        jmp     boot_paging

pvh_entry32:
        cli
        cld
        mov     esi, ebx                        ; struct hvm_start_info
        mov     edi, 1                          ; the door: 1 PVH
        mov     ebx, KERNEL_LMA

boot_paging:
        mov     [ebx + boot_args_off], esi
        mov     [ebx + boot_args_off + 8], edi
        mov     [ebx + boot_args_off + 16], ebx
        mov     ebp, ebx                        ; cpuid clobbers ebx
        mov     eax, 0x80000000
        cpuid
        cmp     eax, 0x80000001
        jb      boot_no_long_mode
        mov     eax, 0x80000001
        cpuid
        bt      edx, 29                         ; long mode
        jnc     boot_no_long_mode
        mov     ebx, ebp

        ; Tables: PML4, PDPT low, PDPT kernel, PD kernel, four PDs for the first 4 GiB.
        lea     edi, [ebx + boot_tables_off]
        mov     edx, edi
        xor     eax, eax
        mov     ecx, 8 * 4096 / 4
        rep stosd
        lea     eax, [edx + 0x1003]
        mov     [edx], eax
        lea     eax, [edx + 0x2003]
        mov     [edx + 510 * 8], eax
        lea     eax, [edx + 0x3003]
        mov     [edx + 0x2000], eax
        lea     eax, [edx + 0x4003]
        lea     edi, [edx + 0x1000]
        mov     ecx, 4
.pdpt:  mov     [edi], eax
        add     eax, 0x1000
        add     edi, 8
        loop    .pdpt
        lea     eax, [ebx + 0x83]               ; present, writable, 2 MiB
        lea     edi, [edx + 0x3000]
        mov     ecx, 512
.pdk:   mov     [edi], eax
        add     eax, 0x200000
        add     edi, 8
        loop    .pdk
        mov     eax, 0x83
        lea     edi, [edx + 0x4000]
        mov     ecx, 2048
.pdl:   mov     [edi], eax
        add     eax, 0x200000
        add     edi, 8
        loop    .pdl

        mov     eax, CR4_PAE | CR4_SSE
        mov     cr4, eax
        mov     cr3, edx
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, 0x100                      ; LME
        wrmsr
        mov     eax, CR0_BITS
        mov     cr0, eax
        lea     eax, [ebx + boot_gdt_off]
        mov     [ebx + boot_gdtr_off + 2], eax
        lgdt    [ebx + boot_gdtr_off]
        lea     eax, [ebx + boot_long_off]
        mov     [ebx + boot_far_ptr_off], eax
        mov     dword [ebx + boot_far_ptr_off + 4], CODE64
        jmp     far dword [ebx + boot_far_ptr_off]

boot_no_long_mode:                              ; the one message that cannot be written in C
        lea     esi, [ebp + boot_no_long_off]
.next:  lodsb
        test    al, al
        jz      .stay
        mov     ah, al
        mov     dx, COM1 + 5
        mov     ecx, 100000
.wait:  in      al, dx
        test    al, 0x20
        loopz   .wait
        mov     al, ah
        mov     dx, COM1
        out     dx, al
        jmp     .next
.stay:  hlt
        jmp     .stay

        bits    64
boot_long:                                      ; still at the physical address
        mov     rax, boot_high
        jmp     rax
boot_high:
        mov     eax, DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        lea     rsp, [boot_stack_top]
        xor     ebp, ebp
        fninit
        mov     rdi, [boot_args]
        mov     rsi, [boot_args + 8]
        mov     rdx, [boot_args + 16]
        call    kernel_main
        ud2

boot_no_long:
        db      13, 10, "pyrite: this CPU has no 64-bit mode; Pyrite needs x86-64-v2", 13, 10, 0

        section .data
        align   8
boot_gdt:
        dq      0
        dq      0x00209a0000000000              ; 64-bit code
        dq      0x00cf92000000ffff              ; data
        dq      0x00cf9a000000ffff              ; 32-bit code
boot_gdt_end:
boot_gdtr:
        dw      boot_gdt_end - boot_gdt - 1
        dq      0
        align   8
boot_far_ptr:
        dd      0
        dw      0
        align   8
boot_args:
        dq      0, 0, 0

        section .bss
        alignb  4096
boot_tables:
        resb    8 * 4096
        resb    65536
boot_stack_top:

        section .note.GNU-stack noalloc noexec nowrite progbits
