/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU models: what `-cpu` chooses, as a set of extensions (dbt/rv64/ext.def) and what the device tree says of them. A
 * model is made once, before the harts, and constant from then on. */
#ifndef PYRITE_DBT_RV64_MODEL_H
#define PYRITE_DBT_RV64_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rv64_ext {
#define EXT(name, version, models, needs, text) EXT_##name,
#define GROUP EXT
#include "dbt/rv64/ext.def"
#undef EXT
#undef GROUP
    RV64_NEXT
};

struct rv64_model {
    uint64_t ext[(RV64_NEXT + 63) / 64]; /* bit per enum rv64_ext */
    uint64_t misa;
    char isa[1024];                      /* riscv,isa */
    const char *isa_ext[RV64_NEXT + 1];  /* riscv,isa-extensions, NULL-terminated */
    const char *mmu_type;                /* NULL: no paging */
};

static inline bool rv64_has(const struct rv64_model *m, enum rv64_ext e) { return m->ext[e / 64] >> (e & 63) & 1; }

/* Name of an extension, in lower case as the device tree has it. */
extern const char *const rv64_ext_names[RV64_NEXT];

/* Reads "NAME[,EXT=on|off]..." (NULL: "rv64"; true and false do as well). An extension that is off takes those with it
 * that need it, one that is on brings what it needs; where both were said, that is an error. False: `why` (len bytes;
 * RV64_WHY is enough for all of it) says what is wrong and what is known. */
enum { RV64_WHY = 1536 };
bool rv64_model_parse(struct rv64_model *m, const char *text, char *why, size_t len);

/* Address translation by no more than `most` (EXT_sv39, EXT_sv48, ...). */
void rv64_model_limit(struct rv64_model *m, enum rv64_ext most);

/* Models and extensions, a line each, without its newline (-cpu help). */
void rv64_model_help(void (*put)(const char *line));

#endif
