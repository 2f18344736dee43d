/* SPDX-License-Identifier: BSD-2-Clause */
/* -d alloc: each op with what the registers hold after it. '*' marks a value whose home is stale. */
#include <stdio.h>

#include "tcg/emit_int.h"

static unsigned name(const struct tcg_emit *e, tcgv t, char *buf, unsigned len) {
    const struct tcg_temp *temp = &e->s->temps[t];
    if (temp->kind == TCG_TEMP_GLOBAL)
        return (unsigned)snprintf(buf, len, "%s", temp->name);
    if (temp->kind == TCG_TEMP_CONST)
        return (unsigned)snprintf(buf, len, "$0x%llx", (unsigned long long)temp->val);
    return (unsigned)snprintf(buf, len, "t%u", t);
}

void tcg_alloc_dump(const struct tcg_emit *e, const struct tcg_op *op) {
    char line[1024];
    unsigned n = (unsigned)snprintf(line, sizeof line, "%s", tcg_opdefs[op->opc].name);
    for (unsigned i = 0; i < (unsigned)op->nout + op->nin; i++) {
        line[n++] = i ? ',' : ' ';
        n += name(e, op->arg[i], line + n, 32);
        if (op->life & TCG_LIFE_DEAD(i))
            line[n++] = '!';
    }
    n += (unsigned)snprintf(line + n, 8, "  |");
    for (unsigned r = 0; r < TCG_MAX_REGS; r++)
        if (e->reg_temp[r]) {
            n += (unsigned)snprintf(line + n, 32, " %s=", e->t->reg_name[r]);
            n += name(e, e->reg_temp[r], line + n, 24);
            if (tcg_map_test(e->dirty, e->reg_temp[r]))
                line[n++] = '*';
            line[n] = 0;
        }
    plat_log("  %s\n", line);
}
