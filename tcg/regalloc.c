/* SPDX-License-Identifier: BSD-2-Clause */
/* Register allocation, forward, op by op, hand in hand with emission. Temps stay in registers over the whole stretch
 * between labels, a branch's fall-through path included; a global is stored only when somebody can see it in env: at
 * exits, labels, and helpers that read globals. Raising ops see it through a recovery record instead.
 *
 * Assumes: op->life from tcg_liveness().
 * Guarantees: each value is in its register, known as a constant, or in its home; e->dirty says which homes are stale.
 * Values of 32 bits have undefined upper halves in registers; homes of 32-bit temps are 4 bytes. */
#include <string.h>

#include "tcg/target.h"

static bool is_const_temp(const struct tcg_emit *e, tcgv t) { return e->s->temps[t].kind == TCG_TEMP_CONST; }
static unsigned type_of(const struct tcg_emit *e, tcgv t) { return e->s->temps[t].type; }
static bool is_fp(const struct tcg_emit *e, tcgv t) { return tcg_type_is_fp(type_of(e, t)); }
static tcg_regset bit(unsigned r) { return (tcg_regset)1 << r; }

unsigned tcg_spill_high;

/* Temps nothing is known of. */
static const struct tcg_ra_temp *fresh(void) {
    static struct tcg_ra_temp temp[TCG_MAX_TEMPS];
    static bool made;
    for (unsigned t = 0; !made && t < TCG_MAX_TEMPS; t++)
        temp[t] = (struct tcg_ra_temp){.reg = TCG_NOREG, .pref = TCG_NOREG, .slot = -1};
    made = true;
    return temp;
}

void tcg_ra_begin(struct tcg_emit *e) {
    const struct tcg_ctx *s = e->s;
    memset(e->reg_temp, 0, sizeof e->reg_temp);
    memset(e->dirty, 0, (s->ntemps + 63) / 64 * 8);
    e->used = 0;
    e->stamp = 0;
    e->nslots = 0;
    memcpy(e->temp, fresh(), s->ntemps * sizeof e->temp[0]);
    for (unsigned t = s->nglobals + 1; t < s->ntemps; t++)
        if (s->temps[t].kind == TCG_TEMP_CONST) {
            e->temp[t].konst = true;
            e->temp[t].val = s->temps[t].val;
        }
}

uint32_t tcg_ra_home(struct tcg_emit *e, tcgv t) {
    if (e->s->temps[t].kind == TCG_TEMP_GLOBAL)
        return e->s->temps[t].off;
    if (e->temp[t].slot < 0) {
        if (e->nslots == TCG_SPILL_SLOTS)
            e->s->overflow = true;
        else
            e->nslots++;
        if (e->nslots > tcg_spill_high)
            tcg_spill_high = e->nslots;
        e->temp[t].slot = (int16_t)(e->nslots - 1);
    }
    return (uint32_t)offsetof(struct tcg_env, spill) + 8 * (uint32_t)e->temp[t].slot;
}

static void bind(struct tcg_emit *e, tcgv t, unsigned r) {
    e->reg_temp[r] = t;
    e->used |= bit(r);
    e->temp[t].reg = (uint8_t)r;
    e->reg_stamp[r] = ++e->stamp;
}

static void unbind(struct tcg_emit *e, tcgv t) {
    unsigned r = e->temp[t].reg;
    if (r == TCG_NOREG)
        return;
    e->reg_temp[r] = 0;
    e->used &= ~bit(r);
    e->temp[t].reg = TCG_NOREG;
}

/* The value is gone: nobody wants it. */
static void kill(struct tcg_emit *e, tcgv t) {
    unbind(e, t);
    if (is_const_temp(e, t))
        return;
    e->temp[t].konst = false;
    tcg_map_clear(e->dirty, t);
}

static void store(struct tcg_emit *e, tcgv t) {
    const struct tcg_ra_temp *rt = &e->temp[t];
    if (!tcg_map_test(e->dirty, t))
        return;
    uint32_t home = tcg_ra_home(e, t);
    if (rt->reg != TCG_NOREG)
        e->t->st(e, type_of(e, t), rt->reg, home);
    else
        e->t->sti(e, type_of(e, t), rt->val, home);
    tcg_map_clear(e->dirty, t);
}

void tcg_ra_store(struct tcg_emit *e, tcgv t) { store(e, t); }

void tcg_ra_bind(struct tcg_emit *e, tcgv t, unsigned r) { bind(e, t, r); }

static void evict(struct tcg_emit *e, unsigned r) {
    tcgv t = e->reg_temp[r];
    if (!e->temp[t].konst)
        store(e, t);
    unbind(e, t);
}

/* The register of `from` that has waited longest for a use, one that needs no store before one that does. */
static unsigned victim(const struct tcg_emit *e, tcg_regset from) {
    unsigned best = TCG_NOREG;
    uint64_t best_key = ~(uint64_t)0;
    for (tcg_regset m = from; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m);
        tcgv t = e->reg_temp[r];
        bool cost = tcg_map_test(e->dirty, t) && !e->temp[t].konst;
        uint64_t key = (uint64_t)cost << 32 | e->reg_stamp[r];
        if (key < best_key) {
            best_key = key;
            best = r;
        }
    }
    return best;
}

/* A free register of `set` outside `avoid`; if there is none, one is made free. crosses: the value lives across a
 * gate. */
static unsigned take(struct tcg_emit *e, tcg_regset set, tcg_regset avoid, bool crosses) {
    tcg_regset ok = set & ~avoid, free = ok & ~e->used, good;
    tcg_regset gate = e->t->gate_clobber, last = e->t->last;
    if (!free) {
        tcg_regset from = crosses && (ok & ~gate) ? ok & ~gate : ok;
        unsigned r = victim(e, from);
        if (r == TCG_NOREG) { /* constraints leave at least one: a broken table */
            e->s->overflow = true;
            return (unsigned)__builtin_ctz(set);
        }
        evict(e, r);
        return r;
    }
    if (!crosses && (good = free & gate))
        return (unsigned)__builtin_ctz(good);
    if ((good = free & ~gate & ~last))
        return (unsigned)__builtin_ctz(good);
    if ((good = free & ~gate))
        return (unsigned)__builtin_ctz(good);
    return (unsigned)__builtin_ctz(free);
}

unsigned tcg_ra_load(struct tcg_emit *e, tcgv t) {
    unsigned r = take(e, e->t->all[is_fp(e, t)], 0, true);
    e->t->ld(e, type_of(e, t), r, tcg_ra_home(e, t));
    bind(e, t, r);
    return r;
}

/* The register that t should have, if it is free and allowed; else TCG_NOREG. */
static unsigned preferred(const struct tcg_emit *e, tcgv t, tcg_regset set, tcg_regset avoid) {
    unsigned r = e->temp[t].pref;
    return r != TCG_NOREG && bit(r) & set & ~avoid & ~e->used ? r : TCG_NOREG;
}

/* Clears register r of its temp, keeping the value: in another register if one is free. */
static void move_out(struct tcg_emit *e, unsigned r, tcg_regset avoid) {
    tcgv t = e->reg_temp[r];
    tcg_regset all = e->t->all[is_fp(e, t)] & ~e->t->gate_clobber;
    if (!t)
        return;
    if ((all & ~avoid & ~e->used) && !(is_const_temp(e, t))) {
        unsigned n = take(e, all, avoid | e->used, true);
        e->t->mov(e, type_of(e, t), n, r);
        unbind(e, t);
        bind(e, t, n);
    } else {
        evict(e, r);
    }
}

/* Puts the value of t into register r, which is free; nothing is bound. */
static void fetch(struct tcg_emit *e, tcgv t, unsigned r) {
    const struct tcg_ra_temp *rt = &e->temp[t];
    if (rt->reg != TCG_NOREG)
        e->t->mov(e, type_of(e, t), r, rt->reg);
    else if (rt->konst)
        e->t->movi(e, type_of(e, t), r, rt->val);
    else
        e->t->ld(e, type_of(e, t), r, tcg_ra_home(e, t));
}

/* ---- the operands of one op ---- */

struct place {
    const struct tcg_op *op;
    const struct tcg_con *con;
    struct tcg_arg arg[TCG_MAX_ARGS];
    tcg_regset pinned;  /* registers that hold inputs */
    tcg_regset fixed;   /* registers that single-register constraints and clobbers name */
    bool mem;           /* some operand is in memory */
};

static tcg_regset con_set(const struct tcg_emit *e, const struct place *pl, unsigned i) {
    const struct tcg_con_arg *c = &pl->con->arg[i];
    return c->flags & TCG_CON_CLASS ? e->t->all[is_fp(e, pl->op->arg[i])] : c->set;
}

static bool single(tcg_regset s) { return s && !(s & (s - 1)); }

void tcg_con_settle(struct tcg_con *c) {
    c->fixed = c->clobber;
    c->tied = -1;
    for (unsigned i = 0; i < TCG_MAX_ARGS; i++) {
        bool one = !(c->arg[i].flags & TCG_CON_CLASS) && single(c->arg[i].set);
        if (one)
            c->fixed |= c->arg[i].set;
        if (c->arg[i].flags & TCG_CON_TIED)
            c->tied = (int8_t)i;
        else
            c->choiceless |= one;
    }
}

static bool fits_imm(unsigned type, uint64_t val) {
    return type == TCG_I32 || (type == TCG_I64 && (int64_t)val == (int32_t)val);
}

static bool as_const(struct tcg_emit *e, struct place *pl, unsigned i) {
    tcgv t = pl->op->arg[i];
    unsigned flags = pl->con->arg[i].flags, type = type_of(e, t);
    uint64_t val = e->temp[t].val;
    if (!e->temp[t].konst)
        return false;
    if (!(flags & TCG_CON_ANY) && !(flags & TCG_CON_IMM && fits_imm(type, val)))
        return false;
    pl->arg[i].kind = TCG_ARG_CONST;
    pl->arg[i].val = type == TCG_I32 ? (int32_t)val : (int64_t)val;
    return true;
}

static bool as_mem(struct tcg_emit *e, struct place *pl, unsigned i) {
    tcgv t = pl->op->arg[i];
    const struct tcg_ra_temp *rt = &e->temp[t];
    if (pl->mem || !(pl->con->arg[i].flags & TCG_CON_MEM) || rt->reg != TCG_NOREG || rt->konst ||
        !(pl->op->life & TCG_LIFE_UNUSED(i)))
        return false;
    for (unsigned k = pl->op->nout; k < i; k++) /* the same temp twice */
        if (pl->op->arg[k] == t)
            return false;
    for (unsigned k = i + 1; k < (unsigned)pl->op->nout + pl->op->nin; k++)
        if (pl->op->arg[k] == t)
            return false;
    pl->arg[i].kind = TCG_ARG_MEM;
    pl->arg[i].off = tcg_ra_home(e, t);
    pl->mem = true;
    return true;
}

static void pin(struct place *pl, unsigned i, unsigned r) {
    pl->arg[i].kind = TCG_ARG_REG;
    pl->arg[i].reg = (uint8_t)r;
    pl->pinned |= bit(r);
}

/* An input that must be in one certain register: a copy, unless it is there already. */
static void input_fixed(struct tcg_emit *e, struct place *pl, unsigned i, tcg_regset set) {
    tcgv t = pl->op->arg[i];
    unsigned r = (unsigned)__builtin_ctz(set);
    if (e->reg_temp[r] != t) {
        if (e->reg_temp[r])
            move_out(e, r, pl->pinned | pl->fixed);
        fetch(e, t, r);
        if (e->temp[t].reg == TCG_NOREG && !(e->temp[t].konst))
            bind(e, t, r);
    }
    pin(pl, i, r);
}

static void input(struct tcg_emit *e, struct place *pl, unsigned i, tcg_regset set) {
    tcgv t = pl->op->arg[i];
    struct tcg_ra_temp *rt = &e->temp[t];
    if (rt->reg != TCG_NOREG && bit(rt->reg) & set & ~pl->fixed) {
        e->reg_stamp[rt->reg] = ++e->stamp;
        pin(pl, i, rt->reg);
        return;
    }
    bool lasts = !(pl->op->life & TCG_LIFE_UNUSED(i));
    unsigned r = preferred(e, t, set, pl->pinned | pl->fixed);
    if (r == TCG_NOREG)
        r = take(e, set, pl->pinned | pl->fixed, lasts);
    fetch(e, t, r);
    unbind(e, t);
    bind(e, t, r);
    pin(pl, i, r);
}

static void tied_input(struct tcg_emit *e, struct place *pl, unsigned i) {
    tcgv t = pl->op->arg[i];
    struct tcg_ra_temp *rt = &e->temp[t];
    if (rt->reg == TCG_NOREG && !rt->konst && !(pl->op->life & TCG_LIFE_UNUSED(i)))
        input(e, pl, i, e->t->all[is_fp(e, t)]);
    else if (rt->reg != TCG_NOREG)
        pl->pinned |= bit(rt->reg);
}

static void inputs(struct tcg_emit *e, struct place *pl) {
    const struct tcg_op *op = pl->op;
    unsigned end = (unsigned)op->nout + op->nin;
    for (unsigned i = op->nout; pl->con->choiceless && i < end; i++)
        if (single(con_set(e, pl, i)) && !(pl->con->arg[i].flags & TCG_CON_TIED) && !as_const(e, pl, i))
            input_fixed(e, pl, i, con_set(e, pl, i));
    for (unsigned i = op->nout; i < end; i++)
        if (pl->arg[i].kind == TCG_ARG_NONE && !(pl->con->arg[i].flags & TCG_CON_TIED) && !as_const(e, pl, i) &&
            e->temp[op->arg[i]].reg != TCG_NOREG)
            input(e, pl, i, con_set(e, pl, i));
    if (pl->con->tied >= 0)
        tied_input(e, pl, (unsigned)pl->con->tied);
    for (unsigned i = op->nout; i < end; i++)
        if (pl->arg[i].kind == TCG_ARG_NONE && !(pl->con->arg[i].flags & TCG_CON_TIED) && !as_mem(e, pl, i))
            input(e, pl, i, con_set(e, pl, i));
}

static bool dies(const struct place *pl, tcgv t) {
    for (unsigned i = pl->op->nout; i < (unsigned)pl->op->nout + pl->op->nin; i++)
        if (pl->op->arg[i] == t)
            return pl->op->life & TCG_LIFE_DEAD(i);
    return false;
}

/* Its value is wanted in its home only, and is there. */
static bool leaves_clean(const struct tcg_emit *e, const struct place *pl, tcgv t) {
    for (unsigned i = pl->op->nout; i < (unsigned)pl->op->nout + pl->op->nin; i++)
        if (pl->op->arg[i] == t)
            return pl->op->life & TCG_LIFE_UNUSED(i) && !tcg_map_test(e->dirty, t);
    return false;
}

/* Saves what the op destroys. A value that dies here may stay, unless its register is needed to rebuild a global. */
static void clobbers(struct tcg_emit *e, struct place *pl) {
    tcg_regset avoid = pl->pinned | pl->fixed | e->t->gate_clobber;
    tcg_regset lost = pl->fixed;
    for (tcg_regset m = lost & e->used; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m);
        if (!dies(pl, e->reg_temp[r]))
            move_out(e, r, avoid);
    }
    if (!pl->con->gate)
        return;
    for (tcg_regset m = e->t->gate_clobber & e->used; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m);
        tcgv t = e->reg_temp[r];
        if (leaves_clean(e, pl, t))
            continue; /* release_inputs() lets go of it */
        if (!dies(pl, t) || (tcg_map_test(e->dirty, t) && e->s->temps[t].kind == TCG_TEMP_GLOBAL))
            move_out(e, r, avoid);
    }
}

static void release_inputs(struct tcg_emit *e, struct place *pl) {
    const struct tcg_op *op = pl->op;
    for (unsigned i = op->nout; i < (unsigned)op->nout + op->nin; i++) {
        tcgv t = op->arg[i];
        if (op->life & TCG_LIFE_DEAD(i))
            kill(e, t);
        else if (op->life & TCG_LIFE_UNUSED(i) && !tcg_map_test(e->dirty, t))
            unbind(e, t);
    }
}

/* Registers of inputs that are not tied: what a tied output must stay out of. */
static tcg_regset untied(const struct place *pl) {
    tcg_regset s = 0;
    for (unsigned i = pl->op->nout; i < (unsigned)pl->op->nout + pl->op->nin; i++)
        if (pl->arg[i].kind == TCG_ARG_REG)
            s |= bit(pl->arg[i].reg);
    return s;
}

/* A tied output: takes over the register of its input if that dies here, else a copy. Before inputs are released. */
static unsigned output_tied(struct tcg_emit *e, struct place *pl, unsigned k, tcg_regset set) {
    const struct tcg_op *op = pl->op;
    tcgv t = op->arg[k];
    unsigned r = e->temp[t].reg;
    bool crosses = op->life & TCG_LIFE_CROSSES;
    bool gone = op->life & TCG_LIFE_DEAD(k) || (op->life & TCG_LIFE_UNUSED(k) && !tcg_map_test(e->dirty, t)) ||
                op->arg[0] == t;
    if (r != TCG_NOREG && gone && bit(r) & set && !(crosses && bit(r) & e->t->gate_clobber))
        return r;
    tcgv old = op->arg[0];
    if (e->temp[old].reg != TCG_NOREG && !(untied(pl) & bit(e->temp[old].reg)) && old != t)
        unbind(e, old);
    tcg_regset avoid = pl->pinned | untied(pl) | pl->con->clobber;
    r = preferred(e, old, set, avoid);
    if (r == TCG_NOREG)
        r = take(e, set, avoid, crosses);
    fetch(e, t, r);
    return r;
}

static unsigned output_free(struct tcg_emit *e, struct place *pl, unsigned i, tcg_regset set) {
    const struct tcg_op *op = pl->op;
    bool early = pl->con->arg[i].flags & TCG_CON_EARLY, crosses = op->life & TCG_LIFE_CROSSES;
    tcg_regset avoid = pl->con->clobber | (early ? untied(pl) : 0);
    if (single(set))
        return (unsigned)__builtin_ctz(set);
    unsigned p = preferred(e, op->arg[i], set, avoid);
    if (p != TCG_NOREG)
        return p;
    if (!early)
        for (unsigned k = op->nout; k < (unsigned)op->nout + op->nin; k++) {
            unsigned r = pl->arg[k].reg;
            if (pl->arg[k].kind == TCG_ARG_REG && bit(r) & set & ~e->used & ~avoid &&
                !(crosses && bit(r) & e->t->gate_clobber))
                return r;
        }
    return take(e, set, avoid, crosses);
}

static void outputs(struct tcg_emit *e, struct place *pl) {
    const struct tcg_op *op = pl->op;
    int k = pl->con->tied;
    if (k >= 0) {
        unsigned r = output_tied(e, pl, (unsigned)k, con_set(e, pl, 0));
        pl->arg[k] = (struct tcg_arg){.kind = TCG_ARG_REG, .reg = (uint8_t)r, .type = pl->arg[k].type};
        pl->arg[0].reg = (uint8_t)r;
        release_inputs(e, pl);
        kill(e, op->arg[0]);
    } else {
        release_inputs(e, pl);
        for (unsigned i = 0; i < op->nout; i++)
            kill(e, op->arg[i]);
        for (unsigned i = 0; i < op->nout; i++)
            pl->arg[i].reg = (uint8_t)output_free(e, pl, i, con_set(e, pl, i));
    }
    for (unsigned i = 0; i < op->nout; i++) {
        pl->arg[i].kind = TCG_ARG_REG;
        bind(e, op->arg[i], pl->arg[i].reg);
        tcg_map_set(e->dirty, op->arg[i]);
    }
}

static void settle(struct tcg_emit *e, const struct tcg_op *op) {
    for (unsigned i = 0; i < op->nout; i++)
        if (op->life & TCG_LIFE_DEAD(i))
            kill(e, op->arg[i]);
}

static unsigned call_flags(const struct tcg_op *op) {
    return op->opc == TCG_OP_call                    ? tcg_helpers[op->imm[0]].flags
           : tcg_opdefs[op->opc].flags & TCG_F_RAISE ? TCG_H_RAISE
                                                     : 0;
}

static void forget_globals(struct tcg_emit *e, const struct tcg_op *op) {
    for (tcg_regset m = e->used; m; m &= m - 1) {
        tcgv t = e->reg_temp[__builtin_ctz(m)];
        if (e->s->temps[t].kind == TCG_TEMP_GLOBAL && !(op->nout && t == op->arg[0]))
            unbind(e, t);
    }
    for (tcgv t = 1; t <= e->s->nglobals; t++)
        if (!(op->nout && t == op->arg[0]))
            e->temp[t].konst = false;
}

/* What a side exit has to store. */
static void note_side(struct tcg_emit *e) {
    e->nside = 0;
    for (unsigned w = 0; w <= e->s->nglobals / 64; w++)
        for (uint64_t m = e->dirty[w]; m; m &= m - 1) {
            tcgv t = (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m));
            if (t > e->s->nglobals)
                continue;
            if (e->nside == TCG_MAX_SIDE)
                e->s->overflow = true;
            else
                e->side[e->nside++] = (struct tcg_place){t, e->temp[t].reg, true, e->temp[t].val};
        }
}

void tcg_ra_op(struct tcg_emit *e, const struct tcg_op *op) {
    struct place pl = {.op = op, .con = e->t->constraint(e->s, op)};
    unsigned flags = call_flags(op), n = (unsigned)op->nout + op->nin;
    for (unsigned i = 0; i < n; i++)
        pl.arg[i].type = e->s->temps[op->arg[i]].type;
    pl.fixed = pl.con->fixed;
    if (flags & (TCG_H_READS | TCG_H_WRITES))
        tcg_ra_sync_globals(e);
    inputs(e, &pl);
    clobbers(e, &pl);
    e->record = flags & TCG_H_RAISE ? tcg_recovery_record(e) : 0;
    e->live = e->used;
    if (op->nout == 0) {
        e->edge = 0;
        if (e->side_exit)
            note_side(e);
        else if (e->region && op->opc == TCG_OP_brcond)
            tcg_region_note(e, (unsigned)op->imm[1]);
        else if (tcg_opdefs[op->opc].flags & (TCG_F_TERM | TCG_F_BBEND))
            tcg_ra_sync_globals(e);
        if (op->opc == TCG_OP_brcond && !e->fused && !e->region)
            tcg_ra_sync_label(e, (unsigned)op->imm[1]);
        e->t->op(e, op, pl.arg);
        release_inputs(e, &pl);
    } else {
        outputs(e, &pl);
        e->t->op(e, op, pl.arg);
        settle(e, op);
    }
    if (flags & TCG_H_WRITES)
        forget_globals(e, op);
}

/* ---- mov ---- */

static void mov_known(struct tcg_emit *e, tcgv d, uint64_t val) {
    kill(e, d);
    e->temp[d].konst = true;
    e->temp[d].val = val;
    tcg_map_set(e->dirty, d);
}

void tcg_ra_mov(struct tcg_emit *e, const struct tcg_op *op) {
    tcgv d = op->arg[0], a = op->arg[1];
    struct tcg_ra_temp *ra = &e->temp[a];
    bool dead = op->life & TCG_LIFE_DEAD(1), crosses = op->life & TCG_LIFE_CROSSES;
    if (d == a)
        return;
    if (ra->konst) {
        uint64_t val = ra->val;
        if (dead)
            kill(e, a);
        mov_known(e, d, val);
    } else {
        if (ra->reg == TCG_NOREG) {
            unsigned r = take(e, e->t->all[is_fp(e, a)], 0, crosses || !dead);
            fetch(e, a, r);
            bind(e, a, r);
        }
        unsigned r = ra->reg;
        bool spare = dead || (op->life & TCG_LIFE_UNUSED(1) && !tcg_map_test(e->dirty, a));
        kill(e, d);
        if (spare) {
            if (dead)
                kill(e, a);
            else
                unbind(e, a);
        } else {
            unsigned p = preferred(e, d, e->t->all[is_fp(e, d)], bit(r));
            r = p != TCG_NOREG ? p : take(e, e->t->all[is_fp(e, d)], bit(r), crosses);
            fetch(e, a, r);
        }
        bind(e, d, r);
        tcg_map_set(e->dirty, d);
    }
    if (op->life & TCG_LIFE_DEAD(0))
        kill(e, d);
}

/* ---- edges ---- */

void tcg_ra_sync_globals(struct tcg_emit *e) {
    for (unsigned w = 0; w <= e->s->nglobals / 64; w++)
        for (uint64_t m = e->dirty[w]; m; m &= m - 1) {
            tcgv t = (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m));
            if (t <= e->s->nglobals)
                store(e, t);
        }
}

void tcg_ra_sync_label(struct tcg_emit *e, unsigned label) {
    for (unsigned w = 0; w <= (e->s->ntemps - 1u) / 64; w++)
        for (uint64_t m = e->dirty[w] & e->label_live[label][w]; m; m &= m - 1)
            store(e, (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m)));
}

void tcg_ra_forget(struct tcg_emit *e) {
    for (unsigned t = 1; t < e->s->ntemps; t++) {
        e->temp[t].reg = TCG_NOREG;
        if (e->s->temps[t].kind != TCG_TEMP_CONST)
            e->temp[t].konst = false;
    }
    memset(e->reg_temp, 0, sizeof e->reg_temp);
    memset(e->dirty, 0, (e->s->ntemps + 63) / 64 * 8);
    e->used = 0;
}
