/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction in another privilege (3 M, 1 S, 0 U), that must be illegal there, or must work (the cause is then
 * that of the ecall behind it). ILLEGAL also checks that a5 stays as it is. */
#ifndef PYRITE_TESTS_GUEST_MODES_H
#define PYRITE_TESTS_GUEST_MODES_H

    .macro ILLEGAL mode, insn:vararg
    li a5, 77
    TRAP_BEGIN
    .if \mode != 3
    IN_MODE \mode
    .endif
    \insn
    TRAP_END EXC_ILLEGAL
    CHECK a5, 77
    .endm
    .macro LEGAL mode, cause, insn:vararg
    TRAP_BEGIN
    IN_MODE \mode
    \insn
    ecall
    TRAP_END \cause
    .endm
#endif
