/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration: a whole pyrite.conf, a command line, a cpu model, `-d` and `dfilter`. What was understood, printed as
 * a configuration and read again, must come out the same; what was not has a message that ends inside its buffer. */
#include "boot/conf.h"
#include "dbt/log.h"
#include "dbt/rv64/model.h"
#include "tests/libfuzzer/fake.h"
#include "tests/libfuzzer/fuzz.h"

static void ended(const char *text, size_t len) { FUZZ_CHECK(memchr(text, 0, len), "a message without an end"); }

/* ---- print, and read again ---- */

struct printer {
    char *at, *end;
    bool file; /* else a command line */
};

static void put(struct printer *p, const char *name, const char *value) {
    if (value)
        p->at += snprintf(p->at, (size_t)(p->end - p->at), p->file ? "%s = \"%s\"\n" : "%s=\"%s\" ", name, value);
}
static void put_number(struct printer *p, const char *name, uint64_t v, const char *unit) {
    char text[32];
    snprintf(text, sizeof text, "%llu%s", (unsigned long long)v, unit);
    put(p, name, v ? text : NULL);
}

static void print(const struct conf *c, struct printer *p) {
    static const char *const modes[] = {[CONF_OVERLAY] = "overlay", [CONF_RO] = "ro", [CONF_RW] = "rw"};
    char drive[CONF_POOL + 32];
    put_number(p, "m", c->m >> 10, "K");
    put_number(p, "smp", c->smp, "");
    put_number(p, "debugexit", c->debugexit, "");
    put_number(p, "timeout", c->timeout, "");
    put_number(p, "codecache", c->codecache >> 10, "K");
    put(p, "cpu", c->cpu), put(p, "bios", c->bios), put(p, "kernel", c->kernel), put(p, "initrd", c->initrd);
    put(p, "append", c->append), put(p, "d", c->d), put(p, "dfilter", c->dfilter), put(p, "global", c->global);
    put(p, "backend", c->backend), put(p, "panic", c->panic), put(p, "test", c->test);
    put(p, "telnet", c->telnet), put(p, "status", c->status), put(p, "token", c->token), put(p, "net", c->net);
    for (unsigned i = 0; i < c->ndrives; i++) {
        snprintf(drive, sizeof drive, "file=%s,%s", c->drive[i].file, modes[c->drive[i].mode]);
        put(p, "drive", drive);
    }
}

static bool same_text(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static void compare(const struct conf *a, const struct conf *b) {
    FUZZ_CHECK(a->m == b->m && a->smp == b->smp && a->debugexit == b->debugexit && a->timeout == b->timeout &&
                   a->codecache == b->codecache && a->ndrives == b->ndrives, "numbers");
    FUZZ_CHECK(same_text(a->cpu, b->cpu) && same_text(a->bios, b->bios) && same_text(a->kernel, b->kernel) &&
                   same_text(a->initrd, b->initrd) && same_text(a->append, b->append) && same_text(a->d, b->d) &&
                   same_text(a->dfilter, b->dfilter) && same_text(a->global, b->global) &&
                   same_text(a->backend, b->backend) && same_text(a->panic, b->panic) && same_text(a->test, b->test),
               "texts");
    for (unsigned i = 0; i < a->ndrives; i++)
        FUZZ_CHECK(same_text(a->drive[i].file, b->drive[i].file) && a->drive[i].mode == b->drive[i].mode, "drive %u",
                   i);
}

static bool read_conf(struct conf *c, bool file, const char *text, size_t len) {
    conf_init(c);
    bool ok = file ? conf_parse_file(c, "fuzz.conf", text, len) : conf_parse_cmdline(c, text);
    const char *names[4 + CONF_MAX_DRIVES];
    ended(c->error, sizeof c->error);
    FUZZ_CHECK(ok == !*c->error && c->used <= CONF_POOL && c->ndrives <= CONF_MAX_DRIVES, "%s", c->error);
    size_t n = conf_files(c, names, 4 + CONF_MAX_DRIVES);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(names[i] && *names[i], "file %zu", i);
    return ok;
}

static void configuration(bool file, const char *text, size_t len) {
    static struct conf first, again;
    static char out[8 * CONF_POOL];
    struct printer p = {out, out + sizeof out, file};
    if (!read_conf(&first, file, text, len))
        return;
    *out = 0;
    print(&first, &p);
    /* The print may be longer than the pool has room for, which is no fault. */
    if (read_conf(&again, file, out, (size_t)(p.at - out)) || p.at - out < CONF_POOL / 2) {
        FUZZ_CHECK(!*again.error, "'%s' of\n%s", again.error, out);
        compare(&first, &again);
    }
}

/* ---- models ---- */

/* A model says of itself which extensions it has: read as choices, they make the same model. */
static void model(const char *text) {
    static struct rv64_model first, again;
    static char choices[RV64_NEXT * 32], why[1024];
    bool ok = rv64_model_parse(&first, text, why, sizeof why);
    ended(why, sizeof why);
    if (!ok) {
        FUZZ_CHECK(*why, "refused without a reason: %s", text);
        return;
    }
    ended(first.isa, sizeof first.isa);
    FUZZ_CHECK(!strncmp(first.isa, "rv64", 4) && first.misa >> 62 == 2, "%s", first.isa);
    char *at = choices + sprintf(choices, "rv64");
    for (int e = 0; e < RV64_NEXT; e++)
        at += sprintf(at, ",%s=%s", rv64_ext_names[e], rv64_has(&first, (enum rv64_ext)e) ? "on" : "off");
    FUZZ_CHECK(rv64_model_parse(&again, choices, why, sizeof why), "%s: %s\n%s", text, why, choices);
    FUZZ_CHECK(!memcmp(first.ext, again.ext, sizeof first.ext) && !strcmp(first.isa, again.isa) &&
                   first.misa == again.misa,
               "%s\n%s\n%s", text, first.isa, again.isa);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    unsigned what = (unsigned)fuzz_take(&in, 1) % 5;
    char err[64];
    size_t n;
    char *part = fuzz_part(&in, size, &n), *text = malloc(n + 1);
    memcpy(text, part, n);
    text[n] = 0;
    switch (what) {
    case 0: configuration(true, part, n); break;
    case 1: configuration(false, text, strlen(text)); break;
    case 2: model(text); break;
    case 3:
        if (!log_set(text, err, sizeof err))
            ended(err, sizeof err);
        break;
    default: log_set_filter(text); break;
    }
    plat_log_mask = UINT32_MAX;
    free(text);
    free(part);
    return 0;
}
