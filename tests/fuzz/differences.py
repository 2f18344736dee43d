# SPDX-License-Identifier: BSD-2-Clause
"""Where the fuzzer does not compare, and why: the only place for it.

The specification wins over QEMU. What it leaves open, or what QEMU 10 does otherwise than it says, is kept out of the
programs: by the tables here, or where a line names the place.

FS and SD of mstatus (STATUS_SEEN in runtime.S): an instruction that may write an f register or a flag makes FS dirty
    with us (the specification allows more than is needed); QEMU does so for those that write an f register.
LR and SC in one block with traps (gen.py, atomic): whether a trap or its return ends a reservation is open.
A misaligned access of which both pages fault (runtime.S, TABLES): which of the two is reported is open. Page 24 of the
    window, where no memory is, has no neighbour with a fault of another kind.
tval of a cbo that faults (gen.py, size): rs1 with us, as in the Sail model; the start of the block with QEMU. Such a
    cbo gets the start of a block.
A cbo where no memory is (gen.py, wild): access fault with us; QEMU asks the TLB only.
wrs.nto, wrs.sto in blocks with traps (gen.py, integer): with TW they may trap, or not.
Counters, time, seed, and what only M-mode software can see of the machine (mvendorid, ...)."""

# Extensions of ours that QEMU 10 has not, and rows that it has not, or that are wrong with operands that only the run
# shows: these run on x86 and interp only, in the programs that are compared with no QEMU (gen.py: own).
QEMU_LACKS = {
}
# An operand that is no NaN-boxed bfloat16 counts as its canonical NaN, 0x7fc0 (Zfbfmin, NaN boxing); QEMU takes
# binary16's.
BFLOAT = r"fcvt\.s\.bf16"
QEMU_LACKS_ROWS = {
    "user": r"cbo\.(clean|flush|inval)|" + BFLOAT,     # cbo: qemu-riscv64 takes them for illegal
    "system": BFLOAT,
}

# Operands with which QEMU does otherwise than the specification says: row, those operands, why. They run on x86 and
# interp only, too.
QEMU_WRONG = [
    (r"amocas\.[bhwdq]", lambda f: f["rd"] == 0, "QEMU 10 then changes x0, for the instructions after it in the block"),
]

# Rows whose flags QEMU forgets if nothing uses their result (its helpers are declared to have no side effects): a store
# of the result follows each.
QEMU_FORGETS = r"fround(nx)?\.[hsd]"

M64 = (1 << 64) - 1

# The bits of a CSR that are written with anything.
CSR_MASKS = {
    0x141: M64 ^ 1,     # sepc: bit 0 is always zero (privileged spec, sepc); QEMU keeps it
    0x341: M64 ^ 1,     # mepc, likewise
    0x302: 0x1f5,       # medeleg: the other bits may be read-only (ecall from S, double trap, ...)
    0x306: 7,           # mcounteren, scounteren: the hpm counters may be there or not
    0x106: 7,
}


def untried(word):
    """Words that are no row of ours and are not tried as illegal ones: vector, custom and SYSTEM space."""
    return word & 0x7f in (0x57, 0x73, 0x0b, 0x2b, 0x5b, 0x7b, 0x77) or \
        word & 0x707f in (0x0007, 0x5007, 0x6007, 0x7007, 0x0027, 0x5027, 0x6027, 0x7027)
