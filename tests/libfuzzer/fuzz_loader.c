/* SPDX-License-Identifier: BSD-2-Clause */
/* Images: one file as kernel, in any wrapper; a whole boot with firmware, kernel and initrd; the UEFI loader's own ELF
 * loader. Nothing is written to RAM by an image that is refused, nothing outside the range that was said before, and
 * the harts start in RAM. */
#include <libfdt.h>
#include <zlib.h>

#include "boot/elf.h"
#include "devices/board.h"
#include "devices/virt_map.h"
#include "tests/libfuzzer/fake.h"
#include "tests/libfuzzer/fuzz.h"

enum { RAM = 1 << 16, BOOT_RAM = 4 << 20, UNTOUCHED = 0xa5 };

/* gzip of data, cut short or with a damaged byte as `how` says. */
static uint8_t *squeeze(const uint8_t *data, size_t size, unsigned how, size_t *len) {
    z_stream z = {0};
    size_t room = size + 256 + 64;
    uint8_t *out = calloc(1, room), *body = out + (how & 1 ? 64 : 0);
    deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (uint8_t *)data, z.avail_in = (unsigned)size;
    z.next_out = body, z.avail_out = (unsigned)(size + 256);
    deflate(&z, Z_FINISH);
    size_t n = z.total_out;
    deflateEnd(&z);
    if (how & 1) { /* EFI zboot */
        uint32_t at[2] = {64, (uint32_t)n};
        memcpy(out, "MZ\0\0zimg", 8);
        memcpy(out + 8, at, 8);
        memcpy(out + 24, "gzip", 5);
        n += 64;
    }
    if (how & 2)
        out[(how >> 8) % n] ^= (uint8_t)(how >> 24);
    *len = how & 4 ? n - (how >> 8) % n : n;
    return out;
}

static void untouched(const uint8_t *ram, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        FUZZ_CHECK(ram[i] == UNTOUCHED, "byte at %#zx was written", i);
}

static void one_image(struct fuzz_in *in) {
    unsigned how = (unsigned)fuzz_take(in, 4), wrapped = how & 8;
    struct image im = {.option = "kernel", .file = "fuzz"};
    struct placed before, after;
    size_t size;
    uint8_t *data = fuzz_part(in, SIZE_MAX, &size);
    if (wrapped) {
        uint8_t *inner = data, *out = squeeze(inner, size, how, &size);
        free(inner);
        data = realloc(out, size ? size : 1);
    }
    static uint8_t *ram_bytes; /* on the heap, with red zones */
    if (!ram_bytes)
        ram_bytes = malloc(RAM);
    memset(ram_bytes, UNTOUCHED, RAM);
    struct loader_ram ram = {ram_bytes, VIRT_RAM_BASE, RAM};
    uint64_t raw = VIRT_RAM_BASE + (how & 16 ? 0x2000 : 0), value;
    if (image_parse(&im, data, size, how & 32, RAM)) {
        FUZZ_CHECK(im.size && im.size <= (im.data == data ? size : RAM), "%llu bytes", (unsigned long long)im.size);
        image_symbol(&im, "tohost", &value);
        bool fits = image_where(&im, &ram, VIRT_RAM_BASE, raw, &before);
        FUZZ_CHECK(image_place(&im, &ram, VIRT_RAM_BASE, raw, &after) == fits, "%d", fits);
        if (fits) {
            FUZZ_CHECK(!memcmp(&before, &after, sizeof after) && after.start >= VIRT_RAM_BASE &&
                           after.start <= after.end && after.end - VIRT_RAM_BASE <= RAM &&
                           after.entry - VIRT_RAM_BASE < RAM,
                       "[%#llx, %#llx)", (unsigned long long)after.start, (unsigned long long)after.end);
            untouched(ram_bytes, 0, after.start - VIRT_RAM_BASE);
            untouched(ram_bytes, after.end - VIRT_RAM_BASE, RAM);
        } else {
            untouched(ram_bytes, 0, RAM);
        }
    }
    free(data);
}

static void whole_boot(struct fuzz_in *in) {
    static const char *const names[] = {"bios", "kernel", "initrd"};
    static const char *const isa_ext[] = {"i", "m", NULL};
    unsigned how = (unsigned)fuzz_take(in, 1);
    uint8_t *part[4];
    size_t len[4];
    for (unsigned i = 0; i < 4; i++)
        part[i] = fuzz_part(in, i < 3 ? (size_t)fuzz_take(in, 2) : SIZE_MAX, &len[i]);
    for (unsigned i = 0; i < 3; i++) {
        fake.file[i].name = names[i];
        fake.file[i].data = part[i], fake.file[i].size = len[i];
    }
    char *append = calloc(1, len[3] + 1);
    memcpy(append, part[3], len[3]);
    static uint8_t *ram; /* on the heap, with red zones; not cleared, since nothing reads it before it is written */
    if (!ram)
        ram = calloc(1, BOOT_RAM);
    struct board_config cfg = {.harts = 1,
                               .ram_size = BOOT_RAM,
                               .ram = {ram, (uintptr_t)ram, BOOT_RAM},
                               .isa = "rv64im",
                               .isa_ext = isa_ext,
                               .mmu_type = how & 8 ? "riscv,sv39" : NULL,
                               .bios = how & 1 ? "bios" : "none",
                               .kernel = how & 2 ? "kernel" : NULL,
                               .initrd = how & 4 ? "initrd" : NULL,
                               .append = how & 16 ? append : NULL};
    struct board_entry out;
    uint64_t to, from;
    if (boot_open(&cfg)) {
        if (boot_htif(&cfg, &to, &from))
            FUZZ_CHECK(to - VIRT_RAM_BASE <= BOOT_RAM - 8 && !(to & 7) &&
                           (!from || from - VIRT_RAM_BASE <= BOOT_RAM - 8),
                       "%#llx", (unsigned long long)to);
        if (boot_place(&cfg, how >> 5, &out)) {
            FUZZ_CHECK(out.pc - VIRT_RAM_BASE < BOOT_RAM && out.fdt - VIRT_RAM_BASE < BOOT_RAM, "%#llx %#llx",
                       (unsigned long long)out.pc, (unsigned long long)out.fdt);
            const void *tree = ram + (out.fdt - VIRT_RAM_BASE);
            FUZZ_CHECK(!fdt_check_full(tree, BOOT_RAM - (out.fdt - VIRT_RAM_BASE)), "device tree");
        }
    }
    FUZZ_CHECK(memchr(loader_error, 0, sizeof loader_error), "a message without an end");
    free(append);
    for (unsigned i = 0; i < 4; i++)
        free(part[i]);
}

static void own_elf(struct fuzz_in *in) {
    struct elf_image image;
    size_t size;
    uint8_t *data = fuzz_part(in, SIZE_MAX, &size);
    if (!elf_check(data, size, &image)) {
        FUZZ_CHECK(image.size && image.entry < image.size, "entry %#llx", (unsigned long long)image.entry);
        uint8_t *to = image.size <= RAM ? malloc(image.size) : NULL;
        if (to)
            elf_place(data, to);
        free(to);
    }
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    fake_reset();
    switch (fuzz_take(&in, 1) % 4) {
    case 0: own_elf(&in); break;
    case 1: whole_boot(&in); break;
    default: one_image(&in); break;
    }
    fake_reset();
    return 0;
}
