/* SPDX-License-Identifier: BSD-2-Clause */
/* The optimiser's passes, to be run in this order (tcg/compile.c). Each takes a unit that tcg_verify() accepts and
 * leaves one, in time linear in its ops. */
#ifndef PYRITE_TCG_OPT_H
#define PYRITE_TCG_OPT_H

#include "tcg/ir.h"

void tcg_opt_fold(struct tcg_ctx *s);    /* constants, algebra, copies, known bits, boxes; setcond into brcond */
void tcg_opt_cse(struct tcg_ctx *s);     /* pure ops computed twice */
void tcg_opt_unreach(struct tcg_ctx *s); /* code after terminators, branches to the next op, labels without a branch */
void tcg_opt_dce(struct tcg_ctx *s);     /* dead ops, dead stores to globals; op t; mov d, t -> op d */

#endif
