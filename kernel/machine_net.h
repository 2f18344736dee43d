/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the composition that is on the network: files fetched, services started, numbers for the status page. */
#ifndef PYRITE_KERNEL_MACHINE_NET_H
#define PYRITE_KERNEL_MACHINE_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/conf.h"
#include "devices/device.h"

/* Fetches what has a URL, under whose text plat_file_open() finds it then. False: logged. */
bool machine_fetch(const struct conf *c);
/* Before board_create(): the board's console, and the services that are configured. False: logged. */
bool machine_services(const struct conf *c, struct board_config *b);
/* The engine's board_events. */
void machine_events(uint32_t events);
/* The harts were reset. */
void machine_net_reset(void);

#endif
