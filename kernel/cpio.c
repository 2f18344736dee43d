/* SPDX-License-Identifier: BSD-2-Clause */
/* A cpio archive of format newc (cpio(5): a 110-byte ASCII header, name and data padded to 4) as a list of files. Pure;
 * the archive may say anything. */
#include <string.h>

#include "kernel/kernel.h"

enum { HEADER = 110, S_IFMT = 0170000, S_IFREG = 0100000 };

static bool hex8(const uint8_t *p, uint32_t *out) {
    uint32_t v = 0;
    for (int i = 0; i < 8; i++) {
        uint8_t c = p[i], d;
        if (c >= '0' && c <= '9')
            d = c - '0';
        else if (c >= 'a' && c <= 'f')
            d = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F')
            d = c - 'A' + 10;
        else
            return false;
        v = v << 4 | d;
    }
    *out = v;
    return true;
}

static uint64_t pad4(uint64_t n) { return (n + 3) & ~3ull; }

const char *cpio_list(const uint8_t *data, uint64_t size, uint64_t phys, struct boot_file *files, uint32_t max,
                      uint32_t *n) {
    *n = 0;
    for (uint64_t at = 0;;) {
        uint32_t mode, len, name_len;
        if (size - at < HEADER)
            return "archive is cut off";
        const uint8_t *h = data + at;
        if (memcmp(h, "070701", 6) != 0 && memcmp(h, "070702", 6) != 0)
            return "not a cpio archive of format newc";
        if (!hex8(h + 14, &mode) || !hex8(h + 54, &len) || !hex8(h + 94, &name_len))
            return "bad number in a header";
        uint64_t body = at + pad4(HEADER + (uint64_t)name_len);
        if (name_len == 0 || body > size || h[HEADER + name_len - 1] != 0)
            return "bad file name";
        const char *name = (const char *)h + HEADER;
        if (strcmp(name, "TRAILER!!!") == 0)
            return NULL;
        if (len > size - body)
            return "a file is cut off";
        if ((mode & S_IFMT) == S_IFREG) {
            if (*n == max)
                return "too many files";
            if (name[0] == '.' && name[1] == '/')
                name += 2;
            if (strlen(name) >= BOOT_NAME)
                return "a file name is too long";
            struct boot_file *f = &files[(*n)++];
            memset(f->name, 0, BOOT_NAME);
            strcpy(f->name, name);
            f->base = phys + body;
            f->size = len;
        }
        at = body + pad4(len);
        if (at > size)
            return "archive is cut off";
    }
}

static const char *last_part(const char *name) {
    const char *slash = strrchr(name, '/');
    const char *back = strrchr(name, '\\');
    const char *at = back > slash ? back : slash;
    return at ? at + 1 : name;
}

const struct boot_file *files_find(const struct boot_info *bi, const char *name) {
    for (uint32_t i = 0; i < bi->nfiles; i++)
        if (strcmp(bi->file[i].name, name) == 0)
            return &bi->file[i];
    for (uint32_t i = 0; i < bi->nfiles; i++) /* packaged files, by the last component of their path */
        if (strcmp(last_part(bi->file[i].name), last_part(name)) == 0)
            return &bi->file[i];
    return NULL;
}
