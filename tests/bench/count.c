/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin for QEMU 7.2 (its TCG plugin interface, version 1): counts the instructions that the emulated PC executes,
 * in a file that others map: 8 bytes. With profile=FILE also by the address of the block (QEMU's), written at the end
 * as lines of `address instructions`. Its interface is declared here as far as it is used; Debian packages
 * no header. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct qemu_plugin_tb;
typedef uint64_t qemu_plugin_id_t;
typedef void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
enum { INLINE_ADD_U64 = 0 };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated *fn);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*fn)(qemu_plugin_id_t, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *at, uint64_t add);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

static uint64_t *count;
static FILE *profile;

enum { SLOTS = 1 << 22 };
static struct slot {
    uint64_t pc, n;
} *slots; /* open addressing; full: what comes later is not counted by address */

static struct slot *slot_of(uint64_t pc) {
    uint64_t h = pc * 0x9e3779b97f4a7c15u >> 42;
    for (unsigned i = 0; i < 64; i++) {
        struct slot *s = &slots[(h + i) % SLOTS];
        if (!s->n && !s->pc)
            s->pc = pc;
        if (s->pc == pc)
            return s;
    }
    return NULL;
}

static void write_profile(qemu_plugin_id_t id, void *data) {
    (void)id;
    (void)data;
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].n)
            fprintf(profile, "%llx %llu\n", (unsigned long long)slots[i].pc, (unsigned long long)slots[i].n);
    fclose(profile);
}

static void on_block(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    struct slot *s = profile ? slot_of(qemu_plugin_tb_vaddr(tb)) : NULL;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, count, qemu_plugin_tb_n_insns(tb));
    if (s)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &s->n, qemu_plugin_tb_n_insns(tb));
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    const char *name = argc >= 1 && !strncmp(argv[0], "at=", 3) ? argv[0] + 3 : "";
    int fd = open(name, O_RDWR);
    (void)info;
    count = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (count == MAP_FAILED) {
        fprintf(stderr, "count: at=%s cannot be mapped\n", name);
        return 1;
    }
    if (argc > 1 && !strncmp(argv[1], "profile=", 8)) {
        slots = calloc(SLOTS, sizeof *slots);
        profile = slots ? fopen(argv[1] + 8, "w") : NULL;
        qemu_plugin_register_atexit_cb(id, write_profile, NULL);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
    return 0;
}
