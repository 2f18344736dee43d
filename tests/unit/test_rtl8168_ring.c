/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings of the RTL8168: a card that keeps the rules, full rings, and descriptors that no good card writes. */
#include "kernel/drivers/rtl8168_ring.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct rtl_desc desc[RTL_RING];
static uint8_t buffers[RTL_RING * RTL_BUFFER];
static struct rtl_ring r;
static uint8_t *at;
static uint16_t len;

static void start(void) {
    memset(desc, 0, sizeof desc);
    r = (struct rtl_ring){.desc = desc, .buffers = buffers, .buffers_phys = 0x100000};
}

UNIT_TEST(rtl8168_receive) {
    start();
    rtl_rx_init(&r);
    CHECK_EQ(desc[0].flags, 0x80000000u | RTL_BUFFER);
    CHECK_EQ(desc[RTL_RING - 1].flags, 0xc0000000u | RTL_BUFFER); /* the ring's end */
    CHECK_EQ(rtl_rx_next(&r, &at, &len), RTL_NONE);
    for (unsigned i = 0; i < 1000; i++) {
        desc[i % RTL_RING] = (struct rtl_desc){.flags = 0x30000000 | 64, .addr = 0xdead};
        CHECK_EQ(rtl_rx_next(&r, &at, &len), RTL_FRAME);
        CHECK(at == buffers + i % RTL_RING * RTL_BUFFER && len == 60);
        rtl_rx_done(&r);
        CHECK_EQ(desc[i % RTL_RING].addr, 0x100000 + i % RTL_RING * RTL_BUFFER);
    }
}

UNIT_TEST(rtl8168_receive_bad) {
    static const uint32_t bad[] = {0x30200000 | 64, 0x30000000 | 17, 0x30000000, 0x30000000 | (RTL_BUFFER + 1),
                                   0x30003fff,      0x20000000 | 64, 0x00000000 | 64, 0x10000000 | 64, 0x10000000 | 64};
    start();
    rtl_rx_init(&r);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        desc[i].flags = bad[i];
        CHECK_EQ(rtl_rx_next(&r, &at, &len), RTL_BAD);
        rtl_rx_done(&r);
    }
    desc[r.head].flags = 0x30000000 | 18;
    CHECK(rtl_rx_next(&r, &at, &len) == RTL_FRAME && len == 14);
}

UNIT_TEST(rtl8168_send) {
    start();
    rtl_tx_init(&r);
    memset(buffers, 0xff, sizeof buffers);
    rtl_tx_put(&r, 14);
    CHECK(desc[0].flags == (0xb0000000u | 60) && buffers[13] == 0xff && buffers[14] == 0 && buffers[59] == 0);
    for (unsigned i = 1; i < RTL_RING - 1; i++)
        rtl_tx_put(&r, 1514);
    rtl_tx_reclaim(&r);
    CHECK(!rtl_tx_buffer(&r));
    desc[1].flags = 0; /* out of order: waits for the one before */
    rtl_tx_reclaim(&r);
    CHECK(!rtl_tx_buffer(&r));
    desc[0].flags = 0;
    rtl_tx_reclaim(&r);
    CHECK(r.head == 2 && rtl_tx_buffer(&r) == buffers + (RTL_RING - 1) * RTL_BUFFER);
    rtl_tx_put(&r, 60);
    CHECK_EQ(desc[RTL_RING - 1].flags, 0xf0000000u | 60);
    memset(desc, 0, sizeof desc);
    rtl_tx_reclaim(&r);
    CHECK_EQ(r.head, r.tail);
}
