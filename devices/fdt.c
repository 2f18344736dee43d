/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree (Devicetree Specification 0.4; node names and properties as QEMU's `virt`, so that stock software
 * finds what it looks for). It names what is there and nothing else: the ISA comes from the configuration, empty virtio
 * slots are left out. Written front to back with libfdt's sequential functions, which keep the order of the nodes:
 * drive 0 becomes the guest's first disk. */
#include "devices/fdt.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "devices/syscon.h"
#include "devices/virt_map.h"

enum { FIRMWARE_ROOM = 8192 };
enum { PH_PLIC = 1, PH_TEST, PH_CPU0 }; /* cpu i: PH_CPU0 + 2 i, its interrupt controller: the one after */

/* The writer remembers the first error, so that callers need not look after every step. */
struct tree {
    void *buf;
    int err;
};
static void step(struct tree *t, int r) {
    if (t->err == 0)
        t->err = r;
}
static void node(struct tree *t, const char *name) { step(t, fdt_begin_node(t->buf, name)); }
static void node_at(struct tree *t, const char *name, uint64_t at) {
    char full[48];
    snprintf(full, sizeof full, "%s@%llx", name, (unsigned long long)at);
    node(t, full);
}
static void end(struct tree *t) { step(t, fdt_end_node(t->buf)); }
static void u32(struct tree *t, const char *name, uint32_t v) { step(t, fdt_property_u32(t->buf, name, v)); }
static void str(struct tree *t, const char *name, const char *v) { step(t, fdt_property_string(t->buf, name, v)); }
static void flag(struct tree *t, const char *name) { step(t, fdt_property(t->buf, name, NULL, 0)); }
static void cells(struct tree *t, const char *name, const uint32_t *v, unsigned n) {
    void *p = NULL;
    step(t, fdt_property_placeholder(t->buf, name, (int)(n * 4), &p));
    for (unsigned i = 0; p && t->err == 0 && i < n; i++)
        fdt32_st((fdt32_t *)p + i, v[i]);
}
static void reg64(struct tree *t, uint64_t base, uint64_t size) {
    uint32_t v[4] = {(uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32), (uint32_t)size};
    cells(t, "reg", v, 4);
}
/* A list of strings, given as one with "|" between them. */
static void strs(struct tree *t, const char *name, const char *list) {
    char text[128];
    size_t n = strlen(list) + 1;
    if (n > sizeof text) {
        step(t, -FDT_ERR_NOSPACE);
        return;
    }
    for (size_t i = 0; i < n; i++)
        text[i] = list[i] == '|' ? 0 : list[i];
    step(t, fdt_property(t->buf, name, text, (int)n));
}

static void device(struct tree *t, const char *name, const char *compatible, uint64_t base, uint64_t size,
                   unsigned irq) {
    node_at(t, name, base);
    strs(t, "compatible", compatible);
    reg64(t, base, size);
    if (irq) {
        u32(t, "interrupt-parent", PH_PLIC);
        u32(t, "interrupts", irq);
    }
}

static void chosen(struct tree *t, const struct board_config *cfg, uint64_t start, uint64_t stop) {
    uint8_t seed[32];
    node(t, "chosen");
    str(t, "bootargs", cfg->append ? cfg->append : "");
    str(t, "stdout-path", "/soc/serial@10000000");
    if (stop > start) {
        step(t, fdt_property_u64(t->buf, "linux,initrd-start", start));
        step(t, fdt_property_u64(t->buf, "linux,initrd-end", stop));
    }
    plat_entropy(seed, sizeof seed);
    step(t, fdt_property(t->buf, "rng-seed", seed, sizeof seed));
    end(t);
}

static bool has_ext(const struct board_config *cfg, const char *ext) {
    for (const char *const *e = cfg->isa_ext; e && *e; e++)
        if (!strcmp(*e, ext))
            return true;
    return false;
}

/* zkr, and zk, which includes it, where S-mode cannot have the seed CSR: a kernel that reads of it uses it. */
static bool hidden(const struct board_config *cfg, const char *ext, size_t len) {
    return cfg->seed_closed && ((len == 3 && !memcmp(ext, "zkr", 3)) || (len == 2 && !memcmp(ext, "zk", 2)));
}

static void isa_extensions(struct tree *t, const struct board_config *cfg) {
    size_t len = 0;
    void *p = NULL;
    for (const char *const *e = cfg->isa_ext; *e; e++)
        len += hidden(cfg, *e, strlen(*e)) ? 0 : strlen(*e) + 1;
    step(t, fdt_property_placeholder(t->buf, "riscv,isa-extensions", (int)len, &p));
    char *to = p;
    for (const char *const *e = cfg->isa_ext; to && t->err == 0 && *e; e++) {
        if (hidden(cfg, *e, strlen(*e)))
            continue;
        strcpy(to, *e);
        to += strlen(*e) + 1;
    }
}

/* riscv,isa: names with '_' between them, 1 KiB at the most (struct rv64_model). */
static void isa_string(struct tree *t, const struct board_config *cfg) {
    char text[1024];
    size_t at = 0, n;
    for (const char *name = cfg->isa; *name; name += n) {
        n = 1 + strcspn(name + 1, "_"); /* from one '_' to the next */
        if ((*name == '_' && hidden(cfg, name + 1, n - 1)) || at + n >= sizeof text)
            continue;
        memcpy(text + at, name, n);
        at += n;
    }
    text[at] = 0;
    str(t, "riscv,isa", text);
}

static void cpu(struct tree *t, const struct board_config *cfg, unsigned i) {
    static const struct {
        const char *ext, *prop;
    } block[] = {
        {"zicbom", "riscv,cbom-block-size"}, {"zicboz", "riscv,cboz-block-size"}, {"zicbop", "riscv,cbop-block-size"}};
    node_at(t, "cpu", i);
    str(t, "device_type", "cpu");
    u32(t, "reg", i);
    str(t, "status", "okay");
    str(t, "compatible", "riscv");
    isa_string(t, cfg);
    str(t, "riscv,isa-base", "rv64i");
    if (cfg->isa_ext)
        isa_extensions(t, cfg);
    if (cfg->mmu_type)
        str(t, "mmu-type", cfg->mmu_type);
    for (unsigned k = 0; k < sizeof block / sizeof *block; k++)
        if (has_ext(cfg, block[k].ext))
            u32(t, block[k].prop, 64);
    u32(t, "phandle", PH_CPU0 + 2 * i);
    node(t, "interrupt-controller");
    u32(t, "#interrupt-cells", 1);
    flag(t, "interrupt-controller");
    str(t, "compatible", "riscv,cpu-intc");
    u32(t, "phandle", PH_CPU0 + 2 * i + 1);
    end(t);
    end(t);
}

static void cpus(struct tree *t, const struct board_config *cfg) {
    node(t, "cpus");
    u32(t, "#address-cells", 1);
    u32(t, "#size-cells", 0);
    u32(t, "timebase-frequency", GUEST_TIMEBASE_HZ);
    for (unsigned i = 0; i < cfg->harts; i++)
        cpu(t, cfg, i);
    node(t, "cpu-map");
    node(t, "cluster0");
    for (unsigned i = 0; i < cfg->harts; i++) {
        char name[16];
        snprintf(name, sizeof name, "core%u", i);
        node(t, name);
        u32(t, "cpu", PH_CPU0 + 2 * i);
        end(t);
    }
    end(t);
    end(t);
    end(t);
}

/* Which counters can count what (binding "riscv,pmu"): event codes of the SBI, first and last, and a bit per counter.
 * The codes themselves are what mhpmevent takes (dbt/rv64/csr_counters.c). */
static void pmu(struct tree *t) {
    static const uint32_t hpm = 0xfffffff8, map[][3] = {{1, 1, hpm | 1}, {2, 2, hpm | 4}, {0x10019, 0x10019, hpm},
                                                        {0x1001b, 0x1001b, hpm}, {0x10021, 0x10021, hpm}};
    void *p = NULL;
    node(t, "pmu");
    str(t, "compatible", "riscv,pmu");
    step(t, fdt_property_placeholder(t->buf, "riscv,event-to-mhpmcounters", sizeof map, &p));
    for (unsigned i = 0; p && t->err == 0 && i < sizeof map / sizeof *map[0]; i++)
        fdt32_st((fdt32_t *)p + i, map[i / 3][i % 3]);
    end(t);
}

/* interrupts-extended: two inputs of every hart. */
static void hart_inputs(struct tree *t, unsigned harts, unsigned first, unsigned second) {
    void *p = NULL;
    step(t, fdt_property_placeholder(t->buf, "interrupts-extended", (int)(harts * 16), &p));
    for (unsigned i = 0; p && t->err == 0 && i < harts; i++) {
        fdt32_t *c = (fdt32_t *)p + 4 * i;
        fdt32_st(c, PH_CPU0 + 2 * i + 1);
        fdt32_st(c + 1, first);
        fdt32_st(c + 2, PH_CPU0 + 2 * i + 1);
        fdt32_st(c + 3, second);
    }
}

static void interrupts(struct tree *t, unsigned harts) {
    device(t, "clint", "sifive,clint0|riscv,clint0", VIRT_CLINT_BASE, VIRT_CLINT_SIZE, 0);
    hart_inputs(t, harts, IRQ_MSIP, IRQ_MTIP);
    end(t);
    device(t, "plic", "sifive,plic-1.0.0|riscv,plic0", VIRT_PLIC_BASE, VIRT_PLIC_SIZE, 0);
    u32(t, "#address-cells", 0);
    u32(t, "#interrupt-cells", 1);
    flag(t, "interrupt-controller");
    hart_inputs(t, harts, IRQ_MEIP, IRQ_SEIP);
    u32(t, "riscv,ndev", VIRT_PLIC_SOURCES - 1);
    u32(t, "phandle", PH_PLIC);
    end(t);
}

static void soc(struct tree *t, const struct board_config *cfg, unsigned slots) {
    node(t, "soc");
    u32(t, "#address-cells", 2);
    u32(t, "#size-cells", 2);
    str(t, "compatible", "simple-bus");
    flag(t, "ranges");
    interrupts(t, cfg->harts);
    device(t, "test", "sifive,test1|sifive,test0|syscon", VIRT_TEST_BASE, VIRT_TEST_SIZE, 0);
    u32(t, "phandle", PH_TEST);
    end(t);
    device(t, "rtc", "google,goldfish-rtc", VIRT_RTC_BASE, VIRT_RTC_SIZE, VIRT_RTC_IRQ);
    end(t);
    device(t, "serial", "ns16550a", VIRT_UART_BASE, VIRT_UART_SIZE, VIRT_UART_IRQ);
    u32(t, "clock-frequency", VIRT_UART_CLOCK);
    end(t);
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++) {
        if (!(slots >> i & 1))
            continue;
        device(t, "virtio_mmio", "virtio,mmio", VIRT_VIRTIO_BASE + i * VIRT_VIRTIO_SIZE, VIRT_VIRTIO_SIZE,
               VIRT_VIRTIO_IRQ + i);
        end(t);
    }
    end(t);
}

static void flash(struct tree *t) {
    uint32_t banks[4 * VIRT_FLASH_BANKS] = {0};
    for (unsigned i = 0; i < VIRT_FLASH_BANKS; i++) {
        banks[4 * i + 1] = VIRT_FLASH_BASE + i * VIRT_FLASH_SIZE;
        banks[4 * i + 3] = VIRT_FLASH_SIZE;
    }
    node_at(t, "flash", VIRT_FLASH_BASE);
    str(t, "compatible", "cfi-flash");
    cells(t, "reg", banks, 4 * VIRT_FLASH_BANKS);
    u32(t, "bank-width", 4);
    end(t);
}

static void power(struct tree *t, const char *name, const char *compatible, uint32_t value) {
    node(t, name);
    str(t, "compatible", compatible);
    u32(t, "regmap", PH_TEST);
    u32(t, "offset", 0);
    u32(t, "value", value);
    end(t);
}

static void root(struct tree *t, const struct board_config *cfg, uint64_t start, uint64_t stop, unsigned slots) {
    node(t, "");
    u32(t, "#address-cells", 2);
    u32(t, "#size-cells", 2);
    str(t, "compatible", "riscv-virtio");
    str(t, "model", "riscv-virtio,qemu");
    node(t, "aliases");
    str(t, "serial0", "/soc/serial@10000000");
    end(t);
    chosen(t, cfg, start, stop);
    node_at(t, "memory", VIRT_RAM_BASE);
    str(t, "device_type", "memory");
    reg64(t, VIRT_RAM_BASE, cfg->ram_size);
    end(t);
    cpus(t, cfg);
    if (has_ext(cfg, "sscofpmf"))
        pmu(t);
    soc(t, cfg, slots);
    flash(t);
    power(t, "poweroff", "syscon-poweroff", SYSCON_PASS);
    power(t, "reboot", "syscon-reboot", SYSCON_RESET);
    end(t);
}

size_t fdt_build(const struct board_config *cfg, uint64_t initrd_start, uint64_t initrd_end, unsigned slots, void *buf,
                 size_t len) {
    struct tree t = {buf, 0};
    step(&t, fdt_create(buf, (int)len));
    step(&t, fdt_finish_reservemap(buf));
    root(&t, cfg, initrd_start, initrd_end, slots);
    step(&t, fdt_finish(buf));
    if (t.err != 0 || len - fdt_totalsize(buf) < FIRMWARE_ROOM)
        return 0;
    size_t size = fdt_totalsize(buf) + FIRMWARE_ROOM;
    return fdt_open_into(buf, buf, (int)size) == 0 ? size : 0;
}
