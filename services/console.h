/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's console shown to viewers by telnet: what the guest writes goes to the terminal and to all of them; what
 * one of them types, once it has given the token, goes to the guest. Without sockets: services/server.c has those. */
#ifndef PYRITE_SERVICES_CONSOLE_H
#define PYRITE_SERVICES_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/telnet.h"

enum { CONSOLE_VIEWERS = 8, CONSOLE_TOKEN_MIN = 8, CONSOLE_TOKEN_MAX = 64, VIEWER_CHUNK = 512 };

/* The board's side, any thread: as plat_console_write() and plat_console_read(). */
void console_write(void *arg, const void *buf, size_t len);
size_t console_read(void *arg, void *buf, size_t len);

/* From here on the guest's output is kept for viewers. token: NULL (nobody writes), or as console_token_ok() wants it,
 * for ever. */
void console_start(const char *token);
/* CONSOLE_TOKEN_MIN to _MAX printable characters without spaces. */
bool console_token_ok(const char *token);

struct viewer {
    struct telnet telnet;
    uint64_t at;                   /* of the output: what it has been sent */
    uint64_t answer_at;            /* plat_clock_ns() at which what was typed is looked at; 0: nothing waits */
    bool writer, escape, asked;    /* asked: for the token */
    bool told, ended;              /* told that it is read-only; has to be closed once all is sent */
    unsigned wrong, ntyped, nmessage;
    char typed[CONSOLE_TOKEN_MAX + 1];
    char message[VIEWER_CHUNK];    /* Pyrite's own words to it, in front of the guest's */
};
/* The hart loop's side. */
void viewer_init(struct viewer *v);
/* How many bytes viewer_input() takes now: 0 while a wrong token is being waited for, or the guest does not read. */
size_t viewer_room(const struct viewer *v);
void viewer_input(struct viewer *v, const uint8_t *buf, size_t len);
/* The next bytes for the viewer, at most len (at least 2 * VIEWER_CHUNK). */
size_t viewer_output(struct viewer *v, uint8_t *buf, size_t len);
/* Looks at the clock; returns when to do so again (UINT64_MAX: never). */
uint64_t viewer_poll(struct viewer *v);
void viewer_gone(struct viewer *v);

#endif
