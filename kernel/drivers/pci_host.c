/* SPDX-License-Identifier: BSD-2-Clause */
/* How the PC's configuration space is reached: ECAM (PCI Firmware 3.3, 4.1.2) or ports (PCI Local Bus 3.0, 3.2.2.3.2).
 * Segment 0 only. Used by the hart loop's core, never by an interrupt handler: the ports are a pair. */
#include <stddef.h>

#include "kernel/drivers/acpi.h"
#include "kernel/drivers/pci.h"
#include "kernel/mm/mm.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { PORT_ADDRESS = 0xcf8, PORT_DATA = 0xcfc, BUS_SIZE = 1 << 20 };

static volatile uint32_t *window[256]; /* each bus is mapped when it is first looked at */
static bool ecam;

static uint32_t port_read(uint16_t bdf, unsigned off) {
    if (off >= 256)
        return ~0u;
    outl(PORT_ADDRESS, 0x80000000u | (uint32_t)bdf << 8 | off);
    return inl(PORT_DATA);
}

static void port_write(uint16_t bdf, unsigned off, uint32_t v) {
    if (off >= 256)
        return;
    outl(PORT_ADDRESS, 0x80000000u | (uint32_t)bdf << 8 | off);
    outl(PORT_DATA, v);
}

/* NULL: MCFG has no such bus. */
static volatile uint32_t *bus_window(unsigned bus) {
    if (bus < acpi.mcfg_first || bus > acpi.mcfg_last)
        return NULL;
    if (!window[bus])
        window[bus] = vmm_map_phys(acpi.mcfg + (uint64_t)bus * BUS_SIZE, BUS_SIZE, PG_WRITE | PG_UC);
    return window[bus];
}

static uint32_t ecam_read(uint16_t bdf, unsigned off) {
    volatile uint32_t *w = bus_window(bdf >> 8);
    return w ? w[((bdf & 0xffu) << 12 | off) / 4] : port_read(bdf, off);
}

static void ecam_write(uint16_t bdf, unsigned off, uint32_t v) {
    volatile uint32_t *w = bus_window(bdf >> 8);
    if (w)
        w[((bdf & 0xffu) << 12 | off) / 4] = v;
    else
        port_write(bdf, off, v);
}

static bool have_ports(void) {
    uint32_t was = inl(PORT_ADDRESS);
    outl(PORT_ADDRESS, 0x80000000u);
    bool there = inl(PORT_ADDRESS) == 0x80000000u;
    outl(PORT_ADDRESS, was);
    return there;
}

/* The first bus must read the same by memory and by ports: MCFG is wrong on some PCs. */
static bool ecam_agrees(void) {
    if (!acpi.mcfg || acpi.mcfg_first || !bus_window(0))
        return false;
    for (unsigned dev = 0; dev < 32; dev++)
        if (ecam_read((uint16_t)(dev << 3), 0) != port_read((uint16_t)(dev << 3), 0))
            return false;
    return true;
}

const struct pci_access *pci_host(void) {
    static const struct pci_access by_ecam = {ecam_read, ecam_write}, by_ports = {port_read, port_write};
    if (!have_ports())
        return NULL;
    ecam = ecam_agrees();
    return ecam ? &by_ecam : &by_ports;
}

const char *pci_host_kind(void) { return ecam ? "ECAM" : "ports"; }
