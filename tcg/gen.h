/* SPDX-License-Identifier: BSD-2-Clause */
/* tcg_gen_*(): the front end's words. Included by tcg/ir.h only. One static inline per op, by class. The op's type T is
 * taken from the temps. */
#ifndef PYRITE_TCG_IR_H
#error "include tcg/ir.h"
#endif

static inline enum tcg_type tcg_typeof(const struct tcg_ctx *s, tcgv t) { return (enum tcg_type)s->temps[t].type; }

/* Fills nout outputs and nin inputs from v[], immediates from i[]. */
void tcg_emit_args(struct tcg_ctx *s, enum tcg_opc opc, enum tcg_type type, const tcgv *v, const int64_t *i);
#define TCG_V(...) ((const tcgv[]){__VA_ARGS__})
#define TCG_I(...) ((const int64_t[]){__VA_ARGS__})

#define TCG_GEN_MOV(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a) {                                                \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a), NULL);                                             \
    }
#define TCG_GEN_UN       TCG_GEN_MOV
#define TCG_GEN_FUN      TCG_GEN_MOV
#define TCG_GEN_BIN(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b) {                                        \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a, b), NULL);                                          \
    }
#define TCG_GEN_FBIN     TCG_GEN_BIN
#define TCG_GEN_SETC(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, enum tcg_cond c, tcgv d, tcgv a, tcgv b) {                       \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, a), TCG_V(d, a, b), TCG_I(c));                                      \
    }
#define TCG_GEN_MOVC(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, enum tcg_cond c, tcgv d, tcgv c1, tcgv c2, tcgv v1, tcgv v2) {   \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, c1, c2, v1, v2), TCG_I(c));                            \
    }
#define TCG_GEN_SEXT(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a) {                                                \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, TCG_V(d, a), NULL);                                                      \
    }
#define TCG_GEN_TRUNC(n)                                                                                               \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a) {                                                \
        tcg_emit_args(s, TCG_OP_##n, TCG_I32, TCG_V(d, a), NULL);                                                      \
    }
#define TCG_GEN_LABEL(n)                                                                                               \
    static inline void tcg_gen_##n(struct tcg_ctx *s, unsigned l) {                                                    \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, NULL, TCG_I(l));                                                         \
    }
#define TCG_GEN_BR       TCG_GEN_LABEL
#define TCG_GEN_BRCOND(n)                                                                                              \
    static inline void tcg_gen_##n(struct tcg_ctx *s, enum tcg_cond c, tcgv a, tcgv b, unsigned l) {                   \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, a), TCG_V(a, b), TCG_I(c, l));                                      \
    }
#define TCG_GEN_INSN(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, int32_t off, uint32_t raw, unsigned len) {                       \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, NULL, TCG_I(off, raw, len));                                             \
    }
#define TCG_GEN_GOTO_TB(n)                                                                                             \
    static inline void tcg_gen_##n(struct tcg_ctx *s, unsigned slot, int32_t off, bool poll) {                         \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, NULL, TCG_I(slot, off, poll));                                           \
    }
#define TCG_GEN_EXIT(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, enum tcg_exit reason) {                                          \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, NULL, TCG_I(reason));                                                    \
    }
#define TCG_GEN_GOTO_PTR(n)                                                                                            \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv pc, bool poll) {                                            \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, TCG_V(pc), TCG_I(poll));                                                 \
    }
#define TCG_GEN_LDE(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, uint32_t off, unsigned mo) {                             \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d), TCG_I(off, mo));                                      \
    }
#define TCG_GEN_STE(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv v, uint32_t off, unsigned mo) {                             \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, v), TCG_V(v), TCG_I(off, mo));                                      \
    }
#define TCG_GEN_GLD(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv addr, unsigned mo, unsigned role) {                 \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, addr), TCG_I(mo, role));                               \
    }
#define TCG_GEN_GST(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv v, tcgv addr, unsigned mo, unsigned role) {                 \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, v), TCG_V(v, addr), TCG_I(mo, role));                               \
    }
#define TCG_GEN_RMW(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv addr, tcgv v, unsigned mo, unsigned role,           \
                                   enum tcg_rmw k) {                                                                   \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, addr, v), TCG_I(mo, role, k));                         \
    }
#define TCG_GEN_CAS(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv addr, tcgv expect, tcgv v, unsigned mo,             \
                                   unsigned role) {                                                                    \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, addr, expect, v), TCG_I(mo, role));                    \
    }
#define TCG_GEN_ZERO(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv addr, unsigned mo, unsigned role) {                         \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, TCG_V(addr), TCG_I(mo, role));                                           \
    }
#define TCG_GEN_FENCE(n)                                                                                               \
    static inline void tcg_gen_##n(struct tcg_ctx *s, unsigned bits) {                                                 \
        tcg_emit_args(s, TCG_OP_##n, TCG_I64, NULL, TCG_I(bits));                                                      \
    }
#define TCG_GEN_CALL(n)  /* tcg_gen_call() below */
#define TCG_GEN_FUNR(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, enum tcg_rm rm) {                                \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a), TCG_I(rm));                                        \
    }
#define TCG_GEN_FBINR(n)                                                                                               \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b, enum tcg_rm rm) {                        \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a, b), TCG_I(rm));                                     \
    }
#define TCG_GEN_FMA(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b, tcgv c, enum tcg_rm rm, unsigned neg) {  \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a, b, c), TCG_I(rm, neg));                             \
    }
#define TCG_GEN_FCMP(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, enum tcg_fcond c, tcgv d, tcgv a, tcgv b) {                      \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, a), TCG_V(d, a, b), TCG_I(c));                                      \
    }
#define TCG_GEN_FCVTFF(n)                                                                                              \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, enum tcg_rm rm) {                                \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a), TCG_I(rm));                                        \
    }
#define TCG_GEN_FTOI(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, enum tcg_icvt k, enum tcg_rm rm) {               \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, a), TCG_V(d, a), TCG_I(k, rm));                                     \
    }
#define TCG_GEN_ITOF(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, enum tcg_icvt k, enum tcg_rm rm) {               \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, d), TCG_V(d, a), TCG_I(k, rm));                                     \
    }
#define TCG_GEN_FBITS(n)                                                                                               \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a) {                                                \
        tcg_emit_args(s, TCG_OP_##n, tcg_typeof(s, a), TCG_V(d, a), NULL);                                             \
    }
#define TCG_GEN_FTOH(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a, enum tcg_rm rm) {                                \
        tcg_emit_args(s, TCG_OP_##n, TCG_F32, TCG_V(d, a), TCG_I(rm));                                                 \
    }
#define TCG_GEN_FRAW(n)  TCG_GEN_MOV(n)
#define TCG_GEN_FGET(n)                                                                                                \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d) { tcg_emit_args(s, TCG_OP_##n, TCG_I64, TCG_V(d), NULL); }
#define TCG_GEN_FKEEP    TCG_GEN_FGET
#define TCG_GEN_BOX(n)                                                                                                 \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a) {                                                \
        tcg_emit_args(s, TCG_OP_##n, TCG_F64, TCG_V(d, a), NULL);                                                      \
    }
#define TCG_GEN_UNBOX(n)                                                                                               \
    static inline void tcg_gen_##n(struct tcg_ctx *s, tcgv d, tcgv a) {                                                \
        tcg_emit_args(s, TCG_OP_##n, TCG_F32, TCG_V(d, a), NULL);                                                      \
    }

#define OP(name, cls, flags) TCG_GEN_##cls(name)
#include "tcg/ops.def"
#undef OP

/* call: helper number, result (0: none), then its arguments; unused ones are 0. */
void tcg_gen_call(struct tcg_ctx *s, unsigned helper, tcgv ret, tcgv a, tcgv b, tcgv c, tcgv d);
