/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the UEFI loader share: uefi.c (the flow), uefi_con.c (messages), uefi_file.c (the boot volume),
 * uefi_machine.c (what the firmware knows of the machine). */
#ifndef PYRITE_BOOT_UEFI_H
#define PYRITE_BOOT_UEFI_H

#include <efi.h>
#include <efilib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/bootinfo.h"

#define LOADER_PAGE 4096ull
static inline uint64_t loader_pages(uint64_t bytes) { return (bytes + LOADER_PAGE - 1) / LOADER_PAGE; }
/* Zeroed pages for what outlives the loader (EfiLoaderData: the kernel keeps its hands off), below `limit` (0:
 * anywhere).
 * NULL: not that much memory. */
void *loader_alloc(uint64_t bytes, uint64_t limit);

/* ---- messages: the firmware's console, and COM1 where the console does not include it ---- */
void con_init(void);
void con_str(const char *utf8);
void con_num(uint64_t v);
void con_mib(uint64_t bytes); /* "31.2 MiB" */
/* Says what is wrong, waits for a key; the caller then returns to the firmware. */
void con_fail(const char *what, const char *where, const char *why);

/* ---- the boot volume ---- */
/* The volume that the loader came from, and its folder there. NULL, or what is missing. */
const char *file_init(EFI_HANDLE image);
struct loaded {
    void *data;
    uint64_t size;
};
enum file_result { FILE_OK, FILE_MISSING, FILE_BAD };
/* Reads a whole file. `dir` is the folder that a relative name is relative to ("" is the root; '/' between names).
 * FILE_BAD: *why says what. Progress is shown when asked for. */
enum file_result file_load(const char *dir, const char *name, bool progress, struct loaded *out, const char **why);
bool file_exists(const char *dir, const char *name);
/* Folder of the loader itself, "EFI/BOOT" as a rule. */
const char *file_loader_dir(void);

/* ---- the same by TFTP, where the firmware's PXE fetched the loader; names as the server has them ---- */
const char *pxe_init(EFI_HANDLE device); /* NULL, or what is missing */
const char *pxe_boot_file(void);
bool pxe_exists(const char *path);
enum file_result pxe_load(const char *path, struct loaded *out, const char **why);

/* ---- the machine ---- */
void machine_describe(struct boot_info *bi);
/* Leaves boot services and fills bi->range. NULL, or what failed; boot services are then still there. */
const char *machine_exit_boot_services(EFI_HANDLE image, struct boot_info *bi);

#endif
