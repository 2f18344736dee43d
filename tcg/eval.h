/* SPDX-License-Identifier: BSD-2-Clause */
/* What the integer ops of tcg/ops.def compute, once for the optimiser and the interpreter. Values of i32 are
 * zero-extended, in and out. Every function is total. */
#ifndef PYRITE_TCG_EVAL_H
#define PYRITE_TCG_EVAL_H

#include "tcg/ir.h"

static inline uint64_t tcg_sext(uint64_t v, unsigned bits) {
    return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
}
static inline uint64_t tcg_zext(uint64_t v, unsigned bits) { return v << (64 - bits) >> (64 - bits); }

/* What a load with this memory operand leaves of the bytes in v (then cut to 32 bits if the temp is an i32). */
static inline uint64_t tcg_extend(uint64_t v, unsigned memop) {
    unsigned bits = 8u << (memop & TCG_MO_SIZE);
    return memop & TCG_MO_SIGN ? tcg_sext(v, bits) : tcg_zext(v, bits);
}

static inline enum tcg_cond tcg_cond_invert(enum tcg_cond c) { return (enum tcg_cond)(c ^ 1); }
/* The condition for exchanged operands. */
static inline enum tcg_cond tcg_cond_swap(enum tcg_cond c) {
    switch (c) {
    case TCG_LT: return TCG_GT;
    case TCG_GT: return TCG_LT;
    case TCG_LE: return TCG_GE;
    case TCG_GE: return TCG_LE;
    case TCG_LTU: return TCG_GTU;
    case TCG_GTU: return TCG_LTU;
    case TCG_LEU: return TCG_GEU;
    case TCG_GEU: return TCG_LEU;
    default: return c;
    }
}

static inline bool tcg_eval_cond(enum tcg_cond c, bool wide, uint64_t a, uint64_t b) {
    int64_t sa = wide ? (int64_t)a : (int32_t)a, sb = wide ? (int64_t)b : (int32_t)b;
    switch (c) {
    case TCG_EQ: return a == b;
    case TCG_NE: return a != b;
    case TCG_LT: return sa < sb;
    case TCG_GE: return sa >= sb;
    case TCG_LE: return sa <= sb;
    case TCG_GT: return sa > sb;
    case TCG_LTU: return a < b;
    case TCG_GEU: return a >= b;
    case TCG_LEU: return a <= b;
    case TCG_GTU: return a > b;
    case TCG_TSTEQ: return (a & b) == 0;
    case TCG_TSTNE: return (a & b) != 0;
    default: return false;
    }
}

/* What a guest_rmw of `bits` bits stores, given what was there; both operands count in their low bits only, the result
 * may have anything above them. An unknown kind changes nothing. */
static inline uint64_t tcg_eval_rmw(enum tcg_rmw k, unsigned bits, uint64_t old, uint64_t v) {
    int64_t so = (int64_t)tcg_sext(old, bits), sv = (int64_t)tcg_sext(v, bits);
    uint64_t uo = tcg_zext(old, bits), uv = tcg_zext(v, bits);
    switch (k) {
    case TCG_RMW_XCHG: return v;
    case TCG_RMW_ADD: return old + v;
    case TCG_RMW_AND: return old & v;
    case TCG_RMW_OR: return old | v;
    case TCG_RMW_XOR: return old ^ v;
    case TCG_RMW_MIN: return so < sv ? old : v;
    case TCG_RMW_MAX: return so > sv ? old : v;
    case TCG_RMW_MINU: return uo < uv ? old : v;
    case TCG_RMW_MAXU: return uo > uv ? old : v;
    }
    return old;
}

static inline uint64_t tcg_mulsh(uint64_t a, uint64_t b) {
    return (uint64_t)(((__int128)(int64_t)a * (int64_t)b) >> 64);
}
static inline uint64_t tcg_muluh(uint64_t a, uint64_t b) { return (uint64_t)(((unsigned __int128)a * b) >> 64); }
static inline uint64_t tcg_mulsuh(uint64_t a, uint64_t b) { return tcg_muluh(a, b) - ((int64_t)a < 0 ? b : 0); }
static inline int64_t tcg_div(int64_t a, int64_t b) {
    return b == 0 ? -1 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}
static inline int64_t tcg_rem(int64_t a, int64_t b) { return b == 0 ? a : b == -1 ? 0 : a % b; }
static inline uint64_t tcg_divu(uint64_t a, uint64_t b) { return b ? a / b : ~(uint64_t)0; }
static inline uint64_t tcg_remu(uint64_t a, uint64_t b) { return b ? a % b : a; }

/* The ops of polynomials, permutations and ciphers; 0 for any other (a may come from translated code). bits.c */
uint64_t tcg_eval_bits(enum tcg_opc opc, uint64_t a, uint64_t b);

/* A UN, BIN, SEXT, TRUNC or mov op on integers; `b` is ignored by those of one operand. `wide`: the op's type is
 * i64. */
static inline uint64_t tcg_eval(enum tcg_opc opc, bool wide, uint64_t a, uint64_t b) {
    unsigned bits = wide ? 64 : 32, n = b & (bits - 1);
    uint64_t sa = wide ? a : tcg_sext(a, 32), sb = wide ? b : tcg_sext(b, 32), r = 0;
    switch (opc) {
    case TCG_OP_mov: r = a; break;
    case TCG_OP_add: r = a + b; break;
    case TCG_OP_sub: r = a - b; break;
    case TCG_OP_mul: r = a * b; break;
    case TCG_OP_mulsh: r = tcg_mulsh(a, b); break;
    case TCG_OP_muluh: r = tcg_muluh(a, b); break;
    case TCG_OP_mulsuh: r = tcg_mulsuh(a, b); break;
    case TCG_OP_div: r = (uint64_t)tcg_div((int64_t)sa, (int64_t)sb); break;
    case TCG_OP_divu: r = tcg_divu(a, b); break;
    case TCG_OP_rem: r = (uint64_t)tcg_rem((int64_t)sa, (int64_t)sb); break;
    case TCG_OP_remu: r = tcg_remu(a, b); break;
    case TCG_OP_and: r = a & b; break;
    case TCG_OP_or: r = a | b; break;
    case TCG_OP_xor: r = a ^ b; break;
    case TCG_OP_andc: r = a & ~b; break;
    case TCG_OP_orc: r = a | ~b; break;
    case TCG_OP_eqv: r = ~(a ^ b); break;
    case TCG_OP_neg: r = 0 - a; break;
    case TCG_OP_not: r = ~a; break;
    case TCG_OP_shl: r = a << n; break;
    case TCG_OP_shr: r = a >> n; break;
    case TCG_OP_sar: r = (uint64_t)((int64_t)sa >> n); break;
    case TCG_OP_rotl: r = n ? a << n | a >> (bits - n) : a; break;
    case TCG_OP_rotr: r = n ? a >> n | a << (bits - n) : a; break;
    case TCG_OP_shr32: r = (uint32_t)a >> (b & 31); break;
    case TCG_OP_rotr32: r = (uint32_t)((uint32_t)a >> (b & 31) | (uint32_t)a << (-b & 31)); break;
    case TCG_OP_clz: r = a ? (unsigned)__builtin_clzll(a) - (64 - bits) : bits; break;
    case TCG_OP_ctz: r = a ? (unsigned)__builtin_ctzll(a) : bits; break;
    case TCG_OP_ctpop: r = (unsigned)__builtin_popcountll(a); break;
    case TCG_OP_bswap: r = wide ? __builtin_bswap64(a) : __builtin_bswap32((uint32_t)a); break;
    case TCG_OP_ext8s: r = tcg_sext(a, 8); break;
    case TCG_OP_ext8u: r = tcg_zext(a, 8); break;
    case TCG_OP_ext16s: r = tcg_sext(a, 16); break;
    case TCG_OP_ext16u: r = tcg_zext(a, 16); break;
    case TCG_OP_ext32s: case TCG_OP_ext_i32_i64: return tcg_sext(a, 32);
    case TCG_OP_ext32u: case TCG_OP_extu_i32_i64: case TCG_OP_trunc_i64_i32: return tcg_zext(a, 32);
    default: r = tcg_eval_bits(opc, a, b); break;
    }
    return wide ? r : (uint32_t)r;
}

#endif
