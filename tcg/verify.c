/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks a unit against what tcg/ops.def and tcg/class.def promise to the passes and the back ends.
 *
 * Assumes: nothing but a context made by tcg_ctx_new(). Guarantees: NULL means that the list is sound; every op has the
 * arguments of its class with the right types; constants are never written; immediates are in range; every label
 * that is branched to is set once; only terminators end the unit, and nothing but a label follows one; locals are
 * written before they are read on every path; a raising op has an insn_start before it; env accesses stay in env,
 * off the globals, and write only what translated code may write; a goto_tb slot is used once. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/class.h"

enum { SET_WORDS = TCG_MAX_TEMPS / 64 };

struct verifier {
    const struct tcg_ctx *s;
    const struct tcg_op *op;
    unsigned nr;                          /* ordinal of op, from 0 */
    uint8_t set[TCG_MAX_LABELS];          /* labels: set */
    uint8_t used[TCG_MAX_LABELS];
    bool insn, slot[2];
    bool bad;
};

static char message[200];

static bool fail(struct verifier *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct verifier *v, const char *fmt, ...) {
    va_list ap;
    const char *name = v->op && v->op->opc < TCG_NOPS ? tcg_opdefs[v->op->opc].name : "?";
    int n = snprintf(message, sizeof message, "op %u (%s): ", v->nr, name);
    va_start(ap, fmt);
    vsnprintf(message + n, sizeof message - (unsigned)n, fmt, ap);
    va_end(ap);
    v->bad = true;
    return false;
}

static const char *const type_name[] = {"i32", "i64", "i128", "f32", "f64", "v128", "v256"};

static bool check_type(struct verifier *v) {
    static const char letter[] = "il_sd__";
    const struct tcg_op *op = v->op;
    const struct tcg_classdef *c = &tcg_classes[tcg_opdefs[op->opc].cls];
    if (op->type > TCG_V256)
        return fail(v, "no such type");
    if (c->types[0] != '-' && c->types[0] != '*' && !strchr(c->types, letter[op->type]))
        return fail(v, "does not exist for %s", type_name[op->type]);
    if (tcg_opdefs[op->opc].flags & TCG_F_I64 && op->type != TCG_I64)
        return fail(v, "i64 only");
    return true;
}

static bool check_counts(struct verifier *v) {
    const struct tcg_op *op = v->op;
    unsigned nout = tcg_opdefs[op->opc].nout, nin = tcg_opdefs[op->opc].nin;
    if (op->opc == TCG_OP_call) {
        if ((uint64_t)op->imm[0] >= tcg_nhelpers)
            return fail(v, "no such helper");
        nin = tcg_helpers[op->imm[0]].nargs;
        nout = tcg_helpers[op->imm[0]].ret && op->nout;
    }
    return (op->nout == nout && op->nin == nin) || fail(v, "%u outputs, %u inputs", op->nout, op->nin);
}

static bool check_args(struct verifier *v) {
    const struct tcg_ctx *s = v->s;
    const struct tcg_op *op = v->op;
    for (unsigned i = 0; i < (unsigned)op->nout + op->nin; i++) {
        tcgv t = op->arg[i];
        if (!t || t >= s->ntemps)
            return fail(v, "argument %u is no temp", i);
        char letter = tcg_class_arg(op, i);
        int want = tcg_class_type(letter, op->type), got = s->temps[t].type;
        if (want >= 0 && got != want)
            return fail(v, "argument %u is %s, not %s", i, type_name[got], type_name[want]);
        if (letter == 'b' && got != TCG_I32 && got != TCG_I64)
            return fail(v, "argument %u is %s, not an integer", i, type_name[got]);
        if (i < op->nout && s->temps[t].kind == TCG_TEMP_CONST)
            return fail(v, "writes a constant");
    }
    return true;
}

/* A memory operand of `type`: integers may be narrower in memory, the others may not. */
static bool check_memop(struct verifier *v, int64_t mo, unsigned flags) {
    unsigned type = v->op->type, size = 8u << (mo & TCG_MO_SIZE);
    if (mo & ~(int64_t)(flags | TCG_MO_SIZE))
        return fail(v, "memory operand has flags that mean nothing here");
    if (size > (type == TCG_I32 || type == TCG_F32 ? 32u : 64u))
        return fail(v, "memory operand is wider than its temp");
    if ((type == TCG_F32 && size != 32) || (type == TCG_F64 && size != 64))
        return fail(v, "memory operand is narrower than its float");
    return true;
}

static bool check_env(struct verifier *v) {
    const struct tcg_op *op = v->op;
    uint64_t off = (uint64_t)op->imm[0], end = off + (1u << (op->imm[1] & TCG_MO_SIZE));
    if (!check_memop(v, op->imm[1], op->opc == TCG_OP_ld_env ? TCG_MO_SIGN : 0))
        return false;
    if (off >= sizeof(struct tcg_env) || end > sizeof(struct tcg_env))
        return fail(v, "outside env");
    if (op->opc == TCG_OP_st_env && end > 2 * TCG_PAGE)
        return fail(v, "writes the read-only page of env");
    for (unsigned i = 1; i <= v->s->nglobals; i++) {
        const struct tcg_temp *g = &v->s->temps[i];
        uint64_t gend = g->off + (g->type == TCG_I32 || g->type == TCG_F32 ? 4 : 8);
        if (off < gend && end > g->off)
            return fail(v, "touches the home of global %s", g->name);
    }
    return true;
}

static bool check_imm_value(struct verifier *v, char kind, int64_t val) {
    unsigned n;
    const char *const *names = tcg_imm_names(kind, &n);
    if (names)
        return ((uint64_t)val < n && names[val]) || fail(v, "immediate %lld out of range", (long long)val);
    static const struct {
        char kind;
        uint16_t limit;
    } limits[] = {{'L', TCG_MAX_LABELS}, {'n', 17}, {'s', 2}, {'R', TCG_MMU_ROLES}, {'f', 16}, {'g', 4}};
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (limits[i].kind == kind && (uint64_t)val >= limits[i].limit)
            return kind == 'R' ? fail(v, "role %lld is not below 8", (long long)val)
                               : fail(v, "immediate %lld out of range", (long long)val);
    if (kind == 'L' && (uint64_t)val >= v->s->nlabels)
        return fail(v, "label L%lld does not exist", (long long)val);
    if (kind == 'o' && val != (int32_t)val)
        return fail(v, "offset out of range");
    return true;
}

static bool check_imms(struct verifier *v) {
    const struct tcg_op *op = v->op;
    const char *kinds = tcg_classes[tcg_opdefs[op->opc].cls].imm;
    const unsigned order = TCG_MO_ALIGN | TCG_MO_AQ | TCG_MO_RL | TCG_MO_ATOMIC | TCG_MO_STORE_FAULT | TCG_MO_SLOW;
    for (unsigned i = 0; kinds[i]; i++)
        if (!check_imm_value(v, kinds[i], op->imm[i]))
            return false;
    switch (op->opc) {
    case TCG_OP_ld_env: case TCG_OP_st_env: return check_env(v);
    case TCG_OP_guest_st: return check_memop(v, op->imm[0], order);
    case TCG_OP_guest_ld: case TCG_OP_guest_rmw: case TCG_OP_guest_cas:
        return check_memop(v, op->imm[0], order | TCG_MO_SIGN);
    case TCG_OP_guest_zero: return op->imm[0] == TCG_MO_8 || fail(v, "guest_zero has a size of its own");
    default: return true;
    }
}

static bool raises(const struct tcg_op *op) {
    return op->opc == TCG_OP_call ? tcg_helpers[op->imm[0]].flags & TCG_H_RAISE
                                  : tcg_opdefs[op->opc].flags & TCG_F_RAISE;
}

static bool check_flow(struct verifier *v) {
    const struct tcg_op *op = v->op, *next = &v->s->ops[op->next];
    bool last = op->next == 0;
    switch (op->opc) {
    case TCG_OP_set_label:
        if (v->set[op->imm[0]]++)
            return fail(v, "label L%d is set twice", (int)op->imm[0]);
        break;
    case TCG_OP_br: v->used[op->imm[0]] = 1; break;
    case TCG_OP_brcond: v->used[op->imm[1]] = 1; break;
    case TCG_OP_insn_start: v->insn = true; break;
    case TCG_OP_goto_tb:
        if (v->slot[op->imm[0]])
            return fail(v, "slot %d is used twice", (int)op->imm[0]);
        v->slot[op->imm[0]] = true;
        break;
    }
    if (raises(op) && !v->insn)
        return fail(v, "raises before the first insn_start");
    bool term = tcg_opdefs[op->opc].flags & TCG_F_TERM;
    if (last && !term)
        return fail(v, "the unit ends without a terminator");
    if (!last && term && next->opc != TCG_OP_set_label)
        return fail(v, "followed by %s, not by a label", tcg_opdefs[next->opc].name);
    return true;
}

static bool check_op(struct verifier *v) {
    return check_type(v) && check_counts(v) && check_args(v) && check_imms(v) && check_flow(v);
}

static bool check_list(struct verifier *v) {
    const struct tcg_ctx *s = v->s;
    uint32_t i = 0, n = 0;
    do {
        uint32_t next = s->ops[i].next;
        v->op = &s->ops[i];
        if (next >= s->nops || s->ops[next].prev != i || n++ > TCG_MAX_OPS)
            return fail(v, "broken list");
        if (next && s->ops[next].opc >= TCG_NOPS)
            return fail(v, "no such op follows");
        i = next;
    } while (i);
    return true;
}

/* ---- locals are written before they are read --------------------------------------------------------------------- */

typedef uint64_t tempset[SET_WORDS];

static bool set_has(const tempset set, tcgv t) { return set[t / 64] >> t % 64 & 1; }

/* dst &= src; true if that changed dst. */
static bool set_meet(tempset dst, const tempset src, unsigned words) {
    bool changed = false;
    for (unsigned i = 0; i < words; i++) {
        changed |= (dst[i] & ~src[i]) != 0;
        dst[i] &= src[i];
    }
    return changed;
}

/* One walk: what is written at each label so far (an intersection over its edges). True if some label's set shrank. */
static bool written_walk(struct verifier *v, tempset *at, bool report) {
    const struct tcg_ctx *s = v->s;
    unsigned words = (s->ntemps + 63) / 64;
    bool changed = false, reached = true;
    tempset cur = {0};
    v->nr = 0;
    TCG_FOREACH((struct tcg_ctx *)s, op) {
        v->op = op;
        if (op->opc == TCG_OP_set_label) {
            if (reached)
                changed |= set_meet(at[op->imm[0]], cur, words);
            memcpy(cur, at[op->imm[0]], sizeof cur);
            reached = true;
        }
        for (unsigned i = op->nout; i < (unsigned)op->nout + op->nin && report; i++)
            if (s->temps[op->arg[i]].kind == TCG_TEMP_LOCAL && !set_has(cur, op->arg[i]))
                return fail(v, "argument %u may be read before it is written", i);
        for (unsigned i = 0; i < op->nout; i++)
            cur[op->arg[i] / 64] |= 1ull << op->arg[i] % 64;
        if (op->opc == TCG_OP_br || op->opc == TCG_OP_brcond)
            changed |= set_meet(at[op->imm[op->opc == TCG_OP_brcond]], cur, words);
        if (tcg_opdefs[op->opc].flags & TCG_F_TERM)
            reached = false;
        v->nr++;
    }
    return changed;
}

static bool check_written(struct verifier *v) {
    size_t size = (v->s->nlabels + 1) * sizeof(tempset);
    tempset *at = malloc(size);
    if (!at)
        return fail(v, "no memory to verify");
    memset(at, 0xff, size);
    while (written_walk(v, at, false))
        ;
    written_walk(v, at, true);
    free(at);
    return !v->bad;
}

const char *tcg_verify(const struct tcg_ctx *s) {
    struct verifier v = {.s = s};
    if (!check_list(&v))
        return message;
    TCG_FOREACH((struct tcg_ctx *)s, op) {
        v.op = op;
        if (!check_op(&v))
            return message;
        v.nr++;
    }
    for (unsigned l = 0; l < TCG_MAX_LABELS; l++)
        if (v.used[l] && !v.set[l]) {
            snprintf(message, sizeof message, "label L%u is branched to but never set", l);
            return message;
        }
    return check_written(&v) ? NULL : message;
}
