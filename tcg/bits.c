/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR's ops on polynomials over GF(2), S-boxes and permutations, in plain C: for the optimiser, for the
 * interpreter, and behind a gate for hosts that lack the instruction. Total. No branch and no address depends on a
 * value (Zkt): substitution boxes are computed, all eight bytes of a word at once, not looked up. */
#include "tcg/eval.h"

#define BYTES(x) ((x) * (uint64_t)0x0101010101010101)

/* ---- carry-less multiplication ---- */

static uint64_t clmul(uint64_t a, uint64_t b) {
    uint64_t r = 0;
    for (unsigned i = 0; i < 64; i++)
        r ^= (a << i) & (0 - (b >> i & 1));
    return r;
}

/* Bits 63 to 126 of the product. */
static uint64_t clmulr(uint64_t a, uint64_t b) {
    uint64_t r = 0;
    for (unsigned i = 0; i < 64; i++)
        r ^= (a >> (63 - i)) & (0 - (b >> i & 1));
    return r;
}

/* ---- fields of 256 elements, on eight bytes each ---- */

enum { AES_POLY = 0x1b, SM4_POLY = 0xf5 }; /* without x^8: FIPS 197, 4.2; GB/T 32907's S-box */

static uint64_t times_x(uint64_t a, unsigned poly) {
    uint64_t top = a & BYTES(0x80);
    return (a ^ top) << 1 ^ (top >> 7) * poly;
}

static uint64_t field_mul(uint64_t a, uint64_t b, unsigned poly) {
    uint64_t r = 0;
    for (unsigned i = 8; i--;)
        r = times_x(r, poly) ^ (a & (b >> i & BYTES(1)) * 0xff);
    return r;
}

/* a^254: the inverse, and 0 of 0. */
static uint64_t field_inverse(uint64_t a, unsigned poly) {
    uint64_t a2 = field_mul(a, a, poly), a3 = field_mul(a2, a, poly), x = a3;
    for (unsigned i = 0; i < 2; i++)
        x = field_mul(x, x, poly); /* a^12 */
    uint64_t a12 = x;
    x = field_mul(x, a3, poly); /* a^15 */
    for (unsigned i = 0; i < 4; i++)
        x = field_mul(x, x, poly); /* a^240 */
    return field_mul(field_mul(x, a12, poly), a2, poly);
}

/* Each byte rotated left. */
static uint64_t rol_bytes(uint64_t a, unsigned n) {
    uint64_t low = BYTES(0xffu >> n);
    return (a & low) << n | (a >> (8 - n) & ~(low << n) & BYTES((1u << n) - 1));
}

/* The sum of the rotations named by the bits of `which`. */
static uint64_t circulant(uint64_t a, unsigned which) {
    uint64_t r = which & 1 ? a : 0;
    for (unsigned n = 1; n < 8; n++)
        r ^= which >> n & 1 ? rol_bytes(a, n) : 0;
    return r;
}

/* FIPS 197, 5.1.1 and 5.3.2 */
static uint64_t aes_sub(uint64_t a) { return circulant(field_inverse(a, AES_POLY), 0x1f) ^ BYTES(0x63); }
static uint64_t aes_inv_sub(uint64_t a) { return field_inverse(circulant(a, 0x4a) ^ BYTES(0x05), AES_POLY); }
/* A(I(A(x) + c)) + c, a form that F. Liu and others found ("Analysis of the SMS4 block cipher", ACISP 2007). */
static uint64_t sm4_sub(uint64_t a) {
    uint64_t in = circulant(a, 0xcb) ^ BYTES(0xd3);
    return circulant(field_inverse(in, SM4_POLY), 0xcb) ^ BYTES(0xd3);
}

/* ---- AES on two columns ---- */

/* The first two columns of ShiftRows (step 1), InvShiftRows (step 3) of the state hi:lo. */
static uint64_t shift_rows(uint64_t lo, uint64_t hi, unsigned step) {
    uint64_t r = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned from = (i / 4 + step * (i % 4)) % 4 * 4 + i % 4;
        r |= ((from < 8 ? lo : hi) >> 8 * (from % 8) & 0xff) << 8 * i;
    }
    return r;
}

static uint64_t rol_columns(uint64_t a, unsigned n) {
    uint64_t low = (uint64_t)(0xffffffffu >> n) * 0x100000001;
    return (a & low) << n | (a >> (32 - n) & ((uint64_t)0xffffffffu >> (32 - n)) * 0x100000001);
}

/* Each byte b0 of a column becomes 2 b0 + 3 b1 + b2 + b3. */
static uint64_t mix_columns(uint64_t a) {
    uint64_t next = rol_columns(a, 24);
    return times_x(a ^ next, AES_POLY) ^ next ^ rol_columns(a, 16) ^ rol_columns(a, 8);
}

/* The matrix of InvMixColumns is that of MixColumns times 5 + 4 x^2. */
static uint64_t inv_mix_columns(uint64_t a) {
    uint64_t t = a ^ rol_columns(a, 16);
    return mix_columns(a ^ times_x(times_x(t, AES_POLY), AES_POLY));
}

/* SubWord of the upper word in the lower half; that rotated right by a byte (RotWord) in the upper. */
static uint64_t aes_key(uint64_t a) {
    uint32_t w = (uint32_t)aes_sub(a >> 32);
    return w | (uint64_t)(w >> 8 | w << 24) << 32;
}

/* ---- permutations ---- */

static uint64_t brev8(uint64_t a) {
    a = (a & BYTES(0x55)) << 1 | (a >> 1 & BYTES(0x55));
    a = (a & BYTES(0x33)) << 2 | (a >> 2 & BYTES(0x33));
    return (a & BYTES(0x0f)) << 4 | (a >> 4 & BYTES(0x0f));
}

/* For each element of b, the element of a that it numbers; 0 if there is none. */
static uint64_t permute(uint64_t a, uint64_t b, unsigned bits) {
    uint64_t r = 0, mask = ((uint64_t)1 << bits) - 1;
    for (unsigned i = 0; i < 64; i += bits) {
        uint64_t n = b >> i & mask, have = n * bits < 64;
        r |= (a >> (n * bits & 63) & mask & (0 - have)) << i;
    }
    return r;
}

uint64_t tcg_eval_bits(enum tcg_opc opc, uint64_t a, uint64_t b) {
    switch (opc) {
    case TCG_OP_clmul: return clmul(a, b);
    case TCG_OP_clmulh: return clmulr(a, b) >> 1;
    case TCG_OP_clmulr: return clmulr(a, b);
    case TCG_OP_brev8: return brev8(a);
    case TCG_OP_perm4: return permute(a, b, 4);
    case TCG_OP_perm8: return permute(a, b, 8);
    case TCG_OP_aesenc: return mix_columns(aes_sub(shift_rows(a, b, 1)));
    case TCG_OP_aesenclast: return aes_sub(shift_rows(a, b, 1));
    case TCG_OP_aesdec: return inv_mix_columns(aes_inv_sub(shift_rows(a, b, 3)));
    case TCG_OP_aesdeclast: return aes_inv_sub(shift_rows(a, b, 3));
    case TCG_OP_aesimc: return inv_mix_columns(a);
    case TCG_OP_aeskey: return aes_key(a);
    case TCG_OP_sm4sub: return sm4_sub(a) & 0xff;
    default: return 0;
    }
}
