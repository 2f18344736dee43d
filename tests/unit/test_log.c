/* SPDX-License-Identifier: BSD-2-Clause */
/* -d and -dfilter. */
#include "dbt/log.h"

#include <string.h>

#include "dbt/engine_int.h"
#include "tests/unit/unit.h"

UNIT_TEST(log_items_are_qemus_names) {
    char err[300];
    uint32_t old = plat_log_mask;
    CHECK(log_set("in_asm,op,op_opt,alloc,out_asm,exec,int,mmu,dev", err, sizeof err));
    CHECK_EQ(plat_log_mask,
             LOG_in_asm | LOG_op | LOG_op_opt | LOG_alloc | LOG_out_asm | LOG_exec | LOG_int | LOG_mmu | LOG_dev);
    CHECK(!log_set("exec,nonsense", err, sizeof err));
    CHECK(strstr(err, "\"nonsense\"") && strstr(err, "in_asm"));
    CHECK(log_set("", err, sizeof err));
    CHECK_EQ(plat_log_mask, 0);
    plat_log_mask = old;
}

UNIT_TEST(log_filter_ranges) {
    CHECK(log_set_filter("0x1000..0x1fff"));
    CHECK(log_filter(0x1000) && log_filter(0x1fff) && !log_filter(0xfff) && !log_filter(0x2000));
    CHECK(log_set_filter("0x1000+0x10"));
    CHECK(log_filter(0x100f) && !log_filter(0x1010));
    CHECK(!log_set_filter("0x1000"));
    CHECK(!log_set_filter("0x1000+0"));
    CHECK(!log_set_filter("..5"));
    CHECK(!log_set_filter("9..5"));
    CHECK(!log_set_filter("1..5x"));
    CHECK(log_set_filter("0..0xffffffffffffffff"));
}
