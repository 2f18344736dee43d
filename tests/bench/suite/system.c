/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's part: system calls, pipes, files, processes, pages, changing code, atomic operations. Paths come from
 * the environment: BENCH_TMP (a tmpfs; /tmp), BENCH_TRUE (/bin/true), BENCH_SHELL ("/bin/busybox"), BENCH_SCRIPT. */
#define _GNU_SOURCE
#include "tests/bench/suite/bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *from_env(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

uint64_t row_atomics(void) {
    static uint64_t word[8], pointer;
    static uint32_t half;
    uint64_t sum = 0;
    bench_begin();
    for (long i = 0, n = scaled(5000000); i < n; i++) {
        uint64_t *w = &word[i & 7], old = *w;
        sum += __atomic_fetch_add(w, (uint64_t)i, __ATOMIC_SEQ_CST);
        sum ^= __atomic_fetch_or(w, (uint64_t)1 << (i & 63), __ATOMIC_RELAXED);
        sum += __atomic_exchange_n(&half, (uint32_t)i, __ATOMIC_ACQ_REL);
        while (!__atomic_compare_exchange_n(w, &old, old * 3 + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            ;
        do
            old = __atomic_load_n(&pointer, __ATOMIC_ACQUIRE);
        while (!__atomic_compare_exchange_n(&pointer, &old, old ^ sum, 1, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    }
    bench_end();
    return sum + pointer + fnv(0, word, sizeof word);
}

uint64_t row_getpid(void) {
    long me = getpid(), equal = 0, n = scaled(1200000);
    bench_begin();
    for (long i = 0; i < n; i++)
        equal += syscall(SYS_getpid) == me;
    bench_end();
    return (uint64_t)(equal == n);
}

/* The child adds one to each byte. */
uint64_t row_pipes(void) {
    int there[2], back[2];
    unsigned char byte = 0;
    uint64_t h = 0;
    if (pipe(there) || pipe(back))
        bench_fail("pipe");
    pid_t child = fork();
    if (!child) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1)
            if (byte++, write(back[1], &byte, 1) != 1)
                break;
        _exit(0);
    }
    bench_begin();
    for (long i = 0, n = scaled(30000); i < n; i++) {
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            bench_fail("the other side is gone");
        h = h * 31 + byte;
    }
    close(there[1]);
    waitpid(child, NULL, 0);
    bench_end();
    return h;
}

uint64_t row_files(void) {
    char path[256], data[4096];
    uint64_t h = 0;
    memset(data, 'x', sizeof data);
    bench_begin();
    for (long i = 0, n = scaled(20000); i < n; i++) {
        snprintf(path, sizeof path, "%s/bench-%d-%ld", from_env("BENCH_TMP", "/tmp"), getpid(), i % 100);
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        data[i % 4096]++;
        if (fd < 0 || write(fd, data, sizeof data) != sizeof data || lseek(fd, 0, SEEK_SET) ||
            read(fd, data, sizeof data) != sizeof data || close(fd) || unlink(path))
            bench_fail(path);
    }
    bench_end();
    return fnv(h, data, sizeof data);
}

static uint64_t ended(pid_t child) {
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        bench_fail("fork");
    return WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 999;
}

/* With a megabyte of pages of its own. */
uint64_t row_fork(void) {
    volatile char *pages = must_alloc(1 << 20);
    uint64_t h = 0;
    bench_begin();
    for (long i = 0, n = scaled(1500); i < n; i++) {
        pid_t child = fork();
        if (!child) {
            pages[(i * 4096) & 0xfffff] = 1;
            _exit((int)(i & 63));
        }
        h = h * 31 + ended(child);
    }
    bench_end();
    return h;
}

uint64_t row_forkexec(void) {
    char *args[] = {(char *)from_env("BENCH_TRUE", "/bin/true"), NULL}, *none[] = {NULL};
    uint64_t h = 0;
    bench_begin();
    for (long i = 0, n = scaled(500); i < n; i++) {
        pid_t child = fork();
        if (!child) {
            execve(args[0], args, none);
            _exit(127);
        }
        h = h * 31 + ended(child) + 1;
    }
    bench_end();
    return h;
}

uint64_t row_mmap(void) {
    enum { PAGES = 64 };
    uint64_t h = 0;
    bench_begin();
    for (long i = 0, n = scaled(4000); i < n; i++) {
        char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            bench_fail("mmap");
        for (int k = 0; k < PAGES; k++)
            p[k * 4096 + (i & 4095)] = (char)(i + k);
        for (int k = 0; k < PAGES; k++)
            h = h * 31 + (uint8_t)p[k * 4096 + (i & 4095)];
        munmap(p, PAGES * 4096);
    }
    bench_end();
    return h;
}

/* ---- codegen: a function of 16 additions and exclusive ors with constants that change every time ---- */

#if defined(__riscv)
static uint8_t *put32(uint8_t *at, uint32_t insn) {
    memcpy(at, &insn, 4);
    return at + 4;
}
static uint8_t *put_add(uint8_t *at, int k) { return put32(at, (uint32_t)k << 20 | 0x00050513); } /* addi a0, a0, k */
static uint8_t *put_xor(uint8_t *at, int k) { return put32(at, (uint32_t)k << 20 | 0x00054513); } /* xori a0, a0, k */
static void put_ret(uint8_t *at) { put32(at, 0x00008067); }
static void code_changed(void) { __asm__ volatile("fence.i" ::: "memory"); }
#elif defined(__x86_64__)
static uint8_t *put_op(uint8_t *at, uint8_t op, int k) { /* op rdi, k */
    uint8_t insn[7] = {0x48, 0x81, op};
    memcpy(insn + 3, &k, 4);
    memcpy(at, insn, 7);
    return at + 7;
}
static uint8_t *put_add(uint8_t *at, int k) { return put_op(at, 0xc7, k); }
static uint8_t *put_xor(uint8_t *at, int k) { return put_op(at, 0xf7, k); }
static void put_ret(uint8_t *at) { memcpy(at, "\x48\x89\xf8\xc3", 4); } /* mov rax, rdi; ret */
static void code_changed(void) {}
#endif

uint64_t row_codegen(void) {
    enum { FUNCTIONS = 16, BYTES = 256 };
    uint8_t *code = mmap(NULL, FUNCTIONS * BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                         0);
    uint64_t x = 1;
    if (code == MAP_FAILED)
        bench_fail("mmap");
    bench_begin();
    for (long i = 0, n = scaled(40000); i < n; i++) {
        uint8_t *start = code + i % FUNCTIONS * BYTES, *at = start;
        for (int k = 0; k < 16; k++)
            at = k & 1 ? put_xor(at, (int)((i * 7 + k) & 2047)) : put_add(at, (int)((i + k * 13) & 2047));
        put_ret(at);
        code_changed();
        for (int k = 0; k < 8; k++)
            x = ((uint64_t(*)(uint64_t))(uintptr_t)start)(x) * 3;
    }
    bench_end();
    return x;
}

/* The script's output is the checksum. */
uint64_t row_shell(void) {
    const char *shell = from_env("BENCH_SHELL", "/bin/busybox"), *script = from_env("BENCH_SCRIPT", "/b/script");
    char rounds[24], text[4096];
    uint64_t h = 0;
    int out[2];
    ssize_t n;
    snprintf(rounds, sizeof rounds, "%ld", scaled(30));
    if (access(shell, X_OK) || pipe(out))
        bench_fail("no busybox");
    bench_begin();
    pid_t child = fork();
    if (!child) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execl(shell, shell, "sh", script, shell, rounds, from_env("BENCH_TMP", "/tmp"), NULL);
        _exit(127);
    }
    close(out[1]);
    while ((n = read(out[0], text, sizeof text)) > 0)
        h = fnv(h, text, (size_t)n);
    if (ended(child))
        bench_fail("the script failed");
    bench_end();
    return h;
}
