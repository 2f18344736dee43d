/* SPDX-License-Identifier: BSD-2-Clause */
/* The disassembler of -d out_asm: the rows of enc.def read backwards, and the jumps and paddings that have no row. It
 * knows what this back end emits and nothing else. Tested with the encoder: tests/tcg/main_x86-enc.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tcg/x86/asm.h"

struct insn {
    const uint8_t *p, *start; /* the next byte; the first */
    uint64_t pc;      /* of the first */
    bool lock, vex, w;
    uint8_t prefix, map, op, v;
    unsigned r, x, b; /* bit 3 of the registers, in place */
};
struct out {
    char *buf;
    size_t len, n;
};

static void __attribute__((format(printf, 2, 3))) put(struct out *o, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(o->buf + o->n, o->len - o->n, fmt, ap);
    va_end(ap);
    o->n = n > 0 && (size_t)n < o->len - o->n ? o->n + (size_t)n : o->len - 1;
}

/* ---- names ---- */

static const char cc_name[16][4] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                    "s", "ns", "p", "np", "l", "ge", "le", "g"};

static unsigned bits(unsigned size, bool w) { return size == X86_SP ? (w ? 64 : 32) : size == X86_SQ ? 64 : size; }

static void put_reg(struct out *o, unsigned size, unsigned r) {
    static const char low8[8][4] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    static const char low[8][4] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    if (size == X86_SX)
        put(o, "xmm%u", r);
    else if (r >= 8)
        put(o, "r%u%s", r, size == 8 ? "b" : size == 16 ? "w" : size == 32 ? "d" : "");
    else if (size == 8)
        put(o, "%s", low8[r]);
    else
        put(o, "%s%s", size == 64 ? "r" : size == 32 ? "e" : "", low[r]);
}

static void put_imm(struct out *o, int64_t v) {
    if (v > -1024 && v < 1024)
        put(o, "%lld", (long long)v);
    else
        put(o, "0x%llx", (unsigned long long)v);
}

/* ---- decoding ---- */

static void rex(struct insn *i, unsigned b) {
    i->w = b & 8;
    i->r = (b & 4) << 1;
    i->x = (b & 2) << 2;
    i->b = (b & 1) << 3;
}

static void vex(struct insn *i) {
    static const uint8_t pp[] = {0, 0x66, 0xf3, 0xf2};
    unsigned three = *i->p++ == 0xc4, b1 = *i->p++, last = three ? *i->p++ : b1;
    i->vex = true;
    i->r = b1 & 0x80 ? 0 : 8;
    i->x = three && !(b1 & 0x40) ? 8 : 0;
    i->b = three && !(b1 & 0x20) ? 8 : 0;
    i->map = three ? b1 & 31 : 1;
    i->w = three && last & 0x80;
    i->v = ~(last >> 3) & 15;
    i->prefix = pp[last & 3];
    i->op = *i->p++;
}

static void head(struct insn *i) {
    for (;; i->p++) {
        if (*i->p == 0xf0)
            i->lock = true;
        else if (*i->p == 0x66 || *i->p == 0xf2 || *i->p == 0xf3)
            i->prefix = *i->p;
        else
            break;
    }
    if (*i->p == 0xc4 || *i->p == 0xc5) {
        vex(i);
        return;
    }
    if ((*i->p & 0xf0) == 0x40)
        rex(i, *i->p++);
    i->op = *i->p++;
    if (i->op == 0x0f) {
        i->op = *i->p++;
        i->map = i->op == 0x38 ? 2 : i->op == 0x3a ? 3 : 1;
        if (i->map > 1)
            i->op = *i->p++;
    }
}

static bool has_cc(enum x86_id id) { return id == X86_SETCC || id == X86_CMOVCC; }

static bool matches(const struct insn *i, enum x86_id id) {
    const struct x86_enc *e = &x86_encs[id];
    bool fixed = e->rsize != X86_SP && e->msize != X86_SP;
    bool w = e->rsize == X86_S64 || e->msize == X86_S64 || e->form == X86_VW;
    uint8_t op = e->form == X86_O ? i->op & 0xf8 : has_cc(id) ? i->op & 0xf0 : i->op;
    if (e->map != i->map || e->prefix != i->prefix || op != e->op || i->vex != (e->form >= X86_V))
        return false;
    if (fixed && w != i->w && (w || e->msize == X86_S32 || e->form == X86_N || (i->vex && e->prefix == 0x66)))
        return false;
    if (e->form == X86_M)
        return (*i->p >> 3 & 7) == e->digit;
    return e->form != X86_N || !e->digit || *i->p == e->digit;
}

/* The memory operand of the ModRM byte m, whose SIB and displacement follow. */
static void put_mem(struct out *o, struct insn *i, unsigned m, unsigned size) {
    unsigned mod = m >> 6, base = m & 7, index = 4, shift = 0;
    int32_t disp = 0;
    if (base == 4) {
        shift = *i->p >> 6;
        index = (*i->p >> 3 & 7) | i->x;
        base = *i->p++ & 7;
    }
    if (mod == 1) {
        disp = (int8_t)*i->p++;
    } else if (mod == 2) {
        memcpy(&disp, i->p, 4);
        i->p += 4;
    }
    put(o, "%s[", size == 8 ? "byte " : size == 16 ? "word " : size == 32 ? "dword " : size == 64 ? "qword " : "");
    put_reg(o, 64, base | i->b);
    if (index != 4) {
        put(o, "+");
        put_reg(o, 64, index);
        put(o, "*%d", 1 << shift);
    }
    put(o, disp ? "%+d]" : "]", disp);
}

static void put_rm(struct out *o, struct insn *i, unsigned m, unsigned size) {
    if (m >> 6 == 3)
        put_reg(o, size, (m & 7) | i->b);
    else
        put_mem(o, i, m, size);
}

static void put_operands(struct out *o, struct insn *i, const struct x86_enc *e) {
    unsigned rs = bits(e->rsize, i->w), ms = bits(e->msize, i->w), m, r;
    if (e->form == X86_N) {
        i->p += e->digit != 0;
        return;
    }
    if (e->form == X86_O) {
        put_reg(o, ms, (i->op & 7) | i->b);
        return;
    }
    m = *i->p++;
    r = (m >> 3 & 7) | i->r;
    if (e->form == X86_MR || e->form == X86_V2M) {
        put_rm(o, i, m, ms);
        put(o, ", ");
        put_reg(o, rs, r);
        return;
    }
    if (e->form != X86_M) {
        put_reg(o, rs, r);
        put(o, ", ");
    }
    if (e->form == X86_V || e->form == X86_VW) {
        put_reg(o, rs, i->v);
        put(o, ", ");
    }
    put_rm(o, i, m, ms);
    if (e->form == X86_VS) {
        put(o, ", ");
        put_reg(o, rs, i->v);
    }
    if (e->form == X86_M && e->op == 0xd3)
        put(o, ", cl");
}

static void put_immediate(struct out *o, struct insn *i, const struct x86_enc *e) {
    unsigned size = e->imm == 9 ? (i->w ? 8 : 4) : e->imm;
    int64_t v = 0;
    if (!size)
        return;
    memcpy(&v, i->p, size);
    i->p += size;
    v = (int64_t)((uint64_t)v << (64 - 8 * size)) >> (64 - 8 * size);
    put(o, ", ");
    put_imm(o, e->imm == 9 && size == 4 ? (int64_t)(uint32_t)v : v);
}

/* Jumps, no-operations and traps have no row. */
static bool special(struct out *o, struct insn *i) {
    bool wide = (!i->map && i->op == 0xe9) || (i->map == 1 && (i->op & 0xf0) == 0x80);
    bool narrow = !i->map && (i->op == 0xeb || (i->op & 0xf0) == 0x70);
    int32_t rel = (int8_t)*i->p;
    if (i->vex)
        return false;
    if (!i->map && (i->op == 0x90 || i->op == 0xcc)) {
        put(o, i->op == 0x90 ? "nop" : "int3");
        return true;
    }
    if (i->map == 1 && i->op == 0x1f) {
        put(o, "nop ");
        unsigned m = *i->p++;
        put_rm(o, i, m, 32);
        return true;
    }
    if (!wide && !narrow)
        return false;
    if (wide)
        memcpy(&rel, i->p, 4);
    i->p += wide ? 4 : 1;
    put(o, "j%s", !i->map && i->op > 0xe0 ? "mp" : cc_name[i->op & 15]);
    put(o, " 0x%llx", (unsigned long long)(i->pc + (uint64_t)(i->p - i->start) + (uint64_t)(int64_t)rel));
    return true;
}

static void put_name(struct out *o, const struct insn *i, enum x86_id id) {
    size_t at = o->n;
    put(o, "%s", x86_encs[id].name);
    for (char *c = o->buf + at; *c; c++)
        *c |= 0x20; /* rows of families are named in capitals */
    if (has_cc(id)) {
        o->n--;
        put(o, "%s", cc_name[i->op & 15]);
    }
}

static void row(struct out *o, struct insn *i, enum x86_id id) {
    put_name(o, i, id);
    if (x86_encs[id].form != X86_N)
        put(o, " ");
    put_operands(o, i, &x86_encs[id]);
    put_immediate(o, i, &x86_encs[id]);
}

unsigned x86_disas(char *buf, size_t len, const uint8_t *p, uint64_t pc) {
    struct out o = {buf, len, 0};
    struct insn i = {.p = p, .start = p, .pc = pc};
    head(&i);
    if (i.lock)
        put(&o, "lock ");
    if (special(&o, &i))
        return (unsigned)(i.p - p);
    for (unsigned id = 0; id < X86_NENC; id++)
        if (matches(&i, id)) {
            row(&o, &i, id);
            return (unsigned)(i.p - p);
        }
    o.n = 0;
    put(&o, "db 0x%02x", *p);
    return 1;
}
