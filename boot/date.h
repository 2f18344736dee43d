/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates as clocks keep them, to seconds since 1970. */
#ifndef PYRITE_BOOT_DATE_H
#define PYRITE_BOOT_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum { DATE_NO_ZONE = 2047 }; /* EFI_UNSPECIFIED_TIMEZONE: taken as UTC */

/* Gregorian, month and day from 1. */
struct date {
    uint32_t year, month, day, hour, minute, second;
    int32_t zone; /* minutes that UTC is ahead of this time, -1440 to 1440 (UEFI 2.10, 8.3.1: local = UTC - zone) */
};
/* Seconds since 1970-01-01 UTC. False: there is no such time, or it lies before 1970 or after 2261 (where nanoseconds
 * leave 63 bits); *seconds stays as it was. A 60th second counts as the next minute's first. */
bool date_seconds(const struct date *d, uint64_t *seconds);

#endif
