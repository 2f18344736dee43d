/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel/plat_mmu.h for a Linux process: a root is a window of the address space, 512 GiB around its base, in which
 * pieces of the memory file behind guest RAM are mapped. Everything else in it, and a guard on both sides for what a
 * displacement adds, is reserved and faults.
 *
 * The kernel gives a process some 65000 mappings: pieces are counted, and when there are too many the caller is told to
 * clear. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/hosted/hosted.h"

#define HALF ((uint64_t)1 << (PLAT_ROOT_BITS - 1))
#define GUARD ((uint64_t)8 << 30)
enum { PAGE = 4096, REGION_BITS = 21, NAPOT_BITS = 16, GIGA_BITS = 30, MAX_PIECES = 50000, HWCAP2_FSGSBASE = 2 };
enum { REGIONS = 1 << (PLAT_ROOT_BITS - REGION_BITS), GIGAS = 1 << (PLAT_ROOT_BITS - GIGA_BITS) };

struct plat_root {
    uint8_t *base;                   /* of guest address 0 */
    unsigned pieces;                 /* mapped since it was clear: an upper bound of its mappings */
    uint64_t giga[GIGAS / 64];       /* bit per GiB: a piece of a guest page of that size or more is mapped there */
    bool napot;                      /* of 64 KiB */
    uint64_t mapped[REGIONS / 64];   /* bit per 2 MiB: something is mapped there */
    uint64_t large[REGIONS / 64];    /* a piece of a guest page of 2 MiB is */
};

static struct {
    uint8_t *base;
    uint64_t size;
    int fd;
} ram;
static bool started, fsgsbase;
static unsigned pieces; /* of all roots */

const bool plat_direct_pays = false;

bool hosted_roots(void) { return started; }

enum plat_mmu plat_mmu_start(const char **why) {
    unsigned long hwcap2 = getauxval(AT_HWCAP2);
    (void)why;
    fsgsbase = hwcap2 & HWCAP2_FSGSBASE;
    started = true;
    hosted_faults_resume();
    return PLAT_MMU_WINDOW;
}

void *hosted_ram_map(uint64_t size, uint64_t align) {
    ram.fd = memfd_create("pyrite-ram", MFD_CLOEXEC);
    if (ram.fd < 0 || ftruncate(ram.fd, (off_t)size) != 0)
        return NULL;
    uint8_t *p = mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    p = (uint8_t *)(((uintptr_t)p + align - 1) & ~(uintptr_t)(align - 1));
    if (mmap(p, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram.fd, 0) == MAP_FAILED)
        return NULL;
    ram.base = p;
    ram.size = size;
    return p;
}

/* ---- roots ---- */

static bool reserve(uint8_t *at, uint64_t size) {
    return mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0) !=
           MAP_FAILED;
}

struct plat_root *plat_root_new(struct plat_hart *hart, unsigned share) {
    struct plat_root *r = calloc(1, sizeof *r);
    (void)hart;
    (void)share; /* each window has its own mappings */
    if (!r)
        return NULL;
    uint8_t *p =
        mmap(NULL, 2 * (HALF + GUARD), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        free(r);
        return NULL;
    }
    r->base = p + GUARD + HALF;
    return r;
}

static unsigned region_of(uint64_t va) { return (unsigned)(va >> REGION_BITS) & (REGIONS - 1); }
static unsigned giga_of(uint64_t va) { return (unsigned)(va >> GIGA_BITS) & (GIGAS - 1); }
static void bit_set(uint64_t *map, unsigned i) { map[i / 64] |= (uint64_t)1 << i % 64; }
static bool bit(const uint64_t *map, unsigned i) { return map[i / 64] >> i % 64 & 1; }

enum plat_map plat_root_map(struct plat_root *r, uint64_t va, const void *at, uint64_t size, unsigned flags,
                            unsigned lg_leaf) {
    uint64_t off = (uint64_t)((const uint8_t *)at - ram.base);
    int prot = PROT_READ | (flags & PLAT_MAP_WRITE ? PROT_WRITE : 0);
    if (off >= ram.size || size > ram.size - off)
        return PLAT_MAP_NEVER;
    if (pieces >= MAX_PIECES)
        return PLAT_MAP_FULL;
    if (mmap(r->base + (int64_t)va, size, prot, MAP_SHARED | MAP_FIXED, ram.fd, (off_t)off) == MAP_FAILED)
        return errno == ENOMEM ? PLAT_MAP_FULL : PLAT_MAP_NEVER;
    r->pieces++;
    pieces++;
    bit_set(r->mapped, region_of(va));
    if (lg_leaf >= GIGA_BITS)
        bit_set(r->giga, giga_of(va));
    else if (lg_leaf >= REGION_BITS)
        bit_set(r->large, region_of(va));
    else if (lg_leaf >= NAPOT_BITS)
        r->napot = true;
    return PLAT_MAP_OK;
}

unsigned plat_root_mapped(const struct plat_root *r, uint64_t va, unsigned n) {
    (void)r;
    (void)va;
    (void)n;
    return 0; /* not known */
}

static void drop(struct plat_root *r, uint64_t va, uint64_t size) {
    if (!reserve(r->base + (int64_t)(va & ~(size - 1)), size))
        plat_panic("cannot unmap guest memory: %s", strerror(errno));
}

void plat_root_clear(struct plat_root *r, bool shared) {
    (void)shared;
    if (!r->pieces)
        return;
    if (!reserve(r->base - HALF, 2 * HALF))
        plat_panic("cannot clear a root: %s", strerror(errno));
    pieces -= r->pieces;
    r->pieces = 0;
    r->napot = false;
    memset(r->giga, 0, sizeof r->giga);
    memset(r->mapped, 0, sizeof r->mapped);
    memset(r->large, 0, sizeof r->large);
}

void plat_root_unmap(struct plat_root *r, uint64_t va) {
    unsigned region = region_of(va);
    if ((int64_t)va >= (int64_t)HALF || (int64_t)va < -(int64_t)HALF)
        return;
    if (bit(r->giga, giga_of(va)))
        drop(r, va, (uint64_t)1 << GIGA_BITS);
    else if (bit(r->large, region))
        drop(r, va, (uint64_t)1 << REGION_BITS);
    else if (bit(r->mapped, region))
        drop(r, va, r->napot ? (uint64_t)1 << NAPOT_BITS : PAGE);
}

/* Whether it is this page that is mapped there is not known: so it goes. */
void plat_root_protect(struct plat_root *r, uint64_t va, const void *at) {
    (void)at;
    unsigned region = region_of(va);
    if (bit(r->mapped, region))
        drop(r, va, va & (((uint64_t)1 << REGION_BITS) - 1) ? PAGE : (uint64_t)1 << REGION_BITS);
}

void plat_root_use(struct plat_hart *hart, struct plat_root *r) {
    if (hart->plat == r)
        return;
    hart->plat = r;
    if (fsgsbase)
        __asm__ volatile("wrgsbase %0" ::"r"(r->base));
    else
        syscall(SYS_arch_prctl, ARCH_SET_GS, r->base);
}

uint64_t hosted_guest_address(const struct plat_hart *hart, const void *host) {
    const struct plat_root *r = hart->plat;
    return r ? (uint64_t)((const uint8_t *)host - r->base) : 0;
}
