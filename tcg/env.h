/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment: what translated code finds at RBP (DESIGN 3). RBP = env + TCG_ENV_BIAS, so that the 32 guest
 * integer registers take an 8-bit displacement. Three pages: the first two are writable in ring 3, the third read-only.
 * Nothing here guards anything: privilege, satp, PMP and the like live in engine memory. The engine treats whatever it
 * reads from the first two pages as hostile input. */
#ifndef PYRITE_TCG_ENV_H
#define PYRITE_TCG_ENV_H

#include <stdint.h>

#define TCG_ENV_BIAS 128
#define TCG_MMU_ROLES 8
#define TCG_SPILL_SLOTS 192
#define TCG_PAGE 4096

/* One entry of the soft TLB; 32 bytes. A tag is the guest virtual page address; a set bit among 3 to 11 makes every
 * compare fail (bits 0 to 2 are compared with those of an address that must be aligned). */
struct tcg_tlb_entry {
    uint64_t tag_read;
    uint64_t tag_write;
    uint64_t addend; /* user address = guest virtual address + addend */
    uint64_t pad;
};
#define TCG_TLB_ENTRY_BITS 5
#define TCG_TLB_INVALID 1u /* not mapped (tag is ~0) */
#define TCG_TLB_SLOW                                                                                                   \
    0x800u /* mapped, but every access goes to the helper: MMIO, PMP boundary, clean code page (write) */

/* One entry of the jump cache; 16 bytes; indexed by TCG_JC_INDEX(pc). */
struct tcg_jc_entry {
    uint64_t pc;   /* guest virtual address, even; TCG_JC_EMPTY() matches no jump that is looked for here */
    uint64_t code; /* user address of the block's entry */
};
#define TCG_JC_BITS 14
#define TCG_JC_SIZE (1u << TCG_JC_BITS)
/* Half the pc, and TCG_JC_SKEW places more for each page, by one multiplication: the places of a page lie side by side
 * (wrapping, TCG_JC_SPAN of them), and pages start at all places alike, for many jumps go to the start of a page. */
enum { TCG_JC_SKEW = 165, TCG_JC_MUL = TCG_PAGE / 2 + TCG_JC_SKEW, TCG_JC_SHIFT = 12, TCG_JC_SPAN = TCG_JC_MUL };
#define TCG_JC_INDEX(pc) ((uint32_t)(pc) * (uint32_t)TCG_JC_MUL >> TCG_JC_SHIFT & (TCG_JC_SIZE - 1))
#define TCG_JC_EMPTY(index) ((index) ? 0u : 2u)

struct tcg_env {
    /* page 0, read-write */
    uint64_t reg[32];         /* guest integer registers */
    uint64_t pc_page;         /* guest VA of the first byte of the page in which the running block starts; guest PC =
                                 pc_page + (offset known at translation time). Direct jumps stay in the page and leave it
                                 alone, so a chained jump costs nothing */
    uint64_t pc;              /* full guest PC: valid when a block leaves by exit_tb or a missed goto_ptr */
    uint64_t guest[32];       /* further guest globals, named by the guest (reservation, fcsr flags, ...) */
    uint64_t gate_arg[8];     /* arguments of a gate */
    uint64_t spill[TCG_SPILL_SLOTS];
    uint8_t pad0[TCG_PAGE - 8 * (32 + 2 + 32 + 8 + TCG_SPILL_SLOTS)];
    /* page 1, read-write: floating point */
    uint64_t freg[32];
    uint8_t vreg[32][32];
    uint8_t pad1[TCG_PAGE - 32 * 8 - 32 * 32];
    /* page 2, read-only in ring 3 */
    uint32_t poll;            /* nonzero: leave translated code soon */
    uint32_t waiting;         /* the guest's: an interrupt waits for being enabled */
    uint64_t gate, exit;      /* plat_gate_info() */
    struct {
        uint64_t mask;        /* (entries - 1) << TCG_TLB_ENTRY_BITS */
        uint64_t base;        /* user address of tcg_tlb_entry[] */
    } tlb[TCG_MMU_ROLES];
    uint64_t jc_base;         /* user address of tcg_jc_entry[TCG_JC_SIZE] */
    uint64_t pad3[4];
    uint8_t constants[1024] __attribute__((aligned(64))); /* the back end's: masks and the like */
    uint8_t pad4[TCG_PAGE - 64 * 3 - 1024];
};

_Static_assert(sizeof(struct tcg_env) == 3 * TCG_PAGE, "three pages: x, f, read-only");

#endif
