/* SPDX-License-Identifier: BSD-2-Clause */
/* The soft TLB (DESIGN 4): per hart a pool of address spaces, each with one table per role, so that a switch between
 * spaces keeps what was filled. Translated code reads the tables (read-only in ring 3); this file fills them.
 *
 * Guarantees: an entry whose tag compares equal names RAM that the role may access that way without another walk.
 * Device pages, clean code pages (stores) and pages with a PMP boundary inside never compare equal. Tables grow with
 * conflicts and shrink at flushes; a few victim entries catch what conflicts throw out. */
#include <stddef.h>
#include <string.h>

#include "dbt/direct.h"
#include "dbt/tlb.h"

enum { SPACES = 8, MIN_BITS = 8, MAX_BITS = 12, VICTIMS = 8, LARGE_BITS = 8192 };

struct table {
    struct plat_user_mem mem;  /* tcg_tlb_entry[1 << MAX_BITS]; engine NULL: not made yet */
    struct tlb_page *page;     /* what the engine knows of each entry */
    struct {
        struct tcg_tlb_entry entry;
        struct tlb_page page;
    } victim[VICTIMS];
    unsigned bits, evictions, next_victim;
    /* places taken since the table was clear: 0 only if nothing is in it, nor in the victims */
    unsigned used;
};

struct space {
    uint64_t key, stamp;
    uint32_t id;               /* changes when the slot is given to another address space */
    struct table role[TCG_MMU_ROLES];
    struct direct_space direct;
    uint64_t large[LARGE_BITS / 64]; /* Bloom filter over (page size, page number) of the large pages in the tables */
};

struct mmu {
    struct space space[SPACES];
    struct table machine;      /* roles that ignore the address space */
    struct direct_space machine_direct;
    struct space *cur;
    struct plat_user_mem empty; /* one invalid entry: what tables not made yet look like to translated code */
    struct tlb_page scratch;   /* an answer that must not be cached */
    uint64_t clock;
    uint32_t next_id;
};

enum { ROLE_MACHINE = 3, ROLE_MASK_MXR = 3 };
static bool is_machine(unsigned role) { return (role & ROLE_MASK_MXR) == ROLE_MACHINE; }

static struct table *table_of(struct mmu *m, unsigned role) {
    return is_machine(role) ? &m->machine : &m->cur->role[role];
}

static void table_clear(struct table *t) {
    struct tcg_tlb_entry *e = t->mem.engine;
    for (size_t i = 0; i < (size_t)1 << t->bits; i++) {
        e[i].tag_read = e[i].tag_write = ~(uint64_t)0;
        t->page[i].va = ~(uint64_t)0;
    }
    for (unsigned i = 0; i < VICTIMS; i++)
        t->victim[i].page.va = ~(uint64_t)0;
    t->used = t->evictions = 0;
}

static bool table_make(struct table *t) {
    size_t n = (size_t)1 << MAX_BITS;
    if (!t->page) /* what the last attempt got when memory was short */
        t->page = plat_alloc(n * sizeof *t->page);
    if (!t->page)
        return false;
    if (direct_on) /* nobody but the engine looks */
        t->mem.engine = plat_alloc(n * sizeof(struct tcg_tlb_entry));
    else
        plat_user_alloc(0, n * sizeof(struct tcg_tlb_entry), &t->mem);
    if (!t->mem.engine)
        return false;
    t->bits = MIN_BITS;
    table_clear(t);
    return true;
}

/* Shows table `t` to translated code as role `role`. */
static void publish(struct vcpu *cpu, unsigned role) {
    const struct table *t = table_of(cpu->mmu, role);
    cpu->env->tlb[role].mask = t->mem.engine ? (((uint64_t)1 << t->bits) - 1) << TCG_TLB_ENTRY_BITS : 0;
    cpu->env->tlb[role].base = t->mem.engine ? t->mem.user : cpu->mmu->empty.user;
}

static void publish_all(struct vcpu *cpu) {
    for (unsigned r = 0; r < TCG_MMU_ROLES; r++)
        publish(cpu, r);
}

bool tlb_init(struct vcpu *cpu) {
    struct mmu *m = plat_alloc(sizeof *m);
    if (!m || !plat_user_alloc(0, 4096, &m->empty))
        return false;
    struct tcg_tlb_entry *e = m->empty.engine;
    e->tag_read = e->tag_write = ~(uint64_t)0;
    for (unsigned i = 0; i < SPACES; i++)
        m->space[i].id = ++m->next_id;
    m->cur = &m->space[0];
    cpu->mmu = m;
    publish_all(cpu);
    return true;
}

uint32_t tlb_space(struct vcpu *cpu) { return cpu->mmu->cur->id; }

/* ---- flushes ---- */

static void table_flush(struct table *t) {
    if (!t->mem.engine || (t->used == 0))
        return;
    unsigned used = t->used, size = 1u << t->bits;
    table_clear(t);
    if (used * 8 < size && t->bits > MIN_BITS)
        t->bits--;
}

/* Drops what is not global. */
static void table_flush_local(struct table *t) {
    struct tcg_tlb_entry *e = t->mem.engine;
    for (size_t i = 0; e && t->used && i < (size_t)1 << t->bits; i++) {
        if (t->page[i].va == ~(uint64_t)0 || t->page[i].global)
            continue;
        e[i].tag_read = e[i].tag_write = ~(uint64_t)0;
        t->page[i].va = ~(uint64_t)0;
    }
    for (unsigned v = 0; v < VICTIMS; v++)
        if (!t->victim[v].page.global)
            t->victim[v].page.va = ~(uint64_t)0;
}

static void space_flush_local(struct vcpu *cpu, struct space *s) {
    STAT_INC(cpu, tlb_flush_local);
    for (unsigned r = 0; r < TCG_MMU_ROLES; r++)
        table_flush_local(&s->role[r]);
    direct_clear(&s->direct, false);
    tb_jc_flush_local(cpu, s->id);
}

static void space_flush(struct vcpu *cpu, struct space *s) {
    STAT_INC(cpu, tlb_flush);
    for (unsigned r = 0; r < TCG_MMU_ROLES; r++)
        table_flush(&s->role[r]);
    memset(s->large, 0, sizeof s->large);
    if (s == cpu->mmu->cur)
        publish_all(cpu);
}

static void table_flush_page(struct table *t, uint64_t va) {
    if (!t->mem.engine || t->used == 0)
        return;
    size_t i = (va >> GUEST_PAGE_BITS) & (((size_t)1 << t->bits) - 1);
    struct tcg_tlb_entry *e = t->mem.engine;
    if (t->page[i].va == va) {
        e[i].tag_read = e[i].tag_write = ~(uint64_t)0;
        t->page[i].va = ~(uint64_t)0;
    }
    for (unsigned v = 0; v < VICTIMS; v++)
        if (t->victim[v].page.va == va)
            t->victim[v].page.va = ~(uint64_t)0;
}

static unsigned large_hash(uint64_t va, unsigned lg) {
    return (unsigned)(((va >> lg) * 0x9e3779b97f4a7c15u + lg * 0xc2b2ae3d27d4eb4fu) >> 51) % LARGE_BITS;
}

/* Some page larger than 4 KiB that contains va may be in the tables. */
static bool maybe_large(const struct space *s, uint64_t va) {
    static const uint8_t sizes[] = {16, 21, 30, 39, 48};
    for (unsigned i = 0; i < sizeof sizes; i++) {
        unsigned h = large_hash(va, sizes[i]);
        if (s->large[h / 64] >> h % 64 & 1)
            return true;
    }
    return false;
}

static void space_flush_page(struct vcpu *cpu, struct space *s, uint64_t va) {
    direct_unmap(&s->direct, va);
    if (maybe_large(s, va)) {
        space_flush(cpu, s);
        tb_jc_flush_space(cpu, s->id, false, 0);
        return;
    }
    STAT_INC(cpu, tlb_flush_page);
    for (unsigned r = 0; r < TCG_MMU_ROLES; r++)
        table_flush_page(&s->role[r], va);
    tb_jc_flush_space(cpu, s->id, true, va);
}

/* Empty as they are then, the other spaces are free for anybody: flushes of a page need not look there any more. */
static void flush_everything(struct vcpu *cpu) {
    struct mmu *m = cpu->mmu;
    for (unsigned i = 0; i < SPACES; i++) {
        space_flush(cpu, &m->space[i]);
        direct_clear(&m->space[i].direct, true);
        if (&m->space[i] != m->cur)
            m->space[i].stamp = 0;
    }
    table_flush(&m->machine);
    direct_clear(&m->machine_direct, true);
    publish_all(cpu);
    tb_jc_flush_all(cpu);
    frame_all_flushed(cpu);
}

void tlb_flush(struct vcpu *cpu, uint64_t key_mask, uint64_t key, bool va_valid, uint64_t va) {
    struct mmu *m = cpu->mmu;
    if (!key_mask && !va_valid) {
        flush_everything(cpu);
        return;
    }
    va &= GUEST_PAGE_MASK;
    for (unsigned i = 0; i < SPACES; i++) {
        struct space *s = &m->space[i];
        if ((s->key ^ key) & key_mask || (!s->stamp && s != m->cur)) /* another one's, or never used */
            continue;
        if (va_valid)
            space_flush_page(cpu, s, va);
        else
            space_flush_local(cpu, s);
    }
}

void tlb_reset(struct vcpu *cpu) {
    flush_everything(cpu);
    cpu_mmu_switch(cpu, 0);
}

/* ---- switches ---- */

enum { KEY_KIND_SHIFT = 60 };
static bool share_globals(const struct space *a, const struct space *b) {
    return a->key >> KEY_KIND_SHIFT == b->key >> KEY_KIND_SHIFT && a->key >> KEY_KIND_SHIFT;
}

/* A new address space starts with the global translations of the one before it: a kernel's, mostly. */
static void table_inherit(struct table *to, const struct table *from) {
    if (!from->mem.engine || (!to->mem.engine && !table_make(to)))
        return;
    struct tcg_tlb_entry *te = to->mem.engine;
    const struct tcg_tlb_entry *fe = from->mem.engine;
    to->bits = from->bits;
    table_clear(to);
    for (size_t i = 0; i < (size_t)1 << to->bits; i++) {
        if (from->page[i].va == ~(uint64_t)0 || !from->page[i].global)
            continue;
        te[i] = fe[i];
        to->page[i] = from->page[i];
        to->used++;
    }
}

static void inherit(struct space *to, const struct space *from) {
    if (to == from || !share_globals(to, from))
        return;
    for (unsigned r = 0; r < TCG_MMU_ROLES; r++)
        table_inherit(&to->role[r], &from->role[r]);
    memcpy(to->large, from->large, sizeof to->large);
}

bool tlb_globals_of(const struct vcpu *cpu, uint32_t id) {
    for (unsigned i = 0; i < SPACES; i++)
        if (cpu->mmu->space[i].id == id)
            return share_globals(&cpu->mmu->space[i], cpu->mmu->cur);
    return false;
}

void cpu_mmu_switch(struct vcpu *cpu, uint64_t key) {
    struct mmu *m = cpu->mmu;
    struct space *victim = &m->space[0];
    STAT_INC(cpu, mmu_switch);
    cpu->flags_stale = true;
    for (unsigned i = 0; i < SPACES; i++) {
        struct space *s = &m->space[i];
        if (s->key == key && s->stamp) {
            victim = s;
            break;
        }
        if (s->stamp < victim->stamp)
            victim = s;
    }
    if (victim->key != key || !victim->stamp) {
        STAT_INC(cpu, mmu_evict);
        space_flush(cpu, victim);
        direct_clear(&victim->direct, false);
        victim->key = key;
        victim->id = ++m->next_id;
        inherit(victim, m->cur);
    }
    victim->stamp = ++m->clock;
    m->cur = victim;
    publish_all(cpu);
}

/* Loads of a guest can reach the pages that translated code has, so a role of less privilege must not find there what
 * another one left: spilled values, arguments of gates (for the f registers see rv64_enter()). */
static void hide_others(struct vcpu *cpu, unsigned role) {
    unsigned last = cpu->root_role;
    cpu->root_role = role;
    if (guest->forget(cpu, last, role)) {
        memset(cpu->env->gate_arg, 0, sizeof cpu->env->gate_arg);
        memset(cpu->env->spill, 0, tcg_spill_high * sizeof cpu->env->spill[0]);
    }
}

void tlb_select_root(struct vcpu *cpu) {
    struct mmu *m = cpu->mmu;
    unsigned role = guest->data_role(cpu);
    if (!direct_on)
        return;
    hide_others(cpu, role);
    if (is_machine(role))
        direct_use(cpu, &m->machine_direct, ROLE_MACHINE, false);
    else
        direct_use(cpu, &m->cur->direct, role, m->cur->key >> KEY_KIND_SHIFT);
}

/* ---- fills ---- */

static void grow(struct vcpu *cpu, struct table *t, unsigned role) {
    t->bits++;
    table_clear(t);
    publish(cpu, role);
    if (is_machine(role))
        publish(cpu, role ^ 4);
}

static void to_victims(struct table *t, size_t i) {
    struct tcg_tlb_entry *e = t->mem.engine;
    unsigned v = t->next_victim++ % VICTIMS;
    t->victim[v].entry = e[i];
    t->victim[v].page = t->page[i];
}

/* Brings the victim entry for va back into its place. */
static struct tlb_page *from_victims(struct vcpu *cpu, struct table *t, uint64_t va, size_t i) {
    struct tcg_tlb_entry *e = t->mem.engine;
    for (unsigned v = 0; v < VICTIMS; v++) {
        if (t->victim[v].page.va != va)
            continue;
        struct tcg_tlb_entry entry = e[i];
        struct tlb_page page = t->page[i];
        e[i] = t->victim[v].entry;
        t->page[i] = t->victim[v].page;
        t->victim[v].entry = entry;
        t->victim[v].page = page;
        STAT_INC(cpu, tlb_victim);
        return &t->page[i];
    }
    return NULL;
}

static void set_entry(struct tcg_tlb_entry *e, struct tlb_page *p) {
    uint64_t slow = p->hit.mmio ? TCG_TLB_SLOW : 0;
    bool load = p->prot >> GUEST_LOAD & 1, store = p->prot >> GUEST_STORE & 1;
    e->tag_read = load ? p->va | slow : ~(uint64_t)0;
    e->tag_write = ~(uint64_t)0;
    if (store)
        e->tag_write = p->va | slow | (!slow && (p->hit.watch || !frame_open_for_store(p->gpa)) ? TCG_TLB_SLOW : 0);
    e->addend = p->hit.user - p->va;
}

static struct tlb_page *fill(struct vcpu *cpu, uint64_t va, unsigned role, const struct guest_walk *w,
                             const struct physmem_hit *hit) {
    struct mmu *m = cpu->mmu;
    struct table *t = table_of(m, role);
    struct tlb_page page = {
        .va = va, .gpa = w->gpa & GUEST_PAGE_MASK, .prot = w->prot, .global = w->global, .hit = *hit};
    if (!hit->mmio && !hit->writable) /* ROM: what a load has cached does not let a store pass */
        page.prot &= (uint8_t)~(1u << GUEST_STORE);
    if (!w->cacheable || (!t->mem.engine && !table_make(t))) {
        m->scratch = page;
        return &m->scratch;
    }
    STAT_INC(cpu, tlb_fill);
    if (t->evictions > 2u << t->bits && t->bits < MAX_BITS)
        grow(cpu, t, role);
    size_t i = (va >> GUEST_PAGE_BITS) & (((size_t)1 << t->bits) - 1);
    if (t->page[i].va == ~(uint64_t)0) {
        t->used++;
    } else if (t->page[i].va != va) {
        t->evictions++;
        to_victims(t, i);
    }
    if (w->lg_size > GUEST_PAGE_BITS && !is_machine(role)) {
        unsigned h = large_hash(va, w->lg_size);
        m->cur->large[h / 64] |= (uint64_t)1 << h % 64;
    }
    t->page[i] = page;
    set_entry((struct tcg_tlb_entry *)t->mem.engine + i, &t->page[i]);
    if (cpu->env->tlb[role].base != t->mem.user)
        publish_all(cpu);
    return &t->page[i];
}

struct tlb_page *tlb_cached(struct vcpu *cpu, uint64_t va, enum guest_access access, unsigned role) {
    struct table *t = table_of(cpu->mmu, role);
    if (!t->mem.engine)
        return NULL;
    size_t i = (va >> GUEST_PAGE_BITS) & (((size_t)1 << t->bits) - 1);
    struct tlb_page *p = &t->page[i];
    va &= GUEST_PAGE_MASK;
    if (p->va != va)
        p = from_victims(cpu, t, va, i);
    return p && p->prot >> access & 1 ? p : NULL;
}

struct tlb_page *tlb_lookup(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role,
                            struct guest_walk *w) {
    struct physmem_hit hit;
    struct tlb_page *p = tlb_cached(cpu, va, access, role);
    if (p)
        return p;
    w->lg_size = GUEST_PAGE_BITS;
    w->global = false;
    if (!guest->walk(cpu, va, size, access, role, w))
        return NULL;
    if (!physmem_find(w->gpa & GUEST_PAGE_MASK, &hit) || (access == GUEST_STORE && !hit.mmio && !hit.writable)) {
        w->cause = TLB_ACCESS_FAULT;
        return NULL;
    }
    return fill(cpu, va & GUEST_PAGE_MASK, role, w, &hit);
}

void tlb_open_for_store(struct vcpu *cpu, struct tlb_page *p, unsigned role) {
    struct table *t = table_of(cpu->mmu, role);
    bool kept = t->mem.engine && p >= t->page && p < t->page + ((size_t)1 << t->bits);
    struct tcg_tlb_entry *e = kept ? (struct tcg_tlb_entry *)t->mem.engine + (p - t->page) : NULL;
    if (e && e->tag_write == p->va && !direct_on) /* stores pass unseen: of a run over two pages each comes here */
        return;
    frame_written(p->gpa);
    if (e && frame_store_again(p->gpa))
        set_entry(e, p);
}

bool tlb_fetch(struct vcpu *cpu, uint64_t va, bool raise, const uint8_t **host, uint64_t *gpa) {
    struct guest_walk w;
    unsigned role = guest->fetch_role(cpu);
    struct tlb_page *p = tlb_lookup(cpu, va, 2, GUEST_FETCH, role, &w);
    if (p && !p->hit.mmio) {
        *host = (const uint8_t *)p->hit.ptr + (va & (GUEST_PAGE_SIZE - 1));
        *gpa = p->gpa | (va & (GUEST_PAGE_SIZE - 1));
        return true;
    }
    if (!raise)
        return false;
    if (p || w.cause == TLB_ACCESS_FAULT)
        guest->access_fault(cpu, va, GUEST_FETCH, false);
    else
        cpu_raise(cpu, w.cause, w.tval);
    return false;
}
