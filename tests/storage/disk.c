/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest in M-mode without firmware, with one virtio disk: reads all of it, writes all of it inverted, flushes, reads
 * it again; several requests in flight. Says "before SUM", "wrote STATUS" (the worst of virtio's), "after SUM", numbers
 * in hexadecimal, and passes. SUM is FNV-1a of the 64-bit words in order. Of a disk with larger sectors than 512 bytes
 * the requests begin and end within them. */
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t u64;
enum { FLIGHT = 8, QUEUE = 32 };
static u64 step = 64 << 10; /* bytes a request */
#define R32(a) (*(volatile uint32_t *)(a))
#define VIRTIO 0x10001000ul

static struct {
    struct {
        u64 addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[QUEUE];
    struct {
        uint16_t flags, idx, ring[QUEUE];
    } avail;
    volatile struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, len;
        } elem[QUEUE];
    } used __attribute__((aligned(4096)));
} ring __attribute__((aligned(4096)));
static struct {
    uint32_t type, reserved;
    u64 sector;
} head[FLIGHT];
static volatile uint8_t status[FLIGHT];
static uint8_t *const image = (uint8_t *)0x81000000; /* all of the disk */

__asm__(".globl _start\n_start: li sp, 0x203\n slli sp, sp, 22\n addi sp, sp, -16\n call main\n"
        "li t0, 0x100000\n li t1, 0x5555\n beqz a0, 1f\n li t1, 0x13333\n1: sw t1, 0(t0)\n2: j 2b\n");
static void put(char c) { *(volatile char *)0x10000000 = c; }
static void say(const char *s) {
    while (*s)
        put(*s++);
}
static void say_hex(const char *what, u64 v) {
    say(what);
    for (int i = 60; i >= 0; i -= 4)
        put("0123456789abcdef"[v >> i & 15]);
    say("\n");
}

static bool init(void) {
    if (R32(VIRTIO) != 0x74726976 || R32(VIRTIO + 4) != 2 || R32(VIRTIO + 8) != 2)
        return false;
    R32(VIRTIO + 0x70) = 0;
    R32(VIRTIO + 0x70) = 3;
    R32(VIRTIO + 0x24) = 0;
    R32(VIRTIO + 0x20) = 1 << 9; /* flush */
    R32(VIRTIO + 0x24) = 1;
    R32(VIRTIO + 0x20) = 1;      /* version 1 */
    R32(VIRTIO + 0x70) = 11;
    R32(VIRTIO + 0x30) = 0;
    R32(VIRTIO + 0x38) = QUEUE;
    R32(VIRTIO + 0x80) = (uint32_t)(u64)ring.desc;
    R32(VIRTIO + 0x90) = (uint32_t)(u64)&ring.avail;
    R32(VIRTIO + 0xa0) = (uint32_t)(u64)&ring.used;
    R32(VIRTIO + 0x44) = 1;
    R32(VIRTIO + 0x70) = 15;
    return R32(VIRTIO + 0x70) == 15;
}

static void start(unsigned i, uint32_t type, u64 sector, void *data, uint32_t len) {
    unsigned d = 3 * i;
    status[i] = 0xff;
    head[i].type = type;
    head[i].sector = sector;
    ring.desc[d].addr = (u64)&head[i], ring.desc[d].len = 16, ring.desc[d].flags = 1;
    ring.desc[d].next = (uint16_t)(len ? d + 1 : d + 2);
    ring.desc[d + 1].addr = (u64)data, ring.desc[d + 1].len = len, ring.desc[d + 1].flags = type ? 1 : 3;
    ring.desc[d + 1].next = (uint16_t)(d + 2);
    ring.desc[d + 2].addr = (u64)&status[i], ring.desc[d + 2].len = 1, ring.desc[d + 2].flags = 2;
    ring.avail.ring[ring.avail.idx % QUEUE] = (uint16_t)d;
    __sync_synchronize();
    ring.avail.idx++;
    __sync_synchronize();
    R32(VIRTIO + 0x50) = 0;
}

static uint8_t finish(unsigned i) {
    while (status[i] == 0xff)
        __asm__ volatile("" ::: "memory");
    return status[i];
}

/* The worst status. */
static uint8_t all(uint32_t type, u64 bytes) {
    uint8_t worst = 0;
    unsigned n = (unsigned)((bytes + step - 1) / step);
    for (unsigned i = 0; i < n + FLIGHT; i++) {
        uint8_t s = i >= FLIGHT ? finish(i % FLIGHT) : 0;
        u64 at = i * step;
        worst = s > worst ? s : worst;
        if (i < n)
            start(i % FLIGHT, type, at / 512, image + at, (uint32_t)(bytes - at < step ? bytes - at : step));
        else
            status[i % FLIGHT] = 0;
    }
    return worst;
}

static u64 sum(u64 bytes) {
    u64 h = 0xcbf29ce484222325;
    for (u64 i = 0; i < bytes / 8; i++)
        h = (h ^ ((const u64 *)image)[i]) * 0x100000001b3;
    return h;
}

int main(void) {
    if (!init())
        return 1;
    u64 bytes = ((u64)R32(VIRTIO + 0x104) << 32 | R32(VIRTIO + 0x100)) * 512;
    step -= R32(VIRTIO + 0x114) > 512 ? 512 : 0;
    say_hex("bytes ", bytes);
    say_hex("sectors ", R32(VIRTIO + 0x114));
    say_hex("read ", all(0, bytes));
    say_hex("before ", sum(bytes));
    for (u64 i = 0; i < bytes / 8; i++)
        ((u64 *)image)[i] = ~((u64 *)image)[i];
    say_hex("wrote ", all(1, bytes));
    start(0, 4, 0, 0, 0);
    say_hex("flushed ", finish(0));
    for (u64 i = 0; i < bytes / 8; i++)
        ((u64 *)image)[i] = 0;
    all(0, bytes);
    say_hex("after ", sum(bytes));
    return 0;
}
