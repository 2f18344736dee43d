/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts, temps, constants, labels and the list of ops.
 *
 * Assumes: globals are registered before the first tcg_begin(); one thread a context.
 * Guarantees: tcg_begin() costs the same for any size of the last unit; equal constants of a unit are one temp; nothing
 * here fails: when space runs out, s->overflow is set and what is returned may be written to, but means nothing. */
#include "tcg/ir.h"

#include <string.h>

#include "kernel/plat.h"
#include "tcg/backend.h"
#include "tcg/class.h"

const struct tcg_helper *tcg_helpers;
unsigned tcg_nhelpers;
plat_gate_fn *tcg_gate;

const struct tcg_classdef tcg_classes[TCG_NCLASSES] = {
#define CLS(n, types, out, in, imm) [TCG_CLS_##n] = {#n, types, out, in, imm},
#include "tcg/class.def"
#undef CLS
};

/* Argument counts as constants, from the same rows. */
enum {
#define CLS(n, types, out, in, imm)                                                                                    \
    NOUT_##n = sizeof(out) - 1, NIN_##n = sizeof(in) - 1, NIMM_##n = sizeof(imm) - 1,
#include "tcg/class.def"
#undef CLS
};
enum { TERM = TCG_F_TERM, BBEND = TCG_F_BBEND, RAISE = TCG_F_RAISE, EFFECT = TCG_F_EFFECT, FLAGS = TCG_F_FLAGS,
       COMM = TCG_F_COMM, I64 = TCG_F_I64 };

const struct tcg_opdef tcg_opdefs[TCG_NOPS] = {
#define OP(name, cls, flags) [TCG_OP_##name] = {#name, TCG_CLS_##cls, flags, NOUT_##cls, NIN_##cls, NIMM_##cls},
#include "tcg/ops.def"
#undef OP
};

int tcg_class_type(char letter, enum tcg_type t) {
    switch (letter) {
    case 'T': return t;
    case 'i': return TCG_I32;
    case 'l': return TCG_I64;
    case 's': return TCG_F32;
    case 'd': return TCG_F64;
    case 'o': return t == TCG_F32 ? TCG_F64 : TCG_F32;
    default: return -1;
    }
}

char tcg_class_arg(const struct tcg_op *op, unsigned i) {
    const struct tcg_classdef *c = &tcg_classes[tcg_opdefs[op->opc].cls];
    if (op->opc == TCG_OP_call)
        return '*';
    return i < op->nout ? c->out[i] : c->in[i - op->nout];
}

const char *const *tcg_imm_names(char letter, unsigned *n) {
    static const char *const cond[] = {"eq",  "ne",  "lt",  "ge",  "le",    "gt",
                                       "ltu", "geu", "leu", "gtu", "tsteq", "tstne"};
    static const char *const fcond[] = {"feq", "flt", "fle", "fltq", "fleq"};
    static const char *const poll[] = {"nopoll", "poll"};
    static const char *const exits[] = {"slot0", "slot1", "poll0", "poll1", "pc", "stale", "exception", "event"};
    static const char *const rmw[] = {"xchg", "add", "and", "or", "xor", "min", "max", "minu", "maxu"};
    static const char *const rm[] = {"rne", "rtz", "rdn", "rup", NULL, NULL, NULL, "dyn"};
    static const char *const icvt[] = {"w", "wu", "l", "lu"};
#define NAMES(l, a)                                                                                                    \
    case l:                                                                                                            \
        *n = sizeof(a) / sizeof((a)[0]);                                                                               \
        return a
    switch (letter) {
        NAMES('c', cond);
        NAMES('k', fcond);
        NAMES('p', poll);
        NAMES('e', exits);
        NAMES('w', rmw);
        NAMES('r', rm);
        NAMES('v', icvt);
    default: *n = 0; return NULL;
    }
#undef NAMES
}

void tcg_set_helpers(const struct tcg_helper *table, unsigned n) {
    tcg_helpers = table;
    tcg_nhelpers = n;
}

struct tcg_ctx *tcg_ctx_new(void) {
    struct tcg_ctx *s = plat_alloc(sizeof *s);
    if (s) {
        s->ntemps = 1; /* temp 0 is "none" */
        tcg_begin(s, 0, 0);
    }
    return s;
}

/* The last temps stand in for those that did not fit, one of each type. */
enum { SPARE_TEMPS = TCG_V256 + 1, LIMIT_TEMPS = TCG_MAX_TEMPS - SPARE_TEMPS };

static tcgv temp_alloc(struct tcg_ctx *s, unsigned kind, enum tcg_type type) {
    tcgv t = s->ntemps;
    if (t < LIMIT_TEMPS) {
        s->ntemps++;
    } else {
        s->overflow = true;
        t = LIMIT_TEMPS + type;
    }
    s->temps[t].kind = kind;
    s->temps[t].type = type;
    return t;
}

tcgv tcg_global_new(struct tcg_ctx *s, enum tcg_type type, uint32_t env_off, const char *name) {
    if (s->ntemps != s->nglobals + 1)
        plat_panic("tcg: global %s registered after temps", name);
    if ((type != TCG_I64 && type != TCG_F64) || env_off % 8)
        plat_panic("tcg: global %s must be an i64 or f64 at a multiple of 8", name);
    tcgv t = temp_alloc(s, TCG_TEMP_GLOBAL, type);
    s->temps[t].off = env_off;
    s->temps[t].name = name;
    s->nglobals++;
    return t;
}

void tcg_begin(struct tcg_ctx *s, uint32_t tb_id, uint32_t start_off) {
    s->ops[0].prev = s->ops[0].next = 0;
    s->nops = 1;
    s->ntemps = s->nglobals + 1;
    s->nlabels = 0;
    s->free_op = 0;
    s->overflow = s->region = false;
    s->tb_id = tb_id;
    s->start_off = start_off;
    memset(s->const_hash, 0, sizeof s->const_hash);
}

tcgv tcg_temp_new(struct tcg_ctx *s, enum tcg_type type) { return temp_alloc(s, TCG_TEMP_LOCAL, type); }

tcgv tcg_const(struct tcg_ctx *s, enum tcg_type type, uint64_t val) {
    if (type == TCG_I32 || type == TCG_F32)
        val = (uint32_t)val;
    unsigned h = (unsigned)((val * 0x9e3779b97f4a7c15u) >> 58) + type;
    uint16_t *head = &s->const_hash[h % TCG_CONST_HASH];
    for (tcgv t = *head; t; t = s->temps[t].off) /* a constant's `off` is its hash chain */
        if (s->temps[t].val == val && s->temps[t].type == type)
            return t;
    tcgv t = temp_alloc(s, TCG_TEMP_CONST, type);
    s->temps[t].val = val;
    if (!s->overflow) {
        s->temps[t].off = *head;
        *head = t;
    }
    return t;
}

unsigned tcg_label_new(struct tcg_ctx *s) {
    if (s->nlabels == TCG_MAX_LABELS) {
        s->overflow = true;
        return 0;
    }
    s->label_depth[s->nlabels] = 0;
    return s->nlabels++;
}

/* A removed op stays readable (its `next` above all) until the space of the unit is used up, so that passes may remove
 * the op they stand on and insert others. */
static struct tcg_op *op_alloc(struct tcg_ctx *s, enum tcg_opc opc, enum tcg_type type) {
    struct tcg_op *op;
    if (s->nops < TCG_MAX_OPS - 1) {
        op = &s->ops[s->nops++];
    } else if (s->free_op) {
        op = &s->ops[s->free_op];
        s->free_op = op->prev;
    } else {
        s->overflow = true;
        op = &s->ops[TCG_MAX_OPS - 1];
    }
    memset(op, 0, sizeof *op);
    op->opc = opc;
    op->type = type;
    op->nout = tcg_opdefs[opc].nout;
    op->nin = tcg_opdefs[opc].nin;
    return op;
}

struct tcg_op *tcg_insert_before(struct tcg_ctx *s, struct tcg_op *at, enum tcg_opc opc, enum tcg_type type) {
    struct tcg_op *op = op_alloc(s, opc, type);
    if (op == &s->ops[TCG_MAX_OPS - 1])
        return op; /* the spare: not in the list */
    uint32_t i = (uint32_t)(op - s->ops), n = (uint32_t)(at - s->ops);
    op->prev = at->prev;
    op->next = n;
    s->ops[at->prev].next = i;
    at->prev = i;
    return op;
}

struct tcg_op *tcg_emit(struct tcg_ctx *s, enum tcg_opc opc, enum tcg_type type) {
    return tcg_insert_before(s, &s->ops[0], opc, type);
}

void tcg_remove(struct tcg_ctx *s, struct tcg_op *op) {
    s->ops[op->prev].next = op->next;
    s->ops[op->next].prev = op->prev;
    op->prev = s->free_op;
    s->free_op = (uint32_t)(op - s->ops);
}
