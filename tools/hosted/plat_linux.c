/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel/plat.h for a Linux process: memory, code regions with two views, gates, time, log and the end. Events, timers
 * and the console are in io.c, files and block storage in storage.c. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <execinfo.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "kernel/plat_mmu.h"
#include "tools/hosted/hosted.h"

/* The offsets in kernel/plat_gate.inc. */
_Static_assert(offsetof(struct plat_hart, pc) == 128, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, engine_sp) == 136, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, env) == 144, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, mxcsr) == 152, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, engine_mxcsr) == 156, "plat_gate.inc");
_Static_assert(offsetof(struct plat_hart, xmm) == 192, "plat_gate.inc");

uint32_t plat_log_mask;
const bool plat_verbose = false;
struct plat_cpu plat_cpu;

/* ---- memory ---- */

enum { HUGE = 2 << 20 };
/* Code memory lies in one reservation, so that blocks reach each other by rel32 as long as it is not above 2 GiB. */
static size_t code_room = (size_t)1 << 30;
#define MOST_CODE ((size_t)64 << 30)

void hosted_code_room(uint64_t bytes) {
    code_room = bytes > MOST_CODE ? MOST_CODE : bytes > code_room ? bytes : code_room;
}

static void *map_anon(size_t size, size_t align) {
    size_t total = size + align;
    uint8_t *p = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    uint8_t *start = (uint8_t *)(((uintptr_t)p + align - 1) & ~(uintptr_t)(align - 1));
    if (start > p)
        munmap(p, (size_t)(start - p));
    if (start + size < p + total)
        munmap(start + size, (size_t)(p + total - (start + size)));
    return start;
}

/* Not in large pages: where memory is fragmented, to get these few takes longer than all that they save. */
void *plat_alloc(size_t size) { return map_anon((size + 4095) & ~(size_t)4095, 4096); }

bool plat_user_alloc(size_t rw_size, size_t ro_size, struct plat_user_mem *out) {
    void *p = map_anon(rw_size + ro_size, 4096);
    if (!p)
        return false;
    *out = (struct plat_user_mem){p, (uintptr_t)p, rw_size + ro_size};
    return true;
}

bool plat_ram_alloc(uint64_t size, struct plat_user_mem *out, uint64_t *avail) {
    struct sysinfo si;
    sysinfo(&si);
    *avail = (uint64_t)si.totalram * si.mem_unit;
    if (size > *avail)
        return false;
    void *p = hosted_roots() ? hosted_ram_map(size, HUGE) : map_anon(size, HUGE);
    if (!p)
        return false;
    madvise(p, size, MADV_HUGEPAGE);
    *out = (struct plat_user_mem){p, (uintptr_t)p, size};
    return true;
}

static struct {
    uint8_t *rw, *rx;
    size_t used;
    int fd;
} code;

static bool code_reserve(void) {
    code.fd = memfd_create("pyrite-code", MFD_CLOEXEC);
    if (code.fd < 0)
        return false;
    code.rw = mmap(NULL, code_room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    code.rx = mmap(NULL, code_room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return code.rw != MAP_FAILED && code.rx != MAP_FAILED;
}

bool plat_code_alloc(size_t size, struct plat_code_region *out) {
    if (!code.rw && !code_reserve())
        return false;
    if (size > code_room - code.used || ftruncate(code.fd, (off_t)(code.used + size)) != 0)
        return false;
    /* For tests: every other region at the far end, so that few blocks reach each other where there are over 2 GiB. */
    bool far = getenv("PYRITE_CODE_FAR") && code.used / size % 2;
    size_t at = far ? code_room - size - code.used / 2 / size * size : code.used;
    void *rw = mmap(code.rw + at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, code.fd, (off_t)code.used);
    void *rx = mmap(code.rx + at, size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, code.fd, (off_t)code.used);
    if (rw == MAP_FAILED || rx == MAP_FAILED)
        return false;
    *out = (struct plat_code_region){rw, (uintptr_t)rx, size};
    code.used += size;
    return true;
}

/* Without, the guest would take a fault for each 4 KiB of code twice: once written, once run. */
void plat_code_soon(uint8_t *rw, uint64_t rx, size_t size) {
    madvise(rw, size, MADV_POPULATE_WRITE);
    madvise((void *)(uintptr_t)rx, size, MADV_POPULATE_READ);
}

/* ---- gates ---- */

plat_gate_fn *hosted_gate_fn;
void hosted_gate(void);
void hosted_exit(void);
static plat_fault_fn *fault_fn;

void plat_user_scribble(uint64_t *seed) { (void)seed; }
void plat_set_gate(plat_gate_fn *fn) { hosted_gate_fn = fn; }
void plat_set_fault(plat_fault_fn *fn) { fault_fn = fn; }

void plat_gate_info(struct plat_gate_info *out) {
    *out = (struct plat_gate_info){PLAT_GATE_CALL, (uintptr_t)hosted_gate, (uintptr_t)hosted_exit};
}

void plat_hart_init(struct plat_hart *hart) {
    hart->mxcsr = 0x1f80;
    hart->engine_mxcsr = 0x1f80;
}

bool plat_hart_start(unsigned id, void (*fn)(void *), void *arg) {
    if (id == 0) {
        fn(arg);
        return true;
    }
    return plat_worker_start(fn, arg);
}

struct worker {
    void (*fn)(void *);
    void *arg;
};
static void *worker_main(void *p) {
    struct worker w = *(struct worker *)p;
    free(p);
    w.fn(w.arg);
    return NULL;
}

bool plat_worker_start(void (*fn)(void *), void *arg) {
    struct worker *w = malloc(sizeof *w);
    pthread_t t;
    if (!w)
        return false;
    *w = (struct worker){fn, arg};
    if (pthread_create(&t, NULL, worker_main, w) != 0) {
        free(w);
        return false;
    }
    pthread_detach(t);
    return true;
}

unsigned plat_max_harts(void) { return HOSTED_MAX_HARTS; }

/* With more harts than cores the holder may sleep: so does who waits. WAITED: somebody does. */
enum { LOCKED = 1, WAITED = 2 };

void plat_lock(plat_lock_t *l) {
    for (unsigned spins = 0; spins < 100; spins++) {
        uint32_t v = 0;
        if (__atomic_compare_exchange_n(&l->v, &v, LOCKED, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
    }
    while (__atomic_exchange_n(&l->v, WAITED, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, &l->v, FUTEX_WAIT_PRIVATE, WAITED, NULL, NULL, 0);
}

void plat_unlock(plat_lock_t *l) {
    if (__atomic_exchange_n(&l->v, 0, __ATOMIC_RELEASE) == WAITED)
        syscall(SYS_futex, &l->v, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void plat_relax(void) { sched_yield(); }

/* ---- time, entropy, host ---- */

static uint64_t now_ns(clockid_t clk) {
    struct timespec ts;
    clock_gettime(clk, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t clock_start;
uint64_t plat_clock_ns(void) { return now_ns(CLOCK_MONOTONIC) - clock_start; }
uint64_t plat_wall_ns(void) { return now_ns(CLOCK_REALTIME); }

void plat_entropy(void *buf, size_t len) {
    for (size_t n = 0; n < len;) {
        ssize_t r = getrandom((uint8_t *)buf + n, len - n, 0);
        if (r > 0)
            n += (size_t)r;
    }
}

enum plat_seed plat_seed(uint64_t *out) {
    return getrandom(out, sizeof *out, GRND_NONBLOCK) == sizeof *out ? PLAT_SEED_OK : PLAT_SEED_LATER;
}

static char cpu_name[49];

static void detect_cpu(void) {
    unsigned a, b, c, d;
    __builtin_cpu_init();
    plat_cpu = (struct plat_cpu){
        .popcnt = __builtin_cpu_supports("popcnt"), .sse41 = __builtin_cpu_supports("sse4.1"),
        .bmi1 = __builtin_cpu_supports("bmi"), .bmi2 = __builtin_cpu_supports("bmi2"),
        .avx = __builtin_cpu_supports("avx"), .avx2 = __builtin_cpu_supports("avx2"),
        .fma = __builtin_cpu_supports("fma"), .avx512 = __builtin_cpu_supports("avx512vl"),
        .aes = __builtin_cpu_supports("aes"), .pclmul = __builtin_cpu_supports("pclmul"),
        .gfni = __builtin_cpu_supports("gfni"), .f16c = __builtin_cpu_supports("f16c"),
    };
    if (__get_cpuid(1, &a, &b, &c, &d))
        plat_cpu.cx16 = c >> 13 & 1;
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        plat_cpu.lzcnt = c >> 5 & 1;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        plat_cpu.sha = b >> 29 & 1;
    for (unsigned i = 0; i < 3; i++)
        if (__get_cpuid(0x80000002 + i, &a, &b, &c, &d))
            memcpy(cpu_name + 16 * i, (unsigned[]){a, b, c, d}, 16);
}

void plat_host_info(struct plat_host_info *out) {
    struct sysinfo si;
    sysinfo(&si);
    *out = (struct plat_host_info){
        .cpu = cpu_name,
        .cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
        .memory = (uint64_t)si.totalram * si.mem_unit,
        .code_limit = code_room,
        .x86_level = plat_cpu.avx512 ? 4 : plat_cpu.avx2 && plat_cpu.fma && plat_cpu.bmi2 ? 3 : 2,
        .guest_ram = (uint64_t)1 << 30,
    };
}

/* ---- the profiler ---- */

static struct plat_samples *samples[HOSTED_MAX_HARTS];

static void on_sample(int sig, siginfo_t *si, void *uc) {
    uint64_t pc = (uint64_t)((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
    unsigned id = (unsigned)si->si_value.sival_int;
    int saved = errno;
    (void)sig;
    plat_samples_note(samples[id], id, code.rx && pc - (uintptr_t)code.rx < code_room ? pc : 0);
    errno = saved;
}

bool plat_sample(unsigned id, uint64_t period_ns, struct plat_samples *s) {
    struct sigaction sa = {.sa_sigaction = on_sample, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF, .sigev_value.sival_int = (int)id};
    struct timespec t = {(time_t)(period_ns / 1000000000), (long)(period_ns % 1000000000)};
    timer_t timer;
    ev._sigev_un._tid = gettid();
    if (id >= HOSTED_MAX_HARTS || sigaction(SIGPROF, &sa, NULL) != 0 ||
        timer_create(CLOCK_THREAD_CPUTIME_ID, &ev, &timer) != 0)
        return false;
    samples[id] = s;
    return timer_settime(timer, 0, &(struct itimerspec){t, t}, NULL) == 0;
}

/* ---- log, panic, end ---- */

void plat_vlog(const char *fmt, va_list ap) { vfprintf(stderr, fmt, ap); }

void plat_code_named(uint64_t start, uint32_t size, uint64_t guest_pc) {
    static FILE *map;
    char name[64];
    if (!map) {
        snprintf(name, sizeof name, "/tmp/perf-%d.map", (int)getpid());
        map = fopen(name, "w");
    }
    if (map && fprintf(map, "%llx %x guest_%llx\n", (unsigned long long)start, size, (unsigned long long)guest_pc) > 0)
        fflush(map);
}

void plat_log(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    plat_vlog(fmt, ap);
    va_end(ap);
}

static void backtrace_log(void) {
    void *frames[64];
    fflush(stderr);
    backtrace_symbols_fd(frames, backtrace(frames, 64), 2);
}

void plat_panic(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    hosted_tty_restore();
    fputs("pyrite: internal error: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    backtrace_log();
    _exit(125);
}

void plat_exit(int status) {
    hosted_io_stop();
    fflush(NULL);
    exit(status);
}

/* What the engine says of a fault in translated code, whose stack holds its hart: where it goes on. */
static uint64_t ask_engine(int sig, const siginfo_t *si, const mcontext_t *m) {
    struct plat_hart *hart = *(struct plat_hart **)m->gregs[REG_RSP];
    bool page = sig == SIGSEGV && m->gregs[REG_TRAPNO] == PLAT_VECTOR_PAGE_FAULT;
    struct plat_fault f = {.vector = (unsigned)m->gregs[REG_TRAPNO], .error = (uint64_t)m->gregs[REG_ERR],
                           .address = page ? hosted_guest_address(hart, si->si_addr) : 0,
                           .pc = (uint64_t)m->gregs[REG_RIP]};
    return fault_fn(hart, &f);
}

/* A fault of the process: in translated code it is the engine's to explain, elsewhere it is a bug of ours. */
static void on_fault(int sig, siginfo_t *si, void *uc) {
    mcontext_t *m = &((ucontext_t *)uc)->uc_mcontext;
    uint64_t pc = (uint64_t)m->gregs[REG_RIP];
    bool translated = code.rx && pc - (uintptr_t)code.rx < code_room;
    if (translated && hosted_roots() && fault_fn) {
        m->gregs[REG_RIP] = (greg_t)ask_engine(sig, si, m);
        return;
    }
    hosted_tty_restore();
    if (translated)
        fprintf(stderr,
                "pyrite: fault in translated code: signal %d, address %p, host PC %#llx, rax %#llx, rbp %#llx\n", sig,
                si->si_addr, (unsigned long long)pc, (unsigned long long)m->gregs[REG_RAX],
                (unsigned long long)m->gregs[REG_RBP]);
    else
        fprintf(stderr, "pyrite: internal error: signal %d, address %p, PC %#llx\n", sig, si->si_addr,
                (unsigned long long)pc);
    backtrace_log();
    _exit(125);
}

static void catch_faults(int flags) {
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | flags};
    static uint8_t stack[256 << 10];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
        sigaction(sigs[i], &sa, NULL);
}

/* A fault of the handler itself must be told, too: it is not blocked meanwhile. */
void hosted_faults_resume(void) { catch_faults(SA_NODEFER); }

__attribute__((constructor)) static void hosted_init(void) {
    clock_start = now_ns(CLOCK_MONOTONIC);
    detect_cpu();
#ifndef __SANITIZE_ADDRESS__ /* AddressSanitizer reports faults itself */
    catch_faults((int)SA_RESETHAND);
#endif
}
