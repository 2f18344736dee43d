/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest images: recognised, placed, and refused with a message that says what and where. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "devices/loader.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

#define BASE 0x80000000ull
enum { RAM = 1 << 20 };
static uint8_t ram_bytes[RAM];
static const struct loader_ram ram = {ram_bytes, BASE, RAM};
static uint8_t file[4096];
static struct image im;
static struct placed at;

static void put(size_t off, uint64_t v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        file[off + i] = (uint8_t)(v >> 8 * i);
}

/* An ELF with one segment of 16 bytes (32 in memory) at BASE + 0x1000, and a symbol table with "tohost". */
static void make_elf(void) {
    memset(file, 0, sizeof file);
    memset(ram_bytes, 0xcc, sizeof ram_bytes);
    memcpy(file, "\177ELF\2\1\1", 7);
    put(16, 2, 2);
    put(18, 243, 2);
    put(24, BASE + 0x1004, 8); /* e_entry */
    put(32, 64, 8);            /* e_phoff */
    put(40, 1024, 8);          /* e_shoff */
    put(54, 56, 2);
    put(56, 1, 2);
    put(58, 64, 2);
    put(60, 3, 2);
    put(64, 1, 4);             /* PT_LOAD */
    put(72, 512, 8);
    put(80, 0xffffffff80001000, 8);
    put(88, BASE + 0x1000, 8);
    put(96, 16, 8);
    put(104, 32, 8);
    memset(file + 512, 0x5a, 16);
    put(1024 + 64 + 4, 2, 4);  /* section 1: symbols at 600 */
    put(1024 + 64 + 24, 600, 8);
    put(1024 + 64 + 32, 48, 8);
    put(1024 + 64 + 40, 2, 4);
    put(1024 + 128 + 4, 3, 4); /* section 2: names at 700 */
    put(1024 + 128 + 24, 700, 8);
    put(1024 + 128 + 32, 9, 8);
    put(624, 1, 4);
    put(630, 1, 2);
    put(632, BASE + 0x1008, 8);
    memcpy(file + 700, "\0tohost", 8);
}

static bool parse(uint64_t size) {
    im = (struct image){.option = "kernel", .file = "test"};
    return image_parse(&im, file, size, false, RAM);
}
static bool place(void) { return parse(2048) && image_place(&im, &ram, BASE, BASE, &at); }
static bool says(const char *what) {
    bool ok = strstr(loader_error, what) && !strncmp(loader_error, "kernel: test: ", 14);
    if (!ok)
        plat_log("message was: %s\n", loader_error);
    return ok;
}

UNIT_TEST(loader_elf) {
    uint64_t v = 0;
    make_elf();
    CHECK(place());
    CHECK_EQ(im.kind, IMAGE_ELF);
    CHECK_EQ(at.start, BASE + 0x1000);
    CHECK_EQ(at.end, BASE + 0x1020);
    CHECK_EQ(at.entry, BASE + 0x1004);
    CHECK(ram_bytes[0xfff] == 0xcc && ram_bytes[0x1000] == 0x5a && ram_bytes[0x1010] == 0 && ram_bytes[0x1020] == 0xcc);
    CHECK(image_symbol(&im, "tohost", &v));
    CHECK_EQ(v, BASE + 0x1008);
    CHECK(!image_symbol(&im, "tohos", &v));
    CHECK(!image_symbol(&im, "fromhost", &v));
    put(24, 0xffffffff80001004, 8); /* a virtual entry */
    CHECK(place());
    CHECK_EQ(at.entry, BASE + 0x1004);
}

/* OpenSBI 1.6's ELF files begin at address 0. */
UNIT_TEST(loader_elf_position_independent) {
    make_elf();
    put(16, 3, 2); /* ET_DYN in RAM: where it says */
    CHECK(place());
    CHECK_EQ(at.start, BASE + 0x1000);
    put(24, 0x1004, 8);
    put(80, 0x1000, 8);
    put(88, 0x1000, 8);
    CHECK(parse(2048) && image_place(&im, &ram, BASE, BASE + 0x8000, &at));
    CHECK_EQ(at.start, BASE + 0x8000);
    CHECK_EQ(at.end, BASE + 0x8020);
    CHECK_EQ(at.entry, BASE + 0x8004);
    CHECK(ram_bytes[0x7fff] == 0xcc && ram_bytes[0x8000] == 0x5a && ram_bytes[0x8010] == 0 &&
          ram_bytes[0x8020] == 0xcc);
    put(104, RAM - 0x7fff, 8);
    CHECK(!image_place(&im, &ram, BASE, BASE + 0x8000, &at));
    CHECK(says("does not fit the guest's RAM"));
    put(16, 2, 2); /* not position-independent */
    CHECK(!place());
    CHECK(says("does not fit the guest's RAM"));
}

UNIT_TEST(loader_elf_refused) {
    static const struct {
        size_t off;
        uint64_t val;
        unsigned bytes;
        const char *message;
    } bad[] = {
        {18, 62, 2, "another machine (e_machine 62)"},
        {5, 2, 1, "big-endian"},
        {4, 1, 1, "32-bit ELF"},
        {16, 1, 2, "not an executable"},
        {54, 32, 2, "program headers have a wrong size"},
        {56, 0, 2, "nothing to load"},
        {56, 65535, 2, "truncated"},
        {32, UINT64_MAX - 8, 8, "truncated (program headers)"},
        {72, 2040, 8, "truncated (segment at 0x80001000)"},
        {72, UINT64_MAX - 4, 8, "truncated (segment at"},
        {96, UINT64_MAX, 8, "larger in the file than in memory"},
        {88, BASE + RAM - 16, 8, "does not fit the guest's RAM [0x80000000, 0x80100000)"},
        {88, 0, 8, "does not fit the guest's RAM"},
        {88, UINT64_MAX - 8, 8, "does not fit the guest's RAM"},
        {104, (uint64_t)2 << 30, 8, "needs 2097152 KiB, more than the guest's RAM of 1024 KiB"},
        {104, UINT64_MAX - 1, 8, "more than the guest's RAM"},
        {24, 0x1234, 8, "entry 0x1234 is not in the guest's RAM"},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        make_elf();
        put(bad[i].off, bad[i].val, bad[i].bytes);
        CHECK(!place());
        CHECK(says(bad[i].message));
        CHECK_EQ(ram_bytes[0x1000], 0xcc); /* nothing was written */
    }
    make_elf();
    CHECK(!parse(63));
    CHECK(says("header is truncated"));
    CHECK(!parse(0));
    CHECK(says("empty"));
}

UNIT_TEST(loader_flat_image) {
    memset(file, 0x11, sizeof file);
    put(8, 0x20000, 8);        /* text_offset */
    put(16, 0x40000, 8);       /* image_size */
    memcpy(file + 56, "RSC\5", 4);
    CHECK(place());
    CHECK_EQ(im.kind, IMAGE_FLAT);
    CHECK_EQ(at.start, BASE + 0x20000);
    CHECK_EQ(at.end, BASE + 0x60000);
    CHECK_EQ(at.entry, at.start);
    CHECK(image_place(&im, &ram, BASE, BASE + 0x80000, &at));
    CHECK_EQ(at.start, BASE + 0x80000); /* not below the firmware's space */
    put(16, 0xe0001, 8);
    CHECK(!place());
    CHECK(says("does not fit"));
    put(8, UINT64_MAX - 4096, 8);
    put(16, UINT64_MAX, 8);
    CHECK(!place());
    CHECK(says("more than the guest's RAM"));
}

UNIT_TEST(loader_raw) {
    memset(file, 0x22, sizeof file);
    CHECK(parse(100) && image_place(&im, &ram, BASE, BASE + 0x3000, &at));
    CHECK_EQ(im.kind, IMAGE_RAW);
    CHECK_EQ(at.entry, BASE + 0x3000);
    CHECK_EQ(at.end, BASE + 0x3064);
    CHECK(!image_place(&im, &ram, BASE, BASE + RAM - 99, &at));
    CHECK(says("does not fit"));
}

static uint8_t packed[4096];
static uint64_t gzip(size_t len) {
    z_stream z = {0};
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = file;
    z.avail_in = (unsigned)len;
    z.next_out = packed;
    z.avail_out = sizeof packed;
    CHECK_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

UNIT_TEST(loader_gzip) {
    make_elf();
    uint64_t n = gzip(2048);
    im = (struct image){.option = "kernel", .file = "test"};
    CHECK(image_parse(&im, packed, n, false, RAM));
    CHECK_EQ(im.kind, IMAGE_ELF);
    CHECK_EQ(im.size, 2048);
    CHECK(!memcmp(im.data, file, 2048));
    CHECK(!image_parse(&im, packed, n, false, 2047));
    CHECK(says("more than the guest's RAM"));
    CHECK(image_parse(&im, packed, n, true, RAM)); /* an initrd stays as it is */
    CHECK(im.kind == IMAGE_RAW && im.size == n);
    packed[n / 2] ^= 0x55;
    CHECK(!image_parse(&im, packed, n, false, RAM));
    CHECK(says("damaged"));
    packed[n / 2] ^= 0x55;
    memcpy(packed + n - 30, packed + n - 4, 4); /* cut short, with a good length at the end */
    CHECK(!image_parse(&im, packed, n - 26, false, RAM));
    CHECK(says("compressed file is"));
}

UNIT_TEST(loader_zboot) {
    static uint8_t wrapped[4096];
    make_elf();
    uint64_t n = gzip(2048);
    memcpy(wrapped, "MZ\0\0zimg", 8);
    wrapped[9] = 1; /* payload at 256 */
    wrapped[12] = (uint8_t)n;
    wrapped[13] = (uint8_t)(n >> 8);
    memcpy(wrapped + 24, "gzip", 5);
    memcpy(wrapped + 256, packed, n);
    im = (struct image){.option = "kernel", .file = "test"};
    CHECK(image_parse(&im, wrapped, 256 + n, false, RAM));
    CHECK_EQ(im.kind, IMAGE_ELF);
    CHECK(!image_parse(&im, wrapped, 255 + n, false, RAM));
    CHECK(says("truncated"));
    memcpy(wrapped + 24, "zstd", 5);
    CHECK(!image_parse(&im, wrapped, 256 + n, false, RAM));
    CHECK(says("not compressed with gzip"));
}

/* Random damage to headers and tables: no message is wrong, nothing faults (this runs under the sanitizers too). */
UNIT_TEST(loader_survives_noise) {
    uint64_t seed = 7, v, taken = 0;
    for (int i = 0; i < 20000; i++) {
        make_elf();
        for (unsigned k = 1 + fake_random(&seed) % 4; k > 0; k--) {
            uint64_t r = fake_random(&seed);
            size_t off = r % 3 == 0 ? r / 8 % 120 : r % 3 == 1 ? 1024 + r / 8 % 192 : 600 + r / 8 % 110;
            file[off] = (uint8_t)(r >> 40);
        }
        if (!parse(2048))
            continue;
        taken += image_place(&im, &ram, BASE, BASE, &at);
        image_symbol(&im, "tohost", &v);
    }
    CHECK(taken > 0);
}
