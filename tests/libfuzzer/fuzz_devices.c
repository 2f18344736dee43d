/* SPDX-License-Identifier: BSD-2-Clause */
/* Every register of the board's devices: the whole board, through the address map as a hart sees it, with accesses of
 * all sizes, time that passes, input that arrives, storage that answers late, resets in between. A read gives no bits
 * beyond its size, and after a reset every device identifies itself again. */
#include "devices/device.h"
#include "devices/virt_map.h"
#include "tests/libfuzzer/fake.h"
#include "tests/libfuzzer/fuzz.h"

static struct board_config cfg;

/* An ELF with a tohost symbol, so that the board has an HTIF: headers, a segment, a symbol table. */
static uint8_t elf[1024];

static void put(size_t off, uint64_t v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        elf[off + i] = (uint8_t)(v >> 8 * i);
}

static void make_elf(void) {
    memcpy(elf, "\177ELF\2\1\1", 7);
    put(16, 2, 2), put(18, 243, 2), put(24, FAKE_RAM_BASE, 8), put(32, 64, 8), put(40, 256, 8), put(54, 56, 2),
        put(56, 1, 2);
    put(58, 64, 2), put(60, 3, 2);
    put(64, 1, 4), put(72, 512, 8), put(80, FAKE_RAM_BASE, 8), put(88, FAKE_RAM_BASE, 8), put(96, 16, 8),
        put(104, 32, 8);
    put(320 + 4, 2, 4), put(320 + 24, 600, 8), put(320 + 32, 72, 8), put(320 + 40, 2, 4);
    put(384 + 4, 3, 4), put(384 + 24, 700, 8), put(384 + 32, 20, 8);
    put(624, 1, 4), put(630, 1, 2), put(632, FAKE_RAM_BASE + 0x1000, 8);
    put(648, 8, 4), put(654, 1, 2), put(656, FAKE_RAM_BASE + 0x1008, 8);
    memcpy(elf + 700, "\0tohost\0fromhost", 17);
}

static void init(void) {
    static const char *const isa_ext[] = {"i", NULL};
    const char *why;
    make_elf();
    fake.file[0].name = "kernel";
    fake.file[0].data = elf, fake.file[0].size = sizeof elf;
    cfg = (struct board_config){.harts = 1,
                                .ram_size = FAKE_RAM_SIZE,
                                .isa = "rv64i",
                                .isa_ext = isa_ext,
                                .bios = "none",
                                .kernel = "kernel",
                                .drive = {{.file = "a", .mode = BOARD_DRIVE_RW}, {.file = "b", .mode = BOARD_DRIVE_RO}},
                                .ndrives = 2};
    if (!plat_user_alloc(FAKE_RAM_SIZE, 0, &cfg.ram))
        abort();
    FUZZ_CHECK(board_create(&cfg, &why), "%s", why);
}

static void access_at(struct fuzz_in *in, uint64_t gpa, unsigned size, bool write) {
    struct physmem_hit hit;
    gpa &= ~(uint64_t)(size - 1); /* as the engine guarantees */
    uint64_t v = write ? fuzz_take(in, size) : 0;
    if (!physmem_find(gpa, &hit) || hit.left < size)
        return;
    if (!hit.mmio) {
        if (write)
            memcpy(hit.ptr, &v, size);
        if (write && hit.watch)
            hit.watch->written(hit.watch->dev, gpa, size);
        return;
    }
    if (size < hit.mmio->min || size > hit.mmio->max)
        return;
    if (write) {
        hit.mmio->write(hit.dev, hit.off, v, size);
    } else {
        v = hit.mmio->read(hit.dev, hit.off, size);
        FUZZ_CHECK(size == 8 || v >> 8 * size == 0, "%s + %#llx, %u bytes: %#llx", hit.name,
                   (unsigned long long)hit.off, size, (unsigned long long)v);
    }
}

/* Addresses that something answers to come up more often than others. */
static uint64_t address(struct fuzz_in *in, unsigned region) {
    static const uint64_t base[] = {VIRT_TEST_BASE, VIRT_RTC_BASE, VIRT_CLINT_BASE, VIRT_CLINT_BASE + 0x4000,
        VIRT_CLINT_BASE + 0xbff8, VIRT_PLIC_BASE, VIRT_PLIC_BASE + 0x2000, VIRT_PLIC_BASE + 0x200000, VIRT_UART_BASE,
        VIRT_VIRTIO_BASE, VIRT_VIRTIO_BASE + 0x1000, VIRT_VIRTIO_BASE + 0x2000, VIRT_VIRTIO_BASE + 0x6000,
        VIRT_VIRTIO_BASE + 0x7000, FAKE_RAM_BASE, FAKE_RAM_BASE + 0x1000};
    return base[region] + fuzz_take(in, 1) +
           (region == 5 || region == 15 ? 0 : (region & 1) * (fuzz_take(in, 1) & 15) * 256);
}

static void alive(void) {
    struct physmem_hit hit;
    fake.input_left = 0;
    board_reset();
    FUZZ_CHECK(physmem_find(VIRT_UART_BASE, &hit) && (hit.mmio->read(hit.dev, 5, 1) & 0x7e) == 0x60, "uart");
    while (hit.mmio->read(hit.dev, 5, 1) & 1) /* input that the port had taken in stays; the next test starts without */
        hit.mmio->read(hit.dev, 0, 1);
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++) {
        FUZZ_CHECK(physmem_find(VIRT_VIRTIO_BASE + 0x1000 * i, &hit) && hit.mmio->read(hit.dev, 0, 4) == 0x74726976 &&
                       hit.mmio->read(hit.dev, 0x70, 4) == 0, "slot %u", i);
    }
    FUZZ_CHECK(!(fake.lines & ~(1ull << 7 | 1ull << 5)) && !fake.nwaiting, "lines %#llx",
               (unsigned long long)fake.lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    static bool done;
    if (!done)
        init();
    done = true;
    uint64_t lines = fake.lines;
    memset(&fake, 0, sizeof fake);
    fake.lines = lines;
    fake.clock_ns = 1000000;
    memset(cfg.ram.engine, 0, FAKE_RAM_SIZE);
    fake.input = data, fake.input_left = size;
    while (in.p < in.end) {
        unsigned op = (unsigned)fuzz_take(&in, 1), width = 1u << (op >> 4 & 3);
        switch (op >> 6) {
        case 0: access_at(&in, address(&in, op & 15), width, false); break;
        case 1: case 2: access_at(&in, address(&in, op & 15), width, true); break;
        default:
            switch (op & 7) {
            case 0: fake.clock_ns += fuzz_take(&in, 1 + (op >> 3 & 7)) & 0xffffffffffff; break;
            case 1: board_events(PLAT_EV_CONSOLE); break;
            case 2: board_events(PLAT_EV_TIMER | PLAT_EV_BLOCK); break;
            case 3: fake.deferred = op & 8; break;
            case 4: fake_answer((unsigned)fuzz_take(&in, 1)); break;
            case 5: fake.error = op & 8 ? 5 : 0; break;
            case 6: access_at(&in, fuzz_take(&in, 4), width, op & 8); break;
            default: board_reset(); break;
            }
        }
    }
    alive();
    return 0;
}
