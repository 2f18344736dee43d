/* SPDX-License-Identifier: BSD-2-Clause */
/* The telnet protocol as a state machine over bytes. Assumes nothing of the client; its options are refused, at most
 * MAX_ANSWERS of them, but for the two that the server has offered itself. */
#include "services/telnet.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { ECHO = 1, SUPPRESS_GO_AHEAD = 3 };
enum { TEXT, COMMAND, OPTION, SUB, SUB_COMMAND };
enum { MAX_ANSWERS = 64 };

const uint8_t telnet_hello[TELNET_HELLO] = {IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, DO, SUPPRESS_GO_AHEAD};

static void refuse(struct telnet *t, uint8_t verb, uint8_t option) {
    if (t->nreply + 3 > TELNET_REPLIES || t->answers == MAX_ANSWERS)
        return;
    t->answers++;
    t->reply[t->nreply++] = IAC;
    t->reply[t->nreply++] = verb;
    t->reply[t->nreply++] = option;
}

/* RFC 854: only a change of state is answered. All is off here, but for what telnet_hello asked for, whose answers end
 * it. */
static void option(struct telnet *t, uint8_t opt) {
    if (t->verb == DO && opt != ECHO && opt != SUPPRESS_GO_AHEAD)
        refuse(t, WONT, opt);
    if (t->verb == WILL && opt != SUPPRESS_GO_AHEAD)
        refuse(t, DONT, opt);
}

/* A line's end is CR LF or CR NUL (RFC 854): one key. */
static int text(struct telnet *t, uint8_t byte) {
    bool second = t->after_cr && (byte == '\n' || byte == 0);
    t->after_cr = byte == '\r';
    return second ? -1 : byte;
}

int telnet_key(struct telnet *t, uint8_t byte) {
    switch (t->state) {
    case TEXT:
        if (byte != IAC)
            return text(t, byte);
        t->state = COMMAND;
        return -1;
    case COMMAND:
        t->verb = byte;
        t->state = byte == SB ? SUB : byte >= WILL && byte <= DONT ? OPTION : TEXT;
        return byte == IAC ? text(t, byte) : -1; /* IAC IAC is a 255 */
    case OPTION:
        option(t, byte);
        t->state = TEXT;
        return -1;
    case SUB:
        t->state = byte == IAC ? SUB_COMMAND : SUB;
        return -1;
    default:
        t->state = byte == SE ? TEXT : SUB;
        return -1;
    }
}

size_t telnet_escape(struct telnet *t, uint8_t *out, const uint8_t *in, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (t->sent_cr && in[i] != '\n')
            out[n++] = 0;
        out[n++] = in[i];
        if (in[i] == IAC)
            out[n++] = IAC;
        t->sent_cr = in[i] == '\r';
    }
    return n;
}
