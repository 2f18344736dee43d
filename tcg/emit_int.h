/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the generic half of code generation. */
#ifndef PYRITE_TCG_EMIT_INT_H
#define PYRITE_TCG_EMIT_INT_H

#include "tcg/target.h"

/* -d alloc: the op just emitted, and what each register holds after it. */
void tcg_alloc_dump(const struct tcg_emit *e, const struct tcg_op *op);

#endif
