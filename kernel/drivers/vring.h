/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's end of a split virtqueue (virtio 1.2, 2.7) whose requests are known by their first descriptor: request
 * `id` is descriptor `id`, mostly one alone whose buffer stays where it is. Memory is what the device sees; nothing in
 * it is believed. */
#ifndef PYRITE_KERNEL_VRING_H
#define PYRITE_KERNEL_VRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VRING_MAX = 1024 };

struct vring_desc {
    uint64_t addr; /* physical */
    uint32_t len;
    uint16_t flags, next;
};
struct vring {
    uint16_t size;             /* a power of two, at most VRING_MAX */
    uint16_t avail_idx, last;  /* free-running: offered; taken back */
    struct vring_desc *desc;
    volatile uint16_t *avail;  /* flags, index, ring */
    volatile uint16_t *used;   /* flags, index, ring of {u32 id, u32 len} */
    bool out[VRING_MAX];       /* with the device */
    unsigned nout;
};
enum vring_got { VRING_NONE, VRING_USED, VRING_BROKEN };

/* Bytes that a ring of `size` takes, page aligned; where its parts are from its start. */
size_t vring_bytes(uint16_t size);
size_t vring_avail_at(uint16_t size);
size_t vring_used_at(uint16_t size);
/* mem: vring_bytes(), zeroed. */
void vring_init(struct vring *r, void *mem, uint16_t size);
/* Hands request `id`, which is not out, to the device: len bytes at phys, which the device writes or reads. */
void vring_offer(struct vring *r, uint16_t id, uint64_t phys, uint32_t len, bool device_writes);
/* The same, of descriptors that the caller has filled in: `id` is the first of a chain, or names an indirect table. */
void vring_push(struct vring *r, uint16_t id);
/* The next request that the device is done with. BROKEN: what it says cannot be; nothing is changed. */
enum vring_got vring_take(struct vring *r, uint16_t *id, uint32_t *len);
/* A request that is with the driver; false: all are out. */
bool vring_free(const struct vring *r, uint16_t *id);
/* Does the device want to be told of what was offered? */
bool vring_wants_notify(const struct vring *r);
/* Interrupts for used requests; a hint. After switching on, vring_take() has to be asked again. */
void vring_interrupts(struct vring *r, bool on);

#endif
