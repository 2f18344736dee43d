/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of dbt/ share among themselves. */
#ifndef PYRITE_DBT_ENGINE_INT_H
#define PYRITE_DBT_ENGINE_INT_H

#include "dbt/engine.h"
#include "dbt/guest.h"
#include "dbt/irq.h"
#include "dbt/physmem.h"
#include "dbt/tb.h"

enum stat {
#define STAT(name, text) STAT_##name,
#include "dbt/stats.def"
#undef STAT
    NSTATS
};
/* Per hart: no sharing, no atomics. */
enum { STATS_HELPERS = 64, STATS_CAUSES = 64 };
struct vcpu_stats {
    uint64_t n[NSTATS];
    uint64_t helper[STATS_HELPERS]; /* calls, by enum helper */
    uint64_t cause[STATS_CAUSES];   /* exceptions, by the guest's cause */
};
#define STAT_INC(cpu, name) ((cpu)->stats->n[STAT_##name]++)
#define STAT_ADD(cpu, name, k) ((cpu)->stats->n[STAT_##name] += (k))

enum { ENGINE_MAX_HARTS = 128 };
extern struct vcpu *engine_harts[ENGINE_MAX_HARTS];
extern unsigned engine_nharts;
extern const struct engine_config *engine_cfg;

/* Guest frames of RAM: what the translator knows of them (dbt/tb_inval.c). */
enum {
    FRAME_CODE = 1,    /* blocks were made from it */
    FRAME_OPEN = 2,    /* some TLB entry may let stores through unseen: compared at every fence.i */
    FRAME_PENDING = 4, /* was written since its blocks were made: compared at the next fence.i */
    FRAME_LISTED = 8,  /* is on the list of frames to compare */
    FRAME_STORE = 16,  /* from here on: stores by the slow path since the last fence.i */
};
struct frame {
    struct tb *blocks;   /* linked by page_next[0 or 1] */
    uint32_t flags;
    uint32_t written_gen; /* flush generation in which a writable TLB entry was last made */
};
struct frame *frame_of(uint64_t gpa); /* NULL: not RAM */
bool frame_init(uint64_t ram_base, uint64_t size);
void frame_protect(uint64_t gpa);     /* before the translator reads its bytes */
/* A TLB fill for stores: true if the entry may let stores through unseen. */
bool frame_open_for_store(uint64_t gpa);
void frame_written(uint64_t gpa);     /* a store by the slow path, or DMA */
void frame_open(uint64_t gpa);        /* a TLB entry for stores was made in spite of its blocks */
/* A store by the slow path: may the next one have a TLB entry? If so, it is counted as made. */
bool frame_store_again(uint64_t gpa);
void frame_all_flushed(struct vcpu *cpu); /* no TLB entry of this hart is left */
void frame_add(struct tb *tb);
void frame_release(const struct tb *tb); /* an invalid one: its pages are ordinary if it was the last */
void frame_drop_all(void);

/* dbt/tlb.c */
bool tlb_init(struct vcpu *cpu);
void tlb_reset(struct vcpu *cpu);
/* The page that holds va for an instruction fetch: engine address of the byte, and its gpa. False: exception
 * pending. */
bool tlb_fetch(struct vcpu *cpu, uint64_t va, bool raise, const uint8_t **host, uint64_t *gpa);
/* An id of the current address space, that changes whenever its mappings may have. */
uint32_t tlb_space(struct vcpu *cpu);
/* Space `id` is still kept, and its global translations hold in the current one. */
bool tlb_globals_of(const struct vcpu *cpu, uint32_t id);
/* Called when fetch mappings were dropped: of one page (va_valid) or all, in one space or every one. */
void tb_jc_flush_space(struct vcpu *cpu, uint32_t space, bool va_valid, uint64_t va);
void tb_jc_flush_local(struct vcpu *cpu, uint32_t space); /* what is not global */
void tb_jc_flush_all(struct vcpu *cpu);

/* dbt/tb_cache.c. tb_lock: making, linking, dropping blocks, and everything that lists them; look-ups take no lock. */
extern plat_lock_t tb_lock;
bool tb_init(void);
bool tb_init_cpu(struct vcpu *cpu);
void tb_jc_select(struct vcpu *cpu, uint64_t flags); /* makes it current in env */
void tb_jc_insert(struct vcpu *cpu, uint64_t pc, struct tb *tb);
extern uint32_t tb_generation;                       /* changes when blocks are dropped and ids given out anew */
struct tb *tb_alloc(void);
void tb_unalloc(struct tb *tb);
uint8_t *tb_source(const struct tb *tb, size_t size); /* room for a compiled block's source; NULL: no memory */
bool tb_insert(struct tb *tb); /* false: no memory */
void tb_remove(struct tb *tb);
/* dbt/tb_link.c */
void tb_unlink_all(struct tb *tb);

/* dbt/harts.c. A hart enters and leaves around its loop and around sleep. */
void hart_enter(struct vcpu *cpu);
void hart_leave(struct vcpu *cpu);
/* Returns when no other hart runs, and none will before harts_resume(). In the hart loop only, without a lock. */
void harts_stop(struct vcpu *cpu);
void harts_resume(void);
void harts_want_flush(const struct vcpu *but); /* of their TLBs, soon */
void hart_asked(struct vcpu *cpu);             /* does what others have asked for; in the hart loop */

/* dbt/stats.c */
void stats_log_line(const char *line); /* a stats_put that logs */

/* dbt/exec.c: runs the hart until the machine ends or resets */
void cpu_exec(struct vcpu *cpu);
void engine_helpers(void); /* dbt/helper.c: tells tcg/ of dbt/helper.def */
uint64_t engine_gate(struct plat_hart *hart, uint32_t nr);
void engine_timers(struct vcpu *cpu);
/* Translated code did what it cannot, found in a gate or by a fault: `what` ("faulted") and a number for the log. */
_Noreturn void cpu_misbehaved(struct vcpu *cpu, const char *what, uint64_t host_pc, uint64_t detail);
extern int engine_exit_status; /* -1: none asked for */
extern bool engine_reset_wanted;

/* dbt/log.c: true if blocks at this PC are to be logged. */
bool log_filter(uint64_t pc);

#endif
