/* SPDX-License-Identifier: BSD-2-Clause */
/* NVM Express: one queue pair for each namespace, commands in any order, PRP lists (nvme.h).
 *
 * What the controller says is checked: an answer must name a command that is out, sizes must make sense. A controller
 * that breaks the rules or does not answer in time is reset; after the reset it must be the same disk, then what was
 * out is given to it again, one command at a time, so that the next failure is its own command's: only that is charged
 * for it, or one that had no answer in time. Resets wait (CAP.TO at the most for each step): the guest stands still
 * meanwhile. A controller that cannot be reset is cut off memory before its requests end with an error. */
#include "kernel/drivers/nvme.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/plat.h"

/* Registers, 3.1. */
enum { CAP = 0, VS = 8, INTMC = 0x10, CC = 0x14, CSTS = 0x1c, AQA = 0x24, ASQ = 0x28, ACQ = 0x30, DOORBELL = 0x1000 };
enum { CC_EN = 1, CC_SHN_NORMAL = 1 << 14, CC_SIZES = 6 << 16 | 4 << 20, CSTS_RDY = 1, CSTS_CFS = 2 };
enum { CSTS_SHST = 3 << 2, CSTS_SHST_DONE = 2 << 2, CAP_NVM_SET = 1 << 5 }; /* the last in CAP's upper half */
/* Commands, 5 and 6. */
enum { ADMIN_CREATE_SQ = 1, ADMIN_DELETE_CQ = 4, ADMIN_CREATE_CQ = 5, ADMIN_IDENTIFY = 6, ADMIN_SET_FEATURES = 9 };
enum { FEATURE_QUEUES = 7 };
enum { CNS_NAMESPACE = 0, CNS_CONTROLLER = 1, CNS_ACTIVE = 2, OP_FLUSH = 0, OP_WRITE = 1, OP_READ = 2 };
/* Status, 4.6.1, without the phase bit. */
enum { STATUS_DNR = 1 << 14, STATUS_CODE = 0x7ff, STATUS_READ_ONLY = 0x20, STATUS_PROTECTED = 0x182 };

enum { SQ_WORDS = 16, CQ_WORDS = 4, ENTRIES = NVME_PAGE / 64, MAX_BYTES = 512 << 10 };
enum { MAX_FRUITLESS = 8, LOGGED_RESETS = 10 };
/* Of identifiers: all but ffffh, which in the error log is no command (5.14.1.1). */
enum { SLOT_BITS = 5, ROUNDS = (1 << 11) - 1, LAST_ID = 0xfffe };
_Static_assert(1 << SLOT_BITS == BLK_SLOTS, "command identifiers");
#define ADMIN_LIMIT (5 * BLK_S)
#define COMMAND_LIMIT (15 * BLK_S)
#define LEAST_SHUTDOWN (1 * BLK_S)
#define MOST_SHUTDOWN (30 * BLK_S)
#define WATCH (500 * BLK_MS) /* how late a lost interrupt is noticed */

static uint32_t rd(const struct nvme *c, unsigned off) { return c->hw->read(c->hw->arg, 0, off, 4); }
static void wr(const struct nvme *c, unsigned off, uint32_t v) { c->hw->write(c->hw->arg, 0, off, 4, v); }
static void wr64(const struct nvme *c, unsigned off, uint64_t v) {
    wr(c, off, (uint32_t)v);
    wr(c, off + 4, (uint32_t)(v >> 32));
}

static uint64_t le(const uint8_t *p, unsigned bytes) {
    uint64_t v = 0;
    while (bytes--)
        v = v << 8 | p[bytes];
    return v;
}

/* ---- queues ---- */

static unsigned doorbell(const struct nvme *c, unsigned queue, bool completion) {
    unsigned stride = 4u << (c->cap >> 32 & 15);
    return DOORBELL + (2 * queue + completion) * stride;
}

static bool queue_alloc(const struct nvme *c, struct nvme_queue *q, unsigned id) {
    unsigned most = (unsigned)(c->cap & 0xffff) + 1;
    if (!q->sq)
        q->sq = c->hw->alloc(NVME_PAGE, UINT64_MAX, &q->sq_phys);
    if (!q->cq)
        q->cq = c->hw->alloc(NVME_PAGE, UINT64_MAX, &q->cq_phys);
    q->id = id;
    q->size = (uint16_t)(most < ENTRIES ? most : ENTRIES);
    return q->sq && q->cq;
}

static void queue_clear(struct nvme_queue *q) {
    for (unsigned i = 0; i < NVME_PAGE / 4; i++)
        q->cq[i] = 0;
    q->tail = q->head = 0;
    q->phase = true;
}

static void put(struct nvme_queue *q, const uint32_t cmd[SQ_WORDS]) {
    for (unsigned i = 0; i < SQ_WORDS; i++)
        q->sq[q->tail * SQ_WORDS + i] = cmd[i];
    q->tail = (uint16_t)((q->tail + 1) % q->size);
}

static void ring(const struct nvme *c, const struct nvme_queue *q) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wr(c, doorbell(c, q->id, false), q->tail);
}

/* The next completion; *dw0 its result, the value its last word. The caller tells the doorbell. */
static bool take(struct nvme_queue *q, uint32_t *dw0, uint32_t *last) {
    volatile uint32_t *e = q->cq + q->head * CQ_WORDS;
    uint32_t v = e[3];
    if ((v >> 16 & 1) != q->phase)
        return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *dw0 = e[0];
    *last = v;
    if (++q->head == q->size) {
        q->head = 0;
        q->phase = !q->phase;
    }
    return true;
}

/* An admin command, waited for; answers to others are late ones and nobody's. A command without an answer may still be
 * under way: then no other follows until the controller was reset. */
static bool admin(struct nvme *c, uint32_t cmd[SQ_WORDS], uint32_t *result) {
    uint64_t end = c->hw->now() + ADMIN_LIMIT;
    uint32_t last;
    if (c->lost)
        return false;
    c->admin_id = (uint16_t)(c->admin_id % LAST_ID + 1);
    cmd[0] |= (uint32_t)c->admin_id << 16;
    put(&c->admin, cmd);
    ring(c, &c->admin);
    for (;;) {
        bool any = take(&c->admin, result, &last);
        if (any)
            wr(c, doorbell(c, 0, true), c->admin.head);
        if (any && (last & 0xffff) == c->admin_id)
            return last >> 17 == 0;
        if (c->hw->now() >= end) {
            c->lost = true;
            return false;
        }
    }
}

static bool identify(struct nvme *c, uint32_t cns, uint32_t nsid) {
    uint32_t cmd[SQ_WORDS] = {ADMIN_IDENTIFY, nsid}, result;
    cmd[6] = (uint32_t)c->data_phys;
    cmd[7] = (uint32_t)(c->data_phys >> 32);
    cmd[10] = cns;
    memset(c->data, 0, NVME_PAGE);
    return admin(c, cmd, &result);
}

static bool create(struct nvme *c, uint32_t op, const struct nvme_queue *q, uint64_t phys, uint32_t how) {
    uint32_t cmd[SQ_WORDS] = {op}, result;
    cmd[6] = (uint32_t)phys;
    cmd[7] = (uint32_t)(phys >> 32);
    cmd[10] = (uint32_t)(q->size - 1) << 16 | q->id;
    cmd[11] = how;
    return admin(c, cmd, &result);
}

/* The completion queue with interrupts, by message 0; both contiguous. False: the controller has neither, or it is lost
 * (admin()). */
static bool create_io(struct nvme *c, struct nvme_queue *q) {
    uint32_t cmd[SQ_WORDS] = {ADMIN_DELETE_CQ}, result;
    queue_clear(q);
    if (!create(c, ADMIN_CREATE_CQ, q, q->cq_phys, 3))
        return false;
    if (create(c, ADMIN_CREATE_SQ, q, q->sq_phys, q->id << 16 | 1))
        return true;
    cmd[10] = q->id;
    c->lost |= !admin(c, cmd, &result);
    return false;
}

/* Asks for as many queue pairs as there may be namespaces (5.21.1.7), which is allowed before the first is made only.
 * How many there are, 0: it refuses. */
static unsigned set_queues(struct nvme *c) {
    uint32_t cmd[SQ_WORDS] = {ADMIN_SET_FEATURES}, result;
    cmd[10] = FEATURE_QUEUES;
    cmd[11] = (NVME_MAX_NAMESPACES - 1) << 16 | (NVME_MAX_NAMESPACES - 1);
    if (!admin(c, cmd, &result))
        return 0;
    return (result & 0xffff) < result >> 16 ? (result & 0xffff) + 1 : (result >> 16) + 1;
}

/* ---- the controller ---- */

/* Waits for bits of CSTS as long as CAP.TO says; false: it was too long, one of `stop` came up, the controller is
 * gone. */
static bool wait_status(struct nvme *c, uint32_t mask, uint32_t want, uint32_t stop) {
    uint64_t end = c->hw->now() + c->timeout;
    for (;;) {
        uint32_t v = rd(c, CSTS);
        if (v == ~0u || v & stop)
            return false;
        if ((v & mask) == want)
            return true;
        if (c->hw->now() >= end)
            return false;
    }
}

/* EN may only be cleared once the controller is ready (3.1.5); one that never gets so, or has failed, has nothing to
 * lose. */
static bool disable(struct nvme *c) {
    uint32_t cc = rd(c, CC);
    if (cc & CC_EN)
        wait_status(c, CSTS_RDY, CSTS_RDY, CSTS_CFS);
    wr(c, CC, cc & ~(uint32_t)CC_EN);
    return wait_status(c, CSTS_RDY, 0, 0);
}

static bool enable(struct nvme *c) {
    queue_clear(&c->admin);
    c->lost = false;
    wr(c, AQA, (uint32_t)(c->admin.size - 1) << 16 | (uint32_t)(c->admin.size - 1));
    wr64(c, ASQ, c->admin.sq_phys);
    wr64(c, ACQ, c->admin.cq_phys);
    wr(c, CC, CC_SIZES); /* pages of 4 KiB, the NVM command set, round robin */
    wr(c, CC, CC_SIZES | CC_EN);
    return wait_status(c, CSTS_RDY, CSTS_RDY, CSTS_CFS);
}

/* Text of an identify page: printable, without the blanks at its end. */
static void text(const uint8_t *p, unsigned n, char *out) {
    for (unsigned i = 0; i < n; i++)
        out[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : p[i] ? '?' : ' ';
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = 0;
}

/* What the controller is: figure 247. *names: how many namespaces it may have. */
static bool who(struct nvme *c, char *serial, char *model, uint32_t *names) {
    if (!identify(c, CNS_CONTROLLER, 0))
        return false;
    text(c->data + 4, 20, serial);
    text(c->data + 24, 40, model);
    unsigned mdts = c->data[77];
    c->max_bytes = mdts && mdts < 7 ? (uint32_t)NVME_PAGE << mdts : MAX_BYTES;
    c->flush = c->data[525] & 1;
    c->entry_us = (uint32_t)le(c->data + 88, 4);
    *names = (uint32_t)le(c->data + 516, 4);
    return true;
}

struct shape {
    uint64_t sectors;
    uint32_t size;
    bool read_only;
};

/* A namespace's size: figure 245. False: none that can be driven. */
static bool shape(struct nvme *c, uint32_t nsid, struct shape *out) {
    if (!identify(c, CNS_NAMESPACE, nsid))
        return false;
    unsigned format = c->data[26] & 15, bits = c->data[128 + 4 * format + 2];
    *out = (struct shape){.sectors = le(c->data, 8), .read_only = c->data[99] & 1};
    if (out->sectors == 0 || le(c->data + 128 + 4 * format, 2) != 0 || bits < 9 || bits > 12 ||
        out->sectors > UINT64_MAX >> 16)
        return false; /* not there, or with metadata */
    out->size = 1u << bits;
    return true;
}

static void size_queue(struct nvme_ns *n, const struct shape *s) {
    struct blkq *q = &n->q;
    q->sectors = s->sectors;
    q->sector_size = s->size;
    q->read_only = s->read_only;
    q->depth = n->io.size - 1u < BLK_SLOTS ? n->io.size - 1u : BLK_SLOTS;
    q->max_sectors = n->c->max_bytes / s->size;
    q->max_segs = MAX_BYTES / NVME_PAGE + 1;
    q->max_seg = MAX_BYTES;
    q->max_phys = UINT64_MAX;
    q->align = 4;
    q->no_flush = !n->c->flush;
}

/* The namespace's queue, its pages (kept by nobody when this fails: such memory is never freed), and the controller's
 * side of it. */
static bool prepare(struct nvme *c, struct nvme_ns *n, const struct shape *s) {
    if (!queue_alloc(c, &n->io, c->nns + 1))
        return false;
    blkq_init(&n->q, c->hw);
    size_queue(n, s);
    for (unsigned i = 0; i < n->q.depth; i++)
        if (!(n->list[i] = c->hw->alloc(NVME_PAGE, UINT64_MAX, &n->list_phys[i])))
            return false;
    return doorbell(c, n->io.id, true) + 4 <= c->registers && create_io(c, &n->io);
}

/* Nothing, where there is no such namespace or no memory. */
static void add(struct nvme *c, uint32_t nsid) {
    struct shape s;
    struct nvme_ns *n = shape(c, nsid, &s) && s.size <= c->max_bytes ? calloc(1, sizeof *n) : NULL;
    if (!n)
        return;
    n->c = c;
    n->nsid = nsid;
    if (!prepare(c, n, &s)) {
        free(n);
        return;
    }
    n->disk.q = &n->q;
    n->disk.run = nvme_run;
    n->disk.stop = nvme_stop;
    memcpy(n->disk.model, c->model, sizeof n->disk.model);
    memcpy(n->disk.serial, c->serial, sizeof n->disk.serial);
    c->ns[c->nns++] = n;
}

/* The namespaces that are there (figure 244: their numbers, ascending, 0 after the last); controllers of 1.0 do not
 * list them. */
static void add_all(struct nvme *c, uint32_t names) {
    uint32_t nsid[NVME_MAX_NAMESPACES] = {1, 2, 3, 4};
    bool listed = rd(c, VS) >= 0x10100 && identify(c, CNS_ACTIVE, 0);
    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++)
        nsid[i] = listed ? (uint32_t)le(c->data + 4 * i, 4) : nsid[i] <= names ? nsid[i] : 0;
    c->granted = set_queues(c);
    for (unsigned i = 0; i < NVME_MAX_NAMESPACES && c->nns < (c->granted ? c->granted : 1); i++)
        if (nsid[i])
            add(c, nsid[i]);
}

const char *nvme_start(struct nvme *c) {
    uint32_t names;
    c->cap = rd(c, CAP) | (uint64_t)rd(c, CAP + 4) << 32;
    c->timeout = ((c->cap >> 24 & 0xff) + 1) * 500 * BLK_MS; /* CAP.TO, and one of its units for clocks that differ */
    if (c->cap == UINT64_MAX || !(c->cap >> 32 & CAP_NVM_SET) || (c->cap >> 48 & 15) || (c->cap & 0xffff) == 0)
        return "not a controller of pages of 4 KiB and the NVM command set";
    if (doorbell(c, 0, true) + 4 > c->registers)
        return "its registers do not fit";
    c->data = c->hw->alloc(NVME_PAGE, UINT64_MAX, &c->data_phys);
    if (!queue_alloc(c, &c->admin, 0) || !c->data)
        return "no memory";
    const char *why = NULL;
    if (!disable(c) || !enable(c))
        why = "it does not start";
    else if (!who(c, c->serial, c->model, &names))
        why = "it does not say what it is";
    else
        add_all(c, names);
    if (!why && !c->nns)
        why = c->lost ? "a command of its start has no answer" :
                        "it has no disk with sectors of 512 to 4096 bytes without metadata";
    if (why)
        disable(c);
    return why;
}

/* ---- commands ---- */

/* The slot's data as PRP entries (4.3): false: no memory. */
static bool describe(struct nvme_ns *n, struct blk_slot *s, unsigned i, uint32_t *cmd) {
    struct blk_seg seg[MAX_BYTES / NVME_PAGE + 1];
    unsigned nseg = blkq_segments(&n->q, s, seg), count = 0;
    uint64_t first = 0;
    for (unsigned k = 0; k < nseg; k++) {
        uint64_t end = seg[k].phys + seg[k].len;
        for (uint64_t at = seg[k].phys; at < end; at = (at | (NVME_PAGE - 1)) + 1) {
            if (count++ == 0)
                first = at;
            else
                n->list[i][count - 2] = at;
        }
    }
    uint64_t second = count < 2 ? 0 : count == 2 ? n->list[i][0] : n->list_phys[i];
    cmd[6] = (uint32_t)first;
    cmd[7] = (uint32_t)(first >> 32);
    cmd[8] = (uint32_t)second;
    cmd[9] = (uint32_t)(second >> 32);
    return count != 0;
}

/* False: the command has ended, there was no memory for it. */
static bool issue(struct nvme_ns *n, struct blk_slot *s) {
    static const uint8_t op[] = {[BLK_READ] = OP_READ, [BLK_WRITE] = OP_WRITE, [BLK_FLUSH] = OP_FLUSH};
    unsigned i = (unsigned)(s - n->q.slot);
    uint32_t cmd[SQ_WORDS] = {0};
    if (s->op != BLK_FLUSH && !describe(n, s, i, cmd)) {
        blkq_end(&n->q, s, ENOMEM);
        return false;
    }
    n->round[i] = (uint16_t)((n->round[i] + 1) % ROUNDS);
    cmd[0] = op[s->op] | (uint32_t)(n->round[i] << SLOT_BITS | i) << 16;
    cmd[1] = n->nsid;
    if (s->op != BLK_FLUSH) {
        cmd[10] = (uint32_t)s->lba;
        cmd[11] = (uint32_t)(s->lba >> 32);
        cmd[12] = s->sectors - 1;
    }
    s->issued = true;
    s->deadline = n->c->hw->now() + COMMAND_LIMIT;
    put(&n->io, cmd);
    return true;
}

static bool out(const struct blk_slot *s) { return s->busy && s->issued; }

/* Commands that the controller has. */
static unsigned in_flight(const struct nvme *c) {
    unsigned count = 0;
    for (unsigned i = 0; i < c->nns; i++)
        for (unsigned k = 0; k < c->ns[i]->q.depth; k++)
            count += out(&c->ns[i]->q.slot[k]);
    return count;
}

/* The suspect whose turn it is, of whichever namespace; NULL: there is none. */
static struct blk_slot *suspect(struct nvme *c, struct nvme_ns **of) {
    for (unsigned i = 0; i < c->nns; i++) {
        struct nvme_ns *n = *of = c->ns[i];
        for (unsigned k = 0; n->suspects && k < n->q.depth; k++) {
            if (n->suspects & 1u << k && n->q.slot[k].busy)
                return &n->q.slot[k];
            n->suspects &= ~(1u << k);
        }
    }
    return NULL;
}

/* While there are suspects nothing else is issued, and they only when nothing is out. False: there are none. */
static bool issue_suspect(struct nvme_ns *n) {
    struct nvme_ns *of;
    struct blk_slot *s;
    while ((s = suspect(n->c, &of))) {
        if (of != n || in_flight(n->c))
            return true;
        if (issue(n, s)) {
            ring(n->c, &n->io);
            return true;
        }
    }
    return false;
}

/* Gives the device what waits, those first that have to go again. */
static void issue_all(struct nvme_ns *n) {
    bool any = false;
    struct blk_slot *s;
    if (n->c->dead || issue_suspect(n))
        return;
    for (unsigned i = 0; i < n->q.depth; i++)
        if (n->q.slot[i].busy && !n->q.slot[i].issued)
            any |= issue(n, &n->q.slot[i]);
    while ((s = blkq_start(&n->q)))
        any |= issue(n, s);
    if (any)
        ring(n->c, &n->io);
}

static void ended(struct nvme_ns *n, struct blk_slot *s, uint32_t status) {
    uint32_t code = status & STATUS_CODE;
    if (!status) {
        n->c->fruitless = 0;
        blkq_end(&n->q, s, 0);
    } else if (code == STATUS_READ_ONLY || code == STATUS_PROTECTED) {
        blkq_end(&n->q, s, EROFS);
    } else if (status & STATUS_DNR) {
        blkq_end(&n->q, s, EIO);
    } else {
        blkq_again(&n->q, s);
    }
}

/* Takes what has ended; how many, -1: the controller broke the rules. */
static int reap(struct nvme_ns *n) {
    uint32_t result, last;
    int count = 0;
    while (count < n->io.size && take(&n->io, &result, &last)) {
        unsigned id = last & 0xffff, i = id & (BLK_SLOTS - 1);
        struct blk_slot *s = &n->q.slot[i];
        if (!s->busy || !s->issued || n->round[i] != id >> SLOT_BITS)
            return -1;
        count++;
        ended(n, s, last >> 17);
    }
    if (count)
        wr(n->c, doorbell(n->c, n->io.id, true), n->io.head);
    return count;
}

/* ---- resets ---- */

/* After a reset: is it what it was? Else nothing may be written to it. */
static bool same(struct nvme *c) {
    char serial[sizeof c->serial], model[sizeof c->model];
    uint32_t names;
    uint32_t bytes = c->max_bytes;
    bool flush = c->flush;
    if (!who(c, serial, model, &names) || strcmp(serial, c->serial) || strcmp(model, c->model) ||
        c->max_bytes < bytes || c->flush != flush)
        return false;
    c->max_bytes = bytes;
    for (unsigned i = 0; i < c->nns; i++) {
        struct shape s;
        const struct blkq *q = &c->ns[i]->q;
        if (!shape(c, c->ns[i]->nsid, &s) || s.sectors != q->sectors || s.size != q->sector_size)
            return false;
    }
    return true;
}

static bool start_again(struct nvme *c) {
    if (++c->fruitless > MAX_FRUITLESS || !disable(c) || !enable(c) || !same(c))
        return false;
    if (c->granted && set_queues(c) < c->nns)
        return false;
    for (unsigned i = 0; i < c->nns; i++)
        if (!create_io(c, &c->ns[i]->io))
            return false;
    return true;
}

/* What was out goes again, one by one. Charged for the reset is what had no answer in time, or was alone: at the end,
 * since its request may end then. */
static void take_back(struct nvme_ns *of, struct blk_slot *late) {
    struct nvme *c = of->c;
    struct blk_slot *alone = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < c->nns; i++)
        for (unsigned k = 0; k < c->ns[i]->q.depth; k++) {
            struct blk_slot *s = &c->ns[i]->q.slot[k];
            if (!out(s))
                continue;
            c->ns[i]->suspects |= 1u << k;
            s->issued = false;
            if (count++ == 0 && !late) {
                of = c->ns[i];
                alone = s;
            }
        }
    if (late || count == 1)
        blkq_again(&of->q, late ? late : alone);
}

/* Seen by n; late: its command without an answer, NULL: it was something else. */
static void reset(struct nvme_ns *n, struct blk_slot *late, const char *why) {
    struct nvme *c = n->c;
    if (c->resets++ < LOGGED_RESETS)
        plat_log("%s: %s: reset\n", c->ns[0]->disk.name, why);
    if (start_again(c)) {
        take_back(n, late);
    } else {
        plat_log("%s: given up\n", c->ns[0]->disk.name);
        c->dead = true;
        disable(c);
        c->hw->cut_off(c->hw->arg);
        for (unsigned i = 0; i < c->nns; i++)
            blkq_kill(&c->ns[i]->q, EIO);
    }
    plat_kick(0, PLAT_EV_BLOCK); /* the other namespaces' turn comes */
}

uint64_t nvme_run(struct disk *d) {
    struct nvme_ns *n = (struct nvme_ns *)d, *of;
    struct nvme *c = n->c;
    if (c->dead)
        return UINT64_MAX;
    bool careful = suspect(c, &of);
    int got = reap(n);
    uint32_t status = got == 0 && n->q.busy && c->hw->now() >= d->due ? rd(c, CSTS) : CSTS_RDY;
    struct blk_slot *late = blkq_late(&n->q);
    if (got < 0)
        reset(n, NULL, "it answered what was not asked");
    else if (status == ~0u || status & CSTS_CFS || !(status & CSTS_RDY))
        reset(n, NULL, "it failed");
    else if (late)
        reset(n, late, "no answer in time");
    if (c->line)
        wr(c, INTMC, 1);
    issue_all(n);
    if (careful && (got || !suspect(c, &of)))
        plat_kick(0, PLAT_EV_BLOCK); /* the next may be another namespace's */
    return n->q.busy && !c->dead ? c->hw->now() + WATCH : UINT64_MAX;
}

void nvme_stop(struct disk *d) {
    struct nvme *c = ((struct nvme_ns *)d)->c;
    if (c->dead)
        return;
    c->dead = true;
    c->timeout = c->entry_us * 1000ull; /* RTD3 Entry Latency, not CAP.TO; 0: it does not say */
    if (c->timeout < LEAST_SHUTDOWN || c->timeout > MOST_SHUTDOWN)
        c->timeout = c->timeout < LEAST_SHUTDOWN ? LEAST_SHUTDOWN : MOST_SHUTDOWN;
    wr(c, CC, rd(c, CC) | CC_SHN_NORMAL); /* the caches go to the medium, 7.6.2 */
    wait_status(c, CSTS_SHST, CSTS_SHST_DONE, CSTS_CFS);
}
