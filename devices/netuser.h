/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to the NAT (devices/netuser*.c): a network 10.0.2.0/24 as QEMU's, with the guest at 10.0.2.15, the host at
 * 10.0.2.2 and its resolver at 10.0.2.3. Numbers are in host order. Everything is bounded, whatever the guest does. */
#ifndef PYRITE_DEVICES_NETUSER_H
#define PYRITE_DEVICES_NETUSER_H

#include <string.h>

#include "devices/netdev.h"

#define NU_NET 0x0a000200u
#define NU_MASK 0xffffff00u
#define NU_GATEWAY (NU_NET + 2)
#define NU_DNS (NU_NET + 3)
#define NU_GUEST (NU_NET + 15)

enum { NU_ETH = 14, NU_IP = 20, NU_MTU = 1500, NU_QUEUE = 96, NU_TCP = 128, NU_UDP = 128, NU_FORWARDS = 16 };
enum { NU_BUFFER = 128 << 10 /* bytes of a connection each way */ };
enum { NU_ICMP = 1, NU_PROTO_TCP = 6, NU_PROTO_UDP = 17 };

struct nu_frame {
    size_t len;
    uint8_t data[NU_ETH + NU_MTU];
};

struct nu_ring {
    uint8_t *data; /* NU_BUFFER */
    size_t head, len;
};

enum nu_state { NU_FREE, NU_CONNECTING, NU_SYN_RCVD, NU_SYN_SENT, NU_OPEN };
/* A TCP connection: one end faces the guest, which is here; the other is a socket's. */
struct nu_tcp {
    enum nu_state state;
    uint32_t guest, peer;
    uint16_t guest_port, peer_port;
    struct plat_sock *sock;
    struct nu_ring out, in;       /* to the guest, from snd_una on; from the guest */
    uint32_t snd_una, snd_nxt, snd_max, snd_wnd, rcv_nxt, advertised;
    uint16_t mss;
    uint8_t wscale;               /* the guest's */
    bool scaled, syn_due, ack_due, reset_due, probe, dirty;
    bool fin_in, shut, eof, fin_acked;
    uint64_t rto_at, active;
    unsigned tries;
};

struct nu_udp {
    struct plat_sock *sock;       /* NULL: free */
    uint32_t guest;
    uint16_t guest_port;
    bool forward, dns;
    uint64_t active;
};

struct nu_forward {
    bool udp, open;
    struct plat_addr host, guest;
    struct plat_sock *sock;       /* TCP: listening */
};

struct netuser {
    struct netdev netdev;
    uint8_t mac[6];               /* the guest's, as last seen */
    struct nu_frame queue[NU_QUEUE];
    unsigned first, count;        /* of the queue */
    struct nu_tcp tcp[NU_TCP];
    unsigned turn;                /* whose segment is next */
    struct nu_udp udp[NU_UDP];
    struct nu_forward forward[NU_FORWARDS];
    unsigned nforwards;
    uint32_t dns;                 /* the host's resolver */
    uint16_t ip_id;
    uint8_t datagram[65536];
};

/* An IP packet of the guest's, checked up to its payload. */
struct nu_packet {
    uint32_t src, dst;
    const uint8_t *header, *data;
    size_t len;                   /* of data */
    bool trusted;                 /* its checksum is not done yet */
};

static inline uint16_t nu_get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t nu_get32(const uint8_t *p) { return (uint32_t)nu_get16(p) << 16 | nu_get16(p + 2); }
static inline void nu_put16(uint8_t *p, unsigned v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static inline void nu_put32(uint8_t *p, uint32_t v) { nu_put16(p, v >> 16), nu_put16(p + 2, v & 0xffff); }

/* The Internet checksum (RFC 1071) of these bytes and of `start`, complemented. */
uint16_t nu_sum(const uint8_t *p, size_t len, uint32_t start);
/* The sum of the pseudo header of TCP and UDP. */
uint32_t nu_pseudo(uint32_t src, uint32_t dst, unsigned proto, size_t len);
/* Writes the Ethernet and IP headers of a packet of len bytes of payload; where that goes. */
uint8_t *nu_headers(struct netuser *u, uint8_t *frame, unsigned proto, uint32_t src, uint32_t dst, size_t len);
/* A frame to fill; NULL: the queue is full, and the packet is lost. */
struct nu_frame *nu_queue(struct netuser *u);
/* ICMP: the packet did not reach its destination (RFC 792). */
void nu_unreachable(struct netuser *u, const struct nu_packet *p, unsigned code);
/* The host's address behind what the guest says; false: there is none. */
bool nu_upstream(const struct netuser *u, struct plat_addr *a);
/* What the guest sees of a host's address. */
uint32_t nu_shown(uint32_t ip);

void nu_udp_input(struct netuser *u, const struct nu_packet *p);
void nu_udp_poll(struct netuser *u);
uint64_t nu_udp_due(const struct netuser *u);
/* A flow at this address of the host for the guest's port. 0 or negative errno. */
int nu_udp_forward(struct netuser *u, const struct nu_forward *f);
void nu_udp_reset(struct netuser *u);
void nu_dhcp(struct netuser *u, const uint8_t *p, size_t len);

void nu_tcp_input(struct netuser *u, const struct nu_packet *p);
/* The next segment for the guest; its frame's length, 0: none. */
size_t nu_tcp_output(struct netuser *u, struct plat_net_hdr *h, uint8_t *frame, size_t room);
void nu_tcp_poll(struct netuser *u);
/* A connection to a forwarded port. */
void nu_tcp_accept(struct netuser *u, const struct nu_forward *f);
uint64_t nu_tcp_due(const struct netuser *u);
void nu_tcp_reset(struct netuser *u);

#endif
