/* SPDX-License-Identifier: BSD-2-Clause */
/* The NAT's UDP: a socket for each port of the guest's, dropped when it was idle for a time; and the DHCP server
 * (RFC 2131), which has the one address. When all sockets are taken, the one idle longest goes. */
#include <errno.h>

#include "devices/netuser.h"

#define SECOND 1000000000ull
enum { IDLE = 120, IDLE_DNS = 20, HEADER = 8, FRAGMENT = 1480, MOST_FRAGMENTS = 45, DNS_PORT = 53 };

/* ---- to the guest ---- */

/* In fragments (RFC 791) where it is longer than a frame; u->datagram has room for the header before the data. */
static void to_guest(struct netuser *u, struct plat_addr from, uint32_t to, uint16_t to_port, size_t len) {
    uint8_t *d = u->datagram;
    size_t all = HEADER + len;
    nu_put16(d, from.port);
    nu_put16(d + 2, to_port);
    nu_put16(d + 4, (unsigned)all);
    nu_put16(d + 6, 0);
    uint16_t sum = nu_sum(d, all, nu_pseudo(from.ip, to, NU_PROTO_UDP, all)), id = u->ip_id;
    nu_put16(d + 6, sum ? sum : 0xffff);
    for (size_t at = 0; at < all; at += FRAGMENT) {
        size_t n = all - at < FRAGMENT ? all - at : FRAGMENT;
        struct nu_frame *f = nu_queue(u);
        if (!f)
            return;
        u->ip_id = id;
        memcpy(nu_headers(u, f->data, NU_PROTO_UDP, from.ip, to, n), d + at, n);
        uint8_t *ip = f->data + NU_ETH;
        nu_put16(ip + 6, (unsigned)(at / 8) | (at + n < all ? 0x2000 : 0));
        nu_put16(ip + 10, 0);
        nu_put16(ip + 10, nu_sum(ip, NU_IP, 0));
        f->len = NU_ETH + NU_IP + n;
    }
}

static void drop(struct nu_udp *f) {
    plat_sock_close(f->sock);
    *f = (struct nu_udp){0};
}

static uint64_t ends(const struct nu_udp *f) { return f->active + (f->dns ? IDLE_DNS : IDLE) * SECOND; }

static void receive(struct netuser *u, struct nu_udp *f) {
    struct plat_addr from;
    while (NU_QUEUE - u->count >= MOST_FRAGMENTS) {
        int64_t n = plat_sock_recv(f->sock, u->datagram + HEADER, 65535 - NU_IP - HEADER, &from);
        if (n < 0)
            return;
        f->active = plat_clock_ns();
        from.ip = f->dns && from.ip == u->dns && from.port == DNS_PORT ? NU_DNS : nu_shown(from.ip);
        to_guest(u, from, f->guest, f->guest_port, (size_t)n);
    }
}

void nu_udp_poll(struct netuser *u) {
    uint64_t now = plat_clock_ns();
    for (struct nu_udp *f = u->udp; f < u->udp + NU_UDP; f++) {
        if (f->sock)
            receive(u, f);
        if (f->sock && !f->forward && now >= ends(f))
            drop(f);
    }
}

uint64_t nu_udp_due(const struct netuser *u) {
    uint64_t due = UINT64_MAX;
    for (const struct nu_udp *f = u->udp; f < u->udp + NU_UDP; f++)
        if (f->sock && !f->forward && ends(f) < due)
            due = ends(f);
    return due;
}

void nu_udp_reset(struct netuser *u) {
    for (struct nu_udp *f = u->udp; f < u->udp + NU_UDP; f++)
        if (f->sock && !f->forward)
            drop(f);
}

/* ---- from the guest ---- */

static struct nu_udp *place(struct netuser *u) {
    struct nu_udp *oldest = NULL;
    for (struct nu_udp *f = u->udp; f < u->udp + NU_UDP; f++) {
        if (!f->sock)
            return f;
        if (!f->forward && (!oldest || f->active < oldest->active))
            oldest = f;
    }
    drop(oldest); /* there are fewer forwards than places */
    return oldest;
}

static struct nu_udp *flow(struct netuser *u, uint32_t guest, uint16_t port) {
    for (struct nu_udp *f = u->udp; f < u->udp + NU_UDP; f++)
        if (f->sock && f->guest == guest && f->guest_port == port)
            return f;
    return NULL;
}

static int open_flow(struct netuser *u, struct plat_addr host, struct plat_addr guest, bool forward,
                     struct nu_udp **out) {
    struct plat_sock *s;
    int err = plat_sock_udp(host, &s);
    if (err)
        return err;
    *out = place(u);
    **out = (struct nu_udp){s, guest.ip, guest.port, forward, false, plat_clock_ns()};
    return 0;
}

int nu_udp_forward(struct netuser *u, const struct nu_forward *f) {
    struct nu_udp *made;
    return open_flow(u, f->host, f->guest, true, &made);
}

void nu_udp_input(struct netuser *u, const struct nu_packet *p) {
    size_t len = nu_get16(p->data + 4);
    struct plat_addr guest = {p->src, nu_get16(p->data)}, to = {p->dst, nu_get16(p->data + 2)};
    if (len < HEADER || len > p->len || to.ip >> 28 >= 14 || to.ip == (NU_NET | ~NU_MASK))
        return;
    if (!nu_upstream(u, &to)) {
        nu_unreachable(u, p, p->dst == NU_DNS ? 3 : 1);
        return;
    }
    struct nu_udp *f = flow(u, guest.ip, guest.port);
    int64_t err = f ? 0 : open_flow(u, (struct plat_addr){0, 0}, guest, false, &f);
    if (err == 0) {
        f->active = plat_clock_ns();
        f->dns = f->dns || p->dst == NU_DNS;
        err = plat_sock_send(f->sock, p->data + HEADER, len - HEADER, &to);
    }
    if (err < 0 && err != -EAGAIN)
        nu_unreachable(u, p, err == -ECONNREFUSED ? 3 : 1);
}

/* ---- DHCP ---- */

enum { BOOTP = 236, COOKIE = BOOTP, OPTIONS = BOOTP + 4, SERVER_PORT = 67, CLIENT_PORT = 68, LEASE = 86400 };
enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };
enum { O_PAD = 0, O_MASK = 1, O_ROUTER = 3, O_DNS = 6, O_ASKED = 50, O_LEASE = 51, O_TYPE = 53, O_SERVER = 54,
       O_END = 255 };
static const uint8_t cookie[4] = {99, 130, 83, 99};

struct request {
    unsigned type;
    uint32_t asked, server; /* 0: not said */
};

static bool parse(const uint8_t *p, size_t len, struct request *r) {
    *r = (struct request){0};
    if (len < OPTIONS || p[0] != 1 || p[1] != 1 || p[2] != 6 || memcmp(p + COOKIE, cookie, 4))
        return false;
    r->asked = nu_get32(p + 12);
    for (size_t i = OPTIONS; i < len && p[i] != O_END;) {
        if (p[i] == O_PAD) {
            i++;
            continue;
        }
        if (i + 2 > len || i + 2 + p[i + 1] > len)
            return false;
        if (p[i] == O_TYPE && p[i + 1] == 1)
            r->type = p[i + 2];
        else if (p[i] == O_ASKED && p[i + 1] == 4)
            r->asked = nu_get32(p + i + 2);
        else if (p[i] == O_SERVER && p[i + 1] == 4)
            r->server = nu_get32(p + i + 2);
        i += 2 + (size_t)p[i + 1];
    }
    return true;
}

static uint8_t *option32(uint8_t *p, unsigned code, uint32_t v) {
    p[0] = (uint8_t)code, p[1] = 4;
    nu_put32(p + 2, v);
    return p + 6;
}

void nu_dhcp(struct netuser *u, const uint8_t *p, size_t len) {
    struct request r;
    if (!parse(p, len, &r) || (r.server && r.server != NU_GATEWAY))
        return;
    unsigned answer = r.type == DISCOVER ? OFFER : r.type == INFORM ? ACK
                    : r.type != REQUEST ? 0 : r.asked == NU_GUEST ? ACK : NAK;
    if (!answer)
        return;
    uint8_t *d = u->datagram + HEADER, *o = d + OPTIONS;
    memset(d, 0, OPTIONS + 64);
    d[0] = 2, d[1] = 1, d[2] = 6;
    memcpy(d + 4, p + 4, 4);     /* xid */
    memcpy(d + 10, p + 10, 6);   /* flags, ciaddr */
    nu_put32(d + 16, answer == NAK || r.type == INFORM ? 0 : NU_GUEST);
    nu_put32(d + 20, NU_GATEWAY);
    memcpy(d + 28, p + 28, 16);  /* the card's address */
    memcpy(d + COOKIE, cookie, 4);
    *o++ = O_TYPE, *o++ = 1, *o++ = (uint8_t)answer;
    o = option32(o, O_SERVER, NU_GATEWAY);
    if (answer != NAK) {
        o = option32(o, O_MASK, NU_MASK);
        o = option32(o, O_ROUTER, NU_GATEWAY);
        o = option32(o, O_DNS, NU_DNS);
        if (r.type != INFORM)
            o = option32(o, O_LEASE, LEASE);
    }
    *o = O_END;
    to_guest(u, (struct plat_addr){NU_GATEWAY, SERVER_PORT}, UINT32_MAX, CLIENT_PORT, OPTIONS + 64);
}
