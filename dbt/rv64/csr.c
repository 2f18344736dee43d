/* SPDX-License-Identifier: BSD-2-Clause */
/* Control and status registers: what csr.def names. A read or a write happens only after every check has passed; writes
 * are WARL throughout, so no value is refused. Whoever changes what blocks, translation or interrupts depend on tells
 * the engine here; the front end ends the block behind such a write. */
#include <stddef.h>

#include "dbt/rv64/csr.h"

/* ---- checks: may the present privilege touch it? ----------------------------------------------------------------- */

bool csr_check_any(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)r;
    (void)num;
    (void)writes;
    return true;
}

bool csr_check_fp_on(const struct rv64_cpu *r, unsigned num, bool writes) {
    (void)num;
    (void)writes;
    return r->mstatus & MSTATUS_FS;
}

/* ---- what needs no state ----------------------------------------------------------------------------------------- */

uint64_t csr_read_zero(struct vcpu *cpu, unsigned num) {
    (void)cpu;
    (void)num;
    return 0;
}

void csr_write_none(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)cpu;
    (void)num;
    (void)v;
}

uint64_t csr_read_mhartid(struct vcpu *cpu, unsigned num) {
    (void)num;
    return cpu->hart.id;
}

uint64_t csr_read_misa(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->misa;
}

/* Bit 0 of an exception PC is always zero; bit 1 as well where every instruction has four bytes. */
static uint64_t epc(const struct rv64_cpu *r, uint64_t v) {
    return v & ~(uint64_t)(rv64_has(r->model, EXT_zca) ? 1 : 3);
}

uint64_t csr_read_mepc(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->mepc;
}

void csr_write_mepc(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->mepc = epc(rv64(cpu), v);
}

uint64_t csr_read_sepc(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->sepc;
}

void csr_write_sepc(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64(cpu)->sepc = epc(rv64(cpu), v);
}

/* Sdtrig without triggers: version 1.0; "the selected trigger does not exist" (debug spec 1.0, 5.7.6). */
uint64_t csr_read_tinfo(struct vcpu *cpu, unsigned num) {
    (void)cpu;
    (void)num;
    return 1 << 24 | 1;
}

/* ---- floating point ---------------------------------------------------------------------------------------------- */

uint64_t csr_read_fflags(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64_fflags(cpu);
}

uint64_t csr_read_frm(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64(cpu)->frm;
}

uint64_t csr_read_fcsr(struct vcpu *cpu, unsigned num) {
    (void)num;
    return rv64_fflags(cpu) | (unsigned)rv64(cpu)->frm << 5;
}

void csr_write_fflags(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64_set_fflags(cpu, v & 31);
    helper_fs_dirty(cpu);
}

void csr_write_frm(struct vcpu *cpu, unsigned num, uint64_t v) {
    (void)num;
    rv64_set_frm(cpu, v & 7);
    helper_fs_dirty(cpu);
}

void csr_write_fcsr(struct vcpu *cpu, unsigned num, uint64_t v) {
    csr_write_fflags(cpu, num, v);
    csr_write_frm(cpu, num, v >> 5);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

enum { EXT_base = RV64_NEXT }; /* a register that every model has */

struct csr {
    bool (*check)(const struct rv64_cpu *r, unsigned num, bool writes);
    uint64_t (*read)(struct vcpu *cpu, unsigned num); /* NULL: the field */
    void (*write)(struct vcpu *cpu, unsigned num, uint64_t v);
    size_t field;
    uint64_t mask;
    const char *name;
    unsigned ext;
};

enum {
    CSR_NONE,
#define CSR(number, count, name, ext, check, read, write) CSR_##name,
#define CSR_FIELD(number, name, ext, field, mask) CSR_##name,
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
    NCSRS
};

static const struct csr csrs[NCSRS] = {
#define CSR(number, count, name, ext, check, read, write)                                                              \
    [CSR_##name] = {csr_check_##check, csr_read_##read, csr_write_##write, 0, 0, #name, EXT_##ext},
#define CSR_FIELD(number, name, ext, field, mask)                                                                      \
    [CSR_##name] = {csr_check_any, NULL, NULL, offsetof(struct rv64_cpu, field), mask, #name, EXT_##ext},
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
};

/* Row of each number; two rows for one number are a compile-time error (-Woverride-init). */
static const uint8_t rows[4096] = {
#define CSR(number, count, name, ext, check, read, write) [number ... (number) + (count) - 1] = CSR_##name,
#define CSR_FIELD(number, name, ext, field, mask) [number] = CSR_##name,
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
};

static bool in_model(const struct rv64_cpu *r, unsigned row) {
    return row != CSR_NONE && (csrs[row].ext == EXT_base || rv64_has(r->model, csrs[row].ext));
}

/* The row if the present privilege may read (write) it, else NULL. */
static const struct csr *find(const struct rv64_cpu *r, unsigned num, bool write) {
    unsigned row = num < 4096 ? rows[num] : CSR_NONE;
    if (!in_model(r, row) || r->priv < (num >> 8 & 3) || (write && num >> 10 == 3))
        return NULL;
    return csrs[row].check(r, num, write) ? &csrs[row] : NULL;
}

static uint64_t *field_of(struct rv64_cpu *r, const struct csr *c) { return (uint64_t *)((char *)r + c->field); }

/* sscratch, sepc, scause, stval */
static bool is_scratch(unsigned num) { return num >> 2 == 0x140 >> 2; }

static uint64_t get(struct vcpu *cpu, const struct csr *c, unsigned num) {
    if (is_scratch(num))
        rv64_scratch_pull(cpu);
    return c->read ? c->read(cpu, num) : *field_of(rv64(cpu), c);
}

static void put(struct vcpu *cpu, const struct csr *c, unsigned num, uint64_t v) {
    if (is_scratch(num))
        rv64_scratch_pull(cpu);
    if (c->write)
        c->write(cpu, num, v);
    else
        *field_of(rv64(cpu), c) = v & c->mask;
    if (is_scratch(num))
        rv64_scratch_push(cpu);
}

bool rv64_csr_read(struct vcpu *cpu, unsigned num, uint64_t *val) {
    const struct csr *c = find(rv64(cpu), num, false);
    if (c)
        *val = get(cpu, c, num);
    return c != NULL;
}

bool rv64_csr_write(struct vcpu *cpu, unsigned num, uint64_t val) {
    const struct csr *c = find(rv64(cpu), num, true);
    if (c)
        put(cpu, c, num, val);
    return c != NULL;
}

/* What csrrs and csrrc modify: of mip.SEIP only the bit that software wrote, so that the controller's is not copied
 * into it (3.1.9). */
static uint64_t modify_base(const struct vcpu *cpu, const struct csr *c, uint64_t old) {
    uint64_t seip = IRQ_BIT(IRQ_SEIP);
    return c == &csrs[CSR_mip] ? (old & ~seip) | (rv64(cpu)->mip_sw & seip) : old;
}

enum { OP_RW = 1, OP_SET = 2, OP_CLEAR = 3, OP_KIND = 3, OP_WRITES = 4, OP_READS = 8, OP_SETTLE = 16 };

/* Each number once: a kernel that probes, or emulates what is not there, would fill the log. */
static void log_missing(const struct vcpu *cpu, unsigned num) {
    static uint64_t told[4096 / 64];
    unsigned row = rows[num];
    if (told[num / 64] >> (num & 63) & 1)
        return;
    if (row == CSR_NONE)
        plat_log("hart %u: there is no CSR %#x\n", cpu->hart.id, num);
    else if (!in_model(rv64(cpu), row))
        plat_log("hart %u: CSR %#x (%s) needs %s, which this cpu model has not\n", cpu->hart.id, num, csrs[row].name,
                 rv64_ext_names[csrs[row].ext]);
    else
        return; /* there, but not now */
    told[num / 64] |= (uint64_t)1 << (num & 63);
}

uint64_t helper_csr(struct vcpu *cpu, uint64_t num, uint64_t val, uint64_t op, uint64_t bits) {
    const struct csr *c = find(rv64(cpu), (unsigned)(num &= 4095), op & OP_WRITES);
    if (!c) {
        if (plat_log_on(LOG_unimp))
            log_missing(cpu, (unsigned)num);
        rv64_illegal(cpu, bits);
        return 0;
    }
    uint64_t old = op & OP_READS ? get(cpu, c, (unsigned)num) : 0;
    if ((op & OP_KIND) == OP_SET)
        val |= modify_base(cpu, c, old);
    else if ((op & OP_KIND) == OP_CLEAR)
        val = modify_base(cpu, c, old) & ~val;
    if (op & OP_WRITES)
        put(cpu, c, (unsigned)num, val);
    if (op & OP_SETTLE)
        cpu_flags_settle(cpu);
    return old;
}
