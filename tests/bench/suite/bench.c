/* SPDX-License-Identifier: BSD-2-Clause */
/* The suite's program, static, for the guest and for the PC: bench NAME SCALE [wait], or bench list.
 *
 * Prints `BEGIN name` and `END name` around what is measured, then `RESULT name seconds checksum`; seconds is the CPU
 * time that the program and its children took between the two by their own kernel's count, which is the figure of the
 * native side. With `wait` it writes a `?` behind BEGIN and END and reads a line before it goes on, so that whoever
 * measures an emulator can read its clock while the guest stands still. */
#define _GNU_SOURCE
#include "tests/bench/suite/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *name;
static long scale = 100;
static bool wait_for_line;
static double begun, seconds;

long scaled(long n) {
    long k = n * scale / 100;
    return k < 1 ? 1 : k;
}

static double cpu_seconds(int who) {
    struct rusage r;
    getrusage(who, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static double cpu_now(void) { return cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN); }

static void mark(const char *what) {
    char line[16];
    printf("%s %s%s\n", what, name, wait_for_line ? " ?" : "");
    fflush(stdout);
    if (wait_for_line && read(0, line, sizeof line) <= 0)
        bench_fail("nobody answers");
}

void bench_begin(void) {
    mark("BEGIN");
    begun = cpu_now();
}

void bench_end(void) {
    seconds = cpu_now() - begun;
    mark("END");
}

void bench_fail(const char *what) {
    printf("FAIL %s: %s\n", name, what);
    fflush(stdout);
    _exit(1);
}

uint64_t fnv(uint64_t h, const void *p, size_t n) {
    const uint8_t *b = p;
    if (!h)
        h = 14695981039346656037u;
    while (n--)
        h = (h ^ *b++) * 1099511628211u;
    return h;
}

static uint64_t state = 1;

void seed(uint64_t x) { state = x ? x : 1; }

uint64_t rnd(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

void *must_alloc(size_t size) {
    void *p = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);
    if (!p)
        bench_fail("no memory");
    return memset(p, 0, size);
}

#define ROW(name, text) uint64_t row_##name(void);
#include "tests/bench/suite/rows.def"
#undef ROW

static const struct {
    const char *name, *text;
    uint64_t (*run)(void);
} rows[] = {
#define ROW(name, text) {#name, text, row_##name},
#include "tests/bench/suite/rows.def"
#undef ROW
};

int main(int argc, char **argv) {
    bool list = argc == 2 && !strcmp(argv[1], "list");
    if (!list && argc < 3)
        return 2;
    if (argc > 2)
        scale = atol(argv[2]);
    wait_for_line = argc > 3;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (list) {
            printf("%s\t%s\n", rows[i].name, rows[i].text);
        } else if (!strcmp(argv[1], rows[i].name)) {
            name = rows[i].name;
            uint64_t sum = rows[i].run();
            printf("RESULT %s %.6f %016llx\n", name, seconds, (unsigned long long)sum);
            return 0;
        }
    }
    return !list;
}
