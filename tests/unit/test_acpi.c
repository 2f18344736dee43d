/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's ACPI parser: a small good set of tables, then every byte of it bent, with and without checksums put
 * right. */
#include <stdlib.h>
#include <string.h>

#include "kernel/drivers/acpi.h"
#include "tests/unit/unit.h"

enum { SIZE = 1024, RSDP = 0, XSDT = 64, MADT = 128, FADT = 320, DSDT = 512, HPET = 640, RSDT = 720 };
enum { MADT_SIZE = 44 + 8 + 16 + 16 + 12 + 10 + 8, FADT_SIZE = 148, DSDT_SIZE = 36 + 20 };

static uint8_t mem[SIZE];
static uint8_t *mapped[64];
static unsigned nmapped;

/* Gives copies of exactly what was asked for, so that a sanitizer sees a read beyond. */
static const void *map(uint64_t phys, uint64_t size) {
    if (phys >= SIZE || size > SIZE - phys || nmapped == 64)
        return NULL;
    uint8_t *copy = malloc(size ? size : 1);
    if (copy)
        memcpy(copy, mem + phys, size);
    mapped[nmapped++] = copy;
    return copy;
}

static void parse(struct acpi_info *out, uint64_t rsdp) {
    acpi_parse(out, rsdp, map);
    while (nmapped)
        free(mapped[--nmapped]);
}

static void put32(unsigned at, uint32_t v) {
    for (unsigned i = 0; i < 4; i++)
        mem[at + i] = (uint8_t)(v >> 8 * i);
}

static void fix(unsigned at, unsigned size, unsigned sum_at) {
    uint8_t sum = 0;
    mem[at + sum_at] = 0;
    for (unsigned i = 0; i < size; i++)
        sum = (uint8_t)(sum + mem[at + i]);
    mem[at + sum_at] = (uint8_t)-sum;
}

static void header(unsigned at, const char *name, unsigned size) {
    memcpy(mem + at, name, 4);
    put32(at + 4, size);
}

static void fix_all(void) {
    fix(RSDP + 16, 20, 8);
    fix(RSDP + 16, 36, 32);
    fix(XSDT, 36 + 24, 9);
    fix(MADT, MADT_SIZE, 9);
    fix(FADT, FADT_SIZE, 9);
    fix(DSDT, DSDT_SIZE, 9);
    fix(HPET, 56, 9);
    fix(RSDT, 36 + 4, 9);
}

static void make_madt(void) {
    static const uint8_t entries[] = {
        0, 8, 0, 0, 1, 0, 0, 0,                             /* a core */
        9, 16, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,    /* one by x2APIC */
        9, 16, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,    /* the first once more */
        1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,          /* an I/O APIC */
        2, 10, 0, 4, 20, 0, 0, 0, 0x0f, 0,                  /* IRQ 4 is GSI 20, level, low */
        0, 8, 2, 2, 0, 0, 0, 0,                             /* a core that is not there */
    };
    header(MADT, "APIC", MADT_SIZE);
    put32(MADT + 36, 0xfee00000);
    memcpy(mem + MADT + 44, entries, sizeof entries);
}

static void make(void) {
    static const uint8_t s5[] = {0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5, 0x01, 0, 0};
    memset(mem, 0, sizeof mem);
    memcpy(mem + RSDP + 16, "RSD PTR ", 8); /* at 16: address 0 means none */
    mem[RSDP + 16 + 15] = 2;
    put32(RSDP + 16 + 16, RSDT);
    put32(RSDP + 16 + 20, 36);
    put32(RSDP + 16 + 24, XSDT);
    header(XSDT, "XSDT", 36 + 24);
    put32(XSDT + 36, MADT);
    put32(XSDT + 44, FADT);
    put32(XSDT + 52, HPET);
    make_madt();
    header(FADT, "FACP", FADT_SIZE);
    put32(FADT + 40, DSDT);
    put32(FADT + 64, 0x604);
    put32(FADT + 76, 0x608);
    mem[FADT + 91] = 4;
    header(DSDT, "DSDT", DSDT_SIZE);
    memcpy(mem + DSDT + 40, s5, sizeof s5);
    header(HPET, "HPET", 56);
    put32(HPET + 44, 0xfed00000);
    header(RSDT, "RSDT", 36 + 4);
    put32(RSDT + 36, MADT);
    fix_all();
}

UNIT_TEST(acpi_reads_the_tables) {
    struct acpi_info a;
    make();
    parse(&a, 16);
    CHECK(a.found && a.s5);
    CHECK_EQ(a.cores, 2);
    CHECK_EQ(a.core[0], 0);
    CHECK_EQ(a.core[1], 0x101);
    CHECK_EQ(a.lapic, 0xfee00000);
    CHECK_EQ(a.nioapics, 1);
    CHECK_EQ(a.ioapic[0].addr, 0xfec00000);
    CHECK_EQ(a.noverrides, 1);
    CHECK_EQ(a.override[0].gsi, 20);
    CHECK_EQ(a.pm1a, 0x604);
    CHECK_EQ(a.pm_timer, 0x608);
    CHECK_EQ(a.slp_typ[0], 5);
    CHECK_EQ(a.slp_typ[1], 1);
    CHECK_EQ(a.hpet, 0xfed00000);
}

UNIT_TEST(acpi_rsdt_when_there_is_no_xsdt) {
    struct acpi_info a;
    make();
    mem[16 + 15] = 0;
    fix_all();
    parse(&a, 16);
    CHECK(a.found);
    CHECK_EQ(a.cores, 2);
    CHECK_EQ(a.hpet, 0);
}

UNIT_TEST(acpi_isa_overrides) {
    struct acpi_info saved = acpi;
    uint32_t gsi;
    bool level, low;
    make();
    parse(&acpi, 16);
    acpi_isa_irq(4, &gsi, &level, &low);
    CHECK(gsi == 20 && level && low);
    acpi_isa_irq(3, &gsi, &level, &low);
    CHECK(gsi == 3 && !level && !low);
    acpi = saved;
}

UNIT_TEST(acpi_absent) {
    struct acpi_info a;
    make();
    parse(&a, 0);
    CHECK(!a.found);
    parse(&a, 17);
    CHECK(!a.found);
    parse(&a, SIZE - 8);
    CHECK(!a.found);
    mem[RSDP + 16 + 33]++; /* checksum of the second part: XSDT is not used, RSDT is */
    parse(&a, 16);
    CHECK(a.found && a.hpet == 0);
}

UNIT_TEST(acpi_wrong_checksum_is_no_table) {
    struct acpi_info a;
    make();
    mem[MADT + 50]++;
    parse(&a, 16);
    CHECK(a.found);
    CHECK_EQ(a.cores, 0);
}

UNIT_TEST(acpi_hostile_tables_are_no_fault) {
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    struct acpi_info a;
    for (unsigned at = 16; at < SIZE; at++) {
        for (unsigned v = 0; v < sizeof values; v++) {
            make();
            mem[at] = values[v];
            fix_all();
            parse(&a, 16);
            CHECK(a.nioapics <= ACPI_MAX_IOAPICS && a.noverrides <= ACPI_MAX_OVERRIDES);
        }
    }
}

UNIT_TEST(acpi_ecam) {
    static const uint8_t entries[] = {
        0, 0, 0, 0xe0, 0, 0, 0, 0, 1, 0, 0, 255, 0, 0, 0, 0,       /* another segment */
        0, 1, 0, 0xb0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0,       /* not aligned */
        0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 9, 8, 0, 0, 0, 0,         /* last before first */
        0, 0, 0, 0xb0, 0, 0, 0, 0xff, 0, 0, 0, 8, 0, 0, 0, 0,      /* beyond any CPU */
        0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 2, 63, 0, 0, 0, 0,
        0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0};
    enum { MCFG = 768, MCFG_SIZE = 44 + sizeof entries };
    struct acpi_info a;
    make();
    header(MCFG, "MCFG", MCFG_SIZE);
    memcpy(mem + MCFG + 44, entries, sizeof entries);
    fix(MCFG, MCFG_SIZE, 9);
    put32(XSDT + 52, MCFG);
    fix_all();
    parse(&a, 16);
    CHECK_EQ(a.mcfg, 0xb0000000);
    CHECK(a.mcfg_first == 2 && a.mcfg_last == 63);
    put32(MCFG + 4, 44 + 5 * 16 - 1); /* cut in the good one */
    fix(MCFG, 44 + 5 * 16 - 1, 9);
    parse(&a, 16);
    CHECK_EQ(a.mcfg, 0);
}
