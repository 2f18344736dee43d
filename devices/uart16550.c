/* SPDX-License-Identifier: BSD-2-Clause */
/* A 16550A (National Semiconductor PC16550D data sheet; register names from there). One byte per register, registers at
 * offsets 0-7; a wider access works on the register at its offset.
 *
 * Inexact on purpose: transmission takes no time, so THR is always empty again; a byte below the trigger level is
 * reported as a character timeout at once; no framing, parity or break. No input byte is ever lost: the host's side is
 * read only while there is room in the FIFO, and an RX FIFO reset puts bytes that came from there back "onto the wire".
 * With the receive interrupt on they arrive at once; with it off nothing arrives until 100 ms after the guest last
 * wrote a set-up register (Linux, opening a terminal, resets the FIFO and then twice reads RBR blindly, which would
 * swallow input that was typed or piped in before; drivers that poll do not set up the port all the time). */
#include "devices/uart16550.h"

#include <string.h>

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };
enum { DLL = 0, DLM = 1, FCR = 2, THR = 0 };
enum { IER_RX = 1, IER_THRE = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { CAUSE_MODEM = 0, CAUSE_NONE = 1, CAUSE_THRE = 2, CAUSE_RX = 4, CAUSE_LINE = 6, CAUSE_TIMEOUT = 12 };
enum { IIR_FIFO = 0xc0 };
enum { FCR_ENABLE = 1, FCR_RX_RESET = 2, FCR_KEPT = 0xc9 };
enum { LCR_DLAB = 0x80 };
enum { MCR_LOOP = 0x10, MCR_MASK = 0x1f };
enum { LSR_DR = 1, LSR_OE = 2, LSR_ERRORS = 0x1e, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum {
    MSR_DELTA = 0x0f,
    MSR_TERI = 4,
    MSR_RI = 0x40,
    MSR_IDLE = 0xb0 /* DCD, DSR, CTS: a peer that is always ready */
};
enum { RX_LOOP = 0x100, HOLD_NS = 100000000 };

static bool fifo_on(const struct uart *u) { return u->fcr & FCR_ENABLE; }
static unsigned rx_room(const struct uart *u) { return (fifo_on(u) ? UART_FIFO : 1) - u->rx_count; }

static unsigned trigger(const struct uart *u) {
    static const uint8_t level[] = {1, 4, 8, 14};
    return fifo_on(u) ? level[u->fcr >> 6] : 1;
}

/* The interrupt of highest priority (data sheet, table "Interrupt Control Functions"). */
static uint8_t cause(const struct uart *u) {
    if (u->ier & IER_LINE && u->lsr & LSR_ERRORS)
        return CAUSE_LINE;
    if (u->ier & IER_RX && u->rx_count)
        return u->rx_count >= trigger(u) ? CAUSE_RX : CAUSE_TIMEOUT;
    if (u->ier & IER_THRE && u->thre_pending)
        return CAUSE_THRE;
    if (u->ier & IER_MODEM && u->msr & MSR_DELTA)
        return CAUSE_MODEM;
    return CAUSE_NONE;
}

static void update(struct uart *u) {
    bool level = cause(u) != CAUSE_NONE;
    if (level != u->line) {
        u->line = level;
        dev_line_set(&u->irq, level);
    }
}

/* ---- receiver ---- */

static void take_from_wire(struct uart *u) {
    unsigned n = rx_room(u);
    if (n > u->wire_count)
        n = u->wire_count;
    for (unsigned i = 0; i < n; i++)
        u->rx[u->rx_count++] = u->wire[i];
    u->wire_count -= n;
    memmove(u->wire, u->wire + n, u->wire_count);
}

static void receive(struct uart *u) {
    uint8_t buf[UART_FIFO];
    if (u->mcr & MCR_LOOP || (!(u->ier & IER_RX) && plat_clock_ns() < u->hold))
        return;
    take_from_wire(u);
    if (u->wire_count || !rx_room(u))
        return;
    size_t n = u->chars.read(u->chars.arg, buf, rx_room(u));
    for (size_t i = 0; i < n; i++)
        u->rx[u->rx_count++] = buf[i];
}

/* Empties the FIFO; what came from the host goes back in front of what is on the wire. rx_count + wire_count never
 * exceeds UART_FIFO, as nothing is read from the host while something is on the wire. */
static void put_back(struct uart *u) {
    uint8_t kept[UART_FIFO];
    unsigned n = 0;
    for (unsigned i = 0; i < u->rx_count; i++)
        if (!(u->rx[i] & RX_LOOP))
            kept[n++] = (uint8_t)u->rx[i];
    memmove(u->wire + n, u->wire, u->wire_count);
    memcpy(u->wire, kept, n);
    u->wire_count += n;
    u->rx_count = 0;
}

static void rx_reset(struct uart *u) {
    put_back(u);
    u->lsr &= (uint8_t)~LSR_ERRORS;
}

static uint8_t read_rbr(struct uart *u) {
    uint8_t c = 0;
    if (u->rx_count) {
        c = (uint8_t)u->rx[0];
        u->rx_count--;
        memmove(u->rx, u->rx + 1, u->rx_count * sizeof u->rx[0]);
    }
    if (!u->rx_count)
        receive(u);
    return c;
}

static void loop_byte(struct uart *u, uint8_t c) {
    if (rx_room(u)) {
        u->rx[u->rx_count++] = c | RX_LOOP;
    } else {
        u->lsr |= LSR_OE;
        if (!fifo_on(u)) /* without FIFO the new character overwrites the old (LSR bit 1) */
            u->rx[0] = c | RX_LOOP;
    }
}

/* ---- transmitter, modem lines ---- */

static void write_thr(struct uart *u, uint8_t c) {
    if (u->mcr & MCR_LOOP)
        loop_byte(u, c);
    else
        u->chars.write(u->chars.arg, &c, 1);
    u->thre_pending = true;
}

/* In loopback the outputs DTR, RTS, OUT1, OUT2 are connected to DSR, CTS, RI, DCD. */
static void update_modem(struct uart *u) {
    uint8_t m = u->mcr, now = MSR_IDLE, old = u->msr;
    if (m & MCR_LOOP)
        now = (uint8_t)((m & 1) << 5 | (m & 2) << 3 | (m & 4) << 4 | (m & 8) << 4);
    uint8_t delta = (uint8_t)((now ^ old) >> 4);
    if (now & MSR_RI)
        delta &= (uint8_t)~MSR_TERI; /* RI counts only its trailing edge */
    u->msr = now | (old & MSR_DELTA) | delta;
}

static void write_fcr(struct uart *u, uint8_t v) {
    if ((v ^ u->fcr) & FCR_ENABLE || v & FCR_RX_RESET)
        rx_reset(u);
    u->fcr = v & FCR_ENABLE ? v & FCR_KEPT : 0;
}

static void write_ier(struct uart *u, uint8_t v) {
    if (v & ~u->ier & IER_THRE)
        u->thre_pending = true; /* THR is empty when the interrupt is switched on */
    u->ier = v & 0x0f;
}

/* ---- registers ---- */

static uint8_t read_iir(struct uart *u) {
    uint8_t c = cause(u);
    if (c == CAUSE_THRE)
        u->thre_pending = false;
    return c | (fifo_on(u) ? IIR_FIFO : 0);
}

static uint8_t read_lsr(struct uart *u) {
    if (!u->rx_count)
        receive(u);
    uint8_t v = u->lsr | LSR_THRE | LSR_TEMT | (u->rx_count ? LSR_DR : 0);
    u->lsr &= (uint8_t)~LSR_ERRORS;
    return v;
}

static uint8_t read_msr(struct uart *u) {
    uint8_t v = u->msr;
    u->msr &= (uint8_t)~MSR_DELTA;
    return v;
}

static uint8_t read_reg(struct uart *u, unsigned reg) {
    bool dlab = u->lcr & LCR_DLAB;
    switch (reg) {
    case RBR: return dlab ? u->dll : read_rbr(u);
    case IER: return dlab ? u->dlm : u->ier;
    case IIR: return read_iir(u);
    case LCR: return u->lcr;
    case MCR: return u->mcr;
    case LSR: return read_lsr(u);
    case MSR: return read_msr(u);
    default: return u->scr;
    }
}

static void write_reg(struct uart *u, unsigned reg, uint8_t v) {
    bool dlab = u->lcr & LCR_DLAB;
    switch (reg) {
    case THR:
        if (dlab)
            u->dll = v;
        else
            write_thr(u, v);
        break;
    case IER:
        if (dlab)
            u->dlm = v;
        else
            write_ier(u, v);
        break;
    case FCR: write_fcr(u, v); break;
    case LCR: u->lcr = v; break;
    case MCR:
        u->mcr = v & MCR_MASK;
        update_modem(u);
        break;
    case SCR: u->scr = v; break;
    default: break; /* LSR and MSR are read-only */
    }
    if (reg >= IER && reg <= MCR)
        u->hold = plat_clock_ns() + HOLD_NS;
}

static uint64_t uart_read(void *dev, uint64_t off, unsigned size) {
    struct uart *u = dev;
    (void)size;
    if (off > SCR) {
        dev_error("uart: read at %#llx\n", (unsigned long long)off);
        return 0;
    }
    uint8_t v = read_reg(u, (unsigned)off);
    update(u);
    return v;
}

static void uart_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct uart *u = dev;
    (void)size;
    if (off > SCR) {
        dev_error("uart: write at %#llx\n", (unsigned long long)off);
        return;
    }
    write_reg(u, (unsigned)off, (uint8_t)val);
    if (u->ier & IER_RX)
        receive(u);
    update(u);
}

const struct mmio_ops uart_ops = {uart_read, uart_write, 1, 8};

void uart_reset(struct uart *u) {
    rx_reset(u);
    u->hold = 0;
    u->ier = u->fcr = u->lcr = u->mcr = u->lsr = u->scr = 0;
    u->dll = 12; /* 9600 baud of 1.8432 MHz: any value; the data sheet leaves it undefined */
    u->dlm = 0;
    u->msr = MSR_IDLE;
    u->thre_pending = false;
    update(u);
}

void uart_poll(struct uart *u) {
    if (u->ier & IER_RX)
        receive(u);
    update(u);
}

size_t uart_take_back(struct uart *u, void *buf, size_t len) {
    put_back(u);
    size_t n = len < u->wire_count ? len : u->wire_count;
    memcpy(buf, u->wire, n);
    u->wire_count -= (unsigned)n;
    memmove(u->wire, u->wire + n, u->wire_count);
    update(u);
    return n;
}

bool uart_listening(const struct uart *u) { return u->ier & IER_RX; }
