/* SPDX-License-Identifier: BSD-2-Clause */
/* The console for viewers. The guest's output is a ring that each viewer reads at its own pace; who falls behind by
 * more than the ring is told how much it has missed, and nobody waits for anybody. Input goes the other way by a second
 * ring, from the one writer. Assumes nothing of what viewers send; guarantees that nothing of it reaches the guest
 * before the token was given, and that a wrong one costs a second. */
#include "services/console.h"

#include <stdio.h>
#include <string.h>

#include "kernel/plat.h"

enum { OUTPUT = 65536, HISTORY = 16384, INPUT = 1024, WRONG_MAX = 3, CTRL_A = 1 };
#define WRONG_NS 1000000000ull

static struct {
    plat_lock_t lock; /* guards output, written, input, head, tail */
    bool on;
    const char *token;
    uint8_t output[OUTPUT];
    uint64_t written;
    uint8_t input[INPUT];
    uint32_t head, tail;
    struct viewer *writer;
    unsigned viewers;
    uint64_t next_try; /* before that no token is looked at, whoever gives it */
} con;

/* ---- the board's side ---- */

static void keep(const uint8_t *p, size_t len) {
    if (len > OUTPUT) {
        con.written += len - OUTPUT;
        p += len - OUTPUT;
        len = OUTPUT;
    }
    size_t at = con.written % OUTPUT, n = len < OUTPUT - at ? len : OUTPUT - at;
    memcpy(con.output + at, p, n);
    memcpy(con.output, p + n, len - n);
    con.written += len;
}

void console_write(void *arg, const void *buf, size_t len) {
    (void)arg;
    plat_console_write(buf, len);
    if (!con.on)
        return;
    plat_lock(&con.lock);
    keep(buf, len);
    plat_unlock(&con.lock);
    if (con.viewers)
        plat_kick(0, PLAT_EV_NET);
}

size_t console_read(void *arg, void *buf, size_t len) {
    size_t n = 0;
    (void)arg;
    if (con.on) {
        plat_lock(&con.lock);
        while (n < len && con.tail != con.head)
            ((uint8_t *)buf)[n++] = con.input[con.tail++ % INPUT];
        plat_unlock(&con.lock);
        if (n && con.writer)
            plat_kick(0, PLAT_EV_NET); /* there is room again */
    }
    return n ? n : plat_console_read(buf, len);
}

bool console_token_ok(const char *token) {
    size_t n = strlen(token);
    for (size_t i = 0; i < n; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    return n >= CONSOLE_TOKEN_MIN && n <= CONSOLE_TOKEN_MAX;
}

void console_start(const char *token) {
    con.on = true;
    con.token = token;
}

/* ---- viewers ---- */

static void say(struct viewer *v, const char *text) {
    int n = snprintf(v->message + v->nmessage, sizeof v->message - v->nmessage, "%s", text);
    v->nmessage += (unsigned)n;
    if (v->nmessage > sizeof v->message - 1)
        v->nmessage = sizeof v->message - 1;
}

static void help(struct viewer *v) {
    say(v, con.token ? "\r\n[pyrite] Ctrl-A w: write (asks for the token), r: only read, x: end, Ctrl-A: itself\r\n"
                     : "\r\n[pyrite] no token is set, so nobody writes; Ctrl-A x: end\r\n");
}

void viewer_init(struct viewer *v) {
    memset(v, 0, sizeof *v);
    plat_lock(&con.lock);
    uint64_t back = con.written < HISTORY ? con.written : HISTORY;
    v->at = con.written - back;
    while (back == HISTORY && v->at < con.written && con.output[(v->at - 1) % OUTPUT] != '\n')
        v->at++; /* whole lines */
    plat_unlock(&con.lock);
    con.viewers++;
    memcpy(v->message, telnet_hello, TELNET_HELLO);
    v->nmessage = TELNET_HELLO;
    say(v, "[pyrite] the guest's console, read-only");
    help(v);
}

void viewer_gone(struct viewer *v) {
    if (con.writer == v)
        con.writer = NULL;
    con.viewers--;
}

static void only_read(struct viewer *v) {
    if (con.writer == v)
        con.writer = NULL;
    if (v->writer)
        say(v, "\r\n[pyrite] read-only\r\n");
    v->writer = false;
}

/* All of both is compared, whatever differs first. */
static bool token_is(const char *typed, unsigned n) {
    size_t len = strlen(con.token);
    unsigned differ = len != n;
    for (size_t i = 0; i < CONSOLE_TOKEN_MAX; i++)
        differ |= (unsigned)((i < len ? con.token[i] : 0) ^ (i < n ? typed[i] : 0));
    return differ == 0;
}

static void look_at_token(struct viewer *v) {
    bool right = token_is(v->typed, v->ntyped);
    memset(v->typed, 0, sizeof v->typed);
    v->ntyped = 0;
    v->asked = false;
    v->answer_at = 0;
    if (right) {
        if (con.writer)
            only_read(con.writer);
        con.writer = v;
        v->writer = true;
        v->wrong = 0;
        say(v, "\r\n[pyrite] you write\r\n");
        return;
    }
    con.next_try = plat_clock_ns() + WRONG_NS;
    v->ended = ++v->wrong == WRONG_MAX;
    say(v, v->ended ? "\r\n[pyrite] wrong; that is enough\r\n" : "\r\n[pyrite] wrong\r\n");
}

static void ask(struct viewer *v) {
    if (v->writer || !con.token) {
        help(v);
        return;
    }
    v->asked = true;
    v->ntyped = 0;
    say(v, "\r\n[pyrite] token: ");
}

static void token_key(struct viewer *v, uint8_t key) {
    if (key == '\r' || key == '\n')
        v->answer_at = con.next_try > plat_clock_ns() ? con.next_try : plat_clock_ns();
    else if (key == 3 || key == 4) /* Ctrl-C, Ctrl-D */
        v->asked = false;
    else if ((key == 8 || key == 127) && v->ntyped)
        v->ntyped--;
    else if (key >= ' ' && v->ntyped <= CONSOLE_TOKEN_MAX)
        v->typed[v->ntyped++] = (char)key; /* one more than a token has: that is wrong, too */
}

static void to_guest(struct viewer *v, uint8_t key) {
    if (!v->writer) {
        if (!v->told)
            help(v);
        v->told = true;
        return;
    }
    plat_lock(&con.lock);
    if (con.head - con.tail < INPUT)
        con.input[con.head++ % INPUT] = key;
    plat_unlock(&con.lock);
    plat_kick(0, PLAT_EV_CONSOLE);
}

static void command(struct viewer *v, uint8_t key) {
    switch (key) {
    case CTRL_A: to_guest(v, key); break;
    case 'w': ask(v); break;
    case 'r': only_read(v); break;
    case 'x': v->ended = true; break;
    default: help(v); break;
    }
}

static void key_typed(struct viewer *v, uint8_t key) {
    bool escaped = v->escape;
    v->escape = false;
    if (v->asked)
        token_key(v, key);
    else if (escaped)
        command(v, key);
    else if (key == CTRL_A)
        v->escape = true;
    else
        to_guest(v, key);
}

size_t viewer_room(const struct viewer *v) {
    if (v->ended || v->answer_at || v->nmessage > sizeof v->message / 2)
        return 0;
    return v->writer ? INPUT - (con.head - con.tail) : VIEWER_CHUNK;
}

/* What is typed behind a token is dropped until that was looked at: a guess must cost its second. */
void viewer_input(struct viewer *v, const uint8_t *buf, size_t len) {
    for (size_t i = 0; i < len && !v->ended; i++) {
        int key = telnet_key(&v->telnet, buf[i]);
        if (key >= 0 && !v->answer_at)
            key_typed(v, (uint8_t)key);
        viewer_poll(v);
    }
}

uint64_t viewer_poll(struct viewer *v) {
    if (v->answer_at && plat_clock_ns() >= v->answer_at && plat_clock_ns() >= con.next_try)
        look_at_token(v);
    if (!v->answer_at)
        return UINT64_MAX;
    return con.next_try > v->answer_at ? con.next_try : v->answer_at;
}

/* ---- output ---- */

static size_t take_message(struct viewer *v, uint8_t *buf) {
    size_t n = v->nmessage;
    memcpy(buf, v->message, n);
    v->nmessage = 0;
    v->telnet.sent_cr = false;
    return n;
}

static size_t take_replies(struct viewer *v, uint8_t *buf) {
    size_t n = v->telnet.nreply;
    memcpy(buf, v->telnet.reply, n);
    v->telnet.nreply = 0;
    return n;
}

/* At most VIEWER_CHUNK of the guest's output. */
static size_t take_output(struct viewer *v, uint8_t *chunk) {
    size_t n = 0;
    plat_lock(&con.lock);
    if (con.written - v->at > OUTPUT) {
        char text[64];
        snprintf(text, sizeof text, "\r\n[pyrite] %llu bytes missed\r\n",
                 (unsigned long long)(con.written - v->at - OUTPUT / 2));
        v->at = con.written - OUTPUT / 2;
        say(v, text);
    } else {
        for (; n < VIEWER_CHUNK && v->at < con.written; v->at++)
            chunk[n++] = con.output[v->at % OUTPUT];
    }
    plat_unlock(&con.lock);
    return n;
}

size_t viewer_output(struct viewer *v, uint8_t *buf, size_t len) {
    uint8_t chunk[VIEWER_CHUNK];
    if (len < 2 * VIEWER_CHUNK)
        return 0;
    if (v->telnet.nreply)
        return take_replies(v, buf);
    if (v->nmessage)
        return take_message(v, buf);
    if (v->asked || v->ended) /* so that the prompt stays the last line */
        return 0;
    size_t n = take_output(v, chunk);
    return n ? telnet_escape(&v->telnet, buf, chunk, n) : v->nmessage ? take_message(v, buf) : 0;
}
