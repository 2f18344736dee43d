/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoder: one interpreter of the rows in enc.def (Intel SDM volume 2, chapter 2). */
#include "tcg/x86/asm.h"

#include <string.h>

#define WIDE(size) ((size) == X86_SP ? 1 : (size) == X86_S64 ? 2 : 0)
const struct x86_enc x86_encs[X86_NENC] = {
#define ENC(id, name, pfx, map, op, digit, form, rs, ms, imm)                                                          \
    [X86_##id] = {name, pfx, map, op, digit, X86_##form, X86_S##rs, X86_S##ms, imm,                                    \
                  WIDE(X86_S##rs) | WIDE(X86_S##ms)},
#include "tcg/x86/enc.def"
#undef ENC
};

static uint8_t *imm_out(uint8_t *p, unsigned size, bool w, int64_t imm) {
    switch (size) {
    case 0: return p;
    case 1: *p = (uint8_t)imm; return p + 1;
    case 2: memcpy(p, &imm, 2); return p + 2;
    case 9:
        if (w) {
            memcpy(p, &imm, 8);
            return p + 8;
        } /* fall through */
    default: memcpy(p, &imm, 4); return p + 4;
    }
}

static bool is_w(const struct x86_enc *e, bool w) {
    return e->wide & (2u | w);
}

/* Prefixes and opcode of the legacy encoding. r, x, b: bit 3 of the registers. */
static inline uint8_t *legacy(uint8_t *p, const struct x86_enc *e, bool w, unsigned r, unsigned x, unsigned b,
                              bool byte, unsigned add) {
    if (e->prefix)
        *p++ = e->prefix;
    unsigned rex = (unsigned)is_w(e, w) << 3 | (r >> 3) << 2 | (x >> 3) << 1 | b >> 3;
    if (rex || byte)
        *p++ = (uint8_t)(0x40 | rex);
    if (e->map)
        *p++ = 0x0f;
    if (e->map > 1)
        *p++ = e->map == 2 ? 0x38 : 0x3a;
    *p++ = (uint8_t)(e->op + add);
    return p;
}

static uint8_t *vex(uint8_t *p, const struct x86_enc *e, bool w, unsigned r, unsigned x, unsigned b, unsigned v) {
    unsigned pp = e->prefix == 0x66 ? 1 : e->prefix == 0xf3 ? 2 : e->prefix == 0xf2 ? 3 : 0;
    unsigned wbit = e->form == X86_VW || is_w(e, w), tail = (~v & 15) << 3 | pp;
    if (e->map == 1 && !wbit && !(x & 8) && !(b & 8)) {
        *p++ = 0xc5;
        *p++ = (uint8_t)((r & 8 ? 0 : 0x80) | tail);
    } else {
        *p++ = 0xc4;
        *p++ = (uint8_t)((r & 8 ? 0 : 0x80) | (x & 8 ? 0 : 0x40) | (b & 8 ? 0 : 0x20) | e->map);
        *p++ = (uint8_t)(wbit << 7 | tail);
    }
    *p++ = e->op;
    return p;
}

static inline uint8_t *head(uint8_t *p, const struct x86_enc *e, bool w, unsigned reg, unsigned v, unsigned x,
                            unsigned b, bool byte) {
    if (e->form < X86_V)
        return legacy(p, e, w, reg, x, b, byte, v);
    return vex(p, e, w, reg, x, b, e->form >= X86_V2 ? 0 : v);
}

uint8_t *x86_rr(uint8_t *p, enum x86_id id, bool w, unsigned reg, unsigned v, unsigned rm, int64_t imm) {
    const struct x86_enc *e = &x86_encs[id];
    bool byte = (e->msize == X86_S8 && rm >= 4) || (e->rsize == X86_S8 && reg >= 4);
    if (e->form == X86_N) {
        p = legacy(p, e, w, 0, 0, 0, false, 0);
        if (e->digit)
            *p++ = e->digit;
        return p;
    }
    if (e->form == X86_O) {
        p = legacy(p, e, w, 0, 0, rm, false, rm & 7);
        return imm_out(p, e->imm, w, imm);
    }
    if (e->form == X86_M)
        reg = e->digit;
    p = head(p, e, w, reg, v, 0, rm, byte);
    *p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    return imm_out(p, e->imm, w, imm);
}

uint8_t *x86_rm(uint8_t *p, enum x86_id id, bool w, unsigned reg, unsigned v, struct x86_mem m, int64_t imm) {
    const struct x86_enc *e = &x86_encs[id];
    bool sib = m.index >= 0 || (m.base & 7) == 4;
    unsigned x = m.index >= 0 ? (unsigned)m.index : 4, mod;
    if (e->form == X86_M)
        reg = e->digit;
    p = head(p, e, w, reg, v, m.index >= 0 ? x : 0, m.base, e->rsize == X86_S8 && reg >= 4);
    if (m.disp == 0 && (m.base & 7) != 5)
        mod = 0;
    else
        mod = m.disp == (int8_t)m.disp ? 1 : 2;
    *p++ = (uint8_t)(mod << 6 | (reg & 7) << 3 | (sib ? 4 : m.base & 7));
    if (sib)
        *p++ = (uint8_t)(m.shift << 6 | (x & 7) << 3 | (m.base & 7));
    if (mod == 1)
        *p++ = (uint8_t)m.disp;
    if (mod == 2) {
        memcpy(p, &m.disp, 4);
        p += 4;
    }
    return imm_out(p, e->imm, w, imm);
}

uint8_t *x86_nop(uint8_t *p, unsigned n) {
    static const uint8_t nops[9][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };
    while (n) {
        unsigned k = n < 9 ? n : 9;
        memcpy(p, nops[k - 1], k);
        p += k;
        n -= k;
    }
    return p;
}
