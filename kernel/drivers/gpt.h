/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID partition tables (UEFI 2.10, chapter 5.3). Pure: what a disk holds is hostile, and a table that is not wholly
 * right is none. */
#ifndef PYRITE_KERNEL_GPT_H
#define PYRITE_KERNEL_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GPT_MAX_BYTES = 128 << 10, GPT_MAX_PARTS = 128, GPT_GUID_TEXT = 37 };

struct gpt {
    uint8_t guid[16];         /* the disk's */
    uint64_t first, last;     /* sectors that partitions may lie in */
    uint64_t entries;         /* sector where the entries begin */
    uint32_t count, size;     /* how many entries, bytes each; count * size is at most GPT_MAX_BYTES */
    uint32_t crc;
};
struct gpt_part {
    unsigned number;          /* from 1: its place in the table */
    uint8_t guid[16];
    uint64_t first, sectors;  /* at least 1, inside the disk, not shared with another partition */
    char label[36 * 3 + 1];   /* UTF-8 */
};

/* The header in `sector`, which was read from sector `lba` of a disk of `sectors` sectors of `size` bytes. False: no
 * good header. */
bool gpt_header(const uint8_t *sector, uint32_t size, uint64_t lba, uint64_t sectors, struct gpt *out);
/* The partitions, in the table's order, of g->count * g->size bytes of entries. Those that overlap others or reach
 * beyond the usable sectors are left out. False: the checksum is wrong, or there are more than `max`. */
bool gpt_parts(const struct gpt *g, const uint8_t *entries, struct gpt_part *out, unsigned max, unsigned *n);
/* "0fc63daf-8483-4772-8e79-3d69d8477de4" */
void gpt_guid_text(const uint8_t guid[16], char out[GPT_GUID_TEXT]);

#endif
