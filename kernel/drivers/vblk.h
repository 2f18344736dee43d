/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio block devices on PCI (virtio 1.2, 5.2; sections are that text's), by the modern registers or the legacy ones.
 * The core touches the machine through struct hw only; kernel/drivers/vblk_pci.c finds and feeds it. */
#ifndef PYRITE_KERNEL_VBLK_H
#define PYRITE_KERNEL_VBLK_H

#include "kernel/drivers/disk.h"
#include "kernel/drivers/vring.h"

/* Spaces of struct hw: the common configuration, or all of a legacy device's I/O ports; the device's own configuration;
 * the doorbells. */
enum { VBLK_COMMON, VBLK_CONFIG, VBLK_NOTIFY };

struct vblk {
    struct disk disk;              /* first */
    struct blkq q;
    /* Set by who found it. */
    const struct hw *hw;
    bool legacy, messages;         /* messages: MSI-X is on; the queue's interrupt is message 0 */
    uint32_t config_len, notify_len, multiplier;

    uint64_t features;             /* negotiated */
    struct vring ring;
    uint8_t *mem;                  /* the ring's, kept over resets */
    uint64_t mem_phys;
    uint16_t size;                 /* entries of it */
    uint32_t doorbell;             /* its offset */
    unsigned stride;               /* descriptors from one slot's first to the next one's */
    uint8_t *page[BLK_SLOTS];      /* header, status, and the table of indirect descriptors */
    uint64_t page_phys[BLK_SLOTS];
    uint32_t bytes[BLK_SLOTS];     /* that the device has to write for the command to be whole */
    bool dead;
    unsigned fruitless, resets;    /* resets: all, and since a command last ended well */
};

/* Resets the device, agrees on features, learns what it is. NULL, or why it cannot be driven. */
const char *vblk_start(struct vblk *v);
/* struct disk's run and stop. */
uint64_t vblk_run(struct disk *d);
void vblk_stop(struct disk *d);

#endif
