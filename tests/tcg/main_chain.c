/* SPDX-License-Identifier: BSD-2-Clause */
/* How blocks leave and follow one another, on both back ends: goto_tb linked, not linked, unlinked; goto_ptr that
 * hits and misses the jump cache; the poll word; a diverted block; a program counter that is no raising point. Run
 * without arguments. */
#include <stdio.h>
#include <string.h>

#include "tests/tcg/machine.h"

static unsigned failed;
static struct machine m;
static struct tcg_ctx *ctx;
static struct machine_state state;
static struct tcg_code first, second;
enum { FIRST = 7, SECOND = 8 };
#define PAGE_A 0x5000000u
#define PC_A (PAGE_A + 0x40)

static void check(const char *what, uint64_t got, uint64_t want) {
    char name[100];
    snprintf(name, sizeof name, "chain-%s/%s", tcg_backend->name, what);
    failed += got != want;
    if (got == want)
        printf("ok %s\n", name);
    else
        printf("not ok %s: %#llx, not %#llx\n", name, (unsigned long long)got, (unsigned long long)want);
}

static bool compile(uint32_t id, const char *text, struct tcg_code *code) {
    const char *why = tcg_parse(ctx, text);
    ctx->tb_id = id;
    if (why)
        plat_log("%s\n", why);
    return !why && tcg_compile(ctx, code);
}

static uint64_t value(unsigned id, enum tcg_exit e) { return (uint64_t)id << TCG_EXIT_BITS | e; }

/* Runs `code` with x1 = x2 = 0 and x5 = PC_A; the jump cache knows PC_A or not. */
static uint64_t run(const struct tcg_code *code, bool poll, bool cached) {
    struct tcg_jc_entry *jc = (void *)((uint8_t *)m.tables.engine + (m.env->jc_base - m.tables.user));
    m.env->reg[1] = m.env->reg[2] = 0;
    m.env->reg[5] = PC_A;
    m.env->pc_page = 0;
    m.env->poll = poll;
    jc += TCG_JC_INDEX(PC_A);
    *jc = (struct tcg_jc_entry){cached ? PC_A : 1, cached ? first.entry : 0};
    machine_exec(&m, code, &state);
    return state.exit;
}

static void chain(void) {
    machine_reset(&m, 1);
    check("unlinked", run(&first, false, false), value(FIRST, TCG_EXIT_SLOT0));
    check("unlinked-x1", state.reg[1], 1);
    check("offset-of-slot", first.jump_off[0], 0x80);
    check("no-second-slot", first.jump[1], 0);

    tcg_backend->link(&first, 0, second.entry);
    check("pointer-missed", run(&first, false, false), value(SECOND, TCG_EXIT_PC));
    check("pointer-missed-pc", state.pc, PC_A);
    check("pointer-missed-pc_page", state.pc_page, 0);
    check("linked-both-ways", run(&first, false, true), value(FIRST, TCG_EXIT_EVENT));
    check("linked-x1", state.reg[1], 10);
    check("linked-x2", state.reg[2], 45);
    check("pointer-hit-pc_page", state.pc_page, PAGE_A);

    check("poll-at-goto_tb", run(&first, true, true), value(FIRST, TCG_EXIT_POLL0));
    check("poll-at-goto_ptr", run(&second, true, true), value(SECOND, TCG_EXIT_PC));
    check("poll-at-goto_ptr-pc", state.pc, PC_A);

    tcg_backend->unlink(&first, 0);
    check("unlinked-again", run(&first, false, true), value(FIRST, TCG_EXIT_SLOT0));
    tcg_backend->link(&first, 0, second.entry);
    tcg_backend->divert(&second);
    check("diverted-by-link", run(&first, false, true), value(SECOND, TCG_EXIT_STALE));
    check("diverted-at-entry", run(&second, false, true), value(SECOND, TCG_EXIT_STALE));
    tcg_backend->divert(&first);
    tcg_backend->divert(&first);
    check("diverted-twice", run(&first, false, true), value(FIRST, TCG_EXIT_STALE));
}

static void recovery(void) {
    int32_t off = 0;
    m.hart.pc = second.entry;
    check("entry-is-no-raising-point", tcg_backend->recover(&second, &m.hart, m.env, &off), false);
    m.hart.pc = second.entry + second.size + 64;
    check("outside-is-no-raising-point", tcg_backend->recover(&second, &m.hart, m.env, &off), false);
}

int main(void) {
    static const struct tcg_backend *const both[] = {&tcg_backend_interp, &tcg_backend_x86};
    if (!machine_init(&m))
        return 1;
    for (unsigned i = 0; i < 2; i++) {
        tcg_backend = both[i];
        ctx = tcg_backend->init() ? tcg_ctx_new() : NULL;
        if (!ctx)
            return 1;
        tcg_backend->init_env(m.env);
        machine_globals(ctx);
        bool made =
            compile(FIRST,
                    "insn_start 0x40, 0x13, 4\nadd_i64 x1, x1, $0x1\nbrcond_i64 x1, $0xa, ltu, L0\nexit_tb event\n"
                    "set_label L0\ngoto_tb 0, 0x80, poll\n",
                    &first) &&
            compile(SECOND, "insn_start 0x80, 0x13, 4\nadd_i64 x2, x2, x1\ngoto_ptr x5, poll\n", &second);
        check("compiled", made, true);
        if (made) {
            chain();
            recovery();
        }
    }
    return failed != 0;
}
