/* SPDX-License-Identifier: BSD-2-Clause */
/* What a DHCP answer says of booting (RFC 2131, RFC 2132). */
#ifndef PYRITE_BOOT_DHCP_H
#define PYRITE_BOOT_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The TFTP server and the name of the boot file there: siaddr, else option 54; the field `file`, else option 67. `size`
 * bytes of the packet are there. False: it names no server or no file, or the name does not fit. */
bool dhcp_boot(const uint8_t *packet, size_t size, uint8_t server[4], char *file, size_t room);

#endif
