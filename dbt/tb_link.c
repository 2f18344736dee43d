/* SPDX-License-Identifier: BSD-2-Clause */
/* Chaining: goto_tb slots that jump straight to the next block. A link assumes only what both blocks share: the page
 * (and so its mapping) and the flags. A block that runs into a second page depends on that page's mapping too, so
 * nothing links to it. */
#include "dbt/engine_int.h"

/* jump_from holds tagged pointers: the low bit is the slot of the block that jumps here. */
static struct tb *tagged(struct tb *tb, unsigned slot) { return (struct tb *)((uintptr_t)tb | slot); }
static struct tb *untag(struct tb *t, unsigned *slot) {
    *slot = (uintptr_t)t & 1;
    return (struct tb *)((uintptr_t)t & ~(uintptr_t)1);
}

static void do_link(struct tb *from, unsigned slot, struct tb *to) {
    if (!from->valid || !to->valid || !from->code.jump[slot] || from->jump_to[slot] ||
        from->code.jump_off[slot] != to->off)
        return;
    if (from->flags != to->flags || to->flags & TB_PART || from->phys[0] != to->phys[0] || to->phys[1] != ~(uint64_t)0)
        return;
    from->jump_to[slot] = to;
    from->jump_next[slot] = to->jump_from;
    to->jump_from = tagged(from, slot);
    tcg_backend->link(&from->code, slot, to->code.entry);
}

void tb_link(struct tb *from, unsigned slot, struct tb *to, uint32_t generation) {
    plat_lock(&tb_lock);
    if (generation == tb_generation)
        do_link(from, slot, to);
    plat_unlock(&tb_lock);
}

static void forget(struct tb *from, unsigned slot) {
    struct tb *to = from->jump_to[slot];
    struct tb **p = &to->jump_from;
    while (*p && *p != tagged(from, slot)) {
        unsigned s;
        struct tb *t = untag(*p, &s);
        p = &t->jump_next[s];
    }
    if (*p)
        *p = from->jump_next[slot];
    from->jump_to[slot] = NULL;
}

void tb_unlink_all(struct tb *tb) {
    for (unsigned slot = 0; slot < 2; slot++)
        if (tb->jump_to[slot])
            forget(tb, slot);
    for (struct tb *t = tb->jump_from; t;) {
        unsigned s;
        struct tb *from = untag(t, &s);
        t = from->jump_next[s];
        tcg_backend->unlink(&from->code, s);
        from->jump_to[s] = NULL;
    }
    tb->jump_from = NULL;
}
