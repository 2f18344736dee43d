/* SPDX-License-Identifier: BSD-2-Clause */
/* Pyrite's own TCP/IP (lwIP) on one wire: where frames come from and go to, time, its address. Called in the hart loop
 * only. Addresses are IPv4, numbers in host order. */
#ifndef PYRITE_KERNEL_NET_STACK_H
#define PYRITE_KERNEL_NET_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stack_config {
    bool dhcp;                              /* else the four below */
    uint32_t address, mask, gateway, dns[2]; /* 0: none */
    uint8_t mac[6];
    uint16_t mtu;                           /* 576 to 1500: IP bytes in a frame */
    /* Sends one Ethernet frame, without its checksum; drops it if there is no room. */
    void (*send)(void *arg, const void *frame, size_t len);
    void *arg;
};
/* Once. False: no memory. The configuration is copied. */
bool stack_start(const struct stack_config *c);
void stack_link(bool up);
/* A frame from the wire: nothing in it is trusted, nothing of it kept where it is. */
void stack_input(const void *frame, size_t len);
/* Does what is due; stack_due() says when that is next (plat_clock_ns() scale; UINT64_MAX: never). */
void stack_poll(void);
uint64_t stack_due(void);

struct stack_info {
    bool up, configured;                     /* link; address */
    uint32_t address, mask, gateway, dns[2];
    uint64_t memory, dropped;                /* bytes that the stack has of the heap; frames dropped for want of it */
};
void stack_info(struct stack_info *out);

#endif
