/* SPDX-License-Identifier: BSD-2-Clause */
/* Engine address space: areas that only grow. Assumes paging_init(); everything handed out stays mapped for good. */
#include "kernel/mm/mm.h"

#include <string.h>

#include "kernel/memlayout.h"
#include "kernel/plat.h"
#include "kernel/x86/paging.h"

static uint64_t vm_next = VM_BASE;
static plat_lock_t vm_lock;

static uint64_t vm_take(uint64_t size, uint64_t align) {
    plat_lock(&vm_lock);
    uint64_t at = (vm_next + align - 1) & ~(align - 1);
    bool fits = size <= VM_BASE + VM_SIZE - PAGE_SIZE - at;
    if (fits)
        vm_next = at + size + PAGE_SIZE; /* an unmapped page after each */
    plat_unlock(&vm_lock);
    return fits ? at : 0;
}

/* Sixteen words at a time: all of the guest's memory comes by here. */
static bool is_zero(const uint64_t *page) {
    typedef uint64_t two __attribute__((vector_size(16)));
    const two *p = (const two *)page;
    two any = {0, 0};
    for (unsigned i = 0; i < PAGE_SIZE / 16; i += 8)
        any |= p[i] | p[i + 1] | p[i + 2] | p[i + 3] | p[i + 4] | p[i + 5] | p[i + 6] | p[i + 7];
    return !(any[0] | any[1]);
}

/* Memory of a VM is zero mostly, and a write makes the host find a page for it: looks first. */
void vmm_zero(uint64_t phys, uint64_t size) {
    for (uint64_t *p = phys_direct(phys), *end = p + size / 8; p < end; p += PAGE_SIZE / 8) {
        if (!is_zero(p))
            memset(p, 0, PAGE_SIZE);
    }
}

/* Maps one piece at one or two addresses. */
static bool map_both(uint64_t pa, uint64_t size, uint64_t va1, unsigned flags1, uint64_t va2, unsigned flags2,
                     bool zero) {
    if (zero)
        vmm_zero(pa, size);
    return paging_map(va1, pa, size, flags1) && (va2 == 0 || paging_map(va2, pa, size, flags2));
}

bool vmm_gather(uint64_t size, uint64_t va1, unsigned flags1, uint64_t va2, unsigned flags2, bool zero) {
    for (uint64_t done = 0; done < size;) {
        uint64_t left = size - done;
        uint64_t align = left >= PAGE_1G ? PAGE_1G : PAGE_2M;
        uint64_t n = pmm_largest(align) / align * align;
        if (n == 0 && align == PAGE_1G) {
            align = PAGE_2M;
            n = pmm_largest(align) / align * align;
        }
        if (n > left)
            n = align == PAGE_1G ? left / align * align : (left + align - 1) / align * align;
        uint64_t pa = n ? pmm_alloc(n, align, PMM_ANYWHERE) : PMM_NONE;
        if (pa == PMM_NONE || !map_both(pa, n, va1 + done, flags1, va2 ? va2 + done : 0, flags2, zero))
            return false;
        done += n;
    }
    return true;
}

void *vmm_alloc(uint64_t size) {
    size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    uint64_t align = size >= PAGE_2M ? PAGE_2M : PAGE_SIZE;
    uint64_t pa = pmm_alloc(size, align, PMM_ANYWHERE);
    if (pa != PMM_NONE) {
        vmm_zero(pa, size);
        return phys_direct(pa);
    }
    size = (size + PAGE_2M - 1) & ~(PAGE_2M - 1);
    uint64_t va = pmm_units(PAGE_2M) < size ? 0 : vm_take(size, PAGE_2M);
    return va && vmm_gather(size, va, PG_WRITE, 0, 0, true) ? (void *)va : NULL;
}

void *vmm_stack(uint64_t size) {
    uint64_t pa = pmm_alloc(size, PAGE_SIZE, PMM_ANYWHERE);
    uint64_t va = vm_take(size + PAGE_SIZE, PAGE_SIZE);
    if (pa == PMM_NONE || !va || !paging_map(va + PAGE_SIZE, pa, size, PG_WRITE))
        plat_panic("no memory for a stack of %llu bytes", (unsigned long long)size);
    vmm_zero(pa, size);
    return (void *)(va + PAGE_SIZE + size);
}

void *vmm_map_phys(uint64_t phys, uint64_t size, unsigned flags) {
    uint64_t first = phys & ~(PAGE_SIZE - 1);
    uint64_t len = (phys + size - first + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (size == 0 || phys + size < phys || phys + size > 1ull << 52)
        return NULL;
    uint64_t va = vm_take(len, len >= PAGE_2M ? PAGE_2M : PAGE_SIZE);
    if (!va)
        return NULL;
    if (len >= PAGE_2M && (first & (PAGE_2M - 1))) { /* same offset in 2 MiB, so that large pages fit */
        va = vm_take(len + PAGE_2M, PAGE_2M);
        if (!va)
            return NULL;
        va += first & (PAGE_2M - 1);
    }
    return paging_map(va, first, len, flags) ? (void *)(va + (phys - first)) : NULL;
}
