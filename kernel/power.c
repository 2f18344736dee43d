/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of Pyrite: the debug-exit port of a VM, UEFI's ResetSystem, ACPI's S5, in this order; where all of them fail
 * the machine stays and says so. */
#include "kernel/drivers/acpi.h"
#include "kernel/drivers/disk.h"
#include "kernel/drivers/drivers.h"
#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

#define SYSTEM_TABLE_SIGNATURE 0x5453595320494249ull /* UEFI 2.10, 4.3 */
#define RUNTIME_SIGNATURE 0x56524553544e5552ull
enum { SYSTEM_RUNTIME = 88, RUNTIME_RESET = 104, RESET_SHUTDOWN = 2 };
enum { SLP_EN = 1 << 13, SCI_EN = 1 };

typedef __attribute__((ms_abi)) void reset_system_fn(uint32_t type, uint64_t status, uint64_t size, void *data);

static uint64_t firmware_root, reset_system;
static uint32_t exit_port;

static bool in_runtime(const struct boot_info *bi, uint64_t at, uint64_t size) {
    for (uint32_t i = 0; i < bi->nranges; i++) {
        const struct boot_range *r = &bi->range[i];
        if (r->type == BOOT_RUNTIME && at >= r->base && at + size <= r->base + r->size)
            return true;
    }
    return false;
}

void power_init(const struct boot_info *bi, uint32_t debugexit) {
    exit_port = debugexit <= 0xffff ? debugexit : 0;
    const uint64_t *system = phys_direct(bi->efi_systab);
    if (!bi->efi_systab || !in_runtime(bi, bi->efi_systab, 120) || system[0] != SYSTEM_TABLE_SIGNATURE)
        return;
    uint64_t services = system[SYSTEM_RUNTIME / 8];
    const uint64_t *runtime = phys_direct(services);
    if (!in_runtime(bi, services, 136) || runtime[0] != RUNTIME_SIGNATURE)
        return;
    if (in_runtime(bi, runtime[RUNTIME_RESET / 8], 1) && (firmware_root = paging_firmware_root(bi)))
        reset_system = runtime[RUNTIME_RESET / 8];
}

static void efi_off(void) {
    if (!reset_system)
        return;
    write_cr3(firmware_root);
    ((reset_system_fn *)reset_system)(RESET_SHUTDOWN, 0, 0, 0);
}

static void acpi_off(void) {
    if (!acpi.s5 || !acpi.pm1a)
        return;
    if (acpi.smi_port && acpi.acpi_enable && !(inw(acpi.pm1a) & SCI_EN)) {
        outb(acpi.smi_port, acpi.acpi_enable);
        for (unsigned i = 0; i < 1000 && !(inw(acpi.pm1a) & SCI_EN); i++)
            tsc_delay_us(1000);
    }
    outw(acpi.pm1a, (uint16_t)((acpi.slp_typ[0] & 7) << 10 | SLP_EN));
    if (acpi.pm1b)
        outw(acpi.pm1b, (uint16_t)((acpi.slp_typ[1] & 7) << 10 | SLP_EN));
    tsc_delay_us(100000);
}

void cpu_halt(void) {
    for (;;)
        __asm__ volatile("cli\n\thlt");
}

void power_off(int status) {
    if (exit_port)
        outl((uint16_t)exit_port, (uint32_t)status); /* QEMU ends with (status << 1) | 1 */
    efi_off();
    acpi_off();
    static const char text[] = "pyrite: this machine does not let itself be switched off; it is safe to do so now\n";
    klog_write(text, sizeof text - 1);
    serial_flush();
    fbcon_draw(true);
    cpu_halt();
}

/* Somebody at the screen must be able to read why. */
static void linger(void) {
    enum { SECONDS = 20 };
    plat_log("switching off in %d seconds\n", SECONDS);
    serial_flush();
    fbcon_draw(true);
    tsc_delay_us(SECONDS * 1000000u);
}

void plat_exit(int status) {
    disk_stop();
    if (status != 0 && !exit_port && fbcon_present())
        linger();
    serial_flush();
    fbcon_draw(true);
    power_off(status);
}
