/* SPDX-License-Identifier: BSD-2-Clause */
/* The bridge under frames of any shape from ports and from the wire: receivers read every byte they are given, and find
 * no frame outside its bounds, none of their own, none with a checksum that they do not take. */
#include "kernel/net/port.h"

#include "tests/libfuzzer/fuzz.h"

static struct bridge bridge;
static struct nic nic;
static struct net_port port[3];
static const struct net_port *sender;
static uint8_t sink;

static bool look(const struct net_frame *f, unsigned offloads) {
    uint8_t bytes[NET_FRAME];
    FUZZ_CHECK(f->len >= NET_HEADER && f->len <= NET_FRAME, "%zu bytes", f->len);
    FUZZ_CHECK(!f->csum || (offloads & NET_CSUM), "a checksum to be stored");
    FUZZ_CHECK(net_copy(f, 0, bytes, f->len), "fewer bytes than it says");
    for (size_t i = 0; i < f->len; i++)
        sink ^= bytes[i];
    return !(sink & 1);
}

static bool on_wire(struct nic *n, const struct net_frame *f) { return sender && look(f, n->offloads); }
static bool on_port(struct net_port *p, const struct net_frame *f) {
    FUZZ_CHECK(p != sender, "its own");
    return look(f, p->offloads);
}

static void start(struct fuzz_in *in) {
    bridge = (struct bridge){0};
    nic = (struct nic){.send = on_wire, .offloads = fuzz_take(in, 1) & NET_CSUM};
    bridge_attach(&bridge, &nic);
    for (unsigned i = 0; i < 3; i++) {
        port[i] = (struct net_port){.receive = on_port, .offloads = fuzz_take(in, 1) & NET_CSUM, .mac = {2}};
        port[i].promiscuous = fuzz_take(in, 1) & 1;
        port[i].mac[5] = (uint8_t)fuzz_take(in, 1);
        bridge_plug(&bridge, &port[i]);
    }
}

/* A frame of up to 21 segments; its length is mostly theirs. */
static void one(struct fuzz_in *in) {
    struct net_seg seg[NET_SEGMENTS + 1];
    struct net_frame f = {.seg = seg, .nseg = fuzz_take(in, 1) % (NET_SEGMENTS + 2)};
    for (unsigned i = 0; i < f.nseg; i++) {
        seg[i].at = fuzz_part(in, fuzz_take(in, 2) % 1600, &seg[i].len);
        f.len += seg[i].len;
    }
    unsigned how = fuzz_take(in, 1), who = how & 3;
    f.len += how & 4 ? fuzz_take(in, 1) : 0;
    f.csum = how & 8;
    f.csum_start = (uint16_t)fuzz_take(in, 2);
    f.csum_offset = (uint16_t)fuzz_take(in, 2);
    sender = who < 3 ? &port[who] : NULL;
    if (who < 3)
        bridge_send(&bridge, &port[who], &f);
    else
        nic.receive(&nic, &f);
    for (unsigned i = 0; i < f.nseg; i++)
        free((void *)seg[i].at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    start(&in);
    while (in.p < in.end)
        one(&in);
    return 0;
}
