/* SPDX-License-Identifier: BSD-2-Clause */
/* Code memory: regions from the platform, handed out to contexts in chunks, so that several contexts emit at once. All
 * functions may be called from any thread. */
#ifndef PYRITE_TCG_CODEBUF_H
#define PYRITE_TCG_CODEBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODEBUF_FAR_SLOT = 16 };

/* A context's own piece: [rw, rw + size) is executed at rx. The first `hot` bytes are for what runs mostly, so that it
 * lies densely, the others for what runs seldom; of both the first `used` and `cold_used` bytes are taken. */
struct codebuf_chunk {
    uint8_t *rw;
    uint64_t rx;
    size_t used, hot, cold_used, size;
    uint32_t index, generation;
};

/* Bytes of code memory at the most, at least 256 KiB; before the first chunk is taken. Without: all that the platform
 * has. */
void codebuf_limit(uint64_t bytes);
/* Makes c a fresh chunk. False: no code memory is left (codebuf_evict() and codebuf_reset() help). */
bool codebuf_next(struct codebuf_chunk *c);
/* False: c was evicted or codebuf_reset() was called since it was filled, so that it must not be used any more. */
bool codebuf_valid(const struct codebuf_chunk *c);
/* The start (user address) of the chunk that rx lies in; 0 if that is no code memory. */
uint64_t codebuf_base(uint64_t rx);
/* Takes back the chunk that was handed out longest ago: its user addresses are [*start, *end), and codebuf_next() gives
 * it out again. Whoever calls it sees to it that nothing runs there and nothing jumps there. False: there are not two
 * chunks in use. */
bool codebuf_evict(uint64_t *start, uint64_t *end);
/* Where the engine writes the byte that runs at user address rx; NULL if that is no code memory. */
uint8_t *codebuf_rw(uint64_t rx);
/* CODEBUF_FAR_SLOT bytes, 16-byte aligned, within rel32 reach of `near`, for a jump through a slot. 0: none left. */
uint64_t codebuf_far_slot(uint64_t near);
/* Bytes handed out. */
uint64_t codebuf_used(void);
/* Forgets all code; the regions are used again. */
void codebuf_reset(void);

#endif
