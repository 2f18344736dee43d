/* SPDX-License-Identifier: BSD-2-Clause */
/* What the class of an op says of its arguments; rows in tcg/class.def. */
#ifndef PYRITE_TCG_CLASS_H
#define PYRITE_TCG_CLASS_H

#include "tcg/ir.h"

struct tcg_classdef {
    const char *name, *types, *out, *in, *imm; /* letters: tcg/class.def */
};
extern const struct tcg_classdef tcg_classes[TCG_NCLASSES];

/* The type that an argument letter demands of an op of type `t`; -1: several are possible ('b', '*'). */
int tcg_class_type(char letter, enum tcg_type t);
/* The letter of argument i, outputs first; '*' for the temps of a call. */
char tcg_class_arg(const struct tcg_op *op, unsigned i);

/* Names of immediates, in the order of their enums: "eq", "rne", ...; NULL for a letter that is a number. *n: how
 * many. */
const char *const *tcg_imm_names(char letter, unsigned *n);

#endif
