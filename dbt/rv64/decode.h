/* SPDX-License-Identifier: BSD-2-Clause */
/* What the output of tools/decodegen stands on. Assumes nothing; no state. */
#ifndef PYRITE_DBT_RV64_DECODE_H
#define PYRITE_DBT_RV64_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits hi..lo of x; decode_s: sign-extended, as two's complement. */
static inline uint32_t decode_u(uint32_t x, unsigned hi, unsigned lo) { return x << (31 - hi) >> (31 - hi + lo); }
static inline uint32_t decode_s(uint32_t x, unsigned hi, unsigned lo) {
    return (uint32_t)((int32_t)(x << (31 - hi)) >> (31 - hi + lo));
}

/* Every operand that an instruction of some format has. */
struct decode_fields {
    int32_t rd, rs1, rs2, rs3, imm, rm, aq, rl, csr, fm, pred, succ;
};

/* One row of a .decode file, for the disassembler and the tests. */
struct decode_row {
    const char *name, *operands;
    uint32_t mask, match; /* it is this instruction if (insn & mask) == match, and where(insn) unless that is NULL */
    uint32_t vary;        /* the bits that operands are read from */
    void (*fields)(struct decode_fields *out, uint32_t insn);
    bool (*where)(uint32_t insn);
    const char *ext;      /* extensions that it needs, as in the table: "zcb zbb" both, "zbb|zbkb" either; "" none */
};
static inline bool decode_matches(const struct decode_row *r, uint32_t insn) {
    return (insn & r->mask) == r->match && (!r->where || r->where(insn));
}

/* ABI names of the registers. */
extern const char *const rv64_x_names[32], *const rv64_f_names[32];

/* The tables, in dbt/rv64/disas.c. */
extern const struct decode_row *const rv64_rows16, *const rv64_rows32;
extern const size_t rv64_nrows16, rv64_nrows32;

#endif
