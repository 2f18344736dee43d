/* SPDX-License-Identifier: BSD-2-Clause */
/* ATA disks: what IDENTIFY DEVICE says, and commands as register FISes (ACS-3; Serial ATA 3.2, 10.5.5). Pure; believes
 * nothing of what it reads. */
#ifndef PYRITE_KERNEL_ATA_H
#define PYRITE_KERNEL_ATA_H

#include <stdbool.h>
#include <stdint.h>

enum { ATA_ID_BYTES = 512, ATA_FIS_BYTES = 20 };

struct ata_id {
    char model[41], serial[21]; /* printable */
    uint64_t sectors;
    uint32_t sector_size;       /* bytes, logical */
    unsigned depth;             /* commands that it queues, 0: none (no NCQ) */
    bool flush, flush_ext;      /* commands that it has */
};

/* NULL, or why the disk cannot be driven. */
const char *ata_identify(const uint8_t data[ATA_ID_BYTES], struct ata_id *out);
/* The same disk with the same sectors? */
bool ata_same(const struct ata_id *a, const struct ata_id *b);

enum ata_command {
    ATA_READ_DMA_EXT = 0x25, ATA_WRITE_DMA_EXT = 0x35, ATA_READ_FPDMA = 0x60, ATA_WRITE_FPDMA = 0x61,
    ATA_STANDBY_IMMEDIATE = 0xe0, ATA_FLUSH = 0xe7, ATA_FLUSH_EXT = 0xea, ATA_IDENTIFY = 0xec
};
/* Register FIS, host to device. count: sectors, at most 65536; tag: of the FPDMA commands only. */
void ata_fis(uint8_t fis[ATA_FIS_BYTES], enum ata_command c, uint64_t lba, uint32_t count, unsigned tag);

#endif
