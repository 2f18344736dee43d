/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to the board: what devices/virt.c (the devices) and devices/boot.c (the images) share. */
#ifndef PYRITE_DEVICES_BOARD_H
#define PYRITE_DEVICES_BOARD_H

#include "devices/device.h"
#include "devices/loader.h"

/* Opens and checks every image that the configuration names. False: loader_error. */
bool boot_open(const struct board_config *cfg);
/* Where tohost and fromhost (0: none) lie, if kernel or firmware is an ELF that has tohost in RAM. */
bool boot_htif(const struct board_config *cfg, uint64_t *tohost, uint64_t *fromhost);
/* Places the images and the device tree. slots: as for fdt_build(). False: loader_error. */
bool boot_place(const struct board_config *cfg, unsigned slots, struct board_entry *out);

#endif
