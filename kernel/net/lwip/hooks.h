/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that lwIP calls besides those of its compiler. */
#ifndef PYRITE_KERNEL_NET_LWIP_HOOKS_H
#define PYRITE_KERNEL_NET_LWIP_HOOKS_H

#include "lwip/ip_addr.h"

/* The sequence number that a connection begins with: unpredictable (RFC 6528 wants no more). */
uint32_t net_tcp_isn(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port);

#endif
