/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86 back end from end to end, hosted and in the image (ring 3 and syscalls there): blocks, chaining, diverting,
 * the jump cache, the soft TLB, gates, and what a raising helper can rebuild. */
#include <string.h>

#include "tcg/backend.h"
#include "tcg/x86/x86.h"
#include "tests/unit/unit.h"

enum { H_ECHO = TCG_HELPER_FIRST, H_RAISE, NHELPERS };
enum { NX = 8, NF = 4, RAM_VA = 0x123456000 };
static const struct tcg_helper helpers[NHELPERS] = {
    [TCG_HELPER_LD] = {"guest_ld", 2, TCG_H_RAISE, true}, [TCG_HELPER_ST] = {"guest_st", 3, TCG_H_RAISE, false},
    [TCG_HELPER_RMW] = {"guest_rmw", 4, TCG_H_RAISE, true}, [TCG_HELPER_CAS] = {"guest_cas", 4, TCG_H_RAISE, true},
    [TCG_HELPER_FP] = {"fp", 4, 0, true}, [H_ECHO] = {"echo", 4, 0, true}, [H_RAISE] = {"raise", 1, TCG_H_RAISE, false},
};

static struct {
    struct plat_hart hart; /* first: the gate finds the rest by it */
    struct tcg_env *env;
    struct plat_user_mem env_mem, ram, tables;
    struct tcg_ctx *s;
    tcgv x[NX], f[NF];
    const struct tcg_code *code;
    uint64_t arg[4];
    uint32_t nr;
    int32_t off;
    bool ready;
} t;

static uint64_t gate(struct plat_hart *hart, uint32_t nr) {
    CHECK(hart == &t.hart);
    memcpy(t.arg, t.env->gate_arg, sizeof t.arg);
    t.nr = nr;
    if (nr == H_RAISE) {
        t.off = -1;
        CHECK(tcg_backend->recover(t.code, hart, t.env, &t.off));
        tcg_backend->unwind(hart, TCG_EXIT_EXCEPTION);
    }
    return (nr & 255) == TCG_HELPER_LD ? 0x7777 : t.arg[0] + 1;
}

static bool set_up(void) {
    if (!t.ready) {
        CHECK(plat_user_alloc(2 * TCG_PAGE, TCG_PAGE, &t.env_mem) && plat_user_alloc(TCG_PAGE, 0, &t.ram));
        CHECK(plat_user_alloc(0, (TCG_JC_SIZE * sizeof(struct tcg_jc_entry) + 8191) & ~4095u, &t.tables));
        t.env = t.env_mem.engine;
        t.hart.env = t.env_mem.user + TCG_ENV_BIAS;
        plat_hart_init(&t.hart);
        t.s = tcg_ctx_new();
        if (!t.env || !t.s)
            return false;
        for (unsigned i = 0; i < NX; i++)
            t.x[i] = tcg_global_new(t.s, TCG_I64, X86_ENV(reg) + 8 * i, "x");
        for (unsigned i = 0; i < NF; i++)
            t.f[i] = tcg_global_new(t.s, TCG_F64, X86_ENV(freg) + 8 * i, "f");
        t.ready = true;
    }
    tcg_backend = &tcg_backend_x86;
    tcg_set_helpers(helpers, NHELPERS);
    plat_set_gate(gate);
    CHECK(tcg_backend->init());
    tcg_backend->init_env(t.env);
    t.env->poll = 0;
    struct tcg_tlb_entry *tlb = t.tables.engine;
    struct tcg_jc_entry *jc = (void *)((uint8_t *)t.tables.engine + TCG_PAGE);
    t.env->tlb[0].base = t.tables.user;
    t.env->tlb[0].mask = 0;
    tlb->tag_read = tlb->tag_write = RAM_VA;
    tlb->addend = t.ram.user - RAM_VA;
    t.env->jc_base = t.tables.user + TCG_PAGE;
    for (unsigned i = 0; i < TCG_JC_SIZE; i++)
        jc[i].pc = 1;
    for (unsigned i = 0; i < NX; i++)
        t.env->reg[i] = 0x100 + i;
    return true;
}

static tcgv k(uint64_t v) { return tcg_const(t.s, TCG_I64, v); }

static uint64_t run(const struct tcg_code *c) {
    t.code = c;
    return tcg_backend->exec(&t.hart, t.env, c->entry);
}

/* x1 += add; then on to page offset `to`. */
static void make_step(struct tcg_code *c, uint32_t id, uint32_t off, unsigned add, int32_t to, bool poll) {
    tcg_begin(t.s, id, off);
    tcg_gen_insn_start(t.s, (int32_t)off, 0, 4);
    tcg_gen_add(t.s, t.x[1], t.x[1], k(add));
    tcg_gen_goto_tb(t.s, 0, to, poll);
    CHECK(tcg_compile(t.s, c));
    CHECK_EQ(c->entry & 7, 0);
}

static uint64_t leaves(uint32_t id, enum tcg_exit why) { return (uint64_t)id << TCG_EXIT_BITS | why; }

UNIT_TEST(x86_link_unlink_divert) {
    struct tcg_code a, b;
    if (!set_up())
        return;
    make_step(&a, 100, 0x10, 1, 0x40, false);
    make_step(&b, 101, 0x40, 16, 0x80, false);
    CHECK_EQ(a.jump_off[0], 0x40);
    CHECK_EQ(a.jump[0] & 3, 0);
    CHECK_EQ(a.jump[1], 0);
    CHECK_EQ(run(&a), leaves(100, TCG_EXIT_SLOT0));
    CHECK_EQ(t.env->reg[1], 0x102);
    tcg_backend->link(&a, 0, b.entry);
    CHECK_EQ(run(&a), leaves(101, TCG_EXIT_SLOT0));
    CHECK_EQ(t.env->reg[1], 0x113);
    tcg_backend->unlink(&a, 0);
    CHECK_EQ(run(&a), leaves(100, TCG_EXIT_SLOT0));
    CHECK_EQ(t.env->reg[1], 0x114);
    tcg_backend->link(&a, 0, x86_far_jump(a.jump[0], b.entry));
    CHECK_EQ(run(&a), leaves(101, TCG_EXIT_SLOT0));
    CHECK_EQ(t.env->reg[1], 0x125);
    tcg_backend->divert(&b);
    CHECK_EQ(run(&a), leaves(101, TCG_EXIT_STALE));
    CHECK_EQ(t.env->reg[1], 0x126);
}

UNIT_TEST(x86_poll_leaves_a_loop) {
    struct tcg_code a;
    if (!set_up())
        return;
    make_step(&a, 102, 0x10, 1, 0x8, true);
    CHECK_EQ(run(&a), leaves(102, TCG_EXIT_SLOT0));
    t.env->poll = 1;
    CHECK_EQ(run(&a), leaves(102, TCG_EXIT_POLL0));
    CHECK_EQ(t.env->reg[1], 0x103);
    make_step(&a, 103, 0x10, 1, 0x10, true); /* on itself */
    CHECK_EQ(run(&a), leaves(103, TCG_EXIT_POLL0));
    CHECK_EQ(t.env->reg[1], 0x104);
    CHECK_EQ(a.jump_off[0], 0x10);
}

UNIT_TEST(x86_jump_cache) {
    struct tcg_code a, b;
    if (!set_up())
        return;
    struct tcg_jc_entry *jc = (void *)((uint8_t *)t.tables.engine + TCG_PAGE);
    uint64_t pc = 0xffffffff80001234;
    make_step(&b, 105, 0x234, 16, 0x80, false);
    tcg_begin(t.s, 104, 0);
    tcg_gen_goto_ptr(t.s, t.x[2], true);
    CHECK(tcg_compile(t.s, &a));
    t.env->reg[2] = pc;
    t.env->pc_page = 0x5000;
    CHECK_EQ(run(&a), leaves(104, TCG_EXIT_PC));
    CHECK_EQ(t.env->pc, pc);
    CHECK_EQ(t.env->pc_page, 0x5000);
    jc[TCG_JC_INDEX(pc)] = (struct tcg_jc_entry){pc, b.entry};
    CHECK_EQ(run(&a), leaves(105, TCG_EXIT_SLOT0));
    CHECK_EQ(t.env->pc_page, pc & ~0xfffull);
    t.env->poll = 1;
    CHECK_EQ(run(&a), leaves(104, TCG_EXIT_PC));
}

/* Code that runs on into the next page goes by the jump cache: three such places of a kernel threw each other out. */
UNIT_TEST(jump_cache_page_starts_lie_apart) {
    enum { PAGES = 512 };
    static bool taken[TCG_JC_SIZE];
    unsigned alone = 0;
    for (uint64_t i = 0; i < PAGES; i++) {
        unsigned at = TCG_JC_INDEX(0xffffffff80200000 + i * TCG_PAGE);
        alone += !taken[at];
        taken[at] = true;
    }
    CHECK_EQ(alone, PAGES);
    for (uint64_t pc = 0x7000, first = TCG_JC_INDEX(pc); pc < 0x8000; pc += 2) /* side by side, each its own */
        CHECK(((TCG_JC_INDEX(pc) - first) & (TCG_JC_SIZE - 1)) <= TCG_JC_SPAN &&
              TCG_JC_INDEX(pc) != TCG_JC_INDEX(pc + 2));
}

UNIT_TEST(x86_raise_rebuilds_registers) {
    struct tcg_code c;
    if (!set_up())
        return;
    tcg_begin(t.s, 106, 0x20);
    tcg_gen_insn_start(t.s, 0x20, 0, 4);
    for (unsigned i = 1; i < NX; i++) /* dirty in registers, or spilled */
        tcg_gen_add(t.s, t.x[i], t.x[i], k(0x1000 * i));
    tcg_gen_mov(t.s, t.x[0], k(0x123456789abcdef0));
    tcg_gen_fadd(t.s, t.f[1], t.f[2], t.f[3], TCG_RM_DYN);
    tcg_gen_insn_start(t.s, 0x24, 0, 2);
    tcg_gen_call(t.s, H_RAISE, 0, t.x[3], 0, 0, 0);
    tcg_gen_insn_start(t.s, 0x26, 0, 4);
    for (unsigned i = 0; i < NX; i++)
        tcg_gen_mov(t.s, t.x[i], k(1));
    tcg_gen_exit_tb(t.s, TCG_EXIT_PC);
    CHECK(tcg_compile(t.s, &c));
    double two = 2.5, three = 0.75, sum;
    memcpy(&t.env->freg[2], &two, 8);
    memcpy(&t.env->freg[3], &three, 8);
    CHECK_EQ(run(&c), TCG_EXIT_EXCEPTION);
    CHECK_EQ(t.off, 0x24);
    CHECK_EQ(t.arg[0], 0x3103);
    CHECK_EQ(t.env->reg[0], 0x123456789abcdef0);
    for (unsigned i = 1; i < NX; i++)
        CHECK_EQ(t.env->reg[i], 0x100 + i + 0x1000 * i);
    memcpy(&sum, &t.env->freg[1], 8);
    CHECK(sum == 3.25);
}

UNIT_TEST(x86_soft_tlb) {
    struct tcg_code c;
    if (!set_up())
        return;
    uint64_t *ram = t.ram.engine;
    tcg_begin(t.s, 107, 0);
    tcg_gen_insn_start(t.s, 0, 0, 4);
    tcg_gen_guest_ld(t.s, t.x[3], t.x[2], TCG_MO_64, 0);
    tcg_gen_guest_st(t.s, t.x[3], t.x[4], TCG_MO_32, 0);
    tcg_gen_exit_tb(t.s, TCG_EXIT_PC);
    CHECK(tcg_compile(t.s, &c));
    ram[1] = 0x1122334455667788;
    ram[2] = 0;
    t.nr = ~0u;
    t.env->reg[2] = RAM_VA + 8;
    t.env->reg[4] = RAM_VA + 17; /* misaligned, inside the page */
    CHECK_EQ(run(&c), leaves(107, TCG_EXIT_PC));
    CHECK_EQ(t.nr, ~0u);
    CHECK_EQ(ram[2], 0x5566778800);
    t.env->reg[2] = RAM_VA + TCG_PAGE - 4; /* over the end of the page */
    CHECK_EQ(run(&c), leaves(107, TCG_EXIT_PC));
    CHECK_EQ(t.nr, TCG_GATE_MEMOP(TCG_HELPER_LD, TCG_MO_64));
    CHECK_EQ(t.env->reg[3], 0x7777);
    t.env->reg[2] = RAM_VA;
    t.env->reg[4] = RAM_VA - 4096;
    CHECK_EQ(run(&c), leaves(107, TCG_EXIT_PC));
    CHECK_EQ(t.nr, TCG_GATE_MEMOP(TCG_HELPER_ST, TCG_MO_32));
    CHECK_EQ(t.arg[0], RAM_VA - 4096);
}

UNIT_TEST(x86_code_memory_is_reused) {
    struct tcg_code a;
    if (!set_up())
        return;
    tcg_backend->reset();
    uint64_t before = tcg_backend->used();
    for (unsigned i = 0; i < 3000; i++)
        make_step(&a, 108, 0, 1, 0x40, false);
    CHECK_EQ(run(&a), leaves(108, TCG_EXIT_SLOT0));
    uint64_t entry = a.entry;
    tcg_backend->reset();
    CHECK(tcg_backend->used() <= before);
    for (unsigned i = 0; i < 3000; i++)
        make_step(&a, 109, 0, 1, 0x40, false);
    CHECK_EQ(a.entry, entry);
    CHECK_EQ(run(&a), leaves(109, TCG_EXIT_SLOT0));
}
