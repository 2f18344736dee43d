/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of disks, their partition tables and names, and what of them may be written (disk.h). A disk's tables are
 * read when the configuration first names a disk: what is not named is never read. */
#include "kernel/drivers/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/plat.h"

static struct disk *disks, **tail = &disks;

void disk_add(struct disk *d, const char *prefix) {
    unsigned n = 0;
    for (const struct disk *o = disks; o; o = o->next)
        n += strncmp(o->name, prefix, strlen(prefix)) == 0;
    snprintf(d->name, sizeof d->name, "%s%u", prefix, n);
    d->due = UINT64_MAX;
    d->next = NULL;
    *tail = d;
    tail = &d->next;
}

const struct disk *disk_of(uint16_t bdf, unsigned i) {
    for (const struct disk *d = disks; d; d = d->next)
        if (d->bdf == bdf && i-- == 0)
            return d;
    return NULL;
}

__attribute__((target("general-regs-only"))) void disk_interrupt(void) { plat_kick(0, PLAT_EV_BLOCK); }

/* ---- running ---- */

/* A request that ends may bring another: the disk runs once more then, not inside itself. */
static void run(struct disk *d) {
    d->again = true;
    if (d->running)
        return;
    d->running = true;
    while (d->again) {
        d->again = false;
        d->due = d->run(d);
    }
    d->running = false;
}

static void set_timer(void) {
    uint64_t due = UINT64_MAX;
    for (const struct disk *d = disks; d; d = d->next)
        due = d->due < due ? d->due : due;
    events_block_timer(due);
}

void disk_poll(void) {
    for (struct disk *d = disks; d; d = d->next)
        run(d);
    set_timer();
}

void disk_submit(struct disk *d, struct blk_req *req) {
    blkq_submit(d->q, req);
    run(d);
    set_timer();
}

void disk_stop(void) {
    for (struct disk *d = disks; d; d = d->next)
        if (d->stop)
            d->stop(d);
}

/* ---- partition tables ---- */

struct waiting {
    struct blk_req req;
    bool ended;
    int err;
};

static void on_read(struct blk_req *req, int err) {
    struct waiting *w = (struct waiting *)req;
    w->err = err;
    w->ended = true;
}

/* Waits for sectors of the disk. Events that come meanwhile are put back. */
static bool read_sectors(struct disk *d, uint64_t lba, uint64_t n, uint8_t *to) {
    struct waiting w = {.req = {.op = BLK_READ, .lba = lba, .sectors = n, .buf = to, .done = on_read}};
    uint32_t kept = 0;
    disk_submit(d, &w.req);
    while (!w.ended) {
        plat_wait(0);
        kept |= plat_events(0);
        disk_poll();
    }
    if (kept)
        plat_kick(0, kept);
    return w.err == 0;
}

/* The table whose header is in sector `lba`. */
static bool read_table(struct disk *d, uint64_t lba, uint8_t *buf, struct gpt_part *part) {
    struct gpt g;
    uint32_t size = d->q->sector_size;
    if (!read_sectors(d, lba, 1, buf) || !gpt_header(buf, size, lba, d->q->sectors, &g) ||
        !read_sectors(d, g.entries, ((uint64_t)g.count * g.size + size - 1) / size, buf) ||
        !gpt_parts(&g, buf, part, GPT_MAX_PARTS, &d->nparts))
        return false;
    memcpy(d->guid, g.guid, sizeof d->guid);
    return true;
}

/* What has no good table has no partitions. */
static void learn(struct disk *d) {
    struct gpt_part *part = malloc(GPT_MAX_PARTS * sizeof *part);
    uint8_t *buf = malloc(GPT_MAX_BYTES + d->q->sector_size);
    d->known = true;
    if (part && buf && d->q->sectors > 2) {
        d->sound = read_table(d, 1, buf, part);
        if (!d->sound && read_table(d, d->q->sectors - 1, buf, part))
            plat_log("%s: the first partition table is damaged: the one at the end is used\n", d->name);
    }
    if (d->nparts)
        d->part = part;
    else
        free(part);
    free(buf);
}

/* ---- names ---- */

struct search {
    const char *name;
    unsigned found;
    bool whole;
    struct disk_range at;
};

static void hit(struct search *s, struct disk *d, const struct gpt_part *p) {
    s->found++;
    s->whole = !p;
    s->at = p ? (struct disk_range){d, p->first, p->sectors} : (struct disk_range){d, 0, d->q->sectors};
}

static bool is_guid(const uint8_t *guid, const char *name) {
    char text[GPT_GUID_TEXT];
    unsigned i = 0;
    gpt_guid_text(guid, text);
    while (text[i] && text[i] == (name[i] >= 'A' && name[i] <= 'F' ? name[i] + 32 : name[i]))
        i++;
    return !text[i] && !name[i];
}

static void look_in(struct search *s, struct disk *d) {
    char name[32];
    if (!d->known)
        learn(d);
    if (strcmp(d->name, s->name) == 0 || (d->nparts && is_guid(d->guid, s->name)))
        hit(s, d, NULL);
    for (unsigned i = 0; i < d->nparts; i++) {
        const struct gpt_part *p = &d->part[i];
        snprintf(name, sizeof name, "%sp%u", d->name, p->number);
        if (strcmp(name, s->name) == 0 || strcmp(p->label, s->name) == 0 || is_guid(p->guid, s->name))
            hit(s, d, p);
    }
}

/* NULL, or why this may not be written. */
static const char *refuse_write(const struct search *s) {
    const struct disk *d = s->at.disk;
    if (d->q->read_only)
        return "The disk says that it is write-protected";
    if (d->taken)
        return "One partition of a disk can be rw, and this disk has one already";
    if (!s->whole && !d->sound)
        return "The first partition table of the disk is damaged: ro and overlay only";
    return NULL;
}

int disk_open(const char *name, bool write, struct disk_range *out, const char **why) {
    struct search s = {.name = name};
    for (struct disk *d = disks; d; d = d->next)
        look_in(&s, d);
    if (s.found != 1) {
        *why = s.found ? "More than one disk or partition is called so" : "No such disk or partition";
        return s.found ? EEXIST : ENOENT;
    }
    const char *no = write ? refuse_write(&s) : NULL;
    if (no) {
        *why = no;
        return EROFS;
    }
    if (write) {
        s.at.disk->taken = true;
        s.at.disk->q->write_lba = s.at.first;
        s.at.disk->q->write_sectors = s.at.sectors;
    }
    *out = s.at;
    return 0;
}
