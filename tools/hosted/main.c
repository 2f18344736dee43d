/* SPDX-License-Identifier: BSD-2-Clause */
/* pyrite-hosted: the engine and the board as a Linux program. Options are those of pyrite.conf with a dash, QEMU's
 * names; boot/conf.c parses both. */
#include <stdio.h>
#include <string.h>

#include "boot/conf.h"
#include "kernel/machine.h"
#include "tcg/backend.h"
#include "tools/hosted/hosted.h"

enum { STATUS_USAGE = 126 };

static int usage(FILE *f, int status) {
    fputs("usage: pyrite-hosted [-NAME VALUE]...\n"
          "  -m SIZE          guest RAM, MiB or with K M G (default 1G)\n"
          "  -smp N           harts (1)\n"
          "  -cpu MODEL[,EXT=on|off]...   rv64, rva20s64, rva22s64; help: models and extensions\n"
          "  -bios FILE|none  firmware (default: the packaged OpenSBI); none: the kernel starts in M-mode\n"
          "  -kernel FILE     ELF, Image, gzip of either, or raw\n"
          "  -initrd FILE     initial RAM disk\n"
          "  -append STRING   kernel command line\n"
          "  -drive file=F[,ro|overlay|rw]\n"
          "  -telnet [ADDR:]PORT, -status [ADDR:]PORT, -token WORD   the console and a status page on the network\n"
          "  -netdev user[,hostfwd=tcp::2222-:22]... | tap,ifname=NAME   network card\n"
          "  -mac ADDRESS     of the network card (52:54:00:12:34:56)\n"
          "  -d ITEMS         log: in_asm,op,op_opt,alloc,out_asm,exec,int,mmu,dev,...\n"
          "  -symbols FILE    the guest's, for -d profile: ELF, System.map, /proc/kallsyms\n"
          "  -dfilter A..B    log blocks at these guest addresses only\n"
          "  -backend NAME    x86, interp\n"
          "  -codecache SIZE  memory for translated code at the most\n"
          "  -memory HOW      soft, direct, auto: how translated code reaches guest memory\n"
          "  -hot N           rounds of a loop before it is translated as a whole; above 255: never\n"
          "  -global virtio-mmio.force-legacy=true  virtio devices of version 1\n"
          "  -timeout SECONDS end with status 124\n"
          "  -no-reboot       a reset by the guest ends it, with status 0\n"
          "  -signature FILE  at the end, the words from begin_signature to end_signature of the ELF\n"
          "QEMU's -nographic, -M virt and the like, which ask for what is so anyway, are accepted.\n"
          "All options: docs/configuration.md. Ctrl-A x quits; Ctrl-A s or SIGUSR1 shows statistics.\n",
          f);
    return status;
}

/* QEMU's flags for what is so anyway: command lines of others' test runners and course kernels work as they are. The
 * value must begin like this; NULL: there is none. */
static const struct {
    const char *name, *value;
} anyway[] = {
    {"nographic", NULL},     {"nodefaults", NULL},    {"no-user-config", NULL}, {"M", "virt"},
    {"machine", "virt"},     {"display", "none"},     {"monitor", "none"},      {"serial", "stdio"},
    {"serial", "mon:stdio"}, {"accel", "tcg"},        {"net", "none"},          {"nic", "none"},
    {"device", "virtio-blk-device,"},
};

/* "-device virtio-net-device,netdev=ID,mac=M": the card is there with -netdev; its address is taken over. 2: it is such
 * a device, 0: it is not, -1: it asks for something else, which was said. */
static int net_device(struct conf *conf, const char *name, const char *value) {
    static char words[256];
    if (strcmp(name, "device") || !value || strncmp(value, "virtio-net-device", 17))
        return 0;
    snprintf(words, sizeof words, "%s", value + 17);
    for (char *w = strtok(words, ","); w; w = strtok(NULL, ","))
        if (!strncmp(w, "mac=", 4)) {
            if (!conf_set(conf, "mac", w + 4))
                return -1;
        } else if (strncmp(w, "netdev=", 7) && strncmp(w, "id=", 3)) {
            fprintf(stderr, "pyrite: -device virtio-net-device: %s: only netdev=, mac= and id= are known\n", w);
            return -1;
        }
    return 2;
}

/* How many arguments such a flag takes up, with its value; 0: it is none; -1: it asks for something else, which was
 * said. */
static int skip_anyway(const char *name, const char *value) {
    const char *here = NULL;
    for (size_t i = 0; i < sizeof anyway / sizeof anyway[0]; i++) {
        const char *want = anyway[i].value;
        if (strcmp(name, anyway[i].name))
            continue;
        if (!want || (value && !strncmp(value, want, strlen(want))))
            return want ? 2 : 1;
        here = want;
    }
    if (here)
        fprintf(stderr, "pyrite: -%s: %s is not there; what is: %s\n", name, value ? value : "nothing", here);
    return here ? -1 : 0;
}

/* The status of the guest, when its signature is written; a status of its own if that fails. */
static int finish(const char *signature, int status) {
    const char *why;
    if (!signature || status == STATUS_USAGE || signature_write(signature, &why))
        return status;
    plat_log("signature: %s: %s\n", signature, why);
    return STATUS_USAGE;
}

int main(int argc, char **argv) {
    static struct conf conf;
    const char *signature = NULL;
    int skip;
    conf_init(&conf);
    hosted_set_program(argv[0]);
    tcg_interp_direct = true;
    for (int i = 1; i < argc; i += skip) {
        const char *name = argv[i];
        if (!strcmp(name, "-h") || !strcmp(name, "-help") || !strcmp(name, "--help"))
            return usage(stdout, 0);
        if (name[0] != '-' || !name[1]) {
            fprintf(stderr, "pyrite: %s: not an option (see pyrite-hosted -help)\n", name);
            return STATUS_USAGE;
        }
        name += 1 + (name[1] == '-'); /* QEMU takes both */
        skip = net_device(&conf, name, argv[i + 1]);
        if (skip == 0)
            skip = skip_anyway(name, argv[i + 1]);
        if (skip < 0)
            return STATUS_USAGE;
        if (skip)
            continue;
        if (!strcmp(name, "no-reboot")) {
            conf.no_reboot = true;
            skip = 1;
            continue;
        }
        skip = 2;
        if (i + 1 == argc) {
            fprintf(stderr, "pyrite: %s: needs a value\n", argv[i]);
            return STATUS_USAGE;
        }
        if (!strcmp(name, "signature")) {
            signature = argv[i + 1];
        } else if (!conf_set(&conf, name, argv[i + 1])) {
            fprintf(stderr, "pyrite: %s: %s\n", argv[i], conf.error);
            return STATUS_USAGE;
        }
    }
    hosted_code_room(conf.codecache);
    hosted_io_start();
    plat_exit(finish(signature, machine_run(&conf)));
}
