/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's init for `tests/boot/run perf`: Linux perf events over OpenSBI's PMU and the overflow interrupt. Prints
 * one line `PERF name value` each, then powers off. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CACHE_MISS(cache, op) \
    (PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##op << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)
enum { ROUNDS = 1000000, RING_PAGES = 8, SAMPLE_BYTES = 16, PAGES = 64 };

static const struct {
    const char *name;
    uint32_t type;
    uint64_t config, period;
} events[] = {
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 0},
    {"load-walks", PERF_TYPE_HW_CACHE, CACHE_MISS(DTLB, READ), 0},
    {"store-walks", PERF_TYPE_HW_CACHE, CACHE_MISS(DTLB, WRITE), 0},
    {"cycle-samples", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 100000},
    {"instruction-samples", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 10000},
};

/* Two instructions a round. */
static void work(long rounds) { __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(rounds)); }

/* New pages: each is walked for at least once more than it faults. */
static void touch(unsigned i) {
    static volatile char page[sizeof events / sizeof *events][PAGES][2][4096];
    for (unsigned k = 0; k < PAGES; k++)
        page[i][k][0][0] = page[i][k][1][0];
}

/* Of this process alone, in user mode. */
static int open_event(unsigned i) {
    struct perf_event_attr a = {.size = sizeof a, .type = events[i].type, .config = events[i].config, .disabled = 1,
                                .exclude_kernel = 1, .sample_period = events[i].period, .sample_type = PERF_SAMPLE_IP};
    return (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

static unsigned long long measure(unsigned i, int fd) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const struct perf_event_mmap_page *ring = NULL;
    if (events[i].period)
        ring = mmap(NULL, (1 + RING_PAGES) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    work(events[i].period ? 5 * ROUNDS : ROUNDS);
    if (events[i].type == PERF_TYPE_HW_CACHE)
        touch(i);
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    uint64_t count = 0;
    if (ring)
        return ring == MAP_FAILED ? 0 : ring->data_head / SAMPLE_BYTES;
    return read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

int main(void) {
    setbuf(stdout, NULL);
    for (unsigned i = 0; i < sizeof events / sizeof *events; i++) {
        int fd = open_event(i);
        if (fd < 0)
            printf("PERF %s none: %s\n", events[i].name, strerror(errno));
        else
            printf("PERF %s %llu\n", events[i].name, measure(i, fd));
        close(fd);
    }
    printf("PERF-DONE\n");
    reboot(RB_POWER_OFF);
}
