/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/conf.c: what each option takes, what it refuses, and where the message points. */
#include <string.h>

#include "boot/conf.h"
#include "tests/unit/unit.h"

static struct conf c;

#define CHECK_ERROR(want) CHECK(strcmp(c.error, want) == 0)

static bool parse(const char *text) {
    conf_init(&c);
    return conf_parse_file(&c, "pyrite.conf", text, strlen(text));
}

static bool cmdline(const char *text) {
    conf_init(&c);
    return conf_parse_cmdline(&c, text);
}

UNIT_TEST(conf_sizes) {
    static const struct {
        const char *text;
        uint64_t want;
    } cases[] = {
        {"512", 512ull << 20}, {"1", 1 << 20},     {"64K", 64 << 10},  {"3M", 3 << 20},
        {"2G", 2ull << 30},    {"1T", 1ull << 40}, {"2g", 2ull << 30}, {"0x10", 16 << 20},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        conf_init(&c);
        CHECK(conf_set(&c, "m", cases[i].text));
        CHECK_EQ(c.m, cases[i].want);
    }
}

UNIT_TEST(conf_bad_sizes) {
    static const char *const bad[] = {
        "0", "", "G", "1GB", "-1", "1.5G", "18446744073709551616", "17592186044416M", "0x", "99999999T"};

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        conf_init(&c);
        CHECK(!conf_set(&c, "m", bad[i]));
        CHECK_EQ(c.m, 0);
        CHECK(strncmp(c.error, "m: ", 3) == 0);
    }
}

UNIT_TEST(conf_numbers) {
    conf_init(&c);
    CHECK(conf_set(&c, "smp", "1") && c.smp == 1);
    CHECK(conf_set(&c, "debugexit", "0x501") && c.debugexit == 0x501);
    CHECK(conf_set(&c, "timeout", "60") && c.timeout == 60);
    CHECK(!conf_set(&c, "smp", "0"));
    CHECK(!conf_set(&c, "smp", "two"));
    CHECK(!conf_set(&c, "debugexit", "0x10000"));
    CHECK_ERROR("debugexit: out of range: 0x10000");
    CHECK(!conf_set(&c, "timeout", "4294967296"));
}

UNIT_TEST(conf_choices) {
    conf_init(&c);
    CHECK(conf_set(&c, "backend", "interp") && strcmp(c.backend, "interp") == 0);
    CHECK(!conf_set(&c, "backend", "inter"));
    CHECK_ERROR("backend: not known: inter; known: x86 interp ");
    CHECK(!conf_set(&c, "backend", "x86 interp"));
    CHECK(!conf_set(&c, "panic", "haltx"));
}

UNIT_TEST(conf_drives) {
    CHECK(parse("drive=file=a.img\ndrive=file=b.img,ro\ndrive=rw,file=/c\n"));
    CHECK_EQ(c.ndrives, 3);
    CHECK(strcmp(c.drive[0].file, "a.img") == 0 && c.drive[0].mode == CONF_OVERLAY);
    CHECK(strcmp(c.drive[1].file, "b.img") == 0 && c.drive[1].mode == CONF_RO);
    CHECK(strcmp(c.drive[2].file, "/c") == 0 && c.drive[2].mode == CONF_RW);
    CHECK(!parse("drive=a.img\n"));
    CHECK_ERROR("pyrite.conf:1: drive: 'a.img' is not file=NAME, disk=NAME, ro, overlay or rw");
    CHECK(!parse("drive=ro\n"));
    CHECK(!parse("drive=file=x\ndrive=file=x\ndrive=file=x\ndrive=file=x\ndrive=file=x\ndrive=file=x\ndrive=file=x\n"));
    CHECK(strncmp(c.error, "pyrite.conf:7: drive: too many", 30) == 0);
}

UNIT_TEST(conf_file_forms) {
    CHECK(parse("\xef\xbb\xbf# comment\r\n\r\n  m = 2G \r\nappend=root=/dev/vda console=ttyS0 # kept\nkernel=\"a "
                "b\"\ncpu=max"));
    CHECK_EQ(c.m, 2ull << 30);
    CHECK(strcmp(c.append, "root=/dev/vda console=ttyS0 # kept") == 0);
    CHECK(strcmp(c.kernel, "a b") == 0);
    CHECK(strcmp(c.cpu, "max") == 0);
    CHECK(parse("m=1G\nm=3G\n") && c.m == 3ull << 30);
    CHECK(parse("append=\n") && c.append[0] == 0);
    CHECK(parse(""));
}

UNIT_TEST(conf_file_errors) {
    CHECK(!parse("m=1G\n\nkernle=Image\n"));
    CHECK_ERROR(
        "pyrite.conf:3: unknown option 'kernle'; known: m smp cpu bios kernel initrd append drive d symbols "
        "dfilter netdev mac global backend panic test debugexit timeout codecache hot telnet status token net memory "
        "pti");
    CHECK(!parse("kernel Image\n"));
    CHECK_ERROR("pyrite.conf:1: 'kernel Image' is not name=value");
    CHECK(!parse("=x\n"));
    CHECK(!parse("kernel=\n"));
    CHECK_ERROR("pyrite.conf:1: kernel: no value");
    conf_init(&c);
    CHECK(!conf_parse_file(&c, "p", "m=1G\nk\0x=1", 10));
    CHECK_ERROR("p:2: a zero byte: this is not a text file");
}

/* The pool and the message buffer are bounded whatever comes. */
UNIT_TEST(conf_too_long) {
    static char text[2 * CONF_POOL];

    memset(text, 'a', sizeof text);
    conf_init(&c);
    CHECK(!conf_parse_file(&c, "p", text, sizeof text));
    CHECK_ERROR("p:1: the configuration is too long");
    text[sizeof text - 1] = 0;
    CHECK(!cmdline(text));
    CHECK_ERROR("the command line is too long");
    text[CONF_POOL / 2] = 0;
    conf_init(&c);
    CHECK(!conf_set(&c, text, "1"));
    CHECK_EQ(strlen(c.error), CONF_ERROR - 1);
    text[6] = '=';
    memcpy(text, "append", 6);
    CHECK(cmdline(text));
    CHECK_EQ(strlen(c.append), CONF_POOL / 2 - 7);
}

UNIT_TEST(conf_cmdline) {
    CHECK(cmdline("  m=1G append=\"console=ttyS0 quiet\"  kernel=Image\tdebugexit=0x501\n"));
    CHECK_EQ(c.m, 1ull << 30);
    CHECK(strcmp(c.append, "console=ttyS0 quiet") == 0);
    CHECK(strcmp(c.kernel, "Image") == 0);
    CHECK_EQ(c.debugexit, 0x501);
    CHECK(cmdline("\"append=a b\"") && strcmp(c.append, "a b") == 0);
    CHECK(cmdline(""));
    CHECK(!cmdline("quiet"));
    CHECK_ERROR("'quiet' is not name=value");
    CHECK(!cmdline("append=\"a"));
}

UNIT_TEST(conf_files_of_the_network) {
    const char *names[8];
    conf_init(&c);
    CHECK(conf_set(&c, "kernel", "http://h/f,sha256=00") && conf_set(&c, "initrd", "tftp://h/f"));
    CHECK(conf_set(&c, "drive", "ro,file=http://h/a,sha256=00,size=7"));
    CHECK(!strcmp(c.drive[0].file, "http://h/a,sha256=00,size=7") && c.drive[0].mode == CONF_RO);
    CHECK(!conf_set(&c, "drive", "file=a.img,size=7") && !conf_set(&c, "drive", "size=7,file=http://h/a"));
    CHECK(conf_set(&c, "drive", "file=a.img"));
    CHECK(conf_files(&c, names, 8) == 1 && !strcmp(names[0], "a.img"));
}

UNIT_TEST(conf_files_in_order) {
    const char *names[8];

    CHECK(parse("drive=file=d0\ninitrd=i\nkernel=k\nbios=b\ndrive=file=d1\n"));
    CHECK_EQ(conf_files(&c, names, 8), 5);
    CHECK(strcmp(names[0], "b") == 0 && strcmp(names[1], "k") == 0 && strcmp(names[2], "i") == 0);
    CHECK(strcmp(names[3], "d0") == 0 && strcmp(names[4], "d1") == 0);
    CHECK_EQ(conf_files(&c, names, 2), 2);
    CHECK(parse("bios=none\nkernel=k\n"));
    CHECK_EQ(conf_files(&c, names, 8), 1);
}

UNIT_TEST(conf_drive_disk) {
    const char *names[8];
    static struct conf d;
    conf_init(&d);
    CHECK(conf_set(&d, "drive", "disk=nvme0p3,rw"));
    CHECK(conf_set(&d, "drive", "ro,disk=http://label"));
    CHECK(conf_set(&d, "drive", "file=a.img"));
    CHECK(d.ndrives == 3 && d.drive[0].disk && d.drive[0].mode == CONF_RW && !strcmp(d.drive[0].file, "nvme0p3"));
    CHECK(d.drive[1].disk && d.drive[1].mode == CONF_RO && !strcmp(d.drive[1].file, "http://label"));
    CHECK(!d.drive[2].disk && d.drive[2].mode == CONF_OVERLAY);
    CHECK_EQ(conf_files(&d, names, 8), 1); /* a disk is no file of the boot medium */
    CHECK(!conf_set(&d, "drive", "disk="));
}
