/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio transport over registers (virtio 1.2, section 4.2), version 2 or, where the board says so, the legacy
 * version 1 (4.2.4), and the device status protocol (2.1, 3.1). Registers are 32 bits wide; the configuration space
 * from 0x100 takes every size. Whatever the driver does wrong is logged as a guest error and ignored, or stops this
 * device (DEVICE_NEEDS_RESET), never anything else. */
#include <string.h>

#include "devices/virtio.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    GUEST_PAGE_SIZE = 0x028, /* legacy */
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_ALIGN = 0x03c, /* legacy */
    QUEUE_PFN = 0x040,   /* legacy */
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080, /* low, high */
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    SHM_LEN_LOW = 0x0b0,
    SHM_BASE_HIGH = 0x0bc,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
};
enum { S_ACKNOWLEDGE = 1, S_DRIVER = 2, S_DRIVER_OK = 4, S_FEATURES_OK = 8, S_NEEDS_RESET = 64, S_FAILED = 128 };
enum { S_DRIVERS = S_ACKNOWLEDGE | S_DRIVER | S_DRIVER_OK | S_FEATURES_OK | S_FAILED };
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };
enum { MAGIC_VALUE = 0x74726976, VENDOR_VALUE = 0x554d4551 /* QEMU's: xv6 asks for it */ };

#define F_INDIRECT ((uint64_t)1 << 28)
#define F_EVENT_IDX ((uint64_t)1 << 29)
#define F_VERSION_1 ((uint64_t)1 << 32)

static uint64_t offered(const struct virtio *v) {
    return v->features | F_INDIRECT | F_EVENT_IDX | (v->legacy ? 0 : F_VERSION_1);
}

static void interrupt(struct virtio *v, uint32_t why) {
    v->isr |= why;
    dev_line_set(&v->irq, v->isr != 0);
}

bool virtio_running(const struct virtio *v) {
    return (v->status & (S_DRIVER_OK | S_NEEDS_RESET | S_FAILED)) == S_DRIVER_OK;
}

void virtio_pushed(struct virtio *v, unsigned q) {
    if (vq_want_interrupt(&v->vq[q]))
        interrupt(v, ISR_QUEUE);
}

void virtio_config_changed(struct virtio *v) {
    v->generation++;
    if (v->status & S_DRIVER_OK)
        interrupt(v, ISR_CONFIG);
}

void virtio_broken(struct virtio *v, unsigned q, const char *why) {
    dev_error("%s: queue %u: %s\n", v->name, q, why);
    v->status |= S_NEEDS_RESET;
    if (v->status & S_DRIVER_OK)
        interrupt(v, ISR_CONFIG);
}

bool virtio_pop(struct virtio *v, unsigned q, struct vq_chain *c) {
    if (!virtio_running(v))
        return false;
    if (vq_pop(&v->vq[q], c))
        return true;
    if (v->vq[q].broken)
        virtio_broken(v, q, v->vq[q].broken);
    return false;
}

void virtio_reset(struct virtio *v) {
    if (v->ops)
        v->ops->reset(v);
    memset(v->vq, 0, sizeof v->vq);
    v->driver_features = 0;
    v->device_sel = v->driver_sel = v->queue_sel = v->status = v->isr = v->page_size = 0;
    dev_line_set(&v->irq, false);
}

/* ---- driver's writes ---- */

/* FEATURES_OK stays only if the driver took nothing that was not offered. VERSION_1 should be among it (6.1), but
 * teaching kernels do not know of the upper half of the features, and for these devices nothing depends on it. */
static bool features_good(const struct virtio *v) { return !(v->driver_features & ~offered(v)); }

static void notify(struct virtio *v, uint32_t q) {
    if (q >= v->ops->nqueues || !v->vq[q].ready || !virtio_running(v)) {
        dev_error("%s: notification of queue %u, which is not ready\n", v->name, q);
        return;
    }
    v->ops->notify(v, q);
}

static void write_status(struct virtio *v, uint32_t s) {
    uint32_t before = v->status;
    if (s == 0) {
        virtio_reset(v);
        return;
    }
    s &= S_DRIVERS;
    if (s & S_FEATURES_OK && !(before & S_FEATURES_OK) && !features_good(v)) {
        dev_error("%s: driver's features %#llx are not acceptable\n", v->name, (unsigned long long)v->driver_features);
        s &= ~(uint32_t)S_FEATURES_OK;
    }
    if (s & S_DRIVER_OK && !v->legacy && !((s | before) & S_FEATURES_OK)) {
        dev_error("%s: DRIVER_OK before FEATURES_OK\n", v->name);
        s &= ~(uint32_t)S_DRIVER_OK;
    }
    v->status |= s; /* bits are cleared by a reset only */
    if (!(before & S_DRIVER_OK) && virtio_running(v))
        for (unsigned q = 0; q < v->ops->nqueues && virtio_running(v); q++)
            if (v->vq[q].ready)
                v->ops->notify(v, q);
}

static void write_features(struct virtio *v, uint32_t val) {
    if (v->status & S_FEATURES_OK)
        dev_error("%s: features written after FEATURES_OK\n", v->name);
    else if (v->driver_sel < 2)
        v->driver_features = dev_merge(v->driver_features, v->driver_sel * 4, 4, val);
    else if (val)
        dev_error("%s: features above bit 63\n", v->name);
}

static void set_ready(struct virtio *v, struct virtqueue *vq, bool ready) {
    if (!ready) {
        vq->ready = false;
        return;
    }
    if (vq->ready || (!v->legacy && !(v->status & S_FEATURES_OK))) {
        dev_error("%s: queue %u made ready %s\n", v->name, v->queue_sel, vq->ready ? "twice" : "before FEATURES_OK");
        return;
    }
    vq_enable(vq, v->driver_features & F_EVENT_IDX);
    vq->ready = !vq->broken;
    if (vq->broken)
        virtio_broken(v, v->queue_sel, vq->broken);
}

/* Legacy: the number of the page in which the three parts of the ring follow each other (2.7.2); 0 ends its use. */
static void write_pfn(struct virtio *v, struct virtqueue *vq, uint32_t pfn) {
    uint64_t align = vq->align ? vq->align : 4096;
    vq->pfn = pfn;
    vq->desc = (uint64_t)pfn * (v->page_size ? v->page_size : 1);
    vq->avail = vq->desc + 16 * (uint64_t)vq->size;
    vq->used = (vq->avail + 6 + 2 * (uint64_t)vq->size + align - 1) & ~(align - 1);
    set_ready(v, vq, false);
    if (pfn)
        set_ready(v, vq, true);
}

static void write_queue(struct virtio *v, uint64_t off, uint32_t val) {
    struct virtqueue *vq = v->queue_sel < v->ops->nqueues ? &v->vq[v->queue_sel] : NULL;
    if (!vq || (vq->ready && off != QUEUE_READY && off != QUEUE_PFN)) {
        dev_error("%s: write at %#llx to queue %u, which is %s\n", v->name, (unsigned long long)off, v->queue_sel,
                  vq ? "in use" : "not there");
        return;
    }
    switch (off) {
    case QUEUE_NUM:
        if (val == 0 || val > VQ_MAX_SIZE || val & (val - 1))
            dev_error("%s: queue size %u\n", v->name, val);
        else
            vq->size = (uint16_t)val;
        break;
    case QUEUE_READY: set_ready(v, vq, val & 1); break;
    case QUEUE_PFN: write_pfn(v, vq, val); break;
    case QUEUE_ALIGN:
        if (val & (val - 1))
            dev_error("%s: alignment %u of a queue\n", v->name, val);
        else
            vq->align = val;
        break;
    case QUEUE_DESC: case QUEUE_DESC + 4: vq->desc = dev_merge(vq->desc, off & 4, 4, val); break;
    case QUEUE_DRIVER: case QUEUE_DRIVER + 4: vq->avail = dev_merge(vq->avail, off & 4, 4, val); break;
    default: vq->used = dev_merge(vq->used, off & 4, 4, val); break;
    }
}

/* A register that only the other version has. */
static bool foreign(const struct virtio *v, uint64_t off) {
    switch (off) {
    case GUEST_PAGE_SIZE: case QUEUE_ALIGN: case QUEUE_PFN: return !v->legacy;
    case QUEUE_READY: case CONFIG_GENERATION: return v->legacy;
    default: return v->legacy && off >= QUEUE_DESC && off < CONFIG;
    }
}

static void write_reg(struct virtio *v, uint64_t off, uint32_t val) {
    if (foreign(v, off))
        off = MAGIC; /* nothing to write either */
    switch (off) {
    case GUEST_PAGE_SIZE: v->page_size = val; break;
    case DEVICE_FEATURES_SEL: v->device_sel = val; break;
    case DRIVER_FEATURES: write_features(v, val); break;
    case DRIVER_FEATURES_SEL: v->driver_sel = val; break;
    case QUEUE_SEL: v->queue_sel = val; break;
    case QUEUE_NUM: case QUEUE_READY: case QUEUE_PFN: case QUEUE_ALIGN: case QUEUE_DESC: case QUEUE_DESC + 4:
    case QUEUE_DRIVER: case QUEUE_DRIVER + 4: case QUEUE_DEVICE: case QUEUE_DEVICE + 4: write_queue(v, off, val); break;
    case QUEUE_NOTIFY: notify(v, val); break;
    case INTERRUPT_ACK:
        v->isr &= ~val;
        dev_line_set(&v->irq, v->isr != 0);
        break;
    case STATUS: write_status(v, val); break;
    default: dev_error("%s: write at %#llx\n", v->name, (unsigned long long)off); break;
    }
}

/* ---- driver's reads ---- */

static uint32_t read_queue(const struct virtio *v, uint64_t off) {
    if (v->queue_sel >= v->ops->nqueues)
        return 0;
    const struct virtqueue *vq = &v->vq[v->queue_sel];
    return off == QUEUE_READY ? vq->ready : off == QUEUE_PFN ? vq->pfn : VQ_MAX_SIZE;
}

static uint32_t read_reg(const struct virtio *v, uint64_t off) {
    if (foreign(v, off)) {
        dev_error("%s: read at %#llx\n", v->name, (unsigned long long)off);
        return 0;
    }
    switch (off) {
    case DEVICE_FEATURES: return v->device_sel < 2 ? (uint32_t)(offered(v) >> 32 * v->device_sel) : 0;
    case QUEUE_NUM_MAX: case QUEUE_READY: case QUEUE_PFN: return read_queue(v, off);
    case INTERRUPT_STATUS: return v->isr;
    case STATUS: return v->status;
    case CONFIG_GENERATION: return v->generation;
    default:
        if (off >= SHM_LEN_LOW && off <= SHM_BASE_HIGH)
            return UINT32_MAX; /* no shared memory region */
        dev_error("%s: read at %#llx\n", v->name, (unsigned long long)off);
        return 0;
    }
}

static uint64_t read_config(const struct virtio *v, uint64_t off, unsigned size) {
    uint64_t val = 0;
    if (off < v->config_len)
        memcpy(&val, (const uint8_t *)v->config + off, v->config_len - off < size ? v->config_len - off : size);
    return val;
}

static uint64_t virtio_read(void *dev, uint64_t off, unsigned size) {
    const struct virtio *v = dev;
    if (off >= CONFIG)
        return read_config(v, off - CONFIG, size);
    if (size != 4 || off & 3) {
        dev_error("%s: read of %u bytes at %#llx\n", v->name, size, (unsigned long long)off);
        return 0;
    }
    switch (off) {
    case MAGIC: return MAGIC_VALUE;
    case VERSION: return v->legacy ? 1 : 2;
    case DEVICE_ID: return v->ops ? v->ops->id : VIRTIO_ID_NONE;
    case VENDOR_ID: return VENDOR_VALUE;
    default: return v->ops ? read_reg(v, off) : 0;
    }
}

static void virtio_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct virtio *v = dev;
    if (off >= CONFIG || size != 4 || off & 3)
        dev_error("%s: write of %u bytes at %#llx\n", v->name, size, (unsigned long long)off);
    else if (v->ops)
        write_reg(v, off, (uint32_t)val);
}

const struct mmio_ops virtio_mmio_ops = {virtio_read, virtio_write, 1, 8};
