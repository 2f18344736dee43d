/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's end of a virtqueue against a device that keeps the rules and ones that do not; vendor capabilities of
 * any contents. */
#include "kernel/drivers/vring.h"

#include <string.h>

#include "kernel/drivers/virtio_pci.h"
#include "tests/unit/unit.h"

static uint8_t mem[16384] __attribute__((aligned(4096)));
static struct vring r;

static uint16_t *avail(void) { return (void *)(mem + vring_avail_at(r.size)); }
static uint16_t *used(void) { return (void *)(mem + vring_used_at(r.size)); }

/* The device is done with a request. */
static void finish(uint32_t id, uint32_t len) {
    uint32_t *slot = (uint32_t *)(used() + 2) + 2 * (used()[1] % r.size);
    slot[0] = id;
    slot[1] = len;
    used()[1]++;
}

static void start(uint16_t size) {
    memset(mem, 0, sizeof mem);
    vring_init(&r, mem, size);
}

UNIT_TEST(vring_round_and_round) {
    uint16_t id, got;
    uint32_t len;
    start(8);
    CHECK(vring_bytes(8) <= sizeof mem && vring_used_at(8) >= vring_avail_at(8) + 4 + 16);
    for (unsigned i = 0; i < 70000; i++) { /* the indices wrap */
        CHECK(vring_free(&r, &id));
        vring_offer(&r, id, 0x1000 * i, 100, i & 1);
        CHECK(r.desc[id].addr == 0x1000 * i && r.desc[id].flags == (i & 1 ? 2 : 0));
        CHECK(avail()[1] == (uint16_t)(i + 1) && avail()[2 + i % 8] == id);
        CHECK_EQ(vring_take(&r, &got, &len), VRING_NONE);
        finish(id, i);
        CHECK_EQ(vring_take(&r, &got, &len), VRING_USED);
        CHECK(got == id && len == i);
    }
}

UNIT_TEST(vring_full_and_out_of_order) {
    uint16_t id;
    uint32_t len;
    start(4);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(vring_free(&r, &id));
        vring_offer(&r, id, 0, 1, true);
    }
    CHECK(!vring_free(&r, &id));
    finish(2, 1);
    CHECK(vring_take(&r, &id, &len) == VRING_USED && id == 2);
    CHECK(vring_free(&r, &id) && id == 2);
    finish(0, 1);
    finish(3, 1);
    CHECK(vring_take(&r, &id, &len) == VRING_USED && id == 0);
    CHECK(vring_take(&r, &id, &len) == VRING_USED && id == 3);
    CHECK_EQ(r.nout, 1);
}

UNIT_TEST(vring_hostile_device) {
    uint16_t id = 77;
    uint32_t len;
    static const uint32_t bad[] = {4, 3, 0xffffffff, 0x10000};
    for (unsigned i = 0; i < 4; i++) {
        start(4);
        vring_offer(&r, 0, 0, 1, true);
        finish(bad[i], 1); /* not a request; one that is not out */
        CHECK_EQ(vring_take(&r, &id, &len), VRING_BROKEN);
        CHECK_EQ(r.nout, 1);
    }
    start(4);
    finish(0, 1); /* none is out */
    CHECK_EQ(vring_take(&r, &id, &len), VRING_BROKEN);
    vring_offer(&r, 0, 0, 1, true);
    finish(0, 1); /* twice */
    CHECK_EQ(vring_take(&r, &id, &len), VRING_BROKEN);
    start(4);
    vring_offer(&r, 0, 0, 1, true);
    used()[1] = 0x8000;
    CHECK_EQ(vring_take(&r, &id, &len), VRING_BROKEN);
}

UNIT_TEST(vring_notifications) {
    start(4);
    CHECK(vring_wants_notify(&r));
    used()[0] = 1;
    CHECK(!vring_wants_notify(&r));
    vring_interrupts(&r, false);
    CHECK_EQ(avail()[0], 1);
    vring_interrupts(&r, true);
    CHECK_EQ(avail()[0], 0);
}

/* ---- capabilities ---- */

static uint32_t config[64];
static uint32_t config_read(uint16_t bdf, unsigned off) { return bdf == 8 && off < 256 ? config[off / 4] : ~0u; }
static void config_write(uint16_t bdf, unsigned off, uint32_t v) { (void)bdf, (void)off, (void)v; }

static void cap(unsigned at, unsigned next, unsigned len, unsigned kind, uint32_t bar, uint32_t off, uint32_t size) {
    config[at / 4] = 9 | next << 8 | len << 16 | kind << 24;
    config[at / 4 + 1] = bar;
    config[at / 4 + 2] = off;
    config[at / 4 + 3] = size;
}

UNIT_TEST(virtio_capabilities) {
    static const struct pci_access a = {config_read, config_write};
    static const struct pci_dev d = {.bdf = 8};
    struct virtio_pci_region g;
    memset(config, 0, sizeof config);
    CHECK(!virtio_pci_find(&a, &d, VIRTIO_PCI_COMMON, &g)); /* no list */
    config[1] = 1 << 20;
    config[0x34 / 4] = 0x40;
    cap(0x40, 0x50, 16, VIRTIO_PCI_COMMON, 6, 0, 64);     /* no such BAR */
    cap(0x50, 0x60, 15, VIRTIO_PCI_COMMON, 4, 0, 64);     /* too short */
    cap(0x60, 0x70, 16, VIRTIO_PCI_COMMON, 4, 2, 64);     /* not aligned */
    cap(0x70, 0x80, 16, VIRTIO_PCI_COMMON, 4, 0x1000, 56);
    cap(0x80, 0x40, 20, VIRTIO_PCI_NOTIFY, 4, 0x3000, 0x1000); /* and round again */
    config[0x90 / 4] = 4;
    CHECK(virtio_pci_find(&a, &d, VIRTIO_PCI_COMMON, &g));
    CHECK(g.bar == 4 && g.offset == 0x1000 && g.length == 56);
    CHECK(virtio_pci_find(&a, &d, VIRTIO_PCI_NOTIFY, &g) && g.multiplier == 4 && g.offset == 0x3000);
    CHECK(!virtio_pci_find(&a, &d, VIRTIO_PCI_DEVICE, &g));
    config[0x34 / 4] = 0xf0;
    cap(0xf0, 0, 20, VIRTIO_PCI_NOTIFY, 4, 0, 64); /* its end is outside */
    CHECK(!virtio_pci_find(&a, &d, VIRTIO_PCI_NOTIFY, &g));
}
