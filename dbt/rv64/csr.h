/* SPDX-License-Identifier: BSD-2-Clause */
/* What csr.def names, and where it is: csr.c (table, floating point), csr_counters.c, csr_status.c, csr_prot.c. A check
 * says whether the present privilege may touch the register (`write`: modify it); read and write come after it. */
#ifndef PYRITE_DBT_RV64_CSR_H
#define PYRITE_DBT_RV64_CSR_H

#include "dbt/helper.h"
#include "dbt/rv64/sys.h"

#define CSR(number, count, name, ext, check, read, write)                                                              \
    bool csr_check_##check(const struct rv64_cpu *r, unsigned num, bool writes);                                       \
    uint64_t csr_read_##read(struct vcpu *cpu, unsigned num);                                                          \
    void csr_write_##write(struct vcpu *cpu, unsigned num, uint64_t v);
#define CSR_FIELD(number, name, ext, field, mask)
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD

#endif
