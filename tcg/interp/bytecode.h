/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytecode that tcg/interp/compile.c writes and tcg/interp/interp.c runs.
 *
 * A block is a header, its constants (64 bits each), then words. An op is a head word, its arguments (outputs
 * first), its immediates as its class lists them (a label: the word to go on at, counted from the first op). A
 * goto_tb has its 8-byte aligned link behind that: the entry it goes to, 0 while it is not linked. */
#ifndef PYRITE_TCG_INTERP_BYTECODE_H
#define PYRITE_TCG_INTERP_BYTECODE_H

#include "tcg/backend.h"

struct interp_block {
    uint32_t stale;    /* diverted: whoever enters leaves */
    uint32_t tb_id;
    uint32_t nconsts;
    uint32_t nwords;
    uint64_t consts[]; /* then the words */
};
static inline const uint32_t *interp_words(const struct interp_block *b) {
    return (const uint32_t *)(b->consts + b->nconsts);
}

/* Head word: opcode, type, length in words with the head. */
static inline uint32_t interp_head(unsigned opc, unsigned type, unsigned len) { return opc | type << 8 | len << 16; }
static inline unsigned interp_opc(uint32_t head) { return head & 0xff; }
static inline enum tcg_type interp_type(uint32_t head) { return (enum tcg_type)(head >> 8 & 0xff); }
static inline unsigned interp_len(uint32_t head) { return head >> 16; }

/* Argument word: which base, and the index of the 64 bits from there. */
enum { INTERP_ENV, INTERP_LOCAL, INTERP_CONST, INTERP_BASES };
static inline uint32_t interp_arg(unsigned base, uint32_t index) { return base << 24 | index; }
/* A call that gives no result or drops it. */
#define INTERP_NO_ARG 0xffffffffu

/* Words of a call: head, helper, result, argument count, arguments. */
enum { INTERP_CALL_HELPER = 1, INTERP_CALL_RET, INTERP_CALL_NARGS, INTERP_CALL_ARGS };

bool interp_compile(struct tcg_ctx *s, struct tcg_code *out);
uint64_t interp_used(void);
uint64_t interp_piece(uint64_t entry);
void interp_reset(void);

#endif
