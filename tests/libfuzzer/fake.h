/* SPDX-License-Identifier: BSD-2-Clause */
/* A platform (kernel/plat.h) and an engine for the fuzz targets: the clock moves when told to, files are what the
 * target says, storage answers when told to, and what devices announce of their writes is remembered. */
#ifndef PYRITE_TESTS_LIBFUZZER_FAKE_H
#define PYRITE_TESTS_LIBFUZZER_FAKE_H

#include "kernel/plat.h"

enum { FAKE_PAGES = 64, FAKE_DISK = 64 * 512, FAKE_FILES = 4 };
#define FAKE_RAM_BASE 0x80000000ull
#define FAKE_RAM_SIZE ((size_t)FAKE_PAGES * 4096)

struct fake {
    uint64_t clock_ns, time;
    uint64_t entropy;                    /* seed */
    bool announced[FAKE_PAGES];          /* frame_written() of that page */
    bool deferred;                       /* storage waits for fake_answer() */
    int error;                           /* storage's answer */
    struct plat_block_req *waiting[256];
    unsigned nwaiting;
    uint8_t disk[FAKE_DISK];
    const uint8_t *input;                /* console */
    size_t input_left;
    unsigned exits, resets;              /* the guest asked for */
    uint64_t net;                        /* seed of what sockets answer */
    unsigned sockets;                    /* open ones, those that listen not counted */
    uint64_t lines;                      /* interrupt inputs of hart 0 */
    struct {
        const char *name;
        const void *data;
        size_t size;
    } file[FAKE_FILES];
};
extern struct fake fake;

/* Everything as at the start, memory of plat_alloc() freed. */
void fake_reset(void);
/* Answers request i of those that wait; i is taken modulo their number. */
void fake_answer(unsigned i);
/* A req as plat_block_submit() takes it, to or from fake.disk. */
void fake_submit(struct plat_block_req *req);

#endif
