/* SPDX-License-Identifier: BSD-2-Clause */
/* Roots: host page tables that act as the guest's TLB (DESIGN 4, "direct"), and the upcall for a fault of translated
 * code. A root belongs to one hart and maps guest addresses to guest RAM; what it does not map faults. */
#ifndef PYRITE_KERNEL_PLAT_MMU_H
#define PYRITE_KERNEL_PLAT_MMU_H

#include "kernel/plat.h"

/* ---- faults of translated code ---- */

struct plat_fault {
    unsigned vector;   /* x86 exception number */
    uint64_t error;    /* error code, 0 if it has none */
    uint64_t address;  /* of a page fault: the guest address if a root is in use; else 0 */
    uint64_t pc;       /* user address of the faulting instruction */
};
enum { PLAT_VECTOR_PAGE_FAULT = 14, PLAT_FAULT_WRITE = 2 };
/* Called for a fault in translated code, on the engine's stack, with hart->gpr and hart->pc saved (all registers
 * valid). Returns the user address to go on at, with every register as it was; or ends in plat_tb_unwind() (metal
 * only: hosted it runs in a signal handler). */
typedef uint64_t plat_fault_fn(struct plat_hart *hart, const struct plat_fault *f);
void plat_set_fault(plat_fault_fn *fn);

/* ---- roots ---- */

enum plat_mmu {
    PLAT_MMU_NONE,   /* this host has no roots: *why says for what reason */
    PLAT_MMU_SAME,   /* a guest address is the same host address in translated code */
    PLAT_MMU_WINDOW, /* it is GS base + the address, which translated code has to test to be in [-2^38, 2^38) */
};
/* Does it pay on this platform, when nobody has said what he wants? */
extern const bool plat_direct_pays;
/* To be called once, before plat_ram_alloc(), by who wants roots. */
enum plat_mmu plat_mmu_start(const char **why);

/* Guest addresses that a root can map: those of Sv39, sign-extended. */
#define PLAT_ROOT_BITS 39

/* Empty. `share`: 0, or the number (below PLAT_SHARES) of a group of roots of this hart, whose upper halves are one
 * where they are mapped PLAT_MAP_SHARED. NULL: no memory. */
struct plat_root;
enum { PLAT_SHARES = 4 };
struct plat_root *plat_root_new(struct plat_hart *hart, unsigned share);

enum { PLAT_MAP_WRITE = 1, PLAT_MAP_SHARED = 2 };
enum plat_map { PLAT_MAP_OK, PLAT_MAP_FULL, PLAT_MAP_NEVER };
/* Maps [va, va + size), aligned 1 GiB, aligned 2 MiB or pages of 4 KiB within such, to the guest RAM at engine address
 * `ram`, instead of what was there. It is a piece of a guest page of 2^lg_leaf bytes. FULL: no memory for tables until
 * something is cleared; NEVER: this cannot be mapped. */
enum plat_map plat_root_map(struct plat_root *r, uint64_t va, const void *ram, uint64_t size, unsigned flags,
                            unsigned lg_leaf);
/* Which of the n pages of 4 KiB from va on, in one aligned 64 KiB, are mapped: a bit each. The others may be, too. */
unsigned plat_root_mapped(const struct plat_root *r, uint64_t va, unsigned n);
/* Nothing of the guest page around va is mapped any more, in this root and in what it shares. */
void plat_root_unmap(struct plat_root *r, uint64_t va);
/* If 4 KiB at va are mapped to `ram`, or a larger piece with it, then only for reading from now on; it may also be
 * unmapped. */
void plat_root_protect(struct plat_root *r, uint64_t va, const void *ram);
/* Nothing is mapped any more; without `shared`, what is shared stays. */
void plat_root_clear(struct plat_root *r, bool shared);
/* Translated code of this hart runs on r from now on. */
void plat_root_use(struct plat_hart *hart, struct plat_root *r);

#endif
