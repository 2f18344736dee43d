/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio block devices: one queue, commands in any order (vblk.h).
 *
 * Slot i of the disk's queue is descriptor i, which points to a table in the slot's own page (indirect descriptors),
 * or, where the device does not offer that, the chain that begins with descriptor i * stride. The page and the ring
 * last for ever, so that a device that goes on writing after a reset finds no other's memory.
 *
 * What the device says is checked: an answer must name a command that is out, must have come with a status, and a
 * modern device's must cover all that was asked for (a legacy one's length is not to be believed, 2.7.8.1). A device
 * that breaks the rules or does not answer in time is reset; after the reset it must be the same disk, then what was
 * out is given to it again. One that cannot be reset is cut off memory before its requests end with an error. */
#include "kernel/drivers/vblk.h"

#include <errno.h>
#include <string.h>

#include "kernel/plat.h"

enum { /* the common configuration, 4.1.4.3 */
    FEATURE_SELECT = 0, FEATURE = 4, DRIVER_SELECT = 8, DRIVER_FEATURE = 12, CONFIG_VECTOR = 16, NUM_QUEUES = 18,
    STATUS = 20, GENERATION = 21, QUEUE_SELECT = 22, QUEUE_SIZE = 24, QUEUE_VECTOR = 26, QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30, QUEUE_DESC = 32, QUEUE_DRIVER = 40, QUEUE_DEVICE = 48
};
enum { /* the legacy registers, 4.1.4.10 */
    OLD_FEATURE = 0, OLD_DRIVER_FEATURE = 4, OLD_QUEUE_PAGE = 8, OLD_QUEUE_SIZE = 12, OLD_QUEUE_SELECT = 14,
    OLD_NOTIFY = 16, OLD_STATUS = 18, OLD_CONFIG_VECTOR = 20, OLD_QUEUE_VECTOR = 22
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64, FAILED = 128 };
enum { NO_VECTOR = 0xffff };
/* Features, 5.2.3 and 6. */
#define F_SIZE_MAX (1ull << 1)
#define F_SEG_MAX (1ull << 2)
#define F_RO (1ull << 5)
#define F_BLK_SIZE (1ull << 6)
#define F_FLUSH (1ull << 9)
#define F_INDIRECT (1ull << 28)
#define F_VERSION_1 (1ull << 32)
#define F_ACCESS_PLATFORM (1ull << 33)
#define WANTED (F_SIZE_MAX | F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH | F_INDIRECT | F_VERSION_1 | F_ACCESS_PLATFORM)
enum { CAPACITY = 0, SIZE_MAX_AT = 8, SEG_MAX_AT = 12, BLK_SIZE_AT = 20 }; /* the device's configuration, 5.2.4 */
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, S_OK = 0, S_IOERR = 1, S_UNSUPP = 2, S_NONE = 0xff };
enum { D_NEXT = 1, D_WRITE = 2, D_INDIRECT = 4 };

/* A slot's page. */
enum { HEAD_LEN = 16, STATUS_AT = 16, ID_AT = 32, ID_LEN = 20, TABLE_AT = 64, PAGE = 4096 };
enum { MAX_BYTES = 512 << 10, MAX_SEGS = MAX_BYTES / PAGE + 1, CHAIN = 16, MAX_FRUITLESS = 3 };
enum { LOGGED_RESETS = 10 };
_Static_assert(TABLE_AT + (MAX_SEGS + 2) * sizeof(struct vring_desc) <= PAGE, "a slot's page");
#define RESET_LIMIT (1 * BLK_S)
#define ID_LIMIT (5 * BLK_S)
#define COMMAND_LIMIT (15 * BLK_S)
#define WATCH (500 * BLK_MS) /* how late a lost interrupt is noticed */

static uint32_t rd(const struct vblk *v, unsigned off, unsigned size) {
    return v->hw->read(v->hw->arg, VBLK_COMMON, off, size);
}
static void wr(const struct vblk *v, unsigned off, unsigned size, uint32_t x) {
    v->hw->write(v->hw->arg, VBLK_COMMON, off, size, x);
}
static void wr64(const struct vblk *v, unsigned off, uint64_t x) {
    wr(v, off, 4, (uint32_t)x);
    wr(v, off + 4, 4, (uint32_t)(x >> 32));
}

static uint8_t status(const struct vblk *v) { return (uint8_t)rd(v, v->legacy ? OLD_STATUS : STATUS, 1); }
static void set_status(const struct vblk *v, uint8_t s) { wr(v, v->legacy ? OLD_STATUS : STATUS, 1, s); }

/* ---- setting up ---- */

/* False: it does not reset, and may go on reaching memory. */
static bool reset_device(const struct vblk *v) {
    uint64_t end = v->hw->now() + RESET_LIMIT;
    set_status(v, 0);
    while (status(v))
        if (v->hw->now() >= end)
            return false;
    return true;
}

static bool agree(struct vblk *v) {
    set_status(v, ACKNOWLEDGE);
    set_status(v, ACKNOWLEDGE | DRIVER);
    if (v->legacy) { /* has no bits above 31, nor the step that confirms them */
        v->features = rd(v, OLD_FEATURE, 4) & WANTED;
        wr(v, OLD_DRIVER_FEATURE, 4, (uint32_t)v->features);
        return true;
    }
    uint64_t offered = 0;
    for (uint32_t i = 0; i < 2; i++) {
        wr(v, FEATURE_SELECT, 4, i);
        offered |= (uint64_t)rd(v, FEATURE, 4) << 32 * i;
    }
    v->features = offered & WANTED;
    for (uint32_t i = 0; i < 2; i++) {
        wr(v, DRIVER_SELECT, 4, i);
        wr(v, DRIVER_FEATURE, 4, (uint32_t)(v->features >> 32 * i));
    }
    set_status(v, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return (v->features & F_VERSION_1) && (status(v) & FEATURES_OK);
}

/* The largest power of two that both take; a legacy device's size is not to be chosen. 0: none. */
static uint16_t queue_size(const struct vblk *v, uint32_t device) {
    uint16_t n = 1;
    while (2u * n <= device && 2 * n <= VRING_MAX)
        n = (uint16_t)(2 * n);
    return device && (!v->legacy || n == device) ? n : 0;
}

/* Memory for a ring of this size, zeroed; after a reset it must fit what there is. */
static bool ring_memory(struct vblk *v, uint16_t size) {
    uint64_t max = v->legacy ? ((1ull << 44) - 1) : UINT64_MAX; /* the page's number has 32 bits */
    if (v->mem && size != v->size)
        return false;
    if (v->mem)
        memset(v->mem, 0, vring_bytes(size));
    else if (!(v->mem = v->hw->alloc(vring_bytes(size), max, &v->mem_phys)))
        return false;
    v->size = size;
    vring_init(&v->ring, v->mem, size);
    return true;
}

static bool old_queue(struct vblk *v) {
    wr(v, OLD_QUEUE_SELECT, 2, 0);
    uint16_t size = queue_size(v, rd(v, OLD_QUEUE_SIZE, 2));
    if (!size || !ring_memory(v, size))
        return false;
    wr(v, OLD_QUEUE_PAGE, 4, (uint32_t)(v->mem_phys >> 12));
    if (!v->messages)
        return true;
    wr(v, OLD_CONFIG_VECTOR, 2, NO_VECTOR);
    wr(v, OLD_QUEUE_VECTOR, 2, 0);
    return rd(v, OLD_QUEUE_VECTOR, 2) == 0;
}

static bool new_queue(struct vblk *v) {
    if (!rd(v, NUM_QUEUES, 2))
        return false;
    wr(v, QUEUE_SELECT, 2, 0);
    uint16_t size = queue_size(v, rd(v, QUEUE_SIZE, 2));
    uint64_t bell = (uint64_t)rd(v, QUEUE_NOTIFY_OFF, 2) * v->multiplier;
    if (!size || bell + 2 > v->notify_len || !ring_memory(v, size))
        return false;
    v->doorbell = (uint32_t)bell;
    wr(v, QUEUE_SIZE, 2, size);
    wr64(v, QUEUE_DESC, v->mem_phys);
    wr64(v, QUEUE_DRIVER, v->mem_phys + vring_avail_at(size));
    wr64(v, QUEUE_DEVICE, v->mem_phys + vring_used_at(size));
    wr(v, CONFIG_VECTOR, 2, NO_VECTOR);
    wr(v, QUEUE_VECTOR, 2, v->messages ? 0 : NO_VECTOR);
    if (v->messages && rd(v, QUEUE_VECTOR, 2) != 0)
        return false;
    wr(v, QUEUE_ENABLE, 2, 1);
    return true;
}

/* From a reset to DRIVER_OK. */
static bool set_up(struct vblk *v) {
    if (!reset_device(v))
        return false;
    if (!agree(v) || !(v->legacy ? old_queue(v) : new_queue(v))) {
        set_status(v, FAILED);
        return false;
    }
    set_status(v, (uint8_t)(status(v) | DRIVER_OK));
    return true;
}

/* Little-endian on PCs in either mode; what is not there is 0. */
static uint32_t config(const struct vblk *v, unsigned off, unsigned size) {
    return off + size <= v->config_len ? v->hw->read(v->hw->arg, VBLK_CONFIG, off, size) : 0;
}

/* In sectors of 512 bytes, read until both halves are of one moment (2.5). */
static uint64_t capacity(const struct vblk *v) {
    uint64_t n = 0, before = UINT64_MAX;
    for (unsigned tries = 0; tries < 100 && n != before; tries++) {
        before = n;
        n = config(v, CAPACITY, 4) | (uint64_t)config(v, CAPACITY + 4, 4) << 32;
    }
    return n;
}

/* ---- commands ---- */

static void ring_bell(struct vblk *v) {
    if (!vring_wants_notify(&v->ring))
        return;
    if (v->legacy)
        wr(v, OLD_NOTIFY, 2, 0);
    else
        v->hw->write(v->hw->arg, VBLK_NOTIFY, v->doorbell, 2, 0);
}

/* Hands slot i's command to the device: the header, then n segments of data, then the status. */
static void put(struct vblk *v, unsigned i, uint32_t type, uint64_t sector, const struct blk_seg *seg, unsigned n) {
    uint8_t *p = v->page[i];
    uint64_t phys = v->page_phys[i];
    uint32_t word[4] = {type, 0, (uint32_t)sector, (uint32_t)(sector >> 32)};
    bool in = type == T_IN || type == T_GET_ID, indirect = v->features & F_INDIRECT;
    uint16_t id = (uint16_t)(i * v->stride);
    uint16_t first = indirect ? 0 : id; /* of the chain, in its table */
    struct vring_desc *d = indirect ? (struct vring_desc *)(p + TABLE_AT) : v->ring.desc + id;
    memcpy(p, word, sizeof word);
    *(volatile uint8_t *)(p + STATUS_AT) = S_NONE;
    v->bytes[i] = 1;
    d[0] = (struct vring_desc){phys, HEAD_LEN, D_NEXT, (uint16_t)(first + 1)};
    for (unsigned k = 0; k < n; k++) {
        d[k + 1] = (struct vring_desc){seg[k].phys, seg[k].len, (uint16_t)(in ? D_NEXT | D_WRITE : D_NEXT),
                                       (uint16_t)(first + k + 2)};
        v->bytes[i] += in ? seg[k].len : 0;
    }
    d[n + 1] = (struct vring_desc){phys + STATUS_AT, 1, D_WRITE, 0};
    if (indirect)
        v->ring.desc[id] = (struct vring_desc){phys + TABLE_AT, (uint32_t)((n + 2) * sizeof *d), D_INDIRECT, 0};
    vring_push(&v->ring, id);
}

/* False: the command has ended, there was no memory for it. */
static bool issue(struct vblk *v, struct blk_slot *s) {
    static const uint8_t type[] = {[BLK_READ] = T_IN, [BLK_WRITE] = T_OUT, [BLK_FLUSH] = T_FLUSH};
    struct blk_seg seg[MAX_SEGS];
    unsigned n = s->op == BLK_FLUSH ? 0 : blkq_segments(&v->q, s, seg);
    if (n == 0 && s->op != BLK_FLUSH) {
        blkq_end(&v->q, s, ENOMEM);
        return false;
    }
    s->issued = true;
    s->deadline = v->hw->now() + COMMAND_LIMIT;
    put(v, (unsigned)(s - v->q.slot), type[s->op], s->lba * (v->q.sector_size / 512), seg, n);
    return true;
}

/* Gives the device what waits, those first that have to go again. */
static void issue_all(struct vblk *v) {
    bool any = false;
    struct blk_slot *s;
    if (v->dead)
        return;
    for (unsigned i = 0; i < v->q.depth; i++)
        if (v->q.slot[i].busy && !v->q.slot[i].issued)
            any |= issue(v, &v->q.slot[i]);
    while ((s = blkq_start(&v->q)))
        any |= issue(v, s);
    if (any)
        ring_bell(v);
}

/* The status of slot i's command, which the device says it wrote `len` bytes for. */
static uint8_t outcome(const struct vblk *v, unsigned i, uint32_t len) {
    uint8_t s = *(volatile uint8_t *)(v->page[i] + STATUS_AT);
    return s == S_OK && !v->legacy && len < v->bytes[i] ? S_NONE : s;
}

static void ended(struct vblk *v, struct blk_slot *s, uint8_t how) {
    if (how == S_OK)
        v->fruitless = 0;
    if (how == S_OK || how == S_UNSUPP)
        blkq_end(&v->q, s, how == S_OK ? 0 : EIO);
    else
        blkq_again(&v->q, s);
}

/* Takes what has ended; how many, -1: the device broke the rules. */
static int reap(struct vblk *v) {
    uint16_t id;
    uint32_t len;
    int count = 0;
    enum vring_got got = VRING_NONE;
    while (count < v->size && (got = vring_take(&v->ring, &id, &len)) == VRING_USED) {
        unsigned i = id / v->stride;
        count++;
        ended(v, &v->q.slot[i], outcome(v, i, len));
    }
    return got == VRING_BROKEN ? -1 : count;
}

/* ---- what it is ---- */

/* The disk's name for itself (T_GET_ID, 5.2.6), waited for; none is good, too. False: no answer. */
static bool learn_serial(struct vblk *v, char *out) {
    uint64_t end = v->hw->now() + ID_LIMIT;
    struct blk_seg seg = {v->page_phys[0] + ID_AT, ID_LEN};
    uint16_t id;
    uint32_t len;
    enum vring_got got;
    memset(v->page[0] + ID_AT, 0, ID_LEN);
    put(v, 0, T_GET_ID, 0, &seg, 1);
    ring_bell(v);
    while ((got = vring_take(&v->ring, &id, &len)) == VRING_NONE)
        if (v->hw->now() >= end)
            return false;
    unsigned n = 0;
    bool good = outcome(v, 0, ID_LEN + 1) == S_OK; /* how long an ID is, devices see differently */
    for (char c; good && n < ID_LEN && (c = (char)v->page[0][ID_AT + n]); n++)
        out[n] = c >= 0x20 && c < 0x7f ? c : '?';
    out[n] = 0;
    return got == VRING_USED;
}

struct shape {
    uint64_t sectors;
    uint32_t size, seg_max, size_max;
    bool read_only, flush;
};

static const char *shape(const struct vblk *v, struct shape *s) {
    *s = (struct shape){.size = 512, .seg_max = 1, .size_max = MAX_BYTES, .read_only = v->features & F_RO,
                        .flush = v->features & F_FLUSH};
    if (v->features & F_BLK_SIZE)
        s->size = config(v, BLK_SIZE_AT, 4);
    if (v->features & F_SEG_MAX)
        s->seg_max = config(v, SEG_MAX_AT, 4);
    if (v->features & F_SIZE_MAX)
        s->size_max = config(v, SIZE_MAX_AT, 4);
    if (s->size < 512 || s->size > PAGE || (s->size & (s->size - 1)))
        return "its sectors are not of 512 to 4096 bytes";
    if (!s->seg_max || s->size_max < PAGE)
        return "it takes no segment of 4 KiB";
    s->sectors = capacity(v) / (s->size / 512);
    return s->sectors && s->sectors < UINT64_MAX >> 16 ? NULL : "it has no sectors";
}

static void size_queue(struct vblk *v, const struct shape *s) {
    struct blkq *q = &v->q;
    bool indirect = v->features & F_INDIRECT;
    unsigned chain = v->size < CHAIN ? v->size : CHAIN;
    unsigned most = indirect ? v->size : chain; /* 2.7.5.3.1: a table's, too */
    v->stride = indirect ? 1 : chain;
    unsigned depth = v->size / v->stride, segs = most - 2 < MAX_SEGS ? most - 2 : MAX_SEGS;
    q->sectors = s->sectors;
    q->sector_size = s->size;
    q->read_only = s->read_only;
    q->no_flush = !s->flush; /* then nothing is cached, 5.2.6.2 */
    q->depth = depth < BLK_SLOTS ? depth : BLK_SLOTS;
    q->max_segs = s->seg_max < segs ? s->seg_max : segs;
    q->max_seg = s->size_max < MAX_BYTES ? s->size_max : MAX_BYTES;
    q->max_sectors = MAX_BYTES / s->size;
    q->max_phys = UINT64_MAX;
}

const char *vblk_start(struct vblk *v) {
    struct shape s;
    blkq_init(&v->q, v->hw);
    if (!set_up(v))
        return "it does not start";
    const char *why = v->size < 4 ? "its queue is too small" : shape(v, &s);
    if (why)
        return why;
    size_queue(v, &s);
    for (unsigned i = 0; i < v->q.depth; i++)
        if (!(v->page[i] = v->hw->alloc(PAGE, UINT64_MAX, &v->page_phys[i])))
            return "no memory";
    if (!learn_serial(v, v->disk.serial))
        return "it does not say what it is";
    strcpy(v->disk.model, v->legacy ? "virtio disk (legacy)" : "virtio disk");
    v->disk.q = &v->q;
    v->disk.run = vblk_run;
    v->disk.stop = vblk_stop;
    return NULL;
}

/* ---- resets ---- */

/* After a reset: is it what it was? Else nothing may be written to it. */
static bool same(struct vblk *v, uint64_t features) {
    struct shape s;
    char serial[sizeof v->disk.serial];
    return v->features == features && !shape(v, &s) && s.sectors == v->q.sectors && s.size == v->q.sector_size &&
           s.seg_max >= v->q.max_segs && s.size_max >= v->q.max_seg && learn_serial(v, serial) &&
           strcmp(serial, v->disk.serial) == 0;
}

static void reset(struct vblk *v, const char *why) {
    uint64_t features = v->features;
    if (v->resets++ < LOGGED_RESETS)
        plat_log("%s: %s: reset\n", v->disk.name, why);
    if (++v->fruitless > MAX_FRUITLESS || !set_up(v) || !same(v, features)) {
        plat_log("%s: given up\n", v->disk.name);
        v->dead = true;
        set_status(v, 0);
        v->hw->cut_off(v->hw->arg);
        blkq_kill(&v->q, EIO);
        return;
    }
    for (unsigned i = 0; i < v->q.depth; i++)
        if (v->q.slot[i].busy && v->q.slot[i].issued)
            blkq_again(&v->q, &v->q.slot[i]);
}

uint64_t vblk_run(struct disk *d) {
    struct vblk *v = (struct vblk *)d;
    if (v->dead)
        return UINT64_MAX;
    int got = reap(v);
    uint8_t state = got == 0 && v->q.busy && v->hw->now() >= d->due ? status(v) : DRIVER_OK;
    if (got < 0)
        reset(v, "it answered what was not asked");
    else if (state == 0xff || (state & NEEDS_RESET) || !(state & DRIVER_OK))
        reset(v, "it failed");
    else if (blkq_late(&v->q))
        reset(v, "no answer in time");
    issue_all(v);
    return v->q.busy && !v->dead ? v->hw->now() + WATCH : UINT64_MAX;
}

void vblk_stop(struct disk *d) {
    struct vblk *v = (struct vblk *)d;
    if (v->dead)
        return;
    v->dead = true;
    reset_device(v);
}
