/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtio driver for the device tests: guest RAM of its own, rings in it, registers through the transport's
 * mmio_ops. */
#ifndef PYRITE_TESTS_FAKE_VIRTIO_H
#define PYRITE_TESTS_FAKE_VIRTIO_H

#include "devices/virtio.h"

enum { FAKE_RAM_SIZE = 1 << 20, FAKE_RINGS = 0x10000 /* per queue, from the start of RAM */ };
#define FAKE_RAM_BASE 0x7100000000ull
uint8_t *fake_ram(void); /* maps it at first use; NULL: that failed */

struct fake_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};
enum { FAKE_NEXT = 1, FAKE_WRITE = 2, FAKE_INDIRECT = 4 };

/* Queue q's rings: descriptors at FAKE_RINGS * q, available ring 0x4000 above, used ring 0x8000 above. */
struct fake_queue {
    struct virtio *dev;
    unsigned q, size;
    struct fake_desc *desc;
    uint16_t *avail, *used;
    uint16_t seen;        /* of the used ring */
    bool event_idx;
};

uint32_t fake_read(struct virtio *v, uint64_t off);
void fake_write(struct virtio *v, uint64_t off, uint32_t val);
/* Status protocol up to FEATURES_OK with these features; false: the device refused. */
bool fake_features(struct virtio *v, uint64_t features);
void fake_queue_init(struct fake_queue *f, struct virtio *v, unsigned q, unsigned size);
void fake_driver_ok(struct virtio *v);
/* All of it: VERSION_1, EVENT_IDX and INDIRECT, queue 0 of `size`. */
void fake_start(struct fake_queue *f, struct virtio *v, unsigned size);
void fake_add(struct fake_queue *f, uint16_t head); /* makes a chain available */
void fake_kick(struct fake_queue *f);
/* The next used element: true, with its head and length. */
bool fake_used(struct fake_queue *f, uint32_t *head, uint32_t *len);
bool fake_needs_reset(struct virtio *v);

/* An interrupt line that remembers. */
struct fake_line {
    bool level;
    unsigned rises;
};
void fake_line_set(void *line, unsigned n, bool level);

/* xorshift64*, for reproducible noise. */
uint64_t fake_random(uint64_t *state);

#endif
