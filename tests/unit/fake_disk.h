/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine around a disk driver under test: a clock that goes on with each look, memory that its fake device reaches
 * by "physical" addresses and nothing else, the medium, and requests with what they must leave behind. */
#ifndef PYRITE_TESTS_FAKE_DISK_H
#define PYRITE_TESTS_FAKE_DISK_H

#include "kernel/drivers/disk.h"

enum { FAKE_BYTES = 256 << 10, FAKE_REQS = 64, FAKE_WRITE_FIRST = 8, FAKE_WRITE_COUNT = 32 };

extern struct fake_disk {
    uint64_t clock;              /* ns */
    bool irq, cut;               /* irq: the device asks; cut: it may not reach memory */
    uint8_t *medium;             /* FAKE_BYTES */
    unsigned sector_size;
    uint32_t seed;               /* of fake_number() */
    struct hw hw;                /* read and write are the test's to set */
} fake;

/* All new: memory empty, medium of a known pattern. */
void fake_disk_reset(unsigned sector_size);
/* len bytes of memory at a physical address; NULL: the driver named what it may not (that fails the test). */
void *fake_memory(uint64_t phys, uint32_t len);
uint32_t fake_number(uint32_t below);
/* Sectors FAKE_WRITE_FIRST... may be written. */
void fake_disk_open(struct disk *d);
/* Data of a request: of its own, at an odd place in its page. NULL: all requests are in use. */
struct blk_req *fake_submit(struct disk *d, enum blk_op op, uint64_t lba, uint64_t sectors);
/* Runs the disk at its interrupts and when it is due, until all requests have ended; false: not all have after
 * `ns`. */
bool fake_pump(struct disk *d, uint64_t ns);
int fake_error(const struct blk_req *req);  /* of one that has ended */
/* What was acknowledged is so: reads brought what the medium held, writes are on it, and nothing outside them changed.
 * Then all requests are free again. */
void fake_settle(void);

#endif
