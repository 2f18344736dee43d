/* SPDX-License-Identifier: BSD-2-Clause */
/* The NAT's TCP (RFC 9293): the end that faces the guest, for every connection one, with a socket behind it. What the
 * guest sends goes to the socket and is acknowledged when it is here; what the socket gives is kept until the guest has
 * acknowledged it. The guest's SYN is answered when the socket is connected, so that a refusal is seen as one.
 *
 * The way to the guest loses nothing, so segments out of order are not kept: an acknowledgement asks for them again,
 * and what the guest does not acknowledge in time is sent again from there on. With all NU_TCP connections in use a
 * new one is refused. */
#include <errno.h>
#include <stdlib.h>

#include "devices/netuser.h"

#define MS 1000000ull
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { HEADER = 20, OUR_MSS = 1460, USUAL_MSS = 536, WSCALE = 2, MAX_SEGMENT = 32768, MAX_TRIES = 12 };
enum { RTO_MS = 400, MAX_RTO_MS = 20000, HALF_CLOSED_MS = 300000 };

struct segment {
    uint32_t seq, ack, wnd;
    uint16_t from, to;
    unsigned flags;
    const uint8_t *options, *data;
    size_t options_len, len;
};

/* ---- buffers ---- */

static size_t put(struct nu_ring *r, const uint8_t *p, size_t len) {
    size_t room = NU_BUFFER - r->len, n = len < room ? len : room, at = (r->head + r->len) % NU_BUFFER;
    size_t part = n < NU_BUFFER - at ? n : NU_BUFFER - at;
    memcpy(r->data + at, p, part);
    memcpy(r->data, p + part, n - part);
    r->len += n;
    return n;
}

static void copy(const struct nu_ring *r, size_t off, uint8_t *out, size_t len) {
    size_t at = (r->head + off) % NU_BUFFER, part = len < NU_BUFFER - at ? len : NU_BUFFER - at;
    memcpy(out, r->data + at, part);
    memcpy(out + part, r->data, len - part);
}

static void take(struct nu_ring *r, size_t n) {
    r->head = (r->head + n) % NU_BUFFER;
    r->len -= n;
}

/* ---- connections ---- */

static struct nu_tcp *find(struct netuser *u, uint32_t guest, uint16_t guest_port, uint32_t peer, uint16_t peer_port) {
    for (struct nu_tcp *c = u->tcp; c < u->tcp + NU_TCP; c++)
        if (c->state && c->guest == guest && c->guest_port == guest_port && c->peer == peer &&
            c->peer_port == peer_port)
            return c;
    return NULL;
}

static void drop(struct nu_tcp *c) {
    if (c->sock)
        plat_sock_close(c->sock);
    free(c->out.data);
    free(c->in.data);
    *c = (struct nu_tcp){0};
}

static struct nu_tcp *make(struct netuser *u, enum nu_state state) {
    struct nu_tcp *c = u->tcp;
    while (c < u->tcp + NU_TCP && c->state)
        c++;
    if (c == u->tcp + NU_TCP)
        return NULL;
    *c = (struct nu_tcp){.state = state, .mss = USUAL_MSS, .rto_at = UINT64_MAX, .active = plat_clock_ns()};
    c->out.data = malloc(NU_BUFFER);
    c->in.data = malloc(NU_BUFFER);
    plat_entropy(&c->snd_una, sizeof c->snd_una);
    c->snd_nxt = c->snd_max = c->snd_una;
    if (c->out.data && c->in.data)
        return c;
    drop(c);
    return NULL;
}

/* Something of ours is not acknowledged, or waits for the guest's window. */
static bool outstanding(const struct nu_tcp *c) {
    if (c->state == NU_SYN_RCVD || c->state == NU_SYN_SENT)
        return true;
    return c->state == NU_OPEN && (c->snd_max != c->snd_una || (c->snd_wnd == 0 && (c->out.len || c->eof)));
}

static void arm(struct nu_tcp *c) {
    uint64_t rto = RTO_MS << (c->tries < 6 ? c->tries : 6);
    if (!outstanding(c) || c->fin_acked)
        c->rto_at = UINT64_MAX;
    else if (c->rto_at == UINT64_MAX)
        c->rto_at = plat_clock_ns() + (rto < MAX_RTO_MS ? rto : MAX_RTO_MS) * MS;
}

/* Both directions have ended and the guest knows it. */
static bool finished(const struct nu_tcp *c) { return c->fin_in && c->shut && c->fin_acked && !c->ack_due; }

/* ---- the socket's side ---- */

static void to_socket(struct nu_tcp *c) {
    while (c->in.len) {
        size_t n = c->in.len < NU_BUFFER - c->in.head ? c->in.len : NU_BUFFER - c->in.head;
        int64_t sent = plat_sock_send(c->sock, c->in.data + c->in.head, n, NULL);
        if (sent <= 0) {
            c->reset_due = c->reset_due || (sent < 0 && sent != -EAGAIN);
            break;
        }
        take(&c->in, (size_t)sent);
        c->active = plat_clock_ns();
    }
    if (c->fin_in && c->in.len == 0 && !c->shut) {
        plat_sock_shutdown(c->sock);
        c->shut = true;
    }
    uint32_t edge = c->rcv_nxt + (uint32_t)(NU_BUFFER - c->in.len);
    if (!c->fin_in && edge - c->advertised >= NU_BUFFER / 4 && (int32_t)(edge - c->advertised) > 0)
        c->ack_due = true;
}

static void from_socket(struct nu_tcp *c) {
    while (!c->eof && c->out.len < NU_BUFFER) {
        size_t at = (c->out.head + c->out.len) % NU_BUFFER, room = NU_BUFFER - c->out.len;
        size_t n = room < NU_BUFFER - at ? room : NU_BUFFER - at;
        int64_t got = plat_sock_recv(c->sock, c->out.data + at, n, NULL);
        if (got < 0) {
            c->reset_due = c->reset_due || got != -EAGAIN;
            return;
        }
        c->eof = got == 0;
        c->out.len += (size_t)got;
        c->active = plat_clock_ns();
    }
}

static void pump(struct nu_tcp *c) {
    c->dirty = false;
    if (c->state == NU_CONNECTING) {
        int err = plat_sock_connected(c->sock);
        if (err && err != -EAGAIN)
            c->reset_due = true;
        if (err == 0) {
            c->state = NU_SYN_RCVD;
            c->syn_due = true;
        }
    }
    if (c->state == NU_OPEN && !c->reset_due) {
        to_socket(c);
        if (!c->reset_due)
            from_socket(c);
    }
    arm(c);
}

/* ---- to the guest ---- */

/* Headers, checksum or the offload of it; the data are in place behind them. The frame's length. */
static size_t build(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, const struct nu_tcp *c,
                    const struct segment *s) {
    size_t head = HEADER + s->options_len, all = head + s->len;
    uint8_t *t = nu_headers(u, frame, NU_PROTO_TCP, c->peer, c->guest, all);
    uint32_t pseudo = nu_pseudo(c->peer, c->guest, NU_PROTO_TCP, all);
    memset(t, 0, HEADER);
    nu_put16(t, c->peer_port);
    nu_put16(t + 2, c->guest_port);
    nu_put32(t + 4, s->seq);
    nu_put32(t + 8, s->ack);
    t[12] = (uint8_t)(head / 4 << 4);
    t[13] = (uint8_t)s->flags;
    nu_put16(t + 14, s->wnd);
    if (s->options_len)
        memcpy(t + HEADER, s->options, s->options_len);
    if (u->netdev.takes & PLAT_NET_CSUM && s->len) {
        nu_put16(t + 16, (uint16_t)~nu_sum(t, 0, pseudo));
        *h = (struct plat_net_hdr){PLAT_NET_NEEDS_CSUM, PLAT_NET_GSO_NONE, (uint16_t)(NU_ETH + NU_IP + head), 0,
                                   NU_ETH + NU_IP, 16};
        if (s->len > c->mss)
            h->gso_type = PLAT_NET_GSO_TCP4, h->gso_size = c->mss;
    } else {
        nu_put16(t + 16, nu_sum(t, all, pseudo));
    }
    return NU_ETH + NU_IP + all;
}

static uint32_t window(struct nu_tcp *c) {
    uint32_t room = (uint32_t)(NU_BUFFER - c->in.len), shift = c->scaled ? WSCALE : 0;
    uint32_t wnd = room >> shift < 0xffff ? room >> shift : 0xffff;
    c->advertised = c->rcv_nxt + (wnd << shift);
    return wnd;
}

static size_t send_syn(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, struct nu_tcp *c) {
    static const uint8_t options[8] = {2, 4, OUR_MSS >> 8, OUR_MSS & 255, 1, 3, 3, WSCALE};
    bool answer = c->state == NU_SYN_RCVD;
    struct segment s = {.seq = c->snd_una, .flags = SYN, .options = options,
                        .options_len = answer && !c->scaled ? 4 : 8, .wnd = 0xffff};
    c->syn_due = false;
    c->snd_nxt = c->snd_max = c->snd_una + 1;
    if (answer) {
        s.flags |= ACK;
        s.ack = c->rcv_nxt;
        c->advertised = c->rcv_nxt + 0xffff;
    }
    arm(c);
    return build(u, h, frame, c, &s);
}

static size_t send_reset(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, struct nu_tcp *c) {
    bool refused = c->state == NU_CONNECTING;
    struct segment s = {.seq = refused ? 0 : c->snd_nxt, .ack = c->rcv_nxt, .flags = RST | ACK};
    size_t len = c->state == NU_SYN_SENT ? 0 : build(u, h, frame, c, &s);
    drop(c);
    return len;
}

/* The next segment of an open connection: data, the end, or an acknowledgement. */
static size_t send_open(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, struct nu_tcp *c) {
    uint32_t off = c->snd_nxt - c->snd_una, wnd = c->snd_wnd > off ? c->snd_wnd - off : 0;
    size_t left = off < c->out.len ? c->out.len - off : 0;
    size_t most = u->netdev.takes & PLAT_NET_TSO4 ? MAX_SEGMENT : c->mss;
    if (c->probe && wnd == 0 && off == 0)
        wnd = 1;
    size_t n = left < wnd ? left : wnd;
    n = n < most ? n : most;
    if (n < left && n < c->mss && off && n < most)
        n = 0; /* what is on its way opens the window further */
    bool fin = c->eof && n == left && off <= c->out.len && n < wnd;
    if (!n && !fin && !c->ack_due)
        return 0;
    struct segment s = {.seq = c->snd_nxt, .ack = c->rcv_nxt, .len = n,
                        .flags = ACK | (fin ? FIN : 0) | (n && n == left ? PSH : 0)};
    if (!n && !fin)
        s.seq = c->snd_max;
    s.wnd = window(c);
    copy(&c->out, off, frame + NU_ETH + NU_IP + HEADER, n);
    c->snd_nxt += (uint32_t)n + fin;
    if ((int32_t)(c->snd_nxt - c->snd_max) > 0)
        c->snd_max = c->snd_nxt;
    c->ack_due = c->probe = false;
    arm(c);
    return build(u, h, frame, c, &s);
}

static size_t send_next(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, struct nu_tcp *c) {
    if (c->dirty)
        pump(c);
    if (c->reset_due)
        return send_reset(u, h, frame, c);
    if (c->syn_due)
        return send_syn(u, h, frame, c);
    size_t len = c->state == NU_OPEN ? send_open(u, h, frame, c) : 0;
    if (c->state == NU_OPEN && finished(c))
        drop(c);
    return len;
}

size_t nu_tcp_output(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, size_t room) {
    if (room < NU_ETH + NU_IP + HEADER + MAX_SEGMENT)
        return 0;
    for (unsigned i = 0; i < NU_TCP; i++) {
        struct nu_tcp *c = &u->tcp[u->turn++ % NU_TCP];
        size_t len = c->state ? send_next(u, h, frame, c) : 0;
        if (len)
            return len;
    }
    return 0;
}

/* ---- from the guest ---- */

static bool parse(const struct nu_packet *p, struct segment *s) {
    size_t head = (size_t)(p->data[12] >> 4) * 4;
    if (head < HEADER || head > p->len)
        return false;
    *s = (struct segment){nu_get32(p->data + 4), nu_get32(p->data + 8), nu_get16(p->data + 14), nu_get16(p->data),
                          nu_get16(p->data + 2), p->data[13], p->data + HEADER, p->data + head, head - HEADER,
                          p->len - head};
    return true;
}

/* The options of a SYN. */
static void parse_options(struct nu_tcp *c, const struct segment *s) {
    const uint8_t *o = s->options;
    for (size_t i = 0; i < s->options_len && o[i] != 0;) {
        if (o[i] == 1) {
            i++;
            continue;
        }
        if (i + 2 > s->options_len || o[i + 1] < 2 || i + o[i + 1] > s->options_len)
            return;
        if (o[i] == 2 && o[i + 1] == 4)
            c->mss = nu_get16(o + i + 2);
        if (o[i] == 3 && o[i + 1] == 3) {
            c->scaled = true;
            c->wscale = o[i + 2] < 14 ? o[i + 2] : 14;
        }
        i += o[i + 1];
    }
    c->mss = c->mss < 64 ? 64 : c->mss < OUR_MSS ? c->mss : OUR_MSS;
}

/* A segment that belongs to no connection (RFC 9293, 3.5.2). */
static void refuse(struct netuser *u, const struct nu_packet *p, const struct segment *s) {
    struct nu_tcp nobody = {.guest = p->src, .peer = p->dst, .guest_port = s->from, .peer_port = s->to};
    struct plat_net_hdr h;
    struct segment r = {.seq = s->flags & ACK ? s->ack : 0, .flags = s->flags & ACK ? RST : RST | ACK};
    r.ack = s->flags & ACK ? 0 : s->seq + (uint32_t)s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
    struct nu_frame *f = s->flags & RST ? NULL : nu_queue(u);
    if (f)
        f->len = build(u, &h, f->data, &nobody, &r);
}

static void begin(struct netuser *u, const struct nu_packet *p, const struct segment *s) {
    struct plat_addr to = {p->dst, s->to};
    struct plat_sock *sock = NULL;
    int err = nu_upstream(u, &to) ? plat_sock_connect(to, &sock) : -EHOSTUNREACH;
    struct nu_tcp *c = err == 0 ? make(u, NU_CONNECTING) : NULL;
    if (!c) {
        if (err == 0)
            plat_sock_close(sock);
        refuse(u, p, s);
        return;
    }
    c->sock = sock;
    c->guest = p->src, c->guest_port = s->from;
    c->peer = p->dst, c->peer_port = s->to;
    c->rcv_nxt = s->seq + 1;
    c->snd_wnd = s->wnd;
    c->dirty = true;
    parse_options(c, s);
}

/* What of ours the guest has. False: it acknowledges what was never sent. */
static bool acknowledged(struct nu_tcp *c, const struct segment *s) {
    uint32_t n = s->ack - c->snd_una;
    if ((int32_t)n < 0)
        return true; /* an old one: its data count */
    if (n > c->snd_max - c->snd_una)
        return false;
    size_t data = n < c->out.len ? n : c->out.len;
    take(&c->out, data);
    c->fin_acked = c->fin_acked || n > data;
    c->snd_una = s->ack;
    if ((int32_t)(c->snd_nxt - c->snd_una) < 0)
        c->snd_nxt = c->snd_una;
    c->snd_wnd = s->wnd << c->wscale;
    if (n) {
        c->tries = 0;
        c->rto_at = UINT64_MAX;
    } else if (c->snd_wnd == 0) {
        c->tries = c->tries < 5 ? c->tries : 5; /* a guest that answers probes is there */
    }
    return true;
}

/* The part of the segment that is new and in order, as far as there is room. */
static void accept_data(struct nu_tcp *c, const struct segment *s) {
    uint32_t before = c->rcv_nxt - s->seq;
    bool fin = s->flags & FIN;
    if (s->len || fin || before)
        c->ack_due = true;
    if ((int32_t)before < 0 || before > s->len || c->fin_in)
        return;
    size_t n = s->len - before, got = put(&c->in, s->data + before, n);
    c->rcv_nxt += (uint32_t)got;
    if (fin && got == n) {
        c->rcv_nxt++;
        c->fin_in = true;
    }
}

static void input_open(struct nu_tcp *c, const struct segment *s) {
    if (s->flags & SYN) {
        c->ack_due = true; /* RFC 5961 */
        return;
    }
    if (!(s->flags & ACK))
        return;
    if (!acknowledged(c, s)) {
        c->ack_due = true;
        return;
    }
    accept_data(c, s);
    c->active = plat_clock_ns();
}

static void input_syn_sent(struct nu_tcp *c, const struct segment *s) {
    if ((s->flags & (SYN | ACK)) != (SYN | ACK) || s->ack != c->snd_una + 1 || c->snd_max == c->snd_una)
        return;
    parse_options(c, s);
    c->wscale = c->scaled ? c->wscale : 0;
    c->rcv_nxt = c->advertised = s->seq + 1;
    c->snd_una = c->snd_nxt = s->ack;
    c->snd_wnd = s->wnd;
    c->state = NU_OPEN;
    c->ack_due = true;
    c->syn_due = false;
    c->tries = 0;
    c->rto_at = UINT64_MAX;
}

/* The handshake's third segment; false: none, or a wrong one. */
static bool input_syn_rcvd(struct nu_tcp *c, const struct segment *s) {
    if (s->flags & SYN) {
        c->syn_due = true;
        return false;
    }
    if (!(s->flags & ACK) || s->ack != c->snd_una + 1 || c->snd_max == c->snd_una)
        return false;
    c->snd_una = c->snd_nxt = s->ack;
    c->state = NU_OPEN;
    c->syn_due = false;
    c->tries = 0;
    c->rto_at = UINT64_MAX;
    return true;
}

/* RFC 5961: a reset counts when it is exactly where the guest's stream is. */
static bool reset_good(const struct nu_tcp *c, const struct segment *s) {
    return c->state == NU_SYN_SENT ? s->flags & ACK && s->ack == c->snd_una + 1 : s->seq == c->rcv_nxt;
}

void nu_tcp_input(struct netuser *u, const struct nu_packet *p) {
    struct segment s;
    if (!parse(p, &s))
        return;
    struct nu_tcp *c = find(u, p->src, s.from, p->dst, s.to);
    if (!c && (s.flags & (SYN | ACK | RST)) == SYN && s.from) {
        begin(u, p, &s);
    } else if (!c) {
        refuse(u, p, &s);
    } else if (s.flags & RST) {
        if (reset_good(c, &s))
            drop(c);
        else
            c->ack_due = c->ack_due || c->state == NU_OPEN;
    } else {
        if (c->state == NU_SYN_SENT)
            input_syn_sent(c, &s);
        else if (c->state == NU_OPEN || (c->state == NU_SYN_RCVD && input_syn_rcvd(c, &s)))
            input_open(c, &s);
        c->dirty = true;
    }
}

/* ---- what comes from outside, and with time ---- */

void nu_tcp_accept(struct netuser *u, const struct nu_forward *f) {
    struct plat_sock *sock;
    struct plat_addr from;
    while (plat_sock_accept(f->sock, &sock, &from) == 0) {
        struct nu_tcp *c = find(u, f->guest.ip, f->guest.port, nu_shown(from.ip), from.port)
                               ? NULL : make(u, NU_SYN_SENT);
        if (!c) {
            plat_sock_close(sock);
            continue;
        }
        c->sock = sock;
        c->guest = f->guest.ip, c->guest_port = f->guest.port;
        c->peer = nu_shown(from.ip), c->peer_port = from.port;
        c->syn_due = true;
    }
}

static void expired(struct nu_tcp *c) {
    c->rto_at = UINT64_MAX;
    if (++c->tries > MAX_TRIES) {
        c->reset_due = true;
    } else if (c->state == NU_OPEN) {
        c->snd_nxt = c->snd_una;
        c->probe = true;
    } else {
        c->syn_due = true;
    }
}

static bool half_closed(const struct nu_tcp *c) { return c->state == NU_OPEN && (c->fin_in || c->fin_acked); }

void nu_tcp_poll(struct netuser *u) {
    uint64_t now = plat_clock_ns();
    for (struct nu_tcp *c = u->tcp; c < u->tcp + NU_TCP; c++) {
        if (!c->state)
            continue;
        if (now >= c->rto_at)
            expired(c);
        if (half_closed(c) && now >= c->active + HALF_CLOSED_MS * MS)
            c->reset_due = true;
        pump(c);
    }
}

uint64_t nu_tcp_due(const struct netuser *u) {
    uint64_t due = UINT64_MAX;
    for (const struct nu_tcp *c = u->tcp; c < u->tcp + NU_TCP; c++) {
        uint64_t at = c->state ? c->rto_at : UINT64_MAX;
        if (half_closed(c) && c->active + HALF_CLOSED_MS * MS < at)
            at = c->active + HALF_CLOSED_MS * MS;
        due = at < due ? at : due;
    }
    return due;
}

void nu_tcp_reset(struct netuser *u) {
    for (struct nu_tcp *c = u->tcp; c < u->tcp + NU_TCP; c++)
        if (c->state)
            drop(c);
}
