/* SPDX-License-Identifier: BSD-2-Clause */
/* The parsers of the network services: URLs, HTTP heads, telnet, TFTP packets, SHA-256 (FIPS 180-4's examples). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/http.h"
#include "services/sha256.h"
#include "services/telnet.h"
#include "services/tftp.h"
#include "services/url.h"
#include "tests/unit/unit.h"

static const char *why;

/* ---- URLs ---- */

static bool parse(struct url *u, const char *text) { return url_parse(u, text, strlen(text), &why); }

UNIT_TEST(url_good) {
    struct url u;
    CHECK(parse(&u, "http://10.0.2.2:8000/a/b.img?x=1#f") && u.scheme == URL_HTTP && u.port == 8000);
    CHECK(!strcmp(u.host, "10.0.2.2") && !strcmp(u.path, "/a/b.img?x=1"));
    CHECK(parse(&u, "http://files") && u.port == 80 && !strcmp(u.host, "files") && !strcmp(u.path, "/"));
    CHECK(parse(&u, "http://files?q") && !strcmp(u.path, "/?q"));
    CHECK(parse(&u, "tftp://h/dir/my%20file;mode=octet") && u.scheme == URL_TFTP && u.port == 69);
    CHECK(!strcmp(u.path, "dir/my file"));
}

UNIT_TEST(url_bad) {
    static const char *const bad[] = {"", "http:/", "https://h/f", "ftp://h/f", "http://", "http:///f", "http://a@b/f",
                                      "http://[::1]/f", "http://h:/f", "http://h:0/f", "http://h:65536/f",
                                      "http://h:99999999999/f", "http://h:8x/f", "http://h/a b", "http://h/\x80",
                                      "http://h/a\nb", "tftp://h", "tftp://h/", "tftp://h/%", "tftp://h/a%0ab",
                                      "tftp://h/%00", "tftp://h/%4", "http://h*/f"};
    struct url u;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why = NULL;
        if (parse(&u, bad[i]) || !why)
            unit_fail(__FILE__, __LINE__, bad[i], 1, 0);
    }
    static char text[2 * URL_PATH] = "http://h/";
    memset(text + 9, 'x', sizeof text - 10);
    CHECK(!parse(&u, text));
    memcpy(text, "http://xx", 9);
    CHECK(!parse(&u, text));
}

UNIT_TEST(url_redirections) {
    struct url base, u;
    CHECK(parse(&base, "http://h:81/old"));
    CHECK(url_redirect(&u, &base, "/new", &why) && u.port == 81 && !strcmp(u.path, "/new"));
    CHECK(url_redirect(&u, &base, "http://other/x", &why) && u.port == 80 && !strcmp(u.host, "other"));
    CHECK(!url_redirect(&u, &base, "", &why));
    CHECK(!url_redirect(&u, &base, "//other/x", &why));
    CHECK(!url_redirect(&u, &base, "https://h/x", &why));
    CHECK(!url_redirect(&u, &base, "tftp://h/x", &why));
    CHECK(!url_redirect(&u, &base, "/a b", &why));
}

#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

UNIT_TEST(url_checks) {
    struct source s;
    CHECK(source_parse(&s, "http://h/a,b,sha256=" SHA_ABC ",size=42", &why));
    CHECK(s.has_sha256 && s.has_size && s.size == 42 && s.sha256[0] == 0xba && s.sha256[31] == 0xad);
    CHECK(!strcmp(s.url.path, "/a,b"));
    CHECK(source_parse(&s, "tftp://h/a", &why) && !s.has_sha256 && !s.has_size);
    CHECK(!source_parse(&s, "http://h/a,sha256=ba78", &why));
    CHECK(!source_parse(&s, "http://h/a,sha256=x" SHA_ABC, &why));
    CHECK(!source_parse(&s, "http://h/a,size=,size=1", &why));
    CHECK(!source_parse(&s, "http://h/a,size=1,size=1", &why));
    CHECK(!source_parse(&s, "http://h/a,size=1x", &why));
    CHECK(!source_parse(&s, "http://h/a,size=99999999999999999999", &why));
}

/* ---- HTTP ---- */

static bool response(struct http_response *r, const char *head) {
    return http_parse_response(r, head, strlen(head), &why);
}
static unsigned request(struct http_request *r, const char *head) {
    return http_parse_request(r, head, strlen(head));
}

UNIT_TEST(http_heads_end) {
    CHECK_EQ(http_head_end("a\r\nb\r\n\r\nbody", 12), 8);
    CHECK_EQ(http_head_end("a\n\nbody", 7), 3);
    CHECK_EQ(http_head_end("a\r\nb\r\n\r", 7), 0);
    CHECK_EQ(http_head_end("a\r\n\r", 4), 0);
    CHECK_EQ(http_head_end("", 0), 0);
}

UNIT_TEST(http_responses) {
    struct http_response r;
    CHECK(response(&r, "HTTP/1.0 200 OK\r\ncontent-LENGTH:  17 \r\nX: y\r\n\r\n"));
    CHECK(r.status == 200 && r.has_length && r.length == 17 && !r.encoded && !strcmp(r.reason, "OK"));
    CHECK(response(&r, "HTTP/1.1 404\r\n\r\n") && r.status == 404 && !r.has_length && !*r.reason);
    CHECK(response(&r, "HTTP/1.1 302 Found\nLocation: /x\nTransfer-Encoding: chunked\n\n"));
    CHECK(!strcmp(r.location, "/x") && r.encoded);
    CHECK(response(&r, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"));
    static const char *const bad[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "SSH-2.0-x\r\n\r\n",
        "\r\n\r\n", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (response(&r, bad[i]))
            unit_fail(__FILE__, __LINE__, bad[i], 1, 0);
}

UNIT_TEST(http_requests) {
    struct http_request r;
    CHECK_EQ(request(&r, "GET /status.json?x HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    CHECK(r.method == HTTP_GET && !strcmp(r.target, "/status.json"));
    CHECK(request(&r, "HEAD / HTTP/1.0\n\n") == 0 && r.method == HTTP_HEAD_ONLY);
    CHECK(request(&r, "POST / HTTP/1.0\n\n") == 0 && r.method == HTTP_OTHER);
    CHECK_EQ(request(&r, "GET / HTTP/2.0\r\n\r\n"), 505);
    CHECK_EQ(request(&r, "GET http://x/ HTTP/1.1\r\n\r\n"), 400);
    CHECK_EQ(request(&r, "GET /\r\n\r\n"), 400);
    CHECK_EQ(request(&r, "GET / HTTP/1.1\r\nbad\r\n\r\n"), 400);
    CHECK_EQ(request(&r, "\r\n\r\n"), 400);
    char text[HTTP_TARGET + 32] = "GET /";
    memset(text + 5, 'x', HTTP_TARGET);
    strcpy(text + 5 + HTTP_TARGET, " HTTP/1.1\r\n\r\n");
    CHECK_EQ(request(&r, text), 414);
}

/* ---- telnet ---- */

/* The keys in the bytes of a client. */
static unsigned keys(struct telnet *t, const void *bytes, unsigned len, uint8_t *out) {
    unsigned n = 0;
    for (unsigned i = 0; i < len; i++) {
        int key = telnet_key(t, ((const uint8_t *)bytes)[i]);
        if (key >= 0)
            out[n++] = (uint8_t)key;
    }
    return n;
}

UNIT_TEST(telnet_keys) {
    struct telnet t = {0};
    uint8_t out[64];
    CHECK(keys(&t, "a\r\nb\r\0c\n\r\rd", 11, out) == 9 && !memcmp(out, "a\rb\rc\n\r\rd", 9));
    CHECK(keys(&t, "d\xff\xff\xff\xf1x", 6, out) == 3 && !memcmp(out, "d\xffx", 3));
    CHECK(keys(&t, "\xff\xfa\x1f\0\xff\xff\0\x18\xff\xf0z", 11, out) == 1 && out[0] == 'z');
    CHECK_EQ(t.nreply, 0);
    CHECK_EQ(keys(&t, "\xff\xfd\x01\xff\xfd\x03\xff\xfb\x03\xff\xfe\x05\xff\xfc\x05", 15, out), 0);
    CHECK_EQ(t.nreply, 0); /* what was offered, and what is off anyway */
    CHECK_EQ(keys(&t, "\xff\xfd\x18\xff\xfb\x1f", 6, out), 0);
    CHECK(t.nreply == 6 && !memcmp(t.reply, "\xff\xfc\x18\xff\xfe\x1f", 6));
    for (unsigned i = 0; i < 1000; i++, t.nreply = 0)
        keys(&t, "\xff\xfd\x18", 3, out);
    keys(&t, "\xff\xfd\x18", 3, out);
    CHECK_EQ(t.nreply, 0); /* not for ever */
    CHECK(telnet_escape(&t, out, (const uint8_t *)"a\xff" "b\r", 4) == 5 && !memcmp(out, "a\xff\xff" "b\r", 5));
    CHECK(telnet_escape(&t, out, (const uint8_t *)"c\r\nd", 4) == 5 && !memcmp(out, "\0c\r\nd", 5));
}

/* ---- TFTP ---- */

UNIT_TEST(tftp_packets) {
    struct tftp_packet t;
    uint8_t buf[64];
    CHECK(tftp_parse(&t, (const uint8_t *)"\0\3\1\2abc", 7) && t.kind == TFTP_DATA && t.number == 0x102 && t.len == 3);
    CHECK(tftp_parse(&t, (const uint8_t *)"\0\5\0\1no\n\0file", 11));
    CHECK(t.kind == TFTP_ERROR && !strcmp(t.message, "no?"));
    CHECK(tftp_parse(&t, (const uint8_t *)"\0\6BLKsize\0" "1024\0tsize\0" "77\0", 24));
    CHECK(t.kind == TFTP_OACK && t.block_size == 1024 && t.has_size && t.size == 77);
    CHECK(!tftp_parse(&t, (const uint8_t *)"\0\6blksize\0" "9999\0", 15));
    CHECK(!tftp_parse(&t, (const uint8_t *)"\0\6blksize\0" "7\0", 12));
    CHECK(!tftp_parse(&t, (const uint8_t *)"\0\6blksize\0" "512", 13));
    CHECK(!tftp_parse(&t, (const uint8_t *)"\0\6other\0" "1\0", 10));
    CHECK(!tftp_parse(&t, (const uint8_t *)"\0\3\1", 3));
    CHECK(!tftp_parse(&t, (const uint8_t *)"\0\4\0\1", 4));
    CHECK(!tftp_parse(&t, buf, 0));
    size_t n = tftp_read_request(buf, sizeof buf, "f");
    CHECK(n == 4 + 6 + 8 + 5 + 6 + 2 && !memcmp(buf, "\0\1f\0octet\0blksize\0" "1468\0tsize\0" "0\0", n));
    CHECK_EQ(tftp_read_request(buf, 30, "f"), 0);
    CHECK(tftp_ack(buf, sizeof buf, 0x304) == 4 && !memcmp(buf, "\0\4\3\4", 4));
    CHECK(tftp_error(buf, sizeof buf, 3, "full") == 9 && !memcmp(buf, "\0\5\0\3full\0", 9));
}

/* ---- SHA-256 ---- */

static bool sha_is(const char *data, size_t len, size_t piece, const char *want) {
    struct sha256 s;
    uint8_t out[32];
    char hex[65];
    sha256_init(&s);
    for (size_t at = 0; at < len; at += piece)
        sha256_add(&s, data + at, len - at < piece ? len - at : piece);
    sha256_end(&s, out);
    for (unsigned i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", out[i]);
    return !strcmp(hex, want);
}

UNIT_TEST(sha256_examples) {
    static char a[1000000];
    CHECK(sha_is("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    CHECK(sha_is("abc", 3, 1, SHA_ABC));
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    for (size_t piece = 1; piece < 60; piece++)
        CHECK(sha_is(two, 56, piece, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    memset(a, 'a', sizeof a);
    CHECK(sha_is(a, sizeof a, 997, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}
