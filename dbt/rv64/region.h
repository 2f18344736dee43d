/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions: a loop of several basic blocks, translated as one unit. */
#ifndef PYRITE_DBT_RV64_REGION_H
#define PYRITE_DBT_RV64_REGION_H

#include "dbt/guest.h"

enum { REGION_MAX_BLOCKS = 32, REGION_MAX_INSNS = 200, REGION_NONE = -1 };

struct rv64_region {
    unsigned n;
    struct region_block {
        int32_t start, end; /* page offsets: of the first instruction, behind the last */
        /* where it may go on within the page: behind itself, and to its jump's target; REGION_NONE */
        int32_t to[2];
        uint8_t depth; /* of loops around it: jumps back by address that span it */
        bool header; /* every cycle goes through one such block */
        unsigned label;
    } block[REGION_MAX_BLOCKS];
};

/* How many rounds of a block that may follow itself go into a row, at least 1. */
unsigned rv64_region_rounds(const struct region_block *blk);

/* Finds the loops that go through page offset b->start_off, from the bytes of that page: the basic blocks that are
 * reached from there and lead back, by jumps within the page. block[0] is the one at start_off, the others follow by
 * address.
 * False: there is no such loop, or it is one block only, and too large to be unrolled: it is a loop without this. */
bool rv64_region_find(struct guest_block *b, struct rv64_region *r);

/* The f registers that hold nothing but boxed singles, if they do at the start: bit n is set if a block reads register
 * n as a single that the block itself did not write, and nothing in the region writes it otherwise. A guess by the
 * instructions' formats: the translator makes sure. */
uint32_t rv64_region_singles(struct guest_block *b, const struct rv64_region *r);

#endif
