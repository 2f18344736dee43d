/* SPDX-License-Identifier: BSD-2-Clause */
/* What a door (UEFI, PVH) hands to the kernel. Physical addresses throughout. The sole contract between boot/ and
 * kernel/.
 *
 * How a door enters the kernel is written at the top of linker/kernel.ld. In short, for UEFI: load the ELF's segments
 * to one physically contiguous piece, 2 MiB aligned, below 4 GiB (segment at base + p_paddr - lowest p_paddr); put
 * boot_info below 4 GiB as well; leave boot services; jump to base + e_entry - lowest p_vaddr in 64-bit mode with RDI =
 * boot_info, interrupts off, the firmware's 1:1 page tables. Image, boot_info, conf text and files must be covered by
 * BOOT_KERNEL ranges (or by any that is not BOOT_RAM); files may be anywhere. Ranges may be unsorted but must not
 * overlap. */
#ifndef PYRITE_BOOT_BOOTINFO_H
#define PYRITE_BOOT_BOOTINFO_H

#include <stdint.h>

#define BOOT_INFO_MAGIC 0x31544f4f42525950ull /* "PYRBOOT1" */
enum { BOOT_MAX_RANGES = 512, BOOT_MAX_FILES = 16, BOOT_NAME = 128 };

enum boot_range_type {
    BOOT_RAM = 1,        /* free for the kernel, boot services memory included */
    BOOT_RESERVED,
    BOOT_ACPI,           /* ACPI tables: reclaimable, but we keep them */
    BOOT_NVS,
    BOOT_RUNTIME,        /* EFI runtime services code and data */
    BOOT_KERNEL,         /* kernel image, boot_info, files */
};
struct boot_range {
    uint64_t base, size;
    uint32_t type, pad;
};
struct boot_file {
    char name[BOOT_NAME]; /* as the configuration names it */
    uint64_t base, size;
};
struct boot_fb {
    uint64_t base, size;         /* size 0: no framebuffer */
    uint32_t width, height, stride; /* pixels */
    uint32_t bgr;                /* 1: blue in the lowest byte */
};
struct boot_info {
    uint64_t magic;
    uint64_t acpi_rsdp;          /* 0: none found */
    uint64_t efi_systab;         /* 0: not from UEFI */
    uint64_t kernel_base, kernel_size;
    uint64_t trampoline;         /* one page below 640 KiB reserved for starting cores; 0: none */
    struct boot_fb fb;
    char door[8];                /* "uefi", "pvh" */
    char conf_name[BOOT_NAME];   /* name of the configuration file for messages; "" if none */
    uint64_t conf_base, conf_size; /* text of pyrite.conf, or the PVH command line */
    uint32_t conf_is_cmdline;
    uint32_t nranges, nfiles;
    uint32_t ranges_dropped;     /* pieces of the memory map that found no room in range[]: not used */
    uint64_t bytes_dropped;      /* their size */
    struct boot_range range[BOOT_MAX_RANGES];
    struct boot_file file[BOOT_MAX_FILES];
    uint64_t time_s;             /* firmware's time in seconds since 1970-01-01 UTC; 0: it gave none that can be */
    uint64_t time_tsc;           /* the TSC at that moment */
    uint32_t time_ns, time_pad;  /* below 10^9 */
};

#endif
