/* SPDX-License-Identifier: BSD-2-Clause */
/* The recovery map: for each raising op, where the globals are whose homes are stale (DESIGN 3.5).
 *
 * A record is: host offset of the raising point from the block's entry (4 bytes), page offset of the guest instruction
 * (2, signed), number of globals (2), then for each its env offset (2), where it is (1) and its type (1), and for
 * constants the value (8). Records are made in the order of ops, and follow the block's code. */
#include <string.h>

#include "tcg/target.h"

enum { HEAD = 8, WHERE_CONST = 0xff };

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static uint32_t get32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static uint16_t get16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}

static uint8_t *entry(const struct tcg_emit *e, tcgv t, uint8_t *p) {
    const struct tcg_temp *temp = &e->s->temps[t];
    uint16_t off = (uint16_t)temp->off;
    memcpy(p, &off, 2);
    p[3] = temp->type;
    if (e->temp[t].reg != TCG_NOREG) {
        p[2] = e->temp[t].reg;
        return p + 4;
    }
    p[2] = WHERE_CONST;
    memcpy(p + 4, &e->temp[t].val, 8);
    return p + 12;
}

uint32_t tcg_recovery_record(struct tcg_emit *e) {
    uint32_t start = e->recovery_size, n = 0;
    uint8_t *head = e->recovery + start, *p = head + HEAD;
    if (start + HEAD + 12 * e->s->nglobals > TCG_RECOVERY_MAX) {
        e->s->overflow = true;
        return 1;
    }
    for (unsigned w = 0; w <= e->s->nglobals / 64; w++)
        for (uint64_t m = e->dirty[w]; m; m &= m - 1) {
            tcgv t = (tcgv)(w * 64 + (unsigned)__builtin_ctzll(m));
            if (t <= e->s->nglobals) {
                p = entry(e, t, p);
                n++;
            }
        }
    put32(head, 0);
    put32(head + 4, (uint32_t)(uint16_t)e->insn_off | n << 16);
    e->recovery_size = (uint32_t)(p - e->recovery);
    return start + 1;
}

void tcg_recovery_at(struct tcg_emit *e, uint32_t record, uint64_t rx) {
    if (record)
        put32(e->recovery + record - 1, (uint32_t)(rx - tcg_rx(e, e->entry)));
}

static const uint8_t *skip(const uint8_t *p) {
    uint32_t n = get16(p + 6);
    for (p += HEAD; n; n--)
        p += p[2] == WHERE_CONST ? 12 : 4;
    return p;
}

static void apply(const uint8_t *p, const struct plat_hart *hart, uint8_t *env) {
    uint32_t n = get16(p + 6);
    for (p += HEAD; n; n--) {
        uint16_t off;
        uint64_t val;
        memcpy(&off, p, 2);
        if (p[2] == WHERE_CONST)
            memcpy(&val, p + 4, 8);
        else if (p[2] < 16)
            val = hart->gpr[p[2]];
        else
            memcpy(&val, hart->xmm[p[2] & 15], 8);
        memcpy(env + off, &val, p[3] == TCG_I32 || p[3] == TCG_F32 ? 4 : 8);
        p += p[2] == WHERE_CONST ? 12 : 4;
    }
}

bool tcg_recover(const struct tcg_code *c, const struct plat_hart *hart, struct tcg_env *env, int32_t *off) {
    const uint8_t *p = c->recovery, *end = p + c->recovery_size;
    uint64_t at = hart->pc - c->entry;
    for (; p < end; p = skip(p))
        if (get32(p) == at) {
            apply(p, hart, (uint8_t *)env);
            *off = (int16_t)get16(p + 4);
            return true;
        }
    return false;
}

/* ---- sites: offsets from the entry of an access and of its slow path, page offset of its guest instruction, and where
 * the access is all that the instruction does, its record's offset + 1, else 0; 4 bytes each ---- */

static uint8_t *put_site(const struct tcg_emit *e, uint8_t *p, const struct tcg_cold *c, unsigned k) {
    put32(p, (uint32_t)(c->access[k] - e->entry));
    put32(p + 4, (uint32_t)(c->start - e->entry));
    put32(p + 8, (uint32_t)c->insn_off);
    put32(p + 12, c->op->opc == TCG_OP_guest_ld || c->op->opc == TCG_OP_guest_st ? c->record : 0);
    return p + TCG_SITE_SIZE;
}

uint32_t tcg_sites_put(const struct tcg_emit *e, uint8_t *p) {
    uint8_t *start = p;
    for (unsigned i = 0; i < e->ncold; i++)
        for (unsigned k = 0; k < 2; k++)
            if (e->cold[i].access[k])
                p = put_site(e, p, &e->cold[i], k);
    return (uint32_t)((size_t)(p - start) / TCG_SITE_SIZE);
}

static const uint8_t *site_at(const struct tcg_code *c, uint64_t pc) {
    const uint8_t *table = c->recovery + c->recovery_size;
    uint32_t lo = 0, hi = c->nsites;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2, at = get32(table + TCG_SITE_SIZE * mid);
        if (c->entry + at == pc)
            return table + TCG_SITE_SIZE * mid;
        if (c->entry + at < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

uint64_t tcg_site(const struct tcg_code *c, uint64_t pc, int32_t *off) {
    const uint8_t *s = site_at(c, pc);
    if (!s)
        return 0;
    *off = (int32_t)get32(s + 8);
    return c->entry + get32(s + 4);
}

bool tcg_site_recover(const struct tcg_code *c, uint64_t pc, const struct plat_hart *hart, struct tcg_env *env,
                      int32_t *off) {
    const uint8_t *s = site_at(c, pc);
    uint32_t record = s ? get32(s + 12) : 0;
    if (!record)
        return false;
    apply(c->recovery + record - 1, hart, (uint8_t *)env);
    *off = (int32_t)get32(s + 8);
    return true;
}
