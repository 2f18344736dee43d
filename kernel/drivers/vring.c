/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues, the driver's end. Assumes x86's order of memory (stores are seen in order; only a load may pass a
 * store) and one caller; guarantees that an id is used only while the device has it. Pure. */
#include "kernel/drivers/vring.h"

#include <string.h>

enum { DESC_WRITE = 2, NO_INTERRUPT = 1, NO_NOTIFY = 1, FLAGS = 0, INDEX = 1, RING = 2 };

size_t vring_avail_at(uint16_t size) { return sizeof(struct vring_desc) * size; }
size_t vring_used_at(uint16_t size) {
    return (vring_avail_at(size) + 2 * (RING + size + 1u) + 4095) & ~(size_t)4095; /* of its own page: legacy's rule */
}
size_t vring_bytes(uint16_t size) { return (vring_used_at(size) + 2 * RING + 8u * size + 2 + 4095) & ~(size_t)4095; }

void vring_init(struct vring *r, void *mem, uint16_t size) {
    *r = (struct vring){.size = size};
    r->desc = mem;
    r->avail = (void *)((uint8_t *)mem + vring_avail_at(size));
    r->used = (void *)((uint8_t *)mem + vring_used_at(size));
}

static void barrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

void vring_offer(struct vring *r, uint16_t id, uint64_t phys, uint32_t len, bool device_writes) {
    r->desc[id] = (struct vring_desc){phys, len, device_writes ? DESC_WRITE : 0, 0};
    vring_push(r, id);
}

void vring_push(struct vring *r, uint16_t id) {
    r->avail[RING + r->avail_idx % r->size] = id;
    r->out[id] = true;
    r->nout++;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    r->avail[INDEX] = ++r->avail_idx;
}

enum vring_got vring_take(struct vring *r, uint16_t *id, uint32_t *len) {
    uint16_t index = r->used[INDEX], there = (uint16_t)(index - r->last);
    if (there == 0)
        return VRING_NONE;
    if (there > r->nout)
        return VRING_BROKEN;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    const volatile uint32_t *u = (const volatile uint32_t *)(r->used + RING) + 2 * (r->last % r->size);
    uint32_t which = u[0];
    if (which >= r->size || !r->out[which])
        return VRING_BROKEN;
    *len = u[1];
    *id = (uint16_t)which;
    r->out[which] = false;
    r->nout--;
    r->last++;
    return VRING_USED;
}

bool vring_free(const struct vring *r, uint16_t *id) {
    if (r->nout == r->size)
        return false;
    for (*id = r->avail_idx % r->size; r->out[*id]; *id = (uint16_t)((*id + 1) % r->size)) /* mostly the first */
        ;
    return true;
}

bool vring_wants_notify(const struct vring *r) {
    barrier(); /* the index is seen before the flag is looked at */
    return !(r->used[FLAGS] & NO_NOTIFY);
}

void vring_interrupts(struct vring *r, bool on) {
    r->avail[FLAGS] = on ? 0 : NO_INTERRUPT;
    barrier();
}
