/* SPDX-License-Identifier: BSD-2-Clause */
/* Units of several guest blocks: every label is met in one state, which loop.c has chosen, so that the loops of the
 * guest run with their registers in registers. What a branch has to do to get there is done on its way.
 *
 * Assumes: no local lives over a jump back. Guarantees: the hot path of a branch that finds everything in place is the
 * branch alone. */
#include "tcg/target.h"

/* Locals that live at the label: tcg_ra_sync_label() would store what is carried, too. */
static void store_locals(struct tcg_emit *e, unsigned label) {
    for (unsigned w = 0; w <= (e->s->ntemps - 1u) / 64; w++)
        for (uint64_t m = e->dirty[w] & e->label_live[label][w]; m; m &= m - 1) {
            tcgv t = (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m));
            if (t > e->s->nglobals)
                tcg_ra_store(e, t);
        }
}

void tcg_region_edge(struct tcg_emit *e, unsigned label) {
    tcg_loop_store_others(e);
    store_locals(e, label);
    tcg_loop_shuffle(e);
}

static void note(struct tcg_emit *e, tcgv t, bool konst) {
    if (e->nplaces == TCG_MAX_PLACES) {
        e->s->overflow = true;
        e->nplaces = 0;
    }
    e->place[e->nplaces++] = (struct tcg_place){t, e->temp[t].reg, konst, e->temp[t].val};
}

static void note_stores(struct tcg_emit *e, unsigned label) {
    for (unsigned w = 0; w <= (e->s->ntemps - 1u) / 64; w++)
        for (uint64_t m = e->dirty[w]; m; m &= m - 1) {
            tcgv t = (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m));
            bool stale = false;
            if (t > e->s->nglobals ? tcg_map_test(e->label_live[label], t) : !(tcg_loop_carries(e, t, &stale) && stale))
                note(e, t, true);
        }
}

void tcg_region_note(struct tcg_emit *e, unsigned label) {
    if (e->nedges == TCG_MAX_EDGES) {
        e->s->overflow = true;
        e->nedges = 0;
    }
    struct tcg_edge *g = &e->edges[e->nedges];
    g->store = (uint16_t)e->nplaces;
    note_stores(e, label);
    g->fix = (uint16_t)e->nplaces;
    for (unsigned i = 0; i < e->ncarry; i++)
        if (e->temp[e->carry[i].t].reg != e->carry[i].reg)
            note(e, e->carry[i].t, e->temp[e->carry[i].t].konst);
    g->end = (uint16_t)e->nplaces;
    e->edge = g->end > g->store ? ++e->nedges : 0;
}

static unsigned carried_reg(const struct tcg_emit *e, tcgv t) {
    unsigned i = 0;
    while (e->carry[i].t != t)
        i++;
    return e->carry[i].reg;
}

static void fix(struct tcg_emit *e, const struct tcg_place *p, const struct tcg_place *end) {
    struct tcg_move m[TCG_MAX_CARRY];
    unsigned n = 0;
    for (const struct tcg_place *q = p; q < end; q++)
        if (q->reg != TCG_NOREG)
            m[n++] = (struct tcg_move){q->reg, (uint8_t)carried_reg(e, q->t), e->s->temps[q->t].type};
    tcg_move_all(e, m, n);
    for (; p < end; p++) {
        const struct tcg_temp *t = &e->s->temps[p->t];
        unsigned to = carried_reg(e, p->t);
        if (p->reg == TCG_NOREG && p->dirty)
            e->t->movi(e, (enum tcg_type)t->type, to, p->val);
        else if (p->reg == TCG_NOREG)
            e->t->ld(e, (enum tcg_type)t->type, to, t->off);
    }
}

void tcg_region_cold(struct tcg_emit *e, struct tcg_cold *c) {
    const struct tcg_edge *g = &e->edges[c->extra - 1];
    for (const struct tcg_place *p = e->place + g->store; p < e->place + g->fix; p++) {
        enum tcg_type type = (enum tcg_type)e->s->temps[p->t].type;
        if (p->reg != TCG_NOREG)
            e->t->st(e, type, p->reg, tcg_ra_home(e, p->t));
        else
            e->t->sti(e, type, p->val, tcg_ra_home(e, p->t));
    }
    fix(e, e->place + g->fix, e->place + g->end);
    e->t->branch(e, (unsigned)c->op->imm[1]);
}
