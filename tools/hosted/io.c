/* SPDX-License-Identifier: BSD-2-Clause */
/* Events, timers and the console of the hosted platform. One I/O thread waits for standard input, the harts' one-shot
 * timers and quit signals; it sets event bits and poll words, and wakes harts that sleep in plat_wait(). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "tools/hosted/hosted.h"

enum { RING = 4096, TAG_STDIN = 1000, TAG_RESUME, TAG_SIGNAL };

static struct hart_events {
    uint32_t pending; /* futex word */
    uint32_t waiting;
    uint32_t *poll;
    int timer_fd;     /* 0 until first used */
} harts[HOSTED_MAX_HARTS];

/* Console input: filled by the I/O thread, emptied by hart 0. */
static struct {
    uint8_t data[RING];
    uint32_t head, tail; /* head - tail bytes are there */
    bool paused;         /* the ring was full: stdin is not polled */
    bool eof;
} ring;

static int epoll_fd = -1, resume_fd = -1;
static struct termios saved_tty;
static volatile sig_atomic_t tty_changed;

/* ---- events ---- */

void plat_set_poll(unsigned id, uint32_t *poll) { harts[id].poll = poll; }

void plat_kick(unsigned id, uint32_t events) {
    struct hart_events *h = &harts[id];
    __atomic_fetch_or(&h->pending, events, __ATOMIC_SEQ_CST);
    if (h->poll)
        __atomic_store_n(h->poll, 1, __ATOMIC_RELEASE);
    if (__atomic_load_n(&h->waiting, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, &h->pending, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

uint32_t plat_events(unsigned id) { return __atomic_exchange_n(&harts[id].pending, 0, __ATOMIC_SEQ_CST); }

void plat_wait(unsigned id) {
    struct hart_events *h = &harts[id];
    __atomic_store_n(&h->waiting, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&h->pending, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, &h->pending, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    __atomic_store_n(&h->waiting, 0, __ATOMIC_SEQ_CST);
}

/* ---- timers ---- */

static bool watch(int fd, uint32_t tag) {
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = tag};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static int timer_fd(unsigned id) {
    if (harts[id].timer_fd <= 0) {
        harts[id].timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        watch(harts[id].timer_fd, id);
    }
    return harts[id].timer_fd;
}

void plat_timer_set(unsigned id, uint64_t deadline_ns) {
    struct itimerspec its = {0};
    if (deadline_ns != UINT64_MAX) {
        uint64_t now = plat_clock_ns();
        uint64_t left = deadline_ns > now ? deadline_ns - now : 1;
        its.it_value.tv_sec = (time_t)(left / 1000000000u);
        its.it_value.tv_nsec = (long)(left % 1000000000u);
    }
    timerfd_settime(timer_fd(id), 0, &its, NULL);
}

/* ---- console ---- */

void plat_console_write(const void *buf, size_t len) {
    for (const uint8_t *p = buf; len;) {
        ssize_t n = write(STDOUT_FILENO, p, len);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return; /* nobody reads any more: the guest goes on */
        }
    }
}

size_t plat_console_read(void *buf, size_t len) {
    uint32_t head = __atomic_load_n(&ring.head, __ATOMIC_ACQUIRE), tail = ring.tail;
    size_t n = 0;
    while (n < len && tail != head)
        ((uint8_t *)buf)[n++] = ring.data[tail++ % RING];
    __atomic_store_n(&ring.tail, tail, __ATOMIC_SEQ_CST); /* before `paused` is read: see pause_stdin() */
    if (n && __atomic_load_n(&ring.paused, __ATOMIC_SEQ_CST)) {
        uint64_t one = 1;
        if (write(resume_fd, &one, sizeof one) < 0)
            return n;
    }
    return n;
}

/* Ctrl-A x quits, Ctrl-A s shows statistics, Ctrl-A Ctrl-A is one Ctrl-A; other bytes after Ctrl-A are dropped, as in
 * QEMU. Only on a terminal. */
static void ring_put(uint8_t c) {
    static bool escape;
    if (tty_changed) {
        if (escape) {
            escape = false;
            if (c == 'x' || c == 'X')
                plat_kick(0, PLAT_EV_STOP);
            if (c == 's' || c == 'S')
                plat_kick(0, PLAT_EV_STATS);
            if (c != 1)
                return;
        } else if (c == 1) {
            escape = true;
            return;
        }
    }
    uint32_t head = ring.head;
    ring.data[head % RING] = c;
    __atomic_store_n(&ring.head, head + 1, __ATOMIC_RELEASE);
}

/* A regular file cannot be watched: it is read whenever there is room. */
static bool stdin_is_file;

static uint32_t ring_room(void) { return RING - (ring.head - __atomic_load_n(&ring.tail, __ATOMIC_SEQ_CST)); }

static void resume_stdin(void) {
    __atomic_store_n(&ring.paused, false, __ATOMIC_SEQ_CST);
    if (!stdin_is_file && !ring.eof)
        watch(STDIN_FILENO, TAG_STDIN);
}

/* The ring is full. Not watched at all: that the other end has closed would be reported over and over. Whoever made
 * room before it could see `paused` sends no word, so room is looked for once more. */
static void pause_stdin(void) {
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
    __atomic_store_n(&ring.paused, true, __ATOMIC_SEQ_CST);
    if (ring_room())
        resume_stdin();
}

/* Reads what fits. */
static void read_stdin(void) {
    uint8_t buf[512];
    uint32_t room = ring_room();
    if (room == 0) {
        pause_stdin();
        return;
    }
    ssize_t n = read(STDIN_FILENO, buf, room < sizeof buf ? room : sizeof buf);
    if (n <= 0) {
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        ring.eof = true;
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        ring_put(buf[i]);
    plat_kick(0, PLAT_EV_CONSOLE);
}

static void read_file(void) {
    while (stdin_is_file && !ring.eof && !ring.paused)
        read_stdin();
}

static void on_resume(void) {
    uint64_t v;
    if (read(resume_fd, &v, sizeof v) < 0)
        return;
    resume_stdin();
    read_file();
}

/* Ends as if the signal had not been caught, but with the terminal as it was. */
static void die_of(int sig) {
    sigset_t set;
    hosted_tty_restore();
    signal(sig, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(sig);
}

static void on_event(uint32_t tag, int sig_fd) {
    uint64_t v;
    struct signalfd_siginfo si;
    if (tag == TAG_STDIN)
        read_stdin();
    else if (tag == TAG_RESUME)
        on_resume();
    else if (tag == TAG_SIGNAL && read(sig_fd, &si, sizeof si) > 0) {
        if (si.ssi_signo == SIGUSR1)
            plat_kick(0, PLAT_EV_STATS);
        else
            die_of((int)si.ssi_signo);
    }
    else if (tag < HOSTED_MAX_HARTS && read(harts[tag].timer_fd, &v, sizeof v) > 0)
        plat_kick(tag, PLAT_EV_TIMER);
}

static void *io_main(void *arg) {
    int sig_fd = (int)(intptr_t)arg;
    struct epoll_event ev[8];
    read_file();
    for (;;) {
        int n = epoll_wait(epoll_fd, ev, 8, -1);
        for (int i = 0; i < n; i++)
            on_event(ev[i].data.u32, sig_fd);
    }
    return NULL;
}

void hosted_tty_restore(void) {
    if (tty_changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved_tty);
    tty_changed = 0;
}

static void tty_raw(void) {
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved_tty) != 0)
        return;
    struct termios t = saved_tty;
    cfmakeraw(&t);
    t.c_oflag |= OPOST; /* our own messages end in \n */
    tcsetattr(STDIN_FILENO, TCSANOW, &t);
    tty_changed = 1;
    atexit(hosted_tty_restore);
}

void hosted_io_start(void) {
    sigset_t quit;
    pthread_t thread;
    sigemptyset(&quit);
    sigaddset(&quit, SIGTERM);
    sigaddset(&quit, SIGHUP);
    sigaddset(&quit, SIGINT);
    sigaddset(&quit, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &quit, NULL);
    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    resume_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int sig_fd = signalfd(-1, &quit, SFD_CLOEXEC | SFD_NONBLOCK);
    if (epoll_fd < 0 || resume_fd < 0 || sig_fd < 0)
        plat_panic("cannot make the I/O thread's descriptors: %s", strerror(errno));
    watch(resume_fd, TAG_RESUME);
    watch(sig_fd, TAG_SIGNAL);
    tty_raw();
    if (!watch(STDIN_FILENO, TAG_STDIN)) {
        stdin_is_file = errno == EPERM;
        ring.eof = !stdin_is_file; /* closed */
    }
    if (pthread_create(&thread, NULL, io_main, (void *)(intptr_t)sig_fd) != 0)
        plat_panic("cannot start the I/O thread");
    pthread_detach(thread);
}

void hosted_io_stop(void) { hosted_tty_restore(); }
