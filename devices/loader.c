/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads guest images. Files are hostile: every offset and size is checked before it is used, and nothing is written to
 * guest RAM before a whole image was found good.
 *
 * Formats: ELF64 for RISC-V (System V ABI; RISC-V psABI), the flat Image of Linux (Documentation/arch/riscv/
 * boot-image-header.rst), gzip of either (RFC 1952), Linux' EFI zboot wrapper around gzip, anything else raw. */
#include "devices/loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "kernel/plat.h"

char loader_error[320];

bool loader_fail(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(loader_error, sizeof loader_error, fmt, ap);
    va_end(ap);
    return false;
}

static bool fail(const struct image *im, const char *what) {
    return loader_fail("%s: %s: %s", im->option, im->file, what);
}

static uint64_t le(const uint8_t *p, unsigned bytes) {
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

/* ---- gzip ---- */

enum { GZIP_AUTO = 15 + 16 /* zlib: largest window, gzip wrapper */ };

static bool is_gzip(const uint8_t *d, uint64_t size) { return size >= 18 && d[0] == 0x1f && d[1] == 0x8b && d[2] == 8; }

/* Inflates one gzip member of `size` bytes to out[0..len). Returns zlib's last result; *got is how much came out. */
static int inflate_all(const uint8_t *in, uint64_t size, uint8_t *out, uint64_t len, uint64_t *got) {
    enum { PIECE = 1 << 30 }; /* zlib counts in 32 bits */
    z_stream z = {0};
    int r = inflateInit2(&z, GZIP_AUTO);
    *got = 0;
    if (r != Z_OK)
        return r;
    z.next_in = (uint8_t *)in;
    while (r == Z_OK) {
        uint64_t room = len - *got, left = size - (uint64_t)(z.next_in - in);
        z.avail_in = left < PIECE ? (unsigned)left : PIECE;
        z.next_out = out + *got;
        z.avail_out = room < PIECE ? (unsigned)room : PIECE;
        r = inflate(&z, Z_NO_FLUSH);
        *got = (uint64_t)(z.next_out - out);
    }
    inflateEnd(&z);
    return r;
}

static bool too_large(const struct image *im, uint64_t size, uint64_t max) {
    return loader_fail("%s: %s: needs %llu KiB, more than the guest's RAM of %llu KiB", im->option, im->file,
                       (unsigned long long)((size + 1023) / 1024), (unsigned long long)(max / 1024));
}

static bool gunzip(struct image *im, const uint8_t *in, uint64_t size, uint64_t max) {
    uint64_t len = le(in + size - 4, 4), got; /* ISIZE, the last word: the uncompressed size */
    if (len > max)
        return too_large(im, len, max);
    uint8_t *out = plat_alloc(len + 1);
    if (!out)
        return fail(im, "not enough memory to uncompress it");
    int r = inflate_all(in, size, out, len + 1, &got);
    if (r == Z_BUF_ERROR && got <= len)
        return fail(im, "compressed file is truncated");
    if (r != Z_STREAM_END || got != len)
        return fail(im, "compressed file is damaged, or not one gzip stream");
    im->data = out;
    im->size = len;
    return true;
}

/* Linux' EFI zboot: "MZ", "zimg" at 4, offset and size of the payload at 8 and 12, name of the compression at 24. */
static bool is_zboot(const uint8_t *d, uint64_t size) {
    return size >= 64 && !memcmp(d, "MZ", 2) && !memcmp(d + 4, "zimg", 4);
}

static bool unwrap_zboot(struct image *im, uint64_t max) {
    uint64_t off = le(im->data + 8, 4), size = le(im->data + 12, 4);
    if (off > im->size || size > im->size - off)
        return fail(im, "EFI zboot image is truncated");
    if (memcmp(im->data + 24, "gzip", 5) != 0 || !is_gzip(im->data + off, size))
        return fail(im, "EFI zboot image is not compressed with gzip");
    return gunzip(im, im->data + off, size, max);
}

/* ---- ELF ---- */

enum {
    EM_RISCV = 243,
    ET_EXEC = 2,
    ET_DYN = 3,
    PT_LOAD = 1,
    SHT_SYMTAB = 2,
    EHDR = 64,
    PHDR = 56,
    SHDR = 64,
    SYM = 24
};
struct segment {
    uint64_t off, vaddr, paddr, filesz, memsz;
};

static bool is_elf(const struct image *im) { return im->size >= 4 && !memcmp(im->data, "\177ELF", 4); }

static bool check_ehdr(const struct image *im) {
    const uint8_t *d = im->data;
    if (im->size < EHDR)
        return fail(im, "ELF header is truncated");
    unsigned machine = (unsigned)le(d + 18, 2);
    if (machine != EM_RISCV || d[5] != 1)
        return loader_fail("%s: %s: ELF for another machine (e_machine %u%s), not RISC-V (243)", im->option, im->file,
                           machine, d[5] == 1 ? "" : ", big-endian");
    if (d[4] != 2)
        return fail(im, "32-bit ELF; the guest is 64-bit");
    unsigned type = (unsigned)le(d + 16, 2);
    if (type != ET_EXEC && type != ET_DYN)
        return fail(im, "ELF is not an executable (an object file?)");
    if (le(d + 54, 2) != PHDR)
        return fail(im, "ELF program headers have a wrong size");
    return true;
}

static unsigned elf_segments(const struct image *im) { return (unsigned)le(im->data + 56, 2); }

/* Segment `i`; filesz is 0 for what is not loaded. */
static bool elf_segment(const struct image *im, unsigned i, struct segment *s) {
    uint64_t at = le(im->data + 32, 8);
    if (at > im->size || (uint64_t)(i + 1) * PHDR > im->size - at)
        return fail(im, "ELF is truncated (program headers)");
    const uint8_t *p = im->data + at + (uint64_t)i * PHDR;
    *s = (struct segment){le(p + 8, 8), le(p + 16, 8), le(p + 24, 8), le(p + 32, 8), le(p + 40, 8)};
    if (le(p, 4) != PT_LOAD) {
        s->filesz = s->memsz = 0;
        return true;
    }
    if (s->filesz > s->memsz)
        return fail(im, "ELF segment is larger in the file than in memory");
    if (s->off > im->size || s->filesz > im->size - s->off)
        return loader_fail("%s: %s: ELF is truncated (segment at %#llx)", im->option, im->file,
                           (unsigned long long)s->paddr);
    return true;
}

static bool in_ram(const struct loader_ram *ram, uint64_t start, uint64_t size) {
    return start >= ram->base && start - ram->base <= ram->size && size <= ram->size - (start - ram->base);
}

static bool outside(const struct image *im, const struct loader_ram *ram, uint64_t start, uint64_t size) {
    return loader_fail("%s: %s: [%#llx, %#llx) does not fit the guest's RAM [%#llx, %#llx)", im->option, im->file,
                       (unsigned long long)start, (unsigned long long)(start + size), (unsigned long long)ram->base,
                       (unsigned long long)(ram->base + ram->size));
}

/* An entry that is a virtual address becomes physical by the segment that holds it. */
static uint64_t elf_entry(const struct image *im) {
    uint64_t entry = le(im->data + 24, 8), found = entry;
    struct segment s;
    for (unsigned i = 0; i < elf_segments(im) && elf_segment(im, i, &s); i++) {
        if (entry - s.paddr < s.memsz)
            return entry;
        if (entry - s.vaddr < s.memsz)
            found = entry - s.vaddr + s.paddr;
    }
    return found;
}

/* How far above its own addresses an ELF is put. A position-independent one (ET_DYN) that begins below RAM, as OpenSBI
 * 1.6's files do (at 0), goes where a raw binary would; it relocates itself. */
static uint64_t elf_bias(const struct image *im, const struct loader_ram *ram, uint64_t raw) {
    uint64_t low = UINT64_MAX;
    struct segment s;
    if (le(im->data + 16, 2) != ET_DYN)
        return 0;
    for (unsigned i = 0; i < elf_segments(im) && elf_segment(im, i, &s); i++)
        if (s.memsz && s.paddr < low)
            low = s.paddr;
    return low < ram->base ? raw - low : 0;
}

static bool elf_where(const struct image *im, const struct loader_ram *ram, uint64_t raw, struct placed *out) {
    struct segment s;
    uint64_t bias = elf_bias(im, ram, raw);
    *out = (struct placed){UINT64_MAX, 0, elf_entry(im) + bias};
    for (unsigned i = 0; i < elf_segments(im); i++) {
        if (!elf_segment(im, i, &s))
            return false;
        if (s.memsz == 0)
            continue;
        s.paddr += bias;
        if (s.memsz > ram->size)
            return too_large(im, s.memsz, ram->size);
        if (!in_ram(ram, s.paddr, s.memsz))
            return outside(im, ram, s.paddr, s.memsz);
        if (s.paddr < out->start)
            out->start = s.paddr;
        if (s.paddr + s.memsz > out->end)
            out->end = s.paddr + s.memsz;
    }
    if (out->end == 0)
        return fail(im, "ELF has nothing to load");
    if (!in_ram(ram, out->entry, 2))
        return loader_fail("%s: %s: entry %#llx is not in the guest's RAM", im->option, im->file,
                           (unsigned long long)out->entry);
    return true;
}

static void elf_copy(const struct image *im, const struct loader_ram *ram, uint64_t raw) {
    struct segment s;
    uint64_t bias = elf_bias(im, ram, raw);
    for (unsigned i = 0; i < elf_segments(im) && elf_segment(im, i, &s); i++) {
        if (s.memsz == 0)
            continue; /* its address is anything */
        uint8_t *to = ram->ptr + (s.paddr + bias - ram->base);
        memcpy(to, im->data + s.off, s.filesz);
        memset(to + s.filesz, 0, s.memsz - s.filesz);
    }
}

static const uint8_t *section(const struct image *im, uint64_t i, uint64_t *off, uint64_t *size) {
    uint64_t at = le(im->data + 40, 8);
    if (i >= le(im->data + 60, 2) || le(im->data + 58, 2) != SHDR || at > im->size || (i + 1) * SHDR > im->size - at)
        return NULL;
    const uint8_t *p = im->data + at + i * SHDR;
    *off = le(p + 24, 8);
    *size = le(p + 32, 8);
    return *off <= im->size && *size <= im->size - *off ? p : NULL;
}

static bool symbol_in(const uint8_t *syms, uint64_t nsyms, const char *names, uint64_t len, const char *name,
                      uint64_t *value) {
    uint64_t want = strlen(name) + 1;
    for (uint64_t i = 0; i < nsyms; i++) {
        const uint8_t *s = syms + i * SYM;
        uint64_t at = le(s, 4);
        if (le(s + 6, 2) != 0 && at <= len && want <= len - at && !memcmp(names + at, name, want)) { /* 0: undefined */
            *value = le(s + 8, 8);
            return true;
        }
    }
    return false;
}

bool image_symbol(const struct image *im, const char *name, uint64_t *value) {
    uint64_t off, size, stroff, strsize;
    if (im->kind != IMAGE_ELF)
        return false;
    unsigned n = (unsigned)le(im->data + 60, 2);
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *sh = section(im, i, &off, &size);
        if (sh && le(sh + 4, 4) == SHT_SYMTAB && section(im, le(sh + 40, 4), &stroff, &strsize) &&
            symbol_in(im->data + off, size / SYM, (const char *)im->data + stroff, strsize, name, value))
            return true;
    }
    return false;
}

/* ---- flat Image, raw ---- */

enum { FLAT_HEADER = 64 };

static bool is_flat(const struct image *im) { return im->size >= FLAT_HEADER && !memcmp(im->data + 56, "RSC\5", 4); }

static bool flat_where(const struct image *im, const struct loader_ram *ram, uint64_t base, uint64_t raw,
                       struct placed *out) {
    uint64_t offset = 0, size = im->size;
    if (im->kind == IMAGE_FLAT) {
        offset = le(im->data + 8, 8);
        if (le(im->data + 16, 8) > size)
            size = le(im->data + 16, 8); /* image_size: with what the kernel clears itself */
    }
    uint64_t start = im->kind == IMAGE_FLAT && offset < ram->size && base + offset > raw ? base + offset : raw;
    if (size > ram->size)
        return too_large(im, size, ram->size);
    if (!in_ram(ram, start, size))
        return outside(im, ram, start, size);
    *out = (struct placed){start, start + size, start};
    return true;
}

/* ---- the whole ---- */

bool image_where(const struct image *im, const struct loader_ram *ram, uint64_t base, uint64_t raw,
                 struct placed *out) {
    return im->kind == IMAGE_ELF ? elf_where(im, ram, raw, out) : flat_where(im, ram, base, raw, out);
}

bool image_place(const struct image *im, const struct loader_ram *ram, uint64_t base, uint64_t raw,
                 struct placed *out) {
    if (!image_where(im, ram, base, raw, out))
        return false;
    if (im->kind == IMAGE_ELF)
        elf_copy(im, ram, raw);
    else
        memcpy(ram->ptr + (out->start - ram->base), im->data, im->size);
    return true;
}

static bool recognise(struct image *im) {
    im->kind = IMAGE_RAW;
    if (is_elf(im)) {
        im->kind = IMAGE_ELF;
        return check_ehdr(im);
    }
    if (is_flat(im))
        im->kind = IMAGE_FLAT;
    return true;
}

bool image_parse(struct image *im, const void *data, uint64_t size, bool plain, uint64_t max) {
    im->data = data;
    im->size = size;
    im->kind = IMAGE_RAW;
    if (size == 0)
        return fail(im, "file is empty");
    if (!plain && is_gzip(im->data, size) && !gunzip(im, im->data, size, max))
        return false;
    if (!plain && is_zboot(im->data, im->size) && !unwrap_zboot(im, max))
        return false;
    if (im->size == 0)
        return fail(im, "compressed file is empty");
    if (plain)
        return size <= max ? true : too_large(im, size, max);
    return recognise(im);
}

bool image_open(struct image *im, const char *option, const char *file, bool plain, uint64_t max) {
    struct plat_file f;
    const char *why = "cannot be opened";
    im->option = option;
    im->file = file;
    if (plat_file_open(file, &f, &why) != 0)
        return fail(im, why);
    return image_parse(im, f.data, f.size, plain, max);
}
