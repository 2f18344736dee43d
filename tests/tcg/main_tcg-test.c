/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of the IR as text, and of the optimiser by random units:
 *     tcg-test FILE.tcg...              runs the cases of each file
 *     tcg-test --random SEED COUNT      unoptimised against optimised, on the interpreter
 *     tcg-test --time COUNT             what the passes cost, in ns an op
 *
 * A .tcg file: lines before the first `test:` are declarations for all its cases. A case is
 *     test: NAME
 *     passes: fold cse unreach dce      (or: none; the text must then come out as it went in)
 *     ops
 *     ---
 *     expected ops
 * or, for what must be refused, `error: MESSAGE` in place of `passes:`, and no `---`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/plat.h"
#include "tcg/opt.h"
#include "tests/tcg/machine.h"
#include "tests/tcg/random_ir.h"

static unsigned failed, ran;
static struct tcg_ctx *ctx;
static struct machine machine;

static const struct {
    const char *name;
    void (*run)(struct tcg_ctx *s);
} passes[] = {{"fold", tcg_opt_fold}, {"cse", tcg_opt_cse}, {"unreach", tcg_opt_unreach}, {"dce", tcg_opt_dce}};
enum { NPASSES = sizeof passes / sizeof *passes };

/* ---- text -------------------------------------------------------------------------------------------------------- */

struct text {
    char buf[1 << 18];
    size_t len;
};

static void text_line(void *opaque, const char *line) {
    struct text *t = opaque;
    size_t n = strlen(line);
    if (t->len + n + 2 > sizeof t->buf)
        plat_panic("tcg-test: a unit is too long");
    memcpy(t->buf + t->len, line, n);
    t->buf[t->len += n] = '\n';
    t->buf[++t->len] = 0;
}

static const char *dump(struct text *t) {
    t->len = 0;
    t->buf[0] = 0;
    tcg_dump(ctx, text_line, t);
    return t->buf;
}

/* Drops comments, blanks at the ends of lines, and empty lines. */
static char *normal(const char *text) {
    char *out = malloc(strlen(text) + 2), *o = out;
    while (*text) {
        size_t n = strcspn(text, "\n"), len = strcspn(text, "#\n");
        while (len && (*text == ' ' || *text == '\t'))
            text++, len--, n--;
        while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
            len--;
        memcpy(o, text, len);
        o += len;
        if (len)
            *o++ = '\n';
        text += n + (text[n] == '\n');
    }
    *o = 0;
    return out;
}

/* ---- cases of a file --------------------------------------------------------------------------------------------- */

static void report(const char *name, bool ok, const char *why, const char *got) {
    ran++;
    failed += !ok;
    printf("%s %s\n", ok ? "ok" : "not ok", name);
    if (!ok)
        printf("    %s\n%s%s", why, got, *got ? "----\n" : "");
}

/* Runs the named passes, the verifier behind each. NULL or what is wrong. */
static const char *run_passes(char *names) {
    static char why[300];
    char *save;
    for (char *p = strtok_r(names, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
        unsigned i = 0;
        while (i < NPASSES && strcmp(p, passes[i].name))
            i++;
        if (i == NPASSES && !strcmp(p, "none"))
            continue;
        if (i == NPASSES)
            return "unknown pass";
        passes[i].run(ctx);
        const char *bad = tcg_verify(ctx);
        if (bad) {
            snprintf(why, sizeof why, "after %s: %s", p, bad);
            return why;
        }
    }
    return NULL;
}

static void expect_error(const char *name, const char *ops, const char *want) {
    const char *err = tcg_parse(ctx, ops);
    if (!err)
        err = tcg_verify(ctx);
    report(name, err && !strcmp(err, want), err ? err : "accepted", "");
}

static void expect_ops(const char *name, const char *ops, char *pass_names, const char *want) {
    static struct text got;
    const char *err = tcg_parse(ctx, ops);
    err = err ? err : tcg_verify(ctx);
    err = err ? err : run_passes(pass_names);
    got.len = 0;
    got.buf[0] = 0;
    if (!err && strcmp(dump(&got), want))
        err = "got:";
    report(name, !err, err, got.buf);
}

/* Ends the string at its first newline; what is behind that. */
static char *cut_line(char *text) {
    char *end = strchr(text, '\n');
    if (!end)
        return text + strlen(text);
    *end = 0;
    return end + 1;
}

/* One case: `head` is what all cases of the file begin with. The line numbers of messages count from the case's ops. */
static void run_case(const char *file, const char *head, char *text) {
    char name[200];
    char *what = cut_line(text), *ops = cut_line(what), *split;
    snprintf(name, sizeof name, "%s/%s", file, text);
    const char *err = tcg_parse(ctx, head);
    if (err) {
        report(name, false, err, "");
    } else if (!strncmp(what, "error: ", 7)) {
        expect_error(name, ops, what + 7);
    } else if (!strncmp(what, "passes: ", 8)) {
        if ((split = strstr(ops, "---\n"))) {
            *split = 0;
            split += 4;
        }
        char *want = normal(split ? split : ops);
        expect_ops(name, ops, what + 8, want);
        free(want);
    } else {
        report(name, false, "`passes:` or `error:` expected", "");
    }
}

static void run_file(const char *path) {
    FILE *f = fopen(path, "rb");
    static char text[1 << 18];
    if (!f) {
        report(path, false, "cannot be read", "");
        return;
    }
    size_t n = fread(text, 1, sizeof text - 2, f);
    fclose(f);
    text[n] = '\n', text[n + 1] = 0;
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    char *next = strstr(text, "test: ");
    if (!next)
        report(file, false, "no cases in it", "");
    while (next) {
        char *start = next + 6;
        *next = 0; /* ends what came before: the declarations, or a case */
        if ((next = strstr(start, "\ntest: ")))
            *++next = 0;
        run_case(file, text, start);
    }
}

/* ---- random units ------------------------------------------------------------------------------------------------ */

static const char *verified(const char *when) {
    static char why[300];
    const char *bad = tcg_verify(ctx);
    if (!bad)
        return NULL;
    snprintf(why, sizeof why, "verifier, %s: %s", when, bad);
    return why;
}

static const char *optimise(void) {
    const char *bad = NULL;
    for (unsigned i = 0; i < NPASSES && !bad; i++) {
        passes[i].run(ctx);
        bad = verified(passes[i].name);
    }
    return bad;
}

static void compile_and_run(uint64_t seed, struct machine_state *out) {
    struct tcg_code code;
    if (!tcg_backend->compile(ctx, &code)) {
        tcg_backend->reset();
        if (!tcg_backend->compile(ctx, &code))
            plat_panic("tcg-test: no code memory");
    }
    machine_reset(&machine, seed);
    machine_exec(&machine, &code, out);
}

/* NULL, or why the unit of this seed fails. */
static const char *random_unit(uint64_t seed) {
    static struct machine_state plain, optimised;
    static struct text before, after;
    unsigned ops = 4 + (unsigned)(seed * 7 % 61), features = seed % 3 ? RANDOM_IR_ALL : (unsigned)(seed / 3 % 32);
    random_ir(ctx, seed, features, ops);
    const char *bad = verified("random");
    if (bad)
        return bad;
    dump(&before);
    bad = tcg_parse(ctx, before.buf);
    if (bad || strcmp(dump(&after), before.buf))
        return bad ? bad : "dump(parse(text)) is another text";
    compile_and_run(seed, &plain);
    if ((bad = optimise()))
        return bad;
    compile_and_run(seed, &optimised);
    return machine_diff(&plain, &optimised);
}

static void random_units(uint64_t seed, unsigned count) {
    static struct text text;
    tcg_parse(ctx, "");
    for (unsigned i = 0; i < count; i++, seed++) {
        const char *bad = random_unit(seed);
        if (!bad)
            continue;
        printf("not ok random-units: seed %" PRIu64 ": %s\nunit:\n", seed, bad);
        random_ir(ctx, seed, seed % 3 ? RANDOM_IR_ALL : (unsigned)(seed / 3 % 32), 4 + (unsigned)(seed * 7 % 61));
        fputs(dump(&text), stdout);
        optimise();
        printf("optimised:\n%s", dump(&text));
        failed++;
        return;
    }
    printf("ok random-units: %u\n", count);
}

static void time_passes(unsigned count) {
    static struct text text;
    uint64_t ns[NPASSES + 2] = {0}, ops = 0, left = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t t = plat_clock_ns(), u;
        random_ir(ctx, i, RANDOM_IR_ALL & ~RANDOM_IR_BRANCH, 40);
        ops += ctx->nops;
        ns[NPASSES] += (u = plat_clock_ns()) - t, t = u;
        for (unsigned p = 0; p < NPASSES; p++) {
            passes[p].run(ctx);
            ns[p] += (u = plat_clock_ns()) - t, t = u;
        }
        TCG_FOREACH(ctx, op)
            left++;
        t = plat_clock_ns();
        dump(&text);
        ns[NPASSES + 1] += plat_clock_ns() - t;
    }
    for (unsigned p = 0; p < NPASSES + 2; p++)
        printf("%-8s %6.1f ns an op\n",
               p < NPASSES    ? passes[p].name
               : p == NPASSES ? "generate"
                              : "dump",
               (double)ns[p] / (double)ops);
    printf("%" PRIu64 " ops, %" PRIu64 " left\n", ops, left);
}

int main(int argc, char **argv) {
    tcg_backend = &tcg_backend_interp;
    if (!machine_init(&machine) || !(ctx = tcg_ctx_new())) {
        printf("not ok tcg-test: no memory\n");
        return 1;
    }
    if (argc == 4 && !strcmp(argv[1], "--random")) {
        machine_globals(ctx);
        random_units(strtoull(argv[2], NULL, 0), (unsigned)strtoul(argv[3], NULL, 0));
    } else if (argc == 3 && !strcmp(argv[1], "--time")) {
        machine_globals(ctx);
        time_passes((unsigned)strtoul(argv[2], NULL, 0));
    } else {
        for (int i = 1; i < argc; i++)
            run_file(argv[i]);
        if (!ran)
            printf("not ok tcg-test: no cases\n");
        failed += !ran;
    }
    return failed != 0;
}
