/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU models, made of the rows of ext.def and of what the user says. Assumes nothing of the text; no allocation.
 * Guarantees that in a model each extension has what it needs, and a group is on exactly when its members are. */
#include "dbt/rv64/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { RVA20 = 1, RVA22 = 2, RV64 = 4 };

struct ext_row {
    const char *version, *needs, *text; /* needs: of a group its members */
    uint8_t models;
    bool group;
};

static const struct ext_row rows[RV64_NEXT] = {
#define EXT(name, version, models, needs, text) {version, needs, text, models, false},
#define GROUP(name, version, models, members, text) {version, members, text, models, true},
#include "dbt/rv64/ext.def"
#undef EXT
#undef GROUP
};

const char *const rv64_ext_names[RV64_NEXT] = {
#define EXT(name, version, models, needs, text) #name,
#define GROUP EXT
#include "dbt/rv64/ext.def"
#undef EXT
#undef GROUP
};

/* Source of the profiles: "RISC-V Profiles", version 1.0, sections "RVA20 Profiles", "RVA22 Profiles". What they leave
 * to the implementation is off; `name=on` switches it on. */
static const struct {
    const char *name;
    uint8_t bit;
    const char *text;
} models[] = {{"rv64", RV64, "all that there is"},
              {"rva20s64", RVA20, "what the profile RVA20S64 demands"},
              {"rva22s64", RVA22, "what the profile RVA22S64 demands"},
              {"max", RV64, "the same as rv64"}};

/* QEMU's properties that command lines name to say what is so anyway. */
static const struct {
    const char *name;
    bool is;
} anyway[] = {{"h", false}, {"v", false}, {"mmu", true}, {"pmp", true}};

/* Extensions on their way to a model. */
struct choice {
    int8_t said[RV64_NEXT];    /* by the user, or by a group that the user named: 1 on, -1 off, 0 nothing */
    uint8_t origin[RV64_NEXT]; /* the name that the user gave, where something was said */
    bool on[RV64_NEXT];
    char *why;
    size_t len;
};
_Static_assert(RV64_NEXT <= UINT8_MAX, "choice.origin");

static bool fail(struct choice *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct choice *c, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->why, c->len, fmt, ap);
    va_end(ap);
    return false;
}

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

/* ---- what follows from what was said ----------------------------------------------------------------------------- */

static void say(struct choice *c, int e, int8_t what, int origin) {
    c->said[e] = what;
    c->origin[e] = (uint8_t)origin;
}

static bool against(struct choice *c, int row, int need) {
    int has = c->origin[row], not = c->origin[need];
    return not == need
               ? fail(c, "%s=on needs %s, but %s=off", rv64_ext_names[has], rv64_ext_names[need], rv64_ext_names[not])
               : fail(c, "%s=on needs %s, which %s=off switches off", rv64_ext_names[has], rv64_ext_names[need],
                      rv64_ext_names[not]);
}

/* D will be there: it is on and nobody said it off, or what it needs. */
static bool has_d(const struct choice *c) {
    return (c->on[EXT_d] || c->said[EXT_d] > 0) && c->said[EXT_d] >= 0 && c->said[EXT_f] >= 0 &&
           c->said[EXT_zicsr] >= 0;
}

/* Without D, C is Zca alone (unprivileged spec, "Zc", misa.C). */
static bool no_member(const struct choice *c, int row, int need) {
    return row == EXT_c && need == EXT_zcd && !has_d(c);
}

static bool member_on(struct choice *c, int row, int need) {
    if (no_member(c, row, need))
        return true;
    if (c->said[need] < 0)
        return against(c, row, need);
    if (!c->said[need])
        say(c, need, 1, c->origin[row]);
    return true;
}

/* A group that is off takes with it what nobody said to be on. */
static bool member_off(struct choice *c, int row, int need) {
    if (!c->said[need])
        say(c, need, -1, c->origin[row]);
    return true;
}

/* Groups, into what is said of their members. */
static bool expand(struct choice *c) {
    for (int e = 0; e < RV64_NEXT; e++)
        if (rows[e].group && c->said[e] > 0 && !each(c, e, member_on))
            return false;
    for (int e = 0; e < RV64_NEXT; e++)
        if (rows[e].group && c->said[e] < 0)
            each(c, e, member_off);
    if (c->said[EXT_m] < 0) /* no group, since it has division of its own, but m=off means multiplication as well */
        each(c, EXT_m, member_off);
    return true;
}

static bool require(struct choice *c, int row, int need) {
    if (c->said[need] < 0)
        return against(c, row, need);
    if (!c->said[need])
        say(c, need, 1, c->origin[row]);
    return rows[need].group || each(c, need, require);
}

static bool need_is_on(struct choice *c, int row, int need) { return c->on[need] || no_member(c, row, need); }

static bool settle(struct choice *c) {
    if (c->said[EXT_i] < 0)
        return fail(c, "i=off: there is no processor without it");
    if (!expand(c))
        return false;
    for (int e = 0; e < RV64_NEXT; e++)
        if (!rows[e].group && c->said[e] > 0 && !each(c, e, require))
            return false;
    for (int e = 0; e < RV64_NEXT; e++)
        if (c->said[e])
            c->on[e] = c->said[e] > 0;
    for (unsigned again = RV64_NEXT; again--;) /* what is off takes others with it, and these others */
        for (int e = 0; e < RV64_NEXT; e++)
            if (c->on[e] && !rows[e].group)
                c->on[e] = each(c, e, need_is_on);
    for (int e = RV64_NEXT; e--;) { /* groups of groups stand before those */
        if (!rows[e].group)
            continue;
        c->on[e] = each(c, e, need_is_on);
        if (c->on[e] && c->said[e] < 0)
            return fail(c, "%s=off, but all that %s stands for is on: %s", rv64_ext_names[c->origin[e]],
                        rv64_ext_names[e], rows[e].needs);
    }
    return true;
}

/* ---- what others see of it --------------------------------------------------------------------------------------- */

/* The width of virtual addresses has a property of its own. */
static bool in_tree(int e) { return e != EXT_sv39 && e != EXT_sv48 && e != EXT_sv57; }

static void set_mmu_type(struct rv64_model *m) {
    m->mmu_type = rv64_has(m, EXT_sv57)   ? "riscv,sv57"
                  : rv64_has(m, EXT_sv48) ? "riscv,sv48"
                  : rv64_has(m, EXT_sv39) ? "riscv,sv39"
                                          : NULL;
}

static void publish(struct rv64_model *m, const struct choice *c) {
    size_t n = 0, at = 4;
    memset(m, 0, sizeof *m);
    memcpy(m->isa, "rv64", at);
    m->misa = (uint64_t)2 << 62 | 1 << ('s' - 'a') | 1 << ('u' - 'a');
    for (int e = 0; e < RV64_NEXT; e++) {
        const char *name = rv64_ext_names[e];
        size_t len = strlen(name);
        if (!c->on[e])
            continue;
        m->ext[e / 64] |= (uint64_t)1 << (e & 63);
        if (len == 1)
            m->misa |= (uint64_t)1 << (name[0] - 'a');
        if (!in_tree(e) || at + len + 2 > sizeof m->isa)
            continue;
        m->isa_ext[n++] = name;
        if (len > 1)
            m->isa[at++] = '_';
        memcpy(m->isa + at, name, len);
        at += len;
    }
    set_mmu_type(m);
}

void rv64_model_limit(struct rv64_model *m, enum rv64_ext most) {
    static const uint8_t modes[] = {EXT_sv57, EXT_sv48, EXT_sv39};
    for (unsigned i = 0; i < sizeof modes && modes[i] != most; i++)
        m->ext[modes[i] / 64] &= ~((uint64_t)1 << (modes[i] & 63));
    set_mmu_type(m);
}

/* ---- the text ---------------------------------------------------------------------------------------------------- */

enum { NMODELS = sizeof models / sizeof *models, NANYWAY = sizeof anyway / sizeof *anyway };

/* Adds a word to a list, as far as there is room. */
static void add_word(struct choice *c, const char *word) {
    size_t at = strlen(c->why);
    if (at + 1 < c->len)
        snprintf(c->why + at, c->len - at, " %s", word);
}

/* At most so many characters of the user's words are repeated, so that the list of the known ones has room. */
static int shown(size_t n) { return n > 40 ? 40 : (int)n; }

static bool unknown_model(struct choice *c, const char *text, size_t n) {
    fail(c, "unknown cpu model '%.*s'; known:", shown(n), text);
    for (unsigned i = 0; i < NMODELS; i++)
        add_word(c, models[i].name);
    return false;
}

static bool unknown_extension(struct choice *c, const char *text, size_t n) {
    fail(c, "unknown extension '%.*s'; known:", shown(n), text);
    for (int e = 0; e < RV64_NEXT; e++)
        add_word(c, rv64_ext_names[e]);
    return false;
}

static bool is(const char *text, size_t n, const char *word) { return strlen(word) == n && !memcmp(text, word, n); }

/* One "NAME=VALUE", n characters. */
static bool read_choice(struct choice *c, const char *p, size_t n) {
    const char *eq = memchr(p, '=', n);
    size_t name = eq ? (size_t)(eq - p) : n, vlen = eq ? n - name - 1 : 0;
    bool on = eq && (is(eq + 1, vlen, "on") || is(eq + 1, vlen, "true"));
    bool off = eq && (is(eq + 1, vlen, "off") || is(eq + 1, vlen, "false"));
    int e = find(p, name);
    for (unsigned i = 0; i < NANYWAY; i++)
        if (is(p, name, anyway[i].name) && (on || off))
            return on == anyway[i].is
                       ? true
                       : fail(c, "%.*s: there is only %s=%s", (int)n, p, anyway[i].name, on ? "off" : "on");
    if (e < 0)
        return unknown_extension(c, p, name);
    if (!on && !off)
        return fail(c, "'%.*s' must be %s=on or %s=off", shown(n), p, rv64_ext_names[e], rv64_ext_names[e]);
    say(c, e, on ? 1 : -1, e);
    return true;
}

bool rv64_model_parse(struct rv64_model *m, const char *text, char *why, size_t len) {
    struct choice c = {.why = why, .len = len};
    unsigned bit = 0;
    const char *p = text ? text : models[0].name;
    size_t n = strcspn(p, ",");
    for (unsigned i = 0; i < NMODELS; i++)
        if (is(p, n, models[i].name))
            bit = models[i].bit;
    if (!bit)
        return unknown_model(&c, p, n);
    for (int e = 0; e < RV64_NEXT; e++)
        c.on[e] = rows[e].models & bit;
    for (p += n; *p == ','; p += n) {
        n = strcspn(++p, ",");
        if (!read_choice(&c, p, n))
            return false;
    }
    if (!settle(&c))
        return false;
    publish(m, &c);
    return true;
}

void rv64_model_help(void (*put)(const char *line)) {
    char line[120];
    put("models:");
    for (unsigned i = 0; i < NMODELS; i++) {
        snprintf(line, sizeof line, "  %-13s %s", models[i].name, models[i].text);
        put(line);
    }
    put("extensions, for NAME,EXT=on|off:");
    for (int e = 0; e < RV64_NEXT; e++) {
        snprintf(line, sizeof line, "  %-13s %-5s %s%s%s", rv64_ext_names[e], rows[e].version, rows[e].text,
                 rows[e].group ? ": " : "", rows[e].group ? rows[e].needs : "");
        put(line);
    }
}
