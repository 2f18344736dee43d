/* SPDX-License-Identifier: BSD-2-Clause */
/* Events, waiting and time (kernel/plat.h). Handlers acknowledge, set a bit in the hart's event word and its poll word;
 * all work is done in the hart loop. Used from interrupt handlers: no vector registers. Interrupts are off in ring 0
 * but for the two places below that let them in. */
#pragma GCC target("general-regs-only")
#include "kernel/drivers/drivers.h"
#include "kernel/kernel.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/x86.h"

enum { MAX_HARTS = 1 };
#define NS 1000000000ull
#define SERIAL_POLL_NS 5000000ull
#define LOADER_NS (60 * NS)

static struct {
    uint32_t events;
    uint32_t *poll;
    uint64_t deadline;
} hart[MAX_HARTS] = {{.deadline = UINT64_MAX}};
/* The profiler: notes are taken at least every `period`. */
static struct {
    struct plat_samples *to;
    uint64_t period;
} sampler;
static uint64_t wall_start;
static const char *wall_source = "";
static bool poll_serial;
static uint64_t clock_deadline; /* when to look whether the clock is right; UINT64_MAX: never */
static uint64_t net_deadline = UINT64_MAX, block_deadline = UINT64_MAX;

/* When the timer will interrupt, at the latest; UINT64_MAX: not set. */
static uint64_t armed = UINT64_MAX;

/* Sees to it that the timer interrupts at the deadline, or earlier when the serial port or the screen has to be looked
 * at. Setting it is dear under a VM, and guests mostly move their deadline further away: a timer that is set for an
 * earlier time is left alone, and its interrupt sets it anew. */
static void arm(void) {
    uint64_t now = tsc_ns(), until = hart[0].deadline;
    uint64_t draw = fbcon_due();
    if (poll_serial && until > now + SERIAL_POLL_NS)
        until = now + SERIAL_POLL_NS;
    if (sampler.to && until > now + sampler.period)
        until = now + sampler.period;
    if (until > clock_deadline)
        until = clock_deadline;
    if (until > net_deadline)
        until = net_deadline;
    if (until > block_deadline)
        until = block_deadline;
    if (draw > now && until > draw)
        until = draw;
    if (until >= armed)
        return;
    armed = until;
    apic_timer_set(until > now ? until - now : 0);
}

void events_sample(uint64_t user_pc) {
    if (sampler.to)
        plat_samples_note(sampler.to, 0, user_pc);
}

bool plat_sample(unsigned id, uint64_t period_ns, struct plat_samples *s) {
    if (id >= MAX_HARTS)
        return false;
    sampler.period = period_ns;
    sampler.to = s;
    arm();
    return true;
}

static void refine_clock(void) {
    unsigned seconds = tsc_refine();
    clock_deadline = seconds ? tsc_ns() + seconds * NS : UINT64_MAX;
}

static void on_timer(void) {
    armed = UINT64_MAX;
    if (poll_serial)
        serial_poll();
    if (tsc_ns() >= hart[0].deadline) {
        hart[0].deadline = UINT64_MAX;
        plat_kick(0, PLAT_EV_TIMER);
    }
    if (tsc_ns() >= net_deadline) {
        net_deadline = UINT64_MAX;
        plat_kick(0, PLAT_EV_NET);
    }
    if (tsc_ns() >= block_deadline) {
        block_deadline = UINT64_MAX;
        plat_kick(0, PLAT_EV_BLOCK);
    }
    if (tsc_ns() >= clock_deadline)
        refine_clock();
    if (tsc_ns() >= fbcon_due())
        plat_kick(0, 0); /* the hart loop draws */
    arm(); /* an early one: moved away, rounding, or a counter that is too short */
}

/* UEFI's time, with what has gone by since then; else the CMOS clock's. A TSC that was set since then, or stood for
 * minutes, tells nothing. */
static void set_wall(const struct boot_info *bi) {
    uint64_t passed = tsc_to_ns(rdtsc() - bi->time_tsc);
    if (bi->time_s && passed < LOADER_NS) {
        wall_source = "UEFI";
        wall_start = bi->time_s * NS + bi->time_ns % NS + passed - tsc_ns();
        return;
    }
    uint64_t cmos = rtc_seconds();
    wall_source = cmos ? "the CMOS clock" : "nowhere (1970)";
    wall_start = cmos * NS - tsc_ns();
}

const char *events_wall_source(void) { return wall_source; }

void events_init(void) {
    set_wall(boot_info);
    irq_handler(VEC_TIMER, on_timer);
    apic_timer_calibrate();
    refine_clock();
    arm();
}

void events_net_timer(uint64_t ns) {
    net_deadline = ns;
    arm();
}

void events_block_timer(uint64_t ns) {
    block_deadline = ns;
    arm();
}

void events_serial_polled(void) {
    poll_serial = true;
    arm();
}

void plat_set_poll(unsigned id, uint32_t *poll) {
    if (id < MAX_HARTS)
        hart[id].poll = poll;
}

void plat_kick(unsigned id, uint32_t events) {
    if (id >= MAX_HARTS)
        return;
    __atomic_or_fetch(&hart[id].events, events, __ATOMIC_SEQ_CST);
    if (hart[id].poll)
        __atomic_store_n(hart[id].poll, 1, __ATOMIC_SEQ_CST);
}

uint32_t plat_events(unsigned id) {
    if (id >= MAX_HARTS)
        return 0;
    __asm__ volatile("sti\n\tnop\n\tcli" ::: "memory"); /* what is pending comes in */
    fbcon_draw(false);
    arm(); /* for the screen */
    return __atomic_exchange_n(&hart[id].events, 0, __ATOMIC_SEQ_CST);
}

void plat_wait(unsigned id) {
    if (id >= MAX_HARTS)
        return;
    while (!__atomic_load_n(&hart[id].events, __ATOMIC_SEQ_CST)) {
        fbcon_draw(false);
        arm(); /* for the screen */
        __asm__ volatile("sti\n\thlt\n\tcli" ::: "memory"); /* STI delays interrupts by one instruction: none is lost */
    }
}

unsigned plat_max_harts(void) { return 1; } /* no other core is started yet */

bool plat_hart_start(unsigned id, void (*fn)(void *), void *arg) {
    if (id != 0)
        return false;
    fn(arg);
    return true;
}

bool plat_worker_start(void (*fn)(void *), void *arg) {
    (void)fn;
    (void)arg;
    return false;
}

void plat_relax(void) { __asm__ volatile("pause"); }

void plat_lock(plat_lock_t *l) {
    while (__atomic_exchange_n(&l->v, 1, __ATOMIC_ACQUIRE))
        __asm__ volatile("pause");
}

void plat_unlock(plat_lock_t *l) { __atomic_store_n(&l->v, 0, __ATOMIC_RELEASE); }

uint64_t plat_clock_ns(void) { return tsc_ns(); }
uint64_t plat_wall_ns(void) { return wall_start + tsc_ns(); }

void plat_timer_set(unsigned id, uint64_t deadline_ns) {
    if (id >= MAX_HARTS)
        return;
    hart[id].deadline = deadline_ns;
    arm();
}
