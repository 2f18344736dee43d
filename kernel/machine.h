/* SPDX-License-Identifier: BSD-2-Clause */
/* The composition: engine and board out of one configuration. Shared by the kernel and the hosted program; the only
 * place that knows both dbt/ and devices/. */
#ifndef PYRITE_KERNEL_MACHINE_H
#define PYRITE_KERNEL_MACHINE_H

#include "boot/conf.h"

/* Checks the configuration, creates everything, runs until the guest ends. Returns the exit status (README). A
 * configuration error is logged and gives 126. */
int machine_run(const struct conf *conf);

#endif
