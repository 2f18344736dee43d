/* SPDX-License-Identifier: BSD-2-Clause */
/* Places the kernel's ELF image in memory, by the entry contract of linker/kernel.ld. No libc. */
#ifndef PYRITE_BOOT_ELF_H
#define PYRITE_BOOT_ELF_H

#include <stdint.h>

struct elf_image {
    uint64_t size;  /* bytes from the first segment's address to the last one's end, bss included */
    uint64_t entry; /* offset of the entry point in the image */
};

/* Checks every header before anything is placed. NULL, or what is wrong with the file. */
const char *elf_check(const void *elf, uint64_t len, struct elf_image *out);
/* Copies the segments of a checked file to base (out->size bytes) and zeroes the rest. */
void elf_place(const void *elf, void *base);

#endif
