/* SPDX-License-Identifier: BSD-2-Clause */
/* -d and its address filter. */
#ifndef PYRITE_DBT_LOG_H
#define PYRITE_DBT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets plat_log_mask from "item,item,..." (kernel/log.def). False: err says which is unknown and lists the known. */
bool log_set(const char *items, char *err, size_t len);
/* Restricts the dumps of blocks to guest PCs in "0xA..0xB" (inclusive) or "0xA+SIZE". False: not of that form. */
bool log_set_filter(const char *range);

#endif
