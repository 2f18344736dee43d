/* SPDX-License-Identifier: BSD-2-Clause */
/* Random units, x86 against interp: backends [-v] [-old] [FIRST [COUNT [FEATURES [OPS]]]]
 * Each unit runs on both from several machine states; registers, memory, flags, the trace of helpers, and where and
 * with what registers it raised must be equal. Ends with "N passed, N failed"; status 1 if one failed. -v dumps the
 * first failure; -old does without all that is asked for at run time. */
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

/* A note that begins with STOP sets the poll word, too. */
enum { STOP = 0x5709 };
static plat_gate_fn *machine_gate;

static uint64_t gate(struct plat_hart *hart, uint32_t nr) {
    if (nr == MACHINE_NOTE && m.env->gate_arg[0] == STOP)
        m.env->poll = (uint32_t)m.env->gate_arg[1];
    return machine_gate(hart, nr);
}

/* Makes a unit without branches a loop on itself: a counter in env stops it, and sometimes a branch leaves. */
enum { COUNTER = offsetof(struct tcg_env, guest) + 8 * 20 };
static bool loops(uint64_t seed, unsigned features) { return seed % 3 == 0 && !(features & RANDOM_IR_BRANCH); }

static void make_loop(struct tcg_ctx *s, uint64_t seed) {
    tcgv n = tcg_temp_new(s, TCG_I64), stop = tcg_temp_new(s, TCG_I32), one = tcg_const(s, TCG_I64, 1);
    tcg_remove(s, &s->ops[s->ops[0].prev]);
    tcg_gen_ld_env(s, n, COUNTER, TCG_MO_64);
    tcg_gen_sub(s, n, n, one);
    tcg_gen_st_env(s, n, COUNTER, TCG_MO_64);
    tcg_gen_setcond(s, TCG_LT, stop, n, one);
    tcg_gen_call(s, MACHINE_NOTE, 0, tcg_const(s, TCG_I64, STOP), stop, one, n);
    if (seed % 2) {
        unsigned label = tcg_label_new(s);
        tcg_gen_brcond(s, (enum tcg_cond)(seed / 6 % TCG_NCONDS), 1 + seed / 7 % MACHINE_NX, 1 + seed / 77 % MACHINE_NX,
                       label);
        tcg_gen_goto_tb(s, 0, 80, false);
        tcg_gen_set_label(s, label);
    }
    tcg_gen_goto_tb(s, 1, 0, true);
}

/* Ends the unit with runs of loads and stores on one base, near and over the ends of pages, where random units have
 * few. */
static void add_accesses(struct tcg_ctx *s, uint64_t seed) {
    uint64_t rng = seed;
    tcgv base = 1 + machine_random(&rng) % 3, x = 1 + machine_random(&rng) % MACHINE_NX;
    tcg_remove(s, &s->ops[s->ops[0].prev]);
    for (unsigned k = 0; k < 12; k++) {
        uint64_t r = machine_random(&rng);
        tcgv t = tcg_temp_new(s, TCG_I64), v = 1 + (r >> 8) % MACHINE_NX, f = 1 + MACHINE_NX + (r >> 16) % MACHINE_NF;
        if (k == 0 || r % 8 == 0) {
            tcg_gen_and(s, base, x, tcg_const(s, TCG_I64, r & 256 ? 0xff8 : 0x7ff));
            tcg_gen_add(s, base, base, tcg_const(s, TCG_I64, MACHINE_VA + (r >> 12) % 4 * TCG_PAGE));
        }
        tcg_gen_insn_start(s, 1000 + 4 * (int32_t)k, 0, 4);
        tcg_gen_add(s, t, base, tcg_const(s, TCG_I64, (uint64_t)((int64_t)(r >> 24) % 300 - 150)));
        switch (seed % 3 == 2 ? r >> 40 & 7 : (seed % 3) * 4 + (r >> 40 & 3)) {
        case 0: case 1: tcg_gen_guest_ld(s, v, t, TCG_MO_64, 0); break;
        case 2: tcg_gen_guest_ld(s, v, t, TCG_MO_16 | TCG_MO_SIGN, 0); break;
        case 3: tcg_gen_guest_ld(s, f, t, TCG_MO_64, 0); break;
        case 4: case 5: tcg_gen_guest_st(s, v, t, TCG_MO_64, 0); break;
        case 6: tcg_gen_guest_st(s, tcg_const(s, TCG_I64, r), t, TCG_MO_8, 0); break;
        default: tcg_gen_guest_st(s, f, t, TCG_MO_64, 0);
        }
    }
    tcg_gen_exit_tb(s, TCG_EXIT_PC);
}

static void unit(unsigned i, uint64_t seed, unsigned features, unsigned ops) {
    random_ir(ctx[i], seed, features, ops);
    if (loops(seed, features)) {
        make_loop(ctx[i], seed);
        return;
    }
    if (seed % 4 == 1)
        add_accesses(ctx[i], seed);
    TCG_FOREACH(ctx[i], op) /* x86 would run around in what leaves on interp */
        if (op->opc == TCG_OP_goto_tb && op->imm[1] == 0)
            op->imm[1] = 4;
}

static bool build(unsigned i, uint64_t seed, unsigned features, unsigned ops, struct tcg_code *code) {
    tcg_backend = both[i];
    unit(i, seed, features, ops);
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
    unit(i, seed, features, ops);
    return tcg_compile(ctx[i], code);
}

/* Random PCs may be odd, unlike a guest's: an entry that matches none of them. */
static void empty_jump_cache(void) {
    struct tcg_jc_entry *jc = (struct tcg_jc_entry *)(uintptr_t)m.env->jc_base;
    for (unsigned i = 0; i < TCG_JC_SIZE; i++)
        jc[i].pc = 0x5a17e1d0b0b0b0b1;
}

static const char *run(uint64_t seed, const struct tcg_code *code, bool loop) {
    for (unsigned k = 0; k < STATES; k++) {
        for (unsigned i = 0; i < 2; i++) {
            tcg_backend = both[i];
            machine_reset(&m, seed * STATES + k);
            empty_jump_cache();
            m.env->guest[20] = 1 + seed % 5;
            if (loop) {
                m.env->poll = 0;
                if (code[i].jump[1])
                    tcg_backend->link(&code[i], 1, code[i].entry);
            }
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
    unit(1, seed, features, ops);
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
    const char *why = run(seed, code, loops(seed, features));
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
            plat_cpu = (struct plat_cpu){.popcnt = true};
    }
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 0) : 2000;
    unsigned features = argc > 3 ? (unsigned)atoi(argv[3]) : ~0u, ops = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
    unsigned long long passed = 0, failed = 0;
    if (!machine_init(&m))
        return 2;
    machine_gate = tcg_gate;
    tcg_gate = gate;
    plat_set_gate(gate);
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
