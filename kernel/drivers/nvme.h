/* SPDX-License-Identifier: BSD-2-Clause */
/* NVM Express controllers (NVMe 1.4; sections are that text's). The core touches the machine through struct hw only,
 * space 0 being the controller's registers; kernel/drivers/nvme_pci.c finds and feeds it. */
#ifndef PYRITE_KERNEL_NVME_H
#define PYRITE_KERNEL_NVME_H

#include "kernel/drivers/disk.h"

enum { NVME_MAX_NAMESPACES = 4, NVME_PAGE = 4096 };

/* A submission queue and its completion queue, NVME_PAGE bytes each. */
struct nvme_queue {
    unsigned id;
    volatile uint32_t *sq, *cq;
    uint64_t sq_phys, cq_phys;
    uint16_t size, tail, head; /* size: entries of both */
    bool phase;
};

struct nvme_ns {
    struct disk disk;          /* first */
    struct blkq q;
    struct nvme *c;
    struct nvme_queue io;
    uint32_t nsid;
    uint64_t *list[BLK_SLOTS]; /* a page of PRP entries for each slot */
    uint64_t list_phys[BLK_SLOTS];
    uint32_t suspects;         /* slots whose commands were out at a reset, and are issued one by one */
    uint16_t round[BLK_SLOTS]; /* the upper part of the command's identifier: a late answer is nobody's */
};

struct nvme {
    const struct hw *hw;
    uint64_t cap, timeout;     /* timeout: ns, of the controller's changes of state */
    uint32_t registers;        /* bytes of them that are mapped */
    struct nvme_queue admin;
    uint16_t admin_id;         /* of the last admin command */
    bool lost;                 /* one had no answer, and may be under way: none follows until a reset */
    unsigned granted;          /* queue pairs, 0: Set Features was refused */
    uint8_t *data;             /* a page for what is identified */
    uint64_t data_phys;
    bool dead, line;           /* line: its interrupt is a level, masked by the handler */
    bool flush;                /* it has a volatile write cache */
    uint32_t max_bytes;        /* a command */
    uint32_t entry_us;         /* what a shutdown may take */
    char model[41], serial[21];
    unsigned fruitless;        /* resets since a command last ended well */
    unsigned resets;
    unsigned nns;
    struct nvme_ns *ns[NVME_MAX_NAMESPACES];
};

/* Resets the controller, takes its namespaces; c->hw and c->registers are set. NULL, or why it cannot be driven: then
 * it is off. */
const char *nvme_start(struct nvme *c);
/* struct disk's run and stop. */
uint64_t nvme_run(struct disk *d);
void nvme_stop(struct disk *d);

#endif
