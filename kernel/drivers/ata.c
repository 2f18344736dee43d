/* SPDX-License-Identifier: BSD-2-Clause */
/* ATA: identification and commands (ata.h). Words are ACS-3's, 7.12.7. */
#include "kernel/drivers/ata.h"

#include <string.h>

enum { FIS_H2D = 0x27, FIS_COMMAND = 0x80, DEVICE_LBA = 0x40, SIGNATURE = 0xa5 };

static uint16_t word(const uint8_t *data, unsigned n) { return (uint16_t)(data[2 * n] | data[2 * n + 1] << 8); }

/* Text: two characters a word, the first in the upper half; printable, without the blanks around it. */
static void text(const uint8_t *data, unsigned first, unsigned bytes, char *out) {
    unsigned n = 0;
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t c = data[2 * first + (i ^ 1)];
        if (n || (c && c != ' '))
            out[n++] = c >= 0x20 && c < 0x7f ? (char)c : c ? '?' : ' ';
    }
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = 0;
}

/* The checksum, where there is one (word 255). */
static bool intact(const uint8_t *data) {
    uint8_t sum = 0;
    for (unsigned i = 0; i < ATA_ID_BYTES; i++)
        sum = (uint8_t)(sum + data[i]);
    return data[510] != SIGNATURE || sum == 0;
}

/* Words 83 and 106 are to be believed when their upper bits are 01. */
static bool valid(uint16_t w) { return w >> 14 == 1; }

static uint32_t sector_size(const uint8_t *data) {
    uint16_t w = word(data, 106);
    if (!valid(w) || !(w & 1 << 12))
        return 512;
    uint32_t words = word(data, 117) | (uint32_t)word(data, 118) << 16;
    return words > 1 << 20 ? 0 : 2 * words;
}

const char *ata_identify(const uint8_t data[ATA_ID_BYTES], struct ata_id *out) {
    uint16_t sets = valid(word(data, 83)) ? word(data, 83) : 0, sata = word(data, 76);
    *out = (struct ata_id){.sector_size = sector_size(data)};
    text(data, 27, 40, out->model);
    text(data, 10, 20, out->serial);
    out->sectors = word(data, 100) | (uint64_t)word(data, 101) << 16 | (uint64_t)word(data, 102) << 32 |
                   (uint64_t)word(data, 103) << 48;
    out->depth = sata != 0xffff && sata & 1 << 8 ? (word(data, 75) & 31) + 1u : 0;
    out->flush = sets & 1 << 12;
    out->flush_ext = sets & 1 << 13;
    if (!intact(data))
        return "what it says of itself is damaged";
    if (word(data, 0) & 1 << 15)
        return "it is no ATA disk";
    if (!(sets & 1 << 10) || !(word(data, 49) & 1 << 8))
        return "it knows no 48-bit addresses, or no DMA";
    if (word(data, 128) & 1 << 2)
        return "it is locked with a password";
    if (out->sector_size < 512 || out->sector_size > 4096 || (out->sector_size & (out->sector_size - 1)))
        return "its sectors are not of 512 to 4096 bytes";
    return out->sectors && out->sectors <= 1ull << 48 ? NULL : "it has no sectors";
}

bool ata_same(const struct ata_id *a, const struct ata_id *b) {
    return a->sectors == b->sectors && a->sector_size == b->sector_size && !strcmp(a->model, b->model) &&
           !strcmp(a->serial, b->serial);
}

void ata_fis(uint8_t fis[ATA_FIS_BYTES], enum ata_command c, uint64_t lba, uint32_t count, unsigned tag) {
    bool queued = c == ATA_READ_FPDMA || c == ATA_WRITE_FPDMA;
    memset(fis, 0, ATA_FIS_BYTES);
    fis[0] = FIS_H2D;
    fis[1] = FIS_COMMAND;
    fis[2] = (uint8_t)c;
    for (unsigned i = 0; i < 3; i++) {
        fis[4 + i] = (uint8_t)(lba >> 8 * i);
        fis[8 + i] = (uint8_t)(lba >> 8 * (i + 3));
    }
    fis[7] = DEVICE_LBA;
    fis[queued ? 3 : 12] = (uint8_t)count; /* 65536 is 0 */
    fis[queued ? 11 : 13] = (uint8_t)(count >> 8);
    if (queued)
        fis[12] = (uint8_t)(tag << 3);
}
