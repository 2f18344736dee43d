/* SPDX-License-Identifier: BSD-2-Clause */
/* What the generic half of code generation (liveness.c, regalloc.c, emit.c, recover.c) and a host's half (tcg/x86/)
 * know of each other. The host describes its registers, constraints and instructions; the generic half never names one.
 *
 * Host registers are numbers below TCG_MAX_REGS, sets of them are bit masks. Numbers 0 to 15 are plat_hart.gpr[], 16
 * to 31 plat_hart.xmm[]. */
#ifndef PYRITE_TCG_TARGET_H
#define PYRITE_TCG_TARGET_H

#include "tcg/backend.h"
#include "tcg/codebuf.h"
#include "tcg/ir.h"

enum { TCG_MAX_REGS = 32, TCG_NOREG = 0xff, TCG_MAP_WORDS = TCG_MAX_TEMPS / 64 };
typedef uint32_t tcg_regset;
typedef uint64_t tcg_map[TCG_MAP_WORDS]; /* a bit per temp */

static inline bool tcg_map_test(const uint64_t *m, tcgv t) { return m[t / 64] >> (t % 64) & 1; }
static inline void tcg_map_set(uint64_t *m, tcgv t) { m[t / 64] |= (uint64_t)1 << (t % 64); }
static inline void tcg_map_clear(uint64_t *m, tcgv t) { m[t / 64] &= ~((uint64_t)1 << (t % 64)); }

/* op->life: bit i: arg[i] dies here. Further bits for the allocator: */
#define TCG_LIFE_DEAD(i) (1u << (i))
#define TCG_LIFE_UNUSED(i) (0x100u << (i)) /* no later op takes arg[i] as an operand (its home may still be needed) */
#define TCG_LIFE_CROSSES 0x8000u           /* output 0 lives across a gate */

/* ---- constraints ---- */

enum {
    TCG_CON_IMM = 1,   /* a constant that fits 32 bits, sign-extended */
    TCG_CON_ANY = 2,   /* any constant */
    TCG_CON_MEM = 4,   /* its home in env (one operand of an op at the most) */
    TCG_CON_TIED = 8,  /* input: in the register of output 0 */
    TCG_CON_EARLY = 16, /* output: written before all inputs are read */
    TCG_CON_CLASS = 32, /* any register that fits the temp's type */
};
struct tcg_con_arg {
    tcg_regset set;
    uint8_t flags;
};
struct tcg_con {
    const char *name;
    struct tcg_con_arg arg[TCG_MAX_ARGS]; /* outputs first */
    tcg_regset clobber;                   /* destroyed while inputs are still read */
    tcg_regset fixed;                     /* that, and the registers of operands with no choice */
    int8_t tied;                          /* the input with TCG_CON_TIED, -1: none */
    bool choiceless;                      /* some input that is not tied has a register and no other */
    bool gate;                            /* may go through a gate: its clobbers, after all inputs are read */
};
/* Fills `fixed`, `tied` and `choiceless` from the rest, once. */
void tcg_con_settle(struct tcg_con *c);

/* An operand as the allocator placed it. */
struct tcg_arg {
    enum { TCG_ARG_NONE, TCG_ARG_REG, TCG_ARG_CONST, TCG_ARG_MEM } kind;
    uint8_t reg;
    uint8_t type;
    uint32_t off; /* MEM: byte offset from env */
    int64_t val;  /* CONST: i32 sign-extended */
};

/* ---- state of one compilation ---- */

struct tcg_ra_temp {
    uint8_t reg;   /* TCG_NOREG: none */
    bool konst;    /* the value is known: val */
    uint8_t pref;  /* register that it should get when it can; TCG_NOREG: any */
    int16_t slot;  /* spill slot of a local, -1: none */
    uint64_t val;
};

struct tcg_emit;
/* Code out of the hot path, emitted behind the block. */
struct tcg_cold {
    void (*fn)(struct tcg_emit *e, struct tcg_cold *c);
    const struct tcg_op *op;
    uint8_t *from[3];             /* rel32 fields of the jumps to here; NULL: unused */
    uint8_t *back;                /* where to go on */
    uint8_t *hit;                 /* another such place: the target's */
    uint8_t *access[2];           /* instructions that fault to here (tcg_code.nsites); NULL: unused */
    uint8_t *start;               /* where it was emitted */
    int32_t insn_off;             /* of the guest instruction */
    struct tcg_arg arg[TCG_MAX_ARGS];
    uint32_t record;              /* of recovery, offset + 1; 0: none */
    tcg_regset live;              /* registers in use before the op */
    uint32_t extra;
};
/* Where a value is. */
struct tcg_place {
    tcgv t;
    uint8_t reg; /* TCG_NOREG: the constant val */
    bool dirty;  /* of what an edge carries: the constant val; else, with TCG_NOREG, its home */
    uint64_t val;
};
enum { TCG_MAX_CARRY = 24, TCG_MAX_SIDE = 128, TCG_MAX_EDGES = 512, TCG_MAX_PLACES = 8192 };
enum { TCG_SITE_SIZE = 16 };
enum { TCG_MAX_COLD = 2048, TCG_MAX_FIXUPS = 2048, TCG_RECOVERY_MAX = 128 << 10 };

struct tcg_emit {
    struct tcg_ctx *s;
    const struct tcg_target *t;
    struct tcg_code *out;
    struct codebuf_chunk chunk;
    uint8_t *p, *limit;     /* the next byte; where space gets short */
    uint8_t *hot_end;       /* of what is not cold */
    uint8_t *cold_p;        /* the start of the cold parts */
    uint8_t *entry;
    int32_t insn_off;       /* of the guest instruction */
    bool full;

    /* allocator */
    struct tcg_ra_temp temp[TCG_MAX_TEMPS];
    tcgv reg_temp[TCG_MAX_REGS];
    uint32_t reg_stamp[TCG_MAX_REGS];
    uint32_t stamp;
    tcg_regset used;        /* registers that hold a temp */
    tcg_map dirty;          /* temps whose home is stale */
    tcg_map label_live[TCG_MAX_LABELS];
    unsigned nslots;

    /* a unit that jumps to its own start keeps globals in registers around the loop: loop.c */
    bool loop;
    unsigned ncarry;
    struct tcg_place carry[TCG_MAX_CARRY];
    uint8_t *top;           /* where the loop goes back to */
    unsigned nsites, site;  /* guest memory ops that have a pair of spill slots of their own; the next one's number */
    uint32_t sites;         /* offset of the first such slot in env */
    const struct tcg_op *fused; /* the goto_tb that the brcond being emitted does by itself when it does not branch */
    bool region;            /* labels are met with the carried globals in their registers too: region.c */
    uint32_t edge;          /* what the branch being emitted has to do on its way, + 1; 0: nothing */
    struct tcg_edge {
        uint16_t store, fix, end; /* place[store..fix) go home, then place[fix..end) into carried registers */
    } edges[TCG_MAX_EDGES];
    unsigned nedges;
    struct tcg_place place[TCG_MAX_PLACES];
    unsigned nplaces;
    bool side_exit;         /* that goto_tb leaves the loop: it does its own stores, side[] */
    struct tcg_place side[TCG_MAX_SIDE];
    unsigned nside;

    /* the op being emitted */
    uint32_t record;        /* its recovery record, offset + 1; 0: none */
    tcg_regset live;

    uint8_t *label[TCG_MAX_LABELS];
    uint16_t label_refs[TCG_MAX_LABELS]; /* jumps to it */
    struct {
        uint8_t *field;
        unsigned label;
    } fixup[TCG_MAX_FIXUPS];
    unsigned nfixups;
    struct tcg_cold cold[TCG_MAX_COLD];
    unsigned ncold;
    uint8_t recovery[TCG_RECOVERY_MAX];
    uint32_t recovery_size;
};

struct tcg_target {
    tcg_regset all[2];        /* allocatable: integer, floating point */
    tcg_regset gate_clobber;  /* destroyed by a gate */
    tcg_regset last;          /* allocated late: fixed operands of some ops */
    uint8_t scratch[2];       /* integer, floating point: never allocated, free between ops */
    unsigned carry[2];        /* how many registers may be bound over a loop */
    const char *const *reg_name;
    unsigned op_space;        /* no op needs more bytes than this, cold parts not counted */
    const struct tcg_con *(*constraint)(const struct tcg_ctx *s, const struct tcg_op *op);
    void (*begin)(struct tcg_emit *e);
    void (*op)(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *arg);
    void (*mov)(struct tcg_emit *e, enum tcg_type type, unsigned dst, unsigned src);
    void (*movi)(struct tcg_emit *e, enum tcg_type type, unsigned dst, uint64_t val);
    void (*ld)(struct tcg_emit *e, enum tcg_type type, unsigned dst, uint32_t off);
    void (*st)(struct tcg_emit *e, enum tcg_type type, unsigned src, uint32_t off);
    void (*sti)(struct tcg_emit *e, enum tcg_type type, uint64_t val, uint32_t off);
    void (*patch)(uint8_t *field, const uint8_t *to); /* a jump's field */
    void (*branch)(struct tcg_emit *e, unsigned label);
    void (*loop_back)(struct tcg_emit *e); /* to e->top unless the poll word is set; else on */
    void (*loop_exit)(struct tcg_emit *e, unsigned slot); /* leaves with TCG_EXIT_POLL0 + slot */
};

static inline bool tcg_type_is_fp(unsigned type) { return type >= TCG_F32; }
static inline uint64_t tcg_rx(const struct tcg_emit *e, const uint8_t *p) {
    return e->chunk.rx + (uint64_t)(p - e->chunk.rw);
}

/* ---- liveness.c ---- */
/* Fills op->life and e->label_live, counts label references, removes ops whose results nobody wants. */
void tcg_liveness(struct tcg_ctx *s, struct tcg_emit *e);

/* ---- loop.c ---- */
/* Finds out whether the unit is a loop, and what it carries: before tcg_liveness(). */
void tcg_loop_find(struct tcg_ctx *s, struct tcg_emit *e, const struct tcg_target *t);
/* At the unit's start: loads what is carried. At its jump back: everything into the same places again. */
void tcg_loop_top(struct tcg_emit *e);
void tcg_loop_back(struct tcg_emit *e, const struct tcg_op *op);
/* The state that each label of a region is met in: what is carried in its registers, all else at home. */
void tcg_loop_state(struct tcg_emit *e);
/* Brings it about, here and now, for a label; note: says what would have to be done (e->edge), and tcg_region_cold()
 * does that off the hot path, then goes to the label. */
void tcg_region_edge(struct tcg_emit *e, unsigned label);
void tcg_region_note(struct tcg_emit *e, unsigned label);
void tcg_region_cold(struct tcg_emit *e, struct tcg_cold *c);
/* Loop.c: moves registers all at once. */
struct tcg_move {
    uint8_t from, to, type;
};
/* Is it carried, and taken for stale at the labels? What is not, or not so, is stored; then all into its registers. */
bool tcg_loop_carries(const struct tcg_emit *e, tcgv t, bool *dirty);
void tcg_loop_store_others(struct tcg_emit *e);
void tcg_loop_shuffle(struct tcg_emit *e);
void tcg_move_all(struct tcg_emit *e, struct tcg_move *m, unsigned n);
static inline bool tcg_is_self_jump(const struct tcg_ctx *s, const struct tcg_op *op) {
    return op->opc == TCG_OP_goto_tb && op->imm[1] == (int64_t)s->start_off;
}

/* ---- regalloc.c ---- */
void tcg_ra_begin(struct tcg_emit *e);
/* Loads a global into a register of its own; store: one whose home is stale. */
unsigned tcg_ra_load(struct tcg_emit *e, tcgv t);
void tcg_ra_store(struct tcg_emit *e, tcgv t);
/* Says that t is in register r and nowhere else in a register; nothing is emitted. */
void tcg_ra_bind(struct tcg_emit *e, tcgv t, unsigned r);
/* Places the operands of an op and has the target emit it. */
void tcg_ra_op(struct tcg_emit *e, const struct tcg_op *op);
void tcg_ra_mov(struct tcg_emit *e, const struct tcg_op *op);
/* Brings the homes of globals up to date; at an edge to a label also those of the locals that live there. */
void tcg_ra_sync_globals(struct tcg_emit *e);
void tcg_ra_sync_label(struct tcg_emit *e, unsigned label);
/* After a label: every value is in its home only. */
void tcg_ra_forget(struct tcg_emit *e);
/* Home of a temp: byte offset from env. A local gets its spill slot. */
uint32_t tcg_ra_home(struct tcg_emit *e, tcgv t);

/* ---- emit.c ---- */
/* The state that belongs to a context, made on first use. NULL: no memory. */
struct tcg_emit *tcg_emit_of(struct tcg_ctx *s);
/* Emits the unit in s. False: no code memory, or s->overflow. */
bool tcg_emit_unit(struct tcg_ctx *s, const struct tcg_target *t, struct tcg_code *out);
/* A cold part for the current op; never NULL (a spare one when there are too many: s->overflow is set). */
struct tcg_cold *tcg_cold_new(struct tcg_emit *e, void (*fn)(struct tcg_emit *, struct tcg_cold *),
                              const struct tcg_op *op, const struct tcg_arg *arg);
void tcg_label_ref(struct tcg_emit *e, uint8_t *field, unsigned label);

/* ---- recover.c ---- */
/* Notes where the dirty globals are now; returns the record's offset + 1. */
uint32_t tcg_recovery_record(struct tcg_emit *e);
/* The record's raising point is at user address rx. */
void tcg_recovery_at(struct tcg_emit *e, uint32_t record, uint64_t rx);
/* The accesses of the unit's cold parts, in order, to p; returns how many. */
uint32_t tcg_sites_put(const struct tcg_emit *e, uint8_t *p);
uint64_t tcg_site(const struct tcg_code *c, uint64_t pc, int32_t *off);
bool tcg_site_recover(const struct tcg_code *c, uint64_t pc, const struct plat_hart *hart, struct tcg_env *env,
                      int32_t *off);
bool tcg_recover(const struct tcg_code *c, const struct plat_hart *hart, struct tcg_env *env, int32_t *off);

#endif
