/* SPDX-License-Identifier: BSD-2-Clause */
/* The real-time clock. */
#ifndef PYRITE_DEVICES_RTC_H
#define PYRITE_DEVICES_RTC_H

#include "dbt/physmem.h"
#include "devices/dev.h"

struct rtc {
    struct dev_line irq;
    uint64_t offset;      /* guest's time - plat_wall_ns() */
    uint32_t high;        /* of the time, latched by a read of its low half; or written, for the low half to come */
    uint64_t alarm;       /* guest's time, ns */
    uint32_t alarm_high;
    bool armed, enabled, pending;
};

extern const struct mmio_ops rtc_ops; /* dev: struct rtc */
void rtc_reset(struct rtc *r);        /* irq is set by the caller, before; the time goes on */
/* Raises the alarm when it is due. Returns the plat_clock_ns() of the alarm, UINT64_MAX: none. */
uint64_t rtc_poll(struct rtc *r);

#endif
