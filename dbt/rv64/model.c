/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU models, made of the rows of ext.def. */
#include "dbt/rv64/model.h"

#include <stdio.h>
#include <string.h>

enum { RVA20 = 1, RVA22 = 2, RV64 = 4 };
#define LATER(models) 0

struct ext_row {
    const char *needs; /* of a group: its members */
    uint8_t models;
    bool group;
};

static const struct ext_row rows[RV64_NEXT] = {
#define EXT(name, version, models, needs) {needs, models, false},
#define GROUP(name, version, models, members) {members, models, true},
#include "dbt/rv64/ext.def"
#undef EXT
#undef GROUP
};

const char *const rv64_ext_names[RV64_NEXT] = {
#define EXT(name, version, models, needs) #name,
#define GROUP EXT
#include "dbt/rv64/ext.def"
#undef EXT
#undef GROUP
};

static const struct {
    const char *name;
    uint8_t bit;
} models[] = {{"rv64", RV64}, {"rva20s64", RVA20}, {"rva22s64", RVA22}, {"max", RV64}};

/* What the user said of an extension. */
struct choice {
    int8_t said[RV64_NEXT]; /* 1 on, -1 off, 0 nothing */
    bool on[RV64_NEXT];
};

static int find(const char *name, size_t len) {
    for (int e = 0; e < RV64_NEXT; e++)
        if (strlen(rv64_ext_names[e]) == len && !memcmp(rv64_ext_names[e], name, len))
            return e;
    return -1;
}

/* Calls f for each extension that a row's `needs` names. */
static bool each(struct choice *c, int row, bool (*f)(struct choice *c, int row, int need)) {
    for (const char *p = rows[row].needs; *p;) {
        size_t len = strcspn(p, " ");
        if (!f(c, row, find(p, len)))
            return false;
        p += len + (p[len] == ' ');
    }
    return true;
}

static bool is_on(struct choice *c, int row, int need) {
    (void)row;
    return c->on[need];
}

/* Compressed loads and stores of doubles belong to C only while there is D. */
static bool member_on(struct choice *c, int row, int need) {
    return c->on[need] || (row == EXT_c && need == EXT_zcd && !c->on[EXT_d]);
}

/* A group said to be off takes with it what was not said to be on. */
static bool switch_member(struct choice *c, int row, int need) {
    if (!c->said[need]) {
        c->said[need] = c->said[row];
        c->on[need] = c->said[row] > 0;
    }
    return true;
}

static bool pull_in(struct choice *c, int row, int need) {
    if (c->said[row] > 0 && !c->said[need])
        c->said[need] = 1;
    c->on[need] |= c->said[need] > 0;
    return true;
}

static void settle(struct choice *c) {
    for (int e = 0; e < RV64_NEXT; e++)
        if (c->said[e])
            c->on[e] = c->said[e] > 0;
    for (int e = 0; e < RV64_NEXT; e++) /* a group stands before its members */
        if (rows[e].group && c->said[e])
            each(c, e, switch_member);
    for (unsigned again = RV64_NEXT; again--;) {
        for (int e = 0; e < RV64_NEXT; e++)
            if (!rows[e].group)
                each(c, e, pull_in);
        for (int e = 0; e < RV64_NEXT; e++)
            if (c->on[e] && !rows[e].group)
                c->on[e] = each(c, e, is_on);
    }
    for (int e = RV64_NEXT; e--;) /* and groups of groups before those */
        if (rows[e].group)
            c->on[e] = c->said[e] >= 0 && each(c, e, member_on);
}

/* ---- what others see of it ------------------------------------------------------------------------------------------- */

static bool in_tree(int e) { return e != EXT_sv39 && e != EXT_sv48 && e != EXT_sv57; }

static void publish(struct rv64_model *m, const struct choice *c) {
    unsigned n = 0, at = (unsigned)snprintf(m->isa, sizeof m->isa, "rv64");
    m->misa = (uint64_t)2 << 62 | 1 << ('s' - 'a') | 1 << ('u' - 'a');
    for (int e = 0; e < RV64_NEXT; e++) {
        const char *name = rv64_ext_names[e];
        if (!c->on[e])
            continue;
        m->ext[e / 64] |= (uint64_t)1 << (e & 63);
        if (!name[1])
            m->misa |= (uint64_t)1 << (name[0] - 'a');
        if (!in_tree(e))
            continue;
        m->isa_ext[n++] = name;
        at += (unsigned)snprintf(m->isa + at, sizeof m->isa - at, "%s%s", name[1] ? "_" : "", name);
    }
    m->mmu_type = c->on[EXT_sv57] ? "riscv,sv57" : c->on[EXT_sv48] ? "riscv,sv48" : c->on[EXT_sv39] ? "riscv,sv39" : NULL;
}

/* ---- the text -------------------------------------------------------------------------------------------------------- */

static bool list_models(const char *text, size_t n, char *why, size_t len) {
    int at = snprintf(why, len, "unknown model '%.*s'; known:", (int)n, text);
    for (unsigned i = 0; i < sizeof models / sizeof *models && at > 0 && (size_t)at < len; i++)
        at += snprintf(why + at, len - (size_t)at, " %s", models[i].name);
    return false;
}

static bool read_choice(struct choice *c, const char *p, size_t n, char *why, size_t len) {
    size_t name = strcspn(p, "=,");
    int e = find(p, name);
    const char *value = p + name + 1;
    size_t vlen = n > name ? n - name - 1 : 0;
    if (e < 0) {
        snprintf(why, len, "unknown extension '%.*s'", (int)name, p);
        return false;
    }
    bool on = (vlen == 2 && !memcmp(value, "on", 2)) || (vlen == 4 && !memcmp(value, "true", 4));
    bool off = (vlen == 3 && !memcmp(value, "off", 3)) || (vlen == 5 && !memcmp(value, "false", 5));
    if (!on && !off) {
        snprintf(why, len, "'%.*s' must be %s=on or %s=off", (int)n, p, rv64_ext_names[e], rv64_ext_names[e]);
        return false;
    }
    c->said[e] = on ? 1 : -1;
    return true;
}

bool rv64_model_parse(struct rv64_model *m, const char *text, char *why, size_t len) {
    struct choice c = {0};
    unsigned bit = 0;
    const char *p = text ? text : models[0].name;
    size_t n = strcspn(p, ",");
    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < sizeof models / sizeof *models; i++)
        if (strlen(models[i].name) == n && !memcmp(models[i].name, p, n))
            bit = models[i].bit;
    if (!bit)
        return list_models(p, n, why, len);
    for (int e = 0; e < RV64_NEXT; e++)
        c.on[e] = rows[e].models & bit;
    for (p += n; *p == ','; p += n) {
        n = strcspn(++p, ",");
        if (!read_choice(&c, p, n, why, len))
            return false;
    }
    settle(&c);
    publish(m, &c);
    return true;
}
