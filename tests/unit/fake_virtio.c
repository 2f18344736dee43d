/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's side of virtio for the device tests. */
#include "tests/unit/fake_virtio.h"

#include <string.h>

enum { OFF_AVAIL = 0x4000, OFF_USED = 0x8000 };

uint8_t *fake_ram(void) {
    static struct plat_user_mem mem;
    static bool done, ok;
    if (!done) {
        done = true;
        ok = plat_user_alloc(FAKE_RAM_SIZE, 0, &mem) && physmem_map_ram(FAKE_RAM_BASE, &mem, "fake-ram");
    }
    return ok ? mem.engine : NULL;
}

uint32_t fake_read(struct virtio *v, uint64_t off) { return (uint32_t)virtio_mmio_ops.read(v, off, 4); }
void fake_write(struct virtio *v, uint64_t off, uint32_t val) { virtio_mmio_ops.write(v, off, val, 4); }

bool fake_features(struct virtio *v, uint64_t features) {
    fake_write(v, 0x70, 0);
    fake_write(v, 0x70, 1);
    fake_write(v, 0x70, 3);
    for (unsigned i = 0; i < 2; i++) {
        fake_write(v, 0x24, i);
        fake_write(v, 0x20, (uint32_t)(features >> 32 * i));
    }
    fake_write(v, 0x70, 11);
    return fake_read(v, 0x70) & 8;
}

void fake_queue_init(struct fake_queue *f, struct virtio *v, unsigned q, unsigned size) {
    uint64_t base = FAKE_RAM_BASE + (uint64_t)FAKE_RINGS * q;
    uint8_t *p = fake_ram() + (size_t)FAKE_RINGS * q;
    memset(p, 0, FAKE_RINGS);
    *f = (struct fake_queue){v, q, size, (void *)p, (void *)(p + OFF_AVAIL), (void *)(p + OFF_USED), 0, false};
    fake_write(v, 0x30, q);
    fake_write(v, 0x38, size);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t at = base + i * 0x4000;
        fake_write(v, 0x80 + 0x10 * i, (uint32_t)at);
        fake_write(v, 0x84 + 0x10 * i, (uint32_t)(at >> 32));
    }
    fake_write(v, 0x44, 1);
}

void fake_driver_ok(struct virtio *v) { fake_write(v, 0x70, 15); }

void fake_start(struct fake_queue *f, struct virtio *v, unsigned size) {
    fake_features(v, (uint64_t)1 << 32 | 3 << 28);
    fake_queue_init(f, v, 0, size);
    f->event_idx = true;
    fake_driver_ok(v);
}

void fake_add(struct fake_queue *f, uint16_t head) {
    uint16_t idx = f->avail[1];
    f->avail[2 + idx % f->size] = head;
    __atomic_store_n(&f->avail[1], (uint16_t)(idx + 1), __ATOMIC_RELEASE);
    f->avail[2 + f->size] = f->seen; /* used_event: tell about the next */
}

void fake_kick(struct fake_queue *f) { fake_write(f->dev, 0x50, f->q); }

bool fake_used(struct fake_queue *f, uint32_t *head, uint32_t *len) {
    if (__atomic_load_n(&f->used[1], __ATOMIC_ACQUIRE) == f->seen)
        return false;
    const uint8_t *e = (const uint8_t *)f->used + 4 + 8 * (f->seen++ % f->size);
    memcpy(head, e, 4);
    memcpy(len, e + 4, 4);
    return true;
}

bool fake_needs_reset(struct virtio *v) { return fake_read(v, 0x70) & 64; }

void fake_line_set(void *line, unsigned n, bool level) {
    struct fake_line *l = line;
    (void)n;
    l->rises += level && !l->level;
    l->level = level;
}

uint64_t fake_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dull;
}
