/* SPDX-License-Identifier: BSD-2-Clause */
/* The passes' shared state: versions of temps along a forward walk.
 *
 * Assumes: one walk at a time a context. Guarantees: starting a walk and forgetting at a label cost nothing,
 * whatever the number of temps: an info of an older generation is made afresh when it is asked for. */
#include <string.h>

#include "kernel/plat.h"
#include "tcg/opt_int.h"

struct tcg_opt *tcg_opt_begin(struct tcg_ctx *s) {
    struct tcg_opt *o = s->opt;
    if (!o && !(o = s->opt = plat_alloc(sizeof *o)))
        return NULL;
    if (o->gen > UINT32_MAX - 2 * TCG_MAX_OPS || o->ver > UINT32_MAX - 64 * TCG_MAX_OPS * TCG_MAX_TEMPS / 16) {
        memset(o->info, 0, sizeof o->info); /* the counters are about to wrap: older versions would come alive */
        memset(o->cse, 0, sizeof o->cse);
        o->gen = o->ver = 0;
    }
    o->gen++;
    return o;
}

struct tcg_info *tcg_opt_fresh(struct tcg_opt *o, const struct tcg_ctx *s, tcgv t) {
    struct tcg_info *i = tcg_opt_write(o, t);
    if (s->temps[t].kind == TCG_TEMP_CONST && tcg_type_is_int(s->temps[t].type))
        i->know = tcg_know_value(s->temps[t].type, s->temps[t].val);
    else
        i->know.zeros = ~tcg_type_mask(s->temps[t].type);
    return i;
}

void tcg_opt_write_globals(struct tcg_opt *o, const struct tcg_ctx *s) {
    for (tcgv t = 1; t <= s->nglobals; t++)
        tcg_opt_write(o, t)->know = tcg_know_none(s->temps[t].type);
}
