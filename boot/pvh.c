/* SPDX-License-Identifier: BSD-2-Clause */
/* The PVH door: makes a boot_info out of Xen's hvm_start_info (xen/include/public/arch-x86/hvm/start_info.h). Assumes
 * the boot page tables: the first 4 GiB mapped one to one, where the loader puts all of its structures. */
#include <stddef.h>
#include <stdint.h>

#include "boot/bootinfo.h"
#include "boot/pvh.h"

#define START_MAGIC 0x336ec578u

struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist, cmdline, rsdp;
    uint64_t memmap; /* version 1 on */
    uint32_t memmap_entries, reserved;
};
struct module {
    uint64_t base, size, cmdline, reserved;
};
struct memmap_entry {
    uint64_t base, size;
    uint32_t type, reserved; /* E820 */
};

static struct boot_info info;

/* Each carve() adds two ranges at most, and there are four: a memory map leaves that much room, so that the kernel and
 * its files are always covered. */
enum { CARVED_RANGES = 8 };

/* Makes [base, end) part of a range of its type that it touches, or a new one while there are fewer than limit.
 * What finds no room is not used, and counted for the kernel to say. */
static void add_range(uint64_t base, uint64_t end, uint32_t type, uint32_t limit) {
    if (end <= base)
        return;
    for (uint32_t i = 0; i < info.nranges; i++) {
        struct boot_range *r = &info.range[i];
        if (r->type != type || (r->base + r->size != base && r->base != end))
            continue;
        r->base = r->base < base ? r->base : base;
        r->size += end - base;
        return;
    }
    if (info.nranges < limit)
        info.range[info.nranges++] = (struct boot_range){.base = base, .size = end - base, .type = type};
    else
        info.ranges_dropped++, info.bytes_dropped += end - base;
}

/* Marks a piece of memory as taken: what is left of the RAM around it stays RAM. QEMU puts an archive where SeaBIOS may
 * have reserved the end of it: that is ours as well. */
static void carve(uint64_t base, uint64_t size) {
    uint64_t end = (base + size + 4095) & ~4095ull;
    base &= ~4095ull;
    for (uint32_t i = 0, n = info.nranges; i < n; i++) {
        struct boot_range *r = &info.range[i];
        uint64_t r_end = r->base + r->size;
        if (r->type != BOOT_RAM || r_end <= base || r->base >= end)
            continue;
        uint64_t from = r->base > base ? r->base : base, to = r_end < end ? r_end : end;
        add_range(to, r_end, BOOT_RAM, BOOT_MAX_RANGES); /* nothing if they end alike */
        r->size = from - r->base;
    }
    add_range(base, end, BOOT_KERNEL, BOOT_MAX_RANGES);
}

static void read_memmap(const struct start_info *si) {
    static const uint32_t type[] = {[1] = BOOT_RAM, [2] = BOOT_RESERVED, [3] = BOOT_ACPI, [4] = BOOT_NVS};
    const struct memmap_entry *e = (const void *)si->memmap;
    if (si->version < 1 || !e)
        return;
    for (uint32_t i = 0; i < si->memmap_entries; i++)
        if (e[i].base + e[i].size > e[i].base)
            add_range(e[i].base, e[i].base + e[i].size,
                      e[i].type >= 1 && e[i].type <= 4 ? type[e[i].type] : BOOT_RESERVED,
                      BOOT_MAX_RANGES - CARVED_RANGES);
}

static uint64_t length(const char *s) {
    uint64_t n = 0;
    while (s && s[n])
        n++;
    return n;
}

struct boot_info *pvh_boot_info(uint64_t start_info, uint64_t kernel_base, uint64_t kernel_size) {
    const struct start_info *si = (const void *)start_info;
    const char door[] = "pvh";

    if (si->magic != START_MAGIC)
        return NULL;
    info.nranges = info.nfiles = info.ranges_dropped = 0;
    info.bytes_dropped = 0;
    info.magic = BOOT_INFO_MAGIC;
    info.acpi_rsdp = si->rsdp;
    info.kernel_base = kernel_base;
    info.kernel_size = kernel_size;
    for (unsigned i = 0; i < sizeof door; i++)
        info.door[i] = door[i];
    info.conf_base = si->cmdline;
    info.conf_size = length((const char *)si->cmdline);
    info.conf_is_cmdline = 1;
    read_memmap(si);
    carve(kernel_base, kernel_size);
    carve(start_info, sizeof *si);
    carve(info.conf_base, info.conf_size + 1);
    const struct module *m = (const void *)si->modlist;
    if (si->nr_modules && m && m[0].size) { /* an archive of guest files; the kernel takes it apart */
        info.nfiles = 1;
        info.file[0].base = m[0].base;
        info.file[0].size = m[0].size;
        carve(m[0].base, m[0].size);
    }
    return &info;
}
