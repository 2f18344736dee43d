/* SPDX-License-Identifier: BSD-2-Clause */
/* A course kernel in small, which asks of the board what those do (xv6 and its relatives): M-mode hands everything to
 * S-mode, timer by stimecmp, by the CLINT through M-mode, or by SBI; Sv39 with page table entries that have neither A
 * nor D set; a page that is mapped at the top of every address space; PLIC, 16550 with interrupts both ways, a virtio
 * disk with a queue of eight; two processes that are preempted, sleep, fault pages in and make system calls. */
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t u64;
typedef u64 *pagetable;

#define PAGE 4096ul
#define FINISHER 0x100000ul
#define CLINT 0x2000000ul
#define PLIC 0xc000000ul
#define UART 0x10000000ul
#define VIRTIO 0x10001000ul
#define RAM_END (0x80000000ul + (32 << 20))
#define TOP (1ul << 38)
#define TRAMPOLINE (TOP - PAGE)
#define TRAPFRAME (TRAMPOLINE - PAGE)
#define R8(a) (*(volatile uint8_t *)(a))
#define R32(a) (*(volatile uint32_t *)(a))
#define R64(a) (*(volatile u64 *)(a))
#define csr_read(name)                                                                                                 \
    ({                                                                                                                 \
        u64 csr_v;                                                                                                     \
        __asm__ volatile("csrr %0, " name : "=r"(csr_v)::"memory");                                                    \
        csr_v;                                                                                                         \
    })
#define csr_write(name, v) __asm__ volatile("csrw " name ", %0" ::"r"((u64)(v)) : "memory")

enum { V = 1, R = 2, W = 4, X = 8, U = 16 };
enum { BLOCK = 1024, UART_IRQ = 10, DISK_IRQ = 1, QUEUE = 8, INTERVAL = 100000 };
enum { SIE = 2, SPIE = 0x20, SPP = 0x100 };

void main(void);
void kernel_vector(void);
void machine_timer(void);
void user_trap(void);
extern char trampoline[], user_vector[], user_return[], text_end[], guest_end[], _start[];

/* ---- small things ---- */

void *memset(void *p, int c, u64 n) {
    for (char *q = p; n--;)
        *q++ = (char)c;
    return p;
}
void *memcpy(void *to, const void *from, u64 n) {
    char *t = to;
    for (const char *f = from; n--;)
        *t++ = *f++;
    return to;
}

static void put(char c) {
    while (!(R8(UART + 5) & 0x20))
        ;
    R8(UART) = (uint8_t)c;
}
static void print(const char *s) {
    while (*s)
        put(*s++);
}
static void hex(u64 v) {
    for (int i = 60; i >= 0; i -= 4)
        put("0123456789abcdef"[v >> i & 15]);
}

#ifdef SBI
static long sbi(u64 ext, u64 fid, u64 arg) {
    register u64 a0 __asm__("a0") = arg, a1 __asm__("a1") = 0, a6 __asm__("a6") = fid, a7 __asm__("a7") = ext;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (long)a0;
}
#endif

static void finish(int status) {
#ifdef SBI
    if (!status)
        sbi(0x53525354, 0, 0); /* SRST: shut down */
#endif
    R32(FINISHER) = status ? (uint32_t)status << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}
static void panic(const char *why, u64 v) {
    print("panic: ");
    print(why);
    put(' ');
    hex(v);
    put(' ');
    hex(csr_read("sepc"));
    put(' ');
    hex(csr_read("stval"));
    put('\n');
    finish(1);
}

/* ---- memory ---- */

static void *free_list;

static void page_free(void *p) {
    memset(p, 1, PAGE);
    *(void **)p = free_list;
    free_list = p;
}
static void *page_alloc(void) {
    void **p = free_list;
    if (!p)
        panic("no memory", 0);
    free_list = *p;
    return memset(p, 0, PAGE);
}

static u64 *walk(pagetable t, u64 va, bool make) {
    for (int level = 2; level > 0; level--) {
        u64 *e = &t[va >> (12 + 9 * level) & 511];
        if (!(*e & V)) {
            if (!make)
                return 0;
            *e = (u64)page_alloc() >> 12 << 10 | V;
        }
        t = (pagetable)(*e >> 10 << 12);
    }
    return &t[va >> 12 & 511];
}
static void map(pagetable t, u64 va, u64 pa, u64 size, u64 flags) {
    for (u64 i = 0; i < size; i += PAGE)
        *walk(t, va + i, true) = (pa + i) >> 12 << 10 | flags | V; /* no A, no D */
}
static u64 satp_of(pagetable t) { return 8ul << 60 | (u64)t >> 12; }

static pagetable kernel_pages;

static void memory_init(void) {
    u64 first = ((u64)guest_end + PAGE - 1) & ~(PAGE - 1), code = (u64)_start & ~(PAGE - 1);
    for (u64 p = first; p + PAGE <= RAM_END; p += PAGE)
        page_free((void *)p);
    kernel_pages = page_alloc();
    map(kernel_pages, FINISHER, FINISHER, PAGE, R | W);
    map(kernel_pages, UART, UART, PAGE, R | W);
    map(kernel_pages, VIRTIO, VIRTIO, PAGE, R | W);
    map(kernel_pages, PLIC, PLIC, 0x4000000, R | W);
    map(kernel_pages, code, code, (u64)text_end - code, R | X);
    map(kernel_pages, (u64)text_end, (u64)text_end, RAM_END - (u64)text_end, R | W);
    map(kernel_pages, TRAMPOLINE, (u64)trampoline, PAGE, R | X);
    __asm__ volatile("sfence.vma");
    csr_write("satp", satp_of(kernel_pages));
    __asm__ volatile("sfence.vma");
    csr_write("stvec", kernel_vector);
}

/* ---- processes ---- */

enum state { UNUSED, READY, RUNNING, ASLEEP, DONE };
struct context {
    u64 reg[14];
};
struct frame {
    u64 kernel_satp, reg[31], kernel_sp, handler, epc;
};
static struct process {
    enum state state;
    const void *channel;
    pagetable pages;
    struct frame *frame;
    struct context context;
    int id, status;
} process[2];
static struct process *now;
static struct context scheduler;
static volatile u64 ticks;
void switch_to(struct context *from, struct context *to);

static bool interrupts_off(void) {
    u64 before = csr_read("sstatus") & SIE;
    __asm__ volatile("csrci sstatus, 2");
    return before;
}
static void interrupts_on(void) { __asm__ volatile("csrsi sstatus, 2"); }

static void give_up(enum state s, const void *channel) {
    now->channel = channel;
    now->state = s;
    switch_to(&now->context, &scheduler);
}
static void wake(const void *channel) {
    for (struct process *p = process; p < process + 2; p++)
        if (p->state == ASLEEP && p->channel == channel)
            p->state = READY;
}

static void to_user(void) {
    interrupts_off();
    csr_write("stvec", TRAMPOLINE + (u64)(user_vector - trampoline));
    now->frame->kernel_satp = csr_read("satp");
    now->frame->handler = (u64)user_trap;
    csr_write("sstatus", (csr_read("sstatus") & ~(u64)SPP) | SPIE);
    csr_write("sepc", now->frame->epc);
    ((void (*)(u64, u64))(TRAMPOLINE + (u64)(user_return - trampoline)))(TRAPFRAME, satp_of(now->pages));
}

/* ---- devices ---- */

static struct {
    struct {
        u64 addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[QUEUE];
    struct {
        uint16_t flags, idx, ring[QUEUE], event;
    } avail;
    char gap[PAGE - sizeof(uint16_t) * (QUEUE + 3) - 16 * QUEUE];
    struct {
        uint16_t flags;
        volatile uint16_t idx;
        struct {
            uint32_t id, len;
        } ring[QUEUE];
    } used;
} __attribute__((aligned(4096))) ring;
static struct {
    uint32_t type, reserved;
    u64 sector;
} request;
static volatile uint8_t disk_status;
static volatile bool disk_busy;

static void disk_init(void) {
    uint32_t version = R32(VIRTIO + 4), features;
    if (R32(VIRTIO) != 0x74726976 || R32(VIRTIO + 8) != 2 || R32(VIRTIO + 12) != 0x554d4551)
        panic("no disk", version);
    R32(VIRTIO + 0x70) = 0;
    R32(VIRTIO + 0x70) = 1;
    R32(VIRTIO + 0x70) = 3;
    features = R32(VIRTIO + 0x10);
    features &= ~(1u << 5 | 1u << 7 | 1u << 9 | 1u << 11 | 1u << 12 | 1u << 27 | 1u << 28 | 1u << 29);
    R32(VIRTIO + 0x20) = features;
    R32(VIRTIO + 0x70) = 11;
    if (!(R32(VIRTIO + 0x70) & 8))
        panic("FEATURES_OK", features);
    if (version == 1)
        R32(VIRTIO + 0x28) = PAGE;
    R32(VIRTIO + 0x30) = 0;
    if (R32(VIRTIO + (version == 1 ? 0x40 : 0x44)) || R32(VIRTIO + 0x34) < QUEUE)
        panic("queue", R32(VIRTIO + 0x34));
    R32(VIRTIO + 0x38) = QUEUE;
    if (version == 1) {
        R32(VIRTIO + 0x3c) = PAGE;
        R32(VIRTIO + 0x40) = (uint32_t)((u64)&ring / PAGE);
    } else {
        const void *part[] = {ring.desc, &ring.avail, &ring.used};
        for (u64 i = 0; i < 3; i++) {
            R32(VIRTIO + 0x80 + 0x10 * i) = (uint32_t)(u64)part[i];
            R32(VIRTIO + 0x84 + 0x10 * i) = (uint32_t)((u64)part[i] >> 32);
        }
        R32(VIRTIO + 0x44) = 1;
    }
    R32(VIRTIO + 0x70) = 15;
}

/* One block, by three descriptors that lie anywhere; sleeps until the interrupt. */
static void disk(u64 block, void *data, bool write) {
    static unsigned n;
    unsigned d[3] = {n % QUEUE, (n + 5) % QUEUE, (n + 2) % QUEUE};
    while (disk_busy)
        give_up(ASLEEP, &ring);
    n += 3;
    disk_busy = true;
    disk_status = 0xff;
    request.type = write;
    request.sector = block * (BLOCK / 512);
    ring.desc[d[0]].addr = (u64)&request, ring.desc[d[0]].len = 16, ring.desc[d[0]].flags = 1,
    ring.desc[d[0]].next = (uint16_t)d[1];
    ring.desc[d[1]].addr = (u64)data, ring.desc[d[1]].len = BLOCK, ring.desc[d[1]].flags = write ? 1 : 3,
    ring.desc[d[1]].next = (uint16_t)d[2];
    ring.desc[d[2]].addr = (u64)&disk_status, ring.desc[d[2]].len = 1, ring.desc[d[2]].flags = 2,
    ring.desc[d[2]].next = 0;
    ring.avail.ring[ring.avail.idx % QUEUE] = (uint16_t)d[0];
    __sync_synchronize();
    ring.avail.idx++;
    __sync_synchronize();
    R32(VIRTIO + 0x50) = 0;
    while (disk_busy) {
        if (now) {
            give_up(ASLEEP, &ring);
        } else {
            __asm__ volatile("wfi"); /* ends by what is pending, too */
            interrupts_on();
            interrupts_off();
        }
    }
    if (disk_status)
        panic("disk status", disk_status);
}

static uint16_t used_seen;
static void disk_interrupt(void) {
    R32(VIRTIO + 0x64) = R32(VIRTIO + 0x60) & 3;
    __sync_synchronize();
    while (used_seen != ring.used.idx) {
        used_seen++;
        disk_busy = false;
        wake(&ring);
    }
}

static char line[64];
static volatile unsigned line_end;
static volatile bool line_done, sending;

static void uart_init(void) {
    R8(UART + 1) = 0;
    R8(UART + 3) = 0x80;
    R8(UART) = 3;
    R8(UART + 1) = 0;
    R8(UART + 3) = 3;
    R8(UART + 2) = 7;
    R8(UART + 1) = 3;
}
static void uart_interrupt(void) {
    (void)R8(UART + 2);
    if (R8(UART + 5) & 0x20) {
        sending = false;
        wake((void *)&sending);
    }
    while (R8(UART + 5) & 1) {
        char c = (char)R8(UART);
        if (line_end < sizeof line)
            line[line_end++] = c;
        if (c == '\n' || c == '\r') {
            line_done = true;
            wake(line);
        }
    }
}

static void plic_init(void) {
    R32(PLIC + UART_IRQ * 4) = 1;
    R32(PLIC + DISK_IRQ * 4) = 1;
    R32(PLIC + 0x2080) = 1 << UART_IRQ | 1 << DISK_IRQ;
    R32(PLIC + 0x201000) = 0;
}

static void next_tick(void) {
#if defined SBI
    sbi(0x54494d45, 0, csr_read("time") + INTERVAL);
#elif defined SSTC
    csr_write("0x14d", csr_read("time") + INTERVAL); /* stimecmp */
#else
    csr_write("sip", csr_read("sip") & ~2ul);
#endif
}

/* 0: no interrupt that is known, 1: a device, 2: the timer. */
static int interrupt(u64 cause) {
    if (cause == (1ul << 63 | 9)) {
        uint32_t irq = R32(PLIC + 0x201004);
        if (irq == UART_IRQ)
            uart_interrupt();
        else if (irq == DISK_IRQ)
            disk_interrupt();
        else if (irq)
            panic("irq", irq);
        if (irq)
            R32(PLIC + 0x201004) = irq;
        return 1;
    }
    if (cause != (1ul << 63 | 5) && cause != (1ul << 63 | 1))
        return 0;
    ticks++;
    next_tick();
    return 2;
}

/* ---- traps ---- */

void kernel_trap(void) {
    u64 epc = csr_read("sepc"), status = csr_read("sstatus"), cause = csr_read("scause");
    if (!(status & SPP) || status & SIE)
        panic("kernel trap from user", status);
    int kind = interrupt(cause);
    if (!kind)
        panic("kernel trap", cause);
    if (kind == 2 && now && now->state == RUNNING)
        give_up(READY, 0);
    csr_write("sepc", epc);
    csr_write("sstatus", status);
}

/* System calls copy through the user's page table, as there is no mapping of users in the kernel's. */
static void *user(u64 va) {
    u64 *e = walk(now->pages, va, false);
    if (!e || (*e & (V | U)) != (V | U))
        panic("address", va);
    return (void *)((*e >> 10 << 12) + va % PAGE);
}

static u64 system_call(struct frame *f) {
    static char buffer[2][BLOCK];
    char *block = buffer[now->id];
    u64 a0 = f->reg[9], a1 = f->reg[10];
    switch (f->reg[16]) {
    case 1: /* write(text, length): by interrupts */
        for (u64 i = 0; i < a1; i++) {
            interrupts_off();
            while (sending)
                give_up(ASLEEP, (void *)&sending);
            sending = true;
            R8(UART) = *(uint8_t *)user(a0 + i);
            interrupts_on();
        }
        return a1;
    case 2: /* read a line */
        interrupts_off();
        while (!line_done)
            give_up(ASLEEP, line);
        for (u64 i = 0; i < line_end && i < a1; i++)
            *(char *)user(a0 + i) = line[i];
        return line_end;
    case 3:
    case 4: /* read, write a block */
        interrupts_off();
        for (u64 i = 0; i < BLOCK && f->reg[16] == 4; i++)
            block[i] = *(char *)user(a1 + i);
        disk(a0, block, f->reg[16] == 4);
        for (u64 i = 0; i < BLOCK && f->reg[16] == 3; i++)
            *(char *)user(a1 + i) = block[i];
        return 0;
    case 5:
        return ticks;
    case 6:
        return (u64)now->id;
    case 7: /* wait for the other */
        interrupts_off();
        while (process[!now->id].state != DONE)
            give_up(ASLEEP, &process[!now->id]);
        return (u64)process[!now->id].status;
    case 8: /* exit */
        interrupts_off();
        now->status = (int)a0;
        wake(now);
        give_up(DONE, 0);
    }
    panic("system call", f->reg[16]);
    return 0;
}

void user_trap(void) {
    u64 cause = csr_read("scause"), va = csr_read("stval");
    int kind;
    if (csr_read("sstatus") & SPP)
        panic("user trap from kernel", cause);
    csr_write("stvec", kernel_vector);
    now->frame->epc = csr_read("sepc");
    if (cause == 8) {
        now->frame->epc += 4;
        interrupts_on();
        now->frame->reg[9] = system_call(now->frame);
        interrupts_off();
    } else if ((cause == 13 || cause == 15) && va >= 0x100000 && va < 0x200000) {
        map(now->pages, va & ~(PAGE - 1), (u64)page_alloc(), PAGE, R | W | U); /* what was not there needs no fence */
    } else if ((kind = interrupt(cause))) {
        if (kind == 2)
            give_up(READY, 0);
    } else {
        panic("user trap", cause);
    }
    to_user();
}

/* Block 0 of the disk: magic, number of blocks; the program follows, and its entry is its start. */
static void load(struct process *p, int id) {
    static u64 block[BLOCK / 8];
    p->id = id;
    p->pages = page_alloc();
    p->frame = page_alloc();
    map(p->pages, TRAMPOLINE, (u64)trampoline, PAGE, R | X);
    map(p->pages, TRAPFRAME, (u64)p->frame, PAGE, R | W);
    disk(0, block, false);
    if (block[0] != 0x656c69666f727078)
        panic("super block", block[0]);
    for (u64 n = block[1], i = 0; i < n; i++) {
        u64 va = i * BLOCK;
        if (va % PAGE == 0)
            map(p->pages, va, (u64)page_alloc(), PAGE, R | W | X | U);
        disk(1 + i, block, false);
        memcpy((void *)((*walk(p->pages, va, false) >> 10 << 12) + va % PAGE), block, BLOCK);
    }
    map(p->pages, 0x80000, (u64)page_alloc(), PAGE, R | W | U); /* the stack */
    /* No fence.i, as in xv6: the sfence.vma on the way to the user must do. */
    p->frame->reg[1] = 0x80000 + PAGE;
    p->frame->kernel_sp = (u64)page_alloc() + PAGE;
    p->context.reg[0] = (u64)to_user;
    p->context.reg[1] = p->frame->kernel_sp;
    p->state = READY;
}

static void schedule(void) {
    for (;;) {
        bool idle = true;
        interrupts_on(); /* what is pending comes here */
        interrupts_off();
        for (struct process *p = process; p < process + 2; p++)
            if (p->state == READY) {
                idle = false;
                p->state = RUNNING;
                now = p;
                switch_to(&scheduler, &p->context);
                now = 0;
            }
        if (process[0].state == DONE)
            return;
        if (idle)
            __asm__ volatile("wfi");
    }
}

#ifndef SBI
void start(void) {
    csr_write("mstatus", (csr_read("mstatus") & ~(3ul << 11)) | 1ul << 11);
    csr_write("mepc", main);
    csr_write("satp", 0);
    csr_write("medeleg", 0xffff);
    csr_write("mideleg", 0xffff);
    csr_write("sie", csr_read("sie") | 1 << 9 | 1 << 5 | 1 << 1);
    csr_write("pmpaddr0", 0x3fffffffffffff);
    csr_write("pmpcfg0", 0xf);
#ifdef SSTC
    csr_write("mie", csr_read("mie") | 1 << 5);
    csr_write("0x30a", csr_read("0x30a") | 1ul << 63); /* menvcfg.STCE */
    csr_write("mcounteren", csr_read("mcounteren") | 2);
    next_tick();
#else
    static u64 timer_scratch[5] = {0, 0, 0, CLINT + 0x4000, INTERVAL};
    R64(CLINT + 0x4000) = R64(CLINT + 0xbff8) + INTERVAL;
    csr_write("mscratch", timer_scratch);
    csr_write("mtvec", machine_timer);
    csr_write("mstatus", csr_read("mstatus") | 8);
    csr_write("mie", csr_read("mie") | 1 << 7);
#endif
    __asm__ volatile("mv tp, %0\n mret" ::"r"(csr_read("mhartid")));
}
#endif

void main(void) {
    uart_init();
#ifdef SBI
    for (const char *s = "by SBI\n"; *s; s++)
        sbi(1, 0, (u64)*s); /* the legacy console */
    csr_write("sie", 1 << 9 | 1 << 5);
    csr_write("sstatus", csr_read("sstatus") & ~(u64)SIE);
    next_tick();
#endif
    print("kernel starts\n");
    memory_init();
    plic_init();
    disk_init();
    load(&process[0], 0);
    load(&process[1], 1);
    schedule();
    print(ticks > 3 ? "it ticked\n" : "it did not tick\n");
    finish(process[0].status);
}
