/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptor rings of Realtek's RTL8111/8168 (RTL8169/RTL8110S data sheet, chapter on descriptors; the 8168 has the
 * same). Pure: memory is what the card sees, and nothing in it is believed. */
#ifndef PYRITE_KERNEL_RTL8168_RING_H
#define PYRITE_KERNEL_RTL8168_RING_H

#include <stdbool.h>
#include <stdint.h>

enum { RTL_RING = 256, RTL_BUFFER = 2048 };

struct rtl_desc {
    uint32_t flags, vlan;
    uint64_t addr;
};
_Static_assert(sizeof(struct rtl_desc) == 16, "descriptor");

struct rtl_ring {
    struct rtl_desc *desc; /* RTL_RING of them */
    uint8_t *buffers;      /* RTL_BUFFER bytes each */
    uint64_t buffers_phys;
    uint16_t head, tail;   /* next to be looked at; next to be filled (sending) */
    bool inside;           /* of a frame in several buffers, which is too long for us */
};
enum rtl_got { RTL_NONE, RTL_FRAME, RTL_BAD };

void rtl_rx_init(struct rtl_ring *r);
/* The next frame, in the buffer *at, without its check sequence; rtl_rx_done() gives it back, a BAD one too. */
enum rtl_got rtl_rx_next(struct rtl_ring *r, uint8_t **at, uint16_t *len);
void rtl_rx_done(struct rtl_ring *r);

void rtl_tx_init(struct rtl_ring *r);
void rtl_tx_reclaim(struct rtl_ring *r);
/* A buffer for a frame; NULL: none is free. */
uint8_t *rtl_tx_buffer(struct rtl_ring *r);
/* The frame in rtl_tx_buffer() goes; frames of less than 60 bytes are filled up with zeros. */
void rtl_tx_put(struct rtl_ring *r, uint16_t len);

#endif
