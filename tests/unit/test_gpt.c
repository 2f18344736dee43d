/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID partition tables: a good one, every bit of it wrong, and sizes and places that lie behind a right checksum. */
#include "kernel/drivers/gpt.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { SECTORS = 10000, ENTRY = 128, COUNT = 8 };
static uint8_t header[512], entries[ENTRY * COUNT];
static struct gpt g;
static struct gpt_part part[GPT_MAX_PARTS];
static unsigned n;

static void put(uint8_t *p, unsigned bytes, uint64_t v) {
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t crc32(const uint8_t *p, size_t len) {
    uint32_t c = ~0u;
    for (size_t i = 0; i < 8 * len; i++) {
        uint32_t bit = (c ^ p[i / 8] >> i % 8) & 1;
        c = c >> 1 ^ (bit ? 0xedb88320u : 0);
    }
    return ~c;
}

static void seal(void) {
    put(header + 88, 4, crc32(entries, sizeof entries));
    put(header + 16, 4, 0);
    put(header + 16, 4, crc32(header, 92));
}

static void entry(unsigned i, uint64_t first, uint64_t last, const char *label) {
    uint8_t *e = entries + i * ENTRY;
    memset(e, 0x40 + (int)i, 32);
    put(e + 32, 8, first);
    put(e + 40, 8, last);
    for (unsigned k = 0; label[k]; k++)
        put(e + 56 + 2 * k, 2, (uint8_t)label[k]);
}

static void setup(void) {
    memset(header, 0, sizeof header);
    memset(entries, 0, sizeof entries);
    memcpy(header, "EFI PART\0\0\1\0\x5c", 13);
    put(header + 24, 8, 1);
    put(header + 32, 8, SECTORS - 1);
    put(header + 40, 8, 34);
    put(header + 48, 8, SECTORS - 34);
    memcpy(header + 56, "0123456789abcdef", 16);
    put(header + 72, 8, 2);
    put(header + 80, 4, COUNT);
    put(header + 84, 4, ENTRY);
    entry(0, 34, 99, "boot");
    entry(2, 100, 100, "one");
    seal();
}

static bool good(void) {
    return gpt_header(header, 512, 1, SECTORS, &g) && gpt_parts(&g, entries, part, GPT_MAX_PARTS, &n);
}

UNIT_TEST(gpt_good) {
    char text[GPT_GUID_TEXT];
    setup();
    CHECK(good() && n == 2);
    CHECK(part[0].number == 1 && part[0].first == 34 && part[0].sectors == 66 && !strcmp(part[0].label, "boot"));
    CHECK(part[1].number == 3 && part[1].first == 100 && part[1].sectors == 1 && !strcmp(part[1].label, "one"));
    gpt_guid_text(g.guid, text);
    CHECK(!strcmp(text, "33323130-3534-3736-3839-616263646566"));
    CHECK(!gpt_header(header, 512, 2, SECTORS, &g)); /* read from elsewhere */
}

UNIT_TEST(gpt_every_bit_wrong) {
    setup();
    for (unsigned bit = 0; bit < 8 * 92; bit++) {
        header[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!good());
        header[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (unsigned bit = 0; bit < 8 * sizeof entries; bit++) {
        entries[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!good());
        entries[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK(good());
}

UNIT_TEST(gpt_lies) {
    static const struct {
        unsigned at, bytes;
        uint64_t v;
    } lie[] = {{12, 4, 91}, {12, 4, 513}, {40, 8, 1}, {40, 8, 2}, {48, 8, SECTORS - 1}, {48, 8, 33}, {48, 8, ~0ull},
               {72, 8, 0}, {72, 8, SECTORS - 1}, {72, 8, ~0ull}, {72, 8, 50}, {80, 4, 0}, {80, 4, 0xffffffff},
               {80, 4, 1025}, {84, 4, 64}, {84, 4, 129}, {84, 4, 1u << 31}, {84, 4, 0}};
    for (unsigned i = 0; i < sizeof lie / sizeof *lie; i++) {
        setup();
        put(header + lie[i].at, lie[i].bytes, lie[i].v);
        seal();
        CHECK(!gpt_header(header, 512, 1, SECTORS, &g));
    }
}

UNIT_TEST(gpt_partitions_that_are_left_out) {
    setup();
    entry(3, 200, 300, "a");
    entry(4, 300, 310, "b");                    /* shares a sector with a */
    entry(5, 20, 33, "c");                      /* before what is usable */
    entry(6, 5000, SECTORS - 33, "d");          /* behind it */
    entry(7, ~0ull - 1, 5, "e");
    seal();
    CHECK(good() && n == 2);
    CHECK(part[0].number == 1 && part[1].number == 3);
    CHECK(!gpt_parts(&g, entries, part, 1, &n)); /* no room */
}

UNIT_TEST(gpt_labels) {
    setup();
    uint8_t *name = entries + 56;
    memset(name, 0, 72);
    put(name, 2, 0xe9);
    put(name + 2, 2, 0x20ac);
    put(name + 4, 2, 0xd83d);
    put(name + 6, 2, 0xde00);
    put(name + 8, 2, 0xdc00); /* a half */
    put(name + 10, 2, 7);     /* no text */
    seal();
    CHECK(good() && !strcmp(part[0].label, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80??"));
    for (unsigned i = 0; i < 36; i++) /* the longest */
        put(name + 2 * i, 2, 0xd83d);
    seal();
    CHECK(good() && strlen(part[0].label) == 36);
    for (unsigned i = 0; i < 36; i++)
        put(name + 2 * i, 2, 0x20ac);
    seal();
    CHECK(good() && strlen(part[0].label) == 108);
}
