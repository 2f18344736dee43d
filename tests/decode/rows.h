/* SPDX-License-Identifier: BSD-2-Clause */
/* What the decode tables say of a word on a cpu model: the tests' own reading of the `ext` column. No state. */
#ifndef PYRITE_TESTS_DECODE_ROWS_H
#define PYRITE_TESTS_DECODE_ROWS_H

#include <string.h>

#include "dbt/rv64/decode.h"
#include "dbt/rv64/model.h"

/* One name of an item such as "zbb|zbkb", len characters, is on. */
static inline bool rows_any_on(const struct rv64_model *m, const char *item, size_t len) {
    for (size_t n; len; item += n + (len > n), len -= n + (len > n)) {
        for (n = 0; n < len && item[n] != '|'; n++)
            ;
        for (int e = 0; e < RV64_NEXT; e++)
            if (strlen(rv64_ext_names[e]) == n && !memcmp(rv64_ext_names[e], item, n) && rv64_has(m, (enum rv64_ext)e))
                return true;
    }
    return false;
}

/* The model has what the row needs. */
static inline bool rows_on(const struct rv64_model *m, const struct decode_row *r) {
    for (const char *p = r->ext; *p;) {
        size_t n = strcspn(p, " ");
        if (!rows_any_on(m, p, n))
            return false;
        p += n + (p[n] == ' ');
    }
    return true;
}

/* The row that stands for a word, NULL: none; *on: one that matches is on. Two match only where the first is a special
 * case of the second (a row `over` another), which is what the word means without the extension; else *twice is set. */
static inline const struct decode_row *rows_find(const struct rv64_model *m, uint32_t bits, bool *on,
                                                 const char **twice) {
    bool wide = (bits & 3) == 3;
    const struct decode_row *r = wide ? rv64_rows32 : rv64_rows16, *end = r + (wide ? rv64_nrows32 : rv64_nrows16);
    const struct decode_row *found = NULL;
    *on = false;
    *twice = NULL;
    for (; r < end; r++) {
        if (!decode_matches(r, wide ? bits : bits & 0xffff))
            continue;
        if (found && (found->mask & r->mask) != r->mask)
            *twice = r->name;
        *on |= rows_on(m, r);
        found = found ? found : r;
    }
    return found;
}

#endif
