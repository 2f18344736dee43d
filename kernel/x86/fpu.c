/* SPDX-License-Identifier: BSD-2-Clause */
/* What the CPU can do: the least that Pyrite needs (x86-64-v2), vector state switched on, and the features that
 * translated code may use. Bits: Intel SDM volume 2A, CPUID; levels: x86-64 psABI 3.1.1. */
#include "kernel/x86/cpu.h"

#include <stdio.h>
#include <string.h>

#include "kernel/x86/x86.h"

struct plat_cpu plat_cpu;

enum { XCR0_X87_SSE = 3, XCR0_AVX = 4, XCR0_AVX512 = 0xe0 };

static uint64_t enable_xsave(void) {
    if (!(cpuid(1, 0).c >> 26 & 1))
        return XCR0_X87_SSE;
    write_cr4(read_cr4() | CR4_OSXSAVE);
    struct cpuid can = cpuid(0xd, 0);
    uint64_t want = XCR0_X87_SSE;
    if (can.a & XCR0_AVX)
        want |= XCR0_AVX;
    if ((can.a & (XCR0_AVX | XCR0_AVX512)) == (XCR0_AVX | XCR0_AVX512))
        want |= XCR0_AVX512;
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)want), "d"(0));
    return want;
}

void fpu_init(void) {
    uint64_t xcr0 = enable_xsave();
    struct cpuid c1 = cpuid(1, 0), c7 = cpuid_checked(7, 0), x1 = cpuid_checked(0x80000001, 0);
    bool avx = (xcr0 & XCR0_AVX) && (c1.c >> 28 & 1);
    bool v512 = avx && (xcr0 & XCR0_AVX512) == XCR0_AVX512;
    plat_cpu = (struct plat_cpu){
        .cx16 = c1.c >> 13 & 1,
        .popcnt = c1.c >> 23 & 1,
        .sse41 = c1.c >> 19 & 1,
        .lzcnt = x1.c >> 5 & 1,
        .bmi1 = c7.b >> 3 & 1,
        .bmi2 = c7.b >> 8 & 1,
        .avx = avx,
        .avx2 = avx && (c7.b >> 5 & 1),
        .fma = avx && (c1.c >> 12 & 1),
        .f16c = avx && (c1.c >> 29 & 1),
        /* F, DQ, CD, BW, VL: level v4 */
        .avx512 =
            v512 && (c7.b >> 16 & 1) && (c7.b >> 17 & 1) && (c7.b >> 28 & 1) && (c7.b >> 30 & 1) && (c7.b >> 31 & 1),
        .aes = c1.c >> 25 & 1,
        .pclmul = c1.c >> 1 & 1,
        .sha = c7.b >> 29 & 1,
        .gfni = c7.c >> 8 & 1,
    };
}

const char *cpu_missing(void) {
    static const struct {
        uint32_t leaf;
        bool edx;
        uint8_t bit;
        const char *name;
    } need[] = {
        {1, false, 0, "SSE3"},          {1, false, 9, "SSSE3"},       {1, false, 13, "CX16"},
        {1, false, 19, "SSE4.1"},       {1, false, 20, "SSE4.2"},     {1, false, 23, "POPCNT"},
        {0x80000001, false, 0, "LAHF"}, {0x80000001, true, 20, "NX"}, {0x80000001, true, 11, "SYSCALL"},
    };
    static char text[80];
    text[0] = 0;
    for (unsigned i = 0; i < sizeof need / sizeof *need; i++) {
        struct cpuid c = cpuid_checked(need[i].leaf, 0);
        if (!((need[i].edx ? c.d : c.c) >> need[i].bit & 1)) {
            strcat(text, text[0] ? ", " : "");
            strcat(text, need[i].name);
        }
    }
    return text[0] ? text : NULL;
}

unsigned cpu_level(void) {
    bool v3 = plat_cpu.avx2 && plat_cpu.fma && plat_cpu.bmi1 && plat_cpu.bmi2 && plat_cpu.lzcnt;
    return v3 ? plat_cpu.avx512 ? 4 : 3 : 2;
}

const char *cpu_name(void) {
    static char name[52];
    if (cpuid(0x80000000, 0).a < 0x80000004)
        return "unknown";
    for (uint32_t i = 0; i < 3; i++) {
        struct cpuid c = cpuid(0x80000002 + i, 0);
        memcpy(name + 16 * i, &c, 16);
    }
    char *p = name;
    while (*p == ' ')
        p++;
    for (size_t n = strlen(p); n && p[n - 1] == ' ';)
        p[--n] = 0;
    return *p ? p : "unknown";
}
