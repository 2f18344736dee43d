/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a file comes from, when it comes from the network: http://host[:port]/path and tftp://host[:port]/path, behind
 * it what is to be checked (",sha256=HEX,size=BYTES"). Text of the configuration and of servers (redirections). */
#ifndef PYRITE_SERVICES_URL_H
#define PYRITE_SERVICES_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { URL_HOST = 256, URL_PATH = 1024 };
enum url_scheme { URL_HTTP, URL_TFTP };
struct url {
    enum url_scheme scheme;
    char host[URL_HOST]; /* a name or an IPv4 address */
    uint16_t port;
    char path[URL_PATH]; /* HTTP: begins with '/', as it is sent; TFTP: the file's name, decoded */
};

/* The URL at the start of text[0, len). False: *why. */
bool url_parse(struct url *u, const char *text, size_t len, const char **why);
/* What `location` means, seen from `base` (RFC 3986, 5.2, of absolute URLs and absolute paths; nothing else). */
bool url_redirect(struct url *u, const struct url *base, const char *location, const char **why);

/* A name of the configuration: the URL and what must be true of the file. */
struct source {
    struct url url;
    bool has_size, has_sha256;
    uint64_t size;
    uint8_t sha256[32];
};
bool source_parse(struct source *s, const char *text, const char **why);

#endif
