/* SPDX-License-Identifier: BSD-2-Clause */
/* One guest instruction as text, from the rows of the .decode files. The text is what GNU objdump -M no-aliases
 * prints, with a space for its tab, and with jump targets as bare numbers. */
#include <stdio.h>
#include <string.h>

#include "dbt/rv64/cpu.h"
#include "dbt/rv64/decode.h"

#define DECODE_TABLE
#include "insn16.inc"
#include "insn32.inc"
#undef DECODE_TABLE

const struct decode_row *const rv64_rows16 = rv64_decode16_rows, *const rv64_rows32 = rv64_decode32_rows;
const size_t rv64_nrows16 = sizeof rv64_decode16_rows / sizeof *rv64_decode16_rows;
const size_t rv64_nrows32 = sizeof rv64_decode32_rows / sizeof *rv64_decode32_rows;

const char *const rv64_x_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
const char *const rv64_f_names[32] = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

/* Operands that print as a number. */
static bool number(const char *word, const struct decode_fields *f, uint64_t pc, char *out, size_t len) {
    if (!strcmp(word, "imm"))
        snprintf(out, len, "%d", (int)f->imm);
    else if (!strcmp(word, "ximm"))
        snprintf(out, len, "0x%x", (unsigned)f->imm);
    else if (!strcmp(word, "upper"))
        snprintf(out, len, "0x%x", (unsigned)f->imm >> 12);
    else if (!strcmp(word, "target"))
        snprintf(out, len, "0x%llx", (unsigned long long)(pc + (uint64_t)(int64_t)f->imm));
    else
        return false;
    return true;
}

/* The sets that a fence orders. */
static const char *fence_set(unsigned bits) {
    static const char *const names[16] = {"unknown", "w", "r", "rw", "o", "ow", "or", "orw",
                                          "i", "iw", "ir", "irw", "io", "iow", "ior", "iorw"};
    return names[bits & 15];
}

/* Zfa's constants, which objdump prints by %a. */
static const char *fli_value(unsigned n) {
    static const char *const values[32] = {
        "-0x1p+0",   "min",       "0x1p-16",   "0x1p-15",  "0x1p-8",    "0x1p-7",   "0x1p-4",    "0x1p-3",
        "0x1p-2",    "0x1.4p-2",  "0x1.8p-2",  "0x1.cp-2", "0x1p-1",    "0x1.4p-1", "0x1.8p-1",  "0x1.cp-1",
        "0x1p+0",    "0x1.4p+0",  "0x1.8p+0",  "0x1.cp+0", "0x1p+1",    "0x1.4p+1", "0x1.8p+1",  "0x1p+2",
        "0x1p+3",    "0x1p+4",    "0x1p+7",    "0x1p+8",   "0x1p+15",   "0x1p+16",  "inf",       "nan"};
    return values[n & 31];
}

/* Registers in a row (pmpaddr, hpmcounter) go by their number. */
static const char *csr_name(unsigned num) {
    switch (num) {
#define CSR(number, count, name, ext, check, read, write) \
    case number: \
        return count == 1 ? #name : NULL;
#define CSR_FIELD(number, name, ext, field, mask) \
    case number: \
        return #name;
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
    }
    return NULL;
}

/* One word of a row's operands; true if it is one. */
static bool operand(const char *word, const struct decode_fields *f, uint64_t pc, char *out, size_t len) {
    static const char *const rm[8] = {"rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown", "dyn"};
    const int32_t regs[] = {f->rd, f->rs1, f->rs2, f->rs3};
    static const char *const names[] = {"rd", "rs1", "rs2", "rs3"};
    bool fp = word[0] == 'f';
    for (int i = 0; i < 4; i++) {
        if (!strcmp(word + fp, names[i])) {
            snprintf(out, len, "%s", (fp ? rv64_f_names : rv64_x_names)[regs[i] & 31]);
            return true;
        }
    }
    if (!strcmp(word, "rm"))
        snprintf(out, len, "%s", rm[f->rm & 7]);
    else if (!strcmp(word, "fli"))
        snprintf(out, len, "%s", fli_value((unsigned)f->rs1));
    else if (!strcmp(word, "pred") || !strcmp(word, "succ"))
        snprintf(out, len, "%s", fence_set((unsigned)(word[0] == 'p' ? f->pred : f->succ)));
    else if (!strcmp(word, "csr") && csr_name((unsigned)f->csr))
        snprintf(out, len, "%s", csr_name((unsigned)f->csr));
    else if (!strcmp(word, "csr"))
        snprintf(out, len, "0x%x", (unsigned)f->csr);
    else
        return number(word, f, pc, out, len);
    return true;
}

/* Text with a bound that is never passed. */
struct text {
    char *at;
    size_t left;
};

static void put(struct text *t, const char *s) {
    size_t n = strlen(s);
    if (n > t->left)
        n = t->left;
    memcpy(t->at, s, n);
    t->at += n;
    t->left -= n;
    *t->at = 0;
}

/* The row's operand text with each word replaced by its value. A dynamic rounding mode is not shown, nor the comma
 * before. */
static void put_operands(struct text *t, const char *p, const struct decode_fields *f, uint64_t pc) {
    char word[16], value[32];
    while (*p) {
        size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (n == 0) {
            if (!strcmp(p, ",rm") && f->rm == 7)
                return;
            put(t, (char[]){*p++, 0});
            continue;
        }
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        put(t, operand(word, f, pc, value, sizeof value) ? value : word);
        p += n;
    }
}

static const struct decode_row *find(const struct decode_row *rows, size_t n, uint32_t bits) {
    for (size_t i = 0; i < n; i++)
        if (decode_matches(&rows[i], bits))
            return &rows[i];
    return NULL;
}

unsigned rv64_disas(char *buf, size_t len, uint32_t bits, uint64_t pc) {
    bool wide = (bits & 3) == 3;
    struct text t = {buf, len ? len - 1 : 0};
    struct decode_fields f = {0};
    if (!wide)
        bits &= 0xffff;
    const struct decode_row *r = wide ? find(rv64_rows32, rv64_nrows32, bits) : find(rv64_rows16, rv64_nrows16, bits);
    if (!len)
        return wide ? 4 : 2;
    *buf = 0;
    if (!r) {
        snprintf(buf, len, wide ? ".4byte 0x%x" : ".2byte 0x%x", (unsigned)bits);
        return wide ? 4 : 2;
    }
    r->fields(&f, bits);
    put(&t, r->name);
    put(&t, f.aq ? f.rl ? ".aqrl" : ".aq" : f.rl ? ".rl" : "");
    if (*r->operands)
        put(&t, " ");
    put_operands(&t, r->operands, &f, pc);
    return wide ? 4 : 2;
}
