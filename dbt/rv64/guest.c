/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64 as the engine sees it: the one row that joins the files of this folder. */
#include "dbt/rv64/cpu.h"

const struct guest_ops guest_rv64 = {
    .name = "rv64",
    .init_tcg = rv64_init_tcg,
    .init_cpu = rv64_init_cpu,
    .reset_cpu = rv64_reset_cpu,
    .flags = rv64_flags,
    .gen_intermediate_code = rv64_gen_intermediate_code,
    .walk = rv64_walk,
    .around = rv64_around,
    .fetch_role = rv64_fetch_role,
    .data_role = rv64_data_role_of,
    .share_group = rv64_share_group,
    .low_roles = 1u << ROLE_U | 1u << ROLE_M | 1u << (ROLE_U | ROLE_MXR) | 1u << (ROLE_M | ROLE_MXR),
    .forget = rv64_forget,
    .uniform = rv64_pmp_uniform,
    .enter = rv64_enter,
    .user = rv64_user,
    .exception = rv64_exception,
    .exception_name = rv64_exception_name,
    .interrupt = rv64_interrupt,
    .has_work = rv64_has_work,
    .access_fault = rv64_access_fault,
    .disas = rv64_disas,
    .dump = rv64_dump,
    .watch = rv64_watch,
    .insns = rv64_insns,
};
