; SPDX-License-Identifier: BSD-2-Clause
; A loader that hands the kernel over as a UEFI firmware with 5-level paging would: 64-bit, 57-bit addresses, one to
; one, the image at a physical base of its own (64 MiB), boot_info by RDI (contract: linker/kernel.ld). Itself started
; by PVH. The kernel's flat image is KERNEL; rules of layout in five_levels.ld.

%define BASE 0x4000000
%define ROOM 0x2000000
%define RAM_END 0x30000000

        global  pvh

        section .note.pvh note alloc noexec nowrite align=4
        dd      4, 8, 18
        db      "Xen", 0
        dq      pvh

        section .loader progbits alloc exec write align=4096
        bits    32
pvh:
        lea     eax, [pml4 + 3]
        mov     [pml5], eax
        lea     eax, [pdpt + 3]
        mov     [pml4], eax
        lea     eax, [pd + 3]
        mov     edi, pdpt
        mov     ecx, 4
.pdpt:  mov     [edi], eax
        add     eax, 4096
        add     edi, 8
        loop    .pdpt
        mov     edi, pd
        mov     eax, 0x83
        mov     ecx, 2048
.pd:    mov     [edi], eax
        add     eax, 0x200000
        add     edi, 8
        loop    .pd
        mov     eax, 0x1020                     ; PAE, LA57
        mov     cr4, eax
        mov     eax, pml5
        mov     cr3, eax
        mov     ecx, 0xc0000080
        rdmsr
        or      eax, 0x100
        wrmsr
        mov     eax, 0x80000011
        mov     cr0, eax
        lgdt    [gdtr]
        jmp     8:go
        bits    64
go:     mov     edi, info
        mov     eax, BASE                       ; e_entry is the lowest address
        jmp     rax

gdt:    dq      0, 0x00209a0000000000, 0x00cf92000000ffff
gdtr:   dw      gdtr - gdt - 1
        dq      gdt
conf:   db      "test=unit", 10, "debugexit=0x501", 10, "panic=exit", 10
conf_end:
        align   8
info:   dq      0x31544f4f42525950, 0, 0, BASE, ROOM, 0
        times 4 dq 0                            ; no framebuffer
        db      "5level", 0, 0
name:   db      "five_levels"
        times 128 - ($ - name) db 0
        dq      conf, conf_end - conf
        dd      0, 3, 0, 0
        dq      0                               ; no ranges left out
        dq      0x200000, 0x200000
        dd      6, 0                            ; BOOT_KERNEL: this loader
        dq      BASE, ROOM
        dd      6, 0
        dq      BASE + ROOM, RAM_END - BASE - ROOM
        dd      1, 0                            ; BOOT_RAM
        times 65536 db 0                        ; the rest of boot_info
        align   4096
pml5:   times 4096 db 0
pml4:   times 4096 db 0
pdpt:   times 4096 db 0
pd:     times 4 * 4096 db 0

        section .kernel progbits alloc noexec write align=4096
        incbin  KERNEL
