/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates from firmware and the CMOS clock: nothing in them is believed unchecked. Pure; the loader, the kernel and the
 * unit tests share it. */
#include "boot/date.h"

enum { FIRST_YEAR = 1970, LAST_YEAR = 2261, MAX_ZONE = 1440 };

static bool is_leap(uint32_t y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); }

static uint32_t days_in(uint32_t year, uint32_t month) {
    if (month == 2)
        return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Days since 1970-01-01: years from March, 400-year eras. */
static int64_t days(uint32_t y, uint32_t m, uint32_t d) {
    y -= m <= 2;
    uint32_t era = y / 400, yoe = y % 400;
    uint32_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool date_seconds(const struct date *d, uint64_t *seconds) {
    int32_t zone = d->zone == DATE_NO_ZONE ? 0 : d->zone;
    if (d->year < FIRST_YEAR || d->year > LAST_YEAR || d->month < 1 || d->month > 12 || d->day < 1 ||
        d->day > days_in(d->year, d->month) || d->hour > 23 || d->minute > 59 || d->second > 60 ||
        zone < -MAX_ZONE || zone > MAX_ZONE)
        return false;
    int64_t s = days(d->year, d->month, d->day) * 86400 + d->hour * 3600 + d->minute * 60 + d->second + zone * 60;
    if (s < 0)
        return false;
    *seconds = (uint64_t)s;
    return true;
}
