/* SPDX-License-Identifier: BSD-2-Clause */
/* Random units, x86 against interp: backends [-v] [-old] [FIRST [COUNT [FEATURES [OPS]]]]
 * Each unit runs on both from several machine states; registers, memory, flags, the trace of helpers, and where and with what
 * registers it raised must be equal. Ends with "N passed, N failed"; status 1 if one failed. -v dumps the first failure;
 * -old does without what x86-64-v2 has not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tcg/machine.h"
#include "tests/tcg/random_ir.h"

enum { STATES = 6 };
static const struct tcg_backend *const both[2] = {&tcg_backend_interp, &tcg_backend_x86};
static struct machine m;
static struct machine_state state[2];
static struct tcg_ctx *ctx[2];
static unsigned raised, too_large;

static void out(void *opaque, const char *line) { fprintf(opaque, "%s\n", line); }

static bool build(unsigned i, uint64_t seed, unsigned features, unsigned ops, struct tcg_code *code) {
    tcg_backend = both[i];
    random_ir(ctx[i], seed, features, ops);
    const char *why = tcg_verify(ctx[i]);
    if (why) {
        fprintf(stderr, "seed %llu: bad unit: %s\n", (unsigned long long)seed, why);
        exit(2);
    }
    if (tcg_compile(ctx[i], code))
        return true;
    if (ctx[i]->overflow)
        return false;
    tcg_backend->reset();
    random_ir(ctx[i], seed, features, ops);
    return tcg_compile(ctx[i], code);
}

/* Random PCs may be odd, unlike a guest's: an entry that matches none of them. */
static void empty_jump_cache(void) {
    struct tcg_jc_entry *jc = (struct tcg_jc_entry *)(uintptr_t)m.env->jc_base;
    for (unsigned i = 0; i < TCG_JC_SIZE; i++)
        jc[i].pc = 0x5a17e1d0b0b0b0b1;
}

static const char *run(uint64_t seed, const struct tcg_code *code) {
    for (unsigned k = 0; k < STATES; k++) {
        for (unsigned i = 0; i < 2; i++) {
            tcg_backend = both[i];
            machine_reset(&m, seed * STATES + k);
            empty_jump_cache();
            machine_exec(&m, &code[i], &state[i]);
        }
        raised += state[0].raised_off >= 0;
        const char *why = machine_diff(&state[0], &state[1]);
        if (why)
            return why;
    }
    return NULL;
}

static void explain(uint64_t seed, unsigned features, unsigned ops) {
    struct tcg_code code;
    random_ir(ctx[1], seed, features, ops);
    tcg_dump(ctx[1], out, stderr);
    plat_log_mask = LOG_op_opt | LOG_alloc | LOG_out_asm;
    build(1, seed, features, ops, &code);
    plat_log_mask = 0;
}

static bool one(uint64_t seed, unsigned features, unsigned ops, bool verbose) {
    struct tcg_code code[2];
    for (unsigned i = 0; i < 2; i++)
        if (!build(i, seed, features, ops, &code[i])) {
            too_large++;
            return true;
        }
    const char *why = run(seed, code);
    if (!why)
        return true;
    printf("not ok seed %llu features %u ops %u: %s (interp, x86)\n", (unsigned long long)seed, features, ops, why);
    if (verbose)
        explain(seed, features, ops);
    return false;
}

int main(int argc, char **argv) {
    bool verbose = false;
    for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
        verbose |= !strcmp(argv[1], "-v");
        if (!strcmp(argv[1], "-old"))
            plat_cpu = (struct plat_cpu){.popcnt = true, .sse41 = true};
    }
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 0) : 2000;
    unsigned features = argc > 3 ? (unsigned)atoi(argv[3]) : ~0u, ops = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
    unsigned long long passed = 0, failed = 0;
    if (!machine_init(&m))
        return 2;
    for (unsigned i = 0; i < 2; i++) {
        tcg_backend = both[i];
        if (!tcg_backend->init() || !(ctx[i] = tcg_ctx_new()))
            return 2;
        tcg_backend->init_env(m.env);
        machine_globals(ctx[i]);
    }
    for (uint64_t seed = first; seed < first + count; seed++) {
        unsigned f = features == ~0u ? seed % (RANDOM_IR_ALL + 1) : features;
        bool ok = one(seed, f, ops ? ops : 1 + (unsigned)(seed * 7 % 120), verbose && !failed);
        *(ok ? &passed : &failed) += 1;
        if (failed == 20)
            break;
    }
    fprintf(stderr, "%u of %llu runs raised, %u units were too large\n", raised, (passed + failed) * STATES, too_large);
    printf("%llu passed, %llu failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
