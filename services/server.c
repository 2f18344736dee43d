/* SPDX-License-Identifier: BSD-2-Clause */
/* The clients of the telnet console and of the status page: a fixed number of each, none of which waits for another.
 * Assumes nothing of them: a head of HTTP_HEAD bytes and HTTP_NS for a page, after that the connection is closed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/console.h"
#include "services/http.h"
#include "services/services.h"

enum { PAGES = 8, PAGE = 65536, OUT = 2 * VIEWER_CHUNK };
#define HTTP_NS 10000000000ull  /* for a request and its answer */
#define RATE_NS 300000000ull    /* rates are taken over at least this */
#define WATCH_NS 15000000000ull /* how long instructions are counted after the last page */

static const struct services_config *cfg;
static struct plat_sock *telnet_listen, *http_listen;

static struct client {
    struct plat_sock *sock; /* NULL: free */
    struct viewer viewer;
    uint8_t out[OUT];
    size_t nout, at;
} clients[CONSOLE_VIEWERS];

static struct page {
    struct plat_sock *sock; /* NULL: free */
    uint64_t until, answer_at; /* answer_at: 0: the request is not whole yet, or the answer is made */
    char *out;              /* the answer */
    size_t nhead, nout, at;
    struct http_request request;
    char head[HTTP_HEAD];
} pages[PAGES];

static struct status before, now;
static bool watching;
static uint64_t watch_until;

/* ---- telnet ---- */

static void drop_client(struct client *c) {
    viewer_gone(&c->viewer);
    plat_sock_close(c->sock);
    c->sock = NULL;
}

/* False: the connection is over. */
static bool client_input(struct client *c) {
    uint8_t buf[VIEWER_CHUNK];
    size_t room;
    while ((room = viewer_room(&c->viewer)) != 0) {
        int64_t n = plat_sock_recv(c->sock, buf, room < sizeof buf ? room : sizeof buf, NULL);
        if (n <= 0)
            return n == -EAGAIN;
        viewer_input(&c->viewer, buf, (size_t)n);
    }
    return true;
}

static bool client_output(struct client *c) {
    for (;;) {
        if (c->at == c->nout) {
            c->at = 0;
            c->nout = viewer_output(&c->viewer, c->out, sizeof c->out);
        }
        if (c->nout == 0)
            return !c->viewer.ended;
        int64_t n = plat_sock_send(c->sock, c->out + c->at, c->nout - c->at, NULL);
        if (n <= 0)
            return n == -EAGAIN;
        c->at += (size_t)n;
    }
}

/* True if there are any, which have not been looked at. */
static bool new_clients(void) {
    bool any = false;
    struct plat_addr from;
    struct plat_sock *s;
    while (telnet_listen && plat_sock_accept(telnet_listen, &s, &from) == 0) {
        struct client *c = clients;
        while (c < clients + CONSOLE_VIEWERS && c->sock)
            c++;
        if (c == clients + CONSOLE_VIEWERS) {
            plat_sock_close(s);
            continue;
        }
        memset(c, 0, sizeof *c);
        c->sock = s;
        viewer_init(&c->viewer);
        any = true;
    }
    return any;
}

static uint64_t poll_clients(void) {
    uint64_t due = UINT64_MAX;
    for (struct client *c = clients; c < clients + CONSOLE_VIEWERS; c++) {
        if (!c->sock)
            continue;
        viewer_poll(&c->viewer);
        bool good = client_input(c);
        if (!client_output(c) || !good) {
            drop_client(c);
            continue;
        }
        uint64_t next = viewer_poll(&c->viewer);
        due = next < due ? next : due;
    }
    return due;
}

/* ---- the status page ---- */

static void sample(struct status *s) {
    memset(s, 0, sizeof *s);
    cfg->sample(s);
    s->now_ns = plat_clock_ns();
    s->viewers = 0;
    for (struct client *c = clients; c < clients + CONSOLE_VIEWERS; c++)
        s->viewers += c->sock != NULL;
}

static void watch(bool on) {
    if (on != watching)
        cfg->watch(on);
    watching = on;
}

static void drop_page(struct page *p) {
    plat_sock_close(p->sock);
    free(p->out);
    p->sock = NULL;
    p->out = NULL;
}

static const char *reason(unsigned status) {
    return status == 200 ? "OK" : status == 404 ? "Not Found" : status == 405 ? "Method Not Allowed"
         : status == 414 ? "URI Too Long" : status == 431 ? "Request Header Fields Too Large"
         : status == 505 ? "HTTP Version Not Supported" : "Bad Request";
}

/* body: NULL: the reason is all there is to say. False: no memory. */
static bool answer(struct page *p, unsigned status, const char *type, const struct text *body) {
    struct text t = {malloc(PAGE + 1024), PAGE + 1024, 0};
    char plain[64];
    int n = snprintf(plain, sizeof plain, "%u %s\n", status, reason(status));
    if (!t.p)
        return false;
    text_add(&t, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sCache-Control: no-store\r\n"
                 "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
             status, reason(status), type, body ? body->len : (size_t)n, status == 405 ? "Allow: GET, HEAD\r\n" : "");
    if (p->request.method != HTTP_HEAD_ONLY)
        text_add(&t, "%s", body ? body->p : plain);
    p->out = t.p;
    p->nout = t.len;
    p->answer_at = 0;
    return true;
}

static bool refuse(struct page *p, unsigned status) { return answer(p, status, "text/plain", NULL); }

static bool is_json(const struct page *p) { return !strcmp(p->request.target, "/status.json"); }

/* Rates are between the sample of the page before, or of the request, and one of now. */
static bool answer_status(struct page *p) {
    struct text body = {malloc(PAGE), PAGE, 0};
    if (!body.p)
        return false;
    sample(&now);
    (is_json(p) ? status_json : status_html)(&body, &before, &now);
    bool good = answer(p, 200, is_json(p) ? "application/json" : "text/html; charset=utf-8", &body);
    free(body.p);
    if (now.now_ns - before.now_ns >= RATE_NS)
        before = now;
    return good;
}

static bool take_request(struct page *p, size_t len) {
    unsigned status = http_parse_request(&p->request, p->head, len);
    if (status)
        return refuse(p, status);
    if (p->request.method == HTTP_OTHER)
        return refuse(p, 405);
    if (strcmp(p->request.target, "/") && !is_json(p))
        return refuse(p, 404);
    uint64_t t = plat_clock_ns();
    if (!watching)
        sample(&before);
    watch(true);
    watch_until = t + WATCH_NS;
    p->answer_at = before.now_ns + RATE_NS > t ? before.now_ns + RATE_NS : t;
    return true;
}

/* False: the connection is over. */
static bool page_input(struct page *p) {
    while (!p->out && !p->answer_at) {
        size_t end;
        int64_t n = plat_sock_recv(p->sock, p->head + p->nhead, sizeof p->head - p->nhead, NULL);
        if (n <= 0)
            return n == -EAGAIN;
        p->nhead += (size_t)n;
        if ((end = http_head_end(p->head, p->nhead)) != 0)
            return take_request(p, end);
        if (p->nhead == sizeof p->head)
            return refuse(p, 431);
    }
    return true;
}

/* What else the client has to say is read, and dropped: a connection closed with bytes unread is reset, and a reset
 * takes the answer with it. */
static bool page_output(struct page *p) {
    char rest[512];
    while (p->out && p->at < p->nout) {
        int64_t n = plat_sock_send(p->sock, p->out + p->at, p->nout - p->at, NULL);
        if (n <= 0)
            return n == -EAGAIN;
        p->at += (size_t)n;
        if (p->at == p->nout)
            plat_sock_shutdown(p->sock);
    }
    int64_t n = p->out ? 1 : -EAGAIN;
    while (n > 0)
        n = plat_sock_recv(p->sock, rest, sizeof rest, NULL);
    return n == -EAGAIN;
}

static bool new_pages(uint64_t t) {
    bool any = false;
    struct plat_addr from;
    struct plat_sock *s;
    while (http_listen && plat_sock_accept(http_listen, &s, &from) == 0) {
        struct page *p = pages;
        while (p < pages + PAGES && p->sock)
            p++;
        if (p == pages + PAGES) {
            plat_sock_close(s);
            continue;
        }
        p->sock = s;
        p->until = t + HTTP_NS;
        p->answer_at = 0;
        p->nhead = p->nout = p->at = 0;
        memset(&p->request, 0, sizeof p->request);
        any = true;
    }
    return any;
}

static uint64_t poll_pages(void) {
    uint64_t t = plat_clock_ns(), due = UINT64_MAX;
    for (struct page *p = pages; p < pages + PAGES; p++) {
        if (!p->sock)
            continue;
        bool good = t < p->until && page_input(p);
        if (good && p->answer_at && t >= p->answer_at)
            good = answer_status(p);
        if (!good || !page_output(p)) {
            drop_page(p);
            continue;
        }
        uint64_t next = p->answer_at ? p->answer_at : p->until;
        due = next < due ? next : due;
    }
    if (watching && t >= watch_until)
        watch(false);
    return watching && watch_until < due ? watch_until : due;
}

/* ---- both ---- */

void services_poll(void) {
    if (!cfg)
        return;
    uint64_t a, b;
    do
        a = poll_clients();
    while (new_clients()); /* after those that have gone have made room */
    do
        b = poll_pages();
    while (new_pages(plat_clock_ns()));
    cfg->timer(a < b ? a : b);
}

static bool listen_at(struct plat_addr at, const char *what, struct plat_sock **out, char *why) {
    int err = at.port ? plat_sock_listen(at, out) : 0;
    if (err)
        snprintf(why, SERVICES_WHY, "%s: port %u: %s", what, at.port,
                 err == -ENETDOWN ? "no network card is driven" : strerror(-err));
    return err == 0;
}

bool services_start(const struct services_config *c, char *why) {
    if (!c->telnet.port && !c->status.port)
        return true;
    if (!listen_at(c->telnet, "telnet", &telnet_listen, why) || !listen_at(c->status, "status", &http_listen, why))
        return false;
    if (c->telnet.port)
        console_start(c->token);
    cfg = c;
    return true;
}

static bool number(const char **text, unsigned max, uint32_t *out) {
    uint32_t v = 0;
    const char *p = *text;
    for (; *p >= '0' && *p <= '9'; p++)
        if ((v = v * 10 + (uint32_t)(*p - '0')) > max)
            return false;
    bool some = p != *text;
    *text = p;
    *out = v;
    return some;
}

bool services_address(const char *text, uint32_t ip, struct plat_addr *out) {
    uint32_t part, port;
    if (strchr(text, ':')) {
        ip = 0;
        for (unsigned i = 0; i < 4; i++) {
            if (!number(&text, 255, &part) || *text++ != (i < 3 ? '.' : ':'))
                return false;
            ip = ip << 8 | part;
        }
    }
    if (!number(&text, 65535, &port) || *text || port == 0)
        return false;
    *out = (struct plat_addr){ip, (uint16_t)port};
    return true;
}
