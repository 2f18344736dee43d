/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake platform of fake.h. What the code under test promises in return is checked here: requests to the storage are
 * whole sectors inside it, memory announced as written is RAM. */
#include "tests/libfuzzer/fake.h"

#include <errno.h>

#include "dbt/irq.h"
#include "tests/libfuzzer/fuzz.h"

struct fake fake;
uint32_t plat_log_mask = UINT32_MAX; /* so that the arguments of messages are read, too */
const bool plat_verbose;
struct plat_cpu plat_cpu;

static void *allocated[4096];
static unsigned nallocated;

void fake_reset(void) {
    while (nallocated)
        free(allocated[--nallocated]);
    memset(&fake, 0, sizeof fake);
    fake.clock_ns = 1000000;
}

/* ---- memory ---- */

void *plat_alloc(size_t size) {
    if (nallocated == sizeof allocated / sizeof *allocated || size > 256 << 20)
        return NULL;
    return allocated[nallocated++] = calloc(1, size ? size : 1);
}

bool plat_user_alloc(size_t rw_size, size_t ro_size, struct plat_user_mem *out) {
    size_t size = rw_size + ro_size;
    void *p = aligned_alloc(4096, size);
    if (!p)
        return false;
    memset(p, 0, size);
    *out = (struct plat_user_mem){p, (uintptr_t)p, size};
    return true;
}

bool frame_init(uint64_t ram_base, uint64_t size) { return ram_base && size; }

void frame_written(uint64_t gpa) {
    FUZZ_CHECK(gpa - FAKE_RAM_BASE < FAKE_RAM_SIZE, "%#llx", (unsigned long long)gpa);
    fake.announced[(gpa - FAKE_RAM_BASE) / 4096] = true;
}

/* ---- time, events, locks ---- */

uint64_t plat_clock_ns(void) { return fake.clock_ns; }
uint64_t plat_wall_ns(void) { return 1700000000000000000ull + fake.clock_ns; }
void plat_kick(unsigned id, uint32_t events) { (void)id, (void)events; }
uint32_t plat_events(unsigned id) { return (void)id, 0; }

/* Only reset() of a disk waits, and only while a request is under way. */
void plat_wait(unsigned id) {
    (void)id;
    FUZZ_CHECK(fake.nwaiting, "waits for nothing");
    fake_answer(0);
}
void plat_block_poll(void) {}
void plat_relax(void) {}
void plat_lock(plat_lock_t *l) {
    FUZZ_CHECK(!l->v, "a lock is taken twice");
    l->v = 1;
}
void plat_unlock(plat_lock_t *l) { l->v = 0; }

enum plat_seed plat_seed(uint64_t *out) {
    *out = 1;
    return PLAT_SEED_OK;
}
void plat_entropy(void *buf, size_t len) {
    for (uint8_t *p = buf; len--;)
        *p++ = (uint8_t)(fake.entropy = fake.entropy * 6364136223846793005ull + 1442695040888963407ull >> 7);
}

/* ---- console, files, storage ---- */

void plat_console_write(const void *buf, size_t len) {
    volatile uint8_t sum = 0;
    for (const uint8_t *p = buf; len--;)
        sum ^= *p++;
}
size_t plat_console_read(void *buf, size_t len) {
    size_t n = len < fake.input_left ? len : fake.input_left;
    memcpy(buf, fake.input, n);
    fake.input += n;
    fake.input_left -= n;
    return n;
}

int plat_file_open(const char *name, struct plat_file *out, const char **why) {
    for (unsigned i = 0; i < FAKE_FILES; i++)
        if (fake.file[i].name && !strcmp(fake.file[i].name, name)) {
            *out = (struct plat_file){fake.file[i].data, fake.file[i].size};
            return 0;
        }
    *why = "No such file";
    return ENOENT;
}

int plat_block_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    static char dummy;
    (void)name, (void)writable, (void)why;
    *out = (struct plat_block *)&dummy;
    *size = FAKE_DISK;
    return 0;
}

static void answer(struct plat_block_req *r) {
    if (!fake.error && r->op == PLAT_BLOCK_READ)
        memcpy(r->buf, fake.disk + r->off, r->len);
    if (!fake.error && r->op == PLAT_BLOCK_WRITE)
        memmove(fake.disk + r->off, r->buf, r->len);
    r->done(r, fake.error);
}

void fake_submit(struct plat_block_req *r) {
    if (r->op != PLAT_BLOCK_FLUSH)
        FUZZ_CHECK(r->off % 512 == 0 && r->len % 512 == 0 && r->off <= FAKE_DISK && r->len <= FAKE_DISK - r->off,
                   "off %llu len %zu", (unsigned long long)r->off, r->len);
    if (fake.deferred && fake.nwaiting < sizeof fake.waiting / sizeof *fake.waiting)
        fake.waiting[fake.nwaiting++] = r;
    else
        answer(r);
}
int plat_disk_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    (void)name, (void)writable, (void)out, (void)size;
    *why = "The disks of the machine are the bare PC's only (a block device is a file here: drive=file=/dev/...)";
    return ENODEV;
}

uint32_t plat_block_sector(const struct plat_block *b) {
    (void)b;
    return 512;
}

void plat_block_submit(struct plat_block *b, struct plat_block_req *r) {
    (void)b;
    fake_submit(r);
}

void fake_answer(unsigned i) {
    if (!fake.nwaiting)
        return;
    i %= fake.nwaiting;
    struct plat_block_req *r = fake.waiting[i];
    fake.waiting[i] = fake.waiting[--fake.nwaiting];
    answer(r);
}

/* ---- network: sockets answer at random, there is no wire ---- */

struct plat_sock {
    bool listening;
};
static unsigned chance(unsigned n) {
    fake.net = fake.net * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(fake.net >> 33) % n;
}
static int sock_open(struct plat_sock **out, bool listening) {
    if (!listening && chance(8) == 0)
        return -ENETDOWN;
    *out = malloc(sizeof **out);
    (*out)->listening = listening;
    fake.sockets += !listening;
    return 0;
}
int plat_sock_connect(struct plat_addr to, struct plat_sock **out) {
    FUZZ_CHECK(to.ip && to.port && (to.ip >> 24 != 10 || to.ip >> 8 != 0x0a0002), "connects to %x", to.ip);
    return sock_open(out, false);
}
int plat_sock_connected(struct plat_sock *s) {
    volatile bool touched = s->listening;
    (void)touched;
    return chance(3) ? chance(6) ? 0 : -ECONNREFUSED : -EAGAIN;
}
int plat_sock_listen(struct plat_addr at, struct plat_sock **out) { return sock_open(out, true); }
int plat_sock_accept(struct plat_sock *s, struct plat_sock **out, struct plat_addr *from) {
    if (!s->listening || chance(4))
        return -EAGAIN;
    *from = (struct plat_addr){chance(2) ? 0x7f000001 : 0xc0000201, (uint16_t)(1024 + chance(64))};
    return sock_open(out, false) ? -EAGAIN : 0;
}
int plat_sock_udp(struct plat_addr at, struct plat_sock **out) { return sock_open(out, at.port != 0); }
int64_t plat_sock_send(struct plat_sock *s, const void *buf, size_t len, const struct plat_addr *to) {
    volatile uint8_t sum = s->listening;
    for (size_t i = 0; i < len; i++)
        sum ^= ((const uint8_t *)buf)[i];
    if (chance(16) == 0)
        return -ECONNRESET;
    return to ? (int64_t)len : chance(3) && len ? 1 + (int64_t)chance((unsigned)len) : -EAGAIN;
}
int64_t plat_sock_recv(struct plat_sock *s, void *buf, size_t len, struct plat_addr *from) {
    unsigned what = chance(16);
    size_t n = 1 + chance(chance(4) ? 2000 : 70000);
    if (what > 4)
        return -EAGAIN;
    if (what == 4)
        return s->listening || chance(2) ? -EAGAIN : -ECONNRESET;
    n = what == 3 && chance(2) ? 0 : n < len ? n : len;
    memset(buf, 'x', n);
    if (from)
        *from = (struct plat_addr){0x7f000001, 53};
    return (int64_t)n;
}
void plat_sock_shutdown(struct plat_sock *s) { s->listening = s->listening; }
void plat_sock_close(struct plat_sock *s) {
    fake.sockets -= !s->listening;
    free(s);
}
uint32_t plat_sock_dns(void) { return 0x7f000001; }
void plat_sock_poll(void) {}

int plat_net_open(const char *kind, const char *name, struct plat_net **out, const char **why) {
    *why = "there is no wire";
    return ENODEV;
}
void plat_net_info(struct plat_net *n, struct plat_net_info *out) { memset(out, 0, sizeof *out); }
bool plat_net_send(struct plat_net *n, const struct plat_net_hdr *h, const void *frame, size_t len) { return true; }
bool plat_net_set_mac(struct plat_net *n, const uint8_t mac[6]) { return true; }
size_t plat_net_recv(struct plat_net *n, struct plat_net_hdr *h, void *frame, size_t len) { return 0; }

/* ---- messages: formatted, not shown ---- */

void plat_vlog(const char *fmt, va_list ap) {
    char line[512];
    vsnprintf(line, sizeof line, fmt, ap);
}
void plat_log(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    plat_vlog(fmt, ap);
    va_end(ap);
}
_Noreturn void plat_panic(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    abort();
}

/* ---- the engine ---- */

uint64_t guest_time(void) { return fake.time + fake.clock_ns / 100; }
void guest_time_set(uint64_t ticks) { fake.time = ticks - fake.clock_ns / 100; }
void irq_set(unsigned hart, unsigned irq, bool level) {
    FUZZ_CHECK(hart == 0 && irq < 16, "hart %u irq %u", hart, irq);
    fake.lines = level ? fake.lines | 1ull << irq : fake.lines & ~(1ull << irq);
}
void irq_mtimecmp(unsigned hart, uint64_t ticks) { irq_set(hart, IRQ_MTIP, guest_time() >= ticks); }
void irq_board_timer(uint64_t deadline_ns) { (void)deadline_ns; }
void machine_request_exit(int status) {
    FUZZ_CHECK(status >= 0 && status <= 126, "%d", status);
    fake.exits++;
}
void machine_request_reset(void) { fake.resets++; }
