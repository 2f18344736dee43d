/* SPDX-License-Identifier: BSD-2-Clause */
/* Where guest images go. With firmware (M-mode): firmware at 0x80000000, kernel (S-mode) 2 MiB above it; without
 * (`bios=none`) the kernel in M-mode at 0x80000000. An ELF goes where it says. At the top of RAM (below 3 GiB, as
 * firmware and 32-bit DMA expect it there) lies a block with device tree and struct fw_dynamic_info; the initrd is
 * below it. Everything is checked for overlaps before anything is written. */
#include <string.h>

#include "devices/board.h"
#include "devices/fdt.h"
#include "devices/virt_map.h"

enum { PAGE = 4096 };
/* Of the block at the top: a hart's node is about a KiB and a half, most of it the names of its extensions. */
static uint64_t top_size(const struct board_config *cfg) { return cfg->harts > 32 ? 512 << 10 : 128 << 10; }
static uint64_t fdt_max(const struct board_config *cfg) { return top_size(cfg) - PAGE; }
static const uint64_t HIGHEST = 0xc0000000, MIB2 = 2 << 20;

/* OpenSBI, include/sbi/fw_dynamic.h, version 2. */
struct fw_dynamic_info {
    uint64_t magic, version, next_addr, next_mode, options, boot_hart;
};
enum { FW_MAGIC = 0x4942534f, FW_VERSION = 2, FW_NEXT_S = 1 };

static struct {
    struct image bios, kernel, initrd;
    bool has_bios, has_kernel, has_initrd;
} img;

struct layout {
    struct loader_ram ram;
    struct placed bios, kernel;
    uint64_t top_size, initrd, initrd_end, fdt, dynamic, raw;
};

bool boot_open(const struct board_config *cfg) {
    const char *bios = cfg->bios ? cfg->bios : "fw_dynamic.bin";
    memset(&img, 0, sizeof img);
    img.has_bios = strcmp(bios, "none") != 0;
    img.has_kernel = cfg->kernel != NULL;
    img.has_initrd = cfg->initrd != NULL;
    if (!img.has_kernel && (!cfg->bios || !img.has_bios))
        return loader_fail("kernel: none given: there is nothing to run");
    if (img.has_bios && !image_open(&img.bios, "bios", bios, false, cfg->ram_size))
        return false;
    if (img.has_kernel && !image_open(&img.kernel, "kernel", cfg->kernel, false, cfg->ram_size))
        return false;
    return !img.has_initrd || image_open(&img.initrd, "initrd", cfg->initrd, true, cfg->ram_size);
}

bool boot_htif(const struct board_config *cfg, uint64_t *tohost, uint64_t *fromhost) {
    uint64_t last = cfg->ram_size - 8;
    if (!board_symbol("fromhost", fromhost) || *fromhost & 7 || *fromhost - VIRT_RAM_BASE > last)
        *fromhost = 0;
    return board_symbol("tohost", tohost) && !(*tohost & 7) && *tohost - VIRT_RAM_BASE <= last;
}

bool board_symbol(const char *name, uint64_t *value) {
    return (img.has_kernel && image_symbol(&img.kernel, name, value)) ||
           (img.has_bios && image_symbol(&img.bios, name, value));
}

/* ---- layout ---- */

static bool apart(const struct image *im, uint64_t start, uint64_t end, const char *other, uint64_t ostart,
                  uint64_t oend) {
    if (start >= oend || ostart >= end)
        return true;
    return loader_fail("%s: %s: [%#llx, %#llx) overlaps the %s [%#llx, %#llx); is `m` too small, or bios=none meant?",
                       im->option, im->file, (unsigned long long)start, (unsigned long long)end, other,
                       (unsigned long long)ostart, (unsigned long long)oend);
}

static void place_top(struct layout *l) {
    uint64_t top = l->ram.base + l->ram.size;
    if (top > HIGHEST)
        top = HIGHEST;
    l->fdt = top - l->top_size;
    l->dynamic = l->fdt + l->top_size - PAGE;
}

static bool lay_out_kernel(struct layout *l) {
    uint64_t top_end = l->fdt + l->top_size;
    l->raw = VIRT_RAM_BASE;
    if (img.has_bios) {
        if (!image_where(&img.bios, &l->ram, VIRT_RAM_BASE, VIRT_RAM_BASE, &l->bios) ||
            !apart(&img.bios, l->bios.start, l->bios.end, "device tree", l->fdt, top_end))
            return false;
        l->raw = (l->bios.end + MIB2 - 1) & ~(MIB2 - 1);
        if (l->raw < VIRT_RAM_BASE + VIRT_FIRMWARE_SPACE)
            l->raw = VIRT_RAM_BASE + VIRT_FIRMWARE_SPACE;
    }
    if (!img.has_kernel)
        return true;
    if (!image_where(&img.kernel, &l->ram, VIRT_RAM_BASE, l->raw, &l->kernel) ||
        !apart(&img.kernel, l->kernel.start, l->kernel.end, "device tree", l->fdt, top_end))
        return false;
    return !img.has_bios || apart(&img.kernel, l->kernel.start, l->kernel.end, "firmware", l->bios.start, l->bios.end);
}

static bool lay_out_initrd(struct layout *l) {
    uint64_t room = l->fdt - l->ram.base;
    if (!img.has_initrd)
        return true;
    if (img.initrd.size > room)
        return loader_fail("initrd: %s: %llu KiB do not fit the guest's RAM of %llu KiB", img.initrd.file,
                           (unsigned long long)img.initrd.size / 1024, (unsigned long long)l->ram.size / 1024);
    l->initrd = (l->fdt - img.initrd.size) & ~(uint64_t)(PAGE - 1);
    l->initrd_end = l->initrd + img.initrd.size;
    if (img.has_kernel && !apart(&img.initrd, l->initrd, l->initrd_end, "kernel", l->kernel.start, l->kernel.end))
        return false;
    return !img.has_bios || apart(&img.initrd, l->initrd, l->initrd_end, "firmware", l->bios.start, l->bios.end);
}

/* ---- placing ---- */

static void *at(const struct layout *l, uint64_t gpa) { return l->ram.ptr + (gpa - l->ram.base); }

static bool place_images(const struct layout *l) {
    struct placed p;
    if (img.has_bios && !image_place(&img.bios, &l->ram, VIRT_RAM_BASE, VIRT_RAM_BASE, &p))
        return false;
    if (img.has_kernel && !image_place(&img.kernel, &l->ram, VIRT_RAM_BASE, l->raw, &p))
        return false;
    if (img.has_initrd)
        memcpy(at(l, l->initrd), img.initrd.data, img.initrd.size);
    return true;
}

static void place_dynamic(const struct layout *l) {
    struct fw_dynamic_info info = {FW_MAGIC,  FW_VERSION, img.has_kernel ? l->kernel.entry : l->raw,
                                   FW_NEXT_S, 0,          UINT64_MAX};
    memcpy(at(l, l->dynamic), &info, sizeof info);
}

/* Firmware that opens the seed CSR to S-mode does so when the tree names zkr, so that it has that name in it (OpenSBI
 * 1.6 does, 1.1 does not). What lies behind its 2 MiB is a payload, whose names say nothing. M-mode programs have the
 * CSR anyway. Without a source there is nothing to open. */
static bool seed_closed(void) {
    static const char name[] = "zkr";
    uint64_t v, size = img.bios.size < VIRT_FIRMWARE_SPACE ? img.bios.size : VIRT_FIRMWARE_SPACE;
    if (plat_seed(&v) == PLAT_SEED_NONE)
        return true;
    if (!img.has_bios)
        return false;
    for (uint64_t i = 0; i + sizeof name <= size; i++)
        if (!memcmp(img.bios.data + i, name, sizeof name))
            return false;
    return true;
}

bool boot_place(const struct board_config *cfg, unsigned slots, struct board_entry *out) {
    struct layout l = {.ram = {cfg->ram.engine, VIRT_RAM_BASE, cfg->ram_size}, .top_size = top_size(cfg)};
    place_top(&l);
    if (!lay_out_kernel(&l) || !lay_out_initrd(&l) || !place_images(&l))
        return false;
    struct board_config shown = *cfg;
    shown.seed_closed = seed_closed();
    if (!fdt_build(&shown, l.initrd, l.initrd_end, slots, at(&l, l.fdt), (unsigned)fdt_max(cfg)))
        return loader_fail("append: the device tree would be larger than %u KiB", (unsigned)fdt_max(cfg) / 1024);
    *out = (struct board_entry){.pc = img.has_bios ? l.bios.entry : l.kernel.entry, .fdt = l.fdt};
    if (img.has_bios) {
        place_dynamic(&l);
        out->dynamic = l.dynamic;
    }
    return true;
}
