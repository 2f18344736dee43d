/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware knows of the machine: ACPI, framebuffer, memory map; and leaving boot services. After
 * machine_exit_boot_services() succeeds nothing here may call the firmware. */
#include "boot/uefi.h"

#include "boot/date.h"

enum { MAP_SLACK = 16 * 1024, EXIT_TRIES = 8 };

static uint64_t find_rsdp(void) {
    static EFI_GUID guids[] = {ACPI_20_TABLE_GUID, ACPI_TABLE_GUID};
    for (unsigned g = 0; g < 2; g++)
        for (UINTN i = 0; i < ST->NumberOfTableEntries; i++)
            if (CompareGuid(&ST->ConfigurationTable[i].VendorGuid, &guids[g]) == 0)
                return (uint64_t)ST->ConfigurationTable[i].VendorTable;
    return 0;
}

/* Only 32-bit pixels of 8-8-8 in RGB or BGR order; other framebuffers count as none, and serial carries the text. */
static void find_framebuffer(struct boot_fb *fb) {
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    static EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    if (EFI_ERROR(BS->HandleProtocol(ST->ConsoleOutHandle, &guid, (void **)&gop)) &&
        EFI_ERROR(BS->LocateProtocol(&guid, NULL, (void **)&gop)))
        return;
    if (!gop->Mode || !gop->Mode->Info || !gop->Mode->FrameBufferBase)
        return;
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = gop->Mode->Info;
    const EFI_PIXEL_BITMASK *m = &info->PixelInformation;
    bool masks = info->PixelFormat == PixelBitMask && m->GreenMask == 0xff00;
    bool rgb = info->PixelFormat == PixelRedGreenBlueReserved8BitPerColor || (masks && m->RedMask == 0xff);
    bool bgr = info->PixelFormat == PixelBlueGreenRedReserved8BitPerColor || (masks && m->BlueMask == 0xff);
    if (!rgb && !bgr)
        return;
    *fb = (struct boot_fb){gop->Mode->FrameBufferBase, gop->Mode->FrameBufferSize, info->HorizontalResolution,
                           info->VerticalResolution,   info->PixelsPerScanLine,    bgr};
}

/* One page below 1 MiB in which the kernel can start other cores. */
static uint64_t reserve_trampoline(void) { return (uint64_t)loader_alloc(LOADER_PAGE, 0xa0000); }

void machine_describe(struct boot_info *bi) {
    bi->acpi_rsdp = find_rsdp();
    bi->efi_systab = (uint64_t)ST;
    bi->trampoline = reserve_trampoline();
    find_framebuffer(&bi->fb);
}

/* The clock, as late as possible. Without a time zone it is taken as UTC, as the CMOS clock is. The TSC is the boot
 * core's, on which the kernel goes on. */
static void read_clock(struct boot_info *bi) {
    EFI_TIME t = {0};
    if (EFI_ERROR(ST->RuntimeServices->GetTime(&t, NULL)))
        return;
    struct date d = {t.Year, t.Month, t.Day, t.Hour, t.Minute, t.Second, t.TimeZone};
    if (!date_seconds(&d, &bi->time_s))
        return;
    bi->time_ns = t.Nanosecond < 1000000000 ? t.Nanosecond : 0;
    bi->time_tsc = __builtin_ia32_rdtsc();
}

static uint32_t range_type(uint32_t efi_type) {
    switch (efi_type) {
    case EfiConventionalMemory:
    case EfiBootServicesCode:
    case EfiBootServicesData:
        return BOOT_RAM;
    case EfiLoaderCode:
    case EfiLoaderData:
        return BOOT_KERNEL;
    case EfiRuntimeServicesCode:
    case EfiRuntimeServicesData:
        return BOOT_RUNTIME;
    case EfiACPIReclaimMemory:
        return BOOT_ACPI;
    case EfiACPIMemoryNVS:
        return BOOT_NVS;
    default:
        return BOOT_RESERVED;
    }
}

/* Neighbours of one type become one range. Where the table is full the rest is left out: memory that is not named is
 * not used. */
static void add_range(struct boot_info *bi, uint64_t base, uint64_t size, uint32_t type) {
    struct boot_range *last = bi->nranges ? &bi->range[bi->nranges - 1] : NULL;
    if (last && last->type == type && last->base + last->size == base)
        last->size += size;
    else if (bi->nranges < BOOT_MAX_RANGES)
        bi->range[bi->nranges++] = (struct boot_range){base, size, type, 0};
    else
        bi->ranges_dropped++, bi->bytes_dropped += size;
}

static void fill_ranges(struct boot_info *bi, const char *map, UINTN size, UINTN step) {
    bi->nranges = bi->ranges_dropped = 0;
    bi->bytes_dropped = 0;
    for (UINTN at = 0; at + step <= size; at += step) {
        const EFI_MEMORY_DESCRIPTOR *d = (const void *)(map + at);
        add_range(bi, d->PhysicalStart, d->NumberOfPages * LOADER_PAGE, range_type(d->Type));
    }
}

/* The map changes with every allocation, and the firmware may change it between the two calls: then ask again. */
const char *machine_exit_boot_services(EFI_HANDLE image, struct boot_info *bi) {
    UINTN size = 0, key, step;
    UINT32 version;
    read_clock(bi);
    BS->GetMemoryMap(&size, NULL, &key, &step, &version);
    UINTN room = size + MAP_SLACK;
    void *map = loader_alloc(room, 0);
    if (!map)
        return "no memory for the memory map";
    for (unsigned i = 0; i < EXIT_TRIES; i++) {
        size = room;
        if (EFI_ERROR(BS->GetMemoryMap(&size, map, &key, &step, &version)))
            return "the firmware does not give its memory map";
        if (!EFI_ERROR(BS->ExitBootServices(image, key))) {
            fill_ranges(bi, map, size, step);
            return NULL;
        }
    }
    return "the firmware does not let go (ExitBootServices)";
}
