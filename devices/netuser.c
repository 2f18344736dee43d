/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev=user: a network of its own for the guest, behind the host's sockets. Here: Ethernet, ARP, IPv4, ICMP, the
 * option's words. Frames for the guest other than TCP's wait in a queue; if that is full, they are lost.
 * Fragments from the guest are dropped (its MTU is ours), IPv6 is not spoken. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "devices/netuser.h"

enum { TYPE_IP = 0x0800, TYPE_ARP = 0x0806, ARP_LEN = 28, TTL = 64 };
enum { ECHO_REPLY = 0, UNREACHABLE = 3, ECHO = 8 };

uint16_t nu_sum(const uint8_t *p, size_t len, uint32_t start) {
    uint64_t sum = start;
    for (; len > 1; p += 2, len -= 2)
        sum += nu_get16(p);
    if (len)
        sum += (uint64_t)*p << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint32_t nu_pseudo(uint32_t src, uint32_t dst, unsigned proto, size_t len) {
    return (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + proto + (uint32_t)len;
}

/* ---- to the guest ---- */

static void ethernet(const struct netuser *u, uint8_t *frame, uint32_t src, unsigned type) {
    memcpy(frame, u->mac, 6);
    frame[6] = 0x52, frame[7] = 0x55; /* as QEMU makes them */
    nu_put32(frame + 8, (src & NU_MASK) == NU_NET ? src : NU_GATEWAY);
    nu_put16(frame + 12, type);
}

uint8_t *nu_headers(struct netuser *u, uint8_t *frame, unsigned proto, uint32_t src, uint32_t dst, size_t len) {
    uint8_t *ip = frame + NU_ETH;
    ethernet(u, frame, src, TYPE_IP);
    memset(ip, 0, NU_IP);
    ip[0] = 0x45;
    nu_put16(ip + 2, (unsigned)(NU_IP + len));
    nu_put16(ip + 4, u->ip_id++);
    ip[8] = TTL;
    ip[9] = (uint8_t)proto;
    nu_put32(ip + 12, src);
    nu_put32(ip + 16, dst);
    nu_put16(ip + 10, nu_sum(ip, NU_IP, 0));
    return ip + NU_IP;
}

struct nu_frame *nu_queue(struct netuser *u) {
    return u->count < NU_QUEUE ? &u->queue[(u->first + u->count++) % NU_QUEUE] : NULL;
}

static void icmp(struct netuser *u, uint32_t src, uint32_t dst, unsigned type, unsigned code, const uint8_t *rest,
                 size_t len) {
    struct nu_frame *f = 4 + len <= NU_MTU - NU_IP ? nu_queue(u) : NULL;
    if (!f)
        return;
    uint8_t *p = nu_headers(u, f->data, NU_ICMP, src, dst, 4 + len);
    p[0] = (uint8_t)type, p[1] = (uint8_t)code;
    nu_put16(p + 2, 0);
    memcpy(p + 4, rest, len);
    nu_put16(p + 2, nu_sum(p, 4 + len, 0));
    f->len = NU_ETH + NU_IP + 4 + len;
}

void nu_unreachable(struct netuser *u, const struct nu_packet *p, unsigned code) {
    uint8_t rest[4 + 60 + 8] = {0};
    size_t header = (size_t)(p->data - p->header), n = p->len < 8 ? p->len : 8;
    memcpy(rest + 4, p->header, header + n);
    icmp(u, NU_GATEWAY, p->src, UNREACHABLE, code, rest, 4 + header + n);
}

/* ---- from the guest ---- */

bool nu_upstream(const struct netuser *u, struct plat_addr *a) {
    uint32_t ip = a->ip;
    if (ip == NU_GATEWAY)
        a->ip = 0x7f000001;
    else if (ip == NU_DNS)
        a->ip = a->port == 53 ? u->dns : 0;
    else if ((ip & NU_MASK) == NU_NET || ip >> 24 == 127 || ip >> 24 == 0 || ip >> 28 >= 14)
        return false;
    return a->ip != 0 && a->port != 0;
}

uint32_t nu_shown(uint32_t ip) { return ip >> 24 == 127 || (ip & NU_MASK) == NU_NET ? NU_GATEWAY : ip; }

/* RFC 826; only the two addresses that are here answer. */
static void arp(struct netuser *u, const uint8_t *p, size_t len) {
    static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    if (len < ARP_LEN || memcmp(p, request, sizeof request))
        return;
    uint32_t asked = nu_get32(p + 24);
    struct nu_frame *f = asked == NU_GATEWAY || asked == NU_DNS ? nu_queue(u) : NULL;
    if (!f)
        return;
    uint8_t *a = f->data + NU_ETH;
    memset(f->data, 0, 60);
    ethernet(u, f->data, asked, TYPE_ARP);
    memcpy(a, request, 7);
    a[7] = 2;
    memcpy(a + 8, f->data + 6, 6);
    nu_put32(a + 14, asked);
    memcpy(a + 18, p + 8, 10);
    f->len = 60;
}

static void echo(struct netuser *u, const struct nu_packet *p) {
    if (p->len < 8 || nu_sum(p->data, p->len, 0) != 0)
        return;
    if (p->data[0] != ECHO)
        return;
    if (p->dst == NU_GATEWAY || p->dst == NU_DNS)
        icmp(u, p->dst, p->src, ECHO_REPLY, 0, p->data + 4, p->len - 4);
    else
        nu_unreachable(u, p, 1); /* sockets carry no echo: said, not feigned */
}

static bool sum_good(const struct nu_packet *p, unsigned proto) {
    return p->trusted || nu_sum(p->data, p->len, nu_pseudo(p->src, p->dst, proto, p->len)) == 0;
}

static void ip_input(struct netuser *u, const uint8_t *p, size_t len, bool trusted) {
    size_t header = len >= NU_IP ? (size_t)(p[0] & 15) * 4 : 0, total = len >= NU_IP ? nu_get16(p + 2) : 0;
    if (header < NU_IP || p[0] >> 4 != 4 || total < header || total > len || nu_sum(p, header, 0) != 0)
        return;
    if (nu_get16(p + 6) & 0x3fff)
        return;
    struct nu_packet in = {nu_get32(p + 12), nu_get32(p + 16), p, p + header, total - header, trusted};
    if (p[9] == NU_PROTO_UDP && in.len >= 8 && nu_get16(in.data + 2) == 67) {
        if (nu_get16(in.data + 6) == 0 || sum_good(&in, NU_PROTO_UDP))
            nu_dhcp(u, in.data + 8, in.len - 8);
    } else if ((in.src & NU_MASK) != NU_NET || in.src == NU_GATEWAY || in.src == NU_DNS) {
        return;
    } else if (p[9] == NU_ICMP) {
        echo(u, &in);
    } else if (p[9] == NU_PROTO_TCP && in.len >= 20 && sum_good(&in, NU_PROTO_TCP)) {
        nu_tcp_input(u, &in);
    } else if (p[9] == NU_PROTO_UDP && in.len >= 8 && (nu_get16(in.data + 6) == 0 || sum_good(&in, NU_PROTO_UDP))) {
        nu_udp_input(u, &in);
    } else if (p[9] != NU_PROTO_TCP && p[9] != NU_PROTO_UDP && in.dst >> 28 < 14) {
        nu_unreachable(u, &in, 2);
    }
}

/* ---- the netdev ---- */

static void info(struct netdev *n, struct plat_net_info *out) {
    (void)n;
    *out = (struct plat_net_info){.link = true, .offloads = PLAT_NET_CSUM | PLAT_NET_TSO4};
}

static bool send(struct netdev *n, const struct plat_net_hdr *h, const uint8_t *frame, size_t len) {
    struct netuser *u = (struct netuser *)n;
    if (len < NU_ETH)
        return true;
    if (!(frame[6] & 1))
        memcpy(u->mac, frame + 6, 6);
    if (nu_get16(frame + 12) == TYPE_ARP)
        arp(u, frame + NU_ETH, len - NU_ETH);
    else if (nu_get16(frame + 12) == TYPE_IP)
        ip_input(u, frame + NU_ETH, len - NU_ETH, h->flags & PLAT_NET_NEEDS_CSUM);
    return true;
}

static size_t recv(struct netdev *n, struct plat_net_hdr *h, uint8_t *frame, size_t len) {
    struct netuser *u = (struct netuser *)n;
    struct nu_frame *f = &u->queue[u->first];
    memset(h, 0, sizeof *h);
    if (u->count == 0)
        return nu_tcp_output(u, h, frame, len);
    u->first = (u->first + 1) % NU_QUEUE;
    u->count--;
    memcpy(frame, f->data, f->len);
    return f->len;
}

/* Opens what is forwarded, as soon as there is a network. 0, or why one cannot be. */
static int open_forwards(struct netuser *u) {
    for (struct nu_forward *f = u->forward; f < u->forward + u->nforwards; f++) {
        int err = f->open ? 0 : f->udp ? nu_udp_forward(u, f) : plat_sock_listen(f->host, &f->sock);
        f->open = f->open || err == 0;
        if (err && err != -ENETDOWN && err != -EAGAIN)
            return err;
    }
    return 0;
}

static void poll(struct netdev *n) {
    struct netuser *u = (struct netuser *)n;
    plat_sock_poll();
    open_forwards(u);
    u->dns = u->dns ? u->dns : plat_sock_dns();
    for (unsigned i = 0; i < u->nforwards; i++)
        if (u->forward[i].open && !u->forward[i].udp)
            nu_tcp_accept(u, &u->forward[i]);
    nu_udp_poll(u);
    nu_tcp_poll(u);
}

static uint64_t due(struct netdev *n) {
    struct netuser *u = (struct netuser *)n;
    uint64_t tcp = nu_tcp_due(u), udp = nu_udp_due(u);
    return tcp < udp ? tcp : udp;
}

static void reset(struct netdev *n) {
    struct netuser *u = (struct netuser *)n;
    nu_tcp_reset(u);
    nu_udp_reset(u);
    u->first = u->count = u->turn = 0;
    u->ip_id = 0;
}

static const struct netdev_ops ops = {info, send, recv, poll, due, reset, NULL};

/* ---- the option ---- */

/* A port, then `end` or the end of the word; NULL: it is not that. */
static const char *port(const char *s, char end, uint16_t *out) {
    unsigned long v = 0;
    const char *first = s;
    for (; *s >= '0' && *s <= '9' && v < 65536; s++)
        v = v * 10 + (unsigned)(*s - '0');
    *out = (uint16_t)v;
    return s != first && v > 0 && v < 65536 && *s == end ? s + (end != 0) : NULL;
}

/* "10.0.2.15:" or ":". */
static const char *address(const char *s, uint32_t *ip) {
    unsigned a, b, c, d;
    int n = 0;
    if (*s == ':')
        return s + 1;
    if (sscanf(s, "%3u.%3u.%3u.%3u:%n", &a, &b, &c, &d, &n) != 4 || n == 0 || a > 255 || b > 255 || c > 255 || d > 255)
        return NULL;
    *ip = a << 24 | b << 16 | c << 8 | d;
    return s + n;
}

/* "tcp:127.0.0.1:2222-:22" */
static bool parse_forward(struct netuser *u, const char *s) {
    struct nu_forward f = {.guest.ip = NU_GUEST};
    if (u->nforwards == NU_FORWARDS)
        return false;
    f.udp = !strncmp(s, "udp:", 4);
    if (!f.udp && strncmp(s, "tcp:", 4) && *s != ':')
        return false;
    s = address(s + (*s == ':' ? 1 : 4), &f.host.ip);
    s = s ? port(s, '-', &f.host.port) : NULL;
    s = s ? address(s, &f.guest.ip) : NULL;
    s = s ? port(s, 0, &f.guest.port) : NULL;
    if (!s || (f.guest.ip & NU_MASK) != NU_NET)
        return false;
    u->forward[u->nforwards++] = f;
    return true;
}

static bool parse_word(struct netuser *u, const char *word) {
    return !strncmp(word, "id=", 3) || (!strncmp(word, "hostfwd=", 8) && parse_forward(u, word + 8));
}

struct netdev *netuser_create(const char *words, const char **why) {
    static char text[160], word[96];
    struct netuser *u = calloc(1, sizeof *u);
    *why = u ? text : "not enough memory";
    while (u && *words) {
        size_t n = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word), words);
        if (n >= sizeof word || !parse_word(u, word)) {
            snprintf(text, sizeof text, "user: '%s' is not hostfwd=PROTOCOL:[ADDRESS]:PORT-[10.0.2.N]:PORT", word);
            free(u);
            return NULL;
        }
        words += n + (words[n] == ',');
    }
    int err = u ? open_forwards(u) : 0;
    if (err) {
        snprintf(text, sizeof text, "user: a port cannot be forwarded: %s", strerror(-err));
        reset(&u->netdev);
        for (unsigned i = 0; i < u->nforwards; i++)
            if (u->forward[i].sock)
                plat_sock_close(u->forward[i].sock);
        free(u);
        return NULL;
    }
    if (u) {
        u->netdev.ops = &ops;
        memset(u->mac, 255, 6); /* until the guest shows its own */
    }
    return u ? &u->netdev : NULL;
}
