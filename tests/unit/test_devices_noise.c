/* SPDX-License-Identifier: BSD-2-Clause */
/* Random register accesses to every device, at any offset, with any size and value, far more often at registers that do
 * something; rings full of noise. Nothing may fault (this runs under the sanitizers too), and afterwards a reset makes
 * the device work again. The test finisher is left out: it would end the machine. */
#include <stdlib.h>
#include <string.h>

#include "devices/aclint.h"
#include "devices/flash.h"
#include "devices/plic.h"
#include "devices/rtc.h"
#include "devices/uart16550.h"
#include "devices/virtio_devices.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

enum { ROUNDS = 200000 };
static uint64_t seed = 0x5eed;

static uint64_t value(void) {
    uint64_t r = fake_random(&seed);
    switch (r >> 61) {
    case 0: return r & 1;
    case 1: return r & 0xff;
    case 2: return FAKE_RAM_BASE + (r & 0xfffff);
    case 3: return FAKE_RAM_BASE >> 32;
    case 4: return (uint64_t)1 << (r & 63);
    case 5: return ~(uint64_t)0 << (r & 63);
    default: return r;
    }
}

/* n accesses inside `span` bytes, mostly in the first `hot`. */
static void noise(const struct mmio_ops *ops, void *dev, uint64_t span, uint64_t hot, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        uint64_t r = fake_random(&seed);
        unsigned size = 1u << (r & 3);
        uint64_t off = (r >> 8) % (r & 0xf0 ? hot : span);
        if (r >> 30 & 1) /* aligned, as physmem guarantees; and not */
            off &= ~(uint64_t)(size - 1);
        if (r >> 31 & 1)
            ops->read(dev, off, size);
        else
            ops->write(dev, off, value(), size);
    }
}

static void put(void *arg, const void *buf, size_t len) { (void)arg, (void)buf, (void)len; }
static size_t get(void *arg, void *buf, size_t len) {
    (void)arg;
    size_t n = fake_random(&seed) % (len + 1);
    memset(buf, 'x', n);
    return n;
}
static const struct dev_chars chars = {put, get, NULL};
static void ignore(void *arg, unsigned n, bool level) { (void)arg, (void)n, (void)level; }

UNIT_TEST(noise_flash) {
    static struct flash f;
    noise(&flash_ops, &f, FLASH_SIZE + 64, 8, ROUNDS);
    flash_reset(&f);
    flash_ops.write(&f, 0, 0x98, 1);
    CHECK_EQ(flash_ops.read(&f, 0x40, 1), 'Q');
    for (unsigned i = 0; i < FLASH_SECTORS; i++)
        free(f.sector[i]);
}

UNIT_TEST(noise_uart) {
    static struct uart u = {.irq = {ignore, NULL, 0}};
    u.chars = chars;
    uart_reset(&u);
    noise(&uart_ops, &u, 0x100, 8, ROUNDS);
    CHECK(u.rx_count <= UART_FIFO && u.rx_count + u.wire_count <= UART_FIFO);
    uart_reset(&u);
    CHECK_EQ(uart_ops.read(&u, 2, 1), 1);
}

UNIT_TEST(noise_plic) {
    static struct plic p = {.ncontexts = 2, .out = {ignore, NULL, 0}};
    plic_reset(&p);
    for (int i = 0; i < 100; i++) {
        noise(&plic_ops, &p, VIRT_PLIC_SIZE, 0x2200, ROUNDS / 200);
        noise(&plic_ops, &p, VIRT_PLIC_SIZE, 0x203000, ROUNDS / 200);
        plic_input(&p, (unsigned)value(), i & 1);
    }
    plic_reset(&p);
    CHECK_EQ(plic_ops.read(&p, 0x2000, 4), 0);
}

UNIT_TEST(noise_aclint) {
    static struct aclint a = {.harts = 1};
    aclint_reset(&a);
    noise(&aclint_ops, &a, 0x10000, 0x10000, ROUNDS / 10);
    aclint_reset(&a);
    CHECK_EQ(aclint_ops.read(&a, 0x4000, 8), UINT64_MAX);
}

UNIT_TEST(noise_rtc) {
    static struct rtc r = {.irq = {ignore, NULL, 0}};
    rtc_reset(&r);
    noise(&rtc_ops, &r, 0x1000, 0x20, ROUNDS);
    rtc_reset(&r);
    CHECK_EQ(rtc_ops.read(&r, 0x18, 4), 0);
}

/* ---- virtio: registers, and rings that another program fills with noise ---- */

static uint8_t disk[64 * 512];
static void submit(struct block *b, struct plat_block_req *r) {
    (void)b;
    if (r->op == PLAT_BLOCK_READ)
        memcpy(r->buf, disk + r->off, r->len);
    if (r->op == PLAT_BLOCK_WRITE)
        memcpy(disk + r->off, r->buf, r->len);
    r->done(r, 0);
}
static struct block base = {submit, sizeof disk, false, 0};

/* Mostly valid descriptors, so that the noise gets past the first check. */
static void noisy_rings(struct fake_queue *f) {
    for (unsigned i = 0; i < f->size; i++) {
        uint64_t r = fake_random(&seed);
        f->desc[i] =
            (struct fake_desc){FAKE_RAM_BASE + 0x80000 + (r & 0xffff), (uint32_t)(r >> 16 & 0x7ff),
                               (uint16_t)(r >> 40 & (r >> 30 & 1 ? 7 : 3)), (uint16_t)(r >> 48 & (f->size - 1))};
        if ((r >> 32 & 31) == 0)
            f->desc[i].addr = value();
        if ((r >> 33 & 31) == 0)
            f->desc[i].len = (uint32_t)value();
    }
    for (unsigned i = 0; i < 0x10000; i += 8) {
        uint64_t r = fake_random(&seed);
        r &= r & 64 ? 0xf : ~0ull;
        memcpy(fake_ram() + 0x80000 + i, &r, 8);
    }
}

static void noisy_driver(struct virtio *v, unsigned nq) {
    static struct fake_queue f[2];
    CHECK(fake_ram() != NULL);
    for (int i = 0; i < 400; i++) {
        fake_features(v, (uint64_t)1 << 32 | (fake_random(&seed) & 3) << 28);
        for (unsigned q = 0; q < nq; q++)
            fake_queue_init(&f[q], v, q, 1u << fake_random(&seed) % 7);
        fake_driver_ok(v);
        for (unsigned q = 0; q < nq; q++) {
            noisy_rings(&f[q]);
            for (unsigned k = fake_random(&seed) % 8; k > 0; k--)
                fake_add(&f[q], (uint16_t)(fake_random(&seed) % f[q].size));
            fake_kick(&f[q]);
        }
        noise(&virtio_mmio_ops, v, 0x1000, 0x110, 300);
    }
    virtio_reset(v);
    CHECK_EQ(fake_read(v, 0x70), 0);
    CHECK(fake_features(v, (uint64_t)1 << 32));
    virtio_reset(v);
}

UNIT_TEST(noise_virtio_blk) {
    static struct virtio_blk b;
    struct block *o = overlay_create(&base);
    virtio_blk_init(&b, o, "noise");
    noisy_driver(&b.virtio, 1);
    CHECK_EQ(b.in_flight, 0);
    virtio_blk_init(&b, &base, "noise");
    noisy_driver(&b.virtio, 1);
    overlay_destroy(o);
}

UNIT_TEST(noise_virtio_console) {
    static struct virtio_console c;
    virtio_console_init(&c, &chars);
    noisy_driver(&c.virtio, 2);
    virtio_console_poll(&c);
}

UNIT_TEST(noise_virtio_rng) {
    static struct virtio_rng r;
    virtio_rng_init(&r);
    noisy_driver(&r.virtio, 1);
}
