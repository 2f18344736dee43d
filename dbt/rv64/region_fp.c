/* SPDX-License-Identifier: BSD-2-Clause */
/* rv64_region_singles(): which f registers a region uses for singles only, by the bytes of its instructions.
 *
 * Assumes: a region that rv64_region_find() has just found. Guarantees: nothing that correctness hangs on. */
#include "dbt/rv64/decode.h"
#include "dbt/rv64/region.h"

enum { OP_LOAD_FP = 0x07, OP_FP = 0x53, OP_FMA = 0x43, OP_FMA_MASK = 0x73, FMT_S = 0 };

/* funct5 of OP-FP with format S. */
enum { F_SQRT = 0x0b, F_CVT_FF = 0x08, F_CMP = 0x14, F_TO_INT = 0x18, F_MINMAX = 0x05, F_MV_X = 0x1c };

struct fp_use {
    uint32_t reads; /* as singles */
    int rd;         /* -1: none is written */
    bool single;    /* what is written there */
};

static uint32_t bit(unsigned n) { return 1u << n; }

static bool to_x(unsigned funct5) { return funct5 == F_CMP || funct5 == F_TO_INT || funct5 == F_MV_X; }

/* What OP-FP of format S reads. */
static uint32_t op_reads(uint32_t w) {
    unsigned funct5 = w >> 27, rs1 = decode_u(w, 19, 15), rs2 = decode_u(w, 24, 20);
    enum { CLASS = 1, FROUND = 4, FROUNDNX = 5 };
    if (funct5 <= F_MINMAX || funct5 == F_CMP)
        return bit(rs1) | bit(rs2);
    bool one = funct5 == F_SQRT || funct5 == F_TO_INT || (funct5 == F_MV_X && decode_u(w, 14, 12) == CLASS) ||
               (funct5 == F_CVT_FF && (rs2 == FROUND || rs2 == FROUNDNX));
    return one ? bit(rs1) : 0;
}

static struct fp_use use32(uint32_t w) {
    unsigned op = w & 0x7f, rd = decode_u(w, 11, 7), rs1 = decode_u(w, 19, 15), rs2 = decode_u(w, 24, 20);
    bool single = decode_u(w, 26, 25) == FMT_S;
    if (op == OP_LOAD_FP)
        return (struct fp_use){0, (int)rd, decode_u(w, 14, 12) == 2};
    if ((op & OP_FMA_MASK) == OP_FMA)
        return (struct fp_use){single ? bit(rs1) | bit(rs2) | bit(w >> 27) : 0, (int)rd, single};
    if (op != OP_FP)
        return (struct fp_use){0, -1, false};
    bool widens = w >> 27 == F_CVT_FF && rs2 == FMT_S;
    return (struct fp_use){single ? op_reads(w) : widens ? bit(rs1) : 0, to_x(w >> 27) ? -1 : (int)rd, single};
}

/* c.fld and c.fldsp. */
static struct fp_use use16(uint32_t w) {
    bool load = w >> 13 == 1 && ((w & 3) == 0 || (w & 3) == 2);
    unsigned rd = (w & 3) == 0 ? 8 + decode_u(w, 4, 2) : decode_u(w, 11, 7);
    return (struct fp_use){0, load ? (int)rd : -1, false};
}

uint32_t rv64_region_singles(struct guest_block *b, const struct rv64_region *r) {
    uint32_t reads = 0, others = 0;
    for (unsigned i = 0; i < r->n; i++) {
        uint32_t written = 0;
        uint16_t lo, hi = 0;
        for (int32_t off = r->block[i].start; off < r->block[i].end; off += (lo & 3) == 3 ? 4 : 2) {
            if (!tb_fetch16(b, (uint32_t)off, false, &lo) ||
                ((lo & 3) == 3 && !tb_fetch16(b, (uint32_t)off + 2, false, &hi)))
                return 0;
            struct fp_use u = (lo & 3) == 3 ? use32(lo | (uint32_t)hi << 16) : use16(lo);
            reads |= u.reads & ~written;
            if (u.rd >= 0) {
                written |= bit((unsigned)u.rd);
                others |= u.single ? 0 : bit((unsigned)u.rd);
            }
        }
    }
    return reads & ~others;
}
