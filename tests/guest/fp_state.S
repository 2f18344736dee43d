/* SPDX-License-Identifier: BSD-2-Clause */
/* mstatus.FS: Off makes every FP instruction and FP CSR illegal; Initial and Clean become Dirty by a write of f
 * registers, flags or frm, and not by a read; frm 5 to 7 makes dynamic rounding illegal; static rounding goes on.
 * metal: yes */
#include "guest.h"
    .macro FS value
    li t0, MSTATUS_FS
    csrc mstatus, t0
    li t0, \value << 13
    csrs mstatus, t0
    .endm
    .macro FS_IS value
    CHECK_CSR mstatus, \value << 13, MSTATUS_FS
    .endm
    .macro OFF insn:vararg
    TRAP_BEGIN
    \insn
    TRAP_END EXC_ILLEGAL
    FS_IS 0
    .endm
    .macro DIRTIES insn:vararg
    FS 1
    \insn
    FS_IS 3
    FS 2
    \insn
    FS_IS 3
    .endm
    .macro KEEPS insn:vararg
    FS 2
    \insn
    /* QEMU may say Dirty too early: the specification allows that, never too late. */
    csrr s11, mstatus
    FS 1
    \insn
    .endm
    GUEST_START
    la s0, cell
    li a0, 0x3ff0000000000000
    fmv.d.x fa0, a0
    fmv.d.x fa1, a0
    FS 0
    OFF fadd.d fa0, fa0, fa1
    OFF fmv.x.d a0, fa0
    OFF fmv.d.x fa0, a0
    OFF fld fa0, 0(s0)
    OFF fsd fa0, 0(s0)
    OFF flw fa0, 0(s0)
    OFF c.fld fa0, 0(s0)
    OFF c.fsd fa0, 0(s0)
    OFF c.fldsp fa0, 0(sp)
    OFF c.fsdsp fa0, 0(sp)
    OFF fcvt.w.d a0, fa0
    OFF feq.d a0, fa0, fa1
    OFF fclass.s a0, fa0
    OFF fmadd.s fa0, fa0, fa1, fa0
    OFF fsgnj.d fa0, fa0, fa1
    OFF csrr a0, fcsr
    OFF csrr a0, fflags
    OFF csrr a0, frm
    OFF csrw fcsr, zero
    OFF csrwi fflags, 1
    CHECK_CSR mstatus, 0, 1 << 63
    DIRTIES fadd.d fa0, fa0, fa1
    DIRTIES fmv.d.x fa0, a0
    DIRTIES fld fa2, 0(s0)
    DIRTIES c.fld fa2, 0(s0)
    DIRTIES fsgnj.s fa2, fa0, fa1
    DIRTIES fcvt.d.l fa3, a0
    DIRTIES csrwi fflags, 1
    DIRTIES csrwi frm, 0
    DIRTIES fmul.s fa3, fa3, fa3
    CHECK_CSR mstatus, 1 << 63, 1 << 63
    KEEPS fsd fa0, 0(s0)
    KEEPS fmv.x.d a0, fa0
    KEEPS csrr a0, fcsr
    /* a loop that runs with FS clean, then dirty, then off: the same code */
    FS 2
    li s2, 3
1:  li a0, 0x4000000000000000
    fmv.d.x fa2, a0
    fadd.d fa2, fa2, fa2
    fmv.x.d a1, fa2
    CHECK a1, 0x4010000000000000
    addi s2, s2, -1
    bnez s2, 1b
    FS_IS 3
    /* S's and U's view: off there too */
    FS 0
    TRAP_BEGIN
    IN_MODE 1
    fmv.x.d a0, fa0
    TRAP_END EXC_ILLEGAL
    FS 1
    TRAP_BEGIN
    IN_MODE 0
    fmv.d.x fa0, zero
    ecall
    TRAP_END EXC_ECALL_U
    FS_IS 3

    /* dynamic rounding: 1 / 3 down and up; reserved modes */
    li a0, 0x3ff0000000000000
    fmv.d.x fa0, a0
    li a0, 0x4008000000000000
    fmv.d.x fa1, a0
    .macro DYN rm, want
    fsrmi \rm
    fdiv.d fa2, fa0, fa1
    fmv.x.d a0, fa2
    CHECK a0, \want
    .endm
    DYN 0, 0x3fd5555555555555
    DYN 1, 0x3fd5555555555555
    DYN 2, 0x3fd5555555555555
    DYN 3, 0x3fd5555555555556
    DYN 4, 0x3fd5555555555555
    /* register form, in a loop: the mode changes under the same code */
    li s2, 0
    li s3, 0
1:  fsrm s2
    fdiv.d fa2, fa0, fa1
    fmv.x.d a0, fa2
    andi a0, a0, 15
    slli s3, s3, 4
    or s3, s3, a0
    addi s2, s2, 1
    li t0, 5
    bne s2, t0, 1b
    CHECK s3, 0x55565
    .irp rm, 5, 6, 7
    fsrmi \rm
    TRAP_BEGIN
    fadd.d fa2, fa0, fa1
    TRAP_END EXC_ILLEGAL
    TRAP_BEGIN
    fcvt.w.d a0, fa0
    TRAP_END EXC_ILLEGAL
    fadd.d fa2, fa0, fa1, rne
    fmin.d fa2, fa0, fa1        /* has no rounding mode */
    fcvt.d.w fa2, zero          /* exact: rm field is rne here */
    .endr
    fsrmi 0
    /* flags gather and stay over blocks, traps and privilege changes */
    fsflags zero
    fdiv.d fa2, fa0, fa1
    CHECK_CSR fflags, 1
    fmv.d.x fa3, zero
    fdiv.d fa2, fa0, fa3
    CHECK_CSR fflags, 9
    TRAP_BEGIN
    IN_MODE 0
    fsub.d fa4, fa2, fa2
    ecall
    TRAP_END EXC_ECALL_U
    CHECK_CSR fflags, 0x19
    fsflagsi 2
    CHECK_CSR fflags, 2
    fadd.d fa2, fa0, fa1
    CHECK_CSR fflags, 2
    GUEST_PASS
    .data
    .align 3
cell: .dword 0
