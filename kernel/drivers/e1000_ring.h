/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptor rings of Intel's gigabit cards, in the legacy format (82540EP/EM manual, 3.2.3 and 3.3.3), or, for igb,
 * the advanced one (82576 data sheet, 7.1.5 and 7.2.2). Pure: memory is what the card sees, and nothing in it is
 * believed. */
#ifndef PYRITE_KERNEL_E1000_RING_H
#define PYRITE_KERNEL_E1000_RING_H

#include <stdbool.h>
#include <stdint.h>

enum { E1000_RING = 256, E1000_BUFFER = 2048 };

struct e1000_rx_desc {
    uint64_t addr;
    uint16_t length, checksum;
    uint8_t status, errors;
    uint16_t special;
};
struct e1000_rx_advanced { /* as the card writes it back */
    uint64_t rss;
    uint32_t status; /* its errors are bits 20 to 31 */
    uint16_t length, vlan;
};
struct e1000_tx_desc {
    uint64_t addr;
    uint16_t length;
    uint8_t cso, command, status, css;
    uint16_t special;
};
_Static_assert(sizeof(struct e1000_rx_desc) == 16 && sizeof(struct e1000_tx_desc) == 16, "descriptors");

struct e1000_ring {
    void *desc;           /* E1000_RING of them */
    bool advanced;
    uint8_t *buffers;     /* E1000_BUFFER bytes each */
    uint64_t buffers_phys;
    uint16_t head, tail;  /* next to be looked at; next to be given to the card */
    bool inside;          /* of a frame in several buffers, which is too long for us */
};
enum e1000_got { E1000_NONE, E1000_FRAME, E1000_BAD };

/* All buffers but one are the card's; the register RDT is ring->tail then. */
void e1000_rx_init(struct e1000_ring *r);
/* The next frame, in the buffer *at; to be given back by e1000_rx_done(). BAD: one that is not whole, or in error;
 * likewise. */
enum e1000_got e1000_rx_next(struct e1000_ring *r, uint8_t **at, uint16_t *len, bool *csum_good);
void e1000_rx_done(struct e1000_ring *r);

void e1000_tx_init(struct e1000_ring *r);
/* Takes back what was sent. */
void e1000_tx_reclaim(struct e1000_ring *r);
/* A buffer for a frame; NULL: none is free. */
uint8_t *e1000_tx_buffer(struct e1000_ring *r);
/* The frame in e1000_tx_buffer() goes; the register TDT is ring->tail then. */
void e1000_tx_put(struct e1000_ring *r, uint16_t len);

#endif
