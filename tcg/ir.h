/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR: TCG ops over typed temps, in an arena that is reset for each translation unit (one block now, a region
 * later). The front end calls tcg_gen_*(); the passes of tcg/compile.c transform; a back end emits. */
#ifndef PYRITE_TCG_IR_H
#define PYRITE_TCG_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcg/env.h"

enum tcg_type { TCG_I32, TCG_I64, TCG_I128, TCG_F32, TCG_F64, TCG_V128, TCG_V256 };

enum tcg_cond {
    TCG_EQ, TCG_NE, TCG_LT, TCG_GE, TCG_LE, TCG_GT, TCG_LTU, TCG_GEU, TCG_LEU, TCG_GTU,
    TCG_TSTEQ, TCG_TSTNE, /* (a & b) == 0, != 0 */
    TCG_NCONDS
};
/* flt and fle signal on any NaN, the others on signalling ones; all are false when unordered. */
enum tcg_fcond { TCG_FEQ, TCG_FLT, TCG_FLE, TCG_FLTQ, TCG_FLEQ };
/* Rounding: the four that x86 has, or whatever MXCSR says now. Round to nearest, ties away, is the front end's business
 * (a helper). RISC-V's own numbers. */
enum tcg_rm { TCG_RNE = 0, TCG_RTZ = 1, TCG_RDN = 2, TCG_RUP = 3, TCG_RM_DYN = 7 };
enum tcg_icvt { TCG_W, TCG_WU, TCG_L, TCG_LU };

/* Memory operand: bits 0-1 log2 of the size; then flags. */
enum tcg_memop {
    TCG_MO_8 = 0, TCG_MO_16 = 1, TCG_MO_32 = 2, TCG_MO_64 = 3, TCG_MO_SIZE = 3,
    TCG_MO_SIGN = 4,    /* sign-extend a load into its temp */
    TCG_MO_ALIGN = 8,   /* a misaligned address raises (atomics) */
    TCG_MO_AQ = 16, TCG_MO_RL = 32,
    TCG_MO_ATOMIC = 64, /* a load-reserved: raises like a load, single-copy atomic */
    TCG_MO_SLOW = 256,   /* a device most likely: by the helper at once, where that makes a difference */
    TCG_MO_STORE_FAULT = 128, /* faults report as a store/AMO even when it only reads (failed SC, AMO) */
};
enum tcg_rmw { TCG_RMW_XCHG, TCG_RMW_ADD, TCG_RMW_AND, TCG_RMW_OR, TCG_RMW_XOR, TCG_RMW_MIN, TCG_RMW_MAX, TCG_RMW_MINU,
               TCG_RMW_MAXU };
enum tcg_fence { TCG_FENCE_LD_LD = 1, TCG_FENCE_LD_ST = 2, TCG_FENCE_ST_ST = 4, TCG_FENCE_ST_LD = 8 };

/* Why a block left: the low 3 bits of plat_tb_enter()'s value; the rest is the block's id. */
enum tcg_exit {
    TCG_EXIT_SLOT0,     /* goto_tb 0, not linked: guest PC = pc_page + the slot's offset */
    TCG_EXIT_SLOT1,
    TCG_EXIT_POLL0,     /* goto_tb 0 found the poll word set: the same guest PC, look at the events first */
    TCG_EXIT_POLL1,
    TCG_EXIT_PC,        /* go on at env.pc: exit_tb, or goto_ptr that missed or found the poll word set */
    TCG_EXIT_STALE,     /* this block was invalidated: guest PC = pc_page + its own start offset */
    TCG_EXIT_EXCEPTION, /* a helper raised; the vcpu holds cause and tval, env is exact */
    TCG_EXIT_EVENT,     /* a helper wants the hart loop (WFI, reset, power); go on at env.pc */
    TCG_EXIT_BITS = 3,
};

enum tcg_opc {
#define OP(name, cls, flags) TCG_OP_##name,
#include "tcg/ops.def"
#undef OP
    TCG_NOPS
};
enum tcg_class {
    TCG_CLS_MOV,
    TCG_CLS_UN,
    TCG_CLS_BIN,
    TCG_CLS_SETC,
    TCG_CLS_MOVC,
    TCG_CLS_SEXT,
    TCG_CLS_TRUNC,
    TCG_CLS_LABEL,
    TCG_CLS_BR,
    TCG_CLS_BRCOND,
    TCG_CLS_INSN,
    TCG_CLS_GOTO_TB,
    TCG_CLS_EXIT,
    TCG_CLS_GOTO_PTR,
    TCG_CLS_LDE,
    TCG_CLS_STE,
    TCG_CLS_GLD,
    TCG_CLS_GST,
    TCG_CLS_RMW,
    TCG_CLS_CAS,
    TCG_CLS_ZERO,
    TCG_CLS_FENCE,
    TCG_CLS_CALL,
    TCG_CLS_FUN,
    TCG_CLS_FUNR,
    TCG_CLS_FBIN,
    TCG_CLS_FBINR,
    TCG_CLS_FMA,
    TCG_CLS_FCMP,
    TCG_CLS_FCVTFF,
    TCG_CLS_FTOI,
    TCG_CLS_ITOF,
    TCG_CLS_FBITS,
    TCG_CLS_FTOH,
    TCG_CLS_FRAW,
    TCG_CLS_FGET,
    TCG_CLS_FKEEP,
    TCG_CLS_BOX,
    TCG_CLS_UNBOX,
    TCG_NCLASSES
};
enum { TCG_F_TERM = 1, TCG_F_BBEND = 2, TCG_F_RAISE = 4, TCG_F_EFFECT = 8, TCG_F_FLAGS = 16, TCG_F_COMM = 32,
       TCG_F_I64 = 64 };

struct tcg_opdef {
    const char *name;
    uint8_t cls, flags;
    uint8_t nout, nin, nimm; /* CALL: nout and nin are per op */
};
extern const struct tcg_opdef tcg_opdefs[TCG_NOPS];

/* A temp, by index. 0 is "none". */
typedef uint16_t tcgv;

enum tcg_temp_kind {
    TCG_TEMP_GLOBAL, /* lives in env at `off` between blocks */
    TCG_TEMP_CONST,  /* interned; never written */
    TCG_TEMP_LOCAL,  /* lives within the translation unit, over its edges too */
};
struct tcg_temp {
    uint8_t kind, type;
    uint32_t off;      /* GLOBAL: byte offset from env (unbiased); CONST: private to tcg/ir.c */
    uint64_t val;      /* CONST (i32: zero-extended) */
    const char *name;  /* GLOBAL */
};

enum { TCG_MAX_ARGS = 5, TCG_MAX_IMM = 4 };
struct tcg_op {
    uint8_t opc, type;
    uint8_t nout, nin;        /* of arg[] in use, outputs first */
    uint16_t life;            /* liveness: bit i: arg[i] dies here (input: last use; output: never used) */
    tcgv arg[TCG_MAX_ARGS];
    uint32_t prev, next;      /* index in tcg_ctx.ops; 0 is the list head */
    int64_t imm[TCG_MAX_IMM]; /* as the class says */
};

/* A helper function, behind a gate. Arguments and result are 64-bit values (f32, i32: zero-extended bits). */
enum {
    TCG_H_RAISE = 1,         /* may raise: guest registers must be recoverable there (they need not be in env) */
    TCG_H_READS = 2,         /* reads guest globals from env: they are stored before the call */
    TCG_H_WRITES = 4,        /* writes guest globals in env: copies in registers are dropped after it */
    TCG_H_PURE = 8,          /* no effect: removable when its result is dead */
};
struct tcg_helper {
    const char *name;
    uint8_t nargs, flags;
    bool ret;
};
/* The table that `call` indexes. Numbers 0 to 3 are the slow paths that the back end itself uses:
 * 0 guest_ld(addr, memop, role) -> value   1 guest_st(addr, value, memop, role)
 * 2 guest_rmw(addr, value, memop, role | rmw << 8) -> old   3 guest_cas(addr, expect, new, memop | role << 16) -> old
 * 4 fp(op code | type << 8 | rm << 16 | imm << 24, a, b, c) -> result: exact FP in software, for operands that the
 *   host's own instruction would get wrong; it accumulates flags in the guest's MXCSR.
 * 5 bits(op code, a, b) -> result: tcg_eval_bits(), where the host has no instruction for it. */
/* With the first two the memop (without TCG_MO_SLOW) is in bits 8 to 15 of the gate's number. */
#define TCG_GATE_MEMOP(nr, mo) ((nr) | ((unsigned)(mo) & 255) << 8)
enum { TCG_HELPER_LD, TCG_HELPER_ST, TCG_HELPER_RMW, TCG_HELPER_CAS, TCG_HELPER_FP, TCG_HELPER_BITS, TCG_HELPER_ZERO,
       TCG_HELPER_FIRST };
void tcg_set_helpers(const struct tcg_helper *table, unsigned n);
extern const struct tcg_helper *tcg_helpers;
extern unsigned tcg_nhelpers;

enum { TCG_MAX_TEMPS = 1024, TCG_MAX_OPS = 4096, TCG_MAX_LABELS = 256, TCG_CONST_HASH = 64 };
struct tcg_ctx {
    struct tcg_op ops[TCG_MAX_OPS]; /* ops[0] is the list head */
    struct tcg_temp temps[TCG_MAX_TEMPS];
    uint32_t nops, ntemps, nglobals, nlabels;
    uint32_t free_op;      /* list of removed ops */
    bool overflow;         /* op or temp space ran out: the unit must be translated again with fewer instructions */
    uint32_t tb_id;        /* id of the block being made: goes into its exit values */
    uint32_t start_off;    /* page offset of its first byte */
    bool region;           /* several guest blocks: jumps may go back to labels, and no local lives over one such */
    uint8_t label_depth[TCG_MAX_LABELS]; /* a region's: how many loops the code behind the label is in */
    void *backend;         /* the back end's own per-context state */
    void *opt;             /* the optimiser's */
    uint16_t const_hash[TCG_CONST_HASH]; /* heads of the chains of interned constants */
};

/* Makes a context; one per thread that translates. Globals are registered once, before the first tcg_begin(). NULL: no
 * memory. Globals are i64 or f64 at multiples of 8. */
struct tcg_ctx *tcg_ctx_new(void);
tcgv tcg_global_new(struct tcg_ctx *s, enum tcg_type type, uint32_t env_off, const char *name);
/* Empties the op buffer for a new unit. */
void tcg_begin(struct tcg_ctx *s, uint32_t tb_id, uint32_t start_off);

tcgv tcg_temp_new(struct tcg_ctx *s, enum tcg_type type);
tcgv tcg_const(struct tcg_ctx *s, enum tcg_type type, uint64_t val);
unsigned tcg_label_new(struct tcg_ctx *s);
static inline bool tcg_is_const(const struct tcg_ctx *s, tcgv t) { return s->temps[t].kind == TCG_TEMP_CONST; }

/* Appends an op; inserts one before another; removes one. The op's type is given; arguments are checked by the
 * verifier. */
struct tcg_op *tcg_emit(struct tcg_ctx *s, enum tcg_opc opc, enum tcg_type type);
struct tcg_op *tcg_insert_before(struct tcg_ctx *s, struct tcg_op *at, enum tcg_opc opc, enum tcg_type type);
void tcg_remove(struct tcg_ctx *s, struct tcg_op *op);
#define TCG_FOREACH(s, op) \
    for (struct tcg_op *op = &(s)->ops[(s)->ops[0].next]; op != &(s)->ops[0]; op = &(s)->ops[op->next])

/* tcg_gen_NAME(): T is the type of the first argument given. */
#include "tcg/gen.h"

/* Dump as text (the .tcg format), parse it again, check it. tcg_parse() returns NULL or where and what is wrong.
 * tcg_verify() returns NULL, or what is wrong, in a static buffer. */
void tcg_dump(const struct tcg_ctx *s, void (*out)(void *opaque, const char *line), void *opaque);
const char *tcg_parse(struct tcg_ctx *s, const char *text);
const char *tcg_verify(const struct tcg_ctx *s);

#endif
