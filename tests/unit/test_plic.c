/* SPDX-License-Identifier: BSD-2-Clause */
/* The PLIC: priorities, thresholds, contexts, claim and completion, level-triggered gateways. */
#include <string.h>

#include "devices/plic.h"
#include "tests/unit/unit.h"

static struct plic p;
static bool out[4];

static void output(void *arg, unsigned ctx, bool level) {
    (void)arg;
    out[ctx] = level;
}
static uint32_t rd(uint64_t off) { return (uint32_t)plic_ops.read(&p, off, 4); }
static void wr(uint64_t off, uint32_t v) { plic_ops.write(&p, off, v, 4); }
enum { THRESHOLD = 0x200000, CLAIM = 0x200004, CTX = 0x1000 };

static void start(void) {
    memset(&p, 0, sizeof p);
    memset(out, 0, sizeof out);
    p.ncontexts = 4;
    p.out = (struct dev_line){output, NULL, 0};
    plic_reset(&p);
}

UNIT_TEST(plic_claim_and_complete) {
    start();
    wr(4 * 10, 1);
    wr(0x2080, 1 << 10); /* context 1 */
    plic_input(&p, 10, true);
    CHECK(!out[0] && out[1] && !out[2]);
    CHECK_EQ(rd(0x1000), 1 << 10);
    CHECK_EQ(rd(CLAIM), 0);
    CHECK_EQ(rd(CLAIM + CTX), 10);
    CHECK(!out[1]);
    CHECK_EQ(rd(0x1000), 0);
    CHECK_EQ(rd(CLAIM + CTX), 0);
    wr(CLAIM, 10); /* context 0 has it not enabled: ignored */
    CHECK(!out[1]);
    wr(CLAIM + CTX, 10); /* still high: again */
    CHECK(out[1]);
    CHECK_EQ(rd(CLAIM + CTX), 10);
    plic_input(&p, 10, false);
    wr(CLAIM + CTX, 10);
    CHECK(!out[1]);
}

UNIT_TEST(plic_level_falls_before_claim) {
    start();
    wr(4 * 40, 3);
    wr(0x2004, 1 << 8);
    plic_input(&p, 40, true);
    CHECK(out[0]);
    plic_input(&p, 40, false);
    CHECK(!out[0]);
    CHECK_EQ(rd(CLAIM), 0);
}

UNIT_TEST(plic_priority_order_and_threshold) {
    start();
    for (unsigned n = 1; n < 96; n++)
        wr(4 * n, n == 95 ? 7 : n == 33 ? 5 : 1);
    for (unsigned w = 0; w < 3; w++)
        wr(0x2000 + 4 * w, ~0u);
    CHECK_EQ(rd(0x2000), ~1u); /* source 0 does not exist */
    plic_input(&p, 5, true);
    plic_input(&p, 3, true);
    plic_input(&p, 33, true);
    plic_input(&p, 95, true);
    CHECK_EQ(rd(CLAIM), 95);
    CHECK_EQ(rd(CLAIM), 33);
    wr(THRESHOLD, 1);
    CHECK(!out[0]);
    CHECK_EQ(rd(CLAIM), 3); /* a claim does not look at the threshold; a tie goes to the lower number */
    wr(THRESHOLD, 0);
    CHECK(out[0]);
    CHECK_EQ(rd(CLAIM), 5);
    CHECK_EQ(rd(CLAIM), 0);
}

UNIT_TEST(plic_registers_are_bounded) {
    start();
    wr(0, 7);
    CHECK_EQ(rd(0), 0);
    wr(4 * 20, ~0u);
    CHECK_EQ(rd(4 * 20), 7);
    wr(4 * 96, 1);
    CHECK_EQ(rd(4 * 96), 0);
    wr(0x1000, ~0u); /* pending is read-only */
    CHECK_EQ(rd(0x1000), 0);
    wr(0x200c, ~0u);
    CHECK_EQ(rd(0x200c), 0);
    wr(0x2000 + 0x80 * 4, ~0u); /* no such context */
    CHECK_EQ(rd(0x2000 + 0x80 * 4), 0);
    wr(THRESHOLD + 4 * CTX, 7);
    CHECK_EQ(rd(THRESHOLD + 4 * CTX), 0);
    plic_input(&p, 0, true);
    plic_input(&p, 96, true);
    plic_input(&p, ~0u, true);
    wr(CLAIM, 96);
    wr(CLAIM, 0);
    CHECK_EQ(rd(0x1000) | rd(0x1004) | rd(0x1008), 0);
}

UNIT_TEST(plic_reset_keeps_levels) {
    start();
    wr(4 * 10, 1);
    wr(0x2000, 1 << 10);
    plic_input(&p, 10, true);
    rd(CLAIM);
    plic_reset(&p);
    CHECK(!out[0]);
    CHECK_EQ(rd(0x1000), 1 << 10);
    CHECK_EQ(rd(0x2000), 0);
}
