/* SPDX-License-Identifier: BSD-2-Clause */
/* The telnet protocol (RFC 854, 855) of a server that echoes and wants characters (RFC 857, 858), and nothing else: it
 * cuts what the client sends into keys and commands. */
#ifndef PYRITE_SERVICES_TELNET_H
#define PYRITE_SERVICES_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TELNET_REPLIES = 48, TELNET_HELLO = 9 };
extern const uint8_t telnet_hello[TELNET_HELLO]; /* what the server says first */

struct telnet {
    uint8_t state, verb;
    bool after_cr, sent_cr;
    unsigned answers;                /* options refused: bounded, so that no two ends go on for ever */
    uint8_t reply[TELNET_REPLIES];   /* to be sent to the client, in front of anything else */
    unsigned nreply;
};

/* The next byte from the client. Returns the key (0-255), or -1: none. Replies that find no room are dropped. */
int telnet_key(struct telnet *t, uint8_t byte);
/* How `len` bytes of a terminal go to the client: IAC doubled, NUL behind a CR without LF (RFC 854); out has room for
 * 2 * len. */
size_t telnet_escape(struct telnet *t, uint8_t *out, const uint8_t *in, size_t len);

#endif
