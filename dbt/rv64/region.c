/* SPDX-License-Identifier: BSD-2-Clause */
/* rv64_region_find(): the shape of the code in a page, by its jumps alone.
 *
 * Assumes: that the bytes can be read by tb_fetch16(). Guarantees: nothing but offsets within the page; a block ends
 * behind a jump, behind whatever is no plain instruction, and before an instruction that a jump goes to; what lies
 * beyond the limits is left out, so that jumps there leave the region. */
#include "dbt/rv64/region.h"

#include <string.h>

#include "dbt/rv64/decode.h"

enum { SLOTS = GUEST_PAGE_SIZE / 2 };

enum kind { PLAIN, BRANCH, JUMP, END };
struct insn {
    unsigned len;
    enum kind kind;
    int32_t target;
};

/* The instructions met so far. */
struct scan {
    struct guest_block *b;
    struct insn insn[SLOTS];  /* by offset / 2; len 0: not met */
    int32_t met[REGION_MAX_INSNS];
    uint64_t leader[SLOTS / 64];
    int32_t todo[REGION_MAX_INSNS + 2];
    unsigned ntodo, ninsns;
};

/* Of the page only what the last scan met. */
static void scan_begin(struct scan *s, struct guest_block *b) {
    for (unsigned i = 0; i < s->ninsns; i++)
        s->insn[s->met[i] / 2].len = 0;
    memset(s->leader, 0, sizeof s->leader);
    s->ntodo = s->ninsns = 0;
    s->b = b;
}

static bool is_leader(const struct scan *s, int32_t off) { return s->leader[off / 128] >> off / 2 % 64 & 1; }

static bool read16(struct guest_block *b, int32_t off, uint32_t *out) {
    uint16_t v;
    if (off + 2 > (int32_t)GUEST_PAGE_SIZE || !tb_fetch16(b, (uint32_t)off, false, &v))
        return false;
    *out = v;
    return true;
}

/* Compressed: only c.j, c.beqz, c.bnez stay in sight; c.jr, c.jalr, c.ebreak end. */
static struct insn classify16(uint32_t w, int32_t off) {
    unsigned op = w & 3, funct3 = w >> 13;
    if (op == 1 && funct3 == 5) {
        uint32_t imm = decode_s(w, 12, 12) << 11 | decode_u(w, 8, 8) << 10 | decode_u(w, 10, 9) << 8 |
                       decode_u(w, 6, 6) << 7 | decode_u(w, 7, 7) << 6 | decode_u(w, 2, 2) << 5 |
                       decode_u(w, 11, 11) << 4 | decode_u(w, 5, 3) << 1;
        return (struct insn){2, JUMP, off + (int32_t)imm};
    }
    if (op == 1 && funct3 >= 6) {
        uint32_t imm = decode_s(w, 12, 12) << 8 | decode_u(w, 6, 5) << 6 | decode_u(w, 2, 2) << 5 |
                       decode_u(w, 11, 10) << 3 | decode_u(w, 4, 3) << 1;
        return (struct insn){2, BRANCH, off + (int32_t)imm};
    }
    bool leaves = (op == 2 && funct3 == 4 && !(w >> 2 & 31)) || w == 0;
    return (struct insn){2, leaves ? END : PLAIN, 0};
}

static struct insn classify32(uint32_t w, int32_t off) {
    enum { OP_BRANCH = 0x63, OP_JALR = 0x67, OP_JAL = 0x6f, OP_SYSTEM = 0x73, OP_MISC_MEM = 0x0f, FENCE_I = 1 };
    unsigned op = w & 0x7f, rd = w >> 7 & 31, funct3 = w >> 12 & 7;
    if (op == OP_BRANCH) {
        uint32_t imm =
            decode_s(w, 31, 31) << 12 | decode_u(w, 7, 7) << 11 | decode_u(w, 30, 25) << 5 | decode_u(w, 11, 8) << 1;
        return (struct insn){4, BRANCH, off + (int32_t)imm};
    }
    if (op == OP_JAL && !rd) {
        uint32_t imm = decode_s(w, 31, 31) << 20 | decode_u(w, 19, 12) << 12 | decode_u(w, 20, 20) << 11 |
                       decode_u(w, 30, 21) << 1;
        return (struct insn){4, JUMP, off + (int32_t)imm};
    }
    bool fflags = op == OP_SYSTEM && funct3 && w >> 20 == 1; /* may be done in place */
    bool leaves =
        op == OP_JAL || op == OP_JALR || (op == OP_SYSTEM && !fflags) || (op == OP_MISC_MEM && funct3 == FENCE_I);
    return (struct insn){4, leaves ? END : PLAIN, 0};
}

static bool read_insn(struct guest_block *b, int32_t off, struct insn *out) {
    uint32_t lo, hi;
    if (!read16(b, off, &lo))
        return false;
    if ((lo & 3) != 3) {
        *out = classify16(lo, off);
        return true;
    }
    if (!read16(b, off + 2, &hi))
        return false;
    *out = classify32(lo | hi << 16, off);
    return true;
}

static bool in_page(int32_t off) { return off >= 0 && off < (int32_t)GUEST_PAGE_SIZE && !(off & 1); }

static void want(struct scan *s, int32_t off) {
    if (!in_page(off))
        return;
    s->leader[off / 128] |= (uint64_t)1 << off / 2 % 64;
    if (!s->insn[off / 2].len && s->ntodo < sizeof s->todo / sizeof *s->todo)
        s->todo[s->ntodo++] = off;
}

/* From a leader on, until the flow leaves or meets what is known. First found, first followed: near code before far. */
static void walk(struct scan *s) {
    for (unsigned i = 0; i < s->ntodo; i++)
        for (int32_t off = s->todo[i]; in_page(off) && !s->insn[off / 2].len && s->ninsns < REGION_MAX_INSNS;) {
            struct insn in;
            if (!read_insn(s->b, off, &in))
                break;
            s->insn[off / 2] = in;
            s->met[s->ninsns++] = off;
            off += (int32_t)in.len;
            if (in.kind == BRANCH || in.kind == JUMP)
                want(s, in.target);
            if (in.kind == BRANCH)
                want(s, off);
            if (in.kind != PLAIN)
                break;
        }
}

/* The block that starts at off. False: it runs into what was not scanned. */
static bool make_block(const struct scan *s, int32_t off, struct region_block *b) {
    const struct insn *in;
    *b = (struct region_block){.start = off, .to = {REGION_NONE, REGION_NONE}};
    do {
        if (!in_page(off) || !s->insn[off / 2].len)
            return false;
        in = &s->insn[off / 2];
        off += (int32_t)in->len;
    } while (in->kind == PLAIN && in_page(off) && !is_leader(s, off));
    b->end = off;
    if (in->kind == PLAIN || in->kind == BRANCH)
        b->to[0] = off;
    if (in->kind == BRANCH || in->kind == JUMP)
        b->to[1] = in->target;
    return true;
}

static bool make_blocks(const struct scan *s, int32_t first, struct rv64_region *r) {
    r->n = 0;
    if (!make_block(s, first, &r->block[r->n++]))
        return false;
    for (int32_t word = 0; word < SLOTS / 64; word++)
        for (uint64_t bits = s->leader[word]; bits && r->n < REGION_MAX_BLOCKS; bits &= bits - 1) {
            int32_t off = word * 128 + 2 * __builtin_ctzll(bits);
            if (off != first && s->insn[off / 2].len && make_block(s, off, &r->block[r->n]))
                r->n++;
        }
    return true;
}

static int find(const struct rv64_region *r, int32_t off) {
    for (unsigned i = 0; i < r->n; i++)
        if (r->block[i].start == off)
            return (int)i;
    return -1;
}

/* Bit i: block i is reached from block 0 (forward), or leads to it. */
static uint32_t closure(const struct rv64_region *r, bool forward) {
    uint32_t set = 1, before;
    do {
        before = set;
        for (unsigned i = 0; i < r->n; i++)
            for (unsigned k = 0; k < 2; k++) {
                int j = find(r, r->block[i].to[k]);
                if (j < 0)
                    continue;
                unsigned from = forward ? i : (unsigned)j, to = forward ? (unsigned)j : i;
                set |= set >> from & 1 ? 1u << to : 0;
            }
    } while (set != before);
    return set;
}

/* Depth first from block i: every cycle has a jump to a block that is on the path to its source. */
static void mark_headers(struct rv64_region *r, unsigned i, uint32_t path, uint32_t *seen) {
    *seen |= 1u << i;
    path |= 1u << i;
    for (unsigned k = 0; k < 2; k++) {
        int j = find(r, r->block[i].to[k]);
        if (j < 0)
            continue;
        if (path >> j & 1)
            r->block[j].header = true;
        else if (!(*seen >> j & 1))
            mark_headers(r, (unsigned)j, path, seen);
    }
}

/* A loop reaches from a place that is jumped back to, to the last such jump. By address, as compilers lay code out: the
 * region may start in the midst of an inner loop. */
static void find_depths(struct rv64_region *r) {
    for (unsigned h = 0; h < r->n; h++) {
        int32_t first = r->block[h].start, last = -1;
        for (unsigned i = 0; i < r->n; i++)
            for (unsigned k = 0; k < 2; k++)
                if (r->block[i].to[k] == first && r->block[i].start >= first && r->block[i].start > last)
                    last = r->block[i].start;
        for (unsigned i = 0; i < r->n; i++)
            r->block[i].depth += r->block[i].start >= first && r->block[i].start <= last;
    }
}

static void keep(struct rv64_region *r, uint32_t set) {
    unsigned n = 0;
    uint32_t seen = 0;
    for (unsigned i = 0; i < r->n; i++)
        if (set >> i & 1)
            r->block[n++] = r->block[i];
    r->n = n;
    mark_headers(r, 0, 0, &seen);
    find_depths(r);
}

unsigned rv64_region_rounds(const struct region_block *blk) {
    enum { MAX_ROUNDS = 8, MAX_BYTES = 96 };
    unsigned fit = MAX_BYTES / (unsigned)(blk->end - blk->start);
    if (blk->to[1] != blk->start || blk->to[0] == REGION_NONE || fit == 0)
        return 1;
    return fit < MAX_ROUNDS ? fit : MAX_ROUNDS;
}

bool rv64_region_find(struct guest_block *b, struct rv64_region *r) {
    static struct scan s; /* the translator is under one lock */
    int32_t first = (int32_t)b->start_off;
    scan_begin(&s, b);
    want(&s, first);
    walk(&s);
    if (!make_blocks(&s, first, r))
        return false;
    keep(r, closure(r, true) & closure(r, false));
    return r->n > 1 || rv64_region_rounds(&r->block[0]) > 1;
}
