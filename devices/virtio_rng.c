/* SPDX-License-Identifier: BSD-2-Clause */
/* Entropy device (virtio 1.2, section 5.4): fills the driver's buffers from the platform, at most 4 KiB for each, which
 * the specification leaves to the device. */
#include "devices/virtio_devices.h"

enum { MOST = 4096 };

static void notify(struct virtio *v, unsigned q) {
    struct vq_chain c;
    uint8_t buf[256];
    while (virtio_pop(v, q, &c)) {
        size_t done = 0, n = 1;
        for (; done < MOST && n; done += n) {
            plat_entropy(buf, sizeof buf);
            n = vq_write(&c, done, buf, sizeof buf);
        }
        vq_push(&v->vq[q], c.head, (uint32_t)done);
    }
    virtio_pushed(v, q);
}

static void reset(struct virtio *v) { (void)v; }

static const struct virtio_ops ops = {VIRTIO_ID_RNG, 1, notify, reset};

void virtio_rng_init(struct virtio_rng *r) { r->virtio.ops = &ops; }
