/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's symbols: text and ELF, the look-up, and every way to cut an ELF short. */
#include <stdlib.h>
#include <string.h>

#include "dbt/symbols.h"
#include "tests/unit/unit.h"

enum { SIZE = 64 + 16 + 3 * 24 + 2 * 64 };

static uint8_t elf[SIZE];

static void put(size_t off, uint64_t value, unsigned size) { memcpy(elf + off, &value, size); }

static void symbol(unsigned i, uint32_t name, unsigned type, unsigned section, uint64_t addr) {
    size_t off = 64 + 16 + i * 24;
    put(off, name, 4);
    put(off + 4, type, 1);
    put(off + 6, section, 2);
    put(off + 8, addr, 8);
}

static void section(unsigned i, uint32_t type, uint64_t off, uint64_t size, uint32_t link) {
    size_t at = SIZE - 128 + i * 64;
    put(at + 4, type, 4);
    put(at + 24, off, 8);
    put(at + 32, size, 8);
    put(at + 40, link, 4);
}

static void make(void) {
    memset(elf, 0, sizeof elf);
    memcpy(elf, "\177ELF\2\1", 6);
    put(40, SIZE - 128, 8);
    put(58, 64, 2);
    put(60, 2, 2);
    memcpy(elf + 64, "\0first\0second\0", 14);
    symbol(0, 1, 2, 1, 0x80000010);
    symbol(1, 7, 2, 1, 0x80000100);
    symbol(2, 7, 2, 0, 0x80000200); /* undefined */
    section(0, 2, 80, 3 * 24, 1);
    section(1, 3, 64, 16, 0);
}

static bool load(const void *data, size_t n) {
    const char *why = NULL;
    bool ok = symbols_load(data, n, &why);
    CHECK(why != NULL);
    return ok;
}

static bool is(uint64_t va, const char *want) {
    char text[40];
    symbols_text(va, text, sizeof text);
    return !strcmp(text, want);
}

UNIT_TEST(symbols_text_file) {
    static const char text[] = "0000000000000000 A absolute\nffffffff80002000 t later\t[module]\r\n"
                               "ffffffff80001000 T _start\nffffffff80001000 T alias\nnot a line\n"
                               "ffffffff80003000 U undefined\nffffffff80004000 D last";
    CHECK(load(text, sizeof text - 1));
    CHECK_EQ(symbols_count(), 4);
    CHECK(is(0xffffffff80000fff, ""));
    CHECK(is(0xffffffff80001000, "_start+0x0"));
    CHECK(is(0xffffffff80001fff, "_start+0xfff"));
    CHECK(is(0xffffffff80003004, "later+0x1004"));
    CHECK(is(0xffffffff80004008, "last+0x8"));
    CHECK(is(0xffffffffc0004008, "")); /* too far */
    symbols_drop();
    CHECK(is(0xffffffff80001000, ""));
}

UNIT_TEST(symbols_of_elf) {
    make();
    CHECK(load(elf, SIZE));
    CHECK_EQ(symbols_count(), 2);
    CHECK(is(0x800000ff, "first+0xef"));
    CHECK(is(0x80000204, "second+0x104"));
    symbols_drop();
}

UNIT_TEST(symbols_of_nothing) {
    CHECK(!load("", 0));
    CHECK(!load("\177ELF\2\1", 6));
    CHECK_EQ(symbols_count(), 0);
}

/* A copy of exactly n bytes, so that a sanitizer sees a read beyond; section headers lie at the end. */
UNIT_TEST(symbols_of_cut_elf) {
    make();
    for (size_t n = 0; n < SIZE; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        CHECK(copy != NULL);
        if (!copy)
            return;
        memcpy(copy, elf, n);
        CHECK(!load(copy, n));
        free(copy);
    }
    CHECK_EQ(symbols_count(), 0);
}

UNIT_TEST(symbols_of_bent_elf) {
    make();
    section(0, 2, UINT64_MAX - 8, 3 * 24, 1);
    CHECK(!load(elf, SIZE));
    section(0, 2, 80, 3 * 24, 7);
    CHECK(!load(elf, SIZE));
    section(0, 2, 80, 3 * 24, 1);
    section(1, 3, 64, 10, 0); /* the second name has no end, so only the first counts */
    CHECK(load(elf, SIZE));
    CHECK_EQ(symbols_count(), 1);
    symbols_drop();
}
