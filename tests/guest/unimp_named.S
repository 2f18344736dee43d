/* SPDX-License-Identifier: BSD-2-Clause */
/* An instruction and a CSR of extensions that the model has not: illegal, with the bits in mtval, and -d unimp names
 * the extension; over and over, but a CSR is named once and an instruction when it is translated.
 * args: -cpu rv64,zbc=off,zicboz=off,sstc=off -d unimp
 * output: (?s)^(?!(.*stimecmp){2})(?!(.*clmulr){50}).*clmulr \(0xac5a533\) at pc 0x8[0-9a-f]{7} needs zbc.*cbo\.zero
 * \(0x45200f\) .* needs zicboz.*CSR 0x14d \(stimecmp\) needs sstc
 * skip: qemu */
#include "guest.h"
    .macro ILLEGAL bits
    TRAP_BEGIN
77: .4byte \bits
    TRAP_END EXC_ILLEGAL
    la t0, trap_tval
    ld a4, 0(t0)
    li a3, \bits
    CHECK_REG a4, a3
    la t0, trap_epc
    ld a4, 0(t0)
    CHECK_SYM a4, 77b
    .endm
    GUEST_START
    li s1, 200
1:  ILLEGAL 0x0ac5a533          /* clmulr a0, a1, a2 */
    la a0, scratch
    ILLEGAL 0x0045200f          /* cbo.zero (a0) */
    ILLEGAL 0x14d02573          /* csrr a0, stimecmp */
    addi s1, s1, -1
    bnez s1, 1b
    GUEST_PASS
    .align 6
scratch:
    .space 64
