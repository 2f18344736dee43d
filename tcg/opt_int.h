/* SPDX-License-Identifier: BSD-2-Clause */
/* What the optimiser's passes share: their per-context state (tcg_ctx.opt), and knowledge about temps. */
#ifndef PYRITE_TCG_OPT_INT_H
#define PYRITE_TCG_OPT_INT_H

#include "tcg/ir.h"

enum { TCG_SET_WORDS = TCG_MAX_TEMPS / 64, TCG_CSE_BITS = 7 };
typedef uint64_t tcg_tempset[TCG_SET_WORDS];

/* What is known of an integer: bits that are 0, bits that are 1, and how many of the highest bits equal the sign bit
 * (itself counted: at least 1). An i32 is held zero-extended: its upper half is known to be 0, and `sign` counts
 * from bit 31. */
struct tcg_know {
    uint64_t zeros, ones;
    uint8_t sign;
};

/* What holds of a temp at this point of a forward walk. Valid while `gen` is the walk's; every write gives the temp
 * a new version, so that what was noted about others can be checked. */
struct tcg_info {
    uint32_t gen, ver;
    uint32_t copy_ver;       /* version of `copy` when it was noted */
    tcgv copy;               /* holds the same value, if its version is still that; 0: none */
    uint32_t def;            /* op that wrote it; 0: not known, or not simple */
    uint32_t in_ver[2];      /* versions of that op's first two inputs then */
    struct tcg_know know;
};

struct tcg_cse_entry {
    uint32_t gen, op;
    uint32_t in_ver[TCG_MAX_ARGS], out_ver;
};

struct tcg_opt {
    uint32_t gen, ver;
    struct tcg_info info[TCG_MAX_TEMPS];
    struct tcg_cse_entry cse[1 << TCG_CSE_BITS];
    tcg_tempset label_live[TCG_MAX_LABELS];
    uint8_t label_seen[TCG_MAX_LABELS];
};

/* The context's state, made at the first call; ready for a walk that knows nothing. NULL: no memory (the pass does
 * nothing then). */
struct tcg_opt *tcg_opt_begin(struct tcg_ctx *s);
/* Forget everything (a label). */
static inline void tcg_opt_forget(struct tcg_opt *o) { o->gen++; }
/* Of a temp not seen since the last tcg_opt_forget(): a new version, nothing known (constants: all). */
struct tcg_info *tcg_opt_fresh(struct tcg_opt *o, const struct tcg_ctx *s, tcgv t);
/* Info of a temp. */
static inline struct tcg_info *tcg_opt_info(struct tcg_opt *o, const struct tcg_ctx *s, tcgv t) {
    struct tcg_info *i = &o->info[t];
    return i->gen == o->gen ? i : tcg_opt_fresh(o, s, t);
}
/* The temp is written: a new version, nothing known. */
static inline struct tcg_info *tcg_opt_write(struct tcg_opt *o, tcgv t) {
    struct tcg_info *i = &o->info[t];
    i->gen = o->gen;
    i->ver = ++o->ver;
    i->copy = 0;
    i->def = 0;
    i->know = (struct tcg_know){.sign = 1};
    return i;
}
/* Every global may have been written (a call that writes globals). */
void tcg_opt_write_globals(struct tcg_opt *o, const struct tcg_ctx *s);

static inline uint64_t tcg_type_mask(enum tcg_type t) { return t == TCG_I32 ? 0xffffffffu : ~(uint64_t)0; }
static inline bool tcg_type_is_int(enum tcg_type t) { return t == TCG_I32 || t == TCG_I64; }
static inline bool tcg_know_all(const struct tcg_know *k) { return (k->zeros | k->ones) == ~(uint64_t)0; }

/* Nothing; a value; the result of a pure or loading op (in[]: what is known of its first four inputs). */
struct tcg_know tcg_know_none(enum tcg_type t);
struct tcg_know tcg_know_value(enum tcg_type t, uint64_t v);
struct tcg_know tcg_know_op(const struct tcg_op *op, const struct tcg_know *in, enum tcg_type out);
/* Whether the comparison is decided: 0, 1, or -1. */
int tcg_know_cond(enum tcg_cond c, enum tcg_type t, const struct tcg_know *a, const struct tcg_know *b);

/* Helper flags of a call, 0 of anything else. */
static inline unsigned tcg_call_flags(const struct tcg_op *op) {
    return op->opc == TCG_OP_call ? tcg_helpers[op->imm[0]].flags : 0;
}
/* Leaves a trace besides its outputs: not removable. */
static inline bool tcg_has_effect(const struct tcg_op *op) {
    if (op->opc == TCG_OP_call)
        return (tcg_call_flags(op) & (TCG_H_PURE | TCG_H_RAISE | TCG_H_WRITES)) != TCG_H_PURE;
    return tcg_opdefs[op->opc].flags & (TCG_F_EFFECT | TCG_F_RAISE | TCG_F_TERM | TCG_F_BBEND);
}

#endif
