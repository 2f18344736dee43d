/* SPDX-License-Identifier: BSD-2-Clause */
/* The hosted door of the unit tests; unit_run() itself is in run.c, which the image links too. */
#include "kernel/plat.h"
#include "tests/unit/unit.h"

int main(void) {
    unsigned ran = 0;
    unsigned failed = unit_run("", &ran);

    if (ran == 0) {
        plat_log("unit: no tests were linked in\n");
        return 1;
    }
    return failed != 0;
}
