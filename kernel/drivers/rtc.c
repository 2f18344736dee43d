/* SPDX-License-Identifier: BSD-2-Clause */
/* The CMOS clock (Motorola MC146818), read once at the start. Taken as UTC. */
#include "kernel/drivers/drivers.h"
#include "kernel/x86/x86.h"

enum { SEC = 0, MIN = 2, HOUR = 4, DAY = 7, MONTH = 8, YEAR = 9, A = 10, B = 11 };

static uint8_t cmos(uint8_t reg) {
    outb(0x70, reg); /* bit 7 clear: NMI stays on */
    return inb(0x71);
}

static unsigned from_bcd(uint8_t v, bool bcd) { return bcd ? (v >> 4) * 10u + (v & 15) : v; }

/* Days since 1970-01-01 of a date in the Gregorian calendar: years from March, 400-year eras. */
static uint64_t days(unsigned y, unsigned m, unsigned d) {
    y -= m <= 2;
    unsigned era = y / 400, yoe = y % 400;
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return (uint64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void read_all(uint8_t v[6]) {
    static const uint8_t reg[6] = {SEC, MIN, HOUR, DAY, MONTH, YEAR};
    for (unsigned i = 0; i < 1000000 && (cmos(A) & 0x80); i++)
        ; /* update in progress: 2 ms at the most */
    for (unsigned i = 0; i < 6; i++)
        v[i] = cmos(reg[i]);
}

uint64_t rtc_seconds(void) {
    uint8_t v[6], again[6];
    if (cmos(A) == 0xff)
        return 0;
    for (unsigned tries = 0; tries < 5; tries++) {
        read_all(v);
        read_all(again);
        if (__builtin_memcmp(v, again, 6) == 0)
            break;
    }
    uint8_t b = cmos(B);
    bool bcd = !(b & 4), pm = !(b & 2) && (v[2] & 0x80);
    unsigned hour = from_bcd(b & 2 ? v[2] : v[2] & 0x7f, bcd);
    if (!(b & 2))
        hour = hour % 12 + (pm ? 12 : 0);
    unsigned day = from_bcd(v[3], bcd), month = from_bcd(v[4], bcd), year = 2000 + from_bcd(v[5], bcd);
    unsigned min = from_bcd(v[1], bcd), sec = from_bcd(v[0], bcd);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || min > 59 || sec > 60)
        return 0;
    return days(year, month, day) * 86400 + hour * 3600 + min * 60 + sec;
}
