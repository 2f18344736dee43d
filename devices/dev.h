/* SPDX-License-Identifier: BSD-2-Clause */
/* What the devices share: interrupt lines, bits of 64-bit registers, the log of guest errors.
 *
 * All device code runs under the board's lock (devices/virt.c takes it around register accesses, events and reset), so
 * no device has a lock of its own. */
#ifndef PYRITE_DEVICES_DEV_H
#define PYRITE_DEVICES_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/plat.h"

/* An interrupt output of a device: line `n` of whatever takes it (the PLIC, a hart, a test). */
struct dev_line {
    void (*set)(void *arg, unsigned n, bool level);
    void *arg;
    unsigned n;
};
static inline void dev_line_set(const struct dev_line *l, bool level) {
    if (l->set)
        l->set(l->arg, l->n, level);
}

/* Where a character device sends bytes to and takes them from; as plat_console_write() and plat_console_read(). */
struct dev_chars {
    void (*write)(void *arg, const void *buf, size_t len);
    size_t (*read)(void *arg, void *buf, size_t len);
    void *arg;
};

/* Part of a 64-bit register that is accessed with `size` bytes (1, 2, 4, 8) at byte `off` (0-7, a multiple of size). */
static inline uint64_t dev_mask(unsigned size) { return size >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1; }
static inline uint64_t dev_part(uint64_t reg, unsigned off, unsigned size) {
    return reg >> 8 * (off & 7) & dev_mask(size);
}
static inline uint64_t dev_merge(uint64_t reg, unsigned off, unsigned size, uint64_t val) {
    uint64_t mask = dev_mask(size) << 8 * (off & 7);
    return (reg & ~mask) | (val << 8 * (off & 7) & mask);
}

#define dev_error(...)                                                                                                 \
    do {                                                                                                               \
        if (plat_log_on(LOG_guest_errors))                                                                             \
            plat_log("guest error: " __VA_ARGS__);                                                                     \
    } while (0)

#endif
