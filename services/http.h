/* SPDX-License-Identifier: BSD-2-Clause */
/* The heads of HTTP messages (RFC 9112), both ways: requests that the status page gets, answers that a fetch gets. */
#ifndef PYRITE_SERVICES_HTTP_H
#define PYRITE_SERVICES_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEAD = 8192, HTTP_TARGET = 256, HTTP_LOCATION = 1024, HTTP_REASON = 64 };

/* How long the head in buf[0, len) is, with its empty line; 0: it has not ended yet. */
size_t http_head_end(const char *buf, size_t len);

struct http_response {
    unsigned status;
    char reason[HTTP_REASON]; /* printable; cut */
    bool has_length, encoded; /* Content-Length; Transfer-Encoding */
    uint64_t length;
    char location[HTTP_LOCATION]; /* empty: none */
};
/* head: http_head_end() bytes. False: *why. */
bool http_parse_response(struct http_response *r, const char *head, size_t len, const char **why);

enum http_method { HTTP_GET, HTTP_HEAD_ONLY, HTTP_OTHER };
struct http_request {
    enum http_method method;
    char target[HTTP_TARGET]; /* begins with '/', without query */
};
/* 0, or the status to refuse with (400, 414, 505). */
unsigned http_parse_request(struct http_request *r, const char *head, size_t len);

#endif
