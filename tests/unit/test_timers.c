/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of ACLINT and RTC, and the exit status of the test finisher. What the timers do to a hart is shown by the
 * guest tests. */
#include <string.h>

#include "dbt/irq.h"
#include "devices/aclint.h"
#include "devices/rtc.h"
#include "devices/syscon.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/unit.h"

UNIT_TEST(aclint_registers) {
    static struct aclint a = {.harts = 2};
    aclint_reset(&a);
    CHECK_EQ(aclint_ops.read(&a, 0x4000, 8), UINT64_MAX);
    aclint_ops.write(&a, 0x4008, 0x123456789abcdef0, 8);
    CHECK_EQ(aclint_ops.read(&a, 0x4008, 4), 0x9abcdef0);
    CHECK_EQ(aclint_ops.read(&a, 0x400c, 4), 0x12345678);
    aclint_ops.write(&a, 0x400c, 1, 4);
    CHECK_EQ(aclint_ops.read(&a, 0x4008, 8), 0x19abcdef0);
    CHECK_EQ(aclint_ops.read(&a, 0x4010, 8), 0); /* no hart 2 */
    aclint_ops.write(&a, 4, 0xffffffff, 4);
    CHECK_EQ(aclint_ops.read(&a, 4, 4), 1);
    CHECK_EQ(aclint_ops.read(&a, 0, 8), (uint64_t)1 << 32);
    aclint_ops.write(&a, 8, 1, 4);
    CHECK_EQ(aclint_ops.read(&a, 8, 4), 0);
    aclint_reset(&a);
    CHECK_EQ(aclint_ops.read(&a, 4, 4), 0);
}

UNIT_TEST(aclint_mtime_is_writable) {
    static struct aclint a = {.harts = 1};
    aclint_ops.write(&a, 0xbff8, 0x500000000, 8);
    uint64_t t = aclint_ops.read(&a, 0xbff8, 8);
    CHECK(t - 0x500000000 < 10 * GUEST_TIMEBASE_HZ);
    aclint_ops.write(&a, 0xbffc, 7, 4);
    CHECK_EQ(aclint_ops.read(&a, 0xbffc, 4), 7);
    aclint_reset(&a);
    CHECK(aclint_ops.read(&a, 0xbff8, 8) < 10 * GUEST_TIMEBASE_HZ);
}

UNIT_TEST(rtc_time_and_alarm) {
    static struct rtc r;
    static struct fake_line line;
    r.irq = (struct dev_line){fake_line_set, &line, 0};
    rtc_reset(&r);
    uint64_t t = rtc_ops.read(&r, 0, 4);
    t |= rtc_ops.read(&r, 4, 4) << 32;
    CHECK(plat_wall_ns() - t < 10000000000ull);
    rtc_ops.write(&r, 4, 5, 4); /* the guest sets its clock */
    rtc_ops.write(&r, 0, 0, 4);
    t = rtc_ops.read(&r, 0, 4);
    t |= rtc_ops.read(&r, 4, 4) << 32;
    CHECK(t - ((uint64_t)5 << 32) < 10000000000ull);
    rtc_ops.write(&r, 0x10, 1, 4);
    rtc_ops.write(&r, 0xc, 5000, 4);
    rtc_ops.write(&r, 8, 1, 4);
    CHECK_EQ(rtc_ops.read(&r, 0x18, 4), 1);
    CHECK(!line.level);
    CHECK(rtc_poll(&r) > plat_clock_ns());
    rtc_ops.write(&r, 0x14, 1, 4);
    CHECK_EQ(rtc_ops.read(&r, 0x18, 4), 0);
    rtc_ops.write(&r, 0xc, 1, 4); /* in the past: at once */
    rtc_ops.write(&r, 8, 1, 4);
    CHECK(line.level);
    rtc_ops.write(&r, 0x1c, 1, 4);
    CHECK(!line.level);
    CHECK_EQ(rtc_poll(&r), UINT64_MAX);
}

UNIT_TEST(syscon_exit_status) {
    CHECK_EQ(syscon_status(0), 1);
    CHECK_EQ(syscon_status(7), 7);
    CHECK_EQ(syscon_status(123), 123);
    CHECK_EQ(syscon_status(124), 1);
    CHECK_EQ(syscon_status(UINT64_MAX), 1);
}
