/* SPDX-License-Identifier: BSD-2-Clause */
/* Disk controllers that say anything: the input is what their registers read, and what they write into the memory that
 * they share with the driver. The first byte chooses: what an ATA disk says of itself; a virtio disk, an AHCI or an
 * NVMe controller from its start; the same in the midst of their work. Each request ends, once. */
#include "kernel/drivers/ahci.h"
#include "kernel/drivers/nvme.h"
#include "kernel/drivers/vblk.h"
#include "kernel/plat.h"
#include "tests/libfuzzer/fuzz.h"

enum { PIECES = 128, PAGE = 4096, REQS = 8, SECTORS = 1000, ROUNDS = 200 };

void plat_log(const char *fmt, ...) { (void)fmt; }
void plat_kick(unsigned id, uint32_t events) { (void)id, (void)events; }

static struct fuzz_in *input;
static uint64_t clock_ns;
static struct piece {
    uint8_t *p;
    size_t size;
} piece[PIECES];
static unsigned pieces;
static bool cut;
static struct request {
    struct blk_req req;
    uint8_t *buf;
    bool ended;
} reqs[REQS];

/* The device writes into memory that is its to write: near the start of a quarter of a piece's first two pages, where
 * used rings, statuses, and what a disk says of itself lie. */
static void scribble(void) {
    for (unsigned n = pieces && !cut ? fuzz_take(input, 1) & 7 : 0; n; n--) {
        struct piece *k = &piece[fuzz_take(input, 1) % pieces];
        unsigned where = (unsigned)fuzz_take(input, 1);
        size_t at = (where >> 7) * PAGE + (where >> 5 & 3) * (PAGE / 4) + (where & 31);
        k->p[at % k->size] = (uint8_t)fuzz_take(input, 1);
    }
}

static uint64_t now(void) {
    scribble();
    return clock_ns += 50 * BLK_MS;
}

static uint64_t phys(const void *p) { return (uint64_t)p; }

static void *alloc(size_t size, uint64_t max_phys, uint64_t *out) {
    size_t bytes = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    (void)max_phys;
    uint8_t *p = pieces < PIECES ? aligned_alloc(PAGE, bytes) : NULL;
    if (!p)
        return NULL;
    piece[pieces++] = (struct piece){p, bytes};
    *out = (uint64_t)p;
    return memset(p, 0, bytes);
}

static uint32_t reg_read(void *arg, unsigned space, unsigned off, unsigned size) {
    (void)arg, (void)space, (void)off;
    return (uint32_t)fuzz_take(input, size);
}

/* An NVMe controller that answers its admin commands as the input has it: not at all, or with a page that names a disk
 * but for some bytes, and with a completion of the right number and a good status, or others. */
static struct nvme *nvme;
static void answer_admin(void) {
    unsigned how = (unsigned)fuzz_take(input, 1);
    volatile uint32_t *e = nvme->admin.cq + nvme->admin.head * 4;
    uint8_t *d = nvme->data;
    if (cut || !(how & 1))
        return;
    d[0] = SECTORS & 255;
    d[1] = SECTORS >> 8;
    d[130] = 9;
    d[516] = 2;
    for (unsigned n = how >> 1 & 3; n; n--) {
        unsigned at = (unsigned)fuzz_take(input, 2);
        d[at % NVME_PAGE] = (uint8_t)fuzz_take(input, 1);
    }
    uint32_t id = nvme->admin_id ^ (how & 16 ? (uint32_t)fuzz_take(input, 1) : 0);
    e[0] = how & 8 ? (uint32_t)fuzz_take(input, 4) : 3 << 16 | 3;
    e[3] = id | (uint32_t)nvme->admin.phase << 16 | (how & 32 ? (uint32_t)fuzz_take(input, 1) << 17 : 0);
}

static void reg_write(void *arg, unsigned space, unsigned off, unsigned size, uint32_t v) {
    (void)arg, (void)space, (void)size, (void)v;
    if (nvme && off == 0x1000)
        answer_admin();
}
static void cut_off(void *arg) {
    (void)arg;
    cut = true;
}
static const struct hw hw = {NULL, reg_read, reg_write, now, phys, alloc, cut_off};

/* ---- requests ---- */

static void done(struct blk_req *req, int err) {
    struct request *r = (struct request *)req;
    FUZZ_CHECK(!r->ended && r->buf, "error %d", err);
    r->ended = true;
}

static void submit(struct disk *d) {
    struct request *r = &reqs[fuzz_take(input, 1) % REQS];
    if (r->buf && !r->ended)
        return;
    free(r->buf);
    enum blk_op op = (enum blk_op)(fuzz_take(input, 1) % 3);
    uint64_t n = op == BLK_FLUSH ? 0 : 1 + fuzz_take(input, 1) % 40;
    r->buf = calloc(1, n * d->q->sector_size + 1);
    if (!r->buf)
        abort();
    r->ended = false;
    r->req = (struct blk_req){.op = op, .lba = fuzz_take(input, 2), .sectors = n, .buf = r->buf, .done = done};
    blkq_submit(d->q, &r->req);
}

static bool all_ended(void) {
    for (unsigned i = 0; i < REQS; i++)
        if (reqs[i].buf && !reqs[i].ended)
            return false;
    return true;
}

/* While the input lasts, and then until all is done: registers read 0 then, which no device stands long. */
static void drive(struct disk *d) {
    d->q->write_sectors = d->q->sectors / 2;
    for (unsigned i = 0; i < ROUNDS && input->p < input->end; i++) {
        if (fuzz_take(input, 1) & 1)
            submit(d);
        d->due = d->run(d);
    }
    input->p = input->end;
    for (unsigned i = 0; i < 20 * ROUNDS && !all_ended(); i++)
        d->due = d->run(d);
    FUZZ_CHECK(all_ended(), "in time");
    d->stop(d);
}

/* ---- drivers ---- */

static void queue_of(struct blkq *q, unsigned depth) {
    blkq_init(q, &hw);
    q->sectors = SECTORS;
    q->sector_size = 512;
    q->depth = depth;
    q->max_segs = 8;
    q->max_seg = q->max_sectors = 64;
    q->max_seg *= 512;
    q->max_phys = UINT64_MAX;
}

static void working_vblk(struct vblk *v) {
    v->features = fuzz_take(input, 1) & 1 ? 1ull << 28 : 0;
    v->size = (uint16_t)(16 << fuzz_take(input, 1) % 4);
    v->stride = v->features ? 1 : 16;
    v->mem = alloc(vring_bytes(v->size), UINT64_MAX, &v->mem_phys);
    queue_of(&v->q, v->size / v->stride < BLK_SLOTS ? v->size / v->stride : BLK_SLOTS);
    for (unsigned i = 0; i < v->q.depth; i++)
        v->page[i] = alloc(PAGE, UINT64_MAX, &v->page_phys[i]);
    vring_init(&v->ring, v->mem, v->size);
    v->disk.q = &v->q;
    v->disk.run = vblk_run;
    v->disk.stop = vblk_stop;
}

static void virtio(bool working) {
    struct vblk *v = calloc(1, sizeof *v);
    if (!v)
        abort();
    unsigned how = (unsigned)fuzz_take(input, 1);
    *v = (struct vblk){.hw = &hw, .legacy = how & 1, .messages = how & 2, .config_len = how & 4 ? 24 : 8,
                       .notify_len = 64, .multiplier = 4};
    if (working)
        working_vblk(v);
    if (working || !vblk_start(v))
        drive(&v->disk);
    free(v);
}

static void working_port(struct ahci *h) {
    struct ahci_port *p = h->port[0] = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->hba = h;
    p->mem = alloc(PAGE, UINT64_MAX, &p->mem_phys);
    queue_of(&p->q, 1 + fuzz_take(input, 1) % 32);
    p->q.align = 2;
    p->q.flush_alone = true;
    for (unsigned i = 0; i < p->q.depth; i++)
        p->table[i] = alloc(PAGE, UINT64_MAX, &p->table_phys[i]);
    p->known = true;
    p->ncq = fuzz_take(input, 1) & 1;
    p->id = (struct ata_id){.sectors = SECTORS, .sector_size = 512, .depth = 32, .flush_ext = true};
    p->state = AHCI_RUN;
    p->disk.q = &p->q;
    p->disk.run = ahci_run;
    p->disk.stop = ahci_stop;
}

static void sata(bool working) {
    struct ahci h = {.hw = &hw, .registers = 0x300};
    if (working)
        working_port(&h);
    const char *why = working ? NULL : ahci_start(&h);
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        if (!why && h.port[i] && h.port[i]->known && h.port[i]->state == AHCI_RUN)
            drive(&h.port[i]->disk);
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        free(h.port[i]);
}

/* Two or three entries a queue: what a controller writes by chance is among the first. */
static void working_namespace(struct nvme *c) {
    struct nvme_ns *n = calloc(1, sizeof *n);
    if (!n)
        abort();
    n->c = c;
    n->nsid = c->nns + 1;
    n->io.id = c->nns + 1;
    n->io.size = (uint16_t)(2 + fuzz_take(input, 1) % 2);
    n->io.phase = true;
    n->io.sq = alloc(NVME_PAGE, UINT64_MAX, &n->io.sq_phys);
    n->io.cq = alloc(NVME_PAGE, UINT64_MAX, &n->io.cq_phys);
    queue_of(&n->q, n->io.size - 1u);
    n->q.align = 4;
    for (unsigned i = 0; i < n->q.depth; i++)
        n->list[i] = alloc(NVME_PAGE, UINT64_MAX, &n->list_phys[i]);
    n->disk.q = &n->q;
    n->disk.run = nvme_run;
    n->disk.stop = nvme_stop;
    c->ns[c->nns++] = n;
}

static void working_nvme(struct nvme *c) {
    c->cap = 1 | 1ull << 37;
    c->timeout = BLK_S;
    c->max_bytes = 8 * NVME_PAGE;
    c->granted = (unsigned)fuzz_take(input, 1) % 4;
    c->admin.size = 2;
    c->admin.phase = true;
    c->admin.cq = alloc(NVME_PAGE, UINT64_MAX, &c->admin.cq_phys);
    c->admin.sq = alloc(NVME_PAGE, UINT64_MAX, &c->admin.sq_phys);
    c->data = alloc(NVME_PAGE, UINT64_MAX, &c->data_phys);
    for (unsigned n = 1 + fuzz_take(input, 1) % 2; n; n--)
        working_namespace(c);
}

static void nvm_express(bool working) {
    struct nvme c = {.hw = &hw, .registers = 0x2000};
    nvme = &c;
    if (working)
        working_nvme(&c);
    const char *why = working ? NULL : nvme_start(&c);
    for (unsigned i = 0; i < c.nns; i++) {
        const struct blkq *q = &c.ns[i]->q;
        FUZZ_CHECK(q->sectors && q->depth && q->depth <= BLK_SLOTS && q->max_sectors, "%u", q->depth);
        if (!why)
            drive(&c.ns[i]->disk);
    }
    for (unsigned i = 0; i < c.nns; i++)
        free(c.ns[i]);
    nvme = NULL;
}

static void identify(void) {
    uint8_t data[ATA_ID_BYTES] = {0}, fis[ATA_FIS_BYTES];
    struct ata_id id;
    size_t left = (size_t)(input->end - input->p);
    memcpy(data, input->p, left < sizeof data ? left : sizeof data);
    if (ata_identify(data, &id))
        return;
    FUZZ_CHECK(id.sectors && id.sectors <= 1ull << 48 && id.depth <= 32, "%u", id.depth);
    FUZZ_CHECK(id.sector_size >= 512 && id.sector_size <= 4096, "%u", id.sector_size);
    FUZZ_CHECK(strlen(id.model) < sizeof id.model && ata_same(&id, &id), "%s", id.model);
    ata_fis(fis, ATA_READ_FPDMA, id.sectors - 1, 1, id.depth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    input = &in;
    clock_ns = 1;
    cut = false;
    switch (fuzz_take(&in, 1) % 7) {
    case 0: identify(); break;
    case 1: virtio(false); break;
    case 2: virtio(true); break;
    case 3: sata(false); break;
    case 4: sata(true); break;
    case 5: nvm_express(false); break;
    default: nvm_express(true); break;
    }
    for (unsigned i = 0; i < REQS; i++)
        free(reqs[i].buf);
    memset(reqs, 0, sizeof reqs);
    while (pieces)
        free(piece[--pieces].p);
    return 0;
}
