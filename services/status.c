/* SPDX-License-Identifier: BSD-2-Clause */
/* The status page: text out of numbers. Assumes that names may hold anything (they are file names); guarantees
 * well-formed JSON and HTML as long as the buffer is not full. */
#include "services/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(struct text *t, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->p + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->len = (size_t)n < t->size - t->len ? t->len + (size_t)n : t->size - 1;
}

/* ---- names ---- */

static void add_json_string(struct text *t, const char *s) {
    text_add(t, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            text_add(t, "\\%c", *s);
        else if ((unsigned char)*s < ' ' || (unsigned char)*s > '~')
            text_add(t, "\\u%04x", (unsigned char)*s);
        else
            text_add(t, "%c", *s);
    }
    text_add(t, "\"");
}

static void add_html(struct text *t, const char *s) {
    for (; *s; s++) {
        if (*s == '<' || *s == '>' || *s == '&' || *s == '"' || *s == '\'' || (unsigned char)*s < ' ' ||
            (unsigned char)*s > '~')
            text_add(t, "&#%u;", (unsigned char)*s);
        else
            text_add(t, "%c", *s);
    }
}

/* ---- rates ---- */

static double seconds(const struct status *before, const struct status *now) {
    return now->now_ns > before->now_ns ? (double)(now->now_ns - before->now_ns) / 1e9 : 1e-9;
}

/* Millions of instructions a second; a counter that started anew counts as zero. */
static double mips(const struct status *before, const struct status *now, unsigned hart) {
    uint64_t a = before->hart[hart].insns, b = now->hart[hart].insns;
    return b > a ? (double)(b - a) / seconds(before, now) / 1e6 : 0;
}

/* Percent of the time that was not spent waiting. */
static double busy(const struct status *before, const struct status *now, unsigned hart) {
    uint64_t a = before->hart[hart].waited_ns, b = now->hart[hart].waited_ns;
    double waited = b > a ? (double)(b - a) / 1e9 / seconds(before, now) : 0;
    return waited < 1 ? 100 * (1 - waited) : 0;
}

static unsigned harts(const struct status *s) { return s->harts < STATUS_HARTS ? s->harts : STATUS_HARTS; }

static double all_mips(const struct status *before, const struct status *now) {
    double sum = 0;
    for (unsigned i = 0; i < harts(now); i++)
        sum += mips(before, now, i);
    return sum;
}

typedef unsigned long long ull;

static void add_mac(struct text *t, const uint8_t m[6]) {
    text_add(t, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void add_address(struct text *t, uint32_t a) {
    text_add(t, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

/* ---- JSON ---- */

static void json_harts(struct text *t, const struct status *before, const struct status *now) {
    text_add(t, "\"harts\":[");
    for (unsigned i = 0; i < harts(now); i++)
        text_add(t, "%s{\"mips\":%.3f,\"busy_percent\":%.1f}", i ? "," : "", mips(before, now, i),
                 busy(before, now, i));
    text_add(t, "]");
}

static void json_disks(struct text *t, const struct status *s) {
    text_add(t, "\"disks\":[");
    for (unsigned i = 0; i < s->ndisks; i++) {
        const struct status_disk *d = &s->disk[i];
        text_add(t, "%s{\"file\":", i ? "," : "");
        add_json_string(t, d->file);
        text_add(t, ",\"mode\":\"%s\",\"size\":%llu,\"read\":%llu,\"written\":%llu,\"requests\":%llu,\"errors\":%llu}",
                 d->mode, (ull)d->size, (ull)d->read, (ull)d->written, (ull)d->requests, (ull)d->errors);
    }
    text_add(t, "]");
}

static void json_nets(struct text *t, const struct status *s) {
    text_add(t, "\"network\":[");
    for (unsigned i = 0; i < s->nnets; i++) {
        const struct status_net *n = &s->net[i];
        text_add(t, "%s{\"name\":", i ? "," : "");
        add_json_string(t, n->name);
        text_add(t, ",\"mac\":\"");
        add_mac(t, n->mac);
        text_add(t, "\",\"link\":%s,\"address\":\"", n->link ? "true" : "false");
        if (n->address)
            add_address(t, n->address);
        text_add(t, "\",\"rx_packets\":%llu,\"rx_bytes\":%llu,\"tx_packets\":%llu,\"tx_bytes\":%llu,\"dropped\":%llu}",
                 (ull)n->rx_packets, (ull)n->rx_bytes, (ull)n->tx_packets, (ull)n->tx_bytes, (ull)n->dropped);
    }
    text_add(t, "]");
}

void status_json(struct text *t, const struct status *before, const struct status *now) {
    text_add(t, "{\"version\":");
    add_json_string(t, now->version);
    text_add(t, ",\"uptime_seconds\":%.3f,\"host\":{\"cpu\":", (double)now->now_ns / 1e9);
    add_json_string(t, now->cpu);
    text_add(t, ",\"cores\":%u,\"x86_64_level\":%u,\"memory\":%llu},\"guest\":{\"memory\":%llu,\"kernel\":", now->cores,
             now->x86_level, (ull)now->memory, (ull)now->guest_ram);
    if (now->kernel)
        add_json_string(t, now->kernel);
    else
        text_add(t, "null");
    text_add(t, "},\"mips\":%.3f,", all_mips(before, now));
    json_harts(t, before, now);
    text_add(t, ",\"code_cache\":{\"used\":%llu,\"limit\":%llu,\"blocks\":%llu,\"flushes\":%llu},", (ull)now->code_used,
             (ull)now->code_limit, (ull)now->blocks, (ull)now->flushes);
    json_disks(t, now);
    text_add(t, ",");
    json_nets(t, now);
    text_add(t, ",\"console_viewers\":%u}\n", now->viewers);
}

/* ---- HTML ---- */

static void row(struct text *t, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void row(struct text *t, const char *name, const char *fmt, ...) {
    char value[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    text_add(t, "<tr><th>%s</th><td>", name);
    add_html(t, value);
    text_add(t, "</td></tr>\n");
}

static double mib(uint64_t bytes) { return (double)bytes / 1048576; }

static void html_machine(struct text *t, const struct status *before, const struct status *now) {
    text_add(t, "<table>\n");
    row(t, "Up", "%.0f s", (double)now->now_ns / 1e9);
    row(t, "Host", "%s, x86-64-v%u, %u core%s, %.0f MiB", now->cpu, now->x86_level, now->cores,
        now->cores == 1 ? "" : "s", mib(now->memory));
    row(t, "Guest", "%u hart%s, %.0f MiB, %s", now->harts, now->harts == 1 ? "" : "s", mib(now->guest_ram),
        now->kernel ? now->kernel : "no kernel");
    row(t, "MIPS", "%.1f", all_mips(before, now));
    row(t, "Code cache", "%.1f of %.0f MiB, %llu blocks translated, dropped %llu times", mib(now->code_used),
        mib(now->code_limit), (ull)now->blocks, (ull)now->flushes);
    row(t, "Console viewers", "%u", now->viewers);
    text_add(t, "</table>\n<h2>Cores</h2>\n<table>\n<tr><th>hart</th><th>MIPS</th><th>busy</th></tr>\n");
    for (unsigned i = 0; i < harts(now); i++)
        text_add(t, "<tr><td>%u</td><td>%.1f</td><td>%.0f %%</td></tr>\n", i, mips(before, now, i),
                 busy(before, now, i));
    text_add(t, "</table>\n");
}

static void html_disks(struct text *t, const struct status *s) {
    text_add(t, "<h2>Disks</h2>\n<table>\n<tr><th>file</th><th>mode</th><th>MiB</th><th>MiB read</th>"
                "<th>MiB written</th><th>requests</th><th>errors</th></tr>\n");
    for (unsigned i = 0; i < s->ndisks; i++) {
        const struct status_disk *d = &s->disk[i];
        text_add(t, "<tr><td>");
        add_html(t, d->file);
        text_add(t, "</td><td>%s</td><td>%.0f</td><td>%.1f</td><td>%.1f</td><td>%llu</td><td>%llu</td></tr>\n", d->mode,
                 mib(d->size), mib(d->read), mib(d->written), (ull)d->requests, (ull)d->errors);
    }
    text_add(t, "</table>\n");
}

static void html_nets(struct text *t, const struct status *s) {
    text_add(t, "<h2>Network</h2>\n<table>\n<tr><th>name</th><th>MAC</th><th>link</th><th>address</th><th>MiB in</th>"
                "<th>packets</th><th>MiB out</th><th>packets</th><th>dropped</th></tr>\n");
    for (unsigned i = 0; i < s->nnets; i++) {
        const struct status_net *n = &s->net[i];
        text_add(t, "<tr><td>");
        add_html(t, n->name);
        text_add(t, "</td><td>");
        add_mac(t, n->mac);
        text_add(t, "</td><td>%s</td><td>", n->link ? "up" : "down");
        if (n->address)
            add_address(t, n->address);
        text_add(t, "</td><td>%.1f</td><td>%llu</td><td>%.1f</td><td>%llu</td><td>%llu</td></tr>\n", mib(n->rx_bytes),
                 (ull)n->rx_packets, mib(n->tx_bytes), (ull)n->tx_packets, (ull)n->dropped);
    }
    text_add(t, "</table>\n");
}

void status_html(struct text *t, const struct status *before, const struct status *now) {
    text_add(t, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"refresh\" content=\"5\">\n<title>Pyrite</title>\n"
                "<style>body{font-family:sans-serif}table{border-collapse:collapse}"
                "th,td{text-align:left;padding:2px 12px 2px 0}</style></head><body>\n"
                "<h1>Pyrite ");
    add_html(t, now->version);
    text_add(t, "</h1>\n");
    html_machine(t, before, now);
    html_disks(t, now);
    html_nets(t, now);
    text_add(t, "<p><a href=\"/status.json\">the same as JSON</a></p>\n</body></html>\n");
}
