/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest architecture gives the engine: struct guest_ops. rv64 is the first. */
#ifndef PYRITE_DBT_GUEST_H
#define PYRITE_DBT_GUEST_H

#include "dbt/vcpu.h"
#include "tcg/ir.h"

enum guest_access { GUEST_LOAD, GUEST_STORE, GUEST_FETCH };

/* The answer of a page walk for one access of one to eight bytes inside one page. */
struct guest_walk {
    uint64_t gpa;       /* of the address asked for */
    uint8_t prot;       /* bit per enum guest_access: what the whole page allows this role without another walk (a page
                           whose D bit is clear does not allow stores, ...) */
    /* log2 of the size of the leaf page (12, 16, 21, 30, 39, 48; 56 where there is no translation) */
    uint8_t lg_size;
    bool global;        /* the translation is the same in every address space of this kind (cpu_mmu_switch()) */
    bool common;        /* global, and the same for all roles of one share_group() */
    uint64_t entry;     /* physical address of the entry of a page of 4 KiB; 0: not such a page */
    bool cacheable;     /* false: the answer holds for these bytes only (a PMP boundary lies in the page) */
    uint64_t cause;     /* on failure: exception to raise ... */
    uint64_t tval;      /* ... and its value */
};

/* One translation unit, as the front end sees it. The block must not depend on its virtual address (DESIGN 3.4): all it
 * knows is its offset in the page and its flags. */
struct guest_block {
    struct tcg_ctx *tcg;
    struct vcpu *cpu;
    uint32_t start_off;   /* page offset of the first instruction */
    uint64_t flags;       /* what the block is specialised on: guest's layout */
    unsigned max_insns;
    uint64_t pc;          /* guest VA of the start: for the in_asm dump only, never for code */
    bool scribble;        /* engine_config */
    bool region;          /* not from here to the next jump, but all loops through here */
    bool unroll;          /* a small loop of one block: several rounds in a row */
    /* out */
    uint32_t src_off;     /* page offset of its first byte: start_off, except for regions */
    uint32_t size;        /* guest bytes, from src_off on */
    unsigned ninsns;
};

struct guest_ops {
    const char *name;
    /* Registers globals with s: the same for each context. */
    void (*init_tcg)(struct tcg_ctx *s);
    /* Makes and resets per-hart state (cpu->arch). `arg` is the parsed cpu model. */
    bool (*init_cpu)(struct vcpu *cpu, const void *model);
    void (*reset_cpu)(struct vcpu *cpu, uint64_t pc, uint64_t fdt, uint64_t dynamic);
    /* Block flags for the state the hart is in. The PC does not go in. */
    uint64_t (*flags)(const struct vcpu *cpu);
    /* Translates: reads instructions by tb_fetch16(), emits ops that end in terminators. False: the first instruction
     * could not be fetched; the exception is pending in cpu. With b->region false says that there is no region here. */
    bool (*gen_intermediate_code)(struct guest_block *b);
    /* Page walk for (va, access) in mmu role `role`; sets A and D as the architecture says. False: w->cause,
     * w->tval. */
    bool (*walk)(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role,
                 struct guest_walk *w);
    /* Of the `n` pages (a power of two) among which lies the one of 4 KiB that walk() found `from` for, aligned to so
     * many: the translations that are there without a change to the guest's tables. w[i].prot is 0 where none is, for
     * that page itself, and where `skip` has bit i. */
    void (*around)(const struct vcpu *cpu, unsigned n, unsigned skip, unsigned role, const struct guest_walk *from,
                   struct guest_walk *w);
    /* Role of instruction fetches now, and of loads and stores. */
    unsigned (*fetch_role)(const struct vcpu *cpu);
    unsigned (*data_role)(const struct vcpu *cpu);
    /* For direct memory: the number of the group of roles that see `common` translations alike, below PLAT_SHARES; 0:
     * none. A bit per role that has nothing in the upper half of its address space. Does physical protection treat
     * each byte of [gpa, gpa + size) alike? */
    unsigned (*share_group)(unsigned role);
    unsigned low_roles;
    /* Role `to` goes on after `from`. True if it has less privilege: nothing of the other's is left in env->guest[]
     * then. */
    bool (*forget)(struct vcpu *cpu, unsigned from, unsigned to);
    bool (*uniform)(const struct vcpu *cpu, uint64_t gpa, uint64_t size);
    /* Before translated code runs with other flags: opens and closes registers to it. */
    void (*enter)(struct vcpu *cpu);
    /* In the least privilege: what translated code does wrong is a program's fault then, and not the end. */
    bool (*user)(const struct vcpu *cpu);
    /* Takes the pending exception (cpu->exc_cause, exc_tval) at guest PC env->pc: sets the new PC and state. */
    void (*exception)(struct vcpu *cpu);
    /* Takes a pending enabled interrupt if there is one; true if it did. */
    bool (*interrupt)(struct vcpu *cpu);
    /* For WFI: an interrupt is pending and locally enabled, whatever the global enables. */
    bool (*has_work)(const struct vcpu *cpu);
    /* Exceptions of the engine's own access helpers: misaligned, and access fault (a bus with nothing there). */
    void (*access_fault)(struct vcpu *cpu, uint64_t va, enum guest_access access, bool misaligned);
    /* One instruction as text into buf; returns its length in bytes. `bits` holds 32 bits from its start. */
    unsigned (*disas)(char *buf, size_t len, uint32_t bits, uint64_t pc);
    void (*dump)(const struct vcpu *cpu);
    /* Blocks count their instructions, for insns() (which the guest's own counting moves as well); not in a block. */
    void (*watch)(struct vcpu *cpu, bool on);
    uint64_t (*insns)(const struct vcpu *cpu);
    const char *(*exception_name)(uint64_t cause); /* any value: never NULL */
};
extern const struct guest_ops guest_rv64;
extern const struct guest_ops *guest; /* the chosen one */

/* For helpers of the guest's: may `role` do `access` to all of [va, va + size), words inside one page? If not, *cause
 * is the exception that the walk gave, or GUEST_NOTHING: no memory there (a ROM, for a store). Sets A and D like the
 * access. */
#define GUEST_NOTHING (~(uint64_t)0)
bool cpu_probe(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role, uint64_t *cause);
/* The same for a store, and zeroes these bytes, which must be RAM. */
bool cpu_zero(struct vcpu *cpu, uint64_t va, unsigned size, unsigned role, uint64_t *cause);
/* What `size` bytes (4 or 8) of RAM at va hold. False: misaligned, no RAM, or not to be read in this role. */
bool cpu_peek(struct vcpu *cpu, uint64_t va, unsigned size, unsigned role, uint64_t *out);

/* 16 bits at page offset `off` of the block being translated (off may run into the next page). Marks the bytes as part
 * of the block. False: not fetchable; the exception is left pending in b->cpu only if `raise` (the instruction it
 * belongs to is the block's first), else the caller ends the block before that instruction. */
bool tb_fetch16(struct guest_block *b, uint32_t off, bool raise, uint16_t *out);

#endif
