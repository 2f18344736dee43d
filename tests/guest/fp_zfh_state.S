/* SPDX-License-Identifier: BSD-2-Clause */
/* mstatus.FS and rounding modes with the instructions of Zfh, Zfbfmin and Zfa: Off makes each illegal; what writes an f
 * register or may set flags makes it Dirty, what does not leaves it; reserved modes, static or by frm, are illegal; the
 * results of the same code follow frm. (QEMU 10 leaves FS alone where only flags might be set.)
 * skip: qemu */
#include "guest.h"
    .option arch, +zfh, +zfa, +zfbfmin
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
    FS 0
    TRAP_BEGIN
    \insn
    TRAP_END EXC_ILLEGAL
    FS_IS 0
    .endm
    .macro DIRTIES insn:vararg
    OFF \insn
    FS 1
    \insn
    FS_IS 3
    FS 2
    \insn
    FS_IS 3
    .endm
    .macro KEEPS insn:vararg
    OFF \insn
    FS 2
    \insn
    csrr s11, mstatus   /* QEMU may say Dirty too early, which the specification allows */
    FS 1
    \insn
    .endm
    .macro ILLEGAL word:vararg
    TRAP_BEGIN
    .4byte \word
    TRAP_END EXC_ILLEGAL
    .endm
    GUEST_START
    la s0, cell
    DIRTIES flh fa0, 0(s0)
    DIRTIES fmv.h.x fa1, a0
    DIRTIES fadd.h fa2, fa0, fa1
    DIRTIES fdiv.h fa2, fa0, fa1, rtz
    DIRTIES fsqrt.h fa2, fa0
    DIRTIES fmadd.h fa2, fa0, fa1, fa0
    DIRTIES fsgnj.h fa2, fa0, fa1
    DIRTIES fmin.h fa2, fa0, fa1
    DIRTIES feq.h a0, fa0, fa1
    DIRTIES fcvt.w.h a0, fa0
    DIRTIES fcvt.h.l fa2, a0
    DIRTIES fcvt.s.h fa2, fa0
    DIRTIES fcvt.d.h fa2, fa0
    DIRTIES fcvt.h.s fa2, fa0
    DIRTIES fcvt.h.d fa2, fa0
    DIRTIES fcvt.s.bf16 fa2, fa0
    DIRTIES fcvt.bf16.s fa2, fa0
    DIRTIES fli.h fa2, 1.0
    DIRTIES fli.s fa2, 1.0
    DIRTIES fli.d fa2, 1.0
    DIRTIES fminm.h fa2, fa0, fa1
    DIRTIES fmaxm.d fa2, fa0, fa1
    DIRTIES fround.h fa2, fa0
    DIRTIES froundnx.s fa2, fa0
    DIRTIES fround.d fa2, fa0
    DIRTIES fltq.h a0, fa0, fa1
    DIRTIES fleq.d a0, fa0, fa1
    DIRTIES fcvtmod.w.d a0, fa0, rtz
    KEEPS fsh fa0, 0(s0)
    KEEPS fmv.x.h a0, fa0
    KEEPS fclass.h a0, fa0
    FS 3

    /* Reserved rounding modes: 5 and 6 in the instruction, 5 to 7 in frm. */
    .irp rm, 5, 6
    ILLEGAL 0x04000053 | \rm << 12              /* fadd.h */
    ILLEGAL 0x5c000053 | \rm << 12              /* fsqrt.h */
    ILLEGAL 0x04000043 | \rm << 12              /* fmadd.h */
    ILLEGAL 0xc4000053 | \rm << 12              /* fcvt.w.h */
    ILLEGAL 0xd4000053 | \rm << 12              /* fcvt.h.w */
    ILLEGAL 0x44000053 | \rm << 12              /* fcvt.h.s */
    ILLEGAL 0x44800053 | \rm << 12              /* fcvt.bf16.s */
    ILLEGAL 0x40400053 | \rm << 12              /* fround.s */
    ILLEGAL 0x42500053 | \rm << 12              /* froundnx.d */
    .endr
    .irp rm, 0, 2, 3, 4, 7
    ILLEGAL 0xc2800053 | \rm << 12              /* fcvtmod.w.d has rtz only */
    .endr
    .irp frm, 5, 6, 7
    fsrmi \frm
    ILLEGAL 0x04007053
    ILLEGAL 0xc4007053
    ILLEGAL 0x44007053
    ILLEGAL 0x40407053
    fadd.h fa2, fa0, fa1, rne
    fround.s fa2, fa0, rup
    fminm.h fa2, fa0, fa1
    fcvtmod.w.d a0, fa0, rtz
    fli.h fa2, 0.5
    .endr

    /* The same code under each mode: 1 / 3 in binary16, 2.5 to an integer, 1 + 2^-9 in bfloat16. */
    fli.h fa0, 1.0
    fli.h fa1, 3.0
    fli.d fa3, 2.5
    li a0, 0x3f808000
    fmv.w.x fa4, a0
    li s2, 0
    li s3, 0
    li s4, 0
    li s5, 0
1:  fsrm s2
    fdiv.h fa2, fa0, fa1
    fmv.x.h a0, fa2
    andi a0, a0, 15
    slli s3, s3, 4
    or s3, s3, a0
    fround.d fa2, fa3
    fcvt.w.d a0, fa2
    slli s4, s4, 4
    or s4, s4, a0
    fcvt.bf16.s fa2, fa4
    fmv.x.h a0, fa2
    andi a0, a0, 15
    slli s5, s5, 4
    or s5, s5, a0
    addi s2, s2, 1
    li t0, 5
    bne s2, t0, 1b
    CHECK s3, 0x55565
    CHECK s4, 0x22233
    CHECK s5, 0x00011
    GUEST_PASS
    .data
    .align 3
cell: .dword 0
