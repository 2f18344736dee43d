/* SPDX-License-Identifier: BSD-2-Clause */
/* What the trans_ functions share. A trans function emits the TCG ops of one instruction; false: it is illegal (and
 * nothing was emitted). Rules that keep traps exact: emit nothing that changes guest state before the last op of the
 * instruction that may raise, and call rv64_sync_count() before the first. */
#ifndef PYRITE_DBT_RV64_TRANSLATE_H
#define PYRITE_DBT_RV64_TRANSLATE_H

#include "dbt/helper.h"
#include "dbt/rv64/cpu.h"
#include "dbt/rv64/decode.h"
#include "dbt/rv64/region.h"

struct rv64_ctx {
    struct guest_block *b;
    struct tcg_ctx *s;
    const struct rv64_model *model;
    int32_t off, next; /* page offsets of this instruction and of the one behind it */
    uint32_t bits;     /* its 16 or 32 bits */
    unsigned uncounted; /* TBF_COUNT: retired instructions not yet added to guest[G_INSTRET] */
    bool limit_here;   /* TBF_LIMIT: the next instruction starts a block or a loop's round */
    bool ended;        /* the terminator is emitted */
    bool end_after;    /* this instruction is the last: go on by the engine, block flags may have changed */
    bool fs_dirty;     /* FS is Dirty from here on */
    struct rv64_region *region; /* NULL: a block. Then jumps are branches to labels, also those that leave */
    struct region_exit {
        int32_t off;
        bool poll;     /* only because of the poll word */
        unsigned label;
    } leave[2 * REGION_MAX_BLOCKS + REGION_MAX_BLOCKS];
    unsigned nleave;
    int32_t round;     /* start of a loop of one block, of which `copies` more rounds follow each other */
    unsigned copies;
    bool again;        /* this round is ended, and the next one starts behind it */
    bool self;         /* the block's branch goes to its start */
    tcgv f32[32];      /* a temp with the single-precision value of this f register; 0: none */
    uint32_t singles;  /* bit n: at the start of each block of the region f register n is boxed */
    bool mixed;        /* one of them was written as something else after all */
    bool outside;      /* the region's fallback: all its jumps leave */
    uint32_t boxed;    /* bit n: f register n is f32[n] boxed (and was not just read as that) */
};

#define DECODE_ARGS
#include "insn32.inc"
#include "insn16.inc"
#undef DECODE_ARGS

extern tcgv rv64_pc_page, rv64_x[32], rv64_f[32]; /* globals; x[0] is unused. The same in every context */

static inline unsigned ctx_role(const struct rv64_ctx *c) { return c->b->flags & TBF_ROLE; }
static inline tcgv ctx_imm(struct rv64_ctx *c, int64_t v) { return tcg_const(c->s, TCG_I64, (uint64_t)v); }
static inline tcgv ctx_new(struct rv64_ctx *c) { return tcg_temp_new(c->s, TCG_I64); }
/* An x register to read. */
static inline tcgv ctx_x(struct rv64_ctx *c, int n) { return n ? rv64_x[n] : ctx_imm(c, 0); }
/* An x register to write; for x0 a temp that nobody reads. */
static inline tcgv ctx_xd(struct rv64_ctx *c, int n) { return n ? rv64_x[n] : ctx_new(c); }
/* The low half of an x register as i32. */
tcgv ctx_w(struct rv64_ctx *c, int n);
/* x[rs1] + imm as an address. */
tcgv ctx_addr(struct rv64_ctx *c, int rs1, int32_t imm);
/* rd = gen(a, b), for the shapes that most instructions have; a result for x0 is not computed, so hints cost
 * nothing. ctx_op_low: the sign-extended low half of a result whose low half depends on the low halves only (two
 * IR ops, where i32 would take four); ctx_op_w: over i32. */
typedef void ctx_gen(struct tcg_ctx *s, tcgv d, tcgv a, tcgv b);
bool ctx_op_imm(struct rv64_ctx *c, const struct arg_i *a, ctx_gen *gen);
bool ctx_op_reg(struct rv64_ctx *c, const struct arg_r *a, ctx_gen *gen);
bool ctx_op_low(struct rv64_ctx *c, int rd, tcgv a, tcgv b, ctx_gen *gen);
bool ctx_op_w(struct rv64_ctx *c, const struct arg_r *a, ctx_gen *gen);
/* Guest PC of page offset `off`. */
tcgv ctx_pc(struct rv64_ctx *c, int32_t off);

/* Counting (TBF_COUNT). guest[G_INSTRET] is brought up to date lazily: before every op that may raise or read it,
 * and before the block is left. So it equals the number of instructions retired before the current one at each
 * raising point, and a trapping instruction (ecall and ebreak too) is never counted: privileged spec, "Machine ISA
 * ... minstret". */
void rv64_sync_count(struct rv64_ctx *c);
/* The same with the current instruction counted as well: for those that end the block themselves. */
void rv64_retire(struct rv64_ctx *c);

/* For the decoder: the hart has this extension; an instruction that it would have with `ext` (-d unimp; false). */
static inline bool ctx_has(const struct rv64_ctx *c, enum rv64_ext e) { return rv64_has(c->model, e); }
bool ctx_off(const struct rv64_ctx *c, const char *name, const char *ext);

/* Terminators. Jump: to this page offset, by goto_tb `slot` if it lies in the page. It looks at the poll word if
 * it goes backwards (jump_poll: always). */
void rv64_gen_jump(struct rv64_ctx *c, unsigned slot, int32_t off);
void rv64_gen_jump_poll(struct rv64_ctx *c, unsigned slot, int32_t off);
void rv64_gen_jump_quiet(struct rv64_ctx *c, unsigned slot, int32_t off); /* without polling */
/* In a region: the label that a jump to this page offset goes to. */
unsigned rv64_region_label(struct rv64_ctx *c, int32_t off);
void rv64_gen_exit(struct rv64_ctx *c, int32_t off); /* through the engine, at this page offset */
void rv64_gen_raised(struct rv64_ctx *c);            /* behind a helper that never returns */

#endif
