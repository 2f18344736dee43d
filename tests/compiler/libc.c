/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of a C library as the programs here need: the memory functions that compilers call by themselves, and printf
 * with %c %s %d %u %x and %p, widths, zero padding, and the lengths l and ll. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int putchar(int c); /* start.S; <stdio.h> would have it inline */

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    char *t = to;
    const char *f = from;
    while (n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    char *t = to;
    const char *f = from;
    if (t <= f)
        return memcpy(to, from, n);
    while (n--)
        t[n] = f[n];
    return to;
}

void *memset(void *to, int c, size_t n) {
    char *t = to;
    while (n--)
        *t++ = (char)c;
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    const unsigned char *p = a, *q = b;
    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

int bcmp(const void *a, const void *b, size_t n) { return memcmp(a, b, n); }
float fminf(float a, float b) { return a < b || b != b ? a : b; }
float fmaxf(float a, float b) { return a > b || b != b ? a : b; }

size_t strlen(const char *s) {
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int puts(const char *s) {
    while (*s)
        putchar(*s++);
    return putchar('\n');
}

static void number(uint64_t v, unsigned base, bool negative, int width, char pad) {
    char text[24];
    int n = 0;
    do
        text[n++] = "0123456789abcdef"[v % base];
    while (v /= base);
    if (negative && pad == '0')
        putchar('-'), width--;
    for (int fill = width - n - (negative && pad != '0'); fill > 0; fill--)
        putchar(pad);
    if (negative && pad != '0')
        putchar('-');
    while (n--)
        putchar(text[n]);
}

static void conversion(const char **format, va_list *ap) {
    const char *p = *format;
    char pad = *p == '0' ? '0' : ' ';
    int width = 0, longs = 0;
    while (*p >= '0' && *p <= '9')
        width = width * 10 + *p++ - '0';
    while (*p == 'l')
        longs++, p++;
    *format = p + 1;
    switch (*p) {
    case 'c':
        putchar(va_arg(*ap, int));
        break;
    case 's':
        for (const char *s = va_arg(*ap, const char *); *s; s++)
            putchar(*s);
        break;
    case 'd': {
        int64_t v = longs ? va_arg(*ap, long) : va_arg(*ap, int);
        number(v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0, width, pad);
        break;
    }
    case 'p':
        longs = 1; /* fall through */
    case 'x':
    case 'u': {
        uint64_t v = longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned);
        number(v, *p == 'u' ? 10 : 16, false, width, pad);
        break;
    }
    default:
        putchar(*p);
    }
}

int printf(const char *restrict format, ...) {
    va_list ap;
    va_start(ap, format);
    while (*format)
        if (*format++ == '%')
            conversion(&format, &ap);
        else
            putchar(format[-1]);
    va_end(ap);
    return 0;
}
