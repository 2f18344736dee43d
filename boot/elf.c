/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's ELF for the UEFI loader. Assumes that the file is the kernel that was linked in with the loader, so what
 * is wrong with it is a broken build, but checks all the same: nothing is read or written outside file and image.
 * Guarantees that an image of elf_image.size bytes at base holds each segment at its distance from the lowest one. */
#include "boot/elf.h"

#include <stdbool.h>
#include <stddef.h>

struct ehdr {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
enum { PT_LOAD = 1, EM_X86_64 = 62, ET_EXEC = 2, MAX_IMAGE = 1 << 30 };

static const struct phdr *segments(const void *elf, unsigned *n) {
    const struct ehdr *h = elf;
    *n = h->phnum;
    return (const void *)((const char *)elf + h->phoff);
}

static uint64_t lowest(const struct phdr *p, unsigned n) {
    uint64_t low = UINT64_MAX;
    for (unsigned i = 0; i < n; i++)
        if (p[i].type == PT_LOAD && p[i].vaddr < low)
            low = p[i].vaddr;
    return low;
}

static bool inside(uint64_t off, uint64_t size, uint64_t len) { return off <= len && size <= len - off; }

const char *elf_check(const void *elf, uint64_t len, struct elf_image *out) {
    static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2, 1}; /* 64-bit, little-endian */
    const struct ehdr *h = elf;
    unsigned n;
    if (len < sizeof *h)
        return "the kernel is shorter than an ELF header";
    for (size_t i = 0; i < sizeof magic; i++)
        if (h->ident[i] != magic[i])
            return "the kernel is not a 64-bit ELF file";
    if (h->machine != EM_X86_64 || h->type != ET_EXEC || h->phentsize != sizeof(struct phdr))
        return "the kernel is not an x86-64 executable";
    if (h->phoff % 8 || !inside(h->phoff, (uint64_t)h->phnum * sizeof(struct phdr), len))
        return "the kernel's program headers are not in the file";
    const struct phdr *p = segments(elf, &n);
    uint64_t low = lowest(p, n);
    out->size = 0;
    for (unsigned i = 0; i < n; i++) {
        if (p[i].type != PT_LOAD)
            continue;
        if (!inside(p[i].offset, p[i].filesz, len) || p[i].filesz > p[i].memsz)
            return "a segment of the kernel is not in the file";
        if (!inside(p[i].vaddr - low, p[i].memsz, MAX_IMAGE))
            return "a segment of the kernel is out of place";
        if (p[i].vaddr - low + p[i].memsz > out->size)
            out->size = p[i].vaddr - low + p[i].memsz;
    }
    out->entry = h->entry - low;
    return out->entry < out->size ? NULL : "the kernel's entry point is not in it";
}

void elf_place(const void *elf, void *base) {
    unsigned n;
    const struct phdr *p = segments(elf, &n);
    uint64_t low = lowest(p, n);
    for (unsigned i = 0; i < n; i++) {
        if (p[i].type != PT_LOAD)
            continue;
        char *to = (char *)base + (p[i].vaddr - low);
        const char *from = (const char *)elf + p[i].offset;
        for (uint64_t k = 0; k < p[i].memsz; k++)
            to[k] = k < p[i].filesz ? from[k] : 0;
    }
}
