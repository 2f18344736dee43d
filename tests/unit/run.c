/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs what UNIT_TEST() collected, in link order. Assumes that the linker keeps the section "unit_tests" whole (the
 * linker script of the image has it) and that tests run one at a time. */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/plat.h"

extern const struct unit_test __start_unit_tests[] __attribute__((weak));
extern const struct unit_test __stop_unit_tests[] __attribute__((weak));

static unsigned failures; /* CHECKs that failed in the test that runs */

void unit_fail(const char *file, int line, const char *what, uint64_t got, uint64_t want) {
    failures++;
    plat_log("%s:%d: %s: got 0x%" PRIx64 " (%" PRId64 "), want 0x%" PRIx64 " (%" PRId64 ")\n", file, line, what, got,
             (int64_t)got, want, (int64_t)want);
}

unsigned unit_run(const char *folder, unsigned *ran) {
    unsigned failed = 0, count = 0;

    for (const struct unit_test *t = __start_unit_tests; t < __stop_unit_tests; t++) {
        if (!strstr(t->file, folder))
            continue;
        failures = 0;
        t->fn();
        count++;
        failed += failures != 0;
        plat_log("%s %s\n", failures ? "not ok" : "ok", t->name);
    }
    plat_log("unit: %u passed, %u failed\n", count - failed, failed);
    *ran = count;
    return failed;
}
