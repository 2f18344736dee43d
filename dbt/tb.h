/* SPDX-License-Identifier: BSD-2-Clause */
/* Translated blocks. Keyed by the physical pages of all their bytes, the offset in the page, and the flags they were
 * specialised on (DESIGN 3.4). */
#ifndef PYRITE_DBT_TB_H
#define PYRITE_DBT_TB_H

#include "dbt/vcpu.h"
#include "tcg/backend.h"

#define TB_MAX_INSNS 128
#define TB_MAX_BYTES 512 /* so that a block touches two pages at the most */

/* In a block's flags, above the guest's: it lies in a page of which only a part may be executed (PMP). Such a block is
 * one instruction, fetched parcel by parcel, and never linked to; a block that was made while all of the page was
 * allowed does not stand for it. */
#define TB_PART ((uint64_t)1 << 63)

struct tb {
    /* First, and in one cache line, what a look-up reads. */
    struct tb *hash_next;
    uint64_t phys[2];      /* guest frames (gpa of the page) of its bytes; phys[1] is ~0 if it does not cross */
    uint64_t flags;
    uint32_t id;
    uint16_t off;          /* page offset of the first byte */
    uint16_t src_off;      /* of the first byte of its source; off, except for regions */
    uint16_t size;         /* guest bytes from there on */
    uint16_t ninsns;
    uint8_t heat;          /* jumps back to here that came through the engine; tb_hot and more: decided about */
    bool valid;
    bool region;           /* all loops through its start, not one way from there */
    struct tcg_code code;
    uint8_t *bytes;        /* copy of its source */
    struct tb *page_next[2];       /* list of the blocks with bytes in a frame */
    struct tb *jump_to[2];         /* linked successors */
    struct tb *jump_from;          /* head of the list of (tb, slot) that jump here; low bit of the pointer: slot */
    struct tb *jump_next[2];
} __attribute__((aligned(64)));

/* By virtual PC, through the jump cache that belongs to the current address space and flags; NULL if not there. */
struct tb *tb_find_fast(struct vcpu *cpu, uint64_t pc, uint64_t flags);
/* By physical address; fetch faults leave an exception pending and give NULL; NULL without one: not translated yet. */
struct tb *tb_find_slow(struct vcpu *cpu, uint64_t pc, uint64_t flags);
/* Translates. NULL: exception pending. */
struct tb *tb_gen_code(struct vcpu *cpu, uint64_t pc, uint64_t flags);
/* Called for each jump back to block `tb`, at pc, that is not linked yet. True: it may be linked, to *tb, which may be
 * another one now: the region of loops through it takes its place when it has become hot. */
extern unsigned tb_hot; /* rounds before a region is made; above 255: never */
bool tb_warm(struct vcpu *cpu, uint64_t pc, struct tb **tb);
struct tb *tb_by_id(uint32_t id);      /* NULL: no such block */
uint32_t tb_count(void);               /* ids below this one may be blocks */
struct tb *tb_by_host_pc(uint64_t pc); /* user address inside its code */
struct tb *tb_at(struct vcpu *cpu, uint64_t pc); /* the same for where the hart's translated code is; often known */
void tb_link(struct tb *from, unsigned slot, struct tb *to, uint32_t generation);
void tb_invalidate(struct tb *tb);
/* Under tb_lock, while no hart is in translated code: the oldest part of the code cache goes, with its blocks. False:
 * there is nothing that could go alone. */
bool tb_evict(void);
void tb_flush_all(void);

#endif
