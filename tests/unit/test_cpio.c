/* SPDX-License-Identifier: BSD-2-Clause */
/* The cpio parser of the kernel and the look-up of files: well-formed archives, then every way to cut or bend one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "tests/unit/unit.h"

enum { ROOM = 4096, MAX = 4, REGULAR = 0100644, FOLDER = 040755 };

static uint8_t archive[ROOM];
static size_t used;
static struct boot_file files[MAX];

static void add(const char *name, uint32_t mode, const char *data) {
    size_t len = strlen(data), n = strlen(name) + 1;
    used += (size_t)snprintf((char *)archive + used, ROOM - used,
                             "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u, (unsigned)mode, 0u, 0u,
                             1u, 0u, (unsigned)len, 0u, 0u, 0u, 0u, (unsigned)n, 0u);
    memcpy(archive + used, name, n);
    used = (used + n + 3) & ~(size_t)3;
    memcpy(archive + used, data, len);
    used = (used + len + 3) & ~(size_t)3;
}

static void make(void) {
    memset(archive, 0, sizeof archive);
    used = 0;
    add(".", FOLDER, "");
    add("./guest/Image", REGULAR, "kernel bytes");
    add("initrd", REGULAR, "");
    add("TRAILER!!!", 0, "");
}

/* Parses a copy of exactly `n` bytes, so that a sanitizer sees a read beyond. */
static const char *list(size_t n, uint32_t *count) {
    uint8_t *copy = malloc(n ? n : 1);
    CHECK(copy != NULL);
    if (!copy)
        return "no memory";
    memcpy(copy, archive, n);
    const char *why = cpio_list(copy, n, 0x1000, files, MAX, count);
    free(copy);
    return why;
}

UNIT_TEST(cpio_lists_files) {
    uint32_t n;
    make();
    CHECK(list(used, &n) == NULL);
    CHECK_EQ(n, 2);
    CHECK(strcmp(files[0].name, "guest/Image") == 0);
    CHECK_EQ(files[0].size, 12);
    CHECK(memcmp(archive + (files[0].base - 0x1000), "kernel bytes", 12) == 0);
    CHECK(strcmp(files[1].name, "initrd") == 0);
    CHECK_EQ(files[1].size, 0);
}

UNIT_TEST(cpio_cut_anywhere_is_an_error) {
    uint32_t n;
    make();
    for (size_t cut = 0; cut < used - 4; cut++)
        CHECK(list(cut, &n) != NULL);
}

UNIT_TEST(cpio_bent_anywhere_is_no_fault) {
    uint32_t n;
    for (unsigned value = 0; value < 256; value += 15) {
        for (size_t at = 0; at < used; at++) {
            make();
            archive[at] = (uint8_t)value;
            if (list(used, &n) == NULL)
                for (uint32_t i = 0; i < n; i++)
                    CHECK(files[i].base - 0x1000 <= used && files[i].size <= used - (files[i].base - 0x1000));
        }
    }
}

UNIT_TEST(cpio_limits) {
    uint32_t n;
    char name[BOOT_NAME + 8];
    memset(archive, 0, sizeof archive);
    used = 0;
    for (unsigned i = 0; i < MAX + 1; i++)
        add("f", REGULAR, "x");
    add("TRAILER!!!", 0, "");
    CHECK(strcmp(list(used, &n), "too many files") == 0);
    memset(name, 'a', sizeof name);
    name[BOOT_NAME] = 0;
    used = 0;
    add(name, REGULAR, "x");
    add("TRAILER!!!", 0, "");
    CHECK(strcmp(list(used, &n), "a file name is too long") == 0);
    name[BOOT_NAME - 1] = 0;
    used = 0;
    add(name, REGULAR, "x");
    add("TRAILER!!!", 0, "");
    CHECK(list(used, &n) == NULL);
}

UNIT_TEST(files_by_name) {
    static struct boot_info bi;
    bi.nfiles = 3;
    strcpy(bi.file[0].name, "/guest/Image");
    strcpy(bi.file[1].name, "Image");
    strcpy(bi.file[2].name, "share\\fw_dynamic.bin");
    CHECK(files_find(&bi, "Image") == &bi.file[1]);
    CHECK(files_find(&bi, "/guest/Image") == &bi.file[0]);
    CHECK(files_find(&bi, "/elsewhere/Image") == &bi.file[0]);
    CHECK(files_find(&bi, "/usr/lib/fw_dynamic.bin") == &bi.file[2]);
    CHECK(files_find(&bi, "Imag") == NULL);
    CHECK(files_find(&bi, "") == NULL);
    CHECK(files_find(&bi, "guest/") == NULL);
}
