/* SPDX-License-Identifier: BSD-2-Clause */
/* The goldfish RTC (Android's goldfish hardware documentation): nanoseconds since 1970 as two 32-bit registers, and one
 * alarm. The guest may set the time; only its difference to the host's clock is kept. The board's timer calls
 * rtc_poll() when the alarm is due (devices/virt.c asks after each register write). */
#include "devices/rtc.h"

enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c,
};

static uint64_t now(const struct rtc *r) { return plat_wall_ns() + r->offset; }

static void update(struct rtc *r) { dev_line_set(&r->irq, r->pending && r->enabled); }

uint64_t rtc_poll(struct rtc *r) {
    uint64_t t = now(r);
    if (!r->armed)
        return UINT64_MAX;
    if (t < r->alarm) {
        uint64_t at = plat_clock_ns() + (r->alarm - t);
        return at < r->alarm - t ? UINT64_MAX : at;
    }
    r->armed = false;
    r->pending = true;
    update(r);
    return UINT64_MAX;
}

static uint64_t rtc_read(void *dev, uint64_t off, unsigned size) {
    struct rtc *r = dev;
    uint64_t t;
    (void)size;
    switch (off) {
    case TIME_LOW:
        t = now(r);
        r->high = (uint32_t)(t >> 32);
        return (uint32_t)t;
    case TIME_HIGH: return r->high;
    case ALARM_LOW: return (uint32_t)r->alarm;
    case ALARM_HIGH: return r->alarm >> 32;
    case IRQ_ENABLED: return r->enabled;
    case ALARM_STATUS: return r->armed;
    default: dev_error("rtc: read at %#llx\n", (unsigned long long)off); return 0;
    }
}

/* The low halves take effect, together with the high half written before. */
static void rtc_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct rtc *r = dev;
    uint32_t v = (uint32_t)val;
    (void)size;
    switch (off) {
    case TIME_LOW: r->offset = ((uint64_t)r->high << 32 | v) - plat_wall_ns(); break;
    case TIME_HIGH: r->high = v; break;
    case ALARM_LOW:
        r->alarm = (uint64_t)r->alarm_high << 32 | v;
        r->armed = true;
        break;
    case ALARM_HIGH: r->alarm_high = v; break;
    case IRQ_ENABLED: r->enabled = v & 1; break;
    case CLEAR_ALARM: r->armed = false; break;
    case CLEAR_INTERRUPT: r->pending = false; break;
    default: dev_error("rtc: write at %#llx\n", (unsigned long long)off); break;
    }
    rtc_poll(r);
    update(r);
}

const struct mmio_ops rtc_ops = {rtc_read, rtc_write, 4, 4};

void rtc_reset(struct rtc *r) {
    r->alarm = r->alarm_high = r->high = 0;
    r->armed = r->enabled = r->pending = false;
    update(r);
}
