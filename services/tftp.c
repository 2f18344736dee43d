/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of TFTP, in and out. Assumes nothing of what comes in; guarantees that what is returned lies in the packet
 * and that a block size is one that was asked for. */
#include "services/tftp.h"

#include <string.h>

enum { RRQ = 1, ACK = 4 };

static unsigned get16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static void put16(uint8_t *p, unsigned v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* The string at p, which must end before end; returns what is behind it, or NULL. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end) {
    const uint8_t *zero = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
    return zero ? zero + 1 : NULL;
}

static bool decimal(const char *s, uint64_t *out) {
    uint64_t v = 0;
    const char *p = s;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (v > (UINT64_MAX - 9) / 10)
            return false;
        v = v * 10 + (uint64_t)(*p - '0');
    }
    *out = v;
    return p != s && !*p;
}

/* Names of options are without case (RFC 2347). */
static bool same(const char *a, const char *lower) {
    for (; *a && *lower; a++, lower++)
        if ((*a >= 'A' && *a <= 'Z' ? *a | 32 : *a) != *lower)
            return false;
    return *a == *lower;
}

static bool parse_option(struct tftp_packet *t, const char *name, const char *value) {
    uint64_t v;
    if (same(name, "blksize")) {
        t->has_block_size = decimal(value, &v) && v >= 8 && v <= TFTP_BLOCK;
        t->block_size = t->has_block_size ? (uint32_t)v : 0;
        return t->has_block_size;
    }
    if (same(name, "tsize")) {
        t->has_size = decimal(value, &t->size);
        return t->has_size;
    }
    return false; /* not asked for: RFC 2347 forbids it */
}

static bool parse_oack(struct tftp_packet *t, const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        const uint8_t *value = skip_string(p, end), *next = value ? skip_string(value, end) : NULL;
        if (!next || !parse_option(t, (const char *)p, (const char *)value))
            return false;
        p = next;
    }
    return true;
}

static void take_message(struct tftp_packet *t, const uint8_t *p, const uint8_t *end) {
    size_t n = 0;
    for (; p < end && *p && n < TFTP_MESSAGE - 1; p++)
        t->message[n++] = *p >= ' ' && *p <= '~' ? (char)*p : '?';
    t->message[n] = 0;
}

bool tftp_parse(struct tftp_packet *t, const uint8_t *packet, size_t len) {
    memset(t, 0, sizeof *t);
    if (len < 2)
        return false;
    const uint8_t *end = packet + len;
    t->kind = (enum tftp_kind)get16(packet);
    if (t->kind == TFTP_OACK)
        return parse_oack(t, packet + 2, end);
    if (len < 4 || (t->kind != TFTP_DATA && t->kind != TFTP_ERROR))
        return false;
    t->number = (uint16_t)get16(packet + 2);
    if (t->kind == TFTP_ERROR)
        take_message(t, packet + 4, end);
    t->data = packet + 4;
    t->len = len - 4;
    return true;
}

size_t tftp_read_request(uint8_t *buf, size_t size, const char *file) {
    static const char options[] = "octet\0blksize\0"
                                  "1468\0tsize\0"
                                  "0";
    _Static_assert(TFTP_BLOCK == 1468, "the text above");
    size_t name = strlen(file) + 1;
    if (size < 2 + name + sizeof options)
        return 0;
    put16(buf, RRQ);
    memcpy(buf + 2, file, name);
    memcpy(buf + 2 + name, options, sizeof options);
    return 2 + name + sizeof options;
}

size_t tftp_ack(uint8_t *buf, size_t size, uint16_t block) {
    if (size < 4)
        return 0;
    put16(buf, ACK);
    put16(buf + 2, block);
    return 4;
}

size_t tftp_error(uint8_t *buf, size_t size, uint16_t code, const char *message) {
    size_t n = strlen(message) + 1;
    if (size < 4 + n)
        return 0;
    put16(buf, TFTP_ERROR);
    put16(buf + 2, code);
    memcpy(buf + 4, message, n);
    return 4 + n;
}
