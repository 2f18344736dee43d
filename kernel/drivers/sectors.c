/* SPDX-License-Identifier: BSD-2-Clause */
/* Sectors larger than the guest's requests (sectors.h). A write of parts reads the sectors at its ends, then writes all
 * of its own with what it has read. Two writes may meet in a sector though the guest's requests do not, and then one
 * would write back what the other has just changed: the later waits. Reads wait for nothing, as on any disk. */
#include "kernel/drivers/sectors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum step { HEAD, TAIL, DATA, END };

struct sectors_transfer {
    struct blk_req req; /* first */
    struct sectors *s;
    struct plat_block_req *guest;
    uint64_t first, n;  /* sectors of the disk around what is wanted */
    uint8_t *buf;       /* their contents; NULL: the request has whole ones, in its own buffer */
    enum step step;     /* of a write: what comes next */
    bool started;
    struct sectors_transfer *next;
};

static void wake(struct sectors *s);

static void unlink_write(struct sectors_transfer *t) {
    struct sectors_transfer **p = &t->s->writes;
    while (*p && *p != t)
        p = &(*p)->next;
    if (*p)
        *p = t->next;
}

static void finish(struct sectors_transfer *t, int err) {
    struct plat_block_req *guest = t->guest;
    struct sectors *s = t->s;
    if (t->buf && !err && guest->op == PLAT_BLOCK_READ)
        memcpy(guest->buf, t->buf + guest->off % s->size, guest->len);
    unlink_write(t);
    free(t->buf);
    free(t);
    wake(s);
    guest->done(guest, err);
}

static void ask(struct sectors_transfer *t, enum blk_op op, uint64_t lba, uint64_t n, uint8_t *buf) {
    t->req.op = op;
    t->req.lba = lba;
    t->req.sectors = n;
    t->req.buf = buf;
    t->s->submit(t->s->arg, &t->req);
}

/* The next step of a write that has parts of sectors. */
static void advance(struct sectors_transfer *t) {
    const struct plat_block_req *guest = t->guest;
    uint32_t size = t->s->size, skip = (uint32_t)(guest->off % size);
    bool tail = (guest->off + guest->len) % size && (t->n > 1 || !skip);
    if (t->step == HEAD) {
        t->step = TAIL;
        if (skip) {
            ask(t, BLK_READ, t->first, 1, t->buf);
            return;
        }
    }
    if (t->step == TAIL) {
        t->step = DATA;
        if (tail) {
            ask(t, BLK_READ, t->first + t->n - 1, 1, t->buf + (t->n - 1) * size);
            return;
        }
    }
    t->step = END;
    memcpy(t->buf + skip, guest->buf, guest->len);
    ask(t, BLK_WRITE, t->first, t->n, t->buf);
}

static void done(struct blk_req *req, int err) {
    struct sectors_transfer *t = (struct sectors_transfer *)req;
    if (err || t->step == END)
        finish(t, err);
    else
        advance(t);
}

static void start(struct sectors_transfer *t) {
    bool write = t->guest->op == PLAT_BLOCK_WRITE;
    t->started = true;
    if (write && t->buf) {
        advance(t);
        return;
    }
    t->step = END;
    if (t->guest->op == PLAT_BLOCK_FLUSH)
        ask(t, BLK_FLUSH, 0, 0, NULL);
    else
        ask(t, write ? BLK_WRITE : BLK_READ, t->first, t->n, t->buf ? t->buf : t->guest->buf);
}

/* An earlier write shares a sector with this one, and one of the two has a part of it only. */
static bool must_wait(const struct sectors_transfer *t) {
    for (const struct sectors_transfer *o = t->s->writes; o && o != t; o = o->next)
        if ((o->buf || t->buf) && o->first < t->first + t->n && t->first < o->first + o->n)
            return true;
    return false;
}

/* Starts what need not wait any more. One that starts may end at once and call this again: the list is looked at from
 * its start each time. */
static void wake(struct sectors *s) {
    struct sectors_transfer *t = s->writes;
    while (t) {
        if (t->started || must_wait(t)) {
            t = t->next;
            continue;
        }
        start(t);
        t = s->writes;
    }
}

/* 0 or errno. */
static int fit(struct sectors_transfer *t) {
    const struct plat_block_req *guest = t->guest;
    const struct sectors *s = t->s;
    uint64_t bytes = s->count * s->size;
    if (guest->len == 0 || guest->off > bytes || guest->len > bytes - guest->off)
        return EINVAL;
    t->first = s->first + guest->off / s->size;
    t->n = (guest->off % s->size + guest->len + s->size - 1) / s->size;
    if ((guest->off | guest->len) % s->size == 0)
        return 0;
    t->buf = malloc(t->n * s->size);
    return t->buf ? 0 : ENOMEM;
}

void sectors_submit(struct sectors *s, struct plat_block_req *req) {
    struct sectors_transfer *t = calloc(1, sizeof *t);
    if (!t) {
        req->done(req, ENOMEM);
        return;
    }
    *t = (struct sectors_transfer){.req.done = done, .s = s, .guest = req};
    int err = req->op == PLAT_BLOCK_FLUSH ? 0 : fit(t);
    if (err) {
        finish(t, err);
        return;
    }
    if (req->op != PLAT_BLOCK_WRITE || s->size == 512) { /* sectors of 512 bytes are always whole */
        start(t);
        return;
    }
    struct sectors_transfer **end = &s->writes;
    while (*end)
        end = &(*end)->next;
    *end = t;
    wake(s);
}
