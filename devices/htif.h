/* SPDX-License-Identifier: BSD-2-Clause */
/* The host-target interface of bare ELFs. */
#ifndef PYRITE_DEVICES_HTIF_H
#define PYRITE_DEVICES_HTIF_H

#include "dbt/physmem.h"
#include "devices/dev.h"

enum { HTIF_PAGE = 4096 };
struct htif {
    struct dev_chars chars;
    uint8_t *page[2];      /* RAM behind the page(s) of tohost and fromhost; equal if they share one */
    uint64_t tohost, fromhost; /* guest physical addresses, 8-byte aligned; fromhost 0: none */
    bool want_char;        /* a console read waits for input */
};
struct htif_page {
    struct htif *htif;
    uint64_t base;         /* guest physical address */
    uint8_t *ram;
};

extern const struct mmio_ops htif_ops; /* dev: struct htif_page */
/* Input may be there. */
void htif_poll(struct htif *h);
void htif_reset(struct htif *h);

#endif
