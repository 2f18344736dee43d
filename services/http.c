/* SPDX-License-Identifier: BSD-2-Clause */
/* Parsers of HTTP heads. Assumes nothing of the bytes; reads nothing outside them. A field that says the same thing
 * twice in two ways is an error (RFC 9112, 6.3), so is a folded line (5.2). */
#include "services/http.h"

#include <string.h>

/* A line of the head, without its end. */
struct line {
    const char *p;
    size_t len;
};

static bool fail(const char **why, const char *what) {
    *why = what;
    return false;
}

/* RFC 9112, 2.2: a bare LF may end a line as well. */
size_t http_head_end(const char *buf, size_t len) {
    for (const char *p = buf, *end = buf + len; (p = memchr(p, '\n', (size_t)(end - p)));) {
        p++;
        if (p < end && *p == '\n')
            return (size_t)(p + 1 - buf);
        if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
            return (size_t)(p + 2 - buf);
    }
    return 0;
}

/* Takes the next line off head[0, *len). False: there is none, or it is the empty one. */
static bool next_line(const char **head, size_t *len, struct line *out) {
    const char *nl = memchr(*head, '\n', *len);
    if (!nl)
        return false;
    out->p = *head;
    out->len = (size_t)(nl - *head);
    *len -= out->len + 1;
    *head = nl + 1;
    if (out->len && out->p[out->len - 1] == '\r')
        out->len--;
    return out->len != 0;
}

static bool printable(const struct line *l) {
    for (size_t i = 0; i < l->len; i++)
        if (((unsigned char)l->p[i] < ' ' && l->p[i] != '\t') || l->p[i] == 0x7f)
            return false;
    return true;
}

/* If the line is the field `name` (lower case): *value is what it says, without spaces around. */
static bool field(const struct line *l, const char *name, struct line *value) {
    size_t n = strlen(name);
    if (l->len <= n || l->p[n] != ':')
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = l->p[i];
        if ((c >= 'A' && c <= 'Z' ? c | 32 : c) != name[i])
            return false;
    }
    const char *p = l->p + n + 1, *end = l->p + l->len;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *value = (struct line){p, (size_t)(end - p)};
    return true;
}

static bool decimal(const struct line *l, uint64_t *out) {
    uint64_t v = 0;
    for (size_t i = 0; i < l->len; i++) {
        if (l->p[i] < '0' || l->p[i] > '9' || v > (UINT64_MAX - 9) / 10)
            return false;
        v = v * 10 + (uint64_t)(l->p[i] - '0');
    }
    *out = v;
    return l->len != 0;
}

/* ---- answers ---- */

/* "HTTP/1.1 200 OK"; the reason may be missing, as may the space before it. */
static bool status_line(struct http_response *r, const struct line *l, const char **why) {
    static const char version[] = "HTTP/1.";
    struct line digits = {l->p + 9, 3};
    uint64_t status;
    if (l->len < 12 || memcmp(l->p, version, sizeof version - 1) || l->p[8] != ' ' || !decimal(&digits, &status) ||
        (l->len > 12 && l->p[12] != ' ') || status < 100)
        return fail(why, "the answer is not HTTP");
    r->status = (unsigned)status;
    for (size_t i = 13; i < l->len && i - 13 < HTTP_REASON - 1; i++)
        r->reason[i - 13] = l->p[i] >= ' ' && l->p[i] <= '~' ? l->p[i] : '?';
    return true;
}

static bool response_field(struct http_response *r, const struct line *l, const char **why) {
    struct line v;
    uint64_t n;
    if (field(l, "content-length", &v)) {
        if (!decimal(&v, &n))
            return fail(why, "a Content-Length that is no number");
        if (r->has_length && n != r->length)
            return fail(why, "two Content-Lengths");
        r->has_length = true;
        r->length = n;
    } else if (field(l, "transfer-encoding", &v)) {
        r->encoded = true;
    } else if (field(l, "location", &v)) {
        if (v.len >= HTTP_LOCATION)
            return fail(why, "a Location that is too long");
        memcpy(r->location, v.p, v.len);
        r->location[v.len] = 0;
    }
    return true;
}

bool http_parse_response(struct http_response *r, const char *head, size_t len, const char **why) {
    struct line l;
    memset(r, 0, sizeof *r);
    if (!next_line(&head, &len, &l) || !status_line(r, &l, why))
        return fail(why, "the answer is not HTTP");
    while (next_line(&head, &len, &l)) {
        if (!printable(&l) || l.p[0] == ' ' || l.p[0] == '\t' || !memchr(l.p, ':', l.len))
            return fail(why, "the answer's head is not HTTP");
        if (!response_field(r, &l, why))
            return false;
    }
    return true;
}

/* ---- requests ---- */

static bool is(const char *p, size_t len, const char *word) { return len == strlen(word) && !memcmp(p, word, len); }

/* "GET /path?query HTTP/1.1" */
static unsigned request_line(struct http_request *r, const struct line *l) {
    const char *end = l->p + l->len, *target, *version;
    if (!printable(l) || !(target = memchr(l->p, ' ', l->len)))
        return 400;
    size_t method = (size_t)(target++ - l->p);
    if (!(version = memchr(target, ' ', (size_t)(end - target))))
        return 400;
    size_t n = (size_t)(version++ - target);
    if (method == 0 || n == 0 || *target != '/' || end - version != 8 || memcmp(version, "HTTP/", 5))
        return 400;
    if (memcmp(version, "HTTP/1.", 7))
        return 505;
    const char *query = memchr(target, '?', n);
    if (query)
        n = (size_t)(query - target);
    if (n >= HTTP_TARGET)
        return 414;
    r->method = is(l->p, method, "GET") ? HTTP_GET : is(l->p, method, "HEAD") ? HTTP_HEAD_ONLY : HTTP_OTHER;
    memcpy(r->target, target, n);
    r->target[n] = 0;
    return 0;
}

unsigned http_parse_request(struct http_request *r, const char *head, size_t len) {
    struct line l;
    memset(r, 0, sizeof *r);
    if (!next_line(&head, &len, &l))
        return 400;
    unsigned status = request_line(r, &l);
    while (status == 0 && next_line(&head, &len, &l))
        if (!printable(&l) || l.p[0] == ' ' || l.p[0] == '\t' || !memchr(l.p, ':', l.len))
            status = 400;
    return status;
}
