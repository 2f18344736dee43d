/* SPDX-License-Identifier: BSD-2-Clause */
/* The index of what starts, in order. From boot/pvh.asm: boot page tables, boot stack, interrupts off. */
#include <stdio.h>
#include <string.h>

#include "boot/pvh.h"
#include "kernel/drivers/acpi.h"
#include "kernel/drivers/disk.h"
#include "kernel/drivers/drivers.h"
#include "kernel/drivers/pci.h"
#include "kernel/drivers/pci_dev.h"
#include "kernel/kernel.h"
#include "kernel/machine.h"
#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/net/net.h"
#include "kernel/panic.h"
#include "kernel/plat.h"
#include "kernel/version.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/smp.h"
#include "kernel/x86/x86.h"
#include "tests/unit/unit.h"

enum { DOOR_UEFI, DOOR_PVH };
enum { ENGINE_STACK = 1 << 20, STATUS_CONFIG = 126, MAX_CONF = 1 << 20, TRAMPOLINE_END = 0xa0000 };

extern char kernel_start[], kernel_end[];
_Noreturn void kernel_main(uint64_t arg, uint64_t door, uint64_t base);
_Noreturn void stack_call(void *top, void (*fn)(void));

static struct boot_info info;
struct boot_info *boot_info = &info;
static struct conf conf;

static void take_boot_info(uint64_t arg, uint64_t door, uint64_t base) {
    uint64_t size = (uint64_t)(kernel_end - kernel_start);
    const struct boot_info *bi = door == DOOR_PVH ? pvh_boot_info(arg, base, size) : (const void *)arg;
    if (!bi || bi->magic != BOOT_INFO_MAGIC)
        kernel_die(STATUS_CONFIG, "the loader handed over nothing that is known here (%s)",
                   door == DOOR_PVH ? "no hvm_start_info" : "boot_info of another version");
    info = *bi;
    info.kernel_base = base;
    info.kernel_size = size;
    info.nranges = info.nranges <= BOOT_MAX_RANGES ? info.nranges : BOOT_MAX_RANGES;
    info.nfiles = info.nfiles <= BOOT_MAX_FILES ? info.nfiles : BOOT_MAX_FILES;
}

/* Before the page tables, which need it. */
static void check_nx(void) {
    if (!(cpuid_checked(0x80000001, 0).d >> 20 & 1))
        kernel_die(STATUS_CONFIG, "this CPU (%s) has no execute-disable bit (NX), or firmware switched it off",
                   cpu_name());
}

static void check_cpu(void) {
    const char *missing = cpu_missing();
    if (missing)
        kernel_die(STATUS_CONFIG, "this CPU (%s) is too old: it lacks %s; Pyrite needs x86-64-v2", cpu_name(), missing);
}

/* All RAM, less whatever any other range says of it: firmware's maps overlap at times. */
static void take_memory(void) {
    pmm_reset();
    for (uint32_t i = 0; i < info.nranges; i++)
        if (info.range[i].type == BOOT_RAM)
            pmm_add(info.range[i].base, info.range[i].size);
    for (uint32_t i = 0; i < info.nranges; i++)
        if (info.range[i].type != BOOT_RAM)
            pmm_reserve(info.range[i].base, info.range[i].size);
    pmm_reserve(info.kernel_base, info.kernel_size);
    for (uint32_t i = 0; i < info.nfiles; i++)
        pmm_reserve(info.file[i].base, info.file[i].size);
    pmm_reserve(info.conf_base, info.conf_size + 1);
    if (pmm_free_bytes() < 32 << 20)
        kernel_die(STATUS_CONFIG, "%llu MiB of memory: Pyrite needs more", (unsigned long long)pmm_free_bytes() >> 20);
}

static bool touches(const struct boot_range *r, uint64_t page) {
    return r->base < page + PAGE_SIZE && r->base + r->size > page;
}

/* All of the page is RAM, and no other range says anything of it. */
static bool is_free(uint64_t page) {
    bool ram = false;
    for (uint32_t i = 0; i < info.nranges; i++) {
        const struct boot_range *r = &info.range[i];
        if (r->type != BOOT_RAM && touches(r, page))
            return false;
        ram |= r->type == BOOT_RAM && r->base <= page && r->base + r->size >= page + PAGE_SIZE;
    }
    return ram;
}

/* PVH reserves no page in which cores can start. The first MiB is never given out, so any free page of it will do,
 * but the one at 0, which is the BIOS's. */
static void find_trampoline(void) {
    for (uint64_t page = TRAMPOLINE_END - PAGE_SIZE; page && !info.trampoline; page -= PAGE_SIZE)
        if (is_free(page))
            info.trampoline = page;
}

static void say_memory_left_out(void) {
    if (info.ranges_dropped)
        plat_log("%llu KiB of memory are left alone: the memory map has %u pieces more than there is room for\n",
                 (unsigned long long)info.bytes_dropped >> 10, info.ranges_dropped);
}

static const void *map_acpi(uint64_t phys, uint64_t size) { return vmm_map_phys(phys, size, 0); }

static void find_acpi(void) {
    uint64_t rsdp = info.acpi_rsdp;
    if (!rsdp && !info.efi_systab)
        rsdp = acpi_scan(map_acpi);
    acpi_parse(&acpi, rsdp, map_acpi);
    if (!acpi.found)
        plat_log("no ACPI tables: one core, interrupts at the PC's usual places\n");
}

/* The one module of a PVH boot is an archive of the guest's files. */
static void open_archive(void) {
    if (!info.conf_is_cmdline || info.nfiles != 1 || info.file[0].name[0])
        return;
    struct boot_file module = info.file[0];
    const char *why =
        cpio_list(phys_direct(module.base), module.size, module.base, info.file, BOOT_MAX_FILES, &info.nfiles);
    if (why)
        kernel_die(STATUS_CONFIG, "initrd of the VM (a cpio archive with the guest's files): %s", why);
}

static void read_conf(void) {
    const char *text = phys_direct(info.conf_base);
    bool ok = true;
    conf_init(&conf);
    if (info.conf_size > MAX_CONF)
        kernel_die(STATUS_CONFIG, "%s: larger than 1 MiB", info.conf_name);
    if (info.conf_base && info.conf_size)
        ok = info.conf_is_cmdline ? conf_parse_cmdline(&conf, text)
                                  : conf_parse_file(&conf, info.conf_name, text, info.conf_size);
    power_init(&info, conf.debugexit);
    panic_set_exit(conf.panic && strcmp(conf.panic, "exit") == 0);
    if (!ok)
        kernel_die(STATUS_CONFIG, "%s", conf.error);
}

static void start_interrupts(void) {
    pic_disable();
    apic_init(acpi.lapic);
    events_init();
    bool io = ioapic_init();
    if (!serial_irq_start()) {
        plat_log("%s: the serial port is polled\n", io ? "no IOAPIC input for COM1" : "no IOAPIC");
        events_serial_polled();
    }
}

static void banner(void) {
    struct plat_host_info h;
    plat_host_info(&h);
    plat_log("Pyrite %s (%s door)\n", PYRITE_VERSION, info.door);
    plat_log("%s, x86-64-v%u, %u core%s, %llu MiB of memory, TSC %llu MHz (%s), timer %s, time from %s%s\n", h.cpu,
             h.x86_level, h.cores, h.cores == 1 ? "" : "s", (unsigned long long)h.memory >> 20,
             (unsigned long long)tsc_hz() / 1000000, tsc_source(), apic_timer_kind(),
             events_wall_source(), serial_present() ? "" : ", no serial port");
}

/* Tells what of a function is driven. */
static void describe(const struct pci_dev *d, const char *what, bool driven) {
    const struct nic *n = driven ? net_card(d->bdf) : NULL;
    const struct disk *k;
    char text[64] = "not driven";
    if (driven)
        snprintf(text, sizeof text, "driven");
    if (n)
        snprintf(text, sizeof text, "driven (%s, %s, %02x:%02x:%02x:%02x:%02x:%02x)", n->name, n->driver, n->mac[0],
                 n->mac[1], n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
    plat_log("%02x:%02x.%x %s [%04x:%04x]: %s\n", d->bdf >> 8, d->bdf >> 3 & 31, d->bdf & 7, what, d->vendor,
             d->device, text);
    for (unsigned i = 0; driven && (k = disk_of(d->bdf, i)); i++)
        plat_log("  %s: %s, %llu MiB, sectors of %u bytes%s\n", k->name, k->model,
                 (unsigned long long)(k->q->sectors >> 10) * k->q->sector_size >> 10, (unsigned)k->q->sector_size,
                 k->q->read_only ? ", write-protected" : "");
}

static bool probe(const struct pci_dev *d) {
    for (const struct pci_driver *const *p = pci_drivers; *p; p++)
        if ((*p)->match(d) && (*p)->probe(d))
            return true;
    return false;
}

/* The disk and network controllers. */
static void list_pci(void) {
    static struct pci_dev dev[256];
    const struct pci_access *a = pci_host();
    if (!a)
        return;
    unsigned n = pci_enumerate(a, dev, sizeof dev / sizeof *dev);
    plat_log("PCI by %s: %u function%s\n", pci_host_kind(), n, n == 1 ? "" : "s");
    for (unsigned i = 0; i < n; i++) {
        const char *name = pci_class_name(dev[i].class);
        if (name)
            describe(&dev[i], name, probe(&dev[i]));
    }
}

static int run(void) {
    bool all = conf.test && !strcmp(conf.test, "unit");
    if (!all && (!conf.test || strcmp(conf.test, "kernel")))
        return net_start(&conf) ? machine_run(&conf) : STATUS_CONFIG;
    unsigned ran;
    unsigned failed = unit_run(all ? "" : "kernel/test/", &ran);
    return failed || ran == 0;
}

static void on_engine_stack(void) {
    start_interrupts();
    banner();
    smp_start(info.trampoline);
    pti_start(!conf.pti || !strcmp(conf.pti, "auto") ? PTI_AUTO : !strcmp(conf.pti, "on") ? PTI_ON : PTI_OFF);
    list_pci();
    plat_exit(run());
}

void kernel_main(uint64_t arg, uint64_t door, uint64_t base) {
    gdt_init(&cpu_boot);
    idt_init();
    serial_init();
    take_boot_info(arg, door, base);
    check_nx();
    take_memory();
    find_trampoline();
    paging_init(&info);
    plat_metal_init();
    fbcon_init(&info.fb);
    say_memory_left_out();
    find_acpi();
    read_conf();
    open_archive();
    check_cpu();
    fpu_init();
    gate_init();
    tsc_init();
    stack_call(vmm_stack(ENGINE_STACK), on_engine_stack);
}
