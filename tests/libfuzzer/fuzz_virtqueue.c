/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio disk, console and rng with a driver that does anything: rings that move, loop, wrap, point at themselves or
 * out of RAM, storage that answers late or not before a reset, both versions of the transport. A device writes RAM only
 * in the buffers that the rings name for it and in the used ring, announces what it writes, and works again after a
 * reset. */
#include "devices/virtio_devices.h"
#include "tests/libfuzzer/fake.h"
#include "tests/libfuzzer/fuzz.h"

enum { RINGS = 0x8000, DATA = RINGS, NEXT = 1, WRITE = 2, INDIRECT = 4, MAX_SIZE = VQ_MAX_SIZE };
struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

static struct plat_user_mem ram;
static uint8_t *mem, *before;
static uint8_t allowed[FAKE_RAM_SIZE];
static bool anything; /* a buffer covers the rings themselves: what the device then reads is its own work */
static struct virtio_blk blk;
static struct virtio_console console;
static struct virtio_rng rng;
static struct virtio *v;

static void submit(struct block *b, struct plat_block_req *r) {
    (void)b;
    fake_submit(r);
}
static void chars_write(void *arg, const void *buf, size_t len) { (void)arg, plat_console_write(buf, len); }
static size_t chars_read(void *arg, void *buf, size_t len) { return (void)arg, plat_console_read(buf, len); }

/* ---- what the rings allow ---- */

static bool inside(uint64_t gpa, uint64_t len) {
    return gpa >= FAKE_RAM_BASE && gpa - FAKE_RAM_BASE <= FAKE_RAM_SIZE && len <= FAKE_RAM_SIZE - (gpa - FAKE_RAM_BASE);
}

static void allow(uint64_t gpa, uint64_t len) {
    if (!inside(gpa, len) || !len)
        return;
    memset(allowed + (gpa - FAKE_RAM_BASE), 1, len);
}

static void name_buffer(const struct desc *d) {
    if (!(d->flags & WRITE) || !inside(d->addr, d->len) || !d->len)
        return;
    anything |= d->addr - FAKE_RAM_BASE < RINGS;
    allow(d->addr, d->len);
}

static bool read_desc(uint64_t table, unsigned i, struct desc *d) {
    if (!inside(table + 16 * (uint64_t)i, 16))
        return false;
    memcpy(d, mem + (table + 16 * (uint64_t)i - FAKE_RAM_BASE), 16);
    return true;
}

/* The chain from `i` in a table of n, as far as it can be followed. */
static void name_chain(uint64_t table, unsigned n, unsigned i, bool indirect) {
    struct desc d;
    for (unsigned steps = 0; steps <= MAX_SIZE && i < n && read_desc(table, i, &d); steps++) {
        if (d.flags & INDIRECT && !indirect) {
            anything |= inside(d.addr, d.len) && d.addr - FAKE_RAM_BASE >= RINGS; /* a table among the data */
            name_chain(d.addr, d.len / 16, 0, true);
            return;
        }
        name_buffer(&d);
        if (!(d.flags & NEXT))
            return;
        i = d.next;
    }
}

static void name_all(void) {
    for (unsigned q = 0; q < v->ops->nqueues; q++) {
        struct virtqueue *vq = &v->vq[q];
        if (!vq->ready) /* then it does nothing */
            continue;
        allow(vq->used, 4 + 8 * (uint64_t)vq->size + 2);
        anything |= vq->used - FAKE_RAM_BASE >= RINGS || vq->desc - FAKE_RAM_BASE >= RINGS;
        anything |= vq->used - vq->desc < 16 * (uint64_t)vq->size || vq->used - vq->avail < 4 + 2 * (uint64_t)vq->size;
        for (unsigned i = 0; i < vq->size; i++) {
            uint16_t head;
            memcpy(&head, mem + (vq->avail - FAKE_RAM_BASE) + 4 + 2 * i, 2);
            name_chain(vq->desc, vq->size, head, false);
        }
    }
}

static void check_page(size_t page) {
    for (size_t i = page; i < page + 4096; i++) {
        if (mem[i] == before[i])
            continue;
        FUZZ_CHECK(allowed[i], "byte %#zx of RAM was written", i);
        FUZZ_CHECK(fake.announced[i / 4096], "byte %#zx was written unannounced", i);
    }
}

/* After the device had its turn. */
static void check_writes(void) {
    for (size_t page = 0; page < FAKE_RAM_SIZE; page += 4096) {
        if (!memcmp(mem + page, before + page, 4096))
            continue;
        if (!anything)
            check_page(page);
        memcpy(before + page, mem + page, 4096);
    }
}

static void reg(unsigned off, uint32_t val) {
    name_all();
    memset(fake.announced, 0, sizeof fake.announced);
    virtio_mmio_ops.write(v, off, val, 4);
    check_writes();
}

/* ---- the driver ---- */

static void put(uint64_t off, const void *p, size_t n) {
    memcpy(mem + off, p, n);
    memcpy(before + off, p, n);
}

static void forget(void) {
    memset(allowed, 0, sizeof allowed);
    anything = false;
}

static void reset(void) {
    reg(0x70, 0);
    FUZZ_CHECK(!blk.in_flight && !fake.nwaiting, "%u requests survive a reset", blk.in_flight);
    forget();
}

static void queue_at(unsigned q, unsigned size, uint64_t desc, uint64_t avail, uint64_t used) {
    uint64_t at[3] = {desc, avail, used};
    reg(0x30, q);
    reg(0x38, size);
    if (v->legacy) {
        reg(0x28, 4096);
        reg(0x3c, 4096);
        reg(0x40, (uint32_t)(desc / 4096));
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        reg(0x80 + 0x10 * i, (uint32_t)at[i]);
        reg(0x84 + 0x10 * i, (uint32_t)(at[i] >> 32));
    }
    reg(0x44, 1);
}

/* Status protocol, and rings where the next functions expect them. */
static void start(unsigned how) {
    reset();
    reg(0x70, 3);
    reg(0x24, 0), reg(0x20, (how & 3) << 28);
    reg(0x24, 1), reg(0x20, !v->legacy);
    reg(0x70, 11);
    for (unsigned q = 0; q < v->ops->nqueues; q++) {
        uint64_t at = FAKE_RAM_BASE + 0x4000 * q;
        queue_at(q, 1u << (how >> 2) % 9, at, at + 0x1000, at + 0x2000);
    }
    reg(0x70, 15);
}

static uint64_t ring(unsigned q) { return 0x4000 * (uint64_t)q; }

static void write_desc(struct fuzz_in *in, unsigned op) {
    struct desc d;
    unsigned q = op & 1, i = (unsigned)fuzz_take(in, 1), where = (unsigned)fuzz_take(in, 1);
    d.addr = FAKE_RAM_BASE + DATA + (fuzz_take(in, 2) * 4) % (FAKE_RAM_SIZE - DATA);
    d.len = (uint32_t)fuzz_take(in, 2);
    d.flags = where & 7;
    d.next = (uint16_t)fuzz_take(in, 1);
    if (where & 8)
        d.next = (uint16_t)(i + 1);
    if (where & 16)
        d.len = where & 32 ? 512u << (d.len & 3) : where & 64 ? 16 : 1;
    if ((where & 0xe0) == 0xe0)
        d.addr = fuzz_take(in, 8);
    else if ((where & 0xe0) == 0xc0)
        d.len = (uint32_t)fuzz_take(in, 4);
    /* or an indirect table at 0x3000 */
    put(op & 2 ? 0x3000 + ring(q) + 16 * (i & 63) : ring(q) + 16 * i, &d, sizeof d);
    if (op & 4) { /* and name that table */
        struct desc t = {FAKE_RAM_BASE + 0x3000 + ring(q), (uint32_t)(16 * (1 + (d.len & 63))), INDIRECT, 0};
        put(ring(q) + 16 * i, &t, sizeof t);
    }
}

static void make_available(unsigned q, uint16_t head) {
    unsigned size = v->vq[q].size ? v->vq[q].size : 1;
    uint64_t avail = v->legacy ? ring(q) + 16 * size : ring(q) + 0x1000;
    uint16_t idx;
    memcpy(&idx, mem + avail + 2, 2);
    put(avail + 4 + 2 * (idx % size), &head, 2);
    idx++;
    put(avail + 2, &idx, 2);
}

/* A request as a disk takes it: header, data, status. */
static void disk_request(struct fuzz_in *in) {
    uint32_t type = (uint32_t)fuzz_take(in, 1);
    uint64_t sector = fuzz_take(in, type & 64 ? 8 : 1);
    unsigned n = (unsigned)fuzz_take(in, 1) % 20 * 3, len = 256 * (unsigned)fuzz_take(in, 1);
    uint8_t header[16] = {type & 15};
    memcpy(header + 8, &sector, 8);
    uint64_t at = DATA + 0x4000 + 16 * n;
    put(at, header, 16);
    struct desc d[3] = {
        {FAKE_RAM_BASE + at, 16, NEXT, (uint16_t)(n + 1)},
        {FAKE_RAM_BASE + 0x20000 + 0x100 * n, len, (uint16_t)(NEXT | (type & 1 ? 0 : WRITE)), (uint16_t)(n + 2)},
        {FAKE_RAM_BASE + 0x1f000 + n, 1, WRITE, 0}};
    put(16 * n, d, sizeof d);
    make_available(0, (uint16_t)n);
}

static void step(struct fuzz_in *in) {
    unsigned op = (unsigned)fuzz_take(in, 1), q = op >> 4 & 1;
    uint64_t val;
    switch (op & 15) {
    case 0: start((unsigned)fuzz_take(in, 1)); break;
    case 1: case 2: write_desc(in, op >> 4); break;
    case 3: case 4: make_available(q, (uint16_t)fuzz_take(in, 1)); break;
    case 5: case 6: reg(0x50, q); break;
    case 7: case 8: disk_request(in); break;
    case 9: fake.deferred = op & 16; break;
    case 10: {
        name_all();
        memset(fake.announced, 0, sizeof fake.announced);
        fake.error = op & 16 && op & 32 ? 5 : 0;
        fake_answer((unsigned)fuzz_take(in, 1));
        check_writes();
        break;
    }
    case 11:
        name_all();
        memset(fake.announced, 0, sizeof fake.announced);
        fake.input = in->p, fake.input_left = (size_t)(in->end - in->p);
        if (v == &console.virtio && virtio_console_listening(&console))
            virtio_console_poll(&console);
        check_writes();
        break;
    case 12: /* anything anywhere in the rings */
        val = fuzz_take(in, 2);
        put(val % (RINGS - 8), in->p, in->end - in->p < 8 ? (size_t)(in->end - in->p) : 8);
        break;
    case 13: reg((unsigned)fuzz_take(in, 1) & ~3u, (uint32_t)fuzz_take(in, 4)); break;
    case 14:
        val = fuzz_take(in, 6);
        queue_at(q, 1u << (val & 7), FAKE_RAM_BASE + (val >> 8 & 0xfff) * 16, FAKE_RAM_BASE + (val >> 20 & 0x7fff),
                 FAKE_RAM_BASE + (val >> 34 & 0x7fff));
        break;
    default: reset(); break;
    }
}

static void create(unsigned kind) {
    static struct block base = {submit, FAKE_DISK, false, 0};
    static const struct dev_chars chars = {chars_write, chars_read, NULL};
    memset(&blk, 0, sizeof blk), memset(&console, 0, sizeof console), memset(&rng, 0, sizeof rng);
    base.read_only = kind & 8;
    v = kind % 4 < 2 ? &blk.virtio : kind % 4 == 2 ? &console.virtio : &rng.virtio;
    v->legacy = kind & 16;
    strcpy(v->name, "fuzz");
    virtio_blk_init(&blk, &base, "serial");
    virtio_console_init(&console, &chars);
    virtio_rng_init(&rng);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    if (!mem) {
        if (!plat_user_alloc(FAKE_RAM_SIZE, 0, &ram) || !physmem_map_ram(FAKE_RAM_BASE, &ram, "ram"))
            abort();
        mem = ram.engine;
        before = malloc(FAKE_RAM_SIZE);
    }
    fake_reset();
    memset(mem, 0, FAKE_RAM_SIZE), memset(before, 0, FAKE_RAM_SIZE);
    forget();
    create((unsigned)fuzz_take(&in, 1));
    start(16);
    while (in.p < in.end)
        step(&in);
    reset();
    memset(mem, 0, FAKE_RAM_SIZE), memset(before, 0, FAKE_RAM_SIZE);
    start(16);
    FUZZ_CHECK(virtio_mmio_ops.read(v, 0x70, 4) == 15, "after a reset");
    reset();
    return 0;
}
