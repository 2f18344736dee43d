/* SPDX-License-Identifier: BSD-2-Clause */
/* HTIF, as riscv-tests, riscv-pk and Spike use it: the guest stores device << 56 | command << 48 | payload to `tohost`,
 * and an answer appears in `fromhost`. Device 0 is exit (payload bit 0) and system calls for bare programs (of which
 * write and exit are served); device 1 is the console (command 0 reads, 1 writes a character).
 *
 * The symbols lie in ordinary RAM; devices/virt.c has the stores to tohost's page watched, so it costs nothing when the
 * ELF has no such symbols.
 * A store acts once it covers the low half of tohost: riscv-tests store the low word only. */
#include "devices/htif.h"

#include <string.h>

#include "dbt/irq.h"
#include "devices/syscon.h"

enum { DEV_SYSTEM, DEV_CONSOLE };
enum { CONSOLE_READ, CONSOLE_WRITE };
enum { SYS_WRITE = 64, SYS_EXIT = 93, MAX_WRITE = 1 << 16 };

static uint64_t get(uint64_t gpa) {
    uint64_t v = 0;
    physmem_dma_read(gpa, &v, sizeof v);
    return v;
}

static void put(uint64_t gpa, uint64_t v) { physmem_dma_write(gpa, &v, sizeof v); }

static void answer(struct htif *h, uint64_t dev, uint64_t cmd, uint64_t payload) {
    if (h->fromhost)
        put(h->fromhost, dev << 56 | cmd << 48 | payload);
}

static int exit_status(uint64_t code) { return code ? syscon_status(code) : 0; }

/* A system call: eight words in guest memory, number and arguments; the result replaces the number. */
static void system_call(struct htif *h, uint64_t gpa) {
    uint64_t m[8];
    uint64_t result = (uint64_t)-38; /* ENOSYS */
    if (!physmem_dma_read(gpa, m, sizeof m)) {
        dev_error("htif: system call block at %#llx is not RAM\n", (unsigned long long)gpa);
        return;
    }
    if (m[0] == SYS_EXIT) {
        machine_request_exit(exit_status(m[1]));
    } else if (m[0] == SYS_WRITE && (m[1] == 1 || m[1] == 2) && m[3] <= MAX_WRITE) {
        const void *p = physmem_dma_ptr(m[2], m[3]);
        if (p)
            h->chars.write(h->chars.arg, p, m[3]);
        result = p ? m[3] : (uint64_t)-14; /* EFAULT */
    } else {
        dev_error("htif: unknown system call %llu\n", (unsigned long long)m[0]);
    }
    physmem_dma_write(gpa, &result, sizeof result);
    answer(h, 0, 0, 1);
}

static void console(struct htif *h, unsigned cmd, uint64_t payload) {
    uint8_t c = (uint8_t)payload;
    if (cmd == CONSOLE_WRITE) {
        h->chars.write(h->chars.arg, &c, 1);
        answer(h, DEV_CONSOLE, CONSOLE_WRITE, 0);
    } else if (cmd == CONSOLE_READ) {
        h->want_char = true;
        htif_poll(h);
    } else {
        dev_error("htif: unknown console command %u\n", cmd);
    }
}

static void act(struct htif *h) {
    uint64_t v = get(h->tohost);
    uint64_t payload = v & (((uint64_t)1 << 48) - 1);
    unsigned dev = v >> 56, cmd = v >> 48 & 0xff;
    if (!v)
        return;
    put(h->tohost, 0);
    if (dev == DEV_SYSTEM && cmd == 0 && payload & 1)
        machine_request_exit(exit_status(payload >> 1));
    else if (dev == DEV_SYSTEM && cmd == 0)
        system_call(h, payload);
    else if (dev == DEV_CONSOLE)
        console(h, cmd, payload);
    else
        dev_error("htif: unknown device %u\n", dev);
}

void htif_poll(struct htif *h) {
    uint8_t c;
    if (!h->want_char || h->chars.read(h->chars.arg, &c, 1) != 1)
        return;
    h->want_char = false;
    answer(h, DEV_CONSOLE, CONSOLE_READ, 0x100 | c);
}

void htif_written(struct htif *h, uint64_t gpa, unsigned size) {
    if (gpa <= h->tohost && gpa + size >= h->tohost + 4)
        act(h);
}

void htif_reset(struct htif *h) { h->want_char = false; }
