/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over a unit that makes code: control flow here, everything else by the register allocator, instructions by
 * the target. Layout: what the target puts before the entry, and the blocks in order; elsewhere in the chunk cold
 * parts and the recovery map.
 *
 * Assumes: tcg_liveness() has run on the unit.
 * Guarantees: on success the code is complete and its memory taken; on failure nothing is taken. */
#include "tcg/emit_int.h"

#include <string.h>

struct tcg_emit *tcg_emit_of(struct tcg_ctx *s) {
    if (!s->backend)
        s->backend = plat_alloc(sizeof(struct tcg_emit));
    return s->backend;
}

struct tcg_cold *tcg_cold_new(struct tcg_emit *e, void (*fn)(struct tcg_emit *, struct tcg_cold *),
                              const struct tcg_op *op, const struct tcg_arg *arg) {
    if (e->ncold == TCG_MAX_COLD) {
        e->s->overflow = true;
        e->ncold--;
    }
    struct tcg_cold *c = &e->cold[e->ncold++];
    c->fn = fn;
    c->op = op;
    c->from[0] = c->from[1] = c->from[2] = NULL;
    c->back = NULL;
    c->access[0] = c->access[1] = NULL;
    if (arg)
        memcpy(c->arg, arg, sizeof c->arg);
    c->record = e->record;
    c->insn_off = e->insn_off;
    c->live = e->live;
    c->extra = 0;
    return c;
}

void tcg_label_ref(struct tcg_emit *e, uint8_t *field, unsigned label) {
    if (e->nfixups == TCG_MAX_FIXUPS) {
        e->s->overflow = true;
        return;
    }
    e->fixup[e->nfixups].field = field;
    e->fixup[e->nfixups++].label = label;
}

static bool ends(const struct tcg_op *op) { return tcg_opdefs[op->opc].flags & TCG_F_TERM; }

/* A label that the previous op does not reach and nobody jumps to is the start of dead code; the optimiser removes
 * that. */
static void set_label(struct tcg_emit *e, const struct tcg_op *op, bool reached) {
    unsigned label = (unsigned)op->imm[0];
    if (e->region) {
        if (reached)
            tcg_region_edge(e, label);
        tcg_loop_state(e);
        e->label[label] = e->p;
        return;
    }
    if (reached) {
        tcg_ra_sync_globals(e);
        tcg_ra_sync_label(e, label);
    }
    tcg_ra_forget(e);
    e->label[label] = e->p;
}

static void branch(struct tcg_emit *e, const struct tcg_op *op) {
    unsigned label = (unsigned)op->imm[0];
    const struct tcg_op *next = &e->s->ops[op->next];
    if (e->region) {
        tcg_region_edge(e, label);
    } else {
        tcg_ra_sync_globals(e);
        tcg_ra_sync_label(e, label);
    }
    if (next->opc != TCG_OP_set_label || next->imm[0] != op->imm[0] || op->next == 0)
        e->t->branch(e, label);
}

static const struct tcg_op *following(const struct tcg_emit *e, const struct tcg_op *op) {
    do
        op = &e->s->ops[op->next];
    while (op->opc == TCG_OP_insn_start && op != &e->s->ops[0]);
    return op;
}

/* `brcond L; goto_tb; L:` where nobody else jumps to L: one conditional jump to the other block, and on at L with all
 * that registers hold. Gives the goto_tb, and the label in *label; NULL if it is not so. */
static const struct tcg_op *fusable(const struct tcg_emit *e, const struct tcg_op *op, const struct tcg_op **label) {
    const struct tcg_op *jump = following(e, op);
    if (jump->opc != TCG_OP_goto_tb || jump->imm[2])
        return NULL;
    *label = following(e, jump);
    if ((*label)->opc != TCG_OP_set_label || (*label)->imm[0] != op->imm[1] || e->label_refs[op->imm[1]] != 1)
        return NULL;
    return jump;
}

/* Returns the last op that it took. */
static const struct tcg_op *brcond(struct tcg_emit *e, const struct tcg_op *op) {
    const struct tcg_op *label = op;
    e->fused = e->region ? NULL : fusable(e, op, &label);
    e->side_exit = e->fused && e->loop && tcg_is_self_jump(e->s, following(e, label));
    tcg_ra_op(e, op);
    if (!e->fused)
        label = op;
    e->fused = NULL;
    e->side_exit = false;
    return label;
}

static void one(struct tcg_emit *e, const struct tcg_op *op, bool reached) {
    switch (op->opc) {
    case TCG_OP_insn_start: e->insn_off = (int32_t)op->imm[0]; break;
    case TCG_OP_set_label: set_label(e, op, reached); break;
    case TCG_OP_br: branch(e, op); break;
    case TCG_OP_mov: tcg_ra_mov(e, op); break;
    case TCG_OP_goto_tb:
        if (e->loop && tcg_is_self_jump(e->s, op)) {
            tcg_loop_back(e, op);
            break;
        }
        /* fall through */
    default: tcg_ra_op(e, op); break;
    }
}

/* Space for one more op, or cold part, with all stores that an edge can need. */
enum { EDGE_SPACE = 4 << 10 };
static bool roomy(struct tcg_emit *e) {
    if (e->p + EDGE_SPACE <= e->limit)
        return true;
    e->full = true;
    return false;
}

static void body(struct tcg_emit *e) {
    bool reached = true;
    bool verbose = plat_log_on(LOG_alloc);
    for (const struct tcg_op *op = &e->s->ops[e->s->ops[0].next]; op != &e->s->ops[0]; op = &e->s->ops[op->next]) {
        if (!roomy(e) || e->s->overflow)
            return;
        if (op->opc == TCG_OP_brcond)
            op = brcond(e, op);
        else
            one(e, op, reached);
        reached = !ends(op);
        if (verbose)
            tcg_alloc_dump(e, op);
    }
}

static void cold_parts(struct tcg_emit *e) {
    e->out->size = (uint32_t)(e->p - e->entry);
    e->hot_end = e->p;
    e->p = e->cold_p;
    e->limit = e->chunk.rw + e->chunk.size;
    for (unsigned i = 0; i < e->ncold; i++) {
        struct tcg_cold *c = &e->cold[i];
        if (!roomy(e))
            return;
        for (unsigned k = 0; k < 3; k++)
            if (c->from[k])
                e->t->patch(c->from[k], e->p);
        c->start = e->p;
        c->fn(e, c);
    }
}

static void fixups(struct tcg_emit *e) {
    for (unsigned i = 0; i < e->nfixups; i++)
        e->t->patch(e->fixup[i].field, e->label[e->fixup[i].label]);
}

static bool finish(struct tcg_emit *e) {
    e->out->cold = tcg_rx(e, e->cold_p);
    e->out->cold_size = (uint32_t)(e->p - e->cold_p);
    if (e->p + e->recovery_size + TCG_SITE_SIZE * 2 * e->ncold > e->limit) {
        e->full = true;
        return false;
    }
    memcpy(e->p, e->recovery, e->recovery_size);
    e->out->recovery = e->p;
    e->out->recovery_size = e->recovery_size;
    e->out->nsites = tcg_sites_put(e, e->p + e->recovery_size);
    e->chunk.used = (size_t)(e->hot_end - e->chunk.rw);
    e->chunk.cold_used = (size_t)(e->p + e->recovery_size + TCG_SITE_SIZE * e->out->nsites - e->chunk.rw);
    return true;
}

/* One try in the chunk at hand. */
static bool try(struct tcg_emit *e) {
    memset(e->out, 0, sizeof *e->out);
    e->p = e->chunk.rw + e->chunk.used;
    e->limit = e->chunk.rw + e->chunk.hot;
    e->cold_p = e->chunk.rw + e->chunk.cold_used;
    e->full = false;
    e->ncold = e->nfixups = e->nedges = e->nplaces = 0;
    e->recovery_size = 0;
    e->insn_off = (int32_t)e->s->start_off;
    e->record = 0;
    e->live = 0;
    tcg_ra_begin(e);
    e->fused = NULL;
    e->side_exit = false;
    e->t->begin(e);
    if (e->loop || e->region)
        tcg_loop_top(e);
    body(e);
    if (e->full || e->s->overflow)
        return false;
    cold_parts(e);
    if (e->full || e->s->overflow)
        return false;
    fixups(e);
    return finish(e);
}

bool tcg_emit_unit(struct tcg_ctx *s, const struct tcg_target *t, struct tcg_code *out) {
    struct tcg_emit *e = tcg_emit_of(s);
    if (!e || s->overflow)
        return false;
    e->s = s;
    e->t = t;
    e->out = out;
    if (!codebuf_valid(&e->chunk) && !codebuf_next(&e->chunk))
        return false;
    if (try(e))
        return true;
    if (s->overflow || !codebuf_next(&e->chunk))
        return false;
    if (try(e))
        return true;
    if (e->full)
        s->overflow = true; /* larger than a chunk: fewer instructions */
    return false;
}
