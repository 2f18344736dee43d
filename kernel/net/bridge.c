/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets a frame. Assumes the hart loop; guarantees that no frame goes back to where it came from, that a receiver
 * sees only frames of NET_HEADER to NET_FRAME bytes, and checksums that are still to be stored only if it takes them.
 * Pure: unit tests and libFuzzer run it hosted. */
#include "kernel/net/port.h"

#include <string.h>

static bool is_group(const uint8_t mac[6]) { return mac[0] & 1; }
static bool same(const uint8_t a[6], const uint8_t b[6]) { return memcmp(a, b, 6) == 0; }

bool net_copy(const struct net_frame *f, size_t from, void *to, size_t len) {
    uint8_t *out = to;
    for (unsigned i = 0; i < f->nseg && len; i++) {
        size_t have = f->seg[i].len;
        if (from >= have) {
            from -= have;
            continue;
        }
        size_t n = have - from < len ? have - from : len;
        memcpy(out, (const uint8_t *)f->seg[i].at + from, n);
        out += n;
        len -= n;
        from = 0;
    }
    return len == 0;
}

/* RFC 1071. Zero as UDP's result would mean "no checksum": its other form is sent (RFC 768), which TCP takes as
 * well. */
bool net_csum_fill(uint8_t *frame, size_t len, size_t start, size_t offset) {
    if (start >= len || offset > len - start || len - start - offset < 2)
        return false;
    uint32_t sum = 0;
    for (size_t i = start; i + 1 < len; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    if ((len - start) & 1)
        sum += (uint32_t)frame[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    sum = ~sum & 0xffff;
    sum = sum ? sum : 0xffff;
    frame[start + offset] = (uint8_t)(sum >> 8);
    frame[start + offset + 1] = (uint8_t)sum;
    return true;
}

void net_derive_mac(uint8_t out[6], const uint8_t card[6], unsigned index) {
    memcpy(out, card, 6);
    out[0] = (uint8_t)((out[0] | 2) & ~1);
    out[1] ^= (uint8_t)(0x52 + index); /* of a card that is locally administered already, another one */
}

static bool well_formed(const struct net_frame *f) {
    size_t len = 0;
    if (f->nseg == 0 || f->nseg > NET_SEGMENTS || f->len < NET_HEADER || f->len > NET_FRAME)
        return false;
    for (unsigned i = 0; i < f->nseg; i++) {
        if (f->seg[i].len > NET_FRAME)
            return false;
        len += f->seg[i].len;
    }
    return len == f->len && (!f->csum || (f->csum_start + f->csum_offset + 2u <= len && f->csum_start < len));
}

/* The frame as a receiver with these offloads may see it: itself, or a copy with its checksum. */
struct delivery {
    const struct net_frame *f;
    struct net_frame copy;
    struct net_seg seg;
    uint8_t bytes[NET_FRAME];
};

static const struct net_frame *for_receiver(struct delivery *d, unsigned offloads) {
    if (!d->f->csum || (offloads & NET_CSUM))
        return d->f;
    if (d->copy.seg)
        return &d->copy;
    net_copy(d->f, 0, d->bytes, d->f->len);
    net_csum_fill(d->bytes, d->f->len, d->f->csum_start, d->f->csum_offset);
    d->seg = (struct net_seg){d->bytes, d->f->len};
    d->copy = (struct net_frame){.seg = &d->seg, .nseg = 1, .len = d->f->len, .csum_good = true};
    return &d->copy;
}

static bool to_port(struct net_port *p, struct delivery *d) {
    if (!p->receive(p, for_receiver(d, p->offloads))) {
        p->stats.rx_dropped++;
        return false;
    }
    p->stats.rx_frames++;
    p->stats.rx_bytes += d->f->len;
    return true;
}

static bool to_wire(struct nic *n, struct delivery *d) {
    if (!n || !n->send(n, for_receiver(d, n->offloads)))
        return false;
    n->stats.tx_frames++;
    n->stats.tx_bytes += d->f->len;
    return true;
}

/* To the ports but `from`; *owned: one of them, or `from` itself, has the destination as its address. */
static bool to_ports(struct bridge *b, struct net_port *from, const uint8_t mac[6], struct delivery *d, bool *owned) {
    bool took = false;
    *owned = false;
    for (unsigned i = 0; i < b->nports; i++) {
        struct net_port *p = b->port[i];
        bool mine = same(p->mac, mac);
        *owned |= mine;
        if (p != from && (mine || is_group(mac) || p->promiscuous))
            took |= to_port(p, d);
    }
    return took;
}

static bool is_spoofed(const struct bridge *b, const struct net_port *from, const uint8_t source[6]) {
    for (unsigned i = 0; i < b->nports; i++)
        if (b->port[i] != from && same(b->port[i]->mac, source))
            return true;
    return false;
}

bool bridge_send(struct bridge *b, struct net_port *from, const struct net_frame *f) {
    uint8_t head[12];
    struct delivery d = {.f = f};
    bool owned;
    if (!well_formed(f) || !net_copy(f, 0, head, sizeof head)) {
        from->stats.tx_dropped++;
        return false;
    }
    if (is_spoofed(b, from, head + 6)) {
        b->spoofed++;
        from->stats.tx_dropped++;
        return false;
    }
    bool took = to_ports(b, from, head, &d, &owned);
    if (!owned)
        took |= to_wire(b->nic, &d);
    from->stats.tx_frames += took;
    from->stats.tx_bytes += took ? f->len : 0;
    from->stats.tx_dropped += !took;
    return took;
}

/* From the wire. What carries a port's own address as its source has come back to us, and is left out. */
static void from_wire(struct nic *n, const struct net_frame *f) {
    uint8_t head[12];
    struct delivery d = {.f = f};
    bool owned;
    if (f->csum || !well_formed(f) || !net_copy(f, 0, head, sizeof head)) {
        n->stats.rx_bad++;
        return;
    }
    n->stats.rx_frames++;
    n->stats.rx_bytes += f->len;
    if (!is_spoofed(n->bridge, NULL, head + 6))
        to_ports(n->bridge, NULL, head, &d, &owned);
}

static void link_changed(struct nic *n) {
    n->stats.link_changes++;
    for (unsigned i = 0; i < n->bridge->nports; i++)
        if (n->bridge->port[i]->link_changed)
            n->bridge->port[i]->link_changed(n->bridge->port[i], n->link);
}

void bridge_attach(struct bridge *b, struct nic *n) {
    n->bridge = b;
    n->receive = from_wire;
    n->link_changed = link_changed;
    b->nic = n;
}

bool bridge_plug(struct bridge *b, struct net_port *p) {
    if (b->nports == NET_MAX_PORTS || is_group(p->mac) || is_spoofed(b, NULL, p->mac))
        return false;
    b->port[b->nports++] = p;
    if (p->link_changed)
        p->link_changed(p, b->nic && b->nic->link);
    return true;
}

bool bridge_set_mac(struct bridge *b, struct net_port *p, const uint8_t mac[6]) {
    static const uint8_t zero[6];
    if (is_group(mac) || same(mac, zero) || is_spoofed(b, p, mac))
        return false;
    memcpy(p->mac, mac, 6);
    return true;
}

bool bridge_poll(struct bridge *b) { return b->nic && b->nic->poll(b->nic); }
