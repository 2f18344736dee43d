/* SPDX-License-Identifier: BSD-2-Clause */
/* A fake engine around the privileged side of RV64: one hart, 64 KiB of memory, a clock that stands still, and a record
 * of what the engine was asked for. */
#ifndef PYRITE_TESTS_RV64_FAKE_H
#define PYRITE_TESTS_RV64_FAKE_H

#include <setjmp.h>

#include "dbt/helper.h"
#include "dbt/rv64/sys.h"
#include "tests/unit/unit.h"

#define RAM_BASE 0x80000000u
enum { RAM_SIZE = 1 << 16 };

struct fake {
    uint64_t mem[RAM_SIZE / 8];
    bool read_only;           /* no write to memory succeeds: ROM */
    unsigned cas_fails;       /* so many compare-and-swaps find another value first */
    unsigned flushes, switches, flag_changes, polls, fences;
    uint64_t flush_mask, flush_key, flush_va, key;
    bool flush_page;
    uint64_t time, clock_ns;
    uint64_t clock_step;      /* each look at the clock moves it on */
    enum plat_seed seed_kind; /* what plat_seed() says, and gives */
    uint64_t seed;
    int exit_status;          /* -1: not asked for */
    unsigned left;            /* bytes that cpu_exit_event() skipped; 0: it was not called */
    jmp_buf out;
};
extern struct fake fake;
extern struct vcpu *cpu;
extern struct rv64_cpu *r;

/* A hart after reset, at PC 0x80000000, and everything above cleared. */
void fake_reset(void);

/* The exception that is pending, which is taken away; ~0: none. */
uint64_t raised(void);

/* csrrw, csrrs, csrrc with both registers in use, as translated code calls them. `ok` is false if it was illegal. */
enum { RW = 1 | 4 | 8, SET = 2 | 4 | 8, CLEAR = 3 | 4 | 8, READ = 2 | 8, WRITE = 1 | 4 };
uint64_t csr(unsigned num, unsigned op, uint64_t v, bool *ok);
/* The same, where a trap is a failure of the test. */
uint64_t csr_get(unsigned num);
void csr_put(unsigned num, uint64_t v);
/* Whether it is legal to read (write back what is there). */
bool csr_readable(unsigned num);
bool csr_writable(unsigned num);

#endif
