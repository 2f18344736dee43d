/* SPDX-License-Identifier: BSD-2-Clause */
/* libc's string functions and printf; and a mix in the manner of CoreMark (lists, matrices, a state machine, CRC-16),
 * none of it CoreMark's code. */
#include "tests/bench/suite/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 1 << 16 };

static uint64_t searches(char *text, char *other, long rounds) {
    uint64_t h = 0;
    for (long r = 0; r < rounds; r++) {
        for (int i = 0; i < 64; i++) {
            char *end = text + i * 997 + 100 + r % 400, old = *end;
            *end = 0;
            h += strlen(text + i * 997);
            *end = old;
        }
        h += (uint64_t)(memcmp(text, other, 1024 * (1 + (size_t)r % 60)) == 0);
        int found = 0;
        for (char *p = text; found < 300 && (p = strchr(p, 'a' + (int)(r % 25))); p++)
            found++;
        h = h * 3 + (uint64_t)found + (uint64_t)(strstr(text, "zebra") == NULL);
        memset(other, 'a' + (int)(r % 26), 3000);
        strcpy(other, text);
    }
    return h;
}

static uint64_t formats(long n) {
    char out[128];
    uint64_t h = 0;
    for (long i = 0; i < n; i++) {
        int len = snprintf(out, sizeof out, "%ld %08x %-8s|%5d%c", i * 12345, (unsigned)(i * 2654435761u), "pyrite",
                           (int)(i % 9999), 'a' + (int)(i % 26));
        h = fnv(h, out, (size_t)len) + (uint64_t)strtol(out, NULL, 10);
        if (i % 8 == 0) {
            len = snprintf(out, sizeof out, "%.6f %g", (double)i * 0.37, (double)i / 7.0);
            h = fnv(h, out, (size_t)len) + (uint64_t)strtod(out, NULL);
        }
    }
    return h;
}

uint64_t row_strings(void) {
    char *text = must_alloc(TEXT), *other = must_alloc(TEXT);
    seed(5);
    for (int i = 0; i < TEXT - 1; i++)
        text[i] = (char)('a' + rnd() % 25);
    memcpy(other, text, TEXT);
    bench_begin();
    uint64_t sum = searches(text, other, scaled(900)) + formats(scaled(200000));
    bench_end();
    return sum;
}

/* ---- mix ---- */

static uint16_t crc16(uint16_t crc, uint16_t data) {
    for (int i = 0; i < 16; i++, data >>= 1) {
        int bit = (data ^ crc) & 1;
        crc >>= 1;
        if (bit)
            crc ^= 0xa001;
    }
    return crc;
}

struct item {
    struct item *next;
    int16_t key, value;
};

static struct item *merge(struct item *a, struct item *b) {
    struct item *first = NULL, **at = &first;
    for (; a && b; at = &(*at)->next) {
        struct item **from = a->key <= b->key ? &a : &b;
        *at = *from;
        *from = (*from)->next;
    }
    *at = a ? a : b;
    return first;
}

static struct item *merge_sort(struct item *list) {
    struct item *bin[16] = {NULL}, *all = NULL;
    while (list) {
        struct item *one = list;
        int i = 0;
        list = list->next;
        one->next = NULL;
        for (; bin[i]; bin[i++] = NULL)
            one = merge(bin[i], one);
        bin[i] = one;
    }
    for (int i = 0; i < 16; i++)
        all = bin[i] ? merge(bin[i], all) : all;
    return all;
}

static uint16_t lists(long round, uint16_t crc) {
    enum { N = 128 };
    static struct item pool[N];
    for (int i = 0; i < N; i++)
        pool[i] = (struct item){i + 1 < N ? &pool[i + 1] : NULL, (int16_t)(((long)i * 40503 + round * 7919) >> 3),
                                (int16_t)i};
    struct item *reversed = NULL, *list = merge_sort(pool);
    while (list) {
        struct item *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    for (struct item *p = reversed; p; p = p->next)
        if ((p->value & 7) == 1)
            crc = crc16(crc, (uint16_t)p->key);
    return crc;
}

static int32_t matrices(long round) {
    enum { N = 20 };
    static int16_t a[N][N], b[N][N];
    int32_t trace = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (int16_t)((i * 7 + j * 3 + round) % 97 - 40);
            b[i][j] = (int16_t)((i * 5 + j) % 89 - 30);
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int32_t s = 0;
            for (int k = 0; k < N; k++)
                s += a[i][k] * b[k][j];
            trace += i == j ? s : s >> 5;
        }
    return trace;
}

enum state { START, SIGN, INTEGER, POINT, FRACTION, E, E_SIGN, EXPONENT, BAD };

/* What kind of number the text is, one state a character. */
static enum state scan(const char *p) {
    enum state s = START;
    for (; *p && s != BAD; p++) {
        int digit = *p >= '0' && *p <= '9', sign = *p == '+' || *p == '-';
        switch (s) {
        case START: s = digit ? INTEGER : sign ? SIGN : *p == '.' ? POINT : BAD; break;
        case SIGN: s = digit ? INTEGER : *p == '.' ? POINT : BAD; break;
        case INTEGER: s = digit ? INTEGER : *p == '.' ? FRACTION : *p == 'e' ? E : BAD; break;
        case POINT: s = digit ? FRACTION : BAD; break;
        case FRACTION: s = digit ? FRACTION : *p == 'e' ? E : BAD; break;
        case E: s = digit ? EXPONENT : sign ? E_SIGN : BAD; break;
        case E_SIGN:
        case EXPONENT: s = digit ? EXPONENT : BAD; break;
        case BAD: break;
        }
    }
    return s;
}

uint64_t row_mix(void) {
    static const char *const text[] = {"5012", "-874", "+122", "35.54400", ".1234500", "-110.700", "0.64400", "5.5e+3",
                                       "-.12e-2", "-87e+832", "+0.6e-12", "T0.3e", "12x4", "1.2.3", "+-1", "34.0e"};
    uint64_t h = 0;
    uint16_t crc = 0xffff;
    bench_begin();
    for (long r = 0, n = scaled(36000); r < n; r++) {
        int count[BAD + 1] = {0};
        crc = lists(r, crc);
        for (int i = 0; i < 16; i++)
            count[scan(text[(i + r) & 15])]++;
        for (int i = 0; i <= BAD; i++)
            h = h * 7 + (uint64_t)count[i];
        if (r % 4 == 0)
            h += (uint64_t)(int64_t)matrices(r);
    }
    bench_end();
    return h ^ crc;
}
