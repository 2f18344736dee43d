/* SPDX-License-Identifier: BSD-2-Clause */
/* The course kernel's user program, linked at 0 and read from the disk; both processes run it. */
#include <stdint.h>

static long call(long n, uint64_t a, uint64_t b) {
    register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1") = b, a7 __asm__("a7") = (uint64_t)n;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return (long)a0;
}
enum { WRITE = 1, READ, GET_BLOCK, PUT_BLOCK, TICKS, ID, WAIT, EXIT };

static void say(const char *s) {
    uint64_t n = 0;
    while (s[n])
        n++;
    call(WRITE, (uint64_t)s, n);
}

static int primes(int limit) {
    int n = 0;
    for (int i = 2; i < limit; i++) {
        int d = 2;
        while (d * d <= i && i % d)
            d++;
        n += d * d > i;
    }
    return n;
}

/* Pages that are not there yet, in both directions and over a page's end. */
static int lazy(void) {
    volatile uint64_t *far = (uint64_t *)0x100000;
    uint64_t sum = 0;
    for (int i = 60; i >= 0; i--)
        far[i * 512 + 3] = (uint64_t)i;
    for (int i = 0; i < 64; i++)
        sum += far[i * 512 + 3];
    *(volatile uint32_t *)(0x141000 - 2) = 0x12345678;
    return sum == 60 * 61 / 2 && *(volatile uint32_t *)(0x141000 - 2) == 0x12345678;
}

static char block[1024], text[64];

static int first(void) {
    long n;
    say("first: what is your name?\n");
    n = call(READ, (uint64_t)text, sizeof text);
    for (long i = 0; i < n - 1; i++)
        block[i] = text[n - 2 - i];
    block[n - 1] = '\n';
    call(PUT_BLOCK, 100, (uint64_t)block);
    for (int i = 0; i < 1024; i++)
        block[i] = 'x';
    call(GET_BLOCK, 100, (uint64_t)block);
    say("first: backwards: ");
    say(block);
    if (call(WAIT, 0, 0) != 17)
        return 2;
    return lazy() ? 0 : 3;
}

static int second(void) {
    long start = call(TICKS, 0, 0);
    int n = 0;
    while (call(TICKS, 0, 0) < start + 3)
        n = primes(3000);
    call(GET_BLOCK, 3, (uint64_t)block);
    say(n == 430 && lazy() ? "second: done\n" : "second: wrong\n");
    return n == 430 ? 17 : 18;
}

__attribute__((section(".text.start"))) void _start(void) {
    call(EXIT, (uint64_t)(call(ID, 0, 0) ? second() : first()), 0);
}
