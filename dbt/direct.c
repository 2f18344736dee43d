/* SPDX-License-Identifier: BSD-2-Clause */
/* Direct memory: fills roots on faults, and write-protects frames that blocks are made from.
 *
 * A fault of translated code at an access to guest memory (tcg_code.nsites) is a TLB miss: the guest's tables are
 * walked, the page is mapped, the access is done again. Where nothing can be mapped (an exception to raise, a device, a
 * page of which PMP protects a part, a watched one) the code goes on at the access's slow path, which does it by a
 * helper and raises what is to be raised.
 *
 * Reverse map: for each frame, and for each 2 MiB of RAM, where it is mapped writable. An entry may be out of date; it
 * is looked at when it is used. */
#include "dbt/direct.h"

#include <string.h>

#include "dbt/tlb.h"

enum {
    CHUNK_BITS = 21,
    GIANT_BITS = 30,
    MAX_RAM = 8,
    MAX_ROOTS = 4096,     /* a node holds 12 bits of root number */
    AROUND = 16,          /* pages mapped at once from a larger guest page */
    NEAR = 4,             /* pages of 4 KiB looked at */
    NODES = 1 << 18,
    MAX_REPEATS = 8,      /* faults in a row at one place before it takes the slow path */
    DEVICE_SITES = 1024,
    DEVICE_FAULTS = 2,    /* at one instruction, before it is translated as a device's */
};
/* What is mapped at once. */
enum size { PAGES, CHUNK, GIANT, NSIZES };
static const uint8_t size_bits[NSIZES] = {GUEST_PAGE_BITS, CHUNK_BITS, GIANT_BITS};
static uint64_t size_of(enum size s) { return (uint64_t)1 << size_bits[s]; }

bool direct_on;
static bool bare; /* a mapping costs no system call, and 1 GiB can be one */

struct node {
    uint64_t where; /* page address | root number */
    uint32_t next;
};
static struct node *nodes; /* 0 ends a list */
static uint32_t nnodes, free_node;

static struct plat_root *roots[MAX_ROOTS];
static unsigned nroots;

static struct ram {
    uint64_t base, size;
    uint32_t *maps[NSIZES]; /* lists of writable mappings */
    uint32_t *code[NSIZES]; /* frames with blocks; not by PAGES */
} ram[MAX_RAM];
static unsigned nram;
static plat_lock_t lock;   /* lists and nodes */

void direct_start(enum plat_mmu kind) {
    direct_on = kind != PLAT_MMU_NONE;
    bare = kind == PLAT_MMU_SAME;
}

static size_t parts(const struct ram *r, enum size s) { return (r->size + size_of(s) - 1) >> size_bits[s]; }
static size_t part(const struct ram *r, enum size s, uint64_t gpa) { return (gpa - r->base) >> size_bits[s]; }

bool direct_ram(uint64_t base, uint64_t size) {
    struct ram r = {.base = base, .size = size};
    if (!direct_on)
        return true;
    if (nram == MAX_RAM || (!nodes && !(nodes = plat_alloc(NODES * sizeof *nodes))))
        return false;
    for (enum size s = PAGES; s < NSIZES; s++) {
        r.maps[s] = plat_alloc(parts(&r, s) * sizeof *r.maps[s]);
        r.code[s] = s == PAGES ? NULL : plat_alloc(parts(&r, s) * sizeof *r.code[s]);
        if (!r.maps[s] || (s != PAGES && !r.code[s]))
            return false;
    }
    ram[nram++] = r;
    return true;
}

static struct ram *ram_of(uint64_t gpa) {
    for (unsigned i = 0; i < nram; i++)
        if (gpa - ram[i].base < ram[i].size)
            return &ram[i];
    return NULL;
}

/* ---- the reverse map ---- */

static bool node_get(uint32_t *out) {
    if (free_node) {
        *out = free_node;
        free_node = nodes[free_node].next;
    } else if (nnodes + 1 < NODES) {
        *out = ++nnodes;
    } else {
        return false;
    }
    return true;
}

static void forget_all(void) {
    for (unsigned i = 0; i < nram; i++)
        for (enum size s = PAGES; s < NSIZES; s++)
            memset(ram[i].maps[s], 0, parts(&ram[i], s) * sizeof *ram[i].maps[s]);
    nnodes = free_node = 0;
}

static void clear_everything(void) {
    for (unsigned i = 0; i < nroots; i++)
        plat_root_clear(roots[i], true);
    forget_all();
}

/* False: there was no room, and everything was cleared. */
static bool note(unsigned root, uint64_t va, uint64_t gpa, enum size s) {
    struct ram *r = ram_of(gpa);
    uint32_t n, *head = &r->maps[s][part(r, s, gpa)];
    uint64_t where = (va & GUEST_PAGE_MASK) | root;
    for (n = *head; n; n = nodes[n].next)
        if (nodes[n].where == where)
            return true;
    if (!node_get(&n)) {
        clear_everything();
        return false;
    }
    nodes[n] = (struct node){where, *head};
    *head = n;
    return true;
}

static void protect_list(uint32_t *head, const uint8_t *host) {
    for (uint32_t n = *head, next; n; n = next) {
        next = nodes[n].next;
        plat_root_protect(roots[nodes[n].where & (MAX_ROOTS - 1)], nodes[n].where & GUEST_PAGE_MASK, host);
        nodes[n].next = free_node;
        free_node = n;
    }
    *head = 0;
}

void direct_protect(uint64_t gpa) {
    struct ram *r = direct_on ? ram_of(gpa) : NULL;
    if (!r)
        return;
    plat_lock(&lock);
    for (enum size s = PAGES; s < NSIZES; s++) {
        uint64_t first = r->base + ((gpa - r->base) & ~(size_of(s) - 1));
        protect_list(&r->maps[s][part(r, s, gpa)], physmem_dma_ptr(first, GUEST_PAGE_SIZE));
    }
    plat_unlock(&lock);
}

void direct_code(uint64_t gpa, bool code) {
    struct ram *r = direct_on ? ram_of(gpa) : NULL;
    for (enum size s = CHUNK; r && s < NSIZES; s++)
        __atomic_fetch_add(&r->code[s][part(r, s, gpa)], code ? 1 : (uint32_t)-1, __ATOMIC_SEQ_CST);
}

/* ---- roots ---- */

void direct_clear(struct direct_space *s, bool global) {
    for (unsigned role = 0; direct_on && role < TCG_MMU_ROLES; role++)
        if (s->root[role])
            plat_root_clear(s->root[role], global);
}

void direct_unmap(struct direct_space *s, uint64_t va) {
    for (unsigned role = 0; direct_on && role < TCG_MMU_ROLES; role++)
        if (s->root[role])
            plat_root_unmap(s->root[role], va);
}

static struct plat_root *root_new(struct vcpu *cpu, unsigned role, bool global) {
    unsigned group = global ? guest->share_group(role) : 0;
    struct plat_root *r = nroots < MAX_ROOTS ? plat_root_new(&cpu->hart, group) : NULL;
    if (!r)
        plat_panic("no memory for a root of page tables");
    roots[nroots++] = r;
    return r;
}

void direct_use(struct vcpu *cpu, struct direct_space *s, unsigned role, bool global) {
    if (!s->root[role])
        s->root[role] = root_new(cpu, role, global);
    cpu->root = s->root[role];
    plat_root_use(&cpu->hart, cpu->root);
}

/* ---- fills ---- */

struct piece {
    uint64_t va, gpa;
    uint8_t *host;
    uint64_t size;
    unsigned flags, lg_leaf;
};

static unsigned root_number(const struct plat_root *r) {
    for (unsigned i = 0; i < nroots; i++)
        if (roots[i] == r)
            return i;
    plat_panic("a root that nobody made");
}

/* Where the piece can be written, for the reverse map. */
static bool note_piece(struct vcpu *cpu, const struct piece *p) {
    unsigned root = root_number(cpu->root);
    if (!(p->flags & PLAT_MAP_WRITE))
        return true;
    for (enum size s = CHUNK; s < NSIZES; s++)
        if (p->size == size_of(s))
            return note(root, p->va, p->gpa, s);
    for (uint64_t at = 0; at < p->size; at += GUEST_PAGE_SIZE)
        if (!note(root, p->va + at, p->gpa + at, PAGES))
            return false;
    return true;
}

static bool map(struct vcpu *cpu, const struct piece *p) {
    bool ok = false;
    plat_lock(&lock);
    for (unsigned tries = 0; tries < 2; tries++) {
        if (!note_piece(cpu, p))
            continue;
        enum plat_map m = plat_root_map(cpu->root, p->va, p->host, p->size, p->flags, p->lg_leaf);
        ok = m == PLAT_MAP_OK;
        if (m != PLAT_MAP_FULL)
            break;
        STAT_INC(cpu, direct_full);
        clear_everything();
    }
    plat_unlock(&lock);
    return ok;
}

/* Stores to this frame may pass unseen. */
static bool open_frame(uint64_t gpa, bool write, const struct physmem_hit *hit) {
    if (!hit->writable || hit->watch)
        return false;
    if (frame_open_for_store(gpa))
        return true;
    if (write) {
        frame_written(gpa);
        frame_open(gpa);
    }
    return write;
}

/* All of the 2 MiB or 1 GiB around, if they are one piece to guest and host, and free of code where they are
 * writable. */
static bool map_large(struct vcpu *cpu, const struct piece *p, const struct guest_walk *w, enum size s) {
    struct physmem_hit hit;
    uint64_t off = p->va & (size_of(s) - 1);
    bool store = w->prot >> GUEST_STORE & 1;
    if (w->lg_size < size_bits[s])
        return false;
    struct ram *r = ram_of(p->gpa);
    struct piece c = *p;
    c.va -= off;
    c.gpa -= off;
    c.size = size_of(s);
    if (!r || (c.gpa | r->base) & (c.size - 1))
        return false;
    if (c.gpa < r->base || c.size > r->size - (c.gpa - r->base) || (store && r->code[s][part(r, s, c.gpa)]))
        return false;
    if (!physmem_find(c.gpa, &hit) || hit.left < c.size || physmem_watched(c.gpa, c.size) ||
        !guest->uniform(cpu, c.gpa, c.size))
        return false;
    c.host = hit.ptr;
    c.flags = (c.flags & ~PLAT_MAP_WRITE) | (store ? PLAT_MAP_WRITE : 0);
    return map(cpu, &c);
}

/* Is the page at `va` of the guest page that `w` found for another address in it to be mapped, and how? */
static bool page_of(const struct piece *p, uint64_t va, bool write, const struct guest_walk *w, struct piece *out) {
    struct physmem_hit hit;
    *out = *p;
    out->gpa += va - p->va;
    out->va = va;
    out->size = GUEST_PAGE_SIZE;
    if (!physmem_find(out->gpa, &hit) || hit.mmio || hit.left < GUEST_PAGE_SIZE)
        return false;
    out->host = hit.ptr;
    if (w->prot >> GUEST_STORE & 1 && open_frame(out->gpa, write, &hit))
        out->flags |= PLAT_MAP_WRITE;
    return !write || out->flags & PLAT_MAP_WRITE;
}

/* The page, and where the guest page is larger its neighbours in it that follow each other and are mapped alike. */
static bool map_pages(struct vcpu *cpu, const struct piece *p, bool write, const struct guest_walk *w) {
    uint64_t span = (uint64_t)AROUND << GUEST_PAGE_BITS, first = p->va & ~(span - 1), end = p->va + GUEST_PAGE_SIZE;
    struct piece run, next;
    if (!page_of(p, p->va, write, w, &run))
        return false;
    bool around = w->lg_size >= CHUNK_BITS && guest->uniform(cpu, p->gpa - (p->va - first), span);
    for (; around && end < first + span && page_of(p, end, false, w, &next) && next.flags == run.flags;
         end += GUEST_PAGE_SIZE)
        run.size += GUEST_PAGE_SIZE;
    while (around && run.va > first && page_of(p, run.va - GUEST_PAGE_SIZE, false, w, &next) &&
           next.flags == run.flags) {
        next.size = run.size + GUEST_PAGE_SIZE;
        run = next;
    }
    return map(cpu, &run);
}

/* The neighbours of a page of 4 KiB that the guest has used already. */
static void map_around(struct vcpu *cpu, const struct piece *p, unsigned role, const struct guest_walk *w) {
    struct guest_walk near[NEAR];
    uint64_t first = p->va & ~(((uint64_t)NEAR << GUEST_PAGE_BITS) - 1);
    if (!w->entry || !bare)
        return;
    unsigned there = plat_root_mapped(cpu->root, first, NEAR);
    if (there == (1u << NEAR) - 1)
        return;
    guest->around(cpu, NEAR, there, role, w, near);
    for (unsigned i = 0; i < NEAR; i++) {
        uint64_t va = first + ((uint64_t)i << GUEST_PAGE_BITS);
        if (!(near[i].prot >> GUEST_LOAD & 1) || !near[i].cacheable)
            continue;
        struct piece run, q = {.va = va, .gpa = near[i].gpa, .lg_leaf = GUEST_PAGE_BITS,
                               .flags = near[i].common ? PLAT_MAP_SHARED : 0};
        if (page_of(&q, va, false, &near[i], &run))
            map(cpu, &run);
    }
}

/* DEVICE: a device's register, or its neighbourhood. */
enum outcome { MAPPED, NOT_MAPPED, DEVICE, RAISES };
static enum outcome fill(struct vcpu *cpu, uint64_t va, bool write, struct guest_walk *exception) {
    struct physmem_hit hit;
    struct guest_walk w = {.lg_size = GUEST_PAGE_BITS};
    unsigned role = guest->data_role(cpu);
    if ((uint64_t)((int64_t)(va << (64 - PLAT_ROOT_BITS)) >> (64 - PLAT_ROOT_BITS)) != va)
        return NOT_MAPPED;
    if (!guest->walk(cpu, va, 1, write ? GUEST_STORE : GUEST_LOAD, role, &w)) {
        *exception = w;
        return RAISES;
    }
    if (!w.cacheable || !(w.prot >> GUEST_LOAD & 1) || !physmem_find(w.gpa, &hit))
        return NOT_MAPPED;
    if (hit.mmio)
        return DEVICE;
    struct piece p = {.va = va & GUEST_PAGE_MASK, .gpa = w.gpa & GUEST_PAGE_MASK, .lg_leaf = w.lg_size,
                      .flags = w.common ? PLAT_MAP_SHARED : 0};
    STAT_INC(cpu, direct_fill);
    if ((bare && map_large(cpu, &p, &w, GIANT)) || map_large(cpu, &p, &w, CHUNK))
        return MAPPED;
    if (!map_pages(cpu, &p, write, &w))
        return NOT_MAPPED;
    map_around(cpu, &p, role, &w);
    return MAPPED;
}

/* ---- devices ---- */

/* Instructions that met devices, by physical address. A place is given up to who comes later. */
static struct {
    uint64_t insn;
    unsigned faults;
} device_sites[DEVICE_SITES];

static unsigned device_slot(uint64_t insn) { return (unsigned)(insn >> 1) % DEVICE_SITES; }

bool direct_device_site(uint64_t insn) {
    unsigned i = device_slot(insn);
    return device_sites[i].insn == insn && device_sites[i].faults >= DEVICE_FAULTS;
}

/* The block goes when it has happened often enough; the next one asks direct_device_site(). */
static void device_fault(struct vcpu *cpu, struct tb *tb, int32_t off) {
    uint64_t insn = off < (int32_t)GUEST_PAGE_SIZE ? tb->phys[0] + (uint64_t)(int64_t)off
                                                   : tb->phys[1] + (uint64_t)off - GUEST_PAGE_SIZE;
    unsigned i = device_slot(insn);
    plat_lock(&tb_lock);
    if (device_sites[i].insn != insn)
        device_sites[i].faults = 0;
    device_sites[i].insn = insn;
    if (++device_sites[i].faults >= DEVICE_FAULTS && tb->valid) {
        STAT_INC(cpu, direct_devices);
        tb_invalidate(tb);
    }
    plat_unlock(&tb_lock);
}

/* ---- faults ---- */

/* The same access faulting again and again would mean that host and engine disagree. */
static bool repeats(struct vcpu *cpu, const struct plat_fault *f) {
    if (cpu->fault_pc != f->pc || cpu->fault_address != f->address)
        cpu->fault_repeats = 0;
    cpu->fault_pc = f->pc;
    cpu->fault_address = f->address;
    return cpu->fault_repeats++ >= MAX_REPEATS;
}

/* The access goes no further than its exception: takes it from here, where the slow path would. An access that may run
 * into the next page is left to that, which says which of the two pages it was, and so are read-modify-writes, whose
 * loads fault as stores do. */
static void raise_here(struct vcpu *cpu, const struct tb *tb, const struct plat_fault *f, const struct guest_walk *w) {
    enum { LONGEST = 8 };
    int32_t off;
    uint64_t at = f->address & ~GUEST_PAGE_MASK; /* 0: may be the rest of one that starts in the page before */
    if (!bare || at == 0 || at > GUEST_PAGE_SIZE - LONGEST ||
        !tcg_backend->site_recover(&tb->code, f->pc, &cpu->hart, cpu->env, &off))
        return;
    cpu->env->pc = cpu->env->pc_page + (uint64_t)(int64_t)off;
    cpu->exc_cause = w->cause;
    cpu->exc_tval = w->tval;
    cpu->exc_pending = true;
    tcg_backend->unwind(&cpu->hart, TCG_EXIT_EXCEPTION);
}

uint64_t direct_fault(struct vcpu *cpu, const struct plat_fault *f) {
    struct tb *tb = direct_on ? tb_at(cpu, f->pc) : NULL;
    struct guest_walk exception;
    int32_t off;
    uint64_t cold = tb ? tcg_backend->site(&tb->code, f->pc, &off) : 0;
    if (!cold)
        return 0;
    STAT_INC(cpu, direct_fault);
    if (f->vector != PLAT_VECTOR_PAGE_FAULT || repeats(cpu, f))
        return cold;
    enum outcome o = fill(cpu, f->address, f->error & PLAT_FAULT_WRITE, &exception);
    if (o == RAISES)
        raise_here(cpu, tb, f, &exception);
    if (o == DEVICE)
        device_fault(cpu, tb, off);
    return o == MAPPED ? f->pc : cold;
}
