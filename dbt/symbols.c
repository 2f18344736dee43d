/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols=FILE: functions and labels by address, from an ELF64 (ELF-64 Object File Format 1.5) or from text. The file
 * is not trusted: whatever points outside it is left out. */
#include "dbt/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAR = 16 << 20, MAX_NAME = 255 };

struct symbol {
    uint64_t addr;
    const char *name; /* in the file; `len` bytes, without an end */
    uint8_t len;
};
static struct {
    struct symbol *at; /* by address, once sorted */
    size_t n, room;
} syms;

size_t symbols_count(void) { return syms.n; }

void symbols_drop(void) {
    free(syms.at);
    syms.at = NULL;
    syms.n = syms.room = 0;
}

/* False: no memory. */
static bool add(uint64_t addr, const char *name, size_t len) {
    if (syms.n == syms.room) {
        size_t room = syms.room ? 2 * syms.room : 4096;
        struct symbol *p = realloc(syms.at, room * sizeof *p);
        if (!p)
            return false;
        syms.at = p;
        syms.room = room;
    }
    syms.at[syms.n++] = (struct symbol){addr, name, (uint8_t)(len < MAX_NAME ? len : MAX_NAME)};
    return true;
}

/* Then as they stand in the file. */
static int by_address(const void *a, const void *b) {
    const struct symbol *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

/* ---- text ---- */

static const char *hex(const char *p, const char *end, uint64_t *out) {
    const char *start = p;
    for (*out = 0; p < end; p++) {
        char c = (char)(*p | 32);
        if (*p >= '0' && *p <= '9')
            *out = *out << 4 | (uint64_t)(*p - '0');
        else if (c >= 'a' && c <= 'f')
            *out = *out << 4 | (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    return p == start || p - start > 16 ? NULL : p;
}

/* Types of code and data; absolute and undefined symbols name no place. */
static bool wanted(char type) { return strchr("tTwWvVdDbBrR", type) && type; }

static bool load_text(const char *p, const char *end) {
    while (p < end) {
        const char *line = p, *stop = memchr(p, '\n', (size_t)(end - p)), *q;
        uint64_t addr;
        stop = stop ? stop : end;
        p = stop + (stop < end);
        q = hex(line, stop, &addr);
        if (!q || stop - q < 4 || q[0] != ' ' || q[2] != ' ' || !wanted(q[1]))
            continue;
        const char *name = q + 3, *last = name;
        while (last < stop && *last != ' ' && *last != '\t' && *last != '\r')
            last++;
        if (addr && !add(addr, name, (size_t)(last - name)))
            return false;
    }
    return true;
}

/* ---- ELF ---- */

enum { SHT_SYMTAB = 2, STT_SECTION = 3, STT_FILE = 4, SHDR = 64, SYM = 24 };

static uint64_t field(const uint8_t *p, unsigned size) {
    uint64_t v = 0;
    memcpy(&v, p, size);
    return v;
}

static bool inside(uint64_t off, uint64_t len, uint64_t size) { return off <= size && len <= size - off; }

/* One symbol table: [off, off + len) with its names in [str, str + str_len). */
static bool load_table(const uint8_t *sym, uint64_t len, const char *str, uint64_t str_len) {
    for (uint64_t i = 0; i + SYM <= len; i += SYM) {
        uint64_t name = field(sym + i, 4), addr = field(sym + i + 8, 8);
        unsigned type = sym[i + 4] & 15, shndx = (unsigned)field(sym + i + 6, 2);
        if (!shndx || shndx >= 0xff00 || type == STT_SECTION || type == STT_FILE || name >= str_len)
            continue;
        size_t n = strnlen(str + name, (size_t)(str_len - name));
        if (n == 0 || n == str_len - name || str[name] == '$' || !memcmp(str + name, ".L", n < 2 ? n : 2))
            continue; /* mapping symbols and local labels */
        if (!add(addr, str + name, n))
            return false;
    }
    return true;
}

static bool load_elf(const uint8_t *p, uint64_t size) {
    uint64_t shoff = field(p + 40, 8), n = field(p + 60, 2);
    if (field(p + 58, 2) != SHDR || !inside(shoff, n * SHDR, size))
        return true;
    for (uint64_t i = 0; i < n; i++) {
        const uint8_t *sh = p + shoff + i * SHDR;
        uint64_t off = field(sh + 24, 8), len = field(sh + 32, 8), link = field(sh + 40, 4);
        if (field(sh + 4, 4) != SHT_SYMTAB || link >= n || !inside(off, len, size))
            continue;
        const uint8_t *str = p + shoff + link * SHDR;
        uint64_t str_off = field(str + 24, 8), str_len = field(str + 32, 8);
        if (inside(str_off, str_len, size) && !load_table(p + off, len, (const char *)p + str_off, str_len))
            return false;
    }
    return true;
}

bool symbols_load(const void *data, uint64_t size, const char **why) {
    static const uint8_t elf64[6] = {0x7f, 'E', 'L', 'F', 2, 1};
    const uint8_t *p = data;
    size_t before = syms.n;
    bool ok;
    if (size >= 64 && !memcmp(p, elf64, sizeof elf64))
        ok = load_elf(p, size);
    else
        ok = load_text((const char *)p, (const char *)p + size);
    *why = ok ? "no symbols in it (an ELF64 with .symtab, System.map, /proc/kallsyms)" : "not enough memory";
    if (syms.n > before)
        qsort(syms.at, syms.n, sizeof *syms.at, by_address);
    return ok && syms.n > before;
}

void symbols_text(uint64_t va, char *buf, size_t len) {
    size_t lo = 0, hi = syms.n;
    while (lo < hi) { /* the first above va */
        size_t mid = lo + (hi - lo) / 2;
        if (syms.at[mid].addr <= va)
            lo = mid + 1;
        else
            hi = mid;
    }
    buf[0] = 0;
    if (lo == 0 || va - syms.at[lo - 1].addr > FAR)
        return;
    const struct symbol *s = &syms.at[lo - 1];
    while (s > syms.at && s[-1].addr == s->addr)
        s--; /* of several the first in the file */
    snprintf(buf, len, "%.*s+0x%llx", s->len, s->name, (unsigned long long)(va - s->addr));
}
