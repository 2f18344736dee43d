/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest images: opening, recognising, placing. */
#ifndef PYRITE_DEVICES_LOADER_H
#define PYRITE_DEVICES_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_kind { IMAGE_RAW, IMAGE_ELF, IMAGE_FLAT };
struct image {
    const char *option;   /* "kernel", "initrd", "bios": the start of every message */
    const char *file;
    const uint8_t *data;  /* uncompressed */
    uint64_t size;
    enum image_kind kind;
};

/* Guest RAM as the loader sees it: engine address of [base, base + size). */
struct loader_ram {
    uint8_t *ptr;
    uint64_t base, size;
};

/* A range of guest memory that an image occupies, and where it starts. */
struct placed {
    uint64_t start, end, entry;
};

/* What went wrong last, "option: file: what"; all functions below return false after setting it. */
extern char loader_error[320];
bool loader_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Opens a file, uncompresses it (gzip, or a gzip EFI zboot image) if it is an executable (`plain` false), recognises
 * it.
 * max: the most bytes it may have. The data stay until the end of the program. */
bool image_open(struct image *im, const char *option, const char *file, bool plain, uint64_t max);
/* The same from memory (tests). */
bool image_parse(struct image *im, const void *data, uint64_t size, bool plain, uint64_t max);
/* Copies an image to RAM: an ELF to its physical addresses (to `raw`, if they lie below RAM and it is
 * position-independent), a flat Image to `base` + text_offset (to `raw` if that is below), a raw one to `raw`.
 * out->entry is a physical address. */
bool image_place(const struct image *im, const struct loader_ram *ram, uint64_t base, uint64_t raw, struct placed *out);
/* The range that image_place() would use, and whether it fits RAM; nothing is written. */
bool image_where(const struct image *im, const struct loader_ram *ram, uint64_t base, uint64_t raw, struct placed *out);
/* Value of a symbol of an ELF. False: not an ELF, or no such symbol. */
bool image_symbol(const struct image *im, const char *name, uint64_t *value);

#endif
