/* SPDX-License-Identifier: BSD-2-Clause */
/* The board: creates the devices of devices/virt_map.h, wires their interrupts, maps them, hands events to them.
 *
 * One lock guards all of them: the wrappers below take it around each register access, board_events() and board_reset()
 * around their work. Devices call each other and the engine (irq_set() and friends take no lock) freely. */
#include <stdio.h>
#include <string.h>

#include "devices/aclint.h"
#include "devices/board.h"
#include "devices/flash.h"
#include "devices/htif.h"
#include "devices/plic.h"
#include "devices/rtc.h"
#include "devices/syscon.h"
#include "devices/uart16550.h"
#include "devices/virtio_devices.h"
#include "devices/virt_map.h"

enum { MAX_MAPPED = 5 + VIRT_FLASH_BANKS + VIRT_VIRTIO_SLOTS };

/* A mapped device behind the lock. */
struct mapped {
    struct mmio_ops locked; /* what physmem knows */
    const struct mmio_ops *ops;
    void *dev;
};

static struct board {
    plat_lock_t lock;
    struct aclint aclint;
    struct plic plic;
    struct uart uart;
    struct rtc rtc;
    struct flash flash[VIRT_FLASH_BANKS];
    struct htif htif;
    bool has_htif;
    struct virtio_blk disk[BOARD_MAX_DRIVES];
    struct virtio_console vcon;
    struct virtio_rng rng;
    struct virtio_net net;
    struct virtio empty[VIRT_VIRTIO_SLOTS];
    struct virtio *slot[VIRT_VIRTIO_SLOTS];
    struct mapped mapped[MAX_MAPPED];
    unsigned nmapped;
    unsigned slots; /* virtio slots that have a device */
} board;

/* ---- the lock ---- */

static uint64_t locked_read(void *dev, uint64_t off, unsigned size) {
    struct mapped *m = dev;
    plat_lock(&board.lock);
    uint64_t v = m->ops->read(m->dev, off, size);
    plat_unlock(&board.lock);
    return v;
}

static void locked_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct mapped *m = dev;
    plat_lock(&board.lock);
    m->ops->write(m->dev, off, val, size);
    plat_unlock(&board.lock);
}

static bool map(uint64_t base, uint64_t size, const struct mmio_ops *ops, void *dev, const char *name) {
    if (board.nmapped == MAX_MAPPED)
        return loader_fail("too many devices");
    struct mapped *m = &board.mapped[board.nmapped++];
    *m = (struct mapped){{locked_read, locked_write, ops->min, ops->max}, ops, dev};
    return physmem_map_mmio(base, size, &m->locked, m, name) || loader_fail("%s: address range is taken", name);
}

/* ---- wires ---- */

static void plic_to_hart(void *arg, unsigned context, bool level) {
    (void)arg;
    irq_set(context / 2, context % 2 ? IRQ_SEIP : IRQ_MEIP, level);
}

static struct dev_line source(unsigned n) { return (struct dev_line){plic_input, &board.plic, n}; }

static void console_write(void *arg, const void *buf, size_t len) {
    (void)arg;
    plat_console_write(buf, len);
}
static size_t console_read(void *arg, void *buf, size_t len) {
    (void)arg;
    return plat_console_read(buf, len);
}
static struct dev_chars console = {console_write, console_read, NULL};

/* The virtio console gets first what firmware, polling the serial port, took in but did not read. */
static size_t vcon_read(void *arg, void *buf, size_t len) {
    size_t n = uart_take_back(&board.uart, buf, len);
    (void)arg;
    return n ? n : console.read(console.arg, buf, len);
}

/* The RTC's registers, and its alarm on the board's timer. */
static void set_timer(void) {
    uint64_t rtc = rtc_poll(&board.rtc), net = board.net.netdev ? virtio_net_due(&board.net) : UINT64_MAX;
    irq_board_timer(rtc < net ? rtc : net);
}

static void rtc_write_timer(void *dev, uint64_t off, uint64_t val, unsigned size) {
    rtc_ops.write(dev, off, val, size);
    set_timer();
}
static uint64_t rtc_read_plain(void *dev, uint64_t off, unsigned size) { return rtc_ops.read(dev, off, size); }
static const struct mmio_ops rtc_timer_ops = {rtc_read_plain, rtc_write_timer, 4, 4};

/* ---- RAM, with the page of tohost watched ---- */

static void tohost_written(void *dev, uint64_t gpa, unsigned size) {
    plat_lock(&board.lock);
    htif_written(dev, gpa, size);
    plat_unlock(&board.lock);
}

static bool map_ram(const struct board_config *cfg) {
    struct htif *h = &board.htif;
    struct plat_user_mem mem = {cfg->ram.engine, cfg->ram.user, cfg->ram_size};
    *h = (struct htif){.chars = console};
    board.has_htif = boot_htif(cfg, &h->tohost, &h->fromhost);
    struct physmem_watch watch = {h->tohost & ~(uint64_t)4095, tohost_written, h};
    return (physmem_map_ram(VIRT_RAM_BASE, &mem, "ram") && (!board.has_htif || physmem_watch(&watch))) ||
           loader_fail("m: RAM cannot be mapped");
}

/* ---- virtio slots ---- */

static void fill_slot(unsigned i, struct virtio *v, const char *name) {
    board.slot[i] = v;
    board.slots |= 1u << i;
    snprintf(v->name, sizeof v->name, "%s%u", name, i);
    v->irq = source(VIRT_VIRTIO_IRQ + i);
}

static bool make_disk(unsigned i, const struct board_drive *d) {
    static const char *const text[] = {
        [BOARD_DRIVE_OVERLAY] = "overlay", [BOARD_DRIVE_RO] = "ro", [BOARD_DRIVE_RW] = "rw"};
    char serial[20];
    const char *why = "";
    struct block *b = block_open(d->file, d->disk, d->mode == BOARD_DRIVE_RW, &why);
    if (!b)
        return loader_fail("drive: %s (%s): %s", d->file, text[d->mode], why);
    if (d->mode == BOARD_DRIVE_OVERLAY)
        b = overlay_create(b);
    if (!b)
        return loader_fail("drive: %s: not enough memory", d->file);
    snprintf(serial, sizeof serial, "pyrite-%u", i);
    fill_slot(i, &board.disk[i].virtio, "disk");
    virtio_blk_init(&board.disk[i], b, serial);
    return true;
}

static bool make_net(const struct board_config *cfg) {
    static const uint8_t usual[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56}; /* QEMU's */
    uint8_t mac[6];
    const char *why = "";
    struct plat_net_info info;
    if (cfg->ndrives > VIRT_SLOT_NET)
        return loader_fail("netdev: no room for a network card beside six drives");
    if (cfg->mac && !netdev_parse_mac(cfg->mac, mac))
        return loader_fail("mac: not the address of a network card: %s", cfg->mac);
    struct netdev *n = netdev_create(cfg->netdev, &why);
    if (!n)
        return loader_fail("netdev: %s", why);
    n->ops->info(n, &info);
    if (!cfg->mac)
        memcpy(mac, memcmp(info.mac, (uint8_t[6]){0}, 6) ? info.mac : usual, 6);
    fill_slot(VIRT_SLOT_NET, &board.net.virtio, "net");
    virtio_net_init(&board.net, n, mac);
    return true;
}

static bool make_virtio(const struct board_config *cfg) {
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++) {
        board.slot[i] = &board.empty[i];
        snprintf(board.empty[i].name, VIRTIO_NAME, "empty%u", i);
    }
    for (unsigned i = 0; i < cfg->ndrives && i < BOARD_MAX_DRIVES; i++)
        if (!make_disk(i, &cfg->drive[i]))
            return false;
    if (cfg->netdev && !make_net(cfg))
        return false;
    fill_slot(VIRT_SLOT_CONSOLE, &board.vcon.virtio, "console");
    virtio_console_init(&board.vcon, &(struct dev_chars){console.write, vcon_read, console.arg});
    fill_slot(VIRT_SLOT_RNG, &board.rng.virtio, "rng");
    virtio_rng_init(&board.rng);
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++)
        board.slot[i]->legacy = cfg->legacy_virtio;
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++)
        if (!map(VIRT_VIRTIO_BASE + i * VIRT_VIRTIO_SIZE, VIRT_VIRTIO_SIZE, &virtio_mmio_ops, board.slot[i],
                 board.slot[i]->name))
            return false;
    return true;
}

/* ---- the whole ---- */

static void wire(const struct board_config *cfg) {
    board.aclint.harts = cfg->harts;
    board.plic.ncontexts = 2 * cfg->harts;
    board.plic.out = (struct dev_line){plic_to_hart, NULL, 0};
    board.uart.irq = source(VIRT_UART_IRQ);
    board.uart.chars = console;
    board.rtc.irq = source(VIRT_RTC_IRQ);
}

static bool map_flash(void) {
    bool good = true;
    for (unsigned i = 0; i < VIRT_FLASH_BANKS; i++)
        good =
            good && map(VIRT_FLASH_BASE + (uint64_t)i * FLASH_SIZE, FLASH_SIZE, &flash_ops, &board.flash[i], "flash");
    return good;
}

static bool map_devices(void) {
    return map_flash() &&
           map(VIRT_TEST_BASE, VIRT_TEST_SIZE, &syscon_ops, NULL, "test") &&
           map(VIRT_RTC_BASE, VIRT_RTC_SIZE, &rtc_timer_ops, &board.rtc, "rtc") &&
           map(VIRT_CLINT_BASE, VIRT_CLINT_SIZE, &aclint_ops, &board.aclint, "clint") &&
           map(VIRT_PLIC_BASE, VIRT_PLIC_SIZE, &plic_ops, &board.plic, "plic") &&
           map(VIRT_UART_BASE, VIRT_UART_SIZE, &uart_ops, &board.uart, "serial");
}

bool board_create(const struct board_config *cfg, const char **why) {
    *why = loader_error;
    if (!boot_open(cfg))
        return false;
    if (cfg->console.write)
        console = cfg->console;
    wire(cfg);
    if (!map_ram(cfg) || !map_devices() || !make_virtio(cfg))
        return false;
    board_reset();
    return true;
}

bool board_load(const struct board_config *cfg, struct board_entry *out, const char **why) {
    *why = loader_error;
    return boot_place(cfg, board.slots, out);
}

void board_reset(void) {
    plat_lock(&board.lock);
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++)
        virtio_reset(board.slot[i]);
    uart_reset(&board.uart);
    rtc_reset(&board.rtc);
    for (unsigned i = 0; i < VIRT_FLASH_BANKS; i++)
        flash_reset(&board.flash[i]);
    if (board.net.netdev)
        board.net.netdev->ops->reset(board.net.netdev);
    set_timer();
    htif_reset(&board.htif);
    plic_reset(&board.plic);
    aclint_reset(&board.aclint);
    plat_unlock(&board.lock);
}

void board_events(uint32_t events) {
    plat_lock(&board.lock);
    if (events & PLAT_EV_CONSOLE) {
        if (board.has_htif)
            htif_poll(&board.htif);
        if (!uart_listening(&board.uart) && virtio_console_listening(&board.vcon))
            virtio_console_poll(&board.vcon);
        uart_poll(&board.uart);
    }
    if (events & PLAT_EV_BLOCK)
        plat_block_poll();
    if (events & (PLAT_EV_NET | PLAT_EV_TIMER) && board.net.netdev)
        virtio_net_poll(&board.net);
    if (events & (PLAT_EV_TIMER | PLAT_EV_NET))
        set_timer();
    plat_unlock(&board.lock);
}

bool board_disk_info(unsigned i, struct board_disk_info *out) {
    const struct virtio_blk *d = &board.disk[i < BOARD_MAX_DRIVES ? i : 0];
    if (i >= BOARD_MAX_DRIVES || !d->block)
        return false;
    *out = (struct board_disk_info){d->block->size, d->bytes_read, d->bytes_written, d->requests, d->errors};
    return true;
}
