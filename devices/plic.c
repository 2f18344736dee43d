/* SPDX-License-Identifier: BSD-2-Clause */
/* The PLIC (RISC-V PLIC specification 1.0; map, 3-bit priorities and 95 sources as QEMU's `virt`).
 *
 * Every source is level-triggered: pending while its input is high and it is not claimed; a claim holds it back until
 * its completion. An input that falls before it was claimed takes its pending bit along (the specification would keep
 * it; QEMU does as we do). A completion of a source that the context has not enabled is ignored (chapter "Interrupt
 * Completion"). */
#include "devices/plic.h"

#include <string.h>

enum { PRIO_MAX = 7 };
enum { PENDING = 0x1000, ENABLE = 0x2000, ENABLE_STRIDE = 0x80, CONTEXT = 0x200000, CONTEXT_STRIDE = 0x1000 };
enum { ENABLE_END = ENABLE + ENABLE_STRIDE * PLIC_MAX_CONTEXTS };

static bool bit(const uint32_t *w, unsigned n) { return w[n / 32] >> n % 32 & 1; }
static void set_bit(uint32_t *w, unsigned n, bool v) {
    uint32_t m = (uint32_t)1 << n % 32;
    w[n / 32] = v ? w[n / 32] | m : w[n / 32] & ~m;
}

/* The pending, enabled source of highest priority above `floor` (the lowest number wins a tie); 0: none. */
static unsigned best(const struct plic *p, const struct plic_context *c, unsigned floor) {
    unsigned found = 0;
    for (unsigned w = 0; w < PLIC_WORDS; w++) {
        for (uint32_t left = p->pending[w] & c->enable[w]; left; left &= left - 1) {
            unsigned n = w * 32 + (unsigned)__builtin_ctz(left);
            if (p->prio[n] > floor) {
                floor = p->prio[n];
                found = n;
            }
        }
    }
    return found;
}

static void update(struct plic *p) {
    for (unsigned i = 0; i < p->ncontexts; i++) {
        struct plic_context *c = &p->context[i];
        bool line = best(p, c, c->threshold) != 0;
        if (line != c->line) {
            c->line = line;
            p->out.set(p->out.arg, i, line);
        }
    }
}

static void gateway(struct plic *p, unsigned n) { set_bit(p->pending, n, bit(p->level, n) && !bit(p->claimed, n)); }

void plic_input(void *plic, unsigned source, bool level) {
    struct plic *p = plic;
    if (source == 0 || source >= VIRT_PLIC_SOURCES || bit(p->level, source) == level)
        return;
    set_bit(p->level, source, level);
    gateway(p, source);
    update(p);
}

/* Not affected by the threshold (chapter "Interrupt Claim Process"). */
static unsigned claim(struct plic *p, const struct plic_context *c) {
    unsigned n = best(p, c, 0);
    if (n) {
        set_bit(p->claimed, n, true);
        gateway(p, n);
        update(p);
    }
    return n;
}

static void complete(struct plic *p, const struct plic_context *c, uint32_t n) {
    if (n == 0 || n >= VIRT_PLIC_SOURCES || !bit(c->enable, n)) {
        dev_error("plic: completion of source %u, which is not enabled\n", n);
        return;
    }
    set_bit(p->claimed, n, false);
    gateway(p, n);
    update(p);
}

static uint32_t *enable_word(struct plic *p, uint64_t off) {
    uint64_t ctx = (off - ENABLE) / ENABLE_STRIDE, word = (off - ENABLE) % ENABLE_STRIDE / 4;
    return off >= ENABLE && ctx < p->ncontexts && word < PLIC_WORDS ? &p->context[ctx].enable[word] : NULL;
}

static struct plic_context *context_at(struct plic *p, uint64_t off) {
    uint64_t ctx = (off - CONTEXT) / CONTEXT_STRIDE;
    return off >= CONTEXT && ctx < p->ncontexts ? &p->context[ctx] : NULL;
}

static uint64_t read_context(struct plic *p, uint64_t off) {
    struct plic_context *c = context_at(p, off);
    unsigned reg = off % CONTEXT_STRIDE;
    if (c && reg == 0)
        return c->threshold;
    if (c && reg == 4)
        return claim(p, c);
    dev_error("plic: read at %#llx\n", (unsigned long long)off);
    return 0;
}

static uint64_t plic_read(void *dev, uint64_t off, unsigned size) {
    struct plic *p = dev;
    (void)size;
    off &= ~(uint64_t)3;
    if (off < PENDING)
        return off / 4 < VIRT_PLIC_SOURCES ? p->prio[off / 4] : 0;
    if (off < ENABLE)
        return (off - PENDING) / 4 < PLIC_WORDS ? p->pending[(off - PENDING) / 4] : 0;
    if (off < ENABLE_END) {
        const uint32_t *w = enable_word(p, off);
        return w ? *w : 0;
    }
    return read_context(p, off);
}

static void write_context(struct plic *p, uint64_t off, uint32_t val) {
    struct plic_context *c = context_at(p, off);
    unsigned reg = off % CONTEXT_STRIDE;
    if (c && reg == 0) {
        c->threshold = val & PRIO_MAX;
        update(p);
    } else if (c && reg == 4) {
        complete(p, c, val);
    } else {
        dev_error("plic: write at %#llx\n", (unsigned long long)off);
    }
}

static void write_enable(struct plic *p, uint64_t off, uint32_t val) {
    uint32_t *w = enable_word(p, off);
    if (!w)
        return;
    *w = off % ENABLE_STRIDE == 0 ? val & ~(uint32_t)1 : val; /* source 0 does not exist */
    update(p);
}

static void plic_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct plic *p = dev;
    (void)size;
    off &= ~(uint64_t)3;
    if (off < PENDING) {
        if (off / 4 >= 1 && off / 4 < VIRT_PLIC_SOURCES)
            p->prio[off / 4] = val & PRIO_MAX;
        update(p);
    } else if (off < ENABLE) {
        dev_error("plic: write to pending bits at %#llx\n", (unsigned long long)off);
    } else if (off < ENABLE_END) {
        write_enable(p, off, (uint32_t)val);
    } else {
        write_context(p, off, (uint32_t)val);
    }
}

const struct mmio_ops plic_ops = {plic_read, plic_write, 4, 4};

void plic_reset(struct plic *p) {
    memset(p->prio, 0, sizeof p->prio);
    memset(p->claimed, 0, sizeof p->claimed);
    for (unsigned i = 0; i < PLIC_MAX_CONTEXTS; i++) {
        memset(p->context[i].enable, 0, sizeof p->context[i].enable);
        p->context[i].threshold = 0;
    }
    for (unsigned n = 1; n < VIRT_PLIC_SOURCES; n++)
        gateway(p, n);
    update(p);
}
