/* SPDX-License-Identifier: BSD-2-Clause */
/* The board as the rest sees it. */
#ifndef PYRITE_DEVICES_DEVICE_H
#define PYRITE_DEVICES_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dbt/irq.h"
#include "dbt/physmem.h"
#include "devices/dev.h"
#include "kernel/plat.h"

enum board_drive_mode { BOARD_DRIVE_OVERLAY, BOARD_DRIVE_RO, BOARD_DRIVE_RW };
struct board_drive {
    const char *file;
    bool disk;                       /* `file` is a disk of the PC */
    enum board_drive_mode mode;
};
enum { BOARD_MAX_DRIVES = 6 }; /* slots 0-5; console and rng take the last two of the eight */

struct board_config {
    unsigned harts;
    uint64_t ram_size;
    struct plat_user_mem ram;        /* at 0x80000000 */
    const char *isa;                 /* "rv64imafdc_zicsr_..." for riscv,isa */
    const char *const *isa_ext;      /* NULL-terminated, for riscv,isa-extensions; isa_base is "rv64i" */
    const char *mmu_type;            /* "riscv,sv57" or NULL */
    bool seed_closed;                /* S-mode cannot have Zkr's seed CSR: not to be named */
    const char *bios;                /* file name, NULL: packaged OpenSBI, "none" */
    const char *kernel, *initrd, *append; /* NULL: none */
    struct board_drive drive[BOARD_MAX_DRIVES];
    unsigned ndrives;
    const char *netdev, *mac;        /* options of these names; NULL: none */
    bool legacy_virtio;              /* virtio-mmio of version 1 */
    struct dev_chars console;        /* the terminal; write NULL: the platform's */
};

/* Where the harts start after board_load(). */
struct board_entry {
    uint64_t pc;
    uint64_t fdt;        /* a1 */
    uint64_t dynamic;    /* a2: struct fw_dynamic_info, 0 without firmware */
};

/* Creates and maps every device. False: *why says what and where (a drive that cannot be opened, ...). */
bool board_create(const struct board_config *cfg, const char **why);
/* Loads firmware, kernel, initrd and device tree into RAM: at start and again after a reset. False: *why. */
bool board_load(const struct board_config *cfg, struct board_entry *out, const char **why);
/* The value of a symbol of the kernel, or else of the firmware, where that is an ELF that has it. */
bool board_symbol(const char *name, uint64_t *value);
void board_reset(void);
/* Platform events for devices (PLAT_EV_CONSOLE, PLAT_EV_BLOCK, ...): called in the hart loop of hart 0. */
void board_events(uint32_t events);

/* What drive `i` has done. False: there is none. */
struct board_disk_info {
    uint64_t size, read, written, requests, errors; /* bytes; bytes; bytes; requests; those that failed */
};
bool board_disk_info(unsigned i, struct board_disk_info *out);

#endif
