/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial port: interrupts and their priorities, FIFO, loopback, and that no input byte is lost. */
#include <string.h>

#include "devices/uart16550.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR, THR = 0, FCR = 2 };

static struct uart u;
static struct fake_line line;
static char in[256], out[256];
static size_t in_pos, in_len, out_len;

static void put(void *arg, const void *buf, size_t len) {
    (void)arg;
    for (size_t i = 0; i < len && out_len < sizeof out; i++)
        out[out_len++] = ((const char *)buf)[i];
}
static size_t get(void *arg, void *buf, size_t len) {
    (void)arg;
    size_t n = in_len - in_pos < len ? in_len - in_pos : len;
    memcpy(buf, in + in_pos, n);
    in_pos += n;
    return n;
}

static void start(const char *input) {
    memset(&u, 0, sizeof u);
    memset(&line, 0, sizeof line);
    in_pos = out_len = 0;
    in_len = strlen(input);
    memcpy(in, input, in_len);
    u.irq = (struct dev_line){fake_line_set, &line, 0};
    u.chars = (struct dev_chars){put, get, NULL};
    uart_reset(&u);
}
static uint8_t rd(unsigned r) { return (uint8_t)uart_ops.read(&u, r, 1); }
static void wr(unsigned r, uint8_t v) { uart_ops.write(&u, r, v, 1); }

UNIT_TEST(uart_output_and_thre_interrupt) {
    start("");
    wr(THR, 'A');
    CHECK(out_len == 1 && out[0] == 'A');
    CHECK_EQ(rd(LSR), 0x60);
    CHECK(!line.level);
    wr(IER, 2); /* THR is empty: interrupts at once */
    CHECK(line.level);
    CHECK_EQ(rd(IIR), 2);
    CHECK(!line.level); /* reading IIR as THRE clears it */
    CHECK_EQ(rd(IIR), 1);
    wr(THR, 'B');
    CHECK(line.level);
    wr(IER, 0);
    CHECK(!line.level);
}

UNIT_TEST(uart_polled_input_without_fifo) {
    start("xyz");
    CHECK_EQ(rd(LSR), 0x61);
    CHECK_EQ(in_pos, 1); /* only what the register holds */
    CHECK_EQ(rd(RBR), 'x');
    CHECK_EQ(rd(RBR), 'y');
    CHECK_EQ(rd(RBR), 'z');
    CHECK_EQ(rd(LSR), 0x60);
}

UNIT_TEST(uart_fifo_trigger_and_timeout) {
    start("0123456789abcdefghij");
    wr(FCR, 0x81); /* FIFO, trigger level 8 */
    wr(IER, 1);
    CHECK_EQ(in_pos, 16);
    CHECK(line.level);
    CHECK_EQ(rd(IIR), 0xc4);
    for (int i = 0; i < 9; i++)
        CHECK_EQ(rd(RBR), (uint64_t)in[i]);
    CHECK_EQ(rd(IIR), 0xcc); /* 7 are left: character timeout */
    for (int i = 9; i < 20; i++)
        CHECK_EQ(rd(RBR), (uint64_t)in[i]); /* refilled when it was empty */
    CHECK_EQ(rd(IIR), 0xc1);
    CHECK(!line.level);
    in_len = in_pos = 0;
    start("k");
    wr(IER, 1);
    CHECK_EQ(rd(RBR), 'k');
}

UNIT_TEST(uart_input_arrives_by_event) {
    start("");
    wr(FCR, 1);
    wr(IER, 1);
    CHECK(!line.level);
    in[0] = 'q';
    in_len = 1;
    uart_poll(&u);
    CHECK(line.level);
    CHECK_EQ(rd(RBR), 'q');
    CHECK(!line.level);
}

UNIT_TEST(uart_loopback) {
    start("host");
    wr(FCR, 1);
    wr(MCR, 0x10);
    CHECK_EQ(rd(MSR) >> 4, 0);
    for (int i = 0; i < 17; i++)
        wr(THR, (uint8_t)('a' + i));
    CHECK_EQ(out_len, 0);
    CHECK_EQ(in_pos, 0); /* the line is disconnected */
    CHECK_EQ(rd(LSR), 0x63); /* 17 bytes into 16: overrun */
    CHECK_EQ(rd(LSR), 0x61);
    for (int i = 0; i < 16; i++)
        CHECK_EQ(rd(RBR), (uint64_t)('a' + i));
    CHECK_EQ(rd(LSR), 0x60);
    wr(MCR, 0x1f);
    CHECK_EQ(rd(MSR), 0xfb); /* all on, all but RI's edge counted */
    wr(MCR, 0x1b);
    CHECK_EQ(rd(MSR), 0xb4); /* trailing edge of RI */
    wr(IER, 8);
    wr(MCR, 0x10);
    CHECK(line.level);
    CHECK_EQ(rd(IIR) & 0xf, 0);
    rd(MSR);
    CHECK(!line.level);
}

UNIT_TEST(uart_interrupt_priority) {
    start("");
    wr(FCR, 1);
    wr(MCR, 0x10);
    for (int i = 0; i < 17; i++)
        wr(THR, 'x');
    wr(MCR, 0x12);
    wr(IER, 15);
    CHECK_EQ(rd(IIR) & 0xf, 6);
    rd(LSR);
    CHECK_EQ(rd(IIR) & 0xf, 4);
    for (int i = 0; i < 16; i++)
        rd(RBR);
    CHECK_EQ(rd(IIR) & 0xf, 2);
    CHECK_EQ(rd(IIR) & 0xf, 0);
    rd(MSR);
    CHECK_EQ(rd(IIR) & 0xf, 1);
}

UNIT_TEST(uart_divisor_and_scratch) {
    start("");
    wr(LCR, 0x83);
    wr(0, 1);
    wr(1, 2);
    CHECK_EQ(rd(0), 1);
    CHECK_EQ(rd(1), 2);
    wr(LCR, 3);
    CHECK_EQ(rd(IER), 0);
    CHECK_EQ(rd(LCR), 3);
    wr(SCR, 0xa5);
    CHECK_EQ(rd(SCR), 0xa5);
    CHECK_EQ(out_len, 0);
    CHECK_EQ(uart_ops.read(&u, 0xf8, 8), 0);
}

UNIT_TEST(uart_unread_input_can_be_taken_back) {
    char buf[8];
    start("abcdefgh");
    wr(FCR, 1);
    wr(IER, 1);
    CHECK_EQ(rd(RBR), 'a');
    CHECK_EQ(uart_take_back(&u, buf, 3), 3);
    CHECK(!memcmp(buf, "bcd", 3));
    CHECK_EQ(uart_take_back(&u, buf, 8), 4);
    CHECK(!memcmp(buf, "efgh", 4));
    CHECK(!line.level);
    CHECK_EQ(uart_take_back(&u, buf, 8), 0);
}

/* Linux, opening a terminal: resets the FIFOs, reads LSR and RBR without looking, twice, then switches the interrupt
 * on. */
UNIT_TEST(uart_typed_ahead_input_survives_open) {
    start("poweroff\n");
    CHECK_EQ(rd(LSR), 0x61); /* console output polls LSR: a byte is taken */
    wr(FCR, 1 | 2 | 4);
    wr(FCR, 0);
    CHECK_EQ(rd(LSR), 0x60);
    CHECK_EQ(rd(RBR), 0);
    rd(IIR);
    u.hold = 0; /* much time passes */
    wr(MCR, 8);
    wr(IER, 2);
    wr(IER, 0);
    CHECK_EQ(rd(LSR), 0x60);
    CHECK_EQ(rd(RBR), 0);
    wr(FCR, 0x81);
    wr(IER, 5);
    for (int i = 0; i < 9; i++)
        CHECK_EQ(rd(RBR), (uint64_t)"poweroff\n"[i]);
}
