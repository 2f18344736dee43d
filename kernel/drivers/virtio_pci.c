/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio over PCI: the registers. Assumes the hart loop; guarantees that the device gets only ring memory that was
 * zeroed and is never given back, since a device that does not reset may go on using it. */
#include "kernel/drivers/virtio_pci.h"

#include <stddef.h>
#include <string.h>

#include "kernel/drivers/pci_dev.h"
#include "kernel/mm/dma.h"
#include "kernel/plat.h"

enum { /* 4.1.4.3 */
    FEATURE_SELECT = 0, FEATURE = 4, DRIVER_SELECT = 8, DRIVER_FEATURE = 12, CONFIG_VECTOR = 16, NUM_QUEUES = 18,
    STATUS = 20, GENERATION = 21, QUEUE_SELECT = 22, QUEUE_SIZE = 24, QUEUE_VECTOR = 26, QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30, QUEUE_DESC = 32, QUEUE_DRIVER = 40, QUEUE_DEVICE = 48, COMMON_SIZE = 56
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64, FAILED = 128 };
#define RESET_NS 1000000000ull

static volatile uint32_t *reg32(struct virtio_pci *v, unsigned off) { return (void *)(v->common + off); }
static volatile uint16_t *reg16(struct virtio_pci *v, unsigned off) { return (void *)(v->common + off); }
static void write64(struct virtio_pci *v, unsigned off, uint64_t x) {
    *reg32(v, off) = (uint32_t)x;
    *reg32(v, off + 4) = (uint32_t)(x >> 32);
}

/* NULL: the structure does not lie inside its BAR, or is shorter than `least` bytes. */
static volatile uint8_t *map(const struct pci_access *a, const struct pci_dev *d, uint8_t kind, uint32_t least,
                             struct virtio_pci_region *r) {
    uint64_t size;
    if (!virtio_pci_find(a, d, kind, r) || r->length < least)
        return NULL;
    volatile uint8_t *bar = pci_map_bar(d, r->bar, &size);
    return bar && r->offset < size && r->length <= size - r->offset ? bar + r->offset : NULL;
}

bool virtio_pci_open(struct virtio_pci *v, const struct pci_access *a, const struct pci_dev *d) {
    struct virtio_pci_region common, notify, device;
    *v = (struct virtio_pci){.dev = d};
    v->common = map(a, d, VIRTIO_PCI_COMMON, COMMON_SIZE, &common);
    v->notify = map(a, d, VIRTIO_PCI_NOTIFY, 2, &notify);
    v->device = map(a, d, VIRTIO_PCI_DEVICE, 1, &device);
    if (!v->common || !v->notify)
        return false;
    v->notify_len = notify.length;
    v->multiplier = notify.multiplier;
    v->device_len = v->device ? device.length : 0;
    return true;
}

void virtio_pci_reset(struct virtio_pci *v) {
    v->common[STATUS] = 0;
    for (uint64_t until = plat_clock_ns() + RESET_NS; v->common[STATUS] && plat_clock_ns() < until;)
        ;
}

bool virtio_pci_start(struct virtio_pci *v, uint64_t wanted) {
    virtio_pci_reset(v);
    if (v->common[STATUS])
        return false;
    v->common[STATUS] = ACKNOWLEDGE;
    v->common[STATUS] = ACKNOWLEDGE | DRIVER;
    uint64_t offered = 0;
    for (uint32_t i = 0; i < 2; i++) {
        *reg32(v, FEATURE_SELECT) = i;
        offered |= (uint64_t)*reg32(v, FEATURE) << 32 * i;
    }
    v->features = offered & (wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM);
    for (uint32_t i = 0; i < 2; i++) {
        *reg32(v, DRIVER_SELECT) = i;
        *reg32(v, DRIVER_FEATURE) = (uint32_t)(v->features >> 32 * i);
    }
    v->common[STATUS] = ACKNOWLEDGE | DRIVER | FEATURES_OK;
    if ((v->features & VIRTIO_F_VERSION_1) && (v->common[STATUS] & FEATURES_OK))
        return true;
    v->common[STATUS] = FAILED;
    return false;
}

/* The largest power of two that both take. */
static uint16_t queue_size(uint16_t device, uint16_t max) {
    uint16_t n = 1;
    while (2 * n <= device && 2 * n <= max && 2 * n <= VRING_MAX)
        n = (uint16_t)(2 * n);
    return device ? n : 0;
}

bool virtio_pci_queue(struct virtio_pci *v, uint16_t index, uint16_t max, uint16_t vector, struct vring *r,
                      volatile uint16_t **doorbell) {
    if (index >= *reg16(v, NUM_QUEUES))
        return false;
    *reg16(v, QUEUE_SELECT) = index;
    uint16_t size = queue_size(*reg16(v, QUEUE_SIZE), max);
    uint64_t phys, notify = (uint64_t)*reg16(v, QUEUE_NOTIFY_OFF) * v->multiplier;
    void *mem = size ? dma_alloc(vring_bytes(size), UINT64_MAX, &phys) : NULL;
    if (!mem || notify + 2 > v->notify_len)
        return false;
    vring_init(r, mem, size);
    *reg16(v, QUEUE_SIZE) = size;
    write64(v, QUEUE_DESC, phys);
    write64(v, QUEUE_DRIVER, phys + vring_avail_at(size));
    write64(v, QUEUE_DEVICE, phys + vring_used_at(size));
    *reg16(v, QUEUE_VECTOR) = vector;
    *doorbell = (void *)(v->notify + notify);
    if (*reg16(v, QUEUE_VECTOR) != vector)
        return false;
    *reg16(v, QUEUE_ENABLE) = 1;
    return true;
}

void virtio_pci_config_vector(struct virtio_pci *v, uint16_t vector) { *reg16(v, CONFIG_VECTOR) = vector; }
void virtio_pci_ready(struct virtio_pci *v) { v->common[STATUS] = v->common[STATUS] | DRIVER_OK; }
bool virtio_pci_needs_reset(struct virtio_pci *v) { return v->common[STATUS] & NEEDS_RESET; }

void virtio_pci_config(struct virtio_pci *v, unsigned off, void *out, unsigned len) {
    for (unsigned tries = 0; tries < 100; tries++) { /* 2.5: until nothing has changed in between */
        uint8_t before = v->common[GENERATION];
        for (unsigned i = 0; i < len; i++)
            ((uint8_t *)out)[i] = off + i < v->device_len ? v->device[off + i] : 0;
        if (before == v->common[GENERATION])
            return;
    }
}
