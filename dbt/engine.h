/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine as its composer (kernel/machine.c) sees it. */
#ifndef PYRITE_DBT_ENGINE_H
#define PYRITE_DBT_ENGINE_H

#include "dbt/vcpu.h"
#include "kernel/plat_mmu.h"

struct engine_config {
    unsigned harts;
    const char *backend;         /* "x86", "interp" */
    const void *cpu_model;       /* rv64_model_parse() */
    unsigned hot;                /* rounds of a loop before its region is made; 0: default; above 255: never */
    uint64_t code_limit;         /* bytes of translated code at the most; 0: all that the platform has */
    enum plat_mmu mmu;           /* roots that plat_mmu_start() has given; NONE: soft memory */
    uint64_t deadline_ns;        /* plat_clock_ns() at which the guest is ended with status 124; 0: never */
    bool scribble;               /* test=scribble: a hint of user mode has ring 3's memory filled with garbage */
    void (*board_events)(uint32_t events);
};
/* False: *why. */
bool engine_init(const struct engine_config *cfg, const char **why);
void engine_reset(uint64_t pc, uint64_t fdt, uint64_t dynamic);
/* Runs the harts until machine_request_exit() or _reset(); returns the exit status, or -1 for a reset. */
int engine_run(void);
struct vcpu *engine_hart(unsigned id);
/* The statistics, line by line (docs/debugging.md). */
typedef void stats_put(const char *line);
void engine_stats(stats_put *put);

/* A deadline of the composer's (plat_clock_ns() scale, UINT64_MAX: none): board_events() gets PLAT_EV_TIMER at or after
 * it. */
void engine_timer(uint64_t deadline_ns);
/* Harts count the instructions that they execute while on; in the loop of hart 0. */
void engine_watch(bool on);
struct engine_hart_info {
    uint64_t insns, waited_ns; /* counted; spent in WFI */
};
struct engine_hart_info engine_hart_info(unsigned id);
struct engine_code_info {
    uint64_t used, blocks, flushes; /* bytes; blocks translated; times that all was dropped */
};
struct engine_code_info engine_code_info(void);

#endif
