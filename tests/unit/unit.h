/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests: the same files are linked into build/.../unit (hosted) and, with test=unit, run inside the image. A test
 * is
 *     UNIT_TEST(uart_loopback) { CHECK(x == 1); CHECK_EQ(got, 5); }
 * CHECK failures are reported with file, line and values; the test goes on, and counts as failed. */
#ifndef PYRITE_TESTS_UNIT_H
#define PYRITE_TESTS_UNIT_H

#include <stdbool.h>
#include <stdint.h>

struct unit_test {
    const char *name, *file;
    void (*fn)(void);
};
#define UNIT_TEST(n)                                                                                                   \
    static void unit_##n(void);                                                                                        \
    static const struct unit_test unit_entry_##n                                                                       \
        __attribute__((used, section("unit_tests"), aligned(sizeof(void *)))) = {#n, __FILE__, unit_##n};              \
    static void unit_##n(void)

void unit_fail(const char *file, int line, const char *what, uint64_t got, uint64_t want);
#define CHECK(x) ((x) ? (void)0 : unit_fail(__FILE__, __LINE__, #x, 0, 1))
#define CHECK_EQ(got, want)                                                                                            \
    do {                                                                                                               \
        uint64_t g_ = (uint64_t)(got), w_ = (uint64_t)(want);                                                          \
        if (g_ != w_)                                                                                                  \
            unit_fail(__FILE__, __LINE__, #got, g_, w_);                                                               \
    } while (0)

/* Runs the tests whose source lies in `folder` ("": all), prints "ok NAME" or "not ok NAME" for each through
 * plat_log(); returns how many failed. */
unsigned unit_run(const char *folder, unsigned *ran);

#endif
