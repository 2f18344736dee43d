/* SPDX-License-Identifier: BSD-2-Clause */
/* The PC's disks: what a driver offers, how a disk or a partition is found by what the configuration calls it, and
 * requests to it. All calls in the loop of hart 0 but for disk_interrupt(). */
#ifndef PYRITE_KERNEL_DISK_H
#define PYRITE_KERNEL_DISK_H

#include "kernel/drivers/blkq.h"
#include "kernel/drivers/gpt.h"

struct disk {
    /* The driver's. */
    char model[41], serial[21];  /* printable */
    uint16_t bdf;                /* of the PCI function */
    struct blkq *q;              /* sectors and sector_size are set; nothing may be written yet */
    /* Reaps what has ended, looks at deadlines, gives the device what waits. Called after disk_interrupt(), after a
     * submission, and at the time it returned (plat_clock_ns() scale; UINT64_MAX: none). Never called from within
     * itself. */
    uint64_t (*run)(struct disk *d);
    /* Power goes: no more requests come. May be NULL. */
    void (*stop)(struct disk *d);
    /* disk.c's. */
    char name[16];               /* "nvme0" */
    struct disk *next;
    uint64_t due;
    bool running, again, known;  /* known: its partition table was looked at */
    bool taken;                  /* a part of it may be written */
    bool sound;                  /* both the first copy of the table and its entries are good */
    uint8_t guid[16];
    unsigned nparts;
    struct gpt_part *part;
};

/* A disk, or one partition of it. */
struct disk_range {
    struct disk *disk;
    uint64_t first, sectors;     /* in the disk's sectors */
};

/* From now on the disk is there, as `prefix` and a number. It lasts for ever. */
void disk_add(struct disk *d, const char *prefix);
/* Disk `i` of this PCI function; NULL: there is none. */
const struct disk *disk_of(uint16_t bdf, unsigned i);
/* From an interrupt handler: some disk's run() is called in the hart loop. */
void disk_interrupt(void);
/* Runs every disk; called on PLAT_EV_BLOCK. */
void disk_poll(void);
void disk_submit(struct disk *d, struct blk_req *req);
/* The disk or partition of this name ("nvme0", "nvme0p3"), label or GUID; with `write` the range may be written from
 * then on, and nothing else of that disk. 0 or errno, *why says more. Reads the partition tables: it waits. */
int disk_open(const char *name, bool write, struct disk_range *out, const char **why);
/* Before power-off. */
void disk_stop(void);

#endif
