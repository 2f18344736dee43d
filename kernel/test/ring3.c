/* SPDX-License-Identifier: BSD-2-Clause */
/* Translated code in ring 3, by hand: gates, interrupts, faults, and what a hostile piece of it might try. Runs inside
 * the image only (test=unit). */
#include <string.h>

#include "kernel/memlayout.h"
#include "kernel/test/ring3.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/x86.h"
#include "tests/unit/unit.h"

enum { REGION = 2 << 20 };

static struct ring3 t;

static uint64_t on_gate(struct plat_hart *hart, uint32_t nr) {
    CHECK(hart == &t.hart);
    t.gate = nr;
    __asm__ volatile("pushfq\n\tpopq %0" : "=r"(t.engine_flags));
    __asm__ volatile("stmxcsr %0" : "=m"(t.engine_mxcsr));
    if (nr == 43)
        __asm__ volatile("xorps %%xmm0, %%xmm0\n\tmovaps %%xmm0, %%xmm7\n\tmovaps %%xmm0, %%xmm15" ::
                             : "xmm0", "xmm7", "xmm15");
    if (nr == 46)
        plat_tb_unwind(hart, 77);
    return 4242;
}

static uint64_t on_fault(struct plat_hart *hart, const struct plat_fault *f) {
    t.fault = *f;
    plat_tb_unwind(hart, FAULT | f->vector);
}

struct ring3 *ring3_set_up(void) {
    if (t.ready)
        return &t;
    t.ready = plat_user_alloc(4096, 4096, &t.env) && plat_code_alloc(REGION, &t.code);
    CHECK(t.ready);
    t.hart.env = t.env.user + 128;
    plat_hart_init(&t.hart);
    return &t;
}

static uint32_t *poll_word(void) { return (uint32_t *)((uint8_t *)t.env.engine + 4096); }

void ring3_copy(const uint8_t *from, const uint8_t *to, uint32_t off) {
    memcpy(t.code.rw + off, from, (size_t)(to - from));
}

/* Puts back what other tests may have set. */
uint64_t ring3_enter(uint32_t off) {
    plat_gate_fn *gate = metal_gate_fn;
    plat_fault_fn *fault = metal_fault_fn;
    plat_set_gate(on_gate);
    plat_set_fault(on_fault);
    t.hart.mxcsr = 0x1f80;
    memset(&t.fault, 0xff, sizeof t.fault);
    uint64_t got = plat_tb_enter(&t.hart, t.code.rx + off);
    plat_set_gate(gate);
    plat_set_fault(fault);
    return got;
}

uint64_t ring3_run_at(const uint8_t *from, const uint8_t *to, uint32_t off) {
    ring3_set_up();
    if (!t.ready)
        return ~0ull;
    memset(t.code.rw, 0xcc, 4096);
    ring3_copy(from, to, off);
    return ring3_enter(off);
}

UNIT_TEST(ring3_exit) { CHECK_EQ(RUN(exit), 1234); }

UNIT_TEST(ring3_gate) {
    CHECK_EQ(RUN(gate), 1);
    CHECK_EQ(t.gate, 42);
    CHECK_EQ(t.hart.gpr[2], 0x1111111122222222);
    CHECK_EQ(t.hart.gpr[15], 0x111111112222222c);
    CHECK_EQ(t.hart.gpr[5], t.hart.env);
}

UNIT_TEST(ring3_gate_keeps_vectors) {
    CHECK_EQ(RUN(xmm), 1);
    CHECK_EQ(t.gate, 43);
    uint32_t x;
    memcpy(&x, t.hart.xmm[15], 4);
    CHECK_EQ(x, 0x3f80000f);
}

UNIT_TEST(ring3_timer_interrupt_sets_the_poll_word) {
    ring3_set_up();
    plat_set_poll(0, poll_word());
    *poll_word() = 0;
    plat_events(0);
    uint64_t t0 = plat_clock_ns();
    plat_timer_set(0, t0 + 20000000);
    CHECK_EQ(RUN(spin), 7);
    CHECK(plat_clock_ns() - t0 >= 20000000);
    CHECK_EQ(plat_events(0) & PLAT_EV_TIMER, PLAT_EV_TIMER);
    *poll_word() = 0;
    plat_timer_set(0, plat_clock_ns() + 1000000);
    CHECK_EQ(RUN(spin_stack), 7);
    plat_set_poll(0, NULL);
    plat_events(0);
}

UNIT_TEST(ring3_wait_wakes_by_timer) {
    plat_events(0);
    uint64_t t0 = plat_clock_ns();
    plat_timer_set(0, t0 + 5000000);
    plat_wait(0);
    CHECK(plat_clock_ns() - t0 >= 5000000);
    CHECK_EQ(plat_events(0), PLAT_EV_TIMER);
    plat_timer_set(0, 0); /* long past: at once */
    plat_wait(0);
    CHECK_EQ(plat_events(0), PLAT_EV_TIMER);
    plat_kick(0, PLAT_EV_KICK);
    plat_wait(0);
    CHECK_EQ(plat_events(0), PLAT_EV_KICK);
}

UNIT_TEST(ring3_flags_do_not_reach_the_engine) {
    CHECK_EQ(RUN(flags), 3);
    CHECK_EQ(t.engine_flags & 0x44700, 0); /* AC, NT, DF, IF, TF */
}

UNIT_TEST(ring3_wild_stack) {
    CHECK_EQ(RUN(stack), FAULT | UD);
    CHECK_EQ(t.hart.gpr[4], 0x123456789abcdef1);
}

UNIT_TEST(ring3_segments_are_put_back) {
    CHECK_EQ(RUN(segments), 5);
    CHECK_EQ(rdmsr(MSR_FS_BASE), cpu_boot.fs_base);
    CHECK(cpu_this() == &cpu_boot);
}

UNIT_TEST(ring3_mxcsr_is_the_guests) {
    CHECK_EQ(RUN(mxcsr), 0x5fa0);
    CHECK_EQ(t.engine_mxcsr, 0x1f80);
    CHECK_EQ(t.hart.mxcsr, 0x5fa0);
}

UNIT_TEST(ring3_pending_x87_exception) {
    volatile long double one = 1;
    CHECK_EQ(RUN(unmasked), 6);
    CHECK((double)(one + 1) == 2);
}

UNIT_TEST(ring3_unwind_from_a_gate) {
    static const uint8_t code[] = {0xb8, 46, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b}; /* mov eax, 46; syscall; ud2 */
    CHECK_EQ(ring3_run_at(code, code + sizeof code, 0), 77);
}

UNIT_TEST(ring3_page_faults) {
    CHECK_EQ(RUN(null_read), FAULT | PF);
    CHECK_EQ(t.fault.address, 0);
    CHECK_EQ(t.fault.pc, t.code.rx);
    CHECK_EQ(RUN(engine_read), FAULT | PF);
    CHECK_EQ(t.fault.address, KERNEL_VMA);
    CHECK_EQ(t.fault.error & 7, entry_engine_cr3 ? 4 : 5); /* present only in tables that both use */
    CHECK_EQ(RUN(direct_read), FAULT | PF);
    CHECK_EQ(RUN(ro_write), FAULT | PF);
    CHECK_EQ(t.fault.address, t.env.user + 4096);
    CHECK_EQ(t.fault.error & 7, 7);
    CHECK_EQ(RUN(code_write), FAULT | PF);
    CHECK_EQ(t.fault.error & 7, 7);
    CHECK_EQ(RUN(data_exec), FAULT | PF);
    CHECK_EQ(t.fault.pc, t.env.user + 64);
}

UNIT_TEST(ring3_privileged_instructions) {
    CHECK_EQ(RUN(privileged), FAULT | GP);
    CHECK_EQ(RUN(halt), FAULT | GP);
    CHECK_EQ(RUN(port), FAULT | GP);
    CHECK_EQ(RUN(msr), FAULT | GP);
    CHECK_EQ(RUN(int3), FAULT | GP);
    CHECK_EQ(RUN(int80), FAULT | GP);
}

UNIT_TEST(ring3_other_faults) {
    CHECK_EQ(RUN(far_away), FAULT | GP);
    CHECK_EQ(RUN(non_canonical), FAULT | GP);
    CHECK_EQ(RUN(trace), FAULT | DB);
    uint64_t got = RUN(trace_gate);
    CHECK(got == (FAULT | DB) || got == 9);
    CHECK_EQ(RUN(divide), FAULT | DE);
    CHECK_EQ(RUN(exit), 1234);
}
