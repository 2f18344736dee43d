/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads GUID partition tables (gpt.h). Pure; every length is checked before it is used. */
#include "kernel/drivers/gpt.h"

#include <stdio.h>
#include <string.h>

/* The header's fields (UEFI 2.10, table 5.5) and the entry's (table 5.6). */
enum {
    H_REVISION = 8, H_SIZE = 12, H_CRC = 16, H_MY_LBA = 24, H_FIRST = 40, H_LAST = 48, H_GUID = 56, H_ENTRIES = 72,
    H_COUNT = 80, H_ENTRY_SIZE = 84, H_ENTRIES_CRC = 88, H_LEAST = 92
};
enum { E_GUID = 16, E_FIRST = 32, E_LAST = 40, E_NAME = 56, E_NAME_UNITS = 36, E_LEAST = 128 };

static uint64_t le(const uint8_t *p, unsigned bytes) {
    uint64_t v = 0;
    while (bytes--)
        v = v << 8 | p[bytes];
    return v;
}

static uint32_t crc_add(uint32_t crc, const uint8_t *p, size_t n) {
    while (n--) {
        crc ^= *p++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return crc;
}

/* Of a header, its own field taken as zero. */
static uint32_t header_crc(const uint8_t *h, uint32_t size) {
    static const uint8_t zero[4];
    uint32_t crc = crc_add(~0u, h, H_CRC);
    crc = crc_add(crc, zero, 4);
    return ~crc_add(crc, h + H_CRC + 4, size - H_CRC - 4);
}

bool gpt_header(const uint8_t *h, uint32_t size, uint64_t lba, uint64_t sectors, struct gpt *out) {
    uint32_t bytes = (uint32_t)le(h + H_SIZE, 4);
    if (size < 512 || memcmp(h, "EFI PART", 8) != 0 || le(h + H_REVISION, 4) != 0x10000 || bytes < H_LEAST ||
        bytes > size || header_crc(h, bytes) != le(h + H_CRC, 4) || le(h + H_MY_LBA, 8) != lba)
        return false;
    struct gpt g = {.first = le(h + H_FIRST, 8), .last = le(h + H_LAST, 8), .entries = le(h + H_ENTRIES, 8),
                    .count = (uint32_t)le(h + H_COUNT, 4), .size = (uint32_t)le(h + H_ENTRY_SIZE, 4),
                    .crc = (uint32_t)le(h + H_ENTRIES_CRC, 4)};
    memcpy(g.guid, h + H_GUID, sizeof g.guid);
    if (g.size < E_LEAST || g.size & (g.size - 1) || g.size > GPT_MAX_BYTES || g.count == 0 ||
        g.count > GPT_MAX_BYTES / g.size)
        return false;
    uint64_t span = ((uint64_t)g.count * g.size + size - 1) / size;
    if (g.entries == 0 || g.entries >= sectors || span > sectors - g.entries)
        return false;
    /* Neither the headers nor the entries are a partition's. */
    if (g.first < 2 || g.last < g.first || g.last >= sectors - 1 ||
        (g.entries <= g.last && g.entries + span > g.first))
        return false;
    *out = g;
    return true;
}

/* One character to UTF-8; how many bytes. */
static unsigned put(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    unsigned n = c < 0x10000 ? 3 : 4, i = n;
    while (--i) {
        out[i] = (char)(0x80 | (c & 63));
        c >>= 6;
    }
    out[0] = (char)((n == 3 ? 0xe0 : 0xf0) | c);
    return n;
}

static void label(const uint8_t *name, char *out) {
    for (unsigned i = 0; i < E_NAME_UNITS; i++) {
        uint32_t c = (uint32_t)le(name + 2 * i, 2);
        uint32_t low = i + 1 < E_NAME_UNITS ? (uint32_t)le(name + 2 * i + 2, 2) : 0;
        if (c == 0)
            break;
        if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
            i++;
        }
        out += put(out, (c >= 0xd800 && c < 0xe000) || c < 0x20 || c == 0x7f ? '?' : c);
    }
    *out = 0;
}

static bool overlap(const struct gpt_part *a, const struct gpt_part *b) {
    return a->first < b->first + b->sectors && b->first < a->first + a->sectors;
}

/* Takes out the partitions that share sectors with another. */
static unsigned drop_overlaps(struct gpt_part *p, unsigned n) {
    bool bad[GPT_MAX_PARTS] = {false};
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n; j++)
            if (overlap(&p[i], &p[j]))
                bad[i] = bad[j] = true;
    for (unsigned i = 0; i < n; i++)
        if (!bad[i])
            p[kept++] = p[i];
    return kept;
}

bool gpt_parts(const struct gpt *g, const uint8_t *entries, struct gpt_part *out, unsigned max, unsigned *n) {
    static const uint8_t none[16];
    unsigned count = 0;
    if (~crc_add(~0u, entries, (size_t)g->count * g->size) != g->crc)
        return false;
    if (max > GPT_MAX_PARTS)
        max = GPT_MAX_PARTS;
    for (uint32_t i = 0; i < g->count; i++) {
        const uint8_t *e = entries + (size_t)i * g->size;
        uint64_t first = le(e + E_FIRST, 8), last = le(e + E_LAST, 8);
        if (memcmp(e, none, sizeof none) == 0 || first < g->first || last < first || last > g->last)
            continue;
        if (count == max)
            return false;
        out[count] = (struct gpt_part){.number = i + 1, .first = first, .sectors = last - first + 1};
        memcpy(out[count].guid, e + E_GUID, sizeof out[count].guid);
        label(e + E_NAME, out[count++].label);
    }
    *n = drop_overlaps(out, count);
    return true;
}

void gpt_guid_text(const uint8_t g[16], char out[GPT_GUID_TEXT]) {
    snprintf(out, GPT_GUID_TEXT, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", (unsigned)le(g, 4),
             (unsigned)le(g + 4, 2), (unsigned)le(g + 6, 2), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
}
