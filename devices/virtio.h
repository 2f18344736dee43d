/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio transport, and what devices tell it of themselves. */
#ifndef PYRITE_DEVICES_VIRTIO_H
#define PYRITE_DEVICES_VIRTIO_H

#include "dbt/physmem.h"
#include "devices/dev.h"
#include "devices/virtqueue.h"

enum { VIRTIO_MAX_QUEUES = 3, VIRTIO_NAME = 16 };

enum { VIRTIO_ID_NONE = 0, VIRTIO_ID_NET = 1, VIRTIO_ID_BLOCK = 2, VIRTIO_ID_CONSOLE = 3, VIRTIO_ID_RNG = 4 };

struct virtio;
struct virtio_ops {
    uint32_t id;
    unsigned nqueues;
    /* The driver says that queue q has requests (or that it is ready at last). */
    void (*notify)(struct virtio *v, unsigned q);
    /* Back to the state before any driver came; when it returns, the device touches guest memory no more. */
    void (*reset)(struct virtio *v);
};

/* The transport's part of a device; first member of the device's own struct. All zero but ops, irq, features, config is
 * the state after creation. */
struct virtio {
    const struct virtio_ops *ops; /* NULL: the slot is empty */
    char name[VIRTIO_NAME];
    struct dev_line irq;
    uint64_t features;            /* device-specific bits (0-23); the transport adds its own */
    const void *config;           /* device configuration, read-only for the driver */
    unsigned config_len;
    uint32_t generation;          /* of the configuration */
    bool legacy;                  /* the registers are those of version 1 (virtio 1.2, 4.2.4) */
    uint64_t driver_features;
    uint32_t device_sel, driver_sel, queue_sel, status, isr;
    uint32_t page_size;           /* legacy: the unit of QueuePFN; 0 counts as 1 */
    struct virtqueue vq[VIRTIO_MAX_QUEUES];
};

extern const struct mmio_ops virtio_mmio_ops; /* dev: struct virtio */
void virtio_reset(struct virtio *v);
/* A queue may be worked on: the driver is ready and nothing is broken. */
bool virtio_running(const struct virtio *v);
/* After pushes to queue q: interrupts the driver if it wants that. */
void virtio_pushed(struct virtio *v, unsigned q);
/* The queue was found broken (vq->broken), or the device found a request that cannot be answered (`why`): the device
 * stops until the driver resets it. */
void virtio_broken(struct virtio *v, unsigned q, const char *why);
/* The device changed its configuration: tells the driver. */
void virtio_config_changed(struct virtio *v);
/* vq_pop() of queue q that reports what is broken. */
bool virtio_pop(struct virtio *v, unsigned q, struct vq_chain *c);

#endif
