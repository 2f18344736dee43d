/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoder. Registers are numbers 0 to 15, general or XMM as the instruction says. The caller makes sure of space:
 * no instruction is longer than X86_MAX_INSN bytes. */
#ifndef PYRITE_TCG_X86_ASM_H
#define PYRITE_TCG_X86_ASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { X86_MAX_INSN = 15 };
enum x86_form { X86_RM, X86_MR, X86_M, X86_O, X86_N, X86_V, X86_VS, X86_VW, X86_V2, X86_V2M };
enum x86_size {
    X86_S0 = 0,
    X86_SP = 1,
    X86_S8 = 8,
    X86_S16 = 16,
    X86_S32 = 32,
    X86_S64 = 64,
    X86_SQ = 65,
    X86_SX = 128
};

struct x86_enc {
    const char *name;
    uint8_t prefix, map, op, digit, form, rsize, msize, imm;
    uint8_t wide; /* REX.W: 2 always, 1 where 64 bits are asked for, else 0 */
};
enum x86_id {
#define ENC(id, name, pfx, map, op, digit, form, rs, ms, imm) X86_##id,
#include "tcg/x86/enc.def"
#undef ENC
    X86_NENC
};
extern const struct x86_enc x86_encs[X86_NENC];

struct x86_mem {
    uint8_t base;  /* register */
    int8_t index;  /* register but 4 (rsp), or -1 */
    uint8_t shift; /* of the index: 0 to 3 */
    int32_t disp;
};
static inline struct x86_mem x86_at(unsigned base, int32_t disp) {
    return (struct x86_mem){(uint8_t)base, -1, 0, disp};
}
static inline struct x86_mem x86_ix(unsigned base, unsigned index, unsigned shift, int32_t disp) {
    return (struct x86_mem){(uint8_t)base, (int8_t)index, (uint8_t)shift, disp};
}

/* Each appends one instruction at p and returns its end. w: 64-bit operand where the row's size is P. reg: the
 * register, ignored for M, O and N. v: vvvv of VEX forms, or what is added to the opcode of conditions. */
uint8_t *x86_rr(uint8_t *p, enum x86_id id, bool w, unsigned reg, unsigned v, unsigned rm, int64_t imm);
uint8_t *x86_rm(uint8_t *p, enum x86_id id, bool w, unsigned reg, unsigned v, struct x86_mem m, int64_t imm);

/* One instruction at p, which runs at pc, as text; returns its length. Knows what the encoder can emit, no more: "db"
 * with length 1 for the rest. Up to X86_MAX_INSN + 4 bytes are read. */
unsigned x86_disas(char *buf, size_t len, const uint8_t *p, uint64_t pc);

/* n bytes of no-operation. */
uint8_t *x86_nop(uint8_t *p, unsigned n);

#endif
