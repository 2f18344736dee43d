/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio over PCI, modern and transitional devices by their modern registers (virtio 1.2, 4.1). Hart loop only. */
#ifndef PYRITE_KERNEL_VIRTIO_PCI_H
#define PYRITE_KERNEL_VIRTIO_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/drivers/pci.h"
#include "kernel/drivers/vring.h"

/* A register structure that a vendor capability describes. */
struct virtio_pci_region {
    uint8_t bar;
    uint32_t offset, length, multiplier; /* bytes; multiplier of the notification structure only */
};
enum { VIRTIO_PCI_COMMON = 1, VIRTIO_PCI_NOTIFY = 2, VIRTIO_PCI_ISR = 3, VIRTIO_PCI_DEVICE = 4 };
/* The first capability of this kind (4.1.4). False: none that can be used. Pure. */
bool virtio_pci_find(const struct pci_access *a, const struct pci_dev *d, uint8_t kind, struct virtio_pci_region *out);

struct virtio_pci {
    const struct pci_dev *dev;
    volatile uint8_t *common, *notify, *device;
    uint32_t notify_len, device_len, multiplier;
    uint64_t features; /* negotiated */
};
#define VIRTIO_F_VERSION_1 (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33)

/* Maps the registers. False: not a device with modern registers. */
bool virtio_pci_open(struct virtio_pci *v, const struct pci_access *a, const struct pci_dev *d);
/* Resets the device and agrees on features: `wanted` are taken where they are offered, VERSION_1 must be. */
bool virtio_pci_start(struct virtio_pci *v, uint64_t wanted);
/* Queue `index` with at most `max` entries, on interrupt `vector`. False: no such queue, or no memory. */
bool virtio_pci_queue(struct virtio_pci *v, uint16_t index, uint16_t max, uint16_t vector, struct vring *r,
                      volatile uint16_t **doorbell);
void virtio_pci_config_vector(struct virtio_pci *v, uint16_t vector);
void virtio_pci_ready(struct virtio_pci *v); /* DRIVER_OK */
void virtio_pci_reset(struct virtio_pci *v);
bool virtio_pci_needs_reset(struct virtio_pci *v);
/* Bytes of the device's configuration; what is not there reads as 0. */
void virtio_pci_config(struct virtio_pci *v, unsigned off, void *out, unsigned len);

#endif
