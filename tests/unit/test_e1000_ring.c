/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings of Intel's cards: a card that keeps the rules, full rings, and descriptors that no good card writes. */
#include "kernel/drivers/e1000_ring.h"

#include <string.h>

#include "tests/unit/unit.h"

static union {
    struct e1000_rx_desc rx[E1000_RING];
    struct e1000_tx_desc tx[E1000_RING];
} desc;
static uint8_t buffers[E1000_RING * E1000_BUFFER];
static struct e1000_ring r;
static uint8_t *at;
static uint16_t len;
static bool good;

static void start(bool rx) {
    memset(&desc, 0xff, sizeof desc);
    r = (struct e1000_ring){.desc = &desc, .buffers = buffers, .buffers_phys = 0x100000};
    if (rx)
        e1000_rx_init(&r);
    else
        e1000_tx_init(&r);
}

/* The card writes a descriptor back. */
static void arrive(unsigned i, uint16_t length, uint8_t status, uint8_t errors) {
    desc.rx[i % E1000_RING].length = length;
    desc.rx[i % E1000_RING].status = status;
    desc.rx[i % E1000_RING].errors = errors;
}

UNIT_TEST(e1000_receive) {
    start(true);
    CHECK(e1000_rx_next(&r, &at, &len, &good) == E1000_NONE && r.tail == E1000_RING - 1);
    for (unsigned i = 0; i < 1000; i++) {
        desc.rx[i % E1000_RING].addr = 0xdead; /* the card may write there what it likes */
        arrive(i, 64, i & 1 ? 0x23 : 0x27, 0);
        CHECK_EQ(e1000_rx_next(&r, &at, &len, &good), E1000_FRAME);
        CHECK(at == buffers + i % E1000_RING * E1000_BUFFER && len == 64 && good == (i & 1));
        e1000_rx_done(&r);
        CHECK(r.tail == i % E1000_RING && desc.rx[r.tail].status == 0);
        CHECK_EQ(desc.rx[r.tail].addr, 0x100000 + i % E1000_RING * E1000_BUFFER);
    }
}

UNIT_TEST(e1000_receive_bad) {
    static const struct { uint16_t len; uint8_t status, errors; } bad[] = {
        {64, 3, 1}, {64, 3, 0x80}, {64, 3, 0x10}, {13, 3, 0}, {0, 3, 0}, {E1000_BUFFER + 1, 3, 0}, {0xffff, 3, 0},
        {64, 1, 0}, {64, 1, 0}, {64, 3, 0}}; /* the last three: one frame */
    start(true);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        arrive(i, bad[i].len, bad[i].status, bad[i].errors);
        CHECK_EQ(e1000_rx_next(&r, &at, &len, &good), E1000_BAD);
        e1000_rx_done(&r);
    }
    arrive(10, 14, 0x23, 0x60); /* wrong checksums inside: the receiver's affair */
    CHECK(e1000_rx_next(&r, &at, &len, &good) == E1000_FRAME && !good);
}

UNIT_TEST(e1000_send) {
    start(false);
    for (unsigned i = 0; i < E1000_RING - 1; i++) {
        CHECK(e1000_tx_buffer(&r) == buffers + i * E1000_BUFFER);
        e1000_tx_put(&r, (uint16_t)(60 + i));
        CHECK(desc.tx[i].length == 60 + i && desc.tx[i].command == 0xb && desc.tx[i].status == 0);
        CHECK_EQ(desc.tx[i].addr, 0x100000 + i * E1000_BUFFER);
    }
    CHECK(!e1000_tx_buffer(&r)); /* a full ring would look like an empty one */
    e1000_tx_reclaim(&r);
    CHECK(!e1000_tx_buffer(&r));
    desc.tx[1].status = 1; /* out of order: waits for the one before */
    e1000_tx_reclaim(&r);
    CHECK(!e1000_tx_buffer(&r));
    memset(&desc, 0xff, sizeof desc); /* a card gone mad: no more comes back than was given */
    e1000_tx_reclaim(&r);
    CHECK(r.head == r.tail && e1000_tx_buffer(&r));
}

/* The advanced format: status behind the first eight bytes, the frame's length twice when sending. */
UNIT_TEST(e1000_advanced) {
    start(true);
    r.advanced = true;
    struct e1000_rx_advanced *a = (void *)&desc;
    a[0] = (struct e1000_rx_advanced){.status = 0x23, .length = 1514};
    CHECK(e1000_rx_next(&r, &at, &len, &good) == E1000_FRAME && len == 1514 && good);
    e1000_rx_done(&r);
    a[1] = (struct e1000_rx_advanced){.status = 0x80000003, .length = 64};
    CHECK_EQ(e1000_rx_next(&r, &at, &len, &good), E1000_BAD);
    start(false);
    r.advanced = true;
    e1000_tx_put(&r, 1513);
    const uint32_t *word = (const uint32_t *)&desc;
    CHECK_EQ(word[2], 0x2b300000 | 1513);
    CHECK_EQ(word[3], 1513u << 14);
}
