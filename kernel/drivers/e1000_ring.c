/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings of Intel's gigabit cards. Assumes x86's order of memory and one caller. Addresses are written anew with each
 * descriptor, so what the card may have put there is never followed. */
#include "kernel/drivers/e1000_ring.h"

#include <string.h>

enum { RX_DD = 1, RX_EOP = 2, RX_IXSM = 4, RX_TCPCS = 0x20, RX_TCP_ERROR = 0x20 };
enum { TX_EOP = 1, TX_IFCS = 2, TX_RS = 8, TX_DD = 1, TX_DEXT = 0x20, DATA = 0x30, SMALLEST = 14 };

static uint16_t next(uint16_t i) { return (uint16_t)((i + 1) % E1000_RING); }
static uint64_t phys(const struct e1000_ring *r, uint16_t i) { return r->buffers_phys + (uint64_t)i * E1000_BUFFER; }
static uint8_t *buffer(const struct e1000_ring *r, uint16_t i) { return r->buffers + (uint32_t)i * E1000_BUFFER; }

void e1000_rx_init(struct e1000_ring *r) {
    struct e1000_rx_desc *d = r->desc;
    for (uint16_t i = 0; i < E1000_RING; i++)
        d[i] = (struct e1000_rx_desc){.addr = phys(r, i)};
    r->head = 0;
    r->inside = false;
    r->tail = E1000_RING - 1;
}

enum e1000_got e1000_rx_next(struct e1000_ring *r, uint8_t **at, uint16_t *len, bool *csum_good) {
    const volatile struct e1000_rx_desc *d = (struct e1000_rx_desc *)r->desc + r->head;
    const volatile struct e1000_rx_advanced *a = (const volatile void *)d;
    uint32_t word = r->advanced ? a->status : (uint32_t)d->status | (uint32_t)d->errors << 24;
    uint8_t status = (uint8_t)word, errors = (uint8_t)(word >> 24);
    if (!(status & RX_DD))
        return E1000_NONE;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *len = r->advanced ? a->length : d->length;
    *at = buffer(r, r->head);
    *csum_good = (status & RX_TCPCS) && !(status & RX_IXSM) && !(errors & RX_TCP_ERROR);
    errors &= (uint8_t)~(RX_TCP_ERROR | 0x40); /* checksums of IP and TCP are for who gets the frame to judge */
    bool rest = r->inside;
    r->inside = !(status & RX_EOP);
    return rest || r->inside || errors || *len < SMALLEST || *len > E1000_BUFFER ? E1000_BAD : E1000_FRAME;
}

void e1000_rx_done(struct e1000_ring *r) {
    struct e1000_rx_desc *d = r->desc;
    d[r->head] = (struct e1000_rx_desc){.addr = phys(r, r->head)};
    r->tail = r->head;
    r->head = next(r->head);
}

void e1000_tx_init(struct e1000_ring *r) {
    memset(r->desc, 0, sizeof(struct e1000_tx_desc) * E1000_RING);
    r->head = r->tail = 0;
}

void e1000_tx_reclaim(struct e1000_ring *r) {
    const volatile struct e1000_tx_desc *d = r->desc;
    while (r->head != r->tail && (d[r->head].status & TX_DD))
        r->head = next(r->head);
}

uint8_t *e1000_tx_buffer(struct e1000_ring *r) { return next(r->tail) == r->head ? NULL : buffer(r, r->tail); }

void e1000_tx_put(struct e1000_ring *r, uint16_t len) {
    struct e1000_tx_desc *d = (struct e1000_tx_desc *)r->desc + r->tail;
    *d = (struct e1000_tx_desc){.addr = phys(r, r->tail), .length = len,
                                .command = TX_EOP | TX_IFCS | TX_RS};
    if (r->advanced) {
        d->cso = DATA;
        d->command |= TX_DEXT;
        d->special = (uint16_t)(len >> 2); /* the payload's length, from bit 14 of the last word on */
        d->css = (uint8_t)(len << 6);
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    r->tail = next(r->tail);
}
