/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables (specification 6.5, chapter 5): RSDP, RSDT or XSDT, MADT, FADT, HPET, MCFG, and of the DSDT one package,
 * \_S5_. Assumes nothing about the tables' contents. Pure: reads through the caller's map function only. */
#include "kernel/drivers/acpi.h"

#include <string.h>

struct acpi_info acpi;

enum { HEADER = 36, MAX_TABLE = 16 << 20, MAX_TABLES = 256 };

static uint16_t rd16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t rd32(const uint8_t *p) { return rd16(p) | (uint32_t)rd16(p + 2) << 16; }
static uint64_t rd64(const uint8_t *p) { return rd32(p) | (uint64_t)rd32(p + 4) << 32; }

static bool sum_is_zero(const uint8_t *p, uint32_t n) {
    uint8_t sum = 0;
    while (n--)
        sum = (uint8_t)(sum + *p++);
    return sum == 0;
}

/* A whole table, checked; NULL: not there or not right. */
static const uint8_t *table_map(uint64_t phys, uint32_t *size, acpi_map_fn *map) {
    const uint8_t *t = phys ? map(phys, HEADER) : NULL;
    uint32_t n = t ? rd32(t + 4) : 0;
    if (n < HEADER || n > MAX_TABLE)
        return NULL;
    t = map(phys, n);
    if (!t || !sum_is_zero(t, n))
        return NULL;
    *size = n;
    return t;
}

/* Firmware may list a core twice, as a local APIC and as an x2APIC. */
static void add_core(struct acpi_info *out, uint32_t id, uint32_t flags) {
    if (!(flags & 1) || out->cores == ACPI_MAX_CORES) /* not enabled */
        return;
    for (unsigned i = 0; i < out->cores; i++)
        if (out->core[i] == id)
            return;
    out->core[out->cores++] = id;
}

/* MADT, 5.2.12: one entry of `n` bytes. */
static void madt_entry(struct acpi_info *out, const uint8_t *e, unsigned n) {
    if (e[0] == 0 && n >= 8) {
        add_core(out, e[3], rd32(e + 4));
    } else if (e[0] == 9 && n >= 16) {
        add_core(out, rd32(e + 4), rd32(e + 8));
    } else if (e[0] == 1 && n >= 12 && out->nioapics < ACPI_MAX_IOAPICS) {
        out->ioapic[out->nioapics].addr = rd32(e + 4);
        out->ioapic[out->nioapics++].gsi_base = rd32(e + 8);
    } else if (e[0] == 2 && n >= 10 && out->noverrides < ACPI_MAX_OVERRIDES) {
        out->override[out->noverrides].irq = e[3];
        out->override[out->noverrides].gsi = rd32(e + 4);
        out->override[out->noverrides++].flags = rd16(e + 8);
    } else if (e[0] == 5 && n >= 12) {
        out->lapic = rd64(e + 4);
    }
}

static void parse_madt(struct acpi_info *out, const uint8_t *t, uint32_t size) {
    if (size < 44)
        return;
    out->lapic = rd32(t + HEADER);
    for (uint32_t at = 44; at + 2 <= size;) {
        unsigned n = t[at + 1];
        if (n < 2 || at + n > size)
            return;
        madt_entry(out, t + at, n);
        at += n;
    }
}

/* AML integer of a package element: byte, word or the one-byte constants. */
static bool aml_byte(const uint8_t **p, const uint8_t *end, uint8_t *val) {
    if (*p >= end)
        return false;
    uint8_t op = *(*p)++;
    if (op == 0x00 || op == 0x01 || op == 0xff) {
        *val = op;
        return true;
    }
    unsigned n = op == 0x0a ? 1 : op == 0x0b ? 2 : op == 0x0c ? 4 : 0;
    if (n == 0 || (uint64_t)(end - *p) < n)
        return false;
    *val = **p;
    *p += n;
    return true;
}

/* Finds Name(_S5_, Package() {a, b, ...}) by its bytes; an AML interpreter would be the exact way. */
static void scan_s5(struct acpi_info *out, const uint8_t *t, uint32_t size) {
    for (uint32_t at = HEADER + 2; at + 8 < size; at++) {
        if (memcmp(t + at, "_S5_", 4) != 0 || t[at + 4] != 0x12)
            continue;
        if (t[at - 1] != 0x08 && !(t[at - 1] == '\\' && t[at - 2] == 0x08))
            continue;
        const uint8_t *end = t + size, *p = t + at + 5;
        p += (*p >> 6) + 1u; /* package length */
        p++;                 /* number of elements */
        out->s5 = aml_byte(&p, end, &out->slp_typ[0]) && aml_byte(&p, end, &out->slp_typ[1]);
        return;
    }
}

/* FADT, 5.2.9. */
static void parse_fadt(struct acpi_info *out, const uint8_t *t, uint32_t size, acpi_map_fn *map) {
    if (size < 116)
        return;
    uint64_t dsdt = rd32(t + 40);
    if (size >= 148 && rd64(t + 140))
        dsdt = rd64(t + 140);
    out->smi_port = (uint16_t)rd32(t + 48);
    out->acpi_enable = t[52];
    out->pm1a = (uint16_t)rd32(t + 64);
    out->pm1b = (uint16_t)rd32(t + 68);
    if (t[91] == 4) /* PM_TMR_LEN */
        out->pm_timer = (uint16_t)rd32(t + 76);
    out->pm_timer_32 = rd32(t + 112) >> 8 & 1;
    uint32_t n;
    const uint8_t *d = table_map(dsdt, &n, map);
    if (d)
        scan_s5(out, d, n);
}

/* MCFG (PCI Firmware 3.3, 4.1.2): the first entry of segment 0 that lies in what a CPU can address. */
static void parse_mcfg(struct acpi_info *out, const uint8_t *t, uint32_t size) {
    for (uint32_t at = HEADER + 8; at + 16 <= size && !out->mcfg; at += 16) {
        uint64_t base = rd64(t + at);
        if (rd16(t + at + 8) || t[at + 10] > t[at + 11] || base & 0xfffff || base >> 46)
            continue;
        out->mcfg = base;
        out->mcfg_first = t[at + 10];
        out->mcfg_last = t[at + 11];
    }
}

static void parse_table(struct acpi_info *out, uint64_t phys, acpi_map_fn *map) {
    uint32_t n;
    const uint8_t *t = table_map(phys, &n, map);
    if (!t)
        return;
    if (memcmp(t, "APIC", 4) == 0)
        parse_madt(out, t, n);
    else if (memcmp(t, "FACP", 4) == 0)
        parse_fadt(out, t, n, map);
    else if (memcmp(t, "HPET", 4) == 0 && n >= 52)
        out->hpet = rd64(t + 44);
    else if (memcmp(t, "MCFG", 4) == 0)
        parse_mcfg(out, t, n);
}

static bool rsdp_good(const uint8_t *p) { return memcmp(p, "RSD PTR ", 8) == 0 && sum_is_zero(p, 20); }

void acpi_parse(struct acpi_info *out, uint64_t rsdp, acpi_map_fn *map) {
    memset(out, 0, sizeof *out);
    const uint8_t *p = rsdp ? map(rsdp, 20) : NULL;
    if (!p || !rsdp_good(p))
        return;
    uint64_t root = rd32(p + 16);
    unsigned width = 4;
    if (p[15] >= 2 && (p = map(rsdp, 36)) && sum_is_zero(p, 36) && rd64(p + 24)) {
        root = rd64(p + 24);
        width = 8;
    }
    uint32_t n;
    const uint8_t *t = table_map(root, &n, map);
    if (!t)
        return;
    out->found = true;
    for (uint32_t at = HEADER, i = 0; at + width <= n && i < MAX_TABLES; at += width, i++)
        parse_table(out, width == 8 ? rd64(t + at) : rd32(t + at), map);
}

static uint64_t scan_range(uint64_t from, uint64_t to, acpi_map_fn *map) {
    const uint8_t *p = map(from, to - from);
    for (uint64_t at = 0; p && at + 20 <= to - from; at += 16)
        if (rsdp_good(p + at))
            return from + at;
    return 0;
}

uint64_t acpi_scan(acpi_map_fn *map) {
    const uint8_t *bda = map(0x40e, 2);
    uint64_t ebda = bda ? (uint64_t)rd16(bda) << 4 : 0;
    uint64_t at = ebda >= 0x80000 && ebda < 0xa0000 ? scan_range(ebda, ebda + 1024, map) : 0;
    return at ? at : scan_range(0xe0000, 0x100000, map);
}

void acpi_isa_irq(uint8_t irq, uint32_t *gsi, bool *level, bool *low) {
    *gsi = irq; /* ISA: edge, active high */
    *level = *low = false;
    for (unsigned i = 0; i < acpi.noverrides; i++) {
        if (acpi.override[i].irq != irq)
            continue;
        *gsi = acpi.override[i].gsi;
        *low = (acpi.override[i].flags & 3) == 3;
        *level = (acpi.override[i].flags >> 2 & 3) == 3;
    }
}
