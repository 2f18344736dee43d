/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel reads of its host before it trusts anything: cpio archives, ACPI tables, and lists of memory ranges
 * (which must come out sorted, apart, and inside what was added), the DHCP answer and the date that firmware shows; and
 * files of symbols. */
#include "boot/date.h"
#include "boot/dhcp.h"
#include "dbt/symbols.h"
#include "kernel/drivers/acpi.h"
#include "kernel/kernel.h"
#include "kernel/mm/extents.h"
#include "tests/libfuzzer/fuzz.h"

static void cpio(struct fuzz_in *in) {
    struct boot_file files[4];
    size_t size;
    uint32_t n;
    uint8_t *data = fuzz_part(in, SIZE_MAX, &size);
    const char *why = cpio_list(data, size, 0x1000, files, 4, &n);
    FUZZ_CHECK(n <= 4, "%u files", n);
    for (uint32_t i = 0; !why && i < n; i++)
        FUZZ_CHECK(memchr(files[i].name, 0, BOOT_NAME) && files[i].base >= 0x1000 && files[i].base - 0x1000 <= size &&
                       files[i].size <= size - (files[i].base - 0x1000), "file %u", i);
    free(data);
}

/* ---- ACPI: copies of exactly what is asked for, checksums put right where the input asks for that ---- */

static const uint8_t *memory;
static size_t memory_size;
static void *mapped[1024];
static unsigned nmapped;
static bool fix_sums;

static const void *map(uint64_t phys, uint64_t size) {
    if (phys >= memory_size || size > memory_size - phys || nmapped == sizeof mapped / sizeof *mapped)
        return NULL;
    uint8_t *copy = malloc(size ? size : 1), sum = 0;
    memcpy(copy, memory + phys, size);
    if (fix_sums && size >= 20) {
        unsigned at = memcmp(copy, "RSD ", 4) ? 9 : size >= 36 ? 32 : 8;
        for (uint64_t i = 0; i < size; i++)
            sum = (uint8_t)(sum + copy[i]);
        copy[at] = (uint8_t)(copy[at] - sum);
    }
    return mapped[nmapped++] = copy;
}

static void acpi_tables(struct fuzz_in *in) {
    struct acpi_info info = {0};
    fix_sums = fuzz_take(in, 1) & 1;
    memory = in->p;
    memory_size = (size_t)(in->end - in->p);
    acpi_parse(&info, 1, map);
    acpi_parse(&info, 0x40, map);
    while (nmapped)
        free(mapped[--nmapped]);
    FUZZ_CHECK(info.nioapics <= ACPI_MAX_IOAPICS && info.noverrides <= ACPI_MAX_OVERRIDES, "%u %u", info.nioapics,
               info.noverrides);
}

/* ---- memory ranges ---- */

static void ranges(struct fuzz_in *in) {
    static struct extents x;
    memset(&x, 0, sizeof x);
    while (in->p < in->end) {
        unsigned op = (unsigned)fuzz_take(in, 1);
        uint64_t base = fuzz_take(in, op & 2 ? 8 : 4) << (op & 4 ? 12 : 0), size = fuzz_take(in, op & 8 ? 8 : 4)
                                                                                   << (op & 4 ? 12 : 0);
        if (op & 1)
            extents_reserve(&x, base, size);
        else
            extents_add(&x, base, size);
        for (unsigned i = 0; i < x.count; i++)
            FUZZ_CHECK(x.ext[i].base < x.ext[i].end && x.ext[i].base >= 1 << 20 && !(x.ext[i].base & 4095) &&
                           !(x.ext[i].end & 4095) && (i == 0 || x.ext[i - 1].end < x.ext[i].base), "extent %u", i);
    }
}

/* ---- symbols ---- */

static void symbols(struct fuzz_in *in) {
    size_t size;
    uint64_t va = fuzz_take(in, 8);
    uint8_t *data = fuzz_part(in, SIZE_MAX, &size);
    const char *why = NULL;
    char text[20];
    bool ok = symbols_load(data, size, &why);
    FUZZ_CHECK(ok == (symbols_count() > 0) && why, "%zu symbols", symbols_count());
    symbols_text(va, text, sizeof text);
    FUZZ_CHECK(memchr(text, 0, sizeof text) && (ok || !*text), "%s", text);
    symbols_drop();
    free(data);
}

/* ---- what firmware shows ---- */

static void dhcp(struct fuzz_in *in) {
    size_t size;
    uint8_t server[4], *data = fuzz_part(in, SIZE_MAX, &size);
    char file[64];
    if (dhcp_boot(data, size, server, file, sizeof file))
        FUZZ_CHECK(memchr(file, 0, sizeof file) && file[0], "a name of %zu bytes", sizeof file);
    free(data);
}

static void date(struct fuzz_in *in) {
    struct date d = {(uint32_t)fuzz_take(in, 2), (uint32_t)fuzz_take(in, 1), (uint32_t)fuzz_take(in, 1),
                     (uint32_t)fuzz_take(in, 1), (uint32_t)fuzz_take(in, 1), (uint32_t)fuzz_take(in, 1),
                     (int16_t)fuzz_take(in, 2)};
    uint64_t seconds;
    if (date_seconds(&d, &seconds))
        FUZZ_CHECK(seconds < INT64_MAX / 1000000000, "%llu s", (unsigned long long)seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    switch (fuzz_take(&in, 1) % 6) {
    case 0: cpio(&in); break;
    case 1: acpi_tables(&in); break;
    case 2: ranges(&in); break;
    case 4: dhcp(&in); break;
    case 5: date(&in); break;
    default: symbols(&in); break;
    }
    return 0;
}
