/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores: of env fields, and of guest memory: through the soft TLB (tcg/env.h), or directly, by one
 * instruction that faults to its slow path.
 *
 * The address is an operand plus imm[FOLD_OFF] of the op, which fold.c fills. The probe takes rcx and r11. It hits
 * when the entry's tag is the page of the access's last byte, so that one that crosses a page misses, and goes to the
 * helper, which checks both pages before it changes anything. (A valid table has two entries at the least, so that
 * neighbouring pages never share one.) */
#include "tcg/x86/x86.h"

enum { PAGE_SHIFT = 12 };

static enum x86_id load_row(enum tcg_memop mo) {
    static const uint16_t id[2][4] = {{X86_MOVZX8, X86_MOVZX16, X86_MOV_RM, X86_MOV_RM},
                                      {X86_MOVSX8, X86_MOVSX16, X86_MOVSXD, X86_MOV_RM}};
    return id[(mo & TCG_MO_SIGN) != 0][mo & TCG_MO_SIZE];
}

static void load(struct tcg_emit *e, enum tcg_type type, enum tcg_memop mo, unsigned reg, struct x86_mem m) {
    enum tcg_memop size = mo & TCG_MO_SIZE;
    if (tcg_type_is_fp(type))
        x86_mem(e, size == TCG_MO_64 ? X86_MOVSD_RM : X86_MOVSS_RM, false, reg, m);
    else if (type == TCG_I32 && size == TCG_MO_32)
        x86_mem(e, X86_MOV_RM, false, reg, m);
    else
        x86_mem(e, load_row(mo), size == TCG_MO_64 || (mo & TCG_MO_SIGN && type == TCG_I64), reg, m);
}

static void store(struct tcg_emit *e, enum tcg_memop mo, const struct tcg_arg *v, struct x86_mem m) {
    static const uint16_t reg[4] = {X86_MOV8_MR, X86_MOV16_MR, X86_MOV_MR, X86_MOV_MR};
    static const uint16_t imm[4] = {X86_MOV8_I8, X86_MOV16_I16, X86_MOV_I32, X86_MOV_I32};
    enum tcg_memop size = mo & TCG_MO_SIZE;
    if (v->kind == TCG_ARG_CONST)
        x86_mem_imm(e, imm[size], size == TCG_MO_64, 0, m, v->val);
    else if (tcg_type_is_fp(v->type))
        x86_mem(e, size == TCG_MO_64 ? X86_MOVSD_MR : X86_MOVSS_MR, false, v->reg, m);
    else
        x86_mem(e, reg[size], size == TCG_MO_64, v->reg, m);
}

void x86_ld_env(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    load(e, op->type, (enum tcg_memop)op->imm[1], a[0].reg, x86_env((uint32_t)op->imm[0]));
}

void x86_st_env(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    store(e, (enum tcg_memop)op->imm[1], &a[0], x86_env((uint32_t)op->imm[0]));
}

/* ---- guest memory, direct ---- */

enum tcg_memory x86_memory;
unsigned x86_low_roles;
enum { GS_PREFIX = 0x65, WINDOW_BITS = 38 };

/* In the window an address has to have its bits 63 to 38 alike; in a role that has nothing in the upper half, clear. */
static uint8_t *outside_window(struct tcg_emit *e, const struct tcg_op *op, unsigned addr) {
    const int32_t mask = (1 << (64 - WINDOW_BITS)) - 1;
    bool upper = !(x86_low_roles >> ((unsigned)op->imm[1] % TCG_MMU_ROLES) & 1);
    if (plat_cpu.bmi2) {
        x86_reg_imm(e, X86_RORX, true, X86_SCRATCH, addr, WINDOW_BITS);
    } else {
        x86_mov(e, true, X86_SCRATCH, addr);
        x86_reg_imm(e, X86_SHR_I8, true, 0, X86_SCRATCH, WINDOW_BITS);
    }
    if (upper)
        x86_alu_imm(e, X86_ADD_RM, false, X86_SCRATCH, 1);
    x86_reg_imm(e, X86_TEST_I32, false, 0, X86_SCRATCH, upper ? mask - 1 : mask);
    return x86_jcc(e, X86_CC_NE);
}

/* What has to be known before the access. */
static void check_direct(struct tcg_emit *e, struct tcg_cold *c, const struct tcg_op *op, unsigned addr,
                         enum tcg_memop mo) {
    if (mo & TCG_MO_ALIGN && mo & TCG_MO_SIZE) {
        int32_t low = (1 << (mo & TCG_MO_SIZE)) - 1, off = (int32_t)op->imm[X86_FOLD_OFF];
        if (off & low)
            x86_mem(e, X86_LEA, false, X86_SCRATCH, x86_at(addr, off));
        x86_reg_imm(e, X86_TEST_I32, false, 0, off & low ? X86_SCRATCH : addr, low);
        c->from[0] = x86_jcc(e, X86_CC_NE);
    }
    if (x86_memory == TCG_MEMORY_WINDOW && op->imm[X86_GROUP] != X86_MEMBER)
        c->from[1] = outside_window(e, op, addr);
}

/* The next instruction is the access. */
static void access_here(struct tcg_emit *e, struct tcg_cold *c) {
    if (x86_memory == TCG_MEMORY_SOFT)
        return;
    c->access[c->access[0] != NULL] = e->p;
    if (x86_memory == TCG_MEMORY_WINDOW)
        *e->p++ = GS_PREFIX;
}

/* ---- guest memory through the soft TLB ---- */

/* An access as the probes see it: the address register, and the first and the last byte that must lie in one page,
 * relative to it; what the masked address of the last byte is compared with has bits below the page where it must be
 * aligned. */
struct access {
    unsigned addr, role;
    int32_t first, last, mask;
    bool write;
};

static struct access access_of(const struct tcg_op *op, unsigned addr, enum tcg_memop mo, bool write) {
    int64_t group = op->nout + op->nin == 2 ? op->imm[X86_GROUP] : 0; /* a load or a store */
    int32_t off = (int32_t)op->imm[X86_FOLD_OFF], last = (1 << (mo & TCG_MO_SIZE)) - 1;
    struct access a = {addr, (unsigned)op->imm[1] % TCG_MMU_ROLES, off - (int32_t)x86_below(group), 0, -TCG_PAGE,
                       write};
    if (mo & TCG_MO_ALIGN) {
        a.last = a.first;
        a.mask |= last;
    } else {
        a.last = off + last + (int32_t)x86_above(group);
    }
    return a;
}

/* rcx: what the tag must be. */
static void wanted_tag(struct tcg_emit *e, const struct access *a) {
    if (a->last)
        x86_mem(e, X86_LEA, true, X86_R_rcx, x86_at(a->addr, a->last));
    else
        x86_mov(e, true, X86_R_rcx, a->addr);
    x86_alu_imm(e, X86_AND_RM, true, X86_R_rcx, a->mask);
}

/* r11: the entry of the TLB. */
static void find_entry(struct tcg_emit *e, const struct access *a) {
    enum { SHIFT = PAGE_SHIFT - TCG_TLB_ENTRY_BITS };
    if (!a->first && plat_cpu.bmi2) { /* what is rotated in is masked off: fewer than 2^20 entries */
        x86_reg_imm(e, X86_RORX, false, X86_SCRATCH, a->addr, SHIFT);
    } else {
        if (a->first)
            x86_mem(e, X86_LEA, false, X86_SCRATCH, x86_at(a->addr, a->first));
        else
            x86_mov(e, false, X86_SCRATCH, a->addr);
        x86_reg_imm(e, X86_SHR_I8, false, 0, X86_SCRATCH, SHIFT);
    }
    x86_mem(e, X86_AND_RM, false, X86_SCRATCH, x86_env(X86_ENV(tlb[a->role].mask)));
    x86_mem(e, X86_ADD_RM, true, X86_SCRATCH, x86_env(X86_ENV(tlb[a->role].base)));
}

static struct x86_mem entry_tag(bool write) {
    return x86_at(X86_SCRATCH, write ? (int32_t)offsetof(struct tcg_tlb_entry, tag_write)
                                     : (int32_t)offsetof(struct tcg_tlb_entry, tag_read));
}

static void load_addend(struct tcg_emit *e) {
    x86_mem(e, X86_MOV_RM, true, X86_SCRATCH, x86_at(X86_SCRATCH, offsetof(struct tcg_tlb_entry, addend)));
}

/* Leaves in r11 what is to be added to the address; goes to c on a miss. */
static void probe(struct tcg_emit *e, struct tcg_cold *c, unsigned addr, enum tcg_memop mo, bool write) {
    struct access a = access_of(c->op, addr, mo, write);
    find_entry(e, &a);
    wanted_tag(e, &a);
    x86_mem(e, X86_CMP_RM, true, X86_R_rcx, entry_tag(write));
    c->from[0] = x86_jcc(e, X86_CC_NE);
    load_addend(e);
}

/* ---- sites: in a loop an access remembers the page that it met last, and what was to be added there. Nothing that
 * changes a translation happens inside a unit, so what the TLB once said holds until the unit is left. ---- */

enum { MAX_SITES = 16 };

/* Three spill slots a site: the page; from which offset on in it an access would not fit, 0 while no page is known;
 * what is to be added. */
enum { SITE_PAGE, SITE_LIMIT, SITE_ADDEND, SITE_SLOTS };
static struct x86_mem site_slot(const struct tcg_emit *e, uint32_t site, unsigned slot) {
    return x86_env(e->sites + 8 * (SITE_SLOTS * (site - 1) + slot));
}

static bool is_site(const struct tcg_op *op) {
    return (op->opc == TCG_OP_guest_ld || op->opc == TCG_OP_guest_st) && op->imm[X86_GROUP] != X86_MEMBER &&
           !(op->imm[0] & TCG_MO_ALIGN);
}

void x86_sites_begin(struct tcg_emit *e) {
    e->site = e->nsites = 0;
    if ((!e->loop && !e->region) || x86_memory != TCG_MEMORY_SOFT)
        return;
    for (uint32_t i = e->s->ops[0].next; i; i = e->s->ops[i].next)
        e->nsites += is_site(&e->s->ops[i]) && e->nsites < MAX_SITES;
    e->sites = (uint32_t)offsetof(struct tcg_env, spill) + 8 * e->nslots;
    e->nslots += SITE_SLOTS * e->nsites;
    for (uint32_t site = 1; site <= e->nsites; site++)
        x86_mem_imm(e, X86_MOV_I32, true, 0, site_slot(e, site, SITE_LIMIT), 0);
}

static void site_probe(struct tcg_emit *e, struct tcg_cold *c, unsigned addr, enum tcg_memop mo, bool write) {
    struct access a = access_of(c->op, addr, mo, write);
    c->extra = ++e->site;
    if (a.first)
        x86_mem(e, X86_LEA, true, X86_SCRATCH, x86_at(addr, a.first));
    else
        x86_mov(e, true, X86_SCRATCH, addr);
    x86_mem(e, X86_SUB_RM, true, X86_SCRATCH, site_slot(e, c->extra, SITE_PAGE));
    x86_mem(e, X86_CMP_RM, true, X86_SCRATCH, site_slot(e, c->extra, SITE_LIMIT));
    c->from[0] = x86_jcc(e, X86_CC_AE);
    x86_mem(e, X86_MOV_RM, true, X86_SCRATCH, site_slot(e, c->extra, SITE_ADDEND));
    c->hit = e->p;
}

/* Another page, or none yet: what the TLB knows of it is remembered; what it does not know comes out here. */
static void site_miss(struct tcg_emit *e, struct tcg_cold *c, enum tcg_memop mo, bool write) {
    struct access a = access_of(c->op, c->arg[1].reg, mo, write);
    if (!c->extra)
        return;
    find_entry(e, &a);
    wanted_tag(e, &a);
    x86_mem(e, X86_CMP_RM, true, X86_R_rcx, entry_tag(write));
    uint8_t *unknown = x86_jcc8(e, X86_CC_NE);
    load_addend(e);
    x86_mem(e, X86_MOV_MR, true, X86_R_rcx, site_slot(e, c->extra, SITE_PAGE));
    x86_mem_imm(e, X86_MOV_I32, true, 0, site_slot(e, c->extra, SITE_LIMIT), TCG_PAGE - (a.last - a.first));
    x86_mem(e, X86_MOV_MR, true, X86_SCRATCH, site_slot(e, c->extra, SITE_ADDEND));
    x86_jmp_to(e, c->hit);
    x86_here(e, unknown);
}

/* In a group r11 still holds what the first has found; after a miss it is 0, and the others miss, too. */
static void member(struct tcg_emit *e, struct tcg_cold *c) {
    x86_reg(e, X86_TEST_MR, true, X86_SCRATCH, X86_SCRATCH);
    c->from[0] = x86_jcc(e, X86_CC_E);
}

static void locate(struct tcg_emit *e, struct tcg_cold *c, const struct tcg_op *op, unsigned addr, bool write) {
    if (x86_memory != TCG_MEMORY_SOFT)
        check_direct(e, c, op, addr, (enum tcg_memop)op->imm[0]);
    else if (op->imm[X86_GROUP] == X86_MEMBER)
        member(e, c);
    else if (e->site < e->nsites && is_site(op))
        site_probe(e, c, addr, (enum tcg_memop)op->imm[0], write);
    else
        probe(e, c, addr, (enum tcg_memop)op->imm[0], write);
}

/* The end of a slow path. */
static void go_back(struct tcg_emit *e, const struct tcg_cold *c) {
    if (c->op->imm[X86_GROUP] && x86_memory == TCG_MEMORY_SOFT)
        x86_reg(e, X86_XOR_RM, false, X86_SCRATCH, X86_SCRATCH);
    x86_jmp_to(e, c->back);
}

static struct x86_mem at_guest(const struct tcg_op *op, unsigned addr) {
    int32_t off = (int32_t)op->imm[X86_FOLD_OFF];
    if (x86_memory != TCG_MEMORY_SOFT)
        return x86_at(addr, off);
    return (addr & 7) == 5 ? x86_ix(X86_SCRATCH, addr, 0, off) : x86_ix(addr, X86_SCRATCH, 0, off);
}

/* Argument 0 of the helpers: the address. */
static void gate_address(struct tcg_emit *e, const struct tcg_cold *c) {
    int32_t off = (int32_t)c->op->imm[X86_FOLD_OFF];
    if (off) {
        x86_mem(e, X86_LEA, true, X86_SCRATCH, x86_at(c->arg[1].reg, off));
        x86_gate_reg(e, 0, X86_SCRATCH);
    } else {
        x86_gate_reg(e, 0, c->arg[1].reg);
    }
}

static bool reads_for_store(const struct tcg_op *op) { return op->imm[0] & TCG_MO_STORE_FAULT; }

/* Direct: no access of its own, for a device, and where no instruction asks for what the helper asks for. */
static bool helper_only(struct tcg_emit *e, struct tcg_cold *c) {
    if (x86_memory == TCG_MEMORY_SOFT || !(c->op->imm[0] & (TCG_MO_SLOW | TCG_MO_STORE_FAULT)))
        return false;
    c->from[0] = x86_jmp(e);
    c->back = e->p;
    return true;
}

static void cold_ld(struct tcg_emit *e, struct tcg_cold *c) {
    site_miss(e, c, (enum tcg_memop)c->op->imm[0], reads_for_store(c->op));
    gate_address(e, c);
    x86_gate(e, TCG_GATE_MEMOP(TCG_HELPER_LD, c->op->imm[0]), c->live, c->record);
    x86_result(e, c->op->type, c->arg[0].reg);
    go_back(e, c);
}

void x86_guest_ld(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_memop mo = (enum tcg_memop)op->imm[0];
    struct tcg_cold *c = tcg_cold_new(e, cold_ld, op, a);
    if (helper_only(e, c))
        return;
    locate(e, c, op, a[1].reg, reads_for_store(op));
    access_here(e, c);
    load(e, op->type, mo, a[0].reg, at_guest(op, a[1].reg));
    c->back = e->p;
}

static void cold_st(struct tcg_emit *e, struct tcg_cold *c) {
    site_miss(e, c, (enum tcg_memop)c->op->imm[0], true);
    gate_address(e, c);
    x86_gate_arg(e, 1, &c->arg[0]);
    x86_gate(e, TCG_GATE_MEMOP(TCG_HELPER_ST, c->op->imm[0]), c->live, c->record);
    go_back(e, c);
}

void x86_guest_st(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_memop mo = (enum tcg_memop)op->imm[0];
    struct tcg_cold *c = tcg_cold_new(e, cold_st, op, a);
    if (helper_only(e, c))
        return;
    locate(e, c, op, a[1].reg, true);
    access_here(e, c);
    store(e, mo, &a[0], at_guest(op, a[1].reg));
    c->back = e->p;
}

/* ---- atomics: rcx, and for loops rax, are scratch ---- */

/* Their rows for 1, 2, 4 and 8 bytes. */
static const uint16_t xadd_row[4] = {X86_XADD8, X86_XADD16, X86_XADD, X86_XADD};
static const uint16_t xchg_row[4] = {X86_XCHG8, X86_XCHG16, X86_XCHG, X86_XCHG};
static const uint16_t cmpxchg_row[4] = {X86_CMPXCHG8, X86_CMPXCHG16, X86_CMPXCHG, X86_CMPXCHG};
static const uint16_t cmp_row[4] = {X86_CMP8_RM, X86_CMP16_RM, X86_CMP_RM, X86_CMP_RM};

static void extend(struct tcg_emit *e, const struct tcg_op *op, unsigned reg, unsigned from) {
    enum tcg_memop mo = (enum tcg_memop)op->imm[0];
    if ((mo & TCG_MO_SIZE) < TCG_MO_32)
        x86_reg(e, load_row(mo), mo & TCG_MO_SIGN && op->type == TCG_I64, reg, from);
    else if ((mo & TCG_MO_SIZE) == TCG_MO_64 || op->type == TCG_I32)
        x86_mov(e, op->type == TCG_I64, reg, from);
    else
        x86_reg(e, mo & TCG_MO_SIGN ? X86_MOVSXD : X86_MOV_RM, mo & TCG_MO_SIGN, reg, from);
}

static void lock(struct tcg_emit *e) { *e->p++ = 0xf0; }

static void locate_atomic(struct tcg_emit *e, struct tcg_cold *c, unsigned addr, enum tcg_memop mo) {
    if (x86_memory == TCG_MEMORY_SOFT)
        probe(e, c, addr, mo, true);
    else
        check_direct(e, c, c->op, addr, mo);
}

static void cold_rmw(struct tcg_emit *e, struct tcg_cold *c) {
    gate_address(e, c);
    x86_gate_arg(e, 1, &c->arg[2]);
    x86_gate_imm(e, 2, (uint64_t)c->op->imm[0]);
    x86_gate_imm(e, 3, (uint64_t)(c->op->imm[1] | c->op->imm[2] << 8));
    x86_gate(e, TCG_HELPER_RMW, c->live, c->record);
    extend(e, c->op, c->arg[0].reg, X86_R_rax);
    x86_jmp_to(e, c->back);
}

/* rcx = rax op operand, as far as the size of the access reaches */
static void rmw_op(struct tcg_emit *e, enum tcg_rmw k, unsigned size, unsigned v) {
    bool w = size == TCG_MO_64;
    static const uint8_t cc[] = {[TCG_RMW_MIN] = X86_CC_G, [TCG_RMW_MAX] = X86_CC_L, [TCG_RMW_MINU] = X86_CC_A,
                                 [TCG_RMW_MAXU] = X86_CC_B};
    x86_mov(e, w, X86_R_rcx, X86_R_rax);
    switch (k) {
    case TCG_RMW_AND: x86_reg(e, X86_AND_RM, w, X86_R_rcx, v); break;
    case TCG_RMW_OR: x86_reg(e, X86_OR_RM, w, X86_R_rcx, v); break;
    case TCG_RMW_XOR: x86_reg(e, X86_XOR_RM, w, X86_R_rcx, v); break;
    default:
        x86_reg(e, cmp_row[size], w, X86_R_rax, v);
        e->p = x86_rr(e->p, X86_CMOVCC, w, X86_R_rcx, cc[k], v, 0);
    }
}

void x86_guest_rmw(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_memop mo = (enum tcg_memop)op->imm[0];
    enum tcg_rmw k = (enum tcg_rmw)op->imm[2];
    unsigned size = mo & TCG_MO_SIZE;
    bool w = size == TCG_MO_64;
    struct tcg_cold *c = tcg_cold_new(e, cold_rmw, op, a);
    struct x86_mem m = at_guest(op, a[1].reg);
    locate_atomic(e, c, a[1].reg, mo | TCG_MO_ALIGN);
    if (k == TCG_RMW_ADD || k == TCG_RMW_XCHG) {
        x86_mov(e, w, X86_R_rcx, a[2].reg);
        access_here(e, c);
        if (k == TCG_RMW_ADD)
            lock(e);
        x86_mem(e, k == TCG_RMW_ADD ? xadd_row[size] : xchg_row[size], w, X86_R_rcx, m);
        extend(e, op, a[0].reg, X86_R_rcx);
    } else {
        access_here(e, c);
        x86_mem(e, load_row((enum tcg_memop)size), w, X86_R_rax, m);
        uint8_t *again = e->p;
        rmw_op(e, k, size, a[2].reg);
        access_here(e, c);
        lock(e);
        x86_mem(e, cmpxchg_row[size], w, X86_R_rcx, m);
        x86_jcc_to(e, X86_CC_NE, again);
        extend(e, op, a[0].reg, X86_R_rax);
    }
    c->back = e->p;
}

static void cold_cas(struct tcg_emit *e, struct tcg_cold *c) {
    gate_address(e, c);
    x86_gate_arg(e, 1, &c->arg[2]);
    x86_gate_arg(e, 2, &c->arg[3]);
    x86_gate_imm(e, 3, (uint64_t)(c->op->imm[0] | c->op->imm[1] << 16));
    x86_gate(e, TCG_HELPER_CAS, c->live, c->record);
    extend(e, c->op, c->arg[0].reg, X86_R_rax);
    x86_jmp_to(e, c->back);
}

void x86_guest_cas(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    enum tcg_memop mo = (enum tcg_memop)op->imm[0];
    bool w = (mo & TCG_MO_SIZE) == TCG_MO_64;
    struct tcg_cold *c = tcg_cold_new(e, cold_cas, op, a);
    locate_atomic(e, c, a[1].reg, mo | TCG_MO_ALIGN);
    x86_mov(e, w, X86_R_rax, a[2].reg);
    access_here(e, c);
    lock(e);
    x86_mem(e, cmpxchg_row[mo & TCG_MO_SIZE], w, a[3].reg, at_guest(op, a[1].reg));
    extend(e, op, a[0].reg, X86_R_rax);
    c->back = e->p;
}

/* ---- a block of zeroes ---- */

enum { ZERO_BLOCK = 64, ZERO_STEP = 16 };

static void cold_zero(struct tcg_emit *e, struct tcg_cold *c) {
    x86_gate_reg(e, 0, c->arg[0].reg);
    x86_gate_imm(e, 1, (uint64_t)c->op->imm[0]);
    x86_gate_imm(e, 2, (uint64_t)c->op->imm[1]);
    x86_gate(e, TCG_HELPER_ZERO, c->live, c->record);
    x86_jmp_to(e, c->back);
}

void x86_guest_zero(struct tcg_emit *e, const struct tcg_op *op, const struct tcg_arg *a) {
    struct tcg_cold *c = tcg_cold_new(e, cold_zero, op, a);
    bool soft = x86_memory == TCG_MEMORY_SOFT;
    if (soft)
        probe(e, c, a[0].reg, TCG_MO_8, true);
    else if (x86_memory == TCG_MEMORY_WINDOW)
        c->from[1] = outside_window(e, op, a[0].reg);
    x86_mov(e, true, X86_R_rcx, a[0].reg);
    x86_alu_imm(e, X86_AND_RM, true, X86_R_rcx, -ZERO_BLOCK);
    x86_reg(e, X86_XORPS, false, X86_XSCRATCH, X86_XSCRATCH);
    for (int32_t i = 0; i < ZERO_BLOCK; i += ZERO_STEP) {
        if (i == 0) /* the others are in the same page */
            access_here(e, c);
        else if (x86_memory == TCG_MEMORY_WINDOW)
            *e->p++ = GS_PREFIX;
        x86_mem(e, X86_MOVAPS_MR, false, X86_XSCRATCH,
                soft ? x86_ix(X86_R_rcx, X86_SCRATCH, 0, i) : x86_at(X86_R_rcx, i));
    }
    c->back = e->p;
}
