/* SPDX-License-Identifier: BSD-2-Clause */
/* rv64_gen_intermediate_code(): one block of guest instructions as TCG ops. Blocks know their offset in the page,
 * never their address (DESIGN 3.4). A block ends behind a jump, behind an instruction that changes what blocks are
 * specialised on, with the page, after b->max_insns, and before TB_MAX_BYTES. An instruction that straddles two
 * pages is a block of its own: nothing can be linked to a block that depends on two pages, so it is reached by
 * goto_ptr, and alone. */
#include "dbt/rv64/translate.h"

#include <string.h>

#include "dbt/tb.h"

#define DECODE_FUNCTION
#include "insn16.inc"
#include "insn32.inc"
#undef DECODE_FUNCTION

/* Room that one instruction needs at the most, so that a block ends before the op buffer overflows; a third of the
 * buffer is left to the passes. */
enum { MAX_OPS = TCG_MAX_OPS * 2 / 3, MAX_TEMPS = TCG_MAX_TEMPS * 2 / 3, MAX_LABELS = TCG_MAX_LABELS - 8 };

tcgv rv64_pc_page, rv64_x[32], rv64_f[32];

/* env.pc and env.guest[] are no globals: helpers and the engine change them, and each use is rare. */
void rv64_init_tcg(struct tcg_ctx *s) {
    for (uint32_t i = 1; i < 32; i++)
        rv64_x[i] = tcg_global_new(s, TCG_I64, offsetof(struct tcg_env, reg) + 8 * i, rv64_x_names[i]);
    for (uint32_t i = 0; i < 32; i++)
        rv64_f[i] = tcg_global_new(s, TCG_F64, offsetof(struct tcg_env, freg) + 8 * i, rv64_f_names[i]);
    rv64_pc_page = tcg_global_new(s, TCG_I64, offsetof(struct tcg_env, pc_page), "pc_page");
}

tcgv ctx_w(struct rv64_ctx *c, int n) {
    if (n == 0)
        return tcg_const(c->s, TCG_I32, 0);
    tcgv w = tcg_temp_new(c->s, TCG_I32);
    tcg_gen_trunc_i64_i32(c->s, w, rv64_x[n]);
    return w;
}

tcgv ctx_addr(struct rv64_ctx *c, int rs1, int32_t imm) {
    if (imm == 0 || rs1 == 0)
        return rs1 ? rv64_x[rs1] : ctx_imm(c, imm);
    tcgv t = ctx_new(c);
    tcg_gen_add(c->s, t, rv64_x[rs1], ctx_imm(c, imm));
    return t;
}

bool ctx_op_imm(struct rv64_ctx *c, const struct arg_i *a, ctx_gen *gen) {
    if (a->rd)
        gen(c->s, rv64_x[a->rd], ctx_x(c, a->rs1), ctx_imm(c, a->imm));
    return true;
}

bool ctx_op_reg(struct rv64_ctx *c, const struct arg_r *a, ctx_gen *gen) {
    if (a->rd)
        gen(c->s, rv64_x[a->rd], ctx_x(c, a->rs1), ctx_x(c, a->rs2));
    return true;
}

bool ctx_op_low(struct rv64_ctx *c, int rd, tcgv a, tcgv b, ctx_gen *gen) {
    if (!rd)
        return true;
    tcgv t = ctx_new(c);
    gen(c->s, t, a, b);
    tcg_gen_ext32s(c->s, rv64_x[rd], t);
    return true;
}

bool ctx_op_w(struct rv64_ctx *c, const struct arg_r *a, ctx_gen *gen) {
    if (!a->rd)
        return true;
    tcgv x = ctx_w(c, a->rs1), y = ctx_w(c, a->rs2), t = tcg_temp_new(c->s, TCG_I32);
    gen(c->s, t, x, y);
    tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], t);
    return true;
}

tcgv ctx_pc(struct rv64_ctx *c, int32_t off) {
    tcgv t = ctx_new(c);
    tcg_gen_add(c->s, t, rv64_pc_page, ctx_imm(c, off));
    return t;
}

void rv64_sync_count(struct rv64_ctx *c) {
    uint32_t at = offsetof(struct tcg_env, guest) + 8 * G_INSTRET;
    if (!(c->b->flags & TBF_COUNT) || !c->uncounted)
        return;
    tcgv t = ctx_new(c);
    tcg_gen_ld_env(c->s, t, at, TCG_MO_64);
    tcg_gen_add(c->s, t, t, ctx_imm(c, c->uncounted));
    tcg_gen_st_env(c->s, t, at, TCG_MO_64);
    c->uncounted = 0;
}

void rv64_retire(struct rv64_ctx *c) {
    c->uncounted++;
    rv64_sync_count(c);
}

/* The instruction at this offset of the block's page runs into the next page. If the bytes change, the answer is
 * stale: then a jump goes the slower way, or is never linked. */
static bool straddles(const struct rv64_ctx *c, int32_t off) {
    uint16_t lo;
    return off == (int32_t)GUEST_PAGE_SIZE - 2 && tb_fetch16(c->b, (uint32_t)off, false, &lo) && (lo & 3) == 3;
}

static unsigned leave_label(struct rv64_ctx *c, int32_t off, bool poll) {
    for (unsigned i = 0; i < c->nleave; i++)
        if (c->leave[i].off == off && c->leave[i].poll == poll)
            return c->leave[i].label;
    if (c->nleave == sizeof c->leave / sizeof *c->leave) {
        c->s->overflow = true;
        return 0;
    }
    c->leave[c->nleave] = (struct region_exit){off, poll, tcg_label_new(c->s)};
    return c->leave[c->nleave++].label;
}

unsigned rv64_region_label(struct rv64_ctx *c, int32_t off) {
    for (unsigned i = 0; i < c->region->n && !c->outside; i++)
        if (c->region->block[i].start == off)
            return c->region->block[i].label;
    return leave_label(c, off, false);
}

static void gen_jump(struct rv64_ctx *c, unsigned slot, int32_t off, bool poll) {
    if (c->region)
        tcg_gen_br(c->s, rv64_region_label(c, off));
    else if (off >= 0 && off < (int32_t)GUEST_PAGE_SIZE && !straddles(c, off))
        tcg_gen_goto_tb(c->s, slot, off, poll);
    else
        tcg_gen_goto_ptr(c->s, ctx_pc(c, off), true);
    c->ended = true;
}

void rv64_gen_jump(struct rv64_ctx *c, unsigned slot, int32_t off) { gen_jump(c, slot, off, off <= c->off); }
void rv64_gen_jump_poll(struct rv64_ctx *c, unsigned slot, int32_t off) { gen_jump(c, slot, off, true); }
void rv64_gen_jump_quiet(struct rv64_ctx *c, unsigned slot, int32_t off) { gen_jump(c, slot, off, false); }

void rv64_gen_exit(struct rv64_ctx *c, int32_t off) {
    tcg_gen_st_env(c->s, ctx_pc(c, off), offsetof(struct tcg_env, pc), TCG_MO_64);
    tcg_gen_exit_tb(c->s, TCG_EXIT_PC);
    c->ended = true;
}

void rv64_gen_raised(struct rv64_ctx *c) {
    tcg_gen_exit_tb(c->s, TCG_EXIT_EXCEPTION);
    c->ended = true;
}

bool ctx_off(const struct rv64_ctx *c, const char *name, const char *ext) {
    if (plat_log_on(LOG_unimp))
        plat_log("unimp: %s (%#x) at pc %#llx needs %s, which this cpu model has not\n", name, c->bits,
                 (unsigned long long)((c->b->pc & GUEST_PAGE_MASK) + (uint64_t)(int64_t)c->off), ext);
    return false;
}

static void gen_illegal(struct rv64_ctx *c) {
    rv64_sync_count(c);
    tcg_gen_call(c->s, HELPER_illegal, 0, ctx_imm(c, c->bits), 0, 0, 0);
    rv64_gen_raised(c);
}

/* Reads the instruction at c->off. False: it cannot be fetched. */
static bool fetch(struct rv64_ctx *c, bool raise) {
    uint16_t lo, hi;
    if (!tb_fetch16(c->b, (uint32_t)c->off, raise, &lo))
        return false;
    c->bits = lo;
    c->next = c->off + 2;
    if ((lo & 3) != 3)
        return true;
    if (!tb_fetch16(c->b, (uint32_t)c->next, raise, &hi))
        return false;
    c->bits |= (uint32_t)hi << 16;
    c->next += 2;
    return true;
}

/* TBF_LIMIT: as soon as a counter of instructions has overflowed, the engine hears of it: at the start of a block, and
 * of each round of a region's loops. */
static void gen_limit(struct rv64_ctx *c) {
    tcgv count = ctx_new(c), limit = ctx_new(c);
    unsigned below = tcg_label_new(c->s);
    tcg_gen_ld_env(c->s, count, offsetof(struct tcg_env, guest) + 8 * G_INSTRET, TCG_MO_64);
    tcg_gen_ld_env(c->s, limit, offsetof(struct tcg_env, guest) + 8 * G_LIMIT, TCG_MO_64);
    tcg_gen_brcond(c->s, TCG_LTU, count, limit, below);
    tcg_gen_call(c->s, HELPER_count_limit, 0, 0, 0, 0, 0);
    tcg_gen_set_label(c->s, below);
}

static void translate(struct rv64_ctx *c) {
    unsigned len = (unsigned)(c->next - c->off);
    tcg_gen_insn_start(c->s, c->off, c->bits, len);
    if (c->b->flags & TBF_LIMIT && c->limit_here)
        gen_limit(c);
    c->limit_here = false;
    bool legal = len == 2 ? rv64_decode16(c, c->bits) : rv64_decode32(c, c->bits);
    if (!legal)
        gen_illegal(c);
    else if (!c->ended)
        c->uncounted++;
    c->b->ninsns++;
    c->b->size = (uint32_t)c->next - c->b->src_off;
}

static bool room(const struct rv64_ctx *c) {
    return c->b->ninsns < c->b->max_insns && c->next < (int32_t)GUEST_PAGE_SIZE && c->b->size + 4 <= TB_MAX_BYTES &&
           c->s->nops < MAX_OPS && c->s->ntemps < MAX_TEMPS && c->s->nlabels < MAX_LABELS;
}

static void log_insns(const struct guest_block *b, uint32_t from, uint32_t end) {
    char text[96];
    uint16_t lo, hi = 0;
    uint64_t page = b->pc & GUEST_PAGE_MASK;
    for (uint32_t at = from, len; at < end; at += len) {
        if (!tb_fetch16((struct guest_block *)b, at, false, &lo))
            return;
        if ((lo & 3) == 3 && !tb_fetch16((struct guest_block *)b, at + 2, false, &hi))
            return;
        uint32_t bits = (lo & 3) == 3 ? lo | (uint32_t)hi << 16 : lo;
        len = rv64_disas(text, sizeof text, bits, page + at);
        plat_log("%#18llx:  %0*x%*s  %s\n", (unsigned long long)(page + at), (int)len * 2, (unsigned)bits,
                 8 - (int)len * 2, "", text);
    }
}

static void log_block(const struct guest_block *b, const struct rv64_region *r) {
    plat_log("IN%s: %#llx flags %#llx\n", r ? " (region)" : "", (unsigned long long)b->pc,
             (unsigned long long)b->flags);
    if (!r)
        log_insns(b, b->start_off, b->start_off + b->size);
    for (unsigned i = 0; r && i < r->n; i++)
        log_insns(b, (uint32_t)r->block[i].start, (uint32_t)r->block[i].end);
}

/* ---- regions ----------------------------------------------------------------------------------------------------- */

/* The start of one of its blocks: nothing is known but what the flags say. A loop looks at the poll word here. */
static void begin_block(struct rv64_ctx *c, const struct region_block *blk) {
    tcg_gen_set_label(c->s, blk->label);
    memset(c->f32, 0, sizeof c->f32);
    c->boxed = 0;
    c->fs_dirty = (c->b->flags & TBF_FS_DIRTY) != 0;
    c->ended = c->end_after = false;
    c->off = c->next = blk->start;
    c->limit_here |= blk->header;
    if (blk->header) {
        tcgv poll = tcg_temp_new(c->s, TCG_I32);
        tcg_gen_ld_env(c->s, poll, offsetof(struct tcg_env, poll), TCG_MO_32);
        tcg_gen_brcond(c->s, TCG_NE, poll, tcg_const(c->s, TCG_I32, 0), leave_label(c, blk->start, true));
    }
}

/* A small loop of one block is unrolled: what is known of its registers holds on, and a few rounds look at the poll
 * word once. Not where rounds are counted. */
static unsigned copies(const struct rv64_ctx *c, const struct region_block *blk) {
    unsigned rounds = rv64_region_rounds(blk);
    return c->outside || c->b->flags & (TBF_COUNT | TBF_LIMIT) ? 0 : rounds - 1;
}

static bool region_block(struct rv64_ctx *c, const struct region_block *blk) {
    begin_block(c, blk);
    c->round = blk->start;
    c->copies = copies(c, blk);
    do {
        c->again = c->ended = false;
        for (c->next = blk->start; !c->ended && !c->end_after && c->next < blk->end;) {
            c->off = c->next;
            if (!fetch(c, false))
                return false;
            translate(c);
        }
    } while (c->again);
    if (c->ended)
        return true;
    rv64_sync_count(c);
    if (c->end_after)
        rv64_gen_exit(c, c->next);
    else
        rv64_gen_jump(c, 0, c->next);
    return true;
}

/* Ways out: two that can be linked, others through the jump cache; and to the engine, when it wants to be asked. */
static void gen_leaves(struct rv64_ctx *c) {
    unsigned slot = 0;
    c->region = NULL;
    for (unsigned i = 0; i < c->nleave; i++) {
        const struct region_exit *x = &c->leave[i];
        tcg_gen_set_label(c->s, x->label);
        if (x->poll)
            rv64_gen_exit(c, x->off);
        else if (slot < 2 && x->off >= 0 && x->off < (int32_t)GUEST_PAGE_SIZE && !straddles(c, x->off))
            tcg_gen_goto_tb(c->s, slot++, x->off, true);
        else
            tcg_gen_goto_ptr(c->s, ctx_pc(c, x->off), true);
    }
}

/* A region takes for granted that the registers in which it keeps singles are boxed. Checked once, on the way in: if
 * one is not, the label is the way, where the first block has been translated once more for that. */
static unsigned gen_box_check(struct rv64_ctx *c) {
    unsigned fallback = tcg_label_new(c->s);
    tcgv all = 0;
    for (unsigned n = 0; n < 32; n++)
        if (c->singles >> n & 1) {
            tcgv bits = ctx_new(c);
            tcg_gen_fbits(c->s, bits, rv64_f[n]);
            if (all)
                tcg_gen_and(c->s, bits, bits, all);
            all = bits;
        }
    tcg_gen_sar(c->s, all, all, ctx_imm(c, 32));
    tcg_gen_brcond(c->s, TCG_NE, all, ctx_imm(c, -1), fallback);
    return fallback;
}

static bool gen_fallback(struct rv64_ctx *c, struct region_block blk, unsigned label) {
    blk.label = label;
    blk.header = false;
    c->limit_here = true;
    c->singles = 0;
    c->outside = true;
    return region_block(c, &blk);
}

static bool gen_region(struct rv64_ctx *c) {
    struct guest_block *b = c->b;
    struct rv64_region r;
    unsigned fallback = 0;
    int32_t lo, hi;
    if (!ctx_has(c, EXT_zca) || !rv64_region_find(b, &r)) /* without C jumps may raise */
        return false;
    lo = hi = r.block[0].start;
    c->region = &r;
    c->s->region = true;
    for (unsigned i = 0; i < r.n; i++) {
        r.block[i].label = tcg_label_new(c->s);
        c->s->label_depth[r.block[i].label] = r.block[i].depth;
    }
    c->singles = rv64_region_singles(b, &r);
    if (c->singles)
        fallback = gen_box_check(c);
    for (unsigned i = 0; i < r.n; i++) {
        if (!region_block(c, &r.block[i]) || c->s->nops > MAX_OPS || c->s->ntemps > MAX_TEMPS ||
            c->s->nlabels > MAX_LABELS)
            return false;
        lo = r.block[i].start < lo ? r.block[i].start : lo;
        hi = r.block[i].end > hi ? r.block[i].end : hi;
    }
    if (c->mixed || (c->singles && !gen_fallback(c, r.block[0], fallback)))
        return false;
    gen_leaves(c);
    b->src_off = (uint32_t)lo;
    b->size = (uint32_t)(hi - lo);
    if (plat_log_on(LOG_in_asm))
        log_block(b, &r);
    return true;
}

/* A block that turned out to be a small loop, once more: unrolled. */
static bool gen_rounds(struct guest_block *b) {
    struct rv64_ctx c = {.b = b, .s = b->tcg, .model = rv64(b->cpu)->model, .limit_here = true};
    int32_t start = (int32_t)b->start_off, end = start + (int32_t)b->size;
    struct rv64_region r = {.n = 1, .block = {{.start = start, .end = end, .to = {end, start}, .depth = 1,
                                               .header = true}}};
    tcg_begin(c.s, c.s->tb_id, c.s->start_off);
    c.region = &r;
    c.s->region = true;
    r.block[0].label = tcg_label_new(c.s);
    c.s->label_depth[r.block[0].label] = 1;
    unsigned ninsns = b->ninsns;
    b->ninsns = 0;
    if (!region_block(&c, &r.block[0]))
        return false;
    gen_leaves(&c);
    b->ninsns = ninsns;
    b->size = (uint32_t)(end - start);
    return true;
}

static bool worth_rounds(const struct rv64_ctx *c) {
    struct region_block blk = {.start = (int32_t)c->b->start_off, .end = c->next, .to = {c->next, c->b->start_off}};
    return c->self && c->ended && !(c->b->flags & (TBF_COUNT | TBF_LIMIT)) && ctx_has(c, EXT_zca) &&
           c->b->unroll && c->next < (int32_t)GUEST_PAGE_SIZE && rv64_region_rounds(&blk) > 1;
}

bool rv64_gen_intermediate_code(struct guest_block *b) {
    struct rv64_ctx c = {.b = b, .s = b->tcg, .model = rv64(b->cpu)->model, .next = (int32_t)b->start_off,
                         .limit_here = true};
    c.fs_dirty = (b->flags & TBF_FS_DIRTY) != 0;
    b->size = b->ninsns = 0;
    b->src_off = b->start_off;
    if (b->region)
        return gen_region(&c);
    do {
        c.off = c.next;
        if (!fetch(&c, b->ninsns == 0)) {
            if (b->ninsns == 0)
                return false;
            c.next = c.off; /* the next block will raise it */
            break;
        }
        translate(&c);
    } while (!c.ended && !c.end_after && room(&c) && !straddles(&c, c.next));
    if (!c.ended) {
        rv64_sync_count(&c);
        if (c.end_after)
            rv64_gen_exit(&c, c.next);
        else
            rv64_gen_jump(&c, 0, c.next);
    }
    if (plat_log_on(LOG_in_asm))
        log_block(b, NULL);
    return !worth_rounds(&c) || gen_rounds(b);
}
