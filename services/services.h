/* SPDX-License-Identifier: BSD-2-Clause */
/* Pyrite's own on the network, hosted and on the bare PC alike: the console by telnet, the status page, and files that
 * are fetched before the guest starts. All of it runs in the loop of hart 0. */
#ifndef PYRITE_SERVICES_SERVICES_H
#define PYRITE_SERVICES_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/plat.h"
#include "services/status.h"

enum { SERVICES_WHY = 320 };

struct services_config {
    struct plat_addr telnet, status;     /* port 0: not there */
    const char *token;                   /* console_token_ok(); NULL: nobody writes */
    void (*sample)(struct status *out);  /* numbers of now; zeroed before */
    void (*watch)(bool on);              /* instructions are counted while on */
    void (*timer)(uint64_t deadline_ns); /* services_poll() has to be called then (UINT64_MAX: never) */
};
/* Opens what is configured. False: why[SERVICES_WHY]. The configuration is not copied. */
bool services_start(const struct services_config *c, char *why);
/* On PLAT_EV_NET and PLAT_EV_TIMER. */
void services_poll(void);

/* "8080" or "10.0.2.15:8080"; without an address `ip`. */
bool services_address(const char *text, uint32_t ip, struct plat_addr *out);

/* Is `name` a file of the network? */
bool fetch_is_url(const char *name);
/* Fetches it whole and checks it; returns when that is done or has failed. Other events than PLAT_EV_NET and _TIMER
 * stay pending. The data stay for ever. False: why[SERVICES_WHY]. */
bool fetch(const char *name, struct plat_file *out, char *why);

#endif
