/* SPDX-License-Identifier: BSD-2-Clause */
/* What Pyrite is doing, as numbers that only grow, and two of them that lie apart as a page and as JSON. */
#ifndef PYRITE_SERVICES_STATUS_H
#define PYRITE_SERVICES_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATUS_HARTS = 128, STATUS_DISKS = 8, STATUS_NETS = 4, STATUS_NAME = 64 };

struct status_disk {
    const char *file, *mode;
    uint64_t size, read, written, requests, errors; /* bytes; bytes; bytes; ...; requests that failed */
};
struct status_net {
    char name[STATUS_NAME];
    uint8_t mac[6];
    bool link;
    uint32_t address; /* IPv4, host order; 0: none */
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, dropped;
};
struct status {
    uint64_t now_ns;                                /* since the start */
    const char *version, *cpu, *kernel;             /* kernel: the file's name, NULL: none */
    unsigned cores, x86_level, harts;
    uint64_t memory, guest_ram;                     /* bytes */
    struct {
        uint64_t insns, waited_ns;                  /* counted while watched; time spent in WFI */
    } hart[STATUS_HARTS];
    uint64_t code_used, code_limit, blocks, flushes; /* bytes; bytes; translated; times all was dropped */
    unsigned ndisks, nnets, viewers;
    struct status_disk disk[STATUS_DISKS];
    struct status_net net[STATUS_NETS];
};

/* A text being made, cut at its end. */
struct text {
    char *p;
    size_t size, len;
};
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* `before` is earlier than `now` by the time that rates are taken over. Both write what fits. */
void status_json(struct text *t, const struct status *before, const struct status *now);
void status_html(struct text *t, const struct status *before, const struct status *now);

#endif
