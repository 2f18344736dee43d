/* SPDX-License-Identifier: BSD-2-Clause */
/* COM1, a 16550A (National PC16550D data sheet): rings both ways, filled and drained by its interrupt. Used from the
 * interrupt handler: no vector registers. Interrupts are off whenever ring 0 calls in here, from any core. */
#pragma GCC target("general-regs-only")
#include "kernel/drivers/drivers.h"

#include "kernel/drivers/acpi.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/x86.h"

enum { COM1 = 0x3f8, IRQ = 4, FIFO = 16, TX_SIZE = 16384, RX_SIZE = 4096 };
enum { PATIENCE_S = 60, IMPATIENCE = 100, FLUSH_READS = 1000000 };
enum { DATA = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCRATCH = 7 };
enum { IER_RX = 1, IER_TX = 2, LSR_DATA = 1, LSR_THRE = 0x20, MCR_DTR_RTS_OUT2 = 0xb, MCR_LOOP = 0x1a };

static bool present, by_irq, stuck;
static plat_lock_t lock; /* nothing else is taken inside it */
static uint8_t tx[TX_SIZE], rx[RX_SIZE];
static uint32_t tx_head, tx_tail, rx_head, rx_tail; /* free-running */
static uint8_t ier;

static bool probe(void) {
    outb(COM1 + IER, 0);
    outb(COM1 + SCRATCH, 0x5a);
    if (inb(COM1 + SCRATCH) != 0x5a || (inb(COM1 + IER) & 0xf0))
        return false;
    outb(COM1 + MCR, MCR_LOOP); /* the modem lines come back: RTS and OUT2 as CTS and DCD */
    return (inb(COM1 + MSR) & 0xf0) == 0x90;
}

void serial_init(void) {
    present = probe();
    outb(COM1 + MCR, MCR_DTR_RTS_OUT2);
    outb(COM1 + LCR, 0x80); /* divisor 1: 115200 */
    outb(COM1 + DATA, 1);
    outb(COM1 + IER, 0);
    outb(COM1 + LCR, 3); /* 8n1 */
    outb(COM1 + FCR, 7); /* FIFOs on and cleared, interrupt at one byte */
}

bool serial_present(void) { return present; }

static void set_ier(uint8_t v) {
    if (v != ier)
        outb(COM1 + IER, v);
    ier = v;
}

static void fill_fifo(void) {
    for (unsigned i = 0; i < FIFO && tx_tail != tx_head; i++)
        outb(COM1 + DATA, tx[tx_tail++ % TX_SIZE]);
}

/* Waits for the transmitter; false: it has been stuck for a minute (a virtual port whose other end reads nothing), so
 * that what is buffered is dropped and the next waits are short until it moves again. */
static bool wait_thre(void) {
    uint64_t hz = tsc_hz() ? tsc_hz() : 1000000000, t0 = rdtsc();
    for (unsigned i = 0; stuck ? i < IMPATIENCE : rdtsc() - t0 < PATIENCE_S * hz; i++) {
        if (inb(COM1 + LSR) & LSR_THRE) {
            stuck = false;
            return true;
        }
    }
    stuck = true;
    return false;
}

static void drain_polled(uint32_t until) {
    while ((int32_t)(until - tx_tail) > 0) {
        if (!wait_thre())
            tx_tail = tx_head;
        else
            fill_fifo();
        if (tx_tail == tx_head)
            return;
    }
}

/* What interrupts are wanted: input while there is room for it (a full ring holds the other side back), output while
 * there is any. */
static void update_ier(void) {
    if (by_irq)
        set_ier((uint8_t)((rx_head - rx_tail < RX_SIZE ? IER_RX : 0) | (tx_tail != tx_head ? IER_TX : 0)));
}

/* With the lock; says if there is input now that there was not. */
static bool poll(void) {
    uint8_t lsr = inb(COM1 + LSR);
    uint32_t before = rx_head;
    for (; (lsr & LSR_DATA) && lsr != 0xff && rx_head - rx_tail < RX_SIZE; lsr = inb(COM1 + LSR))
        rx[rx_head++ % RX_SIZE] = inb(COM1 + DATA);
    if (lsr & LSR_THRE)
        fill_fifo();
    update_ier();
    return rx_head != before;
}

void serial_poll(void) {
    if (!present)
        return;
    plat_lock(&lock);
    bool came = poll();
    plat_unlock(&lock);
    if (came)
        plat_kick(0, PLAT_EV_CONSOLE);
}

static void on_irq(void) {
    for (unsigned i = 0; i < 16; i++) { /* until the line is down, so that an edge follows */
        serial_poll();
        if (inb(COM1 + IIR) & 1)
            return;
    }
}

bool serial_irq_start(void) {
    uint32_t gsi;
    bool level, low;
    if (!present)
        return true;
    acpi_isa_irq(IRQ, &gsi, &level, &low);
    irq_handler(VEC_SERIAL, on_irq);
    if (!ioapic_route(gsi, VEC_SERIAL, level, low))
        return false;
    by_irq = true;
    serial_poll();
    return true;
}

static void send(const uint8_t *p, size_t n) {
    while (n) {
        while (n && tx_head - tx_tail < TX_SIZE) {
            tx[tx_head++ % TX_SIZE] = *p++;
            n--;
        }
        if (!by_irq)
            drain_polled(tx_head);
        else if (n)
            drain_polled(tx_tail + TX_SIZE / 4);
    }
    if (by_irq && !(ier & IER_TX)) {
        if (inb(COM1 + LSR) & LSR_THRE)
            fill_fifo();
        update_ier();
    }
}

void serial_write(const void *buf, size_t n) {
    if (!present)
        return;
    plat_lock(&lock);
    send(buf, n);
    plat_unlock(&lock);
}

size_t serial_read(void *buf, size_t max) {
    uint8_t *p = buf;
    size_t n = 0;
    bool came = false;
    plat_lock(&lock);
    while (n < max && rx_tail != rx_head)
        p[n++] = rx[rx_tail++ % RX_SIZE];
    if (n && by_irq && !(ier & IER_RX))
        came = poll();
    plat_unlock(&lock);
    if (came)
        plat_kick(0, PLAT_EV_CONSOLE);
    return n;
}

void serial_flush(void) {
    if (!present)
        return;
    plat_lock(&lock);
    drain_polled(tx_head);
    for (unsigned i = 0; i < (stuck ? IMPATIENCE : FLUSH_READS) && (inb(COM1 + LSR) & 0x60) != 0x60; i++)
        ;
    plat_unlock(&lock);
}

void serial_break_lock(void) { plat_unlock(&lock); }
