/* SPDX-License-Identifier: BSD-2-Clause */
/* The RV64 front end as a filter, for tests/decode/run:
 *     decode rows       the decode tables: NAME WIDTH MASK MATCH VARY EXT, a line each; EXT: "zcb,zbb|zbkb" or -
 *     decode disas      hex words from stdin, each as its disassembly at address 0
 *     decode legal16    every 16-bit encoding that is no 32-bit one: HEX, then what it is translated to: "legal" or
 *                       "illegal"
 *     decode ops FLAGS OFF       hex words from stdin as one block with these block flags, at this page offset: the
 *                       ops, verified
 *     decode unrolled FLAGS OFF  likewise; small loops are unrolled
 *     decode verify N   N random blocks, each verified
 *     decode agree N    N random words: the decoder and the tables must agree on what is legal
 *     decode exts       each row on rv64 and on rv64 without one extension: EXT N, a line each, N rows that are illegal
 *                       without it; "bad: ..." where the decoder differs from what the tables' `ext` column says
 * The engine's part is played by the functions at the end. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbt/helper.h"
#include "dbt/rv64/cpu.h"
#include "dbt/rv64/decode.h"
#include "dbt/tb.h"
#include "tests/decode/rows.h"

enum { ALL_FP = TBF_FS | TBF_FS_DIRTY };

static uint16_t code[2 * GUEST_PAGE_SIZE / 2];
static struct tcg_ctx *tcg;
static struct rv64_model model;
static struct rv64_cpu hart = {.model = &model};
static struct vcpu cpu = {.arch = &hart};

static bool unroll;

static const char *generate(struct guest_block *b, uint32_t off, uint64_t flags) {
    *b = (struct guest_block){.tcg = tcg, .cpu = &cpu, .start_off = off, .flags = flags, .max_insns = TB_MAX_INSNS,
                              .pc = 0x1000 + off, .unroll = unroll};
    tcg_begin(tcg, 1, off);
    if (!rv64_gen_intermediate_code(b))
        return "no block";
    if (tcg->overflow)
        return "the op buffer ran over";
    return tcg_verify(tcg);
}

static bool is_illegal(void) {
    TCG_FOREACH (tcg, op)
        if (op->opc == TCG_OP_call && op->imm[0] == HELPER_illegal)
            return true;
    return false;
}

static void print_rows(const struct decode_row *r, size_t n, int width) {
    for (; n--; r++) {
        printf("%s %d %#x %#x %#x ", r->name, width, r->mask, r->match, r->vary);
        for (const char *p = r->ext; *p; p++)
            putchar(*p == ' ' ? ',' : *p);
        puts(*r->ext ? "" : "-");
    }
}

static int disassemble(void) {
    char text[96];
    uint32_t bits;
    while (scanf("%" SCNx32, &bits) == 1) {
        rv64_disas(text, sizeof text, bits, 0);
        puts(text);
    }
    return 0;
}

static int legal16(void) {
    struct guest_block b;
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        if ((bits & 3) == 3)
            continue;
        code[0] = (uint16_t)bits;
        code[1] = 0x8082; /* ret */
        const char *bad = generate(&b, 0, ALL_FP);
        if (bad) {
            printf("%04x: %s\n", bits, bad);
            return 1;
        }
        printf("%04x %s\n", bits, is_illegal() && b.ninsns == 1 ? "illegal" : "legal");
    }
    return 0;
}

static void print(void *opaque, const char *line) {
    (void)opaque;
    puts(line);
}

static int ops(const char *flags, const char *off) {
    struct guest_block b;
    uint32_t bits, start = (uint32_t)strtoul(off, NULL, 0) & (GUEST_PAGE_SIZE - 1);
    unsigned n = start / 2;
    while (n < GUEST_PAGE_SIZE - 2 && scanf("%" SCNx32, &bits) == 1) {
        code[n++] = (uint16_t)bits;
        if ((bits & 3) == 3)
            code[n++] = (uint16_t)(bits >> 16);
    }
    const char *bad = generate(&b, start, strtoull(flags, NULL, 0));
    printf("insns %u size %u\n", b.ninsns, b.size);
    tcg_dump(tcg, print, NULL);
    if (bad)
        printf("bad: %s\n", bad);
    return bad != NULL;
}

static uint64_t random64(void) {
    static uint64_t x = 0x9e3779b97f4a7c15;
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

/* A random row with random operands, or now and then random bits. */
static unsigned random_insn(uint16_t *at) {
    bool wide = random64() & 1;
    uint32_t r = (uint32_t)random64(), bits = wide ? r | 3 : (r & 0xffff) == 3 ? 0 : r & 0xffff;
    if (random64() % 16) {
        const struct decode_row *row =
            wide ? &rv64_rows32[random64() % rv64_nrows32] : &rv64_rows16[random64() % rv64_nrows16];
        bits = row->match | (r & ~row->mask & (wide ? ~0u : 0xffff));
    }
    at[0] = (uint16_t)bits;
    at[1] = (uint16_t)(bits >> 16);
    return (bits & 3) == 3 ? 2 : 1;
}

static int verify(unsigned n) {
    struct guest_block b;
    for (unsigned i = 0; i < n; i++) {
        uint32_t off = random64() % 4 ? (uint32_t)random64() % GUEST_PAGE_SIZE & ~1u : GUEST_PAGE_SIZE - 16;
        uint64_t flags = random64() & (2 * TBF_LIMIT - 1);
        for (unsigned at = off / 2, k = 0; k < 2 * TB_MAX_INSNS && at + 2 < 2 * GUEST_PAGE_SIZE / 2; k++)
            at += random_insn(code + at);
        const char *bad = generate(&b, off, flags);
        bool over = b.size > TB_MAX_BYTES || b.ninsns > TB_MAX_INSNS || off + b.size > GUEST_PAGE_SIZE + 2 || !b.ninsns;
        if (bad || over) {
            printf("block %u, flags %#" PRIx64 ", offset %#x: %s\n", i, flags, off, bad ? bad : "bad size");
            tcg_dump(tcg, print, NULL);
            return 1;
        }
    }
    return 0;
}

/* By the tables: a row matches and the rounding mode is not reserved. */
static bool table_legal(uint32_t bits) {
    bool wide = (bits & 3) == 3;
    const struct decode_row *r = wide ? rv64_rows32 : rv64_rows16, *end = r + (wide ? rv64_nrows32 : rv64_nrows16);
    struct decode_fields f = {0};
    for (; r < end; r++)
        if (decode_matches(r, bits))
            break;
    if (r == end)
        return false;
    r->fields(&f, bits);
    return f.rm != 5 && f.rm != 6;
}

static int agree(unsigned n) {
    struct guest_block b;
    for (unsigned i = 0; i < n; i++) {
        unsigned len = random_insn(code);
        uint32_t bits = code[0];
        if (len == 2)
            code[1] ^= random64() & 1 ? 1 << random64() % 16 : 0;
        else
            code[0] ^= (random64() & 1) << 15;
        bits = len == 2 ? code[0] | (uint32_t)code[1] << 16 : code[0];
        code[len] = 0x8082; /* ret */
        const char *bad = generate(&b, 0, ALL_FP);
        bool legal = !is_illegal() || b.ninsns > 1;
        if (bad || legal != table_legal(bits)) {
            printf("%08" PRIx32 ": %s\n", bits,
                   bad     ? bad
                   : legal ? "the decoder says legal"
                           : "the decoder says illegal");
            return 1;
        }
    }
    return 0;
}

/* A word of this row with operands from `noise` that is no row over it and has no reserved rounding mode; 0: none. */
static uint32_t word_of(const struct decode_row *r, uint32_t noise) {
    bool on, wide = (r->match & 3) == 3;
    const char *twice;
    struct decode_fields f = {0};
    uint32_t bits = r->match | (noise & ~r->mask & r->vary & (wide ? ~0u : 0xffff));
    if (!decode_matches(r, bits) || rows_find(&model, bits, &on, &twice) != r)
        return 0;
    r->fields(&f, bits);
    return f.rm == 5 || f.rm == 6 ? 0 : bits;
}

/* True if the row has a word that is illegal on `model`; false, with a line, at a word that decoder and table see
 * differently. */
static bool row_off(const struct decode_row *r, const char *without, bool *off) {
    struct guest_block b;
    *off = false;
    for (unsigned i = 0; i < 12; i++) {
        bool on;
        const char *twice;
        uint32_t bits = word_of(r, i == 0 ? 0 : i == 1 ? ~0u : (uint32_t)random64());
        if (!bits)
            continue;
        code[0] = (uint16_t)bits;
        code[(bits & 3) == 3] = (uint16_t)((bits & 3) == 3 ? bits >> 16 : bits);
        code[1 + ((bits & 3) == 3)] = 0x8082; /* ret, or what it is without Zca */
        const char *bad = generate(&b, 0, ALL_FP);
        bool legal = !is_illegal() || b.ninsns > 1;
        rows_find(&model, bits, &on, &twice);
        if (bad || legal != on) {
            printf("bad: %s (%#" PRIx32 ") without %s: %s\n", r->name, bits, without,
                   bad     ? bad
                   : legal ? "legal"
                           : "illegal");
            return false;
        }
        *off |= !legal;
    }
    return true;
}

static int count_off(const char *without) {
    unsigned n = 0;
    bool off;
    for (size_t i = 0; i < rv64_nrows16 + rv64_nrows32; i++) {
        if (!row_off(i < rv64_nrows16 ? &rv64_rows16[i] : &rv64_rows32[i - rv64_nrows16], without, &off))
            return 1;
        n += off;
    }
    printf("%s %u\n", without, n);
    return 0;
}

static int exts(void) {
    char text[64], why[RV64_WHY];
    if (count_off("nothing"))
        return 1;
    for (int e = EXT_i + 1; e < RV64_NEXT; e++) {
        snprintf(text, sizeof text, "rv64,%s=off", rv64_ext_names[e]);
        if (!rv64_model_parse(&model, text, why, sizeof why)) {
            printf("bad: %s: %s\n", text, why);
            return 1;
        }
        if (count_off(rv64_ext_names[e]))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    static const struct tcg_helper helpers[] = {
#define HELPER(name, ret, nargs, flags) {#name, nargs, flags, ret},
#include "dbt/helper.def"
#undef HELPER
    };
    const char *what = argc > 1 ? argv[1] : "";
    char why[RV64_WHY];
    if (!rv64_model_parse(&model, NULL, why, sizeof why))
        return 1;
    tcg_set_helpers(helpers, NHELPERS);
    tcg = tcg_ctx_new();
    rv64_init_tcg(tcg);
    if (!strcmp(what, "rows")) {
        print_rows(rv64_rows16, rv64_nrows16, 16);
        print_rows(rv64_rows32, rv64_nrows32, 32);
        return 0;
    }
    if (!strcmp(what, "disas"))
        return disassemble();
    if (!strcmp(what, "exts"))
        return exts();
    if (!strcmp(what, "legal16"))
        return legal16();
    if (!strcmp(what, "ops") && argc > 3)
        return ops(argv[2], argv[3]);
    unroll = true;
    if (!strcmp(what, "unrolled") && argc > 3)
        return ops(argv[2], argv[3]);
    if (!strcmp(what, "verify") && argc > 2)
        return verify((unsigned)atoi(argv[2]));
    if (!strcmp(what, "agree") && argc > 2)
        return agree((unsigned)atoi(argv[2]));
    fprintf(stderr, "usage: decode rows | disas | exts | legal16 | ops|unrolled FLAGS OFF | verify N | agree N\n");
    return 2;
}

/* ---- what the engine would do ---------------------------------------------------------------------------------- */

uint32_t plat_log_mask;

void plat_log(const char *fmt, ...) { (void)fmt; }

void *plat_alloc(size_t size) { return calloc(1, size); }

_Noreturn void plat_panic(const char *fmt, ...) {
    fprintf(stderr, "%s\n", fmt);
    abort();
}

bool tb_fetch16(struct guest_block *b, uint32_t off, bool raise, uint16_t *out) {
    (void)b;
    (void)raise;
    if (off / 2 >= sizeof code / sizeof *code)
        return false;
    *out = code[off / 2];
    return true;
}
