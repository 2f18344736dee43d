/* SPDX-License-Identifier: BSD-2-Clause */
/* Files by HTTP and TFTP, whole, before the guest starts. Assumes nothing of servers; guarantees an end: nothing waits
 * longer than STALL_NS for the next byte, nothing is larger than what was announced, and that is looked at before any
 * memory is taken. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "services/http.h"
#include "services/services.h"
#include "services/sha256.h"
#include "services/tftp.h"
#include "services/url.h"

enum { REDIRECTIONS = 5 };
#define SECOND_NS 1000000000ull
#define STALL_NS (20 * SECOND_NS)  /* without anything new from the server */
#define READY_NS (60 * SECOND_NS)  /* for an address */
#define REPORT_NS (2 * SECOND_NS)  /* between two lines of progress */
#define RESEND_NS (SECOND_NS)      /* TFTP */

/* The one that is under way. */
static struct {
    const char *name;
    char *why;
    struct source source;
    uint32_t kept;           /* events for others */
    bool stopped;            /* the user wants to quit */
    uint8_t *data;
    uint64_t size, got;
    bool sized;
    uint64_t started, reported;
} f;

static bool fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool fail(const char *fmt, ...) {
    va_list ap;
    int n = snprintf(f.why, SERVICES_WHY, "%.200s: ", f.name);
    n = n < SERVICES_WHY ? n : SERVICES_WHY - 1;
    va_start(ap, fmt);
    vsnprintf(f.why + n, (size_t)(SERVICES_WHY - n), fmt, ap);
    va_end(ap);
    return false;
}

static bool fail_errno(const char *what, int64_t err) {
    return fail("%s: %s", what, err == -ENETDOWN ? "no network card is driven" : strerror((int)-err));
}

/* Until something has happened on the network, or `until`. False: the user quits. */
static bool wait(uint64_t until) {
    plat_timer_set(0, until);
    plat_wait(0);
    uint32_t events = plat_events(0);
    f.kept |= events & ~(uint32_t)(PLAT_EV_NET | PLAT_EV_TIMER);
    f.stopped |= (events & PLAT_EV_STOP) != 0;
    plat_sock_poll();
    return !f.stopped || fail("interrupted");
}

/* ---- where to ---- */

static bool wait_for_address(void) {
    uint64_t until = plat_clock_ns() + READY_NS;
    struct plat_addr own;
    int err;
    bool said = false;
    while ((err = plat_sock_ready(&own)) == -EAGAIN) {
        if (plat_clock_ns() >= until)
            return fail("no address after %u s: no cable, or nobody answers DHCP (net=ADDRESS/LENGTH sets one)",
                        (unsigned)(READY_NS / SECOND_NS));
        if (!said)
            plat_log("waiting for the network\n");
        said = true;
        if (!wait(until))
            return false;
    }
    return err == 0 || fail_errno("network", err);
}

static bool resolve(const struct url *u, uint32_t *ip) {
    uint64_t until = plat_clock_ns() + STALL_NS;
    int err;
    while ((err = plat_sock_resolve(u->host, ip)) == -EAGAIN) {
        if (plat_clock_ns() >= until)
            return fail("no name server answers");
        if (!wait(until))
            return false;
    }
    return err == 0 || fail("no such host: %s", u->host);
}

/* ---- the file ---- */

/* The server says how large it is: as it must be, and room for it. */
static bool set_size(uint64_t size) {
    struct plat_host_info host;
    plat_host_info(&host);
    if (f.source.has_size && size != f.source.size)
        return fail("is %" PRIu64 " bytes, size= says %" PRIu64, size, f.source.size);
    if (size >= host.memory || !(f.data = plat_alloc((size_t)size + 1)))
        return fail("%" PRIu64 " MiB do not fit into memory", (size + 1048575) >> 20);
    f.size = size;
    f.sized = true;
    plat_log("fetching %s: %" PRIu64 " bytes\n", f.name, size);
    return true;
}

static bool need_size(const char *what) {
    if (f.sized || f.source.has_size)
        return f.sized || set_size(f.source.size);
    return fail("the server does not say how large the file is (%s): add ,size=BYTES", what);
}

static void report(void) {
    uint64_t t = plat_clock_ns();
    if (t - f.reported < REPORT_NS || f.size == 0)
        return;
    f.reported = t;
    plat_log("%3u %%, %" PRIu64 " of %" PRIu64 " KiB\n", (unsigned)(f.got * 100 / f.size), f.got >> 10, f.size >> 10);
}

static bool more(const void *data, size_t len) {
    if (len > f.size - f.got)
        return fail("is longer than %" PRIu64 " bytes", f.size);
    memcpy(f.data + f.got, data, len);
    f.got += len;
    report();
    return true;
}

static bool check(void) {
    struct sha256 s;
    uint8_t sum[32];
    char hex[65];
    if (f.got != f.size)
        return fail("ended after %" PRIu64 " of %" PRIu64 " bytes", f.got, f.size);
    if (f.source.has_sha256) {
        sha256_init(&s);
        sha256_add(&s, f.data, (size_t)f.size);
        sha256_end(&s, sum);
        for (unsigned i = 0; i < 32; i++)
            snprintf(hex + 2 * i, 3, "%02x", sum[i]);
        if (memcmp(sum, f.source.sha256, 32))
            return fail("its SHA-256 is %s, not what sha256= says", hex);
    }
    uint64_t ms = (plat_clock_ns() - f.started) / 1000000;
    plat_log("fetched %s: %" PRIu64 " bytes in %" PRIu64 ".%" PRIu64 " s%s\n", f.name, f.size, ms / 1000, ms / 100 % 10,
             f.source.has_sha256 ? ", SHA-256 right" : "");
    return true;
}

/* ---- HTTP ---- */

static bool send_all(struct plat_sock *s, const char *p, size_t len) {
    uint64_t until = plat_clock_ns() + STALL_NS;
    while (len) {
        int64_t n = plat_sock_send(s, p, len, NULL);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        } else if (n != -EAGAIN) {
            return fail_errno("connection", n ? n : -EPIPE);
        } else if (plat_clock_ns() >= until) {
            return fail("the server does not answer");
        } else if (!wait(until)) {
            return false;
        }
    }
    return true;
}

/* The next bytes; *got 0 is the end. */
static bool receive(struct plat_sock *s, void *buf, size_t size, size_t *got) {
    uint64_t until = plat_clock_ns() + STALL_NS;
    int64_t n;
    while ((n = plat_sock_recv(s, buf, size, NULL)) == -EAGAIN) {
        if (plat_clock_ns() >= until)
            return fail("nothing more came for %u s, after %" PRIu64 " bytes", (unsigned)(STALL_NS / SECOND_NS), f.got);
        if (!wait(until))
            return false;
    }
    *got = n > 0 ? (size_t)n : 0;
    return n >= 0 || fail_errno("connection", n);
}

static bool http_request(struct plat_sock *s, const struct url *u) {
    char text[URL_HOST + URL_PATH + 128];
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.0\r\nHost: %s:%u\r\nUser-Agent: Pyrite\r\nConnection: close\r\n\r\n", u->path,
                     u->host, u->port);
    return send_all(s, text, (size_t)n);
}

/* Reads up to the end of the head; *len bytes are in buf, *head of them the head. */
static bool http_head(struct plat_sock *s, char *buf, size_t *head, size_t *len) {
    for (*len = 0; !(*head = http_head_end(buf, *len));) {
        size_t got;
        if (*len == HTTP_HEAD)
            return fail("the answer's head is too long");
        if (!receive(s, buf + *len, HTTP_HEAD - *len, &got))
            return false;
        if (got == 0)
            return fail("the server closed the connection without an answer");
        *len += got;
    }
    return true;
}

static bool http_body(struct plat_sock *s, const struct http_response *r, const char *first, size_t len) {
    static char buf[65536];
    if (r->encoded)
        return fail("the server sends it in chunks, which HTTP/1.0 has not");
    if (r->has_length ? !set_size(r->length) : !need_size("Content-Length"))
        return false;
    if (!more(first, len))
        return false;
    while (f.got < f.size) {
        size_t got;
        if (!receive(s, buf, sizeof buf, &got))
            return false;
        if (got == 0)
            break;
        if (!more(buf, got))
            return false;
    }
    return true;
}

/* One request. *again: there was a redirection, *u is where to. */
static bool http_once(struct plat_sock *s, struct url *u, bool *again) {
    static char buf[HTTP_HEAD];
    static struct http_response r;
    struct url to;
    size_t head, len;
    const char *why = "";
    if (!http_request(s, u) || !http_head(s, buf, &head, &len))
        return false;
    if (!http_parse_response(&r, buf, head, &why))
        return fail("%s", why);
    *again = r.status == 301 || r.status == 302 || r.status == 303 || r.status == 307 || r.status == 308;
    if (*again) {
        if (!url_redirect(&to, u, r.location, &why))
            return fail("%s", why);
        *u = to;
        return true;
    }
    if (r.status != 200)
        return fail("the server says %u %s", r.status, r.reason);
    return http_body(s, &r, buf + head, len - head);
}

static bool fetch_http(struct url *u) {
    for (unsigned i = 0; i <= REDIRECTIONS; i++) {
        struct plat_addr to = {.port = u->port};
        struct plat_sock *s;
        bool again = false;
        if (!resolve(u, &to.ip))
            return false;
        int err = plat_sock_connect(to, &s);
        if (err)
            return fail_errno("connection", err);
        bool good = http_once(s, u, &again);
        plat_sock_close(s);
        if (!good || !again)
            return good;
    }
    return fail("more than %u redirections", (unsigned)REDIRECTIONS);
}

/* ---- TFTP ---- */

struct transfer {
    struct plat_sock *sock;
    struct plat_addr to;     /* the server; its port changes with the first answer */
    bool answered, done;
    uint32_t block_size;
    uint16_t acknowledged;   /* the last block that has come */
    uint8_t sent[URL_PATH + 64];
    size_t nsent;            /* what was sent last, to be sent again */
};

static void send_packet(struct transfer *t) { plat_sock_send(t->sock, t->sent, t->nsent, &t->to); }

static void send_ack(struct transfer *t) {
    t->nsent = tftp_ack(t->sent, sizeof t->sent, t->acknowledged);
    send_packet(t);
}

static bool tftp_data(struct transfer *t, const struct tftp_packet *p) {
    if (p->number != (uint16_t)(t->acknowledged + 1)) {
        if (p->number == t->acknowledged)
            send_packet(t); /* our acknowledgement was lost */
        return true;
    }
    if (p->len > t->block_size)
        return fail("a block of %zu bytes", p->len);
    if (!need_size("tsize") || !more(p->data, p->len))
        return false;
    t->acknowledged = p->number;
    t->done = p->len < t->block_size;
    send_ack(t);
    return true;
}

/* A packet of the server. *fresh: it brought something. */
static bool tftp_packet_in(struct transfer *t, const uint8_t *buf, size_t len, bool *fresh) {
    struct tftp_packet p;
    uint16_t before = t->acknowledged;
    if (!tftp_parse(&p, buf, len))
        return true;
    if (p.kind == TFTP_ERROR)
        return fail("the server says: %s (error %u)", p.message, p.number);
    if (p.kind == TFTP_OACK) {
        if (t->acknowledged || f.got)
            return true;
        if (p.has_block_size)
            t->block_size = p.block_size;
        if (p.has_size && !f.sized && !set_size(p.size))
            return false;
        *fresh = true;
        send_ack(t);
        return true;
    }
    bool good = tftp_data(t, &p);
    *fresh = t->acknowledged != before;
    return good;
}

/* Of another port than the one that answered first: RFC 1350, 4. */
static bool from_server(struct transfer *t, const struct plat_addr *from) {
    uint8_t buf[64];
    if (from->ip != t->to.ip)
        return false;
    if (!t->answered) {
        t->answered = true;
        t->to.port = from->port;
    }
    if (from->port == t->to.port)
        return true;
    plat_sock_send(t->sock, buf, tftp_error(buf, sizeof buf, 5, "unknown transfer"), from);
    return false;
}

static bool tftp_loop(struct transfer *t) {
    uint8_t buf[TFTP_PACKET + 1];
    uint64_t stall = plat_clock_ns() + STALL_NS, resend = plat_clock_ns() + RESEND_NS;
    while (!t->done) {
        struct plat_addr from;
        bool fresh = false;
        int64_t n = plat_sock_recv(t->sock, buf, sizeof buf, &from);
        if (n >= 0) {
            if (from_server(t, &from) && !tftp_packet_in(t, buf, (size_t)n, &fresh))
                return false;
        } else if (n != -EAGAIN && n != -ECONNREFUSED) {
            return fail_errno("network", n);
        }
        uint64_t now = plat_clock_ns();
        if (fresh) {
            stall = now + STALL_NS;
            resend = now + RESEND_NS;
        }
        if (now >= stall)
            return fail(t->answered ? "nothing more came for %u s, after %" PRIu64 " bytes"
                                    : "the server does not answer for %u s (%" PRIu64 " bytes)",
                        (unsigned)(STALL_NS / SECOND_NS), f.got);
        if (now >= resend) {
            send_packet(t);
            resend = now + RESEND_NS;
        }
        if (n < 0 && !wait(resend < stall ? resend : stall))
            return false;
    }
    return true;
}

static bool fetch_tftp(const struct url *u) {
    struct transfer t = {.to = {.port = u->port}, .block_size = TFTP_BLOCK_PLAIN};
    uint8_t buf[64];
    if (!resolve(u, &t.to.ip))
        return false;
    int err = plat_sock_udp((struct plat_addr){0}, &t.sock);
    if (err)
        return fail_errno("network", err);
    t.nsent = tftp_read_request(t.sent, sizeof t.sent, u->path);
    send_packet(&t);
    bool good = tftp_loop(&t);
    if (!good && t.answered)
        plat_sock_send(t.sock, buf, tftp_error(buf, sizeof buf, 0, "given up"), &t.to);
    plat_sock_close(t.sock);
    return good;
}

/* ---- the whole ---- */

bool fetch_is_url(const char *name) { return strstr(name, "://") != NULL; }

bool fetch(const char *name, struct plat_file *out, char *why) {
    const char *what = "";
    memset(&f, 0, sizeof f);
    f.name = name;
    f.why = why;
    if (!source_parse(&f.source, name, &what))
        return fail("%s", what);
    f.started = f.reported = plat_clock_ns();
    bool good = wait_for_address() &&
                (f.source.url.scheme == URL_HTTP ? fetch_http(&f.source.url) : fetch_tftp(&f.source.url)) && check();
    plat_timer_set(0, UINT64_MAX);
    plat_kick(0, f.kept);
    *out = (struct plat_file){f.data, f.size};
    return good;
}
