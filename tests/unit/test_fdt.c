/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree: valid, and it names what is there and nothing else. */
#include "devices/fdt.h"

#include <libfdt.h>
#include <string.h>

#include "devices/virt_map.h"
#include "tests/unit/unit.h"

static const char *const ext[] = {"i", "m", "zicboz", NULL};
static const struct board_config cfg = {.harts = 2, .ram_size = 0x140000000, .isa = "rv64im_zicboz", .isa_ext = ext,
                                        .mmu_type = "riscv,sv39", .append = "console=ttyS0 quiet"};
static uint8_t buf[64 << 10];

static const void *prop(const char *path, const char *name, int *len) {
    int node = fdt_path_offset(buf, path);
    return node < 0 ? NULL : fdt_getprop(buf, node, name, len);
}
static uint32_t cell(const char *path, const char *name, unsigned i) {
    int len = 0;
    const fdt32_t *p = prop(path, name, &len);
    return p && (int)(4 * i + 4) <= len ? fdt32_ld(p + i) : 0xdeadbeef;
}
static bool is(const char *path, const char *name, const char *want, int want_len) {
    int len = 0;
    const char *p = prop(path, name, &len);
    return p && len == want_len && !memcmp(p, want, (size_t)len);
}
#define IS(path, name, want) CHECK(is(path, name, want, sizeof(want)))

UNIT_TEST(fdt_names_the_board) {
    int len;
    size_t size = fdt_build(&cfg, 0x90000000, 0x90001234, 1 << 0 | 1 << 7, buf, sizeof buf);
    CHECK(size > 0 && size <= sizeof buf);
    CHECK_EQ(fdt_check_full(buf, size), 0);
    IS("/", "compatible", "riscv-virtio");
    IS("/chosen", "bootargs", "console=ttyS0 quiet");
    IS("/chosen", "stdout-path", "/soc/serial@10000000");
    CHECK_EQ(cell("/chosen", "linux,initrd-start", 1), 0x90000000);
    CHECK_EQ(cell("/chosen", "linux,initrd-end", 1), 0x90001234);
    CHECK(prop("/chosen", "rng-seed", &len) && len == 32);
    CHECK_EQ(cell("/memory@80000000", "reg", 1), 0x80000000);
    CHECK_EQ(cell("/memory@80000000", "reg", 2), 1);
    CHECK_EQ(cell("/memory@80000000", "reg", 3), 0x40000000);
    CHECK_EQ(cell("/cpus", "timebase-frequency", 0), 10000000);
    IS("/cpus/cpu@1", "riscv,isa", "rv64im_zicboz");
    IS("/cpus/cpu@1", "riscv,isa-base", "rv64i");
    IS("/cpus/cpu@1", "riscv,isa-extensions", "i\0m\0zicboz");
    IS("/cpus/cpu@1", "mmu-type", "riscv,sv39");
    CHECK_EQ(cell("/cpus/cpu@0", "riscv,cboz-block-size", 0), 64);
    CHECK(!prop("/cpus/cpu@0", "riscv,cbom-block-size", &len));
    CHECK_EQ(cell("/soc/plic@c000000", "riscv,ndev", 0), 95);
    IS("/soc/test@100000", "compatible", "sifive,test1\0sifive,test0\0syscon");
    CHECK_EQ(cell("/poweroff", "value", 0), 0x5555);
    CHECK_EQ(cell("/reboot", "regmap", 0), cell("/soc/test@100000", "phandle", 0));
    CHECK_EQ(cell("/soc/serial@10000000", "interrupts", 0), 10);
    CHECK_EQ(cell("/soc/virtio_mmio@10001000", "interrupts", 0), 1);
    CHECK_EQ(cell("/soc/virtio_mmio@10008000", "interrupts", 0), 8);
    CHECK(fdt_path_offset(buf, "/soc/virtio_mmio@10002000") < 0);
    CHECK_EQ(cell("/flash@20000000", "reg", 5), 0x22000000);
    CHECK(fdt_path_offset(buf, "/fw-cfg@10100000") < 0);
    CHECK(fdt_path_offset(buf, "/cpus/cpu@2") < 0);
}

/* Without firmware that opens the seed CSR, zkr and zk are not named; what they stand for besides is. */
UNIT_TEST(fdt_hides_the_seed) {
    static const char *const all[] = {"i", "zk", "zkn", "zkr", "zks", NULL};
    struct board_config c = cfg;
    c.isa = "rv64i_zk_zkn_zkr_zks";
    c.isa_ext = all;
    CHECK(fdt_build(&c, 0, 0, 0, buf, sizeof buf) > 0);
    IS("/cpus/cpu@0", "riscv,isa", "rv64i_zk_zkn_zkr_zks");
    IS("/cpus/cpu@0", "riscv,isa-extensions", "i\0zk\0zkn\0zkr\0zks");
    c.seed_closed = true;
    CHECK(fdt_build(&c, 0, 0, 0, buf, sizeof buf) > 0);
    IS("/cpus/cpu@0", "riscv,isa", "rv64i_zkn_zks");
    IS("/cpus/cpu@1", "riscv,isa-extensions", "i\0zkn\0zks");
    c.isa = "rv64i_zkr";
    CHECK(fdt_build(&c, 0, 0, 0, buf, sizeof buf) > 0);
    IS("/cpus/cpu@0", "riscv,isa", "rv64i");
}

/* interrupts-extended of PLIC and CLINT: M-mode and S-mode input of each hart, by its own controller's phandle. */
UNIT_TEST(fdt_interrupt_inputs) {
    static const char *const intc[] = {"/cpus/cpu@0/interrupt-controller", "/cpus/cpu@1/interrupt-controller"};
    CHECK(fdt_build(&cfg, 0, 0, 0, buf, sizeof buf) > 0);
    for (unsigned h = 0; h < 2; h++) {
        uint32_t ph = cell(intc[h], "phandle", 0);
        CHECK_EQ(cell("/soc/plic@c000000", "interrupts-extended", 4 * h), ph);
        CHECK_EQ(cell("/soc/plic@c000000", "interrupts-extended", 4 * h + 1), 11);
        CHECK_EQ(cell("/soc/plic@c000000", "interrupts-extended", 4 * h + 3), 9);
        CHECK_EQ(cell("/soc/clint@2000000", "interrupts-extended", 4 * h + 1), 3);
        CHECK_EQ(cell("/soc/clint@2000000", "interrupts-extended", 4 * h + 3), 7);
    }
    int len;
    CHECK(!prop("/chosen", "linux,initrd-start", &len));
}

UNIT_TEST(fdt_too_small_a_buffer) {
    for (size_t n = 0; n < 6000; n += 97)
        CHECK_EQ(fdt_build(&cfg, 0, 0, 0xff, buf, n), 0);
}
