/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues. */
#ifndef PYRITE_DEVICES_VIRTQUEUE_H
#define PYRITE_DEVICES_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VQ_MAX_SIZE = 256, VQ_MAX_SEGMENTS = VQ_MAX_SIZE };

struct virtqueue {
    uint64_t desc, avail, used;   /* guest physical; as the driver set them */
    uint16_t size;                /* 1-VQ_MAX_SIZE, a power of two */
    uint32_t pfn, align;          /* legacy: as the driver set them */
    bool ready, event_idx;
    const char *broken;           /* what was wrong with the rings; NULL: nothing. Then no operation does anything */
    uint8_t *desc_ptr, *avail_ptr, *used_ptr; /* engine addresses, while ready */
    uint16_t last_avail, used_idx, signalled;
};

/* A buffer of guest RAM: engine address, and what physmem_dma_written() wants. */
struct vq_segment {
    uint8_t *ptr;
    uint64_t gpa;
    uint32_t len;
};

/* A request: nread segments that the device reads, then nwrite segments that it writes. */
struct vq_chain {
    uint16_t head;
    unsigned nread, nwrite;
    uint64_t read_bytes, write_bytes;
    struct vq_segment seg[VQ_MAX_SEGMENTS];
};

/* Resolves the rings; sets vq->broken if they are not aligned or not in RAM. */
void vq_enable(struct virtqueue *vq, bool event_idx);
/* Takes the next request. False: none, or vq->broken is set. */
bool vq_pop(struct virtqueue *vq, struct vq_chain *c);
/* Undoes the last vq_pop(): the request stays available. */
void vq_unpop(struct virtqueue *vq);
/* Returns request `head` to the driver, with `written` bytes written. */
void vq_push(struct virtqueue *vq, uint16_t head, uint32_t written);
/* The same for several requests, which the driver sees all at once: fills the i-th after those returned; returns n. */
void vq_fill(struct virtqueue *vq, uint16_t i, uint16_t head, uint32_t written);
void vq_flush(struct virtqueue *vq, uint16_t n);
/* The driver wants an interrupt for what was pushed since the last call. */
bool vq_want_interrupt(struct virtqueue *vq);

/* Copies [off, off + len) of the readable (writable) part of a request; returns how many bytes there were. */
size_t vq_read(const struct vq_chain *c, uint64_t off, void *buf, size_t len);
size_t vq_write(const struct vq_chain *c, uint64_t off, const void *buf, size_t len);

#endif
