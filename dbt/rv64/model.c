/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU models: what `-cpu` chooses and what the device tree says of the harts. A model names exactly the extensions that
 * the front end implements. */
#include <string.h>

#include "dbt/rv64/cpu.h"

/* Letters and their bits in misa; then the rest, in the order of the ISA string (unprivileged spec, "ISA Extension Naming
 * Conventions"). zaamo and zalrsc are what A consists of, zca and zcd what C means with F and D present on RV64. */
#define RV64_LETTERS(X) X(i, 8) X(m, 12) X(a, 0) X(f, 5) X(d, 3) X(c, 2)
#define RV64_NAMES(X)                                                                                                  \
    X(zicntr) X(zicsr) X(zifencei) X(zmmul) X(zaamo) X(zalrsc) X(zca) X(zcd) X(zba) X(zbb) X(zbs) X(sstc)

#define LETTER_TEXT(name, bit) #name
#define LETTER_ITEM(name, bit) #name,
#define LETTER_BIT(name, bit) | (uint64_t)1 << (bit)
#define NAME_TEXT(name) "_" #name
#define NAME_ITEM(name) #name,

#define MISA_MXL64 ((uint64_t)2 << 62)
#define MISA_SU ((uint64_t)1 << 18 | (uint64_t)1 << 20)

static const struct rv64_model models[] = {
    {
        .name = "rv64",
        .misa = (MISA_MXL64 | MISA_SU) RV64_LETTERS(LETTER_BIT),
        .isa = "rv64" RV64_LETTERS(LETTER_TEXT) RV64_NAMES(NAME_TEXT),
        .isa_ext = {RV64_LETTERS(LETTER_ITEM) RV64_NAMES(NAME_ITEM) NULL},
        .mmu_type = "riscv,sv57",
    },
};

const struct rv64_model *rv64_model_parse(const char *text, const char **why) {
    if (!text)
        return &models[0];
    for (unsigned i = 0; i < sizeof models / sizeof *models; i++)
        if (!strcmp(text, models[i].name))
            return &models[i];
    *why = "unknown cpu model; known: rv64";
    return NULL;
}
