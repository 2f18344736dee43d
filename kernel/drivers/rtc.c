/* SPDX-License-Identifier: BSD-2-Clause */
/* The CMOS clock (Motorola MC146818), read once at the start. Taken as UTC. */
#include "boot/date.h"
#include "kernel/drivers/drivers.h"
#include "kernel/x86/x86.h"

enum { SEC = 0, MIN = 2, HOUR = 4, DAY = 7, MONTH = 8, YEAR = 9, A = 10, B = 11 };

static uint8_t cmos(uint8_t reg) {
    outb(0x70, reg); /* bit 7 clear: NMI stays on */
    return inb(0x71);
}

static unsigned from_bcd(uint8_t v, bool bcd) { return bcd ? (v >> 4) * 10u + (v & 15) : v; }

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
    struct date d = {2000 + from_bcd(v[5], bcd), from_bcd(v[4], bcd), from_bcd(v[3], bcd), hour, from_bcd(v[1], bcd),
                     from_bcd(v[0], bcd), 0};
    uint64_t seconds = 0;
    return date_seconds(&d, &seconds) ? seconds : 0;
}
