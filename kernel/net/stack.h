/* SPDX-License-Identifier: BSD-2-Clause */
/* Pyrite's own TCP/IP (lwIP) on one wire: where frames come from and go to, time, its address. Called in the hart loop
 * only. Addresses are IPv4, numbers in host order. */
#ifndef PYRITE_KERNEL_NET_STACK_H
#define PYRITE_KERNEL_NET_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/plat.h"

struct stack_config {
    bool dhcp;                              /* else the four below */
    uint32_t address, mask, gateway, dns[2]; /* 0: none */
    const char *name;                       /* of the card */
    uint8_t mac[6];
    uint16_t mtu;                           /* 576 to 1500: IP bytes in a frame */
    /* Sends one Ethernet frame, without its checksum; drops it if there is no room. */
    void (*send)(void *arg, const void *frame, size_t len);
    /* Puts the frames that have come into stack_input(). */
    void (*poll)(void *arg);
    /* stack_poll() has to be called at this time (plat_clock_ns() scale; UINT64_MAX: never). */
    void (*due)(void *arg, uint64_t ns);
    void *arg;
};
/* Once. False: no memory. The configuration is copied. */
bool stack_start(const struct stack_config *c);
void stack_link(bool up);
/* A frame from the wire: nothing in it is trusted, nothing of it kept where it is. */
void stack_input(const void *frame, size_t len);
/* Takes the frames that are there and does what is due. */
void stack_poll(void);
/* Tells the platform's timer when that is next: after whatever may have started a clock. */
void stack_changed(void);

struct stack_info {
    bool started, up, configured;            /* ...; link; address */
    uint32_t address, mask, gateway, dns[2];
    uint64_t memory;                         /* bytes that the stack has of the heap */
    struct plat_card_info net;                /* what it has sent and received */
};
void stack_info(struct stack_info *out);

/* Memory within the stack's bound. */
void *net_malloc(size_t size);
void *net_calloc(size_t count, size_t size);
void net_free(void *p);

#endif
