/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform: everything the engine (tcg/, dbt/) and the board (devices/) need of what is below them. Implemented by
 * kernel/plat_metal.c (the bare PC) and tools/hosted/plat_linux.c (a Linux process); there is no third way to the host.
 *
 * "engine address": valid in the engine (ring 0 on metal). "user address": valid in translated code (ring 3 on metal).
 * Hosted the two are equal. */
#ifndef PYRITE_KERNEL_PLAT_H
#define PYRITE_KERNEL_PLAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Zeroed memory that translated code sees as well. */
struct plat_user_mem {
    void *engine;   /* engine address, page aligned */
    uint64_t user;  /* user address, page aligned */
    size_t size;    /* bytes */
};

/* Allocates rw_size + ro_size bytes, contiguous in both views; the first rw_size bytes are writable by translated code,
 * the rest it can only read. Both are multiples of 4096. Never executable. False: no memory. */
bool plat_user_alloc(size_t rw_size, size_t ro_size, struct plat_user_mem *out);

/* Guest RAM: zeroed, as large as asked for (a multiple of 2 MiB), readable and writable by translated code, huge pages
 * where possible. False: not that much memory; *avail then holds what could be had, in bytes. */
bool plat_ram_alloc(uint64_t size, struct plat_user_mem *out, uint64_t *avail);

/* Engine-only memory for large tables, zeroed, never freed. NULL: none left. (Small things use malloc.) */
void *plat_alloc(size_t size);

/* One region of code memory: written through rw by the engine, executed at rx by translated code. */
struct plat_code_region {
    uint8_t *rw;
    uint64_t rx;
    size_t size;
};

/* The next region of code memory, `size` bytes (a multiple of 2 MiB). False: no more is to be had. */
bool plat_code_alloc(size_t size, struct plat_code_region *out);
/* A part of a region, by both its addresses, is about to be filled: a host that gives memory page by page, at the first
 * touch, may give all of it now. */
void plat_code_soon(uint8_t *rw, uint64_t rx, size_t size);

/* ---- translated code (DESIGN 3) ---------------------------------------------------------------------------------- */

/* What is shared between a hart and the gate assembly. First member of struct vcpu; offsets are fixed by plat_gate.inc
 * and checked by static assertions in the C file beside each gate. */
struct plat_hart {
    uint64_t gpr[16];      /*   0: host registers at the last gate, indexed by their x86 encoding number (rax = 0);
                                   rax, rcx, r11 and rsp are not valid */
    uint64_t pc;           /* 128: the user address after the gate instruction */
    uint64_t engine_sp;    /* 136: where plat_tb_enter() left its frame */
    uint64_t env;          /* 144: user address that RBP holds in translated code */
    uint32_t mxcsr;        /* 152: the guest's MXCSR while the engine runs; sticky flags accumulate here */
    uint32_t engine_mxcsr; /* 156: 0x1f80 */
    uint64_t user_sp;      /* 160: RSP of translated code (metal) */
    uint64_t pad[3];
    uint8_t xmm[16][16];   /* 192: XMM registers at the last gate entered with PLAT_GATE_XMM */
    uint32_t id;           /* hart number, from 0 */
    void *plat;            /* the platform's own */
};

/* A gate (helper call) is EAX = gate number | flags, then the gate instruction. Arguments lie in env->gate_arg, the
 * result comes back in RAX. Every register but RAX, RCX and R11 is preserved; XMM registers are preserved (and saved in
 * plat_hart.xmm) only with PLAT_GATE_XMM. Leaving translated code is EAX = PLAT_GATE_EXIT | value, then the exit
 * instruction; plat_tb_enter() then returns value. */
#define PLAT_GATE_XMM  0x40000000u
#define PLAT_GATE_EXIT 0x80000000u

enum plat_gate_kind {
    PLAT_GATE_CALL,    /* gate: call [rbp + env.gate]; exit: jmp [rbp + env.exit] */
    PLAT_GATE_SYSCALL, /* both: syscall */
};
struct plat_gate_info {
    enum plat_gate_kind kind;
    uint64_t gate, exit; /* user addresses to store into env.gate, env.exit (PLAT_GATE_CALL), else 0 */
};
void plat_gate_info(struct plat_gate_info *out);

/* Called for each gate, on the engine's stack, with the engine's MXCSR. `nr` is not checked yet: ring 3 is hostile. */
typedef uint64_t plat_gate_fn(struct plat_hart *hart, uint32_t nr);
void plat_set_gate(plat_gate_fn *fn);

/* Runs translated code at user address `code` with RBP = hart->env until it exits; returns the exit value (31 bits).
 * On metal a fault or illegal instruction in ring 3 is upcalled to plat_set_fault()'s function. */
uint64_t plat_tb_enter(struct plat_hart *hart, uint64_t code);

/* From inside a gate: abandons the translated code and makes plat_tb_enter() return `value`. */
_Noreturn void plat_tb_unwind(struct plat_hart *hart, uint64_t value);

/* Per-hart set-up on the thread or core that will run it: stacks, segments, FPU. hart->id and hart->env are set. */
void plat_hart_init(struct plat_hart *hart);

/* Tests only. The next of a row of pseudo-random values, xorshift64*. */
static inline uint64_t plat_scribble_next(uint64_t *seed) {
    uint64_t x = *seed ? *seed : 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    return x * 0x2545f4914f6cdd1d;
}
/* Tests only: fills all that translated code can write, but for guest RAM, with such values. Nothing hosted, where
 * that would be all of the process. */
void plat_user_scribble(uint64_t *seed);

/* ---- harts, waiting, events -------------------------------------------------------------------------------------- */

/* Event bits. A source that has news sets its bit in the hart's event word and stores 1 to the hart's poll word, so
 * that translated code leaves soon; the hart loop takes the bits and does the work. */
enum {
    PLAT_EV_TIMER = 1,    /* the one-shot timer expired */
    PLAT_EV_CONSOLE = 2,  /* console input is there */
    PLAT_EV_BLOCK = 4,    /* block requests completed */
    PLAT_EV_NET = 8,      /* packets arrived or left */
    PLAT_EV_KICK = 16,    /* another hart wants attention */
    PLAT_EV_STOP = 32,    /* the user asked to quit (Ctrl-A x, a signal) */
    PLAT_EV_STATS = 64,   /* the user asked for statistics (Ctrl-A s, SIGUSR1) */
};

/* Tells the platform where hart `id`'s poll word is (engine address, 4-byte aligned). */
void plat_set_poll(unsigned id, uint32_t *poll);
/* Takes (and clears) the pending events of a hart. The caller clears the poll word first. Any thread's writes before
 * the event was raised are visible after. */
uint32_t plat_events(unsigned id);
void plat_kick(unsigned id, uint32_t events);
/* Sleeps until an event is pending for hart `id` (HLT on metal). Never loses a wake-up. */
void plat_wait(unsigned id);
/* Runs fn(arg) as hart `id` on its own core or thread. False: no such core. Hart 0 runs on the caller's. */
bool plat_hart_start(unsigned id, void (*fn)(void *), void *arg);
/* A background worker, where there is an idle core. False: none. */
bool plat_worker_start(void (*fn)(void *), void *arg);
unsigned plat_max_harts(void);

typedef struct { uint32_t v; } plat_lock_t; /* zero is unlocked; not recursive; interrupts are off in the engine */
void plat_lock(plat_lock_t *l);
void plat_unlock(plat_lock_t *l);
/* In a loop that waits for another hart: lets it go on, where it shares the core. */
void plat_relax(void);

/* ---- time -------------------------------------------------------------------------------------------------------- */

uint64_t plat_clock_ns(void);                           /* monotonic, starts near 0 */
uint64_t plat_wall_ns(void);                            /* since 1970-01-01 UTC */
void plat_timer_set(unsigned id, uint64_t deadline_ns); /* plat_clock_ns() scale; one shot; UINT64_MAX disarms */
/* RDRAND/RDSEED, getrandom, else jitter: may be unfit for keys */
void plat_entropy(void *buf, size_t len);
enum plat_seed { PLAT_SEED_OK, PLAT_SEED_LATER, PLAT_SEED_NONE };
/* 64 bits fit for keys: RDSEED, RDRAND, getrandom. LATER: the source has none just now. NONE: there is no such
 * source. */
enum plat_seed plat_seed(uint64_t *out);

/* ---- console, files, block --------------------------------------------------------------------------------------- */

/* Guest serial. Write never drops; read returns how many of at most len bytes were there (0: none now). */
void plat_console_write(const void *buf, size_t len);
size_t plat_console_read(void *buf, size_t len);

/* A whole file, read-only, mapped until the end of the program. Names are as in the configuration. */
struct plat_file {
    const void *data;
    uint64_t size;
};
/* 0, or an errno value; *why then holds a short reason ("No such file"). */
int plat_file_open(const char *name, struct plat_file *out, const char **why);

/* Gives a file in memory a name, for plat_file_open() and plat_block_open() (not writable); both stay where they are.
 * False: there are too many. */
bool plat_file_add(const char *name, const void *data, uint64_t size);

/* Block storage behind `drive=`. Requests are bytes; off and len are multiples of 512 and inside size. */
struct plat_block;
enum plat_block_op { PLAT_BLOCK_READ, PLAT_BLOCK_WRITE, PLAT_BLOCK_FLUSH };
struct plat_block_req {
    enum plat_block_op op;
    uint64_t off;
    void *buf;
    size_t len;
    void (*done)(struct plat_block_req *req, int err); /* in the hart loop, or from within submit; err is 0 or errno */
    void *opaque;
};
/* Opens a file as raw storage; `writable` only when the configuration says rw. 0 or errno, as plat_file_open(). */
int plat_block_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why);
/* The same of a disk of the PC or one of its partitions, by name, GPT label or GUID (docs/configuration.md): on metal
 * only, hosted there is none. */
int plat_disk_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why);
/* Bytes of a sector of what is below, 512 to 4096, a power of two: what is not in whole ones costs more. */
uint32_t plat_block_sector(const struct plat_block *b);
void plat_block_submit(struct plat_block *b, struct plat_block_req *req);
/* Runs the completions that are due: called by the hart loop on PLAT_EV_BLOCK. */
void plat_block_poll(void);

/* ---- packets: the wire behind netdev=bridge and netdev=tap ------------------------------------------------------- */

/* What goes with a frame: the first ten bytes of virtio's header (virtio 1.2, 5.1.6), little-endian. All zero: a whole
 * frame of at most 1514 bytes with its checksums done. */
struct plat_net_hdr {
    uint8_t flags;    /* PLAT_NET_NEEDS_CSUM: the sum of [csum_start, end) is still to be put csum_offset behind */
    uint8_t gso_type; /* PLAT_NET_GSO_NONE, PLAT_NET_GSO_TCP4 */
    uint16_t hdr_len, gso_size, csum_start, csum_offset;
};
enum { PLAT_NET_NEEDS_CSUM = 1, PLAT_NET_DATA_VALID = 2 };
enum { PLAT_NET_GSO_NONE = 0, PLAT_NET_GSO_TCP4 = 1 };
enum { PLAT_NET_MAX_FRAME = 65536 + 14 };
/* Offloads that the wire's side does for what is sent to it: checksums; cutting TCP over IPv4. */
enum { PLAT_NET_CSUM = 1, PLAT_NET_TSO4 = 2 };
struct plat_net;
struct plat_net_info {
    uint8_t mac[6]; /* for the guest; all zero: no opinion */
    bool link;
    uint32_t offloads;
};
/* kind "bridge" (metal; name: a network card's, NULL: the first with a link) or "tap" (hosted; name: the device's).
 * 0 or errno, *why says more. All calls in the loop of hart 0; PLAT_EV_NET comes when a frame is there, when there is
 * room again, and when the link changed. */
int plat_net_open(const char *kind, const char *name, struct plat_net **out, const char **why);
void plat_net_info(struct plat_net *n, struct plat_net_info *out);
/* The guest's address from now on. False: a group's, zero, or another one's on this wire; then nothing changes. */
bool plat_net_set_mac(struct plat_net *n, const uint8_t mac[6]);
/* One Ethernet frame without its check sequence. False: no room now, try again after the next PLAT_EV_NET. A frame that
 * cannot be sent at all is dropped: true. */
bool plat_net_send(struct plat_net *n, const struct plat_net_hdr *h, const void *frame, size_t len);
/* The next frame, at most len bytes (what does not fit is dropped whole); its length, 0: none now. */
size_t plat_net_recv(struct plat_net *n, struct plat_net_hdr *h, void *frame, size_t len);

/* ---- sockets: Pyrite's own connections (services/, netdev=user) -------------------------------------------------- */

/* On metal lwIP's, hosted the host's. Nothing blocks. All calls in the loop of hart 0; PLAT_EV_NET comes when an answer
 * may have changed. IPv4; addresses and ports are numbers in host order. Errors are negative errno values: -EAGAIN not
 * now, try again after the next PLAT_EV_NET; -ECONNREFUSED, -ECONNRESET, -ETIMEDOUT, -EHOSTUNREACH as usual;
 * -ENETDOWN: no network, or no address yet. */
struct plat_sock;
struct plat_addr {
    uint32_t ip;   /* 0: any */
    uint16_t port; /* 0: any */
};
/* Is there an address to talk from? -EAGAIN: may come (DHCP), else -ENETDOWN. */
int plat_sock_ready(struct plat_addr *own);
/* A connection that is being made: send and recv say -EAGAIN until it is there. */
int plat_sock_connect(struct plat_addr to, struct plat_sock **out);
/* 0: the connection is there. -EAGAIN: not yet. Else why it will not be. */
int plat_sock_connected(struct plat_sock *s);
int plat_sock_listen(struct plat_addr at, struct plat_sock **out);
/* The next connection to a listening socket, which goes on listening. */
int plat_sock_accept(struct plat_sock *listening, struct plat_sock **out, struct plat_addr *from);
int plat_sock_udp(struct plat_addr at, struct plat_sock **out);
/* How many bytes went, at least 1; a datagram (with `to`) goes whole or is dropped. */
int64_t plat_sock_send(struct plat_sock *s, const void *buf, size_t len, const struct plat_addr *to);
/* How many bytes came; 0: the other end sends no more (TCP), an empty datagram (UDP). What does not fit of a
 * datagram is lost. `from` may be NULL. */
int64_t plat_sock_recv(struct plat_sock *s, void *buf, size_t len, struct plat_addr *from);
/* No more will be sent: the other end sees the end of the stream behind what was sent. */
void plat_sock_shutdown(struct plat_sock *s);
/* What was sent still goes, where the other end takes it. */
void plat_sock_close(struct plat_sock *s);
/* The address of a host, a name or "10.0.2.2"; -EAGAIN while it is asked for: call again, with the same name. */
int plat_sock_resolve(const char *name, uint32_t *ip);
/* The host's first resolver; 0: it has none that is known. */
uint32_t plat_sock_dns(void);
/* Network card `i`, and Pyrite's own interface on it. False: there is none. Hosted there is none of Pyrite's. */
struct plat_card_info {
    char name[64];
    uint8_t mac[6];
    bool link;
    uint32_t address; /* 0: none */
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, dropped;
};
bool plat_card_info(unsigned i, struct plat_card_info *out);
/* Moves packets and looks at the stack's clocks: called by the hart loop on PLAT_EV_NET, before sockets are looked
 * at. */
void plat_sock_poll(void);

/* ---- log, panic, power ------------------------------------------------------------------------------------------- */

enum {
#define LOG_ITEM(name, bit, help) LOG_##name = 1u << (bit),
#include "kernel/log.def"
#undef LOG_ITEM
};
extern uint32_t plat_log_mask;
extern const bool plat_verbose; /* says what it is at start: true on metal, false hosted */
static inline bool plat_log_on(uint32_t items) { return (plat_log_mask & items) != 0; }

/* Pyrite's own messages: stderr hosted; on metal serial and screen, each line prefixed "pyrite: ". */
void plat_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void plat_vlog(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/* An internal error: message, registers, symbolised backtrace; then exit status 125 (hosted) or stay (panic=halt). */
_Noreturn void plat_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For the host's profiler (-d perf): translated code at user address `start` is the guest's at `guest_pc`. Metal has
 * none. */
void plat_code_named(uint64_t start, uint32_t size, uint64_t guest_pc);

/* The profiler (-d profile): where the timer stopped a hart. A ring: the oldest notes are overwritten. */
enum { PLAT_SAMPLES = 4096 };
struct plat_samples {
    uint32_t head, tail;  /* free-running; head is the handler's, tail whoever's takes notes out */
    const uint64_t *tag;  /* engine address of a word that is noted as well */
    struct {
        uint64_t pc, tag; /* pc: user address in translated code; 0: the engine ran */
    } at[PLAT_SAMPLES];
};
/* What a signal or interrupt handler does about one sample, without vector registers; kicks the hart when the ring is
 * filling up. */
static inline void plat_samples_note(struct plat_samples *s, unsigned id, uint64_t pc) {
    uint32_t i = s->head % PLAT_SAMPLES;
    s->at[i].pc = pc;
    s->at[i].tag = *s->tag;
    __atomic_store_n(&s->head, s->head + 1, __ATOMIC_RELEASE);
    if (i % (PLAT_SAMPLES / 4) == 0)
        plat_kick(id, 0);
}
/* From now on about every period_ns: hosted, of the calling thread's CPU time; on metal of real time, and only while
 * translated code runs, since nothing interrupts the engine. On the thread or core of hart `id`. False: there is no
 * such thing. */
bool plat_sample(unsigned id, uint64_t period_ns, struct plat_samples *s);

enum plat_power { PLAT_POWER_OFF, PLAT_POWER_RESET };
/* Ends Pyrite with this exit status (0-126, README): hosted exit(), metal power-off or the debug-exit port. */
_Noreturn void plat_exit(int status);

/* What the banner says of the host. */
struct plat_host_info {
    const char *cpu;      /* model name */
    unsigned cores;
    uint64_t memory;      /* bytes of RAM in all */
    uint64_t code_limit;  /* bytes that code memory can grow to */
    unsigned x86_level;   /* 2, 3 or 4: x86-64-vN */
    uint64_t guest_ram;   /* default size of guest RAM, bytes */
};
void plat_host_info(struct plat_host_info *out);

/* Host CPU features that translated code may use (CPUID and XCR0 checked). */
struct plat_cpu {
    bool cx16, popcnt, sse41, lzcnt, bmi1, bmi2, avx, avx2, fma, f16c, avx512, aes, pclmul, sha, gfni;
};
extern struct plat_cpu plat_cpu;

/* Atomically: if the 16 bytes at p (an engine address, a multiple of 16) hold *old, they become v. *old = what they
 * held. Sequentially consistent. */
void plat_cas128(void *p, unsigned __int128 *old, unsigned __int128 v);

#endif
