/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel takes from ACPI's tables. They are read once, at the start; every length in them is checked against
 * what is mapped, and a table that lies is as good as missing. */
#ifndef PYRITE_KERNEL_ACPI_H
#define PYRITE_KERNEL_ACPI_H

#include <stdbool.h>
#include <stdint.h>

enum { ACPI_MAX_IOAPICS = 8, ACPI_MAX_OVERRIDES = 24, ACPI_MAX_CORES = 256 };

struct acpi_info {
    bool found;              /* an RSDP with a good checksum and a root table */
    unsigned cores;          /* usable processors in the MADT, at most ACPI_MAX_CORES; 0: none listed */
    uint32_t core[ACPI_MAX_CORES]; /* their APIC ids, each once */
    uint64_t lapic;          /* 0: not given */
    unsigned nioapics, noverrides;
    struct {
        uint64_t addr;
        uint32_t gsi_base;
    } ioapic[ACPI_MAX_IOAPICS];
    struct {
        uint8_t irq;
        uint32_t gsi;
        uint16_t flags;      /* MPS INTI: bits 0-1 polarity (3 low), bits 2-3 trigger (3 level) */
    } override[ACPI_MAX_OVERRIDES];
    uint16_t pm_timer;       /* I/O port; 0: none */
    bool pm_timer_32;
    uint16_t pm1a, pm1b;     /* PM1 control ports; 0: none */
    uint16_t smi_port;       /* 0: ACPI mode is always on */
    uint8_t acpi_enable;
    bool s5;                 /* slp_typ were found in the DSDT */
    uint8_t slp_typ[2];
    uint64_t hpet;           /* 0: none */
    uint64_t mcfg;           /* ECAM of segment 0, the address of bus 0; 0: none. Buses it has: */
    uint8_t mcfg_first, mcfg_last;
};
extern struct acpi_info acpi;

/* Maps `size` bytes of physical memory for reading, NULL if that cannot be. */
typedef const void *acpi_map_fn(uint64_t phys, uint64_t size);

/* Fills *out from the RSDP at this physical address (0: none). */
void acpi_parse(struct acpi_info *out, uint64_t rsdp, acpi_map_fn *map);
/* Looks for an RSDP where PC firmware keeps it (EBDA, 0xe0000-0xfffff). 0: none. */
uint64_t acpi_scan(acpi_map_fn *map);
/* Where an ISA interrupt goes. */
void acpi_isa_irq(uint8_t irq, uint32_t *gsi, bool *level, bool *low);

#endif
