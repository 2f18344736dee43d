/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree. */
#ifndef PYRITE_DEVICES_FDT_H
#define PYRITE_DEVICES_FDT_H

#include "devices/device.h"

/* Builds the tree of the board in buf[0..len). initrd_start == initrd_end: none. slots: bit per virtio-mmio slot that
 * has a device. Returns the tree's size, with room for what firmware adds; 0: it does not fit. */
size_t fdt_build(const struct board_config *cfg, uint64_t initrd_start, uint64_t initrd_end, unsigned slots, void *buf,
                 size_t len);

#endif
