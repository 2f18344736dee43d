/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of Pyrite itself, to serial and screen, each line with the prefix "pyrite: ", from any core. */
#include <stdio.h>
#include <string.h>

#include "kernel/drivers/drivers.h"
#include "kernel/kernel.h"
#include "kernel/plat.h"

enum { LONGEST = 2048 };

uint32_t plat_log_mask;
const bool plat_verbose = true;
static bool mid_line;
static plat_lock_t lock; /* a message is whole; inside it the screen's and the port's */

void klog_break_lock(void) { plat_unlock(&lock); }

/* A terminal wants CR LF. */
void klog_write(const char *s, unsigned n) {
    while (n) {
        const char *nl = memchr(s, '\n', n);
        unsigned part = nl ? (unsigned)(nl - s) : n;
        serial_write(s, part);
        fbcon_write(s, part);
        if (nl) {
            serial_write("\r\n", 2);
            fbcon_write("\r\n", 2);
            part++;
        }
        s += part;
        n -= part;
    }
}

void plat_vlog(const char *fmt, va_list ap) {
    static const char prefix[] = "pyrite: ";
    char buf[LONGEST];
    int n = vsnprintf(buf, sizeof buf, fmt, ap);
    if (n >= (int)sizeof buf)
        n = (int)sizeof buf - 1;
    plat_lock(&lock);
    for (char *s = buf, *end = buf + (n > 0 ? n : 0); s < end;) {
        char *nl = memchr(s, '\n', (size_t)(end - s));
        char *to = nl ? nl + 1 : end;
        if (!mid_line && *s != '\n' && strncmp(s, prefix, sizeof prefix - 1) != 0)
            klog_write(prefix, sizeof prefix - 1);
        klog_write(s, (unsigned)(to - s));
        mid_line = !nl;
        s = to;
    }
    plat_unlock(&lock);
}

void plat_log(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    plat_vlog(fmt, ap);
    va_end(ap);
}
