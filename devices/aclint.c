/* SPDX-License-Identifier: BSD-2-Clause */
/* ACLINT MSWI and MTIMER at the places of SiFive's CLINT (RISC-V ACLINT specification 1.0, sections 2 and 3): msip at
 * 4 * hart, mtimecmp at 0x4000 + 8 * hart, mtime at 0xbff8. Time itself and the comparison are the engine's
 * (dbt/irq.h). Registers of harts that are not there read 0 and ignore writes. */
#include "devices/aclint.h"

#include "dbt/irq.h"

enum { MTIMECMP = 0x4000, MTIME = 0xbff8, MTIME_END = 0xc000 };

static uint64_t aclint_read(void *dev, uint64_t off, unsigned size) {
    struct aclint *a = dev;
    if (off < MTIMECMP) {
        uint64_t v = 0; /* an 8-byte access sees two harts */
        for (unsigned i = 0; i < size / 4; i++)
            if (off / 4 + i < a->harts)
                v |= (uint64_t)a->msip[off / 4 + i] << 32 * i;
        return v;
    }
    if (off >= MTIME && off < MTIME_END)
        return dev_part(guest_time(), off & 7, size);
    uint64_t hart = (off - MTIMECMP) / 8;
    if (off < MTIME && hart < a->harts)
        return dev_part(a->mtimecmp[hart], off & 7, size);
    dev_error("aclint: read at %#llx\n", (unsigned long long)off);
    return 0;
}

static void write_msip(struct aclint *a, uint64_t hart, uint32_t val) {
    if (hart >= a->harts)
        return;
    a->msip[hart] = val & 1;
    irq_set((unsigned)hart, IRQ_MSIP, val & 1);
}

static void aclint_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct aclint *a = dev;
    uint64_t hart = (off - MTIMECMP) / 8;
    if (off < MTIMECMP) {
        for (unsigned i = 0; i < size / 4; i++)
            write_msip(a, off / 4 + i, (uint32_t)(val >> 32 * i));
    } else if (off >= MTIME && off < MTIME_END) {
        guest_time_set(dev_merge(guest_time(), off & 7, size, val));
    } else if (off < MTIME && hart < a->harts) {
        a->mtimecmp[hart] = dev_merge(a->mtimecmp[hart], off & 7, size, val);
        irq_mtimecmp((unsigned)hart, a->mtimecmp[hart]);
    } else {
        dev_error("aclint: write at %#llx\n", (unsigned long long)off);
    }
}

const struct mmio_ops aclint_ops = {aclint_read, aclint_write, 4, 8};

void aclint_reset(struct aclint *a) {
    guest_time_set(0);
    for (unsigned i = 0; i < a->harts; i++) {
        write_msip(a, i, 0);
        a->mtimecmp[i] = UINT64_MAX;
        irq_mtimecmp(i, UINT64_MAX);
    }
}
