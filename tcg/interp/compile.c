/* SPDX-License-Identifier: BSD-2-Clause */
/* Units into bytecode.
 *
 * Assumes: a verified unit. Guarantees: blocks lie in memory of plat_alloc(), 16-byte aligned, and stay until
 * interp_reset(); compiling is one walk under one lock (this back end is for checking, not for speed). */
#include <string.h>

#include "tcg/class.h"
#include "tcg/interp/bytecode.h"

enum { CHUNK = 4 << 20, MAX_CHUNKS = 128, WORDS_AN_OP = 12 };

static plat_lock_t lock;
static uint8_t *chunks[MAX_CHUNKS];
static unsigned nchunks, chunk; /* allocated; the one in use */
static size_t fill;             /* bytes used of it */

struct builder {
    struct tcg_ctx *s;
    struct interp_block *block;
    uint32_t *words, n;
    uint32_t arg[TCG_MAX_TEMPS];     /* argument word of a temp */
    uint32_t label[TCG_MAX_LABELS];
    uint32_t link[2];                /* word of the slot's link */
};

uint64_t interp_used(void) { return nchunks ? (uint64_t)chunk * CHUNK + fill : 0; }

uint64_t interp_piece(uint64_t entry) {
    for (unsigned i = 0; i < nchunks; i++)
        if (entry - (uintptr_t)chunks[i] < CHUNK)
            return (uintptr_t)chunks[i];
    return 0;
}

void interp_reset(void) { chunk = 0, fill = 0; }

/* Room for `size` bytes, not taken yet. NULL: none left. */
static uint8_t *room(size_t size) {
    if (size > CHUNK)
        return NULL;
    if (nchunks && fill + size <= CHUNK)
        return chunks[chunk] + fill;
    unsigned next = nchunks ? chunk + 1 : 0;
    if (next == MAX_CHUNKS)
        return NULL;
    if (next == nchunks) {
        if (!(chunks[next] = plat_alloc(CHUNK)))
            return NULL;
        nchunks++;
    }
    chunk = next;
    fill = 0;
    return chunks[chunk];
}

static struct builder *builder(struct tcg_ctx *s) {
    if (!s->backend)
        s->backend = plat_alloc(sizeof(struct builder));
    if (s->backend)
        ((struct builder *)s->backend)->s = s;
    return s->backend;
}

/* Gives each temp that occurs its place; constants are copied into the block. */
static void place_temps(struct builder *b) {
    struct tcg_ctx *s = b->s;
    uint32_t nlocals = 0;
    for (tcgv t = 1; t < s->ntemps; t++) {
        const struct tcg_temp *p = &s->temps[t];
        if (p->kind == TCG_TEMP_GLOBAL)
            b->arg[t] = interp_arg(INTERP_ENV, p->off / 8);
        else if (p->kind == TCG_TEMP_LOCAL)
            b->arg[t] = interp_arg(INTERP_LOCAL, nlocals++);
        else {
            b->arg[t] = interp_arg(INTERP_CONST, b->block->nconsts);
            b->block->consts[b->block->nconsts++] = p->val;
        }
    }
}

static void put(struct builder *b, uint32_t w) { b->words[b->n++] = w; }

static void put_call(struct builder *b, const struct tcg_op *op) {
    put(b, (uint32_t)op->imm[0]);
    put(b, op->nout ? b->arg[op->arg[0]] : INTERP_NO_ARG);
    put(b, op->nin);
    for (unsigned k = 0; k < op->nin; k++)
        put(b, b->arg[op->arg[op->nout + k]]);
}

static void put_op(struct builder *b, const struct tcg_op *op) {
    const char *kinds = tcg_classes[tcg_opdefs[op->opc].cls].imm;
    uint32_t head = b->n;
    put(b, 0);
    if (op->opc == TCG_OP_call) {
        put_call(b, op);
    } else {
        for (unsigned k = 0; k < (unsigned)op->nout + op->nin; k++)
            put(b, b->arg[op->arg[k]]);
        for (unsigned k = 0; kinds[k]; k++)
            put(b, (uint32_t)op->imm[k]);
    }
    if (op->opc == TCG_OP_goto_tb) {
        b->n += b->n & 1;
        b->link[op->imm[0]] = b->n;
        put(b, 0);
        put(b, 0);
    }
    b->words[head] = interp_head(op->opc, op->type, b->n - head);
}

/* Labels in branches become positions. */
static void resolve(struct builder *b) {
    for (uint32_t i = 0; i < b->n; i += interp_len(b->words[i])) {
        unsigned opc = interp_opc(b->words[i]);
        if (opc == TCG_OP_br)
            b->words[i + 1] = b->label[b->words[i + 1]];
        else if (opc == TCG_OP_brcond)
            b->words[i + 4] = b->label[b->words[i + 4]];
    }
}

static void build(struct builder *b) {
    b->block->stale = 0;
    b->block->tb_id = b->s->tb_id;
    b->block->nconsts = 0;
    place_temps(b);
    b->words = (uint32_t *)interp_words(b->block);
    b->n = 0;
    TCG_FOREACH(b->s, op) {
        if (op->opc == TCG_OP_set_label)
            b->label[op->imm[0]] = b->n;
        else
            put_op(b, op);
    }
    resolve(b);
    b->block->nwords = b->n;
}

static void describe(const struct builder *b, struct tcg_code *out) {
    const struct interp_block *block = b->block;
    memset(out, 0, sizeof *out);
    out->entry = (uintptr_t)block;
    out->size = (uint32_t)((uintptr_t)(b->words + b->n) - (uintptr_t)block);
    TCG_FOREACH(b->s, op) {
        if (op->opc != TCG_OP_goto_tb)
            continue;
        out->jump[op->imm[0]] = (uintptr_t)(b->words + b->link[op->imm[0]]);
        out->jump_off[op->imm[0]] = (uint32_t)op->imm[1];
    }
}

bool interp_compile(struct tcg_ctx *s, struct tcg_code *out) {
    struct builder *b = builder(s);
    if (!b || s->overflow)
        return false;
    size_t most = sizeof(struct interp_block) + s->ntemps * sizeof(uint64_t) + (size_t)s->nops * WORDS_AN_OP * 4;
    plat_lock(&lock);
    b->block = (struct interp_block *)room(most);
    if (b->block) {
        build(b);
        describe(b, out);
        fill += (out->size + 15u) & ~(size_t)15;
    }
    plat_unlock(&lock);
    return b->block != NULL;
}
