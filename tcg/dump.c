/* SPDX-License-Identifier: BSD-2-Clause */
/* The unit as text, one op a line: `name_type outputs, inputs, immediates`.
 *
 * Globals have their names. A local is %N, by its index, with a letter for its type: none i64, w i32, s f32, d f64,
 * q i128, v v128, y v256. A constant is $0x10, or $0x10:w where its type is not the one that the op demands (a call
 * demands i64). Labels are L0, L1, ...; immediates are names where they have names (tcg_imm_names), memory operands
 * like s32+align+aq, else numbers. A call is `call helper, result, arguments`; without `result` when it is not used.
 *
 * Assumes: argument and helper numbers in range. Guarantees: tcg_parse() of the text gives the same text again. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tcg/class.h"

struct line {
    char buf[256];
    unsigned len;
    bool any; /* an argument was written: a comma comes next */
};

static void __attribute__((format(printf, 2, 3))) put(struct line *l, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->buf + l->len, sizeof l->buf - l->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        l->len = l->len + (unsigned)n < sizeof l->buf ? l->len + (unsigned)n : sizeof l->buf - 1;
}

static void sep(struct line *l) {
    put(l, l->any ? ", " : " ");
    l->any = true;
}

static void put_temp(struct line *l, const struct tcg_ctx *s, tcgv t, int want) {
    static const char letter[] = {[TCG_I32] = 'w', [TCG_I64] = 0, [TCG_I128] = 'q', [TCG_F32] = 's', [TCG_F64] = 'd',
                                  [TCG_V128] = 'v', [TCG_V256] = 'y'};
    const struct tcg_temp *p = &s->temps[t];
    sep(l);
    if (!t || t >= s->ntemps)
        put(l, "none");
    else if (p->kind == TCG_TEMP_GLOBAL)
        put(l, "%s", p->name);
    else if (p->kind == TCG_TEMP_LOCAL)
        put(l, "%%%u%.1s", t - s->nglobals - 1, &letter[p->type]);
    else if (p->type == want)
        put(l, "$0x%" PRIx64, p->val);
    else
        put(l, "$0x%" PRIx64 ":%c", p->val, p->type == TCG_I64 ? 'l' : letter[p->type]);
}

static void put_memop(struct line *l, unsigned mo) {
    static const char *const flag[] = {"align", "aq", "rl", "atomic", "store", "slow"};
    put(l, "%c%u", mo & TCG_MO_SIGN ? 's' : 'u', 8u << (mo & TCG_MO_SIZE));
    for (unsigned i = 0; i < 6; i++)
        if (mo & TCG_MO_ALIGN << i)
            put(l, "+%s", flag[i]);
}

static void put_imm(struct line *l, char kind, int64_t v) {
    unsigned n;
    const char *const *names = tcg_imm_names(kind, &n);
    sep(l);
    if (names && (uint64_t)v < n && names[v])
        put(l, "%s", names[v]);
    else if (kind == 'L')
        put(l, "L%" PRId64, v);
    else if (kind == 'm' && (uint64_t)v < 256)
        put_memop(l, (unsigned)v);
    else if (kind == 'n' || kind == 'R' || kind == 's' || kind == 'g')
        put(l, "%" PRId64, v);
    else
        put(l, "%s0x%" PRIx64, v < 0 ? "-" : "", v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void put_name(struct line *l, const struct tcg_op *op) {
    static const char *const type[] = {"i32", "i64", "i128", "f32", "f64", "v128", "v256"};
    const struct tcg_opdef *def = &tcg_opdefs[op->opc];
    put(l, "%s", def->name);
    if (tcg_classes[def->cls].types[0] != '-')
        put(l, "_%s", type[op->type]);
    if (op->opc == TCG_OP_call) {
        sep(l);
        put(l, "%s", (uint64_t)op->imm[0] < tcg_nhelpers ? tcg_helpers[op->imm[0]].name : "none");
    }
}

static void dump_op(struct line *l, const struct tcg_ctx *s, const struct tcg_op *op) {
    const struct tcg_opdef *def = &tcg_opdefs[op->opc];
    put_name(l, op);
    for (unsigned i = 0; i < (unsigned)op->nout + op->nin; i++) {
        char want = tcg_class_arg(op, i);
        put_temp(l, s, op->arg[i], want == '*' ? TCG_I64 : tcg_class_type(want, op->type));
    }
    for (unsigned i = 0; i < def->nimm && op->opc != TCG_OP_call; i++)
        put_imm(l, tcg_classes[def->cls].imm[i], op->imm[i]);
}

void tcg_dump(const struct tcg_ctx *s, void (*out)(void *opaque, const char *line), void *opaque) {
    TCG_FOREACH((struct tcg_ctx *)s, op) {
        struct line l = {.len = 0};
        dump_op(&l, s, op);
        out(opaque, l.buf);
    }
}
