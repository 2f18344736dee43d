/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the text format of tcg/dump.c; for tests. Also: `global NAME TYPE OFFSET` lines before the first op declare
 * globals (once a context: again with the same type and offset is fine); `#` starts a comment; blank lines count for
 * nothing.
 *
 * Assumes: the helper table is set when calls appear. Guarantees: the unit is emptied first; on an error the text is
 * "line N: what", and the unit holds the ops before it. It checks what it must to build ops; the rest is the
 * verifier's. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/plat.h"
#include "tcg/class.h"

struct parser {
    struct tcg_ctx *s;
    const char *p;             /* cursor, in the current line */
    unsigned line;
    bool seen[TCG_MAX_TEMPS];  /* locals whose type is known */
    char *names, *names_end;   /* space for the names of globals */
    char *err;                 /* the first error; empty: none */
};
enum { ERR_SIZE = 160, WORD = 48, NAMES_SIZE = 4096 };

static bool fail(struct parser *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct parser *q, const char *fmt, ...) {
    va_list ap;
    if (!*q->err) {
        int n = snprintf(q->err, ERR_SIZE, "line %u: ", q->line);
        va_start(ap, fmt);
        vsnprintf(q->err + n, ERR_SIZE - (unsigned)n, fmt, ap);
        va_end(ap);
    }
    return false;
}

static bool at_end(const struct parser *q) { return !*q->p || *q->p == '\n' || *q->p == '#'; }

static void skip_space(struct parser *q) {
    while (*q->p == ' ' || *q->p == '\t' || *q->p == '\r')
        q->p++;
}

/* The next word: up to a space, a comma or the end of the line; empty at the end of the line. */
static void word(struct parser *q, char w[WORD]) {
    unsigned n = 0;
    skip_space(q);
    while (!at_end(q) && *q->p != ' ' && *q->p != '\t' && *q->p != '\r' && *q->p != ',') {
        if (n < WORD - 1)
            w[n++] = *q->p;
        q->p++;
    }
    w[n] = 0;
    skip_space(q);
}

/* The next argument's word; `n` counts the arguments so far. */
static bool arg_word(struct parser *q, unsigned n, char w[WORD]) {
    if (n && *q->p == ',')
        q->p++;
    else if (n && !at_end(q))
        return fail(q, "comma expected at '%.1s'", q->p);
    word(q, w);
    return *w || fail(q, "too few arguments");
}

static bool number(const char *w, uint64_t *out) {
    char *end;
    bool neg = *w == '-';
    *out = strtoull(w + neg, &end, 0);
    if (neg)
        *out = -*out;
    return end != w + neg && !*end;
}

static int type_of_letter(char c) {
    static const char letters[] = "wlqsdvy"; /* in the order of enum tcg_type */
    const char *p = c ? strchr(letters, c) : letters + 1;
    return p ? (int)(p - letters) : -1;
}

static int type_of_name(const char *w) {
    static const char *const names[] = {"i32", "i64", "i128", "f32", "f64", "v128", "v256"};
    for (int i = 0; i < 7; i++)
        if (!strcmp(w, names[i]))
            return i;
    return -1;
}

static bool parse_local(struct parser *q, const char *w, tcgv *out) {
    char *end;
    unsigned long n = strtoul(w + 1, &end, 10);
    int type = type_of_letter(*end);
    if (end == w + 1 || n >= TCG_MAX_TEMPS / 2 || type < 0 || (*end && end[1]))
        return fail(q, "bad local '%s'", w);
    tcgv t = (tcgv)(n + q->s->nglobals + 1); /* exists: count_locals() */
    if (q->seen[t] && q->s->temps[t].type != type)
        return fail(q, "'%s' had another type before", w);
    q->seen[t] = true;
    q->s->temps[t].type = type;
    *out = t;
    return true;
}

static bool parse_temp(struct parser *q, const char *w, int want, tcgv *out) {
    struct tcg_ctx *s = q->s;
    uint64_t v;
    if (*w == '%')
        return parse_local(q, w, out);
    if (*w == '$') {
        char num[WORD], *colon;
        strcpy(num, w + 1);
        if ((colon = strchr(num, ':'))) {
            *colon = 0;
            want = type_of_letter(colon[1]);
        }
        if (want < 0 || !number(num, &v))
            return fail(q, "bad constant '%s'", w);
        *out = tcg_const(s, want, v);
        return true;
    }
    for (tcgv t = 1; t <= s->nglobals; t++)
        if (!strcmp(s->temps[t].name, w)) {
            *out = t;
            return true;
        }
    return fail(q, "unknown temp '%s'", w);
}

static bool parse_memop(const char *w, int64_t *out) {
    static const char *const flag[] = {"align", "aq", "rl", "atomic", "store", "slow"};
    static const char *const size[] = {"8", "16", "32", "64"};
    char buf[WORD], *save, *tok;
    strcpy(buf, w + 1);
    *out = *w == 's' ? TCG_MO_SIGN : 0;
    if ((*w != 's' && *w != 'u') || !(tok = strtok_r(buf, "+", &save)))
        return false;
    unsigned i = 0;
    while (i < 4 && strcmp(tok, size[i]))
        i++;
    if (i == 4)
        return false;
    *out |= i;
    while ((tok = strtok_r(NULL, "+", &save))) {
        for (i = 0; i < 6 && strcmp(tok, flag[i]); i++)
            ;
        if (i == 6)
            return false;
        *out |= TCG_MO_ALIGN << i;
    }
    return true;
}

static bool parse_imm(struct parser *q, char kind, const char *w, int64_t *out) {
    unsigned n;
    uint64_t v;
    const char *const *names = tcg_imm_names(kind, &n);
    for (unsigned i = 0; i < n; i++)
        if (names[i] && !strcmp(w, names[i])) {
            *out = i;
            return true;
        }
    if (kind == 'm' && parse_memop(w, out))
        return true;
    if (!number(kind == 'L' && *w == 'L' ? w + 1 : w, &v))
        return fail(q, "bad immediate '%s'", w);
    *out = (int64_t)v;
    if (kind == 'L' && v < TCG_MAX_LABELS && v >= q->s->nlabels)
        q->s->nlabels = (uint32_t)v + 1;
    return true;
}

static bool parse_call(struct parser *q) {
    char w[WORD];
    tcgv arg[TCG_MAX_ARGS];
    unsigned h = 0, n = 0;
    word(q, w);
    while (h < tcg_nhelpers && strcmp(w, tcg_helpers[h].name))
        h++;
    if (h == tcg_nhelpers)
        return fail(q, "unknown helper '%s'", w);
    while (!at_end(q)) {
        if (n == TCG_MAX_ARGS)
            return fail(q, "too many arguments");
        if (!arg_word(q, 1, w) || !parse_temp(q, w, TCG_I64, &arg[n++]))
            return false;
    }
    bool ret = tcg_helpers[h].ret && n == tcg_helpers[h].nargs + 1u;
    if (!ret && n != tcg_helpers[h].nargs)
        return fail(q, "%s takes %u arguments", tcg_helpers[h].name, tcg_helpers[h].nargs);
    struct tcg_op *op = tcg_emit(q->s, TCG_OP_call, ret ? tcg_typeof(q->s, arg[0]) : TCG_I64);
    op->nout = ret;
    op->nin = tcg_helpers[h].nargs;
    op->imm[0] = h;
    for (unsigned i = 0; i < n; i++)
        op->arg[i] = arg[i];
    return true;
}

/* Opcode and type of a name like add_i64. */
static bool find_op(const char *w, enum tcg_opc *opc, enum tcg_type *type) {
    static const char letter[] = "il_sd__"; /* by enum tcg_type, as in class.def */
    for (unsigned i = 0; i < TCG_NOPS; i++) {
        const struct tcg_classdef *c = &tcg_classes[tcg_opdefs[i].cls];
        size_t n = strlen(tcg_opdefs[i].name);
        *opc = i;
        if (c->types[0] == '-' && !strcmp(w, tcg_opdefs[i].name)) {
            *type = c->out[0] ? (enum tcg_type)tcg_class_type(c->out[0], TCG_I64) : TCG_I64;
            return true;
        }
        if (c->types[0] == '-' || strncmp(w, tcg_opdefs[i].name, n) || w[n] != '_')
            continue;
        int t = type_of_name(w + n + 1);
        if (t >= 0 && (c->types[0] == '*' || strchr(c->types, letter[t]))) {
            *type = t;
            return true;
        }
    }
    return false;
}

static bool parse_op(struct parser *q, const char *name) {
    enum tcg_opc opc;
    enum tcg_type type;
    char w[WORD];
    unsigned n = 0;
    if (!strcmp(name, "call"))
        return parse_call(q);
    if (!find_op(name, &opc, &type))
        return fail(q, "unknown op '%s'", name);
    struct tcg_op *op = tcg_emit(q->s, opc, type);
    for (; n < (unsigned)op->nout + op->nin; n++)
        if (!arg_word(q, n, w) || !parse_temp(q, w, tcg_class_type(tcg_class_arg(op, n), type), &op->arg[n]))
            return false;
    const char *imm = tcg_classes[tcg_opdefs[opc].cls].imm;
    for (unsigned i = 0; imm[i]; i++, n++)
        if (!arg_word(q, n, w) || !parse_imm(q, imm[i], w, &op->imm[i]))
            return false;
    return at_end(q) || fail(q, "too many arguments");
}

static bool parse_global(struct parser *q) {
    char name[WORD], type[WORD], off[WORD];
    struct tcg_ctx *s = q->s;
    uint64_t v;
    word(q, name);
    word(q, type);
    word(q, off);
    int t = type_of_name(type);
    if (!*name || (t != TCG_I64 && t != TCG_F64) || !number(off, &v) || v >= sizeof(struct tcg_env) || v % 8 ||
        !at_end(q))
        return fail(q, "global NAME i64|f64 OFFSET expected");
    for (unsigned i = 1; i <= s->nglobals; i++)
        if (!strcmp(s->temps[i].name, name))
            return (s->temps[i].type == t && s->temps[i].off == v) || fail(q, "global '%s' differs from before", name);
    if (s->nops != 1 || s->ntemps != s->nglobals + 1 || s->nglobals >= TCG_MAX_TEMPS / 2)
        return fail(q, "globals come before ops");
    if (!q->names && (q->names = plat_alloc(NAMES_SIZE)))
        q->names_end = q->names + NAMES_SIZE;
    if (!q->names || (size_t)(q->names_end - q->names) <= strlen(name))
        return fail(q, "no memory for names");
    strcpy(q->names, name);
    tcg_global_new(s, t, (uint32_t)v, q->names);
    q->names += strlen(name) + 1;
    return true;
}

/* Makes the locals that the text names: %N is the temp after the globals and N others. */
static bool count_locals(struct parser *q, const char *text) {
    unsigned long n = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '#')
            p += strcspn(p, "\n") - 1;
        else if (*p == '%' && strtoul(p + 1, NULL, 10) + 1 > n)
            n = strtoul(p + 1, NULL, 10) + 1;
    }
    if (n > TCG_MAX_TEMPS / 2)
        return fail(q, "too many locals");
    while (n--)
        tcg_temp_new(q->s, TCG_I64);
    return true;
}

static bool parse_line(struct parser *q, const char *text, bool *ops) {
    char w[WORD];
    word(q, w);
    if (!*w)
        return true;
    if (!strcmp(w, "global"))
        return parse_global(q);
    if (!*ops && !count_locals(q, text))
        return false;
    *ops = true;
    if (!parse_op(q, w))
        return false;
    return !q->s->overflow || fail(q, "no space left in the unit");
}

const char *tcg_parse(struct tcg_ctx *s, const char *text) {
    static char err[ERR_SIZE];
    struct parser q = {.s = s, .p = text, .line = 1, .err = err};
    bool ops = false;
    err[0] = 0;
    tcg_begin(s, 0, 0);
    while (parse_line(&q, text, &ops)) {
        q.p += strcspn(q.p, "\n");
        if (!*q.p)
            return NULL;
        q.p++;
        q.line++;
    }
    return err;
}
