/* SPDX-License-Identifier: BSD-2-Clause */
/* Software interrupts and the machine timer. */
#ifndef PYRITE_DEVICES_ACLINT_H
#define PYRITE_DEVICES_ACLINT_H

#include "dbt/physmem.h"
#include "devices/dev.h"

enum { ACLINT_MAX_HARTS = 128 };
struct aclint {
    unsigned harts;
    bool msip[ACLINT_MAX_HARTS];
    uint64_t mtimecmp[ACLINT_MAX_HARTS];
};

extern const struct mmio_ops aclint_ops; /* dev: struct aclint */
void aclint_reset(struct aclint *a);     /* mtime 0, no timer, no software interrupt */

#endif
