/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point state. The guest's rounding mode is MXCSR.RC and its exception flags are MXCSR's sticky bits (masked,
 * so nothing traps), in hart.mxcsr while the engine runs; what software writes to fflags is kept in
 * env->guest[G_FFLAGS]. RMM is not in x86: with it RC says nearest, and the front end calls the helper. */
#include <string.h>

#include "dbt/helper.h"
#include "dbt/rv64/sys.h"
#include "tcg/softfp.h"

/* MXCSR (Intel SDM volume 1, 10.2.3) */
enum { MXCSR_IE = 1, MXCSR_ZE = 4, MXCSR_OE = 8, MXCSR_UE = 16, MXCSR_PE = 32, MXCSR_STICKY = 63,
       MXCSR_MASKED = 0x1f80, MXCSR_RC_SHIFT = 13 };

static const struct {
    uint8_t mxcsr, fflags;
} flag_map[] = {
    {MXCSR_IE, SOFTFP_NV}, {MXCSR_ZE, SOFTFP_DZ}, {MXCSR_OE, SOFTFP_OF}, {MXCSR_UE, SOFTFP_UF}, {MXCSR_PE, SOFTFP_NX},
};
enum { NFLAGS = sizeof flag_map / sizeof *flag_map };

unsigned rv64_fflags(struct vcpu *cpu) {
    unsigned v = cpu->env->guest[G_FFLAGS] & 31;
    for (unsigned i = 0; i < NFLAGS; i++)
        v |= cpu->hart.mxcsr & flag_map[i].mxcsr ? flag_map[i].fflags : 0;
    return v;
}

void rv64_set_fflags(struct vcpu *cpu, unsigned v) {
    cpu->hart.mxcsr &= ~(uint32_t)MXCSR_STICKY;
    cpu->env->guest[G_FFLAGS] = v & 31;
}

void rv64_set_frm(struct vcpu *cpu, unsigned v) {
    static const uint8_t rc[8] = {0, 3, 1, 2}; /* RNE RTZ RDN RUP; the rest: nearest */
    rv64(cpu)->frm = v & 7;
    cpu->fp_control = MXCSR_MASKED | (uint32_t)rc[v & 7] << MXCSR_RC_SHIFT;
    cpu->hart.mxcsr = (cpu->hart.mxcsr & MXCSR_STICKY) | cpu->fp_control;
    cpu_flags_changed(cpu);
}

static void gather(struct vcpu *cpu, unsigned flags) {
    for (unsigned i = 0; i < NFLAGS; i++)
        cpu->hart.mxcsr |= flags & flag_map[i].fflags ? flag_map[i].mxcsr : 0u;
}

/* Control word: tcg/softfp.h. Any value is harmless. */
uint64_t helper_fp_rm(struct vcpu *cpu, uint64_t ctl, uint64_t a, uint64_t b, uint64_t c) {
    unsigned flags = 0;
    if ((ctl >> 16 & 7) == TCG_RM_DYN)
        ctl = (ctl & ~(uint64_t)(7 << 16)) | (uint64_t)rv64(cpu)->frm << 16;
    uint64_t v = softfp_ctl((uint32_t)ctl, a, b, c, &flags);
    gather(cpu, flags);
    return v;
}

uint64_t helper_fp(struct vcpu *cpu, uint64_t ctl, uint64_t a, uint64_t b, uint64_t c) {
    return helper_fp_rm(cpu, ctl, a, b, c);
}

uint64_t helper_fclass(struct vcpu *cpu, uint64_t bits, uint64_t format) {
    (void)cpu;
    return softfp_class(format == 2 ? SOFTFP_F16 : format ? TCG_F64 : TCG_F32, bits);
}

void helper_fs_dirty(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    if ((r->mstatus & MSTATUS_FS) == MSTATUS_FS || !(r->mstatus & MSTATUS_FS)) /* Off: a forged call */
        return;
    rv64_status_pull(cpu);
    r->mstatus |= MSTATUS_FS;
    rv64_status_push(cpu);
    cpu_flags_changed(cpu);
}

/* With FS Off the f registers are out of U's reach, and what it leaves in their place counts for nothing. S and M could
 * switch FS on, and kernels switch it off at each of their entries: they run without the copies. */
void rv64_enter(struct vcpu *cpu) {
    struct rv64_cpu *r = rv64(cpu);
    bool on = r->mstatus & MSTATUS_FS || r->priv != PRV_U;
    if (on == r->fp_open)
        return;
    if (on) {
        memcpy(cpu->env->freg, r->freg, sizeof r->freg);
    } else {
        memcpy(r->freg, cpu->env->freg, sizeof r->freg);
        memset(cpu->env->freg, 0, sizeof r->freg);
    }
    r->fp_open = on;
}
