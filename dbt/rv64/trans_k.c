/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalar cryptography 1.0: Zbkb, Zbkc, Zbkx, Zknd, Zkne, Zknh, Zksed, Zksh. What the host has an instruction for is
 * one IR op; the rest is rotates and exclusive ors. No op takes longer for one value than for another (Zkt):
 * tcg/bits.c. */
#include "dbt/rv64/translate.h"

typedef void gen1(struct tcg_ctx *s, tcgv d, tcgv a);

static bool un_op(struct rv64_ctx *c, const struct arg_un *a, gen1 *gen) {
    if (a->rd)
        gen(c->s, rv64_x[a->rd], ctx_x(c, a->rs1));
    return true;
}

/* ---- Zbkb, Zbkc, Zbkx ------------------------------------------------------------------------------------------- */

/* The low `bits` bits of a, above them those of b. */
static tcgv join(struct rv64_ctx *c, tcgv a, tcgv b, unsigned bits, gen1 *low) {
    tcgv x = ctx_new(c), y = ctx_new(c);
    low(c->s, x, a);
    if (bits < 32) {
        low(c->s, y, b);
        b = y;
    }
    tcg_gen_shl(c->s, y, b, ctx_imm(c, bits));
    tcg_gen_or(c->s, y, x, y);
    return y;
}

bool trans_pack(struct rv64_ctx *c, const struct arg_r *a) {
    if (a->rd)
        tcg_gen_mov(c->s, rv64_x[a->rd], join(c, ctx_x(c, a->rs1), ctx_x(c, a->rs2), 32, tcg_gen_ext32u));
    return true;
}

bool trans_packh(struct rv64_ctx *c, const struct arg_r *a) {
    if (a->rd)
        tcg_gen_mov(c->s, rv64_x[a->rd], join(c, ctx_x(c, a->rs1), ctx_x(c, a->rs2), 8, tcg_gen_ext8u));
    return true;
}

bool trans_packw(struct rv64_ctx *c, const struct arg_r *a) {
    if (a->rd)
        tcg_gen_ext32s(c->s, rv64_x[a->rd], join(c, ctx_x(c, a->rs1), ctx_x(c, a->rs2), 16, tcg_gen_ext16u));
    return true;
}

bool trans_brev8(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_brev8); }
bool trans_clmul(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_clmul); }
bool trans_clmulh(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_clmulh); }
bool trans_clmulr(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_clmulr); }
bool trans_xperm4(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_perm4); }
bool trans_xperm8(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_perm8); }

/* ---- Zknd, Zkne ------------------------------------------------------------------------------------------------- */

bool trans_aes64es(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_aesenclast); }
bool trans_aes64esm(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_aesenc); }
bool trans_aes64ds(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_aesdeclast); }
bool trans_aes64dsm(struct rv64_ctx *c, const struct arg_r *a) { return ctx_op_reg(c, a, tcg_gen_aesdec); }
bool trans_aes64im(struct rv64_ctx *c, const struct arg_un *a) { return un_op(c, a, tcg_gen_aesimc); }

/* Both halves of rd are SubWord of rs1's upper word, rotated and with a round constant added, or (the odd step of
 * 256-bit keys) neither. */
bool trans_aes64ks1i(struct rv64_ctx *c, const struct arg_i *a) {
    static const uint8_t constant[] = {1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36};
    if (!a->rd)
        return true;
    tcgv t = ctx_new(c);
    tcg_gen_aeskey(c->s, t, ctx_x(c, a->rs1));
    if (a->imm < 10) {
        tcg_gen_shr(c->s, t, t, ctx_imm(c, 32));
        tcg_gen_xor(c->s, t, t, ctx_imm(c, constant[a->imm]));
    }
    tcg_gen_mov(c->s, rv64_x[a->rd], join(c, t, t, 32, tcg_gen_ext32u));
    return true;
}

/* w0 = rs1's upper word + rs2's lower; w1 = w0 + rs2's upper. */
bool trans_aes64ks2(struct rv64_ctx *c, const struct arg_r *a) {
    if (!a->rd)
        return true;
    tcgv t = ctx_new(c), high = ctx_new(c), low = ctx_new(c);
    tcg_gen_shr(c->s, t, ctx_x(c, a->rs1), ctx_imm(c, 32));
    tcg_gen_xor(c->s, t, t, ctx_x(c, a->rs2)); /* w0; above it rs2's upper word */
    tcg_gen_ext32u(c->s, low, t);
    tcg_gen_shl(c->s, high, low, ctx_imm(c, 32));
    tcg_gen_xor(c->s, rv64_x[a->rd], t, high);
    return true;
}

/* ---- Zknh, Zksh: sums of rotations ------------------------------------------------------------------------------ */

/* rd = (x >>> r1) + (x >>> r2) + z, with z = x >>> n or, for the sigma functions, x >> n. */
static tcgv sum(struct rv64_ctx *c, tcgv x, unsigned r1, unsigned r2, ctx_gen *third, unsigned n) {
    enum tcg_type t = tcg_typeof(c->s, x);
    tcgv p = tcg_temp_new(c->s, t), q = tcg_temp_new(c->s, t), z = tcg_temp_new(c->s, t);
    tcg_gen_rotr(c->s, p, x, tcg_const(c->s, t, r1));
    tcg_gen_rotr(c->s, q, x, tcg_const(c->s, t, r2));
    third(c->s, z, x, tcg_const(c->s, t, n));
    tcg_gen_xor(c->s, p, p, q);
    tcg_gen_xor(c->s, p, p, z);
    return p;
}

static bool sha256(struct rv64_ctx *c, const struct arg_un *a, unsigned r1, unsigned r2, ctx_gen *third, unsigned n) {
    if (a->rd)
        tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], sum(c, ctx_w(c, a->rs1), r1, r2, third, n));
    return true;
}

static bool sha512(struct rv64_ctx *c, const struct arg_un *a, unsigned r1, unsigned r2, ctx_gen *third, unsigned n) {
    if (a->rd)
        tcg_gen_mov(c->s, rv64_x[a->rd], sum(c, ctx_x(c, a->rs1), r1, r2, third, n));
    return true;
}

bool trans_sha256sum0(struct rv64_ctx *c, const struct arg_un *a) { return sha256(c, a, 2, 13, tcg_gen_rotr, 22); }
bool trans_sha256sum1(struct rv64_ctx *c, const struct arg_un *a) { return sha256(c, a, 6, 11, tcg_gen_rotr, 25); }
bool trans_sha256sig0(struct rv64_ctx *c, const struct arg_un *a) { return sha256(c, a, 7, 18, tcg_gen_shr, 3); }
bool trans_sha256sig1(struct rv64_ctx *c, const struct arg_un *a) { return sha256(c, a, 17, 19, tcg_gen_shr, 10); }
bool trans_sha512sum0(struct rv64_ctx *c, const struct arg_un *a) { return sha512(c, a, 28, 34, tcg_gen_rotr, 39); }
bool trans_sha512sum1(struct rv64_ctx *c, const struct arg_un *a) { return sha512(c, a, 14, 18, tcg_gen_rotr, 41); }
bool trans_sha512sig0(struct rv64_ctx *c, const struct arg_un *a) { return sha512(c, a, 1, 8, tcg_gen_shr, 7); }
bool trans_sha512sig1(struct rv64_ctx *c, const struct arg_un *a) { return sha512(c, a, 19, 61, tcg_gen_shr, 6); }

/* x + (x <<< n) + (x <<< m) */
static bool sm3(struct rv64_ctx *c, const struct arg_un *a, unsigned n, unsigned m) {
    if (!a->rd)
        return true;
    tcgv x = ctx_w(c, a->rs1);
    tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], sum(c, x, 32 - n, 32 - m, tcg_gen_rotr, 0));
    return true;
}

bool trans_sm3p0(struct rv64_ctx *c, const struct arg_un *a) { return sm3(c, a, 9, 17); }
bool trans_sm3p1(struct rv64_ctx *c, const struct arg_un *a) { return sm3(c, a, 15, 23); }

/* ---- Zksed ------------------------------------------------------------------------------------------------------ */

/* Byte bs of rs2 through the S-box and the sum of the rotations in `by` (GB/T 32907: L, and L' of the key schedule);
 * that standard's words begin with the high byte, the instructions' with the low one. Then to the byte's place, and
 * rs1 is added. */
static bool sm4(struct rv64_ctx *c, const struct arg_sm4 *a, const uint8_t *by, unsigned n) {
    if (!a->rd)
        return true;
    tcgv byte = ctx_new(c), x = tcg_temp_new(c->s, TCG_I32), r = tcg_temp_new(c->s, TCG_I32);
    tcg_gen_shr(c->s, byte, ctx_x(c, a->rs2), ctx_imm(c, 8 * a->imm));
    tcg_gen_sm4sub(c->s, byte, byte);
    tcg_gen_trunc_i64_i32(c->s, x, byte);
    tcg_gen_rotl(c->s, r, x, tcg_const(c->s, TCG_I32, 24));
    for (unsigned i = 0; i < n; i++) {
        tcgv t = tcg_temp_new(c->s, TCG_I32);
        tcg_gen_rotl(c->s, t, x, tcg_const(c->s, TCG_I32, (by[i] + 24) & 31));
        tcg_gen_xor(c->s, r, r, t);
    }
    tcg_gen_bswap(c->s, r, r);
    tcg_gen_rotl(c->s, r, r, tcg_const(c->s, TCG_I32, 8 * (unsigned)a->imm));
    tcg_gen_xor(c->s, r, r, ctx_w(c, a->rs1));
    tcg_gen_ext_i32_i64(c->s, rv64_x[a->rd], r);
    return true;
}

bool trans_sm4ed(struct rv64_ctx *c, const struct arg_sm4 *a) { return sm4(c, a, (const uint8_t[]){2, 10, 18, 24}, 4); }
bool trans_sm4ks(struct rv64_ctx *c, const struct arg_sm4 *a) { return sm4(c, a, (const uint8_t[]){13, 23}, 2); }
