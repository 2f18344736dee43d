/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests and commands of a disk (blkq.h). Calls of `done` come last in each function, since they may submit again. */
#include "kernel/drivers/blkq.h"

#include <errno.h>
#include <string.h>

enum { PAGE = 4096 };

void blkq_init(struct blkq *q, const struct hw *hw) {
    memset(q, 0, sizeof *q);
    q->hw = hw;
    q->tail = &q->head;
    q->align = 1;
    q->depth = 1;
}

static bool inside(uint64_t lba, uint64_t n, uint64_t first, uint64_t count) {
    return lba >= first && lba - first <= count && n <= count - (lba - first);
}

static bool may_write(const struct blkq *q, uint64_t lba, uint64_t n) {
    return !q->read_only && inside(lba, n, q->write_lba, q->write_sectors);
}

void blkq_submit(struct blkq *q, struct blk_req *req) {
    int err = q->dead;
    bool data = req->op != BLK_FLUSH;
    if (!err && data && (req->sectors == 0 || !inside(req->lba, req->sectors, 0, q->sectors)))
        err = EINVAL;
    if (!err && req->op == BLK_WRITE && !may_write(q, req->lba, req->sectors))
        err = EROFS;
    if (err || (!data && q->no_flush)) {
        req->done(req, err);
        return;
    }
    req->next = NULL;
    req->cut = req->flying = 0;
    req->err = 0;
    *q->tail = req;
    q->tail = &req->next;
}

static void unlink_head(struct blkq *q) {
    q->head = q->head->next;
    if (!q->head)
        q->tail = &q->head;
}

static struct blk_slot *free_slot(struct blkq *q) {
    for (unsigned i = 0; i < q->depth; i++)
        if (!q->slot[i].busy)
            return &q->slot[i];
    return NULL;
}

struct blk_slot *blkq_start(struct blkq *q) {
    struct blk_req *r = q->head;
    struct blk_slot *s = r ? free_slot(q) : NULL;
    bool alone = q->flush_alone;
    if (!s || (alone && (q->flushing || (r->op == BLK_FLUSH && q->busy))))
        return NULL;
    uint64_t left = r->sectors - r->cut;
    s->busy = true;
    s->issued = s->bounced = false;
    s->tries = 0;
    s->op = r->op;
    s->req = r;
    s->lba = r->lba + r->cut;
    s->sectors = r->op == BLK_FLUSH ? 0 : (uint32_t)(left < q->max_sectors ? left : q->max_sectors);
    s->buf = r->op == BLK_FLUSH ? NULL : r->buf + r->cut * q->sector_size;
    q->busy++;
    q->flushing |= r->op == BLK_FLUSH;
    r->flying++;
    r->cut += s->sectors;
    if (r->cut == r->sectors)
        unlink_head(q);
    if (s->op == BLK_WRITE && !may_write(q, s->lba, s->sectors)) {
        blkq_end(q, s, EROFS);
        return blkq_start(q);
    }
    return s;
}

/* Gives back the sectors of a fresh command from n on: they are the next command's. */
static void shorten(struct blkq *q, struct blk_slot *s, uint32_t n) {
    struct blk_req *r = s->req;
    if (r->cut == r->sectors) { /* its whole rest was cut: it was the head, and is again */
        r->next = q->head;
        if (!q->head)
            q->tail = &r->next;
        q->head = r;
    }
    r->cut -= s->sectors - n;
    s->sectors = n;
}

static bool reachable(const struct blkq *q, uint64_t phys, const uint8_t *p, uint32_t n) {
    return ((uintptr_t)p & (q->align - 1)) == 0 && phys <= q->max_phys && n - 1 <= q->max_phys - phys;
}

/* As much of [p, p + len) as fits; *covered bytes. False: something in it is out of the device's reach. */
static bool gather(const struct blkq *q, const uint8_t *p, uint32_t len, struct blk_seg *out, unsigned *count,
                   uint32_t *covered) {
    unsigned n = 0;
    uint32_t done = 0;
    while (done < len) {
        uint32_t room = PAGE - ((uintptr_t)(p + done) & (PAGE - 1)), part = len - done < room ? len - done : room;
        uint64_t phys = q->hw->phys(p + done);
        if (!reachable(q, phys, p + done, part))
            return false;
        if (n && out[n - 1].phys + out[n - 1].len == phys && out[n - 1].len + part <= q->max_seg) {
            out[n - 1].len += part;
        } else if (n < q->max_segs) {
            out[n++] = (struct blk_seg){phys, part};
        } else {
            break;
        }
        done += part;
    }
    *count = n;
    *covered = done;
    return true;
}

/* Takes segments off the end until `len` bytes are left. */
static unsigned trim(struct blk_seg *seg, unsigned n, uint32_t have, uint32_t len) {
    while (have - len >= seg[n - 1].len)
        have -= seg[--n].len;
    seg[n - 1].len -= have - len;
    return n;
}

static unsigned through_bounce(struct blkq *q, struct blk_slot *s, struct blk_seg *out) {
    uint32_t fits = BLK_BOUNCE / q->sector_size;
    if (!s->bounce)
        s->bounce = q->hw->alloc(BLK_BOUNCE, q->max_phys, &s->bounce_phys);
    if (!s->bounce)
        return 0;
    if (s->sectors > fits)
        shorten(q, s, fits);
    uint32_t len = s->sectors * q->sector_size, done = 0;
    s->bounced = true;
    if (s->op == BLK_WRITE)
        memcpy(s->bounce, s->buf, len);
    unsigned n = 0;
    for (; done < len && n < q->max_segs; n++) {
        uint32_t part = len - done < q->max_seg ? len - done : q->max_seg;
        out[n] = (struct blk_seg){s->bounce_phys + done, part};
        done += part;
    }
    if (done == len)
        return n;
    shorten(q, s, done / q->sector_size);
    return s->sectors ? trim(out, n, done, s->sectors * q->sector_size) : 0;
}

unsigned blkq_segments(struct blkq *q, struct blk_slot *s, struct blk_seg *out) {
    uint32_t len = s->sectors * q->sector_size, covered;
    unsigned n;
    if (s->bounced || !gather(q, s->buf, len, out, &n, &covered))
        return through_bounce(q, s, out);
    if (covered == len)
        return n;
    if (covered < q->sector_size) /* a sector in more pieces than a command may have */
        return through_bounce(q, s, out);
    shorten(q, s, covered / q->sector_size);
    return trim(out, n, covered, s->sectors * q->sector_size);
}

static void end_part(struct blk_req *r, int err) {
    if (err && !r->err)
        r->err = err;
    r->flying--;
}

void blkq_end(struct blkq *q, struct blk_slot *s, int err) {
    struct blk_req *r = s->req;
    if (!err && s->bounced && s->op == BLK_READ)
        memcpy(s->buf, s->bounce, (size_t)s->sectors * q->sector_size);
    if (s->op == BLK_FLUSH)
        q->flushing = false;
    s->busy = s->issued = s->bounced = false;
    q->busy--;
    end_part(r, err);
    if (r->err && q->head == r) { /* the rest of a failed request does not run */
        r->cut = r->sectors;
        unlink_head(q);
    }
    if (!r->flying && r->cut == r->sectors)
        r->done(r, r->err);
}

bool blkq_again(struct blkq *q, struct blk_slot *s) {
    s->issued = false;
    if (++s->tries < BLK_TRIES)
        return true;
    blkq_end(q, s, EIO);
    return false;
}

void blkq_kill(struct blkq *q, int err) {
    q->dead = err;
    if (!err)
        return;
    for (unsigned i = 0; i < BLK_SLOTS; i++)
        if (q->slot[i].busy)
            blkq_end(q, &q->slot[i], err);
    while (q->head) {
        struct blk_req *r = q->head;
        unlink_head(q);
        r->done(r, err);
    }
}

struct blk_slot *blkq_late(struct blkq *q) {
    uint64_t now = q->hw->now();
    struct blk_slot *late = NULL;
    for (unsigned i = 0; i < q->depth; i++) {
        struct blk_slot *s = &q->slot[i];
        if (s->busy && s->issued && now >= s->deadline && (!late || s->deadline < late->deadline))
            late = s;
    }
    return late;
}
