/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform-level interrupt controller. */
#ifndef PYRITE_DEVICES_PLIC_H
#define PYRITE_DEVICES_PLIC_H

#include "dbt/physmem.h"
#include "devices/dev.h"
#include "devices/virt_map.h"

enum { PLIC_WORDS = VIRT_PLIC_SOURCES / 32, PLIC_MAX_CONTEXTS = 256 };
struct plic {
    unsigned ncontexts;   /* context c is hart c / 2; even: M-mode, odd: S-mode */
    struct dev_line out;  /* n is ignored: called with the context's number */
    uint8_t prio[VIRT_PLIC_SOURCES];
    uint32_t level[PLIC_WORDS], pending[PLIC_WORDS], claimed[PLIC_WORDS];
    struct plic_context {
        uint32_t enable[PLIC_WORDS];
        uint8_t threshold;
        bool line;
    } context[PLIC_MAX_CONTEXTS];
};

extern const struct mmio_ops plic_ops; /* dev: struct plic */
/* ncontexts and out are set by the caller, before. Input levels are kept. */
void plic_reset(struct plic *p);
/* Sets the level of input `source` (1-95; others are ignored). A dev_line.set. */
void plic_input(void *plic, unsigned source, bool level);

#endif
