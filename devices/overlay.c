/* SPDX-License-Identifier: BSD-2-Clause */
/* A block overlay in memory: pages of 4 KiB that were written are kept here, the rest is read from the base, which is
 * never written. Pages are found by a two-level table and come from malloc() when they are first written; when there is
 * no more memory the write fails with ENOMEM.
 *
 * A request is worked off piece by piece: a run of pages from the base becomes one request to it, everything else is a
 * copy. Several requests may be under way; one that waits for the base looks at the table again afterwards, since
 * another may have made the page meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/block.h"

enum { PAGE = 4096, PER_CHUNK = 512 };

struct overlay {
    struct block block;
    struct block *base;
    uint8_t ***dir;    /* chunks of PER_CHUNK pointers to pages, made when first written */
    uint64_t nchunks;
};

/* A request under way. */
struct work {
    struct overlay *o;
    struct plat_block_req *req, sub; /* sub: to the base */
    uint8_t *page;                   /* contents of a page that is written in part, from the base */
    uint64_t done;                   /* bytes */
    int err;
    bool running, waiting;           /* inside run(); for the base */
};

static uint8_t *find(const struct overlay *o, uint64_t page) {
    uint8_t **chunk = o->dir[page / PER_CHUNK];
    return chunk ? chunk[page % PER_CHUNK] : NULL;
}

/* Where the pointer to a page is kept. NULL: no memory. */
static uint8_t **slot(struct overlay *o, uint64_t page) {
    uint8_t ***chunk = &o->dir[page / PER_CHUNK];
    if (!*chunk)
        *chunk = calloc(PER_CHUNK, sizeof **chunk);
    return *chunk ? *chunk + page % PER_CHUNK : NULL;
}

/* How many bytes from `at` on (at most len) are not in the overlay. */
static uint64_t base_run(const struct overlay *o, uint64_t at, uint64_t len) {
    uint64_t n = 0;
    while (n < len && !find(o, (at + n) / PAGE))
        n += PAGE - (at + n) % PAGE;
    return n < len ? n : len;
}

static void run(struct work *w);

static void base_done(struct plat_block_req *sub, int err) {
    struct work *w = sub->opaque;
    w->waiting = false;
    w->err = err;
    if (!err && !w->page)
        w->done += sub->len;
    if (!w->running)
        run(w);
}

static void ask_base(struct work *w, uint64_t off, void *buf, uint64_t len) {
    w->sub = (struct plat_block_req){PLAT_BLOCK_READ, off, buf, len, base_done, w};
    w->waiting = true;
    w->o->base->submit(w->o->base, &w->sub);
}

static void read_piece(struct work *w) {
    uint64_t at = w->req->off + w->done, left = w->req->len - w->done, n = base_run(w->o, at, left), in = at % PAGE;
    uint8_t *buf = (uint8_t *)w->req->buf + w->done;
    if (n) {
        ask_base(w, at, buf, n);
        return;
    }
    n = left < PAGE - in ? left : PAGE - in;
    memcpy(buf, find(w->o, at / PAGE) + in, n);
    w->done += n;
}

/* Makes the page at *p: filled from the base unless all of it is about to be written. False: waits, or no memory. */
static bool make_page(struct work *w, uint8_t **p, uint64_t start, bool whole) {
    uint64_t left = w->o->block.size - start;
    uint8_t *page = w->page ? w->page : malloc(PAGE);
    bool filled = w->page != NULL;
    if (!page) {
        w->err = ENOMEM;
        return false;
    }
    if (whole || filled) {
        *p = page;
        w->page = NULL;
        return true;
    }
    w->page = page;
    ask_base(w, start, page, left < PAGE ? left : PAGE);
    return false;
}

static void write_piece(struct work *w) {
    uint64_t at = w->req->off + w->done, left = w->req->len - w->done, in = at % PAGE;
    uint64_t n = left < PAGE - in ? left : PAGE - in;
    uint8_t **p = slot(w->o, at / PAGE);
    if (!p) {
        w->err = ENOMEM;
        return;
    }
    if (!*p && !make_page(w, p, at - in, in == 0 && (n == PAGE || at + n == w->o->block.size)))
        return;
    free(w->page); /* of another request that was faster */
    w->page = NULL;
    memcpy(*p + in, (const uint8_t *)w->req->buf + w->done, n);
    w->done += n;
}

static void run(struct work *w) {
    struct plat_block_req *req = w->req;
    w->running = true;
    while (!w->waiting && !w->err && w->done < req->len) {
        if (req->op == PLAT_BLOCK_READ)
            read_piece(w);
        else
            write_piece(w);
    }
    w->running = false;
    if (w->waiting)
        return;
    int err = w->err;
    free(w->page);
    free(w);
    req->done(req, err);
}

static void submit(struct block *b, struct plat_block_req *req) {
    struct work *w = NULL;
    if (req->op == PLAT_BLOCK_FLUSH) {
        req->done(req, 0);
        return;
    }
    w = calloc(1, sizeof *w);
    if (!w) {
        req->done(req, ENOMEM);
        return;
    }
    w->o = (struct overlay *)b;
    w->req = req;
    run(w);
}

struct block *overlay_create(struct block *base) {
    struct overlay *o = calloc(1, sizeof *o);
    uint64_t per = (uint64_t)PAGE * PER_CHUNK;
    if (!o)
        return NULL;
    o->nchunks = (base->size + per - 1) / per;
    o->dir = calloc(o->nchunks + 1, sizeof *o->dir);
    if (!o->dir) {
        free(o);
        return NULL;
    }
    o->block = (struct block){submit, base->size, false, base->sector};
    o->base = base;
    return &o->block;
}

void overlay_destroy(struct block *overlay) {
    struct overlay *o = (struct overlay *)overlay;
    for (uint64_t c = 0; c < o->nchunks; c++) {
        for (unsigned i = 0; o->dir[c] && i < PER_CHUNK; i++)
            free(o->dir[c][i]);
        free(o->dir[c]);
    }
    free(o->dir);
    free(o);
}
