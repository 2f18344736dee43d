/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's PCI walks, against a configuration space of a few functions, good ones and hostile ones. */
#include "kernel/drivers/pci.h"

#include <string.h>

#include "tests/unit/unit.h"

enum { FUNCTIONS = 24, MAX = 64 };

static struct fake {
    uint16_t bdf;
    uint32_t reg[64];
    uint32_t mask[6]; /* the writable bits of each BAR */
} fake[FUNCTIONS];
static unsigned count, wide_writes;
static uint64_t reads;
static struct pci_dev dev[MAX];

static struct fake *find(uint16_t bdf) {
    for (unsigned i = 0; i < count; i++)
        if (fake[i].bdf == bdf)
            return &fake[i];
    return NULL;
}

static uint32_t fake_read(uint16_t bdf, unsigned off) {
    struct fake *f = find(bdf);
    reads++;
    CHECK(off < 4096 && off % 4 == 0);
    return f && off < 256 ? f->reg[off / 4] : ~0u;
}

static void fake_write(uint16_t bdf, unsigned off, uint32_t v) {
    struct fake *f = find(bdf);
    CHECK(f && (off == 4 || (off >= 16 && off < 40)));
    if (!f)
        return;
    if (off == 4) {
        CHECK_EQ(v >> 16, 0); /* status: ones clear */
        f->reg[1] = (f->reg[1] & 0xffff0000) | v;
        return;
    }
    wide_writes += v == ~0u;
    CHECK(v != ~0u || !(f->reg[1] & 3)); /* sized with decoding off only */
    unsigned n = (off - 16) / 4;
    f->reg[off / 4] = (v & f->mask[n]) | (f->reg[off / 4] & ~f->mask[n]);
}

static const struct pci_access access = {fake_read, fake_write};

static struct fake *add(unsigned bus, unsigned device, unsigned function, uint32_t id, uint32_t class, uint8_t header) {
    struct fake *f = &fake[count++];
    memset(f, 0, sizeof *f);
    f->bdf = (uint16_t)(bus << 8 | device << 3 | function);
    f->reg[0] = id;
    f->reg[1] = 0xf9000007; /* with status bits that ones would clear */
    f->reg[2] = class << 8;
    f->reg[3] = (uint32_t)header << 16;
    return f;
}

static struct fake *add_bridge(unsigned bus, unsigned device, unsigned second) {
    struct fake *f = add(bus, device, 0, 0x000c1b36, 0x060400, 1);
    f->reg[6] = 0xff0000 | second << 8 | bus;
    return f;
}

static void cap(struct fake *f, unsigned at, unsigned id, unsigned next, unsigned high) {
    f->reg[1] |= 1 << 20;
    f->reg[at / 4] = high << 16 | next << 8 | id;
}

static unsigned scan(void) {
    reads = 0;
    unsigned n = pci_enumerate(&access, dev, MAX);
    CHECK(reads < 50000);
    return n;
}

UNIT_TEST(pci_finds_functions_behind_bridges) {
    count = 0;
    add(0, 0, 0, 0x29c08086, 0x060000, 0);
    add_bridge(0, 1, 3);
    add(0, 31, 0, 0x29188086, 0x060100, 0x80);
    add(0, 31, 2, 0x29228086, 0x010601, 0)->reg[15] = 0x010b;
    add(3, 0, 0, 0x00101b36, 0x010802, 0);
    add_bridge(3, 4, 7);
    add(7, 2, 0, 0x100e8086, 0x020000, 0);
    add(7, 2, 1, 0x100e8086, 0x020000, 0); /* not multi-function: not looked at */
    add(200, 0, 0, 0x10001af4, 0x020000, 0); /* another root */
    CHECK_EQ(scan(), 8);
    CHECK_EQ(dev[3].bdf, 0xfa);
    CHECK_EQ(dev[3].irq_pin, 1);
    CHECK_EQ(dev[3].irq_line, 11);
    CHECK_EQ(dev[4].class, 0x010802);
    CHECK_EQ(dev[6].bdf, 7 << 8 | 2 << 3);
    CHECK_EQ(dev[7].vendor, 0x1af4);
    CHECK_EQ(pci_enumerate(&access, dev, 2), 2);
}

UNIT_TEST(pci_one_device_behind_a_port) {
    count = 0;
    struct fake *port = add_bridge(0, 1, 1);
    port->reg[13] = 0x40;
    cap(port, 0x40, 0x10, 0, 0x42); /* root port */
    for (unsigned d = 0; d < 4; d++)
        add(1, d, 0, 0x00101b36, 0x010802, 0); /* answers to every number */
    CHECK_EQ(scan(), 2);
    cap(port, 0x40, 0x10, 0, 0x52); /* upstream port of a switch */
    CHECK_EQ(scan(), 5);
}

UNIT_TEST(pci_bridges_that_lead_nowhere_end) {
    count = 0;
    add_bridge(0, 0, 0);
    add_bridge(0, 1, 1);
    add_bridge(1, 0, 1); /* to itself */
    add_bridge(1, 1, 0); /* to its parent */
    add_bridge(0, 2, 1); /* the same bus twice */
    add_bridge(0, 3, 255);
    add(255, 31, 7, 0x12345678, 0x020000, 0); /* function 7 without a function 0 */
    add(5, 0, 0, 0, 0x020000, 0);             /* vendor 0 */
    add(6, 0, 0, 0x1234ffff, 0x020000, 0);
    CHECK_EQ(scan(), 6);
}

UNIT_TEST(pci_capabilities) {
    count = 0;
    struct fake *f = add(0, 1, 0, 0x00101b36, 0x010802, 0);
    f->reg[13] = 0x43; /* the low bits are reserved */
    cap(f, 0x40, 0x11, 0x80, 0);
    cap(f, 0x80, 0x05, 0x60, 0);
    cap(f, 0x60, 0x10, 0, 0);
    CHECK_EQ(scan(), 1);
    CHECK_EQ(pci_cap_find(&access, dev, 0x11), 0x40);
    CHECK_EQ(pci_cap_find(&access, dev, 0x10), 0x60);
    CHECK_EQ(pci_cap_find(&access, dev, 0x09), 0);
    f->reg[1] &= ~(1u << 20);
    CHECK_EQ(pci_cap_find(&access, dev, 0x11), 0);
}

UNIT_TEST(pci_capability_loops_end) {
    count = 0;
    struct fake *f = add(0, 1, 0, 0x00101b36, 0x010802, 0);
    f->reg[13] = 0x40;
    cap(f, 0x40, 0x11, 0x40, 0);
    scan();
    CHECK_EQ(pci_cap_find(&access, dev, 0x05), 0);
    cap(f, 0x40, 0x11, 0x50, 0);
    cap(f, 0x50, 0x09, 0x40, 0);
    CHECK_EQ(pci_cap_find(&access, dev, 0x05), 0);
    cap(f, 0x50, 0x09, 0x10, 0); /* into the header */
    CHECK_EQ(pci_cap_find(&access, dev, 0x00), 0);
    f->reg[0x50 / 4] = ~0u;
    CHECK_EQ(pci_cap_find(&access, dev, 0xff), 0);
}

static void set_bar(struct fake *f, unsigned n, uint32_t v, uint32_t mask) {
    f->reg[4 + n] = v;
    f->mask[n] = mask;
}

UNIT_TEST(pci_bars) {
    struct pci_bar b;
    count = 0;
    struct fake *f = add(0, 1, 0, 0x00101b36, 0x010802, 0);
    set_bar(f, 0, 0x00004004, 0xffffc000);
    set_bar(f, 1, 0x00000018, 0xffffffff);
    set_bar(f, 2, 0xc041, 0xffe0); /* 32 ports, upper half not writable */
    set_bar(f, 3, 0xfe000008, 0xff000000);
    set_bar(f, 4, 0x0000000c, 0); /* 4 GiB: nothing of the lower half is writable */
    set_bar(f, 5, 0x00000008, 0xffffffff);
    scan();
    struct fake before = *f;
    CHECK(pci_bar_read(&access, dev, 0, &b) && b.wide && !b.io && !b.prefetch);
    CHECK(b.base == 0x1800004000 && b.size == 0x4000);
    CHECK(pci_bar_read(&access, dev, 2, &b) && b.io && b.base == 0xc040 && b.size == 32);
    CHECK(pci_bar_read(&access, dev, 3, &b) && b.prefetch && b.base == 0xfe000000 && b.size == 0x1000000);
    CHECK(pci_bar_read(&access, dev, 4, &b) && b.base == 0x800000000 && b.size == 0x100000000);
    CHECK_EQ(memcmp(&before, f, sizeof before), 0);
    CHECK(wide_writes >= 6);
}

UNIT_TEST(pci_hostile_bars) {
    struct pci_bar b;
    count = 0;
    struct fake *f = add(0, 1, 0, 0x00101b36, 0x010802, 0);
    set_bar(f, 0, 0, 0);                   /* not there */
    set_bar(f, 1, 0x00001000, 0xff00f000); /* no power of two */
    set_bar(f, 2, 0x00001000, 0xffffe000);
    f->reg[6] = 0x00001000;                /* base is not aligned to the size */
    f->mask[2] = 0xffffc000;
    set_bar(f, 3, 1, 0);
    set_bar(f, 5, 0x00004004, 0xffffc000); /* 64 bits at the last */
    scan();
    for (unsigned n = 0; n < 8; n++)
        CHECK(!pci_bar_read(&access, dev, n, &b));
    dev->header = 1;
    CHECK(!pci_bar_read(&access, dev, 2, &b));
    dev->header = 0x55;
    CHECK(!pci_bar_read(&access, dev, 0, &b));
    CHECK_EQ(f->reg[1], 0xf9000007);
}

UNIT_TEST(pci_names) {
    CHECK(!strcmp(pci_class_name(0x010802), "NVMe controller"));
    CHECK(!strcmp(pci_class_name(0x010600), "SATA controller"));
    CHECK(!strcmp(pci_class_name(0x018000), "storage controller"));
    CHECK(!strcmp(pci_class_name(0x028000), "network controller"));
    CHECK(!pci_class_name(0x030000));
}
