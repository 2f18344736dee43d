/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings of the RTL8111/8168. Assumes x86's order of memory and one caller; a descriptor is written whole, its owner
 * last. */
#include "kernel/drivers/rtl8168_ring.h"

#include <string.h>

enum { END = 1 << 30, FIRST = 1 << 29, LAST = 1 << 28, ERROR = 1 << 21, LENGTH = 0x3fff, CRC = 4, SMALLEST = 14 };
#define OWN (1u << 31) /* the card's */

static uint16_t next(uint16_t i) { return (uint16_t)((i + 1) % RTL_RING); }
static uint32_t end_flag(uint16_t i) { return i == RTL_RING - 1 ? END : 0; }

static void give(struct rtl_ring *r, uint16_t i, uint32_t flags) {
    volatile struct rtl_desc *d = &r->desc[i];
    d->addr = r->buffers_phys + (uint64_t)i * RTL_BUFFER;
    d->vlan = 0;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    d->flags = OWN | end_flag(i) | flags;
}

void rtl_rx_init(struct rtl_ring *r) {
    for (uint16_t i = 0; i < RTL_RING; i++)
        give(r, i, RTL_BUFFER);
    r->head = r->tail = 0;
    r->inside = false;
}

enum rtl_got rtl_rx_next(struct rtl_ring *r, uint8_t **at, uint16_t *len) {
    uint32_t flags = *(volatile uint32_t *)&r->desc[r->head].flags;
    if (flags & OWN)
        return RTL_NONE;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    unsigned length = flags & LENGTH;
    bool rest = r->inside || !(flags & FIRST);
    r->inside = !(flags & LAST);
    *at = r->buffers + (uint32_t)r->head * RTL_BUFFER;
    *len = (uint16_t)(length - CRC);
    return rest || r->inside || (flags & ERROR) || length < SMALLEST + CRC || length > RTL_BUFFER ? RTL_BAD : RTL_FRAME;
}

void rtl_rx_done(struct rtl_ring *r) {
    give(r, r->head, RTL_BUFFER);
    r->head = next(r->head);
}

void rtl_tx_init(struct rtl_ring *r) {
    memset(r->desc, 0, sizeof *r->desc * RTL_RING);
    r->desc[RTL_RING - 1].flags = END;
    r->head = r->tail = 0;
}

void rtl_tx_reclaim(struct rtl_ring *r) {
    while (r->head != r->tail && !(*(volatile uint32_t *)&r->desc[r->head].flags & OWN))
        r->head = next(r->head);
}

uint8_t *rtl_tx_buffer(struct rtl_ring *r) {
    return next(r->tail) == r->head ? NULL : r->buffers + (uint32_t)r->tail * RTL_BUFFER;
}

void rtl_tx_put(struct rtl_ring *r, uint16_t len) {
    enum { LEAST = 60 };
    if (len < LEAST) { /* the chip does not always do it */
        memset(r->buffers + (uint32_t)r->tail * RTL_BUFFER + len, 0, LEAST - len);
        len = LEAST;
    }
    give(r, r->tail, FIRST | LAST | len);
    r->tail = next(r->tail);
}
