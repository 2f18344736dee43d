/* SPDX-License-Identifier: BSD-2-Clause */
/* The AHCI driver against a fake controller with a disk on port 0 and nobody on port 1: with queued commands and
 * without, errors, silence, lost links, stuck engines, another disk after a reset, garbage. */
#include "kernel/drivers/ahci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_disk.h"
#include "tests/unit/unit.h"

enum { TFES = 1 << 30, PRCS = 1 << 22, PCS = 1 << 6, SDBS = 8, DHRS = 1, ST = 1, FRE = 16, FR = 1 << 14, CR = 1 << 15 };
enum { NO_NCQ = 1, LARGE = 2, OLD_HBA = 4 }; /* for start() */
#define S 1000000000ull

/* What happens to the next `left` reads and writes. */
enum fault { NO_FAULT, FAIL, FAIL_EARLY, HANG, SHORT, DROP_LINK, GARBAGE, FAULTS };

static struct {
    uint32_t cap, ghc, is, bohc;
    bool gone, silent, stuck, hba_stuck, no_link, halted, other_disk, always_busy, bad_checksum;
    uint32_t sig;
    uint16_t id[256];
    uint64_t bad_lba;
    enum fault fault;
    unsigned left;
    unsigned reads, writes, flushes, standbys, comresets, resets, most, queued;
} dev;
static struct port {
    uint32_t clb, clbu, fb, fbu, is, ie, cmd, tfd, sig, ssts, sctl, serr, sact, ci;
} port[2];
static struct ahci hba;

static void raise(uint32_t bits) {
    port[0].is |= bits;
    if (!(port[0].is & port[0].ie))
        return;
    dev.is |= 1;
    fake.irq |= dev.ghc & 2 && !dev.silent;
}

/* ---- the disk ---- */

static void text(unsigned word, unsigned chars, const char *s) {
    for (unsigned i = 0; i < chars; i++) {
        uint16_t c = *s ? (uint8_t)*s++ : ' ';
        dev.id[word + i / 2] |= (uint16_t)(i & 1 ? c : c << 8);
    }
}

static void make_id(unsigned how) {
    uint64_t sectors = FAKE_BYTES / (how & LARGE ? 4096 : 512);
    memset(dev.id, 0, sizeof dev.id);
    text(10, 20, "  serial 7");
    text(27, 40, "A disk\t");
    dev.id[49] = 3 << 8;
    dev.id[75] = 31;
    dev.id[76] = how & NO_NCQ ? 0 : 1 << 8;
    dev.id[83] = 1 << 14 | 1 << 10 | 1 << 12 | 1 << 13;
    dev.id[100] = (uint16_t)sectors;
    dev.id[106] = how & LARGE ? 1 << 14 | 1 << 12 : 0;
    dev.id[117] = how & LARGE ? 2048 : 0;
}

static void send_id(uint8_t *out) {
    uint8_t data[512], sum = 0;
    memcpy(data, dev.id, 512);
    data[2 * 10 + 3] ^= dev.other_disk;
    data[510] = 0xa5;
    data[511] = 0;
    for (unsigned i = 0; i < 512; i++)
        sum = (uint8_t)(sum + data[i]);
    data[511] = (uint8_t)(dev.bad_checksum - sum);
    memcpy(out, data, 512);
}

/* Moves the data; how many bytes. */
static uint32_t transfer(uint64_t prd, unsigned n, bool write, uint64_t at, uint32_t limit) {
    uint32_t done = 0;
    for (unsigned i = 0; i < n; i++) {
        uint32_t e[4];
        void *d = fake_memory(prd + 16 * i, 16);
        if (!d)
            break;
        memcpy(e, d, 16);
        uint32_t len = (e[3] & 0x3fffff) + 1;
        CHECK(!(e[0] & 1) && !(len & 1) && done + len <= limit && at + done + len <= FAKE_BYTES);
        for (uint32_t k = 0; k < len && at + done < FAKE_BYTES; k += 2, done += 2) { /* two bytes cross no page */
            uint8_t *p = fake_memory((e[0] | (uint64_t)e[1] << 32) + k, 2), *m = fake.medium + at + done;
            if (!p)
                return done;
            memcpy(write ? m : p, write ? p : m, 2);
        }
    }
    return done;
}

static void fail(unsigned slot, bool queued, bool early) {
    dev.halted = true;
    port[0].tfd = 0x4051;
    if (early && !queued)
        port[0].ci &= ~(1u << slot);
    raise(early && queued ? SDBS : TFES | DHRS);
}

/* True: the command meets its fate here. */
static bool meets_fault(enum fault f, unsigned slot, bool queued) {
    switch (f) {
    case FAIL:
    case FAIL_EARLY: fail(slot, queued, f == FAIL_EARLY); return true;
    case HANG: return true;
    case DROP_LINK:
        port[0].ssts = 0;
        port[0].serr |= 1 << 16;
        dev.halted = true;
        raise(PRCS);
        return true;
    case GARBAGE: port[0].sact |= fake_number(1 << 24); return false;
    default: return false;
    }
}

static void data_command(const uint8_t *fis, unsigned slot, uint8_t *head, uint64_t tab) {
    bool queued = fis[2] == 0x60 || fis[2] == 0x61, write = fis[2] == 0x61 || fis[2] == 0x35;
    unsigned count = queued ? fis[3] | fis[11] << 8 : fis[12] | fis[13] << 8;
    uint64_t lba = fis[4] | fis[5] << 8 | fis[6] << 16 | (uint64_t)fis[8] << 24;
    uint32_t h[2], bytes = count * fake.sector_size;
    memcpy(h, head, 8);
    CHECK_EQ(h[0] >> 6 & 1, write);
    CHECK(fis[7] == 0x40 && count);
    CHECK_EQ(queued ? port[0].sact >> slot & 1 : port[0].sact, queued);
    CHECK_EQ(queued ? fis[12] >> 3 : slot, slot);
    dev.queued += queued;
    dev.reads += !write;
    dev.writes += write;
    if (queued)
        port[0].ci &= ~(1u << slot);
    enum fault f = dev.left ? dev.fault : dev.bad_lba - lba < count ? FAIL : NO_FAULT;
    dev.left -= dev.left != 0;
    if (meets_fault(f, slot, queued))
        return;
    uint32_t done = transfer(tab + 128, h[0] >> 16, write, lba * fake.sector_size, bytes);
    CHECK_EQ(done, bytes);
    if (f == SHORT && !queued)
        done -= 512;
    if (!queued)
        memcpy(head + 4, &done, 4);
    port[0].tfd = 0x50;
    if (queued)
        port[0].sact &= ~(1u << slot);
    else
        port[0].ci &= ~(1u << slot);
    raise(queued ? SDBS : DHRS);
}

static void execute(unsigned slot) {
    uint8_t *head = fake_memory((port[0].clb | (uint64_t)port[0].clbu << 32) + 32 * slot, 32);
    uint32_t h[4];
    if (!head)
        return;
    memcpy(h, head, 16);
    uint64_t tab = h[2] | (uint64_t)h[3] << 32;
    const uint8_t *fis = fake_memory(tab, 128);
    CHECK((h[0] & 31) == 5 && !(h[2] & 127) && fis && fis[0] == 0x27 && fis[1] == 0x80);
    if (!fis)
        return;
    if (fis[2] == 0x25 || fis[2] == 0x35 || fis[2] == 0x60 || fis[2] == 0x61) {
        data_command(fis, slot, head, tab);
        return;
    }
    CHECK(port[0].sact == 0 && port[0].ci == 1u << slot);
    uint32_t prd[4];
    void *d = fake_memory(tab + 128, 16);
    memcpy(prd, d, 16);
    uint8_t *to = fis[2] == 0xec ? fake_memory(prd[0] | (uint64_t)prd[1] << 32, 512) : NULL;
    if (to)
        send_id(to);
    dev.flushes += fis[2] == 0xea;
    dev.standbys += fis[2] == 0xe0;
    CHECK(to || fis[2] == 0xea || fis[2] == 0xe0);
    port[0].tfd = 0x50;
    port[0].ci &= ~(1u << slot);
    raise(DHRS);
}

static void work(void) {
    unsigned n = 0;
    CHECK(port[0].cmd & CR);
    for (uint32_t m = port[0].ci; m; m &= m - 1)
        n++;
    dev.most = n > dev.most ? n : dev.most;
    for (unsigned i = 32; i--;)
        if (port[0].ci >> i & 1 && !dev.halted)
            execute(i);
}

/* ---- registers ---- */

static void reset_port(struct port *p) {
    uint32_t clb[4] = {p->clb, p->clbu, p->fb, p->fbu};
    *p = (struct port){clb[0], clb[1], clb[2], clb[3], .tfd = 0x7f, .sig = ~0u};
}

static void comreset(void) {
    dev.comresets++;
    dev.halted = false;
    port[0].ssts = dev.no_link ? 1 : 0x123;
    port[0].tfd = dev.always_busy ? 0x80 : 0x150;
    port[0].sig = dev.sig;
    port[0].serr |= 1 << 26 | 1 << 16;
    raise(PCS | PRCS | DHRS);
}

static uint32_t *reg_of(unsigned off) {
    struct port *p = &port[(off - 0x100) / 0x80];
    uint32_t *const r[] = {&p->clb, &p->clbu, &p->fb, &p->fbu, &p->is, &p->ie, &p->cmd, NULL, &p->tfd, &p->sig,
                           &p->ssts, &p->sctl, &p->serr, &p->sact, &p->ci};
    unsigned n = off % 0x80 / 4;
    return n < sizeof r / sizeof *r ? r[n] : NULL;
}

static uint32_t read_reg(void *arg, unsigned space, unsigned off, unsigned size) {
    (void)arg;
    CHECK(space == 0 && size == 4 && off < 0x200);
    if (dev.gone || off >= 0x200)
        return ~0u;
    if (off >= 0x100)
        return reg_of(off) ? *reg_of(off) : 0;
    return off == 0 ? dev.cap : off == 4 ? dev.ghc : off == 8 ? dev.is : off == 0xc ? 3 : off == 0x10 ? 0x10301 :
           off == 0x24 ? 1 : off == 0x28 ? dev.bohc : 0;
}

static void write_cmd(struct port *p, uint32_t x) {
    bool was = p->cmd & CR;
    p->cmd = (x & ~(uint32_t)(CR | FR)) | (x & FRE ? FR : 0) | (x & ST || (was && dev.stuck) ? CR : 0);
    if (!(x & ST))
        p->ci = p->sact = 0;
}

static void write_port(unsigned off, uint32_t x) {
    struct port *p = &port[(off - 0x100) / 0x80];
    uint32_t *r = reg_of(off), old;
    CHECK(r != NULL);
    if (!r)
        return;
    old = *r;
    if (r == &p->cmd) {
        write_cmd(p, x);
    } else if (r == &p->is || r == &p->serr) {
        *r &= ~x;
    } else if (r == &p->sact) {
        *r |= x;
    } else if (r == &p->ci) {
        *r |= x;
        work();
    } else {
        *r = x;
    }
    if (r == &port[0].sctl && (old & 15) == 1 && (x & 15) == 0)
        comreset();
}

static void write_reg(void *arg, unsigned space, unsigned off, unsigned size, uint32_t x) {
    (void)arg;
    CHECK(space == 0 && size == 4 && off < 0x200);
    if (off >= 0x100 && off < 0x200)
        write_port(off, x);
    else if (off == 4 && x & 1 && !dev.hba_stuck) {
        dev.resets++;
        dev.stuck = false;
        dev.ghc = 0;
        reset_port(&port[0]);
        reset_port(&port[1]);
    } else if (off == 4)
        dev.ghc = x;
    else if (off == 8)
        dev.is &= ~x;
    else if (off == 0x28)
        dev.bohc = x & 2 ? 2 : dev.bohc; /* firmware leaves at once */
}

/* ---- tests ---- */

static void leave(void) {
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        free(hba.port[i]);
    memset(&hba, 0, sizeof hba);
}

static void make(unsigned how) {
    leave();
    fake_disk_reset(how & LARGE ? 4096 : 512);
    fake.hw.read = read_reg;
    fake.hw.write = write_reg;
    memset(&dev, 0, sizeof dev);
    memset(port, 0, sizeof port);
    dev.cap = how & OLD_HBA ? 7 << 8 : 1u << 31 | 1 << 30 | 31 << 8;
    dev.sig = 0x101;
    dev.bohc = 1;
    dev.bad_lba = UINT64_MAX;
    port[0].cmd = port[1].cmd = ST | CR | FRE | FR; /* as firmware left it */
    make_id(how);
    hba = (struct ahci){.hw = &fake.hw, .registers = 0x1000};
    hba.registers = 0x200;
}

static struct ahci_port *start(unsigned how) {
    make(how);
    CHECK(!ahci_start(&hba));
    struct ahci_port *p = hba.port[0];
    CHECK(p && p->state == AHCI_RUN && hba.port[1] && hba.port[1]->state == AHCI_DEAD && !hba.port[1]->why);
    CHECK(strcmp(p->disk.model, "A disk?") == 0 && strcmp(p->disk.serial, "serial 7") == 0 && dev.bohc == 2);
    strcpy(p->disk.name, "disk-under-test");
    fake_disk_open(&p->disk);
    return p;
}

static void some_requests(struct ahci_port *p) {
    for (unsigned i = 0; i < 6; i++)
        CHECK(fake_submit(&p->disk, BLK_WRITE, FAKE_WRITE_FIRST + 3 * i, 1 + i % 3));
    CHECK(fake_submit(&p->disk, BLK_READ, 0, 7));
    CHECK(fake_submit(&p->disk, BLK_READ, FAKE_WRITE_FIRST + FAKE_WRITE_COUNT, 14));
    CHECK(fake_submit(&p->disk, BLK_FLUSH, 0, 0));
}

UNIT_TEST(ahci_reads_writes_and_flushes) {
    for (unsigned how = 0; how < 8; how++) {
        struct ahci_port *p = start(how);
        some_requests(p);
        CHECK(fake_pump(&p->disk, S));
        fake_settle();
        bool ncq = !(how & (NO_NCQ | OLD_HBA));
        CHECK(dev.reads == 2 && dev.writes == 6 && dev.flushes == 1 && p->resets == 0 && dev.resets == 1);
        CHECK_EQ(dev.queued, ncq ? 8 : 0);
        CHECK_EQ(dev.most, ncq ? 8 : 1);
    }
    leave();
}

UNIT_TEST(ahci_writes_only_where_it_may) {
    struct ahci_port *p = start(0);
    struct blk_req *r = fake_submit(&p->disk, BLK_WRITE, FAKE_WRITE_FIRST - 1, 2);
    CHECK(fake_pump(&p->disk, S) && fake_error(r) == EROFS && dev.writes == 0);
    fake_settle();
    leave();
}

UNIT_TEST(ahci_lost_interrupts) {
    for (unsigned how = 0; how < 2; how++) {
        struct ahci_port *p = start(how);
        dev.silent = true;
        some_requests(p);
        CHECK(fake_pump(&p->disk, 6 * S));
        fake_settle();
        CHECK_EQ(p->resets, 0);
    }
    leave();
}

/* The error of a read whose first `times` tries meet the fault. */
static int read_with(unsigned how, enum fault f, unsigned times, unsigned resets) {
    struct ahci_port *p = start(how);
    dev.fault = f;
    dev.left = times;
    struct blk_req *r = fake_submit(&p->disk, BLK_READ, 1, 3);
    CHECK(fake_pump(&p->disk, 200 * S));
    int err = fake_error(r);
    fake_settle();
    CHECK_EQ(p->resets, resets);
    CHECK(p->state != AHCI_DEAD);
    CHECK((f != HANG) == (fake.clock < S * 15)); /* others are seen without waiting for a deadline */
    return err;
}

UNIT_TEST(ahci_errors) {
    for (unsigned how = 0; how < 2; how++)
        for (enum fault f = FAIL; f <= HANG; f++) {
            CHECK_EQ(read_with(how, f, 1, 1), 0);
            CHECK_EQ(read_with(how, f, BLK_TRIES, BLK_TRIES), EIO);
        }
    CHECK_EQ(read_with(NO_NCQ, SHORT, 2, 0), 0);
    CHECK_EQ(read_with(NO_NCQ, SHORT, BLK_TRIES, 0), EIO);
    CHECK_EQ(read_with(0, DROP_LINK, 1, 1), 0);
    CHECK_EQ(read_with(NO_NCQ, DROP_LINK, 2, 2), 0);
    CHECK_EQ(read_with(0, GARBAGE, 1, 1), 0);
    leave();
}

/* Until the port has nothing to do. */
static void idle(struct ahci_port *p) {
    while (p->disk.run(&p->disk) != UINT64_MAX)
        ;
}

/* Only the request with the bad sector fails. */
UNIT_TEST(ahci_bad_sector_among_many) {
    for (unsigned how = 0; how < 2; how++) {
        struct ahci_port *p = start(how);
        dev.bad_lba = FAKE_WRITE_FIRST + FAKE_WRITE_COUNT + 11;
        some_requests(p);
        struct blk_req *bad = fake_submit(&p->disk, BLK_READ, dev.bad_lba - 1, 3);
        struct blk_req *good = fake_submit(&p->disk, BLK_READ, dev.bad_lba - 4, 4);
        CHECK(fake_pump(&p->disk, 100 * S));
        CHECK(fake_error(bad) == EIO && fake_error(good) == 0 && dev.flushes == 1);
        idle(p);
        CHECK(p->state == AHCI_RUN && !p->suspects);
        fake_settle();
    }
    leave();
}

/* Something that must end in death: after it nothing reaches the medium. */
static void dies(struct ahci_port *p, bool cut) {
    struct blk_req *r = fake_submit(&p->disk, BLK_READ, 0, 1);
    CHECK(fake_pump(&p->disk, 900 * S));
    CHECK(p->state == AHCI_DEAD && fake_error(r) == EIO && fake.cut == cut);
    unsigned commands = dev.reads + dev.writes;
    r = fake_submit(&p->disk, BLK_WRITE, FAKE_WRITE_FIRST, 1);
    CHECK_EQ(p->disk.run(&p->disk), UINT64_MAX);
    CHECK(fake_error(r) == EIO && dev.reads + dev.writes == commands);
    fake_settle();
}

UNIT_TEST(ahci_gives_up) {
    for (unsigned i = 0; i < 6; i++) {
        struct ahci_port *p = start(0);
        dev.fault = i & 1 ? HANG : FAIL;
        dev.left = 1;
        dev.other_disk = i == 0;
        dev.no_link = i == 1;
        dev.always_busy = i == 2;
        dev.stuck = dev.hba_stuck = i == 3;
        dev.sig = i == 4 ? 0xeb140101 : 0x101;
        dev.gone = i == 5;
        dies(p, i == 3 || i == 5);
    }
    struct ahci_port *p = start(0);
    dev.fault = HANG;
    dev.left = UINT32_MAX;
    for (unsigned i = 0; i < 4 && p->state != AHCI_DEAD; i++) {
        some_requests(p);
        CHECK(fake_pump(&p->disk, 2000 * S));
    }
    CHECK(p->state == AHCI_DEAD);
    fake_settle();
    leave();
}

UNIT_TEST(ahci_stuck_engine_resets_the_controller) {
    struct ahci_port *p = start(0);
    dev.fault = FAIL;
    dev.left = 1;
    dev.stuck = true;
    some_requests(p);
    CHECK(fake_pump(&p->disk, 100 * S));
    CHECK(dev.resets == 2 && p->state == AHCI_RUN && dev.flushes == 1 && dev.ghc & 2);
    fake_settle();
    leave();
}

UNIT_TEST(ahci_link_lost_while_idle) {
    struct ahci_port *p = start(0);
    p->seen = PRCS; /* as the interrupt handler says it */
    idle(p);
    CHECK(p->resets == 1 && dev.comresets == 2 && p->state == AHCI_RUN);
    some_requests(p);
    CHECK(fake_pump(&p->disk, S));
    fake_settle();
    leave();
}

UNIT_TEST(ahci_parks_the_heads) {
    struct ahci_port *p = start(0);
    p->disk.stop(&p->disk);
    CHECK(dev.flushes == 1 && dev.standbys == 1 && p->state == AHCI_DEAD);
    leave();
}

/* Ports that are not driven, and why. */
UNIT_TEST(ahci_refuses) {
    static const char *const why[] = {NULL, "damaged", "no ATA", "48-bit", "password", "512 to 4096", "no sectors",
                                      "stays busy", "no link"};
    for (unsigned i = 0; i < sizeof why / sizeof *why; i++) {
        make(0);
        dev.sig = i == 0 ? 0xeb140101 : 0x101; /* a CD drive */
        dev.bad_checksum = i == 1;
        dev.id[0] = (uint16_t)(i == 2) << 15;
        dev.id[83] &= (uint16_t)(i == 3 ? ~(1 << 10) : ~0);
        dev.id[128] = (uint16_t)(i == 4) << 2;
        dev.id[106] = i == 5 ? 1 << 14 | 1 << 12 : 0;
        dev.id[118] = i == 5;
        dev.id[100] = i == 6 ? 0 : 64;
        dev.always_busy = i == 7;
        dev.no_link = i == 8;
        CHECK(!ahci_start(&hba));
        const char *said = hba.port[0]->why;
        CHECK(hba.port[0]->state == AHCI_DEAD);
        CHECK(why[i] ? said && strstr(said, why[i]) : !said);
    }
    make(0);
    dev.hba_stuck = true;
    CHECK(ahci_start(&hba));
    make(0);
    dev.gone = true;
    CHECK(ahci_start(&hba));
    leave();
}

/* Any faults at any time: every request ends, once, and what is acknowledged is so. */
UNIT_TEST(ahci_random_faults) {
    for (unsigned round = 0; round < 40; round++) {
        struct ahci_port *p = start(round & 1 ? NO_NCQ : 0);
        fake.seed = round;
        p->resets = hba.resets = 100; /* resets are no news here */
        for (unsigned i = 0; i < 10 && p->state != AHCI_DEAD; i++) {
            dev.fault = (enum fault)fake_number(FAULTS);
            dev.left = fake_number(5);
            dev.silent = fake_number(2);
            dev.stuck = !fake_number(4);
            some_requests(p);
            CHECK(fake_pump(&p->disk, 3000 * S));
            fake_settle();
        }
    }
    leave();
}

UNIT_TEST(ata_identification_of_any_contents) {
    struct ata_id id;
    uint8_t data[ATA_ID_BYTES];
    unsigned good = 0;
    fake.seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)fake_number(256);
        data[510] = 0;                   /* no checksum */
        memset(data + 204, 0, 4);        /* fewer than 2^32 sectors */
        data[1] = 0;                     /* an ATA disk, */
        data[256] = 0;                   /* open, */
        data[99] |= 3;                   /* with DMA */
        data[167] = (uint8_t)fake_number(2) << 6 | 4;
        const char *why = ata_identify(data, &id);
        CHECK(strlen(id.model) <= 40 && strlen(id.serial) <= 20);
        CHECK(why || (id.sectors && (id.sector_size & (id.sector_size - 1)) == 0 && id.sector_size - 512 <= 3584));
        good += !why;
    }
    CHECK(good != 0);
}
