/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart of RV64: making it, reset, and showing it (-d cpu). */
#include <string.h>

#include "dbt/rv64/decode.h"
#include "dbt/rv64/sys.h"

enum { REG_A0 = 10, MXCSR_RESET = 0x1f80 }; /* all exceptions masked, nearest */

bool rv64_init_cpu(struct vcpu *cpu, const void *model) {
    struct rv64_cpu *r = plat_alloc(sizeof *r);
    if (!r)
        return false;
    r->model = model;
    cpu->arch = r;
    return true;
}

/* Reset (privileged spec 3.4): M-mode, interrupts and MPRV off, PMP off. What the spec leaves open is zero, and the
 * timer is off. ADUE: as the device tree binding of svadu has it. */
void rv64_reset_cpu(struct vcpu *cpu, uint64_t pc, uint64_t a1, uint64_t a2) {
    struct rv64_cpu *r = rv64(cpu);
    struct tcg_env *env = cpu->env;
    *r = (struct rv64_cpu){.model = r->model, .misa = r->model->misa, .priv = PRV_M, .stimecmp = UINT64_MAX};
    r->mstatus = MSTATUS_UXL64 | MSTATUS_SXL64;
    r->menvcfg = rv64_has(r->model, EXT_svadu) && !rv64_has(r->model, EXT_svade) ? MENVCFG_ADUE : 0;
    rv64_pmp_update(r);
    cpu->hart.mxcsr = cpu->fp_control = MXCSR_RESET;
    memset(env->reg, 0, sizeof env->reg);
    memset(env->freg, 0, sizeof env->freg);
    memset(env->guest, 0, sizeof env->guest);
    rv64_status_push(cpu);
    env->guest[G_RESV_ADDR] = env->guest[G_LIMIT] = ~(uint64_t)0;
    env->reg[REG_A0] = cpu->hart.id;
    env->reg[REG_A0 + 1] = a1;
    env->reg[REG_A0 + 2] = a2;
    env->pc = pc;
    env->pc_page = pc & GUEST_PAGE_MASK;
    cpu_flags_changed(cpu);
}

/* ---- -d cpu ------------------------------------------------------------------------------------------------------ */

static void dump_four(const char *const *names, const uint64_t *v, unsigned from) {
    plat_log(" %-4s %016llx %-4s %016llx %-4s %016llx %-4s %016llx\n", names[from], (unsigned long long)v[from],
             names[from + 1], (unsigned long long)v[from + 1], names[from + 2], (unsigned long long)v[from + 2],
             names[from + 3], (unsigned long long)v[from + 3]);
}

static void dump_csrs(const struct rv64_cpu *r, const struct vcpu *cpu) {
    rv64_scratch_pull((struct vcpu *)cpu);
#define HEX(x) (unsigned long long)(x)
    plat_log(" mstatus %016llx mie %03llx mip %03llx mideleg %03llx medeleg %04llx\n", HEX(r->mstatus), HEX(r->mie),
             HEX(rv64_mip(cpu)), HEX(r->mideleg), HEX(r->medeleg));
    plat_log(" mtvec %016llx mepc %016llx mcause %llx mtval %llx\n", HEX(r->mtvec), HEX(r->mepc), HEX(r->mcause),
             HEX(r->mtval));
    plat_log(" stvec %016llx sepc %016llx scause %llx stval %llx\n", HEX(r->stvec), HEX(r->sepc), HEX(r->scause),
             HEX(r->stval));
    plat_log(" satp %016llx fcsr.frm %u fflags %02x\n", HEX(r->satp), r->frm, rv64_fflags((struct vcpu *)cpu));
#undef HEX
}

/* Registers as env holds them: right between blocks and at traps. */
void rv64_dump(const struct vcpu *cpu) {
    const struct rv64_cpu *r = rv64(cpu);
    plat_log("hart %u: pc %016llx, %s-mode\n", cpu->hart.id, (unsigned long long)cpu->env->pc,
             r->priv == PRV_M ? "M" : r->priv == PRV_S ? "S" : "U");
    for (unsigned i = 0; i < 32; i += 4)
        dump_four(rv64_x_names, cpu->env->reg, i);
    if (r->mstatus & MSTATUS_FS)
        for (unsigned i = 0; i < 32; i += 4)
            dump_four(rv64_f_names, cpu->env->freg, i);
    dump_csrs(r, cpu);
}
