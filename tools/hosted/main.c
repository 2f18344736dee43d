/* SPDX-License-Identifier: BSD-2-Clause */
/* pyrite-hosted: the engine and the board as a Linux program. Options are those of pyrite.conf with a dash, QEMU's names;
 * boot/conf.c parses both. */
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
          "  -cpu MODEL       rv64\n"
          "  -bios FILE|none  firmware (default: the packaged OpenSBI); none: the kernel starts in M-mode\n"
          "  -kernel FILE     ELF, Image, gzip of either, or raw\n"
          "  -initrd FILE     initial RAM disk\n"
          "  -append STRING   kernel command line\n"
          "  -drive file=F[,ro|overlay|rw]\n"
          "  -d ITEMS         log: in_asm,op,op_opt,alloc,out_asm,exec,int,mmu,dev,...\n"
          "  -dfilter A..B    log blocks at these guest addresses only\n"
          "  -backend NAME    x86, interp\n"
          "  -codecache SIZE  memory for translated code at the most\n"
          "  -timeout SECONDS end with status 124\n"
          "All options: docs/configuration.md. Ctrl-A x quits.\n",
          f);
    return status;
}

int main(int argc, char **argv) {
    static struct conf conf;
    conf_init(&conf);
    hosted_set_program(argv[0]);
    tcg_interp_direct = true;
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i];
        if (!strcmp(name, "-h") || !strcmp(name, "-help") || !strcmp(name, "--help"))
            return usage(stdout, 0);
        if (name[0] != '-' || !name[1]) {
            fprintf(stderr, "pyrite: %s: not an option (see pyrite-hosted -help)\n", name);
            return STATUS_USAGE;
        }
        if (i + 1 == argc) {
            fprintf(stderr, "pyrite: %s: needs a value\n", name);
            return STATUS_USAGE;
        }
        if (!conf_set(&conf, name + 1, argv[i + 1])) {
            fprintf(stderr, "pyrite: %s: %s\n", name, conf.error);
            return STATUS_USAGE;
        }
    }
    hosted_io_start();
    plat_exit(machine_run(&conf));
}
