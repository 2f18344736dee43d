/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's symbols, for whoever shows a guest address. */
#ifndef PYRITE_DBT_SYMBOLS_H
#define PYRITE_DBT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads an ELF64 with a symbol table, or lines "ADDRESS TYPE NAME" (System.map, nm, /proc/kallsyms), which stay where
 * they are for good. False: *why. What was read before stays. */
bool symbols_load(const void *data, uint64_t size, const char **why);
/* "name+0x12" of the last symbol at or below va, empty if there is none, or none within 16 MiB. */
void symbols_text(uint64_t va, char *buf, size_t len);
size_t symbols_count(void);
void symbols_drop(void); /* all of them, for tests */

#endif
