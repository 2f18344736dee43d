/* SPDX-License-Identifier: BSD-2-Clause */
/* Units that jump to their own start: the loop runs inside the unit, with globals in registers all the way around.
 * Homes of what it changes are stale until it leaves; each exit stores, and raising ops have their recovery records
 * as ever.
 *
 * Assumes: the jump polls, as jumps back do. Nobody who drops a block expects a hart to leave it sooner than at a poll.
 * Guarantees: at the top and after each jump back every carried global is in the same register. Not done for units with
 * labels that the walk does not fuse away, nor with -d nochain, which is to show each entry. */
#include <string.h>

#include "tcg/target.h"

struct refs {
    tcg_map carried, changed;
    uint64_t gain[TCG_MAX_TEMPS]; /* what it is worth to carry the global; 0: nothing names it */
};

/* A jump to the start is among the ways out at the end. */
static bool ends_in_self_jump(const struct tcg_ctx *s) {
    for (uint32_t i = s->ops[0].prev; i; i = s->ops[i].prev) {
        const struct tcg_op *op = &s->ops[i];
        if (tcg_is_self_jump(s, op))
            return true;
        if (op->opc != TCG_OP_goto_tb && op->opc != TCG_OP_set_label && op->opc != TCG_OP_insn_start)
            return false;
    }
    return false;
}

static bool is_loop(const struct tcg_ctx *s) {
    unsigned self = 0, labels = 0, branches = 0;
    if (!ends_in_self_jump(s) || plat_log_on(LOG_nochain))
        return false;
    for (uint32_t i = s->ops[0].next; i; i = s->ops[i].next) {
        const struct tcg_op *op = &s->ops[i];
        self += tcg_is_self_jump(s, op) && op->imm[2];
        labels += op->opc == TCG_OP_set_label;
        branches += op->opc == TCG_OP_brcond;
    }
    return self == 1 && labels == branches && labels <= 1;
}

/* Where the ways out of a region begin: behind its last guest instruction. Elsewhere 0. */
static uint32_t first_exit(const struct tcg_ctx *s) {
    uint32_t i = s->ops[0].prev, label = 0;
    for (; s->region && i && s->ops[i].opc != TCG_OP_insn_start; i = s->ops[i].prev)
        if (s->ops[i].opc == TCG_OP_set_label)
            label = i;
    return label;
}

/* In a stretch between labels a global that is not carried costs a load, if its old value is read, and a store, if it
 * is written: in code of the inner loops more than outside. Among equals the one that is named more often. */
enum { LOAD = 3 << 8, STORE = 2 << 8, MAX_DEPTH = 4, DEPTH_BITS = 3 };

static unsigned stretch_weight(const struct tcg_ctx *s, const struct tcg_op *label) {
    unsigned depth = s->label_depth[label->imm[0]];
    return DEPTH_BITS * (depth < MAX_DEPTH ? depth : MAX_DEPTH);
}

static void count_arg(struct refs *r, tcg_map seen, tcg_map written, tcgv t, bool out, unsigned weight) {
    uint64_t gain = 1;
    if (!out && !tcg_map_test(seen, t))
        gain += LOAD;
    if (out && !tcg_map_test(written, t))
        gain += STORE;
    r->gain[t] += gain << weight;
    tcg_map_set(seen, t);
    if (out) {
        tcg_map_set(written, t);
        tcg_map_set(r->changed, t);
    }
}

static void count_refs(const struct tcg_ctx *s, struct refs *r) {
    uint32_t end = first_exit(s);
    tcg_map seen = {0}, written = {0};
    unsigned weight = 0;
    memset(r->gain, 0, (s->nglobals + 1u) * sizeof r->gain[0]);
    memset(r->carried, 0, sizeof r->carried);
    memset(r->changed, 0, sizeof r->changed);
    for (uint32_t i = s->ops[0].next; i != end; i = s->ops[i].next) {
        const struct tcg_op *op = &s->ops[i];
        if (op->opc == TCG_OP_set_label) {
            weight = stretch_weight(s, op);
            memset(seen, 0, sizeof seen);
            memset(written, 0, sizeof written);
        }
        for (unsigned k = 0; k < op->nin; k++)
            if (op->arg[op->nout + k] && op->arg[op->nout + k] <= s->nglobals)
                count_arg(r, seen, written, op->arg[op->nout + k], false, weight);
        if (op->nout && op->arg[0] <= s->nglobals)
            count_arg(r, seen, written, op->arg[0], true, weight);
    }
}

/* The global of that kind that is worth most and not chosen yet; 0: none. */
static tcgv most_used(const struct tcg_ctx *s, const struct refs *r, bool fp) {
    tcgv best = 0;
    for (tcgv t = 1; t <= s->nglobals; t++)
        if (r->gain[t] && !tcg_map_test(r->carried, t) && tcg_type_is_fp(s->temps[t].type) == fp &&
            (!best || r->gain[t] > r->gain[best]))
            best = t;
    return best;
}

void tcg_loop_find(struct tcg_ctx *s, struct tcg_emit *e, const struct tcg_target *t) {
    struct refs r;
    e->region = s->region;
    e->loop = !e->region && is_loop(s);
    e->ncarry = 0;
    if (!e->loop && !e->region)
        return;
    count_refs(s, &r);
    for (unsigned fp = 0; fp < 2; fp++)
        for (unsigned n = 0; n < t->carry[fp]; n++) {
            tcgv g = most_used(s, &r, fp);
            if (!g)
                break;
            tcg_map_set(r.carried, g);
            e->carry[e->ncarry++] = (struct tcg_place){g, TCG_NOREG, tcg_map_test(r.changed, g), 0};
        }
}

void tcg_loop_top(struct tcg_emit *e) {
    for (unsigned i = 0; i < e->ncarry; i++) {
        struct tcg_place *c = &e->carry[i];
        c->reg = (uint8_t)tcg_ra_load(e, c->t);
        e->temp[c->t].pref = c->reg;
        if (c->dirty)
            tcg_map_set(e->dirty, c->t);
    }
    e->top = e->p;
}

/* ---- the jump back ---- */

bool tcg_loop_carries(const struct tcg_emit *e, tcgv t, bool *dirty) {
    for (unsigned i = 0; i < e->ncarry; i++)
        if (e->carry[i].t == t) {
            *dirty = e->carry[i].dirty;
            return true;
        }
    return false;
}

/* What is stale and has no register at the top, or is taken for clean there, goes home. */
void tcg_loop_store_others(struct tcg_emit *e) {
    for (unsigned w = 0; w <= e->s->nglobals / 64; w++)
        for (uint64_t m = e->dirty[w]; m; m &= m - 1) {
            tcgv t = (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m));
            bool dirty = false;
            if (t <= e->s->nglobals && !(tcg_loop_carries(e, t, &dirty) && dirty))
                tcg_ra_store(e, t);
        }
}

/* Moves that happen all at once, one kind of register at a time; a cycle is opened through the scratch register. */
void tcg_move_all(struct tcg_emit *e, struct tcg_move *m, unsigned n) {
    while (n) {
        unsigned i, k;
        for (i = 0; i < n; i++) {
            for (k = 0; k < n && (k == i || m[k].from != m[i].to); k++)
                ;
            if (k == n)
                break;
        }
        if (i == n) { /* all wait for each other */
            unsigned scratch = e->t->scratch[tcg_type_is_fp(m[0].type)];
            e->t->mov(e, (enum tcg_type)m[0].type, scratch, m[0].from);
            m[0].from = (uint8_t)scratch;
            continue;
        }
        e->t->mov(e, (enum tcg_type)m[i].type, m[i].to, m[i].from);
        m[i] = m[--n];
    }
}

void tcg_loop_shuffle(struct tcg_emit *e) {
    struct tcg_move m[TCG_MAX_CARRY];
    unsigned n = 0;
    for (unsigned i = 0; i < e->ncarry; i++) {
        const struct tcg_place *c = &e->carry[i];
        uint8_t from = e->temp[c->t].reg;
        if (from != TCG_NOREG && from != c->reg)
            m[n++] = (struct tcg_move){from, c->reg, e->s->temps[c->t].type};
    }
    tcg_move_all(e, m, n);
    for (unsigned i = 0; i < e->ncarry; i++) {
        const struct tcg_place *c = &e->carry[i];
        const struct tcg_temp *t = &e->s->temps[c->t];
        if (e->temp[c->t].reg != TCG_NOREG)
            continue;
        if (e->temp[c->t].konst)
            e->t->movi(e, (enum tcg_type)t->type, c->reg, e->temp[c->t].val);
        else
            e->t->ld(e, (enum tcg_type)t->type, c->reg, t->off);
    }
}

void tcg_loop_state(struct tcg_emit *e) {
    tcg_ra_forget(e);
    for (unsigned i = 0; i < e->ncarry; i++) {
        tcg_ra_bind(e, e->carry[i].t, e->carry[i].reg);
        if (e->carry[i].dirty)
            tcg_map_set(e->dirty, e->carry[i].t);
    }
}

void tcg_loop_back(struct tcg_emit *e, const struct tcg_op *op) {
    unsigned slot = (unsigned)op->imm[0];
    tcg_loop_store_others(e);
    tcg_loop_shuffle(e);
    e->t->loop_back(e);
    tcg_loop_state(e);
    tcg_ra_sync_globals(e);
    e->out->jump_off[slot & 1] = (uint32_t)op->imm[1];
    e->t->loop_exit(e, slot & 1);
}
