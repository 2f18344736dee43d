/* SPDX-License-Identifier: BSD-2-Clause */
/* Free extents of physical memory, page granular: the data structure of pmm (mm.h). */
#ifndef PYRITE_KERNEL_EXTENTS_H
#define PYRITE_KERNEL_EXTENTS_H

#include <stdint.h>

enum { EXTENTS_MAX = 1024 };
#define EXTENTS_NONE (~0ull)

struct extents {
    unsigned count;
    struct extent {
        uint64_t base, end;
    } ext[EXTENTS_MAX]; /* sorted, apart from each other */
};

/* Adds [base, base + size), shrunk to whole pages and clipped to [1 MiB, 2^52). What does not fit into the table is
 * lost. */
void extents_add(struct extents *x, uint64_t base, uint64_t size);
/* Takes every page that [base, base + size) touches out, whether or not it is free. */
void extents_reserve(struct extents *x, uint64_t base, uint64_t size);
/* A contiguous piece from the highest addresses that end at or below `below`; size and align in bytes, align a power of
 * two of at least 4096. EXTENTS_NONE: none. */
uint64_t extents_alloc(struct extents *x, uint64_t size, uint64_t align, uint64_t below);
uint64_t extents_bytes(const struct extents *x);
/* The largest size, in bytes, that extents_alloc() could give with this alignment. */
uint64_t extents_largest(const struct extents *x, uint64_t align);
/* Sum of all whole, aligned units of `unit` bytes. */
uint64_t extents_units(const struct extents *x, uint64_t unit);

#endif
