/* SPDX-License-Identifier: BSD-2-Clause */
/* The parsers of the network services: what a URL means, printed and read again, is the same; HTTP heads, whole and
 * cut; telnet byte by byte; TFTP packets. */
#include "services/http.h"
#include "services/telnet.h"
#include "services/tftp.h"
#include "services/url.h"
#include "tests/libfuzzer/fuzz.h"

/* A terminated copy of what is left of the input. */
static char *text_of(struct fuzz_in *in, size_t *len) {
    size_t n = (size_t)(in->end - in->p);
    char *text = malloc(n + 1);
    memcpy(text, in->p, n);
    text[n] = 0;
    *len = strlen(text);
    return text;
}

static void plain(const char *s, size_t size, const char *first) {
    FUZZ_CHECK(memchr(s, 0, size), "no end");
    for (; *s; s++)
        FUZZ_CHECK((unsigned char)*s >= *first, "a control character");
}

static void urls(struct fuzz_in *in) {
    static const struct url base = {URL_HTTP, "base", 8080, "/old"};
    struct source s;
    struct url again;
    const char *why = NULL;
    char print[URL_HOST + URL_PATH + 32];
    size_t len;
    char *text = text_of(in, &len);
    if (source_parse(&s, text, &why)) {
        FUZZ_CHECK(s.url.port, "port 0");
        plain(s.url.host, URL_HOST, "-");
        plain(s.url.path, URL_PATH, " ");
        int n = snprintf(print, sizeof print, "http://%s:%u%s", s.url.host, s.url.port, s.url.path);
        if (s.url.scheme == URL_HTTP)
            FUZZ_CHECK(url_parse(&again, print, (size_t)n, &why) && !strcmp(again.host, s.url.host) &&
                           !strcmp(again.path, s.url.path) && again.port == s.url.port, "%s", print);
    } else {
        FUZZ_CHECK(why, "no reason");
    }
    why = NULL;
    if (url_redirect(&again, &base, text, &why))
        FUZZ_CHECK(again.scheme == URL_HTTP && again.path[0] == '/', "%s", text);
    else
        FUZZ_CHECK(why, "no reason");
    free(text);
}

static void http(struct fuzz_in *in) {
    struct http_response r;
    struct http_request q;
    const char *why = NULL;
    size_t len;
    char *head = fuzz_part(in, SIZE_MAX, &len);
    size_t end = http_head_end(head, len);
    FUZZ_CHECK(end <= len, "%zu", end);
    for (size_t cut = end ? end : len;; cut /= 2) {
        if (http_parse_response(&r, head, cut, &why)) {
            FUZZ_CHECK(r.status >= 100 && r.status <= 999, "%u", r.status);
            plain(r.reason, HTTP_REASON, " ");
            plain(r.location, HTTP_LOCATION, "\t");
        } else {
            FUZZ_CHECK(why, "no reason");
        }
        unsigned refused = http_parse_request(&q, head, cut);
        if (!refused) {
            FUZZ_CHECK(q.target[0] == '/', "%s", q.target);
            plain(q.target, HTTP_TARGET, "\t");
        }
        if (cut == 0)
            break;
    }
    free(head);
}

static void telnet(struct fuzz_in *in) {
    struct telnet t = {0};
    size_t replies = 0, keys = 0, bytes = (size_t)(in->end - in->p);
    while (in->p < in->end) {
        uint8_t byte = *in->p++;
        int key = telnet_key(&t, byte);
        FUZZ_CHECK(key < 256 && t.nreply <= TELNET_REPLIES, "%d %u", key, t.nreply);
        keys += key >= 0;
        if (byte & 1) {
            replies += t.nreply;
            t.nreply = 0;
        }
    }
    FUZZ_CHECK(keys <= bytes && replies <= 3 * 64, "%zu %zu", keys, replies);
}

static void tftp(struct fuzz_in *in) {
    struct tftp_packet t;
    size_t len;
    uint8_t *p = fuzz_part(in, SIZE_MAX, &len);
    if (tftp_parse(&t, p, len)) {
        if (t.data)
            FUZZ_CHECK(t.data >= p && t.len <= len && (size_t)(t.data - p) <= len - t.len, "%zu", t.len);
        FUZZ_CHECK(!t.has_block_size || (t.block_size >= 8 && t.block_size <= TFTP_BLOCK), "%u", t.block_size);
        plain(t.message, TFTP_MESSAGE, " ");
    }
    free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    switch (fuzz_take(&in, 1) % 4) {
    case 0: urls(&in); break;
    case 1: http(&in); break;
    case 2: telnet(&in); break;
    default: tftp(&in); break;
    }
    return 0;
}
