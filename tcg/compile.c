/* SPDX-License-Identifier: BSD-2-Clause */
/* From ops to code: the list of passes, in order, with the verifier between them and dumps of the stages (-d op,
 * op_opt, out_asm). */
#include <stdio.h>

#include "tcg/backend.h"
#include "tcg/codebuf.h"
#include "tcg/opt.h"

const struct tcg_backend *tcg_backend;
#ifdef PYRITE_DEBUG
bool tcg_verify_passes = true;
#else
bool tcg_verify_passes;
#endif

static const struct {
    const char *name;
    void (*run)(struct tcg_ctx *s);
} passes[] = {
    {"fold", tcg_opt_fold},
    {"cse", tcg_opt_cse},
    {"unreach", tcg_opt_unreach},
    {"dce", tcg_opt_dce},
};

static void log_line(void *opaque, const char *line) {
    (void)opaque;
    plat_log("%s\n", line);
}

static void dump(const struct tcg_ctx *s, const char *title) {
    plat_log("%s of block %u:\n", title, s->tb_id);
    tcg_dump(s, log_line, NULL);
}

static void verify(const struct tcg_ctx *s, const char *after) {
    const char *why = tcg_verify(s);
    if (!why)
        return;
    dump(s, "OP");
    plat_panic("tcg: block %u is wrong after %s: %s", s->tb_id, after, why);
}

static void dump_part(uint64_t start, uint32_t size) {
    const uint8_t *p = codebuf_rw(start);
    char text[96], hex[2 * 16 + 1];
    for (uint32_t at = 0, n; p && tcg_backend->disas && at < size; at += n) {
        n = tcg_backend->disas(text, sizeof text, p + at, start + at);
        for (unsigned k = 0; k < n && k < 16; k++)
            snprintf(hex + 2 * k, 3, "%02x", p[at + k]);
        plat_log("  0x%llx: %-22s %s\n", (unsigned long long)(start + at), hex, text);
    }
}

static void dump_code(const struct tcg_ctx *s, const struct tcg_code *c) {
    plat_log("OUT of block %u: %u bytes\n", s->tb_id, c->size + c->cold_size);
    dump_part(c->entry, c->size);
    if (c->cold_size)
        plat_log("  cold:\n");
    dump_part(c->cold, c->cold_size);
}

bool tcg_compile(struct tcg_ctx *s, struct tcg_code *out) {
    if (s->overflow)
        return false;
    if (tcg_verify_passes)
        verify(s, "the front end");
    if (plat_log_on(LOG_op))
        dump(s, "OP");
    for (unsigned i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        passes[i].run(s);
        if (s->overflow)
            return false;
        if (tcg_verify_passes)
            verify(s, passes[i].name);
    }
    if (plat_log_on(LOG_op_opt))
        dump(s, "OP after optimisation");
    if (!tcg_backend->compile(s, out))
        return false;
    if (plat_log_on(LOG_out_asm))
        dump_code(s, out);
    return true;
}
