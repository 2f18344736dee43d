/* SPDX-License-Identifier: BSD-2-Clause */
/* tb_gen_code(): makes one block. The guest's front end decodes, tcg/ compiles, this file feeds bytes to the one and
 * files the result of the other. A page is watched for stores before its first byte is read. */
#include <string.h>

#include "dbt/direct.h"
#include "dbt/tlb.h"

/* A unit in the making; the front end sees only the first member. */
struct unit {
    struct guest_block b;
    const uint8_t *page[2]; /* engine address of the first byte of each page; NULL: not looked up */
    uint64_t gpa[2];
    bool part[2];           /* not all of the page may be executed (PMP): ask again for each parcel */
};

static struct tcg_ctx *tcg; /* one: tb_lock is held while a unit is made */

static bool open_page(struct unit *u, uint32_t off, bool raise) {
    const uint8_t *host;
    uint64_t gpa, va = (u->b.pc & GUEST_PAGE_MASK) + off;
    unsigned i = off / GUEST_PAGE_SIZE;
    if (!tlb_fetch(u->b.cpu, va, raise, &host, &gpa))
        return false;
    u->part[i] = !tlb_cached(u->b.cpu, va, GUEST_FETCH, guest->fetch_role(u->b.cpu));
    frame_protect(gpa);
    u->page[i] = host - (va & (GUEST_PAGE_SIZE - 1));
    u->gpa[i] = gpa & GUEST_PAGE_MASK;
    return true;
}

bool tb_fetch16(struct guest_block *b, uint32_t off, bool raise, uint16_t *out) {
    struct unit *u = (struct unit *)b;
    unsigned i = off / GUEST_PAGE_SIZE;
    if (i > 1 || ((!u->page[i] || u->part[i]) && !open_page(u, off, raise)))
        return false;
    memcpy(out, u->page[i] + off % GUEST_PAGE_SIZE, 2);
    return true;
}

/* A copy of the block's source, for fence.i. NULL: no memory. */
static uint8_t *keep_bytes(const struct tb *tb, const struct unit *u) {
    uint32_t size = u->b.size, off = u->b.src_off;
    uint32_t first = size < GUEST_PAGE_SIZE - off ? size : GUEST_PAGE_SIZE - off;
    uint8_t *p = tb_source(tb, size);
    if (!p)
        return NULL;
    memcpy(p, u->page[0] + off, first);
    if (first < size)
        memcpy(p + first, u->page[1], size - first);
    return p;
}

/* False: no memory. */
static bool file(struct vcpu *cpu, struct tb *tb, const struct unit *u) {
    tb->phys[0] = u->gpa[0];
    tb->phys[1] = u->b.src_off + u->b.size > GUEST_PAGE_SIZE ? u->gpa[1] : ~(uint64_t)0;
    tb->off = (uint16_t)u->b.start_off;
    tb->src_off = (uint16_t)u->b.src_off;
    tb->size = (uint16_t)u->b.size;
    tb->ninsns = (uint16_t)u->b.ninsns;
    tb->flags = u->b.flags;
    tb->region = u->b.region;
    if (!tb_insert(tb))
        return false;
    if (tb->region) {
        STAT_INC(cpu, tb_regions);
        STAT_ADD(cpu, region_insns, tb->ninsns);
        STAT_ADD(cpu, region_bytes, tb->code.size + tb->code.cold_size);
    } else {
        STAT_INC(cpu, tb_translated);
        STAT_ADD(cpu, tb_insns, tb->ninsns);
        STAT_ADD(cpu, tb_bytes, tb->code.size + tb->code.cold_size);
    }
    return true;
}

#define LOG_TRANSLATION ((uint32_t)(LOG_in_asm | LOG_op | LOG_op_opt | LOG_alloc | LOG_out_asm))

/* Direct memory: accesses that were seen to meet devices ask the helper at once. */
static void mark_devices(const struct unit *u) {
    int32_t off = 0;
    TCG_FOREACH(tcg, op) {
        if (op->opc == TCG_OP_insn_start)
            off = (int32_t)op->imm[0];
        bool access = op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st;
        unsigned i = off >= (int32_t)GUEST_PAGE_SIZE;
        if (access && u->page[i] && direct_device_site(u->gpa[i] + off % GUEST_PAGE_SIZE))
            op->imm[0] |= TCG_MO_SLOW;
    }
}

enum outcome { DONE, FAULT, SHORTER, FULL };

static enum outcome try(struct vcpu *cpu, struct tb *tb, struct unit *u, unsigned max_insns) {
    uint64_t pc = u->b.pc;
    *u = (struct unit){.b = {.tcg = tcg, .cpu = cpu, .start_off = pc & (GUEST_PAGE_SIZE - 1), .flags = u->b.flags,
                             .max_insns = max_insns, .pc = pc, .scribble = engine_cfg->scribble,
                             .region = u->b.region, .unroll = max_insns == TB_MAX_INSNS && tb_hot <= UINT8_MAX &&
                             !plat_log_on(LOG_nochain)}};
    tcg_begin(tcg, tb->id, u->b.start_off);
    if (!guest->gen_intermediate_code(&u->b))
        return FAULT;
    if (direct_on)
        mark_devices(u);
    if (!tcg->overflow && tcg_compile(tcg, &tb->code))
        return (tb->bytes = keep_bytes(tb, u)) && file(cpu, tb, u) ? DONE : FULL;
    return tcg->overflow ? SHORTER : FULL;
}

static bool contexts(void) {
    if (tcg)
        return true;
    tcg = tcg_ctx_new();
    if (!tcg)
        return false;
    guest->init_tcg(tcg);
    return true;
}

/* With tb_lock, which is let go meanwhile: the other harts stand still until together(). False: they do not, but blocks
 * were dropped since, and may have made room. */
static bool alone(struct vcpu *cpu) {
    uint32_t before = tb_generation;
    if (engine_nharts == 1)
        return true;
    plat_unlock(&tb_lock);
    harts_stop(cpu);
    plat_lock(&tb_lock);
    if (tb_generation == before)
        return true;
    harts_resume();
    return false;
}

static void together(void) {
    if (engine_nharts > 1)
        harts_resume();
}

/* Room for code. The block in the making keeps its id where that goes. */
static struct tb *make_room(struct vcpu *cpu, struct tb *tb) {
    if (!alone(cpu))
        return tb ? tb : tb_alloc();
    if (!tb_evict()) {
        if (tb)
            tb_unalloc(tb);
        tb = NULL;
        tb_flush_all();
    }
    together();
    return tb ? tb : tb_alloc();
}

static void name_code(const struct tb *tb, uint64_t pc) {
    if (!plat_log_on(LOG_perf))
        return;
    plat_code_named(tb->code.entry, tb->code.size, pc);
    if (tb->code.cold_size)
        plat_code_named(tb->code.cold, tb->code.cold_size, pc);
}

static struct tb *gen(struct vcpu *cpu, uint64_t pc, uint64_t flags) {
    bool part = !tlb_cached(cpu, pc, GUEST_FETCH, guest->fetch_role(cpu)); /* tb_find_slow() has looked it up */
    struct unit u = {.b = {.pc = pc, .flags = part ? flags | TB_PART : flags}};
    uint32_t mask = plat_log_mask;
    struct tb *tb = tb_alloc();
    if (!contexts())
        plat_panic("no memory for the translator");
    if (!log_filter(pc))
        plat_log_mask &= ~LOG_TRANSLATION;
    enum outcome o = tb ? DONE : FULL;
    for (unsigned max = part ? 1 : TB_MAX_INSNS, tries = 0; tries < 12; tries++) {
        if (tb)
            o = try(cpu, tb, &u, max);
        if (o == DONE || o == FAULT)
            break;
        if (o == SHORTER) {
            max = max > 1 ? max / 2 : 1;
        } else {
            tb = make_room(cpu, tb);
        }
        u.b.pc = pc;
    }
    if (plat_log_mask != mask)
        plat_log_mask = mask;
    if (o == FAULT) {
        tb_unalloc(tb);
        return NULL;
    }
    if (o != DONE)
        plat_panic("cannot translate the block at guest PC %#llx (flags %#llx)", (unsigned long long)pc,
                   (unsigned long long)flags);
    name_code(tb, pc);
    return tb;
}

unsigned tb_hot = 10;

/* The region takes the block's place. NULL: there is none, or no room for it; then the block may be gone, too. */
static struct tb *gen_region(struct vcpu *cpu, uint64_t pc, struct tb *old) {
    struct unit u = {.b = {.pc = pc, .flags = old->flags, .region = true}};
    uint32_t mask = plat_log_mask;
    struct tb *tb = tb_alloc();
    if (!log_filter(pc))
        plat_log_mask &= ~LOG_TRANSLATION;
    enum outcome o = tb ? try(cpu, tb, &u, TB_MAX_INSNS) : FULL;
    if (o == FULL && alone(cpu)) {
        bool room = tb_evict();
        together();
        tb = tb ? tb : tb_alloc();
        o = room && tb && old->valid ? try(cpu, tb, &u, TB_MAX_INSNS) : FULL;
    }
    if (plat_log_mask != mask)
        plat_log_mask = mask;
    if (o != DONE) {
        if (tb)
            tb_unalloc(tb);
        return NULL;
    }
    tb_invalidate(old);
    __atomic_store_n(&tb->heat, (uint8_t)tb_hot, __ATOMIC_RELAXED);
    name_code(tb, pc);
    return tb;
}

bool tb_warm(struct vcpu *cpu, uint64_t pc, struct tb **tb) {
    uint8_t heat = __atomic_load_n(&(*tb)->heat, __ATOMIC_RELAXED);
    if (tb_hot > UINT8_MAX || heat >= tb_hot)
        return true;
    __atomic_store_n(&(*tb)->heat, ++heat, __ATOMIC_RELAXED); /* two harts may count as one */
    if (heat < tb_hot)
        return false;
    if ((*tb)->flags & TB_PART || (*tb)->phys[1] != ~(uint64_t)0)
        return true;
    plat_lock(&tb_lock);
    uint64_t start = plat_clock_ns(), flags = (*tb)->flags;
    uint32_t before = tb_generation;
    struct tb *region = (*tb)->valid ? gen_region(cpu, pc, *tb) : NULL;
    STAT_ADD(cpu, region_ns, plat_clock_ns() - start);
    if (!region && (tb_generation != before || !(*tb)->valid)) { /* evicted to make room, or dropped */
        *tb = region = tb_find_slow(cpu, pc, flags);
        if (!region && !cpu->exc_pending)
            *tb = region = gen(cpu, pc, flags);
    }
    plat_unlock(&tb_lock);
    if (region) {
        *tb = region;
        tb_jc_insert(cpu, pc, region);
    }
    return true;
}

struct tb *tb_gen_code(struct vcpu *cpu, uint64_t pc, uint64_t flags) {
    plat_lock(&tb_lock);
    uint64_t start = plat_clock_ns();
    struct tb *tb = engine_nharts > 1 ? tb_find_slow(cpu, pc, flags) : NULL; /* another hart may have made it */
    if (!tb && !cpu->exc_pending)
        tb = gen(cpu, pc, flags);
    STAT_ADD(cpu, tb_ns, plat_clock_ns() - start);
    plat_unlock(&tb_lock);
    return tb;
}
