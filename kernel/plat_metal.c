/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel/plat.h on the bare PC: memory in both views, gates, console, entropy, what the banner says. Events and time
 * are in events.c, files and storage in storage.c, log and panic in log.c and panic.c, the end in power.c. */
#include <string.h>

#include "kernel/drivers/acpi.h"
#include "kernel/drivers/drivers.h"
#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { USER_STACK = 16384, MXCSR_DEFAULT = 0x1f80 };

static uint64_t code_next = USER_CODE_BASE, mem_next = USER_MEM_BASE, ram_next = USER_RAM_BASE,
                engine_ram_next = ENGINE_RAM_BASE;
static uint64_t memory_total;
static plat_lock_t memory_lock; /* of what is given out here */
plat_gate_fn *metal_gate_fn;
_Noreturn void gate_bad_address(uint64_t code);

/* ---- memory ---- */

void plat_metal_init(void) {
    memory_total = pmm_free_bytes();
    heap_reserve();
}
uint64_t plat_memory_total(void) { return memory_total; }

static uint64_t round_up(uint64_t n, uint64_t unit) { return (n + unit - 1) / unit * unit; }

static bool user_alloc(size_t rw_size, size_t ro_size, struct plat_user_mem *out) {
    uint64_t size = rw_size + ro_size, align = size >= PAGE_2M ? PAGE_2M : PAGE_SIZE;
    if (size == 0 || ((rw_size | ro_size) & (PAGE_SIZE - 1)) || size < rw_size)
        return false;
    uint64_t pa = pmm_alloc(size, align, PMM_ANYWHERE), va = round_up(mem_next, align);
    if (pa == PMM_NONE || size > USER_MEM_BASE + USER_MEM_SIZE - PAGE_SIZE - va)
        return false;
    vmm_zero(pa, size);
    if ((rw_size && !paging_map(va, pa, rw_size, PG_USER | PG_WRITE)) ||
        (ro_size && !paging_map(va + rw_size, pa + rw_size, ro_size, PG_USER)))
        return false;
    mem_next = va + size + PAGE_SIZE; /* an unmapped page between any two */
    *out = (struct plat_user_mem){phys_direct(pa), va, size};
    return true;
}

bool plat_user_alloc(size_t rw_size, size_t ro_size, struct plat_user_mem *out) {
    plat_lock(&memory_lock);
    bool ok = user_alloc(rw_size, ro_size, out);
    plat_unlock(&memory_lock);
    return ok;
}

/* Only the start asks for guest RAM. It is in one piece where there is one, and seen by the engine through the direct
 * map then; else gathered, with a mapping for the engine of its own. */
bool plat_ram_alloc(uint64_t size, struct plat_user_mem *out, uint64_t *avail) {
    uint64_t units = pmm_units(PAGE_2M), reserve = heap_reserve() + 2 * PAGE_2M;
    *avail = units > reserve ? (units - reserve) & ~(PAGE_2M - 1) : 0;
    if (size == 0 || size > *avail || (size & (PAGE_2M - 1)) || size > USER_RAM_SIZE / 2)
        return false;
    uint64_t align = size >= PAGE_1G && pmm_largest(PAGE_1G) >= size ? PAGE_1G : PAGE_2M;
    uint64_t user = round_up(ram_next, PAGE_1G);
    ram_next = user + size + PAGE_1G;
    uint64_t pa = pmm_alloc(size, align, PMM_ANYWHERE);
    if (pa != PMM_NONE) {
        vmm_zero(pa, size);
        *out = (struct plat_user_mem){phys_direct(pa), user, size};
        return paging_map(user, pa, size, PG_USER | PG_WRITE);
    }
    uint64_t engine = round_up(engine_ram_next, PAGE_1G);
    engine_ram_next = engine + size + PAGE_1G;
    *out = (struct plat_user_mem){(void *)engine, user, size};
    return vmm_gather(size, engine, PG_WRITE, user, PG_USER | PG_WRITE, true);
}

void *plat_alloc(size_t size) { return vmm_alloc(size); }

static uint64_t code_room(void) {
    uint64_t units = pmm_units(PAGE_2M), reserve = round_up(heap_reserve(), PAGE_2M);
    return units > reserve ? units - reserve : 0;
}

/* Regions are adjacent for ring 3, so that blocks of neighbours reach each other by rel32. */
void plat_code_soon(uint8_t *rw, uint64_t rx, size_t size) {
    (void)rw;
    (void)rx;
    (void)size;
}

static bool code_alloc(size_t size, struct plat_code_region *out) {
    if (size == 0 || (size & (PAGE_2M - 1)) || size > code_room() ||
        size > USER_CODE_BASE + USER_CODE_SIZE - PAGE_2M - code_next)
        return false;
    uint64_t pa = pmm_alloc(size, PAGE_2M, PMM_ANYWHERE);
    if (pa == PMM_NONE)
        return false;
    vmm_zero(pa, size);
    if (!paging_map(code_next, pa, size, PG_USER | PG_EXEC))
        return false;
    *out = (struct plat_code_region){phys_direct(pa), code_next, size};
    code_next += size;
    return true;
}

bool plat_code_alloc(size_t size, struct plat_code_region *out) {
    plat_lock(&memory_lock);
    bool ok = code_alloc(size, out);
    plat_unlock(&memory_lock);
    return ok;
}

/* ---- gates ---- */

void plat_set_gate(plat_gate_fn *fn) { metal_gate_fn = fn; }
void plat_gate_info(struct plat_gate_info *out) { *out = (struct plat_gate_info){.kind = PLAT_GATE_SYSCALL}; }
void gate_bad_address(uint64_t code) { plat_panic("entry of translated code at 0x%llx", (unsigned long long)code); }

void plat_hart_init(struct plat_hart *hart) {
    struct plat_user_mem stack;
    if (!hart->user_sp && !plat_user_alloc(USER_STACK, 0, &stack))
        plat_panic("no memory for the stack of hart %u", hart->id);
    if (!hart->user_sp)
        hart->user_sp = stack.user + USER_STACK; /* once: a hart starts anew at each reset */
    hart->mxcsr = hart->engine_mxcsr = MXCSR_DEFAULT;
    hart->plat = cpu_this();
    cpu_this()->hart = hart;
}

/* ---- console ---- */

void plat_console_write(const void *buf, size_t len) {
    serial_write(buf, len);
    fbcon_write(buf, len);
}

size_t plat_console_read(void *buf, size_t len) { return serial_read(buf, len); }

/* ---- entropy ---- */

static bool rdrand(uint64_t *v) {
    uint8_t ok = 0;
    for (unsigned i = 0; i < 10 && !ok; i++)
        __asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(*v), "=qm"(ok)::"cc");
    return ok;
}

/* Without RDRAND: what the TSC jitters against the bus, mixed (SplitMix64's finaliser). Good for seeding a guest's hash
 * tables, not for keys; docs/hardware.md says so. */
static uint64_t jitter(void) {
    static uint64_t state;
    for (unsigned i = 0; i < 64; i++) {
        uint64_t t = rdtsc();
        inb(0x80);
        state = (state ^ (rdtsc() - t) ^ rdtsc() << 17) * 0x9e3779b97f4a7c15ull;
        state ^= state >> 31;
    }
    uint64_t z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void plat_code_named(uint64_t start, uint32_t size, uint64_t guest_pc) {
    (void)start;
    (void)size;
    (void)guest_pc;
}

void plat_entropy(void *buf, size_t len) {
    bool has = cpuid(1, 0).c >> 30 & 1;
    uint8_t *p = buf;
    while (len) {
        uint64_t v;
        if (!has || !rdrand(&v))
            v = jitter();
        size_t n = len < sizeof v ? len : sizeof v;
        memcpy(p, &v, n);
        p += n;
        len -= n;
    }
}

static bool rdseed(uint64_t *v) {
    uint8_t ok = 0;
    for (unsigned i = 0; i < 10 && !ok; i++)
        __asm__ volatile("rdseed %0\n\tsetc %1" : "=r"(*v), "=qm"(ok)::"cc");
    return ok;
}

enum plat_seed plat_seed(uint64_t *out) {
    if (cpuid_checked(7, 0).b >> 18 & 1)
        return rdseed(out) ? PLAT_SEED_OK : PLAT_SEED_LATER;
    if (cpuid(1, 0).c >> 30 & 1)
        return rdrand(out) ? PLAT_SEED_OK : PLAT_SEED_LATER;
    return PLAT_SEED_NONE;
}

/* ---- what the banner says ---- */

void plat_host_info(struct plat_host_info *out) {
    *out = (struct plat_host_info){
        .cpu = cpu_name(),
        .cores = acpi.cores ? acpi.cores : 1,
        .memory = memory_total,
        .code_limit = code_room(),
        .x86_level = cpu_level(),
        .guest_ram = memory_total / 2 & ~(PAGE_2M - 1),
    };
}
