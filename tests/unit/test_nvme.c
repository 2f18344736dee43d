/* SPDX-License-Identifier: BSD-2-Clause */
/* The NVMe driver against a fake controller of one or two namespaces (both the same medium), which answers late, twice,
 * wrongly or not at all, loses interrupts, errs, fails, refuses queues, does not get ready, or comes back as another
 * disk. */
#include "kernel/drivers/nvme.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_disk.h"
#include "tests/unit/unit.h"

enum { CSTS_RDY = 1, CSTS_CFS = 2, QUEUES = 6, PENDING = 64 };
enum { LARGE = 1, TINY_QUEUES = 2, WIDE_DOORBELLS = 4, SMALL_COMMANDS = 8, OLD = 16 }; /* for start() */
#define MS 1000000ull
#define S 1000000000ull

/* What happens to the next `left` reads and writes, or to those of the sector bad_lba always. SHORT: half of the data
 * and "data transfer error". TWICE, WRONG_ID: an answer too many. */
enum fault { NO_FAULT, ERROR, SHORT, LATE, TWICE, WRONG_ID, ONLY_WRONG_ID, HANG, FATAL, FINAL, PROTECTED, FAULTS };

struct queue {
    uint64_t base;
    unsigned size, at, other, cq; /* at: ours; other: the driver's doorbell */
    bool there, phase;
};

static struct {
    uint32_t cap, cap_high, vs, cc, csts, intmc, aqa;
    uint64_t asq, acq, ready_at, ready_after;
    bool gone, silent, stuck, never_ready, fails_at_start, fails_later, other_disk, queues_set;
    bool admin_twice, no_listing;
    unsigned admin_lost;           /* the admin command of this number has no answer; 0: none */
    unsigned refuse_sq, refuse_cq, refuse_delete, refuse_features; /* so many of them */
    uint32_t granted;              /* what Set Features answers */
    unsigned namespaces, short_identify;
    uint8_t lba_bits, metadata;
    uint32_t shutdown_us, shutdown_needs; /* what it says; what it takes */
    uint64_t bad_lba, shut_at;
    enum fault fault, bad_fault;
    unsigned left;
    unsigned reads, writes, flushes, admins, resets, features, deletes, shutdowns, longest;
} dev;
static struct queue sq[QUEUES], cq[QUEUES];
static struct pending {
    uint64_t due;
    unsigned queue;
    uint32_t dw0, id, status;
} pending[PENDING];
static unsigned npending;
static struct nvme ctrl;
static uint64_t (*clock_now)(void);

/* ---- answers ---- */

static bool room(const struct pending *p) {
    const struct queue *q = &cq[sq[p->queue].cq];
    return (q->at + 1) % q->size != q->other;
}

static void deliver(const struct pending *p) {
    struct queue *q = &cq[sq[p->queue].cq];
    uint8_t *e = q->there ? fake_memory(q->base + 16 * q->at, 16) : NULL;
    CHECK(q->there);
    if (!e)
        return;
    uint32_t w[4] = {p->dw0, 0, sq[p->queue].at | p->queue << 16, p->id | (uint32_t)q->phase << 16 | p->status << 17};
    memcpy(e, w, 16);
    q->at++;
    if (q->at == q->size) {
        q->at = 0;
        q->phase = !q->phase;
    }
    fake.irq |= !dev.silent;
}

/* Time goes by: what is due is answered. */
static uint64_t tick(void) {
    uint64_t t = clock_now();
    for (unsigned i = 0; i < npending;) {
        struct pending p = pending[i];
        if (p.due > t || dev.csts & CSTS_CFS || !room(&p)) {
            i++;
            continue;
        }
        pending[i] = pending[--npending];
        deliver(&p);
    }
    return t;
}

static void answer(unsigned queue, uint32_t id, uint32_t status, uint32_t dw0, uint64_t after) {
    CHECK(npending < PENDING);
    if (npending < PENDING)
        pending[npending++] = (struct pending){fake.clock + after, queue, dw0, id & 0xffff, status};
}

/* ---- admin commands ---- */

static void text(uint8_t *at, unsigned n, const char *s) {
    memset(at, ' ', n);
    memcpy(at, s, strlen(s));
}

static void identify(const uint32_t *cmd) {
    uint8_t data[NVME_PAGE] = {0}, *to = fake_memory(cmd[6] | (uint64_t)cmd[7] << 32, NVME_PAGE);
    uint64_t sectors = FAKE_BYTES / fake.sector_size;
    if (cmd[10] == 1) {
        text(data + 4, 20, dev.other_disk ? "serial 8" : "serial 7");
        text(data + 24, 40, "A disk\t");
        data[77] = dev.cap_high & 1u << 31 ? 1 : 5;
        data[516] = (uint8_t)dev.namespaces;
        data[525] = 1;
        memcpy(data + 88, &dev.shutdown_us, 4);
    } else if (cmd[10] == 2) {
        for (unsigned i = 0; i < dev.namespaces; i++)
            data[4 * i] = (uint8_t)(i + 1);
    } else if (cmd[1] - 1 < dev.namespaces) {
        memcpy(data, &sectors, 8);
        data[128] = dev.metadata;
        data[130] = dev.lba_bits;
    }
    CHECK(to && (cmd[6] & 4095) == 0);
    if (to)
        memcpy(to, data, dev.short_identify ? 4 : NVME_PAGE);
}

static uint32_t create(bool submission, const uint32_t *cmd) {
    unsigned id = cmd[10] & 0xffff, most = dev.queues_set ? (dev.granted & 0xffff) + 1 : 1;
    struct queue *q = submission ? &sq[id] : &cq[id];
    unsigned *refuse = submission ? &dev.refuse_sq : &dev.refuse_cq;
    if (*refuse) {
        --*refuse;
        return 2;
    }
    if (id == 0 || id > most || id >= QUEUES || q->there)
        return 0x101;
    if (submission && (cmd[11] >> 16 != id || !cq[id].there))
        return 0x100;
    CHECK((cmd[11] & 1) && (submission || cmd[11] == 3) && (cmd[6] & 4095) == 0);
    *q = (struct queue){cmd[6] | (uint64_t)cmd[7] << 32, (cmd[10] >> 16) + 1, 0, 0, id, true, true};
    CHECK(q->size >= 2 && q->size <= (dev.cap & 0xffff) + 1 && fake_memory(q->base, q->size * (submission ? 64 : 16)));
    return 0;
}

static uint32_t delete(const uint32_t *cmd) {
    unsigned id = cmd[10];
    dev.deletes++;
    if (dev.refuse_delete || id == 0 || id >= QUEUES || !cq[id].there)
        return 0x101;
    CHECK(!sq[id].there);
    cq[id].there = false;
    return 0;
}

static uint32_t features(const uint32_t *cmd, uint32_t *result) {
    CHECK(cmd[10] == 7 && !cq[1].there);
    dev.features++;
    if (dev.refuse_features) {
        dev.refuse_features--;
        return 2;
    }
    dev.queues_set = true;
    *result = dev.granted;
    return 0;
}

static void admin_command(const uint32_t *cmd) {
    uint32_t status = 0, result = 0, id = cmd[0] >> 16;
    CHECK(id != 0xffff);
    if (++dev.admins == dev.admin_lost)
        return;
    switch (cmd[0] & 0xff) {
    case 1: status = create(true, cmd); break;
    case 4: status = delete(cmd); break;
    case 5: status = create(false, cmd); break;
    case 6:
        status = dev.no_listing && cmd[10] == 2 ? 2 : 0;
        if (!status)
            identify(cmd);
        break;
    case 9: status = features(cmd, &result); break;
    default: CHECK(false);
    }
    answer(0, id, status, result, MS);
    if (dev.admin_twice) {
        answer(0, id, 0, 3 | 3 << 16, 2 * MS);
        answer(0, 0x7777, 0, 3 | 3 << 16, 0);
    }
}

/* ---- reads and writes ---- */

/* The physical address of byte `at` of the data (4.3). */
static uint64_t prp(const uint32_t *cmd, uint32_t at, uint32_t bytes) {
    uint64_t first = cmd[6] | (uint64_t)cmd[7] << 32, second = cmd[8] | (uint64_t)cmd[9] << 32, entry;
    uint32_t head = 4096 - (first & 4095), index = at < head ? 0 : 1 + (at - head) / 4096;
    unsigned pages = bytes <= head ? 1 : 1 + (bytes - head + 4095) / 4096;
    if (index == 0)
        return first + at;
    entry = second;
    if (pages > 2) {
        const uint8_t *list = fake_memory(second + 8 * (index - 1), 8);
        CHECK((second & 7) == 0);
        if (list)
            memcpy(&entry, list, 8);
    }
    CHECK_EQ(entry & 4095, 0);
    return entry + (at - head) % 4096;
}

static void transfer(const uint32_t *cmd, bool write, uint64_t at, uint32_t bytes, uint32_t part) {
    CHECK((cmd[6] & 3) == 0 && at + bytes <= FAKE_BYTES);
    for (uint32_t k = 0; k < part && at + k < FAKE_BYTES; k += 4) {
        uint8_t *p = fake_memory(prp(cmd, k, bytes), 4), *m = fake.medium + at + k;
        if (!p)
            return;
        memcpy(write ? m : p, write ? p : m, 4);
    }
}

static void data_command(unsigned queue, const uint32_t *cmd) {
    static const uint32_t status[FAULTS] = {
        [ERROR] = 0x281, [SHORT] = 4, [FINAL] = 0x281 | 1 << 14, [PROTECTED] = 0x182 | 1 << 14};
    bool write = (cmd[0] & 0xff) == 1;
    uint64_t lba = cmd[10] | (uint64_t)cmd[11] << 32;
    uint32_t count = (cmd[12] & 0xffff) + 1, bytes = count * fake.sector_size, id = cmd[0] >> 16;
    enum fault f = dev.left ? dev.fault : dev.bad_lba - lba < count ? dev.bad_fault : NO_FAULT;
    dev.left -= dev.left != 0;
    dev.reads += !write;
    dev.writes += write;
    CHECK((cmd[0] & 0xff) <= 2 && cmd[1] == queue && id != 0xffff);
    if (f == HANG)
        return;
    if (f == FATAL) {
        dev.csts |= CSTS_CFS;
        return;
    }
    if (f == WRONG_ID || f == ONLY_WRONG_ID)
        answer(queue, id ^ 0x7fe0, 0, 0, 0); /* another round's */
    if (f == ONLY_WRONG_ID)
        return;
    if (f != ERROR && f != FINAL && f != PROTECTED)
        transfer(cmd, write, lba * fake.sector_size, bytes, f == SHORT ? bytes / 2 : bytes);
    answer(queue, id, status[f], 0, f == LATE ? 9 * S : 0);
    if (f == TWICE)
        answer(queue, id, 0, 0, 0);
}

static void io_command(unsigned queue, const uint32_t *cmd) {
    if ((cmd[0] & 0xff) != 0) {
        data_command(queue, cmd);
        return;
    }
    dev.flushes++;
    answer(queue, cmd[0] >> 16, 0, 0, 0);
}

/* ---- registers ---- */

static void submitted(unsigned queue, unsigned tail) {
    struct queue *q = &sq[queue];
    CHECK(q->there && tail < q->size && dev.csts & CSTS_RDY);
    for (unsigned n = 0; q->there && q->at != tail && n < q->size; n++) {
        uint32_t cmd[16];
        const uint8_t *p = fake_memory(q->base + 64 * q->at, 64);
        if (!p || dev.csts & CSTS_CFS)
            return;
        memcpy(cmd, p, 64);
        q->at = (q->at + 1) % q->size;
        CHECK((cmd[0] & 0xff00) == 0);
        if (queue)
            io_command(queue, cmd);
        else
            admin_command(cmd);
    }
    tick();
}

static void doorbell(unsigned off, uint32_t v) {
    unsigned stride = 4u << (dev.cap_high & 15), n = (off - 0x1000) / stride;
    CHECK(off % stride == 0 && n / 2 < QUEUES);
    if (n / 2 >= QUEUES)
        return;
    if (n & 1)
        cq[n / 2].other = v;
    else
        submitted(n / 2, v);
}

static void start_stop(uint32_t v) {
    bool was = dev.cc & 1;
    dev.cc = v;
    if (v >> 14 & 3) {
        dev.shutdowns++;
        dev.shut_at = fake.clock + dev.shutdown_needs * 1000ull;
    }
    if (!was && v & 1) {
        CHECK_EQ(v, 1 | 6 << 16 | 4 << 20);
        dev.ready_at = dev.never_ready ? UINT64_MAX : fake.clock + dev.ready_after;
        dev.csts |= dev.fails_at_start ? CSTS_CFS : 0;
        sq[0] = (struct queue){dev.asq, (dev.aqa & 0xfff) + 1, 0, 0, 0, true, true};
        cq[0] = (struct queue){dev.acq, (dev.aqa >> 16 & 0xfff) + 1, 0, 0, 0, true, true};
    }
    if (was && !(v & 1)) {
        dev.resets++;
        dev.csts = dev.stuck ? dev.csts : 0;
        dev.queues_set = false;
        dev.fails_at_start = dev.fails_later;
        npending = 0;
        memset(sq, 0, sizeof sq);
        memset(cq, 0, sizeof cq);
    }
}

static uint32_t status(void) {
    if (dev.cc & 1 && fake.clock >= dev.ready_at)
        dev.csts |= CSTS_RDY;
    if (dev.shut_at && fake.clock >= dev.shut_at)
        dev.csts |= 2 << 2;
    return dev.csts;
}

static uint32_t read_reg(void *arg, unsigned space, unsigned off, unsigned size) {
    (void)arg;
    CHECK(space == 0 && size == 4 && off < 0x1000);
    if (dev.gone)
        return ~0u;
    return off == 0 ? dev.cap : off == 4 ? dev.cap_high & 0x7fffffff : off == 8 ? dev.vs : off == 0x14 ? dev.cc :
           off == 0x1c ? status() : 0;
}

static void write_reg(void *arg, unsigned space, unsigned off, unsigned size, uint32_t v) {
    (void)arg;
    CHECK(space == 0 && size == 4 && off < ctrl.registers);
    if (dev.gone)
        return;
    switch (off) {
    case 0x10: dev.intmc++; break;
    case 0x14: start_stop(v); break;
    case 0x24: dev.aqa = v; break;
    case 0x28: dev.asq = v; break;
    case 0x2c: dev.asq |= (uint64_t)v << 32; break;
    case 0x30: dev.acq = v; break;
    case 0x34: dev.acq |= (uint64_t)v << 32; break;
    default: doorbell(off, v);
    }
}

/* ---- tests ---- */

static void leave(void) {
    for (unsigned i = 0; i < ctrl.nns; i++)
        free(ctrl.ns[i]);
    memset(&ctrl, 0, sizeof ctrl);
}

static void make(unsigned how) {
    leave();
    fake_disk_reset(how & LARGE ? 4096 : 512);
    clock_now = fake.hw.now;
    fake.hw.now = tick;
    fake.hw.read = read_reg;
    fake.hw.write = write_reg;
    memset(&dev, 0, sizeof dev);
    memset(sq, 0, sizeof sq);
    memset(cq, 0, sizeof cq);
    npending = 0;
    dev.cap = (how & TINY_QUEUES ? 2 : 127) | 20 << 24; /* 10 s */
    dev.cap_high = 1 << 5 | (how & WIDE_DOORBELLS ? 3 : 0) | (how & SMALL_COMMANDS ? 1u << 31 : 0);
    dev.vs = how & OLD ? 0x10000 : 0x10400;
    dev.cc = 1 | 6 << 16 | 4 << 20; /* as firmware left it */
    dev.ready_after = 5 * MS;
    dev.granted = 3 | 3 << 16;
    dev.namespaces = 1;
    dev.lba_bits = how & LARGE ? 12 : 9;
    dev.bad_lba = UINT64_MAX;
    ctrl = (struct nvme){.hw = &fake.hw, .registers = 0x1000 + 2 * QUEUES * (4 << (dev.cap_high & 15))};
}

/* The namespaces that were found may be written, as fake_disk.h says. */
static struct nvme_ns *started(void) {
    const char *why = nvme_start(&ctrl);
    CHECK(!why && ctrl.nns == dev.namespaces);
    if (why)
        abort();
    for (unsigned i = 0; i < ctrl.nns; i++) {
        strcpy(ctrl.ns[i]->disk.name, "disk-under-test");
        fake_disk_open(&ctrl.ns[i]->disk);
    }
    ctrl.resets = 100; /* resets are no news here */
    dev.resets = 0;
    CHECK(!strcmp(ctrl.ns[0]->disk.model, "A disk?") && !strcmp(ctrl.ns[0]->disk.serial, "serial 7"));
    return ctrl.ns[0];
}

static struct nvme_ns *start(unsigned how) {
    make(how);
    return started();
}

static void some_requests(struct nvme_ns *n) {
    for (unsigned i = 0; i < 6; i++)
        CHECK(fake_submit(&n->disk, BLK_WRITE, FAKE_WRITE_FIRST + 3 * i, 1 + i % 3));
    CHECK(fake_submit(&n->disk, BLK_READ, 0, 7));
    CHECK(fake_submit(&n->disk, BLK_READ, FAKE_WRITE_FIRST + FAKE_WRITE_COUNT, 14));
    CHECK(fake_submit(&n->disk, BLK_FLUSH, 0, 0));
}

UNIT_TEST(nvme_reads_writes_and_flushes) {
    for (unsigned how = 0; how < 32; how++) {
        struct nvme_ns *n = start(how);
        some_requests(n);
        CHECK(fake_pump(&n->disk, S));
        fake_settle();
        bool cut = how & SMALL_COMMANDS && how & LARGE; /* 8 KiB a command */
        CHECK(dev.writes == (cut ? 8 : 6) && dev.reads == (cut ? 11 : 2) && dev.flushes == 1 && dev.resets == 0);
    }
    leave();
}

UNIT_TEST(nvme_writes_only_where_it_may) {
    struct nvme_ns *n = start(0);
    struct blk_req *r = fake_submit(&n->disk, BLK_WRITE, FAKE_WRITE_FIRST - 1, 2);
    CHECK(fake_pump(&n->disk, S) && fake_error(r) == EROFS && dev.writes == 0);
    fake_settle();
    leave();
}

UNIT_TEST(nvme_lost_interrupts) {
    struct nvme_ns *n = start(0);
    dev.silent = true;
    some_requests(n);
    CHECK(fake_pump(&n->disk, 6 * S));
    fake_settle();
    CHECK_EQ(dev.resets, 0);
    leave();
}

UNIT_TEST(nvme_line_interrupt_is_unmasked) {
    struct nvme_ns *n = start(0);
    ctrl.line = true;
    some_requests(n);
    CHECK(fake_pump(&n->disk, S) && dev.intmc);
    fake_settle();
    leave();
}

/* The error of a read whose first `times` tries meet the fault. */
static int read_with(enum fault f, unsigned times, unsigned resets) {
    struct nvme_ns *n = start(0);
    dev.fault = f;
    dev.left = times;
    struct blk_req *r = fake_submit(&n->disk, BLK_READ, 1, 3);
    CHECK(fake_pump(&n->disk, 200 * S));
    int err = fake_error(r);
    fake_settle();
    while (n->disk.run(&n->disk) != UINT64_MAX)
        ;
    CHECK_EQ(dev.resets, resets);
    CHECK(!ctrl.dead);
    CHECK((f == HANG || f == LATE) == (fake.clock >= S * 8)); /* others are seen without waiting for a deadline */
    return err;
}

UNIT_TEST(nvme_errors) {
    static const struct {
        enum fault f;
        unsigned resets;
    } of[] = {{ERROR, 0}, {SHORT, 0}, {HANG, 1}, {FATAL, 1}, {ONLY_WRONG_ID, 1}};
    for (unsigned i = 0; i < sizeof of / sizeof *of; i++) {
        CHECK_EQ(read_with(of[i].f, 1, of[i].resets), 0);
        CHECK_EQ(read_with(of[i].f, BLK_TRIES, BLK_TRIES * of[i].resets), EIO);
    }
    CHECK_EQ(read_with(LATE, 1, 0), 0);
    CHECK_EQ(read_with(TWICE, 1, 1), 0);
    CHECK_EQ(read_with(WRONG_ID, 1, 1), 0);
    CHECK_EQ(read_with(FINAL, 1, 0), EIO);
    CHECK_EQ(read_with(PROTECTED, 1, 0), EROFS);
    leave();
}

/* Whatever a command does to the controller, those beside it end well. */
UNIT_TEST(nvme_reset_charges_only_what_was_late) {
    for (enum fault f = ERROR; f < FAULTS; f++) {
        struct nvme_ns *n = start(0);
        dev.bad_lba = FAKE_WRITE_FIRST + FAKE_WRITE_COUNT + 11;
        dev.bad_fault = f;
        struct blk_req *good = fake_submit(&n->disk, BLK_READ, dev.bad_lba - 4, 4);
        struct blk_req *bad = fake_submit(&n->disk, BLK_READ, dev.bad_lba - 1, 3);
        some_requests(n); /* one of these meets the sector, too */
        struct blk_req *last = fake_submit(&n->disk, BLK_READ, dev.bad_lba + 1, 4);
        CHECK(fake_pump(&n->disk, 300 * S));
        int err = f == PROTECTED ? EROFS : f == LATE || f == TWICE ? 0 : EIO;
        CHECK(!ctrl.dead && fake_error(good) == 0 && fake_error(last) == 0 && dev.flushes >= 1);
        CHECK_EQ(fake_error(bad), err);
        CHECK(!n->suspects || !n->q.busy);
        fake_settle();
    }
    leave();
}

/* ---- start and reset ---- */

UNIT_TEST(nvme_late_and_foreign_admin_answers_are_ignored) {
    make(0);
    dev.admin_twice = true;
    dev.namespaces = 2;
    dev.granted = 1 | 1 << 16;
    struct nvme_ns *n = started();
    CHECK(ctrl.granted == 2);
    dev.fault = FATAL;
    dev.left = 1;
    some_requests(n);
    CHECK(fake_pump(&n->disk, 10 * S) && dev.resets == 1 && !ctrl.dead);
    fake_settle();
    leave();
}

/* Nothing follows a command that may still be under way: it would find its late data in its page. */
UNIT_TEST(nvme_admin_command_without_an_answer) {
    for (unsigned i = 1; i <= 8; i++) {
        make(0);
        dev.namespaces = 2;
        dev.admin_lost = i; /* controller, list, queues; then each namespace: identify, and two queues */
        const char *why = nvme_start(&ctrl);
        CHECK_EQ(dev.admins, i);
        CHECK(i > 6 ? !why && ctrl.nns == 1 : why && ctrl.nns == 0);
        CHECK(ctrl.lost && fake.clock < 10 * S);
    }
    struct nvme_ns *n = start(0); /* in a reset: it is given up */
    dev.fault = FATAL;
    dev.left = 1;
    dev.admin_lost = dev.admins + 3;
    struct blk_req *r = fake_submit(&n->disk, BLK_READ, 0, 1);
    CHECK(fake_pump(&n->disk, 100 * S) && fake_error(r) == EIO && ctrl.dead && fake.cut);
    leave();
}

UNIT_TEST(nvme_refused_queue_leaves_nothing_behind) {
    for (unsigned i = 0; i < 3; i++) {
        make(0);
        dev.namespaces = 2;
        dev.refuse_cq = i == 0;
        dev.refuse_sq = i != 0;
        dev.refuse_delete = i == 2;
        const char *why = nvme_start(&ctrl);
        CHECK_EQ(dev.deletes, i != 0);
        if (i == 2) {
            CHECK(why && ctrl.nns == 0 && !(dev.cc & 1));
            continue;
        }
        CHECK(!why && ctrl.nns == 1 && ctrl.ns[0]->nsid == 2 && cq[1].there && sq[1].there && !cq[2].there);
    }
    struct nvme_ns *n = start(0); /* in a reset */
    dev.fault = FATAL;
    dev.left = 1;
    dev.refuse_sq = 1;
    struct blk_req *r = fake_submit(&n->disk, BLK_READ, 0, 1);
    CHECK(fake_pump(&n->disk, 100 * S) && fake_error(r) == EIO && ctrl.dead && dev.deletes == 1);
    leave();
}

/* Both namespaces, at their interrupts and in time. */
static bool pump_both(void) {
    for (unsigned i = 0; i < 2000; i++) {
        bool done = fake_pump(&ctrl.ns[i & 1]->disk, MS);
        if (done && !ctrl.ns[0]->q.busy && !ctrl.ns[1]->q.busy)
            return true;
    }
    return false;
}

UNIT_TEST(nvme_reset_asks_for_its_queues_again) {
    for (enum fault f = TWICE; f <= FATAL; f++) {
        make(0);
        dev.namespaces = 2;
        started();
        CHECK(dev.features == 1 && ctrl.granted == 4);
        dev.fault = f;
        dev.left = 1;
        some_requests(ctrl.ns[1]);
        struct blk_req *a = fake_submit(&ctrl.ns[0]->disk, BLK_READ, 100, 4);
        struct blk_req *b = fake_submit(&ctrl.ns[1]->disk, BLK_READ, 200, 4);
        CHECK(pump_both() && fake_error(a) == 0 && fake_error(b) == 0);
        CHECK(!ctrl.dead && dev.resets == 1 && dev.features == 2);
        fake_settle();
    }
    make(0);
    dev.namespaces = 2;
    started();
    dev.granted = 0 | 3 << 16; /* there are fewer now */
    dev.fault = FATAL;
    dev.left = 1;
    struct blk_req *r = fake_submit(&ctrl.ns[0]->disk, BLK_READ, 100, 4);
    CHECK(fake_pump(&ctrl.ns[0]->disk, 100 * S) && fake_error(r) == EIO && ctrl.dead && fake.cut);
    leave();
}

UNIT_TEST(nvme_as_many_namespaces_as_queues) {
    for (unsigned i = 0; i < 3; i++) {
        make(0);
        dev.namespaces = 3;
        dev.granted = i == 0 ? 1 | 3 << 16 : 3 | 1 << 16; /* either kind may be the fewer */
        dev.refuse_features = i == 2;
        CHECK(!nvme_start(&ctrl));
        CHECK_EQ(ctrl.nns, i == 2 ? 1 : 2);
    }
    struct nvme_ns *n = start(0);
    ctrl.granted = 0; /* it was refused at first, and is not asked for again */
    dev.fault = FATAL;
    dev.left = 1;
    some_requests(n);
    CHECK(fake_pump(&n->disk, 10 * S) && dev.features == 1 && !ctrl.dead);
    fake_settle();
    leave();
}

UNIT_TEST(nvme_waits_as_long_as_it_says) {
    make(0);
    dev.ready_after = 10 * S - 50 * MS;
    CHECK(!nvme_start(&ctrl));
    make(0);
    dev.never_ready = true;
    CHECK(nvme_start(&ctrl) && fake.clock > 10 * S && fake.clock < 32 * S); /* twice: it is switched off again */
    make(0);
    dev.fails_later = true;
    CHECK(nvme_start(&ctrl) && fake.clock < S); /* CSTS.CFS needs no waiting for */
    make(0);
    dev.csts = CSTS_CFS; /* firmware left it so: a reset helps */
    dev.ready_at = UINT64_MAX;
    CHECK(!nvme_start(&ctrl) && fake.clock < S);
    make(0);
    dev.ready_at = UINT64_MAX; /* firmware's start never ended */
    CHECK(!nvme_start(&ctrl) && fake.clock > 10 * S && fake.clock < 12 * S);
    leave();
}

/* Something that must end in death: after it nothing reaches the medium. */
UNIT_TEST(nvme_gives_up) {
    for (unsigned i = 0; i < 6; i++) {
        struct nvme_ns *n = start(0);
        dev.fault = i & 1 ? HANG : FATAL;
        dev.left = i == 5 ? UINT32_MAX : 1;
        dev.other_disk = i == 0;
        dev.never_ready = i == 1;
        dev.fails_later = i == 2;
        dev.stuck = i == 3;
        struct blk_req *r = fake_submit(&n->disk, BLK_READ, 0, 1);
        if (i == 4)
            dev.gone = true;
        CHECK(i == 5 || (fake_pump(&n->disk, 900 * S) && fake_error(r) == EIO));
        for (unsigned k = 0; k < 20 && !ctrl.dead; k++) {
            some_requests(n);
            CHECK(fake_pump(&n->disk, 2000 * S));
            fake_settle();
        }
        CHECK(ctrl.dead && fake.cut);
        unsigned commands = dev.reads + dev.writes;
        r = fake_submit(&n->disk, BLK_WRITE, FAKE_WRITE_FIRST, 1);
        CHECK_EQ(n->disk.run(&n->disk), UINT64_MAX);
        CHECK(fake_error(r) == EIO && dev.reads + dev.writes == commands);
        fake_settle();
    }
    leave();
}

UNIT_TEST(nvme_refuses) {
    for (unsigned i = 0; i < 9; i++) {
        make(0);
        dev.lba_bits = i == 0 ? 8 : i == 1 ? 13 : i == 2 ? 255 : 9;
        dev.metadata = i == 3 ? 8 : 0;
        dev.short_identify = i == 4;
        dev.namespaces = i != 5;
        dev.cap_high = i == 6 ? 1 << 16 | 1 << 5 : i == 7 ? 0 : 1 << 5; /* pages of 8 KiB at least; no NVM commands */
        dev.gone = i == 8;
        CHECK(nvme_start(&ctrl) && !ctrl.nns);
    }
    make(0);
    dev.no_listing = true; /* as of version 1.0 */
    CHECK(!nvme_start(&ctrl) && ctrl.nns == 1);
    leave();
}

UNIT_TEST(nvme_shuts_down) {
    static const struct {
        uint32_t says, needs, limit; /* us */
        bool done;
    } of[] = {{0, 0, 1000000, true}, {0, 900000, 1100000, true}, {20000000, 19900000, 20100000, true},
              {20000000, UINT32_MAX, 20100000, false}, {UINT32_MAX, UINT32_MAX, 31000000, false}};
    for (unsigned i = 0; i < sizeof of / sizeof *of; i++) {
        make(0);
        dev.shutdown_us = of[i].says;
        dev.shutdown_needs = of[i].needs;
        struct nvme_ns *n = started();
        uint64_t begin = fake.clock;
        n->disk.stop(&n->disk);
        CHECK(dev.shutdowns == 1 && ctrl.dead && fake.clock - begin < of[i].limit * 1000ull);
        CHECK_EQ((dev.csts >> 2 & 3) == 2, of[i].done);
    }
    leave();
}

/* Any faults at any time: every request ends, once, and what is acknowledged is so. */
UNIT_TEST(nvme_random_faults) {
    for (unsigned round = 0; round < 40; round++) {
        struct nvme_ns *n = start(round % 32);
        fake.seed = round;
        for (unsigned i = 0; i < 10 && !ctrl.dead; i++) {
            dev.fault = (enum fault)fake_number(FAULTS);
            dev.left = fake_number(5);
            dev.silent = fake_number(2);
            dev.admin_twice = fake_number(2);
            some_requests(n);
            CHECK(fake_pump(&n->disk, 3000 * S));
            fake_settle();
        }
    }
    leave();
}
