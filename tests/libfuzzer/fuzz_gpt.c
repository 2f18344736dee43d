/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID partition tables: a header and entries with right checksums, so that what is behind them is reached; what is
 * found lies inside the disk and shares nothing. */
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/gpt.h"
#include "tests/libfuzzer/fuzz.h"

enum { SECTORS = 4096 };

static uint32_t crc32(const uint8_t *p, size_t len) {
    uint32_t c = ~0u;
    for (size_t i = 0; i < 8 * len; i++) {
        uint32_t bit = (c ^ p[i / 8] >> i % 8) & 1;
        c = c >> 1 ^ (bit ? 0xedb88320u : 0);
    }
    return ~c;
}

static void put(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

static void look(const struct gpt *g, const uint8_t *entries) {
    struct gpt_part part[GPT_MAX_PARTS];
    unsigned n = 0;
    if (!gpt_parts(g, entries, part, GPT_MAX_PARTS, &n))
        return;
    for (unsigned i = 0; i < n; i++) {
        const struct gpt_part *p = &part[i];
        if (!p->sectors || p->first < 2 || p->first >= SECTORS || p->sectors > SECTORS - p->first ||
            strlen(p->label) >= sizeof p->label)
            abort();
        for (unsigned k = 0; k < i; k++)
            if (p->first < part[k].first + part[k].sectors && part[k].first < p->first + p->sectors)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t header[512] = "EFI PART\0\0\1\0\x5c";
    struct gpt g;
    if (size < 76)
        return 0;
    memcpy(header + 16, data, 76);
    uint8_t *entries = calloc(1, GPT_MAX_BYTES);
    if (!entries)
        return 0;
    memcpy(entries, data + 76, size - 76 < GPT_MAX_BYTES ? size - 76 : GPT_MAX_BYTES);
    uint32_t count, bytes;
    memcpy(&count, header + 80, 4);
    memcpy(&bytes, header + 84, 4);
    if ((uint64_t)count * bytes <= GPT_MAX_BYTES)
        put(header + 88, crc32(entries, (size_t)count * bytes));
    put(header + 16, 0);
    put(header + 16, crc32(header, 92));
    if (gpt_header(header, 512, 1, SECTORS, &g))
        look(&g, entries);
    free(entries);
    return 0;
}
