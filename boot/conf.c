/* SPDX-License-Identifier: BSD-2-Clause */
/* The options (boot/conf.h, docs/configuration.md), shared by the UEFI loader, the kernel and the hosted program.
 *
 * Assumes nothing: no libc, no allocation; whatever does not fit or does not parse is an error with a message. A later
 * option overrides an earlier one of the same name, but drives add up. Nothing outside *c is written. */
#include "boot/conf.h"

/* ---- strings without a libc ---- */

static size_t str_len(const char *s) {
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

static bool str_eq(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static bool is_space(char ch) { return ch == ' ' || ch == '\t' || ch == '\r'; }

/* Appends to c->error, cutting what does not fit; control characters of the user's text become "?". */
static void say(struct conf *c, const char *s) {
    size_t n = str_len(c->error);

    for (; *s && n + 1 < CONF_ERROR; s++)
        c->error[n++] = (unsigned char)*s < ' ' ? '?' : *s;
    c->error[n] = 0;
}

static bool fail(struct conf *c, const char *a, const char *b, const char *d) {
    c->error[0] = 0;
    say(c, a);
    say(c, b);
    say(c, d);
    return false;
}

/* A terminated copy of [s, s + len) in the pool. NULL: the pool is full. */
static char *pool_copy(struct conf *c, const char *s, size_t len) {
    char *p = c->pool + c->used;

    if (len + 1 > CONF_POOL - c->used)
        return NULL;
    for (size_t i = 0; i < len; i++)
        p[i] = s[i];
    p[len] = 0;
    c->used += len + 1;
    return p;
}

/* ---- the options, one row each ---- */

enum kind { SIZE, COUNT, PORT, TEXT, CHOICE, DRIVE };
struct option {
    const char *name;
    enum kind kind;
    size_t at;           /* offset in struct conf */
    const char *choices; /* CHOICE: separated and ended by spaces */
};

#define AT(field) offsetof(struct conf, field)
static const struct option options[] = {
    {"m", SIZE, AT(m), NULL},
    {"smp", COUNT, AT(smp), NULL},
    {"cpu", TEXT, AT(cpu), NULL},
    {"bios", TEXT, AT(bios), NULL},
    {"kernel", TEXT, AT(kernel), NULL},
    {"initrd", TEXT, AT(initrd), NULL},
    {"append", TEXT, AT(append), NULL},
    {"drive", DRIVE, AT(drive), NULL},
    {"d", TEXT, AT(d), NULL},
    {"symbols", TEXT, AT(symbols), NULL},
    {"dfilter", TEXT, AT(dfilter), NULL},
    {"netdev", TEXT, AT(netdev), NULL},
    {"mac", TEXT, AT(mac), NULL},
    {"global", CHOICE, AT(global), "virtio-mmio.force-legacy=false virtio-mmio.force-legacy=true "},
    {"backend", CHOICE, AT(backend), "x86 interp "},
    {"panic", CHOICE, AT(panic), "halt exit "},
    {"test", CHOICE, AT(test), "unit kernel scribble "},
    {"debugexit", PORT, AT(debugexit), NULL},
    {"timeout", COUNT, AT(timeout), NULL},
    {"codecache", SIZE, AT(codecache), NULL},
    {"hot", COUNT, AT(hot), NULL},
    {"telnet", TEXT, AT(telnet), NULL},
    {"status", TEXT, AT(status), NULL},
    {"token", TEXT, AT(token), NULL},
    {"net", TEXT, AT(net), NULL},
    {"memory", CHOICE, AT(memory), "auto soft direct "},
    {"pti", CHOICE, AT(pti), "auto on off "},
};
enum { NOPTIONS = sizeof options / sizeof options[0] };

static bool fail_unknown(struct conf *c, const char *name) {
    fail(c, "unknown option '", name, "'; known:");
    for (size_t i = 0; i < NOPTIONS; i++) {
        say(c, " ");
        say(c, options[i].name);
    }
    return false;
}

/* Decimal, or hexadecimal after 0x; *end is what follows. False: no digits, or more than 64 bits. */
static bool number(const char *s, uint64_t *out, const char **end) {
    unsigned base = 10;
    uint64_t v = 0;
    const char *first;

    if (s[0] == '0' && (s[1] | 32) == 'x') {
        base = 16;
        s += 2;
    }
    for (first = s;; s++) {
        unsigned lower = (unsigned char)*s | 32;
        unsigned digit = *s >= '0' && *s <= '9'         ? (unsigned)(*s - '0')
                         : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                        : 99;

        if (digit >= base)
            break;
        if (v > (UINT64_MAX - digit) / base)
            return false;
        v = v * base + digit;
    }
    *out = v;
    *end = s;
    return s != first;
}

/* "512", "512M", "2G": bytes; without a suffix MiB, as QEMU's -m. */
static bool set_size(struct conf *c, const struct option *o, uint64_t *field, const char *value) {
    uint64_t v;
    const char *end;
    unsigned shift = 20;

    if (!number(value, &v, &end))
        return fail(c, o->name, ": not a size: ", value);
    switch (*end | 32) {
    case 'k':
        shift = 10, end++;
        break;
    case 'm':
        shift = 20, end++;
        break;
    case 'g':
        shift = 30, end++;
        break;
    case 't':
        shift = 40, end++;
        break;
    }
    if (*end)
        return fail(c, o->name, ": a size is a number and one of K M G T, not ", value);
    if (v == 0 || v > UINT64_MAX >> shift)
        return fail(c, o->name, ": out of range: ", value);
    *field = v << shift;
    return true;
}

static bool set_count(struct conf *c, const struct option *o, uint32_t *field, const char *value, uint64_t max) {
    uint64_t v;
    const char *end;

    if (!number(value, &v, &end) || *end)
        return fail(c, o->name, ": not a number: ", value);
    if (v == 0 || v > max)
        return fail(c, o->name, ": out of range: ", value);
    *field = (uint32_t)v;
    return true;
}

static bool set_choice(struct conf *c, const struct option *o, const char **field, const char *value) {
    const char *p = o->choices;

    while (*p) {
        size_t n = 0;

        while (p[n] != ' ' && p[n] == value[n])
            n++;
        if (p[n] == ' ' && value[n] == 0) {
            *field = value;
            return true;
        }
        while (*p != ' ')
            p++;
        p++;
    }
    fail(c, o->name, ": not known: ", value);
    say(c, "; known: ");
    say(c, o->choices);
    return false;
}

/* What QEMU's -drive may say besides, where it says nothing new: `word` is one of those. */
static bool drive_anyway(const char *word) {
    return str_eq(word, "format=raw") || str_eq(word, "if=none") || str_eq(word, "if=virtio") ||
           str_eq(word, "media=disk") || (word[0] == 'i' && word[1] == 'd' && word[2] == '=');
}

/* What may stand behind the URL of a file, and belongs to it (services/url.h). */
static bool of_file(const char *word) {
    static const char *const names[] = {"sha256=", "size="};
    for (unsigned i = 0; i < 2; i++) {
        size_t n = 0;
        while (names[i][n] && names[i][n] == word[n])
            n++;
        if (!names[i][n])
            return true;
    }
    return false;
}

/* "file=F[,ro|overlay|rw]" or "disk=D[,...]"; F may not contain a comma but before sha256= and size=. The
 * words may stand in any order. */
static bool set_drive(struct conf *c, const char *value) {
    const char *file = NULL;
    bool disk = false;
    enum conf_drive_mode mode = CONF_OVERLAY;
    char *p = pool_copy(c, value, str_len(value));

    if (c->ndrives == CONF_MAX_DRIVES)
        return fail(c, "drive: too many, six at most: ", value, "");
    if (!p)
        return fail(c, "the configuration is too long", "", "");
    while (p) {
        char *word = p;

        while (*p && *p != ',')
            p++;
        p = *p ? (*p = 0, p + 1) : NULL;
        if (file && !disk && conf_is_url(file) && word == file + str_len(file) + 1 && of_file(word))
            word[-1] = ','; /* belongs to the name */
        else if (word[0] == 'f' && word[1] == 'i' && word[2] == 'l' && word[3] == 'e' && word[4] == '=')
            file = word + 5, disk = false;
        else if (word[0] == 'd' && word[1] == 'i' && word[2] == 's' && word[3] == 'k' && word[4] == '=')
            file = word + 5, disk = true;
        else if (str_eq(word, "ro") || str_eq(word, "readonly=on"))
            mode = CONF_RO;
        else if (str_eq(word, "overlay") || str_eq(word, "snapshot=on"))
            mode = CONF_OVERLAY;
        else if (str_eq(word, "rw"))
            mode = CONF_RW;
        else if (!drive_anyway(word))
            return fail(c, "drive: '", word, "' is not file=NAME, disk=NAME, ro, overlay or rw");
    }
    if (!file || !*file)
        return fail(c, "drive: no file=NAME or disk=NAME in ", value, "");
    c->drive[c->ndrives].file = file;
    c->drive[c->ndrives].disk = disk;
    c->drive[c->ndrives++].mode = mode;
    return true;
}

void conf_init(struct conf *c) {
    char *p = (char *)c;

    for (size_t i = 0; i < sizeof *c; i++)
        p[i] = 0;
}

bool conf_set(struct conf *c, const char *name, const char *value) {
    const struct option *o = options;

    while (o < options + NOPTIONS && !str_eq(o->name, name))
        o++;
    if (o == options + NOPTIONS)
        return fail_unknown(c, name);
    if (!*value && !str_eq(name, "append"))
        return fail(c, o->name, ": no value", "");
    void *field = (char *)c + o->at;
    switch (o->kind) {
    case SIZE:
        return set_size(c, o, field, value);
    case COUNT:
        return set_count(c, o, field, value, UINT32_MAX);
    case PORT:
        return set_count(c, o, field, value, 0xffff);
    case CHOICE:
        return set_choice(c, o, field, value);
    case DRIVE:
        return set_drive(c, value);
    case TEXT:
        break;
    }
    *(const char **)field = value;
    return true;
}

/* ---- a whole file, a command line ---- */

/* Turns c->error into "file:line: error". */
static void place_error(struct conf *c, const char *file, unsigned line) {
    char what[CONF_ERROR], digits[12];
    size_t n = sizeof digits;

    for (size_t i = 0; i < sizeof what; i++)
        what[i] = c->error[i];
    digits[--n] = 0;
    do
        digits[--n] = (char)('0' + line % 10);
    while (line /= 10);
    fail(c, file, ":", digits + n);
    say(c, ": ");
    say(c, what);
}

/* "name = value" in [s, end), without its newline; empty lines and those that begin with # say nothing. */
static bool parse_line(struct conf *c, const char *s, const char *end) {
    while (s < end && is_space(*s))
        s++;
    while (end > s && is_space(end[-1]))
        end--;
    if (s == end || *s == '#')
        return true;
    for (const char *p = s; p < end; p++)
        if (*p == 0)
            return fail(c, "a zero byte: this is not a text file", "", "");

    const char *eq = s;
    while (eq < end && *eq != '=')
        eq++;
    const char *name_end = eq, *val = eq + 1;
    while (name_end > s && is_space(name_end[-1]))
        name_end--;
    while (val < end && is_space(*val))
        val++;
    if (end - val >= 2 && *val == '"' && end[-1] == '"')
        val++, end--;
    char *name = pool_copy(c, s, (size_t)(name_end - s));
    if (!name)
        return fail(c, "the configuration is too long", "", "");
    if (eq == end || name_end == s)
        return fail(c, "'", name, "' is not name=value");
    char *value = pool_copy(c, val, val < end ? (size_t)(end - val) : 0);
    if (!value)
        return fail(c, "the configuration is too long", "", "");
    return conf_set(c, name, value);
}

bool conf_parse_file(struct conf *c, const char *file, const char *text, size_t len) {
    const char *p = text, *end = text + len;
    unsigned line = 1;

    /* A byte order mark, as some editors of Windows put it. */
    if (len >= 3 && (uint8_t)p[0] == 0xef && (uint8_t)p[1] == 0xbb && (uint8_t)p[2] == 0xbf)
        p += 3;
    for (; p < end; line++) {
        const char *eol = p;

        while (eol < end && *eol != '\n')
            eol++;
        if (!parse_line(c, p, eol)) {
            place_error(c, file, line);
            return false;
        }
        p = eol < end ? eol + 1 : end;
    }
    return true;
}

bool conf_parse_cmdline(struct conf *c, const char *text) {
    while (*text) {
        char *word = c->pool + c->used;
        size_t n = 0;
        bool quoted = false;

        if (is_space(*text) || *text == '\n') {
            text++;
            continue;
        }
        for (; *text && (quoted || (!is_space(*text) && *text != '\n')); text++) {
            if (*text == '"') {
                quoted = !quoted;
                continue;
            }
            if (c->used + n + 1 >= CONF_POOL)
                return fail(c, "the command line is too long", "", "");
            word[n++] = *text;
        }
        word[n] = 0;
        c->used += n + 1;
        if (quoted)
            return fail(c, "a double quote is not closed in ", word, "");
        size_t eq = 0;
        while (word[eq] && word[eq] != '=')
            eq++;
        if (!word[eq] || eq == 0)
            return fail(c, "'", word, "' is not name=value");
        word[eq] = 0;
        if (!conf_set(c, word, word + eq + 1))
            return false;
    }
    return true;
}

bool conf_is_url(const char *name) {
    while (*name >= 'a' && *name <= 'z')
        name++;
    return name[0] == ':' && name[1] == '/' && name[2] == '/';
}

size_t conf_files(const struct conf *c, const char **names, size_t max) {
    const char *fixed[] = {c->bios && str_eq(c->bios, "none") ? NULL : c->bios, c->kernel, c->initrd,
                           c->symbols};
    size_t n = 0;

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && n < max; i++)
        if (fixed[i] && !conf_is_url(fixed[i]))
            names[n++] = fixed[i];
    for (unsigned i = 0; i < c->ndrives && n < max; i++)
        if (!c->drive[i].disk && !conf_is_url(c->drive[i].file))
            names[n++] = c->drive[i].file;
    return n;
}
