/* SPDX-License-Identifier: BSD-2-Clause */
/* The UEFI door: EFI/BOOT/BOOTX64.EFI. Reads pyrite.conf and the files it names from the boot volume, places the kernel
 * (which is part of this file) and hands over struct boot_info by the contract of linker/kernel.ld.
 *
 * pyrite.conf beside the loader wins over one at the root of the volume; relative names in it are relative to its
 * folder. Without one, /guest/Image, /guest/initrd and /guest/fw_dynamic.bin are taken. Whatever is wrong gives one
 * message, waits for a key and returns to the firmware with nothing changed. */
#include "boot/uefi.h"

#include "boot/conf.h"
#include "boot/elf.h"

extern const char payload_start[], payload_end[]; /* the kernel's ELF (boot/payload.asm) */

#define BELOW_4G (1ull << 32)
#define PAGE_2M (2ull << 20)
enum { TEXT_ROOM = 512 };

static struct conf conf;
static const char *conf_dir = "";

static size_t str_len(const char *s) {
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static void str_copy(char *to, const char *from, size_t room) {
    size_t n = 0;
    for (; from[n] && n + 1 < room; n++)
        to[n] = from[n];
    to[n] = 0;
}

/* Appends to the text of the configuration, which has TEXT_ROOM bytes to spare. */
static void add_text(struct boot_info *bi, const char *line) {
    char *to = (char *)bi->conf_base + bi->conf_size;
    str_copy(to, line, TEXT_ROOM);
    bi->conf_size += str_len(to);
}

/* The text of pyrite.conf, or none. False: a message was given. */
static bool load_conf(struct boot_info *bi) {
    const char *dirs[] = {file_loader_dir(), ""}, *why;
    struct loaded text;
    for (unsigned i = 0; i < 2; i++) {
        enum file_result r = file_load(dirs[i], "pyrite.conf", false, &text, &why);
        if (r == FILE_MISSING)
            continue;
        if (r == FILE_BAD) {
            con_fail("pyrite.conf", NULL, why);
            return false;
        }
        char *copy = loader_alloc(text.size + 2 * TEXT_ROOM, BELOW_4G);
        if (!copy) {
            con_fail("pyrite.conf", NULL, "no memory");
            return false;
        }
        BS->CopyMem(copy, text.data, text.size);
        conf_dir = dirs[i];
        str_copy(bi->conf_name, "pyrite.conf", BOOT_NAME);
        bi->conf_base = (uint64_t)copy;
        bi->conf_size = text.size;
        return true;
    }
    bi->conf_base = (uint64_t)loader_alloc(2 * TEXT_ROOM, BELOW_4G);
    return true;
}

static bool parse_conf(const struct boot_info *bi) {
    conf_init(&conf);
    if (conf_parse_file(&conf, bi->conf_name, (const char *)bi->conf_base, bi->conf_size))
        return true;
    con_fail(conf.error, NULL, NULL);
    return false;
}

/* What the configuration leaves open comes from /guest, where it is there. */
static bool add_defaults(struct boot_info *bi) {
    if (!bi->conf_name[0]) {
        if (!file_exists("", "guest/Image")) {
            con_fail("nothing to run on the boot volume.\n"
                     "  Put pyrite.conf at its root, with a line  kernel=NAME  (docs/configuration.md), or\n"
                     "  put a kernel at /guest/Image, its initramfs at /guest/initrd, OpenSBI at /guest/fw_dynamic.bin",
                     NULL, NULL);
            return false;
        }
        add_text(bi, "kernel=/guest/Image\n");
        if (file_exists("", "guest/initrd"))
            add_text(bi, "initrd=/guest/initrd\n");
        str_copy(bi->conf_name, "/guest", BOOT_NAME);
    }
    return parse_conf(bi);
}

/* Loads `name`, which the kernel will know as `known_as`. */
static bool load_one(struct boot_info *bi, const char *name, const char *known_as) {
    const char *why = "no such file on the boot volume";
    struct loaded f;
    if (str_len(known_as) >= BOOT_NAME)
        why = "the name is too long";
    else if (file_load(conf_dir, name, true, &f, &why) == FILE_OK) {
        struct boot_file *b = &bi->file[bi->nfiles++];
        str_copy(b->name, known_as, BOOT_NAME);
        b->base = (uint64_t)f.data;
        b->size = f.size;
        return true;
    }
    con_fail(bi->conf_name, name, why);
    return false;
}

static bool load_files(struct boot_info *bi) {
    const char *names[BOOT_MAX_FILES - 1];
    size_t n = conf_files(&conf, names, BOOT_MAX_FILES - 1);
    for (size_t i = 0; i < n; i++)
        if (!load_one(bi, names[i], names[i]))
            return false;
    /* The board's default firmware goes by this name (devices/loader.c). */
    if (!conf.bios && file_exists("", "guest/fw_dynamic.bin"))
        return load_one(bi, "/guest/fw_dynamic.bin", "fw_dynamic.bin");
    return true;
}

/* The kernel at a 2 MiB boundary below 4 GiB. Its memory is allocated as code, which strict firmware maps executable.
 */
static bool place_kernel(struct boot_info *bi, uint64_t *entry) {
    struct elf_image image;
    const char *why = elf_check(payload_start, (uint64_t)(payload_end - payload_start), &image);
    EFI_PHYSICAL_ADDRESS at = BELOW_4G - 1;
    if (!why &&
        EFI_ERROR(BS->AllocatePages(AllocateMaxAddress, EfiLoaderCode, loader_pages(image.size + PAGE_2M), &at)))
        why = "no memory below 4 GiB";
    if (why) {
        con_fail("the kernel cannot be placed", NULL, why);
        return false;
    }
    bi->kernel_base = (at + PAGE_2M - 1) & ~(PAGE_2M - 1);
    bi->kernel_size = image.size;
    elf_place(payload_start, (void *)bi->kernel_base);
    *entry = bi->kernel_base + image.entry;
    return true;
}

/* Everything up to the hand-over. False: a message was given. */
static bool prepare(EFI_HANDLE image, struct boot_info **out, uint64_t *entry) {
    const char *why = file_init(image);
    struct boot_info *bi = loader_alloc(sizeof *bi, BELOW_4G);
    if (why || !bi) {
        con_fail("cannot start", NULL, why ? why : "no memory below 4 GiB");
        return false;
    }
    *out = bi;
    bi->magic = BOOT_INFO_MAGIC;
    str_copy(bi->door, "uefi", sizeof bi->door);
    if (!load_conf(bi) || !parse_conf(bi) || !add_defaults(bi) || !load_files(bi) || !place_kernel(bi, entry))
        return false;
    machine_describe(bi);
    return true;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st) {
    struct boot_info *bi;
    uint64_t entry;
    InitializeLib(image, st);
    BS->SetWatchdogTimer(0, 0, 0, NULL);
    con_init();
    con_str("pyrite: UEFI loader\n");
    if (!prepare(image, &bi, &entry))
        return EFI_LOAD_ERROR;
    const char *why = machine_exit_boot_services(image, bi);
    if (why) {
        con_fail("cannot leave the firmware", NULL, why);
        return EFI_LOAD_ERROR;
    }
    __asm__ volatile("cli; jmp *%0" : : "r"(entry), "D"(bi) : "memory");
    __builtin_unreachable();
}
