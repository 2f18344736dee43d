/* SPDX-License-Identifier: BSD-2-Clause */
/* The board's address map and interrupt numbers, those of QEMU's `virt` machine: one row per device.
 * VIRT_REGION(name, base, size). Sizes below 4096 occupy the page. */
#ifndef PYRITE_DEVICES_VIRT_MAP_H
#define PYRITE_DEVICES_VIRT_MAP_H

#define VIRT_REGIONS                                                                                                   \
    VIRT_REGION(TEST, 0x00100000, 0x1000)                                                                              \
    VIRT_REGION(RTC, 0x00101000, 0x1000)                                                                               \
    VIRT_REGION(CLINT, 0x02000000, 0x10000)                                                                            \
    VIRT_REGION(PLIC, 0x0c000000, 0x600000)                                                                            \
    VIRT_REGION(UART, 0x10000000, 0x100)                                                                               \
    VIRT_REGION(VIRTIO, 0x10001000, 0x1000) /* the first of VIRT_VIRTIO_SLOTS */                                       \
    VIRT_REGION(FLASH, 0x20000000, 0x2000000) /* the first of VIRT_FLASH_BANKS */

enum {
#define VIRT_REGION(name, base, size) VIRT_##name##_BASE = base, VIRT_##name##_SIZE = size,
    VIRT_REGIONS
#undef VIRT_REGION
};

#define VIRT_RAM_BASE 0x80000000ull
#define VIRT_FIRMWARE_SPACE 0x200000ull /* kernels start here above VIRT_RAM_BASE when there is firmware */

enum {
    VIRT_FLASH_BANKS = 2,
    VIRT_VIRTIO_SLOTS = 8,
    VIRT_SLOT_NET = 5,     /* where there is a network card */
    VIRT_SLOT_CONSOLE = 6, /* drives have the slots below */
    VIRT_SLOT_RNG = 7,
    VIRT_VIRTIO_IRQ = 1, /* of slot 0 */
    VIRT_UART_IRQ = 10,
    VIRT_RTC_IRQ = 11,
    VIRT_PLIC_SOURCES = 96, /* with source 0, which does not exist */
    VIRT_UART_CLOCK = 3686400,
};

#endif
