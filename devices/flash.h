/* SPDX-License-Identifier: BSD-2-Clause */
/* One bank of NOR flash: two 16-bit chips side by side with the Intel command set. */
#ifndef PYRITE_DEVICES_FLASH_H
#define PYRITE_DEVICES_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "dbt/physmem.h"

enum { FLASH_SECTOR = 256 << 10, FLASH_SECTORS = 128, FLASH_SIZE = FLASH_SECTOR * FLASH_SECTORS, FLASH_BUFFER = 1024 };

/* Zeroed: a bank that is erased all over, in read array mode. */
struct flash {
    uint8_t *sector[FLASH_SECTORS]; /* NULL: erased since the start */
    uint8_t mode;                   /* what reads give: enum flash_mode in flash.c */
    uint8_t command;                /* a command that waits for its next write, 0: none */
    uint8_t status;                 /* error bits of the status register */
    uint32_t left;                  /* writes still to come of a buffered program */
    uint32_t first, count;          /* what was taken: offset of the first, bytes */
    uint8_t buffer[FLASH_BUFFER];
};

extern const struct mmio_ops flash_ops; /* dev: struct flash */
/* Read array mode; the contents stay. */
void flash_reset(struct flash *f);

#endif
