/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a run that cannot go on: message, values, registers, backtrace with names, on serial and screen. Assumes
 * as little as it can: no heap, and of the rest of the kernel only the console, which is polled from here on. */
#include "kernel/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/drivers/drivers.h"
#include "kernel/kernel.h"
#include "kernel/memlayout.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/paging.h"
#include "kernel/x86/x86.h"

enum { MAX_FRAMES = 32, STATUS_PANIC = 125 };
typedef unsigned long long ull;

static bool leave_at_end, panicking;

/* tools/symbols: count, then (offset from KERNEL_VMA, offset of the name) sorted, then the names. */
extern const uint32_t kernel_symbols[], kernel_symbols_end[];
extern char kernel_start[], kernel_text_end[], kernel_data_start[], kernel_end[];

void panic_set_exit(bool leave) { leave_at_end = leave; }

const char *symbol_find(uint64_t addr, uint64_t *off) {
    uint32_t n = (uint64_t)kernel_symbols_end > (uint64_t)kernel_symbols ? kernel_symbols[0] : 0;
    const uint32_t *pair = kernel_symbols + 1;
    if (n == 0 || addr < (uint64_t)kernel_start || addr >= (uint64_t)kernel_text_end)
        return NULL;
    uint32_t rel = (uint32_t)(addr - (uint64_t)kernel_start), lo = 0, hi = n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (pair[2 * mid] <= rel)
            lo = mid;
        else
            hi = mid;
    }
    if (pair[2 * lo] > rel)
        return NULL;
    *off = rel - pair[2 * lo];
    return (const char *)(pair + 2 * n) + pair[2 * lo + 1];
}

static void say(const char *fmt, ...) {
    char buf[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    klog_write(buf, n < (int)sizeof buf ? (unsigned)n : sizeof buf - 1);
}

static void say_address(const char *what, uint64_t addr) {
    uint64_t off;
    const char *name = symbol_find(addr, &off);
    say("pyrite:   %s%016llx %s%s", what, (ull)addr, name ? name : "?", name ? "" : "\n");
    if (name)
        say("+0x%llx\n", (ull)off);
}

/* Stacks lie in the image's data or in the kernel's own mappings, and a frame must be mapped to be looked at. */
static bool readable_frame(uint64_t at) {
    uint64_t pa;
    bool in_image = at >= (uint64_t)kernel_data_start && at + 16 <= (uint64_t)kernel_end;
    bool in_vm = at >= VM_BASE && at + 16 <= VM_BASE + VM_SIZE && paging_walk(at, &pa) && paging_walk(at + 15, &pa);
    return (at & 7) == 0 && (in_image || in_vm);
}

static void backtrace(uint64_t rip, uint64_t rbp) {
    say("pyrite: backtrace:\n");
    say_address("", rip);
    for (unsigned i = 0; i < MAX_FRAMES && readable_frame(rbp); i++) {
        const uint64_t *frame = (const uint64_t *)rbp;
        if (!frame[1])
            return;
        say_address("", frame[1]);
        if (frame[0] <= rbp) /* stacks grow downwards */
            return;
        rbp = frame[0];
    }
}

/* Everything that formatting and the console need, whatever state ring 0 was in. */
static void enter(void) {
    __asm__ volatile("cli");
    wrmsr(MSR_GS_BASE, (uint64_t)&cpu_boot);
    wrmsr(MSR_FS_BASE, cpu_boot.fs_base);
    if (panicking) {
        klog_write("pyrite: a second error while the first was being reported\n", 58);
        serial_flush();
        cpu_halt();
    }
    panicking = true;
    klog_break_lock();
    fbcon_break_lock();
    serial_break_lock();
}

static _Noreturn void end(void) {
    if (leave_at_end) {
        serial_flush();
        fbcon_draw(true);
        power_off(STATUS_PANIC);
    }
    say("pyrite: stopped; reset the machine to go on\n");
    serial_flush();
    fbcon_draw(true);
    cpu_halt();
}

void plat_panic(const char *fmt, ...) {
    uint64_t rbp = (uint64_t)__builtin_frame_address(0);
    va_list ap;
    char buf[768];

    enter();
    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    say("\npyrite: internal error: %s\n", buf);
    say("pyrite: cr2 %016llx cr3 %016llx cr4 %016llx rsp %016llx\n", (ull)read_cr2(), (ull)read_cr3(), (ull)read_cr4(),
        (ull)rbp);
    backtrace((uint64_t)__builtin_return_address(0), *(const uint64_t *)rbp);
    end();
}

static void say_registers(const struct trap_frame *f) {
    say("pyrite: rax %016llx rbx %016llx rcx %016llx rdx %016llx\n", (ull)f->rax, (ull)f->rbx, (ull)f->rcx,
        (ull)f->rdx);
    say("pyrite: rsi %016llx rdi %016llx rbp %016llx rsp %016llx\n", (ull)f->rsi, (ull)f->rdi, (ull)f->rbp,
        (ull)f->rsp);
    say("pyrite: r8  %016llx r9  %016llx r10 %016llx r11 %016llx\n", (ull)f->r8, (ull)f->r9, (ull)f->r10, (ull)f->r11);
    say("pyrite: r12 %016llx r13 %016llx r14 %016llx r15 %016llx\n", (ull)f->r12, (ull)f->r13, (ull)f->r14,
        (ull)f->r15);
    say("pyrite: rip %016llx rflags %08llx cs %llx ss %llx\n", (ull)f->rip, (ull)f->rflags, (ull)f->cs, (ull)f->ss);
    say("pyrite: cr0 %08llx cr2 %016llx cr3 %016llx cr4 %08llx\n", (ull)read_cr0(), (ull)read_cr2(), (ull)read_cr3(),
        (ull)read_cr4());
}

void panic_trap(const struct trap_frame *f) {
    static const char *const names[32] = {"divide error",
                                          "debug trap",
                                          "NMI",
                                          "breakpoint",
                                          "overflow",
                                          "bound range",
                                          "invalid opcode",
                                          "no FPU",
                                          "double fault",
                                          "",
                                          "invalid TSS",
                                          "segment not present",
                                          "stack fault",
                                          "general protection",
                                          "page fault",
                                          "",
                                          "x87 error",
                                          "alignment check",
                                          "machine check",
                                          "SIMD error",
                                          "virtualization",
                                          "control protection"};
    enter();
    const char *name = f->vector < 32 && names[f->vector] ? names[f->vector] : "exception";
    say("\npyrite: internal error: %s (vector %llu, error code 0x%llx) in %s\n", name, (ull)f->vector, (ull)f->error,
        f->cs & 3 ? "ring 3" : "ring 0");
    say_registers(f);
    backtrace(f->rip, f->rbp);
    end();
}

void kernel_die(int status, const char *fmt, ...) {
    char buf[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    say("pyrite: %s\n", buf);
    serial_flush();
    fbcon_draw(true);
    plat_exit(status);
}
