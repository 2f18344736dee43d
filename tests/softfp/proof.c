/* SPDX-License-Identifier: BSD-2-Clause */
/* Every floating-point operation against the oracle, values and flags, in all five rounding modes: fp-proof [-old]
 * [-triples] [RANDOM [SEED]]
 * All corners (pairs of them; of triples for the fused ones a share, or with -triples all) and RANDOM random operands
 * for each operation and format. Each is asked of tcg/softfp and, where it is not the exact helper's anyway, of the x86
 * back end: a unit with that op compiled as a block's is, its rounding mode static and dynamic in turn. -old: without
 * what the host is asked for at run time (AVX, FMA, SSE4.1). Prints `ok NAME` or `not ok NAME` with the first
 * differences, and the number of operands. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/softfp.h"
#include "tests/softfp/operands.h"
#include "tests/tcg/machine.h"

static struct machine m;
static struct tcg_ctx *ctx;
static uint64_t seed = 1, operands, checks;
static bool all_triples, old;
static unsigned nrandom = 2000, failed;

static const enum tcg_type types[FP_FORMATS] = {SOFTFP_F16, SOFTFP_BF16, TCG_F32, TCG_F64};
static const uint8_t rc_of[4] = {0, 3, 1, 2}; /* MXCSR's numbers of RNE, RTZ, RDN, RUP */

/* An operation as the IR has it. */
struct op {
    const char *name;
    enum tcg_opc opc;
    uint8_t nargs, imm;
    bool rounds; /* by a mode: else tried in one */
    bool only_fd;
};
static const struct op ops[FP_OPS] = {
    [FP_ADD] = {"add", TCG_OP_fadd, 2, 0, true, false},
    [FP_SUB] = {"sub", TCG_OP_fsub, 2, 0, true, false},
    [FP_MUL] = {"mul", TCG_OP_fmul, 2, 0, true, false},
    [FP_DIV] = {"div", TCG_OP_fdiv, 2, 0, true, false},
    [FP_SQRT] = {"sqrt", TCG_OP_fsqrt, 1, 0, true, false},
    [FP_MADD] = {"madd", TCG_OP_fma, 3, 0, true, false},
    [FP_MSUB] = {"msub", TCG_OP_fma, 3, 2, true, false},
    [FP_NMSUB] = {"nmsub", TCG_OP_fma, 3, 1, true, false},
    [FP_NMADD] = {"nmadd", TCG_OP_fma, 3, 3, true, false},
    [FP_ROUND] = {"round", TCG_OP_fround, 1, 0, true, false},
    [FP_ROUNDNX] = {"roundnx", TCG_OP_froundnx, 1, 0, true, false},
    [FP_MIN] = {"min", TCG_OP_fmin, 2, 0, false, false},
    [FP_MAX] = {"max", TCG_OP_fmax, 2, 0, false, false},
    [FP_MINM] = {"minm", TCG_OP_fminm, 2, 0, false, false},
    [FP_MAXM] = {"maxm", TCG_OP_fmaxm, 2, 0, false, false},
    [FP_EQ] = {"eq", TCG_OP_fcmp, 2, TCG_FEQ, false, false},
    [FP_LT] = {"lt", TCG_OP_fcmp, 2, TCG_FLT, false, false},
    [FP_LE] = {"le", TCG_OP_fcmp, 2, TCG_FLE, false, false},
    [FP_LTQ] = {"ltq", TCG_OP_fcmp, 2, TCG_FLTQ, false, false},
    [FP_LEQ] = {"leq", TCG_OP_fcmp, 2, TCG_FLEQ, false, false},
    [FP_CLASS] = {"class", TCG_NOPS, 1, 0, false, false},
    [FP_TO_W] = {"to-w", TCG_OP_ftoi, 1, TCG_W, true, false},
    [FP_TO_WU] = {"to-wu", TCG_OP_ftoi, 1, TCG_WU, true, false},
    [FP_TO_L] = {"to-l", TCG_OP_ftoi, 1, TCG_L, true, false},
    [FP_TO_LU] = {"to-lu", TCG_OP_ftoi, 1, TCG_LU, true, false},
    [FP_TO_MOD] = {"to-mod-w", TCG_OP_fcvtmod, 1, 0, false, true},
    [FP_FROM_W] = {"from-w", TCG_OP_itof, 1, TCG_W, true, false},
    [FP_FROM_WU] = {"from-wu", TCG_OP_itof, 1, TCG_WU, true, false},
    [FP_FROM_L] = {"from-l", TCG_OP_itof, 1, TCG_L, true, false},
    [FP_FROM_LU] = {"from-lu", TCG_OP_itof, 1, TCG_LU, true, false},
    [FP_CVT] = {"from-", TCG_OP_fcvt_ff, 1, 0, true, false},
};

static bool integer_result(enum fp_op op) {
    return (op >= FP_EQ && op <= FP_LEQ) || (op >= FP_TO_W && op <= FP_TO_MOD);
}

/* ---- the x86 back end -------------------------------------------------------------------------------------------- */

/* Halves are computed in singles (dbt/rv64/trans_zfh.c), but for what would be rounded twice. */
static bool is_native(enum fp_op op, enum fp_format f, enum fp_format from) {
    if (op == FP_CLASS || f == FP_B || from == FP_B)
        return false;
    if (op == FP_CVT)
        return f != FP_H || from == FP_S;
    return f != FP_H || !((op >= FP_MADD && op <= FP_NMADD) || (op >= FP_FROM_W && op <= FP_FROM_LU));
}

/* x4 = op(x1, x2, x3), on bits. */
static bool compile(enum fp_op op, enum fp_format f, enum fp_format from, unsigned rm, struct tcg_code *code) {
    const struct op *o = &ops[op];
    bool half_in = (op == FP_CVT ? from : f) == FP_H, half_out = f == FP_H;
    enum tcg_type type = half_out ? TCG_F32 : types[f], in = half_in ? TCG_F32 : op == FP_CVT ? types[from] : type;
    bool integer_in = o->opc == TCG_OP_itof, integer_out = integer_result(op);
    bool cvt_int = o->opc == TCG_OP_itof || o->opc == TCG_OP_ftoi;
    tcgv v[3] = {0}, d = 4;
    tcg_begin(ctx, 1, 0);
    for (unsigned i = 0; i < o->nargs; i++) {
        v[i] = (tcgv)(1 + i);
        if (!integer_in) {
            v[i] = tcg_temp_new(ctx, in);
            (half_in ? tcg_gen_h2f : tcg_gen_fraw)(ctx, v[i], (tcgv)(1 + i));
        }
    }
    if (!integer_out)
        d = tcg_temp_new(ctx, type);
    int64_t first = o->opc == TCG_OP_fcmp || cvt_int ? o->imm : rm, second = cvt_int ? rm : o->imm;
    if (op != FP_CVT || (!half_in && !half_out))
        tcg_emit_args(ctx, o->opc, type, TCG_V(d, v[0], v[1], v[2]), TCG_I(first, second));
    else if (half_in)
        tcg_gen_h2f(ctx, d, 1);
    else
        d = v[0];
    if (!integer_out && half_out)
        tcg_gen_f2h(ctx, 4, d, (enum tcg_rm)rm);
    else if (!integer_out)
        tcg_gen_fbits(ctx, 4, d);
    tcg_gen_exit_tb(ctx, TCG_EXIT_PC);
    if (tcg_compile(ctx, code))
        return true;
    fprintf(stderr, "fp-proof: %s: not compiled\n", o->name);
    return false;
}

static uint64_t run(const struct tcg_code *code, unsigned rc, const uint64_t *arg, unsigned *flags, bool *rc_kept) {
    static const uint8_t bit[] = {FP_NV, 0, FP_DZ, FP_OF, FP_UF, FP_NX};
    m.hart.mxcsr = 0x1f80 | rc << 13;
    memcpy(&m.env->reg[1], arg, 3 * sizeof *arg);
    m.code = code;
    tcg_backend->exec(&m.hart, m.env, code->entry);
    for (unsigned i = 0; i < 6; i++)
        *flags |= m.hart.mxcsr >> i & 1 ? bit[i] : 0u;
    *rc_kept = (m.hart.mxcsr & 0xffc0) == (0x1f80 | rc << 13);
    return m.env->reg[4];
}

/* ---- one case ---------------------------------------------------------------------------------------------------- */

struct test {
    enum fp_op op;
    enum fp_format f, from;
    char name[40];
    bool native;
    struct tcg_code code[5]; /* static RNE to RUP; dynamic */
    unsigned wrong;
};

static void wrong(struct test *t, const char *who, unsigned rm, const uint64_t *arg, uint64_t got, unsigned flags,
                  uint64_t want, unsigned want_flags) {
    if (t->wrong++ < 5)
        printf("    %s %s rm %u (%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 "): %#" PRIx64 " flags %#x, not %#" PRIx64
               " flags %#x\n",
               t->name, who, rm, arg[0], arg[1], arg[2], got, flags, want, want_flags);
}

static void native(struct test *t, unsigned rm, const uint64_t *arg, uint64_t want, unsigned want_flags) {
    bool kept, dynamic = !ops[t->op].rounds || fp_random(&seed) & 1;
    unsigned flags = 0, rc = dynamic ? rc_of[rm] : fp_random(&seed) >> 20 & 3;
    uint64_t got = run(&t->code[dynamic ? 4 : rm], rc, arg, &flags, &kept);
    if (t->f == FP_S && !integer_result(t->op))
        got = (uint32_t)got; /* fbits extends the sign */
    if (got != want || flags != want_flags || !kept)
        wrong(t, kept ? dynamic ? "x86, dynamic," : "x86, static," : "x86 lost the rounding mode,", rm, arg, got, flags,
              want, want_flags);
    checks++;
}

static void one(struct test *t, const uint64_t *arg) {
    const struct op *o = &ops[t->op];
    operands++;
    for (unsigned rm = 0; rm < (o->rounds ? FP_MODES : 1); rm++) {
        unsigned want_flags = 0, flags = 0;
        uint64_t want = fp_oracle(t->op, t->f, t->from, rm, arg, &want_flags);
        unsigned imm = t->op == FP_CVT ? (unsigned)types[t->from] : o->imm;
        uint64_t got = t->op == FP_CLASS ? softfp_class(types[t->f], arg[0])
                                         : softfp_op(o->opc, types[t->f], rm, imm, arg[0], arg[1], arg[2], &flags);
        if (got != want || flags != want_flags)
            wrong(t, "softfp", rm, arg, got, flags, want, want_flags);
        checks++;
        if (t->native && rm < FP_RMM)
            native(t, rm, arg, want, want_flags);
    }
}

/* ---- all cases of an operation ----------------------------------------------------------------------------------- */

static void corner_cases(struct test *t, unsigned nargs) {
    uint64_t c[FP_MAX_CORNERS], arg[3] = {0};
    bool integer = t->op >= FP_FROM_W && t->op <= FP_FROM_LU;
    unsigned n = integer ? fp_int_corners(c) : fp_corners(t->op == FP_CVT ? t->from : t->f, c);
    for (unsigned i = 0; i < n; i++) {
        arg[0] = c[i];
        for (unsigned j = 0; j < (nargs > 1 ? n : 1); j++) {
            arg[1] = c[j];
            for (unsigned k = 0; k < (nargs > 2 ? n : 1); k++) {
                arg[2] = c[k];
                if (nargs < 3 || all_triples || fp_random(&seed) % 64 == 0)
                    one(t, arg);
            }
        }
    }
}

static void prove(enum fp_op op, enum fp_format f, enum fp_format from) {
    const struct op *o = &ops[op];
    struct test t = {.op = op, .f = f, .from = from, .native = is_native(op, f, from)};
    uint64_t arg[3] = {0}, before = operands;
    snprintf(t.name, sizeof t.name, "%s%s-%s", o->name, op == FP_CVT ? fp_layouts[from].name : "", fp_layouts[f].name);
    for (unsigned rm = 0; t.native && rm < 5; rm++)
        if (!compile(op, f, from, rm == 4 ? TCG_RM_DYN : rm, &t.code[rm]))
            exit(2);
    corner_cases(&t, o->nargs);
    for (unsigned i = 0; i < nrandom; i++) {
        fp_random_operands(&seed, op, op == FP_CVT ? from : f, o->nargs, arg);
        one(&t, arg);
    }
    printf("%sok fp%s/%s: %" PRIu64 " operands%s\n", t.wrong ? "not " : "", old ? "-old" : "", t.name,
           operands - before, t.native ? ", x86 too" : "");
    fflush(stdout);
    failed += t.wrong != 0;
}

int main(int argc, char **argv) {
    for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
        all_triples |= !strcmp(argv[1], "-triples");
        old |= !strcmp(argv[1], "-old");
        if (old)
            plat_cpu = (struct plat_cpu){.popcnt = true};
    }
    nrandom = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : nrandom;
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : seed;
    tcg_backend = &tcg_backend_x86;
    if (!machine_init(&m) || !tcg_backend->init() || !(ctx = tcg_ctx_new()))
        return 2;
    tcg_backend->init_env(m.env);
    machine_globals(ctx);
    machine_reset(&m, 1);
    m.env->poll = 0;
    fp_oracle_init();
    for (unsigned f = 0; f < FP_FORMATS; f++) {
        for (unsigned op = 0; op < FP_CVT; op++)
            if (f != FP_B && (!ops[op].only_fd || f == FP_D))
                prove((enum fp_op)op, (enum fp_format)f, (enum fp_format)f);
        for (unsigned from = 0; from < FP_FORMATS; from++)
            if (from != f && (f == FP_B ? from == FP_S : from != FP_B || f == FP_S))
                prove(FP_CVT, (enum fp_format)f, (enum fp_format)from);
    }
    printf("%" PRIu64 " operands, %" PRIu64 " results and flags compared\n", operands, checks);
    return failed != 0;
}
