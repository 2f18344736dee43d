/* SPDX-License-Identifier: BSD-2-Clause */
/* A hostile ring 3 (docs/security.md): every privileged instruction, every way to the engine's memory, every page of
 * the address map and the whole address space by strides, gates from odd places with odd numbers. Each must end in the
 * fault that belongs to it, and the engine go on as it was. Runs inside the image only. */
#include <string.h>

#include "kernel/memlayout.h"
#include "kernel/test/ring3.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

struct row {
    const char *name;
    const uint8_t *from, *to;
    uint64_t vectors;
};
extern const struct row hostile_rows[], hostile_rows_end[];
#define MAY_RUN ((uint64_t)1 << 31)
#define MAY_RUN_WITHOUT_UMIP ((uint64_t)1 << 30)

static struct ring3 *t;

/* What ring 3 must never change. */
struct engine_state {
    uint64_t cr0, cr3, cr4, efer, lstar, star, fmask, gs, fs, dr7;
    struct cpu *cpu;
};

static struct engine_state engine_state(void) {
    uint64_t dr7;
    __asm__ volatile("mov %%dr7, %0" : "=r"(dr7));
    return (struct engine_state){read_cr0(), read_cr3(), read_cr4(), rdmsr(MSR_EFER), rdmsr(MSR_LSTAR), rdmsr(MSR_STAR),
                                 rdmsr(MSR_FMASK), rdmsr(MSR_GS_BASE), rdmsr(MSR_FS_BASE), dr7, cpu_this()};
}

static bool unharmed(const struct engine_state *before) {
    struct engine_state now = engine_state();
    return memcmp(before, &now, sizeof now) == 0 && RUN(exit) == 1234;
}

static void try(const struct row *r, uint64_t may_run) {
    struct engine_state before = engine_state();
    uint64_t got = ring3_run_at(r->from, r->to, 0);
    bool good = got == 1 ? (r->vectors & may_run) != 0 : got >= FAULT && r->vectors >> (got & 31) & 1;
    if (!good)
        plat_log("hostile: %s gave %#llx, address %#llx\n", r->name, (unsigned long long)got,
                 (unsigned long long)ring3_set_up()->fault.address);
    CHECK(good);
    CHECK(unharmed(&before));
}

UNIT_TEST(ring3_hostile_instructions) {
    uint64_t may_run = MAY_RUN | (read_cr4() & CR4_UMIP ? 0 : MAY_RUN_WITHOUT_UMIP);
    for (const struct row *r = hostile_rows; r < hostile_rows_end; r++)
        try(r, may_run);
}

/* int n is allowed for none of the 256, those of faults and of interrupts among them. */
UNIT_TEST(ring3_hostile_software_interrupts) {
    struct engine_state before = engine_state();
    t = ring3_set_up();
    for (unsigned n = 0; n < 256; n++) {
        uint8_t code[] = {0xcd, (uint8_t)n};
        CHECK_EQ(ring3_run_at(code, code + sizeof code, 0), FAULT | GP);
        CHECK_EQ(t->fault.error & 7, 2); /* of the IDT, not external */
    }
    CHECK(unharmed(&before));
}

/* Every selector into every segment register that ring 3 can load: user segments and null, or a fault. */
UNIT_TEST(ring3_hostile_selectors) {
    static const uint8_t reg[] = {0xc0, 0xd8, 0xd0, 0xe0, 0xe8}; /* mov es, ds, ss, fs, gs from eax */
    struct engine_state before = engine_state();
    for (unsigned i = 0; i < sizeof reg; i++)
        for (unsigned sel = 0; sel < 0x50; sel++) {
            /* mov eax, sel; mov REG, eax; mov eax, 42; syscall; mov eax, exit 1; syscall */
            uint8_t code[] = {0xb8, (uint8_t)sel, 0, 0, 0, 0x8e, reg[i], 0xb8, 42, 0, 0, 0,
                              0x0f, 0x05, 0xb8, 1, 0, 0, 0x80, 0x0f, 0x05};
            uint64_t got = ring3_run_at(code, code + sizeof code, 0);
            bool user = (sel & ~3u) == SEL_USER_DATA || (sel & ~3u) == SEL_USER_CODE || sel < 4;
            CHECK(got == (FAULT | GP) || got == (FAULT | SS) || got == (FAULT | NP) || (got == 1 && user));
        }
    CHECK(unharmed(&before));
}

/* ---- the address space ------------------------------------------------------------------------------------------- */

enum { P = 1, W = 2, U = 4, PS = 128 };
#define NX (1ull << 63)
#define ADDR 0x000ffffffffff000ull

/* What the page tables of ring 3 let it do at va: P, W and U bits, and PS for "execute". */
static unsigned rights(uint64_t va) {
    const uint64_t *table = phys_direct(paging_ring3_top());
    uint64_t all = W | U, nx = 0;
    for (int level = 4;; level--) {
        uint64_t e = table[va >> (12 + 9 * (level - 1)) & 511];
        if (!(e & P))
            return 0;
        all &= e;
        nx |= e & NX;
        if (level == 1 || (level < 4 && e & PS))
            return (unsigned)(P | (all & (W | U)) | (nx ? 0 : PS));
        table = phys_direct(e & ADDR);
    }
}

static bool canonical(uint64_t va) { return (uint64_t)((int64_t)(va << 16) >> 16) == va; }

enum { PROBE_READ = 8192, PROBE_WRITE = PROBE_READ + 64, PROBE_RUN = PROBE_WRITE + 64 };

static void set_up_probes(void) {
    extern const uint8_t ring3_probe_read[], ring3_probe_read_end[], ring3_probe_write[], ring3_probe_write_end[],
        ring3_probe_run[], ring3_probe_run_end[];
    t = ring3_set_up();
    ring3_copy(ring3_probe_read, ring3_probe_read_end, PROBE_READ);
    ring3_copy(ring3_probe_write, ring3_probe_write_end, PROBE_WRITE);
    ring3_copy(ring3_probe_run, ring3_probe_run_end, PROBE_RUN);
}

static uint64_t *probe_address(void) { return (uint64_t *)((uint8_t *)t->env.engine + 32); }

static unsigned nprobes, nopen;

/* One address: reads, writes and runs exactly if the contract lets it, which names pages between USER_CODE_BASE and
 * USER_END alone. What may be executed is not tried: it would run. */
static void probe(uint64_t va) {
    unsigned r = canonical(va) ? rights(va) : 0;
    bool user = (r & (P | U)) == (P | U), run = user && r & PS;
    uint64_t fault = FAULT | (canonical(va) ? PF : GP);
    *probe_address() = va;
    uint64_t rd = ring3_enter(PROBE_READ), wr = ring3_enter(PROBE_WRITE), ex = run ? 0 : ring3_enter(PROBE_RUN);
    bool good = rd == (user ? 1 : fault) && wr == (user && r & W ? 1 : fault) && (run || ex == fault) &&
                !(user && (va < USER_CODE_BASE || va >= USER_END)) && !(run && r & W);
    if (!good)
        plat_log("hostile: %#llx: rights %u, read %#llx, write %#llx, run %#llx\n", (unsigned long long)va, r,
                 (unsigned long long)rd, (unsigned long long)wr, (unsigned long long)ex);
    CHECK(good);
    nprobes++;
    nopen += user;
}

UNIT_TEST(ring3_hostile_strides_through_all_addresses) {
    struct engine_state before = engine_state();
    set_up_probes();
    for (uint64_t slot = 0; slot < 512; slot += 3) { /* of 512 GiB: the first, some and the last page */
        uint64_t base = slot << 39 | (slot >= 256 ? 0xffff000000000000 : 0);
        probe(base);
        probe(base + (slot * 0x9e3779b97f4a7c15 & 0x7fffffffff));
        probe(base + SLOT_SIZE - 8);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        probe((uint64_t)1 << bit);
        probe(((uint64_t)1 << bit) - 1);
        probe(-((uint64_t)1 << bit));
        probe(-((uint64_t)1 << bit) - 1);
    }
    for (uint64_t i = 0; i < 224; i++) /* all of them beyond the gap's start */
        probe(0x800000000000 + i * 0x0123456789abcdef);
    CHECK(unharmed(&before));
}

/* What is mapped, leaf by leaf: a small one is a page, of a large one the edges and an odd place inside. */
static void probe_leaf(uint64_t va, uint64_t size) {
    probe(va);
    if (size > PAGE_SIZE) {
        probe(va + size / 2 + 0x128);
        probe(va + size - 1);
    }
}

enum { PER_SLOT = 2000 }; /* probes; more than any slot has but those of heap and direct map, whose pages are alike */

static void probe_table(uint64_t table, uint64_t va, int level, unsigned most) {
    const uint64_t *e = phys_direct(table);
    for (uint64_t i = 0; i < 512 && nprobes < most; i++) {
        uint64_t at = va | i << (12 + 9 * (level - 1));
        if (!(e[i] & P))
            continue;
        if (level == 1 || e[i] & PS)
            probe_leaf(at, (uint64_t)1 << (12 + 9 * (level - 1)));
        else
            probe_table(e[i] & ADDR, at, level - 1, most);
    }
}

UNIT_TEST(ring3_hostile_every_page_of_the_map) {
    struct engine_state before = engine_state();
    set_up_probes();
    nprobes = nopen = 0;
    static const uint64_t edge[] = {DIRECT_BASE,   USER_CODE_BASE,  USER_MEM_BASE, USER_RAM_BASE, USER_END,
                                    ENGINE_RAM_BASE, VM_BASE,       HEAP_BASE,     KERNEL_VMA,    SLOT(511)};
    for (unsigned i = 0; i < sizeof edge / sizeof *edge; i++) {
        probe(edge[i]);
        probe(edge[i] - 1);
    }
    for (uint64_t slot = 256; slot < 512; slot++) {
        const uint64_t *top = phys_direct(read_cr3() & ADDR); /* the engine's own: all that there is */
        if (top[slot] & P)
            probe_table(top[slot] & ADDR, SLOT(slot), 3, nprobes + PER_SLOT);
    }
    CHECK(nprobes > 1000);
    CHECK(nopen > 4);
    CHECK(unharmed(&before));
}

/* ---- gates ------------------------------------------------------------------------------------------------------- */

UNIT_TEST(ring3_hostile_gate_numbers) {
    struct engine_state before = engine_state();
    t = ring3_set_up();
    CHECK_EQ(RUN(numbers), 1);
    CHECK_EQ(RUN(high_half), 7);
    CHECK_EQ(t->gate, 42);
    CHECK(unharmed(&before));
}

/* A gate as the last instruction of a page, of the region, and over a page's end: it comes back to where it was, which
 * faults there if nothing is there. */
UNIT_TEST(ring3_hostile_gate_places) {
    extern const uint8_t ring3_gate_here[], ring3_gate_here_end[];
    struct engine_state before = engine_state();
    uint32_t size = (uint32_t)(ring3_gate_here_end - ring3_gate_here);
    t = ring3_set_up();
    uint32_t end = (uint32_t)t->code.size;
    for (uint32_t off = 4096 - size - 1; off < 4096; off++) {
        memset(t->code.rw + 4096, 0xcc, 16);
        CHECK_EQ(ring3_run_at(ring3_gate_here, ring3_gate_here_end, off), FAULT | GP); /* int3 */
        CHECK_EQ(t->hart.pc, t->code.rx + off + size);
    }
    uint64_t got = ring3_run_at(ring3_gate_here, ring3_gate_here_end, end - size);
    bool more = rights(t->code.rx + end) != 0; /* another region behind this one: zeroes */
    CHECK(more ? got >= FAULT : got == (FAULT | PF) && t->fault.address == t->code.rx + end);
    CHECK(unharmed(&before));
}

UNIT_TEST(ring3_hostile_finds_nothing_in_registers) {
    CHECK_EQ(RUN(clean), 1);
    CHECK_EQ(RUN(clean_gate), 1);
}
