/* SPDX-License-Identifier: BSD-2-Clause */
/* AHCI: the ports' state machine, commands, errors (ahci.h).
 *
 * A port goes STOP, COMRESET, LINK, BUSY, IDENTIFY, RUN, and from RUN back to STOP when something went wrong; it waits
 * in none of them: each step looks at the clock and is called again, so that the guest goes on while a disk is reset.
 *
 * Commands are queued ones (NCQ) where disk and controller have it. When one of them fails the standard's way to learn
 * which is a log page; here the port is reset, which ends them all, and what was out is given to it one by one as plain
 * commands: then a failure is its own command's, and only that is charged for it. So innocent commands never end for
 * their neighbour's sake. A flush is alone.
 *
 * A command ends for its request only when the controller can no longer touch its memory: PxCMD.CR is 0, or the
 * controller was reset, or cut off. After a reset it must be the same disk, by model, serial number and size. */
#include "kernel/drivers/ahci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/plat.h"

enum { CAP = 0, GHC = 4, PI = 0xc, VS = 0x10, CAP2 = 0x24, BOHC = 0x28 }; /* 3.1 */
#define CAP_64 (1u << 31)
#define CAP_NCQ (1u << 30)
#define GHC_AE (1u << 31)
enum { GHC_HR = 1, GHC_IE = 2, CAP2_BOH = 1, BOHC_BOS = 1, BOHC_OOS = 2, BOHC_BB = 16 };
enum { /* of a port, 3.3 */
    CLB = 0, CLBU = 4, FB = 8, FBU = 0xc, CMD = 0x18, TFD = 0x20, SIG = 0x24, SSTS = 0x28, SCTL = 0x2c, SERR = 0x30,
    SACT = 0x34, CI = 0x38
};
enum { CMD_ST = 1, CMD_SUD = 2, CMD_POD = 4, CMD_FRE = 16, CMD_FR = 1 << 14, CMD_CR = 1 << 15, CMD_ACTIVE = 1 << 28 };
enum { TFD_ERR = 1, TFD_DRQ = 8, TFD_DF = 32, TFD_BSY = 128, SIG_ATA = 0x101, DET_UP = 3 };
enum { SCTL_NO_POWER_SAVING = 3 << 8, SCTL_DET_RESET = 1 };
/* What interrupts: errors, and the FISes that end commands. */
#define WANTED (AHCI_ERRORS | 1u << 3 | 1u << 2 | 1u << 1 | 1u << 0)

enum { PAGE = 4096, FIS_AT = 1024, ID_AT = 2048, PRDT_AT = 128, HEADER = 32, HEADER_WRITE = 1 << 6 };
enum { MAX_BYTES = 512 << 10, MAX_SEGS = MAX_BYTES / PAGE + 1 };
_Static_assert(PRDT_AT + 16 * MAX_SEGS <= PAGE, "a command table is a page");
enum { MAX_ATTEMPTS = 3, MAX_FRUITLESS = 8, MAX_NCQ_ERRORS = 20, LOGGED_RESETS = 10 };
#define COMMAND_LIMIT (30 * BLK_S)  /* disks try hard on a bad sector */
#define STOP_LIMIT (500 * BLK_MS)   /* 10.1.2 */
#define HBA_LIMIT (1 * BLK_S)       /* 10.4.3 */
#define COMRESET_TIME (2 * BLK_MS)  /* at least 1 ms, 10.4.2 */
#define NOBODY (100 * BLK_MS)       /* a disk answers COMRESET within 10 ms */
#define LINK_LIMIT (2 * BLK_S)
#define BUSY_LIMIT (15 * BLK_S)     /* spinning up */
#define IDENTIFY_LIMIT (10 * BLK_S)
#define PATIENCE (1 * BLK_S)
#define HANDOFF_LIMIT (2 * BLK_S)   /* 10.6.3 */
#define STANDBY_LIMIT (15 * BLK_S)
#define WATCH (500 * BLK_MS)        /* how late a lost interrupt is noticed */

static uint32_t hrd(const struct ahci *h, unsigned off) { return h->hw->read(h->hw->arg, 0, off, 4); }
static void hwr(const struct ahci *h, unsigned off, uint32_t v) { h->hw->write(h->hw->arg, 0, off, 4, v); }
static uint32_t rd(const struct ahci_port *p, unsigned off) {
    return hrd(p->hba, AHCI_PORT_BASE + AHCI_PORT_SIZE * p->number + off);
}
static void wr(const struct ahci_port *p, unsigned off, uint32_t v) {
    hwr(p->hba, AHCI_PORT_BASE + AHCI_PORT_SIZE * p->number + off, v);
}
static uint64_t now(const struct ahci_port *p) { return p->hba->hw->now(); }

static void enter(struct ahci_port *p, enum ahci_state s, uint64_t limit) {
    p->state = s;
    p->since = now(p);
    p->until = p->since + limit;
}

static void put32(uint8_t *at, uint32_t v) { *(volatile uint32_t *)at = v; }

/* ---- commands ---- */

/* Fills in slot i: the command header and the table's PRDs (4.2.2, 4.2.3). */
static void describe(struct ahci_port *p, unsigned i, bool write, const struct blk_seg *seg, unsigned n) {
    uint8_t *head = p->mem + HEADER * i, *prd = p->table[i] + PRDT_AT;
    put32(head, ATA_FIS_BYTES / 4 | (write ? HEADER_WRITE : 0) | n << 16);
    put32(head + 4, 0);
    put32(head + 8, (uint32_t)p->table_phys[i]);
    put32(head + 12, (uint32_t)(p->table_phys[i] >> 32));
    for (unsigned k = 0; k < n; k++, prd += 16) {
        put32(prd, (uint32_t)seg[k].phys);
        put32(prd + 4, (uint32_t)(seg[k].phys >> 32));
        put32(prd + 8, 0);
        put32(prd + 12, seg[k].len - 1);
    }
}

/* The slot's bit for PxCI; 0: the command has ended, there was no memory for it. */
static uint32_t prepare(struct ahci_port *p, struct blk_slot *s, bool single) {
    unsigned i = (unsigned)(s - p->q.slot), n = 0;
    struct blk_seg seg[MAX_SEGS];
    bool write = s->op == BLK_WRITE;
    enum ata_command c = single ? (write ? ATA_WRITE_DMA_EXT : ATA_READ_DMA_EXT) :
                                  (write ? ATA_WRITE_FPDMA : ATA_READ_FPDMA);
    if (s->op == BLK_FLUSH) {
        c = p->id.flush_ext ? ATA_FLUSH_EXT : ATA_FLUSH;
    } else if (!(n = blkq_segments(&p->q, s, seg))) {
        blkq_end(&p->q, s, ENOMEM);
        return 0;
    }
    ata_fis(p->table[i], c, s->op == BLK_FLUSH ? 0 : s->lba, s->sectors, i);
    describe(p, i, write, seg, n);
    s->issued = true;
    s->deadline = now(p) + COMMAND_LIMIT;
    p->single = single;
    return 1u << i;
}

static void give(struct ahci_port *p, uint32_t slots) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!p->single)
        wr(p, SACT, slots);
    wr(p, CI, slots);
}

static uint32_t in_flight(const struct ahci_port *p) {
    uint32_t m = 0;
    for (unsigned i = 0; i < p->q.depth; i++)
        if (p->q.slot[i].busy && p->q.slot[i].issued)
            m |= 1u << i;
    return m;
}

/* The command to be issued next: suspects, then what has to go again, then new ones. */
static struct blk_slot *next_command(struct ahci_port *p) {
    for (unsigned i = 0; i < p->q.depth; i++)
        if (p->suspects & 1u << i) {
            if (p->q.slot[i].busy)
                return &p->q.slot[i];
            p->suspects &= ~(1u << i);
        }
    for (unsigned i = 0; i < p->q.depth; i++)
        if (p->q.slot[i].busy && !p->q.slot[i].issued)
            return &p->q.slot[i];
    return blkq_start(&p->q);
}

/* Queued commands go out together; a single one when nothing is out, and nothing beside it. */
static void issue_all(struct ahci_port *p) {
    uint32_t out = in_flight(p), slots = 0;
    struct blk_slot *s;
    if (out && (p->single || p->suspects || !p->ncq))
        return;
    while ((s = next_command(p))) {
        bool single = !p->ncq || p->suspects || s->op == BLK_FLUSH;
        if (single && (out || slots))
            break; /* it stays busy, and has its turn */
        slots |= prepare(p, s, single);
        if (single && slots)
            break;
    }
    if (slots)
        give(p, slots);
}

/* ---- bringing up ---- */

/* What was out goes again, one by one; the one that was alone is charged. */
static void take_back(struct ahci_port *p) {
    uint32_t out = in_flight(p);
    bool alone = !(out & (out - 1));
    for (unsigned i = 0; i < p->q.depth; i++)
        if (out & 1u << i) {
            p->suspects |= 1u << i;
            p->q.slot[i].issued = false;
            if (alone)
                blkq_again(&p->q, &p->q.slot[i]);
        }
}

static void stop_engine(struct ahci_port *p) {
    wr(p, AHCI_PXIE, 0);
    wr(p, CMD, rd(p, CMD) & ~(uint32_t)CMD_ST);
    enter(p, AHCI_STOP, STOP_LIMIT);
}

/* Only in a state in which the controller cannot touch the requests' memory. */
static void die(struct ahci_port *p, const char *why) {
    wr(p, AHCI_PXIE, 0);
    wr(p, CMD, rd(p, CMD) & ~(uint32_t)CMD_ST);
    p->state = AHCI_DEAD;
    p->why = why;
    if (p->known)
        plat_log("%s: %s: given up\n", p->disk.name, why);
    blkq_kill(&p->q, EIO);
}

/* Everything is off: the controller was not to be reset. */
static void all_die(struct ahci *h, const char *why) {
    h->dead = true;
    h->hw->cut_off(h->hw->arg);
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        if (h->port[i] && h->port[i]->state != AHCI_DEAD)
            die(h->port[i], why);
}

/* 10.4.3. All registers of all ports are as after power-on. */
static bool reset_hba(struct ahci *h) {
    uint64_t end = h->hw->now() + HBA_LIMIT;
    hwr(h, GHC, GHC_AE); /* the other bits may only be written with it set */
    hwr(h, GHC, GHC_AE | GHC_HR);
    while (hrd(h, GHC) & GHC_HR)
        if (h->hw->now() >= end)
            return false;
    hwr(h, GHC, GHC_AE);
    if (hrd(h, PI) != h->ports)
        hwr(h, PI, h->ports); /* what firmware has written stays, 3.1.4; not with all controllers */
    return true;
}

/* A port that does not stop: the whole controller is reset, and all ports with it. */
static void reset_all(struct ahci *h) {
    if (h->resets++ < LOGGED_RESETS)
        plat_log("AHCI controller: a port does not stop: reset\n");
    if (!reset_hba(h)) {
        all_die(h, "its controller does not reset");
        return;
    }
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        struct ahci_port *p = h->port[i];
        if (!p || p->state == AHCI_DEAD)
            continue;
        take_back(p);
        stop_engine(p);
    }
    hwr(h, GHC, GHC_AE | GHC_IE);
    plat_kick(0, PLAT_EV_BLOCK); /* the other ports' turn comes */
}

/* This attempt failed; with the engine stopped, or nothing but our own page given to it. */
static void again(struct ahci_port *p, const char *why) {
    if (++p->attempts >= MAX_ATTEMPTS)
        die(p, why);
    else
        stop_engine(p);
}

static bool at_stop(struct ahci_port *p) {
    uint32_t cmd = rd(p, CMD);
    if (cmd == ~0u) {
        all_die(p->hba, "its controller is gone");
        return false;
    }
    if (cmd & (CMD_CR | CMD_FR)) {
        if (!(cmd & CMD_CR) && cmd & CMD_FRE)
            wr(p, CMD, cmd & ~(uint32_t)CMD_FRE);
        else if (now(p) >= p->until && ++p->attempts < MAX_ATTEMPTS)
            reset_all(p->hba);
        else if (now(p) >= p->until)
            all_die(p->hba, "its port does not stop");
        return false;
    }
    take_back(p);
    if (p->fruitless > MAX_FRUITLESS) {
        die(p, "it never answers");
        return false;
    }
    wr(p, CLB, (uint32_t)p->mem_phys);
    wr(p, CLBU, (uint32_t)(p->mem_phys >> 32));
    wr(p, FB, (uint32_t)(p->mem_phys + FIS_AT));
    wr(p, FBU, (uint32_t)((p->mem_phys + FIS_AT) >> 32));
    wr(p, SERR, ~0u);
    wr(p, AHCI_PXIS, ~0u);
    wr(p, CMD, (cmd & 0x0fffffff & ~(uint32_t)(CMD_ST | CMD_FRE)) | CMD_SUD | CMD_POD | CMD_ACTIVE | CMD_FRE);
    wr(p, SCTL, SCTL_NO_POWER_SAVING | SCTL_DET_RESET);
    enter(p, AHCI_COMRESET, COMRESET_TIME);
    return true;
}

static bool at_comreset(struct ahci_port *p) {
    if (now(p) < p->until)
        return false;
    wr(p, SCTL, SCTL_NO_POWER_SAVING);
    enter(p, AHCI_LINK, LINK_LIMIT);
    return true;
}

static bool at_link(struct ahci_port *p) {
    uint32_t det = rd(p, SSTS) & 15;
    if (det == DET_UP) {
        wr(p, SERR, ~0u);
        enter(p, AHCI_BUSY, BUSY_LIMIT);
        return true;
    }
    if (det == 0 && !p->known && now(p) >= p->since + NOBODY)
        die(p, NULL);
    else if (now(p) >= p->until)
        again(p, "no link to the disk");
    return false;
}

static bool at_busy(struct ahci_port *p) {
    if (rd(p, TFD) & (TFD_BSY | TFD_DRQ)) {
        if (now(p) >= p->until)
            again(p, "it stays busy");
        return false;
    }
    if (rd(p, SIG) != SIG_ATA) {
        die(p, p->known ? "it is another device" : NULL);
        return false;
    }
    struct blk_seg seg = {p->mem_phys + ID_AT, ATA_ID_BYTES};
    memset(p->mem + ID_AT, 0, ATA_ID_BYTES);
    ata_fis(p->table[0], ATA_IDENTIFY, 0, 0, 0);
    describe(p, 0, false, &seg, 1);
    wr(p, CMD, rd(p, CMD) | CMD_ST);
    p->single = true;
    give(p, 1);
    enter(p, AHCI_IDENTIFY, IDENTIFY_LIMIT);
    return true;
}

static void size_queue(struct ahci_port *p) {
    struct blkq *q = &p->q;
    unsigned slots = (p->hba->cap >> 8 & 31) + 1;
    p->ncq = p->hba->cap & CAP_NCQ && p->id.depth;
    q->sectors = p->id.sectors;
    q->sector_size = p->id.sector_size;
    q->depth = !p->ncq ? 1 : p->id.depth < slots ? p->id.depth : slots;
    q->max_sectors = MAX_BYTES / q->sector_size;
    q->max_segs = MAX_SEGS;
    q->max_seg = MAX_BYTES;
    q->max_phys = p->hba->cap & CAP_64 ? UINT64_MAX : UINT32_MAX;
    q->align = 2;
    q->flush_alone = true;
    q->no_flush = !p->id.flush && !p->id.flush_ext;
}

/* The first time. */
static const char *settle(struct ahci_port *p) {
    const char *why = ata_identify(p->mem + ID_AT, &p->id);
    if (why)
        return why;
    size_queue(p);
    for (unsigned i = 1; i < p->q.depth; i++)
        if (!(p->table[i] = p->hba->hw->alloc(PAGE, p->q.max_phys, &p->table_phys[i])))
            return "no memory";
    memcpy(p->disk.model, p->id.model, sizeof p->disk.model);
    memcpy(p->disk.serial, p->id.serial, sizeof p->disk.serial);
    p->disk.q = &p->q;
    p->disk.run = ahci_run;
    p->disk.stop = ahci_stop;
    p->known = true;
    return NULL;
}

/* After a reset: is it what it was? Else nothing may be written to it. */
static const char *recognise(const struct ahci_port *p) {
    struct ata_id id;
    const char *why = ata_identify(p->mem + ID_AT, &id);
    return why ? why : ata_same(&id, &p->id) ? NULL : "it is another disk";
}

static bool at_identify(struct ahci_port *p) {
    uint32_t out = rd(p, CI), tfd = rd(p, TFD), is = rd(p, AHCI_PXIS);
    bool failed = is & AHCI_ERRORS & ~(1u << 22 | 1u << 6) || (!(out & 1) && tfd & (TFD_ERR | TFD_DF));
    bool late = out & 1 && now(p) >= p->until;
    if (failed || late)
        again(p, "it does not say what it is");
    if (failed || out & 1)
        return false;
    const char *why = p->known ? recognise(p) : settle(p);
    if (why) {
        die(p, why);
        return false;
    }
    p->attempts = 0;
    p->seen = 0;
    wr(p, SERR, ~0u);
    wr(p, AHCI_PXIS, ~0u);
    hwr(p->hba, AHCI_IS, 1u << p->number);
    wr(p, AHCI_PXIE, WANTED);
    p->state = AHCI_RUN;
    return true;
}

/* ---- running ---- */

static void fail(struct ahci_port *p, const char *why, bool fruitless) {
    if (p->resets++ < LOGGED_RESETS)
        plat_log("%s: %s: reset\n", p->disk.name, why);
    p->fruitless += fruitless;
    if (!p->single && ++p->ncq_errors == MAX_NCQ_ERRORS) {
        plat_log("%s: no queued commands from now on\n", p->disk.name);
        p->ncq = false;
    }
    stop_engine(p);
}

/* A plain read tells how much it brought (PRDBC, 4.2.2). */
static bool whole(const struct ahci_port *p, const struct blk_slot *s) {
    uint32_t got = *(volatile uint32_t *)(p->mem + HEADER * (unsigned)(s - p->q.slot) + 4);
    return !p->single || s->op != BLK_READ || got >= s->sectors * p->q.sector_size;
}

/* Ends the commands that the controller is done with. */
static void reap(struct ahci_port *p, uint32_t done) {
    for (unsigned i = 0; i < p->q.depth; i++) {
        struct blk_slot *s = &p->q.slot[i];
        if (!(done & 1u << i))
            continue;
        if (!whole(p, s)) {
            blkq_again(&p->q, s);
            continue;
        }
        p->fruitless = 0;
        p->suspects &= ~(1u << i);
        blkq_end(&p->q, s, 0);
    }
}

/* What is wrong while commands are out, NULL: nothing. *done: those that ended well. The order of the reads matters:
 * a plain command that failed may be out of PxCI before the error is seen, but then the task file has it. */
static const char *look(struct ahci_port *p, uint32_t *done) {
    uint32_t out = in_flight(p), ci = rd(p, CI), sact = rd(p, SACT), tfd = rd(p, TFD);
    uint32_t active = p->single ? ci : ci | sact, asked = p->single ? 0 : out; /* asked: what PxSACT may hold */
    uint32_t is = __atomic_exchange_n(&p->seen, 0, __ATOMIC_SEQ_CST) | rd(p, AHCI_PXIS);
    bool error = is & AHCI_ERRORS || tfd & TFD_ERR || (p->single && !(active & out) && tfd & TFD_DF);
    *done = error && p->single ? 0 : out & ~active;
    if (active == ~0u && tfd == ~0u)
        return "it is gone";
    if (error)
        return is & (1u << 22 | 1u << 6) ? "the link was lost" : "error";
    return (ci & ~out) | (sact & ~asked) ? "it is busy with what was not asked" : NULL;
}

static void run(struct ahci_port *p) {
    uint32_t done = 0;
    const char *why = NULL;
    if (in_flight(p))
        why = look(p, &done);
    else if (p->seen & AHCI_ERRORS)
        why = "the link was lost";
    reap(p, done);
    bool idle = !done && !why && p->q.busy && now(p) >= p->disk.due;
    if (!why && idle && (rd(p, SSTS) & 15) != DET_UP)
        why = "the link was lost";
    if (why)
        fail(p, why, false);
    else if (blkq_late(&p->q))
        fail(p, "no answer in time", true);
    if (p->state == AHCI_RUN)
        issue_all(p);
}

/* One step; true: the next can follow at once. */
static bool step(struct ahci_port *p) {
    static bool (*const steps[])(struct ahci_port *) = {
        [AHCI_STOP] = at_stop, [AHCI_COMRESET] = at_comreset, [AHCI_LINK] = at_link, [AHCI_BUSY] = at_busy,
        [AHCI_IDENTIFY] = at_identify,
    };
    return p->state < AHCI_RUN && steps[p->state](p);
}

uint64_t ahci_run(struct disk *d) {
    struct ahci_port *p = (struct ahci_port *)d;
    if (p->state == AHCI_RUN)
        run(p);
    while (step(p))
        ;
    if (p->state == AHCI_RUN && !in_flight(p))
        issue_all(p);
    if (p->state == AHCI_DEAD)
        return UINT64_MAX;
    if (p->state == AHCI_RUN)
        return p->q.busy ? now(p) + WATCH : UINT64_MAX;
    return now(p) + (p->state == AHCI_BUSY || p->state == AHCI_IDENTIFY ? 10 : 1) * BLK_MS;
}

/* ---- the controller ---- */

/* Firmware that drives the disks itself is asked to leave (10.6). */
static void take_from_firmware(struct ahci *h) {
    if (hrd(h, VS) < 0x10200 || !(hrd(h, CAP2) & CAP2_BOH) || !(hrd(h, BOHC) & BOHC_BOS))
        return;
    uint64_t end = h->hw->now() + HANDOFF_LIMIT;
    hwr(h, BOHC, hrd(h, BOHC) | BOHC_OOS);
    while (hrd(h, BOHC) & (BOHC_BOS | BOHC_BB) && h->hw->now() < end)
        ;
}

static bool add_port(struct ahci *h, unsigned number) {
    struct ahci_port *p = calloc(1, sizeof *p);
    uint64_t max = h->cap & CAP_64 ? UINT64_MAX : UINT32_MAX;
    if (!p)
        return false;
    p->hba = h;
    p->number = number;
    blkq_init(&p->q, h->hw);
    p->mem = h->hw->alloc(PAGE, max, &p->mem_phys);
    p->table[0] = h->hw->alloc(PAGE, max, &p->table_phys[0]);
    if (!p->mem || !p->table[0]) {
        free(p);
        return false;
    }
    h->port[number] = p;
    stop_engine(p);
    return true;
}

/* All ports together, until each runs or is given up. A disk that has to spin up is no reason for a silent screen. */
static void bring_up(struct ahci *h) {
    bool busy = true, said = false;
    uint64_t start = h->hw->now();
    while (busy) {
        busy = false;
        if (!said && h->hw->now() - start > PATIENCE) {
            plat_log("AHCI controller: waiting for a disk\n");
            said = true;
        }
        for (unsigned i = 0; i < AHCI_PORTS; i++) {
            struct ahci_port *p = h->port[i];
            while (p && step(p))
                ;
            busy |= p && p->state < AHCI_RUN;
        }
    }
}

const char *ahci_start(struct ahci *h) {
    if (hrd(h, CAP) == ~0u)
        return "it is gone";
    hwr(h, GHC, hrd(h, GHC) | GHC_AE);
    take_from_firmware(h);
    h->cap = hrd(h, CAP);
    h->ports = hrd(h, PI);
    if (!reset_hba(h))
        return "it does not reset";
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        if (h->ports >> i & 1 && AHCI_PORT_BASE + AHCI_PORT_SIZE * (i + 1) <= h->registers && !add_port(h, i))
            return "no memory";
    bring_up(h);
    if (h->dead)
        return "it failed";
    hwr(h, AHCI_IS, ~0u);
    hwr(h, GHC, GHC_AE | GHC_IE);
    return NULL;
}

/* A command without data, waited for. */
static void plain(struct ahci_port *p, enum ata_command c) {
    uint64_t end = now(p) + STANDBY_LIMIT;
    ata_fis(p->table[0], c, 0, 0, 0);
    describe(p, 0, false, NULL, 0);
    p->single = true;
    give(p, 1);
    while (rd(p, CI) & 1 && now(p) < end)
        ;
}

void ahci_stop(struct disk *d) {
    struct ahci_port *p = (struct ahci_port *)d;
    if (p->state != AHCI_RUN)
        return;
    uint64_t end = now(p) + STANDBY_LIMIT;
    while (rd(p, CI) | rd(p, SACT) && now(p) < end)
        ;
    if (!(rd(p, CI) | rd(p, SACT))) {
        if (p->q.write_sectors && !p->q.no_flush)
            plain(p, p->id.flush_ext ? ATA_FLUSH_EXT : ATA_FLUSH);
        plain(p, ATA_STANDBY_IMMEDIATE); /* the heads are parked before power goes */
    }
    p->state = AHCI_DEAD;
}
