/* SPDX-License-Identifier: BSD-2-Clause */
/* The bridge: who gets which frame, checksums put in where the receiver has no use for them undone, bad frames. */
#include "kernel/net/port.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct got {
    unsigned count, links;
    size_t len;
    bool csum, full, link;
    uint8_t bytes[NET_FRAME];
} got[3]; /* 0: the wire */
static struct bridge bridge;
static struct nic nic;
static struct net_port port[2];
static const uint8_t guest[6] = {2, 0, 0, 0, 0, 1}, own[6] = {2, 0, 0, 0, 0, 2}, other[6] = {2, 0, 0, 0, 0, 3};
static const uint8_t everyone[6] = {255, 255, 255, 255, 255, 255};

static bool take(struct got *g, const struct net_frame *f) {
    if (g->full)
        return false;
    g->count++;
    g->len = f->len;
    g->csum = f->csum;
    CHECK(f->len <= NET_FRAME && net_copy(f, 0, g->bytes, f->len));
    return true;
}

static bool nic_send(struct nic *n, const struct net_frame *f) { return n == &nic && take(&got[0], f); }
static bool nic_poll(struct nic *n) { return n != &nic; }
static bool port_receive(struct net_port *p, const struct net_frame *f) { return take(&got[1 + (p - port)], f); }
static void port_link(struct net_port *p, bool up) {
    got[1 + (p - port)].links++;
    got[1 + (p - port)].link = up;
}

static void start(void) {
    memset(got, 0, sizeof got);
    bridge = (struct bridge){0};
    nic = (struct nic){.name = "net0", .link = true, .send = nic_send, .poll = nic_poll};
    bridge_attach(&bridge, &nic);
    for (unsigned i = 0; i < 2; i++) {
        port[i] = (struct net_port){.name = "p", .receive = port_receive, .link_changed = port_link};
        memcpy(port[i].mac, i ? own : guest, 6);
        CHECK(bridge_plug(&bridge, &port[i]));
    }
}

static uint8_t bytes[NET_FRAME + 8];
static struct net_seg seg[2];
static struct net_frame frame;

/* In two segments, cut in the middle of an address. */
static const struct net_frame *make(const uint8_t to[6], const uint8_t from[6], size_t len) {
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    memcpy(bytes, to, 6);
    memcpy(bytes + 6, from, 6);
    seg[0] = (struct net_seg){bytes, len < 9 ? len : 9};
    seg[1] = (struct net_seg){bytes + 9, len < 9 ? 0 : len - 9};
    frame = (struct net_frame){.seg = seg, .nseg = 2, .len = len};
    return &frame;
}

static unsigned counts(void) { return got[0].count * 100 + got[1].count * 10 + got[2].count; }

UNIT_TEST(bridge_ports_to_wire_and_each_other) {
    start();
    CHECK(bridge_send(&bridge, &port[0], make(other, guest, 60)));
    CHECK_EQ(counts(), 100);
    CHECK(got[0].len == 60 && !memcmp(got[0].bytes, bytes, 60));
    CHECK(bridge_send(&bridge, &port[0], make(own, guest, 1514)));
    CHECK_EQ(counts(), 101); /* not on the wire */
    CHECK(!memcmp(got[2].bytes, bytes, 1514));
    CHECK(bridge_send(&bridge, &port[1], make(everyone, own, 42)));
    CHECK_EQ(counts(), 211);
    CHECK_EQ(port[0].stats.tx_frames, 2);
    CHECK_EQ(port[0].stats.tx_bytes, 1574);
    CHECK_EQ(nic.stats.tx_frames, 2);
    bridge.nic = NULL;
    CHECK(!bridge_send(&bridge, &port[0], make(other, guest, 60)));
    CHECK_EQ(port[0].stats.tx_dropped, 1);
}

UNIT_TEST(bridge_wire_to_ports) {
    start();
    nic.receive(&nic, make(guest, other, 60));
    CHECK_EQ(counts(), 10);
    nic.receive(&nic, make(other, other, 60)); /* the card is promiscuous: somebody else's */
    CHECK_EQ(counts(), 10);
    nic.receive(&nic, make((const uint8_t[6]){1, 0, 0x5e, 0, 0, 1}, other, 60));
    CHECK_EQ(counts(), 21);
    nic.receive(&nic, make(everyone, guest, 60)); /* our own, come back */
    CHECK_EQ(counts(), 21);
    port[1].promiscuous = true;
    nic.receive(&nic, make(guest, other, 60));
    CHECK_EQ(counts(), 32);
    got[1].full = true;
    nic.receive(&nic, make(guest, other, 60));
    CHECK_EQ(port[0].stats.rx_dropped, 1);
    CHECK_EQ(port[0].stats.rx_frames, 3);
    CHECK_EQ(nic.stats.rx_frames, 6);
}

UNIT_TEST(bridge_spoofed_source) {
    start();
    CHECK(!bridge_send(&bridge, &port[0], make(other, own, 60)));
    CHECK_EQ(counts(), 0);
    CHECK_EQ(bridge.spoofed, 1);
    CHECK(bridge_send(&bridge, &port[0], make(other, other, 60))); /* a bridge inside the guest */
}

/* The guest takes another address: frames to it arrive, those to the old one do not, and nobody's can be taken. */
UNIT_TEST(bridge_address_changes) {
    static const uint8_t zero[6], group[6] = {3, 0, 0, 0, 0, 3};
    start();
    CHECK(!bridge_set_mac(&bridge, &port[0], own) && !bridge_set_mac(&bridge, &port[0], zero) &&
          !bridge_set_mac(&bridge, &port[0], group));
    nic.receive(&nic, make(guest, other, 60));
    CHECK_EQ(counts(), 10);
    CHECK(bridge_set_mac(&bridge, &port[0], other));
    nic.receive(&nic, make(guest, own, 60)); /* from our own address: come back */
    nic.receive(&nic, make(guest, (const uint8_t[6]){2, 0, 0, 0, 0, 4}, 60));
    CHECK_EQ(counts(), 10);
    nic.receive(&nic, make(other, (const uint8_t[6]){2, 0, 0, 0, 0, 4}, 60));
    CHECK_EQ(counts(), 20);
    CHECK(bridge_send(&bridge, &port[1], make(other, own, 60))); /* not on the wire */
    CHECK_EQ(counts(), 30);
    CHECK(bridge_set_mac(&bridge, &port[0], other)); /* its own again */
    CHECK(bridge_set_mac(&bridge, &port[0], guest));
    CHECK(bridge_send(&bridge, &port[1], make(other, own, 60)));
    CHECK_EQ(counts(), 130);
}

UNIT_TEST(bridge_bad_frames) {
    start();
    for (size_t len = 0; len <= NET_FRAME + 8; len++) {
        bool good = len >= NET_HEADER && len <= NET_FRAME;
        CHECK_EQ(bridge_send(&bridge, &port[0], make(other, guest, len)), good);
        nic.receive(&nic, make(own, other, len));
    }
    CHECK_EQ(counts(), (NET_FRAME - NET_HEADER + 1) * 101);
    CHECK_EQ(nic.stats.rx_bad, NET_HEADER + 8);
    make(other, guest, 60);
    frame.len = 61; /* not what the segments hold */
    CHECK(!bridge_send(&bridge, &port[0], &frame));
    frame.len = 60;
    seg[0].len = ~(size_t)0 - 30; /* a sum that wraps */
    CHECK(!bridge_send(&bridge, &port[0], &frame));
    make(other, guest, 60);
    frame.nseg = 0;
    CHECK(!bridge_send(&bridge, &port[0], &frame));
    frame.nseg = NET_SEGMENTS + 1;
    CHECK(!bridge_send(&bridge, &port[0], &frame));
    make(own, other, 60);
    frame.csum = true; /* no card may ask for one */
    nic.receive(&nic, &frame);
    CHECK_EQ(nic.stats.rx_bad, NET_HEADER + 9);
}

UNIT_TEST(bridge_checksum) {
    /* RFC 1071's example: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2. */
    uint8_t b[] = {0, 0, 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CHECK(net_csum_fill(b, sizeof b, 0, 0));
    CHECK(b[0] == 0x22 && b[1] == 0x0d);
    uint8_t odd[] = {0, 0, 0xff};
    CHECK(net_csum_fill(odd, sizeof odd, 0, 0));
    CHECK(odd[0] == 0x00 && odd[1] == 0xff);
    uint8_t ones[] = {0xff, 0xff, 0, 0};
    CHECK(net_csum_fill(ones, sizeof ones, 0, 2));
    CHECK(ones[2] == 0xff && ones[3] == 0xff); /* zero is not sent */
    for (size_t start = 0; start < 12; start++)
        for (size_t off = 0; off < 12; off++)
            CHECK_EQ(net_csum_fill(b, sizeof b, start, off), start < sizeof b && start + off + 2 <= sizeof b);
    CHECK(!net_csum_fill(b, sizeof b, 1, ~(size_t)0));
}

UNIT_TEST(bridge_checksum_only_for_who_takes_it) {
    start();
    nic.offloads = NET_CSUM;
    make(everyone, guest, 61);
    frame.csum = true;
    frame.csum_start = 34;
    frame.csum_offset = 16;
    CHECK(bridge_send(&bridge, &port[0], &frame));
    CHECK(got[0].csum && !got[2].csum);
    CHECK(!memcmp(got[0].bytes, bytes, 61));
    CHECK(net_csum_fill(bytes, 61, 34, 16));
    CHECK(!memcmp(got[2].bytes, bytes, 61));
    make(other, guest, 61);
    frame.csum = true;
    frame.csum_start = 58;
    frame.csum_offset = 2; /* its second byte is outside */
    CHECK(!bridge_send(&bridge, &port[0], &frame));
    frame.csum_start = frame.csum_offset = 0xffff;
    CHECK(!bridge_send(&bridge, &port[0], &frame));
    CHECK_EQ(counts(), 101);
}

UNIT_TEST(bridge_plugs_and_links) {
    struct net_port more = {.name = "x", .mac = {2, 0, 0, 0, 0, 9}}, same = {.name = "y"}, group = {.mac = {3}};
    struct net_port last = {.mac = {2, 0, 0, 0, 0, 10}}, full = {.mac = {2, 0, 0, 0, 0, 11}};
    uint8_t derived[6];
    start();
    CHECK(got[1].links == 1 && got[1].link);
    nic.link = false;
    nic.link_changed(&nic);
    CHECK(got[2].links == 2 && !got[2].link);
    memcpy(same.mac, guest, 6);
    CHECK(!bridge_plug(&bridge, &same) && !bridge_plug(&bridge, &group));
    CHECK(bridge_plug(&bridge, &more) && bridge_plug(&bridge, &last) && !bridge_plug(&bridge, &full));
    CHECK(!bridge_poll(&bridge));
    net_derive_mac(derived, guest, 0);
    CHECK(memcmp(derived, guest, 6) && (derived[0] & 3) == 2);
}
