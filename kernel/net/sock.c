/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets (kernel/plat.h) on lwIP. lwIP calls back while frames are put into it or its clocks are looked at; what comes
 * is queued here, within bounds, until it is asked for. Assumes that all calls come from the hart loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/dns.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

#include "kernel/net/stack.h"
#include "kernel/plat.h"

enum { MAX_SOCKETS = 1024, MAX_QUEUED = 512, MAX_DATAGRAMS = 64, BACKLOG = 16, KEEP_IDLE_MS = 60000 };

/* What has come and was not asked for yet. */
struct piece {
    struct piece *next;
    struct pbuf *p;         /* data, or */
    struct plat_sock *sock; /* a connection */
    struct plat_addr from;
    u16_t taken;            /* bytes of p */
};

struct plat_sock {
    struct tcp_pcb *tcp; /* NULL: gone, or not TCP */
    struct udp_pcb *udp;
    int err;             /* negative errno; of a connection that is gone */
    bool connecting, eof, listening;
    struct piece *first, *last;
    unsigned queued;
};

static unsigned sockets;

static struct plat_addr from_lwip(const ip_addr_t *ip, u16_t port) {
    return (struct plat_addr){lwip_ntohl(ip_2_ip4(ip)->addr), port};
}
static ip_addr_t to_lwip(uint32_t ip) { return (ip_addr_t)IPADDR4_INIT(lwip_htonl(ip)); }

static int error_of(err_t e) {
    switch (e) {
    case ERR_OK: return 0;
    case ERR_MEM:
    case ERR_BUF: return -ENOMEM;
    case ERR_RTE: return -EHOSTUNREACH;
    case ERR_USE: return -EADDRINUSE;
    case ERR_RST: return -ECONNRESET;
    case ERR_ABRT: return -ETIMEDOUT; /* lwIP gave up */
    default: return -EIO;
    }
}

static struct plat_sock *make(void) {
    struct plat_sock *s = sockets < MAX_SOCKETS ? net_calloc(1, sizeof *s) : NULL;
    sockets += s != NULL;
    return s;
}

static void drop(struct plat_sock *s) {
    sockets--;
    net_free(s);
}

/* ---- the queue ---- */

static bool queue(struct plat_sock *s, struct piece what, unsigned max) {
    struct piece *piece = s->queued < max ? net_malloc(sizeof *piece) : NULL;
    if (!piece)
        return false;
    *piece = what;
    piece->next = NULL;
    if (s->last)
        s->last->next = piece;
    else
        s->first = piece;
    s->last = piece;
    s->queued++;
    return true;
}

static void unqueue(struct plat_sock *s) {
    struct piece *piece = s->first;
    s->first = piece->next;
    if (!s->first)
        s->last = NULL;
    s->queued--;
    if (piece->p)
        pbuf_free(piece->p);
    net_free(piece);
}

/* ---- what lwIP tells ---- */

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err) {
    struct plat_sock *s = arg;
    (void)pcb, (void)err;
    if (!p) {
        s->eof = true;
        return ERR_OK;
    }
    return queue(s, (struct piece){.p = p}, MAX_QUEUED) ? ERR_OK : ERR_MEM; /* lwIP keeps it and comes again */
}

/* The pcb is gone already. */
static void on_error(void *arg, err_t err) {
    struct plat_sock *s = arg;
    s->err = s->connecting && err == ERR_RST ? -ECONNREFUSED : error_of(err);
    s->tcp = NULL;
    s->connecting = false;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err) {
    (void)pcb, (void)err;
    ((struct plat_sock *)arg)->connecting = false;
    return ERR_OK;
}

static void attach(struct plat_sock *s, struct tcp_pcb *pcb) {
    s->tcp = pcb;
    tcp_arg(pcb, s);
    tcp_recv(pcb, on_recv);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
    ip_set_option(pcb, SOF_KEEPALIVE);
    pcb->keep_idle = KEEP_IDLE_MS;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err) {
    struct plat_sock *s = err == ERR_OK && pcb ? make() : NULL;
    if (!s)
        return ERR_MEM; /* lwIP resets the connection */
    struct piece piece = {.sock = s, .from = from_lwip(&pcb->remote_ip, pcb->remote_port)};
    if (!queue(arg, piece, BACKLOG)) {
        drop(s);
        return ERR_MEM;
    }
    attach(s, pcb);
    return ERR_OK;
}

static void on_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *ip, u16_t port) {
    (void)pcb;
    if (!queue(arg, (struct piece){.p = p, .from = from_lwip(ip, port)}, MAX_DATAGRAMS))
        pbuf_free(p);
}

/* ---- opening ---- */

int plat_sock_ready(struct plat_addr *own) {
    struct stack_info info;
    stack_info(&info);
    *own = (struct plat_addr){info.address, 0};
    return info.configured && info.up ? 0 : info.started ? -EAGAIN : -ENETDOWN;
}

static int new_tcp(struct plat_sock **out) {
    struct stack_info info;
    stack_info(&info);
    if (!info.started)
        return -ENETDOWN;
    struct plat_sock *s = make();
    struct tcp_pcb *pcb = s ? tcp_new_ip_type(IPADDR_TYPE_V4) : NULL;
    if (!pcb) {
        if (s)
            drop(s);
        return -ENOMEM;
    }
    attach(s, pcb);
    *out = s;
    return 0;
}

int plat_sock_connect(struct plat_addr to, struct plat_sock **out) {
    ip_addr_t ip = to_lwip(to.ip);
    int err = new_tcp(out);
    if (err)
        return err;
    (*out)->connecting = true;
    err = error_of(tcp_connect((*out)->tcp, &ip, to.port, on_connected));
    if (err)
        plat_sock_close(*out);
    stack_changed();
    return err;
}

int plat_sock_connected(struct plat_sock *s) {
    return s->connecting ? -EAGAIN : s->tcp ? 0 : s->err ? s->err : -ECONNRESET;
}

int plat_sock_listen(struct plat_addr at, struct plat_sock **out) {
    ip_addr_t ip = to_lwip(at.ip);
    err_t why;
    int err = new_tcp(out);
    if (err)
        return err;
    struct plat_sock *s = *out;
    why = tcp_bind(s->tcp, &ip, at.port);
    struct tcp_pcb *listening = why == ERR_OK ? tcp_listen_with_backlog_and_err(s->tcp, BACKLOG, &why) : NULL;
    if (!listening) {
        plat_sock_close(s);
        return error_of(why);
    }
    s->tcp = listening;
    s->listening = true;
    tcp_arg(listening, s);
    tcp_accept(listening, on_accept);
    return 0;
}

int plat_sock_accept(struct plat_sock *listening, struct plat_sock **out, struct plat_addr *from) {
    if (!listening->first)
        return -EAGAIN;
    *out = listening->first->sock;
    *from = listening->first->from;
    unqueue(listening);
    return 0;
}

int plat_sock_udp(struct plat_addr at, struct plat_sock **out) {
    struct stack_info info;
    ip_addr_t ip = to_lwip(at.ip);
    stack_info(&info);
    if (!info.started)
        return -ENETDOWN;
    struct plat_sock *s = make();
    if (!s || !(s->udp = udp_new_ip_type(IPADDR_TYPE_V4))) {
        if (s)
            drop(s);
        return -ENOMEM;
    }
    int err = error_of(udp_bind(s->udp, &ip, at.port));
    udp_recv(s->udp, on_datagram, s);
    *out = s;
    if (err)
        plat_sock_close(s);
    return err;
}

/* ---- sending and receiving ---- */

static int64_t send_udp(struct plat_sock *s, const void *buf, size_t len, const struct plat_addr *to) {
    struct pbuf *p = to && len <= 0xffff - 8 - 20 ? pbuf_alloc(PBUF_TRANSPORT, (u16_t)len, PBUF_RAM) : NULL;
    if (!p)
        return to ? -ENOMEM : -EDESTADDRREQ;
    ip_addr_t ip = to_lwip(to->ip);
    pbuf_take(p, buf, (u16_t)len);
    int err = error_of(udp_sendto(s->udp, p, &ip, to->port));
    pbuf_free(p);
    return err == -ENOMEM || err == 0 ? (int64_t)len : err;
}

int64_t plat_sock_send(struct plat_sock *s, const void *buf, size_t len, const struct plat_addr *to) {
    if (s->udp) {
        int64_t sent = send_udp(s, buf, len, to);
        stack_changed();
        return sent;
    }
    if (!s->tcp)
        return s->err ? s->err : -EPIPE;
    size_t n = tcp_sndbuf(s->tcp);
    n = n < len ? n : len;
    n = n < 0xffff ? n : 0xffff;
    if (s->connecting || n == 0)
        return -EAGAIN;
    err_t err = tcp_write(s->tcp, buf, (u16_t)n, TCP_WRITE_FLAG_COPY);
    if (err == ERR_OK)
        tcp_output(s->tcp);
    stack_changed();
    return err == ERR_OK ? (int64_t)n : err == ERR_MEM ? -EAGAIN : error_of(err);
}

static int64_t recv_udp(struct plat_sock *s, void *buf, size_t len, struct plat_addr *from) {
    struct pbuf *p = s->first->p;
    size_t n = p->tot_len < len ? p->tot_len : len;
    pbuf_copy_partial(p, buf, (u16_t)n, 0);
    if (from)
        *from = s->first->from;
    unqueue(s);
    return (int64_t)n;
}

static size_t take(struct plat_sock *s, uint8_t *buf, size_t len) {
    size_t got = 0;
    while (got < len && s->first) {
        struct piece *piece = s->first;
        u16_t left = (u16_t)(piece->p->tot_len - piece->taken);
        u16_t n = left < len - got ? left : (u16_t)(len - got);
        pbuf_copy_partial(piece->p, buf + got, n, piece->taken);
        piece->taken = (u16_t)(piece->taken + n);
        got += n;
        if (n == left)
            unqueue(s);
    }
    return got;
}

int64_t plat_sock_recv(struct plat_sock *s, void *buf, size_t len, struct plat_addr *from) {
    if (s->udp)
        return s->first ? recv_udp(s, buf, len, from) : -EAGAIN;
    size_t got = s->listening ? 0 : take(s, buf, len);
    for (size_t left = s->tcp ? got : 0; left;) { /* the window opens again */
        u16_t n = left < 0xffff ? (u16_t)left : 0xffff;
        tcp_recved(s->tcp, n);
        left -= n;
    }
    if (got) {
        stack_changed();
        return (int64_t)got;
    }
    return s->eof ? 0 : s->tcp ? -EAGAIN : s->err;
}

void plat_sock_shutdown(struct plat_sock *s) {
    if (s->tcp && !s->listening && !s->connecting)
        tcp_shutdown(s->tcp, 0, 1);
    stack_changed();
}

static void close_tcp(struct plat_sock *s) {
    struct tcp_pcb *pcb = s->tcp;
    if (!pcb)
        return;
    tcp_arg(pcb, NULL);
    if (!s->listening) {
        tcp_recv(pcb, NULL);
        tcp_err(pcb, NULL);
    }
    if (tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
}

void plat_sock_close(struct plat_sock *s) {
    while (s->first) {
        if (s->first->sock)
            plat_sock_close(s->first->sock);
        unqueue(s);
    }
    close_tcp(s);
    if (s->udp)
        udp_remove(s->udp);
    drop(s);
    stack_changed();
}

/* ---- names ---- */

static struct {
    char name[DNS_MAX_NAME_LENGTH];
    bool running, done;
    int err;
    uint32_t ip;
} lookup;

static void on_found(const char *name, const ip_addr_t *ip, void *arg) {
    (void)name, (void)arg;
    lookup.running = false;
    lookup.done = true;
    lookup.err = ip ? 0 : -ENOENT;
    lookup.ip = ip ? lwip_ntohl(ip_2_ip4(ip)->addr) : 0;
}

/* One at a time: another name waits until the one before is done. */
int plat_sock_resolve(const char *name, uint32_t *ip) {
    ip_addr_t found;
    if (strlen(name) >= sizeof lookup.name)
        return -ENOENT;
    if (lookup.done && !strcmp(lookup.name, name)) {
        lookup.done = false;
        *ip = lookup.ip;
        return lookup.err;
    }
    if (lookup.running)
        return -EAGAIN;
    err_t err = dns_gethostbyname(name, &found, on_found, NULL);
    stack_changed();
    if (err == ERR_OK) {
        *ip = lwip_ntohl(ip_2_ip4(&found)->addr);
        return 0;
    }
    if (err != ERR_INPROGRESS)
        return err == ERR_VAL ? -ENETDOWN : -ENOENT; /* ERR_VAL: there is no server to ask */
    strcpy(lookup.name, name);
    lookup.running = true;
    lookup.done = false;
    return -EAGAIN;
}

uint32_t plat_sock_dns(void) {
    struct stack_info info;
    stack_info(&info);
    return info.dns[0];
}

void plat_sock_poll(void) { stack_poll(); }

bool plat_card_info(unsigned i, struct plat_card_info *out) {
    struct stack_info info;
    stack_info(&info);
    if (i || !info.started)
        return false;
    *out = info.net;
    return true;
}
