/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial port. */
#ifndef PYRITE_DEVICES_UART16550_H
#define PYRITE_DEVICES_UART16550_H

#include "dbt/physmem.h"
#include "devices/dev.h"

enum { UART_FIFO = 16 };
struct uart {
    struct dev_line irq;
    struct dev_chars chars;
    uint8_t ier, fcr, lcr, mcr, lsr, msr, scr, dll, dlm;
    bool thre_pending;         /* a THRE interrupt that no IIR read has seen */
    uint16_t rx[UART_FIFO];    /* RX_LOOP: written by the guest in loopback */
    unsigned rx_count;
    uint8_t wire[UART_FIFO];   /* bytes that an RX reset put back */
    unsigned wire_count;
    /* plat_clock_ns() before which nothing arrives while the receive interrupt is off (uart16550.c) */
    uint64_t hold;
    bool line;                 /* what irq was set to last */
};

extern const struct mmio_ops uart_ops; /* dev: struct uart */
/* irq and chars are set by the caller, before. */
void uart_reset(struct uart *u);
/* Input may be there: takes what the FIFO holds. */
void uart_poll(struct uart *u);
/* Takes back up to len bytes of input that the guest has not read, for another console. Returns how many. */
size_t uart_take_back(struct uart *u, void *buf, size_t len);
/* The guest listens on this port by interrupt. */
bool uart_listening(const struct uart *u);

#endif
