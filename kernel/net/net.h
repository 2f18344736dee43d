/* SPDX-License-Identifier: BSD-2-Clause */
/* The PC's network cards, and which of them is the wire: the guest's (netdev=bridge) and Pyrite's own (net=). */
#ifndef PYRITE_KERNEL_NET_H
#define PYRITE_KERNEL_NET_H

#include <stdbool.h>

#include "boot/conf.h"
#include "kernel/net/port.h"
#include "kernel/net/stack.h"

enum { NET_MAX_CARDS = 8 };

/* By a driver: one more card, for ever; gives it its name. False: there are too many. */
bool net_add(struct nic *n);
/* The card of a PCI function; NULL: none. */
const struct nic *net_card(uint16_t bdf);
/* Starts the card that the options ask for; none if they ask for none. False: logged. */
bool net_start(const struct conf *c);

enum net_address { NET_OFF, NET_DHCP, NET_STATIC, NET_BAD };
/* The value of net=: "off", "dhcp", "192.168.1.9/24[,gw=IP][,dns=IP]..."; sets the addresses of *out. Pure. */
enum net_address net_parse(const char *text, struct stack_config *out, const char **why);
/* "52:54:00:12:34:56"; not a group's, not zero. Pure. */
bool net_parse_mac(const char *text, uint8_t mac[6]);

#endif
