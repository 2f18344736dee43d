/* SPDX-License-Identifier: BSD-2-Clause */
/* -d and its address filter. The items are rows of kernel/log.def. */
#include "dbt/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbt/engine_int.h"

static const struct {
    const char *name, *help;
    uint32_t mask;
} items[] = {
#define LOG_ITEM(name, bit, help) {#name, help, 1u << (bit)},
#include "kernel/log.def"
#undef LOG_ITEM
};
enum { NITEMS = sizeof items / sizeof *items };
static uint64_t filter_first, filter_last = ~(uint64_t)0;

bool log_filter(uint64_t pc) { return pc >= filter_first && pc <= filter_last; }

bool log_set(const char *text, char *err, size_t len) {
    uint32_t mask = 0;
    while (*text) {
        size_t n = strcspn(text, ","), i = 0;
        while (i < NITEMS && (strlen(items[i].name) != n || memcmp(items[i].name, text, n)))
            i++;
        if (i == NITEMS) {
            int at = snprintf(err, len, "unknown log item \"%.*s\"; known:", (int)n, text);
            for (i = 0; i < NITEMS && at > 0 && (size_t)at < len; i++)
                at += snprintf(err + at, len - (size_t)at, " %s", items[i].name);
            return false;
        }
        mask |= items[i].mask;
        text += n + (text[n] == ',');
    }
    plat_log_mask = mask;
    return true;
}

bool log_set_filter(const char *range) {
    char *end;
    uint64_t first = strtoull(range, &end, 0), second;
    bool plus = *end == '+';
    if (end == range || (!plus && strncmp(end, "..", 2)))
        return false;
    const char *rest = end + (plus ? 1 : 2);
    second = strtoull(rest, &end, 0);
    if (end == rest || *end || (plus && second == 0))
        return false;
    filter_first = first;
    filter_last = plus ? first + second - 1 : second;
    return filter_last >= filter_first;
}
