/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: one parser for the UEFI loader, the kernel and the hosted program (docs/configuration.md). No dependencies:
 * not even libc. Strings point into the caller's text or into conf->pool. */
#ifndef PYRITE_BOOT_CONF_H
#define PYRITE_BOOT_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONF_MAX_DRIVES = 6, CONF_POOL = 8192, CONF_ERROR = 256 };
enum conf_drive_mode { CONF_OVERLAY, CONF_RO, CONF_RW };

struct conf {
    uint64_t m;           /* bytes; 0: not given */
    unsigned smp;         /* 0: not given */
    const char *cpu, *bios, *kernel, *initrd, *append, *d; /* NULL: not given */
    const char *backend;  /* "x86" (default), "interp" */
    const char *panic;    /* "halt" (default on metal), "exit" */
    /* For developers. "unit": run the unit tests inside and exit; "kernel": only those that need the bare machine;
     * "scribble": the guest's user mode may have all that ring 3 can write filled with garbage */
    const char *test;
    const char *symbols;  /* the guest's, for -d profile: a file */
    const char *dfilter;  /* address range for -d: 0xA..0xB or 0xA+SIZE */
    /* disk: `file` names a disk of the PC. */
    struct { const char *file; bool disk; enum conf_drive_mode mode; } drive[CONF_MAX_DRIVES];
    unsigned ndrives;
    const char *netdev, *mac; /* the guest's network; NULL: none, the usual address */
    const char *global;   /* "virtio-mmio.force-legacy=false" (default) or "...=true" */
    uint32_t debugexit;   /* I/O port of isa-debug-exit; 0: none */
    uint32_t timeout;     /* seconds until exit status 124; 0: none */
    bool no_reboot;       /* a reset by the guest ends Pyrite with status 0; hosted, by QEMU's name */
    const char *memory;   /* "auto" (default), "soft", "direct" */
    const char *pti;      /* "auto" (default), "on", "off"; the image only */
    uint32_t hot;         /* rounds of a loop before it is translated as a whole; 0: default; above 255: never */
    const char *telnet, *status; /* "[ADDRESS:]PORT" of the console and of the status page */
    const char *token;    /* what one has to know to write to the console */
    const char *net;      /* Pyrite's own address on metal: "dhcp", "off", "IP/LEN[,gw=IP][,dns=IP]" */
    uint64_t codecache;   /* bytes of translated code at the most; 0: all that the platform has */
    char pool[CONF_POOL];
    size_t used;
    char error[CONF_ERROR];
};

void conf_init(struct conf *c);
/* One option. False: c->error says what is wrong (without the place). */
bool conf_set(struct conf *c, const char *name, const char *value);
/* A whole pyrite.conf (need not be terminated). False: c->error is "file:line: what". */
bool conf_parse_file(struct conf *c, const char *file, const char *text, size_t len);
/* A PVH command line: name=value, values with spaces in double quotes. */
bool conf_parse_cmdline(struct conf *c, const char *text);
/* Is it a file of the network ("http://...", any scheme), which nobody but services/ opens? */
bool conf_is_url(const char *name);
/* Files of the boot medium that the options name, in order: bios, kernel, initrd, symbols, drives. Returns how many, at
 * most max. */
size_t conf_files(const struct conf *c, const char **names, size_t max);

#endif
