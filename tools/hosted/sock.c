/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets (kernel/plat.h) on the host's. A thread waits for them (epoll, edge-triggered: each change is one
 * PLAT_EV_NET); nothing else is done in it. Names are looked up by a thread each, as getaddrinfo() blocks. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/hosted/hosted.h"

struct plat_sock {
    int fd;
    bool connecting;
};

static int epoll_fd = -1;

static void *watch_main(void *arg) {
    struct epoll_event ev[16];
    (void)arg;
    for (;;)
        if (epoll_wait(epoll_fd, ev, 16, -1) > 0)
            plat_kick(0, PLAT_EV_NET);
    return NULL;
}

static bool start(void) {
    pthread_t thread;
    if (epoll_fd >= 0)
        return true;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 || pthread_create(&thread, NULL, watch_main, NULL) != 0)
        return false;
    pthread_detach(thread);
    return true;
}

static struct sockaddr_in to_host(struct plat_addr a) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(a.port), .sin_addr.s_addr = htonl(a.ip)};
}
static struct plat_addr from_host(const struct sockaddr_in *a) {
    return (struct plat_addr){ntohl(a->sin_addr.s_addr), ntohs(a->sin_port)};
}

/* Takes the descriptor over, also when it fails; fd -1: errno says why. */
static int wrap(int fd, struct plat_sock **out) {
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    int err = errno, one = 1;
    struct plat_sock *s = fd < 0 || !start() ? NULL : malloc(sizeof *s);
    if (!s || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
        err = fd < 0 ? err : ENOMEM;
        if (fd >= 0)
            close(fd);
        free(s);
        return -err;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* says no to UDP */
    *s = (struct plat_sock){fd, false};
    *out = s;
    return 0;
}

bool hosted_net_watch(int fd) {
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    return start() && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static int open_at(int type, struct plat_addr at, struct plat_sock **out) {
    struct sockaddr_in a = to_host(at);
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd >= 0 && type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        int err = errno;
        close(fd);
        return -err;
    }
    return wrap(fd, out);
}

int plat_sock_ready(struct plat_addr *own) {
    *own = (struct plat_addr){0};
    return 0;
}

int plat_sock_connect(struct plat_addr to, struct plat_sock **out) {
    struct sockaddr_in a = to_host(to);
    int err = wrap(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), out);
    if (err)
        return err;
    if (connect((*out)->fd, (struct sockaddr *)&a, sizeof a) != 0 && errno != EINPROGRESS) {
        err = -errno;
        plat_sock_close(*out);
        return err;
    }
    (*out)->connecting = true;
    return 0;
}

int plat_sock_listen(struct plat_addr at, struct plat_sock **out) {
    int err = open_at(SOCK_STREAM, at, out);
    if (err == 0 && listen((*out)->fd, 16) != 0) {
        err = -errno;
        plat_sock_close(*out);
    }
    return err;
}

int plat_sock_accept(struct plat_sock *listening, struct plat_sock **out, struct plat_addr *from) {
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    int fd = accept4(listening->fd, (struct sockaddr *)&a, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    *from = from_host(&a);
    return wrap(fd, out);
}

int plat_sock_udp(struct plat_addr at, struct plat_sock **out) { return open_at(SOCK_DGRAM, at, out); }

/* 0: connected. The edge may have been that of another change: SO_ERROR 0 without a peer is not yet. */
static int connected(struct plat_sock *s) {
    struct sockaddr_in a;
    socklen_t len = sizeof a, err_len = sizeof(int);
    int err = 0;
    if (!s->connecting)
        return 0;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &err_len) != 0 || err)
        return err ? -err : -errno;
    if (getpeername(s->fd, (struct sockaddr *)&a, &len) != 0)
        return errno == ENOTCONN ? -EAGAIN : -errno;
    s->connecting = false;
    return 0;
}

int plat_sock_connected(struct plat_sock *s) { return connected(s); }

int64_t plat_sock_send(struct plat_sock *s, const void *buf, size_t len, const struct plat_addr *to) {
    struct sockaddr_in a = to_host(to ? *to : (struct plat_addr){0});
    int err = connected(s);
    if (err)
        return err;
    ssize_t n = sendto(s->fd, buf, len, MSG_NOSIGNAL, to ? (struct sockaddr *)&a : NULL, to ? sizeof a : 0);
    return n >= 0 ? n : errno == EINTR ? -EAGAIN : -errno;
}

int64_t plat_sock_recv(struct plat_sock *s, void *buf, size_t len, struct plat_addr *from) {
    struct sockaddr_in a = {0};
    socklen_t alen = sizeof a;
    int err = connected(s);
    if (err)
        return err;
    ssize_t n = recvfrom(s->fd, buf, len, 0, (struct sockaddr *)&a, &alen);
    if (n >= 0 && from)
        *from = from_host(&a);
    return n >= 0 ? n : errno == EINTR ? -EAGAIN : -errno;
}

void plat_sock_shutdown(struct plat_sock *s) { shutdown(s->fd, SHUT_WR); }

void plat_sock_close(struct plat_sock *s) {
    close(s->fd);
    free(s);
}

void plat_sock_poll(void) {}

bool plat_card_info(unsigned i, struct plat_card_info *out) {
    (void)i, (void)out;
    return false;
}

/* ---- names ---- */

uint32_t plat_sock_dns(void) {
    char line[256], word[64];
    struct in_addr a;
    uint32_t ip = 0;
    FILE *f = fopen("/etc/resolv.conf", "re");
    while (f && !ip && fgets(line, sizeof line, f))
        if (sscanf(line, "nameserver %63s", word) == 1 && inet_pton(AF_INET, word, &a) == 1)
            ip = ntohl(a.s_addr);
    if (f)
        fclose(f);
    return ip;
}

static struct lookup {
    plat_lock_t lock;
    char name[256];
    bool running, done;
    int err;
    uint32_t ip;
} lookup;

static void *lookup_main(void *arg) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char name[sizeof lookup.name];
    (void)arg;
    plat_lock(&lookup.lock);
    memcpy(name, lookup.name, sizeof name);
    plat_unlock(&lookup.lock);
    int err = getaddrinfo(name, NULL, &hints, &found);
    plat_lock(&lookup.lock);
    lookup.err = err == 0 ? 0 : err == EAI_AGAIN ? -ETIMEDOUT : -ENOENT;
    if (err == 0)
        lookup.ip = ntohl(((struct sockaddr_in *)found->ai_addr)->sin_addr.s_addr);
    lookup.done = true;
    lookup.running = false;
    plat_unlock(&lookup.lock);
    if (found)
        freeaddrinfo(found);
    plat_kick(0, PLAT_EV_NET);
    return NULL;
}

static int begin_lookup(const char *name) {
    pthread_t thread;
    if (strlen(name) >= sizeof lookup.name)
        return -ENOENT;
    strcpy(lookup.name, name);
    lookup.done = false;
    lookup.running = pthread_create(&thread, NULL, lookup_main, NULL) == 0;
    if (!lookup.running)
        return -ENOMEM;
    pthread_detach(thread);
    return -EAGAIN;
}

/* One at a time: another name waits until the one before is done. */
int plat_sock_resolve(const char *name, uint32_t *ip) {
    struct in_addr a;
    int err = -EAGAIN;
    if (inet_pton(AF_INET, name, &a) == 1) {
        *ip = ntohl(a.s_addr);
        return 0;
    }
    plat_lock(&lookup.lock);
    if (lookup.done && !strcmp(lookup.name, name)) {
        err = lookup.err;
        *ip = lookup.ip;
        lookup.done = false;
    } else if (!lookup.running) {
        err = begin_lookup(name);
    }
    plat_unlock(&lookup.lock);
    return err;
}
