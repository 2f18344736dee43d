/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR where it runs: text in and out, the passes, the interpreter. The long tests are in tests/tcg/. */
#include <string.h>

#include "kernel/plat.h"
#include "tcg/backend.h"
#include "tcg/opt.h"
#include "tests/unit/unit.h"

static struct tcg_ctx *context(void) {
    static struct tcg_ctx *s;
    if (s || !(s = tcg_ctx_new()))
        return s;
    tcg_global_new(s, TCG_I64, offsetof(struct tcg_env, reg) + 8, "x1");
    tcg_global_new(s, TCG_I64, offsetof(struct tcg_env, reg) + 16, "x2");
    tcg_global_new(s, TCG_F64, offsetof(struct tcg_env, freg), "f0");
    return s;
}

struct text {
    char buf[1024];
};

static void add_line(void *opaque, const char *line) {
    struct text *t = opaque;
    size_t n = strlen(t->buf);
    if (n + strlen(line) + 2 <= sizeof t->buf)
        strcat(strcat(t->buf, line), "\n");
}

static bool dumps_as(const struct tcg_ctx *s, const char *want) {
    struct text t = {""};
    tcg_dump(s, add_line, &t);
    if (strcmp(t.buf, want))
        plat_log("got:\n%s", t.buf);
    return !strcmp(t.buf, want);
}

UNIT_TEST(tcg_text_round_trip) {
    static const char text[] = "brcond_i64 x1, $0x10, tstne, L0\n"
                               "fma_f64 f0, f0, $0x3ff0000000000000, f0, dyn, 2\n"
                               "set_label L0\n"
                               "trunc_i64_i32 %0w, x2\n"
                               "exit_tb pc\n";
    struct tcg_ctx *s = context();
    CHECK(s != NULL);
    CHECK(s && !tcg_parse(s, text));
    CHECK(s && !tcg_verify(s));
    CHECK(s && dumps_as(s, text));
}

UNIT_TEST(tcg_optimise) {
    struct tcg_ctx *s = context();
    CHECK(s && !tcg_parse(s, "add_i64 x1, x2, $0x1000\n"
                             "add_i64 x1, x1, $0x10\n"
                             "setcond_i64 %0, x1, x2, ltu\n"
                             "brcond_i64 %0, $0x0, ne, L0\n"
                             "mov_i64 %1, x1\n"
                             "set_label L0\n"
                             "exit_tb pc\n"));
    tcg_opt_fold(s);
    tcg_opt_cse(s);
    tcg_opt_unreach(s);
    tcg_opt_dce(s);
    CHECK(!tcg_verify(s));
    CHECK(dumps_as(s, "add_i64 x1, x2, $0x1010\n"
                      "brcond_i64 x1, x2, ltu, L0\n"
                      "set_label L0\n"
                      "exit_tb pc\n"));
}

/* More temps than a unit has room for: the flag, and nothing else. */
UNIT_TEST(tcg_overflow) {
    struct tcg_ctx *s = context();
    CHECK(s != NULL);
    tcg_begin(s, 1, 0);
    for (unsigned i = 0; i < TCG_MAX_TEMPS + 10; i++)
        tcg_gen_mov(s, tcg_temp_new(s, TCG_I64), tcg_const(s, TCG_I64, i));
    CHECK(s->overflow);
    tcg_begin(s, 1, 0);
    for (unsigned i = 0; i < TCG_MAX_OPS + 10; i++)
        tcg_gen_insn_start(s, 0, i, 4);
    CHECK(s->overflow);
    tcg_begin(s, 1, 0);
    for (unsigned i = 0; i < TCG_MAX_LABELS + 10; i++)
        tcg_label_new(s);
    CHECK(s->overflow);
    tcg_begin(s, 1, 0);
    CHECK(!s->overflow);
}

UNIT_TEST(tcg_constants_are_interned) {
    struct tcg_ctx *s = context();
    CHECK(s != NULL);
    tcg_begin(s, 1, 0);
    CHECK_EQ(tcg_const(s, TCG_I64, 5), tcg_const(s, TCG_I64, 5));
    CHECK(tcg_const(s, TCG_I64, 5) != tcg_const(s, TCG_I32, 5));
    CHECK_EQ(tcg_const(s, TCG_I32, ~(uint64_t)0), tcg_const(s, TCG_I32, 0xffffffff));
    for (unsigned i = 0; i < 200; i++)
        CHECK_EQ(s->temps[tcg_const(s, TCG_I64, i * 0x10001ull)].val, i * 0x10001ull);
}

/* Sum of 1 to 100, and a product of floats, by the interpreter. */
UNIT_TEST(tcg_interpreter) {
    static struct plat_hart hart = {.mxcsr = 0x1f80};
    struct tcg_env *env = plat_alloc(sizeof *env);
    struct tcg_ctx *s = context();
    struct tcg_code code;
    CHECK(env && s && !tcg_parse(s, "mov_i64 x2, $0x0\n"
                                    "set_label L0\n"
                                    "add_i64 x2, x2, x1\n"
                                    "sub_i64 x1, x1, $0x1\n"
                                    "brcond_i64 x1, $0x0, ne, L0\n"
                                    "fmul_f64 f0, f0, $0x3fd5555555555555, rne\n"
                                    "exit_tb event\n"));
    if (!env || !tcg_backend_interp.compile(s, &code)) {
        CHECK(!"compiled");
        return;
    }
    env->reg[1] = 100;
    env->freg[0] = 0x4008000000000000; /* 3.0, by the double next to 1/3 */
    CHECK_EQ(tcg_backend_interp.exec(&hart, env, code.entry), s->tb_id << TCG_EXIT_BITS | TCG_EXIT_EVENT);
    CHECK_EQ(env->reg[2], 5050);
    CHECK_EQ(env->freg[0], 0x3ff0000000000000);
    CHECK_EQ(hart.mxcsr, 0x1fa0); /* inexact */
}
