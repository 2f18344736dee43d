/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues with indirect descriptors and event index (virtio 1.2, section 2.7).
 *
 * The driver is hostile: each descriptor is copied before it is checked, a chain is at most VQ_MAX_SEGMENTS long
 * whatever its links say, and every buffer must lie in RAM. The first thing found wrong sets vq->broken and ends the
 * queue's work until the device is reset. */
#include "devices/virtqueue.h"

#include <string.h>

#include "dbt/physmem.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, DESC_SIZE = 16, AVAIL_NO_INTERRUPT = 1 };
struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

/* ---- the rings ---- */

static uint64_t avail_bytes(const struct virtqueue *vq) { return 4 + 2 * (uint64_t)vq->size + 2; }
static uint64_t used_bytes(const struct virtqueue *vq) { return 4 + 8 * (uint64_t)vq->size + 2; }

static uint16_t load16(const uint8_t *p) { return __atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE); }
static void store16(uint8_t *p, uint16_t v) { __atomic_store_n((uint16_t *)p, v, __ATOMIC_RELEASE); }

static uint16_t avail_idx(const struct virtqueue *vq) { return load16(vq->avail_ptr + 2); }

void vq_enable(struct virtqueue *vq, bool event_idx) {
    vq->event_idx = event_idx;
    vq->last_avail = vq->used_idx = vq->signalled = 0;
    vq->broken = NULL;
    vq->desc_ptr = physmem_dma_ptr(vq->desc, (uint64_t)vq->size * DESC_SIZE);
    vq->avail_ptr = physmem_dma_ptr(vq->avail, avail_bytes(vq));
    vq->used_ptr = physmem_dma_ptr(vq->used, used_bytes(vq));
    if (vq->size == 0 || vq->size > VQ_MAX_SIZE || vq->size & (vq->size - 1))
        vq->broken = "size of the queue";
    else if (vq->desc & 15 || !vq->desc_ptr)
        vq->broken = "address of the descriptor table";
    else if (vq->avail & 1 || !vq->avail_ptr)
        vq->broken = "address of the available ring";
    else if (vq->used & 3 || !vq->used_ptr)
        vq->broken = "address of the used ring";
}

/* ---- taking requests ---- */

static bool add_segment(struct virtqueue *vq, struct vq_chain *c, const struct desc *d) {
    unsigned n = c->nread + c->nwrite;
    if (n == VQ_MAX_SEGMENTS) {
        vq->broken = "descriptor chain is too long, or a loop";
        return false;
    }
    if (!(d->flags & DESC_WRITE) && c->nwrite) {
        vq->broken = "readable descriptor after a writable one";
        return false;
    }
    void *p = physmem_dma_ptr(d->addr, d->len);
    if (!p) {
        vq->broken = "buffer is not in RAM";
        return false;
    }
    c->seg[n] = (struct vq_segment){p, d->addr, d->len};
    if (d->flags & DESC_WRITE) {
        c->nwrite++;
        c->write_bytes += d->len;
    } else {
        c->nread++;
        c->read_bytes += d->len;
    }
    return true;
}

/* Follows a chain in one table of n descriptors. An indirect descriptor is returned in *indirect instead of followed
 * (only the last of a chain can be one: section 2.7.5.3.1). */
static bool follow(struct virtqueue *vq, struct vq_chain *c, const uint8_t *table, unsigned n, uint16_t i,
                   struct desc *indirect) {
    struct desc d;
    do {
        if (i >= n) {
            vq->broken = "descriptor index";
            return false;
        }
        memcpy(&d, table + (size_t)i * DESC_SIZE, sizeof d);
        if (d.flags & DESC_INDIRECT) {
            if (!indirect || d.flags & DESC_NEXT) {
                vq->broken = "indirect descriptor where none is allowed";
                return false;
            }
            *indirect = d;
            return true;
        }
        if (!add_segment(vq, c, &d))
            return false;
        i = d.next;
    } while (d.flags & DESC_NEXT);
    return true;
}

static bool follow_indirect(struct virtqueue *vq, struct vq_chain *c, const struct desc *d) {
    const uint8_t *table = physmem_dma_ptr(d->addr, d->len);
    if (d->len == 0 || d->len % DESC_SIZE || !table) {
        vq->broken = "indirect descriptor table";
        return false;
    }
    unsigned n = d->len / DESC_SIZE;
    return follow(vq, c, table, n < 65536 ? n : 65536, 0, NULL);
}

/* Asks the driver to tell about the next request; true if there is one already. */
static bool ask_for_more(struct virtqueue *vq) {
    if (!vq->event_idx)
        return false;
    store16(vq->used_ptr + 4 + 8 * (size_t)vq->size, vq->last_avail);
    physmem_dma_written(vq->used + 4 + 8 * (uint64_t)vq->size, 2);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return avail_idx(vq) != vq->last_avail;
}

bool vq_pop(struct virtqueue *vq, struct vq_chain *c) {
    struct desc indirect = {0};
    if (!vq->ready || vq->broken)
        return false;
    if (avail_idx(vq) == vq->last_avail && !ask_for_more(vq))
        return false;
    if ((uint16_t)(avail_idx(vq) - vq->last_avail) > vq->size) {
        vq->broken = "index of the available ring";
        return false;
    }
    uint16_t head = load16(vq->avail_ptr + 4 + 2 * (size_t)(vq->last_avail & (vq->size - 1)));
    c->head = head;
    c->nread = c->nwrite = 0;
    c->read_bytes = c->write_bytes = 0;
    if (!follow(vq, c, vq->desc_ptr, vq->size, head, &indirect))
        return false;
    if (indirect.flags && !follow_indirect(vq, c, &indirect))
        return false;
    vq->last_avail++;
    return true;
}

void vq_unpop(struct virtqueue *vq) { vq->last_avail--; }

/* ---- returning them ---- */

void vq_fill(struct virtqueue *vq, uint16_t i, uint16_t head, uint32_t written) {
    uint32_t elem[2] = {head, written};
    if (!vq->ready || vq->broken)
        return;
    uint64_t at = 4 + 8 * (uint64_t)((vq->used_idx + i) & (vq->size - 1));
    memcpy(vq->used_ptr + at, elem, sizeof elem);
    physmem_dma_written(vq->used + at, sizeof elem);
}

void vq_flush(struct virtqueue *vq, uint16_t n) {
    if (!vq->ready || vq->broken)
        return;
    vq->used_idx = (uint16_t)(vq->used_idx + n);
    store16(vq->used_ptr + 2, vq->used_idx);
    physmem_dma_written(vq->used, 4);
}

void vq_push(struct virtqueue *vq, uint16_t head, uint32_t written) {
    vq_fill(vq, 0, head, written);
    vq_flush(vq, 1);
}

/* Section 2.7.7.2: with event index an interrupt is due when used_idx passed used_event, else unless the flag says
 * no. */
bool vq_want_interrupt(struct virtqueue *vq) {
    uint16_t old = vq->signalled;
    if (!vq->ready || vq->broken || vq->used_idx == old)
        return false;
    vq->signalled = vq->used_idx;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!vq->event_idx)
        return !(load16(vq->avail_ptr) & AVAIL_NO_INTERRUPT);
    uint16_t event = load16(vq->avail_ptr + 4 + 2 * (size_t)vq->size);
    return (uint16_t)(vq->used_idx - event - 1) < (uint16_t)(vq->used_idx - old);
}

/* ---- contents ---- */

static size_t copy(const struct vq_segment *s, unsigned n, uint64_t off, void *buf, size_t len, bool write) {
    size_t done = 0;
    for (unsigned i = 0; i < n && done < len; i++) {
        if (off >= s[i].len) {
            off -= s[i].len;
            continue;
        }
        size_t part = s[i].len - off < len - done ? s[i].len - (size_t)off : len - done;
        if (write) {
            memcpy(s[i].ptr + off, (const uint8_t *)buf + done, part);
            physmem_dma_written(s[i].gpa + off, part);
        } else {
            memcpy((uint8_t *)buf + done, s[i].ptr + off, part);
        }
        done += part;
        off = 0;
    }
    return done;
}

size_t vq_read(const struct vq_chain *c, uint64_t off, void *buf, size_t len) {
    return copy(c->seg, c->nread, off, buf, len, false);
}

size_t vq_write(const struct vq_chain *c, uint64_t off, const void *buf, size_t len) {
    return copy(c->seg + c->nread, c->nwrite, off, (void *)buf, len, true);
}
