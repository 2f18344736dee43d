/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a virtio device's registers are: its vendor capabilities (virtio 1.2, 4.1.4). Pure: believes nothing of what it
 * reads, and ends. */
#include "kernel/drivers/virtio_pci.h"

enum { STATUS_CAPS = 1 << 20, CAP_VENDOR = 9, BARS = 6 };

static bool read_cap(const struct pci_access *a, uint16_t bdf, unsigned at, uint8_t kind,
                     struct virtio_pci_region *out) {
    uint32_t head = a->read(bdf, at);
    unsigned len = head >> 16 & 0xff, needed = kind == VIRTIO_PCI_NOTIFY ? 20 : 16;
    if (head >> 24 != kind || len < needed || at + needed > 256)
        return false;
    out->bar = (uint8_t)a->read(bdf, at + 4);
    out->offset = a->read(bdf, at + 8);
    out->length = a->read(bdf, at + 12);
    out->multiplier = kind == VIRTIO_PCI_NOTIFY ? a->read(bdf, at + 16) : 0;
    return out->bar < BARS && out->length && !(out->offset & 3);
}

bool virtio_pci_find(const struct pci_access *a, const struct pci_dev *d, uint8_t kind,
                     struct virtio_pci_region *out) {
    if (d->header != 0 || !(a->read(d->bdf, 4) & STATUS_CAPS))
        return false;
    unsigned at = a->read(d->bdf, 0x34) & 0xfc;
    for (unsigned left = 48; at >= 0x40 && left; left--) { /* as many as there is room for, so a loop ends */
        uint32_t cap = a->read(d->bdf, at);
        if (cap == ~0u)
            return false;
        if ((cap & 0xff) == CAP_VENDOR && read_cap(a, d->bdf, at, kind, out))
            return true;
        at = cap >> 8 & 0xfc;
    }
    return false;
}
