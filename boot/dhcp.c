/* SPDX-License-Identifier: BSD-2-Clause */
/* See boot/dhcp.h. The packet is the network's: every length is checked. Pure. */
#include "boot/dhcp.h"

enum { SIADDR = 20, FILE_AT = 108, FILE_SIZE = 128, COOKIE = 236, OPTIONS = 240 };
enum { PAD = 0, OVERLOAD = 52, SERVER_ID = 54, BOOT_FILE = 67, END = 255 };

/* The first option of this code; NULL: none that is whole. */
static const uint8_t *option(const uint8_t *p, size_t size, uint8_t code, size_t *len) {
    for (size_t at = OPTIONS; at < size && p[at] != END;) {
        if (p[at] == PAD) {
            at++;
            continue;
        }
        if (size - at < 2 || size - at - 2 < p[at + 1])
            return NULL;
        *len = p[at + 1];
        if (p[at] == code)
            return p + at + 2;
        at += 2 + *len;
    }
    return NULL;
}

static bool copy_name(const uint8_t *from, size_t len, char *to, size_t room) {
    size_t n = 0;
    while (n < len && from[n])
        n++;
    if (n == 0 || n >= room)
        return false;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)from[i];
    to[n] = 0;
    return true;
}

bool dhcp_boot(const uint8_t *p, size_t size, uint8_t server[4], char *file, size_t room) {
    static const uint8_t cookie[4] = {99, 130, 83, 99};
    size_t len = 0, overload = 0;
    if (size < OPTIONS)
        return false;
    for (unsigned i = 0; i < 4; i++)
        if (p[COOKIE + i] != cookie[i])
            return false;
    const uint8_t *ip = p + SIADDR;
    if (!(ip[0] | ip[1] | ip[2] | ip[3])) {
        ip = option(p, size, SERVER_ID, &len);
        if (!ip || len != 4)
            return false;
    }
    for (unsigned i = 0; i < 4; i++)
        server[i] = ip[i];
    const uint8_t *o = option(p, size, OVERLOAD, &len), *name = p + FILE_AT;
    overload = o && len == 1 && (o[0] & 1); /* then the field holds options */
    len = FILE_SIZE;
    if (overload || !name[0])
        name = option(p, size, BOOT_FILE, &len);
    return name && copy_name(name, len, file, room);
}
