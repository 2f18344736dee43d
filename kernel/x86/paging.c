/* SPDX-License-Identifier: BSD-2-Clause */
/* Host page tables. Assumes 4-level paging and that the memory behind tables is reachable at table_base + physical
 * address (one to one on the boot tables, the direct map afterwards). Guarantees: no page is both writable and
 * executable in one mapping, the image is not reachable through the direct map, entries that are not present are zero
 * (L1TF). */
#include "kernel/x86/paging.h"

#include <string.h>

#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/x86.h"

enum { P = 1, W = 2, U = 4, PWT = 8, PCD = 16, A = 32, D = 64, PS = 128, G = 256 };
#define NX (1ull << 63)
#define ADDR 0x000ffffffffff000ull
#define FOUR_GIB (4ull << 30)

extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_data_start[], kernel_end[];

static uint64_t root;
static plat_lock_t lock; /* who adds to tables; inside it pmm's only */
static uint64_t table_base;
static uint64_t table_below = FOUR_GIB; /* until the direct map is there */
static bool has_1g;
static uint32_t slots; /* that the root has */
static uint64_t entry; /* where ring 3 has tables of its own: the entry of slot 510 there, the way into the engine */

static uint64_t *table_at(uint64_t pa) { return (uint64_t *)(table_base + pa); }

static uint64_t table_new(void) {
    uint64_t pa = pmm_alloc(PAGE_SIZE, PAGE_SIZE, table_below);
    if (pa != PMM_NONE)
        memset(table_at(pa), 0, PAGE_SIZE);
    return pa;
}

/* A root of the guest's that is in use needs the slot at once; the others copy it when they are used. */
static void new_slot(uint64_t va, uint64_t entry) {
    uint64_t in_use = paging_ring3_top();
    slots++;
    if (entry && (va < USER_CODE_BASE || va >= USER_END))
        return;
    if (table_base == DIRECT_BASE && in_use != root)
        table_at(in_use)[va >> 39 & 511] = entry;
}

uint32_t paging_slots(void) { return slots; }

void paging_copy_slots(uint64_t *top) {
    const uint64_t *from = table_at(root);
    unsigned ram = USER_RAM_BASE >> 39 & 511, ram_end = ram + USER_RAM_SIZE / SLOT_SIZE;
    unsigned first = entry ? USER_CODE_BASE >> 39 & 511 : 256, end = entry ? USER_END >> 39 & 511 : 511;
    for (unsigned i = first; i < end; i++)
        top[i] = i >= ram && i < ram_end ? 0 : from[i];
    if (entry)
        top[KERNEL_VMA >> 39 & 511] = entry;
}

uint64_t paging_ring3_top(void) { return (entry ? cpu_this()->user_cr3 : read_cr3()) & ADDR; }

/* The entry for va at `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB) under the PML4 `top`; makes the tables above it. NULL: no
 * memory, or a large page is in the way. */
static uint64_t *entry_for(uint64_t top, uint64_t va, int level) {
    uint64_t *t = table_at(top);
    for (int l = 4;; l--) {
        uint64_t *e = &t[va >> (12 + 9 * (l - 1)) & 511];
        if (l == level)
            return e;
        if (!(*e & P)) {
            uint64_t pa = table_new();
            if (pa == PMM_NONE)
                return NULL;
            *e = pa | P | W | U; /* the leaf decides */
            if (l == 4 && top == root)
                new_slot(va, *e);
        } else if (*e & PS) {
            return NULL;
        }
        t = table_at(*e & ADDR);
    }
}

static uint64_t leaf_bits(unsigned flags) {
    uint64_t e = P | A | D;
    e |= flags & PG_WRITE ? W : 0;
    e |= flags & PG_USER ? U : G;
    e |= flags & PG_EXEC ? 0 : NX;
    e |= flags & PG_WC ? PWT : 0; /* PAT entry 1 */
    e |= flags & PG_UC ? PCD | PWT : 0;
    return e;
}

static bool map_range(uint64_t top, uint64_t va, uint64_t pa, uint64_t size, uint64_t bits) {
    while (size) {
        uint64_t both = va | pa;
        int level = has_1g && !(both & (PAGE_1G - 1)) && size >= PAGE_1G ? 3
                    : !(both & (PAGE_2M - 1)) && size >= PAGE_2M         ? 2
                                                                         : 1;
        uint64_t *e = entry_for(top, va, level);
        if (!e || *e)
            return false;
        *e = pa | bits | (level > 1 ? PS : 0);
        uint64_t n = 1ull << (12 + 9 * (level - 1));
        va += n;
        pa += n;
        size -= n;
    }
    return true;
}

bool paging_map(uint64_t va, uint64_t pa, uint64_t size, unsigned flags) {
    plat_lock(&lock);
    bool ok = map_range(root, va, pa, size, leaf_bits(flags));
    plat_unlock(&lock);
    return ok;
}

bool paging_walk(uint64_t va, uint64_t *pa) {
    uint64_t *t = table_at(root);
    for (int l = 4; l >= 1; l--) {
        uint64_t e = t[va >> (12 + 9 * (l - 1)) & 511], mask = (1ull << (12 + 9 * (l - 1))) - 1;
        if (!(e & P))
            return false;
        if (l == 1 || (l < 4 && (e & PS))) {
            *pa = (e & ADDR & ~mask) | (va & mask);
            return true;
        }
        t = table_at(e & ADDR);
    }
    return false;
}

static void must(bool ok, const char *what) {
    if (!ok)
        plat_panic("paging: cannot map %s (memory below 4 GiB too small?)", what);
}

static void map_image(uint64_t phys) {
    const struct {
        char *from, *to;
        unsigned flags;
    } part[] = {
        {kernel_start, kernel_text_end, PG_EXEC},
        {kernel_text_end, kernel_rodata_end, 0},
        {kernel_data_start, kernel_end, PG_WRITE},
    };
    for (unsigned i = 0; i < sizeof part / sizeof *part; i++)
        must(paging_map((uint64_t)part[i].from, phys + (uint64_t)(part[i].from - kernel_start),
                        (uint64_t)(part[i].to - part[i].from), part[i].flags),
             "the kernel image");
}

/* [from, to) of the direct map, less the image. */
static void map_direct(uint64_t from, uint64_t to, uint64_t image, uint64_t image_end) {
    from &= ~(PAGE_SIZE - 1);
    to = (to + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (to > DIRECT_SIZE)
        to = DIRECT_SIZE;
    while (from < to) {
        uint64_t end = to;
        if (from >= image && from < image_end) {
            from = image_end;
            continue;
        }
        if (from < image && end > image)
            end = image;
        must(paging_map((uint64_t)phys_direct(from), from, end - from, PG_WRITE), "all of memory");
        from = end;
    }
}

static void page_bounds(const struct boot_range *r, uint64_t *base, uint64_t *end) {
    *base = r->base & ~(PAGE_SIZE - 1);
    *end = (r->base + r->size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static bool mappable(const struct boot_range *r, uint64_t *base, uint64_t *end) {
    page_bounds(r, base, end);
    return r->type != BOOT_RESERVED && *end > *base;
}

static bool extend(const struct boot_info *bi, uint64_t *to) {
    for (uint32_t i = 0; i < bi->nranges; i++) {
        uint64_t base, end;
        if (mappable(&bi->range[i], &base, &end) && base <= *to && end > *to) {
            *to = end;
            return true;
        }
    }
    return false;
}

/* All that is not device memory is mapped; ranges that touch are mapped as one, so that large pages fit. Boot code
 * gives no more than BOOT_MAX_RANGES, so a quadratic search is good enough. */
static void map_memory(const struct boot_info *bi, uint64_t image, uint64_t image_end) {
    uint64_t at = 0;
    for (;;) {
        uint64_t from = ~0ull, to = 0;
        for (uint32_t i = 0; i < bi->nranges; i++) {
            uint64_t base, end;
            if (!mappable(&bi->range[i], &base, &end) || end <= at)
                continue;
            if (base < at)
                base = at;
            if (base < from) {
                from = base;
                to = end;
            }
        }
        if (from == ~0ull)
            return;
        while (extend(bi, &to))
            ;
        map_direct(from, to, image, image_end);
        at = to;
    }
}

void paging_cpu_init(void) {
    uint64_t cr4 = read_cr4() | CR4_PGE | CR4_MCE;
    struct cpuid f = cpuid_checked(7, 0);
    cr4 |= f.b >> 7 & 1 ? CR4_SMEP : 0;
    cr4 |= f.b >> 20 & 1 ? CR4_SMAP : 0;
    cr4 |= f.c >> 2 & 1 ? CR4_UMIP : 0;
    write_cr4(cr4);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE | EFER_SCE);
    wrmsr(MSR_PAT, 0x0007040600070106ull); /* WB WC UC- UC WB WT UC- UC (SDM 3A 12.12): entry 1 is write-combining */
}

void paging_init(const struct boot_info *bi) {
    has_1g = cpuid_checked(0x80000001, 0).d >> 26 & 1;
    paging_cpu_init();
    uint64_t image_size = (uint64_t)(kernel_end - kernel_start);
    root = table_new();
    must(root != PMM_NONE, "anything");
    map_image(bi->kernel_base);
    map_memory(bi, bi->kernel_base, bi->kernel_base + ((image_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)));
    write_cr3(root);
    table_base = DIRECT_BASE;
    table_below = PMM_ANYWHERE;
}

uint64_t paging_firmware_root(const struct boot_info *bi) {
    uint64_t top = table_new();
    if (top == PMM_NONE)
        return 0;
    memcpy(table_at(top) + 256, table_at(root) + 256, PAGE_SIZE / 2);
    for (uint32_t i = 0; i < bi->nranges; i++) {
        uint64_t base, end;
        page_bounds(&bi->range[i], &base, &end);
        if (bi->range[i].type == BOOT_RUNTIME && end > base && end <= 256 * SLOT_SIZE &&
            !map_range(top, base, base, end - base, P | W | A | D))
            return 0;
    }
    return top;
}

uint64_t paging_start_root(uint64_t phys) {
    uint64_t top = pmm_alloc(PAGE_SIZE, PAGE_SIZE, FOUR_GIB);
    if (top == PMM_NONE)
        return 0;
    memset(table_at(top), 0, PAGE_SIZE);
    memcpy(table_at(top) + 256, table_at(root) + 256, PAGE_SIZE / 2);
    return map_range(top, phys, phys, PAGE_SIZE, P | A) ? top : 0;
}

static bool map_entry(uint64_t top, const char *from, const char *to, uint64_t bits) {
    uint64_t pa;
    for (uint64_t va = (uint64_t)from; va < (uint64_t)to; va += PAGE_SIZE)
        if (!paging_walk(va, &pa) || !map_range(top, va, pa, PAGE_SIZE, bits))
            return false;
    return true;
}

uint64_t paging_split(void) {
    uint64_t top = table_new(), *t = table_at(top);
    if (top == PMM_NONE || !map_entry(top, entry_text, entry_text_end, P | A | D) ||
        !map_entry(top, entry_data, entry_data_end, P | W | A | D | NX))
        return 0;
    entry = t[KERNEL_VMA >> 39 & 511];
    paging_copy_slots(t);
    for (uint64_t va = USER_RAM_BASE; va < USER_RAM_BASE + USER_RAM_SIZE; va += SLOT_SIZE)
        t[va >> 39 & 511] = table_at(root)[va >> 39 & 511];
    return top;
}
