/* SPDX-License-Identifier: BSD-2-Clause */
/* URLs (RFC 3986; RFC 3617 for tftp). Assumes nothing of the text; guarantees that host and path are terminated and of
 * printable characters without spaces, so that they can stand in a request line. */
#include "services/url.h"

#include <string.h>

enum { HTTP_PORT = 80, TFTP_PORT = 69 };

static bool fail(const char **why, const char *what) {
    *why = what;
    return false;
}

static bool begins(const char *text, size_t len, const char *with) {
    size_t n = strlen(with);
    return len >= n && !memcmp(text, with, n);
}

static bool host_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
}

static int hex_digit(char c) {
    char lower = (char)(c | 32);
    return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* "host" or "host:port" in text[0, len). */
static bool parse_authority(struct url *u, const char *text, size_t len, const char **why) {
    size_t n = 0;
    if (memchr(text, '@', len))
        return fail(why, "a URL with a user's name is not supported");
    if (len && *text == '[')
        return fail(why, "IPv6 addresses are not supported");
    while (n < len && host_char(text[n]))
        n++;
    if (n == 0 || n >= URL_HOST)
        return fail(why, "no host in the URL");
    memcpy(u->host, text, n);
    u->host[n] = 0;
    if (n == len)
        return true;
    uint32_t port = 0;
    if (text[n++] != ':' || n == len)
        return fail(why, "the host of the URL has a character that no host has");
    for (; n < len; n++) {
        if (text[n] < '0' || text[n] > '9' || (port = port * 10 + (uint32_t)(text[n] - '0')) > 65535)
            return fail(why, "the port of the URL is not a number up to 65535");
    }
    u->port = (uint16_t)port;
    return port != 0 || fail(why, "port 0");
}

/* RFC 3617: the name is the path without its first slash, %XX decoded; ";mode=octet" is the only mode here. */
static bool tftp_path(struct url *u, const char *text, size_t len, const char **why) {
    static const char octet[] = ";mode=octet";
    size_t n = 0;
    if (len >= sizeof octet - 1 && !memcmp(text + len - (sizeof octet - 1), octet, sizeof octet - 1))
        len -= sizeof octet - 1;
    for (size_t i = 1; i < len; i++) {
        int hi, lo;
        u->path[n] = text[i];
        if (text[i] == '%') {
            if (i + 2 >= len || (hi = hex_digit(text[i + 1])) < 0 || (lo = hex_digit(text[i + 2])) < 0)
                return fail(why, "% in the URL without two hexadecimal digits");
            u->path[n] = (char)(hi * 16 + lo);
            i += 2;
        }
        if ((unsigned char)u->path[n++] < ' ')
            return fail(why, "a control character in the URL");
    }
    u->path[n] = 0;
    return n != 0 || fail(why, "no file in the URL");
}

static bool parse_path(struct url *u, const char *text, size_t len, const char **why) {
    const char *fragment = memchr(text, '#', len);
    if (fragment)
        len = (size_t)(fragment - text);
    if (len >= URL_PATH - 1)
        return fail(why, "the URL is too long");
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return fail(why, "the URL has a character that must be written as %XX");
    if (u->scheme == URL_TFTP)
        return tftp_path(u, text, len, why);
    size_t slash = len == 0 || *text != '/'; /* "http://host", "http://host?query" */
    u->path[0] = '/';
    memcpy(u->path + slash, text, len);
    u->path[slash + len] = 0;
    return true;
}

bool url_parse(struct url *u, const char *text, size_t len, const char **why) {
    size_t at, n = 0;
    memset(u, 0, sizeof *u);
    if (begins(text, len, "http://")) {
        *u = (struct url){.scheme = URL_HTTP, .port = HTTP_PORT};
        at = 7;
    } else if (begins(text, len, "tftp://")) {
        *u = (struct url){.scheme = URL_TFTP, .port = TFTP_PORT};
        at = 7;
    } else {
        return fail(why, begins(text, len, "https://") ? "https is not supported; use http and sha256="
                                                       : "neither http:// nor tftp://");
    }
    while (at + n < len && text[at + n] != '/' && text[at + n] != '?' && text[at + n] != '#')
        n++;
    return parse_authority(u, text + at, n, why) && parse_path(u, text + at + n, len - at - n, why);
}

bool url_redirect(struct url *u, const struct url *base, const char *location, const char **why) {
    size_t len = strlen(location);
    if (len == 0)
        return fail(why, "a redirection to nowhere");
    if (*location == '/' && location[1] != '/') {
        struct url to = *base;
        if (!parse_path(&to, location, len, why))
            return false;
        *u = to;
        return true;
    }
    if (!url_parse(u, location, len, why))
        return false;
    return u->scheme == base->scheme || fail(why, "a redirection to another protocol");
}

/* ---- what is to be checked ---- */

static bool parse_sha256(struct source *s, const char *text, size_t len, const char **why) {
    if (len != 64)
        return fail(why, "sha256= needs 64 hexadecimal digits");
    for (size_t i = 0; i < 64; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return fail(why, "sha256= needs 64 hexadecimal digits");
        s->sha256[i / 2] = (uint8_t)(s->sha256[i / 2] << 4 | digit);
    }
    s->has_sha256 = true;
    return true;
}

static bool parse_size(struct source *s, const char *text, size_t len, const char **why) {
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || s->size > (UINT64_MAX - 9) / 10)
            return fail(why, "size= is a number of bytes");
        s->size = s->size * 10 + (uint64_t)(text[i] - '0');
    }
    s->has_size = true;
    return len != 0 || fail(why, "size= is a number of bytes");
}

/* A comma begins a check only where one of the names follows: URLs may have commas. */
static size_t up_to_check(const char *text) {
    size_t n = 0;
    while (text[n] && strncmp(text + n, ",sha256=", 8) && strncmp(text + n, ",size=", 6))
        n++;
    return n;
}

bool source_parse(struct source *s, const char *text, const char **why) {
    memset(s, 0, sizeof *s);
    size_t n = up_to_check(text);
    if (!url_parse(&s->url, text, n, why))
        return false;
    for (text += n; *text; text += n) {
        n = 1 + up_to_check(text + 1);
        bool sha = text[2] == 'h';
        if (sha ? s->has_sha256 : s->has_size)
            return fail(why, sha ? "sha256= twice" : "size= twice");
        if (!(sha ? parse_sha256(s, text + 8, n - 8, why) : parse_size(s, text + 6, n - 6, why)))
            return false;
    }
    return true;
}
