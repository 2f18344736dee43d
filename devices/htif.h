/* SPDX-License-Identifier: BSD-2-Clause */
/* The host-target interface of bare ELFs. */
#ifndef PYRITE_DEVICES_HTIF_H
#define PYRITE_DEVICES_HTIF_H

#include "dbt/physmem.h"
#include "devices/dev.h"

struct htif {
    struct dev_chars chars;
    uint64_t tohost, fromhost; /* guest physical addresses in RAM, 8-byte aligned; fromhost 0: none */
    bool want_char;            /* a console read waits for input */
};

/* `size` bytes at gpa, in the page of tohost, were stored. */
void htif_written(struct htif *h, uint64_t gpa, unsigned size);
/* Input may be there. */
void htif_poll(struct htif *h);
void htif_reset(struct htif *h);

#endif
