/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel/net/ (lwIP and the sockets on it) against itself: two processes, each with a stack, on a wire that loses and
 * repeats frames, and lets garbage in. A client sends a megabyte, which the server sends back; datagrams; a port where
 * nobody listens. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/net/stack.h"

enum { TOTAL = 1 << 20, PORT = 7, SERVER = 0x0a000001, CLIENT = 0x0a000002 };

/* lwIP links fragments that wait for others by pointers inside IP headers, which lie anywhere. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "use_unaligned=1"; }

static int wire;
static uint64_t due = UINT64_MAX;
static unsigned frames;
static uint32_t seed;

/* ---- the platform ---- */

uint64_t plat_clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t chance(void) { return (seed = seed * 1664525 + 1013904223) >> 8; }

void plat_entropy(void *buf, size_t len) {
    for (uint8_t *p = buf; len--;)
        *p++ = (uint8_t)chance();
}

void plat_panic(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    printf("\nnot ok net_stack\n");
    exit(1);
}

static void fail(const char *what, int64_t got) { plat_panic("%s: %lld", what, (long long)got); }

/* ---- the wire ---- */

static void send_frame(void *arg, const void *frame, size_t len) {
    (void)arg;
    if (++frames % 23 == 0)
        return;
    for (unsigned i = 0; i < (frames % 37 == 5 ? 2u : 1u); i++)
        if (send(wire, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            return;
    if (frames % 41 == 7) { /* the same, bent: one byte, since sums of 16 bits are bound to see that */
        uint8_t bent[2048];
        memcpy(bent, frame, len);
        bent[14 + chance() % (len - 14)] ^= (uint8_t)(1 + chance() % 255);
        send(wire, bent, 14 + chance() % (len - 13), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

static void receive_frames(void *arg) {
    uint8_t frame[2048];
    ssize_t n;
    (void)arg;
    while ((n = recv(wire, frame, sizeof frame, MSG_DONTWAIT)) > 0)
        stack_input(frame, (size_t)n);
}

static void set_due(void *arg, uint64_t ns) {
    (void)arg;
    due = ns;
}

static void turn(void) {
    uint64_t now = plat_clock_ns();
    int ms = due <= now ? 0 : due - now > 1000000000 ? 1000 : (int)((due - now) / 1000000) + 1;
    poll(&(struct pollfd){.fd = wire, .events = POLLIN}, 1, ms);
    plat_sock_poll();
}

static void start(int fd, uint32_t address) {
    struct stack_config c = {.address = address, .mask = 0xffffff00, .name = "wire", .mtu = 1500, .send = send_frame,
                             .poll = receive_frames, .due = set_due, .mac = {2, 0, 0, 0, 0, (uint8_t)address}};
    wire = fd;
    seed = address;
    if (!stack_start(&c))
        fail("start", 0);
    stack_link(true);
}

/* ---- the server: echoes one connection, then datagrams, until the wire is gone ---- */

static void serve(int fd) {
    static uint8_t buf[8192];
    struct plat_sock *l, *u, *s = NULL;
    struct plat_addr from;
    size_t have = 0, at = 0;
    bool eof = false;
    start(fd, SERVER);
    if (plat_sock_listen((struct plat_addr){0, PORT}, &l) || plat_sock_udp((struct plat_addr){0, PORT}, &u))
        fail("listen", 0);
    for (;;) {
        int64_t n = 1;
        if (!s && plat_sock_accept(l, &s, &from) == 0 && from.ip != CLIENT)
            fail("from", from.ip);
        while (s && n > 0) {
            n = at == have && !eof ? plat_sock_recv(s, buf, sizeof buf, NULL) : -EAGAIN;
            if (n >= 0) {
                have = (size_t)n;
                at = 0;
                if ((eof = n == 0))
                    plat_sock_shutdown(s);
            }
            if (at < have && (n = plat_sock_send(s, buf + at, have - at, NULL)) > 0)
                at += (size_t)n;
        }
        while ((n = plat_sock_recv(u, buf, sizeof buf, &from)) >= 0)
            plat_sock_send(u, buf, (size_t)n, &from);
        turn();
        if (recv(wire, buf, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
            exit(0); /* the other process has ended */
    }
}

/* ---- the client ---- */

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16)); }

static void stream(void) {
    static uint8_t buf[16384];
    struct plat_sock *s;
    size_t sent = 0, got = 0;
    int64_t n;
    if ((n = plat_sock_connect((struct plat_addr){SERVER, PORT}, &s)) != 0)
        fail("connect", n);
    while (got < TOTAL) {
        size_t len = TOTAL - sent < sizeof buf ? TOTAL - sent : sizeof buf;
        for (size_t i = 0; i < len; i++)
            buf[i] = byte_at(sent + i);
        n = len ? plat_sock_send(s, buf, len, NULL) : 0;
        if (n < 0 && n != -EAGAIN)
            fail("send", n);
        sent += n > 0 ? (size_t)n : 0;
        if (len && n == (int64_t)len && sent == TOTAL)
            plat_sock_shutdown(s);
        while ((n = plat_sock_recv(s, buf, sizeof buf, NULL)) > 0)
            for (int64_t i = 0; i < n; i++, got++)
                if (buf[i] != byte_at(got))
                    fail("byte", (int64_t)got);
        if (n == 0 && got != TOTAL)
            fail("ended early", (int64_t)got);
        if (n < 0 && n != -EAGAIN)
            fail("recv", n);
        if (sent < TOTAL && len && n == -EAGAIN && due == UINT64_MAX)
            fail("no clock", 0);
        turn();
    }
    while ((n = plat_sock_recv(s, buf, sizeof buf, NULL)) == -EAGAIN)
        turn();
    if (n != 0)
        fail("end", n);
    plat_sock_close(s);
}

static void refused(void) {
    struct plat_sock *s;
    char c;
    int64_t n = plat_sock_connect((struct plat_addr){SERVER, PORT + 1}, &s);
    while (n == 0 && (n = plat_sock_recv(s, &c, 1, NULL)) == -EAGAIN) {
        turn();
        n = 0;
    }
    if (n != -ECONNREFUSED)
        fail("refused", n);
    plat_sock_close(s);
}

/* Some get lost: each is sent until it is there. */
static void datagrams(void) {
    struct plat_sock *s;
    struct plat_addr to = {SERVER, PORT}, from;
    uint8_t buf[4000];
    if (plat_sock_udp((struct plat_addr){0}, &s))
        fail("udp", 0);
    for (size_t len = 0; len < 4000; len += 777) { /* fragments, too */
        int64_t n = -1;
        uint64_t again = 0;
        memset(buf, (int)len, sizeof buf);
        while (n != (int64_t)len) {
            if (plat_clock_ns() >= again) {
                plat_sock_send(s, buf, len, &to);
                again = plat_clock_ns() + 200000000;
            }
            turn();
            n = plat_sock_recv(s, buf, sizeof buf, &from);
        }
        if (from.ip != SERVER || from.port != PORT)
            fail("from", from.ip);
    }
    plat_sock_close(s);
}

int main(void) {
    int pair[2];
    struct plat_addr own;
    struct stack_info info;
    uint32_t ip;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
        return 1;
    pid_t server = fork();
    close(pair[server == 0 ? 0 : 1]);
    if (server == 0)
        serve(pair[1]);
    if (plat_sock_ready(&own) != -ENETDOWN)
        fail("ready", 0);
    start(pair[0], CLIENT);
    if (plat_sock_ready(&own) != 0 || own.ip != CLIENT)
        fail("own", own.ip);
    stream();
    refused();
    datagrams();
    if (plat_sock_resolve("10.0.0.9", &ip) != 0 || ip != 0x0a000009)
        fail("resolve", ip);
    if (plat_sock_resolve("name", &ip) == 0)
        fail("resolve", ip);
    stack_info(&info);
    if (info.memory > 1 << 20)
        fail("memory left", (int64_t)info.memory);
    close(pair[0]);
    int status = 0;
    waitpid(server, &status, 0);
    printf(status ? "not ok net_stack\n" : "ok net_stack\n");
    return status != 0;
}
