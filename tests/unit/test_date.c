/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware's dates: known ones, time zones, each day of three centuries in order, and what no clock may say. */
#include "boot/date.h"
#include "tests/unit/unit.h"

static uint64_t seconds(uint32_t y, uint32_t mo, uint32_t d, uint32_t h, uint32_t mi, uint32_t s, int32_t zone) {
    uint64_t out = ~0ull; /* stays where the date is refused */
    struct date date = {y, mo, d, h, mi, s, zone};
    bool good = date_seconds(&date, &out);
    CHECK_EQ(good, out != ~0ull);
    return out;
}

/* Values from `date -u -d ... +%s`. */
UNIT_TEST(date_known) {
    CHECK_EQ(seconds(1970, 1, 1, 0, 0, 0, 0), 0);
    CHECK_EQ(seconds(2000, 2, 29, 12, 34, 56, 0), 951827696);
    CHECK_EQ(seconds(2031, 5, 6, 7, 8, 9, DATE_NO_ZONE), 1935817689);
    CHECK_EQ(seconds(2261, 12, 31, 23, 59, 59, 0), 9214646399);
    CHECK_EQ(seconds(2016, 12, 31, 23, 59, 60, 0), seconds(2017, 1, 1, 0, 0, 0, 0));
}

/* Noon in California is 8 p.m. UTC, zone 480 (the specification's example); India is ahead of UTC. */
UNIT_TEST(date_zones) {
    CHECK_EQ(seconds(2026, 1, 15, 12, 0, 0, 480), seconds(2026, 1, 15, 20, 0, 0, 0));
    CHECK_EQ(seconds(2026, 1, 15, 3, 0, 0, -330), seconds(2026, 1, 14, 21, 30, 0, 0));
    CHECK_EQ(seconds(2026, 12, 31, 23, 0, 0, 1440), seconds(2027, 1, 1, 23, 0, 0, 0));
    CHECK_EQ(seconds(1970, 1, 1, 0, 30, 0, -60), ~0ull); /* before 1970 */
}

UNIT_TEST(date_every_day) {
    uint64_t want = 0;
    for (uint32_t y = 1970; y <= 2261; y++)
        for (uint32_t m = 1; m <= 12; m++)
            for (uint32_t d = 1; d <= 32; d++) {
                uint64_t got = seconds(y, m, d, 0, 0, 0, 0);
                if (got == ~0ull)
                    continue; /* no such day: the next month must then go on where this one ended */
                CHECK_EQ(got, want);
                want += 86400;
            }
    CHECK_EQ(want, 9214646400);
}

UNIT_TEST(date_refused) {
    static const struct date bad[] = {
        {0, 1, 1, 0, 0, 0, 0},      {1969, 12, 31, 23, 59, 59, 0}, {2262, 1, 1, 0, 0, 0, 0},  {65535, 1, 1, 0, 0, 0, 0},
        {2026, 0, 1, 0, 0, 0, 0},   {2026, 13, 1, 0, 0, 0, 0},     {2026, 255, 1, 0, 0, 0, 0}, {2026, 1, 0, 0, 0, 0, 0},
        {2026, 2, 29, 0, 0, 0, 0},  {2100, 2, 29, 0, 0, 0, 0},     {2026, 4, 31, 0, 0, 0, 0}, {2026, 1, 1, 24, 0, 0, 0},
        {2026, 1, 1, 0, 60, 0, 0},  {2026, 1, 1, 0, 0, 61, 0},     {2026, 1, 1, 0, 0, 0, 1441},
        {2026, 1, 1, 0, 0, 0, -1441}, {2026, 1, 1, 0, 0, 0, -32768},
        {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, INT32_MIN},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t out = 7;
        CHECK(!date_seconds(&bad[i], &out));
        CHECK_EQ(out, 7);
    }
}
