/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64 hart state that guards something, in engine memory (DESIGN 3.2), and what the parts of the front end share. */
#ifndef PYRITE_DBT_RV64_CPU_H
#define PYRITE_DBT_RV64_CPU_H

#include "dbt/guest.h"
#include "dbt/rv64/model.h"

enum rv64_priv { PRV_U = 0, PRV_S = 1, PRV_M = 3 };

/* Roles of memory accesses (TCG_MMU_ROLES): which page table entries they may use. Role M ignores satp; with satp bare
 * every role is the identity. */
enum rv64_role { ROLE_U, ROLE_S, ROLE_S_SUM, ROLE_M, ROLE_MXR = 4 /* added to the others */ };

/* What a block is specialised on. */
enum {
    TBF_ROLE = 7,            /* role of loads and stores: bits 0-2 */
    TBF_PRIV_SHIFT = 3,      /* privilege: bits 3-4 */
    TBF_FS = 1 << 5,         /* FS is not Off: F and D instructions are legal */
    TBF_FS_DIRTY = 1 << 6,   /* FS is Dirty already */
    TBF_FRM_SHIFT = 7,       /* frm: bits 7-9 */
    /* count instructions exactly: once instret was accessed, or while a counter of them runs */
    TBF_COUNT = 1 << 10,
    TBF_CBZE = 1 << 12,      /* cbo.zero is enabled */
    TBF_LIMIT = 1 << 11,     /* ask at the start whether guest[G_LIMIT] is reached: a counter overflows there */
};

/* env->guest[]: globals of this guest. None of them guards anything. */
enum {
    G_RESV_ADDR,
    G_RESV_VAL,
    G_INSTRET,
    G_LIMIT /* of G_INSTRET: TBF_LIMIT */,
    G_FFLAGS /* written; others are in MXCSR */,
    /* What S-mode reads as sstatus. While it runs, translated code switches SIE there by itself; of that bit alone, and
     * of S-mode alone, the engine takes notice: rv64_status_pull(). */
    G_SSTATUS,
    /* sscratch, sepc, scause, stval while S-mode runs, and only then: rv64_scratch_pull(). */
    G_SSCRATCH,
    G_SEPC,
    G_SCAUSE,
    G_STVAL
};

enum rv64_cause {
    EXC_INSN_MISALIGNED, EXC_INSN_ACCESS, EXC_ILLEGAL, EXC_BREAKPOINT, EXC_LOAD_MISALIGNED, EXC_LOAD_ACCESS,
    EXC_STORE_MISALIGNED, EXC_STORE_ACCESS, EXC_ECALL_U, EXC_ECALL_S, EXC_ECALL_M = 11, EXC_INSN_PAGE, EXC_LOAD_PAGE,
    EXC_STORE_PAGE = 15
};

/* Cache block operations: immediates of their instructions. */
enum rv64_cbo { CBO_INVAL = 0, CBO_CLEAN = 1, CBO_FLUSH = 2, CBO_ZERO = 4 };
enum { RV64_CACHE_BLOCK = 64 }; /* bytes: Zic64b */

enum { RV64_PMP = 64 };

/* PMP as look-ups use it (dbt/rv64/pmp.c): a bit per enum guest_access for M-mode, for S and U. */
struct pmp_prot {
    uint8_t m, su;
};
struct pmp_ranges {
    unsigned n;
    struct pmp_prot none;   /* where nothing matches */
    struct pmp_range {
        uint64_t first, last; /* both inclusive */
        struct pmp_prot prot;
    } range[RV64_PMP];      /* entries that are not OFF, in order */
    struct pmp_range widest; /* the most pages in a row that one answer holds for: memory, nearly always */
};

struct rv64_cpu {
    const struct rv64_model *model;
    uint8_t priv;
    uint64_t misa, mstatus, mideleg, medeleg, mie, mip_sw; /* mip_sw: bits that software sets (SSIP, STIP, SEIP) */
    uint64_t mtvec, mepc, mcause, mtval, mscratch, mcounteren, mcountinhibit, menvcfg, mseccfg, mstateen[4];
    uint64_t stvec, sepc, scause, stval, sscratch, scounteren, senvcfg, satp, stimecmp;
    uint8_t pmpcfg[RV64_PMP];
    uint64_t pmpaddr[RV64_PMP];
    struct pmp_ranges pmp;           /* what they say */
    uint8_t frm;
    bool fp_open;                    /* the f registers are in env; else, with FS Off, in freg */
    uint64_t freg[32];
    /* dbt/rv64/csr_counters.c; counter_seen: the value last looked at */
    uint64_t counter[32], counter_seen[32], mhpmevent[32];
    /* a bit per counter: may overflow; depends on the privilege; counts walks */
    uint32_t hpm_armed, hpm_by_priv, hpm_walks;
    bool counting, insn_limit, instret_used; /* TBF_COUNT; TBF_LIMIT; minstret was accessed */
    bool watched;                            /* rv64_watch() */
    uint64_t seed, seed_last;        /* Zkr: entropy not yet given out; the last 64 bits taken */
    uint8_t seed_left;               /* 16-bit parts in seed */
    bool seed_dead;
};
static inline struct rv64_cpu *rv64(const struct vcpu *c) { return (struct rv64_cpu *)c->arch; }

/* PMP for [gpa, gpa+size) as privilege `priv`; *whole: the answer is the same for the whole 4 KiB page. */
bool rv64_pmp_allows(const struct rv64_cpu *r, uint64_t gpa, unsigned size, enum guest_access a, unsigned priv,
                     bool *whole);

uint64_t rv64_flags(const struct vcpu *cpu);
unsigned rv64_fetch_role(const struct vcpu *cpu);
unsigned rv64_data_role_of(const struct vcpu *cpu);
unsigned rv64_share_group(unsigned role);
bool rv64_forget(struct vcpu *cpu, unsigned from, unsigned to);
bool rv64_pmp_uniform(const struct vcpu *cpu, uint64_t gpa, uint64_t size);
unsigned rv64_data_role(const struct rv64_cpu *r);
bool rv64_walk(struct vcpu *cpu, uint64_t va, unsigned size, enum guest_access access, unsigned role,
               struct guest_walk *w);
void rv64_around(const struct vcpu *cpu, unsigned n, unsigned skip, unsigned role, const struct guest_walk *from,
                 struct guest_walk *w);
void rv64_enter(struct vcpu *cpu);
bool rv64_user(const struct vcpu *cpu);
void rv64_exception(struct vcpu *cpu);
const char *rv64_exception_name(uint64_t cause);
bool rv64_interrupt(struct vcpu *cpu);
bool rv64_has_work(const struct vcpu *cpu);
void rv64_access_fault(struct vcpu *cpu, uint64_t va, enum guest_access access, bool misaligned);
bool rv64_init_cpu(struct vcpu *cpu, const void *model);
void rv64_reset_cpu(struct vcpu *cpu, uint64_t pc, uint64_t a1, uint64_t a2); /* M-mode, a0 = hart, a1, a2 */
void rv64_dump(const struct vcpu *cpu);
void rv64_watch(struct vcpu *cpu, bool on);
uint64_t rv64_insns(const struct vcpu *cpu);
void rv64_init_tcg(struct tcg_ctx *s);
bool rv64_gen_intermediate_code(struct guest_block *b);
unsigned rv64_disas(char *buf, size_t len, uint32_t bits, uint64_t pc);

/* CSR access from the csr helper and from the debugger. False: illegal instruction. */
bool rv64_csr_read(struct vcpu *cpu, unsigned num, uint64_t *val);
bool rv64_csr_write(struct vcpu *cpu, unsigned num, uint64_t val);

/* fcsr.fflags as the guest sees it: fflags plus what MXCSR has gathered. Set clears MXCSR's. frm sets MXCSR.RC. */
unsigned rv64_fflags(struct vcpu *cpu);
void rv64_set_fflags(struct vcpu *cpu, unsigned v);
void rv64_set_frm(struct vcpu *cpu, unsigned v);

#endif
